"""When a rule falls due, when its rungs stand, and what the next weeks bring. Pure."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import takewhile

from scheduler.calendar import Calendar, months_later
from scheduler.periods import Period, in_words, next_, period_named, period_of
from scheduler.policy import DEFAULT_ACTIVITY_DAY, At, Every, Of, Policy, Proof, Rule, Rung

IN_THE_PERIOD = {
    Proof.ACTIVITY_HELD,
    Proof.ACTIVITY_PLANNED,
    Proof.CATEGORY_HELD,
    Proof.PLAN_FILED,
    Proof.CONTACT,
    Proof.REPORT,
}


@dataclass(frozen=True, slots=True)
class Occurrence:
    """One coming due day of a periodic rule."""

    due: date
    rule: str
    clause: str
    title: str
    period: str


def due_in(rule: Rule, period: Period, calendar: Calendar, fixed_day: int) -> date:
    """The due day of a periodic rule; `fixed_day` is the branch's activity day of the month."""
    if rule.due.at is At.ACTIVITY_DAY:
        return calendar.activity_day(period.first.year, period.first.month, fixed_day)
    if rule.due.at is At.DAY:
        month = months_later(period.first, rule.due.month - 1)
        last = period_of("month", month).last
        return month.replace(day=min(rule.due.day, last.day))
    return period.last


def title_in(rule: Rule, period: str) -> str:
    """The title with the name of its period, where it says it."""
    return rule.title.replace("{period}", in_words(period))


def settle_in(rule: Rule, period: str, day: date) -> str:
    """The words that settle it, `{member}` left open; "" where what is said on this day counts for a later period."""
    is_over = rule.period is not Every.EVENT and period_named(period).last < day
    if is_over and rule.proof in IN_THE_PERIOD:
        return ""
    return rule.settle.replace("{period}", in_words(period))


def due_after(rule: Rule, event: date) -> date:
    """The due day of an event rule."""
    return event + timedelta(days=rule.due.days)


def form_due(policy: Policy, held_on: date) -> date | None:
    """By when the record form of an activity is filed (AD-8); None where no rule asks for it."""
    rule = policy.proved_by(Proof.FORM_FILED)
    return due_after(rule, held_on) if rule else None


def span_after(rule: Rule, event: date) -> Period:
    """What an event rule has for a period: from the event to the due day, named by the event's day."""
    due = due_after(rule, event)
    return Period(event.isoformat(), min(event, due), max(event, due))


def rung_day(rung: Rung, period: Period, due: date) -> date:
    """The day of a rung, before it is moved off a day off."""
    anchors = {
        Of.START: period.first,
        Of.MIDDLE: period.middle,
        Of.DUE: due,
        Of.END: period.last,
    }
    return anchors[rung.of] + timedelta(days=rung.days)


def periods_from(rule: Rule, day: date) -> Iterator[Period]:
    """The periods of a periodic rule from the one a day lies in, without end."""
    period = period_of(rule.period, day)
    while True:
        yield period
        period = next_(period)


def coming(policy: Policy, calendar: Calendar, day: date, days: int = 90) -> list[Occurrence]:
    """What falls due from a day on within so many days, by day; on a day as in the policy."""
    fixed, until = policy.activity_day or DEFAULT_ACTIVITY_DAY, day + timedelta(days=days)
    found = [
        Occurrence(due, rule.name, rule.clause, title_in(rule, period.name), period.name)
        for rule in policy.rules
        if rule.period is not Every.EVENT
        for period in takewhile(lambda one: one.first <= until, periods_from(rule, day))
        if day <= (due := due_in(rule, period, calendar, fixed)) <= until
    ]
    return sorted(found, key=lambda one: one.due)

"""What events make due: an activity, a stint, a count that is full, an anniversary. Pure."""

from collections.abc import Iterator
from datetime import date, datetime, timedelta
from functools import lru_cache

from scheduler.asking import (
    ARE_COUNTED,
    DAY,
    HAVE_DAYS,
    LONGEST_HOLIDAY,
    Asked,
    by_who,
    question_of,
    question_of_days,
)
from scheduler.calendar import Calendar
from scheduler.occurrences import due_after, rung_day, span_after
from scheduler.periods import Period, period_of, previous
from scheduler.policy import Event, Every, Rule, Rung, Who
from scheduler.rules import Rules, has_come

ANY_DAY = date(2026, 1, 1)
Span = tuple[date, date]


def reached_by_events(rule: Rule, rules: Rules, now: datetime) -> Iterator[Asked]:
    """The reminders of an event's rule whose hour has come."""
    if rule.event in ARE_COUNTED:
        yield from reached_counts(rule, rules, now)
    elif rule.event is Event.JOINED:
        yield from reached_anniversaries(rule, rules, now)
    elif rule.event in HAVE_DAYS:
        yield from reached_events(rule, rules, now)


def events_in_force(
    rule: Rule, rules: Rules, now: datetime, first: date, today: date
) -> Iterator[Asked]:
    """The rule for the events of `first` and later, and for those that come soon."""
    if rule.event in ARE_COUNTED:
        period = period_of(Every.YEAR, today)
        question = question_of(rule, rules, now, period, known_on=today)
        yield Asked(rule, question, due=today + timedelta(days=rule.due.days))
    elif rule.event in HAVE_DAYS:
        back = timedelta(days=rule.due.days + rule.grace) if first == today else timedelta()
        ahead = timedelta(days=-min((one.days for one in rule.rungs), default=0))
        last = today + max(ahead, timedelta())
        yield Asked(rule, question_of_days(rule, rules, now, (first - back, last)))


def event_day(rule: Rule, anchor: date, rung: Rung, calendar: Calendar) -> date:
    """The day on which a reminder of an event goes out: a workday, the one before where it is none."""
    due = due_after(rule, anchor)
    day = rung_day(rung, span_after(rule, anchor), due)
    floor = day - LONGEST_HOLIDAY if day <= due else due + DAY
    return calendar.last_workday_on_or_before(day, floor)


def reached_events(rule: Rule, rules: Rules, now: datetime) -> Iterator[Asked]:
    """Days of events whose latest reminder is the same are asked about together."""
    local, awake = rules.local(now), rules.policy.manners.digest_hour
    for who, number, rung, span in _spans(rule, rules.calendar, local.date(), local.hour >= awake):
        yield Asked(rule, question_of_days(rule, rules, now, span, who=str(who), rung=number), rung)


@lru_cache(maxsize=256)
def _spans(
    rule: Rule, calendar: Calendar, today: date, is_awake: bool
) -> tuple[tuple[Who, int, Rung, Span], ...]:
    """(audience, rung's number, rung, days of the event) whose reminder has come; the same all day."""
    last = today if is_awake else today - DAY
    found = []
    for who, rungs in by_who(rule):
        by_rung: dict[int, list[date]] = {}
        for ahead in _around(rule, rungs):
            anchor = today + ahead * DAY
            if today > due_after(rule, anchor) + timedelta(days=rule.grace):
                continue
            come = [
                number
                for number, rung in enumerate(rungs, 1)
                if event_day(rule, anchor, rung, calendar) <= last
            ]
            if come:
                by_rung.setdefault(max(come), []).append(anchor)
        for number, anchors in by_rung.items():
            found += [(who, number, rungs[number - 1], span) for span in _runs(anchors)]
    return tuple(found)


def _around(rule: Rule, rungs: list[Rung]) -> range:
    """The days around today on which an event lies that may have to be told of now."""
    span, due = span_after(rule, ANY_DAY), due_after(rule, ANY_DAY)
    earliest = min(rung_day(one, span, due) for one in rungs)
    lead = max(ANY_DAY - earliest, timedelta()) + LONGEST_HOLIDAY
    return range(-(rule.due.days + rule.grace), lead.days + 1)


def reached_counts(rule: Rule, rules: Rules, now: datetime) -> Iterator[Asked]:
    """Due as soon as the count is full: of absences (AD-9), of members in one place (FM-14).

    The day is not on record: later reminders count from the first one, which goes to the secretary.
    What was full on the last evening of a year is told in the next.
    """
    today = rules.local(now).date()
    if not has_come(today, rules, now):
        return
    current = period_of(Every.YEAR, today)
    for period in (previous(current), current):
        if today - period.last <= timedelta(days=rule.grace):
            yield from _counted_in(period, rule, rules, now)


def _counted_in(period: Period, rule: Rule, rules: Rules, now: datetime) -> Iterator[Asked]:
    today, due = rules.local(now).date(), due_after(rule, ANY_DAY)
    span = span_after(rule, ANY_DAY)
    begin = min((rung_day(one, span, due) for one in rule.rungs), default=due)
    for who, rungs in by_who(rule):
        for number, rung in enumerate(rungs, 1):
            after = rung_day(rung, span, due) - begin
            question = question_of(
                *(rule, rules, now, period),
                known_on=today,
                who=str(who),
                rung=number,
                told_before=now - after if after else None,
            )
            yield Asked(rule, question, rung, told_on=today, due=today - after + (due - begin))


def reached_anniversaries(rule: Rule, rules: Rules, now: datetime) -> Iterator[Asked]:
    """Who joined on this day of an earlier year; 29 February is kept on the 28th of a common year."""
    today = rules.local(now).date()
    if not has_come(today, rules, now):
        return
    period = period_of(Every.YEAR, today)
    days = [today]
    if (today + DAY).day == 1 and today.month == 2 and today.day == 28:  # noqa: PLR2004 - 28 February
        days.append(date(2000, 2, 29))
    for who, rungs in by_who(rule):
        question = question_of(
            rule, rules, now, period, known_on=today, who=str(who), rung=1, days=tuple(days)
        )
        yield Asked(rule, question, rungs[0], told_on=today, due=today)


def _runs(days: list[date]) -> Iterator[tuple[date, date]]:
    """(first, last) of each unbroken run of days."""
    first = last = days[0]
    for day in days[1:]:
        if day - last > DAY:
            yield first, last
            first = day
        last = day
    yield first, last

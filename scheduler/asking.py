"""A question of the records with what it stands for, and how a rule, a period and days become one. Pure."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from types import MappingProxyType

from scheduler.calendar import month_of, months_later
from scheduler.occurrences import due_after, title_in
from scheduler.periods import Period
from scheduler.policy import Event, Owes, Proof, Rule, Rung, Who
from scheduler.rules import Rules
from storage.duties import Found
from storage.questions import Question

DAY = timedelta(days=1)
LONGEST_HOLIDAY = timedelta(days=10)
YEAR = 12  # months
ARE_COUNTED = {Event.ABSENCE, Event.GATHERED}
HAVE_DAYS = {Event.ACTIVITY, Event.PROBATION_END, Event.LEFT, Event.BACK}

FirstDue = Mapping[tuple[str, int, str], date]  # by rule, subject and period
NOTHING_TOLD: FirstDue = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class Asked:
    """A question with what it stands for; an event's `due` and `told_on` depend on the subject."""

    rule: Rule
    question: Question
    rung: Rung | None = None
    told_on: date | None = None
    due: date | None = None

    @property
    def title(self) -> str:
        """What is to be done, and when where the rule says it."""
        return title_in(self.rule, self.question.period)

    def due_of(self, found: Found, rules: Rules, told: FirstDue = NOTHING_TOLD) -> date:
        """The day on which this subject's duty is due; what a count set off keeps the day that was `told` first."""
        if self.rule.event in ARE_COUNTED:
            first = told.get((self.rule.name, found.subject_id, self.question.period))
            if first is not None:
                return first
        if self.due is not None:
            return self.due
        return due_after(self.rule, _anchor(self.rule, found, rules))

    def period_of(self, found: Found, rules: Rules) -> str:
        """The period that a notice or a settlement names."""
        if self.question.period:
            return self.question.period
        anchor = _anchor(self.rule, found, rules)
        if self.rule.event in {Event.LEFT, Event.BACK}:  # twice in a month is two times away
            return anchor.isoformat()
        is_yearly = self.rule.event is Event.PROBATION_END
        return str(anchor.year) if is_yearly else month_of(anchor)


def counted(found: Iterable[tuple[Asked, Found]]) -> set[tuple[str, int]]:
    """(rule, subject) of what a count set off: its due day is asked of the notices (`first_due`)."""
    return {
        (asked.rule.name, one.subject_id) for asked, one in found if asked.rule.event in ARE_COUNTED
    }


def is_greeting(rule: Rule) -> bool:
    """A greeting is no reminder: it keeps its day, holiday or not."""
    return rule.proof is Proof.GREETING


def is_exception(asked: Asked) -> bool:
    """What a branch has not done, told one rung up; a committee's own duties are none."""
    owes = asked.rule.owes
    return asked.question.who == Who.COMMITTEE and owes is not Owes.COMMITTEE


def question_of(
    rule: Rule, rules: Rules, now: datetime, period: Period, **more: object
) -> Question:
    """What the records are asked about a rule in a period; `more` are other values of the question."""
    given: dict[str, object] = {
        "rule": rule.name,
        "owes": str(rule.owes),
        "proof": str(rule.proof),
        "period": period.name,
        "first": period.first,
        "last": period.last,
        "begins": rules.begins(period.first),
        "ends": rules.begins(period.last + DAY),
        "now": now,
        "count": rule.count,
        "also": rule.also,
        "categories": _categories(rule),
        "event": str(rule.event or ""),
    }
    return Question(**{**given, **more})  # type: ignore[arg-type]


def question_of_days(
    rule: Rule, rules: Rules, now: datetime, span: tuple[date, date], **told: object
) -> Question:
    """A question about the subjects whose event lies on these days."""
    first, last = span
    anchors = [first + count * DAY for count in range((last - first).days + 1)]
    days: Iterable[date] = anchors
    if rule.event is Event.PROBATION_END:
        days = {day for anchor in anchors for day in _a_year_before(anchor)}
    period = Period("", first, last)
    known = None if rule.event in {Event.LEFT, Event.BACK} else rules.local(now).date()
    return question_of(rule, rules, now, period, known_on=known, days=tuple(sorted(days)), **told)


def by_who(rule: Rule) -> Iterator[tuple[Who, list[Rung]]]:
    """The reminders of each audience, numbered in the order of the policy."""
    for who in Who:
        rungs = [rung for rung in rule.rungs if rung.who is who]
        if rungs:
            yield who, rungs


def _a_year_before(day: date) -> set[date]:
    """The days whose anniversary is this day: 28 February is also that of the 29th."""
    found = {months_later(day, -YEAR)}
    return found | {one + DAY for one in found if months_later(one + DAY, YEAR) == day}


def _anchor(rule: Rule, found: Found, rules: Rules) -> date:
    if found.at is not None:
        return rules.local(found.at).date()
    if found.on is None:
        raise LookupError(f"{rule.name} has no day to be counted from")
    return months_later(found.on, YEAR) if rule.event is Event.PROBATION_END else found.on


def _categories(rule: Rule) -> tuple[str, ...]:
    """All of them one by one, or any of them as one."""
    return rule.categories if rule.every or not rule.categories else ("|".join(rule.categories),)

"""What is due: a policy, a calendar and a moment become the questions to ask of the records. Pure.

Expected by the policy − met by the records − already told = what to do now. Nothing remembers that a
job ran, so downtime, double ticks and a clock that jumps need no code of their own.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from functools import lru_cache

from scheduler.calendar import Calendar, month_of, months_later
from scheduler.occurrences import due_after, due_in, rung_day, span_after, title_in
from scheduler.periods import Period, period_of, previous
from scheduler.policy import At, Event, Every, Proof, Rule, Rung, Who
from scheduler.rules import Rules, has_come
from storage.duties import Found
from storage.questions import Question

DAY = timedelta(days=1)
LATE = DAY  # what is told a day after its day is not worth an apology
LONGEST_HOLIDAY = timedelta(days=10)
YEAR = 12  # months
ANY_DAY = date(2026, 1, 1)


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

    def due_of(self, found: Found, rules: Rules) -> date:
        """The day on which this subject's duty is due."""
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


def reached(rules: Rules, now: datetime) -> list[Asked]:
    """The reminders whose hour has come: of each rule, period and audience the latest one."""
    return [asked for rule in rules.policy.rules for asked in _reached(rule, rules, now)]


def in_force(rules: Rules, now: datetime) -> list[Asked]:
    """Every rule in the periods that are open at this moment, told or not."""
    today = rules.local(now).date()
    return [one for rule in rules.policy.rules for one in _in_force(rule, rules, now, today, today)]


def since(rules: Rules, now: datetime, first: date) -> list[Asked]:
    """Every rule in every period from the one of `first` on: for the record, not for reminding."""
    today = rules.local(now).date()
    return [one for rule in rules.policy.rules for one in _in_force(rule, rules, now, first, today)]


def told_on(rule: Rule, rung: Rung, period: Period, due: date, calendar: Calendar) -> date:
    """The day on which a reminder goes out: a workday, inside the period where that is possible."""
    day = rung_day(rung, period, due)
    floor = min(period.first, day) if day <= due else due + DAY  # nothing is overdue before it is
    return day if is_greeting(rule) else calendar.last_workday_on_or_before(day, floor)


def is_greeting(rule: Rule) -> bool:
    """A greeting is no reminder: it keeps its day, holiday or not."""
    return rule.proof is Proof.GREETING


def _reached(rule: Rule, rules: Rules, now: datetime) -> Iterator[Asked]:
    if rule.period is not Every.EVENT:
        yield from _periodic(rule, rules, now)
    elif rule.event in ARE_COUNTED:
        yield from _counted(rule, rules, now)
    elif rule.event is Event.JOINED:
        yield from _anniversaries(rule, rules, now)
    elif rule.event in _HAVE_DAYS:
        yield from _events(rule, rules, now)


ARE_COUNTED = {Event.ABSENCE, Event.GATHERED}
_HAVE_DAYS = {Event.ACTIVITY, Event.PROBATION_END, Event.LEFT, Event.BACK}


def _periodic(rule: Rule, rules: Rules, now: datetime) -> Iterator[Asked]:
    today = rules.local(now).date()
    current = period_of(rule.period, today)
    for period in (previous(current), current):
        for fixed_day, only, but in _by_activity_day(rule, rules):
            due = due_in(rule, period, rules.calendar, fixed_day)
            if today > due + timedelta(days=rule.grace):
                continue
            for who, rungs in _by_who(rule):
                days = [
                    (told_on(rule, rung, period, due, rules.calendar), number, rung)
                    for number, rung in enumerate(rungs, 1)
                ]
                come = [one for one in days if has_come(one[0], rules, now)]
                if come:
                    day, number, rung = max(come, key=lambda one: one[:2])
                    late = rules.begins(day + DAY) if today - day > LATE else None
                    told = {"who": str(who), "rung": number, "late_from": late}
                    question = _question(rule, rules, now, period, known_on=day, **told)
                    chosen = _chosen(question, only, but)
                    yield Asked(rule, chosen, rung, told_on=day, due=due)


def _events(rule: Rule, rules: Rules, now: datetime) -> Iterator[Asked]:
    """Days of events whose latest reminder is the same are asked about together."""
    local, awake = rules.local(now), rules.policy.manners.digest_hour
    for who, number, rung, span in _spans(rule, rules.calendar, local.date(), local.hour >= awake):
        yield Asked(rule, _of_days(rule, rules, now, span, who=str(who), rung=number), rung)


Span = tuple[date, date]


@lru_cache(maxsize=256)
def _spans(
    rule: Rule, calendar: Calendar, today: date, is_awake: bool
) -> tuple[tuple[Who, int, Rung, Span], ...]:
    """(audience, rung's number, rung, days of the event) whose reminder has come; the same all day."""
    last = today if is_awake else today - DAY
    found = []
    for who, rungs in _by_who(rule):
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


def event_day(rule: Rule, anchor: date, rung: Rung, calendar: Calendar) -> date:
    """The day on which a reminder of an event goes out: a workday, the one before where it is none."""
    due = due_after(rule, anchor)
    day = rung_day(rung, span_after(rule, anchor), due)
    floor = day - LONGEST_HOLIDAY if day <= due else due + DAY
    return calendar.last_workday_on_or_before(day, floor)


def _counted(rule: Rule, rules: Rules, now: datetime) -> Iterator[Asked]:
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
    for who, rungs in _by_who(rule):
        for number, rung in enumerate(rungs, 1):
            after = rung_day(rung, span, due) - begin
            question = _question(
                *(rule, rules, now, period),
                known_on=today,
                who=str(who),
                rung=number,
                told_before=now - after if after else None,
            )
            yield Asked(rule, question, rung, told_on=today, due=today - after + (due - begin))


def _anniversaries(rule: Rule, rules: Rules, now: datetime) -> Iterator[Asked]:
    """Who joined on this day of an earlier year; 29 February is kept on the 28th of a common year."""
    today = rules.local(now).date()
    if not has_come(today, rules, now):
        return
    period = period_of(Every.YEAR, today)
    days = [today]
    if (today + DAY).day == 1 and today.month == 2 and today.day == 28:  # noqa: PLR2004 - 28 February
        days.append(date(2000, 2, 29))
    for who, rungs in _by_who(rule):
        question = _question(
            rule, rules, now, period, known_on=today, who=str(who), rung=1, days=tuple(days)
        )
        yield Asked(rule, question, rungs[0], told_on=today, due=today)


def _in_force(rule: Rule, rules: Rules, now: datetime, first: date, today: date) -> Iterator[Asked]:
    if is_greeting(rule) or rule.event is Event.ENTRY:
        return
    if rule.period is Every.EVENT:
        yield from _events_in_force(rule, rules, now, first, today)
        return
    period = period_of(rule.period, today)
    while period.last >= first or period.first <= today:
        for fixed_day, only, but in _by_activity_day(rule, rules):
            due = due_in(rule, period, rules.calendar, fixed_day)
            if first < today or today <= due + timedelta(days=rule.grace):
                question = _question(rule, rules, now, period, known_on=min(today, period.last))
                yield Asked(rule, _chosen(question, only, but), due=due)
        period = previous(period)
        if period.last < first - timedelta(days=rule.grace):
            return


def _events_in_force(
    rule: Rule, rules: Rules, now: datetime, first: date, today: date
) -> Iterator[Asked]:
    if rule.event in ARE_COUNTED:
        period = period_of(Every.YEAR, today)
        question = _question(rule, rules, now, period, known_on=today)
        yield Asked(rule, question, due=today + timedelta(days=rule.due.days))
    elif rule.event in _HAVE_DAYS:
        back = timedelta(days=rule.due.days + rule.grace) if first == today else timedelta()
        ahead = timedelta(days=-min((one.days for one in rule.rungs), default=0))
        last = today + max(ahead, timedelta())
        yield Asked(rule, _of_days(rule, rules, now, (first - back, last)))


def _question(rule: Rule, rules: Rules, now: datetime, period: Period, **more: object) -> Question:
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


def _of_days(
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
    return _question(rule, rules, now, period, known_on=known, days=tuple(sorted(days)), **told)


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


def _by_who(rule: Rule) -> Iterator[tuple[Who, list[Rung]]]:
    """The reminders of each audience, numbered in the order of the policy."""
    for who in Who:
        rungs = [rung for rung in rule.rungs if rung.who is who]
        if rungs:
            yield who, rungs


def _by_activity_day(
    rule: Rule, rules: Rules
) -> Iterator[tuple[int, frozenset[int] | None, frozenset[int]]]:
    """(day, only these branches, all but these): one question for each activity day in use."""
    if rule.due.at is not At.ACTIVITY_DAY:
        yield rules.activity_day, None, frozenset()
        return
    yield rules.activity_day, None, frozenset(rules.days)
    for day in sorted(set(rules.days.values())):
        yield day, frozenset(one for one, own in rules.days.items() if own == day), frozenset()


def _chosen(question: Question, only: frozenset[int] | None, but: frozenset[int]) -> Question:
    return replace(question, branches=only, but_branches=but)


def _runs(days: list[date]) -> Iterator[tuple[date, date]]:
    """(first, last) of each unbroken run of days."""
    first = last = days[0]
    for day in days[1:]:
        if day - last > DAY:
            yield first, last
            first = day
        last = day
    yield first, last

"""What is due: a policy, a calendar and a moment become the questions to ask of the records. Pure.

Expected by the policy − met by the records − already told = what to do now. Nothing remembers that a
job ran, so downtime, double ticks and a clock that jumps need no code of their own.
"""

from collections.abc import Iterator
from datetime import date, datetime, timedelta

from scheduler.asking import DAY, Asked, by_who, is_greeting, question_of
from scheduler.calendar import Calendar
from scheduler.events import events_in_force, reached_by_events
from scheduler.occurrences import due_in, rung_day
from scheduler.periods import Period, period_of, previous
from scheduler.policy import At, Every, Of, Proof, Rule, Rung
from scheduler.rules import Rules, has_come

LATE = DAY  # what is told a day after its day is not worth an apology


def reached(rules: Rules, now: datetime) -> list[Asked]:
    """The reminders whose hour has come: of each rule, period and audience the latest one."""
    found: list[Asked] = []
    for rule in rules.policy.rules:
        by = reached_by_events if rule.period is Every.EVENT else _periodic
        found += by(rule, rules, now)
    return found


def in_force(rules: Rules, now: datetime) -> list[Asked]:
    """Every rule in the periods that are open at this moment, told or not."""
    today = rules.local(now).date()
    return [one for rule in rules.policy.rules for one in _in_force(rule, rules, now, today, today)]


def since(rules: Rules, now: datetime, first: date) -> list[Asked]:
    """Every rule in every period from the one of `first` on: for the record, not for reminding."""
    today = rules.local(now).date()
    return [one for rule in rules.policy.rules for one in _in_force(rule, rules, now, first, today)]


def told_on(rule: Rule, rung: Rung, period: Period, due: date, calendar: Calendar) -> date:
    """The day on which a reminder goes out: a workday, inside the period where that is possible.

    Nothing is overdue before it is: what comes after the due day, or the period's end, stays after it.
    """
    day = rung_day(rung, period, due)
    before = period.last if rung.of is Of.END and rung.days > 0 else due
    floor = before + DAY if day > before else min(period.first, day)
    return day if is_greeting(rule) else calendar.last_workday_on_or_before(day, floor)


def _periodic(rule: Rule, rules: Rules, now: datetime) -> Iterator[Asked]:
    today = rules.local(now).date()
    current = period_of(rule.period, today)
    for period in (previous(current), current):
        for due, which in _dues(rule, rules, period):
            if today > due + timedelta(days=rule.grace):
                continue
            for who, rungs in by_who(rule):
                days = [
                    (told_on(rule, rung, period, due, rules.calendar), number, rung)
                    for number, rung in enumerate(rungs, 1)
                ]
                come = [one for one in days if has_come(one[0], rules, now)]
                if come:
                    day, number, rung = max(come, key=lambda one: one[:2])
                    late = rules.begins(day + DAY) if today - day > LATE else None
                    told = {"who": str(who), "rung": number, "late_from": late}
                    question = question_of(rule, rules, now, period, known_on=day, **told, **which)
                    yield Asked(rule, question, rung, told_on=day, due=due)


def _in_force(rule: Rule, rules: Rules, now: datetime, first: date, today: date) -> Iterator[Asked]:
    if is_greeting(rule):
        return
    if rule.period is Every.EVENT:
        yield from events_in_force(rule, rules, now, first, today)
        return
    grace, period = timedelta(days=rule.grace), period_of(rule.period, today)
    while period.last >= first - grace:
        known_on = min(today, period.last)
        for due, which in _dues(rule, rules, period):
            if first < today or today <= due + grace:
                question = question_of(rule, rules, now, period, known_on=known_on, **which)
                yield Asked(rule, question, due=due)
        period = previous(period)


def _dues(rule: Rule, rules: Rules, period: Period) -> Iterator[tuple[date, dict[str, object]]]:
    """(due day, for which branches and whom): one question for each activity day in use."""
    groups: list[tuple[int, dict[str, object]]] = [(rules.activity_day, {})]
    if rule.due.at is At.ACTIVITY_DAY:
        groups = [(rules.activity_day, {"but_branches": frozenset(rules.days)})]
        for day in sorted(set(rules.days.values())):
            own = frozenset(one for one, found in rules.days.items() if found == day)
            groups.append((day, {"branches": own}))
    for fixed_day, which in groups:
        due = due_in(rule, period, rules.calendar, fixed_day)
        there_by = period.last if rule.proof is Proof.DUES else min(due, period.last)
        yield due, {**which, "there_by": rules.begins(there_by + DAY)}

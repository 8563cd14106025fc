"""The Monday digest: what of a branch is due soon or late, told or not, in one message a week. Pure."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import date, datetime, time, timedelta

from scheduler.asking import ARE_COUNTED, Asked
from scheduler.duties import in_force
from scheduler.policy import Rule, Who
from scheduler.rules import Rules
from storage.duties import Found

SOON = timedelta(days=14)
WEEK = timedelta(days=7)
WEEKS = 4  # after a long holiday the next one is a week further on


def weekly(rules: Rules, now: datetime) -> Iterator[Asked]:
    """The digest of this week, from the hour of its first workday on: what was open in that hour."""
    monday, told_at = _of_week(rules, rules.local(now).date())
    if now < told_at:
        return
    year, week, _ = monday.isocalendar()
    for asked in in_force(rules, told_at):
        if is_listed(asked.rule, asked.due, told_at.date()):
            name, who = f"{year}-W{week:02d}", str(Who.SECRETARY)
            question = replace(asked.question, asked_at=now, who=who, rung=1, digest=name)
            yield replace(asked, question=question)


def next_digest(asked: Asked, found: Found, rules: Rules, now: datetime) -> date | None:
    """The day on which the weekly message lists a duty next; None when it does not any more."""
    due, today = asked.due_of(found, rules), rules.local(now).date()
    soon = today if asked.due is None else max(today, asked.due - SOON)
    last = due + timedelta(days=asked.rule.grace)
    for weeks in range(WEEKS):
        told_at = _of_week(rules, soon + weeks * WEEK)[1]
        if (
            told_at > now
            and told_at.date() <= last
            and is_listed(asked.rule, asked.due, told_at.date())
        ):
            return told_at.date()
    return None


def _of_week(rules: Rules, day: date) -> tuple[date, datetime]:
    """The Monday of a day's week, and the hour of its first workday in which the digest goes out."""
    manners = rules.policy.manners
    monday = day - timedelta(days=(day.weekday() - manners.digest_weekday) % 7)
    first = rules.calendar.first_workday_from(monday)
    return monday, datetime.combine(first, time(manners.digest_hour), rules.zone)


def is_listed(rule: Rule, due: date | None, day: date) -> bool:
    """Soon or late, the secretary's, and not of those whose day counts from their own reminder."""
    is_soon = due is None or due <= day + SOON
    is_secretarys = any(rung.who is Who.SECRETARY for rung in rule.rungs)
    return is_soon and is_secretarys and rule.event not in ARE_COUNTED

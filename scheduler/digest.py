"""The Monday digest: what of a branch is due soon or late, told or not, in one message a week. Pure."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, time, timedelta

from scheduler.asking import ARE_COUNTED, Asked
from scheduler.duties import in_force
from scheduler.policy import Who
from scheduler.rules import Rules

SOON = timedelta(days=14)


def weekly(rules: Rules, now: datetime) -> Iterator[Asked]:
    """The digest of this week, from the hour of its first workday on: what was open in that hour."""
    manners = rules.policy.manners
    today = rules.local(now).date()
    monday = today - timedelta(days=(today.weekday() - manners.digest_weekday) % 7)
    day = rules.calendar.first_workday_from(monday)
    told_at = datetime.combine(day, time(manners.digest_hour), rules.zone)
    if now < told_at:
        return
    year, week, _ = monday.isocalendar()
    for asked in in_force(rules, told_at):
        is_soon = asked.due is None or asked.due <= day + SOON
        is_told_itself = asked.rule.event in ARE_COUNTED  # its day counts from its own reminder
        if (
            is_soon
            and not is_told_itself
            and any(rung.who is Who.SECRETARY for rung in asked.rule.rungs)
        ):
            question = replace(
                asked.question, who=str(Who.SECRETARY), rung=1, digest=f"{year}-W{week:02d}"
            )
            yield replace(asked, question=question)

"""The Monday digest: what of a branch is due soon or late, told or not, in one message a week. Pure."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta

from scheduler.duties import Asked, Rules, has_come, in_force
from scheduler.policy import Who

SOON = timedelta(days=14)
CLAUSE = ""


def weekly(rules: Rules, now: datetime) -> Iterator[Asked]:
    """The questions of this week's digest, from its first workday on."""
    today = rules.local(now).date()
    manners = rules.policy.manners
    monday = today - timedelta(days=(today.weekday() - manners.digest_weekday) % 7)
    if not has_come(rules.calendar.first_workday_from(monday), rules, now):
        return
    year, week, _ = monday.isocalendar()
    for asked in in_force(rules, now):
        is_soon = asked.due is None or asked.due <= today + SOON
        if is_soon and any(rung.who is Who.SECRETARY for rung in asked.rule.rungs):
            question = replace(
                asked.question, who=str(Who.SECRETARY), rung=1, digest=f"{year}-W{week:02d}"
            )
            yield replace(asked, question=question)

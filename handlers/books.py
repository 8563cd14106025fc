"""The books of dues: whether closing a month's still reminds anybody (AD-15)."""

from datetime import date, timedelta

from handlers.turn import Turn
from scheduler.occurrences import due_in
from scheduler.periods import Period, period_named, period_of, previous
from scheduler.policy import Proof, Rule


def reminds(turn: Turn, month: str) -> bool:
    """Whether who has no row of the month would still hear of it: reminders go one month back, and end."""
    rule = turn.house.rules.policy.proved_by(Proof.DUES)
    last_month = previous(period_of("month", turn.today))
    if rule is None or not rule.rungs or month < last_month.name:
        return False
    return turn.today <= _due(turn, rule, period_named(month)) + timedelta(days=rule.grace)


def _due(turn: Turn, rule: Rule, month: Period) -> date:
    rules = turn.house.rules.of_branch(turn.speaker.branch)
    return due_in(rule, month, rules.calendar, rules.activity_day)

"""The books of dues: which months still stand open, and whether closing one reminds anybody (AD-15)."""

from datetime import date, timedelta

from handlers.turn import Turn
from handlers.words import period
from scheduler.occurrences import due_in
from scheduler.periods import Period, period_named, period_of, previous
from scheduler.policy import Proof, Rule

OPEN = "{month}党费还没关账。登记齐了请回复“党费关账 {month}”，关账以后才提醒没有登记的同志。"


async def still_open(turn: Turn) -> list[str]:
    """A line for each month past its due day whose closing would still remind somebody."""
    rule = turn.house.rules.policy.proved_by(Proof.DUES)
    current = period_of("month", turn.today)
    return [
        OPEN.format(month=period(month.name))
        for month in (previous(current), current)
        if rule is not None
        and turn.today > _due(turn, rule, month)
        and reminds(turn, month.name)
        and not await turn.store.settlements.closed(turn.speaker.branch_id, month.name)
    ]


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

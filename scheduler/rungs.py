"""When somebody is reminded next of a duty, for whoever looks ahead. Pure."""

from datetime import date, timedelta

from scheduler.asking import ARE_COUNTED, Asked
from scheduler.duties import told_on
from scheduler.events import event_day
from scheduler.periods import period_named
from scheduler.policy import Every, Rung
from scheduler.rules import Rules
from storage.duties import Found


def next_rung(asked: Asked, found: Found, rules: Rules, today: date) -> tuple[date, Rung] | None:
    """The day and the reminder that come next, from `today` on; None when there are no more."""
    rule, due = asked.rule, asked.due_of(found, rules)
    if rule.event in ARE_COUNTED:  # told at once
        return (today, rule.rungs[0]) if rule.rungs else None
    coming = []
    for rung in rule.rungs:
        if rule.period is Every.EVENT:
            anchor = due - timedelta(days=rule.due.days)
            on = event_day(rule, anchor, rung, rules.calendar)
        else:
            period = period_named(asked.question.period)
            on = told_on(rule, rung, period, due, rules.calendar)
        if on >= today:
            coming.append((on, rung))
    return min(coming, key=lambda one: one[0], default=None)

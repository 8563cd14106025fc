"""Rows of what was owed this year and of who was told of it, for the operator's exports."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta

from scheduler.asking import Asked, counted
from scheduler.duties import since
from scheduler.invitations import ABOUT_ACTIVITIES
from scheduler.policy import Event, Owes
from scheduler.rules import Rules
from storage import exports as kept
from storage.database import Row
from storage.duties import Found
from storage.exports import Exports, Names
from storage.letters import State

BY_HAND = "settled"


@dataclass(frozen=True, slots=True)
class Reading:
    """What rows about duties and notices need."""

    store: Exports
    names: Names
    rules: Rules
    now: datetime


async def duty_rows(reading: Reading) -> list[Row]:
    """Everything expected this year up to now, and what became of it."""
    ids = {name: number for number, name in reading.names.branches.items()}
    rules = reading.rules.of_all(ids)
    first = rules.local(reading.now).date().replace(month=1, day=1)
    asked = [one for one in since(rules, reading.now, first) if one.question.last >= first]
    topics = await _topics(reading)
    expected = await reading.store.expected([one.question for one in asked])
    told = await reading.store.first_due(counted((asked[one.question], one) for one in expected))
    entered = await _entered(reading)
    rows = []
    for found in expected:
        one = asked[found.question]
        period, due = one.period_of(found, rules), one.due_of(found, rules, told)
        grace = timedelta(days=one.rule.grace)
        if one.rule.event is Event.LEFT and entered[found.subject_id, found.on] > due + grace:
            continue
        state = _state(found, due, rules.local(reading.now).date())
        rows.append(
            {
                "clause": one.rule.clause,
                "branch": reading.names.branches[found.branch_id],
                "branch_id": found.branch_id,
                "subject": _subject(reading, one, found, topics),
                "period": period,
                "due": due,
                "state": state,
                "settled_by": BY_HAND if state == "excused" else found.settled_by,
            }
        )
    return sorted(rows, key=lambda row: (row["due"], row["clause"], row["branch"], row["subject"]))


async def notice_rows(reading: Reading) -> list[Row]:
    """Every notice with what became of the message that carried it."""
    messages = {row["id"]: row for row in await reading.store.rows(kept.OUTBOX)}
    topics = await _topics(reading)
    rows = []
    for row in await reading.store.rows(kept.NOTICES):
        message = messages.get(row["message_id"])
        state = _state_of(row, message)
        sent_at = message["sent_at"] if message else None
        rows.append(
            {
                **row,
                "branch": reading.names.branches[row["branch_id"]],
                "subject": _about(reading, row, topics),
                "recipient": _recipient(reading, row, message),
                "planned_at": _local(reading, row["planned_at"]),
                "sent_at": _local(reading, sent_at),
                "state": state,
                "reason": row["reason"]
                or (message["error"] if message and state in {"failed", "unsent"} else ""),
            }
        )
    return rows


def _subject(reading: Reading, asked: Asked, found: Found, topics: dict[int, str]) -> str:
    if found.member_id is not None:
        return reading.names.members[found.member_id][0]
    if asked.rule.owes is Owes.ACTIVITY:
        return topics.get(found.subject_id, "")
    return reading.names.branches[found.branch_id]


def _state(found: Found, due: date, today: date) -> str:
    if found.settled_by:
        return "excused" if found.settled_by == "excused" else "met"
    return "late" if due < today else "open"


def _state_of(row: Row, message: Row | None) -> str:
    """Unsent and answered are the notice's own; the rest is the message's."""
    if row["state"] != "planned" or message is None:
        return str(row["state"])
    done = {State.SENT: "sent", State.FAILED: "failed", State.DROPPED: "unsent"}
    return done.get(message["state"], "planned")


def _about(reading: Reading, row: Row, topics: dict[int, str]) -> str:
    """The activity's topic, the member's name, or the branch's."""
    rules = reading.rules.policy.rules
    of_activities = {one.name for one in rules if one.owes is Owes.ACTIVITY}
    if row["rule"] in ABOUT_ACTIVITIES or row["rule"] in of_activities:
        return topics.get(row["subject_id"], "")
    if row["member_id"] is not None:
        return reading.names.members[row["member_id"]][0]
    return reading.names.branches[row["branch_id"]]


def _recipient(reading: Reading, row: Row, message: Row | None) -> str:
    if row["recipient_id"]:
        return reading.names.members[row["recipient_id"]][0]
    return str(message["recipient"]) if message else ""


async def _topics(reading: Reading) -> dict[int, str]:
    return {row["id"]: row["topic"] for row in await reading.store.rows(kept.ACTIVITIES)}


async def _entered(reading: Reading) -> dict[tuple[int, date | None], date]:
    """(member, day of leaving) → when it was entered; what was over by then is history, nobody's duty."""
    rows = await reading.store.rows(kept.STINTS)
    opened = reading.rules.local
    return {(row["member_id"], row["left_on"]): opened(row["opened_at"]).date() for row in rows}


def _local(reading: Reading, moment: datetime | None) -> datetime | None:
    return reading.rules.local(moment).replace(microsecond=0) if moment else None

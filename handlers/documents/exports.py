"""The operator's exports: flat rows, one function a kind, keys as the contract names them."""

from collections import Counter
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from handlers.documents.reminders import Reading, duty_rows, notice_rows
from handlers.words import yuan
from scheduler.activities import expects, state_of
from scheduler.occurrences import form_due
from scheduler.rules import Rules
from storage import exports as kept
from storage.agenda import ARRANGEMENT_UNDONE, MOVE_UNDONE
from storage.database import Row
from storage.exports import Exports, Names

WITHDRAWN = "withdrawn"  # an arrangement that was taken back was never an activity
UNDONE = (ARRANGEMENT_UNDONE, MOVE_UNDONE)
RECORDED = ("present", "remote", "elsewhere", "absent")  # without any of them nobody was recorded
MEMBER = ("member", "member_id", "branch", "branch_id")
COLUMNS: dict[str, tuple[str, ...]] = {
    "members": ("id", "name", "branch", "branch_id", "category", "position", "accounts", "consented_at"),
    "stints": (
        "id", *MEMBER, "reason", "left_on", "province", "city", "district", "workplace",
        "expected_back", "back_on", "certificate", "host_branch", "state",
    ),
    "places": ("id", *MEMBER, "province", "city", "district", "code", "reported_on"),
    "reports": ("id", *MEMBER, "period", "submitted_at", "words", "state"),
    "dues": ("id", *MEMBER, "month", "amount", "state"),
    "activities": (
        "id", "branch", "branch_id", "topic", "starts_at", "ends_at", "place", "categories", "state",
        "code", "expected", "present", "remote", "leave", "absent", "form_due", "form_filed_at",
    ),
    "attendance": ("activity", "activity_id", *MEMBER, "state", "at", "by", "reason"),
    "leaves": ("id", "activity", "activity_id", *MEMBER, "reason", "state"),
    "contacts": (
        "branch", "branch_id", "member", "member_id", "kind", "on", "by", "outcome", "topics",
    ),
    "requests": ("id", "kind", *MEMBER, "text", "state"),
    "duties": ("clause", "branch", "branch_id", "subject", "period", "due", "state", "settled_by"),
    "notices": (
        "clause", "branch", "branch_id", "subject", "period", "rung", "recipient", "planned_at",
        "sent_at", "state", "reason",
    ),
    "messages": ("id", "channel", "to", "state", "attempts", "created_at", "sent_at", "error"),
    "ledger": ("no", *MEMBER, "kind", "occurred_on", "text", "state", "hash"),
    "audit": ("no", "at", "actor", "action", "object", "hash"),
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Export:
    """What every kind needs."""

    store: Exports
    names: Names
    rules: Rules
    now: datetime

    @property
    def zone(self) -> ZoneInfo:
        """Where the organisation's days begin."""
        return self.rules.zone

    def local(self, moment: datetime | None) -> datetime | None:
        """A moment in the organisation's zone, to the second."""
        return moment.astimezone(self.zone).replace(microsecond=0) if moment else None

    def who(self, member_id: int, branch_id: int | None = None) -> Row:
        """A member's name and id with the branch of the record's time."""
        name, now_in = self.names.members[member_id]
        branch = branch_id or now_in
        return {
            "member": name,
            "member_id": member_id,
            "branch": self.names.branches[branch],
            "branch_id": branch,
        }


async def rows_of(kind: str, store: Exports, rules: Rules, now: datetime) -> list[Row]:
    """The rows of one kind."""
    return await KINDS[kind](Export(store, await store.names(), rules, now))


async def _members(export: Export) -> list[Row]:
    accounts: dict[int, list[str]] = {}
    for row in await export.store.rows(kept.ACCOUNTS):
        platform = row["scope"].split(":")[0]
        accounts.setdefault(row["member_id"], []).append(f"{platform}:{row['user']}")
    consented = {
        row["member_id"]: export.local(row["granted_at"])
        for row in await export.store.rows(kept.CONSENTS)
        if row["purpose"] == "records" and row["withdrawn_at"] is None
    }
    return [
        {
            **row,
            "branch": export.names.branches[row["branch_id"]],
            "accounts": " ".join(accounts.get(row["id"], [])),
            "consented_at": consented.get(row["id"]),
        }
        for row in await export.store.rows(kept.MEMBERS)
    ]


async def _stints(export: Export) -> list[Row]:
    return [
        {**row, **export.who(row["member_id"], row["branch_id"]), "state": _stint_state(row)}
        for row in await export.store.rows(kept.STINTS)
    ]


def _stint_state(row: Row) -> str:
    if row["withdrawn_at"] is not None:
        return "withdrawn"
    return "open" if row["back_on"] is None else "closed"


async def _places(export: Export) -> list[Row]:
    return [
        {**row, **export.who(row["member_id"], row["branch_id"])}
        for row in await export.store.rows(kept.PLACES)
        if row["withdrawn_at"] is None
    ]


async def _reports(export: Export) -> list[Row]:
    return [
        {
            **row,
            **export.who(row["member_id"], row["branch_id"]),
            "submitted_at": export.local(row["submitted_at"]),
        }
        for row in await export.store.rows(kept.REPORTS)
    ]


async def _dues(export: Export) -> list[Row]:
    return [
        {**row, **export.who(row["member_id"], row["branch_id"]), "amount": yuan(row["fen"])}
        for row in await export.store.rows(kept.DUES)
    ]


async def _activities(export: Export) -> list[Row]:
    attended = await export.store.rows(kept.ATTENDANCE)
    counts = Counter((row["activity_id"], row["state"]) for row in attended)
    on_record = {(row["activity_id"], row["member_id"]) for row in attended}
    counts.update(
        (row["activity_id"], "pending")
        for row in await export.store.rows(kept.LEAVES)
        if row["state"] == "pending" and (row["activity_id"], row["member_id"]) not in on_record
    )
    people: Counter[tuple[int, str]] = Counter(
        (row["branch_id"], row["category"]) for row in await export.store.rows(kept.MEMBERS)
    )
    return [
        _activity(export, row, counts, people) for row in await export.store.rows(kept.ACTIVITIES)
    ]


def _expected(row: Row, counts: Counter[tuple[int, str]], people: Counter[tuple[int, str]]) -> int:
    """Those on record once it is closed, undecided leave among them; before, whom it is meant for."""
    if row["closed_at"] is not None and any(counts[row["id"], name] for name in RECORDED):
        return sum(counts[row["id"], name] for name in (*RECORDED, "leave", "pending"))
    return sum(
        count
        for (branch, category), count in people.items()
        if branch == row["branch_id"] and expects(row["audience"], category)
    )


def _activity(
    export: Export, row: Row, counts: Counter[tuple[int, str]], people: Counter[tuple[int, str]]
) -> Row:
    cancelled = row["cancelled_at"] is not None
    undone = cancelled and row["cause"] in UNDONE
    state = state_of(row["starts_at"], row["ends_at"], cancelled=cancelled, now=export.now)
    starts_at = row["starts_at"].astimezone(export.zone)
    return {
        **row,
        "branch": export.names.branches[row["branch_id"]],
        "starts_at": export.local(row["starts_at"]),
        "ends_at": export.local(row["ends_at"]),
        "state": WITHDRAWN if undone else state,
        "expected": 0 if undone else _expected(row, counts, people),
        **{name: counts[row["id"], name] for name in ("present", "remote", "leave", "absent")},
        "form_due": form_due(export.rules.policy, starts_at.date()),
        "form_filed_at": export.local(row["form_filed_at"]),
    }


async def _attendance(export: Export) -> list[Row]:
    activities = {row["id"]: row for row in await export.store.rows(kept.ACTIVITIES)}
    return [
        {
            **row,
            **export.who(row["member_id"], activities[row["activity_id"]]["branch_id"]),
            "activity": activities[row["activity_id"]]["topic"],
            "at": export.local(row["at"]),
            "by": export.names.members[row["by_member_id"]][0] if row["by_member_id"] else "",
        }
        for row in await export.store.rows(kept.ATTENDANCE)
    ]


async def _leaves(export: Export) -> list[Row]:
    activities = {row["id"]: row for row in await export.store.rows(kept.ACTIVITIES)}
    return [
        {
            **row,
            **export.who(row["member_id"], activities[row["activity_id"]]["branch_id"]),
            "activity": activities[row["activity_id"]]["topic"],
        }
        for row in await export.store.rows(kept.LEAVES)
    ]


async def _requests(export: Export) -> list[Row]:
    return [
        {**row, **export.who(row["member_id"], row["branch_id"])}
        for row in await export.store.rows(kept.REQUESTS)
    ]


async def _messages(export: Export) -> list[Row]:
    return [
        {
            **row,
            "to": row["recipient"],
            "created_at": export.local(row["created_at"]),
            "sent_at": export.local(row["sent_at"]),
        }
        for row in await export.store.rows(kept.OUTBOX)
    ]


async def _ledger(export: Export) -> list[Row]:
    states = await export.store.marks()
    return [
        {
            **row,
            **export.who(row["member_id"], row["branch_id"]),
            "state": states.get((row["branch_id"], row["no"]), "pending"),
        }
        for row in await export.store.rows(kept.LEDGER)
    ]


async def _audit(export: Export) -> list[Row]:
    return [{**row, "at": export.local(row["at"])} for row in await export.store.rows(kept.AUDIT)]


async def _contacts(export: Export) -> list[Row]:
    return [
        {
            **row,
            **export.who(row["member_id"], row["branch_id"]),
            "by": export.names.members[row["by_member_id"]][0],
        }
        for row in await export.store.rows(kept.CONTACTS)
        if row["withdrawn_at"] is None
    ]


async def _duties(export: Export) -> list[Row]:
    return await duty_rows(Reading(export.store, export.names, export.rules, export.now))


async def _notices(export: Export) -> list[Row]:
    return await notice_rows(Reading(export.store, export.names, export.rules, export.now))


KINDS: dict[str, Callable[[Export], Awaitable[list[Row]]]] = {
    "members": _members,
    "stints": _stints,
    "places": _places,
    "reports": _reports,
    "dues": _dues,
    "activities": _activities,
    "attendance": _attendance,
    "leaves": _leaves,
    "contacts": _contacts,
    "requests": _requests,
    "duties": _duties,
    "notices": _notices,
    "messages": _messages,
    "ledger": _ledger,
    "audit": _audit,
}

"""Closing activities: whoever was expected and is nowhere is absent, one row each, set by set."""

from collections.abc import Collection, Iterable, Sequence
from datetime import datetime, timedelta

from sqlalchemy import (
    ColumnElement,
    Select,
    and_,
    exists,
    func,
    literal,
    literal_column,
    null,
    or_,
    select,
)

from storage import tables
from storage.columns import Instant
from storage.database import Unit
from storage.gatherings import is_expected, planned_in_time
from storage.records import TOOK_PART, Presence, State

activities, attendance = tables.activities, tables.attendance
leaves, members = tables.leaves, tables.members


class Absences:
    """Reads and writes of many activities at once."""

    def __init__(self, unit: Unit) -> None:
        self._unit = unit

    async def to_close(self, now: datetime, after: timedelta) -> list[int]:
        """Activities that ended `after` ago or earlier, were planned before they ended, and stand open."""
        query = select(activities.c.id).where(
            activities.c.closed_at.is_(None),
            activities.c.cancelled_at.is_(None),
            activities.c.ends_at <= now - after,
            planned_in_time(now),
        )
        return [row["id"] for row in await self._unit.fetch(query.order_by(activities.c.id))]

    async def close(self, activity_ids: Sequence[int], now: datetime) -> None:
        """Close them. Where nobody checked in nobody is absent: then it was not recorded, not missed."""
        await self._unit.flush()
        still_open = activities.c.closed_at.is_(None)
        chosen = and_(activities.c.id.in_(activity_ids), still_open)
        names = [
            "activity_id",
            "member_id",
            "state",
            "at",
            "by_member_id",
            "late_minutes",
            "ledger_no",
        ]
        absent = _absent(chosen, now)
        await self._unit.connection.execute(attendance.insert().from_select(names, absent))
        await self._unit.connection.execute(activities.update().where(chosen).values(closed_at=now))

    async def counts(self, activity_ids: Collection[int]) -> dict[int, dict[str, int]]:
        """Per activity: how many of each state, `pending` leave among them, and how many in all."""
        query = (
            select(attendance.c.activity_id, attendance.c.state, func.count().label("count"))
            .where(attendance.c.activity_id.in_(sorted(set(activity_ids))))
            .group_by(attendance.c.activity_id, attendance.c.state)
        )
        rows = await self._unit.fetch(query)
        rows += await self._unit.fetch(_undecided(activity_ids))
        found: dict[int, dict[str, int]] = {}
        for row in rows:
            counts = found.setdefault(row["activity_id"], {"expected": 0})
            counts[row["state"]] = row["count"]
            counts["expected"] += row["count"]
        return found

    async def of_members(
        self, member_ids: Iterable[int], begins: datetime, ends: datetime
    ) -> dict[int, list[tuple[datetime, str]]]:
        """(when, topic) of what each was absent from, as evidence (AD-9)."""
        query = (
            select(attendance.c.member_id, activities.c.starts_at, activities.c.topic)
            .join(activities, activities.c.id == attendance.c.activity_id)
            .where(
                attendance.c.member_id.in_(sorted(set(member_ids))),
                attendance.c.state == Presence.ABSENT,
                activities.c.starts_at >= begins,
                activities.c.starts_at < ends,
            )
            .order_by(activities.c.starts_at)
        )
        found: dict[int, list[tuple[datetime, str]]] = {}
        for row in await self._unit.fetch(query):
            found.setdefault(row["member_id"], []).append((row["starts_at"], row["topic"]))
        return found


def _undecided(activity_ids: Collection[int]) -> Select[tuple[object, ...]]:
    """Whoever asked leave and has no answer yet is neither absent nor excused."""
    on_record = exists().where(
        attendance.c.activity_id == leaves.c.activity_id,
        attendance.c.member_id == leaves.c.member_id,
    )
    return (
        select(leaves.c.activity_id, leaves.c.state, func.count().label("count"))
        .where(
            leaves.c.activity_id.in_(sorted(set(activity_ids))),
            leaves.c.state == literal_column("'pending'"),
            tables.leave_stands,
            ~on_record,
        )
        .group_by(leaves.c.activity_id, leaves.c.state)
    )


def _absent(chosen: ColumnElement[bool], now: datetime) -> Select[tuple[object, ...]]:
    there = attendance.alias("there")
    somebody = exists().where(there.c.activity_id == activities.c.id, there.c.state.in_(TOOK_PART))
    known = attendance.alias("known")
    on_record = exists().where(
        known.c.activity_id == activities.c.id, known.c.member_id == members.c.id
    )
    asked = exists().where(
        leaves.c.activity_id == activities.c.id,
        leaves.c.member_id == members.c.id,
        leaves.c.state == State.PENDING,
    )
    since = members.c.branch_since
    was_there = or_(since <= activities.c.ends_at, since > now)
    return (
        select(
            activities.c.id,
            members.c.id,
            literal(str(Presence.ABSENT)),
            literal(now, Instant),
            null(),
            literal(0),
            literal(0),
        )
        .join(members, members.c.branch_id == activities.c.branch_id)
        .where(chosen, is_expected(), somebody, was_there, ~on_record, ~asked)
    )

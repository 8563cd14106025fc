"""What a branch has ahead and behind it, and its changes: planned, moved, called off (AD-1, AD-2, AD-8)."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import select

from storage import tables
from storage.activities import Activities, activity_of
from storage.database import Row, Unit
from storage.records import Activity

table, notices = tables.activities, tables.notices
A_YEAR = 20  # more than a branch plans for a year
ARRANGEMENT_UNDONE, MOVE_UNDONE = "撤销安排", "撤销改期"
"""Causes that mean: never held, and never meant to be."""
A_MOMENT = timedelta(seconds=1)


class Agenda:
    """A branch's activities as a secretary deals with them; what changes is forgotten in the unit."""

    def __init__(self, unit: Unit, activities: Activities) -> None:
        self._unit = unit
        self._activities = activities

    async def upcoming(self, branch_id: int, now: datetime, limit: int = A_YEAR) -> list[Activity]:
        """What stands and has not begun, the next first."""
        where = (table.c.branch_id == branch_id, table.c.starts_at > now)
        return await self._find(*where, order=(table.c.starts_at, table.c.id), limit=limit)

    async def over(self, branch_id: int, now: datetime, limit: int = A_YEAR) -> list[Activity]:
        """What stands and has ended, the latest first."""
        where = (table.c.branch_id == branch_id, table.c.ends_at <= now)
        newest = (table.c.starts_at.desc(), table.c.id.desc())
        return await self._find(*where, order=newest, limit=limit)

    async def between(self, branch_id: int, begins: datetime, ends: datetime) -> list[Activity]:
        """What stands and overlaps these moments."""
        where = (table.c.branch_id == branch_id, table.c.starts_at < ends, table.c.ends_at > begins)
        return await self._find(*where, order=(table.c.starts_at,))

    async def row(self, activity_id: int) -> Row:
        """The whole opened row of an activity. Raises LookupError."""
        return (await self._unit.select(table, table.c.id == activity_id))[0]

    async def was_moved(self, branch_id: int, starts_at: datetime) -> bool:
        """Whether an activity that was planned for this moment stands at another one."""
        where = (table.c.branch_id == branch_id, table.c.moved_from == starts_at)
        return bool(await self._find(*where, limit=1))

    async def codes(self, branch_id: int, after: datetime) -> set[str]:
        """The check-in codes of what ends after a moment."""
        where = (table.c.branch_id == branch_id, table.c.ends_at > after)
        return {one.code for one in await self._find(*where)}

    async def plan(self, **row: Any) -> int:
        """Add an activity; one called off at the same moment makes room for it."""
        await self._make_room(row["branch_id"], row["starts_at"])
        given = {"cancelled_at": None, "form_filed_at": None, **row}
        return await self._activities.plan(**given)

    async def withdraw(self, activity_id: int, at: datetime, cause: str) -> None:
        """Call an activity off as if it had never been planned or moved here; its row stays as history."""
        values = {"cancelled_at": at, "cause": cause, "moved_from": None}
        await self._activities.change(activity_id, **values)

    async def is_touched(self, activity_id: int) -> bool:
        """Whether somebody has answered, stands on leave or has taken part."""
        leave = (tables.leaves.c.activity_id == activity_id, tables.leave_stands)
        if await self._unit.select(tables.leaves, *leave, limit=1):
            return True
        for one in (tables.responses, tables.attendance):
            if await self._unit.select(one, one.c.activity_id == activity_id, limit=1):
                return True
        return False

    async def is_told(self, activity_id: int, rules: Sequence[str]) -> bool:
        """Whether anybody was sent one of these notices about an activity."""
        where = (notices.c.rule.in_(rules), notices.c.subject_id == activity_id)
        told = notices.c.message_id.is_not(None)
        return bool(await self._unit.select(notices, *where, told, limit=1))

    async def told(self, found: Activity, rules: Sequence[str]) -> set[int]:
        """Who was sent one of these notices about any date of an activity (it keeps its code); 0 is a group."""
        kin = (table.c.branch_id == found.branch_id, table.c.code == found.code)
        query = (
            select(notices.c.recipient_id)
            .join(table, table.c.id == notices.c.subject_id)
            .where(*kin, notices.c.rule.in_(rules), notices.c.message_id.is_not(None))
        )
        return {row["recipient_id"] for row in await self._unit.fetch(query)}

    async def _make_room(self, branch_id: int, starts_at: datetime) -> None:
        """A branch begins one activity a moment: what was called off there begins a second later."""
        occupied = await self._activities.at(branch_id, starts_at)
        if occupied is None or occupied["cancelled_at"] is None:
            return
        later = starts_at + A_MOMENT
        await self._make_room(branch_id, later)
        await self._activities.change(occupied["id"], starts_at=later)
        followed = (table.c.branch_id == branch_id, table.c.moved_from == starts_at)
        for one in await self._unit.select(table, *followed):
            await self._activities.change(one["id"], moved_from=later)

    async def _find(
        self, *where: Any, order: Sequence[Any] = (), limit: int | None = None
    ) -> list[Activity]:
        standing = table.c.cancelled_at.is_(None)
        rows = await self._unit.select(table, *where, standing, order=order, limit=limit)
        return [activity_of(row) for row in rows]

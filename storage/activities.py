"""Activities, who took part, and who asked leave."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import select, tuple_

from storage import tables
from storage.database import Row, Unit
from storage.records import Activity, Attendance, Leave, Presence, State

activities, attendance, leaves = tables.activities, tables.attendance, tables.leaves

AROUND = timedelta(days=1)


class Activities:
    """Reads of the check-in path are made once for all branches and members of a unit."""

    def __init__(self, unit: Unit) -> None:
        self._unit = unit
        self._around: dict[int, list[Activity]] = {}
        self._present: dict[tuple[int, int], Attendance | None] = {}
        self._leaves: dict[tuple[int, int], Leave | None] = {}

    async def load_around(self, branch_ids: Iterable[int], now: datetime) -> None:
        """Read the activities of many branches from a day before to a day after now."""
        missing = set(branch_ids) - self._around.keys()
        if not missing:
            return
        self._around.update({branch_id: [] for branch_id in missing})
        found = await self._find(
            activities.c.branch_id.in_(missing),
            activities.c.ends_at > now - AROUND,
            activities.c.starts_at < now + AROUND,
        )
        for activity in found:
            self._around[activity.branch_id].append(activity)

    async def around(self, branch_id: int, now: datetime) -> list[Activity]:
        """The branch's activities from a day before to a day after now, by time."""
        await self.load_around([branch_id], now)
        return self._around[branch_id]

    async def next_after(self, branch_id: int, now: datetime) -> Activity | None:
        """The next activity that has not begun."""
        where = (activities.c.branch_id == branch_id, activities.c.starts_at > now)
        found = await self._find(*where, activities.c.cancelled_at.is_(None), limit=1)
        return found[0] if found else None

    async def latest(self, branch_id: int, now: datetime) -> Activity | None:
        """The activity that began last."""
        where = (activities.c.branch_id == branch_id, activities.c.starts_at <= now)
        newest = activities.c.starts_at.desc()
        found = await self._find(*where, activities.c.cancelled_at.is_(None), order=newest, limit=1)
        return found[0] if found else None

    async def get(self, activity_id: int) -> Activity:
        """One activity by id. Raises LookupError."""
        return (await self._find(activities.c.id == activity_id))[0]

    async def at(self, branch_id: int, starts_at: datetime) -> Row | None:
        """The whole row of the activity that a branch begins at this moment."""
        where = (activities.c.branch_id == branch_id, activities.c.starts_at == starts_at)
        rows = await self._unit.select(activities, *where)
        return rows[0] if rows else None

    async def load_attendance(self, pairs: Iterable[tuple[int, int]]) -> None:
        """Read the attendance of many (activity id, member id) in one query."""
        missing = [pair for pair in set(pairs) if pair not in self._present]
        if not missing:
            return
        self._present.update(dict.fromkeys(missing))
        pair = tuple_(attendance.c.activity_id, attendance.c.member_id)
        for row in await self._unit.fetch(_attendance_columns().where(pair.in_(missing))):
            self._present[row["activity_id"], row["member_id"]] = _attendance(row)

    async def attendance_of(self, activity_id: int, member_id: int) -> Attendance | None:
        """How a member took part."""
        await self.load_attendance([(activity_id, member_id)])
        return self._present[activity_id, member_id]

    def attend(self, found: Attendance, *, by: int, reason: str | None = None) -> None:
        """Record how a member took part."""
        self._present[found.activity_id, found.member_id] = found
        self._unit.add(
            attendance,
            activity_id=found.activity_id,
            member_id=found.member_id,
            state=str(found.state),
            at=found.at,
            by_member_id=by,
            late_minutes=found.late_minutes,
            ledger_no=found.ledger_no,
            reason=reason,
        )

    async def unattend(self, activity_id: int, member_id: int) -> None:
        """Take back an attendance; the ledger keeps the entry and its correction."""
        await self._unit.flush()
        await self._unit.connection.execute(
            attendance.delete().where(
                attendance.c.activity_id == activity_id, attendance.c.member_id == member_id
            )
        )
        self._present[activity_id, member_id] = None

    async def attendances(self, activity_id: int) -> list[Attendance]:
        """Everybody who took part in an activity, or is excused from it."""
        query = _attendance_columns().where(attendance.c.activity_id == activity_id)
        return [_attendance(row) for row in await self._unit.fetch(query)]

    async def history(self, member_id: int) -> list[tuple[Attendance, Activity]]:
        """A member's attendance with the activities, newest first."""
        query = _attendance_columns().where(attendance.c.member_id == member_id)
        found = {row["activity_id"]: _attendance(row) for row in await self._unit.fetch(query)}
        newest = activities.c.starts_at.desc()
        attended = await self._find(activities.c.id.in_(found), order=newest)
        return [(found[activity.id], activity) for activity in attended]

    async def load_leaves(self, pairs: Iterable[tuple[int, int]]) -> None:
        """Read the standing leaves of many (activity id, member id) in one query."""
        missing = [pair for pair in set(pairs) if pair not in self._leaves]
        if not missing:
            return
        self._leaves.update(dict.fromkeys(missing))
        standing = leaves.c.state.in_((State.PENDING, State.APPROVED))
        pair = tuple_(leaves.c.activity_id, leaves.c.member_id)
        for row in await self._unit.select(leaves, pair.in_(missing), standing):
            self._leaves[row["activity_id"], row["member_id"]] = _leave(row)

    async def leave_of(self, activity_id: int, member_id: int) -> Leave | None:
        """The pending or granted leave of a member from an activity."""
        await self.load_leaves([(activity_id, member_id)])
        return self._leaves[activity_id, member_id]

    async def leave(self, leave_id: int) -> Leave:
        """One leave by id. Raises LookupError."""
        return _leave((await self._unit.select(leaves, leaves.c.id == leave_id))[0])

    async def leaves_from(self, activity_id: int) -> list[Leave]:
        """The standing leaves from an activity."""
        standing = leaves.c.state.in_((State.PENDING, State.APPROVED))
        where = (leaves.c.activity_id == activity_id, standing)
        return [_leave(row) for row in await self._unit.select(leaves, *where)]

    async def ask_leave(self, activity_id: int, member_id: int, reason: str, at: datetime) -> int:
        """Record a leave that waits for the secretary (AD-10); its id."""
        self._leaves.pop((activity_id, member_id), None)
        number = await self._unit.next_id(leaves)
        row = {"id": number, "activity_id": activity_id, "member_id": member_id}
        self._unit.add(leaves, **row, reason=reason, state=str(State.PENDING), asked_at=at)
        return number

    async def decide_leave(self, leave_id: int, state: State) -> None:
        """Grant, refuse or take back a leave."""
        self._leaves.clear()
        await self._unit.change(leaves, {"id": leave_id}, state=str(state))

    async def plan(self, **row: Any) -> int:
        """Add an activity of the year plan (AD-7); its id."""
        number = await self._unit.next_id(activities)
        self._unit.add(activities, id=number, **row)
        return number

    async def change(self, activity_id: int, **values: Any) -> None:
        """Change a planned activity."""
        await self._unit.change(activities, {"id": activity_id}, **values)

    async def _find(
        self, *where: Any, order: Any = None, limit: int | None = None
    ) -> list[Activity]:
        query = select(activities).where(*where).limit(limit)
        by = (activities.c.starts_at, activities.c.id) if order is None else (order,)
        return [_activity(row) for row in await self._unit.fetch(query.order_by(*by))]


def _attendance_columns() -> Any:
    return select(
        attendance.c.activity_id,
        attendance.c.member_id,
        attendance.c.state,
        attendance.c.at,
        attendance.c.late_minutes,
        attendance.c.ledger_no,
    )


def _attendance(row: Row) -> Attendance:
    return Attendance(**{**row, "state": Presence(row["state"])})


def _leave(row: Row) -> Leave:
    return Leave(
        id=row["id"],
        activity_id=row["activity_id"],
        member_id=row["member_id"],
        reason=row["reason"],
        state=State(row["state"]),
    )


def _activity(row: Row) -> Activity:
    return Activity(
        id=row["id"],
        branch_id=row["branch_id"],
        topic=row["topic"],
        starts_at=row["starts_at"],
        ends_at=row["ends_at"],
        place=row["place"],
        categories=row["categories"],
        mode=row["mode"],
        audience=row["audience"],
        code=row["code"],
        cancelled=row["cancelled_at"] is not None,
    )

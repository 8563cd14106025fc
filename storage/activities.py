"""Activities, who took part, and who asked leave."""

from collections.abc import Iterable
from dataclasses import fields
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Select, Table, and_, bindparam, select

from storage import tables
from storage.database import Row, Unit, many
from storage.records import Activity, Attendance, Leave, Member, Presence, State

activities, attendance, leaves = tables.activities, tables.attendance, tables.leaves
members = tables.members

AROUND = timedelta(days=1)
JUST_OVER = timedelta(days=4)  # somebody may be added while its record form is due, three days
ATTENDANCE_COLUMNS = tuple(one.name for one in fields(Attendance))
LEAVE_COLUMNS = tuple(one.name for one in fields(Leave))
_TAKEN_PART = [attendance.c[name].label(f"taken_{name}") for name in ATTENDANCE_COLUMNS]
_ON_LEAVE = [leaves.c[name].label(f"leave_{name}") for name in LEAVE_COLUMNS]


def _of_speaker(table: Table) -> ColumnElement[bool]:
    return and_(table.c.activity_id == activities.c.id, table.c.member_id == members.c.id)


OF_SPEAKERS = (
    select(*activities.c, members.c.id.label("speaker_id"), *_TAKEN_PART, *_ON_LEAVE)
    .join(members, members.c.branch_id == activities.c.branch_id)
    .outerjoin(attendance, _of_speaker(attendance))
    .outerjoin(leaves, and_(_of_speaker(leaves), tables.leave_stands))
    .where(
        members.c.id.in_(many("speakers")),
        activities.c.ends_at > bindparam("after"),
        activities.c.starts_at < bindparam("before"),
    )
    .order_by(activities.c.starts_at, activities.c.id)
)


class Activities:
    """Reads of the check-in path are made once for all branches and members of a unit."""

    def __init__(self, unit: Unit) -> None:
        self._unit = unit
        self._around: dict[int, list[Activity]] = {}
        self._present: dict[tuple[int, int], Attendance | None] = {}
        self._leaves: dict[tuple[int, int], Leave | None] = {}

    async def load_around(self, speakers: Iterable[Member], now: datetime) -> None:
        """Read the activities around now of the speakers' branches, and how each speaker stands to them."""
        branches = {member.id: member.branch_id for member in speakers}
        missing = set(branches.values()) - self._around.keys()
        if not branches:
            return
        found: dict[int, Activity] = {}
        between = {"after": now - JUST_OVER, "before": now + AROUND}
        for row in await self._unit.fetch(OF_SPEAKERS, speakers=[*branches], **between):
            pair = (row["id"], row["speaker_id"])
            self._present[pair] = _attendance(row, "taken_") if row["taken_state"] else None
            opened = self._unit.opened(leaves, row, "leave_")
            self._leaves[pair] = _leave(opened, "leave_") if row["leave_id"] else None
            if row["id"] not in found:
                found[row["id"]] = activity_of(row)
        self._around.update({branch_id: [] for branch_id in missing})
        for activity in found.values():
            if activity.branch_id in missing:
                self._around[activity.branch_id].append(activity)

    async def around(self, branch_id: int, now: datetime) -> list[Activity]:
        """The branch's activities from three days before to a day after now, by time."""
        if branch_id not in self._around:
            self._around[branch_id] = await self._find(
                activities.c.branch_id == branch_id,
                activities.c.ends_at > now - JUST_OVER,
                activities.c.starts_at < now + AROUND,
            )
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

    async def attendance_of(self, activity_id: int, member_id: int) -> Attendance | None:
        """How a member took part."""
        pair = (activity_id, member_id)
        if pair not in self._present:
            where = (attendance.c.activity_id == activity_id, attendance.c.member_id == member_id)
            rows = await self._unit.fetch(_attendances().where(*where))
            self._present[pair] = _attendance(rows[0]) if rows else None
        return self._present[pair]

    def attend(self, found: Attendance, *, by: int | None, reason: str | None = None) -> None:
        """Record how a member took part; nobody (None) found them absent."""
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
        query = _attendances().where(attendance.c.activity_id == activity_id)
        return [_attendance(row) for row in await self._unit.fetch(query)]

    async def history(self, member_id: int) -> list[tuple[Attendance, Activity]]:
        """A member's attendance with the activities, newest first."""
        query = _attendances().where(attendance.c.member_id == member_id)
        found = {row["activity_id"]: _attendance(row) for row in await self._unit.fetch(query)}
        newest = activities.c.starts_at.desc()
        attended = await self._find(activities.c.id.in_(found), order=newest)
        return [(found[activity.id], activity) for activity in attended]

    async def words_of(self, member_id: int) -> list[tuple[str, str]]:
        """(topic, words): what a member wrote when taking part from afar, or was excused for."""
        rows = await self._unit.select(attendance, attendance.c.member_id == member_id)
        said = {row["activity_id"]: row["reason"] for row in rows if row["reason"]}
        found = await self._find(activities.c.id.in_(said))
        return [(one.topic, said[one.id]) for one in found]

    async def leave_of(self, activity_id: int, member_id: int) -> Leave | None:
        """The pending or granted leave of a member from an activity."""
        pair = (activity_id, member_id)
        if pair not in self._leaves:
            where = (leaves.c.activity_id == activity_id, leaves.c.member_id == member_id)
            rows = await self._unit.select(leaves, *where, tables.leave_stands)
            self._leaves[pair] = _leave(rows[0]) if rows else None
        return self._leaves[pair]

    async def leave(self, leave_id: int) -> Leave:
        """One leave by id. Raises LookupError."""
        return _leave((await self._unit.select(leaves, leaves.c.id == leave_id))[0])

    async def leaves_from(self, activity_id: int) -> list[Leave]:
        """The standing leaves from an activity."""
        where = (leaves.c.activity_id == activity_id, tables.leave_stands)
        return [_leave(row) for row in await self._unit.select(leaves, *where)]

    async def ended_leave(self, activity_id: int, member_id: int) -> Leave | None:
        """The last leave of a member from an activity that stands no more."""
        where = (leaves.c.activity_id == activity_id, leaves.c.member_id == member_id)
        ended = leaves.c.state == State.WITHDRAWN
        newest = (leaves.c.id.desc(),)
        rows = await self._unit.select(leaves, *where, ended, order=newest, limit=1)
        return _leave(rows[0]) if rows else None

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
        self.forget()
        number = await self._unit.next_id(activities)
        minutes = (row["ends_at"] - row["starts_at"]) // timedelta(minutes=1)
        self._unit.add(activities, **{**row, "id": number, "minutes": minutes})
        return number

    async def change(self, activity_id: int, **values: Any) -> None:
        """Change a planned activity."""
        self.forget()
        await self._unit.change(activities, {"id": activity_id}, **values)

    def forget(self) -> None:
        """Read anew what stands around now: an activity came, changed or went."""
        self._around.clear()

    async def _find(
        self, *where: Any, order: Any = None, limit: int | None = None
    ) -> list[Activity]:
        query = select(activities).where(*where).limit(limit)
        by = (activities.c.starts_at, activities.c.id) if order is None else (order,)
        return [activity_of(row) for row in await self._unit.fetch(query.order_by(*by))]


def _attendances() -> Select[Any]:
    return select(*(attendance.c[name] for name in ATTENDANCE_COLUMNS))


def _attendance(row: Row, prefix: str = "") -> Attendance:
    found = {name: row[prefix + name] for name in ATTENDANCE_COLUMNS}
    return Attendance(**{**found, "state": Presence(found["state"])})


def _leave(row: Row, prefix: str = "") -> Leave:
    found = {name: row[prefix + name] for name in LEAVE_COLUMNS}
    return Leave(**{**found, "state": State(found["state"])})


def activity_of(row: Row) -> Activity:
    """The value in a stored row."""
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
        moved_from=row["moved_from"],
        closed=row["closed_at"] is not None,
        form_filed=row["form_filed_at"] is not None,
        cause=row["cause"],
    )

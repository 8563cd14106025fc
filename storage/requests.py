"""Requests: everything that waits for a secretary's decision or answer."""

from datetime import datetime

from sqlalchemy import ColumnElement, select

from storage import tables
from storage.database import Row, Unit
from storage.records import Request, RequestKind, State

table, members = tables.requests, tables.members


class Requests:
    """Numbered across the installation; each belongs to the branch of its time."""

    def __init__(self, unit: Unit) -> None:
        self._unit = unit

    async def open(
        self,
        kind: RequestKind,
        member_id: int,
        branch_id: int,
        text: str,
        at: datetime,
        *,
        subject_id: int | None = None,
    ) -> int:
        """Let something wait for the branch's secretary; its number."""
        number = await self._unit.next_id(table)
        self._unit.add(
            table,
            id=number,
            kind=str(kind),
            member_id=member_id,
            branch_id=branch_id,
            subject_id=subject_id,
            text=text,
            answer=None,
            state=str(State.PENDING),
            created_at=at,
            decided_at=None,
            decided_by=None,
        )
        return number

    async def pending(self, branch_id: int, kind: RequestKind | None = None) -> list[Request]:
        """What waits in a branch, oldest first."""
        where = [table.c.branch_id == branch_id, table.c.state == State.PENDING]
        if kind is not None:
            where.append(table.c.kind == kind)
        return await self._find(*where)

    async def of_branch(self, number: int, branch_id: int) -> Request | None:
        """A request of this branch; another branch's reads as if it did not exist."""
        found = await self._find(table.c.id == number, table.c.branch_id == branch_id)
        return found[0] if found else None

    async def of_member(self, member_id: int) -> list[Request]:
        """A member's own requests, oldest first."""
        return await self._find(table.c.member_id == member_id)

    async def about(self, kind: RequestKind, subject_id: int) -> Request | None:
        """The newest request about one record."""
        found = await self._find(table.c.kind == kind, table.c.subject_id == subject_id)
        return found[-1] if found else None

    async def withdrawn(self, kind: RequestKind, branch_id: int, at: datetime) -> list[Request]:
        """What was withdrawn in a branch at one moment, as by the calling off of an activity."""
        where = (table.c.kind == kind, table.c.branch_id == branch_id, table.c.decided_at == at)
        return await self._find(*where, table.c.state == State.WITHDRAWN)

    async def has_case(self, member_id: int, year: int) -> bool:
        """Whether a case about a member was opened on a year: one a year, decided or not (AD-9)."""
        kind = table.c.kind == RequestKind.CASE
        where = (table.c.member_id == member_id, kind, table.c.subject_id == year)
        return bool(await self._unit.select(table, *where, limit=1))

    async def decide(
        self, number: int, state: State, *, by: int | None, at: datetime, answer: str | None = None
    ) -> None:
        """Settle a request, with the words that go back to the member."""
        values = {"state": str(state), "decided_at": at, "decided_by": by, "answer": answer}
        await self._unit.change(table, {"id": number}, **values)

    async def reopen(self, number: int) -> None:
        """Let a request wait again whose taking back was itself taken back."""
        values = {"state": str(State.PENDING), "decided_at": None, "decided_by": None}
        await self._unit.change(table, {"id": number}, **values)

    async def _find(self, *where: ColumnElement[bool]) -> list[Request]:
        query = (
            select(table, members.c.name.label("member"))
            .join(members, members.c.id == table.c.member_id)
            .where(*where)
            .order_by(table.c.id)
        )
        rows = await self._unit.fetch(query)
        return [_request(self._unit.opened(table, row)) for row in rows]


def _request(row: Row) -> Request:
    return Request(
        id=row["id"],
        kind=RequestKind(row["kind"]),
        member_id=row["member_id"],
        member=row["member"],
        branch_id=row["branch_id"],
        subject_id=row["subject_id"],
        text=row["text"] or "",
        state=State(row["state"]),
        created_at=row["created_at"],
    )

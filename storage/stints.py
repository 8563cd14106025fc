"""Stints (外出): one period away, from leaving to coming back (FM-1, FM-12)."""

from datetime import date, datetime
from typing import Any

from storage import tables
from storage.database import Row, Unit
from storage.records import Stint

table = tables.stints


class Stints:
    """A member has at most one open stint."""

    def __init__(self, unit: Unit) -> None:
        self._unit = unit

    async def current(self, member_id: int) -> Stint | None:
        """The open stint of a member."""
        standing = (table.c.back_on.is_(None), table.c.withdrawn_at.is_(None))
        rows = await self._unit.select(table, table.c.member_id == member_id, *standing)
        return _stint(rows[0]) if rows else None

    async def of_member(self, member_id: int) -> list[Stint]:
        """All stints of a member, newest first."""
        newest = (table.c.left_on.desc(),)
        where = (table.c.member_id == member_id, table.c.withdrawn_at.is_(None))
        rows = await self._unit.select(table, *where, order=newest)
        return [_stint(row) for row in rows]

    async def leave(
        self, member_id: int, branch_id: int, left_on: date, at: datetime, **details: Any
    ) -> int:
        """Open a stint; its id. Details are further columns of the table."""
        number = await self._unit.next_id(table)
        row = {"id": number, "member_id": member_id, "branch_id": branch_id}
        self._unit.add(table, **row, left_on=left_on, opened_at=at, **details)
        return number

    async def change(self, stint_id: int, **values: Any) -> None:
        """Change what is known of a stint."""
        await self._unit.change(table, {"id": stint_id}, **values)

    async def withdraw(self, stint_id: int, at: datetime) -> None:
        """Take an opening back; it stays as history."""
        await self._unit.change(table, {"id": stint_id}, withdrawn_at=at)

    async def come_back(self, stint_id: int, on: date) -> None:
        """Close a stint."""
        await self._unit.change(table, {"id": stint_id}, back_on=on)


def _stint(row: Row) -> Stint:
    return Stint(
        id=row["id"],
        member_id=row["member_id"],
        reason=row["reason"] or "",
        left_on=row["left_on"],
        province=row["province"],
        city=row["city"],
        district=row["district"] or "",
        expected_back=row["expected_back"],
        back_on=row["back_on"],
        workplace=row["workplace"] or "",
        contact=row["contact"] or "",
    )

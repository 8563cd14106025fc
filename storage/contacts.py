"""Contacts and talks with members: who spoke with whom, how it went, and what it was about (FM-6, AD-9)."""

from datetime import date, datetime
from typing import Any

from sqlalchemy import exists, select

from storage import tables
from storage.database import Row, Unit
from storage.records import Contact

table, members = tables.contacts, tables.members


class Contacts:
    """What was tried is kept too; only who was reached counts."""

    def __init__(self, unit: Unit) -> None:
        self._unit = unit

    async def add(
        self, contact: Contact, *, branch_id: int, by: int, at: datetime, note: str | None
    ) -> int:
        """Record a contact; its id."""
        number = await self._unit.next_id(table)
        self._unit.add(
            table,
            id=number,
            member_id=contact.member_id,
            branch_id=branch_id,
            by_member_id=by,
            kind=str(contact.kind),
            on=contact.on,
            outcome=str(contact.outcome),
            reached=contact.outcome.reached,
            topics="、".join(contact.topics),
            note=note,
            next_on=contact.next_on,
            recorded_at=at,
            withdrawn_at=None,
        )
        return number

    async def get(self, number: int) -> Row:
        """The whole opened row. Raises LookupError."""
        return (await self._unit.select(table, table.c.id == number))[0]

    async def withdraw(self, number: int, at: datetime) -> None:
        """Take a contact back; the row stays."""
        await self._unit.change(table, {"id": number}, withdrawn_at=at)

    async def of_member(
        self, member_id: int, first: date | None = None, branch_id: int | None = None
    ) -> list[Row]:
        """A member's contacts that stand, newest first; of one branch, or of all they were in."""
        where: list[Any] = [table.c.member_id == member_id, table.c.withdrawn_at.is_(None)]
        if first is not None:
            where.append(table.c.on >= first)
        if branch_id is not None:
            where.append(table.c.branch_id == branch_id)
        return await self._unit.select(table, *where, order=(table.c.on.desc(), table.c.id.desc()))

    async def agreed(self, branch_id: int, until: date) -> list[tuple[date, str]]:
        """(day, name) of who was to be contacted again by a day, was not since, and is still in the branch."""
        later = table.alias("later")
        again = exists().where(
            later.c.member_id == table.c.member_id,
            later.c.id > table.c.id,
            later.c.withdrawn_at.is_(None),
        )
        query = (
            select(table.c.next_on, members.c.name)
            .join(members, members.c.id == table.c.member_id)
            .where(
                table.c.branch_id == branch_id,
                members.c.branch_id == branch_id,
                table.c.next_on <= until,
                table.c.withdrawn_at.is_(None),
                ~again,
            )
            .order_by(table.c.next_on, table.c.id)
        )
        return [(row["next_on"], row["name"]) for row in await self._unit.fetch(query)]

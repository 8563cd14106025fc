"""Where members are: province, city, district and a date (FM-5). Never coordinates."""

from datetime import date, datetime

from storage import tables
from storage.database import Row, Unit

table = tables.places


class Places:
    """Reports of place, newest in force; district and code are sealed."""

    def __init__(self, unit: Unit) -> None:
        self._unit = unit

    async def report(
        self,
        member_id: int,
        branch_id: int,
        *,
        province: str,
        city: str,
        district: str,
        code: str,
        source: str,
        on: date,
        at: datetime,
    ) -> int:
        """Keep one place; its id."""
        number = await self._unit.next_id(table)
        self._unit.add(
            table,
            id=number,
            member_id=member_id,
            branch_id=branch_id,
            province=province,
            city=city,
            district=district,
            code=code,
            source=source,
            reported_on=on,
            reported_at=at,
            withdrawn_at=None,
        )
        return number

    async def of_member(self, member_id: int) -> list[Row]:
        """A member's places in force, newest first."""
        where = (table.c.member_id == member_id, table.c.withdrawn_at.is_(None))
        return await self._unit.select(table, *where, order=(table.c.id.desc(),))

    async def withdraw(self, place_id: int, at: datetime) -> None:
        """Take a report back; it stays as history."""
        await self._unit.change(table, {"id": place_id}, withdrawn_at=at)

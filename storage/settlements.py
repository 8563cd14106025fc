"""What a person settled by hand: duties that no record proves, excuses, and a month's closed books."""

from collections.abc import Sequence
from datetime import datetime

from storage import tables
from storage.database import Row, Unit

settlements, closings = tables.settlements, tables.closings


class Settlements:
    """A duty is settled once a period; a month is closed once a branch."""

    def __init__(self, unit: Unit) -> None:
        self._unit = unit

    async def settle(
        self,
        rule: str,
        period: str,
        subject_id: int,
        *,
        branch_id: int,
        state: str,
        note: str,
        by: int,
        at: datetime,
    ) -> int | None:
        """Settle a duty (`met` or `excused`); its number, or None where it was settled before."""
        if await self.standing(rule, period, subject_id):
            return None
        number = await self._unit.next_id(settlements)
        row = {"id": number, "rule": rule, "period": period, "subject_id": subject_id}
        self._unit.add(
            settlements,
            **row,
            branch_id=branch_id,
            state=state,
            note=note,
            by_member_id=by,
            settled_at=at,
            withdrawn_at=None,
        )
        return number

    async def standing(self, rule: str, period: str, subject_id: int) -> Row | None:
        """How a duty was settled by hand, if it was."""
        rows = await self._unit.select(
            settlements,
            settlements.c.rule == rule,
            settlements.c.period == period,
            settlements.c.subject_id == subject_id,
            settlements.c.withdrawn_at.is_(None),
        )
        return rows[0] if rows else None

    async def get(self, numbers: Sequence[int]) -> list[Row]:
        """The whole opened rows of these numbers."""
        return await self._unit.select(settlements, settlements.c.id.in_(numbers))

    async def withdraw(self, number: int, at: datetime) -> None:
        """Open a duty again."""
        await self._unit.change(settlements, {"id": number}, withdrawn_at=at)

    async def close(self, branch_id: int, month: str, *, by: int, at: datetime) -> bool:
        """Close a branch's books for a month of dues; False where they were closed before."""
        if await self.closed(branch_id, month):
            return False
        self._unit.add(closings, branch_id=branch_id, month=month, by_member_id=by, closed_at=at)
        return True

    async def closed(self, branch_id: int, month: str) -> bool:
        """Whether all payments known for the month are in the books."""
        return await self.closing(branch_id, month) is not None

    async def closing(self, branch_id: int, month: str) -> Row | None:
        """The closing of a month: who closed it, and when."""
        where = (closings.c.branch_id == branch_id, closings.c.month == month)
        return next(iter(await self._unit.select(closings, *where)), None)

    async def reopen(self, branch_id: int, month: str) -> None:
        """Take the closing of a month back."""
        await self._unit.flush()
        await self._unit.connection.execute(
            closings.delete().where(closings.c.branch_id == branch_id, closings.c.month == month)
        )

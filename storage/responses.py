"""What members answered to an invitation: coming, or taking part from afar. A leave is elsewhere."""

from datetime import datetime

from storage import tables
from storage.database import Unit

table = tables.responses


class Responses:
    """The last answer stands."""

    def __init__(self, unit: Unit) -> None:
        self._unit = unit

    async def of(self, activity_id: int) -> dict[int, str]:
        """Member ids to answers."""
        rows = await self._unit.select(table, table.c.activity_id == activity_id)
        return {row["member_id"]: row["answer"] for row in rows}

    async def answer(self, activity_id: int, member_id: int, answer: str, at: datetime) -> None:
        """Keep an answer instead of the one before."""
        await self.withdraw(activity_id, member_id)
        row = {"activity_id": activity_id, "member_id": member_id}
        self._unit.add(table, **row, answer=answer, answered_at=at)

    async def withdraw(self, activity_id: int, member_id: int) -> None:
        """Take an answer back."""
        await self._unit.flush()
        await self._unit.connection.execute(
            table.delete().where(table.c.activity_id == activity_id, table.c.member_id == member_id)
        )

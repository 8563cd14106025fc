"""How often something was tried that is allowed only so often, whatever becomes of the conversation."""

from sqlalchemy import select, update

from storage import tables
from storage.database import Unit

table = tables.tries


class Tries:
    """One row a name; the name says whose, what and on which day."""

    def __init__(self, unit: Unit) -> None:
        self._unit = unit

    async def of(self, name: str) -> int:
        """How often so far."""
        rows = await self._unit.fetch(select(table.c.amount).where(table.c.name == name))
        return int(rows[0]["amount"]) if rows else 0

    async def add(self, name: str) -> int:
        """Once more; how often with this one."""
        await self._unit.flush()
        more = update(table).where(table.c.name == name).values(amount=table.c.amount + 1)
        done = await self._unit.connection.execute(more)
        if not done.rowcount:
            self._unit.add(table, name=name, amount=1)
        return await self.of(name)

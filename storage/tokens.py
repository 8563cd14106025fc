"""The platforms' access tokens, sealed and shared by all processes."""

from datetime import datetime

from storage import tables
from storage.database import Unit

table = tables.tokens


class Tokens:
    """One token a name."""

    def __init__(self, unit: Unit) -> None:
        self._unit = unit

    async def get(self, name: str) -> tuple[str, datetime] | None:
        """The token and when it ends."""
        rows = await self._unit.select(table, table.c.name == name)
        return (rows[0]["value"], rows[0]["expires_at"]) if rows else None

    async def put(self, name: str, value: str, expires_at: datetime) -> None:
        """Keep a token in place of the one before it."""
        if not await self._unit.change(table, {"name": name}, value=value, expires_at=expires_at):
            self._unit.add(table, name=name, value=value, expires_at=expires_at)

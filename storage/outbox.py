"""The outbox: what is to be sent, written in the commit that caused it."""

from datetime import datetime

from storage import tables
from storage.database import Row, Unit

table = tables.outbox


class Outbox:
    """Messages that do not fit in the answer to somebody's own message."""

    def __init__(self, unit: Unit) -> None:
        self._unit = unit

    async def send(self, channel: str, recipient: str, text: str, at: datetime) -> int:
        """Queue a message; its id. `channel` is an account's scope."""
        number = await self._unit.next_id(table)
        self._unit.add(
            table,
            id=number,
            channel=channel,
            recipient=recipient,
            text=text,
            state="pending",
            attempts=0,
            created_at=at,
            sent_at=None,
            error=None,
        )
        return number

    async def after(self, message_id: int, limit: int = 200) -> list[Row]:
        """The messages queued after one, oldest first."""
        return await self._unit.select(
            table, table.c.id > message_id, order=(table.c.id,), limit=limit
        )

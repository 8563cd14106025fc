"""The inbox: every message seen, its answer for repeats, and what it did."""

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select

from storage import tables
from storage.database import Unit, many

table = tables.inbox
UNDONE = "undone"
ANSWERS = select(table.c.key, table.c.answer).where(table.c.key.in_(many("keys")))


def message_key(channel: str, sender: str, message_id: str) -> bytes:
    """32 bytes unique to (channel and app, sender, message id), whatever characters they hold."""
    lengths = f"{len(channel)}:{len(sender)}:{len(message_id)}:"
    return hashlib.sha256(f"{lengths}{channel}{sender}{message_id}".encode()).digest()


@dataclass(frozen=True, slots=True)
class Effect:
    """What a message did that its sender may still undo: `topic:reference`."""

    key: bytes
    effect: str
    received_at: datetime
    answer: str


class Inbox:
    """One row a message, kept for good."""

    def __init__(self, unit: Unit) -> None:
        self._unit = unit

    async def answers(self, keys: Iterable[bytes]) -> dict[bytes, str]:
        """The stored answers of messages already seen; an empty text is a silent answer."""
        rows = await self._unit.fetch(ANSWERS, keys=list(keys))
        return {row["key"]: self._unit.opened(table, row)["answer"] or "" for row in rows}

    def keep(
        self,
        key: bytes,
        *,
        channel: str,
        sender: str,
        message_id: str,
        kind: str,
        received_at: datetime,
        text: str | None,
        answer: str,
        effect: str | None = None,
        error: str | None = None,
    ) -> None:
        """Remember a message with its answer; `error` marks one that could not be handled."""
        self._unit.add(
            table,
            key=key,
            channel=channel,
            sender=sender,
            message_id=message_id,
            kind=kind,
            received_at=received_at,
            text=text,
            answer=answer,
            effect=effect,
            state="failed" if error else "done",
            error=error,
        )

    async def last_effect(self, channel: str, sender: str, topic: str = "") -> Effect | None:
        """The newest thing this sender did that can be undone, of one topic or of any."""
        own = table.c.effect.startswith(f"{topic}:", autoescape=True)
        entered = table.c.effect.contains(f"/{topic}:", autoescape=True)
        kind = (own | entered,) if topic else ()
        query = (
            select(table.c.key, table.c.effect, table.c.received_at, table.c.answer)
            .where(
                table.c.channel == channel,
                table.c.sender == sender,
                table.c.effect.is_not(None),
                *kind,
            )
            .order_by(table.c.received_at.desc())
            .limit(1)
        )
        rows = await self._unit.fetch(query)
        return Effect(**self._unit.opened(table, rows[0])) if rows else None

    async def mark_undone(self, effect: Effect) -> None:
        """An effect is undone once."""
        await self._unit.change(table, {"key": effect.key}, effect=UNDONE)

    async def failures(self) -> list[dict[str, object]]:
        """Messages that could not be handled: channel, message id, time and error, never content."""
        query = select(
            table.c.channel, table.c.message_id, table.c.received_at, table.c.error
        ).where(table.c.state == "failed")
        return list(await self._unit.fetch(query.order_by(table.c.received_at)))

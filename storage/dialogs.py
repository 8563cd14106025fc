"""Open dialogs: one a conversation, sealed, in the database and nowhere else."""

import json
from collections.abc import Iterable
from datetime import datetime
from typing import Any

import structlog

from storage import tables
from storage.database import Row, Unit, many
from storage.encryption import Unreadable
from storage.records import Dialog

table = tables.dialogs
OPEN = table.select().where(
    table.c.channel.in_(many("channels")), table.c.sender.in_(many("senders"))
)
Conversation = tuple[str, str]
log = structlog.get_logger()


class Dialogs:
    """What was read stays known for the unit, so that later lines of a batch see earlier ones."""

    def __init__(self, unit: Unit) -> None:
        self._unit = unit
        self._known: dict[Conversation, Dialog | None] = {}
        self._stored: set[Conversation] = set()

    async def load(self, conversations: Iterable[Conversation]) -> None:
        """Read the dialogs of many conversations (channel, sender) in one query."""
        missing = {key for key in conversations if key not in self._known}
        if not missing:
            return
        self._known.update(dict.fromkeys(missing))
        channels, senders = ([*{key[place] for key in missing}] for place in (0, 1))
        for row in await self._unit.fetch(OPEN, channels=channels, senders=senders):
            key = (row["channel"], row["sender"])
            if key in missing:
                self._known[key] = self._read(row)
                self._stored.add(key)

    def _read(self, row: Row) -> Dialog | None:
        """The dialog in a row; one that was tampered with is over, and locks nobody out."""
        try:
            return _thawed(json.loads(self._unit.opened(table, row)["state"]))
        except (Unreadable, ValueError, KeyError, TypeError):
            log.error("dialog_unreadable", channel=row["channel"])
            return None

    async def of(self, conversation: Conversation) -> Dialog | None:
        """The open dialog of a conversation."""
        await self.load([conversation])
        return self._known[conversation]

    async def put(self, conversation: Conversation, dialog: Dialog | None) -> None:
        """Open, move on or close (None) the dialog of a conversation."""
        self._known[conversation] = dialog
        key = {"channel": conversation[0], "sender": conversation[1]}
        if dialog is None:
            await self._unit.flush()
            await self._unit.connection.execute(
                table.delete().where(*(table.c[name] == value for name, value in key.items()))
            )
            self._stored.discard(conversation)
            return
        row = {
            "topic": dialog.topic,
            "state": json.dumps(_frozen(dialog), ensure_ascii=False),
            "updated_at": dialog.updated_at,
        }
        if conversation in self._stored:
            await self._unit.change(table, key, **row)
        else:
            self._unit.add(table, **key, **row)
            self._stored.add(conversation)


def _frozen(dialog: Dialog) -> dict[str, Any]:
    return {
        "topic": dialog.topic,
        "state": dialog.state,
        "prompt": dialog.prompt,
        "updated_at": dialog.updated_at.isoformat(),
        "paused": _frozen(dialog.paused) if dialog.paused else None,
    }


def _thawed(found: dict[str, Any]) -> Dialog:
    return Dialog(
        topic=found["topic"],
        state=found["state"],
        prompt=found["prompt"],
        updated_at=datetime.fromisoformat(found["updated_at"]),
        paused=_thawed(found["paused"]) if found["paused"] else None,
    )

"""Letters: what the outbox holds, what became of it, and what counts towards a limit. Pure values."""

import json
from base64 import b64decode, b64encode
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from typing import Any


class State(StrEnum):
    """How far a message is."""

    PENDING = "pending"
    UNCERTAIN = "uncertain"
    SENT = "sent"
    FAILED = "failed"
    DROPPED = "dropped"


OPEN = (State.PENDING, State.UNCERTAIN)


@dataclass(frozen=True, slots=True)
class WayBack:
    """How an answer gets back: an address that the platform lent until a moment, then to `group` or one to one."""

    url: str
    until: datetime
    group: str = ""


@dataclass(frozen=True, slots=True)
class Letter:
    """A claimed message, opened. `attempts` counts the one that begins now.

    With a `media_id` the file has its name only: its content is kept there (storage/media.py).
    """

    id: int
    channel: str
    recipient: str
    kind: str
    text: str
    state: State
    attempts: int
    created_at: datetime
    next_at: datetime | None
    leased_until: datetime
    expires_at: datetime | None = None
    title: str = ""
    buttons: tuple[tuple[str, str], ...] = ()
    file: tuple[str, bytes] | None = None
    way_back: WayBack | None = None
    media_id: int | None = None

    @property
    def address(self) -> tuple[str, str]:
        """Whose messages keep their order and count together."""
        return self.channel, self.recipient

    def put_off(self, until: datetime | None = None, error: str | None = None) -> "Settled":
        """Not tried after all: the attempt is not counted."""
        return Settled(
            self, self.state, self.attempts - 1, next_at=until or self.next_at, error=error
        )


@dataclass(frozen=True, slots=True)
class Settled:
    """What became of a claimed message."""

    letter: Letter
    state: State
    attempts: int
    next_at: datetime | None = None
    sent_at: datetime | None = None
    platform_id: str | None = None
    error: str | None = None

    def under(self, lease: datetime) -> "Settled":
        """The same, for somebody whose lease was renewed meanwhile."""
        if lease == self.letter.leased_until:
            return self
        return replace(self, letter=replace(self.letter, leased_until=lease))

    @property
    def is_open(self) -> bool:
        """It is to be tried again."""
        return self.state in OPEN


@dataclass(frozen=True, slots=True)
class Counted:
    """A message that counts towards a limit: when it was sent, and the bytes of its text."""

    id: int
    at: datetime
    size: int


def packed(
    title: str,
    buttons: Sequence[tuple[str, str]],
    file: tuple[str, bytes] | None,
    way_back: WayBack | None = None,
    media_id: int | None = None,
) -> str | None:
    """What is kept beside the text, as JSON."""
    if not (title or buttons or file or way_back):
        return None
    extra: dict[str, Any] = {"title": title, "buttons": [list(one) for one in buttons]}
    if file is not None:
        extra["file"] = {"name": file[0], "content": b64encode(file[1]).decode()}
        extra["media_id"] = media_id
    if way_back is not None:
        extra["way_back"] = [way_back.url, way_back.until.isoformat(), way_back.group]
    return json.dumps(extra, ensure_ascii=False)


def letter_of(row: Mapping[str, Any]) -> Letter:
    """The letter in an opened row of the outbox."""
    extra = json.loads(row["extra"] or "{}")
    file, way = extra.get("file"), extra.get("way_back")
    return Letter(
        id=row["id"],
        channel=row["channel"],
        recipient=row["recipient"],
        kind=row["kind"],
        text=row["text"] or "",
        state=State(row["state"]),
        attempts=row["attempts"],
        created_at=row["created_at"],
        next_at=row["next_at"],
        leased_until=row["leased_until"],
        expires_at=row["expires_at"],
        title=extra.get("title", ""),
        buttons=tuple((label, says) for label, says in extra.get("buttons", ())),
        file=(file["name"], b64decode(file["content"])) if file else None,
        way_back=WayBack(way[0], datetime.fromisoformat(way[1]), way[2]) if way else None,
        media_id=extra.get("media_id"),
    )

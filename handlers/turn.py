"""A turn: one message with all a topic may know, and the outcomes a topic may return."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from enum import StrEnum
from typing import Any
from zoneinfo import ZoneInfo

from scheduler.rules import Rules
from storage.records import Account, Dialog, Member
from storage.store import Store

ENDING = re.compile("[a-z0-9]{1,5}")


class Kind(StrEnum):
    """What sort of message came."""

    TEXT = "text"
    IMAGE = "image"
    VOICE = "voice"
    VIDEO = "video"
    LOCATION = "location"
    FILE = "file"
    LINK = "link"
    ENTERED = "entered"
    CARD = "card"
    SILENT = "silent"
    NAMELESS = "nameless"  # the platform does not say who of the house it is
    WITHHELD = "withheld"  # the platform keeps the content back: its quota is used up
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class House:
    """What a topic may know of the installation."""

    organisation: str
    rules: Rules
    # By channel, where there is one: the page on which a member can tell where they are.
    place_pages: Mapping[str, str] = field(default_factory=dict)
    # By the scope of an account: the channel through which it is written to.
    channels: Mapping[str, str] = field(default_factory=dict)

    @property
    def zone(self) -> ZoneInfo:
        """Where the organisation's days begin."""
        return self.rules.zone


@dataclass(frozen=True, slots=True)
class Turn:
    """One message of one account, frozen; `actor` is who typed it when that is not the member."""

    now: datetime
    house: House
    store: Store
    account: Account
    channel: str
    kind: Kind
    text: str
    said: str
    media_id: str = ""
    member: Member | None = None
    dialog: Dialog | None = None
    actor: Member | None = None
    forgeable: bool = False  # whoever once saw a signature could have written it
    file_name: str = ""

    @property
    def today(self) -> date:
        """The day in the organisation's zone."""
        return self.now.astimezone(self.house.zone).date()

    @property
    def speaker(self) -> Member:
        """The member this turn is about; topics for the unbound look at `member` instead."""
        if self.member is None:
            raise LookupError("this turn has no member")
        return self.member

    @property
    def by(self) -> Member:
        """Who acts: the member, or the secretary who enters for them (代录)."""
        return self.actor or self.speaker

    @property
    def proxy_mark(self) -> str:
        """What an entry made by somebody else carries."""
        return f"（{self.actor.name}代录）" if self.actor else ""

    async def keep(self) -> int:
        """Have the picture or file of this message fetched and kept; its id, for what it belongs to.

        To be done in the very turn that accepts it: the platform forgets it soon.
        """
        ending = self.file_name.rpartition(".")[2].lower()
        return await self.store.media.keep(
            self.channel,
            self.speaker.id,
            kind=str(self.kind),
            code=self.media_id,
            at=self.now,
            ending=ending if ENDING.fullmatch(ending) else "",
        )

    def local(self, moment: datetime) -> datetime:
        """A moment in the organisation's zone."""
        return moment.astimezone(self.house.zone)

    def saying(self, text: str, said: str) -> "Turn":
        """The same turn with other words, outside any dialog."""
        return replace(self, text=text, said=said, dialog=None, kind=Kind.TEXT)


@dataclass(frozen=True, slots=True)
class Say:
    """Answer; an open dialog stays as it is.

    `aloud`, of every outcome: what a group may hear of it, with nothing private; "" is one to one.
    """

    text: str
    aloud: str = ""


@dataclass(frozen=True, slots=True)
class Ask:
    """Answer with a question; the topic waits for the next line with this state (JSON)."""

    text: str
    topic: str
    state: dict[str, Any] = field(default_factory=dict)
    effect: str | None = None
    aloud: str = ""


@dataclass(frozen=True, slots=True)
class Done:
    """Answer and close the dialog; `effect` (`topic:reference`) is what 撤销 would take back.

    `settles` is an activity of which somebody need not be asked any more why they cannot come.
    """

    text: str
    effect: str | None = None
    settles: int | None = None
    aloud: str = ""


Outcome = Say | Ask | Done

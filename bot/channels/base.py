"""What every channel speaks: a Message in, an answer out, the two ways bytes are refused, and letters."""

import json
import re
from collections.abc import Callable, Coroutine, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol, runtime_checkable

from multidict import MultiMapping

from bot.limits import Limit
from bot.retry import Outcome
from handlers.turn import Kind
from storage.letters import Letter, WayBack

JSON_TYPE = "application/json; charset=utf-8"
ENCODER = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"))
LONGEST_ID = 100  # what the tables take
# What no XML, and no PostgreSQL text, may hold.
NOT_TEXT = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


class Rejected(Exception):
    """The sender could not prove who they are: 403."""


class Malformed(Exception):
    """The bytes cannot be read: 400."""


class NotCommitted(Exception):
    """Nothing of a message is on record; it may come again."""


@dataclass(frozen=True, slots=True)
class Message:
    """One thing said by one account; coordinates are gone before this exists.

    `user` is the account as it is bound, `sender` the same as the platform spells it. Where there is a
    `way_back` an answer may also come later, and `by_letter` only so; it names the group, if any.
    `forgeable`: whoever once saw a signature could have written it. `metered`: the platform counts it.
    `earlier` are the ids of what was said before in the same breath, and whether it `goes_on`: one answer for all.
    """

    channel: str
    scope: str
    user: str
    id: str
    kind: Kind
    text: str
    media_id: str = ""
    sender: str = ""
    way_back: WayBack | None = None
    by_letter: bool = False
    forgeable: bool = False
    metered: bool = False
    earlier: tuple[str, ...] = ()
    goes_on: bool = False
    file_name: str = ""

    @property
    def group(self) -> str:
        """The group it was said in; "" one to one."""
        return self.way_back.group if self.way_back else ""


@dataclass(frozen=True, slots=True)
class Call:
    """What a platform's HTTP request brought, and when: by the bot's clock, and by the machine's.

    They differ in a rehearsal only, of which the platform knows nothing.
    """

    query: MultiMapping[str]
    headers: MultiMapping[str]
    body: bytes
    at: datetime
    machine_at: datetime


@dataclass(frozen=True, slots=True)
class Reply:
    """The body of the HTTP response to a callback."""

    body: bytes = b""
    content_type: str = "text/plain; charset=utf-8"


def is_id(value: object) -> bool:
    """Whether something can be kept as somebody's or something's id."""
    return isinstance(value, str) and 0 < len(value) <= LONGEST_ID and not NOT_TEXT.search(value)


def joined(answers: Iterable[str]) -> str:
    """Several answers as one: what is the same is said once."""
    return "\n\n".join(dict.fromkeys(filter(None, answers)))


def encoded(body: Mapping[str, Any]) -> bytes:
    """JSON in real UTF-8: escapes have been refused by WeChat Work with 40033."""
    return ENCODER.encode(body).encode()


def object_in(text: str | bytes) -> Mapping[str, Any]:
    """The JSON object in a text. Raises Malformed."""
    try:
        found = json.loads(text)
    except (ValueError, RecursionError):
        found = None
    if not isinstance(found, Mapping):
        raise Malformed("not a JSON object")
    return found


class Codec(Protocol):
    """Callback bytes to Message, answer to bytes; opens nothing. `seconds`: how long the platform waits."""

    channel: str
    seconds: float

    def receive(self, call: Call) -> list[Message]:
        """What a POST says, in its order; at least one. Raises Rejected, Malformed."""

    def reply(self, message: Message, text: str, at: datetime) -> Reply:
        """The response that carries the answer; "" is silence."""

    def unheard(self, message: Message) -> Reply | None:
        """What to say when nothing was recorded; None where the platform delivers again by itself."""


@runtime_checkable
class AskedFirst(Protocol):
    """A codec whose platform asks by a GET whether the address is ours."""

    def verify(self, call: Call) -> Reply:
        """The answer. Raises Rejected, Malformed."""


class Sender(Protocol):
    """Where letters go. `each` limits hold for one recipient, `all` for everybody together."""

    each: Sequence[Limit]
    all: Sequence[Limit]
    one_by_one: bool  # a trouble of one recipient is no trouble of the others
    knows_repeats: bool  # the platform shows a letter that is sent twice only once

    async def send(self, letter: Letter) -> Outcome:
        """Send one message, whatever it takes; never raises what a platform does."""


class Fetcher(Protocol):
    """Where what members sent is fetched, by the platform's code for it."""

    async def fetch(self, code: str) -> bytes | Outcome:
        """The content, or why there is none; never raises what a platform does."""


class Times(Protocol):
    """The bot's clock, which a rehearsal may shift, and the machine's, which the platforms go by."""

    def now(self) -> datetime:
        """The moment for everything of ours."""

    def machine_now(self) -> datetime:
        """The moment for signatures."""


class Hears(Protocol):
    """Where messages go."""

    async def answer(self, *messages: Message) -> str:
        """The committed answer to what was said in one breath; "" is silence. Raises NotCommitted."""


@dataclass(frozen=True, slots=True)
class Channel:
    """One configured app, `platform.name`: how it is heard, and how it is spoken to.

    `scope` says whose user ids these are: apps of one corp share them. `callbacks` by path. `listen`
    keeps a link of its own until cancelled; `pages` adds what people open in the chat.
    """

    name: str
    scope: str
    callbacks: Mapping[str, Codec]
    sender: Sender
    groups: Mapping[str, Sender]
    listen: Callable[[Hears], Coroutine[Any, Any, None]] | None = None
    pages: Callable[[Any, Hears], None] | None = None
    place_page: str = ""
    media: Fetcher | None = None

"""What every channel speaks: a Message in, an answer out, the two ways bytes are refused, and letters."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from bot.limits import Limit
from bot.retry import Outcome
from handlers.turn import Kind
from storage.letters import Letter


class Rejected(Exception):
    """The sender could not prove who they are: 403."""


class Malformed(Exception):
    """The bytes cannot be read: 400."""


@dataclass(frozen=True, slots=True)
class Message:
    """One thing said by one account; coordinates are gone before this exists."""

    channel: str
    scope: str
    sender: str
    id: str
    kind: Kind
    text: str
    media_id: str

    @property
    def user(self) -> str:
        """The sender as an account: platforms compare user ids without case."""
        return self.sender.lower()


class Sender(Protocol):
    """Where letters go. `each` limits hold for one recipient, `all` for everybody together."""

    each: Sequence[Limit]
    all: Sequence[Limit]
    one_by_one: bool  # a trouble of one recipient is no trouble of the others

    async def send(self, letter: Letter) -> Outcome:
        """Send one message, whatever it takes; never raises what a platform does."""

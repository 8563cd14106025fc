"""What every channel speaks: a Message in, an answer out, and the two ways bytes are refused."""

from dataclasses import dataclass

from handlers.turn import Kind


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

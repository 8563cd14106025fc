"""The same words to many people go out in one call: whoever comes first waits a moment for the others."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Generic, TypeVar

from bot.retry import Outcome

What = TypeVar("What")
GATHER_SECONDS = 0.05


@dataclass
class Box:
    """Who gets the same words together."""

    users: list[str] = field(default_factory=list)
    full: asyncio.Event = field(default_factory=asyncio.Event)
    done: "asyncio.Future[Mapping[str, Outcome]]" = field(
        default_factory=lambda: asyncio.get_running_loop().create_future()
    )


class Together(Generic[What]):
    """`send` takes the words and at most `most` people, and tells what became of each."""

    def __init__(
        self,
        send: Callable[[What, Sequence[str]], Awaitable[Mapping[str, Outcome]]],
        most: int,
    ) -> None:
        self._send = send
        self._most = most
        self._open: dict[What, Box] = {}

    async def send(self, what: What, user: str) -> Outcome:
        """Send the words to one of those who get them."""
        box = self._open.get(what)
        if box is None or user in box.users:
            box = self._open[what] = Box([user])
            return (await self._lead(what, box))[user]
        box.users.append(user)
        if len(box.users) == self._most:
            self._shut(what, box)
        return (await asyncio.shield(box.done))[user]

    async def _lead(self, what: What, box: Box) -> Mapping[str, Outcome]:
        try:
            try:
                async with asyncio.timeout(GATHER_SECONDS):
                    await box.full.wait()
            except TimeoutError:
                self._shut(what, box)
            found = await self._send(what, box.users)
        except asyncio.CancelledError:
            box.done.cancel()
            raise
        except Exception as error:
            box.done.set_exception(error)
            box.done.exception()  # nobody else may be waiting for it
            raise
        box.done.set_result(found)
        return found

    def _shut(self, what: What, box: Box) -> None:
        """Whoever comes later opens another."""
        box.full.set()
        if self._open.get(what) is box:
            del self._open[what]

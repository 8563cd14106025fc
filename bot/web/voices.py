"""The people of the sample speak: their lines go through the same turns as every message."""

import asyncio
from collections.abc import Iterable
from itertools import count

from bot.app import App
from bot.channels.base import Message
from bot.web.looks import WECOM, channel_of
from bot.web.story import IMAGE, Line
from handlers.turn import Kind


class Voices:
    """Everybody but the visitor; `name` begins the numbers of their messages."""

    def __init__(self, app: App, name: str) -> None:
        self._turns = app.turns
        self._channel = app.channels[channel_of(WECOM)]
        self._name = name
        self._ids = count(1)

    async def say(self, lines: Iterable[Line]) -> None:
        """All at once; the bot answers them in one commit."""
        messages = [self._message(user, said) for user, said in lines]
        answers = [asyncio.ensure_future(self._turns.answer(message)) for message in messages]
        await asyncio.sleep(0)
        await self._turns.drain()
        await asyncio.gather(*answers)

    def _message(self, user: str, said: str) -> Message:
        number, channel = f"{self._name}-{next(self._ids)}", self._channel
        if said == IMAGE:
            return Message(
                channel.name, channel.scope, user, number, Kind.IMAGE, "", f"photo-{number}"
            )
        return Message(channel.name, channel.scope, user, number, Kind.TEXT, said, "")

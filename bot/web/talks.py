"""What the visitor says and taps on the demo's phones, brought to the bot's own callback over real HTTP."""

import secrets
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from datetime import datetime

from aiohttp import ClientSession, web

from bot.web.chats import PHONES, Bubble, Chats
from bot.web.guard import BAD_REQUEST, asked_of, problem
from bot.web.phone import CONTENTS, Delivery, NotAnswered, Platform

SAME = "同一条消息（编号尾号 {tail}）又投递了一次：答复一字不差，没有重复登记。"
CHANGED = "同一条消息（编号尾号 {tail}）又投递了一次：答复变了，这不应该发生。"
NOT_DELIVERED = "没有送达：机器人没有答复。"
NOTHING_SAID = "还没有发过消息，请先发一条，再投递一次。"
LABEL = "江苏省苏州市虎丘区狮山路"
LONGEST_TEXT = 2000


@dataclass(frozen=True, slots=True)
class Sent:
    """The last message of a phone and its answer."""

    delivery: Delivery
    answer: str


class Talks:
    """The routes with which a phone speaks."""

    def __init__(self, platform: Platform, chats: Chats, now: Callable[[], datetime]) -> None:
        self._platform = platform
        self._chats = chats
        self._now = now
        self._last: dict[str, Sent] = {}
        self._session: ClientSession | None = None

    async def connected(self, _site: web.Application) -> AsyncIterator[None]:
        """Keeps the platform's connection while the site is served."""
        async with ClientSession() as session:
            self._session = session
            yield

    async def say(self, request: web.Request) -> web.Response:
        """A member or the secretary says something, or the platform delivers the last message again."""
        asked = await asked_of(request)
        who, kind, text = asked.get("who"), asked.get("kind", "text"), asked.get("text", "")
        if not (isinstance(who, str) and isinstance(kind, str) and isinstance(text, str)):
            return problem(BAD_REQUEST)
        if who not in PHONES or kind not in CONTENTS:
            return problem(BAD_REQUEST)
        if asked.get("again") is True:
            return await self._deliver_again(request, who)
        if len(text) > LONGEST_TEXT or (kind == "text" and not text.strip()):
            return problem(BAD_REQUEST)
        if kind != "text":
            text = LABEL if kind == "location" else ""
        now, content = self._now(), text or secrets.token_urlsafe(32)
        self._chats.show(Bubble(who, "mine", kind, text, now))
        return await self._deliver(
            request, who, self._platform.write(PHONES[who], kind, content, now)
        )

    async def tap(self, request: web.Request) -> web.Response:
        """A button of a card: the platform tells the bot of it as an event."""
        asked = await asked_of(request)
        who, card, button = asked.get("who"), asked.get("card"), asked.get("button")
        if not (isinstance(who, str) and isinstance(card, str) and isinstance(button, int)):
            return problem(BAD_REQUEST)
        tapped = self._chats.tap(who, card, button)
        if tapped is None:
            return problem(BAD_REQUEST)
        delivery = self._platform.tap(PHONES[who], tapped, self._now())
        return await self._deliver(request, who, delivery)

    async def _deliver(self, request: web.Request, who: str, delivery: Delivery) -> web.Response:
        try:
            answer = await self._callback(request, delivery)
        except NotAnswered:
            self._chats.show(Bubble(who, "hint", "text", NOT_DELIVERED, self._now()))
            return problem(NOT_DELIVERED, 502)
        self._last[who] = Sent(delivery, answer)
        if answer:
            self._chats.show(Bubble(who, "theirs", "text", answer, self._now()))
        return web.json_response({"ok": True, "answer": answer})

    async def _deliver_again(self, request: web.Request, who: str) -> web.Response:
        last, now = self._last.get(who), self._now()
        if last is None:
            return problem(NOTHING_SAID)
        try:
            answer = await self._callback(request, last.delivery)
        except NotAnswered:
            return problem(NOT_DELIVERED, 502)
        same = answer == last.answer
        words = (SAME if same else CHANGED).format(tail=last.delivery.message_id[-4:])
        self._chats.show(Bubble(who, "hint", "text", words, now))
        self._chats.show(Bubble(who, "again", "text", answer, now))
        return web.json_response({"ok": True, "answer": answer, "same": same})

    async def _callback(self, request: web.Request, delivery: Delivery) -> str:
        """Over real HTTP, to the port this very request came in on."""
        if self._session is None or request.transport is None:
            raise NotAnswered(delivery.message_id)
        port = request.transport.get_extra_info("sockname")[1]
        return await self._platform.deliver(self._session, f"http://127.0.0.1:{port}", delivery)

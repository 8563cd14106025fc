"""What the visitor says and taps on the demo's phones, brought to the bot's own callbacks over real HTTP."""

from collections.abc import AsyncIterator, Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from aiohttp import ClientSession, web

from bot.web.bubble import Bubble
from bot.web.chats import Chats
from bot.web.dingtalk_phone import KINDS, PICTURE, DingtalkPhone
from bot.web.guard import BAD_REQUEST, asked_of, problem
from bot.web.looks import DINGTALK, GROUP, HOLDERS, LOOKS, WECOM, user_of
from bot.web.people import MEMBER
from bot.web.phone import CONTENTS, Delivery, NotAnswered, Platform

SAME = "同一条消息（编号尾号 {tail}）又投递了一次：答复一字不差，没有重复登记。"
CHANGED = "同一条消息（编号尾号 {tail}）又投递了一次：答复变了，这不应该发生。"
NOT_DELIVERED = "没有送达：机器人没有答复。"
NOTHING_SAID = "还没有发过消息，请先发一条，再投递一次。"
LABEL = "江苏省苏州市虎丘区狮山路"
HEARD = {"member": "我的记录。", "secretary": "待办。"}  # DingTalk turns voice into words itself
ROBOT = "@双联 {text}"
LONGEST_TEXT = 2000


class NoSuchMessage(Exception):
    """What was asked for is no button's."""


@dataclass(frozen=True, slots=True)
class Line:
    """What somebody says: on which phone, in which of its apps, and of what kind."""

    phone: str
    look: str
    kind: str
    text: str


@dataclass(frozen=True, slots=True)
class Sent:
    """The last message of an app on a phone, and its answer."""

    delivery: Delivery
    answer: str


class Talks:
    """The routes with which a phone speaks."""

    def __init__(
        self,
        wecom: Platform,
        dingtalk: DingtalkPhone,
        chats: Chats,
        now: Callable[[], datetime],
        offer: Callable[[bytes], str],
    ) -> None:
        self._wecom = wecom
        self._offer = offer
        self._dingtalk = dingtalk
        self._chats = chats
        self._now = now
        self._last: dict[tuple[str, str], Sent] = {}
        self._session: ClientSession | None = None

    async def connected(self, _site: web.Application) -> AsyncIterator[None]:
        """Keeps the platforms' connection while the site is served."""
        async with ClientSession() as session:
            self._session = session
            yield

    async def say(self, request: web.Request) -> web.Response:
        """Somebody says something, or the platform delivers the last message again."""
        asked = await asked_of(request)
        try:
            line = line_in(asked)
        except NoSuchMessage:
            return problem(BAD_REQUEST)
        if asked.get("again") is True:
            return await self._deliver_again(request, line)
        if line.kind == "text" and not line.text.strip():
            return problem(BAD_REQUEST)
        return await self._say(request, line)

    async def tap(self, request: web.Request) -> web.Response:
        """A button of a card: an event on WeChat Work; on DingTalk words, sent as if they had been typed."""
        asked = await asked_of(request)
        who, card, button = asked.get("who"), asked.get("card"), asked.get("button")
        if not (isinstance(who, str) and isinstance(card, str) and isinstance(button, int)):
            return problem(BAD_REQUEST)
        tapped = self._chats.tap(who, card, button)
        if not tapped:
            return problem(BAD_REQUEST)
        if isinstance(tapped, str):
            return await self._say(request, Line(who, DINGTALK, "text", tapped))
        delivery = self._wecom.tap(HOLDERS[who], tapped, self._now())
        return await self._deliver(request, Line(who, WECOM, "tap", ""), delivery)

    async def _say(self, request: web.Request, line: Line) -> web.Response:
        now = self._now()
        text = ROBOT.format(text=line.text) if line.phone == GROUP else line.text
        self._chats.show(Bubble(line.phone, "mine", line.kind, text, now, look=line.look))
        return await self._deliver(request, line, self._written(line, now))

    def _written(self, line: Line, now: datetime) -> Delivery:
        sender = user_of(line.look, HOLDERS.get(line.phone, MEMBER))
        if line.phone == GROUP:
            return self._dingtalk.write_in_group(sender, line.text, now)
        if line.look == DINGTALK:
            return self._dingtalk.write(sender, line.kind, line.text, now)
        content = line.text or self._offer(PICTURE)
        return self._wecom.write(sender, line.kind, content, now)

    async def _deliver(self, request: web.Request, line: Line, delivery: Delivery) -> web.Response:
        try:
            answer = await self._callback(request, line, delivery)
        except NotAnswered:
            self._show(line, "hint", NOT_DELIVERED)
            return problem(NOT_DELIVERED, 502)
        self._last[line.phone, line.look] = Sent(delivery, answer)
        if answer:
            self._show(line, "theirs", answer)
        return web.json_response({"ok": True, "answer": answer})

    async def _deliver_again(self, request: web.Request, line: Line) -> web.Response:
        last = self._last.get((line.phone, line.look))
        if last is None:
            return problem(NOTHING_SAID)
        try:
            answer = await self._callback(request, line, last.delivery)
        except NotAnswered:
            return problem(NOT_DELIVERED, 502)
        same = answer == last.answer
        words = (SAME if same else CHANGED).format(tail=last.delivery.message_id[-4:])
        self._show(line, "hint", words)
        self._show(line, "again", answer)
        return web.json_response({"ok": True, "answer": answer, "same": same})

    def _show(self, line: Line, side: str, text: str) -> None:
        self._chats.show(Bubble(line.phone, side, "text", text, self._now(), look=line.look))

    async def _callback(self, request: web.Request, line: Line, delivery: Delivery) -> str:
        """Over real HTTP, to the port this very request came in on."""
        if self._session is None or request.transport is None:
            raise NotAnswered(delivery.message_id)
        base = f"http://127.0.0.1:{request.transport.get_extra_info('sockname')[1]}"
        if line.look == DINGTALK:
            return await self._dingtalk.deliver(self._session, base, delivery)
        return await self._wecom.deliver(self._session, base, delivery)


def line_in(asked: Mapping[str, Any]) -> Line:
    """What a phone's button sent. Raises NoSuchMessage."""
    given = {"look": WECOM, "kind": "text", "text": "", **asked}
    phone, look, kind, text = (_words(given, name) for name in ("who", "look", "kind", "text"))
    if look not in LOOKS or kind not in _kinds(phone, look) or len(text) > LONGEST_TEXT:
        raise NoSuchMessage
    if kind == "voice" and look == DINGTALK:
        return Line(phone, look, kind, HEARD[phone])
    content = {"text": text, "location": LABEL}.get(kind, "")
    return Line(phone, look, kind, content)


def _words(given: Mapping[str, Any], name: str) -> str:
    found = given.get(name)
    if not isinstance(found, str):
        raise NoSuchMessage
    return found


def _kinds(phone: str, look: str) -> frozenset[str]:
    """What can be sent there: nothing into WeChat Work's group, and words alone into DingTalk's."""
    if phone in HOLDERS:
        return KINDS if look == DINGTALK else frozenset(CONTENTS)
    return frozenset({"text"}) if (phone, look) == (GROUP, DINGTALK) else frozenset()

"""The fake DingTalk's Stream gateway: tickets, WebSocket links, pushes and their acks. Facts section 2.

Each push goes to one link; where the platform chooses at random, this one takes turns. It never pushes a
second time by itself: pushing the same data again is a redelivery, with a fresh messageId.
"""

import asyncio
import json
import secrets
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from aiohttp import WSMsgType, web

from bot.web.dingtalk_state import refused
from bot.web.faults import Answer, Fault, Faulty, json_answer, json_body

OPEN = "/v1.0/gateway/connections/open"
ROBOT, CARD = "/v1.0/im/bot/messages/get", "/v1.0/card/instances/callback"
TOPICS = frozenset({ROBOT, CARD, "/v1.0/im/bot/messages/delegate"})
TICKET_LASTS = timedelta(seconds=90)
SUBSCRIPTIONS = "invalidParameter.subscriptions"
CLOSE_SECONDS = 1.0

Wanted = frozenset[tuple[str, str]]


class Unheard(Exception):
    """No link took the frame, or its ack never came or cannot be read; the platform would say nothing."""


@dataclass(eq=False)
class Link:
    """One connection; `leaving` when it was told to."""

    socket: web.WebSocketResponse
    transport: asyncio.Transport | None
    wanted: Wanted
    leaving: bool = False
    id: str = field(default_factory=lambda: secrets.token_hex(8))
    acks: dict[str, asyncio.Future[dict[str, Any]]] = field(default_factory=dict)


@dataclass
class FakeGateway(Faulty):
    """`apps`: secrets by client id, {} for any. `registrations` are the bodies that got a ticket.

    `strange` is what links said that answers nothing.
    """

    apps: Mapping[str, str] = field(default_factory=dict)
    registrations: list[dict[str, Any]] = field(default_factory=list)
    tickets: list[str] = field(default_factory=list)
    strange: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        """What it remembers and shows nobody."""
        super().__post_init__()
        self._valid: dict[str, tuple[Wanted, datetime]] = {}
        self._links: list[Link] = []
        self._changed = asyncio.Condition()
        self._turn = 0

    @property
    def links(self) -> list[Link]:
        """The links open now, the oldest first."""
        return list(self._links)

    def script(
        self, fault: Fault | Answer, times: int = 1, *, call: str = "gateway/connections/open"
    ) -> None:
        """What the next calls come to: `gateway/connections/open`, or `connect`."""
        super().script(fault, times, call=call)

    def application(self) -> web.Application:
        """The gateway alone."""
        app = web.Application()
        self.mount(app)
        return app

    def mount(self, app: web.Application) -> None:
        """Its two routes, in an application of its own or the whole platform's."""
        app.router.add_post(OPEN, self.watched(OPEN.removeprefix("/v1.0/"), self._open))
        app.router.add_get("/connect", self.watched("connect", self._connect))
        app.on_shutdown.append(self._end)

    async def push(self, data: Mapping[str, Any]) -> dict[str, Any]:
        """A robot message, and the ack that came for it."""
        return await self._deliver("CALLBACK", ROBOT, data)

    async def push_card(self, data: Mapping[str, Any]) -> dict[str, Any]:
        """The click on a card's button, and its ack."""
        return await self._deliver("CALLBACK", CARD, data)

    async def push_event(self, kind: str, data: Mapping[str, Any]) -> dict[str, Any]:
        """An event of this type, and its ack."""
        headers = {
            "eventType": kind,
            "eventId": secrets.token_hex(16),
            "eventBornTime": self._time(),
            "eventCorpId": "dingcorp",
            "eventUnifiedAppId": "fake",
        }
        return await self._deliver("EVENT", "*", data, headers)

    async def ping(self, opaque: str) -> dict[str, Any]:
        """A ping of the protocol's own, and the ack, which should bring `opaque` back."""
        return await self._deliver("SYSTEM", "ping", {"opaque": opaque})

    async def disconnect(self) -> Link:
        """Tell the oldest link to leave; nothing is delivered on it any more, and `close` is the end."""
        link = next((one for one in self._links if not one.leaving), None)
        if link is None:
            raise Unheard("no link is open")
        link.leaving = True
        headers = {"topic": "disconnect", "contentType": "application/json"}
        data = json.dumps({"reason": "connection is expired"})
        await link.socket.send_json({"type": "SYSTEM", "headers": headers, "data": data})
        return link

    async def close(self, link: Link) -> None:
        """Close the connection properly, as the platform does about ten seconds after `disconnect`."""
        await link.socket.close()

    def cut(self) -> None:
        """Every link is gone without a word."""
        for link in self._links:
            if link.transport is not None:
                link.transport.abort()

    async def until(self, holds: Callable[["FakeGateway"], bool]) -> None:
        """Wait until this is so; asked again whenever a link comes, leaves or says something."""
        async with self._changed:
            await self._changed.wait_for(lambda: holds(self))

    async def _open(self, request: web.Request) -> web.Response:
        """A ticket for who is known and asks for topics that exist; the facts say no more than HTTP 400."""
        body = await json_body(request)
        app, secret = str(body.get("clientId") or ""), str(body.get("clientSecret") or "")
        if not app or not secret or (self.apps and self.apps.get(app) != secret):
            return refused("invalidClientIdOrSecret")
        wanted = _wanted(body.get("subscriptions"))
        if not wanted:
            return refused(SUBSCRIPTIONS)
        ticket = f"{secrets.token_urlsafe(16)}+/="  # to be quoted
        self._valid[ticket] = wanted, self.now() + TICKET_LASTS
        self.tickets.append(ticket)
        self.registrations.append(body)
        path = request.path.removesuffix(OPEN)
        return json_answer({"endpoint": f"ws://{request.host}{path}/connect", "ticket": ticket})

    async def _connect(self, request: web.Request) -> web.StreamResponse:
        """One connection for one ticket; the facts do not say how a bad one is refused."""
        none: tuple[Wanted, datetime] = frozenset(), self.now()
        wanted, until = self._valid.pop(request.query.get("ticket", ""), none)
        if until <= self.now():
            return refused("invalidTicket")
        socket = web.WebSocketResponse(timeout=CLOSE_SECONDS)
        await socket.prepare(request)
        transport = request.transport
        link = Link(socket, transport if isinstance(transport, asyncio.Transport) else None, wanted)
        self._links.append(link)
        try:
            await self._tell()
            await self._listen(link)
        finally:
            self._links.remove(link)
            for waiting in link.acks.values():
                if not waiting.done():
                    waiting.set_exception(Unheard("the link is gone"))
            await self._tell()
        return socket

    async def _listen(self, link: Link) -> None:
        async for frame in link.socket:
            said = frame.data if frame.type is WSMsgType.TEXT else str(frame.type)
            ack = _ack(said)
            headers = ack.get("headers")
            number = headers.get("messageId") if isinstance(headers, dict) else None
            waiting = link.acks.get(str(number))
            if waiting is None or waiting.done():
                self.strange.append(said)
            elif _is_ack(ack):
                waiting.set_result(ack)
            else:
                waiting.set_exception(Unheard(f"no proper ack: {said}"))
            await self._tell()

    async def _deliver(
        self, kind: str, topic: str, data: Mapping[str, Any], more: Mapping[str, str] | None = None
    ) -> dict[str, Any]:
        """One frame on one link that wants it; what nobody subscribed to is lost, and here that is said."""
        link = self._next(kind, topic)
        number = secrets.token_hex(16)
        headers = {
            "appId": "fake",
            "connectionId": link.id,
            "contentType": "application/json",
            "messageId": number,
            "time": self._time(),
            "topic": topic,
            **(more or {}),
        }
        text = json.dumps(data, ensure_ascii=False)
        frame = {"specVersion": "1.0", "type": kind, "headers": headers, "data": text}
        waiting: asyncio.Future[dict[str, Any]] = asyncio.get_running_loop().create_future()
        link.acks[number] = waiting
        try:
            await link.socket.send_json(frame)
            return await waiting
        except ConnectionError as gone:
            raise Unheard("the link is gone") from gone
        finally:
            del link.acks[number]

    def _next(self, kind: str, topic: str) -> Link:
        open_now = [one for one in self._links if not one.leaving]
        wanted = [one for one in open_now if kind == "SYSTEM" or (kind, topic) in one.wanted]
        if not wanted:
            raise Unheard(f"no link wants {kind} {topic}")
        self._turn += 1
        return wanted[self._turn % len(wanted)]

    def _time(self) -> str:
        return str(int(self.now().timestamp() * 1000))

    async def _tell(self) -> None:
        async with self._changed:
            self._changed.notify_all()

    async def _end(self, app: web.Application) -> None:
        await self.let_go(app)
        for link in self.links:
            with suppress(ConnectionError):
                await link.socket.close()


def _wanted(given: object) -> Wanted:
    """The subscriptions; empty when one of them is none of the platform's."""
    if not isinstance(given, list):
        return frozenset()
    pairs = [_pair(one) for one in given]
    known = {("EVENT", "*"), *(("CALLBACK", topic) for topic in TOPICS)}
    return frozenset(pairs) if all(pair in known for pair in pairs) else frozenset()


def _pair(given: object) -> tuple[str, str]:
    one = given if isinstance(given, Mapping) else {}
    return str(one.get("type")), str(one.get("topic"))


def _ack(said: str) -> dict[str, Any]:
    try:
        found = json.loads(said)
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}


def _is_ack(ack: Mapping[str, Any]) -> bool:
    """Section 2.2: a number, headers, words, and JSON in a string."""
    if not isinstance(ack.get("code"), int) or not isinstance(ack.get("message"), str):
        return False
    try:
        json.loads(ack["data"])
    except (KeyError, TypeError, ValueError):
        return False
    return bool(ack["headers"].get("contentType") == "application/json")

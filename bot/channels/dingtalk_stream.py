"""DingTalk's Stream mode: a link of our own to the platform, instead of its calls to us (facts section 2).

Register, take a ticket, connect; answer frames; open a new link before an old one goes. An acknowledged
message is a committed one: its answer lies in the outbox. A link is never trusted to be alive.
"""

import asyncio
import contextlib
import json
import random
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from secrets import token_hex
from typing import Any

import structlog
from aiohttp import ClientError, WSMsgType
from yarl import URL

from bot.channels.base import (
    Hears,
    Malformed,
    Message,
    NotCommitted,
    Rejected,
    Times,
    is_id,
    object_in,
)
from bot.channels.dingtalk import UNHEARD, Dingtalk, words_to
from bot.channels.dingtalk_bodies import answered_card
from bot.channels.dingtalk_cards import DingtalkCards
from bot.channels.dingtalk_client import DingtalkClient
from bot.channels.dingtalk_events import event
from bot.channels.http import Http, WebSocket
from bot.retry import Sent, backoff

ROBOT = "/v1.0/im/bot/messages/get"
CARDS = "/v1.0/card/instances/callback"
SUBSCRIPTIONS = [
    {"type": "EVENT", "topic": "*"},
    {"type": "CALLBACK", "topic": ROBOT},
    {"type": "CALLBACK", "topic": CARDS},
]
AGENT = "shuanglian"
HEARTBEAT_SECONDS = 30.0
LOOK_SECONDS = 5.0
SILENCE = timedelta(minutes=3)  # the platform speaks every 20 to 30 seconds
LEAVING = timedelta(seconds=15)  # the platform closes about ten seconds after it said so
SHORT = timedelta(seconds=5)
GRACE_SECONDS = 1.0
FIRST_PAUSE, LONGEST_PAUSE = timedelta(seconds=1), timedelta(minutes=1)
MOST_UNDER_WAY = 2000
OK, BAD, UNKNOWN_TOPIC = 200, 400, 404

log = structlog.get_logger()
Frame = Mapping[str, Any]


class Link:
    """One connection, from its first frame to its last."""

    def __init__(self, socket: WebSocket, now: Callable[[], datetime]) -> None:
        self._socket = socket
        self._now = now
        self.told_to_leave = False
        self._opened_at = self._left_at = now()
        self.over = asyncio.Event()  # nothing more comes in here: closed, or told to leave

    async def read(self, take: Callable[["Link", Frame], Awaitable[None]]) -> None:
        """Hand on every frame until the link is closed, dead or left."""
        heard_at = self._now()
        try:
            while not self._socket.closed:
                found = await self._next()
                since = self._left_at if self.told_to_leave else heard_at
                if self._now() - since > (LEAVING if self.told_to_leave else SILENCE):
                    break
                if found is not None:
                    heard_at = self._now()
                    await take(self, found)
        finally:
            self.over.set()
            with contextlib.suppress(ClientError, OSError, TimeoutError):
                await self._socket.close()

    async def _next(self) -> Frame | None:
        """The next frame; None if there was none for a while, or none that can be read."""
        try:
            message = await self._socket.receive(timeout=LOOK_SECONDS)
        except TimeoutError:
            return None
        if message.type is not WSMsgType.TEXT:
            return None
        try:
            return object_in(message.data)
        except Malformed:
            log.warning("frame_unreadable")
            return {}

    async def answer(self, frame: Frame, code: int, data: Mapping[str, Any]) -> None:
        """Acknowledge a frame."""
        await self._acknowledge(frame, code, json.dumps(data))

    async def echo(self, frame: Frame) -> None:
        """Give a ping back what it brought."""
        await self._acknowledge(frame, OK, str(frame.get("data") or "{}"))

    async def _acknowledge(self, frame: Frame, code: int, data: str) -> None:
        """On a link that is gone there is nobody to tell."""
        ack = {
            "code": code,
            "headers": {
                "messageId": _header(frame, "messageId"),
                "contentType": "application/json",
            },
            "message": "OK" if code == OK else "",
            "data": data,
        }
        with contextlib.suppress(ClientError, OSError):
            await self._socket.send_str(json.dumps(ack))

    def leave(self) -> None:
        """The platform delivers nothing more here and closes soon."""
        self.told_to_leave, self._left_at = True, self._now()
        self.over.set()

    @property
    def was_short(self) -> bool:
        """Whether it was over as soon as it was up: the platform has no use for another at once."""
        return self._now() - self._opened_at < SHORT


class DingtalkStream:
    """The link of one app: at most one that is listened to, beside it at most those that are ending."""

    def __init__(
        self,
        client: DingtalkClient,
        robot: Dingtalk,
        cards: DingtalkCards,
        http: Http,
        times: Times,
        *,
        pause: Callable[[float], Awaitable[None]] = asyncio.sleep,
        chance: Callable[[], float] = random.random,
    ) -> None:
        self._client = client
        self._robot = robot
        self._cards = cards
        self._http = http
        self._times = times
        self._pause = pause
        self._chance = chance
        self._links: set[asyncio.Task[None]] = set()
        self._under_way: set[asyncio.Task[None]] = set()
        self._is_listening = False

    async def listen(self, hears: Hears) -> None:
        """Keep a link until cancelled. Raises RuntimeError for a second one."""
        if self._is_listening:
            raise RuntimeError("this app is listened to already")
        self._is_listening = True
        failures = 0
        try:
            while True:
                link = await self._opened(hears)
                if link is not None:
                    await link.over.wait()
                if link is not None and not link.was_short:
                    failures = 0
                    if link.told_to_leave:
                        continue
                await self._pause(pause_after(failures, self._chance()))
                failures += 1
        finally:
            self._is_listening = False
            await self._end()

    async def _opened(self, hears: Hears) -> Link | None:
        """A new link that is being read, or None where there was no way."""
        registered = await self._client.open_link({"subscriptions": SUBSCRIPTIONS, "ua": AGENT})
        if not isinstance(registered, dict):
            reason = getattr(registered, "reason", "")
            log.warning("stream_not_registered", channel=self._robot.channel, reason=reason)
            return None
        url = _address(registered.get("endpoint"), registered.get("ticket"))
        if url is None or (self._client.is_encrypted and url.scheme != "wss"):
            log.warning("stream_without_ticket", channel=self._robot.channel)
            return None
        up: asyncio.Future[Link] = asyncio.get_running_loop().create_future()
        task = asyncio.create_task(self._keep(url, up, hears))
        self._links.add(task)
        task.add_done_callback(self._links.discard)
        ends: set[asyncio.Future[Any]] = {task, up}
        await asyncio.wait(ends, return_when=asyncio.FIRST_COMPLETED)
        return up.result() if up.done() else None

    async def _keep(self, endpoint: URL, up: "asyncio.Future[Link]", hears: Hears) -> None:
        """One link from opening to closing."""

        async def take(link: Link, frame: Frame) -> None:
            await self._take(link, frame, hears)

        try:
            async with self._http.socket(endpoint, HEARTBEAT_SECONDS) as socket:
                link = Link(socket, self._times.machine_now)
                up.set_result(link)
                await link.read(take)
        except (ClientError, OSError, TimeoutError) as error:
            log.warning("stream_link", channel=self._robot.channel, error=type(error).__name__)

    async def _take(self, link: Link, frame: Frame, hears: Hears) -> None:
        """Answer what is about the link itself; work on the rest beside the reading, in its order."""
        kind, topic = frame.get("type"), _header(frame, "topic")
        if kind == "SYSTEM" and topic == "disconnect":
            link.leave()
            return
        if kind == "SYSTEM":
            if topic == "ping":
                await link.echo(frame)
            return
        while len(self._under_way) >= MOST_UNDER_WAY:
            await asyncio.wait(self._under_way, return_when=asyncio.FIRST_COMPLETED)
        task = asyncio.create_task(self._worked(link, frame, hears))
        self._under_way.add(task)
        task.add_done_callback(self._ended)

    def _ended(self, task: "asyncio.Task[None]") -> None:
        """A frame whose work broke is not acknowledged; the log says so without its words."""
        self._under_way.discard(task)
        error = None if task.cancelled() else task.exception()
        if error is not None:
            name = type(error).__name__
            log.error("frame_failed", channel=self._robot.channel, error=name)

    async def _worked(self, link: Link, frame: Frame, hears: Hears) -> None:
        """One frame of work, acknowledged when it is committed."""
        kind, topic = frame.get("type"), _header(frame, "topic")
        try:
            if kind == "EVENT":
                await self._event(link, frame, hears)
            elif topic == ROBOT:
                await self._said(link, frame, hears)
            elif topic == CARDS:
                number = _header(frame, "messageId")
                message = self._cards.read(_data(frame), number if is_id(number) else token_hex())
                answer = await hears.answer(message)
                await link.answer(frame, OK, {"response": answered_card(answer)})
            else:
                await link.answer(frame, UNKNOWN_TOPIC, {"response": None})
        except (Rejected, Malformed) as error:
            log.warning("frame_refused", channel=self._robot.channel, reason=str(error))
            await link.answer(frame, BAD, {"response": None})

    async def _said(self, link: Link, frame: Frame, hears: Hears) -> None:
        messages = [
            replace(one, by_letter=True)
            for one in self._robot.read(_data(frame), self._times.now())
        ]
        try:
            await hears.answer(*messages)
        except NotCommitted:
            if not await self._told_unheard(messages[0]):
                raise
        await link.answer(frame, OK, {"response": None})

    async def _told_unheard(self, message: Message) -> bool:
        """Whether who spoke was told that nothing was recorded: the platform need not say it again."""
        way = message.way_back
        if way is None or not way.url:
            return False
        body = words_to(message.sender if way.group else "", UNHEARD)
        return isinstance(await self._client.webhook(URL(way.url, encoded=True), body), Sent)

    async def _event(self, link: Link, frame: Frame, hears: Hears) -> None:
        robot, text = self._robot.robot, str(frame.get("data", ""))
        fields = {"eventId": _header(frame, "eventId")}
        await hears.answer(event(robot.channel, robot.scope, fields, text))
        await link.answer(frame, OK, {"status": "SUCCESS", "message": ""})

    async def _end(self) -> None:
        """Close every link; what is under way may end in a moment, so that it is acknowledged."""
        if self._under_way:
            await asyncio.wait(self._under_way, timeout=GRACE_SECONDS)
        tasks = [*self._under_way, *self._links]
        for task in tasks:
            task.cancel()
        if tasks:
            await asyncio.wait(tasks)


def pause_after(failures: int, chance: float) -> float:
    """Seconds before the next link after so many in vain."""
    return backoff(FIRST_PAUSE, LONGEST_PAUSE, failures, chance).total_seconds()


def _address(endpoint: object, ticket: object) -> URL | None:
    """Where the link is opened; the ticket serves once."""
    if not isinstance(endpoint, str) or not isinstance(ticket, str):
        return None
    try:
        return URL(endpoint).update_query(ticket=ticket)
    except ValueError:
        return None


def _header(frame: Frame, name: str) -> str:
    headers = frame.get("headers")
    value = headers.get(name) if isinstance(headers, Mapping) else None
    return value if isinstance(value, str) else ""


def _data(frame: Frame) -> Mapping[str, Any]:
    """The JSON object in a frame's data; an empty one where there is none. Raises Malformed."""
    data = frame.get("data")
    if not data:
        return {}
    return data if isinstance(data, Mapping) else object_in(str(data))

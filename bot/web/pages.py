"""The demo's page and what its buttons do. On loopback only: other hosts and origins are refused."""

import json
import secrets
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from importlib.resources import files
from typing import Any
from urllib.parse import urlsplit

from aiohttp import ClientSession, web
from yarl import URL

from bot.app import App
from bot.settings import LOOPBACK
from bot.web.chats import PHONES, Bubble, Chats
from bot.web.people import FIRST
from bot.web.phone import CONTENTS, Delivery, NotAnswered, Platform
from bot.web.records import drawer
from bot.web.story import month_before
from scheduler.activities import open_now
from storage.records import Activity
from storage.store import Store

SAME = "同一条消息（编号尾号 {tail}）又投递了一次：答复一字不差，没有重复登记。"
CHANGED = "同一条消息（编号尾号 {tail}）又投递了一次：答复变了，这不应该发生。"
NOT_DELIVERED = "没有送达：机器人没有答复。"
NOTHING_SAID = "还没有发过消息，请先发一条，再投递一次。"
NO_MORE = "后面没有安排活动了。"
BAD_REQUEST = "请求不完整。"
OPEN = "正在签到：{topic}"
NEXT = "下次活动：{when} {topic}"
LABEL = "江苏省苏州市虎丘区狮山路"
CHIPS = {
    "member": (
        "签到",
        "远程签到 很有收获",
        "我的记录",
        "党费 {month}月 20元",
        "请假 孩子发烧",
        "帮助",
        "我到苏州工业园区了",
        "思想汇报",
    ),
    "secretary": ("待办", "活动名单", "全部通过 党费", "代录 李大山 签到", "帮助"),
}

STATIC = {
    "phones.css": "text/css",
    "phones.js": "text/javascript",
    "records.js": "text/javascript",
    "dom.js": "text/javascript",
    "icon.svg": "image/svg+xml",
}
HEADERS = {
    "Content-Security-Policy": "default-src 'self'; base-uri 'none'; frame-ancestors 'none'",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cache-Control": "no-store",
}
LONGEST_BODY = 16 * 1024
LONGEST_TEXT = 2000
FARTHEST_HOURS = 24 * 31
BEFORE_START = timedelta(minutes=10)

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


@dataclass(frozen=True, slots=True)
class Sent:
    """The last message of a phone and its answer."""

    delivery: Delivery
    answer: str


class Pages:
    """The routes under /demo/, over a prepared app and what its platform took."""

    def __init__(self, app: App, journal: Sequence[Mapping[str, Any]]) -> None:
        name, section = next(iter(app.settings.wecom.items()))
        self._app = app
        self._platform = Platform(name, section)
        keys = {URL(group.webhook).query["key"] for group in app.settings.group}
        self._chats = Chats(app.database, app.codecs[name].app.scope, journal, keys)
        self._last: dict[str, Sent] = {}
        self._run = secrets.token_hex(4)
        self._session: ClientSession | None = None

    async def mount(self) -> None:
        """Add the pages to the app, with what was said before on their screens."""
        await self._chats.begin(self._app.clock.now())
        site = web.Application(middlewares=[guard], client_max_size=LONGEST_BODY)
        site.cleanup_ctx.append(self._connected)
        site.router.add_get("/", self.page)
        site.router.add_get("/static/{name}", self.static)
        site.router.add_get("/state", self.state)
        site.router.add_get("/records", self.records)
        site.router.add_post("/say", self.say)
        site.router.add_post("/clock", self.clock)
        self._app.web.router.add_get("/", to_demo)
        self._app.web.router.add_get("/demo", to_demo)
        self._app.web.add_subapp("/demo/", site)

    async def page(self, _request: web.Request) -> web.Response:
        """The page."""
        return _file("phones.html", "text/html")

    async def static(self, request: web.Request) -> web.Response:
        """Style, script and icon."""
        name = request.match_info["name"]
        if name not in STATIC:
            raise web.HTTPNotFound
        return _file(name, STATIC[name])

    async def state(self, request: web.Request) -> web.Response:
        """The time, what can be said, and the bubbles after a number."""
        self._chats.pick_up()
        zone, now = self._app.settings.zone, self._app.clock.now()
        seen = request.query.get("after", "0")
        after = int(seen) if seen.isdecimal() and len(seen) < len(str(10**9)) else 0
        bubbles = self._chats.after(after, zone)
        month = month_before(now.astimezone(zone).date(), 1).month
        chips = {phone: [one.format(month=month) for one in said] for phone, said in CHIPS.items()}
        return web.json_response(
            {
                "run": self._run,
                "now": now.astimezone(zone).isoformat(timespec="seconds"),
                "activity": await self._activity(),
                "chips": chips,
                "bubbles": bubbles,
                "last": after + len(bubbles),
            }
        )

    async def records(self, _request: web.Request) -> web.Response:
        """What is on record now."""
        return web.json_response(await drawer(self._app.database, self._app.settings.zone))

    async def say(self, request: web.Request) -> web.Response:
        """A member or the secretary says something, or the platform delivers the last message again."""
        asked = await _json(request)
        who, kind, text = asked.get("who"), asked.get("kind", "text"), asked.get("text", "")
        if not (isinstance(who, str) and isinstance(kind, str) and isinstance(text, str)):
            return _problem(BAD_REQUEST)
        if who not in PHONES or kind not in CONTENTS:
            return _problem(BAD_REQUEST)
        if asked.get("again") is True:
            return await self._deliver_again(request, who)
        if len(text) > LONGEST_TEXT or (kind == "text" and not text.strip()):
            return _problem(BAD_REQUEST)
        if kind != "text":
            text = LABEL if kind == "location" else ""
        return await self._deliver(request, who, kind, text)

    async def clock(self, request: web.Request) -> web.Response:
        """Move the clock on: `hours`, or `to: next` for shortly before the next activity."""
        asked = await _json(request)
        hours = asked.get("hours")
        if asked.get("to") == "next":
            coming = await self._next()
            if coming is None:
                return _problem(NO_MORE)
            by = coming.starts_at - BEFORE_START - self._app.clock.now()
        elif isinstance(hours, int | float) and 0 < hours <= FARTHEST_HOURS:
            by = timedelta(hours=hours)
        else:
            return _problem(BAD_REQUEST)
        self._app.clock.forward(by)
        return web.json_response({"ok": True})

    async def _deliver(self, request: web.Request, who: str, kind: str, text: str) -> web.Response:
        now = self._app.clock.now()
        delivery = self._platform.write(PHONES[who], kind, text or secrets.token_urlsafe(32), now)
        self._chats.show(Bubble(who, "mine", kind, text, now))
        try:
            answer = await self._callback(request, delivery)
        except NotAnswered:
            self._chats.show(Bubble(who, "hint", "text", NOT_DELIVERED, now))
            return _problem(NOT_DELIVERED, 502)
        self._last[who] = Sent(delivery, answer)
        if answer:
            self._chats.show(Bubble(who, "theirs", "text", answer, self._app.clock.now()))
        return web.json_response({"ok": True, "answer": answer})

    async def _deliver_again(self, request: web.Request, who: str) -> web.Response:
        last, now = self._last.get(who), self._app.clock.now()
        if last is None:
            return _problem(NOTHING_SAID)
        try:
            answer = await self._callback(request, last.delivery)
        except NotAnswered:
            return _problem(NOT_DELIVERED, 502)
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

    async def _activity(self) -> str:
        """What is open for check-in, or what comes next."""
        zone, now = self._app.settings.zone, self._app.clock.now()
        async with self._app.database.reading() as unit:
            store = Store(unit)
            branch = (await store.organisations.branches_under(FIRST))[0]
            found = open_now(await store.activities.around(branch, now), now)
            coming = await store.activities.next_after(branch, now)
        if found:
            return OPEN.format(topic=found[0].topic)
        if coming is None:
            return NO_MORE
        local = coming.starts_at.astimezone(zone)
        when = f"{local.month}月{local.day}日 {local:%H:%M}"
        return NEXT.format(when=when, topic=coming.topic)

    async def _next(self) -> Activity | None:
        """The next activity that the clock can be moved to."""
        async with self._app.database.reading() as unit:
            store = Store(unit)
            branch = (await store.organisations.branches_under(FIRST))[0]
            return await store.activities.next_after(branch, self._app.clock.now() + BEFORE_START)

    async def _connected(self, _site: web.Application) -> AsyncIterator[None]:
        async with ClientSession() as session:
            self._session = session
            yield


@web.middleware
async def guard(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Only this machine's own browser: a foreign Host is DNS rebinding, a foreign Origin another page."""
    origin = request.headers.get("Origin")
    foreign = request.method == "POST" and origin not in (None, f"http://{request.host}")
    if _hostname(request.host) not in LOOPBACK or foreign:
        raise web.HTTPForbidden
    response = await handler(request)
    response.headers.update(HEADERS)
    return response


async def to_demo(_request: web.Request) -> web.Response:
    """The page lives under /demo/."""
    raise web.HTTPFound("/demo/")


async def _json(request: web.Request) -> dict[str, Any]:
    """The object a button sent; {} for anything else. Plain forms of other pages cannot send JSON."""
    if request.content_type != "application/json":
        raise web.HTTPUnsupportedMediaType
    try:
        found = await request.json()
    except (json.JSONDecodeError, UnicodeDecodeError):
        return {}
    return found if isinstance(found, dict) else {}


def _problem(words: str, status: int = 400) -> web.Response:
    return web.json_response({"problem": words}, status=status)


def _file(name: str, content_type: str) -> web.Response:
    body = (files("bot.web") / name).read_bytes()
    return web.Response(body=body, content_type=content_type, charset="utf-8")


def _hostname(host: str) -> str:
    try:
        return urlsplit(f"//{host}").hostname or ""
    except ValueError:
        return ""

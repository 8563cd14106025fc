"""The demo's page: what it shows, and where its buttons lead."""

import secrets
from importlib.resources import files
from typing import Any
from urllib.parse import quote

from aiohttp import web
from yarl import URL

from bot.app import App
from bot.web.cast import cast_of
from bot.web.chats import Chats
from bot.web.clock import NO_MORE, CannotMove, ClockButtons, NoSuchMove
from bot.web.dingtalk_phone import DingtalkPhone
from bot.web.dingtalk_platform import FakeDingtalk
from bot.web.feeds import DingtalkFeed, Feed, WecomFeed
from bot.web.guard import BAD_REQUEST, asked_of, guard, problem
from bot.web.journey import Journey, UnderWay
from bot.web.looks import APP, DINGTALK, GROUP, LOOKS, WECOM, channel_of
from bot.web.phone import Platform
from bot.web.platform import FakePlatform
from bot.web.progress import Progress
from bot.web.records import drawer
from bot.web.story import month_before
from bot.web.talks import Talks
from scheduler.activities import open_now
from scheduler.calendar import moment_in_words
from storage.store import Store

MOVING = "时钟正在走，请等它停下来。"
OPEN = "正在签到：{topic}"
NEXT = "下次活动：{when} {topic}"
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
    "secretary": (
        "待办",
        "活动名单",
        "全部通过 党费",
        "为什么",
        "代录 李大山 签到",
        "记录表",
        "联系记录 张三",
        "帮助",
        "发起活动",
    ),
    GROUP: ("签到", "活动", "我的记录", "帮助"),
}

STATIC = {
    "phones.css": "text/css",
    "guide.css": "text/css",
    "looks.css": "text/css",
    "phones.js": "text/javascript",
    "bubbles.js": "text/javascript",
    "clock.js": "text/javascript",
    "guide.js": "text/javascript",
    "keyboard.js": "text/javascript",
    "looks.js": "text/javascript",
    "records.js": "text/javascript",
    "dom.js": "text/javascript",
    "icon.svg": "image/svg+xml",
}
LONGEST_BODY = 16 * 1024


class Pages:
    """The routes under /demo/, over a prepared app and what its platforms took."""

    def __init__(self, app: App, wecom: FakePlatform, dingtalk: FakeDingtalk) -> None:
        settings = app.settings
        self._app = app
        keys = [URL(one.webhook).query["key"] for one in settings.group if one.webhook]
        feeds: dict[str, Feed] = {
            WECOM: WecomFeed(wecom, keys[0]),
            DINGTALK: DingtalkFeed(dingtalk),
        }
        self._scopes = {look: app.channels[channel_of(look)].scope for look in LOOKS}
        self._chats = Chats(app.database, self._scopes, feeds)
        robot = DingtalkPhone(APP, settings.dingtalk[APP], dingtalk)
        phone = Platform(APP, settings.wecom[APP])
        self._talks = Talks(phone, robot, self._chats, app.clock.now, wecom.offer)
        self._journey = Journey(app)
        self._run = secrets.token_hex(4)

    async def mount(self) -> None:
        """Add the pages to the app, with what was said before on their screens."""
        now = self._app.clock.now()
        self._cast = await cast_of(self._app.database, self._scopes[WECOM])
        self._buttons = ClockButtons(self._app, self._chats, self._journey, self._cast)
        self._progress = Progress(self._app, self._chats, self._cast, now)
        await self._chats.begin(now)
        site = web.Application(middlewares=[guard], client_max_size=LONGEST_BODY)
        site.cleanup_ctx.append(self._talks.connected)
        site.router.add_get("/", self.page)
        site.router.add_get("/static/{name}", self.static)
        site.router.add_get("/files/{ref}", self.file)
        site.router.add_get("/state", self.state)
        site.router.add_get("/records", self.records)
        site.router.add_post("/say", self._talks.say)
        site.router.add_post("/tap", self._talks.tap)
        site.router.add_post("/clock", self.clock)
        self._app.web.router.add_get("/", to_demo)
        self._app.web.router.add_get("/demo", to_demo)
        self._app.web.add_subapp("/demo/", site)

    async def page(self, _request: web.Request) -> web.Response:
        """The page."""
        return _file("phones.html", "text/html")

    async def static(self, request: web.Request) -> web.Response:
        """Styles, scripts and icon."""
        name = request.match_info["name"]
        if name not in STATIC:
            raise web.HTTPNotFound
        return _file(name, STATIC[name])

    async def file(self, request: web.Request) -> web.Response:
        """A file that the bot sent to a phone, to be saved under its name."""
        try:
            name, content = self._chats.file(request.match_info["ref"])
        except KeyError:
            raise web.HTTPNotFound from None
        disposition = f"attachment; filename*=UTF-8''{quote(name)}"
        return web.Response(body=content, headers={"Content-Disposition": disposition})

    async def state(self, request: web.Request) -> web.Response:
        """The time, what can be said, what to try next, and the bubbles after a number."""
        self._chats.pick_up()
        zone, now = self._app.settings.zone, self._app.clock.now()
        seen = request.query.get("after", "0")
        after = int(seen) if seen.isdecimal() and len(seen) < len(str(10**9)) else 0
        bubbles = self._chats.after(after, zone)
        found: dict[str, Any] = {
            "run": self._run,
            "now": now.astimezone(zone).isoformat(timespec="seconds"),
            "moving": self._journey.moving,
            "bubbles": bubbles,
            "last": after + len(bubbles),
        }
        if not self._journey.moving:
            month = month_before(now.astimezone(zone).date(), 1).month
            found["activity"] = await self._activity()
            found["guide"] = await self._progress.steps()
            found["chips"] = {
                phone: [one.format(month=month) for one in said] for phone, said in CHIPS.items()
            }
        return web.json_response(found)

    async def records(self, _request: web.Request) -> web.Response:
        """What is on record now."""
        rules, zone = self._app.tick.rules, self._app.settings.zone
        return web.json_response(await drawer(self._app.database, rules, zone))

    async def clock(self, request: web.Request) -> web.Response:
        """Move the clock on as one of its buttons says; the answer comes when it stands still again."""
        try:
            await self._buttons.press(await asked_of(request))
        except NoSuchMove:
            return problem(BAD_REQUEST)
        except CannotMove as reason:
            return problem(str(reason))
        except UnderWay:
            return problem(MOVING, 409)
        return web.json_response({"ok": True})

    async def _activity(self) -> str:
        """What is open for check-in, or what comes next."""
        zone, now = self._app.settings.zone, self._app.clock.now()
        async with self._app.database.reading() as unit:
            store = Store(unit)
            found = open_now(await store.activities.around(self._cast.branch, now), now)
            coming = await store.activities.next_after(self._cast.branch, now)
        if found:
            return OPEN.format(topic=found[0].topic)
        if coming is None:
            return NO_MORE
        when = moment_in_words(coming.starts_at.astimezone(zone))
        return NEXT.format(when=when, topic=coming.topic)


async def to_demo(_request: web.Request) -> web.Response:
    """The page lives under /demo/."""
    raise web.HTTPFound("/demo/")


def _file(name: str, content_type: str) -> web.Response:
    body = (files("bot.web") / name).read_bytes()
    return web.Response(body=body, content_type=content_type, charset="utf-8")

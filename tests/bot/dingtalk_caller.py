"""Anybody's client before the fake DingTalk, over real HTTP, and the messages it sends."""

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from io import BytesIO
from typing import Any

import aiohttp
from aiohttp.test_utils import TestServer

from bot.web.dingtalk_platform import FakeDingtalk
from bot.web.dingtalk_rules import sign_of
from tests.fakes import FakeClock

APP, SECRET = "dingapp", "the-app-secret"
ROBOT, ROBOT_SECRET = "custom-token", "SEC000"
ONE, GROUP = "robot/oToMessages/batchSend", "robot/groupMessages/send"
DOWNLOAD, CARDS = "robot/messageFiles/download", "card/instances/createAndDeliver"
HELLO = {"msgtype": "text", "text": {"content": "您好"}}
Shown = dict[str, Any]


class Caller:
    """Anybody's client."""

    def __init__(
        self, fake: FakeDingtalk, session: aiohttp.ClientSession, clock: FakeClock
    ) -> None:
        self.fake, self.session, self.clock = fake, session, clock
        self.token = ""

    async def ask(self, path: str, body: Any, **options: Any) -> tuple[int, Shown]:
        """Status and JSON of one POST."""
        async with self.session.post(path, json=body, **options) as answer:
            return answer.status, await answer.json()

    async def get_token(self, app: str = APP, secret: str = SECRET) -> tuple[int, Shown]:
        """What the token call answers; a token is used from then on."""
        found = await self.ask("/v1.0/oauth2/accessToken", {"appKey": app, "appSecret": secret})
        self.token = found[1].get("accessToken", self.token)
        return found

    async def api(self, call: str, body: Any) -> tuple[int, Shown]:
        """One call of the new API."""
        headers = {"x-acs-dingtalk-access-token": self.token}
        return await self.ask(f"/v1.0/{call}", body, headers=headers)

    async def code(self, call: str, body: Any) -> str:
        """The code with which the new API refuses; "" when it does not."""
        status, found = await self.api(call, body)
        assert (status == 200) is ("code" not in found)
        return str(found.get("code", ""))

    async def number(self, path: str, body: Any, **query: Any) -> int:
        """The errcode of a webhook or of the old API, which are HTTP 200 always."""
        status, found = await self.ask(path, body, params=query or None)
        assert status == 200
        return int(found["errcode"])

    async def upload(
        self, name: str = "名册.xlsx", kind: str | None = "file", content: bytes = b"x", **part: str
    ) -> Shown:
        """What media/upload answers."""
        form = aiohttp.FormData(quote_fields=False, default_to_multipart=True)
        form.add_field("media", BytesIO(content), filename=name)
        for key, value in part.items():
            form.add_field(key, value)
        query = {"access_token": self.token, **({"type": kind} if kind else {})}
        async with self.session.post("/media/upload", params=query, data=form) as answer:
            found: Shown = await answer.json()
            return found

    async def signed(self, *, body: Any = HELLO, secret: str = ROBOT_SECRET, ago: float = 0) -> int:
        """What a custom robot says to a message signed so many seconds ago."""
        stamp = str(int((self.clock.now().timestamp() - ago) * 1000))
        query = {"timestamp": stamp, "sign": sign_of(stamp, secret)}
        return await self.number("/robot/send", body, access_token=ROBOT, **query)


@asynccontextmanager
async def calling(**options: Any) -> AsyncIterator[Caller]:
    """A client with a token."""
    clock = FakeClock()
    fake = FakeDingtalk(clock.now, **{"apps": {APP: SECRET, "other": "s"}, **options})
    async with (
        TestServer(fake.application()) as server,
        aiohttp.ClientSession(str(server.make_url(""))) as session,
    ):
        fake.base = str(server.make_url("")).rstrip("/")
        found = Caller(fake, session, clock)
        await found.get_token()
        yield found


def text(words: str = "您好", *users: str, **more: Any) -> Shown:
    """A message to people."""
    param = json.dumps({"content": words})
    sent = {"robotCode": APP, "userIds": list(users or ("zhangsan",))}
    return {**sent, "msgKey": "sampleText", "msgParam": param, **more}


def to_group(words: str = "您好", group: str = "cid1", **more: Any) -> Shown:
    """A message to a group."""
    found = text(words, **more)
    del found["userIds"]
    return {**found, "openConversationId": group}


def param(key: str, **fields: Any) -> Shown:
    """The key and the param of a message."""
    return {"msgKey": key, "msgParam": json.dumps(fields)}


def card(**more: Any) -> Shown:
    """A card to a person."""
    return {
        "cardTemplateId": "t.schema",
        "outTrackId": "track-1",
        "callbackType": "STREAM",
        "openSpaceId": "dtv1.card//IM_ROBOT.zhangsan",
        "imRobotOpenDeliverModel": {"spaceType": "IM_ROBOT"},
        "cardData": {"cardParamMap": {"title": "待办", "count": "1"}},
        **more,
    }


def webhook(kind: str, **content: Any) -> Shown:
    """A webhook's message."""
    return {"msgtype": kind, kind: content}

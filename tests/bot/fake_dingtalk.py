"""The platform's side of a DingTalk robot's callback: signs the moment as DingTalk does, posts over HTTP.

The formula is written out here again, so that it checks the product's.
"""

import base64
import hashlib
import hmac
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import count
from typing import Any

import aiohttp
from multidict import CIMultiDict, MultiDict
from pydantic import SecretStr

from bot.channels.base import Call
from bot.channels.dingtalk import Dingtalk, Robot, origin_of
from tests.bot.fake_wecom import Response
from tests.fakes import MONDAY

CLIENT, SECRET, ROBOT = "dingclient", "this is a secret", "dingrobot"
ORIGINS = frozenset(map(origin_of, ("https://oapi.dingtalk.com", "https://api.dingtalk.com")))
SESSION = "https://oapi.dingtalk.com/robot/sendBySession?session=s1"
GROUP = "cidGroup=="
DINGTALK_SCOPE = f"dingtalk:{CLIENT}"


def codec(**changed: Any) -> Dingtalk:
    """The product's codec for the tests' robot."""
    given: dict[str, Any] = {
        "name": "main",
        "client_id": CLIENT,
        "client_secret": SecretStr(SECRET),
        "robot_code": ROBOT,
        "corp_id": None,
        "origins": ORIGINS,
    }
    return Dingtalk(Robot(**{**given, **changed}))


def signed(at: datetime = MONDAY, secret: str = SECRET) -> dict[str, str]:
    """The two headers of a moment."""
    stamp = str(int(at.timestamp() * 1000))
    mac = hmac.new(secret.encode(), f"{stamp}\n{secret}".encode(), hashlib.sha256)
    return {"timestamp": stamp, "sign": base64.b64encode(mac.digest()).decode()}


def called(
    body: Any, headers: Mapping[str, str] | None = None, at: datetime = MONDAY, **query: str
) -> Call:
    """A callback as the HTTP edge hands it to a codec."""
    data = body if isinstance(body, bytes) else json.dumps(body).encode()
    given = CIMultiDict(signed() if headers is None else headers)
    return Call(MultiDict(query), given, data, at, at)


@dataclass
class FakeRobot:
    """One robot as the platform knows it."""

    port: int = 0
    name: str = "main"
    session: str = SESSION
    secret: str = SECRET
    ids: Any = field(default_factory=lambda: count(1))
    at: datetime = MONDAY

    def message(
        self, sender: str, said: str = "", *, group: str = "", number: str = "", **changed: Any
    ) -> dict[str, Any]:
        """A text message; `changed` replaces or, with None, removes fields."""
        created = int(self.at.timestamp() * 1000)
        fields: dict[str, Any] = {
            "conversationId": group or f"cid{sender}",
            "chatbotCorpId": "dingcorp",
            "chatbotUserId": "$:LWCP_v1:$robot",
            "msgId": number or f"msg{next(self.ids)}",
            "senderNick": "某人",
            "isAdmin": False,
            "senderStaffId": sender,
            "senderId": f"$:LWCP_v1:${sender}",
            "senderCorpId": "dingcorp",
            "sessionWebhookExpiredTime": created + 90 * 60 * 1000,
            "createAt": created,
            "conversationType": "2" if group else "1",
            "sessionWebhook": self.session,
            "robotCode": ROBOT,
            "msgtype": "text",
            "text": {"content": said},
        }
        if group:
            fields |= {"conversationTitle": "测试群", "isInAtList": True}
        return {name: value for name, value in {**fields, **changed}.items() if value is not None}

    async def post(
        self, body: Any, headers: Mapping[str, str] | None = None, path: str = ""
    ) -> Response:
        """A callback with a rightly signed moment, unless other headers are given."""
        data = body if isinstance(body, bytes) else json.dumps(body).encode()
        given = {**(signed(self.at, self.secret) if headers is None else headers)}
        given["Content-Type"] = "application/json; charset=utf-8"
        url = f"http://127.0.0.1:{self.port}/dingtalk/{self.name}{path}"
        async with (
            aiohttp.ClientSession() as session,
            session.post(url, data=data, headers=given) as answer,
        ):
            return Response(answer.status, await answer.read(), answer.headers)

    async def says(self, sender: str, said: str, **options: Any) -> str:
        """What the bot answers to a text in the response; "" is silence."""
        return await self.gets(self.message(sender, said, **options))

    async def gets(self, fields: Mapping[str, Any]) -> str:
        """What the bot answers to a message in the response."""
        answer = await self.post(fields)
        assert answer.status == 200
        body = json.loads(answer.body)
        assert body["msgtype"] in {"text", "empty"}
        return str(body.get("text", {}).get("content", ""))

    def later(self, **by: float) -> None:
        """The platform's clock goes on."""
        self.at += timedelta(**by)

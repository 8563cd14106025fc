"""The demo's simulated DingTalk: plays the platform towards our own callback, over real HTTP. Facts section 1.

It shares no code with bot/channels/dingtalk.py, so that each checks the other's signature.
"""

import hashlib
import hmac
import json
import secrets
from base64 import b64encode
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from aiohttp import ClientError, ClientSession

from bot.settings import DingtalkSection
from bot.web.dingtalk_platform import FakeDingtalk
from bot.web.looks import CONVERSATION, GROUPS, NAMES, conversation_of, with_names
from bot.web.looks import DINGTALK as LOOK
from bot.web.phone import PATIENCE, Delivery, NotAnswered

SESSION_LASTS = timedelta(minutes=90)
VOICE_MILLISECONDS = 3000
# The smallest PNG there is: nobody looks at it, but it can be downloaded.
PICTURE = bytes.fromhex(
    "89504e470d0a1a0a0000000d49484452000000010000000108000000003a7e9b55000000"
    "0a49444154789c63f80f0001010100b138f6140000000049454e44ae426082"
)
KINDS = frozenset({"text", "image", "voice"})
JSON = "application/json; charset=utf-8"


class DingtalkPhone:
    """One robot as DingTalk sees it: `path` is where its callback listens."""

    def __init__(self, name: str, robot: DingtalkSection, platform: FakeDingtalk) -> None:
        self.path = f"/dingtalk/{name}"
        self._robot = robot
        self._platform = platform
        self._secret = robot.client_secret.get_secret_value()

    def write(self, sender: str, kind: str, text: str, at: datetime) -> Delivery:
        """What somebody typed or sent in the single chat; a voice's text is what DingTalk made of it."""
        conversation = {"conversationId": conversation_of(sender), "conversationType": "1"}
        return self._delivery(sender, {**conversation, **self._content(kind, text)}, at)

    def write_in_group(self, sender: str, text: str, at: datetime) -> Delivery:
        """What somebody said to the robot in the group; its @ is taken away and the blank stays."""
        robot = [{"dingtalkId": _hidden("robot")}]
        conversation = {
            "conversationId": CONVERSATION,
            "conversationType": "2",
            "conversationTitle": GROUPS[LOOK],
            "isInAtList": True,
            "atUsers": robot,
        }
        return self._delivery(sender, {**conversation, **self._content("text", f" {text}")}, at)

    async def deliver(self, session: ClientSession, base: str, delivery: Delivery) -> str:
        """POST it once, for this platform does not ask again. The answer's text, "" for silence. Raises NotAnswered."""
        headers = {**self.signed(), "Content-Type": JSON}
        try:
            async with session.post(
                base + self.path, headers=headers, data=delivery.body, timeout=PATIENCE
            ) as response:
                if response.ok:
                    return _read(await response.read())
        except (TimeoutError, ClientError):
            pass
        raise NotAnswered(delivery.message_id)

    def signed(self) -> dict[str, str]:
        """The headers of this moment: what is signed is the moment, never the message."""
        stamp = str(int(self._platform.now().timestamp() * 1000))
        words = f"{stamp}\n{self._secret}".encode()
        made = hmac.new(self._secret.encode(), words, hashlib.sha256).digest()
        return {"timestamp": stamp, "sign": b64encode(made).decode()}

    def _content(self, kind: str, text: str) -> dict[str, Any]:
        if kind == "text":
            return {"msgtype": "text", "text": {"content": text}}
        code = self._platform.offer_file(PICTURE)
        if kind == "image":
            content = {"downloadCode": code, "pictureDownloadCode": secrets.token_urlsafe(32)}
            return {"msgtype": "picture", "content": content}
        heard = {"recognition": text, "duration": VOICE_MILLISECONDS}
        return {"msgtype": "audio", "content": {"downloadCode": code, **heard}}

    def _delivery(self, sender: str, said: Mapping[str, Any], at: datetime) -> Delivery:
        number = f"msg{secrets.token_hex(16)}"
        corp, until = self._robot.corp_id or "", at + SESSION_LASTS
        fields = {
            "msgId": number,
            "createAt": _milliseconds(at),
            "senderId": _hidden(sender),
            "senderStaffId": sender,
            "senderNick": NAMES.get(sender, ""),
            "senderCorpId": corp,
            "senderPlatform": "Android",
            "isAdmin": False,
            "chatbotCorpId": corp,
            "chatbotUserId": _hidden("robot"),
            "robotCode": self._robot.robot_code,
            "sessionWebhook": self._platform.open_session(said["conversationId"], sender),
            "sessionWebhookExpiredTime": _milliseconds(until),
            **said,
        }
        return Delivery(number, {}, json.dumps(fields, ensure_ascii=False).encode())


def _milliseconds(at: datetime) -> int:
    return int(at.timestamp() * 1000)


def _hidden(who: str) -> str:
    """An id as the platform hides it, the same each time."""
    digest = hashlib.sha256(who.encode()).digest()
    return f"$:LWCP_v1:${b64encode(digest[:18]).decode()}"


def _read(reply: bytes) -> str:
    """The words of the JSON answer; `empty` is silence."""
    said = json.loads(reply) if reply else {}
    return with_names(str(said.get("text", {}).get("content", "")))

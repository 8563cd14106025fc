"""Taps on DingTalk's interactive cards: what the button would have made the member type.

Facts section 4.6. Over HTTP the signature covers the moment only, so a tap is `forgeable` there.
"""

import hashlib
import hmac
import json
from base64 import b64encode
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from pydantic import SecretStr

from bot.channels.base import NOT_TEXT, Call, Malformed, Message, Rejected, Reply, object_in
from bot.channels.dingtalk import LONGEST_ID, Robot, moment_of
from bot.channels.dingtalk_bodies import answered_card
from bot.channels.http import encoded
from handlers.turn import Kind

JSON = "application/json; charset=utf-8"
WINDOW = timedelta(hours=1)
BY_USER_ID = {None, 1, "1"}


class DingtalkCards:
    """The codec of one app's card callbacks. The platform waits two seconds."""

    seconds = 1.8

    def __init__(self, robot: Robot, secret: SecretStr | None) -> None:
        self.robot = robot
        self.channel = robot.channel
        self._secret = secret.get_secret_value() if secret else ""

    def receive(self, call: Call) -> list[Message]:
        """A tap over HTTP. Raises Rejected, Malformed."""
        stamp = call.headers.get("x-ddpaas-signature-timestamp", "")
        given = call.headers.get("x-ddpaas-signature", "").encode(errors="surrogatepass")
        expected = card_signature(stamp, self._secret).encode()
        if not self._secret or not hmac.compare_digest(expected, given):
            raise Rejected("signature")
        at = moment_of(stamp)
        if at is None or min(abs(at - call.at), abs(at - call.machine_at)) > WINDOW:
            raise Rejected("timestamp")
        number = hashlib.sha256(stamp.encode() + call.body).hexdigest()
        return [replace(self.read(object_in(call.body), number), forgeable=True)]

    def read(self, fields: Mapping[str, Any], number: str) -> Message:
        """A tap, however it came; `number` is of this delivery, for a tap has none. Raises Rejected, Malformed."""
        user, corp = fields.get("userId"), fields.get("corpId")
        if self.robot.corp_id and corp not in {None, "", self.robot.corp_id}:
            raise Rejected("corpId")
        if not isinstance(user, str) or not 0 < len(user) <= LONGEST_ID or NOT_TEXT.search(user):
            raise Malformed("no user")
        says = _says(fields)
        is_ours = bool(says) and fields.get("userIdType") in BY_USER_ID
        return Message(
            channel=self.channel,
            scope=self.robot.scope,
            user=user,
            id=number,
            kind=Kind.TEXT if is_ours else Kind.CARD,
            text=NOT_TEXT.sub("", says) if is_ours else "",
            sender=user,
        )

    def reply(self, message: Message, text: str, at: datetime) -> Reply:
        """The card shows the answer to whoever tapped."""
        del message, at
        return Reply(encoded(answered_card(text)), JSON)

    def unheard(self, message: Message) -> None:
        """The card says by itself that it did not work."""


def card_signature(stamp: str, secret: str) -> str:
    """Base64 of HMAC-SHA256 over the moment, another formula than the robot's."""
    signed = hmac.digest(secret.encode(), stamp.encode(errors="surrogatepass"), hashlib.sha256)
    return b64encode(signed).decode()


def _says(fields: Mapping[str, Any]) -> str:
    """What our button says; two pages of the documentation put the parameters in two places."""
    content = _object_or_empty(fields.get("content") or fields.get("value"))
    private = _object_or_empty(content.get("cardPrivateData"))
    for params in (private.get("params"), content.get("params")):
        says = _object_or_empty(params).get("says")
        if isinstance(says, str):
            return says
    return ""


def _object_or_empty(value: object) -> Mapping[str, Any]:
    """An object, or the one in a JSON text."""
    if isinstance(value, str):
        try:
            value = json.loads(value)
        except (ValueError, RecursionError):
            return {}
    return value if isinstance(value, Mapping) else {}

"""Taps on DingTalk's interactive cards: what the button would have made the member type.

Facts section 4.6. Over HTTP the signature covers the moment only, so a tap is `forgeable` there.
"""

import contextlib
import hashlib
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from pydantic import SecretStr

from bot.channels.base import (
    JSON_TYPE,
    NOT_TEXT,
    Call,
    Malformed,
    Message,
    Rejected,
    Reply,
    encoded,
    is_id,
    object_in,
)
from bot.channels.dingtalk import Robot
from bot.channels.dingtalk_bodies import answered_card
from bot.channels.dingtalk_proof import card_signature, header, require_signed
from handlers.turn import Kind
from storage.letters import WayBack

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
        if not self._secret:
            raise Rejected("no secret")
        stamp = header(call, "x-ddpaas-signature-timestamp")
        given = header(call, "x-ddpaas-signature")
        require_signed(call, stamp, given, card_signature(stamp, self._secret))
        number = hashlib.sha256(stamp.encode() + call.body).hexdigest()
        return [replace(self.read(object_in(call.body), number), forgeable=True)]

    def read(self, fields: Mapping[str, Any], number: str) -> Message:
        """A tap, however it came; `number` is of this delivery, for a tap has none. Raises Rejected, Malformed."""
        user, corp = fields.get("userId"), fields.get("corpId")
        if self.robot.corp_id and corp not in {None, "", self.robot.corp_id}:
            raise Rejected("corpId")
        if not isinstance(user, str) or not is_id(user):
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
            way_back=WayBack("", datetime.max.replace(tzinfo=UTC)),
        )

    def reply(self, message: Message, text: str, at: datetime) -> Reply:
        """The card shows the answer to whoever tapped."""
        del message, at
        return Reply(encoded(answered_card(text)), JSON_TYPE)

    def unheard(self, message: Message) -> None:
        """The card says by itself that it did not work."""


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
        with contextlib.suppress(Malformed):
            return object_in(value)
    return value if isinstance(value, Mapping) else {}

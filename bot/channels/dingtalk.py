"""DingTalk's robot: callback bytes to Messages, answer to response body. Opens nothing.

Sources: facts sections 1 and 2 (pages robot-message-type, receive-message). The signature covers the
moment only, not the body: who once saw one can forge for an hour, so a message over HTTP is `forgeable`.
"""

import hashlib
import hmac
import json
from base64 import b64encode
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import urlsplit

from pydantic import SecretStr

from bot.channels.base import NOT_TEXT, Call, Malformed, Message, Rejected, Reply, object_in
from bot.channels.http import encoded
from handlers.turn import Kind
from storage.letters import WayBack

WINDOW = timedelta(hours=1)
SESSION = timedelta(minutes=90)
MARGIN = timedelta(minutes=5)
QUOTA_USED_UP = 20001
LONGEST_ID = 100
FIRST_YEAR, LAST_YEAR = 2000, 2200
MOST_PICTURES = 9
GROUP = "2"
JSON = "application/json; charset=utf-8"
UNHEARD = "抱歉，机器人正忙，这条消息没有收到，什么也没有登记。请过一会儿再发一次。"
MEDIA_KINDS = {
    "picture": Kind.IMAGE,
    "audio": Kind.VOICE,
    "video": Kind.VIDEO,
    "file": Kind.FILE,
}

Part = tuple[Kind, str, str]  # kind, text, download code


@dataclass(frozen=True, slots=True)
class Robot:
    """One configured robot: `name` is the path's last part, `origins` where its webhooks may lead."""

    name: str
    client_id: str
    client_secret: SecretStr
    robot_code: str
    corp_id: str | None
    origins: frozenset[str]

    @property
    def channel(self) -> str:
        """The robot's name among all channels."""
        return f"dingtalk.{self.name}"

    @property
    def scope(self) -> str:
        """Whose user ids these are."""
        return scope_of(self.corp_id, self.client_id)


class Dingtalk:
    """The codec of one robot. The platform waits 2.5 seconds, and need not ask again (facts section 1)."""

    seconds = 2.0

    def __init__(self, robot: Robot) -> None:
        self.robot = robot
        self.channel = robot.channel

    def receive(self, call: Call) -> list[Message]:
        """What a callback over HTTP says. Raises Rejected, Malformed."""
        self._prove(call)
        return self.read(object_in(call.body), call.at, forgeable=True)

    def read(
        self, fields: Mapping[str, Any], now: datetime, *, forgeable: bool = False
    ) -> list[Message]:
        """What a robot message says, however it came. Raises Rejected, Malformed."""
        self._is_ours(fields)
        sender = _text(fields, "senderStaffId")  # empty for people of another corp
        user = sender or _text(fields, "senderId")
        if not user or len(user) > LONGEST_ID or NOT_TEXT.search(user):
            raise Malformed("no sender")
        way_back = self._way_back(fields, now)
        parts = [*_parts(fields, in_group=bool(way_back.group))] or [(Kind.UNKNOWN, "", "")]
        if not sender:
            parts = [(Kind.NAMELESS, "", "")]
        if way_back.group:
            parts = parts[:1]
        number = _number_of(fields)
        return [
            Message(
                channel=self.channel,
                scope=self.robot.scope,
                user=user,
                id=f"{number}/{place}" if place else number,
                kind=kind,
                text=NOT_TEXT.sub("", text),
                media_id=media,
                file_name=_file_name(fields) if kind is Kind.FILE else "",
                sender=sender,
                way_back=way_back,
                forgeable=forgeable,
                metered=not place,
            )
            for place, (kind, text, media) in enumerate(parts)
        ]

    def reply(self, message: Message, text: str, at: datetime) -> Reply:
        """The response that is the answer; in a group it is addressed to who asked."""
        del at
        return _reply(message, text)

    def unheard(self, message: Message) -> Reply:
        """Nobody asks again here, so it is said."""
        return _reply(message, UNHEARD)

    def _prove(self, call: Call) -> None:
        """The moment is signed, and within the hour."""
        stamp, given = _single(call, "timestamp"), _single(call, "sign")
        secret = self.robot.client_secret.get_secret_value()
        expected = signature(stamp, secret)
        if not hmac.compare_digest(expected.encode(), given.encode(errors="surrogatepass")):
            raise Rejected("sign")
        at = moment_of(stamp)
        if at is None or min(abs(at - call.at), abs(at - call.machine_at)) > WINDOW:
            raise Rejected("timestamp")

    def _is_ours(self, fields: Mapping[str, Any]) -> None:
        """The robot and its corp, where they are named."""
        for name, own in (
            ("robotCode", self.robot.robot_code),
            ("chatbotCorpId", self.robot.corp_id),
        ):
            if own and _text(fields, name) not in {"", own}:
                raise Rejected(name)

    def _way_back(self, fields: Mapping[str, Any], now: datetime) -> WayBack:
        """The session's webhook, where it leads to the platform and nowhere else."""
        url = _text(fields, "sessionWebhook")
        until = moment_of(fields.get("sessionWebhookExpiredTime"))
        if until is None:
            until = (moment_of(fields.get("createAt")) or now) + SESSION
        is_group = _text(fields, "conversationType") == GROUP
        return WayBack(
            url if origin_of(url) in self.robot.origins else "",
            until - MARGIN,
            _text(fields, "conversationId") if is_group else "",
        )


def _reply(message: Message, text: str) -> Reply:
    return Reply(encoded(words_to(message.sender if message.group else "", text)), JSON)


def scope_of(corp_id: str | None, client_id: str) -> str:
    """User ids belong to the corp; where it is not configured, to the robot."""
    return f"dingtalk:{corp_id or client_id}"


def signature(stamp: str, secret: str) -> str:
    """What `sign` must be: base64 of HMAC-SHA256 over the moment and the secret, with the secret."""
    signed = f"{stamp}\n{secret}".encode(errors="surrogatepass")
    return b64encode(hmac.digest(secret.encode(), signed, hashlib.sha256)).decode()


def words_to(user: str, text: str) -> dict[str, Any]:
    """A text message in the webhooks' format, addressed to somebody if `user` is given; "" is silence."""
    if not text:
        return {"msgtype": "empty"}
    if not user:
        return {"msgtype": "text", "text": {"content": text}}
    content = f"@{user} {text}"
    return {"msgtype": "text", "text": {"content": content}, "at": {"atUserIds": [user]}}


def origin_of(url: str) -> str:
    """Scheme, host and port of an address; "" where there is none."""
    try:
        parts = urlsplit(url)
        port = parts.port or {"https": 443, "http": 80}.get(parts.scheme)
    except ValueError:
        return ""
    if not parts.hostname or port is None or parts.username is not None:
        return ""
    return f"{parts.scheme}://{parts.hostname.lower()}:{port}"


def moment_of(milliseconds: object) -> datetime | None:
    """The moment of a count of milliseconds, as number or digits; None for one of another age."""
    try:
        found = datetime.fromtimestamp(int(str(milliseconds)) / 1000, UTC)
    except (ValueError, OverflowError, OSError):
        return None
    return found if FIRST_YEAR < found.year < LAST_YEAR else None


def _parts(fields: Mapping[str, Any], *, in_group: bool) -> Iterator[Part]:
    """What a message consists of: words, then what came with them."""
    kind, content = _text(fields, "msgtype"), _mapping(fields, "content")
    if fields.get("errorCode") == QUOTA_USED_UP or fields.get("errCode") == QUOTA_USED_UP:
        yield Kind.WITHHELD, "", ""
    elif kind == "text":
        said = _text(_mapping(fields, "text"), "content").strip()
        yield Kind.TEXT if said else Kind.ENTERED, said, ""
    elif kind == "richText":
        yield from _rich(content, in_group=in_group)
    elif kind == "audio" and _text(content, "recognition").strip():
        yield Kind.TEXT, _text(content, "recognition").strip(), ""
    elif kind in MEDIA_KINDS:
        yield MEDIA_KINDS[kind], "", _text(content, "downloadCode")


def _file_name(fields: Mapping[str, Any]) -> str:
    return NOT_TEXT.sub("", _text(_mapping(fields, "content"), "fileName"))


def _rich(content: Mapping[str, Any], *, in_group: bool) -> Iterator[Part]:
    """The words without the robot's own name at either end, and the pictures."""
    listed = content.get("richText")
    parts = [one for one in listed if isinstance(one, Mapping)] if isinstance(listed, list) else []
    words = [text for one in parts if (text := _text(one, "text")).strip()]
    if in_group:
        words = _without_name(words)
    said = "".join(words).strip()
    if said:
        yield Kind.TEXT, said, ""
    pictures = [code for one in parts if (code := _text(one, "downloadCode"))]
    for code in pictures[:MOST_PICTURES]:
        yield Kind.IMAGE, "", code


def _without_name(words: list[str]) -> list[str]:
    """The robot's own @ is a part of its own, first or last."""
    for place in (0, -1):
        if words and words[place].strip().startswith("@") and " " not in words[place].strip():
            del words[place]
            break
    return words


def _number_of(fields: Mapping[str, Any]) -> str:
    """The platform's id, the same at every delivery; a digest where there is none, or one too long."""
    number = _text(fields, "msgId")
    if number and len(number) <= LONGEST_ID - 2 and not NOT_TEXT.search(number):
        return number
    whole = number or json.dumps(fields, sort_keys=True, default=str)
    return hashlib.sha256(whole.encode(errors="surrogatepass")).hexdigest()


def _single(call: Call, name: str) -> str:
    """A header that stands once; twice is as good as not at all."""
    values = call.headers.getall(name, [])
    return values[0] if len(values) == 1 else ""


def _mapping(fields: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    value = fields.get(name)
    return value if isinstance(value, Mapping) else {}


def _text(fields: Mapping[str, Any], name: str) -> str:
    value = fields.get(name)
    return value if isinstance(value, str) else ""

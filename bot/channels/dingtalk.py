"""DingTalk's robot: callback bytes to Messages, answer to response body. Opens nothing.

Sources: facts sections 1 and 2 (pages robot-message-type, receive-message). The signature covers the
moment only, not the body: who once saw one can forge for an hour, so a message over HTTP is `forgeable`.
"""

import hashlib
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlsplit

from pydantic import SecretStr

from bot.channels.base import (
    JSON_TYPE,
    LONGEST_ID,
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
from bot.channels.dingtalk_proof import header, moment_of, require_signed, robot_signature
from handlers.turn import Kind
from storage.letters import WayBack

SESSION = timedelta(minutes=90)
MARGIN = timedelta(minutes=5)
QUOTA_USED_UP = "20001"
MOST_PICTURES = 9
ONE_TO_ONE, GROUP = "1", "2"
SOME_GROUP = "?"  # one that cannot be written to by its id
SESSION_PATH = "/robot/sendBySession?session="
LONGEST_ADDRESS = 1000
# Behind `/dingtalk/name`: taps on cards, events, the page with one button.
CARDS_PATH, EVENTS_PATH, PAGE_PATH = "/cards", "/events", "/place"
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
        stamp, secret = header(call, "timestamp"), self.robot.client_secret.get_secret_value()
        require_signed(call, stamp, header(call, "sign"), robot_signature(stamp, secret))
        return self.read(object_in(call.body), call.at, forgeable=True)

    def read(
        self, fields: Mapping[str, Any], now: datetime, *, forgeable: bool = False
    ) -> list[Message]:
        """What a robot message says, however it came. Raises Rejected, Malformed."""
        self._is_ours(fields)
        sender = _text(fields, "senderStaffId")  # empty for people of another corp
        user = sender or _text(fields, "senderId")
        if not is_id(user):
            raise Malformed("no sender")
        way_back = self._way_back(fields, now)
        parts = [*_parts(fields, in_group=bool(way_back.group))] or [(Kind.UNKNOWN, "", "")]
        if not sender:
            parts = [(Kind.NAMELESS, "", "")]
        number = _number_of(fields)
        ids = [number, *(f"{number}/{place}" for place in range(1, len(parts)))]
        return [
            Message(
                channel=self.channel,
                scope=self.robot.scope,
                user=user,
                id=ids[place],
                kind=kind,
                text=NOT_TEXT.sub("", text),
                media_id=NOT_TEXT.sub("", media)[:LONGEST_ADDRESS],
                file_name=_file_name(fields) if kind is Kind.FILE else "",
                sender=sender,
                way_back=way_back,
                forgeable=forgeable,
                metered=not place,
                earlier=tuple(ids[:place]),
                goes_on=place < len(parts) - 1,
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
        is_ours = origin_of(url) in self.robot.origins and SESSION_PATH in url
        return WayBack(
            url if is_ours and len(url) <= LONGEST_ADDRESS and not NOT_TEXT.search(url) else "",
            until - MARGIN,
            _group_of(fields),
        )


def _reply(message: Message, text: str) -> Reply:
    return Reply(encoded(words_to(message.sender if message.group else "", text)), JSON_TYPE)


def scope_of(corp_id: str | None, client_id: str) -> str:
    """User ids belong to the corp; where it is not configured, to the robot."""
    return f"dingtalk:{corp_id or client_id}"


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


def _group_of(fields: Mapping[str, Any]) -> str:
    """The group; "" only for what is surely one to one. Ids of both kinds begin with cid, so they tell nothing."""
    kind = str(fields.get("conversationType", ""))
    looks_like_one = any(name in fields for name in ("isInAtList", "conversationTitle", "atUsers"))
    if kind == ONE_TO_ONE or (kind != GROUP and not looks_like_one):
        return ""
    number = _text(fields, "conversationId")
    return number if is_id(number) else SOME_GROUP


def _parts(fields: Mapping[str, Any], *, in_group: bool) -> Iterator[Part]:
    """What a message consists of: words, then what came with them."""
    kind, content = _text(fields, "msgtype"), _mapping(fields, "content")
    if QUOTA_USED_UP in {str(fields.get(name)) for name in ("errorCode", "errCode")}:
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
    if is_id(number) and len(number) < LONGEST_ID - 1:  # a part adds two
        return number
    whole = number or json.dumps(fields, sort_keys=True, default=str)
    return hashlib.sha256(whole.encode(errors="surrogatepass")).hexdigest()


def _mapping(fields: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    value = fields.get(name)
    return value if isinstance(value, Mapping) else {}


def _text(fields: Mapping[str, Any], name: str) -> str:
    value = fields.get(name)
    return value if isinstance(value, str) else ""

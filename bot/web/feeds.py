"""What each platform took for the demo's phones, turned into bubbles as its app shows them."""

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol
from urllib.parse import parse_qs, urlsplit

from bot.web.bubble import Arrived, Bubble
from bot.web.dingtalk_platform import FakeDingtalk
from bot.web.dingtalk_rules import BUTTONS
from bot.web.looks import (
    CONVERSATION,
    DINGTALK,
    GROUP,
    HOLDERS,
    WECOM,
    conversation_of,
    user_of,
    with_names,
)
from bot.web.phone import Tap
from bot.web.platform import FakePlatform

BREAK = re.compile(r"[ \t]*\n[ \t]*")
BOLD = re.compile(r"\*\*(.+)\*\*")
SENDS = "dtmd://dingtalkclient/sendMessage"


class Feed(Protocol):
    """One platform's journal, read on from where it was left."""

    def fresh(self) -> Iterator[Arrived]:
        """What came to the phones since the last look."""

    def file(self, ref: str) -> tuple[str, bytes]:
        """Name and content of a file that came. Raises KeyError."""


@dataclass
class WecomFeed:
    """WeChat Work: people by their ids, the group by its webhook's key."""

    platform: FakePlatform
    group_key: str
    _read: int = field(default=0, init=False)

    def fresh(self) -> Iterator[Arrived]:
        """What came to the phones since the last look."""
        phones = {user: phone for phone, user in HOLDERS.items()} | {self.group_key: GROUP}
        for taken in self.platform.journal[self._read :]:
            self._read += 1
            if taken["to"] in phones:
                yield self._arrived(phones[taken["to"]], taken)

    def file(self, ref: str) -> tuple[str, bytes]:
        """Name and content of a file that came. Raises KeyError."""
        return self.platform.media(ref)

    def _arrived(self, phone: str, taken: Mapping[str, Any]) -> Arrived:
        """Words, a card with its buttons, or a file."""
        content, at = taken["body"].get(taken["msgtype"], {}), taken["at"]
        if taken["msgtype"] == "file":
            ref = content["media_id"]
            return Arrived(Bubble(phone, "notice", "file", self.file(ref)[0], at, ref=ref))
        if taken["msgtype"] != "template_card":
            return Arrived(Bubble(phone, "notice", "text", taken["content"], at))
        task, buttons = content["task_id"], content["button_list"]
        labels = tuple(str(one["text"]) for one in buttons)
        title, text = content["main_title"]["title"], content.get("sub_title_text", "")
        card = Bubble(phone, "notice", "card", text, at, title, labels, task, WECOM)
        return Arrived(card, tuple(Tap(one["key"], task, taken["code"]) for one in buttons))


@dataclass
class DingtalkFeed:
    """DingTalk: what the robot sends to people and the group, and what it says in their sessions."""

    platform: FakeDingtalk
    _read: int = field(default=0, init=False)

    def __post_init__(self) -> None:
        """Every way to a phone, as the journal names it."""
        users = {phone: user_of(DINGTALK, user) for phone, user in HOLDERS.items()}
        self._phones = {user: phone for phone, user in users.items()}
        self._phones |= {f"session:{conversation_of(user)}": phone for phone, user in users.items()}
        self._phones |= dict.fromkeys((f"group:{CONVERSATION}", f"session:{CONVERSATION}"), GROUP)

    def fresh(self) -> Iterator[Arrived]:
        """What came to the phones since the last look."""
        for taken in self.platform.journal[self._read :]:
            self._read += 1
            if taken["to"] in self._phones:
                yield self._arrived(self._phones[taken["to"]], taken)

    def file(self, ref: str) -> tuple[str, bytes]:
        """Name and content of a file that came. Raises KeyError."""
        return self.platform.media(ref)

    def _arrived(self, phone: str, taken: Mapping[str, Any]) -> Arrived:
        """Words, an action card whose buttons send words, or a file."""
        key, at = taken["msgtype"], taken["at"]
        if key not in BUTTONS and key != "sampleFile":
            words = with_names(taken["content"])
            return Arrived(Bubble(phone, "notice", "text", words, at, look=DINGTALK))
        param = json.loads(taken["body"]["msgParam"])
        if key == "sampleFile":
            name, ref = param["fileName"], param["mediaId"]
            return Arrived(Bubble(phone, "notice", "file", name, at, ref=ref, look=DINGTALK))
        labels = tuple(str(param[title]) for title, _url in BUTTONS[key])
        title, text = _titled(str(param["text"]))
        ref = f"card-{self._read}"
        card = Bubble(phone, "notice", "card", text, at, title, labels, ref, DINGTALK)
        return Arrived(card, tuple(_sent_by(str(param[url])) for _title, url in BUTTONS[key]))


def _titled(markdown: str) -> tuple[str, str]:
    """A first line in bold as the title, and the rest in lines."""
    first, _, rest = BREAK.sub("\n", markdown).partition("\n")
    found = BOLD.fullmatch(first)
    return (found[1], rest) if found else ("", f"{first}\n{rest}".strip())


def _sent_by(link: str) -> str:
    """The words that a button's link sends as the member's own; "" for a link that leads elsewhere."""
    if not link.startswith(SENDS):
        return ""
    return parse_qs(urlsplit(link).query).get("content", [""])[0]

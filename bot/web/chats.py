"""What the demo's phones show in both apps: bubbles in the order they came, kept in memory like a screen."""

from collections.abc import Iterable, Mapping
from dataclasses import asdict
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from bot.channels.wording import plain
from bot.web.bubble import Bubble
from bot.web.feeds import Feed
from bot.web.looks import DINGTALK, GROUP, GROUPS, HOLDERS, LOOKS, SCREENS, WECOM, user_of
from bot.web.phone import Tap
from bot.web.sample import GROUP_CHANNEL
from storage import tables
from storage.database import Database, Row, Unit
from storage.letters import letter_of
from storage.store import Store

LATEST_SAID = 3
LATEST_NOTICES = {"member": 2, "secretary": 4, GROUP: 7}
EVERYTHING = 10_000
WELCOME = {
    (WECOM, "member"): (
        "这是模拟的手机，人和事都是编的。张三在外地打工，支部今天 09:00 有活动，现在就可以签到。点下面的常用语，或者自己打字。"
    ),
    (WECOM, "secretary"): "李红梅是第一党支部书记。有几件事在等她，试试“待办”。",
    (DINGTALK, "member"): (
        "这是同一部手机上的钉钉，绑定的也是张三：两边说的都记在一处。支部主动发来的消息，跟着最近用过的一边走。"
    ),
    (DINGTALK, "secretary"): (
        "这是李红梅的钉钉。在这里办不能撤回的事（例如“全部通过 党费”），会先发来 4 位确认码。"
    ),
    (
        DINGTALK,
        GROUP,
    ): "在钉钉群里 @双联 就能说话，这里由张三来说：签到在群里答，私事转到他的单聊。",
}
SAID = {"image": "[图片]", "voice": "[语音]", "location": "[位置]"}


class Chats:
    """The screens of all phones; what the platforms took for them is picked up when somebody looks."""

    def __init__(
        self, database: Database, scopes: Mapping[str, str], feeds: Mapping[str, Feed]
    ) -> None:
        self._database = database
        self._feeds = feeds
        self._owners = {
            (scopes[look], user_of(look, user)): (phone, look)
            for look in LOOKS
            for phone, user in HOLDERS.items()
        }
        self._owners |= {(GROUP_CHANNEL, name): (GROUP, look) for look, name in GROUPS.items()}
        self._bubbles: list[Bubble] = []
        self._taps: dict[tuple[str, str], tuple[Tap | str, ...]] = {}
        self.unprompted = 0

    async def begin(self, now: datetime) -> None:
        """Show the last of what was said before, and a hint each."""
        async with self._database.reading() as unit:
            told = [bubble for phone in HOLDERS for bubble in await _said_before(unit, phone)]
            sent = await Store(unit).outbox.after(0, limit=EVERYTHING)
        notices = self._notices(sent)
        for screen in ((phone, look) for phone in SCREENS for look in LOOKS):
            own = [bubble for bubble in notices if (bubble.phone, bubble.look) == screen]
            told += own[-LATEST_NOTICES[screen[0]] :]
        self._bubbles = sorted(told, key=lambda bubble: bubble.at)
        for (look, phone), text in WELCOME.items():
            self.show(Bubble(phone, "hint", "text", text, now, look=look))

    def show(self, bubble: Bubble) -> None:
        """Put a bubble on its phone."""
        self._bubbles.append(bubble)

    def pick_up(self) -> None:
        """Show what the platforms took for a phone since the last look, in the order of time."""
        arrived = [one for feed in self._feeds.values() for one in feed.fresh()]
        for one in sorted(arrived, key=lambda one: one.bubble.at):
            self.unprompted += 1
            self.show(one.bubble)
            if one.taps:
                self._taps[one.bubble.phone, one.bubble.ref] = one.taps

    def tap(self, phone: str, card: str, button: int) -> Tap | str | None:
        """What a tap on a button of a card on this phone is; None if there is no such button."""
        taps = self._taps.get((phone, card), ())
        return taps[button] if 0 <= button < len(taps) else None

    def file(self, ref: str) -> tuple[str, bytes]:
        """Name and content of a file that came to a phone. Raises KeyError."""
        for bubble in self._bubbles:
            if bubble.kind == "file" and bubble.ref == ref:
                return self._feeds[bubble.look].file(ref)
        raise KeyError(ref)

    def said_last(self, phone: str) -> str:
        """The last answer on a phone, as the one who holds it reads it."""
        said = [one.text for one in self._bubbles if (one.phone, one.side) == (phone, "theirs")]
        return said[-1] if said else ""

    def has_file_since(self, phone: str, moment: datetime) -> bool:
        """Whether a file came to a phone after a moment."""
        return any(
            one.phone == phone and one.kind == "file" and one.at >= moment for one in self._bubbles
        )

    def after(self, seen: int, zone: ZoneInfo) -> list[dict[str, Any]]:
        """The bubbles from number `seen` on, with times in the organisation's zone."""
        found = self._bubbles[max(seen, 0) :]
        return [{**asdict(one), "at": one.at.astimezone(zone).isoformat()} for one in found]

    def _notices(self, rows: Iterable[Row]) -> list[Bubble]:
        """The outbox rows of the past that went to one of the phones, in words."""
        found = []
        for row in rows:
            owner = self._owners.get((row["channel"], row["recipient"]))
            if owner is not None:
                phone, look = owner
                words = plain(letter_of(row))
                found.append(Bubble(phone, "notice", "text", words, row["created_at"], look=look))
        return found


async def _said_before(unit: Unit, phone: str) -> list[Bubble]:
    """The last messages of one phone's owner, with their answers; until now they only used WeChat Work."""
    inbox = tables.inbox
    newest = (inbox.c.received_at.desc(),)
    rows = await unit.select(
        inbox, inbox.c.sender == HOLDERS[phone], order=newest, limit=LATEST_SAID
    )
    found = []
    for row in reversed(rows):
        said = row["text"] or SAID.get(row["kind"], "")
        found.append(Bubble(phone, "mine", "text", said, row["received_at"]))
        found.append(Bubble(phone, "theirs", "text", row["answer"] or "", row["received_at"]))
    return found

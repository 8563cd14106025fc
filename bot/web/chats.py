"""What the demo's three phones show: bubbles in the order they came, kept in memory like a phone's screen."""

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from bot.channels.wording import plain
from bot.web.people import MEMBER, SECRETARY
from bot.web.phone import Tap
from bot.web.platform import FakePlatform
from bot.web.sample import GROUP_CHANNEL
from storage import tables
from storage.database import Database, Row, Unit
from storage.letters import letter_of
from storage.store import Store

PHONES = {"member": MEMBER, "secretary": SECRETARY}
GROUP = "group"
LATEST_SAID = 3
LATEST_NOTICES = {"member": 2, "secretary": 4, "group": 7}
EVERYTHING = 10_000
WELCOME = {
    "member": "这是模拟的手机，人和事都是编的。张三在外地打工，支部今天 09:00 有活动，现在就可以签到。点下面的常用语，或者自己打字。",
    "secretary": "李红梅是第一党支部书记。有几件事在等她，试试“待办”。",
}
SAID = {"image": "[图片]", "voice": "[语音]", "location": "[位置]"}


@dataclass(frozen=True, slots=True)
class Bubble:
    """One thing on a phone's screen. `side`: mine, theirs, notice (unprompted) or hint.

    `ref` finds a card's task or a file's content again; `buttons` are the words on a card's buttons.
    """

    phone: str
    side: str
    kind: str
    text: str
    at: datetime
    title: str = ""
    buttons: tuple[str, ...] = ()
    ref: str = ""


class Chats:
    """The screens of all phones; what the platform took for them is picked up when somebody looks."""

    def __init__(
        self,
        database: Database,
        scope: str,
        platform: FakePlatform,
        group_keys: Iterable[str],
    ) -> None:
        self._database = database
        self._platform = platform
        self.scope = scope
        self._owners = {(scope, user): phone for phone, user in PHONES.items()}
        self._users = {user: phone for phone, user in PHONES.items()}
        self._users |= dict.fromkeys(group_keys, GROUP)
        self._bubbles: list[Bubble] = []
        self._taps: dict[tuple[str, str], list[Tap]] = {}
        self._picked_up = 0
        self.unprompted = 0

    async def begin(self, now: datetime) -> None:
        """Show the last of what was said before, and a hint each."""
        async with self._database.reading() as unit:
            told = [bubble for user in PHONES for bubble in await _said_before(unit, user)]
            sent = await Store(unit).outbox.after(0, limit=EVERYTHING)
        notices = self._notices(sent)
        for phone in (*PHONES, GROUP):
            told += [bubble for bubble in notices if bubble.phone == phone][
                -LATEST_NOTICES[phone] :
            ]
        self._bubbles = sorted(told, key=lambda bubble: bubble.at)
        for phone, text in WELCOME.items():
            self.show(Bubble(phone, "hint", "text", text, now))

    def show(self, bubble: Bubble) -> None:
        """Put a bubble on its phone."""
        self._bubbles.append(bubble)

    def pick_up(self) -> None:
        """Show what the platform took for a phone since the last look."""
        for taken in self._platform.journal[self._picked_up :]:
            self._picked_up += 1
            phone = self._users.get(taken["to"])
            if phone is not None:
                self.unprompted += 1
                self.show(self._taken(phone, taken))

    def tap(self, phone: str, task_id: str, button: int) -> Tap | None:
        """What a tap on a button of a card on this phone says; None if there is no such button."""
        taps = self._taps.get((phone, task_id), [])
        return taps[button] if 0 <= button < len(taps) else None

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

    def _taken(self, phone: str, taken: Mapping[str, Any]) -> Bubble:
        """A message as the phone shows it: words, a card with its buttons, or a file."""
        content, at = taken["body"].get(taken["msgtype"], {}), taken["at"]
        if taken["msgtype"] == "file":
            name, _content = self._platform.media(content["media_id"])
            return Bubble(phone, "notice", "file", name, at, ref=content["media_id"])
        if taken["msgtype"] != "template_card":
            return Bubble(phone, "notice", "text", taken["content"], at)
        task, buttons = content["task_id"], content["button_list"]
        self._taps[phone, task] = [Tap(one["key"], task, taken["code"]) for one in buttons]
        labels = tuple(str(one["text"]) for one in buttons)
        title, text = content["main_title"]["title"], content.get("sub_title_text", "")
        return Bubble(phone, "notice", "card", text, at, title, labels, task)

    def _notices(self, rows: Iterable[Row]) -> list[Bubble]:
        """The outbox rows of the past that went to one of the phones, in words."""
        found = []
        for row in rows:
            phone = self._owners.get((row["channel"], row["recipient"]))
            if row["channel"] == GROUP_CHANNEL:
                phone = GROUP
            if phone is not None:
                words = plain(letter_of(row))
                found.append(Bubble(phone, "notice", "text", words, row["created_at"]))
        return found


async def _said_before(unit: Unit, phone: str) -> list[Bubble]:
    """The last messages of one phone's owner, with their answers."""
    inbox = tables.inbox
    newest = (inbox.c.received_at.desc(),)
    rows = await unit.select(
        inbox, inbox.c.sender == PHONES[phone], order=newest, limit=LATEST_SAID
    )
    found = []
    for row in reversed(rows):
        said = row["text"] or SAID.get(row["kind"], "")
        found.append(Bubble(phone, "mine", "text", said, row["received_at"]))
        found.append(Bubble(phone, "theirs", "text", row["answer"] or "", row["received_at"]))
    return found

"""What the demo's three phones show: bubbles in the order they came, kept in memory like a phone's screen."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from bot.web.people import MEMBER, SECRETARY
from bot.web.sample import GROUP_CHANNEL
from storage import tables
from storage.database import Database, Row, Unit
from storage.store import Store

PHONES = {"member": MEMBER, "secretary": SECRETARY}
GROUP = "group"
LATEST_SAID = 3
LATEST_NOTICES = {"member": 2, "secretary": 2, "group": 7}
EVERYTHING = 10_000
WELCOME = {
    "member": "这是模拟的手机，人和事都是编的。张三在外地打工，支部今天 09:00 有活动，现在就可以签到。点下面的常用语，或者自己打字。",
    "secretary": "李红梅是第一党支部书记。有几件事在等她，试试“待办”。",
}
SAID = {"image": "[图片]", "voice": "[语音]", "location": "[位置]"}


@dataclass(frozen=True, slots=True)
class Bubble:
    """One thing on a phone's screen. `side`: mine, theirs, notice (unprompted) or hint; `mark` stands below."""

    phone: str
    side: str
    kind: str
    text: str
    at: datetime
    mark: str = ""


class Chats:
    """The screens of all phones; what the platform took for them is picked up when somebody looks."""

    def __init__(
        self,
        database: Database,
        scope: str,
        journal: Sequence[Mapping[str, Any]],
        group_keys: Iterable[str],
    ) -> None:
        self._database = database
        self._journal = journal
        self._owners = {(scope, user): phone for phone, user in PHONES.items()}
        self._users = {user: phone for phone, user in PHONES.items()}
        self._users |= dict.fromkeys(group_keys, GROUP)
        self._bubbles: list[Bubble] = []
        self._picked_up = 0

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
        for taken in self._journal[self._picked_up :]:
            self._picked_up += 1
            phone = self._users.get(taken["to"])
            if phone is not None:
                self.show(Bubble(phone, "notice", "text", taken["content"], taken["at"]))

    def after(self, seen: int, zone: ZoneInfo) -> list[dict[str, Any]]:
        """The bubbles from number `seen` on, with times in the organisation's zone."""
        found = self._bubbles[max(seen, 0) :]
        return [{**asdict(one), "at": one.at.astimezone(zone).isoformat()} for one in found]

    def _notices(self, rows: Iterable[Row]) -> list[Bubble]:
        """The outbox rows of the past that went to one of the phones."""
        found = []
        for row in rows:
            phone = self._owners.get((row["channel"], row["recipient"]))
            if row["channel"] == GROUP_CHANNEL:
                phone = GROUP
            if phone is not None:
                found.append(Bubble(phone, "notice", "text", row["text"] or "", row["created_at"]))
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

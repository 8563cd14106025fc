"""What the records say of the visitor's way through the demo, for its guide."""

from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from bot.app import App
from bot.web.cast import Cast
from bot.web.chats import Chats
from bot.web.guide import OnRecord, steps
from bot.web.looks import DINGTALK, LOOKS, channel_of, user_of
from bot.web.people import SECRETARY
from scheduler.activities import CLOSES_AFTER, OPENS_BEFORE, open_now
from scheduler.calendar import day_in_words
from storage import tables
from storage.activities import activity_of
from storage.database import Unit
from storage.notices import INVITATION
from storage.records import Activity
from storage.store import Store

CONTACT = "contact"
RECORD_DIALOG = "record"


@dataclass(frozen=True, slots=True)
class Progress:
    """Of one running demo; `began` is when the visitor came in."""

    app: App
    chats: Chats
    cast: Cast
    began: datetime

    async def steps(self) -> list[dict[str, Any]]:
        """The guide's steps as the page shows them."""
        async with self.app.database.reading() as unit:
            found = await self._on_record(unit)
        return [asdict(step) for step in steps(found)]

    async def _on_record(self, unit: Unit) -> OnRecord:
        activities, now = await self._activities(unit), self.app.clock.now()
        member, secretary = self.cast.member, self.cast.secretary
        own = tables.attendance
        there = await self._since(unit, own, own.c.at, own.c.by_member_id == member)
        checked_in = {row["activity_id"] for row in there if row["member_id"] == member}
        over = [one for one in activities if one.ends_at + CLOSES_AFTER < now]
        waiting = [one for one in over if not one.form_filed]
        opened = [one for one in open_now(activities, now) if one.id not in checked_in]
        heard, elsewhere = tables.inbox, tables.inbox.c.channel == channel_of(DINGTALK)
        leaves, contacts, settled = tables.leaves, tables.contacts, tables.settlements
        in_touch = (contacts.c.by_member_id == secretary, contacts.c.reached)
        return OnRecord(
            invited=await self._was_told(unit, INVITATION, member),
            on_leave=bool(
                await self._since(unit, leaves, leaves.c.asked_at, leaves.c.member_id == member)
            ),
            checked_in=bool(checked_in),
            elsewhere=bool(await self._since(unit, heard, heard.c.received_at, elsewhere)),
            filed=any(one.form_filed for one in activities),
            reminded=await self._was_told(unit, CONTACT, secretary),
            in_touch=bool(await self._since(unit, contacts, contacts.c.recorded_at, *in_touch)),
            settled=bool(
                await self._since(
                    unit, settled, settled.c.settled_at, settled.c.by_member_id == secretary
                )
            ),
            coming=await self._coming(unit, now),
            can_check_in=bool(opened),
            from_afar=any(one.is_remote for one in opened),
            over=bool(waiting),
            has_form=any(self.chats.has_file_since("secretary", one.ends_at) for one in waiting),
            asks_content=await self._is_asked(unit),
            read=self.chats.said_last("secretary"),
        )

    async def _activities(self, unit: Unit) -> list[Activity]:
        """The branch's activities that were not over when the visitor came."""
        table = tables.activities
        rows = await unit.select(
            table,
            table.c.branch_id == self.cast.branch,
            table.c.ends_at > self.began,
            table.c.cancelled_at.is_(None),
        )
        return [activity_of(row) for row in rows]

    async def _coming(self, unit: Unit, now: datetime) -> str:
        """The day of the next activity that is not open for check-in yet."""
        found = await Store(unit).activities.next_after(self.cast.branch, now + OPENS_BEFORE)
        if found is None:
            return ""
        return day_in_words(found.starts_at.astimezone(self.app.settings.zone))

    async def _was_told(self, unit: Unit, rule: str, recipient: int) -> bool:
        table = tables.notices
        told = (table.c.rule == rule, table.c.recipient_id == recipient)
        return bool(
            await self._since(unit, table, table.c.planned_at, *told, table.c.message_id > 0)
        )

    async def _since(self, unit: Unit, table: Any, at: Any, *where: Any) -> list[Any]:
        """The rows that came since the visitor did."""
        return await unit.select(table, *where, at >= self.began)

    async def _is_asked(self, unit: Unit) -> bool:
        """Whether the bot waits for the content of an activity."""
        table = tables.dialogs
        own = [user_of(look, SECRETARY) for look in LOOKS]
        asked = (table.c.sender.in_(own), table.c.topic == RECORD_DIALOG)
        return bool(await unit.select(table, *asked))

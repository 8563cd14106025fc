"""The demo's clock buttons: how far each one goes, and at what it stops."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from bot.app import App
from bot.web.cast import Cast
from bot.web.chats import Chats
from bot.web.journey import A_MOMENT, Journey, Stop
from scheduler.activities import CLOSES_AFTER
from storage import tables
from storage.notices import INVITATION
from storage.store import Store

FARTHEST_HOURS = 24 * 31
FARTHEST = timedelta(days=100)
BEFORE_START = timedelta(minutes=10)
NO_MORE = "后面没有安排活动了。"
NOTHING_COMES = "一直走到了 100 天以后，没有新的消息。"
HOURS = {"hours": 1, "days": 24}
# What a button waits for: a notice of this rule, to this person.
NOTICES = {"invitation": (INVITATION, "member"), "contact": ("contact", "secretary")}


class NoSuchMove(Exception):
    """What was asked for is no button's."""


class CannotMove(Exception):
    """Why the clock stays, or that nothing came, in words for the visitor."""


@dataclass(frozen=True, slots=True)
class ClockButtons:
    """Each button of the clock, over the journey it makes."""

    app: App
    chats: Chats
    journey: Journey
    cast: Cast

    async def press(self, asked: Mapping[str, Any]) -> None:
        """Move as asked. Raises NoSuchMove, CannotMove, journey.UnderWay."""
        target, now = asked.get("to"), self.app.clock.now()
        if target is None:
            await self.journey.to(now + _span(asked))
        elif target == "activity":
            await self.journey.to(await self._next_activity() - BEFORE_START)
        elif target == "closed":
            await self.journey.to(await self._next_end())
        elif target == "notice":
            await self._until(self._anything_new())
        elif target in NOTICES:
            await self._until(self._told(*NOTICES[target], now))
        else:
            raise NoSuchMove

    async def _until(self, stop: Stop) -> None:
        if not await self.journey.to(self.app.clock.now() + FARTHEST, stop):
            raise CannotMove(NOTHING_COMES)

    def _anything_new(self) -> Stop:
        """Whether one of the phones has got something unprompted."""
        self.chats.pick_up()
        before = self.chats.unprompted

        async def is_new() -> bool:
            self.chats.pick_up()
            return self.chats.unprompted > before

        return is_new

    def _told(self, rule: str, phone: str, since: datetime) -> Stop:
        """Whether the owner of a phone was told of this rule since the move began."""
        notices, recipient = tables.notices, getattr(self.cast, phone)

        async def is_told() -> bool:
            async with self.app.database.reading() as unit:
                told = await unit.select(
                    notices,
                    notices.c.rule == rule,
                    notices.c.recipient_id == recipient,
                    notices.c.planned_at >= since,
                    notices.c.message_id.is_not(None),
                    limit=1,
                )
            return bool(told)

        return is_told

    async def _next_activity(self) -> datetime:
        """When the next one begins that the clock can be moved to."""
        async with self.app.database.reading() as unit:
            soonest = self.app.clock.now() + BEFORE_START
            found = await Store(unit).activities.next_after(self.cast.branch, soonest)
        if found is None:
            raise CannotMove(NO_MORE)
        return found.starts_at

    async def _next_end(self) -> datetime:
        """When the next one is over whose end lies ahead."""
        activities, now = tables.activities, self.app.clock.now()
        async with self.app.database.reading() as unit:
            rows = await unit.select(
                activities,
                activities.c.branch_id == self.cast.branch,
                activities.c.ends_at > now - CLOSES_AFTER,
                activities.c.cancelled_at.is_(None),
                order=(activities.c.ends_at,),
                limit=1,
            )
        if not rows:
            raise CannotMove(NO_MORE)
        ends_at: datetime = rows[0]["ends_at"]
        return ends_at + CLOSES_AFTER + A_MOMENT


def _span(asked: Mapping[str, Any]) -> timedelta:
    """So many hours or days ahead."""
    for unit, hours in HOURS.items():
        count = asked.get(unit)
        if isinstance(count, int | float) and 0 < count * hours <= FARTHEST_HOURS:
            return timedelta(hours=count * hours)
    raise NoSuchMove

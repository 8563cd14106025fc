"""Moves the demo's clock: through everything that happens on the way, in order, one move at a time."""

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, time, timedelta

from bot.app import App
from bot.web.life import Gathering, scenes_of
from bot.web.people import FIRST, SECOND
from bot.web.story import Line
from bot.web.voices import Voices
from scheduler.activities import CLOSES_AFTER
from storage import tables
from storage.letters import OPEN
from storage.store import Store

DAY = timedelta(days=1)
A_MOMENT = timedelta(minutes=1)
TALKED_OF = timedelta(days=8)  # how long before and after an activity somebody says something of it
LOOKS, LOOK_SECONDS = 300, 0.01

Stop = Callable[[], Awaitable[bool]]


class UnderWay(Exception):
    """The clock is moving already."""


@dataclass(frozen=True, slots=True)
class Step:
    """A moment at which something happens: somebody speaks, or, without lines, the bot reminds."""

    at: datetime
    lines: tuple[Line, ...] = ()


class Journey:
    """The clock of one running demo."""

    def __init__(self, app: App) -> None:
        self._app = app
        self._voices = Voices(app, "life")
        self.moving = False

    async def to(self, end: datetime, stop: Stop | None = None) -> bool:
        """Go on to a moment, or to the first step after which `stop` holds; whether it did. Raises UnderWay."""
        if self.moving:
            raise UnderWay
        self.moving = True
        try:
            for step in await self._steps(end):
                self._forward(step.at)
                await self._live(step)
                if stop is not None and await stop():
                    return True
        finally:
            self.moving = False
        return False

    def _forward(self, moment: datetime) -> None:
        self._app.clock.forward(max(moment - self._app.clock.now(), timedelta()))

    async def _live(self, step: Step) -> None:
        """What happens at one moment, until the phones have it."""
        if step.lines:
            await self._voices.say(step.lines)
        else:
            await self._app.tick_once()
        for _ in range(LOOKS):
            if not await self._is_sending():
                return
            await asyncio.sleep(LOOK_SECONDS)

    async def _is_sending(self) -> bool:
        """Whether something queued could be sent by now."""
        outbox, now = tables.outbox, self._app.clock.now()
        async with self._app.database.reading() as unit:
            due = outbox.c.next_at.is_(None) | (outbox.c.next_at <= now)
            waits = outbox.c.state.in_([str(state) for state in OPEN])
            return bool(await unit.select(outbox, waits, due, limit=1))

    async def _steps(self, end: datetime) -> list[Step]:
        now = self._app.clock.now()
        found = [Step(at) for at in self._mornings(now, end)]
        for gathering, closes_at in await self._gatherings(now, end):
            found.append(Step(closes_at + A_MOMENT))
            scenes = scenes_of(gathering, self._app.settings.zone)
            found += [Step(scene.at, scene.lines) for scene in scenes]
        between = [step for step in found if now < step.at < end]
        return [*sorted(between, key=lambda step: step.at), Step(end)]

    def _mornings(self, now: datetime, end: datetime) -> Iterator[datetime]:
        """The hour of reminding on each day."""
        zone, manners = self._app.settings.zone, self._app.tick.rules.policy.manners
        day = now.astimezone(zone).date()
        while day <= end.astimezone(zone).date():
            yield datetime.combine(day, time(manners.digest_hour), zone)
            day += DAY

    async def _gatherings(self, now: datetime, end: datetime) -> list[tuple[Gathering, datetime]]:
        """The activities that somebody may speak of on the way, and when they are over."""
        activities, found = tables.activities, []
        async with self._app.database.reading() as unit:
            for name in (FIRST, SECOND):
                branch = (await Store(unit).organisations.branches_under(name))[0]
                rows = await unit.select(
                    activities,
                    activities.c.branch_id == branch,
                    activities.c.starts_at.between(now - TALKED_OF, end + TALKED_OF),
                    activities.c.cancelled_at.is_(None),
                )
                for row in rows:
                    code, remote = row["code"], "线上" in row["mode"]
                    gathering = Gathering(name, row["id"], row["starts_at"], remote, code)
                    found.append((gathering, row["ends_at"] + CLOSES_AFTER))
        return found

"""Fetching what members sent, before the platforms forget it: lease, fetch a few at once, keep or give up."""

import asyncio
import contextlib
import random
from collections import Counter
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta

import structlog

from bot.channels.base import Fetcher
from bot.endings import ending_of
from bot.retry import (
    MOST_ATTEMPTS,
    TOO_OFTEN,
    Again,
    Busy,
    Configuration,
    Never,
    Outcome,
    Rest,
    wait_after,
)
from storage.database import Database, DatabaseError, NotPrepared, Unavailable
from storage.media import Fetched, Media, Pending, State

AT_ONCE = 4  # of 20 MB each at most
LEASE = timedelta(minutes=3)  # longer than a token, an address and the slowest file take together
GIVEN_UP_AFTER = timedelta(days=3)  # WeChat Work keeps them no longer, DingTalk less
POLL_SECONDS = 5.0
NO_CHANNEL = "配置里没有这个渠道（{channel}），没有取文件"
NOT_CONTENT = "平台没有给出内容"

log = structlog.get_logger()


class Fetching:
    """The one way from a platform's code to the bytes; any number of them share one database."""

    def __init__(
        self,
        database: Database,
        fetchers: Mapping[str, Fetcher],
        now: Callable[[], datetime],
        chance: Callable[[], float] = random.random,
    ) -> None:
        self._database = database
        self._fetchers = fetchers
        self._now = now
        self._chance = chance
        self._stirred = asyncio.Event()
        self._rests: dict[str, Rest] = {}
        self.outcomes: Counter[str] = Counter()

    def wake(self) -> None:
        """Something was sent."""
        self._stirred.set()

    @property
    def resting(self) -> dict[str, str]:
        """The channels that are left alone for now, and why."""
        now = self._now()
        return {name: rest.reason for name, rest in self._rests.items() if rest.until > now}

    async def run(self) -> None:
        """Fetch until cancelled; a database that is away comes back."""
        while True:
            try:
                await self.fetch_once()
            except (*Unavailable, DatabaseError, NotPrepared) as error:
                log.error("media_unavailable", error=type(error).__name__)
            await self._stir()

    async def fetch_once(self) -> int:
        """Fetch everything that is due; how many were kept or lost."""
        ended = 0
        while found := await self._leased():
            results = await asyncio.gather(*map(self._fetched, found))
            async with self._database.unit() as unit:
                await Media(unit).settle(results)
            ended += sum(one.state is not State.PENDING for one in results)
        return ended

    async def _leased(self) -> list[Pending]:
        """Nothing is written where nothing waits."""
        now, resting = self._now(), self.resting.keys()
        async with self._database.reading() as unit:
            if not await Media(unit).waits(now, resting):
                return []
        async with self._database.unit() as unit:
            return await Media(unit).pending(now, LEASE, AT_ONCE, resting)

    async def _fetched(self, one: Pending) -> Fetched:
        """One try; never raises."""
        fetcher = self._fetchers.get(one.channel)
        if fetcher is None:
            return self._concluded(one, Configuration(NO_CHANNEL.format(channel=one.channel)))
        try:
            found = await fetcher.fetch(one.code)
        except Exception as error:  # noqa: BLE001 - one file's trouble is not the others'
            found = Again(type(error).__name__)
        return self._concluded(one, found)

    def _concluded(self, one: Pending, found: bytes | Outcome) -> Fetched:
        if isinstance(found, bytes):
            self.outcomes[State.KEPT] += 1
            ending = ending_of(found, one.ending)
            return Fetched(one.id, State.KEPT, one.attempts, self._now(), found, ending)
        if isinstance(found, Never):
            return self._lost(one, found.reason)
        if isinstance(found, Busy | Configuration):
            return self._rested(one, found)
        reason = found.reason if isinstance(found, Again) else NOT_CONTENT
        wait = wait_after(one.attempts, self._chance())
        if wait is None:
            return self._lost(one, TOO_OFTEN.format(attempts=MOST_ATTEMPTS, reason=reason))
        return Fetched(one.id, State.PENDING, one.attempts, self._now() + wait, error=reason)

    def _rested(self, one: Pending, found: Busy | Configuration) -> Fetched:
        """The try is not the file's fault and not counted; but no rest outlasts the code."""
        until = self._now() + found.rest
        if isinstance(found, Configuration) and one.channel not in self.resting:
            log.error("media_rests", channel=one.channel, reason=found.reason)
        self._rests[one.channel] = Rest(until, found.reason)
        if until - one.created_at > GIVEN_UP_AFTER:
            return self._lost(one, found.reason)
        return Fetched(one.id, State.PENDING, one.attempts - 1, until, error=found.reason)

    def _lost(self, one: Pending, reason: str) -> Fetched:
        self.outcomes[State.LOST] += 1
        log.warning("media_lost", id=one.id, channel=one.channel, reason=reason)
        return Fetched(one.id, State.LOST, one.attempts, self._now(), error=reason)

    async def _stir(self) -> None:
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(POLL_SECONDS):
                await self._stirred.wait()
        self._stirred.clear()

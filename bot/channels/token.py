"""A platform's access token: fetched once for all who wait, shared through the database."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import structlog

from bot.retry import Busy, Configuration, Outcome
from storage.database import Database
from storage.tokens import Tokens

EARLY = timedelta(minutes=5)
A_MOMENT = timedelta(seconds=2)  # fifty that wait are not fifty that ask

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Fetched:
    """A new token, and how long it lasts from when it was asked for."""

    value: str
    lasts: timedelta


class AccessToken:
    """The token of `name`; in memory, else in the database, else by `fetch` from the platform."""

    def __init__(
        self,
        name: str,
        fetch: Callable[[], Awaitable[Fetched | Outcome]],
        database: Database,
        now: Callable[[], datetime],
    ) -> None:
        self._name = name
        self._fetch = fetch
        self._database = database
        self._now = now
        self._fetching = asyncio.Lock()
        self._value, self._until = "", datetime.min.replace(tzinfo=UTC)
        self._refused: tuple[datetime, Outcome] | None = None

    async def get(self, rejected: str = "") -> str | Outcome:
        """A token other than the `rejected` one where possible, or why there is none."""
        if not self._is_good(rejected):
            async with self._fetching:
                if not self._is_good(rejected):
                    return await self._renewed(rejected)
        return self._value

    def _is_good(self, rejected: str) -> bool:
        return bool(self._value) and self._value != rejected and self._now() < self._until

    async def _renewed(self, rejected: str) -> str | Outcome:
        async with self._database.reading() as unit:
            stored = await Tokens(unit).get(self._name)
        if stored is not None:
            self._value, self._until = stored
            if self._is_good(rejected):
                return self._value
        self._value = ""
        if self._refused is not None and self._now() < self._refused[0]:
            return self._refused[1]
        asked_at, fetched = self._now(), await self._fetch()
        if not isinstance(fetched, Fetched):
            return self._refusal(fetched)
        self._value = fetched.value
        self._until = asked_at + fetched.lasts - min(EARLY, fetched.lasts / 2)
        self._refused = None
        async with self._database.unit() as unit:
            await Tokens(unit).put(self._name, self._value, self._until)
        return self._value

    def _refusal(self, outcome: Outcome) -> Outcome:
        """Remembered while the channel rests: whoever asks on with a wrong secret is barred."""
        rest = outcome.rest if isinstance(outcome, Busy | Configuration) else A_MOMENT
        self._refused = self._now() + rest, outcome
        log.warning("no_token", app=self._name)
        return outcome

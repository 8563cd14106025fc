"""WeChat Work's access token of one app: fetched once for all who wait, shared through the database."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import structlog
from pydantic import SecretStr
from yarl import URL

from bot.channels.http import Http
from bot.retry import Again, Configuration, Outcome, outcome_of
from storage.database import Database
from storage.tokens import Tokens

EARLY = timedelta(minutes=5)
TOKENLESS = "平台没有给出 access_token"

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Account:
    """Who asks: one app of one corp. A token belongs to the app."""

    corp_id: str
    agent_id: int
    secret: SecretStr
    api_base: str


class WecomToken:
    """The token; in memory, else in the database, else from the platform."""

    def __init__(
        self, account: Account, http: Http, database: Database, now: Callable[[], datetime]
    ) -> None:
        self._account = account
        self._http = http
        self._database = database
        self._now = now
        self._name = f"wecom:{account.corp_id}:{account.agent_id}"
        self._fetching = asyncio.Lock()
        self._value, self._until = "", datetime.min.replace(tzinfo=UTC)
        self._refused: tuple[datetime, Configuration] | None = None

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
        return await self._fetch()

    async def _fetch(self) -> str | Outcome:
        account, asked_at = self._account, self._now()
        query = {"corpid": account.corp_id, "corpsecret": account.secret.get_secret_value()}
        url = URL(f"{account.api_base}/cgi-bin/gettoken").with_query(query)
        answer = await self._http.call("GET", url)
        if isinstance(answer, Again):
            return Again(answer.reason)  # nothing was sent yet, so nothing is uncertain
        code = _number(answer.get("errcode"))
        value = answer.get("access_token")
        if code or not isinstance(value, str) or not value:
            return self._refusal(code, str(answer.get("errmsg", "")))
        lasts = timedelta(seconds=_number(answer.get("expires_in", 7200)))
        self._value, self._until = value, asked_at + lasts - min(EARLY, lasts / 2)
        self._refused = None
        async with self._database.unit() as unit:
            await Tokens(unit).put(self._name, self._value, self._until)
        return value

    def _refusal(self, code: int, message: str) -> Outcome:
        """Remembered while the channel rests: whoever asks on with a wrong secret is barred."""
        outcome = outcome_of(code, message) if code else Again(TOKENLESS)
        if isinstance(outcome, Configuration):
            self._refused = self._now() + outcome.rest, outcome
        log.warning("no_token", app=self._name, code=code)
        return outcome


def _number(value: object) -> int:
    try:
        return int(str(value))
    except ValueError:
        return -1

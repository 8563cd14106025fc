"""DingTalk's interfaces, new and old, under one token: paced, counted, the token renewed once."""

import asyncio
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, cast

import structlog
from pydantic import SecretStr
from yarl import URL

from bot.channels.base import encoded
from bot.channels.dingtalk_outcomes import TOKEN_CODES, code_of, outcome_of
from bot.channels.http import JSON, Http
from bot.channels.pace import Pace
from bot.channels.token import AccessToken, Fetched
from bot.retry import Again, Answer, Busy, Outcome, Sent
from storage.database import Database, DatabaseError, Unavailable
from storage.usage import Counted, Usage

CALLS_A_SECOND = 18  # the platform takes 20 of one app and interface
TOKEN_SECONDS = 7200
NO_ADDRESS = "平台给出的文件地址读不懂"
TOKENLESS = "平台没有给出 accessToken"

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Credentials:
    """Who asks, and where."""

    channel: str
    client_id: str
    client_secret: SecretStr
    api_base: str
    oapi_base: str


class DingtalkClient:
    """One app's calls. An answer is the JSON object of a success; else what its error means."""

    def __init__(
        self, own: Credentials, http: Http, database: Database, now: Callable[[], datetime]
    ) -> None:
        self._own = own
        self._http = http
        self._database = database
        self._now = now
        self._pace = Pace(CALLS_A_SECOND)
        self._counted: Counter[Counted] = Counter()
        self._counting = asyncio.Lock()
        name = f"dingtalk:{own.client_id}"
        self._token = AccessToken(name, self._fetched, database, now)

    @property
    def is_encrypted(self) -> bool:
        """Whether the platform is spoken to over TLS, as everywhere but in a rehearsal."""
        return self._own.api_base.startswith("https://")

    async def api(
        self, path: str, body: dict[str, Any], *, of_group: bool = False, is_free: bool = False
    ) -> dict[str, Any] | Outcome:
        """A call of the new interface; unless it `is_free` counted towards the month's quota."""
        answer = await self._called(
            lambda token: self._http.ask(
                "POST",
                URL(f"{self._own.api_base}{path}"),
                data=encoded(body),
                headers={**JSON, "x-acs-dingtalk-access-token": token},
            )
        )
        told = _told(answer, of_group=of_group)
        if not is_free and not isinstance(told, Busy):  # what was throttled is not counted
            await self.count(Counted.CALLS)
        return told

    async def oapi(
        self, path: str, options: Callable[[], dict[str, Any]], **query: str
    ) -> dict[str, Any] | Outcome:
        """A call of the old interface, none of which is counted; `options` are made anew for each try."""

        def ask(token: str) -> Any:
            url = URL(f"{self._own.oapi_base}{path}").with_query(access_token=token, **query)
            return self._http.ask("POST", url, **options())

        return _told(await self._called(ask))

    async def webhook(self, url: URL, body: dict[str, Any]) -> Outcome:
        """A message to an address that needs no token; counted among the pushes."""
        answer = await self._http.ask("POST", url, data=encoded(body), headers=JSON)
        await self.count(Counted.PUSHES)
        return answer if isinstance(answer, Again) else outcome_of(answer)

    async def load(self, address: str) -> bytes | Outcome:
        """A file at an address that the platform signed, to be used as it is; no call of the app's."""
        try:
            url = URL(address, encoded=True)
        except ValueError:
            return Again(NO_ADDRESS)
        return await self._http.load(url)

    async def count(self, kind: Counted) -> None:
        """One more of what the platform counts by the month; those of one moment in one commit."""
        self._counted[kind] += 1
        async with self._counting:
            counted, self._counted = self._counted, Counter()
            try:
                await self._keep(counted)
            except (*Unavailable, DatabaseError) as error:  # what was sent stays sent
                self._counted.update(counted)
                log.warning("not_counted", channel=self._own.channel, error=type(error).__name__)

    async def _keep(self, counted: Counter[Counted]) -> None:
        if counted:
            async with self._database.unit() as unit:
                for one, amount in counted.items():
                    await Usage(unit).add(self._own.channel, one, self._now(), amount)

    async def open_link(self, body: dict[str, Any]) -> dict[str, Any] | Outcome:
        """Registration of a Stream link: with the app's own secret in place of a token."""
        secret = self._own.client_secret.get_secret_value()
        body = {"clientId": self._own.client_id, "clientSecret": secret, **body}
        url = URL(f"{self._own.api_base}/v1.0/gateway/connections/open")
        return _told(await self._http.ask("POST", url, data=encoded(body), headers=JSON))

    async def _called(self, ask: Callable[[str], Any]) -> Answer | Outcome:
        """With the token; one that the platform no longer takes is renewed, once."""
        token = await self._token.get()
        if not isinstance(token, str):
            return token
        await self._pace.turn()
        answer: Answer | Again = await ask(token)
        if isinstance(answer, Again) or code_of(answer) not in TOKEN_CODES:
            return answer
        token = await self._token.get(rejected=token)
        if not isinstance(token, str):
            return token
        await self._pace.turn()
        return cast("Answer | Again", await ask(token))

    async def _fetched(self) -> Fetched | Outcome:
        """A new token, or why there is none; outside the quota."""
        own = self._own
        body = {"appKey": own.client_id, "appSecret": own.client_secret.get_secret_value()}
        url = URL(f"{own.api_base}/v1.0/oauth2/accessToken")
        answer = await self._http.ask("POST", url, data=encoded(body), headers=JSON)
        found = _told(answer)
        if isinstance(found, Again):
            return Again(found.reason)  # nothing was sent yet, so nothing is uncertain
        if not isinstance(found, dict):
            return found
        value, seconds = found.get("accessToken"), found.get("expireIn", TOKEN_SECONDS)
        if not isinstance(value, str) or not value or not isinstance(seconds, int):
            return Again(TOKENLESS)
        return Fetched(value, timedelta(seconds=seconds))


def _told(answer: Answer | Outcome, *, of_group: bool = False) -> dict[str, Any] | Outcome:
    """The object of a success, or what went wrong."""
    if not isinstance(answer, Answer):
        return answer
    outcome = outcome_of(answer, of_group=of_group)
    return (answer.body or {}) if isinstance(outcome, Sent) else outcome

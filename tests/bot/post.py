"""An outbox, its delivery, and the fake platform at the other end of real HTTP."""

from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from aiohttp.test_utils import TestServer
from pydantic import SecretStr

from bot.channels.base import Sender
from bot.channels.groups import Groups
from bot.channels.http import Http
from bot.channels.wecom_api import Account, WecomApi, WecomWebhook
from bot.delivery import Delivery
from bot.web.platform import FakePlatform
from storage import tables
from storage.database import Database
from tests.fakes import RULES, SCOPE, FakeClock, Rehearsal

CORP, SECRET, AGENT = "wwtest", "the-app-secret", 1000002
GROUP, KEY = "流动党员群", "the-webhook-key"


def no_chance() -> float:
    """Retries come after exactly the doubled time."""
    return 0.0


@dataclass
class Post:
    """Everything between a queued message and the member's screen."""

    house: Rehearsal
    fake: FakePlatform
    http: Http
    base: str
    clock: FakeClock
    senders: dict[str, Sender] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """One app and one group, as the settings would name them."""
        webhook = f"{self.base}/cgi-bin/webhook/send?key={KEY}"
        self.senders = {
            SCOPE: self.api(self.house.database),
            "group": Groups({GROUP: WecomWebhook(webhook, self.http)}),
        }
        self.delivery = self.another(self.house.database)

    def api(self, database: Database, **account: Any) -> WecomApi:
        """A client for the app over this database."""
        given = {"corp_id": CORP, "agent_id": AGENT, "api_base": self.base, **account}
        secret = SecretStr(given.pop("secret", SECRET))
        return WecomApi(Account(secret=secret, **given), self.http, database, self.clock.now)

    def another(
        self,
        database: Database,
        senders: Mapping[str, Sender] | None = None,
        now: Callable[[], datetime] | None = None,
    ) -> Delivery:
        """A delivery as another process would have it."""
        return Delivery(
            database, senders or self.senders, now or self.clock.now, no_chance, RULES.night_ends
        )

    async def queue(self, recipient: str, text: str, channel: str = SCOPE, **options: Any) -> int:
        """Queue one message in a commit of its own."""
        async with self.house.store() as store:
            return await store.outbox.send(channel, recipient, text, self.clock.now(), **options)

    async def rows(self) -> list[dict[str, Any]]:
        """The outbox in the order of its numbers."""
        found = await self.house.rows(tables.outbox)
        return sorted(found, key=lambda row: int(row["id"]))

    async def states(self) -> list[str]:
        """The state of every message."""
        return [row["state"] for row in await self.rows()]

    async def deliver(self) -> int:
        """Send what is due now."""
        return await self.delivery.deliver_once()


@asynccontextmanager
async def posting(house: Rehearsal, **fake: Any) -> AsyncIterator[Post]:
    """The fake platform served on loopback, and a delivery that talks to it."""
    options = {"secrets": {CORP: SECRET}, **fake}
    platform = FakePlatform(house.clock.now, **options)
    async with TestServer(platform.application()) as server, Http() as http:
        yield Post(house, platform, http, str(server.make_url("")).rstrip("/"), house.clock)

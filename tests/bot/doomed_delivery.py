"""A process that delivers until it is killed: `python -m tests.bot.doomed_delivery URL BASE`."""

import asyncio
import sys

from pydantic import SecretStr

from bot.channels.http import Http
from bot.channels.wecom_api import Account, WecomApi
from bot.delivery import Delivery
from storage.database import Database
from storage.encryption import Keyring
from tests.bot.post import AGENT, CORP, SECRET
from tests.fakes import KEY, SCOPE, FakeClock


async def deliver(url: str, base: str) -> None:
    """Over the database at this URL, to the platform at this address."""
    database, clock = Database(url, Keyring([KEY])), FakeClock()
    async with Http() as http:
        account = Account(CORP, AGENT, SecretStr(SECRET), base)
        api = WecomApi(account, http, database, clock.now)
        await Delivery(database, {SCOPE: api}, clock.now).run()


if __name__ == "__main__":
    asyncio.run(deliver(*sys.argv[1:]))

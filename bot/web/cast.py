"""The numbers of those whom the visitor plays, as the records know them."""

from dataclasses import dataclass

from bot.web.people import FIRST, MEMBER, SECRETARY
from storage.database import Database
from storage.records import Account
from storage.store import Store


@dataclass(frozen=True, slots=True)
class Cast:
    """The first branch, its floating member and its secretary."""

    branch: int
    member: int
    secretary: int


async def cast_of(database: Database, scope: str) -> Cast:
    """Looks them up once; the sample never changes who they are."""
    async with database.reading() as unit:
        store = Store(unit)
        branch = (await store.organisations.branches_under(FIRST))[0]
        accounts = [Account(scope, MEMBER), Account(scope, SECRETARY)]
        await store.members.load_speakers(set(accounts))
        found = [await store.members.speaker(account) for account in accounts]
    member, secretary = (one.id for one in found if one is not None)
    return Cast(branch, member, secretary)

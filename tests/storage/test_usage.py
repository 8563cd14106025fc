"""What the platforms count, and which account was used last, on both engines."""

from datetime import UTC, datetime, timedelta

from storage import tables
from storage.recipients import Recipients
from storage.records import Account
from storage.usage import Counted, month_of
from tests.fakes import MONDAY, SCOPE, Rehearsal

OTHER = "pigeon"


async def test_a_month_adds_up(talk_on: Rehearsal) -> None:
    """By channel, kind and the platform's month."""
    for at in (MONDAY, MONDAY, MONDAY + timedelta(days=31)):
        async with talk_on.store() as store:
            await store.usage.add("dingtalk.main", Counted.CALLS, at, 2)
            await store.usage.add("dingtalk.main", Counted.PUSHES, at)
            await store.usage.add("dingtalk.main", Counted.PUSHES, at)
    async with talk_on.store() as store:
        found = await store.usage.of(MONDAY)
    assert found == {"dingtalk.main": {Counted.CALLS: 4, Counted.PUSHES: 4}}


def test_a_month_ends_where_the_platform_is() -> None:
    """Midnight in Shanghai, whatever the zone of the organisation."""
    assert month_of(datetime(2026, 10, 31, 15, 59, tzinfo=UTC)) == "2026-10"
    assert month_of(datetime(2026, 10, 31, 16, 0, tzinfo=UTC)) == "2026-11"


async def two_accounts(talk: Rehearsal) -> int:
    """Somebody with an account in each of two scopes, bound at the same moment."""
    number = await talk.member("张三")
    async with talk.store() as store:
        await store.members.bind(Account(OTHER, "zs"), number, talk.clock.now())
    return number


async def reached_in(talk: Rehearsal, number: int) -> str | None:
    """Where a member is written to."""
    async with talk.store() as store:
        found = await Recipients(store.unit).people([number])
        account = await store.members.account_of(number)
    assert account is not None
    assert account.scope == found[number].scope
    return found[number].scope


async def test_the_account_last_used_is_written_to(talk_on: Rehearsal) -> None:
    """There and back again, several in one commit: the last one counts."""
    number = await two_accounts(talk_on)
    both = [Account(SCOPE, "张三"), Account(OTHER, "zs")]
    for order in (both, both[::-1], [both[0], both[1], both[0]]):
        talk_on.clock.forward(minutes=1)
        async with talk_on.store() as store:
            await store.members.load_speakers(both)
            for place, account in enumerate(order):
                at = talk_on.clock.now() + timedelta(microseconds=place)
                store.members.used(account, at)
        assert await reached_in(talk_on, number) == order[-1].scope


async def test_nothing_is_written_where_nothing_changes(talk_on: Rehearsal) -> None:
    """Of one account, and of the one used last already."""
    number = await two_accounts(talk_on)
    await talk_on.member("李四")
    for _ in range(2):
        talk_on.clock.forward(minutes=1)
        for account in (Account(SCOPE, "李四"), Account(OTHER, "zs")):
            async with talk_on.store() as store:
                await store.members.speaker(account)
                store.members.used(account, talk_on.clock.now())
    rows = {row["user"]: row["used_at"] for row in await talk_on.rows(tables.accounts)}
    assert rows["李四"] is None
    assert rows["zs"] == MONDAY + timedelta(minutes=1)
    assert await reached_in(talk_on, number) == OTHER

"""Chains grow without forks, whoever writes at once."""

import asyncio

from storage import tables
from storage.chain import AUDIT
from storage.records import EntryKind
from storage.verify import broken_links
from tests.fakes import FIRST, SECOND, Rehearsal


async def test_units_at_once_extend_a_chain_one_by_one(talk_on: Rehearsal) -> None:
    """However many write at the same time, numbers have no gap or twin and every chain holds."""
    people = {
        FIRST: await talk_on.member("张三"),
        SECOND: await talk_on.member("李四", branch=SECOND),
    }
    today = talk_on.clock.now().date()

    async def enter(place: int) -> None:
        async with talk_on.store() as store:
            branches = [FIRST, SECOND] if place % 2 else [SECOND, FIRST]
            if place % 3 == 0:
                await store.audit.append(talk_on.clock.now(), "operator", "test", str(place))
            for name in branches:
                branch, member = await store.organisations.ensure(name), people[name]
                now, text = talk_on.clock.now(), str(place)
                await store.ledger.append(
                    branch, member, EntryKind.DUES, today, text, by=member, at=now
                )
                await asyncio.sleep(0)
            if place % 3 == 1:
                await store.audit.append(talk_on.clock.now(), "operator", "test", str(place))

    await asyncio.gather(*map(enter, range(12)))
    async with talk_on.database.reading() as unit:
        assert await broken_links(unit) == []
    heads = {row["name"]: row["no"] for row in await talk_on.rows(tables.chains)}
    assert heads == {AUDIT: 8, "ledger:1": 12, "ledger:2": 12, "marks:1": 0, "marks:2": 0}


async def test_a_unit_that_fails_moves_no_head(talk_on: Rehearsal) -> None:
    """After a rollback the next link takes the same number, and the chain holds."""
    for end in (ValueError, None):
        try:
            async with talk_on.store() as store:
                no = await store.audit.append(talk_on.clock.now(), "operator", "test", "x")
                assert no == 1
                await store.finish()
                if end:
                    raise end
        except ValueError:
            continue
    async with talk_on.database.reading() as unit:
        assert await broken_links(unit) == []
    assert len(await talk_on.rows(tables.audit)) == 1

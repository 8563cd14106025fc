"""The ledger: append-only entries and the members' marks on them."""

from datetime import date

from sqlalchemy import select

from storage import tables
from storage.records import EntryKind
from storage.store import Store
from tests.fakes import FIRST, SECOND, Rehearsal

DAY = date(2026, 10, 12)


async def enter(talk: Rehearsal, store: Store, who: str, text: str, *, branch: str = FIRST) -> int:
    """Put an entry about somebody on record; its number."""
    branch_id = await store.organisations.ensure(branch)
    member = talk.members[who]
    return await store.ledger.append(
        branch_id, member, EntryKind.DUES, DAY, text, by=member, at=talk.clock.now()
    )


async def test_entries_are_numbered_per_branch(talk_on: Rehearsal) -> None:
    """Each branch counts for itself, across units."""
    await talk_on.member("张三")
    await talk_on.member("李四", branch=SECOND)
    async with talk_on.store() as store:
        first = [await enter(talk_on, store, "张三", text) for text in ("一", "二")]
    async with talk_on.store() as store:
        second = await enter(talk_on, store, "李四", "别处", branch=SECOND)
        third = await enter(talk_on, store, "张三", "三")
    assert [*first, third] == [1, 2, 3]
    assert second == 1


async def test_an_entry_carries_the_last_mark_of_its_member(talk_on: Rehearsal) -> None:
    """Pending until somebody speaks; of several marks the last counts, the entry never changes."""
    member = await talk_on.member("张三")
    async with talk_on.store() as store:
        for text in ("一", "二", "三"):
            await enter(talk_on, store, "张三", text)
    before = await talk_on.rows(tables.ledger)
    async with talk_on.store() as store:
        third, second, _first = await store.ledger.of_member(member)
        await store.ledger.mark(second, "disputed", "金额不对", talk_on.clock.now())
        await store.ledger.mark(third, "disputed", "不是我", talk_on.clock.now())
        await store.ledger.mark(third, "confirmed", None, talk_on.clock.now())
        found = await store.ledger.of_member(member)
        assert [one.no for one in await store.ledger.of_member(member, 2)] == [2]
        assert await store.ledger.of_member(0) == []
        assert len(await store.ledger.states()) == 2
    assert [(one.text, one.state) for one in found] == [
        ("三", "confirmed"),
        ("二", "disputed"),
        ("一", "pending"),
    ]
    assert await talk_on.rows(tables.ledger) == before


async def test_what_is_written_of_a_member_lies_sealed(talk_on: Rehearsal) -> None:
    """Entry texts and reasons of disputes are boxes in the table."""
    member = await talk_on.member("张三")
    async with talk_on.store() as store:
        await enter(talk_on, store, "张三", "交纳 10月 党费")
        entry = (await store.ledger.of_member(member))[0]
        await store.ledger.mark(entry, "disputed", "金额不对", talk_on.clock.now())
        stored = await store.unit.fetch(select(tables.ledger.c.text))
        stored += await store.unit.fetch(select(tables.ledger_marks.c.reason))
    assert all(isinstance(value, bytes) for row in stored for value in row.values())
    assert (await talk_on.rows(tables.ledger_marks))[0]["reason"] == "金额不对"

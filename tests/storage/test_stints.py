"""Stints: one period away at a time."""

from datetime import date

from storage import tables
from storage.store import Store
from tests.fakes import FIRST, Rehearsal
from tests.storage.expect import refused


async def leave(talk: Rehearsal, store: Store, left_on: date) -> int:
    """Let 张三 go to 苏州; the stint's number."""
    branch = await store.organisations.ensure(FIRST)
    details = {"province": "江苏省", "city": "苏州市", "district": "虎丘区", "reason": "打工"}
    return await store.stints.leave(
        talk.members["张三"], branch, left_on, talk.clock.now(), workplace="某厂", **details
    )


async def test_a_member_is_away_once_at_a_time(talk_on: Rehearsal) -> None:
    """A second open stint is refused by the database."""
    member = await talk_on.member("张三")
    async with talk_on.store() as store:
        number = await leave(talk_on, store, date(2026, 9, 1))
        found = await store.stints.current(member)
    assert found is not None
    assert (found.id, found.district, found.left_on) == (number, "虎丘区", date(2026, 9, 1))
    await refused(talk_on, lambda store: leave(talk_on, store, date(2026, 10, 1)))


async def test_after_coming_back_one_may_leave_again(talk_on: Rehearsal) -> None:
    """Closed stints are history, newest first; a withdrawn one never was."""
    member = await talk_on.member("张三")
    async with talk_on.store() as store:
        first = await leave(talk_on, store, date(2026, 3, 1))
        await store.stints.change(first, certificate="流 0001")
        await store.stints.come_back(first, date(2026, 6, 1))
        assert await store.stints.current(member) is None
        wrong = await leave(talk_on, store, date(2026, 7, 1))
        await store.stints.withdraw(wrong, talk_on.clock.now())
        assert await store.stints.current(member) is None
        second = await leave(talk_on, store, date(2026, 9, 1))
        found = await store.stints.of_member(member)
    assert [(one.id, one.back_on) for one in found] == [(second, None), (first, date(2026, 6, 1))]
    rows = await talk_on.rows(tables.stints, tables.stints.c.id == first)
    assert (rows[0]["certificate"], rows[0]["workplace"]) == ("流 0001", "某厂")

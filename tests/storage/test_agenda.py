"""What is ahead and over, and activities that move, are called off and make room."""

from datetime import timedelta

from storage import tables
from storage.store import Store
from tests.fakes import FIRST, MONDAY, SECOND, Rehearsal, on

FIFTH, EIGHTH = on(2026, 11, 5), on(2026, 11, 8)


async def moved(store: Store, activity_id: int, to: int) -> int:
    """Move an activity to another day of November."""
    row = await store.agenda.row(activity_id)
    await store.activities.change(activity_id, cancelled_at=MONDAY, cause="下雪")
    same = ("branch_id", "topic", "place", "categories", "mode", "audience", "code", "content")
    starts = on(2026, 11, to)
    return await store.agenda.plan(
        **{name: row[name] for name in same},
        starts_at=starts,
        ends_at=starts + timedelta(hours=2),
        moved_from=row["starts_at"],
        cause="下雪",
        created_at=MONDAY,
    )


async def test_what_is_ahead_and_over(talk_on: Rehearsal) -> None:
    """By time, of one branch, without what was called off; codes of what is not over."""
    past = await talk_on.activity("上周", starts=on(2026, 10, 5), code="1111")
    now = await talk_on.activity("现在", code="2222")
    off = await talk_on.activity("取消", starts=EIGHTH)
    soon = await talk_on.activity("下次", starts=FIFTH, code="3333")
    await talk_on.activity("别处", branch=SECOND, starts=FIFTH)
    async with talk_on.store() as store:
        branch, at = await store.organisations.ensure(FIRST), talk_on.clock.now()
        await store.activities.change(off, cancelled_at=at)
        assert [one.id for one in await store.agenda.upcoming(branch, at)] == [soon]
        assert [one.id for one in await store.agenda.over(branch, at)] == [past]
        during = await store.agenda.between(branch, at, at + timedelta(minutes=1))
        assert [one.id for one in during] == [now]
        assert await store.agenda.codes(branch, at) == {"2222", "3333"}


async def test_an_activity_may_move_there_and_back(talk_on: Rehearsal) -> None:
    """What was called off at a moment makes room, and what was moved from it still names it."""
    first = await talk_on.activity("主题党日", starts=FIFTH)
    async with talk_on.store() as store:
        branch = await store.organisations.ensure(FIRST)
        second = await moved(store, first, 8)
        assert await store.agenda.was_moved(branch, FIFTH)
        third = await moved(store, second, 5)
        assert not await store.agenda.was_moved(branch, FIFTH)
        assert [one.id for one in await store.agenda.upcoming(branch, MONDAY)] == [third]
    rows = {row["id"]: row for row in await talk_on.rows(tables.activities)}
    assert rows[first]["starts_at"] == FIFTH + timedelta(seconds=1) == rows[second]["moved_from"]
    assert (rows[third]["starts_at"], rows[third]["moved_from"]) == (FIFTH, EIGHTH)


async def test_what_is_withdrawn_was_never_moved(talk_on: Rehearsal) -> None:
    """Its row stays as history, and hides nothing that happens to the one it came from."""
    first = await talk_on.activity("主题党日", starts=FIFTH)
    zhang = await talk_on.member("张三")
    async with talk_on.store() as store:
        branch = await store.organisations.ensure(FIRST)
        second = await moved(store, first, 8)
        assert not await store.agenda.is_touched(second)
        assert not await store.agenda.is_told(second, ("invitation",))
        await store.agenda.withdraw(second, MONDAY, "撤销改期")
        assert not await store.agenda.was_moved(branch, FIFTH)
    async with talk_on.store() as store:
        await store.responses.answer(second, zhang, "coming", MONDAY)
        assert await store.agenda.is_touched(second)

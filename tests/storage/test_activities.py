"""Activities, attendance and leaves."""

from datetime import timedelta

import pytest

from storage import tables
from storage.records import Attendance, Presence, State
from storage.store import Store
from tests.fakes import FIRST, SECOND, Rehearsal, on
from tests.storage.expect import refused, statements

NINE = on(2026, 10, 12)


async def test_activities_are_found_around_a_moment(talk_on: Rehearsal) -> None:
    """A day before to a day after, of the branches asked for, by time."""
    late = await talk_on.activity("晚", starts=on(2026, 10, 12, 19), code="2222")
    early = await talk_on.activity("早", starts=NINE)
    await talk_on.activity("上周", starts=on(2026, 10, 5))
    await talk_on.activity("下周", starts=on(2026, 10, 19))
    other = await talk_on.activity("别处", branch=SECOND, starts=NINE)
    async with talk_on.store() as store:
        first, second = [await store.organisations.ensure(name) for name in (FIRST, SECOND)]
        assert [one.id for one in await store.activities.around(first, NINE)] == [early, late]
        found = await store.activities.around(second, NINE)
    assert [one.id for one in found] == [other]
    assert found[0].starts_at == NINE
    assert found[0].ends_at - found[0].starts_at == timedelta(hours=2)


async def test_the_next_and_the_latest_skip_the_cancelled(talk_on: Rehearsal) -> None:
    """What comes next has not begun; the latest has; neither is a cancelled one."""
    past = await talk_on.activity("过去", starts=on(2026, 10, 5))
    gone = await talk_on.activity("刚才", starts=NINE)
    soon = await talk_on.activity("取消了", starts=on(2026, 10, 13))
    later = await talk_on.activity("下次", starts=on(2026, 10, 20))
    async with talk_on.store() as store:
        for number in (gone, soon):
            await store.activities.change(number, cancelled_at=talk_on.clock.now())
        branch = await store.organisations.ensure(FIRST)
        coming = await store.activities.next_after(branch, talk_on.clock.now())
        last = await store.activities.latest(branch, talk_on.clock.now())
        assert (await store.activities.get(gone)).cancelled
        assert await store.activities.next_after(branch, on(2026, 10, 20)) is None
    assert coming is not None
    assert last is not None
    assert (coming.id, last.id) == (later, past)


async def test_a_plan_imported_again_finds_its_activity(talk_on: Rehearsal) -> None:
    """A branch has one activity at a time: `at` finds it, adding it again is refused."""
    await talk_on.activity(starts=NINE)
    async with talk_on.store() as store:
        branch = await store.organisations.ensure(FIRST)
        found = await store.activities.at(branch, NINE)
        assert await store.activities.at(branch, NINE + timedelta(minutes=1)) is None
    assert found is not None
    assert found["topic"] == "主题党日"
    changed = {**found, "topic": "又一场"}
    del changed["id"]
    await refused(talk_on, lambda store: store.activities.plan(**changed))


async def test_one_member_has_one_state_in_an_activity(talk_on: Rehearsal) -> None:
    """A second attendance is refused by the database, whoever tries."""
    member, activity = await talk_on.member("张三"), await talk_on.activity()
    found = Attendance(activity, member, Presence.PRESENT, talk_on.clock.now(), 3, 7)
    async with talk_on.store() as store:
        assert await store.activities.attendance_of(activity, member) is None
        store.activities.attend(found, by=member)
        assert await store.activities.attendance_of(activity, member) == found
    async with talk_on.store() as store:
        assert await store.activities.attendance_of(activity, member) == found
        assert await store.activities.attendances(activity) == [found]

    async def again(store: Store) -> None:
        store.activities.attend(found, by=member)

    await refused(talk_on, again)


async def test_an_attendance_taken_back_leaves_room_for_another(talk_on: Rehearsal) -> None:
    """After 撤销 the same member may check in again, with the reason sealed."""
    member, activity = await talk_on.member("张三"), await talk_on.activity()
    found = Attendance(activity, member, Presence.REMOTE, talk_on.clock.now(), 0, 1)
    async with talk_on.store() as store:
        store.activities.attend(found, by=member, reason="学习了新党章")
        await store.activities.unattend(activity, member)
        assert await store.activities.attendance_of(activity, member) is None
        store.activities.attend(found, by=member, reason="体会很深")
    rows = await talk_on.rows(tables.attendance)
    assert [row["reason"] for row in rows] == ["体会很深"]


async def test_a_history_is_newest_first_and_ones_own(talk_on: Rehearsal) -> None:
    """Each attendance comes with its activity."""
    mine, other = await talk_on.member("张三"), await talk_on.member("李四")
    days = [on(2026, 8, 10), on(2026, 9, 10), on(2026, 10, 10)]
    numbers = [await talk_on.activity(f"{day.month}月", starts=day) for day in days]
    async with talk_on.store() as store:
        for member, activities in ((mine, numbers[:2]), (other, numbers[2:])):
            for number in activities:
                found = Attendance(number, member, Presence.PRESENT, talk_on.clock.now(), 0, 1)
                store.activities.attend(found, by=member)
        history = await store.activities.history(mine)
        nobodys = await store.activities.history(0)
    assert [(found.activity_id, one.topic) for found, one in history] == [
        (numbers[1], "9月"),
        (numbers[0], "8月"),
    ]
    assert nobodys == []


async def test_what_many_members_stand_to_is_read_at_once(talk_on: Rehearsal) -> None:
    """Activities, attendance and leaves of several branches come in one statement, absence too."""
    names = ("张三", "李四", "王五")
    members = [await talk_on.member(name) for name in names]
    members.append(await talk_on.member("赵六", branch=SECOND))
    mine, other = await talk_on.activity(), await talk_on.activity(branch=SECOND)
    await talk_on.activity("下个月", starts=on(2026, 11, 12))
    now = talk_on.clock.now()
    present = Attendance(mine, members[0], Presence.PRESENT, now, 0, 1)
    async with talk_on.store() as store:
        store.activities.attend(present, by=members[0])
        await store.activities.ask_leave(mine, members[1], "孩子发烧", now)
        refused_one = await store.activities.ask_leave(mine, members[2], "加班", now)
        await store.activities.decide_leave(refused_one, State.REFUSED)
    async with talk_on.store() as store:
        speakers = [await store.members.get(number) for number in members]
        await store.activities.load_around(speakers, now)
        async with statements(talk_on.database) as said:
            found = [await store.activities.attendance_of(mine, number) for number in members[:3]]
            leaves = [await store.activities.leave_of(mine, number) for number in members[:3]]
            around = [await store.activities.around(one.branch_id, now) for one in speakers]
        assert said == []
    assert found == [present, None, None]
    assert [one.reason if one else None for one in leaves] == [None, "孩子发烧", None]
    assert [[one.id for one in each] for each in around] == [[mine]] * 3 + [[other]]


async def test_a_branch_without_activities_is_known_to_have_none(talk_on: Rehearsal) -> None:
    """Nothing around is an answer too, and nothing is read again for it."""
    number = await talk_on.member("张三")
    async with talk_on.store() as store:
        member = await store.members.get(number)
        await store.activities.load_around([member], talk_on.clock.now())
        async with statements(talk_on.database) as said:
            assert await store.activities.around(member.branch_id, talk_on.clock.now()) == []
        assert said == []


@pytest.mark.parametrize("state", [State.PENDING, State.APPROVED])
async def test_one_leave_stands_for_a_member_and_an_activity(
    talk_on: Rehearsal, state: State
) -> None:
    """While a leave waits or is granted, another is refused."""
    member, activity = await talk_on.member("张三"), await talk_on.activity()
    now = talk_on.clock.now()
    async with talk_on.store() as store:
        number = await store.activities.ask_leave(activity, member, "孩子发烧", now)
        await store.activities.decide_leave(number, state)
        found = await store.activities.leave_of(activity, member)
        standing = await store.activities.leaves_from(activity)
    assert found is not None
    assert (found.id, found.reason, found.state) == (number, "孩子发烧", state)
    assert standing == [found]
    await refused(talk_on, lambda store: store.activities.ask_leave(activity, member, "又请", now))


@pytest.mark.parametrize("state", [State.REFUSED, State.WITHDRAWN])
async def test_a_leave_that_is_over_may_be_asked_anew(talk_on: Rehearsal, state: State) -> None:
    """Refused and withdrawn leaves stay as history and stand in nobody's way."""
    member, activity = await talk_on.member("张三"), await talk_on.activity()
    now = talk_on.clock.now()
    async with talk_on.store() as store:
        first = await store.activities.ask_leave(activity, member, "加班", now)
        await store.activities.decide_leave(first, state)
        assert await store.activities.leave_of(activity, member) is None
        second = await store.activities.ask_leave(activity, member, "住院", now)
        found = await store.activities.leave_of(activity, member)
        assert (await store.activities.leave(first)).state is state
    assert found is not None
    assert (found.id, found.reason) == (second, "住院")

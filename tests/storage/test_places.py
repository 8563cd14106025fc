"""Where members are."""

from datetime import date

from storage import tables
from storage.store import Store
from tests.fakes import FIRST, Rehearsal


async def report(talk: Rehearsal, store: Store, who: str, district: str) -> int:
    """Let somebody be in a district of 苏州; the report's number."""
    branch = await store.organisations.ensure(FIRST)
    return await store.places.report(
        talk.members[who],
        branch,
        province="江苏省",
        city="苏州市",
        district=district,
        code="320571",
        source="words",
        on=date(2026, 10, 12),
        at=talk.clock.now(),
    )


async def test_the_newest_place_comes_first(talk_on: Rehearsal) -> None:
    """A member's places, newest first; others' do not show."""
    member = await talk_on.member("张三")
    await talk_on.member("李四")
    async with talk_on.store() as store:
        for who, district in (("张三", "昆山市"), ("李四", "吴江区"), ("张三", "虎丘区")):
            await report(talk_on, store, who, district)
        found = await store.places.of_member(member)
    assert [row["district"] for row in found] == ["虎丘区", "昆山市"]
    assert found[0]["reported_on"] == date(2026, 10, 12)


async def test_a_place_taken_back_stays_as_history(talk_on: Rehearsal) -> None:
    """It is no longer in force, but its row is there."""
    member = await talk_on.member("张三")
    async with talk_on.store() as store:
        number = await report(talk_on, store, "张三", "昆山市")
        await store.places.withdraw(number, talk_on.clock.now())
        assert await store.places.of_member(member) == []
    row = (await talk_on.rows(tables.places))[0]
    assert (row["district"], row["withdrawn_at"]) == ("昆山市", talk_on.clock.now())

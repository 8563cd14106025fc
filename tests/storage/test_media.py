"""What members sent: waiting, leased, kept sealed or given up, over each engine."""

from datetime import timedelta

import pytest

from storage import tables
from storage.database import Database
from storage.encryption import Keyring
from storage.media import Fetched, Media, Medium, Pending, State
from storage.store import Store
from tests.fakes import FIRST, KEY, SCOPE, Rehearsal
from tests.storage.expect import statements

LEASE = timedelta(minutes=3)
BYTES = bytes(range(256))
APP = "wecom.main"


async def noted(talk: Rehearsal, code: str = "code-1", channel: str = APP) -> int:
    """One picture of 张三's."""
    async with talk.store() as store:
        return await store.media.keep(
            channel,
            talk.members["张三"],
            kind="image",
            code=code,
            at=talk.clock.now(),
            ending="png",
        )


async def leased(talk: Rehearsal, limit: int = 4, resting: tuple[str, ...] = ()) -> list[Pending]:
    """What is due now."""
    async with talk.store() as store:
        return await store.media.pending(talk.clock.now(), LEASE, limit, resting)


async def settled(talk: Rehearsal, number: int, state: State, content: bytes = b"") -> None:
    """A try came to this."""
    later = talk.clock.now() + timedelta(hours=1)
    async with talk.store() as store:
        error = "没有了" * 200 if state is not State.KEPT else None
        await store.media.settle([Fetched(number, state, 1, later, content, "jpg", error)])


@pytest.fixture
async def house(talk_on: Rehearsal) -> Rehearsal:
    """With 张三."""
    await talk_on.member("张三")
    return talk_on


async def test_what_waits_is_given_to_one_at_a_time(house: Rehearsal) -> None:
    """Oldest first, so many at most; again when the lease is over, with the try counted."""
    for code in ("a", "b", "c"):
        await noted(house, code)
        house.clock.forward(seconds=1)
    assert [one.code for one in await leased(house, 2)] == ["a", "b"]
    assert [one.code for one in await leased(house)] == ["c"]
    assert await leased(house) == []
    house.clock.forward(minutes=4)
    again = await leased(house)
    assert [(one.code, one.attempts) for one in again] == [("a", 2), ("b", 2), ("c", 2)]
    assert {(one.channel, one.ending) for one in again} == {(APP, "png")}


async def test_a_resting_channel_is_left_alone(house: Rehearsal) -> None:
    """Neither given nor said to wait."""
    await noted(house)
    await noted(house, channel="dingtalk.main")
    now = house.clock.now()
    assert [one.channel for one in await leased(house, resting=(APP,))] == ["dingtalk.main"]
    async with house.database.reading() as unit:
        assert await Media(unit).waits(now)
        assert not await Media(unit).waits(now, [APP])


async def test_content_is_kept_sealed(house: Rehearsal) -> None:
    """Bytes come back as they were; neither they nor the code lie open, and the code is dropped."""
    number = await noted(house, "the-platforms-code")
    async with house.database.reading() as unit:
        (stored,) = await unit.fetch(tables.media.select())
    assert b"the-platforms-code" not in stored["code"]
    await settled(house, number, State.KEPT, BYTES)
    async with house.database.reading() as unit:
        (stored,) = await unit.fetch(tables.media.select())
        assert await Media(unit).contents([number, 99]) == {number: BYTES}
        known = await Media(unit).look([number, 99])
    assert BYTES not in stored["content"]
    assert stored["code"] is None
    assert known == {number: Medium(number, house.members["张三"], "image", State.KEPT, "jpg")}


async def test_what_is_kept_stays(house: Rehearsal) -> None:
    """A slow other process that found nothing changes nothing; the lost is not asked for again."""
    kept, lost = await noted(house), await noted(house)
    await settled(house, kept, State.KEPT, BYTES)
    await settled(house, kept, State.LOST)
    await settled(house, lost, State.LOST)
    house.clock.forward(days=1)
    assert await leased(house) == []
    async with house.database.reading() as unit:
        assert await Media(unit).contents([kept, lost]) == {kept: BYTES}
    errors = {row["id"]: row["error"] for row in await house.rows(tables.media)}
    assert errors == {kept: None, lost: ("没有了" * 200)[:200]}


async def test_what_is_dropped_is_not_fetched(house: Rehearsal) -> None:
    """Not even by who is fetching it now; what is kept stays, and so do others'."""
    await house.member("李四")
    kept, waiting = await noted(house), await noted(house)
    await settled(house, kept, State.KEPT, BYTES)
    async with house.store() as store:
        member, at = house.members["李四"], house.clock.now()
        await store.media.keep(APP, member, kind="image", code="other", at=at)
        await store.media.drop(house.members["张三"], "本人已撤回同意")
    await settled(house, waiting, State.KEPT, BYTES)
    assert [one.code for one in await leased(house)] == ["other"]
    async with house.database.reading() as unit:
        assert await Media(unit).contents([kept, waiting]) == {kept: BYTES}


async def test_what_is_put_off_comes_back(house: Rehearsal) -> None:
    """At its time, with its code."""
    number = await noted(house)
    await settled(house, number, State.PENDING)
    assert await leased(house) == []
    house.clock.forward(hours=1)
    assert [one.code for one in await leased(house)] == ["code-1"]


async def test_a_code_that_no_key_opens_is_lost(house: Rehearsal) -> None:
    """And does not hold up the others."""
    number, good = await noted(house), await noted(house, "good")
    other = Database(house.database.url, Keyring([b"n" * 32, KEY]))
    async with other.unit() as unit:
        await unit.change(tables.media, {"id": number}, code="sealed with the other key")
    await other.close()
    assert [one.id for one in await leased(house)] == [good]
    async with house.database.reading() as unit:
        assert (await Media(unit).look([number]))[number].state is State.LOST


async def test_a_letter_takes_its_content_when_it_is_sent(house: Rehearsal) -> None:
    """The outbox holds the name and the number alone, however often it is asked for."""
    number = await noted(house)
    await settled(house, number, State.KEPT, BYTES)
    now = house.clock.now()
    async with house.store() as store:
        file = ("张三.jpg", b"")
        await store.outbox.send(SCOPE, "李红梅", "", now, kind="image", file=file, media_id=number)
        (letter,) = await store.outbox.claim(now, now + LEASE, 1)
    assert (letter.file, letter.media_id) == (file, number)
    async with house.database.reading() as unit:
        assert (await Media(unit).filled(letter)).file == ("张三.jpg", BYTES)


async def test_nothing_is_scanned(talk: Rehearsal) -> None:
    """However much was ever sent, what waits and what belongs to whom is found by an index."""
    await talk.member("张三", branch=FIRST)
    now = talk.clock.now()
    async with statements(talk.database) as said:
        number = await noted(talk)
        async with talk.database.reading() as unit:
            await Media(unit).waits(now)
        await leased(talk)
        await settled(talk, number, State.KEPT, BYTES)
        async with talk.store() as store:
            await used(store, number, talk.members["张三"])
    asked = [one for one in said if " media" in one[0] and not one[0].startswith("INSERT")]
    assert len(asked) >= 6
    async with talk.database.writer.connect() as connection:
        for sql, given in asked:
            plan = await connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {sql}", given)
            assert not [row[3] for row in plan if row[3].startswith("SCAN media")], sql


async def used(store: Store, number: int, member_id: int) -> None:
    """Every other question."""
    assert await store.media.look([number])
    assert await store.media.contents([number])
    assert await store.media.count_of(member_id) == 1
    await store.media.drop(member_id, "x")

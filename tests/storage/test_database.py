"""Units of work: numbering, times, rollback, and what SQLite is really told."""

import asyncio
import sqlite3
from datetime import UTC, datetime, timedelta, timezone

import pytest
from sqlalchemy import func, select
from sqlalchemy.exc import OperationalError, StatementError

from storage import tables
from storage.database import Database, NotPrepared, Unit
from storage.encryption import Keyring
from storage.store import Store
from tests.fakes import KEY, MONDAY, SCOPE, Rehearsal


class Stopped(Exception):
    """Ends a unit on purpose."""


async def send(talk: Rehearsal, text: str, *, fail: bool = False) -> int:
    """Queue a message in a unit of its own; its number. Raises Stopped when it is to fail."""
    async with talk.store() as store:
        number = await store.outbox.send(SCOPE, "zhangsan", text, talk.clock.now())
        await asyncio.sleep(0)
        await store.unit.flush()
        if fail:
            raise Stopped
    return number


async def test_numbers_have_no_gaps_and_no_twins(talk_on: Rehearsal) -> None:
    """Units that run at once number their rows 1, 2, 3 … whoever comes first, failed ones included."""
    tries = [send(talk_on, str(place), fail=place % 5 == 0) for place in range(40)]
    given = await asyncio.gather(*tries, return_exceptions=True)
    numbers = [one for one in given if isinstance(one, int)]
    assert len(numbers) == 32
    assert sorted(numbers) == list(range(1, 33))
    assert sorted(row["id"] for row in await talk_on.rows(tables.outbox)) == sorted(numbers)


async def test_a_waiting_unit_counts_on_from_what_was_committed(talk_on: Rehearsal) -> None:
    """A second unit gets its number after the first one has committed, not before."""
    holding, order = asyncio.Event(), []

    async def first() -> None:
        async with talk_on.store() as store:
            await store.outbox.send(SCOPE, "a", "一", talk_on.clock.now())
            await store.unit.flush()
            holding.set()
            await asyncio.sleep(0.05)
            order.append("first")

    async def second() -> None:
        await holding.wait()
        async with talk_on.store() as store:
            number = await store.outbox.send(SCOPE, "b", "二", talk_on.clock.now())
            order.append(number)

    await asyncio.gather(first(), second())
    assert order == ["first", 2]


@pytest.mark.parametrize(
    "moment",
    [
        MONDAY,
        datetime(2026, 2, 28, 23, 59, 59, 999999, tzinfo=UTC),
        datetime(2026, 1, 1, tzinfo=timezone(timedelta(hours=-11, minutes=-30))),
        datetime(1921, 7, 23, tzinfo=UTC),
    ],
)
async def test_times_come_back_in_utc(talk_on: Rehearsal, moment: datetime) -> None:
    """An instant given in any zone is the same instant afterwards, in UTC, to the microsecond."""
    async with talk_on.store() as store:
        await store.audit.append(moment, "operator", "test", "time")
    found = (await talk_on.rows(tables.audit))[0]["at"]
    assert found == moment
    assert found.utcoffset() == timedelta()


async def test_times_are_compared_as_instants(talk_on: Rehearsal) -> None:
    """A condition in the organisation's zone finds what was stored in UTC."""
    await talk_on.activity(starts=MONDAY)
    starts = tables.activities.c.starts_at
    assert await talk_on.rows(tables.activities, starts == MONDAY)
    assert not await talk_on.rows(tables.activities, starts < MONDAY)
    later = (MONDAY + timedelta(seconds=1)).astimezone(UTC)
    assert await talk_on.rows(tables.activities, starts < later)


async def test_naive_times_are_refused(talk_on: Rehearsal) -> None:
    """A time without a zone is a mistake, on the way in and in a condition."""
    naive = MONDAY.replace(tzinfo=None)
    with pytest.raises(StatementError, match="naive"):
        await talk_on.rows(tables.activities, tables.activities.c.starts_at < naive)
    async with talk_on.database.unit() as unit:
        unit.add(tables.audit, no=1, at=naive, actor="", action="", object="", hash="")
        with pytest.raises(ValueError, match="naive"):
            await unit.flush()


async def test_a_column_that_does_not_exist_is_refused(talk_on: Rehearsal) -> None:
    """A misspelt column is an error at once, not a value lost."""
    async with talk_on.database.unit() as unit:
        with pytest.raises(TypeError, match=r"audit has no column.*actr"):
            unit.add(tables.audit, no=1, actr="")


async def test_a_unit_that_fails_leaves_nothing(talk_on: Rehearsal) -> None:
    """Flushed rows, changes, numbers and chain heads all go with it."""
    number = await talk_on.member("张三")
    everything = [table for table in tables.metadata.sorted_tables if table is not tables.secrets]
    before = [await talk_on.rows(table) for table in everything]

    async def change_much(store: Store) -> None:
        await store.organisations.ensure("别处党支部")
        await store.members.change(number, "改名", "13700000000", note="x")
        await store.audit.append(talk_on.clock.now(), "operator", "test", "x")
        await store.members.use_invitations(number)
        await store.finish()
        raise Stopped

    with pytest.raises(Stopped):
        async with talk_on.store() as store:
            await change_much(store)
    assert [await talk_on.rows(table) for table in everything] == before
    async with talk_on.store() as store:
        assert await store.organisations.ensure("又一支部") == 2


async def test_a_unit_reads_what_it_wrote(talk_on: Rehearsal) -> None:
    """Rows that wait for the bulk insert are sent before any reading of the same unit."""
    async with talk_on.database.unit() as unit:
        unit.add(tables.organisations, id=1, name="一")
        unit.add(tables.organisations, id=2, name="二", parent_id=1)
        counted = await unit.fetch(
            select(func.count().label("n")).select_from(tables.organisations)
        )
        assert counted == [{"n": 2}]
        assert await unit.change(tables.organisations, {"id": 2}, name="两") == 1
        assert await unit.change(tables.organisations, {"id": 3}, name="三") == 0
        rows = [{"id": 1, "name": "甲"}, {"id": 2, "name": "乙"}]
        await unit.change_many(tables.organisations, ("id",), rows)
        await unit.change_many(tables.organisations, ("id",), [])
        found = await unit.select(tables.organisations, order=(tables.organisations.c.id.desc(),))
    assert [(row["name"], row["parent_id"]) for row in found] == [("乙", 1), ("甲", None)]


async def test_a_look_is_consistent(talk_on: Rehearsal) -> None:
    """What is committed while somebody reads does not show halfway through."""
    async with talk_on.database.reading() as unit:
        before = await unit.select(tables.organisations)
        await talk_on.member("张三")
        assert await unit.select(tables.organisations) == before == []
        assert await unit.select(tables.members) == []
    assert len(await talk_on.rows(tables.members)) == 1


async def test_a_database_without_secrets_says_what_to_do(empty_url: str) -> None:
    """Tables alone are no prepared database."""
    database = Database(empty_url, Keyring([KEY]))
    async with database.writer.begin() as connection:
        await connection.run_sync(tables.metadata.create_all)

    async def open_unit() -> None:
        async with database.unit():
            pass

    with pytest.raises(NotPrepared, match="shuanglian migrate"):
        await open_unit()
    await database.close()


async def pragma(unit: Unit, name: str) -> object:
    """What SQLite says of one of its settings."""
    result = await unit.connection.exec_driver_sql(f"PRAGMA {name}")
    return result.scalar_one()


async def test_sqlite_is_told_to_be_safe(talk: Rehearsal) -> None:
    """The writer syncs every commit, holds references, waits for locks; the reader cannot write."""
    async with talk.database.unit() as unit:
        in_force = {
            name: await pragma(unit, name)
            for name in ("journal_mode", "synchronous", "foreign_keys", "busy_timeout")
        }
    assert in_force == {
        "journal_mode": "wal",
        "synchronous": 2,
        "foreign_keys": 1,
        "busy_timeout": 5000,
    }
    async with talk.database.reading() as unit:
        assert await pragma(unit, "query_only") == 1
        assert await pragma(unit, "busy_timeout") == 5000
        unit.add(tables.organisations, id=1, name="一")
        with pytest.raises(OperationalError, match="readonly"):
            await unit.flush()


async def test_sqlite_locks_for_writing_from_the_start(talk: Rehearsal) -> None:
    """A unit holds the write lock before its first statement, so that it never fails halfway."""
    file = talk.database.url.removeprefix("sqlite+aiosqlite:///")
    other = sqlite3.connect(file, timeout=0, isolation_level=None)
    async with talk.database.unit():
        with pytest.raises(sqlite3.OperationalError, match="locked"):
            other.execute("BEGIN IMMEDIATE")
        assert other.execute("SELECT count(*) FROM members").fetchone() == (0,)
    other.execute("BEGIN IMMEDIATE")
    other.execute("ROLLBACK")
    other.close()

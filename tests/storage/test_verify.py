"""`shuanglian verify`: whatever is changed, removed, put in or exchanged, it is named."""

import contextlib
from datetime import date, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import Column, Executable, Table, and_, delete, insert, text, update

from storage import tables
from storage.chain import GENESIS, Break
from storage.database import Row, Unit
from storage.verify import broken_links
from tests.fakes import Rehearsal
from tests.storage.busy import busy

CHAINED = {"ledger:1": tables.ledger, "marks:1": tables.ledger_marks, "audit": tables.audit}


class Undo(Exception):
    """Ends a unit so that nothing of it stays."""


@pytest.fixture
async def books(talk_on: Rehearsal) -> Rehearsal:
    """Books with at least four links in every chain, all of which hold."""
    await busy(talk_on)
    async with talk_on.database.reading() as unit:
        assert await broken_links(unit) == []
        for chain, table in CHAINED.items():
            assert len(await links(unit, chain, table)) >= 4
    return talk_on


async def links(unit: Unit, chain: str, table: Table) -> list[Row]:
    """The rows of a chain as they are stored, in order."""
    query = table.select().order_by(table.c.no)
    return await unit.fetch(query if chain == "audit" else query.where(table.c.branch_id == 1))


async def every_chain(books: Rehearsal) -> list[tuple[str, Table, list[Row]]]:
    """Each kind of chain with its table and rows."""
    async with books.database.reading() as unit:
        return [(chain, table, await links(unit, chain, table)) for chain, table in CHAINED.items()]


async def breaks(books: Rehearsal, *tampering: Executable) -> list[Break]:
    """What is found after these statements, which are taken back."""
    found = []
    with contextlib.suppress(Undo):
        async with books.database.unit() as unit:
            for statement in tampering:
                await unit.connection.execute(statement)
            found = await broken_links(unit)
            raise Undo
    return found


def named(found: list[Break]) -> list[tuple[str, int]]:
    """Chains and numbers."""
    return sorted((one.chain, one.no) for one in found)


def the(table: Table, row: Row) -> Any:
    """The condition that finds a row by its primary key."""
    return and_(*(column == row[column.name] for column in table.primary_key.columns))


def others(column: Column[Any], value: Any) -> list[Any]:
    """Values the column might be changed to, as little different as can be."""
    changed: list[Any] = [value + 1 if isinstance(value, int) else 1]
    if column.info.get("sealed"):
        changed = (
            [b"\0" * 40] if value is None else [value[:-1] + bytes([value[-1] ^ 1]), value[:9]]
        )
    elif isinstance(value, datetime):
        changed = [value + timedelta(microseconds=1), value - timedelta(days=365)]
    elif isinstance(value, date):
        changed = [value + timedelta(days=1)]
    elif isinstance(value, str):
        changed = [("0" if value[0] != "0" else "1") + value[1:], value[:-1] + "改", ""]
    elif column.name == "no":
        changed = [1000]
    elif column.foreign_keys:
        changed = [2 if value == 1 else 1]
    return [*changed, None] if column.nullable and value is not None else changed


async def test_every_changed_column_shows(books: Rehearsal) -> None:
    """There is no column of a link that can be changed unseen, in the middle or near the end."""
    for chain, table, rows in await every_chain(books):
        tried = set()
        for row in {2: rows[2], len(rows) - 2: rows[-2]}.values():
            for column in table.columns:
                for value in others(column, row[column.name]):
                    change = update(table).where(the(table, row)).values({column.name: value})
                    found = await breaks(books, change)
                    assert (chain, row["no"]) in named(found), (chain, column.name, value)
                    tried.add(column.name)
        assert tried == set(table.columns.keys())


async def test_a_removed_link_shows(books: Rehearsal) -> None:
    """The first, one in the middle and the last are missed, each by its chain and number."""
    for chain, table, rows in await every_chain(books):
        for row in (rows[0], rows[2], rows[-1]):
            found = await breaks(books, delete(table).where(the(table, row)))
            assert named(found) == [(chain, row["no"])]


async def test_a_removed_chain_shows(books: Rehearsal) -> None:
    """All links gone, the head gone, or both: a branch cannot lose its history unseen."""
    for chain, table, _rows in await every_chain(books):
        removed = delete(table).where(
            table.c.no > 0 if chain == "audit" else table.c.branch_id == 1
        )
        head = delete(tables.chains).where(tables.chains.c.name == chain)
        for tampering in ((removed,), (head,), (removed, head)):
            assert (await breaks(books, *tampering))[0].chain == chain


async def test_a_shortened_chain_with_a_head_that_fits_shows(books: Rehearsal) -> None:
    """The hash of an earlier link stands in the database; the mac of a head upon it does not."""
    for chain, table, rows in await every_chain(books):
        kept = rows[0]
        later = delete(table).where(
            table.c.no > kept["no"],
            *([] if chain == "audit" else [table.c.branch_id == kept["branch_id"]]),
        )
        head = update(tables.chains).where(tables.chains.c.name == chain)
        tampering = (later, head.values(no=kept["no"], hash=kept["hash"]))
        assert named(await breaks(books, *tampering)) == [(chain, kept["no"])]


async def test_a_branch_that_vanished_whole_shows(books: Rehearsal) -> None:
    """Its links and its heads, as if it had never been: the sealed count of chains stands against it."""
    gone = [
        delete(tables.ledger).where(tables.ledger.c.branch_id == 2),
        delete(tables.ledger_marks).where(tables.ledger_marks.c.branch_id == 2),
        delete(tables.chains).where(tables.chains.c.name.in_(("ledger:2", "marks:2"))),
    ]
    assert "chains" in [one.chain for one in await breaks(books, *gone)]


@pytest.mark.parametrize(
    ("column", "value"),
    [
        ("occurred_on", "'2026-99-99'"),
        ("recorded_at", "'x'"),
        ("text", "'plain'"),
        ("kind", "x'00ff'"),
    ],
)
async def test_what_a_column_cannot_hold_is_named(talk: Rehearsal, column: str, value: str) -> None:
    """SQLite keeps what no type would let in: its row is named, and the other chains are looked at."""
    await busy(talk)
    spoilt = text(f"UPDATE ledger SET {column} = {value} WHERE branch_id = 1 AND no = 2")
    other = text("UPDATE ledger SET member_id = 1 WHERE branch_id = 2 AND no = 1")
    assert named(await breaks(talk, spoilt, other)) == [("ledger:1", 2), ("ledger:2", 1)]
    head = text("UPDATE chains SET no = 'abc' WHERE name = 'ledger:1'")
    assert [one.chain for one in await breaks(talk, head)] == ["ledger:1"]


async def test_an_inserted_link_shows(books: Rehearsal) -> None:
    """A link added at the end shows, even when the head is moved on to it."""
    for chain, table, rows in await every_chain(books):
        no = rows[-1]["no"] + 1
        added = insert(table).values({**rows[-1], "no": no})
        head = update(tables.chains).where(tables.chains.c.name == chain)
        for tampering in ((added,), (added, head.values(no=no, hash=rows[-1]["hash"]))):
            assert named(await breaks(books, *tampering)) == [(chain, no)]


async def test_exchanged_links_show(books: Rehearsal) -> None:
    """Two links that change places are named by the first of them."""
    for chain, table, rows in await every_chain(books):
        one, other = rows[1], rows[2]
        exchange = [
            *(delete(table).where(the(table, row)) for row in (one, other)),
            insert(table).values({**one, "no": other["no"]}),
            insert(table).values({**other, "no": one["no"]}),
        ]
        assert named(await breaks(books, *exchange)) == [(chain, one["no"])]


async def test_a_changed_head_shows(books: Rehearsal) -> None:
    """Number or hash of the remembered end, changed or set back to the beginning."""
    no = tables.chains.c.no
    changes = ({"no": no + 1}, {"no": no - 1}, {"hash": "0" * 64}, {"no": 0, "hash": GENESIS})
    for chain in CHAINED:
        head = update(tables.chains).where(tables.chains.c.name == chain)
        for values in changes:
            assert [one.chain for one in await breaks(books, head.values(values))] == [chain]


async def test_a_broken_chain_is_named_once_by_its_first_break(books: Rehearsal) -> None:
    """Of several breaks of each kind in a chain, the one with the lowest number is reported."""
    ledger, audit = tables.ledger, tables.audit
    first = ledger.c.branch_id == 1
    changed = (
        update(ledger).where(first, ledger.c.no.in_((2, 6))).values(occurred_on=date(2020, 1, 1))
    )
    unsealed = update(ledger).where(first, ledger.c.no.in_((4, 5))).values(text=b"\0" * 40)
    removed = delete(ledger).where(first, ledger.c.no == 3)
    lost = delete(audit).where(audit.c.no == 2)
    found = await breaks(books, changed, unsealed, removed, lost)
    assert sorted((one.chain, one.no, one.reason) for one in found) == [
        ("audit", 2, "缺少这一条"),
        ("ledger:1", 2, "内容或次序被改动"),
    ]
    assert named(await breaks(books, unsealed, removed)) == [("ledger:1", 3)]
    assert named(await breaks(books, unsealed)) == [("ledger:1", 4)]


async def test_an_entry_moved_to_another_branch_shows_in_both(books: Rehearsal) -> None:
    """The branch that lost it and the one that got it are both named."""
    ledger = tables.ledger
    last = and_(ledger.c.branch_id == 1, ledger.c.no == 7)
    found = await breaks(books, update(ledger).where(last).values(branch_id=2))
    assert named(found) == [("ledger:1", 7), ("ledger:2", 2)]


async def test_without_the_key_no_hash_holds(books: Rehearsal) -> None:
    """Whoever can write to the database but has no key cannot compute a link."""
    async with books.database.reading() as unit:
        unit.secrets = {**unit.secrets, "chain": b"x" * 32}
        found = await broken_links(unit)
    assert named(found) == [
        (one, 1) for one in ("audit", "ledger:1", "ledger:2", "marks:1", "marks:2")
    ]

"""Engines, dialect differences, and the unit of work: one transaction, bulk writes."""

from collections import defaultdict
from collections.abc import AsyncIterator, Callable, Iterable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

from sqlalchemy import (
    BindParameter,
    ColumnElement,
    CompoundSelect,
    Dialect,
    Select,
    Table,
    Update,
    bindparam,
    func,
    insert,
    make_url,
    select,
    update,
)
from sqlalchemy.exc import InterfaceError, OperationalError, SQLAlchemyError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine
from sqlalchemy.schema import ColumnDefault
from sqlalchemy.sql.dml import ReturningUpdate

from storage import sqlite, tables
from storage.encryption import Keyring

DatabaseError = SQLAlchemyError  # whatever the database said no with
Unavailable = (
    OperationalError,
    InterfaceError,
    PoolTimeout,
    OSError,
)  # it may say yes the next time
Row = dict[str, Any]

WRITER_LOCK = 0x5368756C  # any number no other program on the database uses


def many(name: str) -> BindParameter[Any]:
    """A parameter that takes a collection, so that a query is built once and asked for any batch."""
    return bindparam(name, expanding=True)


class NotPrepared(RuntimeError):
    """The database holds no secrets yet: `shuanglian migrate` has not run."""


class Database:
    """One writer (BEGIN IMMEDIATE on SQLite) and readers beside it."""

    def __init__(self, url: str, keyring: Keyring) -> None:
        self.url = url
        self._keyring = keyring
        self._secrets: dict[str, bytes] = {}
        self.writer = _writer(url)
        self.reader = _reader(url)

    @property
    def file(self) -> Path | None:
        """Where an SQLite database lies; None on a server or in memory."""
        path = make_url(self.url).database
        return Path(path) if self.url.startswith("sqlite") and path and path != ":memory:" else None

    async def close(self) -> None:
        """Give every connection back."""
        await self.writer.dispose()
        await self.reader.dispose()

    @asynccontextmanager
    async def unit(self) -> AsyncIterator["Unit"]:
        """One writing transaction: committed with fsync at the end, rolled back on any error."""
        async with self.writer.begin() as connection:
            await _wait_for_turn(connection)
            unit = Unit(connection, self._keyring, await self._known_secrets(connection))
            yield unit
            await unit.flush()

    @asynccontextmanager
    async def reading(self) -> AsyncIterator["Unit"]:
        """One consistent look that writes nothing."""
        async with self.reader.connect() as connection:
            yield Unit(connection, self._keyring, await self._known_secrets(connection))

    @asynccontextmanager
    async def unprepared(self) -> AsyncIterator["Unit"]:
        """A writing unit on a database that may not have its secrets yet."""
        async with self.writer.begin() as connection:
            unit = Unit(connection, self._keyring, {})
            yield unit
            await unit.flush()

    async def _known_secrets(self, connection: AsyncConnection) -> dict[str, bytes]:
        if not self._secrets:
            rows = await Unit(connection, self._keyring, {}).select(tables.secrets)
            self._secrets = {row["purpose"]: bytes.fromhex(row["value"]) for row in rows}
        if not self._secrets:
            raise NotPrepared("数据库尚未初始化，请先运行 shuanglian migrate")
        return self._secrets


class Unit:
    """One transaction. Inserts wait and go out in bulk; sealed columns are sealed here and only here."""

    def __init__(
        self, connection: AsyncConnection, keyring: Keyring, secrets: Mapping[str, bytes]
    ) -> None:
        self.connection = connection
        self.secrets = secrets
        self._keyring = keyring
        self._pending: dict[Table, list[Row]] = defaultdict(list)
        self._counters: dict[str, int] = {}
        self._counted: set[str] = set()

    def add(self, table: Table, **row: Any) -> None:
        """Insert a row with the next flush; sealed values are given in clear."""
        if not row.keys() <= _COLUMNS[table]:
            raise TypeError(f"{table.name} has no column {sorted(row.keys() - _COLUMNS[table])}")
        self._seal_into(table, row, row)
        self._pending[table].append(row)

    async def change(self, table: Table, key: Mapping[str, Any], **values: Any) -> int:
        """Update the row with this whole primary key; the number of rows changed."""
        await self.flush()
        self._seal_into(table, {**key, **values}, values)
        where = [table.c[name] == value for name, value in key.items()]
        result = await self.connection.execute(update(table).where(*where).values(values))
        return int(result.rowcount)

    async def change_many(self, table: Table, keys: Sequence[str], rows: Sequence[Row]) -> None:
        """Update plain columns of many rows in one round, found by their key columns."""
        if not rows:
            return
        await self.flush()
        renamed = [{(f"key_{k}" if k in keys else k): v for k, v in row.items()} for row in rows]
        statement = _update(table, tuple(keys), tuple(rows[0].keys() - keys))
        await self.connection.execute(statement, renamed)

    async def select(
        self,
        table: Table,
        *where: ColumnElement[bool],
        order: Iterable[Any] = (),
        limit: int | None = None,
    ) -> list[Row]:
        """Whole rows of one table, opened."""
        query = select(table).where(*where).order_by(*order).limit(limit)
        return [self.opened(table, row) for row in await self.fetch(query)]

    async def fetch(self, query: Select[Any] | ReturningUpdate[Any], **values: Any) -> list[Row]:
        """Any query with the values of its parameters, as it is stored: sealed columns stay sealed."""
        await self.flush()
        result = await self.connection.execute(query, values)
        names = tuple(result.keys())
        return [dict(zip(names, row, strict=True)) for row in result]

    async def stream(
        self,
        query: Select[Any] | CompoundSelect[Any],
        size: int,
        values: Mapping[str, Any],
        options: Mapping[str, Any],
    ) -> AsyncIterator[Sequence[Any]]:
        """The rows of a long answer, `size` at a time, as they are stored."""
        await self.flush()
        result = await self.connection.stream(query, values, execution_options=options)
        async for rows in result.partitions(size):
            yield rows

    def opened(self, table: Table, row: Row, prefix: str = "") -> Row:
        """Open the sealed columns of a row that holds `table`'s primary key, in place."""
        columns, key_columns = _sealed_columns(table)
        if columns:
            key = "|".join(_key_text(row[prefix + name]) for name in key_columns)
            for name in columns:
                value = row.get(prefix + name)
                if value is not None:
                    row[prefix + name] = self._keyring.open(value, f"{table.name}.{name}|{key}")
        return row

    async def next_id(self, table: Table) -> int:
        """The next number of a table, gapless unless a transaction is rolled back."""
        name = table.name
        if name not in self._counters:
            query = select(tables.counters.c.value).where(tables.counters.c.name == name)
            self._counters[name] = (await self.fetch(query))[0]["value"]
        self._counters[name] += 1
        self._counted.add(name)
        return self._counters[name]

    async def flush(self) -> None:
        """Send the waiting rows, table by table in the order of their references."""
        if not self._pending:
            return
        pending, self._pending = self._pending, defaultdict(list)
        for table in sorted(pending, key=_write_order):
            insertion = _insertion(table, self.connection.dialect)
            rows = [insertion.values_of(row) for row in pending[table]]
            await self.connection.exec_driver_sql(insertion.statement, rows)
        counted, self._counted = self._counted, set()
        values = [{"name": name, "value": self._counters[name]} for name in counted]
        await self.change_many(tables.counters, ("name",), values)

    def _seal_into(self, table: Table, row: Mapping[str, Any], values: Row) -> None:
        columns, key_columns = _sealed_columns(table)
        if not columns:
            return
        key = "|".join([_key_text(row[name]) for name in key_columns])
        for name in columns:
            value = values.get(name)
            if value is not None:
                values[name] = self._keyring.seal(str(value), f"{table.name}.{name}|{key}")


_SEALED: dict[Table, tuple[tuple[str, ...], tuple[str, ...]]] = {
    table: (
        tuple(column.name for column in table.columns if column.info.get("sealed")),
        tuple(column.name for column in table.primary_key.columns),
    )
    for table in tables.metadata.tables.values()
}
_COLUMNS = {table: frozenset(table.columns.keys()) for table in _SEALED}
_ORDER = {table: place for place, table in enumerate(tables.metadata.sorted_tables)}


async def _wait_for_turn(connection: AsyncConnection) -> None:
    """One writer at a time: SQLite's BEGIN IMMEDIATE, and its twin for several processes on PostgreSQL."""
    if connection.dialect.name == "postgresql":
        await connection.execute(select(func.pg_advisory_xact_lock(WRITER_LOCK)))


def _sealed_columns(table: Table) -> tuple[tuple[str, ...], tuple[str, ...]]:
    return _SEALED[table]


def _write_order(table: Table) -> int:
    return _ORDER[table]


def _key_text(value: object) -> str:
    return value.hex() if isinstance(value, bytes) else str(value)


@dataclass(frozen=True, slots=True)
class _Insertion:
    """Whole rows in the driver's own words; SQLAlchemy would look at every value of a batch anew."""

    statement: str
    names: tuple[str, ...]
    defaults: tuple[tuple[str, Any], ...]
    kept: tuple[
        tuple[int, Callable[[Any], Any]], ...
    ]  # the values the driver takes in another form

    def values_of(self, row: Row) -> tuple[Any, ...]:
        """One value a column, in the statement's order."""
        for name, default in self.defaults:
            row.setdefault(name, default)
        values = list(map(row.get, self.names))
        for place, keep in self.kept:
            values[place] = keep(values[place])
        return tuple(values)


@lru_cache
def _insertion(table: Table, dialect: Dialect) -> _Insertion:
    compiled = insert(table).compile(dialect=dialect)
    names = tuple(compiled.positiontup or ())
    columns = [table.c[name] for name in names]
    kept = [column.type.dialect_impl(dialect).bind_processor(dialect) for column in columns]
    return _Insertion(
        str(compiled),
        names,
        tuple(
            (one.name, one.default.arg) for one in columns if isinstance(one.default, ColumnDefault)
        ),
        tuple((place, keep) for place, keep in enumerate(kept) if keep is not None),
    )


@lru_cache
def _update(table: Table, keys: tuple[str, ...], names: tuple[str, ...]) -> Update:
    where = [table.c[name] == bindparam(f"key_{name}") for name in keys]
    values: Row = {name: bindparam(name) for name in names}
    return update(table).where(*where).values(values)


def _writer(url: str) -> AsyncEngine:
    if url.startswith("sqlite"):
        return sqlite.writer(url)
    return create_async_engine(url, pool_size=4, max_overflow=0, pool_pre_ping=True)


def _reader(url: str) -> AsyncEngine:
    if url.startswith("sqlite"):
        return sqlite.reader(url)
    options = {"pool_size": 4, "max_overflow": 0, "pool_pre_ping": True}
    return create_async_engine(url, isolation_level="REPEATABLE READ", **options)

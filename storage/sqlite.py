"""SQLite under SQLAlchemy: pragmas, transactions, and one visit to the connection's thread a statement.

aiosqlite goes to its thread to make a cursor, to execute, to fetch and to close; on the way of a
message that was half of the database's time (bench/README.md).
"""

import sqlite3
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any, Self

import aiosqlite
from sqlalchemy import event, make_url
from sqlalchemy.engine import Connection
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine

WRITER_PRAGMAS = ("journal_mode=WAL", "synchronous=FULL", "busy_timeout=5000", "foreign_keys=ON")
AT_ONCE = 1_000  # rows fetched in the visit that executes; a longer answer is read in batches
READER_PRAGMAS = ("busy_timeout=5000", "query_only=ON")


def writer(url: str) -> AsyncEngine:
    """The one connection that writes; every transaction begins IMMEDIATE."""
    return _engine(url, WRITER_PRAGMAS, "BEGIN IMMEDIATE", connections=1)


def reader(url: str) -> AsyncEngine:
    """Connections that only read, each from one snapshot."""
    return _engine(url, READER_PRAGMAS, "BEGIN", connections=4)


def _engine(url: str, pragmas: Sequence[str], begin: str, *, connections: int) -> AsyncEngine:
    parsed = make_url(url)
    arguments, options = parsed.get_dialect()().create_connect_args(parsed)

    async def connect() -> aiosqlite.Connection:
        return await _Connection(partial(sqlite3.connect, *arguments, **options), 64)

    engine = create_async_engine(
        url, async_creator=connect, pool_size=connections, max_overflow=0, pool_timeout=30
    )

    @event.listens_for(engine.sync_engine, "connect")
    def on_connect(connection: Any, _record: Any) -> None:
        connection.isolation_level = None
        cursor = connection.cursor()
        for pragma in pragmas:
            cursor.execute(f"PRAGMA {pragma}")
        cursor.close()

    @event.listens_for(engine.sync_engine, "begin")
    def on_begin(connection: Connection) -> None:
        connection.exec_driver_sql(begin)

    return engine


class _Connection(aiosqlite.Connection):
    """aiosqlite's connection with a cursor that fetches what it executes."""

    def __init__(self, *given: Any, **options: Any) -> None:
        super().__init__(*given, **options)
        self._thread.daemon = True

    def cursor(self) -> "_Cursor":  # type: ignore[override]  # SQLAlchemy needs no more of it
        return _Cursor(self)

    async def visit(self, work: Callable[..., Any], *given: Any) -> Any:
        """Let the connection's thread do this with the connection."""
        return await self._execute(work, *given)  # type: ignore[no-untyped-call]

    def run(self, method: str, sql: str, parameters: Any) -> "_Result":
        """Execute one statement and fetch its rows; a long answer stays open after the first ones."""
        cursor = self._conn.cursor()
        rest = None
        try:
            getattr(cursor, method)(sql, parameters)
            rows = cursor.fetchmany(AT_ONCE) if cursor.description else []
            rest = cursor if len(rows) == AT_ONCE else None
            return cursor.description, cursor.rowcount, cursor.lastrowid, rows, rest
        finally:
            if rest is None:
                cursor.close()


_Result = tuple[Any, int, int | None, list[Any], sqlite3.Cursor | None]


class _Cursor:
    """The part of a cursor that SQLAlchemy uses."""

    arraysize = 1

    def __init__(self, connection: _Connection) -> None:
        self._connection = connection
        self.description: Any = None
        self.rowcount = -1
        self.lastrowid: int | None = None
        self._rows: list[Any] = []
        self._rest: sqlite3.Cursor | None = None

    async def __aenter__(self) -> Self:
        return self

    async def execute(self, sql: str, parameters: Sequence[Any] = ()) -> Self:
        """One statement."""
        return await self._visit("execute", sql, parameters)

    async def executemany(self, sql: str, parameters: Sequence[Any]) -> Self:
        """One statement for many rows."""
        return await self._visit("executemany", sql, parameters)

    async def fetchall(self) -> list[Any]:
        """Everything the statement found and was not fetched yet."""
        rows, self._rows = self._rows, []
        if self._rest is not None:
            rows += await self._connection.visit(self._rest.fetchall)
        return rows

    async def fetchmany(self, size: int) -> list[Any]:
        """The next rows of a long answer."""
        rows, self._rows = self._rows[:size], self._rows[size:]
        if not rows and self._rest is not None:
            rows = await self._connection.visit(self._rest.fetchmany, size)
        return rows

    async def close(self) -> None:
        """Let go of an answer that was not read to its end."""
        rest, self._rest = self._rest, None
        if rest is not None:
            await self._connection.visit(rest.close)

    async def _visit(self, method: str, sql: str, parameters: Sequence[Any]) -> Self:
        found = await self._connection.visit(self._connection.run, method, sql, parameters)
        self.description, self.rowcount, self.lastrowid, self._rows, self._rest = found
        return self

"""SQLite under SQLAlchemy: pragmas, transactions, and one visit to the connection's thread a statement.

aiosqlite goes to its thread to make a cursor, to execute, to fetch and to close; on the way of a
message that was half of the database's time (bench/README.md).
"""

import sqlite3
from collections.abc import Sequence
from functools import partial
from typing import Any, Self

import aiosqlite
from sqlalchemy import event, make_url
from sqlalchemy.engine import Connection
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine

WRITER_PRAGMAS = ("journal_mode=WAL", "synchronous=FULL", "busy_timeout=5000", "foreign_keys=ON")
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

    async def visit(self, method: str, sql: str, parameters: Any) -> "_Result":
        """Let a cursor of the thread execute one statement and fetch all of its rows."""
        found: _Result = await self._execute(self._run, method, sql, parameters)  # type: ignore[no-untyped-call]
        return found

    def _run(self, method: str, sql: str, parameters: Any) -> "_Result":
        cursor = self._conn.cursor()
        try:
            getattr(cursor, method)(sql, parameters)
            rows = cursor.fetchall() if cursor.description else []
            return cursor.description, cursor.rowcount, cursor.lastrowid, rows
        finally:
            cursor.close()


_Result = tuple[Any, int, int | None, list[Any]]


class _Cursor:
    """The part of a cursor that SQLAlchemy uses."""

    arraysize = 1

    def __init__(self, connection: _Connection) -> None:
        self._connection = connection
        self.description: Any = None
        self.rowcount = -1
        self.lastrowid: int | None = None
        self._rows: list[Any] = []

    async def __aenter__(self) -> Self:
        return self

    async def execute(self, sql: str, parameters: Sequence[Any] = ()) -> Self:
        """One statement."""
        return await self._visit("execute", sql, parameters)

    async def executemany(self, sql: str, parameters: Sequence[Any]) -> Self:
        """One statement for many rows."""
        return await self._visit("executemany", sql, parameters)

    async def fetchall(self) -> list[Any]:
        """What the statement found."""
        return self._rows

    async def close(self) -> None:
        """Nothing is open."""

    async def _visit(self, method: str, sql: str, parameters: Sequence[Any]) -> Self:
        found = await self._connection.visit(method, sql, parameters)
        self.description, self.rowcount, self.lastrowid, self._rows = found
        return self

"""What the storage tests expect of a database, said once."""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any

import pytest
from sqlalchemy import event
from sqlalchemy.exc import IntegrityError

from storage.database import Database
from storage.store import Store
from tests.fakes import Rehearsal


async def committed(talk: Rehearsal, act: Callable[[Store], Awaitable[object]]) -> object:
    """Do something in a unit of its own; what it returned."""
    async with talk.store() as store:
        return await act(store)


async def refused(talk: Rehearsal, act: Callable[[Store], Awaitable[object]]) -> None:
    """A unit that does this breaks a unique key or a reference, and nothing of it stays."""
    with pytest.raises(IntegrityError):
        await committed(talk, act)


@asynccontextmanager
async def statements(database: Database) -> AsyncIterator[list[tuple[str, Any]]]:
    """What reaches the database meanwhile: (SQL, parameters)."""
    heard: list[tuple[str, Any]] = []

    def hear(_connection: object, _cursor: object, sql: str, given: Any, *_rest: object) -> None:
        heard.append((sql, given))

    for engine in (database.writer.sync_engine, database.reader.sync_engine):
        event.listen(engine, "before_cursor_execute", hear)
    try:
        yield heard
    finally:
        for engine in (database.writer.sync_engine, database.reader.sync_engine):
            event.remove(engine, "before_cursor_execute", hear)

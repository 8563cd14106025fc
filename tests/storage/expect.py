"""What the storage tests expect of a database, said once."""

from collections.abc import Awaitable, Callable

import pytest
from sqlalchemy.exc import IntegrityError

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

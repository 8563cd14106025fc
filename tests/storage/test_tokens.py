"""Tokens: sealed, shared, one a name."""

from datetime import timedelta

from storage import tables
from storage.tokens import Tokens
from tests.fakes import Rehearsal


async def test_the_newest_token_is_kept(talk_on: Rehearsal) -> None:
    """Put in place of the one before it, found again by its name only, and sealed in the file."""
    until = talk_on.clock.now() + timedelta(hours=2)
    for value in ("first", "second"):
        async with talk_on.database.unit() as unit:
            await Tokens(unit).put("wecom:ww:1", value, until)
    async with talk_on.database.reading() as unit:
        assert await Tokens(unit).get("wecom:ww:1") == ("second", until)
        assert await Tokens(unit).get("wecom:ww:2") is None
        stored = await unit.fetch(tables.tokens.select())
    assert len(stored) == 1
    assert b"second" not in stored[0]["value"]

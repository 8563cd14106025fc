"""The audit trail."""

from storage import tables
from storage.audit import OPERATOR, by_member
from tests.fakes import Rehearsal


async def test_the_trail_is_numbered_across_units(talk_on: Rehearsal) -> None:
    """Who did what to which object, one line each, in the order it happened."""
    async with talk_on.store() as store:
        await store.audit.append(talk_on.clock.now(), by_member(7), "approve", "dues:1")
    talk_on.clock.forward(minutes=1)
    async with talk_on.store() as store:
        await store.audit.append(talk_on.clock.now(), OPERATOR, "import", "roster")
    rows = await talk_on.rows(tables.audit)
    assert [(row["no"], row["actor"], row["action"], row["object"]) for row in rows] == [
        (1, "member:7", "approve", "dues:1"),
        (2, "operator", "import", "roster"),
    ]
    assert rows[1]["at"] == talk_on.clock.now()

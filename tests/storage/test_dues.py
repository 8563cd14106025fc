"""Dues: one standing row a month."""

import pytest

from storage import tables
from storage.records import State
from storage.store import Store
from tests.fakes import FIRST, Rehearsal
from tests.storage.expect import refused


async def declare(talk: Rehearsal, store: Store, months: dict[str, int], request: int) -> None:
    """Let 张三 declare these months in 分."""
    branch = await store.organisations.ensure(FIRST)
    member = talk.members["张三"]
    await store.dues.declare(member, branch, months, request, talk.clock.now())


async def test_months_are_declared_and_settled_together(talk_on: Rehearsal) -> None:
    """One declaration has a row a month; the decision on it holds for all of them."""
    member = await talk_on.member("张三")
    months = {"2026-08": 2000, "2026-09": 2050}
    async with talk_on.store() as store:
        await declare(talk_on, store, months, request=5)
        await declare(talk_on, store, {"2026-10": 1}, request=6)
        await store.dues.settle(5, State.CONFIRMED)
        asked = await store.dues.standing(member, ["2026-09", "2026-10", "2026-11"])
        mine = await store.dues.of_member(member)
        one = await store.dues.of_request(5)
        assert await store.dues.of_member(0) == []
    assert [(found.month, found.state) for found in asked] == [
        ("2026-09", State.CONFIRMED),
        ("2026-10", State.PENDING),
    ]
    assert [found.month for found in mine] == ["2026-10", "2026-09", "2026-08"]
    assert {found.month: found.fen for found in one} == months


@pytest.mark.parametrize("state", [State.PENDING, State.CONFIRMED])
async def test_a_month_is_paid_once(talk_on: Rehearsal, state: State) -> None:
    """A second declaration of a standing month is refused and takes its other months along."""
    await talk_on.member("张三")
    async with talk_on.store() as store:
        await declare(talk_on, store, {"2026-10": 2000}, request=1)
        await store.dues.settle(1, state)
    more = {"2026-11": 2000, "2026-10": 2000}
    await refused(talk_on, lambda store: declare(talk_on, store, more, request=2))
    assert [row["month"] for row in await talk_on.rows(tables.dues)] == ["2026-10"]


@pytest.mark.parametrize("state", [State.RETURNED, State.WITHDRAWN])
async def test_a_month_sent_back_may_be_declared_again(talk_on: Rehearsal, state: State) -> None:
    """Returned and withdrawn declarations stay as history only."""
    member = await talk_on.member("张三")
    async with talk_on.store() as store:
        await declare(talk_on, store, {"2026-10": 2000}, request=1)
        await store.dues.settle(1, state)
        assert await store.dues.standing(member, ["2026-10"]) == []
        await declare(talk_on, store, {"2026-10": 1900}, request=2)
        found = await store.dues.standing(member, ["2026-10"])
    assert [(one.fen, one.request_id) for one in found] == [(1900, 2)]


async def test_a_proof_belongs_to_the_whole_declaration(talk_on: Rehearsal) -> None:
    """The picture's id is kept sealed on every month of the declaration and no other."""
    await talk_on.member("张三")
    async with talk_on.store() as store:
        await declare(talk_on, store, {"2026-08": 1, "2026-09": 1}, request=1)
        await declare(talk_on, store, {"2026-10": 1}, request=2)
        await store.dues.attach_proof(1, 7)
    proofs = {row["month"]: row["proof"] for row in await talk_on.rows(tables.dues)}
    assert proofs == {"2026-08": "7", "2026-09": "7", "2026-10": None}

"""Branches and what stands above them."""

from storage import tables
from storage.chain import GENESIS
from tests.fakes import Rehearsal


async def test_an_organisation_is_made_once(talk_on: Rehearsal) -> None:
    """Naming an organisation again finds it, and keeps its parent current."""
    async with talk_on.store() as store:
        college = await store.organisations.ensure("学院党委")
        branch = await store.organisations.ensure("第一党支部")
        assert await store.organisations.ensure("第一党支部", college) == branch
        assert await store.organisations.ensure("第一党支部") == branch
    assert [
        (row["name"], row["parent_id"]) for row in await talk_on.rows(tables.organisations)
    ] == [
        ("学院党委", None),
        ("第一党支部", college),
    ]


async def test_a_new_branch_has_its_chains(talk_on: Rehearsal) -> None:
    """Entries and marks of a branch begin their chains with it."""
    async with talk_on.store() as store:
        branch = await store.organisations.ensure("第一党支部")
    chains = await talk_on.rows(tables.chains)
    begun = {row["name"]: (row["no"], row["hash"]) for row in chains}
    assert begun[f"ledger:{branch}"] == begun[f"marks:{branch}"] == (0, GENESIS)


async def test_an_upper_organisation_stands_for_its_branches(talk_on: Rehearsal) -> None:
    """Every level below a name is searched; a branch stands for itself, an unknown name for nothing."""
    async with talk_on.store() as store:
        party = await store.organisations.ensure("学院党委")
        general = await store.organisations.ensure("机关党总支", party)
        near = await store.organisations.ensure("第一党支部", general)
        far = await store.organisations.ensure("第二党支部", party)
        await store.organisations.ensure("别处党支部")
        assert await store.organisations.branches_under("学院党委") == [near, far]
        assert await store.organisations.branches_under("机关党总支") == [near]
        assert await store.organisations.branches_under("第二党支部") == [far]
        assert await store.organisations.branches_under("没有的党支部") == []

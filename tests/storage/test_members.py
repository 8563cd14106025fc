"""Members, the accounts that speak for them, their consents and invitations."""

from datetime import timedelta

import pytest
from sqlalchemy import select

from storage import tables
from storage.records import Account, Category, Purpose, is_secretarys
from storage.store import Store
from tests.fakes import FIRST, SCOPE, SECOND, Rehearsal
from tests.storage.expect import refused

DINGTALK = "dingtalk:ding1"


async def test_an_account_speaks_for_its_member(talk_on: Rehearsal) -> None:
    """The speaker comes with branch and consents; an unknown account speaks for nobody."""
    number = await talk_on.member("张三", position="支部书记", consents=("records", "place"))
    async with talk_on.store() as store:
        found = await store.members.speaker(Account(SCOPE, "张三"))
        nobody = await store.members.speaker(Account(DINGTALK, "张三"))
    assert found is not None
    assert (found.id, found.name, found.branch) == (number, "张三", FIRST)
    assert found.is_secretary
    assert found.consents == {"records", "place"}
    assert nobody is None


async def test_many_speakers_are_read_at_once_without_mixing_platforms(talk_on: Rehearsal) -> None:
    """The same user id on two platforms are two people."""
    here = await talk_on.member("张三")
    there = await talk_on.member("李四", account=False)
    mine, theirs = Account(SCOPE, "张三"), Account(DINGTALK, "张三")
    async with talk_on.store() as store:
        await store.members.bind(theirs, there, talk_on.clock.now())
    async with talk_on.store() as store:
        await store.members.load_speakers([mine, theirs, Account(SCOPE, "谁")])
        found = [await store.members.speaker(account) for account in (mine, theirs)]
    assert [member.id for member in found if member] == [here, there]


async def test_a_new_account_replaces_the_old_one_of_its_platform(talk_on: Rehearsal) -> None:
    """Whoever changes phones binds anew; the old account is silent, other platforms stay bound."""
    number = await talk_on.member("张三")
    old, new, other = Account(SCOPE, "张三"), Account(SCOPE, "zs2"), Account(DINGTALK, "zs")
    async with talk_on.store() as store:
        assert await store.members.has_account(number, SCOPE)
        assert not await store.members.has_account(number, DINGTALK)
        await store.members.bind(other, number, talk_on.clock.now() + timedelta(hours=1))
        await store.members.bind(new, number, talk_on.clock.now() + timedelta(hours=2))
        assert await store.members.speaker(old) is None
    async with talk_on.store() as store:
        assert await store.members.speaker(old) is None
        assert await store.members.account_of(number) == new
        speaks = [await store.members.speaker(account) for account in (new, other)]
    assert [member.id for member in speaks if member] == [number, number]


async def test_an_account_cannot_speak_for_two(talk_on: Rehearsal) -> None:
    """Binding somebody else's account is refused: nobody sees another's records."""
    await talk_on.member("张三")
    other = await talk_on.member("李四", account=False)
    account, now = Account(SCOPE, "张三"), talk_on.clock.now()
    await refused(talk_on, lambda store: store.members.bind(account, other, now))


async def test_a_phone_belongs_to_one_member(talk_on: Rehearsal) -> None:
    """The blind index of the phone is unique though the number itself is sealed."""
    await talk_on.member("张三", phone="13900000001")
    branch = (await talk_on.rows(tables.organisations))[0]["id"]

    async def again(store: Store) -> None:
        await store.members.add(
            branch_id=branch,
            name="李四",
            phone="13900000001",
            category=Category.FULL,
            at=talk_on.clock.now(),
        )

    await refused(talk_on, again)
    assert len(await talk_on.rows(tables.members)) == 1


async def test_members_are_found_by_what_is_sealed(talk_on: Rehearsal) -> None:
    """Phone, and last four digits with the name, find the member; anything else does not."""
    number = await talk_on.member("张三", phone="13912345678")
    async with talk_on.store() as store:
        found = await store.members.by_phone("13912345678")
        assert found is not None
        assert (found["id"], found["phone"]) == (number, "13912345678")
        assert await store.members.by_phone("13912345679") is None
        assert [one.id for one in await store.members.by_binding("张三", "5678")] == [number]
        assert await store.members.by_binding("张三", "5679") == []
        assert await store.members.by_binding("李四", "5678") == []


async def test_the_indexes_follow_a_change(talk_on: Rehearsal) -> None:
    """After a new phone and name, only these find the member, and both open."""
    number = await talk_on.member("张三", phone="13912345678")
    async with talk_on.store() as store:
        await store.members.change(number, "张山", "13800000001", note="改名")
        assert await store.members.by_phone("13912345678") is None
        assert await store.members.by_binding("张三", "5678") == []
        found = await store.members.by_phone("13800000001")
        assert [one.name for one in await store.members.by_binding("张山", "0001")] == ["张山"]
    assert found is not None
    assert (found["phone"], found["note"]) == ("13800000001", "改名")


async def test_phone_birth_date_and_note_lie_sealed(talk_on: Rehearsal) -> None:
    """The stored columns are boxes; opened they are what was given."""
    branch = await talk_on.member("张三")
    async with talk_on.store() as store:
        await store.members.add(
            branch_id=branch,
            name="李四",
            phone="13912345678",
            category=Category.FULL,
            at=talk_on.clock.now(),
            born_on="1990-03-05",
            note="低保",
        )
        query = select(tables.members).where(tables.members.c.name == "李四")
        stored = (await store.unit.fetch(query))[0]
    columns = ("phone", "born_on", "note")
    assert all(isinstance(stored[column], bytes) for column in columns)
    opened = (await talk_on.rows(tables.members, tables.members.c.name == "李四"))[0]
    assert [opened[column] for column in columns] == ["13912345678", "1990-03-05", "低保"]


async def test_a_branch_knows_its_people(talk_on: Rehearsal) -> None:
    """Lists are of one branch and in the order of entry; secretaries are those with the post."""
    await talk_on.member("张三")
    await talk_on.member("李四", position="支部副书记")
    await talk_on.member("张三", branch=SECOND, phone="13700000000", account=False)
    async with talk_on.store() as store:
        branch = await store.organisations.ensure(FIRST)
        assert [one.name for one in await store.members.of_branch(branch)] == ["张三", "李四"]
        assert [one.name for one in await store.members.secretaries(branch)] == ["李四"]


async def test_a_consent_ends_and_stays_as_history(talk_on: Rehearsal) -> None:
    """Withdrawn consents keep their row; a new one may follow, one at a time a purpose."""
    number = await talk_on.member("张三", consents=("records", "place"))
    now = talk_on.clock.now()
    async with talk_on.store() as store:
        member = await store.members.get(number)
        await store.members.withdraw(member, [Purpose.PLACE], now)
        assert (await store.members.get(number)).consents == {"records"}
        await store.members.grant(await store.members.get(number), ["place", "records"], "v2", now)
        assert (await store.members.get(number)).consents == {"records", "place"}
    rows = await talk_on.rows(tables.consents, tables.consents.c.purpose == "place")
    assert sorted((row["notice"], row["withdrawn_at"] is None) for row in rows) == [
        ("test", False),
        ("v2", True),
    ]

    async def twice(store: Store) -> None:
        given = {"member_id": number, "purpose": "place", "notice": "v3", "granted_at": now}
        store.unit.add(tables.consents, id=99, **given)

    await refused(talk_on, twice)


async def test_a_speaker_known_to_the_unit_shows_a_new_consent(talk_on: Rehearsal) -> None:
    """Later turns of the same batch see what an earlier one agreed to or withdrew."""
    await talk_on.member("张三", consents=())
    account, now = Account(SCOPE, "张三"), talk_on.clock.now()
    async with talk_on.store() as store:
        seen = []
        for purposes in (["records"], []):
            member = await store.members.speaker(account)
            assert member is not None
            seen.append(member.consents)
            if purposes:
                await store.members.grant(member, purposes, "v1", now)
            else:
                await store.members.withdraw(member, list(Purpose), now)
        last = await store.members.speaker(account)
    assert last is not None
    assert [*seen, last.consents] == [frozenset(), {"records"}, frozenset()]


async def test_an_invitation_holds_until_it_ends_or_is_used(talk_on: Rehearsal) -> None:
    """A code names its member before its end and before it was used, and lies hidden."""
    number = await talk_on.member("张三", account=False)
    now, end = talk_on.clock.now(), talk_on.clock.now() + timedelta(days=7)
    async with talk_on.store() as store:
        await store.members.invite(number, "12345678", end)
    async with talk_on.store() as store:
        found = await store.members.invited("12345678", now)
        assert found is not None
        assert found.id == number
        assert await store.members.invited("12345679", now) is None
        assert await store.members.invited("12345678", end) is None
        await store.members.use_invitations(number)
        assert await store.members.invited("12345678", now) is None
    assert await talk_on.rows(tables.invitations) == []


@pytest.mark.parametrize(
    ("position", "is_one"),
    [
        *dict.fromkeys(("书记", "支部副书记", "党支部书记、校长", "书记（原组织委员）"), True).items(),
        *dict.fromkeys(("离退休党支部书记", "前进村支部书记", "书记、原副书记"), True).items(),
        *dict.fromkeys(("原书记", "前书记", "前任支部副书记", "曾任第二党支部书记"), False).items(),
        *dict.fromkeys(("", "组织委员", "退休书记", "书记助理", "书记员", "原书记、委员"), False).items(),
    ],
)  # fmt: skip
def test_only_an_office_that_is_held_counts(position: str, is_one: bool) -> None:
    """Whoever was a secretary, or serves one, has no secretary's rights."""
    assert is_secretarys(position) is is_one

"""Requests: what waits for a secretary, of the own branch only."""

from storage import tables
from storage.records import RequestKind, State
from storage.store import Store
from tests.fakes import FIRST, SECOND, Rehearsal


async def ask(
    talk: Rehearsal,
    store: Store,
    who: str,
    branch: str,
    *,
    kind: RequestKind = RequestKind.HELP,
    subject: int | None = None,
) -> int:
    """Let somebody of a branch ask something; the request's number."""
    branch_id = await store.organisations.ensure(branch)
    words = f"{who}的事"
    return await store.requests.open(
        kind, talk.members[who], branch_id, words, talk.clock.now(), subject_id=subject
    )


async def test_a_branch_sees_what_waits_in_it(talk_on: Rehearsal) -> None:
    """Oldest first, of one kind when asked; other branches' and settled ones do not show."""
    await talk_on.member("张三")
    await talk_on.member("李四", branch=SECOND)
    async with talk_on.store() as store:
        first = await ask(talk_on, store, "张三", FIRST)
        await ask(talk_on, store, "李四", SECOND)
        dues = await ask(talk_on, store, "张三", FIRST, kind=RequestKind.DUES)
        done = await ask(talk_on, store, "张三", FIRST)
        await store.requests.decide(done, State.ANSWERED, by=None, at=talk_on.clock.now())
        branch = await store.organisations.ensure(FIRST)
        waiting = await store.requests.pending(branch)
        kinds = await store.requests.pending(branch, RequestKind.DUES)
    assert [(one.id, one.member, one.text) for one in waiting] == [
        (first, "张三", "张三的事"),
        (dues, "张三", "张三的事"),
    ]
    assert [one.id for one in kinds] == [dues]


async def test_another_branchs_request_does_not_exist(talk_on: Rehearsal) -> None:
    """Foreign and unknown numbers read the same."""
    await talk_on.member("李四", branch=SECOND)
    async with talk_on.store() as store:
        number = await ask(talk_on, store, "李四", SECOND)
        here, there = [await store.organisations.ensure(name) for name in (FIRST, SECOND)]
        assert await store.requests.of_branch(number, here) is None
        assert await store.requests.of_branch(number + 1, here) is None
        found = await store.requests.of_branch(number, there)
    assert found is not None
    assert found.id == number


async def test_a_request_stays_with_the_branch_of_its_time(talk_on: Rehearsal) -> None:
    """Moving the member moves no request."""
    member = await talk_on.member("张三", phone="13900000001")
    async with talk_on.store() as store:
        number = await ask(talk_on, store, "张三", FIRST)
        new = await store.organisations.ensure(SECOND)
        await store.members.change(member, "张三", "13900000001", branch_id=new)
        old = await store.organisations.ensure(FIRST)
        assert await store.requests.of_branch(number, old) is not None
        assert await store.requests.of_branch(number, new) is None
        assert [one.id for one in await store.requests.of_member(member)] == [number]


async def test_the_newest_request_about_a_record_counts(talk_on: Rehearsal) -> None:
    """A record disputed or handed in twice has its last request."""
    await talk_on.member("张三")
    async with talk_on.store() as store:
        await ask(talk_on, store, "张三", FIRST, kind=RequestKind.LEAVE, subject=4)
        last = await ask(talk_on, store, "张三", FIRST, kind=RequestKind.LEAVE, subject=4)
        await ask(talk_on, store, "张三", FIRST, kind=RequestKind.REPORT, subject=4)
        found = await store.requests.about(RequestKind.LEAVE, 4)
        assert await store.requests.about(RequestKind.LEAVE, 5) is None
    assert found is not None
    assert found.id == last


async def test_a_decision_is_kept_with_who_and_when(talk_on: Rehearsal) -> None:
    """The secretary's words are sealed, their number and the time stand beside."""
    await talk_on.member("张三")
    secretary = await talk_on.member("李四", position="支部书记")
    async with talk_on.store() as store:
        number = await ask(talk_on, store, "张三", FIRST)
    talk_on.clock.forward(hours=3)
    async with talk_on.store() as store:
        decided = {"by": secretary, "at": talk_on.clock.now(), "answer": "周五来办"}
        await store.requests.decide(number, State.ANSWERED, **decided)
    row = (await talk_on.rows(tables.requests))[0]
    assert (row["state"], row["decided_by"], row["answer"]) == ("answered", secretary, "周五来办")
    assert row["decided_at"] == talk_on.clock.now()

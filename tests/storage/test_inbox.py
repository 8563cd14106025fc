"""The inbox: one message, one row, kept for good."""

from datetime import timedelta
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from storage import tables
from storage.inbox import UNDONE, message_key
from storage.store import Store
from tests.fakes import Rehearsal
from tests.storage.expect import refused

ODD = ["a:b", "a", "|", "1:a", "'; DROP TABLE inbox; --", "张 三", "\t\n", "💬" * 20, ""]


def keep(talk: Rehearsal, store: Store, sender: str, message_id: str, **more: Any) -> bytes:
    """Remember a message of an app; its key."""
    key = message_key("wecom.main", sender, message_id)
    given = {"kind": "text", "received_at": talk.clock.now(), "text": "内容", "answer": "好的"}
    store.inbox.keep(
        key, channel="wecom.main", sender=sender, message_id=message_id, **{**given, **more}
    )
    return key


@given(st.tuples(*[st.text(max_size=8)] * 3), st.tuples(*[st.text(max_size=8)] * 3))
def test_different_messages_have_different_keys(
    one: tuple[str, str, str], other: tuple[str, str, str]
) -> None:
    """Wherever separators stand in channel, sender and id, two messages are never taken for one."""
    assert (message_key(*one) == message_key(*other)) == (one == other)


def test_characters_that_move_between_parts_make_another_key() -> None:
    """Moving any cut between channel, sender and id gives another key."""
    text = "1:a|b:12:c"
    cuts = [(i, j) for i in range(len(text) + 1) for j in range(i, len(text) + 1)]
    keys = {message_key(text[:i], text[i:j], text[j:]) for i, j in cuts}
    assert len(keys) == len(cuts)


async def test_a_key_is_kept_once(talk_on: Rehearsal) -> None:
    """The database itself refuses the same message a second time."""
    async with talk_on.store() as store:
        keep(talk_on, store, "zhangsan", "1")

    async def again(store: Store) -> None:
        keep(talk_on, store, "zhangsan", "1", answer="别的")

    await refused(talk_on, again)
    assert [row["answer"] for row in await talk_on.rows(tables.inbox)] == ["好的"]


async def test_two_senders_may_have_the_same_message_id(talk_on: Rehearsal) -> None:
    """Each has a row and an answer of their own."""
    async with talk_on.store() as store:
        mine = keep(talk_on, store, "zhangsan", "1", answer="给张三")
        theirs = keep(talk_on, store, "lisi", "1", answer="给李四")
    async with talk_on.store() as store:
        unknown = message_key("wecom.main", "wangwu", "1")
        answers = await store.inbox.answers([mine, theirs, mine, unknown])
    assert answers == {mine: "给张三", theirs: "给李四"}


async def test_odd_ids_are_kept_as_they_are(talk_on: Rehearsal) -> None:
    """Ids with separators, quotes, spaces or nothing come back unchanged, each with its own answer."""
    pairs = [(sender, message_id) for sender in ODD for message_id in ODD]
    async with talk_on.store() as store:
        keys = [keep(talk_on, store, *pair, answer=repr(pair)) for pair in pairs]
    async with talk_on.store() as store:
        answers = await store.inbox.answers(keys)
    assert [answers[key] for key in keys] == [repr(pair) for pair in pairs]
    rows = await talk_on.rows(tables.inbox)
    assert sorted((row["sender"], row["message_id"]) for row in rows) == sorted(pairs)


async def test_silence_is_an_answer(talk_on: Rehearsal) -> None:
    """A message that was met with silence is known, and its repeat is met with silence too."""
    async with talk_on.store() as store:
        key = keep(talk_on, store, "zhangsan", "1", answer="")
    async with talk_on.store() as store:
        assert await store.inbox.answers([key]) == {key: ""}


async def test_the_last_effect_is_the_senders_newest(talk_on: Rehearsal) -> None:
    """Messages without effect, other senders and other apps do not count; undone is marked once."""
    async with talk_on.store() as store:
        keep(talk_on, store, "zhangsan", "1", effect="dues:1")
        talk_on.clock.forward(minutes=1)
        newest = keep(talk_on, store, "zhangsan", "2", effect="check_in:4")
        talk_on.clock.forward(minutes=1)
        keep(talk_on, store, "zhangsan", "3")
        keep(talk_on, store, "lisi", "4", effect="dues:2")
    async with talk_on.store() as store:
        found = await store.inbox.last_effect("wecom.main", "zhangsan")
        assert found is not None
        assert (found.key, found.effect) == (newest, "check_in:4")
        assert found.received_at == talk_on.clock.now() - timedelta(minutes=1)
        await store.inbox.mark_undone(found)
        again = await store.inbox.last_effect("wecom.main", "zhangsan")
        assert again is not None
        assert (again.key, again.effect) == (newest, UNDONE)
        assert await store.inbox.last_effect("wecom.other", "zhangsan") is None


async def test_failures_are_listed_without_content(talk_on: Rehearsal) -> None:
    """What could not be handled shows where, when and why, oldest first, never what was said."""
    async with talk_on.store() as store:
        for number in ("1", "2", "3"):
            talk_on.clock.forward(minutes=1)
            error = None if number == "2" else "RuntimeError"
            keep(talk_on, store, "zhangsan", number, error=error)
    async with talk_on.store() as store:
        found: list[Any] = await store.inbox.failures()
    assert [row["message_id"] for row in found] == ["1", "3"]
    assert all(first["received_at"] < second["received_at"] for first, second in pairwise(found))
    assert set(found[0]) == {"channel", "message_id", "received_at", "error"}


@pytest.mark.parametrize("text", [None, "", "签到"])
async def test_what_was_said_comes_back_or_was_never_kept(
    talk_on: Rehearsal, text: str | None
) -> None:
    """No text is no text, an empty one is empty."""
    async with talk_on.store() as store:
        keep(talk_on, store, "zhangsan", "1", text=text)
    assert (await talk_on.rows(tables.inbox))[0]["text"] == text

"""The outbox: what is to be sent, who may send it, and what became of it."""

import re
from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime, timedelta

from sqlalchemy import update

from storage import tables
from storage.letters import Letter, Settled, State
from tests.fakes import SCOPE, Rehearsal
from tests.storage.expect import statements

LEASE = timedelta(minutes=2)
LATER = timedelta(minutes=10)


async def queue(talk: Rehearsal, *recipients: str, channel: str = SCOPE) -> None:
    """One message to each, in this order."""
    async with talk.store() as store:
        for place, recipient in enumerate(recipients):
            await store.outbox.send(channel, recipient, str(place), talk.clock.now())


async def claim(talk: Rehearsal, limit: int = 100, resting: Iterable[str] = ()) -> list[Letter]:
    """What may be sent now, as a pass of delivery takes it."""
    now = talk.clock.now()
    async with talk.store() as store:
        await store.outbox.reclaim(now)
        return await store.outbox.claim(now, now + LEASE, limit, list(resting))


async def settle(talk: Rehearsal, *results: Settled) -> None:
    """Write these results down."""
    async with talk.store() as store:
        await store.outbox.settle(results)


def sent(letter: Letter, at: datetime) -> Settled:
    """The platform took it."""
    return Settled(letter, State.SENT, letter.attempts, sent_at=at, platform_id="id")


async def test_messages_are_numbered_in_order(talk_on: Rehearsal) -> None:
    """Whoever asks for what came after a message gets it oldest first, and no more than asked for."""
    now = talk_on.clock.now()
    async with talk_on.store() as store:
        first = await store.outbox.send(SCOPE, "zhangsan", "一", now)
        for text in ("二", "三", "四"):
            await store.outbox.send(SCOPE, "lisi", text, now)
    async with talk_on.store() as store:
        later = await store.outbox.after(first, limit=2)
    assert [row["text"] for row in later] == ["二", "三"]
    assert later[0]["state"] == "pending"
    assert later[0]["recipient"] == "lisi"


async def test_a_letter_comes_back_as_it_was_queued(talk_on: Rehearsal) -> None:
    """Title, buttons and file are sealed in the row, and open again for the sender."""
    buttons, file = [("通过", "通过 5"), ("退回", "退回 5")], ("名单.xlsx", bytes(range(256)))
    async with talk_on.store() as store:
        now = talk_on.clock.now()
        options = {"kind": "card", "title": "待办", "buttons": buttons, "file": file}
        await store.outbox.send(SCOPE, "zhangsan", "有一件事", now, **options)  # type: ignore[arg-type]
    letter = (await claim(talk_on))[0]
    assert (letter.kind, letter.title, letter.text) == ("card", "待办", "有一件事")
    assert (letter.buttons, letter.file) == (tuple(buttons), file)
    assert (letter.state, letter.attempts) == (State.PENDING, 1)
    async with talk_on.database.reading() as unit:
        stored = (await unit.fetch(tables.outbox.select()))[0]
    assert "通过".encode() not in stored["extra"]


async def test_what_is_claimed_is_nobody_elses(talk_on: Rehearsal) -> None:
    """A second claim gets what is left, oldest first, and then nothing."""
    await queue(talk_on, *"abcde")
    assert [letter.recipient for letter in await claim(talk_on, 3)] == ["a", "b", "c"]
    assert [letter.recipient for letter in await claim(talk_on, 3)] == ["d", "e"]
    assert await claim(talk_on) == []


async def test_a_recipients_letters_wait_for_each_other(talk_on: Rehearsal) -> None:
    """Nothing overtakes a letter that is under way or put off; another channel's namesake is somebody else."""
    await queue(talk_on, "a", "a", "b", "a")
    await queue(talk_on, "a", channel="wecom:other")
    first = (await claim(talk_on, 1))[0]
    assert [(one.channel, one.text) for one in await claim(talk_on)] == [
        (SCOPE, "2"),
        ("wecom:other", "0"),
    ]
    until = talk_on.clock.now() + timedelta(minutes=1)
    await settle(talk_on, first.put_off(until))
    assert await claim(talk_on) == []
    talk_on.clock.forward(minutes=1)
    again = await claim(talk_on)
    assert [(one.text, one.attempts) for one in again] == [("0", 1)]
    await settle(talk_on, sent(again[0], talk_on.clock.now()))
    assert [one.text for one in await claim(talk_on)] == ["1", "3"]


async def test_a_failed_letter_does_not_hold_up_the_next(talk_on: Rehearsal) -> None:
    """A dead letter is out of the way."""
    await queue(talk_on, "a", "a")
    first = (await claim(talk_on, 1))[0]
    await settle(talk_on, Settled(first, State.FAILED, 1, error="x"))
    assert [one.text for one in await claim(talk_on)] == ["1"]


async def test_a_lease_that_ran_out_is_uncertain(talk_on: Rehearsal) -> None:
    """Its sender may have died before or after sending; a released one is as it was."""
    await queue(talk_on, "a", "b")
    _lost, released = await claim(talk_on)
    await settle(talk_on, released.put_off())
    assert [one.recipient for one in await claim(talk_on, 1)] == ["b"]
    assert await claim(talk_on) == []
    talk_on.clock.forward(minutes=3)
    again = await claim(talk_on)
    assert {(one.recipient, one.state, one.attempts) for one in again} == {
        ("a", State.UNCERTAIN, 2),
        ("b", State.UNCERTAIN, 2),
    }
    talk_on.clock.forward(minutes=3)
    assert {one.attempts for one in await claim(talk_on)} == {3}


async def test_a_late_sender_does_not_write_over_the_next(talk_on: Rehearsal) -> None:
    """Once the lease has passed on, only its holder says what became of the letter."""
    await queue(talk_on, "a")
    late = (await claim(talk_on))[0]
    talk_on.clock.forward(minutes=3)
    holder = (await claim(talk_on))[0]
    await settle(talk_on, sent(holder, talk_on.clock.now()))
    await settle(talk_on, late.put_off(talk_on.clock.now()))
    row = (await talk_on.rows(tables.outbox))[0]
    assert (row["state"], row["leased_until"], row["platform_id"]) == ("sent", None, "id")


async def test_resting_channels_are_left_alone(talk_on: Rehearsal) -> None:
    """Their letters stay as they are, and the others' go on."""
    await queue(talk_on, "a")
    await queue(talk_on, "b", channel="wecom:other")
    assert [one.recipient for one in await claim(talk_on, resting=[SCOPE])] == ["b"]
    assert [one.recipient for one in await claim(talk_on)] == ["a"]


async def test_when_it_was_queued_does_not_matter(talk_on: Rehearsal) -> None:
    """A rehearsal's clock may stand before the moment at which a message was queued."""
    await queue(talk_on, "a")
    talk_on.clock.forward(days=-400)
    assert len(await claim(talk_on)) == 1


async def test_a_letter_no_key_opens_is_a_dead_one(talk_on: Rehearsal) -> None:
    """It is shown, and the rest go on."""
    await queue(talk_on, "a", "b")
    async with talk_on.store() as store:
        broken = update(tables.outbox).where(tables.outbox.c.id == 1)
        await store.unit.connection.execute(broken.values(text=b"not sealed at all, or by nobody"))
    assert [one.recipient for one in await claim(talk_on)] == ["b"]
    async with talk_on.store() as store:
        dead = await store.outbox.dead()
    assert [(row["id"], "密钥" in row["error"]) for row in dead] == [(1, True)]


async def test_what_was_sent_counts(talk_on: Rehearsal) -> None:
    """By recipient and channel, since a moment, with its size; what waits or failed does not."""
    await queue(talk_on, "a", "b")
    await queue(talk_on, "a", channel="wecom:other")
    letters = await claim(talk_on)
    now = talk_on.clock.now()
    await settle(talk_on, *(sent(one, now) for one in letters[::2]))
    async with talk_on.store() as store:
        addresses = [one.address for one in letters]
        found = await store.outbox.counted(addresses, now - timedelta(hours=1))
        assert {address: len(each) for address, each in found.items()} == {
            (SCOPE, "a"): 1,
            ("wecom:other", "a"): 1,
        }
        assert found[SCOPE, "a"][0].at == now
        assert found[SCOPE, "a"][0].size > 1
        assert await store.outbox.counted(addresses, now) == {}


async def test_troubles_are_told_without_content(talk_on: Rehearsal) -> None:
    """Dead letters, and what waits after an error, newest first; a long reason is cut."""
    await queue(talk_on, "a", "b", "c", "d")
    letters = await claim(talk_on)
    now = talk_on.clock.now()
    await settle(
        talk_on,
        Settled(letters[0], State.FAILED, 1, error="坏" * 300),
        Settled(letters[1], State.FAILED, 1, error="2"),
        replace(letters[2].put_off(now + LATER), error="等"),
        sent(letters[3], now),
    )
    async with talk_on.store() as store:
        dead, held_up = await store.outbox.dead(), await store.outbox.held_up()
        assert await store.outbox.states() == {"failed": 2, "pending": 1}
    assert [row["error"] for row in dead] == ["2", "坏" * 200]
    assert [row["error"] for row in held_up] == ["等"]
    assert not {"text", "extra"} & dead[0].keys()


async def test_claiming_reads_no_whole_table(talk: Rehearsal) -> None:
    """With years of sent messages behind it, every statement of delivery walks an index."""
    await queue(talk, "a", "b")
    async with statements(talk.database) as said:
        letters = await claim(talk)
        await settle(talk, *(sent(one, talk.clock.now()) for one in letters))
        async with talk.store() as store:
            await store.outbox.counted([(SCOPE, "a")], talk.clock.now())
            await store.outbox.states()
    looked = 0
    async with talk.database.writer.connect() as connection:
        for sql, given in said:
            if "outbox" in sql and "INSERT" not in sql:
                plain = given[0] if isinstance(given, list) else given
                plan = await connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {sql}", plain)
                steps = [row[3] for row in plan]
                whole = [
                    step
                    for step in steps
                    if re.match(r"SCAN (outbox|candidate|earlier)(?!.*INDEX)", step)
                ]
                assert not whole, f"{sql}: {steps}"
                looked += 1
    assert looked >= 6


async def test_what_waits_for_its_hour_is_not_due_before(talk_on: Rehearsal) -> None:
    """`not_before` holds a message and what is behind it; `release` lets one recipient's go."""
    now = talk_on.clock.now()
    async with talk_on.store() as store:
        for recipient in "ab":
            await store.outbox.send(SCOPE, recipient, "早", now, not_before=now + LATER)
    assert await claim(talk_on) == []
    async with talk_on.store() as store:
        await store.outbox.release(SCOPE, "a")
    [released] = await claim(talk_on)
    assert released.recipient == "a"
    await settle(talk_on, sent(released, now))
    talk_on.clock.at += LATER
    assert [letter.recipient for letter in await claim(talk_on)] == ["b"]

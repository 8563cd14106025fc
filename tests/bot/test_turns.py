"""One batch, one commit: answered means committed, one message has one effect, one bad turn harms no other."""

import asyncio
import contextlib
import random
import sqlite3
import subprocess
import sys
from collections import Counter
from collections.abc import AsyncIterator, Sequence
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import event, func, select, text
from sqlalchemy.exc import OperationalError

from bot import exchange
from bot import turns as turns_module
from bot.channels.base import Message
from bot.exchange import FAILED
from bot.turns import Overloaded, Turns
from handlers import handle
from handlers.turn import Kind, Outcome, Turn
from storage import tables
from storage.database import Database
from storage.encryption import Keyring
from storage.records import EntryKind, State
from storage.verify import broken_links
from tests.bot.doomed import PEOPLE, messages, reopened
from tests.fakes import KEY, SCOPE, SECOND, Rehearsal, rehearsal

BOMB = "炸弹"


def message(who: str, text: str, number: str, kind: Kind = Kind.TEXT) -> Message:
    """Something said to the main app."""
    return Message("wecom.main", SCOPE, who, number, kind, text, "")


def line(who: str, *texts: str) -> list[Message]:
    """What somebody says one after the other, with ids of their own."""
    return [message(who, text, f"{who}{place}") for place, text in enumerate(texts)]


async def deliver(turns: Turns, said: Sequence[Message]) -> list[Any]:
    """Deliver messages at once; the answer or the exception of each."""
    answers = [asyncio.ensure_future(turns.answer(one)) for one in said]
    await asyncio.sleep(0)
    await turns.drain()
    return await asyncio.gather(*answers, return_exceptions=True)


@contextlib.asynccontextmanager
async def working(*all_turns: Turns) -> AsyncIterator[None]:
    """Let these answer in the background."""
    workers = [asyncio.create_task(turns.run()) for turns in all_turns]
    yield
    for worker in workers:
        worker.cancel()
    await asyncio.gather(*workers, return_exceptions=True)


async def chains_hold(talk: Rehearsal) -> bool:
    """Whether every hash chain holds."""
    async with talk.database.reading() as unit:
        return await broken_links(unit) == []


@pytest.fixture
def heard(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Everything the topics are asked, in order; they break down at the bomb."""
    asked: list[str] = []

    async def listen(turn: Turn) -> tuple[Outcome, str]:
        asked.append(turn.text)
        if turn.text == BOMB:
            raise RuntimeError(turn.said)
        return await handle(turn)

    monkeypatch.setattr(exchange, "handle", listen)
    return asked


def refuse(_connection: Any) -> None:
    """A disk that is full."""
    raise OperationalError("COMMIT", {}, Exception("disk full"))


async def test_answered_means_committed(talk: Rehearsal) -> None:
    """At the very moment the answer is there, another connection reads what it says."""
    await talk.member("张三")
    await talk.activity()
    file = talk.database.url.removeprefix("sqlite+aiosqlite:///")
    other, seen = sqlite3.connect(file), []

    def look(_answer: Any) -> None:
        counts = "SELECT (SELECT count(*) FROM ledger), (SELECT count(*) FROM inbox)"
        seen.append(other.execute(counts).fetchone())

    async with working(talk.turns):
        answer = asyncio.ensure_future(talk.turns.answer(message("张三", "签到", "1")))
        answer.add_done_callback(look)
        await answer
        await asyncio.sleep(0)
    other.close()
    assert seen == [(1, 1)]


async def test_another_process_reads_what_was_answered(talk_on: Rehearsal) -> None:
    """A second connection pool sees the effect, the chain's head and the stored answer."""
    await talk_on.member("张三")
    await talk_on.activity()
    answer = await talk_on.says("张三", "签到", message_id="1")
    database = Database(talk_on.database.url, Keyring([KEY]))
    async with database.reading() as unit:
        assert [row["answer"] for row in await unit.select(tables.inbox)] == [answer]
        assert len(await unit.select(tables.attendance)) == 1
        assert await broken_links(unit) == []
    await database.close()


@pytest.mark.parametrize("batch", [256, 4, 1])
async def test_sixteen_deliveries_have_one_effect(
    talk_on: Rehearsal, monkeypatch: pytest.MonkeyPatch, batch: int
) -> None:
    """In one batch or over several, the same message gets sixteen equal answers and one record."""
    monkeypatch.setattr(turns_module, "LARGEST_BATCH", batch)
    await talk_on.member("张三")
    said = [message("张三", "党费 10月 20元", "7")] * 16
    answers = await deliver(talk_on.turns, said)
    async with reopened(talk_on.database.url) as restarted:
        answers += await deliver(restarted.turns, said[:2])
    assert len(set(answers)) == 1
    assert "20.00" in answers[0]
    assert len(await talk_on.rows(tables.dues)) == 1
    assert len(await talk_on.rows(tables.inbox)) == 1


async def test_the_same_words_said_twice_are_two_messages(talk_on: Rehearsal) -> None:
    """Two ids are two messages, however alike; two members may have the same id."""
    await talk_on.member("张三")
    await talk_on.member("李四")
    said = [message(who, "意见：活动最好放在周末", "1") for who in ("张三", "李四")]
    said.append(message("张三", "意见：活动最好放在周末", "2"))
    answers = await deliver(talk_on.turns, said)
    assert len(set(answers)) == 3
    requests = await talk_on.rows(tables.requests)
    assert sorted(row["member_id"] for row in requests) == [1, 1, 2]


@pytest.mark.parametrize("batch", [256, 3])
async def test_a_conversation_keeps_its_order(
    talk_on: Rehearsal, monkeypatch: pytest.MonkeyPatch, batch: int
) -> None:
    """Two people fill the same form at once, all of it delivered together."""
    monkeypatch.setattr(turns_module, "LARGEST_BATCH", batch)
    await talk_on.member("张三")
    await talk_on.member("李四")
    mine = line("张三", "党费", "10月", "20元", "跳过", "我的党费")
    theirs = line("李四", "党费", "9月", "30元", "跳过", "我的党费")
    mixed = [one for pair in zip(mine, theirs, strict=True) for one in pair]
    answers = await deliver(talk_on.turns, mixed)
    assert "20.00" in answers[-2]
    assert "30.00" in answers[-1]
    found = {
        (row["member_id"], row["month"], row["fen"]) for row in await talk_on.rows(tables.dues)
    }
    assert found == {(1, "2026-10", 2000), (2, "2026-09", 3000)}


async def test_a_failing_turn_does_not_take_its_batch_along(
    talk_on: Rehearsal, heard: list[str]
) -> None:
    """The others are answered and recorded; the bad one is tried alone, kept, and its sender told."""
    for who in ("张三", "李四", "王五"):
        await talk_on.member(who)
    said = [
        message("张三", "党费 10月 20元", "1"),
        message("李四", BOMB, "2"),
        message("王五", "党费 10月 30元", "3"),
    ]
    first, failed, last = await deliver(talk_on.turns, said)
    assert ("20.00" in first, failed, "30.00" in last) == (True, FAILED, True)
    assert heard.count(BOMB) == 1 + turns_module.TRIES_ALONE
    assert sorted(row["fen"] for row in await talk_on.rows(tables.dues)) == [2000, 3000]
    rows = {row["message_id"]: row for row in await talk_on.rows(tables.inbox)}
    assert (rows["2"]["state"], rows["2"]["error"]) == ("failed", "RuntimeError")
    assert (rows["2"]["text"], rows["2"]["answer"]) == (BOMB, FAILED)
    assert {rows["1"]["state"], rows["3"]["state"]} == {"done"}
    assert (talk_on.turns.failed, talk_on.turns.answered) == (1, 3)


async def test_a_failed_message_is_not_tried_again(talk_on: Rehearsal, heard: list[str]) -> None:
    """Delivered again, it gets the stored answer."""
    await talk_on.member("张三")
    said = [message("张三", BOMB, "1")] * 3
    assert await deliver(talk_on.turns, said) == [FAILED] * 3
    tries = heard.count(BOMB)
    assert await deliver(talk_on.turns, said[:1]) == [FAILED]
    assert heard.count(BOMB) == tries
    assert len(await talk_on.rows(tables.inbox)) == 1


async def test_what_follows_a_failing_turn_keeps_its_order(
    talk_on: Rehearsal, heard: list[str]
) -> None:
    """The rest of its conversation comes after it, another's is not touched by it."""
    await talk_on.member("张三")
    await talk_on.member("李四")
    mine = line("张三", "党费", "10月", BOMB, "20元", "跳过")
    theirs = line("李四", "党费", "9月", "30元", "跳过")
    answers = await deliver(talk_on.turns, [*mine[:3], *theirs, *mine[3:]])
    assert answers.count(FAILED) == 1
    assert [row["fen"] for row in await talk_on.rows(tables.dues)] == [3000, 2000]
    last = len(heard) - heard[::-1].index(BOMB)
    assert heard[last:] == ["20元", "跳过"]


async def test_several_failing_turns_fail_for_themselves(
    talk_on: Rehearsal, heard: list[str]
) -> None:
    """Each of them is found in turn, and everybody else is answered."""
    people = [f"党员{place}" for place in "甲乙丙丁戊己"]
    for who in people:
        await talk_on.member(who)
    said = [
        message(who, BOMB if place % 2 else "党费 10月 20元", who)
        for place, who in enumerate(people)
    ]
    answers = await deliver(talk_on.turns, said)
    assert [answer == FAILED for answer in answers] == [False, True] * 3
    assert len(await talk_on.rows(tables.dues)) == 3
    assert talk_on.turns.failed == 3


async def test_a_turn_that_works_the_second_time_is_answered(
    talk: Rehearsal, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nothing of the first try stays, and nobody hears of it."""
    await talk.member("张三")
    tries = []

    async def stumble(turn: Turn) -> tuple[Outcome, str]:
        found = await handle(turn)
        tries.append(turn.text)
        if len(tries) == 1:
            await turn.store.unit.flush()
            raise RuntimeError
        return found

    monkeypatch.setattr(exchange, "handle", stumble)
    assert "20.00" in await talk.says("张三", "党费 10月 20元")
    assert len(tries) == 2
    assert len(await talk.rows(tables.dues)) == 1
    assert (await talk.rows(tables.inbox))[0]["state"] == "done"


@pytest.mark.parametrize(
    ("consents", "kind", "kept"),
    [
        (("records",), Kind.TEXT, BOMB),
        (("records",), Kind.LOCATION, None),
        ((), Kind.TEXT, None),
    ],
)
async def test_a_failure_keeps_only_what_was_agreed_to(
    talk: Rehearsal,
    heard: list[str],
    consents: Sequence[str],
    kind: Kind,
    kept: str | None,
) -> None:
    """Before the consent, and of locations, not even a failed message keeps its words."""
    await talk.member("张三", consents=consents)
    assert await deliver(talk.turns, [message("张三", BOMB, "1", kind)]) == [FAILED]
    assert [row["text"] for row in await talk.rows(tables.inbox)] == [kept]


async def test_a_strangers_failure_keeps_no_words(talk: Rehearsal, heard: list[str]) -> None:
    """Somebody unknown has agreed to nothing."""
    assert await deliver(talk.turns, [message("谁", BOMB, "1")]) == [FAILED]
    assert [row["text"] for row in await talk.rows(tables.inbox)] == [None]


async def test_a_commit_that_fails_answers_nobody(talk_on: Rehearsal) -> None:
    """Every waiter gets the exception and nothing stays; delivered again, all is well, once."""
    await talk_on.member("张三")
    await talk_on.member("李四")
    said = [message(who, "党费 10月 20元", "1") for who in ("张三", "李四")]
    counters = await talk_on.rows(tables.counters)
    writer = talk_on.database.writer.sync_engine
    event.listen(writer, "commit", refuse)
    answers = await deliver(talk_on.turns, said)
    event.remove(writer, "commit", refuse)
    assert [repr(answer) for answer in answers] == ["NotCommitted('OperationalError')"] * 2
    for table in (tables.inbox, tables.dues, tables.requests, tables.dialogs):
        assert await talk_on.rows(table) == []
    assert await talk_on.rows(tables.counters) == counters
    assert all("20.00" in answer for answer in await deliver(talk_on.turns, said))
    assert len(await talk_on.rows(tables.dues)) == 2


async def test_a_locked_database_is_asked_again_and_keeps_no_failure(talk_on: Rehearsal) -> None:
    """A statement that the database refuses for now is nobody's failure: the platform delivers again."""
    await talk_on.member("张三")
    said = [message("张三", "党费 10月 20元", "1")]
    writer = talk_on.database.writer.sync_engine

    def locked(*_given: object) -> None:
        raise OperationalError("INSERT", {}, Exception("database is locked"))

    event.listen(writer, "before_cursor_execute", locked)
    answers = await deliver(talk_on.turns, said)
    event.remove(writer, "before_cursor_execute", locked)
    assert [repr(answer) for answer in answers] == ["NotCommitted('OperationalError')"]
    assert await talk_on.rows(tables.inbox) == []
    assert "20.00" in str((await deliver(talk_on.turns, said))[0])


async def test_a_commit_that_fails_once_is_made_up_for(talk_on: Rehearsal) -> None:
    """Each message of the batch is tried on its own, in the order it came."""
    await talk_on.member("张三")
    await talk_on.member("李四")
    said = [*line("张三", "党费", "10月", "20元", "跳过"), *line("李四", "党费 9月 30元")]
    writer = talk_on.database.writer.sync_engine
    event.listen(writer, "commit", refuse, once=True)
    answers = await deliver(talk_on.turns, said)
    assert not any(isinstance(answer, Exception) for answer in answers)
    assert [row["fen"] for row in await talk_on.rows(tables.dues)] == [2000, 3000]


async def test_order_is_kept_when_turn_and_commit_both_fail(
    talk: Rehearsal, heard: list[str]
) -> None:
    """What came before a failing turn is still heard before it when everything is tried alone."""
    await talk.member("张三")
    said = line("张三", "党费", "10月", BOMB, "20元", "跳过")
    event.listen(talk.database.writer.sync_engine, "commit", refuse, once=True)
    answers = await deliver(talk.turns, said)
    assert [answer == FAILED for answer in answers] == [False, False, True, False, False]
    assert [row["fen"] for row in await talk.rows(tables.dues)] == [2000]


async def test_too_many_messages_are_turned_away(
    talk: Rehearsal, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Beyond the longest queue, the platform is asked to come again; those who wait are answered."""
    monkeypatch.setattr(turns_module, "LONGEST_QUEUE", 3)
    await talk.member("张三")
    async with reopened(talk.database.url) as short:
        answers = await deliver(short.turns, line("张三", *["帮助"] * 5))
        assert [isinstance(answer, Overloaded) for answer in answers] == [False] * 3 + [True] * 2
        assert await deliver(short.turns, line("张三", *["帮助"] * 3)) == answers[:3]
    assert len(await talk.rows(tables.inbox)) == 3


async def test_who_gave_up_waiting_is_answered_at_the_next_delivery(talk: Rehearsal) -> None:
    """A callback that timed out takes nothing along: the turn is committed, the repeat gets its answer."""
    await talk.member("张三")
    said = message("张三", "党费 10月 20元", "1")
    impatient = asyncio.ensure_future(talk.turns.answer(said))
    await asyncio.sleep(0)
    assert talk.turns.waiting == 1
    impatient.cancel()
    await talk.turns.drain()
    assert impatient.cancelled()
    answers = await deliver(talk.turns, [said])
    assert "20.00" in answers[0]
    assert len(await talk.rows(tables.dues)) == 1
    assert talk.turns.waiting == 0


async def test_a_batch_is_one_commit(talk_on: Rehearsal) -> None:
    """A whole county checking in at nine costs one commit."""
    people = [f"党员{place}" for place in range(30)]
    for who in people:
        await talk_on.member(who)
    await talk_on.activity()
    commits: list[object] = []
    event.listen(talk_on.database.writer.sync_engine, "commit", commits.append)
    answers = await deliver(talk_on.turns, [message(who, "签到", "1") for who in people])
    assert all(answer.startswith("签到成功") for answer in answers)
    assert len(commits) == 1
    assert talk_on.turns.last_batch == len(people)
    assert len(await talk_on.rows(tables.attendance)) == len(people)
    assert await chains_hold(talk_on)


async def test_the_last_of_several_records_in_a_batch_is_undone(talk_on: Rehearsal) -> None:
    """撤销 takes back what was said last, though all of it was received in one moment."""
    await talk_on.member("张三")
    await talk_on.activity()
    texts = ("党费 9月 20元", "意见：活动最好放在周末", "党费 10月 30元", "签到", "党费 8月 10元")
    await deliver(talk_on.turns, line("张三", *texts))
    async with talk_on.database.writer.begin() as connection:
        await connection.execute(text("ANALYZE"))
    assert "8月" in await talk_on.says("张三", "撤销")
    states = {row["month"]: row["state"] for row in await talk_on.rows(tables.dues)}
    assert states == {"2026-08": "withdrawn", "2026-09": "pending", "2026-10": "pending"}


def test_a_killed_process_loses_and_doubles_nothing(sqlite_url: str) -> None:
    """Killed wherever it was, redelivery ends with one effect a message, and keeps every given answer."""
    asyncio.run(gather_people(sqlite_url))
    for round_number in range(4):
        answered = answer_until_killed(sqlite_url, round_number)
        asyncio.run(check_round(sqlite_url, round_number, answered))


async def gather_people(url: str) -> None:
    """Put everybody who will speak on the roster."""
    async with reopened(url) as talk:
        for who in PEOPLE:
            await talk.member(who)


def answer_until_killed(url: str, round_number: int) -> dict[str, str]:
    """What a process answered until it was killed at a random point."""
    chance = random.Random(round_number)
    command = [sys.executable, "-m", "tests.bot.doomed", url, str(round_number)]
    root = Path(__file__).parents[2]
    with subprocess.Popen(command, stdout=subprocess.PIPE, cwd=root) as process:
        assert process.stdout is not None
        lines = [process.stdout.readline() for _ in range(chance.randrange(1, 300))]
        process.kill()
        lines += process.stdout.readlines()
    whole = [line.decode().rstrip("\n") for line in lines if line.endswith(b"\n")]
    return dict(line.split("\t") for line in whole)


async def check_round(url: str, round_number: int, answered: dict[str, str]) -> None:
    """Deliver the whole round again and count its effects."""
    said = messages(round_number)
    assert 0 < len(answered) < len(said)
    async with reopened(url) as talk:
        answers = await deliver(talk.turns, said)
        given = {one.id: answer.splitlines()[0] for one, answer in zip(said, answers, strict=True)}
        assert {number: given[number] for number in answered} == answered
        done = (round_number + 1) * len(said)
        assert await count_rows(talk, tables.inbox) == done
        assert await count_rows(talk, tables.places) == done // 2
        assert await count_rows(talk, tables.ledger) == done // 2
        words = Counter(row["text"] for row in await talk.rows(tables.requests))
        assert set(words.values()) == {1}
        assert len(words) == done // 2
        assert await chains_hold(talk)


async def count_rows(talk: Rehearsal, table: Any) -> int:
    """How many rows a table has."""
    async with talk.database.reading() as unit:
        return int((await unit.fetch(select(func.count().label("n")).select_from(table)))[0]["n"])


@pytest.fixture
async def talk_on_postgresql(postgresql_url: str) -> AsyncIterator[Rehearsal]:
    """Turns to talk with, over PostgreSQL."""
    async with rehearsal(postgresql_url) as talk:
        yield talk


async def test_two_processes_share_the_work(talk_on_postgresql: Rehearsal) -> None:
    """The same 200 messages reach both, in other orders: one effect each, equal answers, chains that hold."""
    talk, chance = talk_on_postgresql, random.Random(1)
    people = [f"党员{place}" for place in range(50)]
    for place, who in enumerate(people):
        await talk.member(who, **({"branch": SECOND} if place % 3 == 0 else {}))
    await talk.activity()
    await talk.activity(branch=SECOND)
    texts = ("签到", "党费 10月 20元", "我到苏州工业园区了", "意见：活动放在周末，{}")
    said = [
        message(who, text.format(who), f"{who}{place}")
        for place, text in enumerate(texts)
        for who in people
    ]
    async with reopened(talk.database.url) as second, working(talk.turns, second.turns):
        answers = []
        for turns in (talk.turns, second.turns):
            shuffled = chance.sample(said, len(said))
            answers.append([(one.id, asyncio.ensure_future(turns.answer(one))) for one in shuffled])
        given = [{number: await answer for number, answer in each} for each in answers]
    assert given[0] == given[1]
    assert FAILED not in given[0].values()
    for table in (tables.attendance, tables.dues, tables.places):
        found = Counter(row["member_id"] for row in await talk.rows(table))
        assert (len(found), set(found.values())) == (50, {1})
    assert len({row["text"] for row in await talk.rows(tables.requests)}) == 51
    assert len(await talk.rows(tables.inbox)) == 200
    assert await chains_hold(talk)


async def test_two_processes_lose_no_part_of_a_draft(talk_on_postgresql: Rehearsal) -> None:
    """Parts of a report that reach both at once are all in the draft, and each was counted."""
    talk = talk_on_postgresql
    await talk.member("张三")
    await talk.says("张三", "思想汇报")
    parts = [f"第{place}段，学习了新党章，体会很深。" for place in range(12)]
    async with reopened(talk.database.url) as second, working(talk.turns, second.turns):
        both = (talk.turns, second.turns)
        said = [
            both[place % 2].answer(message("张三", part, part)) for place, part in enumerate(parts)
        ]
        answers = await asyncio.gather(*said)
    assert len(set(answers)) == len(parts)
    await talk.says("张三", "完成")
    report = (await talk.rows(tables.reports))[0]
    assert sorted(report["text"].splitlines()) == sorted(parts)


async def test_two_secretaries_decide_once(talk_on_postgresql: Rehearsal) -> None:
    """Whoever comes second hears that it is done; the ledger has one entry, the member one notice."""
    talk = talk_on_postgresql
    for who in ("书记", "副书记"):
        await talk.member(who, position=who)
    for place in range(8):
        await talk.member(f"党员{place}")
        await talk.says(f"党员{place}", "党费 10月 20元")
    async with reopened(talk.database.url) as second, working(talk.turns, second.turns):
        said = [
            turns.answer(message(who, f"通过 {number}", f"{who}{number}"))
            for number in range(1, 9)
            for turns, who in ((talk.turns, "书记"), (second.turns, "副书记"))
        ]
        answers = await asyncio.gather(*said)
    assert len([answer for answer in answers if answer.startswith("已确认")]) == 8
    entries = await talk.rows(tables.ledger, tables.ledger.c.kind == EntryKind.DUES)
    assert Counter(row["member_id"] for row in entries) == Counter(range(3, 11))
    assert len(await talk.rows(tables.outbox)) == 8
    assert {row["state"] for row in await talk.rows(tables.dues)} == {State.CONFIRMED}
    assert await chains_hold(talk)


async def test_two_processes_undo_once(talk_on_postgresql: Rehearsal) -> None:
    """撤销 said twice at the same moment takes back one record, once."""
    talk = talk_on_postgresql
    await talk.member("张三")
    await talk.activity()
    await talk.says("张三", "签到")
    async with reopened(talk.database.url) as second, working(talk.turns, second.turns):
        said = [
            turns.answer(message("张三", "撤销", f"撤销{place}"))
            for place, turns in enumerate((talk.turns, second.turns) * 3)
        ]
        await asyncio.gather(*said)
    assert [row["kind"] for row in await talk.rows(tables.ledger)] == ["activity", "correction"]
    assert await chains_hold(talk)

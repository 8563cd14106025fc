"""What people answer to notices: hardly anything is recorded, and the answer says what is still wanted."""

import asyncio
import json
from collections import Counter
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from bot.channels.base import Message
from handlers.news import topic as news
from handlers.turn import Kind
from handlers.wellbeing import THOUGHT
from scheduler.policy_files import load_policy, reader
from storage import tables
from storage.notices import Notice
from storage.records import Account, Attendance, Dialog, Presence
from storage.store import Store
from tests.fakes import RULES, SCOPE, Rehearsal, on, rehearsal

CORPUS = Path(__file__).parents[1] / "data" / "corpus" / "seventh.jsonl"
LINES: list[dict[str, Any]] = [json.loads(one) for one in CORPUS.read_text("utf-8").splitlines()]
AFTER = ("invitation", "day_before", "moved", "called_off", "answered")
AFTER_OTHERS = ("dues", "report", "contact", "greeting", "absence", "secretary")
NOON = {
    "day_before": on(2026, 11, 4, 10),
    "dues": on(2026, 11, 6, 10),
    "report": on(2026, 12, 18, 10),
    "greeting": on(2026, 11, 16, 9, 30),
    "absence": on(2026, 11, 6, 10),
    "secretary": on(2026, 11, 9, 10),
}
USUAL = on(2026, 11, 2, 10)  # three days before 十一月主题党日
CODE = "4271"
CUMT = replace(RULES, policy=load_policy("cumt", reader(Path())))  # it asks for thought reports
WATCHED = (
    tables.attendance,
    tables.places,
    tables.dues,
    tables.leaves,
    tables.responses,
    tables.requests,
    tables.reports,
    tables.stints,
    tables.contacts,
    tables.ledger_marks,
)
LEAST_RIGHT = 0.95


@pytest.mark.parametrize("after", [*AFTER, *AFTER_OTHERS])
async def test_replies_to_a_notice(tmp_path: Path, after: str) -> None:
    """Nothing is recorded that was not said, and nearly every answer says what it must."""
    lines = [line for line in LINES if line["after"] == after]
    async with rehearsal(f"sqlite+aiosqlite:///{tmp_path}/replies.db", rules=CUMT) as talk:
        talk.clock.at = NOON.get(after, USUAL)
        people = await _people(talk, after, len(lines))
        before = await _written(talk)
        answers = await _say_all(talk, lines)
        records = await _written(talk) - before
    said = zip(people, lines, strict=True)
    assert records == Counter((who, line["writes"]) for who, line in said if line["writes"])
    wrong = [
        (line["says"], line["gets"], answer)
        for line, answer in zip(lines, answers, strict=True)
        if not _is_right(line, answer)
    ]
    assert len(wrong) <= (1 - LEAST_RIGHT) * len(lines), "\n".join(map(str, wrong))


def test_the_corpus_is_large_and_nearly_all_of_it_records_nothing() -> None:
    """At least 400 lines; a reply that is an answer is the exception."""
    assert len(LINES) >= 400
    assert sum(line["writes"] is None for line in LINES) * 10 >= len(LINES) * 9


def _is_right(line: dict[str, Any], answer: str) -> bool:
    """Every group of words has one that the answer holds; the code is never given away."""
    said = all(any(one in answer for one in group.split("|")) for group in line["gets"])
    return said and CODE not in answer


async def _written(talk: Rehearsal) -> Counter[tuple[int, str]]:
    """Who wrote how much of what."""
    return Counter(
        [
            (row.get("by_member_id") or row["member_id"], table.name.removesuffix("s"))
            for table in WATCHED
            for row in await talk.rows(table)
        ]
    )


async def _people(talk: Rehearsal, after: str, count: int) -> list[int]:
    """A fresh 张三 for every line; where secretaries reply, each in a branch of their own."""
    moved = after == "moved"
    starts = on(2026, 11, 7, 14) if moved else on(2026, 11, 5)
    async with talk.store() as store:
        shared, people = 0, []
        for place in range(count):
            alone = after == "secretary"
            branch = await store.organisations.ensure(f"支部{place}" if alone else "第一党支部")
            if alone or not place:
                shared = await _activity(store, branch, starts, after)
            number = await _person(talk, store, branch, place, "李红梅" if alone else "张三")
            if alone:
                for tail, name in enumerate(("张三", "李四")):
                    await _person(talk, store, branch, (place + 1) * 1000 + tail, name)
            people.append(number)
            await _told(store, after, shared, number, talk.clock.now())
            if after == "contact":
                asked = Dialog(news.name, {"answers": {}}, THOUGHT, talk.clock.now())
                await store.dialogs.put(("wecom.main", f"user{place}"), asked)
    return people


async def _activity(store: Store, branch: int, starts: datetime, after: str) -> int:
    end = starts.replace(hour=starts.hour + 2)
    number = await store.activities.plan(
        branch_id=branch,
        topic="十一月主题党日",
        starts_at=starts,
        ends_at=end,
        place="一楼会议室",
        categories="学习教育",
        mode="现场+线上",
        audience="全体党员",
        code=CODE,
        cancelled_at=USUAL if after == "called_off" else None,
        moved_from=on(2026, 11, 5) if after == "moved" else None,
        form_filed_at=None,
    )
    await store.unit.flush()
    return number


async def _person(talk: Rehearsal, store: Store, branch: int, place: int, name: str) -> int:
    now = talk.clock.now()
    number = await store.members.add(
        branch_id=branch,
        name=name,
        phone=f"139{place:08d}",
        category="正式党员",
        position="书记" if name == "李红梅" else "",
        at=now,
    )
    await store.members.bind(Account(SCOPE, f"user{place}"), number, now)
    await store.unit.flush()
    member = await store.members.get(number)
    await store.members.grant(member, ("records", "place", "sharing"), "test", now)
    return number


async def _told(store: Store, after: str, activity: int, number: int, now: datetime) -> None:
    """The notice that the line replies to, and what belongs to it."""
    rule = {"answered": "invitation", "greeting": "birthday", "secretary": "digest"}
    one = Notice(
        rule=rule.get(after, after),
        clause="",
        branch_id=(await store.members.get(number)).branch_id,
        subject_id=number,
        member_id=number,
        period="",
        who="member",
        rung=1,
        recipient_id=number,
        due_on=None,
    )
    if after in AFTER:
        one = replace(one, subject_id=activity)
    if after == "dues":
        one = replace(one, clause="AD-15", period="2026-10", due_on=on(2026, 11, 8).date())
    if after == "report":
        one = replace(one, rule="thought_report", period="2026-Q4", due_on=on(2026, 12, 31).date())
    if after not in {"contact", "absence"}:
        message = await store.outbox.send(SCOPE, str(number), "提醒", now)
        await store.notices.add([one], message, now)
    if after == "answered":
        await store.responses.answer(activity, number, "coming", now)
    if after == "absence":
        found = Attendance(activity, number, Presence.ABSENT, now, 0, 0)
        store.activities.attend(found, by=None)


async def _say_all(talk: Rehearsal, lines: list[dict[str, Any]]) -> list[str]:
    waiting = [
        asyncio.ensure_future(
            talk.turns.answer(
                Message("wecom.main", SCOPE, f"user{n}", str(n), Kind.TEXT, line["says"], "")
            )
        )
        for n, line in enumerate(lines)
    ]
    await asyncio.sleep(0)
    await talk.turns.drain()
    return [await answer for answer in waiting]

"""What the operator gets of contacts, duties and notices: the contract's keys, and states that are true."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from handlers.documents.exports import COLUMNS, rows_of
from scheduler.tick import Tick
from storage import tables
from storage.exports import Exports
from tests.fakes import RULES, Rehearsal, on, rehearsal

ZHANG, LI = "张三", "李红梅"


@pytest.fixture
async def year(tmp_path: Path) -> AsyncIterator[Rehearsal]:
    """A branch in mid November: 张三 away since September, an activity of October without its form."""
    async with rehearsal(f"sqlite+aiosqlite:///{tmp_path}/year.db") as talk:
        talk.clock.at = on(2026, 9, 1)
        await talk.member(ZHANG)
        await talk.member(LI, position="书记")
        async with talk.store() as store:
            await store.stints.leave(1, 1, on(2026, 9, 1).date(), on(2026, 9, 1), city="苏州市")
        await talk.activity("重温入党誓词", starts=on(2026, 10, 12))
        talk.clock.at = on(2026, 11, 13)
        await Tick(talk.database, RULES, {"第一党支部": ["流动党员群"]}).run(talk.clock.now())
        yield talk


async def exported(talk: Rehearsal, kind: str) -> list[dict[str, Any]]:
    """The rows of a kind, with the contract's keys at least."""
    async with talk.database.reading() as unit:
        rows = await rows_of(kind, Exports(unit), RULES, talk.clock.now())
    assert rows
    assert all(set(COLUMNS[kind]) <= row.keys() for row in rows)
    return rows


def one(rows: list[dict[str, Any]], **wanted: Any) -> dict[str, Any]:
    """The only row with these values."""
    [found] = [row for row in rows if wanted.items() <= row.items()]
    return found


async def test_contacts_of_both_sides(year: Rehearsal) -> None:
    """Who spoke with whom, how it ended and about what; what was taken back is left out."""
    for who, line in (
        (LI, "联系 张三 没接"), (LI, "联系 张三 上门看了，身体好，思想稳定"), (ZHANG, "近况 在苏州上班"),
        (LI, "联系 张三 聊了几句"), (LI, "撤销"),
    ):  # fmt: skip
        await year.says(who, line)
    rows = await exported(year, "contacts")
    told = [(row["branch"], row["member"], str(row["on"]), row["by"], row["outcome"], row["topics"]) for row in rows]  # fmt: skip
    assert told == [
        ("第一党支部", ZHANG, "2026-11-13", LI, "没接", ""),
        ("第一党支部", ZHANG, "2026-11-13", LI, "见面", "思想、生活"),
        ("第一党支部", ZHANG, "2026-11-13", ZHANG, "本人答复", "工作"),
    ]


async def test_a_talk_is_no_contact(year: Rehearsal) -> None:
    """`kind` tells them apart."""
    await year.says(LI, "谈话 张三 当面指出缺席的问题")
    await year.says(LI, "联系 张三 很好")
    assert [row["kind"] for row in await exported(year, "contacts")] == ["talk", "contact"]


async def test_an_arrangement_taken_back_was_no_activity(year: Rehearsal) -> None:
    """It is `withdrawn` and expects nobody; one that was called off is `cancelled`."""
    for line in ("发起活动 学党章 12月5日9点到11点 会议室 现场", "1、4", "1", "确认", "撤销"):
        await year.says(LI, line)
    row = one(await exported(year, "activities"), topic="学党章")
    assert (row["state"], row["expected"]) == ("withdrawn", 0)


async def test_duties_of_the_year(year: Rehearsal) -> None:
    """Every expected subject with its state: open, met, late, excused, and by what."""
    await year.says(LI, "联系 张三 很好")
    await year.says(LI, "待办")
    async with year.store() as store:
        await store.settlements.settle(
            "lecture", "2026", 1, branch_id=1, state="excused", note="免", by=2, at=year.clock.now()
        )
    rows = await exported(year, "duties")
    contact = one(rows, clause="FM-6", subject=ZHANG, period="2026-Q4")
    assert (str(contact["due"]), contact["state"], contact["settled_by"]) == (
        "2026-12-31",
        "met",
        "contact",
    )
    assert one(rows, clause="FM-6", period="2026-Q3")["state"] == "late"
    form = one(rows, clause="AD-8")
    assert (form["subject"], form["state"], form["period"]) == ("重温入党誓词", "late", "2026-10")
    assert one(rows, clause="FM-7", subject=ZHANG)["state"] == "open"
    lecture = one(rows, clause="AD-13", subject="第一党支部")
    assert (lecture["state"], lecture["settled_by"]) == ("excused", "settled")
    assert one(rows, clause="AD-1", period="2026-10")["settled_by"] == "activity_held"


async def test_notices_with_what_became_of_them(year: Rehearsal) -> None:
    """Planned, sent, failed by the message; answered and unsent by the notice."""
    async with year.store() as store:
        await store.unit.change(
            tables.outbox, {"id": 1}, state="sent", sent_at=on(2026, 11, 13, 9, 5)
        )
    rows = await exported(year, "notices")
    told = one(rows, clause="FM-6", period="2026-Q4")
    assert (told["subject"], told["recipient"], told["state"]) == (ZHANG, LI, "sent")
    assert told["sent_at"] == on(2026, 11, 13, 9, 5)
    async with year.store() as store:
        await store.unit.change(tables.outbox, {"id": 1}, state="failed", error="不在可见范围")
    told = one(await exported(year, "notices"), clause="FM-6", period="2026-Q4")
    assert (told["state"], told["reason"]) == ("failed", "不在可见范围")
    await year.says(LI, "联系 张三 很好")
    assert (
        one(await exported(year, "notices"), clause="FM-6", period="2026-Q4")["state"] == "answered"
    )

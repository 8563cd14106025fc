"""At night nobody is written to because somebody else is awake (the policy's manners)."""

from datetime import datetime, timedelta

import pytest

from storage import tables
from tests.fakes import SCOPE, Rehearsal, on
from tests.handlers.dialogs import LI, ZHANG, hold

EVENING, NIGHT, EARLY = on(2026, 10, 12, 23, 30), on(2026, 10, 13, 2), on(2026, 10, 13, 7, 59)
MORNING = on(2026, 10, 13, 8)


async def claimed(talk: Rehearsal, at: datetime) -> list[tuple[str, str]]:
    """To whom something would go out at this moment, and of what kind."""
    async with talk.store() as store:
        letters = await store.outbox.claim(at, at, 10)
    return [(one.recipient, one.kind) for one in letters]


@pytest.mark.parametrize("at", [on(2026, 10, 12, 21), EVENING, NIGHT, EARLY])
async def test_what_is_said_at_night_waits_for_the_morning(branch: Rehearsal, at: datetime) -> None:
    """A member's news and a secretary's question go out at eight; the question waits for no answer before."""
    branch.clock.at = at
    await hold(
        branch,
        [
            (LI, "联系 张三", "夜里不打扰，早上 8 点把问题发给张三"),
            (ZHANG, "签到码", "签到"),
            (ZHANG, "近况 在苏州上班，身体都好", "已转给支部"),
        ],
    )
    assert await claimed(branch, EARLY) == []
    assert await claimed(branch, MORNING) == [(ZHANG, "text"), (LI, "text")]


@pytest.mark.parametrize("at", [MORNING, on(2026, 10, 13, 20, 59)])
async def test_by_day_it_goes_at_once(branch: Rehearsal, at: datetime) -> None:
    """From eight to nine in the evening nothing waits."""
    branch.clock.at = at
    await hold(branch, [(ZHANG, "近况 在苏州上班，身体都好", "已转给支部")])
    [letter] = await branch.rows(tables.outbox)
    assert letter["next_at"] is None


async def test_whoever_is_up_gets_what_waited(branch: Rehearsal) -> None:
    """A file that a secretary asks for at night is not held up by what waits for them."""
    branch.clock.at = EVENING
    await hold(branch, [(ZHANG, "近况 在苏州上班，身体都好", "已转给支部"), (LI, "记录表", "内容")])
    assert await claimed(branch, EVENING) == []
    await hold(branch, [(LI, "学习党章第一章，讨论下月计划", "记录表")])
    assert await claimed(branch, EVENING) == [(LI, "text"), (LI, "file")]


async def test_a_withdrawn_consent_stops_what_waits(branch: Rehearsal) -> None:
    """Notices of the calendar that were not sent yet are dropped; an answer that was asked for is not."""
    async with branch.store() as store:
        now = branch.clock.now()
        await store.outbox.send(SCOPE, "张三", "提醒", now, expires_at=now + timedelta(days=3))
        await store.outbox.send(SCOPE, "张三", "答复", now)
    await branch.says("张三", "撤回同意")
    rows = await branch.rows(tables.outbox)
    assert {(row["text"], row["state"], row["error"]) for row in rows} == {
        ("提醒", "dropped", "本人已撤回同意"),
        ("答复", "pending", None),
    }

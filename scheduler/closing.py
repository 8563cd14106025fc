"""When the window of an activity closes: who was expected and is nowhere is absent; undecided leave waits."""

import asyncio
from collections.abc import Callable
from datetime import datetime

from scheduler.activities import CLOSES_AFTER
from storage.absences import Absences
from storage.database import Database
from storage.recipients import Recipients
from storage.records import TOOK_PART, Presence

AT_ONCE = 20  # activities a commit
ROOM = 0.002  # seconds left to the turns of members between two commits
CLOSED = "活动结束 {branch}“{topic}”：{counts}"
NOT_RECORDED = "没有人签到，未记缺席"
COUNTED = "到 {there} 人，请假 {leave} 人，缺席 {absent} 人"


async def close_activities(
    database: Database, now: datetime, report: Callable[[str], None]
) -> None:
    """Close what is over, a few activities a commit."""
    async with database.reading() as unit:
        waiting = await Absences(unit).to_close(now, CLOSES_AFTER)
    for start in range(0, len(waiting), AT_ONCE):
        some = waiting[start : start + AT_ONCE]
        async with database.unit() as unit:
            await Absences(unit).close(some, now)
        await _tell(database, some, report)
        await asyncio.sleep(ROOM)


async def _tell(database: Database, closed: list[int], report: Callable[[str], None]) -> None:
    async with database.reading() as unit:
        activities = await Recipients(unit).activities(closed)
        branches = await Recipients(unit).branches(one.branch_id for one in activities.values())
        counts = await Absences(unit).counts(closed)
    for number in closed:
        found, count = activities[number], counts.get(number)
        words = NOT_RECORDED
        if count:
            there = sum(count.get(state, 0) for state in TOOK_PART)
            words = COUNTED.format(
                there=there,
                leave=count.get(Presence.LEAVE, 0),
                absent=count.get(Presence.ABSENT, 0),
            )
        report(CLOSED.format(branch=branches[found.branch_id][0], topic=found.topic, counts=words))

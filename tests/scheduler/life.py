"""A year of three branches and sixty members: who does what, and what they are told in the end.

甲 does everything and keeps its books, but for 甲5, who pays no dues; 乙 does nothing; 丙 meets on the
10th, but its secretary has no account. 党委书记 sits above. Everything is on record as it would be.
"""

import asyncio
import gc
import subprocess
import sys
from collections import Counter
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from pathlib import Path

import pytest

from scheduler.calendar import Calendar
from scheduler.rules import Rules
from scheduler.tick import Tick
from storage import tables
from storage.records import Contact, ContactKind, Outcome
from storage.store import Store
from tests.fakes import ZONE, FakeClock, Rehearsal, rehearsal
from tests.scheduler.conftest import Year, rules_of

DILIGENT, SILENT, UNREACHED, COMMITTEE = "甲支部", "乙支部", "丙支部", "学院党委"
POLICIES = ("base", "jiangsu", "cumt", "university", "hubei", "chizhou")
COMBINED = "chizhou"
DEAD = (date(2026, 3, 10), date(2026, 3, 23))
AFTER = timedelta(days=40)  # by then everything is as if nothing had been
YEARS = pytest.StashKey["Years"]()
ROOT = Path(__file__).parent.parent.parent
SIZE = 20
ASLEEP = {
    1,
    2,
    3,
    5,
    6,
    23,
}  # nothing is told at night (tests/handlers/test_night.py); 0 and 4 stand for it
DAY = timedelta(days=1)
BEGIN = datetime(2026, 1, 1, tzinfo=ZONE)
CATEGORIES = {3: "学习教育、民主议事、党课", 11: "学习教育、民主议事、组织生活会、民主评议"}
USUAL = "学习教育、民主议事、为民服务"


@dataclass
class Life:
    """The year under some rules; `told` is every notice as a line of the table, in order."""

    year: Year
    activities: dict[date, int] = field(default_factory=dict)

    async def begin(self) -> None:
        """The roster, the stints, and the plan of the branch that has one."""
        talk = self.year.talk
        await talk.member("党委书记", branch=COMMITTEE, position="党委书记")
        for branch, reachable in ((DILIGENT, True), (SILENT, True), (UNREACHED, False)):
            mark = branch[0]
            await talk.member(f"{mark}书记", branch=branch, position="书记", account=reachable)
            for number in range(2, SIZE + 1):
                await talk.member(f"{mark}{number}", branch=branch)
        async with talk.store() as store:
            above = await store.organisations.ensure(COMMITTEE)
            for branch in (DILIGENT, SILENT, UNREACHED):
                await store.organisations.ensure(branch, above)
            joined, born = date(2025, 8, 15), talk.members["乙3"]
            await store.unit.change(
                tables.members, {"id": born}, joined_on=joined, category="预备党员"
            )
            member = talk.members["甲3"]
            await store.unit.change(tables.members, {"id": member}, joined_on=date(2006, 6, 20))
            for month in range(1, 13):
                await self._plan(store, month)
        for name in ("甲2", "乙2", "丙2"):
            await self.year.stint(name, date(2025, 10, 8))

    async def _plan(self, store: Store, month: int) -> None:
        branch_id = await store.organisations.ensure(DILIGENT)
        day = Calendar().activity_day(2026, month, 5)
        starts = datetime(day.year, day.month, day.day, 9, tzinfo=ZONE)
        self.activities[day] = await store.activities.plan(
            branch_id=branch_id,
            topic=f"{month}月党日",
            starts_at=starts,
            ends_at=starts + timedelta(hours=3),
            place="一楼会议室",
            categories=CATEGORIES.get(month, USUAL),
            mode="现场+线上",
            audience="全体党员",
            code="4271",
            created_at=BEGIN,
            cancelled_at=None,
            form_filed_at=None,
        )

    async def live(self, now: datetime) -> None:
        """What people do at this hour."""
        day = now.date()
        if day in self.activities and now.hour == 9:
            await self._meet(self.activities[day], now)
        if day - DAY in self.activities and now.hour == 14:
            await self._file(self.activities[day - DAY], now)
        if (day.month % 3, day.day, now.hour) == (2, 10, 15):
            await self._contact(now)
        if (day.day, now.hour) == (3, 10):
            await self._close_books(now)

    async def _meet(self, activity_id: int, now: datetime) -> None:
        del activity_id
        for name in self.year.talk.members:
            if name[0] == "甲" and name != "甲7":
                self.year.talk.clock.at = now + timedelta(minutes=2)
                await self.year.talk.says(name, "签到")

    async def _file(self, activity_id: int, now: datetime) -> None:
        async with self.year.talk.store() as store:
            await store.activities.change(activity_id, form_filed_at=now)

    async def _contact(self, now: datetime) -> None:
        async with self.year.talk.store() as store:
            member = await store.members.get(self.year.talk.members["甲2"])
            found = Contact(member.id, ContactKind.CONTACT, now.date(), Outcome.SPOKE, ("思想",))
            by = self.year.talk.members["甲书记"]
            await store.contacts.add(found, branch_id=member.branch_id, by=by, at=now, note=None)

    async def _close_books(self, now: datetime) -> None:
        month = f"{now.date().replace(day=1) - DAY:%Y-%m}"
        members = self.year.talk.members
        async with self.year.talk.store() as store:
            branch_id = (await store.members.get(members["甲书记"])).branch_id
            await store.settlements.close(branch_id, month, by=members["甲书记"], at=now)
            for name, number in members.items():
                if name[0] == "甲" and name != "甲5":
                    await store.dues.declare(number, branch_id, {month: 2000}, 1, now)

    async def told(self) -> list[str]:
        """Every notice: day and hour, clause, period, whom; many members are one line with their number."""
        talk = self.year.talk
        names = {number: name for name, number in talk.members.items()}
        async with talk.database.reading() as unit:
            branches = {row["id"]: row["name"] for row in await unit.select(tables.organisations)}
        lines: Counter[str] = Counter()
        for row in await talk.rows(tables.notices):
            local = row["planned_at"].astimezone(ZONE)
            whom = names.get(row["recipient_id"], "无人")
            if row["who"] == "member" and "书记" not in whom:
                whom = "党员"
            elif row["who"] == "member":
                whom = "书记本人"
            silence = f"（{row['reason']}）" if row["reason"] else ""
            words = f"{row['clause'] or '周报'} {row['rule']} {row['period']}"
            where = branches[row["branch_id"]]
            lines[f"{local:%m-%d %H} {where} {words} → {whom}{silence}"] += 1
        return [line if count == 1 else f"{line} ×{count}" for line, count in sorted(lines.items())]


async def lived(
    url: str, rules: Rules, *, dead: tuple[date, date] | None = None
) -> tuple[list[str], Rehearsal]:
    """The year hour by hour, at night every few; no tick from the first to the last day of `dead`, and then some weeks more."""
    end = dead[1] + AFTER if dead else BEGIN.replace(month=12, day=31).date()
    async with rehearsal(url, FakeClock(BEGIN)) as talk:
        life = Life(Year(talk, rules, process=Tick(talk.database, rules)))
        await life.begin()
        now = BEGIN
        while now.date() <= end:
            talk.clock.at = now
            await life.live(now)
            if now.hour not in ASLEEP and not (dead and dead[0] <= now.date() <= dead[1]):
                await life.year.tick(now)
            now += timedelta(hours=1)
        return await life.told(), talk


class Years:
    """Every year of the tests, each in a process of its own: they take a core while the other tests run."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._workers = ThreadPoolExecutor(2)
        self._told: dict[str, Future[list[str]]] = {}

    def start(self) -> None:
        """Begin all of them, two at a time beside the tests: together they fill two cores to the end."""
        for name, dead in [(COMBINED, DEAD), *((name, ()) for name in reversed(POLICIES))]:
            days = [str(day) for day in dead]
            found = self._workers.submit(self._live, name, days)
            self._told[" ".join([name, *days])] = found

    def told(self, name: str) -> list[str]:
        """The table of one year, when it is there."""
        return self._told[name].result()

    def _live(self, name: str, dead: list[str]) -> list[str]:
        command = [sys.executable, "-m", "tests.scheduler.life", str(self._folder), name, *dead]
        done = subprocess.run(command, capture_output=True, text=True, check=False, cwd=ROOT)
        return done.stdout.splitlines() or [done.stderr]


def main() -> None:
    """One year to standard output: folder, policies joined by +, and perhaps a first and last dead day."""
    folder, name, *dead = sys.argv[1:]
    gc.set_threshold(100_000, 50, 100)
    path = Path(folder) / f"{name}{''.join(dead)}.db"
    days = (date.fromisoformat(dead[0]), date.fromisoformat(dead[1])) if dead else None
    rules = rules_of(*name.split("+"), named_days={UNREACHED: 10})
    told, _ = asyncio.run(lived(f"sqlite+aiosqlite:///{path}", rules, dead=days))
    sys.stdout.write("\n".join(told))


if __name__ == "__main__":
    main()

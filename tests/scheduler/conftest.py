"""A branch over a year, with a clock that ticks."""

from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from scheduler.policy_files import load_policy, reader
from scheduler.rules import Rules
from scheduler.tick import Tick
from storage import tables
from storage.records import Contact, ContactKind, Outcome
from tests.fakes import FIRST, RULES, ZONE, FakeClock, Rehearsal, on, rehearsal

JANUARY = on(2026, 1, 1, 0)


def rules_of(*names: str, **changes: Any) -> Rules:
    """The tests' rules under other policies."""
    policy = load_policy(list(names), reader(Path()))
    return replace(RULES, policy=policy, **changes)


@dataclass
class Year:
    """A rehearsal whose clock is driven by ticks; `lines` is what the last tick reported."""

    talk: Rehearsal
    rules: Rules = RULES
    groups: dict[str, Sequence[str]] = field(default_factory=dict)
    lines: list[str] = field(default_factory=list)
    process: Tick | None = None

    async def tick(self, at: datetime) -> list[str]:
        """Tick at a moment, in a new process unless there is one; one line per thing done."""
        self.talk.clock.at = at
        self.lines = []
        tick = self.process or Tick(self.talk.database, self.rules, self.groups)
        await tick.run(at, self.lines.append)
        return self.lines

    async def until(self, first: date, last: date, hours: Sequence[int] = (9,)) -> list[str]:
        """Tick on every day at these hours; everything reported, each line with its day."""
        found: list[str] = []
        day = first
        while day <= last:
            for hour in hours:
                moment = datetime(day.year, day.month, day.day, hour, 30, tzinfo=ZONE)
                found += [f"{day:%m-%d} {line}" for line in await self.tick(moment)]
            day += timedelta(days=1)
        return found

    async def stint(self, name: str, left_on: date, city: str = "苏州市") -> None:
        """Somebody goes away."""
        async with self.talk.store() as store:
            member = await store.members.get(self.talk.members[name])
            number = await store.unit.next_id(tables.stints)
            store.unit.add(
                tables.stints,
                id=number,
                member_id=member.id,
                branch_id=member.branch_id,
                left_on=left_on,
                province="江苏省",
                city=city,
                opened_at=max(
                    JANUARY, datetime(left_on.year, left_on.month, left_on.day, 12, tzinfo=ZONE)
                ),
            )

    async def contact(self, name: str, day: date, outcome: Outcome = Outcome.SPOKE) -> None:
        """The secretary contacts somebody."""
        async with self.talk.store() as store:
            member = await store.members.get(self.talk.members[name])
            found = Contact(member.id, ContactKind.CONTACT, day, outcome)
            at = datetime(day.year, day.month, day.day, 12, tzinfo=ZONE)
            await store.contacts.add(
                found, branch_id=member.branch_id, by=member.id, at=at, note=None
            )

    async def texts(self, who: str) -> list[str]:
        """Every message queued for a user, in order."""
        rows = await self.talk.rows(tables.outbox, tables.outbox.c.recipient == who)
        return [row["text"] for row in sorted(rows, key=lambda row: row["id"])]


@pytest.fixture
async def year(tmp_path: Path) -> AsyncIterator[Year]:
    """第一党支部 of 李红梅 (书记), 张三 and 李四, on the first of January 2026."""
    async with rehearsal(f"sqlite+aiosqlite:///{tmp_path}/year.db", FakeClock(JANUARY)) as talk:
        await people(talk)
        yield Year(talk)


@pytest.fixture
async def year_on(url: str) -> AsyncIterator[Year]:
    """The same on each engine in turn."""
    async with rehearsal(url, FakeClock(JANUARY)) as talk:
        await people(talk)
        yield Year(talk)


async def people(talk: Rehearsal) -> None:
    """The branch's secretary and two members, all with accounts."""
    await talk.member("李红梅", position="书记")
    await talk.member("张三")
    await talk.member("李四")


Chosen = Callable[[str], bool]


def about(*words: str) -> Chosen:
    """Lines that hold all these words."""
    return lambda line: all(word in line for word in words)


__all__ = ["FIRST", "JANUARY", "Year", "about", "rules_of"]

"""Planning for 10,000 to a million members: who is still to be contacted this quarter, three ways.

The barest set-based SQL is the limit; a loop of ORM queries per branch is what a usual project does.
`python -m bench.planning [members …] [postgresql-url]`, each size in a process of its own.
"""

import asyncio
import resource
import sqlite3
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable, Sequence
from datetime import date, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import asyncpg
from sqlalchemy import Date, ForeignKey, create_engine, select
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column, relationship

from bench.county import BRANCH_SIZE, fill_postgresql, fill_sqlite
from scheduler.asking import Asked
from scheduler.calendar import Calendar
from scheduler.digest import weekly
from scheduler.duties import reached
from scheduler.invitations import about_activities
from scheduler.policy_files import load_policy, reader
from scheduler.rules import Rules
from scheduler.tick import Tick
from storage import migrate
from storage.database import Database
from storage.duties import Duties
from storage.encryption import Keyring

POLICIES = ("university", "chizhou")
SIZES = (10_000, 100_000, 1_000_000)
ROUNDS = 3
LOOP_SAMPLE = 500  # branches that the loop asks about; the rest is multiplied
ZONE = ZoneInfo("Asia/Shanghai")
NOW = datetime(2026, 3, 17, 9, 5, tzinfo=ZONE)  # two weeks before the quarter ends
QUARTER = (date(2026, 1, 1), date(2026, 3, 31))
BAREST = """
SELECT s.branch_id, s.member_id FROM stints s
WHERE s.back_on IS NULL AND s.withdrawn_at IS NULL AND s.left_on <= {0}
AND NOT EXISTS (SELECT 1 FROM contacts c WHERE c.member_id = s.member_id
AND c."on" BETWEEN {1} AND {0} AND c.reached AND c.withdrawn_at IS NULL)
"""


def rules(*names: str) -> Rules:
    """The rules as `serve` has them."""
    return Rules(load_policy(list(names) or "base", reader(Path())), Calendar(), ZONE, 5)


async def ours(database: Database) -> int:
    """The question of the quarterly contact, as the tick asks it, read to its end."""
    asked = [
        one
        for one in reached(rules(), NOW)
        if one.rule.name == "contact" and one.question.who == "secretary"
    ]
    return await _read(database, asked)


async def catalogue(database: Database) -> int:
    """Every question of a morning under the two longest policies, digests and activities among them."""
    every = rules(*POLICIES)
    about = about_activities(every, NOW, frozenset())
    return await _read(database, [*about, *reached(every, NOW), *weekly(every, NOW)])


async def _read(database: Database, asked: Sequence[Asked]) -> int:
    questions = [one.question for one in asked]
    async with database.reading() as unit:
        return sum([len(rows) async for rows in Duties(unit).untold(questions)])


def barest_sqlite(path: str) -> int:
    """Raw sqlite3."""
    connection = sqlite3.connect(path)
    days = (QUARTER[1].isoformat(), QUARTER[0].isoformat())
    rows = connection.execute(BAREST.format("?1", "?2"), days).fetchall()
    connection.close()
    return len(rows)


async def barest_postgresql(url: str) -> int:
    """Raw asyncpg."""
    connection = await asyncpg.connect(url.replace("+asyncpg", ""))
    rows = await connection.fetch(BAREST.format("$1", "$2"), QUARTER[1], QUARTER[0])
    await connection.close()
    return len(rows)


class Base(DeclarativeBase):
    """The usual project's models."""


class Stint(Base):
    __tablename__ = "stints"
    id: Mapped[int] = mapped_column(primary_key=True)
    branch_id: Mapped[int]
    member_id: Mapped[int]
    back_on: Mapped[date | None] = mapped_column(Date)
    contacts: Mapped[list["Contact"]] = relationship(
        primaryjoin="Stint.member_id == foreign(Contact.member_id)", viewonly=True
    )


class Contact(Base):
    __tablename__ = "contacts"
    id: Mapped[int] = mapped_column(primary_key=True)
    member_id: Mapped[int] = mapped_column(ForeignKey("stints.member_id"))
    on: Mapped[date] = mapped_column(Date)
    reached: Mapped[bool]


def loop(path: str, branches: int) -> float:
    """Seconds for all branches of a loop that asks branch after branch, member after member."""
    engine = create_engine(f"sqlite:///{path}")
    sample = min(LOOP_SAMPLE, branches)
    started = time.perf_counter()
    with Session(engine) as session:
        for branch in range(1, sample + 1):
            away = session.scalars(
                select(Stint).where(Stint.branch_id == branch, Stint.back_on.is_(None))
            )
            for stint in away.all():
                any(one.reached and QUARTER[0] <= one.on <= QUARTER[1] for one in stint.contacts)
            session.expunge_all()
    return (time.perf_counter() - started) * branches / sample


async def timed(work: Callable[[], Awaitable[int]]) -> tuple[float, int]:
    """(median seconds, rows)."""
    found, rows = [], 0
    for _ in range(ROUNDS):
        started = time.perf_counter()
        rows = await work()
        found.append(time.perf_counter() - started)
    return statistics.median(found), rows


async def measure(members: int, server: str | None) -> None:
    """One size on one engine; prints a row of the table."""
    folder = tempfile.mkdtemp(prefix="shuanglian-planning-")
    path = f"{folder}/county.db"
    url = server or f"sqlite+aiosqlite:///{path}"
    database = Database(url, Keyring([b"k" * 32]))
    await migrate.upgrade(database)
    if server:
        await fill_postgresql(url, members)
    else:
        fill_sqlite(path, members)
    await _number(database)
    await ours(database)

    async def barest() -> int:
        return await barest_postgresql(url) if server else barest_sqlite(path)

    limit, rows = await timed(barest)
    mine, same = await timed(lambda: ours(database))
    if rows != same:
        sys.exit(f"{rows} rows and {same} rows are not the same")
    every, _ = await timed(lambda: catalogue(database))
    before = _memory()
    waits = Waits(database)
    watching = asyncio.create_task(waits.watch())
    started = time.perf_counter()
    lines: list[None] = []
    tick = Tick(database, rules(*POLICIES))
    await tick.run(NOW, lambda _: lines.append(None))
    whole = time.perf_counter() - started
    watching.cancel()
    slow = "" if server else f"{loop(path, members // BRANCH_SIZE):8.1f}"
    print(
        f"{'PostgreSQL' if server else 'SQLite':10} {members:>9,} {rows:>8,} {limit:7.3f} {mine:7.3f} "
        f"{mine / limit:5.2f} {slow:>8} {every:7.1f} {whole:7.1f} {len(lines):>8,} {before:5.0f} {_memory():5.0f} "
        f"{waits.worst * 1000:6.0f} {waits.p99() * 1000:6.0f}"
    )
    await database.close()


class Waits:
    """How long a writing turn waits while the tick is under way."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._found: list[float] = [0.0]

    @property
    def worst(self) -> float:
        """Seconds."""
        return max(self._found)

    def p99(self) -> float:
        """Seconds."""
        return sorted(self._found)[int(len(self._found) * 0.99)]

    async def watch(self) -> None:
        """Begin and end a writing unit every few milliseconds."""
        while True:
            started = time.perf_counter()
            async with self._database.unit():
                pass
            self._found.append(time.perf_counter() - started)
            await asyncio.sleep(0.005)


async def _number(database: Database) -> None:
    """What was filled in past the unit of work is counted by it from there on."""
    from storage import tables  # noqa: PLC0415 - only here

    async with database.unit() as unit:
        for table in (tables.organisations, tables.members, tables.stints, tables.contacts):
            await unit.change(tables.counters, {"name": table.name}, value=10_000_000)


def _memory() -> float:
    """The peak so far in MB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def main() -> None:
    """Each size in a process of its own, so that memory is its own."""
    given = sys.argv[1:]
    if given[:1] == ["--one"]:
        asyncio.run(measure(int(given[1]), given[2] if len(given) > 2 else None))
        return
    print(
        "engine       members     open   limit    ours ratio     loop   every   whole  notices  MB_0  MB_1 worst   p99 (ms)"
    )
    for size in [int(one) for one in given if one.isdigit()] or SIZES:
        subprocess.run([sys.executable, "-m", "bench.planning", "--one", str(size)], check=True)


if __name__ == "__main__":
    main()

"""Stand-ins for what is not ours: the clock, and a branch of people to talk with; the rest is real."""

import asyncio
import atexit
import shutil
import tempfile
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import count
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from bot.channels.base import Message
from bot.turns import Turns
from handlers.turn import House, Kind
from scheduler.calendar import Calendar
from scheduler.policy_files import load_policy, reader
from scheduler.rules import Rules
from storage import migrate
from storage.database import Database
from storage.encryption import Keyring
from storage.records import Account
from storage.store import Store

ZONE = ZoneInfo("Asia/Shanghai")
MONDAY = datetime(2026, 10, 12, 9, 30, tzinfo=ZONE)
NINE = MONDAY.replace(minute=0)
KEY = b"k" * 32
RULES = Rules(load_policy("base", reader(Path())), Calendar(), ZONE, 5)
SCOPE = "wecom:wwtest"
FIRST, SECOND = "第一党支部", "第二党支部"


@dataclass
class FakeClock:
    """A clock that stands still until moved."""

    at: datetime = MONDAY

    def now(self) -> datetime:
        """The moment it stands at."""
        return self.at

    def forward(self, **by: float) -> None:
        """Move on, e.g. `hours=1`."""
        self.at += timedelta(**by)


@dataclass
class Rehearsal:
    """A prepared database with people, and turns to talk to."""

    database: Database
    clock: FakeClock
    turns: Turns
    members: dict[str, int] = field(default_factory=dict)
    ids: Any = field(default_factory=lambda: count(1))

    async def says(
        self, who: str, text: str, *, kind: Kind = Kind.TEXT, media: str = "", message_id: str = ""
    ) -> str:
        """What the bot answers when somebody (by user id) says something."""
        found = Message(
            "wecom.main", SCOPE, who, message_id or str(next(self.ids)), kind, text, media
        )
        return await self._answer(found)

    async def _answer(self, message: Message) -> str:
        waiting = asyncio.ensure_future(self.turns.answer(message))
        await asyncio.sleep(0)
        await self.turns.run_once()
        return await waiting

    async def rows(self, table: Any, *where: Any) -> list[dict[str, Any]]:
        """What lies in a table, opened."""
        async with self.database.reading() as unit:
            return await unit.select(table, *where)

    @asynccontextmanager
    async def store(self) -> AsyncIterator[Store]:
        """A store to arrange things with."""
        async with self.database.unit() as unit:
            store = Store(unit)
            yield store
            await store.finish()

    async def member(
        self,
        name: str,
        *,
        branch: str = FIRST,
        phone: str = "",
        position: str = "",
        category: str = "正式党员",
        consents: Sequence[str] = ("records", "place", "sharing"),
        account: bool = True,
    ) -> int:
        """Somebody on the roster; bound and consenting unless told otherwise. The user id is the name."""
        phone = phone or f"139{len(self.members):08d}"
        async with self.store() as store:
            branch_id = await store.organisations.ensure(branch)
            number = await store.members.add(
                branch_id=branch_id,
                name=name,
                phone=phone,
                category=category,
                position=position,
                at=self.clock.now(),
            )
            if account:
                await store.members.bind(Account(SCOPE, name), number, self.clock.now())
            await store.unit.flush()
            member = await store.members.get(number)
            if account:
                await store.members.grant(member, consents, "test", self.clock.now())
        self.members[name] = number
        return number

    async def activity(
        self,
        topic: str = "主题党日",
        *,
        branch: str = FIRST,
        starts: datetime = NINE,
        hours: float = 2,
        mode: str = "现场+线上",
        code: str = "4271",
        audience: str = "全体党员",
    ) -> int:
        """A planned activity; the default one is open at the fake clock's start."""
        async with self.store() as store:
            branch_id = await store.organisations.ensure(branch)
            return await store.activities.plan(
                branch_id=branch_id,
                topic=topic,
                starts_at=starts.astimezone(UTC),
                ends_at=(starts + timedelta(hours=hours)).astimezone(UTC),
                place="一楼会议室",
                categories="学习教育",
                mode=mode,
                audience=audience,
                code=code,
                cancelled_at=None,
                form_filed_at=None,
            )


@asynccontextmanager
async def rehearsal(
    url: str, clock: FakeClock | None = None, rules: Rules = RULES
) -> AsyncIterator[Rehearsal]:
    """A migrated database at this URL, and turns over it."""
    clock = clock or FakeClock()
    if url.startswith("sqlite"):
        shutil.copy(await _migrated(), url.partition(":///")[2])
    database = Database(url, Keyring([KEY]))
    if not url.startswith("sqlite"):
        await migrate.upgrade(database)
    turns = Turns(database, House("中共某某学院委员会", rules), clock.now)
    try:
        yield Rehearsal(database, clock, turns)
    finally:
        await database.close()


def on(year: int, month: int, day: int, hour: int = 9, minute: int = 0) -> datetime:
    """A moment in the organisation's zone."""
    return datetime(year, month, day, hour, minute, tzinfo=ZONE)


async def _migrated() -> Path:
    """An empty SQLite database, migrated once for all tests of this run."""
    if not _TEMPLATE:
        folder = Path(tempfile.mkdtemp(prefix="shuanglian-test-"))
        atexit.register(shutil.rmtree, folder)
        database = Database(f"sqlite+aiosqlite:///{folder}/template.db", Keyring([KEY]))
        await migrate.upgrade(database)
        await database.close()
        _TEMPLATE.append(folder / "template.db")
    return _TEMPLATE[0]


_TEMPLATE: list[Path] = []

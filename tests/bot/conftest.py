"""A migrated database made once and copied, and the App on loopback over it."""

import asyncio
import shutil
from collections.abc import AsyncIterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
import structlog

from storage import schema
from storage.database import Database
from storage.encryption import Keyring
from tests.bot.fake_wecom import FakeWecom, Running, running, settings_over
from tests.fakes import KEY, FakeClock


async def _migrate(path: Path) -> None:
    database = Database(f"sqlite+aiosqlite:///{path}", Keyring([KEY]))
    await schema.upgrade(database)
    await database.close()


@pytest.fixture(scope="session")
def migrated(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An empty database at the program's schema, to be copied."""
    path = tmp_path_factory.mktemp("migrated") / "empty.db"
    with ThreadPoolExecutor(1) as pool:
        pool.submit(asyncio.run, _migrate(path)).result()
    return path


@pytest.fixture
def database_file(migrated: Path, tmp_path: Path) -> Path:
    """A copy that belongs to this test."""
    return Path(shutil.copy(migrated, tmp_path / "bot.db"))


@pytest.fixture
async def bot(database_file: Path) -> AsyncIterator[Running]:
    """The whole bot on loopback: real HTTP, real turns, real SQLite; only the clock stands still."""
    async with running(settings_over(database_file), FakeClock()) as found:
        yield found


@pytest.fixture
def wecom(bot: Running) -> FakeWecom:
    """The platform before the running bot."""
    return bot.wecom


@pytest.fixture(autouse=True)
def _quiet() -> None:
    """Nothing of the log on the terminal; a test that reads it captures it."""
    structlog.configure(processors=[_drop])


def _drop(_logger: object, _method: str, _event: object) -> None:
    raise structlog.DropEvent

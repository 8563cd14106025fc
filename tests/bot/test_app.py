"""The process: it starts on a current schema only, ends on SIGTERM in time, and has kept what it answered."""

import asyncio
import os
import signal
import sqlite3
import sys
from asyncio.subprocess import PIPE, Process
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, closing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from bot.app import App, CannotListen, Clock, serve
from bot.channels import body
from bot.channels.wecom import Wecom
from bot.turns import Turns
from storage import sqlite
from storage.schema import OldSchema
from tests.bot.fake_wecom import SECRET, TOKEN, FakeWecom, Running, configured, settings_over
from tests.fakes import RULES

STOP_SECONDS = 10
MESSAGES = 200


def file_of(url: str) -> str:
    """The path in an SQLite URL."""
    return url.removeprefix("sqlite+aiosqlite:///")


def kept(url: str) -> set[str]:
    """The ids of the messages that lie in the database, read from outside."""
    with closing(sqlite3.connect(file_of(url))) as connection:
        return {row[0] for row in connection.execute("SELECT message_id FROM inbox")}


@asynccontextmanager
async def served(url: str, folder: Path) -> AsyncIterator[tuple[FakeWecom, "asyncio.Task[None]"]]:
    """`serve` in this process, to be stopped with a signal; the platform, and its task."""
    port: asyncio.Future[int] = asyncio.get_running_loop().create_future()
    task = asyncio.create_task(serve(settings_over(url, folder), RULES, Clock(), port.set_result))
    yield FakeWecom(await port), task
    if not task.done():
        os.kill(os.getpid(), signal.SIGTERM)
        await task


async def say_all(wecom: FakeWecom, stop: Any = None) -> tuple[set[str], set[int]]:
    """200 messages of as many strangers at once, and `stop` when a quarter is answered.

    The ids that were answered, and the other statuses that came back; 0 is a closed connection.
    """
    answered: set[str] = set()
    others: set[int] = set()
    connector = aiohttp.TCPConnector(limit=0)
    async with aiohttp.ClientSession(connector=connector) as session:

        async def say(number: str) -> None:
            sealed = wecom.encrypt(wecom.text(f"stranger-{number}", "你好", number))
            url = f"http://127.0.0.1:{wecom.port}/wecom/main"
            await asyncio.sleep(int(number) / 400)
            try:
                async with session.post(
                    url, params=wecom.query(sealed), data=wecom.envelope(sealed)
                ) as answer:
                    body = await answer.read()
            except aiohttp.ClientError:
                others.add(0)
                return
            if answer.status != 200:
                others.add(answer.status)
                return
            assert wecom.opened(body)["Content"]
            answered.add(number)
            if stop is not None and len(answered) == MESSAGES // 4:
                stop()

        await asyncio.gather(*(say(str(number)) for number in range(MESSAGES)))
    return answered, others


# --- The process ------------------------------------------------------------------------------


@asynccontextmanager
async def process(*arguments: str) -> AsyncIterator[Process]:
    """The real command, outside this process."""
    environment = {k: v for k, v in os.environ.items() if not k.startswith("SHUANGLIAN_")}
    started = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "bot", *arguments, stdout=PIPE, stderr=PIPE, env=environment
    )
    try:
        yield started
    finally:
        if started.returncode is None:
            started.kill()
        await started.communicate()


async def port_of(started: Process) -> int:
    """The port in the first line the command prints."""
    assert started.stdout is not None
    async with asyncio.timeout(20):
        line = (await started.stdout.readline()).decode()
    return int(line.rsplit(":", 1)[1])


async def test_sigterm_under_load_loses_nothing_answered(sqlite_url: str, tmp_path: Path) -> None:
    """200 messages, the signal in their middle: it ends in time with 0, and every answer is on disk."""
    config = configured(sqlite_url, tmp_path)
    async with process("serve", "--config", str(config)) as started:
        wecom = FakeWecom(await port_of(started))
        async with asyncio.timeout(STOP_SECONDS):
            answered, others = await say_all(wecom, started.terminate)
            told, complaints = await started.communicate()
    assert started.returncode == 0
    assert len(answered) >= MESSAGES // 4
    assert others <= {0, 503}
    assert answered <= kept(sqlite_url)
    shown = told + complaints
    assert b"Traceback" not in shown
    for word in ("stranger", "你好", SECRET, TOKEN):
        assert word.encode() not in shown


async def test_a_killed_process_has_kept_what_it_answered(sqlite_url: str, tmp_path: Path) -> None:
    """Answered means committed, with no time at all to say goodbye."""
    config = configured(sqlite_url, tmp_path)
    async with process("serve", "--config", str(config)) as started:
        wecom = FakeWecom(await port_of(started))
        async with asyncio.timeout(STOP_SECONDS):
            answered, others = await say_all(wecom, started.kill)
            await started.wait()
    assert len(answered) >= MESSAGES // 4
    assert others <= {0}
    assert answered <= kept(sqlite_url)


# --- serve ------------------------------------------------------------------------------------


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
async def test_serving_ends_on_a_signal(
    sqlite_url: str, tmp_path: Path, number: signal.Signals
) -> None:
    """All messages answered, the signal, the end; the port is free again."""
    async with served(sqlite_url, tmp_path) as (wecom, task):
        answered, others = await say_all(wecom)
        os.kill(os.getpid(), number)
        async with asyncio.timeout(STOP_SECONDS):
            await task
        with pytest.raises(OSError, match="onnect"):
            await asyncio.open_connection("127.0.0.1", wecom.port)
    assert others == set()
    assert answered == kept(sqlite_url)
    assert len(answered) == MESSAGES


async def test_an_old_schema_is_refused(sqlite: Any, tmp_path: Path) -> None:
    """Before anything listens."""
    announced: list[int] = []
    with pytest.raises(OldSchema, match="shuanglian migrate"):
        await serve(settings_over(await sqlite.empty(), tmp_path), RULES, Clock(), announced.append)
    await sqlite.drop()
    assert announced == []


async def test_a_taken_port_is_an_error(bot: Running, sqlite_url: str, tmp_path: Path) -> None:
    """It is said at once, and nothing stays open behind it."""
    settings = settings_over(sqlite_url, tmp_path)
    taken = settings.server.model_copy(update={"port": bot.wecom.port})
    app = App(settings.model_copy(update={"server": taken}), RULES, Clock())
    with pytest.raises(CannotListen, match="端口已被占用"):
        async with app.running():
            pytest.fail("two on one port")
    assert await bot.wecom.says("stranger", "你好")


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"POST /wecom/main HT",
        b"POST /wecom/main HTTP/1.1\r\nHost: x\r\nContent-Length: 9\r\n\r\n<xml",
    ],
    ids=["silent", "half a line", "half a body"],
)
async def test_a_stalled_client_does_not_hold_up_the_end(
    sqlite_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, data: bytes
) -> None:
    """SIGTERM with somebody in mid-request ends in time."""
    monkeypatch.setattr(body, "BODY_SECONDS", 0.5)
    async with served(sqlite_url, tmp_path) as (wecom, task), wecom.connected(data) as reader:
        assert (await wecom.send("GET", "/healthz")).status == 200
        os.kill(os.getpid(), signal.SIGTERM)
        async with asyncio.timeout(STOP_SECONDS):
            await task
            await reader.read()


async def test_messages_no_longer_handled_end_the_process(
    sqlite_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A worker that broke is not ready, and `serve` ends with its error, to be started anew."""
    broken = asyncio.Event()

    async def breaks(_turns: Turns) -> None:
        await broken.wait()
        raise RuntimeError("broken")

    monkeypatch.setattr(Turns, "run_once", breaks)
    app = App(settings_over(sqlite_url, tmp_path), RULES, Clock())
    assert "没有在运行" in await app.not_ready()
    async with app.running():
        assert await app.not_ready() == ""
        broken.set()
        with pytest.raises(RuntimeError, match="broken"):
            await app.until_broken()
        assert "没有在运行" in await app.not_ready()
    async with served(sqlite_url, tmp_path) as (_wecom, task):
        with pytest.raises(RuntimeError, match="broken"):
            await task


@pytest.fixture
def _impatient_database(monkeypatch: pytest.MonkeyPatch) -> None:
    """Waits for a lock are short, so that the test is."""
    pragmas = tuple(one.replace("5000", "400") for one in sqlite.WRITER_PRAGMAS)
    monkeypatch.setattr(sqlite, "WRITER_PRAGMAS", pragmas)
    monkeypatch.setattr(Wecom, "seconds", 0.5)


@pytest.mark.usefixtures("_impatient_database")
async def test_a_locked_database_does_not_hold_up_the_end(sqlite_url: str, tmp_path: Path) -> None:
    """With a queue that cannot be written: all are told to come again, and SIGTERM ends it in time."""
    async with served(sqlite_url, tmp_path) as (wecom, task):
        with closing(sqlite3.connect(file_of(sqlite_url), isolation_level=None)) as other:
            other.execute("BEGIN IMMEDIATE")
            posts = []
            for number in range(20):
                text = wecom.text(f"stranger-{number}", "你好")
                posts.append(asyncio.create_task(wecom.post(text)))
                await asyncio.sleep(0.02)
            assert {(await post).status for post in posts} == {503}
            os.kill(os.getpid(), signal.SIGTERM)
            async with asyncio.timeout(5):
                await task
    assert kept(sqlite_url) == set()


# --- The clock --------------------------------------------------------------------------------


def test_the_clock_tells_aware_utc() -> None:
    """The present moment, comparable with any other."""
    before = datetime.now(UTC)
    found = Clock().now()
    assert before <= found <= datetime.now(UTC)
    assert found.utcoffset() == timedelta()


def test_a_rehearsals_clock_starts_elsewhere_and_goes_on() -> None:
    """From the moment given, at the speed of real time, and forward when moved."""
    start = datetime(2027, 1, 31, 9, 0, tzinfo=UTC)
    clock = Clock(start)
    first, second = clock.now(), clock.now()
    assert start <= first <= second < start + timedelta(minutes=1)
    clock.forward(timedelta(days=1))
    assert clock.now() >= start + timedelta(days=1)

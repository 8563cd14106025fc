"""The demo's sample organisation on any day, and the command that serves it."""

import asyncio
import os
import signal
import sys
from datetime import date
from pathlib import Path

import pytest

from bot import demo
from storage import tables
from storage.verify import broken_links

pytestmark = pytest.mark.asyncio(loop_scope="module")


def names_in(place: Path) -> list[str]:
    """What lies in a directory."""
    return [one.name for one in place.iterdir()]


@pytest.mark.parametrize("today", [date(2027, 1, 1), date(2028, 2, 29), date(2026, 12, 31)])
async def test_sample_is_the_same_on_any_day(today: date, monkeypatch: pytest.MonkeyPatch) -> None:
    """Half a year on record, the chains hold, and the environment has no say."""
    monkeypatch.setenv("BRANCH", "main")
    async with demo.prepared(0, today) as app:
        place = Path(app.database.url.removeprefix("sqlite+aiosqlite:///")).parent
        async with app.database.reading() as unit:
            assert await broken_links(unit) == []
            inbox = await unit.select(tables.inbox)
            states = [row["state"] for row in await unit.select(tables.dues)]
            waiting = await unit.select(tables.requests, tables.requests.c.state == "pending")
            reports = await unit.select(tables.reports)
            leaves = await unit.select(tables.leaves)
            stints = await unit.select(tables.stints)
        assert {row["state"] for row in inbox} == {"done"}
        assert not [row["answer"] for row in inbox if "没有听明白" in row["answer"]]
        assert states.count("confirmed") > 50
        assert states.count("pending") == 3
        assert {row["kind"] for row in waiting} == {"dues", "report", "leave", "help"}
        assert (len(reports), len(leaves)) == (2, 2)
        assert all(row["certificate"] for row in stints)
        assert app.turns.failed == 0
    assert not place.exists()


async def test_run_ends_cleanly_and_leaves_nothing(tmp_path: Path) -> None:
    """The command's coroutine announces the address, ends on SIGTERM, and its data is gone."""
    code = "import asyncio; from bot import demo; asyncio.run(demo.run(0, print))"
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-uc",
        code,
        stdout=asyncio.subprocess.PIPE,
        env={**os.environ, "TMPDIR": str(tmp_path)},
    )
    assert process.stdout is not None
    assert b"http://127.0.0.1:" in await asyncio.wait_for(process.stdout.readline(), 60)
    assert names_in(tmp_path)[0].startswith("shuanglian-demo-")
    process.send_signal(signal.SIGTERM)
    await asyncio.wait_for(process.communicate(), 30)
    assert process.returncode == 0
    assert names_in(tmp_path) == []

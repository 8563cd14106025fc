"""The whole bot on loopback over a prepared SQLite file, and the platform before it."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio
from aiohttp import ClientSession
from hypothesis import settings
from playwright.async_api import Browser, expect

from bot import demo
from tests.bot.chromium import chromium
from tests.bot.demo_browser import LAPTOP, Visit
from tests.bot.demo_visitor import TODAY, Visitor
from tests.bot.dingtalk_caller import ROBOT, ROBOT_SECRET, calling
from tests.bot.dingtalk_caller import Caller as DingtalkCaller
from tests.bot.dingtalk_house import dingtalk_settings
from tests.bot.fake_wecom import FakeWecom, Running, running, settings_over

settings.register_profile("any machine", deadline=None)
settings.load_profile("any machine")


@pytest.fixture
async def bot(sqlite_url: str, tmp_path: Path) -> AsyncIterator[Running]:
    """Real HTTP, real turns, real SQLite; only the platform and the clock are not."""
    async with running(settings_over(sqlite_url, tmp_path)) as found:
        yield found


@pytest.fixture
def wecom(bot: Running) -> FakeWecom:
    """The platform before the running bot."""
    return bot.wecom


@pytest.fixture
async def ding() -> AsyncIterator[DingtalkCaller]:
    """A client with a token before the fake DingTalk, and two custom robots, one without a secret."""
    async with calling(robots={ROBOT: ROBOT_SECRET, "open": ""}) as found:
        yield found


@pytest.fixture
async def ding_bot(sqlite_url: str, tmp_path: Path) -> AsyncIterator[Running]:
    """The same with a robot on DingTalk beside the apps."""
    async with running(dingtalk_settings(sqlite_url, tmp_path)) as found:
        yield found


@pytest_asyncio.fixture(loop_scope="module", scope="module")
async def visitor() -> AsyncIterator[Visitor]:
    """One demo for all tests of this file; they share its half year and its clock."""
    async with (
        demo.prepared(0, TODAY) as app,
        app.running() as port,
        ClientSession(f"http://127.0.0.1:{port}") as session,
    ):
        yield Visitor(app, session)


@pytest_asyncio.fixture(loop_scope="module", scope="module")
async def browser() -> AsyncIterator[Browser]:
    """One Chromium for this file."""
    async with chromium() as opened:
        yield opened


@pytest_asyncio.fixture(loop_scope="module", scope="module")
async def address() -> AsyncIterator[str]:
    """One running demo for this file."""
    async with demo.prepared(0, TODAY) as app, app.running() as port:
        yield f"http://127.0.0.1:{port}/"


@pytest_asyncio.fixture(loop_scope="module")
async def visit(
    browser: Browser, address: str, request: pytest.FixtureRequest
) -> AsyncIterator[Visit]:
    """The page, loaded; whatever the test did, nothing may have gone wrong on it."""
    width, height = getattr(request, "param", LAPTOP)
    page = await browser.new_page(viewport={"width": width, "height": height})
    found = Visit(page)
    found.watch()
    await page.goto(address)
    await expect(page.locator(".card").first).to_be_attached()
    yield found
    assert found.wrong == []
    await page.close()

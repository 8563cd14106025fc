"""The whole bot on loopback over a prepared SQLite file, and the platform before it."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from hypothesis import settings

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

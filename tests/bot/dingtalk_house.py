"""The whole bot with a robot on each of DingTalk's two ways, and an app of WeChat Work beside them."""

from pathlib import Path

from bot.settings import Settings, load
from storage.records import Account
from tests.bot.fake_dingtalk import CLIENT, DINGTALK_SCOPE, ROBOT, SECRET
from tests.bot.fake_wecom import CONFIG, configured
from tests.fakes import Rehearsal

NOWHERE = "http://127.0.0.1:1"
SECTION = f"""
[dingtalk.main]
client_id = "{CLIENT}"
client_secret = "{SECRET}"
robot_code = "{ROBOT}"
api_base = "{{base}}"
oapi_base = "{{base}}"
"""


def dingtalk_settings(url: str, folder: Path, more: str = "", base: str = NOWHERE) -> Settings:
    """Settings over this database; `more` are further lines of the robot's section, and what follows it."""
    config = CONFIG + SECTION.replace("{base}", base) + more
    return load(configured(url, folder, config), {})


async def on_dingtalk(house: Rehearsal, *names: str, scope: str = DINGTALK_SCOPE) -> None:
    """These people have an account there too; their user id is their name."""
    async with house.store() as store:
        for name in names:
            account = Account(scope, name)
            await store.members.bind(account, house.members[name], house.clock.now())

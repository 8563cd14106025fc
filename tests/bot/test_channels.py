"""Several platforms at once: one person on two of them, groups on either, and a third that is three small things."""

import asyncio
import json
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from aiohttp.test_utils import TestServer

from bot import app as app_module
from bot.channels.base import (
    Call,
    Channel,
    Malformed,
    Message,
    Rejected,
    Reply,
    Times,
    object_in,
)
from bot.channels.http import Http
from bot.limits import Limit
from bot.retry import Outcome, Sent
from bot.settings import Settings
from bot.web.dingtalk_platform import FakeDingtalk
from bot.web.platform import FakePlatform
from handlers.turn import Kind
from storage import tables
from storage.database import Database
from storage.letters import Letter
from storage.records import Account
from tests.bot.dingtalk_house import SECTION, dingtalk_settings, on_dingtalk
from tests.bot.fake_dingtalk import CLIENT, DINGTALK_SCOPE, ROBOT, SECRET, FakeRobot
from tests.bot.fake_wecom import CONFIG, NOWHERE, Running, configured, running
from tests.fakes import SCOPE, FakeClock

ZHANG, LI = "张三", "李红梅"
CODE = re.compile(r"确认码 (\d{4})")


@dataclass
class Both:
    """The bot between two platforms."""

    bot: Running
    wecom: FakePlatform
    dingtalk: FakeDingtalk
    robot: FakeRobot

    async def tell(self, name: str, text: str) -> None:
        """A word for somebody who is not speaking now."""
        from storage.recipients import Recipients  # noqa: PLC0415 - only here

        number = self.bot.house.members[name]
        async with self.bot.house.store() as store:
            person = (await Recipients(store.unit).people([number]))[number]
            assert person.scope
            assert person.user
            await store.outbox.send(person.scope, person.user, text, self.bot.house.clock.now())
        await self.bot.app.delivery.deliver_once()


@asynccontextmanager
async def both(url: str, folder: Path, more: str = "") -> AsyncIterator[Both]:
    """Both fakes on loopback, two people with an account on each."""
    clock = FakeClock()
    wecom = FakePlatform(clock.now)
    dingtalk = FakeDingtalk(
        clock.now,
        apps={CLIENT: SECRET},
        robot_codes={CLIENT: ROBOT},
        robots={"t": "SECs"},
        limited=False,
    )
    async with (
        TestServer(wecom.application()) as one,
        TestServer(dingtalk.application()) as other,
    ):
        bases = [str(server.make_url("")).rstrip("/") for server in (one, other)]
        dingtalk.base = bases[1]
        config = CONFIG.replace(NOWHERE, bases[0]) + SECTION.replace("{base}", bases[1])
        config += more.replace("{wecom}", bases[0]).replace("{dingtalk}", bases[1])
        from bot.settings import load  # noqa: PLC0415 - only here

        async with running(load(configured(url, folder, config), {})) as bot:
            await bot.house.member(ZHANG)
            await bot.house.member(LI, position="书记")
            await on_dingtalk(bot.house, ZHANG, LI)
            yield Both(bot, wecom, dingtalk, FakeRobot(bot.wecom.port))


async def test_one_person_on_two_platforms_is_one(sqlite_url: str, tmp_path: Path) -> None:
    """What was said on one is known on the other."""
    async with both(sqlite_url, tmp_path) as house:
        await house.robot.says(ZHANG, "党费 10月 20元")
        assert "已经登记过" in await house.bot.wecom.says(ZHANG, "党费 10月 20元")
        assert len(await house.bot.house.rows(tables.dues)) == 1


async def test_reminders_go_to_the_account_last_used(sqlite_url: str, tmp_path: Path) -> None:
    """There and back, and nothing is written while it stays where it was."""
    async with both(sqlite_url, tmp_path) as house:
        for number, says in enumerate((house.robot.says, house.bot.wecom.says, house.robot.says)):
            house.bot.house.clock.forward(minutes=1)
            house.robot.later(minutes=1)
            await says(ZHANG, "帮助")
            await house.tell(ZHANG, f"第{number}条")
        assert house.dingtalk.to(ZHANG) == ["第0条", "第2条"]
        assert house.wecom.to(ZHANG) == ["第1条"]
        before = await house.bot.house.rows(tables.accounts)
        house.bot.house.clock.forward(minutes=1)
        house.robot.later(minutes=1)
        await house.robot.says(ZHANG, "帮助")
        assert await house.bot.house.rows(tables.accounts) == before


async def test_who_has_one_account_never_costs_a_write(sqlite_url: str, tmp_path: Path) -> None:
    """Most people."""
    async with both(sqlite_url, tmp_path) as house:
        await house.bot.house.member("王五")
        await house.bot.wecom.says("王五", "帮助")
        found = await house.bot.house.rows(tables.accounts, tables.accounts.c.user == "王五")
        assert found[0]["used_at"] is None


async def test_both_at_once_in_one_batch(sqlite_url: str, tmp_path: Path) -> None:
    """Whoever speaks on both at the same moment is written to where they spoke last."""
    async with both(sqlite_url, tmp_path) as house:
        await asyncio.gather(
            *(house.robot.says(ZHANG, "帮助") for _ in range(4)),
            *(house.bot.wecom.says(ZHANG, "帮助") for _ in range(4)),
        )
        house.bot.house.clock.forward(minutes=1)
        await house.bot.wecom.says(ZHANG, "帮助")
        await house.tell(ZHANG, "您好")
        assert house.wecom.to(ZHANG) == ["您好"]


async def test_binding_on_a_second_platform(sqlite_url: str, tmp_path: Path) -> None:
    """The same person, with a consent of their own hand; the first account stays."""
    async with both(sqlite_url, tmp_path) as house:
        await house.bot.house.member("赵六", phone="13900001234")
        assert "绑定" in await house.robot.says("zhaoliu", "你好")
        assert "同意" in await house.robot.says("zhaoliu", "绑定 1234 赵六")
        assert "确认码" in await house.robot.says("zhaoliu", "同意")
        letters = await house.bot.house.rows(tables.outbox)
        code = next(found[1] for row in letters if (found := CODE.search(row["text"])))
        assert "绑定成功" in await house.robot.says("zhaoliu", code)
        assert "20.00" in await house.robot.says("zhaoliu", "党费 10月 20元")
        assert "已经登记过" in await house.bot.wecom.says("赵六", "党费 10月 20元")


SECOND = """
[dingtalk.second]
client_id = "dingsecond"
client_secret = "s2"
robot_code = "dingsecond"
api_base = "{dingtalk}"
oapi_base = "{dingtalk}"
corp_id = "dingcorp"
"""


async def test_an_answer_comes_from_the_robot_that_heard(sqlite_url: str, tmp_path: Path) -> None:
    """Of two robots of one corp the other one's chat knows nothing of it."""
    async with both(sqlite_url, tmp_path, f'corp_id = "dingcorp"\n{SECOND}') as house:
        await on_dingtalk(house.bot.house, ZHANG, scope="dingtalk:dingcorp")
        second = FakeRobot(house.bot.wecom.port, name="second", secret="s2")
        said = second.message(ZHANG, "撤回同意", robotCode="dingsecond")
        assert "确认码" in await second.gets(said)
        letters = await house.bot.house.rows(tables.outbox)
        assert [row["channel"] for row in letters] == ["dingtalk.second"]


GROUPS = """
[[group]]
name = "企微群"
channel = "wecom.main"
webhook = "{wecom}/cgi-bin/webhook/send?key=k"
branches = ["第一党支部"]

[[group]]
name = "钉钉群"
channel = "dingtalk.main"
webhook = "{dingtalk}/robot/send?access_token=t"
secret = "SECs"
branches = ["第一党支部"]

[[group]]
name = "钉钉会话"
channel = "dingtalk.main"
conversation = "cidG=="
branches = ["第一党支部"]
"""


async def test_a_group_belongs_to_a_channel(sqlite_url: str, tmp_path: Path) -> None:
    """Each is reached by its own platform's means."""
    async with both(sqlite_url, tmp_path, GROUPS) as house:
        async with house.bot.house.store() as store:
            for name in ("企微群", "钉钉群", "钉钉会话"):
                await store.outbox.send("group", name, f"给{name}", house.bot.house.clock.now())
        await house.bot.app.delivery.deliver_once()
        assert house.wecom.to("k") == ["给企微群"]
        assert house.dingtalk.to("robot:t") == ["给钉钉群"]
        assert house.dingtalk.to("group:cidG==") == ["给钉钉会话"]


# --- A third channel ---------------------------------------------------------------------------


class Pigeon:
    """A codec: whoever knows the word may speak."""

    channel = "pigeon.loft"
    seconds = 1.0

    def receive(self, call: Call) -> list[Message]:
        """What is on the slip."""
        if call.headers.get("word") != "coo":
            raise Rejected("word")
        slip = object_in(call.body)
        if not isinstance(slip.get("from"), str):
            raise Malformed("from")
        said = str(slip.get("says", ""))
        user, number = slip["from"], str(slip.get("no"))
        return [Message(self.channel, "pigeon", user, number, Kind.TEXT, said)]

    def reply(self, message: Message, text: str, at: datetime) -> Reply:
        """A slip back."""
        del at
        return Reply(json.dumps({"to": message.user, "says": text}).encode(), "application/json")

    def unheard(self, message: Message) -> None:
        """They come again."""


@dataclass
class Loft:
    """A client: what was carried out."""

    each: tuple[Limit, ...] = ()
    all: tuple[Limit, ...] = ()
    one_by_one: bool = False
    knows_repeats: bool = True
    carried: list[tuple[str, str]] = field(default_factory=list)

    async def send(self, letter: Letter) -> Outcome:
        """It always arrives."""
        self.carried.append((letter.recipient, letter.text))
        return Sent()


async def test_a_third_channel_is_a_codec_a_client_and_a_line(
    sqlite_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nothing else knows of it, and everything works: consent, check-in, dues, notices to whom it was last used by."""
    loft = Loft()

    def pigeons(
        _settings: Settings, _http: Http, _database: Database, _clock: Times
    ) -> list[Channel]:
        return [Channel("pigeon.loft", "pigeon", {"/pigeon": Pigeon()}, loft, {})]

    monkeypatch.setattr(app_module, "PLATFORMS", (*app_module.PLATFORMS, pigeons))  # the line
    async with running(dingtalk_settings(sqlite_url, tmp_path)) as bot:
        house = bot.house
        await house.member(ZHANG)
        await house.member(LI, position="书记")
        async with house.store() as store:
            for name in (ZHANG, LI):
                at = house.clock.now()
                await store.members.bind(Account("pigeon", name), house.members[name], at)
        await house.activity()

        async def fly(who: str, says: str, no: int) -> str:
            slip = json.dumps({"from": who, "says": says, "no": no})
            headers = {"word": "coo"}
            answer = await bot.wecom.send("POST", "/pigeon", data=slip, headers=headers)
            assert answer.status == 200
            return str(json.loads(answer.body)["says"])

        house.clock.forward(minutes=1)
        assert "签到成功" in await fly(ZHANG, "签到", 1)
        assert "签到成功" in await fly(ZHANG, "签到", 1)
        assert "20.00" in await fly(ZHANG, "党费 10月 20元", 2)
        assert "党费" in await fly(LI, "全部通过 党费", 1)
        await bot.app.delivery.deliver_once()
        assert "党费" in dict(loft.carried)[ZHANG]
        assert (await bot.wecom.send("POST", "/pigeon", data="{}")).status == 403
        assert len(await house.rows(tables.attendance)) == 1


def test_no_topic_knows_a_platform() -> None:
    """Words that people say may name one; no code does."""
    for folder in ("handlers", "scheduler"):
        for file in sorted(Path(folder).rglob("*.py")):
            text = file.read_text("utf-8").lower()
            found = [name for name in ("dingtalk", "wecom") if name in text]
            assert not found, f"{file} names {found}"


@pytest.mark.parametrize("scope", [SCOPE, DINGTALK_SCOPE])
async def test_what_is_kept_of_an_account_is_its_own(
    sqlite_url: str, tmp_path: Path, scope: str
) -> None:
    """撤销 takes back what was said here, never what was said on the other platform."""
    async with both(sqlite_url, tmp_path) as house:
        says: Any = house.robot.says if scope == DINGTALK_SCOPE else house.bot.wecom.says
        other: Any = house.bot.wecom.says if scope == DINGTALK_SCOPE else house.robot.says
        await says(ZHANG, "党费 10月 20元")
        assert "没有可以撤销" in await other(ZHANG, "撤销")
        assert "撤销" in await says(ZHANG, "撤销")

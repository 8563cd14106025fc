"""The running bot and the platform on both sides of it: what is said here is heard there."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from aiohttp.test_utils import TestServer
from click.testing import CliRunner

from bot import cli
from bot.settings import Group, Settings
from bot.web.platform import FakePlatform
from storage import tables
from storage.letters import Settled, State
from tests.bot.fake_wecom import (
    CORP,
    SECRET,
    FakeWecom,
    Running,
    configured,
    running,
    settings_over,
)
from tests.bot.test_server import text_string_to_metric_families
from tests.fakes import SCOPE, FakeClock, rehearsal

CLICK = (
    "<xml><ToUserName><![CDATA[{corp}]]></ToUserName><FromUserName><![CDATA[{who}]]></FromUserName>"
    "<CreateTime>1712345678</CreateTime><MsgType><![CDATA[event]]></MsgType>"
    "<Event><![CDATA[template_card_event]]></Event><EventKey><![CDATA[{key}]]></EventKey>"
    "<TaskId><![CDATA[task]]></TaskId><CardType><![CDATA[button_interaction]]></CardType>"
    "<ResponseCode><![CDATA[{code}]]></ResponseCode><AgentID>1000002</AgentID></xml>"
)


@dataclass
class Both:
    """The bot, and what its platform took."""

    bot: Running
    fake: FakePlatform

    async def heard(self, user: str, words: str) -> None:
        """Come back when it is on this member's screen."""
        async with asyncio.timeout(10):
            while not any(words in one for one in self.fake.to(user)):  # noqa: ASYNC110 - over HTTP
                await asyncio.sleep(0.005)

    async def clicks(self, who: str, key: str, code: str = "1") -> str:
        """What the bot answers to a button."""
        xml = CLICK.format(corp=CORP, who=who, key=key, code=code)
        found = await self.bot.wecom.post(xml)
        assert found.status == 200
        return self.bot.wecom.opened(found.body)["Content"] if found.body else ""


def at(settings: Settings, base: str) -> Settings:
    """The settings with their platform, and a group of it, at this address."""
    main = settings.wecom["main"].model_copy(update={"api_base": base})
    webhook = f"{base}/cgi-bin/webhook/send?key=group-key"
    group = Group(name="党员群", channel="wecom.main", webhook=webhook)
    return settings.model_copy(update={"wecom": {"main": main}, "group": [group]})


@pytest.fixture
async def both(sqlite_url: str, tmp_path: Path) -> AsyncIterator[Both]:
    """Real HTTP both ways."""
    clock = FakeClock()
    fake = FakePlatform(clock.now, secrets={CORP: SECRET})
    async with TestServer(fake.application()) as server:
        settings = at(settings_over(sqlite_url, tmp_path), str(server.make_url("")))
        async with running(settings) as bot:
            await bot.house.member("zhang")
            await bot.house.member("shuji", position="书记")
            yield Both(bot, fake)


async def test_what_a_turn_queues_is_sent_at_once(both: Both) -> None:
    """The secretary's phone hears of a new matter; the token was asked for once."""
    await both.bot.wecom.says("zhang", "求助 家里漏水")
    await both.heard("shuji", "待办")
    assert both.fake.calls["gettoken"] == 1


async def test_a_groups_announcement(both: Both) -> None:
    """By its name in the settings, through its webhook."""
    async with both.bot.house.store() as store:
        now = both.bot.house.clock.now()
        await store.outbox.send("group", "党员群", "本月主题党日", now)
    both.bot.app.delivery.wake()
    await both.heard("group-key", "主题党日")


async def test_a_click_is_authorised_again(both: Both) -> None:
    """The button says what would be typed: for a secretary it decides, for anybody else it does nothing."""
    await both.bot.wecom.says("zhang", "求助 家里漏水")
    (asked,) = await both.bot.house.rows(tables.requests)
    await both.clicks("zhang", f"通过 {asked['id']}")
    await both.clicks("stranger", f"通过 {asked['id']}", "2")
    (asked,) = await both.bot.house.rows(tables.requests)
    assert asked["state"] == "pending"
    assert await both.clicks("shuji", f"通过 {asked['id']}", "3")
    (asked,) = await both.bot.house.rows(tables.requests)
    assert asked["state"] != "pending"


async def test_a_click_without_a_key_is_no_line(both: Both) -> None:
    """It is answered like any old card."""
    assert "失效" in await both.clicks("zhang", "")


async def test_delivery_is_measured(both: Both) -> None:
    """What was sent and what waits, and nothing of anybody."""
    await both.bot.wecom.says("zhang", "求助 家里漏水")
    await both.heard("shuji", "待办")
    await both.bot.app.delivery.deliver_once()
    text = (await both.bot.wecom.send("GET", "/metrics")).body.decode()
    found = {
        (sample.name, *sample.labels.values()): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }
    assert found["shuanglian_deliveries_total", "sent"] == 1
    assert found["shuanglian_outbox", "failed"] == 0
    assert found["shuanglian_media_total", "lost"] == 0
    assert found["shuanglian_channels_resting",] == 0
    assert "shuji" not in text


async def test_a_delivery_that_broke_is_not_ready(
    both: Both, monkeypatch: pytest.MonkeyPatch
) -> None:
    """And ends the process, like turns that broke."""

    async def breaks() -> int:
        raise RuntimeError("broken")

    assert await both.bot.app.not_ready() == ""
    monkeypatch.setattr(both.bot.app.delivery, "deliver_once", breaks)
    both.bot.app.delivery.wake()
    with pytest.raises(RuntimeError, match="broken"):
        async with asyncio.timeout(10):
            await both.bot.app.until_broken()
    assert "没有在运行" in await both.bot.app.not_ready()


def test_check_shows_dead_letters_and_what_holds_up(tmp_path: Path) -> None:
    """Whom it was for and why, not what it said; exit 1 as for everything that needs a hand."""
    url = f"sqlite+aiosqlite:///{tmp_path}/check.db"
    config = configured(url, tmp_path)

    async def prepare() -> None:
        async with rehearsal(url) as talk:
            now = talk.clock.now()
            async with talk.store() as store:
                for _ in range(25):
                    await store.outbox.send(SCOPE, "zhangsan", "不可告人", now)
                letters = await store.outbox.claim(now, now, 25)
                await store.outbox.settle(
                    Settled(one, State.FAILED, 1, error="对方不在应用的可见范围内")
                    for one in letters[:22]
                )
                await store.outbox.settle(
                    one.put_off(error="60020：服务器的出口 IP") for one in letters[22:]
                )

    asyncio.run(prepare())
    found = CliRunner().invoke(cli.main, ["check", "--config", str(config)])
    assert found.exit_code == 1
    assert found.output.count("可见范围") == 20
    assert "共有 22 条" in found.output
    assert found.output.count("60020") == 1
    assert "不可告人" not in found.output


def test_a_click_is_read_as_a_line() -> None:
    """Old kinds of cards are not."""
    codec = FakeWecom().codec()
    xml = CLICK.format(corp=CORP, who="zhang", key="通过 5", code="x")
    assert (codec.read(xml).kind, codec.read(xml).text) == ("text", "通过 5")
    for event in ("template_card_menu_event", "taskcard_click"):
        assert codec.read(xml.replace("template_card_event", event)).kind == "card"

"""The page in DingTalk's chat: signed as published, free login, one button, and no coordinate anywhere."""

import json
import os
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from html import unescape
from pathlib import Path
from typing import Any

import pytest
from aiohttp.test_utils import TestServer

from bot.channels.dingtalk_page import label_of, page_signature
from bot.settings import Settings, load
from bot.web.dingtalk_platform import FakeDingtalk
from storage import tables
from tests.bot.chromium import chromium
from tests.bot.dingtalk_house import SECTION, on_dingtalk
from tests.bot.fake_dingtalk import CLIENT, ROBOT, SECRET, FakeRobot
from tests.bot.fake_wecom import CONFIG, Response, Running, configured, payloads, running
from tests.fakes import FakeClock

VECTORS = payloads("dingtalk.json", "jsapi_sign")
ZHANG = "张三"
PUBLIC = "https://bot.example.edu.cn"
MORE = """
corp_id = "dingcorp"
agent_id = 77
"""
SOMEWHERE = {"province": "江苏省", "city": "苏州市", "address": "江苏省苏州市虎丘区狮山路199号"}


@pytest.mark.parametrize("vector", VECTORS, ids=lambda one: one["id"])
def test_the_published_page_signatures(vector: dict[str, Any]) -> None:
    """Of the older algorithm, which can be chosen."""
    given = (vector["ticket"], vector["nonce"], vector["timestamp"], vector["url"])
    assert page_signature(*given, "sha1") == vector["signature"]
    assert len(page_signature(*given, "sha256")) == 64


def test_a_page_is_signed_without_its_fragment() -> None:
    """And with its query decoded."""
    plain = page_signature("t", "n", "1", "https://a/b?c=江 苏", "sha256")
    assert page_signature("t", "n", "1", "https://a/b?c=%E6%B1%9F%20%E8%8B%8F#x", "sha256") == plain


LABELS = [
    (SOMEWHERE, "江苏省苏州市虎丘区狮山路199号"),
    ({"province": "江苏省", "city": "苏州市", "address": ""}, "江苏省苏州市"),
    ({"province": "江苏省", "city": "苏州市", "address": "虎丘区"}, "江苏省苏州市虎丘区"),
    ({"province": "北京市", "city": "", "address": "朝阳区"}, "北京市朝阳区"),
    ({"latitude": "31.2", "longitude": "120.5"}, ""),
    ({"province": 7, "city": None}, ""),
]


@pytest.mark.parametrize(("fields", "label"), LABELS)
def test_a_label_is_words(fields: dict[str, Any], label: str) -> None:
    """Province first, nothing twice, no numbers."""
    assert label_of(fields) == label


@dataclass
class Page:
    """The running bot with its page, and the platform that names people."""

    bot: Running
    fake: FakeDingtalk

    async def report(self, code: str, **place: Any) -> tuple[int, str]:
        """What the page shows after the button."""
        body = json.dumps({"code": code, **place})
        answer = await self.bot.wecom.send("POST", "/dingtalk/main/place", data=body)
        return answer.status, json.loads(answer.body)["text"] if answer.body else ""

    async def show(self) -> Response:
        """The page."""
        return await self.bot.wecom.send("GET", "/dingtalk/main/place")


def page_settings(url: str, folder: Path, base: str) -> Settings:
    """With an address from outside."""
    config = CONFIG.replace("[server]", f'[server]\npublic_url = "{PUBLIC}"')
    return load(configured(url, folder, config + SECTION.replace("{base}", base) + MORE), {})


@asynccontextmanager
async def served(url: str, folder: Path) -> AsyncIterator[Page]:
    """The bot and the fake platform; one person, bound."""
    clock = FakeClock()
    fake = FakeDingtalk(
        clock.now, apps={CLIENT: SECRET}, robot_codes={CLIENT: ROBOT}, limited=False
    )
    async with TestServer(fake.application()) as server:
        base = str(server.make_url("")).rstrip("/")
        async with running(page_settings(url, folder, base)) as bot:
            await bot.house.member(ZHANG)
            await on_dingtalk(bot.house, ZHANG, scope="dingtalk:dingcorp")
            yield Page(bot, fake)


@pytest.fixture
async def page(sqlite_url: str, tmp_path: Path) -> AsyncIterator[Page]:
    """The page over real HTTP."""
    async with served(sqlite_url, tmp_path) as found:
        yield found


async def test_the_page_is_signed_for_its_address(page: Page) -> None:
    """With a ticket of the platform's; nothing may be loaded but its script."""
    answer = await page.show()
    config = json.loads(unescape(re.findall(r'id="config"[^>]*>([^<]+)<', answer.body.decode())[0]))
    assert (config["corpId"], config["agentId"], config["clientId"]) == ("dingcorp", 77, CLIENT)
    ticket = next(iter(page.fake._tickets.given))
    given = (ticket, config["nonceStr"], config["timeStamp"], f"{PUBLIC}/dingtalk/main/place")
    assert config["signature"] == page_signature(*given, "sha256")
    policy = answer.headers["Content-Security-Policy"]
    assert f"'nonce-{config['nonceStr']}'" in policy
    assert SECRET not in answer.body.decode()


async def test_a_place_is_reported_by_who_the_platform_says(page: Page) -> None:
    """Down to the district, as if it had been written."""
    status, words = await page.report(page.fake.login_code(ZHANG), **SOMEWHERE)
    assert status == 200
    assert "江苏省苏州市虎丘区" in words
    assert "狮山路" not in words
    found = await page.bot.house.rows(tables.places)
    assert (found[0]["province"], found[0]["district"]) == ("江苏省", "虎丘区")
    kept = str(await page.bot.house.rows(tables.inbox))
    assert "狮山路" not in kept


async def test_coordinates_are_not_looked_at(page: Page) -> None:
    """Even if a page sent them."""
    code = page.fake.login_code(ZHANG)
    await page.report(code, **SOMEWHERE, latitude="31.29653", longitude="120.56614")
    for table in (tables.places, tables.inbox, tables.ledger):
        assert "31.29" not in str(await page.bot.house.rows(table))


async def test_a_code_serves_once(page: Page) -> None:
    """Afterwards, and without one, nobody is speaking."""
    code = page.fake.login_code(ZHANG)
    await page.report(code, **SOMEWHERE)
    for again in (code, "made up"):
        assert (await page.report(again, **SOMEWHERE))[0] == 403
    assert len(await page.bot.house.rows(tables.places)) == 1


ODD = [b"", b"[]", b"{}", b'{"code": 7, "province": "x"}', b'{"code": "' + b"a" * 300 + b'"}']


@pytest.mark.parametrize("body", ODD)
async def test_what_no_page_sends_is_refused(page: Page, body: bytes) -> None:
    """400, and the platform is not asked."""
    answer = await page.bot.wecom.send("POST", "/dingtalk/main/place", data=body)
    assert answer.status in {200, 400}
    assert page.fake.calls["topapi/v2/user/getuserinfo"] == 0
    assert await page.bot.house.rows(tables.places) == []


async def test_a_phone_without_a_place_is_told_to_write(page: Page) -> None:
    """No name, no record."""
    assert "直接写" in (await page.report("x", province="", city="", address=""))[1]


async def test_the_chat_shows_the_way_to_the_page(page: Page) -> None:
    """Where a place is asked for, on the platform that has one."""
    robot = FakeRobot(page.bot.wecom.port)
    assert f"{PUBLIC}/dingtalk/main/place" in await robot.says(ZHANG, "位置")
    assert "http" not in await page.bot.wecom.says(ZHANG, "位置")


async def test_a_platform_in_trouble_is_said_on_the_page(page: Page) -> None:
    """Without a ticket there is no page, and typing is the way."""
    page.fake.script((400, {"code": "x"}), 9, call="oauth2/jsapiTickets")
    answer = await page.show()
    assert answer.status == 503
    assert "打字" in answer.body.decode()


DD = """
window.dd = {
  config: (given) => { window.given = given; },
  error: () => {},
  ready: (then) => then(),
  getLocation: (options) => options.success({ province: "江苏省", city: "苏州市",
    address: "江苏省苏州市虎丘区狮山路199号", latitude: "31.29653", longitude: "120.56614" }),
  requestAuthCode: (options) => options.success({ code: "%s" }),
};
"""


@pytest.mark.browser
async def test_one_button_in_a_real_browser(page: Page) -> None:
    """Pressed once, the place is on record; what was sent holds no coordinate."""
    script, sent = DD % page.fake.login_code(ZHANG), []
    async with chromium() as browser:
        tab = await browser.new_page(viewport={"width": 390, "height": 720})
        tab.on("request", lambda one: sent.append(one.post_data or ""))
        await tab.route(
            "**/dingtalk.open.js",
            lambda route: route.fulfill(body=script, content_type="text/javascript"),
        )
        await tab.goto(f"http://127.0.0.1:{page.bot.wecom.port}/dingtalk/main/place")
        await tab.get_by_role("button", name="报我现在的所在地").click()
        await tab.get_by_text("江苏省苏州市虎丘区").wait_for()
        if os.environ.get("SHOTS"):
            await tab.screenshot(path=f"{os.environ['SHOTS']}/place.png")
    assert len(await page.bot.house.rows(tables.places)) == 1
    assert any("狮山路" in one for one in sent)
    assert not any("31.29" in one for one in sent)


@pytest.mark.browser
async def test_outside_of_dingtalk_the_page_says_so(page: Page) -> None:
    """The platform's script cannot be loaded there."""
    async with chromium() as browser:
        tab = await browser.new_page()
        await tab.route("**/dingtalk.open.js", lambda route: route.abort())
        await tab.goto(f"http://127.0.0.1:{page.bot.wecom.port}/dingtalk/main/place")
        await tab.get_by_text("请在手机钉钉里打开，或").wait_for()

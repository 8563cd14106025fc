"""The fake DingTalk keeps the published rules, so that what passes here passes there."""

from collections.abc import Callable

import aiohttp
import pytest

from bot.web.faults import Fault
from tests.bot.dingtalk_caller import (
    APP,
    CARDS,
    DOWNLOAD,
    GROUP,
    HELLO,
    ONE,
    Caller,
    Shown,
    calling,
    card,
    text,
    to_group,
)
from tests.bot.fake_wecom import payloads


async def test_answers_have_the_published_shape(ding: Caller) -> None:
    """The keys and types of the published answers."""
    code = ding.fake.login_code("zhangsan")
    asked = "/topapi/v2/user/getuserinfo"
    info = await ding.ask(asked, {"code": code}, params={"access_token": ding.token})
    ours = {
        "api-access-token": (await ding.get_token())[1],
        "api-groupSend-response": (await ding.api(GROUP, to_group()))[1],
        "api-media-upload-response": await ding.upload(),
        "api-getuserinfo-response": info[1],
        "api-error-new-style": (await ding.ask(f"/v1.0/{ONE}", {}))[1],
        "api-error-session-gone": (await ding.ask("/robot/sendBySession", HELLO))[1],
    }
    published = {one["id"]: one["payload"] for one in payloads("dingtalk_messages.json", "samples")}
    for name, found in ours.items():
        assert {key: type(value) for key, value in found.items()} == {
            key: type(value) for key, value in published[name].items()
        }
    wanted = published["api-getuserinfo-response"]["result"]
    assert ours["api-getuserinfo-response"]["result"].keys() == wanted.keys()
    assert ours["api-error-session-gone"] == published["api-error-session-gone"]
    assert ours["api-error-new-style"]["message"] == "不合法的access_token"


async def test_tokens_are_an_apps_own_and_end(ding: Caller) -> None:
    """The same while it is valid, prolonged by asking; unknown or over is InvalidAuthentication."""
    first = ding.token
    await ding.get_token("other", "s")
    assert ding.token != first
    ding.clock.forward(seconds=7199)
    await ding.get_token()
    assert ding.token == first
    ding.clock.forward(seconds=7199)
    assert await ding.code(ONE, text()) == ""
    ding.clock.forward(seconds=1)
    assert await ding.code(ONE, text()) == "InvalidAuthentication"
    await ding.get_token()
    assert ding.token != first
    ding.fake.revoke()
    assert await ding.code(ONE, text()) == "InvalidAuthentication"
    ding.token = ""
    assert await ding.code(ONE, text()) == "InvalidAuthentication"


@pytest.mark.parametrize(("app", "secret"), [(APP, "wrong"), ("nobody", "x"), ("", ""), (APP, "")])
async def test_wrong_credentials(ding: Caller, app: str, secret: str) -> None:
    """HTTP 400 with the published code."""
    status, found = await ding.get_token(app, secret)
    assert (status, found["code"]) == (400, "invalidClientIdOrSecret")


async def test_without_apps_everybody_is_one() -> None:
    """With any secret, but not without one; and any robot's code will do."""
    async with calling(apps={}) as ding:
        assert (await ding.get_token("anybody", ""))[0] == 400
        assert (await ding.get_token("anybody", "x"))[0] == 200
        assert await ding.code(ONE, text(robotCode="any")) == ""


async def test_old_calls_have_numbers_for_bad_tokens(ding: Caller) -> None:
    """Missing, over, unknown; and new tokens serve there."""
    assert (await ding.upload())["errcode"] == 0
    ding.clock.forward(seconds=7200)
    assert (await ding.upload())["errcode"] == 42001
    ding.token = "unknown"
    assert (await ding.upload())["errcode"] == 40014
    ding.token = ""
    assert (await ding.upload())["errcode"] == 41001


async def test_a_login_code_serves_once_for_five_minutes(ding: Caller) -> None:
    """It says who opened the page; tickets for the page's signature stay the same."""
    query = {"access_token": ding.token}
    path = "/topapi/v2/user/getuserinfo"
    code, late = ding.fake.login_code("ZhangSan"), ding.fake.login_code("lisi")
    _status, found = await ding.ask(path, {"code": code}, params=query)
    assert found["result"]["userid"] == "ZhangSan"
    assert await ding.number(path, {"code": code}, **query) == 40078
    ding.clock.forward(minutes=5)
    assert await ding.number(path, {"code": late}, **query) == 40078
    assert await ding.number(path, {"code": late}, access_token="no") == 40014
    status, ticket = await ding.api("oauth2/jsapiTickets", {})
    assert (status, ticket["expireIn"]) == (200, 7200)
    assert (await ding.api("oauth2/jsapiTickets", {}))[1] == ticket


async def test_twenty_a_second_and_interface(ding: Caller) -> None:
    """The 21st is refused and not counted; another interface and another second are free."""
    ding.fake.api_quota = 22
    for _ in range(20):
        assert await ding.code(ONE, text()) == ""
    status, found = await ding.api(ONE, text())
    assert (status, found["code"]) == (403, "Forbidden.AccessDenied.QpsLimitForAppkeyAndApi")
    assert await ding.code(GROUP, to_group()) == ""
    ding.clock.forward(seconds=1)
    assert await ding.code(ONE, text()) == ""
    assert await ding.code(ONE, text()) == "Forbidden.AccessDenied.ApiCountLimitForOrg"


async def test_without_limits_nothing_is_throttled() -> None:
    """For tests of something else."""
    async with calling(limited=False, robots={"open": ""}) as ding:
        for _ in range(25):
            assert await ding.code(ONE, text()) == ""
            assert await ding.number("/robot/send", HELLO, access_token="open") == 0


async def test_a_months_quota() -> None:
    """Sends, cards and downloads count; tokens, logins, uploads and webhooks do not; next month is new."""
    async with calling(api_quota=4, robots={"open": ""}) as ding:
        code = ding.fake.offer_file(b"x")
        counted: list[tuple[str, Callable[[], Shown]]] = [
            (ONE, text),
            (GROUP, to_group),
            (DOWNLOAD, lambda: {"downloadCode": code, "robotCode": APP}),
            (CARDS, card),
        ]
        for _ in range(5):
            await ding.get_token()
            assert await ding.code("oauth2/jsapiTickets", {}) == ""
            assert (await ding.upload())["errcode"] == 0
            assert await ding.number("/robot/send", HELLO, access_token="open") == 0
        for call, body in counted:
            assert await ding.code(call, body()) == ""
        for call, body in counted:
            status, found = await ding.api(call, body())
            assert (status, found["code"]) == (403, "Forbidden.AccessDenied.ApiCountLimitForOrg")
        ding.clock.forward(days=31)
        await ding.get_token()
        assert await ding.code(ONE, text()) == ""


async def test_faults_come_in_the_order_of_the_script(ding: Caller) -> None:
    """Any status with its JSON, or a Fault; then everything is well again, and calls were counted."""
    throttled = {"code": "Forbidden.AccessDenied.QpsLimitForAppkeyAndApi", "message": "x"}
    banned = {"status": 1111, "wait": 5}
    ding.fake.script((403, throttled))
    ding.fake.script((200, banned))
    ding.fake.script(Fault.LOST)
    ding.fake.script((200, {"errcode": 130101}), 2, call="robot/send")
    assert await ding.api(ONE, text("一")) == (403, throttled)
    assert await ding.api(ONE, text("二")) == (200, banned)
    with pytest.raises(aiohttp.ClientError):
        await ding.api(ONE, text("三"))
    assert await ding.code(ONE, text("四")) == ""
    assert ding.fake.to("zhangsan") == ["三", "四"]
    for code in (130101, 130101, 0):
        assert await ding.number("/robot/send", HELLO, access_token="open") == code
    assert ding.fake.calls == {"oauth2/accessToken": 1, ONE: 4, "robot/send": 3}

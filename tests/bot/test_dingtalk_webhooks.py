"""Sessions and custom robots of the fake DingTalk keep the published rules."""

import json
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from bot.web.dingtalk_rules import sign_of
from tests.bot.dingtalk_caller import (
    HELLO,
    ROBOT,
    ROBOT_SECRET,
    Caller,
    webhook,
)
from tests.bot.fake_wecom import payloads


@pytest.mark.parametrize("one", payloads("dingtalk.json", "robot_sign"), ids=lambda one: one["id"])
def test_signatures_are_the_published_ones(one: dict[str, str]) -> None:
    """HMAC-SHA256 over the timestamp and the secret."""
    assert sign_of(one["timestamp"], one["secret"]) == one["sign"]


async def test_a_session_is_answered_for_ninety_minutes(ding: Caller) -> None:
    """Without token or signature; afterwards, or under another name, it does not exist."""
    url = ding.fake.open_session("cid1", "zhangsan")
    path = urlsplit(url).path
    session = parse_qs(urlsplit(url).query)["session"][0]
    ding.clock.forward(minutes=89)
    assert await ding.number(path, HELLO, session=session) == 0
    assert await ding.number(path, HELLO, session="another") == 300001
    ding.clock.forward(minutes=1)
    assert await ding.ask(url, HELLO) == (200, {"errcode": 300001, "errmsg": "session 不存在"})
    (taken,) = ding.fake.journal
    assert (taken["to"], taken["user"], taken["content"]) == ("session:cid1", "zhangsan", "您好")


BUTTON = {"title": "参加", "actionURL": "x"}
ROW = {"title": "一", "messageURL": "x", "picURL": "x"}


@pytest.mark.parametrize(
    ("body", "code", "seen"),
    [
        (webhook("text", content="您好"), 0, "您好"),
        (webhook("text", content=""), 40035, ""),
        (webhook("text"), 40035, ""),
        ({"msgtype": "text", "text": "x"}, 40035, ""),
        (webhook("markdown", title="t", text="# 您好"), 0, "# 您好"),
        (webhook("markdown", text="# 您好"), 40035, ""),
        (webhook("link", title="看", text="您好", messageUrl="x"), 0, "看\n您好"),
        (
            webhook("actionCard", title="t", text="您好", btns=[BUTTON, BUTTON]),
            0,
            "您好\n［参加］ ［参加］",
        ),
        (
            webhook("actionCard", title="t", text="您好", singleTitle="看", singleURL="x"),
            0,
            "您好\n［看］",
        ),
        (webhook("actionCard", title="t", text="您好"), 40035, ""),
        (webhook("actionCard", title="t", text="您好", btns=[{"title": "x"}]), 40035, ""),
        (webhook("actionCard", title="t", text="您好", btns=[BUTTON], btnOrientation=0), 40035, ""),
        (webhook("feedCard", links=[ROW, ROW]), 0, "一\n一"),
        (webhook("feedCard", links=[]), 40035, ""),
        (webhook("image", content="x"), 400105, ""),
        (webhook("file", content="x"), 400105, ""),
        ([], 400105, ""),
        ({**HELLO, "at": {"atUserIds": ["x"] * 50, "isAtAll": False}}, 0, "您好"),
        ({**HELLO, "at": {"atUserIds": ["x"] * 51}}, 40035, ""),
        ({**HELLO, "at": {"atMobiles": 7}}, 40035, ""),
    ],
)
async def test_webhooks_check_what_they_show(ding: Caller, body: Any, code: int, seen: str) -> None:
    """The same in a session and for a custom robot."""
    url = ding.fake.open_session("cid1", "zhangsan")
    assert await ding.number(url, body) == code
    assert await ding.number("/robot/send", body, access_token="open") == code
    assert ding.fake.to("session:cid1") == ding.fake.to("robot:open") == [seen] * (not code)


async def test_webhooks_take_20000_bytes(ding: Caller) -> None:
    """Of the whole body."""
    url = ding.fake.open_session("cid1", "zhangsan")
    rest = len(json.dumps(webhook("text", content="")))
    assert await ding.number(url, webhook("text", content="x" * (20_000 - rest))) == 0
    assert await ding.number(url, webhook("text", content="x" * (20_001 - rest))) == 460101


async def test_custom_robots_want_their_signature(ding: Caller) -> None:
    """Within the hour, by their own secret, and with a `+` of it quoted."""
    assert await ding.signed() == 0
    assert await ding.signed(ago=3600) == 0
    assert await ding.signed(ago=3601) == 310000
    assert await ding.signed(ago=-3601) == 310000
    assert await ding.signed(secret="another") == 310000
    assert await ding.number("/robot/send", HELLO, access_token=ROBOT) == 310000
    assert await ding.number("/robot/send", HELLO, access_token="nobody") == 300001
    stamps = (str(int(ding.clock.now().timestamp() * 1000) - ago) for ago in range(1000))
    stamp = next(one for one in stamps if "+" in sign_of(one, ROBOT_SECRET))
    sign = sign_of(stamp, ROBOT_SECRET)
    raw = f"/robot/send?access_token={ROBOT}&timestamp={stamp}&sign={sign}"
    assert (await ding.ask(raw, HELLO))[1]["errcode"] == 310000
    assert (await ding.ask(raw.replace("+", "%2B"), HELLO))[1]["errcode"] == 0


async def test_a_uuid_serves_once(ding: Caller) -> None:
    """The repeat is a success and no message; refused ones may come again, other robots have their own."""
    numbered = {**HELLO, "msgUuid": "1"}
    assert await ding.signed(body={**numbered, "msgtype": "image"}) == 400105
    for _ in range(2):
        assert await ding.signed(body=numbered) == 0
        assert await ding.number("/robot/send", numbered, access_token="open") == 0
    assert (len(ding.fake.journal), len(ding.fake.swallowed)) == (2, 2)


async def test_the_21st_in_a_minute_blocks_for_ten(ding: Caller) -> None:
    """Whatever comes in these ten minutes is refused too; another robot goes on."""
    for number in range(20):
        assert await ding.signed(body={**HELLO, "msgUuid": str(number)}) == 0
    assert await ding.signed() == 410100
    ding.clock.forward(seconds=599)
    assert await ding.signed(body={**HELLO, "msgUuid": "0"}) == 410100
    assert await ding.signed(secret="another") == 410100
    assert await ding.number("/robot/send", HELLO, access_token="open") == 0
    ding.clock.forward(seconds=1)
    assert await ding.signed() == 0
    assert len(ding.fake.to(f"robot:{ROBOT}")) == 21

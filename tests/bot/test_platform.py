"""The fake platform keeps the published rules, so that what passes here passes there."""

import json
from collections.abc import AsyncIterator
from io import BytesIO
from typing import Any

import aiohttp
import pytest
from aiohttp.test_utils import TestServer

from bot.web.faults import Fault
from bot.web.platform import FakePlatform
from tests.bot.fake_wecom import payloads
from tests.fakes import FakeClock

CARD = {
    "card_type": "button_interaction",
    "main_title": {"title": "待办"},
    "task_id": "task-1",
    "button_list": [{"text": "通过", "key": "通过 5"}],
}


class Caller:
    """Anybody's client."""

    def __init__(
        self, fake: FakePlatform, session: aiohttp.ClientSession, clock: FakeClock
    ) -> None:
        self.fake, self.session, self.clock = fake, session, clock
        self.token = ""

    async def get_token(self, corp: str = "ww", secret: str = "s") -> dict[str, Any]:
        """What gettoken answers; a token is used from then on."""
        query = {"corpid": corp, "corpsecret": secret}
        async with self.session.get("/cgi-bin/gettoken", params=query) as answer:
            found: dict[str, Any] = await answer.json()
        self.token = found.get("access_token", self.token)
        return found

    async def post(self, path: str, body: Any, **query: str) -> dict[str, Any]:
        """What a call answers."""
        params = query or {"access_token": self.token}
        async with self.session.post(f"/cgi-bin/{path}", params=params, json=body) as answer:
            found: dict[str, Any] = await answer.json()
            return found

    async def text(self, words: str = "您好", to: str = "zhangsan", **more: Any) -> dict[str, Any]:
        """One text message."""
        body = {"touser": to, "msgtype": "text", "agentid": 1, "text": {"content": words}, **more}
        return await self.post("message/send", body)


@pytest.fixture
async def caller() -> AsyncIterator[Caller]:
    """A client with a token."""
    clock = FakeClock()
    fake = FakePlatform(clock.now)
    async with (
        TestServer(fake.application()) as server,
        aiohttp.ClientSession(str(server.make_url(""))) as session,
    ):
        found = Caller(fake, session, clock)
        await found.get_token()
        yield found


async def test_answers_have_the_published_shape(caller: Caller) -> None:
    """The keys and types of the published answers."""
    uploaded = aiohttp.FormData()
    uploaded.add_field("media", b"x" * 10, filename="x.txt")
    query = {"access_token": caller.token, "type": "file"}
    async with caller.session.post("/cgi-bin/media/upload", params=query, data=uploaded) as answer:
        upload = await answer.json()
    ours = {
        "/cgi-bin/gettoken": await caller.get_token(),
        "/cgi-bin/message/send": await caller.post(
            "message/send",
            {"touser": "a", "msgtype": "template_card", "agentid": 1, "template_card": CARD},
        ),
        "/cgi-bin/media/upload": upload,
        "/cgi-bin/webhook/send": await caller.post(
            "webhook/send", {"msgtype": "text", "text": {"content": "x"}}, key="k"
        ),
    }
    compared = 0
    for one in payloads("wecom_api.json", "samples"):
        if one["kind"] == "response" and one["api"] in ours:
            found = ours[one["api"]]
            assert found.keys() <= one["body"].keys()
            assert all(type(found[key]) is type(one["body"][key]) for key in found)
            compared += 1
    assert compared == 7


async def test_tokens_are_an_apps_own_and_end(caller: Caller) -> None:
    """The same while it is valid, another for another secret, 42001 after its time, 40014 when revoked."""
    first = caller.token
    await caller.get_token()
    assert caller.token == first
    await caller.get_token(secret="other")
    assert caller.token != first
    caller.clock.forward(seconds=7200)
    assert (await caller.text())["errcode"] == 42001
    caller.fake.revoke()
    assert (await caller.text())["errcode"] == 40014
    caller.token = ""
    assert (await caller.text())["errcode"] == 41001
    caller.fake.secrets = {"ww": "right"}
    assert (await caller.get_token(secret="wrong"))["errcode"] == 40001
    assert (await caller.get_token(corp="wx", secret="right"))["errcode"] == 40013


async def test_limits_drop_in_silence(caller: Caller) -> None:
    """The 31st in a minute is answered like the others and never seen; so is the 1,001st in an hour."""
    for _ in range(31):
        assert (await caller.text())["errcode"] == 0
    assert (len(caller.fake.journal), len(caller.fake.dropped)) == (30, 1)
    assert (await caller.text(to="lisi"))["errcode"] == 0
    caller.clock.forward(seconds=60)
    await caller.text()
    assert len(caller.fake.to("zhangsan")) == 31
    for _ in range(60):
        caller.clock.forward(seconds=59)
        for _ in range(17):
            await caller.text()
    assert len(caller.fake.to("zhangsan")) <= 1001


async def test_a_webhook_says_no(caller: Caller) -> None:
    """45009 over twenty a minute, 40058 for what is too long, 93000 without a key."""
    body = {"msgtype": "text", "text": {"content": "x"}}
    for _ in range(20):
        assert (await caller.post("webhook/send", body, key="k"))["errcode"] == 0
    assert (await caller.post("webhook/send", body, key="k"))["errcode"] == 45009
    assert (await caller.post("webhook/send", body, key="other"))["errcode"] == 0
    long = {"msgtype": "markdown", "markdown": {"content": "x" * 4097}}
    assert (await caller.post("webhook/send", long, key="z"))["errcode"] == 40058
    assert (await caller.post("webhook/send", body, key=""))["errcode"] == 93000
    card = {"msgtype": "template_card", "template_card": CARD}
    assert (await caller.post("webhook/send", card, key="z"))["errcode"] == 40008


async def test_texts_are_cut_in_silence(caller: Caller) -> None:
    """At 2,048 bytes, not in the middle of a character."""
    await caller.text("一" * 700)
    assert caller.fake.to("zhangsan") == ["一" * 682]


async def test_duplicates_are_swallowed_for_their_time(caller: Caller) -> None:
    """Only where asked for, only the same request, only within the interval."""
    check = {"enable_duplicate_check": 1, "duplicate_check_interval": 1800}
    for _ in range(2):
        await caller.text(**check)
        await caller.text()
    assert len(caller.fake.journal) == 3
    assert len(caller.fake.swallowed) == 1
    await caller.text(**{**check, "duplicate_check_interval": 1801})
    assert len(caller.fake.journal) == 4
    caller.clock.forward(seconds=1800)
    await caller.text(**check)
    assert len(caller.fake.journal) == 5


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({}, 0),
        ({"card_type": "x"}, 42031),
        ({"main_title": {}}, 42033),
        ({"main_title": {}, "sub_title_text": "x"}, 0),
        ({"task_id": "不行"}, 42014),
        ({"task_id": "x" * 129}, 42014),
        ({"button_list": []}, 42037),
        ({"button_list": [{"text": "x", "key": "y"}] * 7}, 42037),
        ({"button_list": [{"text": "", "key": "y"}]}, 42038),
        ({"button_list": [{"text": "x", "key": ""}]}, 42039),
        ({"button_list": [{"text": "x", "key": "长" * 400}]}, 42039),
    ],
)
async def test_cards_are_checked(caller: Caller, change: dict[str, Any], code: int) -> None:
    """As the platform does, and a task id serves once."""
    card = {**CARD, **change}
    body = {"touser": "a", "msgtype": "template_card", "agentid": 1, "template_card": card}
    assert (await caller.post("message/send", body))["errcode"] == code
    if not code:
        assert (await caller.post("message/send", body))["errcode"] == 42014


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ({}, 40056),
        ({"agentid": "1"}, 40056),
        ({"agentid": 1}, 40003),
        ({"agentid": 1, "touser": "a"}, 40008),
        ({"agentid": 1, "touser": "a", "msgtype": "text"}, 40035),
        ({"agentid": 1, "touser": "a", "msgtype": "text", "text": {"content": ""}}, 44004),
        ({"agentid": 1, "touser": "a", "msgtype": "file", "file": {"media_id": "x"}}, 40007),
    ],
)
async def test_bodies_are_checked(caller: Caller, body: dict[str, Any], code: int) -> None:
    """Each with its own code."""
    assert (await caller.post("message/send", body))["errcode"] == code


async def test_files_need_a_proper_part(caller: Caller) -> None:
    """A form field without a name, a JSON body, too small a file."""
    query = {"access_token": caller.token, "type": "file"}
    url = "/cgi-bin/media/upload"
    for size, name, code in ((10, None, 44001), (3, "x", 45001), (0, "x", 44001)):
        form = aiohttp.FormData(default_to_multipart=True)
        form.add_field("media", b"x" * size if name else "x", filename=name)
        async with caller.session.post(url, params=query, data=form) as answer:
            assert (await answer.json())["errcode"] == code
    async with caller.session.post(url, params=query, json={}) as answer:
        assert (await answer.json())["errcode"] == 44001


async def test_pictures_are_checked_and_given_out(caller: Caller) -> None:
    """JPG and PNG up to 10 MB, sent as pictures only if uploaded as such; anybody's id gives the bytes."""
    query = {"access_token": caller.token}

    async def uploaded(kind: str, name: str, size: int) -> dict[str, Any]:
        form = aiohttp.FormData(default_to_multipart=True)
        form.add_field("media", BytesIO(b"x" * size), filename=name)
        url = "/cgi-bin/media/upload"
        async with caller.session.post(url, params={**query, "type": kind}, data=form) as answer:
            return dict(await answer.json())

    assert (await uploaded("image", "a.gif", 10))["errcode"] == 40004
    assert (await uploaded("image", "a.jpg", 10 * 1024 * 1024 + 1))["errcode"] == 45001
    image, file = [(await uploaded(kind, "a.jpg", 10))["media_id"] for kind in ("image", "file")]
    for number, code in ((image, 0), (file, 40007)):
        body = {"agentid": 1, "touser": "a", "msgtype": "image", "image": {"media_id": number}}
        assert (await caller.post("message/send", body))["errcode"] == code
    assert caller.fake.to("a") == ["［图片］"]
    for number, gets in ((image, b"x" * 10), ("none", b"")):
        url = "/cgi-bin/media/get"
        async with caller.session.get(url, params={**query, "media_id": number}) as answer:
            found = await answer.read()
        assert (found if gets else json.loads(found)["errcode"]) == (gets or 40007)


async def test_some_of_the_recipients(caller: Caller) -> None:
    """Errcode 0 with the others named in lower case; nobody at all is 81013."""
    caller.fake.users = frozenset({"zhangsan"})
    found = await caller.text(to="ZhangSan|LiSi")
    assert (found["errcode"], found["invaliduser"]) == (0, "lisi")
    assert (await caller.text(to="LiSi"))["errcode"] == 81013


async def test_faults_come_in_the_order_of_the_script(caller: Caller) -> None:
    """Then everything is well again; only what was lost on the way back was taken."""
    caller.fake.script(45009)
    caller.fake.script(Fault.LOST)
    caller.fake.script(Fault.CUT)
    assert (await caller.text("一"))["errcode"] == 45009
    for words in ("二", "三"):
        with pytest.raises(aiohttp.ClientError):
            await caller.text(words)
    assert (await caller.text("四"))["errcode"] == 0
    assert caller.fake.to("zhangsan") == ["二", "四"]
    assert caller.fake.journal[0]["at"] == caller.clock.now()

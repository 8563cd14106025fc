"""DingTalk's ways out over real HTTP: people in twenties, groups, cards, files, and everything that may go wrong."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import pytest
from aiohttp.test_utils import TestServer
from pydantic import SecretStr

from bot.channels import together
from bot.channels.dingtalk_api import Cards, DingtalkApi, DingtalkGroup, DingtalkWebhook
from bot.channels.dingtalk_bodies import bodies_of, fits_a_card
from bot.channels.dingtalk_client import Credentials, DingtalkClient
from bot.channels.dingtalk_outcomes import outcome_of
from bot.channels.groups import Groups
from bot.channels.http import Http
from bot.delivery import TWICE, Delivery
from bot.retry import FIRST_WAIT, Again, Answer, Busy, Configuration, Never, Sent
from bot.web.dingtalk_platform import FakeDingtalk
from bot.web.faults import Fault
from storage import tables
from storage.letters import Letter, State, WayBack
from tests.bot.fake_dingtalk import CLIENT, DINGTALK_SCOPE, ROBOT, SECRET
from tests.bot.fake_wecom import payloads
from tests.bot.post import no_chance
from tests.fakes import MONDAY, Rehearsal

GROUP, CONVERSATION, TOKEN, SIGNED = "流动党员群", "cidGroup==", "robot-token", "SECsecret"
BUTTONS = (("参加", "参加"), ("线上", "线上"), ("请假", "请假"))
BATCH = "robot/oToMessages/batchSend"


@dataclass
class Ding:
    """Everything between queued messages and DingTalk's screens."""

    house: Rehearsal
    fake: FakeDingtalk
    http: Http

    def __post_init__(self) -> None:
        """One robot, one group with a robot of its own."""
        self.client = self.another_client()
        self.delivery = self.with_cards(None)

    def another_client(self, secret: str = SECRET) -> DingtalkClient:
        """Another process's client, perhaps with another secret."""
        base = self.fake.base
        own = Credentials("dingtalk.main", CLIENT, SecretStr(secret), base, base)
        return DingtalkClient(own, self.http, self.house.database, self.house.clock.now)

    def with_cards(
        self, cards: Cards | None, client: DingtalkClient | None = None, group: Any = None
    ) -> Delivery:
        """A delivery whose robot shows cards so."""
        client, clock = client or self.client, self.house.clock
        api = DingtalkApi(client, ROBOT, clock.now, cards)
        address = f"{self.fake.base}/robot/send?access_token={TOKEN}"
        group = group or DingtalkWebhook(address, SecretStr(SIGNED), client, clock.now)
        if group == "conversation":
            group = DingtalkGroup(api, CONVERSATION)
        senders = {DINGTALK_SCOPE: api, "group": Groups({GROUP: group})}
        return Delivery(self.house.database, senders, clock.now, no_chance)

    async def queue(self, *recipients: str, text: str = "您好", **options: Any) -> None:
        """The same words to each."""
        channel = options.pop("channel", DINGTALK_SCOPE)
        async with self.house.store() as store:
            for one in recipients:
                await store.outbox.send(channel, one, text, self.house.clock.now(), **options)

    async def states(self) -> list[str]:
        """The state of every message, in their order."""
        found = await self.house.rows(tables.outbox)
        return [row["state"] for row in sorted(found, key=lambda row: int(row["id"]))]

    async def errors(self) -> list[str]:
        """What is said of each."""
        found = await self.house.rows(tables.outbox)
        return [row["error"] or "" for row in sorted(found, key=lambda row: int(row["id"]))]

    async def used(self) -> dict[str, int]:
        """What the platform counts."""
        return {row["kind"]: row["amount"] for row in await self.house.rows(tables.usage)}


@asynccontextmanager
async def talking(house: Rehearsal, **fake: Any) -> AsyncIterator[Ding]:
    """The fake platform on loopback, and a delivery that talks to it."""
    given = {"apps": {CLIENT: SECRET}, "robot_codes": {CLIENT: ROBOT}, "limited": False}
    given["robots"] = {TOKEN: SIGNED}
    platform = FakeDingtalk(house.clock.now, **{**given, **fake})
    async with TestServer(platform.application()) as server, Http() as http:
        platform.base = str(server.make_url("")).rstrip("/")
        yield Ding(house, platform, http)


@pytest.fixture
async def ding(talk: Rehearsal) -> AsyncIterator[Ding]:
    """Delivery over SQLite."""
    async with talking(talk) as found:
        yield found


async def test_parts_behind_one_that_arrived_are_uncertain(ding: Ding) -> None:
    """They come again with it, and that is said."""
    await ding.queue("a", text="".join(f"第{number}句话。" for number in range(700)))
    call = "robot/oToMessages/batchSend"
    normal = ding.fake.calls[call]
    ding.fake.script((200, {"processQueryKey": "k"}), call=call)
    ding.fake.script((500, {"code": "system.error"}), call=call)
    await ding.delivery.deliver_once()
    assert ding.fake.calls[call] == normal + 2
    assert await ding.states() == ["uncertain"]
    ding.house.clock.at += FIRST_WAIT
    await ding.delivery.deliver_once()
    assert (await ding.states(), await ding.errors()) == (["sent"], [TWICE])


async def test_the_same_words_go_to_twenty_people_in_one_call(
    ding: Ding, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Forty-five people are three calls, each of them counted, and everybody has it once."""
    monkeypatch.setattr(together, "GATHER_SECONDS", 0.5)
    ding.delivery = ding.with_cards(None)
    people = [f"u{number}" for number in range(45)]
    await ding.queue(*people)
    await ding.delivery.deliver_once()
    assert ding.fake.calls[BATCH] == 3
    assert [len(ding.fake.to(one)) for one in people] == [1] * 45
    assert set(await ding.states()) == {"sent"}
    assert await ding.used() == {"calls": 3}


async def test_other_words_and_the_same_person_are_other_calls(ding: Ding) -> None:
    """Each recipient's messages keep their order."""
    await ding.queue("a", "b", text="一")
    await ding.queue("a", text="一")
    await ding.queue("a", text="二")
    await ding.delivery.deliver_once()
    assert ding.fake.to("a") == ["一", "一", "二"]
    assert ding.fake.to("b") == ["一"]


async def test_whom_a_call_left_out_is_read_from_its_answer(talk: Rehearsal) -> None:
    """Not there: never; too fast: again; the others have it."""
    async with talking(talk, users=frozenset("ab"), flow_controlled={"b"}) as ding:
        await ding.queue("a", "b", "nobody")
        await ding.delivery.deliver_once()
        assert await ding.states() == ["sent", "pending", "failed"]
        errors = await ding.errors()
        assert "flowControlledStaffIdList" in errors[1]
        assert "可见范围" in errors[2]
        ding.fake.flow_controlled.clear()
        talk.clock.at += FIRST_WAIT
        await ding.delivery.deliver_once()
        assert (await ding.states())[1] == "sent"
        assert [len(ding.fake.to(one)) for one in "ab"] == [1, 1]


async def test_a_token_is_fetched_once_and_renewed_once(ding: Ding) -> None:
    """For all who wait, shared through the database; one that is refused is replaced."""
    await ding.queue(*(f"u{number}" for number in range(30)))
    await ding.delivery.deliver_once()
    assert ding.fake.calls["oauth2/accessToken"] == 1
    ding.fake.revoke()
    await ding.queue("a")
    await ding.with_cards(None, ding.another_client()).deliver_once()
    assert ding.fake.calls["oauth2/accessToken"] == 2
    assert ding.fake.to("a") == ["您好"]


async def test_wrong_credentials_stop_the_channel_and_nothing_is_lost(ding: Ding) -> None:
    """The operator is told what to do; no attempt is counted, and it goes on by itself."""
    await ding.queue("a")
    await ding.with_cards(None, ding.another_client("wrong")).deliver_once()
    found = await ding.house.rows(tables.outbox)
    assert (found[0]["state"], found[0]["attempts"]) == ("pending", 0)
    assert "client_secret" in (await ding.errors())[0]
    ding.house.clock.forward(minutes=11)
    await ding.delivery.deliver_once()
    assert await ding.states() == ["sent"]


THROTTLED = {"code": "Forbidden.AccessDenied.QpsLimitForAppkeyAndApi", "message": "qps"}
USED_UP = {"code": "Forbidden.AccessDenied.ApiCountLimitForOrg", "message": "quota"}
PAUSES = [
    ((403, THROTTLED), timedelta(seconds=2), "太快"),
    ((200, {"status": 1111, "punish": "deny", "wait": 5}), timedelta(minutes=5), "五分钟"),
    ((403, USED_UP), timedelta(hours=1), "已用完"),
    ((429, {"code": "system.busy"}), timedelta(seconds=2), "太快"),
]


@pytest.mark.parametrize(("fault", "rest", "says"), PAUSES)
async def test_a_limit_is_waited_out(
    ding: Ding, fault: tuple[int, dict[str, Any]], rest: timedelta, says: str
) -> None:
    """Not an attempt, nothing lost, and no call before the time is over."""
    ding.fake.script(fault)
    await ding.queue("a")
    await ding.delivery.deliver_once()
    assert says in (await ding.errors())[0]
    ding.house.clock.at += rest - timedelta(seconds=1)
    await ding.delivery.deliver_once()
    assert ding.fake.calls[BATCH] == 1
    ding.house.clock.at += timedelta(seconds=2)
    await ding.delivery.deliver_once()
    assert await ding.states() == ["sent"]
    assert ding.fake.to("a") == ["您好"]


TROUBLES = [Fault.SERVER_ERROR, Fault.CUT, (504, {"code": "HTTP", "message": "timeout"})]


@pytest.mark.parametrize("fault", TROUBLES)
async def test_trouble_is_tried_again(ding: Ding, fault: Any) -> None:
    """And said to be uncertain where the platform may have taken it."""
    ding.fake.script(fault)
    await ding.queue("a")
    await ding.delivery.deliver_once()
    assert await ding.states() == ["uncertain"]
    ding.house.clock.at += FIRST_WAIT
    await ding.delivery.deliver_once()
    assert await ding.states() == ["sent"]
    assert await ding.errors() == [TWICE]


async def test_a_page_instead_of_an_answer_rests_the_channel(ding: Ding) -> None:
    """An address that is barred may see HTML."""
    ding.fake.script(Fault.HTML)
    await ding.queue("a")
    await ding.delivery.deliver_once()
    assert await ding.states() == ["pending"]
    assert ding.delivery.resting
    ding.house.clock.forward(minutes=2)
    await ding.delivery.deliver_once()
    assert ding.fake.to("a") == ["您好"]


# --- Cards and files ---------------------------------------------------------------------------


@pytest.mark.parametrize("count", [1, 2, 3, 5])
async def test_buttons_become_an_action_card(ding: Ding, count: int) -> None:
    """Each says what one would type, and the words say it too."""
    buttons = [(f"第{number}项", f"说{number}&一") for number in range(count)]
    await ding.queue("a", text="请您答复\n谢谢", kind="card", title="活动", buttons=buttons)
    await ding.delivery.deliver_once()
    entry = ding.fake.journal[0]
    assert entry["msgtype"] == ("sampleActionCard" if count == 1 else f"sampleActionCard{count}")
    param = json.loads(entry["body"]["msgParam"])
    links = [value for name, value in param.items() if "URL" in name]
    assert len(links) == count
    assert links[0].startswith("dtmd://dingtalkclient/sendMessage?content=%E8%AF%B40%26")
    assert "“说0&一”" in param["text"]


async def test_more_buttons_than_a_card_holds_are_words(ding: Ding) -> None:
    """Six choices are read and typed."""
    buttons = [(str(number), f"选{number}") for number in range(6)]
    await ding.queue("a", text="请选", kind="card", title="活动", buttons=buttons)
    await ding.delivery.deliver_once()
    assert ding.fake.journal[0]["msgtype"] == "sampleText"
    assert "“选5”" in ding.fake.to("a")[0]


async def test_a_template_of_the_operators_is_used(ding: Ding) -> None:
    """One card for one letter, however often it is sent; taps come over the link."""
    ding.delivery = ding.with_cards(Cards("template.schema"))
    await ding.queue("a", text="请您答复", kind="card", title="活动", buttons=BUTTONS)
    await ding.delivery.deliver_once()
    body = ding.fake.journal[0]["body"]
    assert (body["cardTemplateId"], body["callbackType"]) == ("template.schema", "STREAM")
    params = body["cardData"]["cardParamMap"]
    assert json.loads(params["buttons"])[0] == {"text": "参加", "says": "参加"}
    assert await ding.states() == ["sent"]


async def test_over_http_taps_have_an_address(ding: Ding) -> None:
    """Registered once, with the secret that signs them."""
    cards = Cards("template.schema", "https://bot.example.edu.cn/cards", SecretStr("s"))
    ding.delivery = ding.with_cards(cards)
    for who in ("a", "b"):
        await ding.queue(who, text="请您答复", kind="card", title="活动", buttons=BUTTONS)
        await ding.delivery.deliver_once()
    assert ding.fake.calls["card/callbacks/register"] == 1
    assert {one["body"]["callbackType"] for one in ding.fake.journal} == {"HTTP"}


async def test_a_template_that_cannot_be_used_does_not_cost_the_message(ding: Ding) -> None:
    """Then it is an action card."""
    ding.delivery = ding.with_cards(Cards("gone"))
    ding.fake.script(
        (400, {"code": "cardTemplate.notExist"}), call="card/instances/createAndDeliver"
    )
    await ding.queue("a", text="请您答复", kind="card", title="活动", buttons=BUTTONS)
    await ding.delivery.deliver_once()
    assert ding.fake.journal[0]["msgtype"] == "sampleActionCard3"


async def test_a_file_arrives_under_its_name(ding: Ding) -> None:
    """Uploaded once, sent with its type."""
    await ding.queue("a", text="", kind="file", file=("我的数据-20261012.docx", b"PK content"))
    await ding.delivery.deliver_once()
    param = json.loads(ding.fake.journal[0]["body"]["msgParam"])
    assert (param["fileName"], param["fileType"]) == ("我的数据-20261012.docx", "docx")
    assert ding.fake.media(param["mediaId"]) == ("我的数据-20261012.docx", b"PK content")


@pytest.mark.parametrize("kind", ["file", "image"])
async def test_a_file_that_nobody_takes_is_said_to_be_so(ding: Ding, kind: str) -> None:
    """A dead letter with the reason."""
    await ding.queue("a", text="", kind=kind, file=("a.docx", b""))
    await ding.delivery.deliver_once()
    assert await ding.states() == ["failed"]
    assert "20 MB" in (await ding.errors())[0]


# --- Groups ------------------------------------------------------------------------------------


async def test_a_groups_own_robot_is_signed_for(ding: Ding) -> None:
    """With this moment's signature; counted among the pushes."""
    await ding.queue(GROUP, text="活动通知", channel="group")
    await ding.delivery.deliver_once()
    assert ding.fake.to(f"robot:{TOKEN}") == ["活动通知"]
    assert await ding.used() == {"pushes": 1}


async def test_a_wrong_secret_is_the_operators_to_mend(talk: Rehearsal) -> None:
    """Named in the reason, and nothing is lost."""
    async with talking(talk, robots={TOKEN: "SECother"}) as ding:
        await ding.queue(GROUP, text="活动通知", channel="group")
        await ding.delivery.deliver_once()
        assert await ding.states() == ["pending"]
        assert "加签密钥" in (await ding.errors())[0]


async def test_twenty_a_minute_and_never_one_more(talk: Rehearsal) -> None:
    """The platform would bar the robot for ten minutes."""
    async with talking(talk, limited=True) as ding:
        await ding.queue(*[GROUP] * 21, text="活动通知", channel="group")
        await ding.delivery.deliver_once()
        assert ding.fake.calls["robot/send"] == 20
        talk.clock.forward(seconds=61)
        await ding.delivery.deliver_once()
        assert set(await ding.states()) == {"sent"}


@pytest.mark.parametrize("code", [410100, 130101])
async def test_a_ban_is_waited_out(ding: Ding, code: int) -> None:
    """Ten minutes without a call to that group, and the people go on."""
    ding.fake.script((200, {"errcode": code, "errmsg": "send too fast"}), call="robot/send")
    await ding.queue(GROUP, text="活动通知", channel="group")
    await ding.queue("a")
    await ding.delivery.deliver_once()
    assert await ding.states() == ["pending", "sent"]
    ding.house.clock.forward(minutes=9)
    await ding.delivery.deliver_once()
    assert ding.fake.calls["robot/send"] == 1
    ding.house.clock.forward(minutes=2)
    await ding.delivery.deliver_once()
    assert ding.fake.to(f"robot:{TOKEN}") == ["活动通知"]


async def test_an_uncertain_group_message_is_not_shown_twice(ding: Ding) -> None:
    """Its number tells the platform that it is the same."""
    ding.fake.script(Fault.LOST, call="robot/send")
    await ding.queue(GROUP, text="活动通知", channel="group")
    await ding.delivery.deliver_once()
    ding.house.clock.at += FIRST_WAIT
    await ding.delivery.deliver_once()
    assert ding.fake.to(f"robot:{TOKEN}") == ["活动通知"]
    assert (await ding.states(), await ding.errors()) == (["sent"], [""])


async def test_the_trouble_of_one_group_is_its_own(ding: Ding) -> None:
    """A robot that is not in it, say: the people, and other groups, go on."""
    gone = (400, {"code": "resource.not.found", "message": "robot not in group"})
    ding.fake.script(gone, call="robot/groupMessages/send")
    way = WayBack("", MONDAY, CONVERSATION)
    await ding.queue("a", text="签到成功", way_back=way)
    await ding.queue("b")
    await ding.delivery.deliver_once()
    assert await ding.states() == ["failed", "sent"]
    assert not ding.delivery.resting


async def test_a_group_by_its_conversation(ding: Ding) -> None:
    """Where the robot itself is in the group."""
    ding.delivery = ding.with_cards(None, group="conversation")
    await ding.queue(GROUP, text="活动通知", channel="group", kind="card", buttons=BUTTONS)
    await ding.queue(GROUP, text="", channel="group", kind="file", file=("a.docx", b"x"))
    await ding.queue(GROUP, text="", channel="group", kind="image", file=("a.jpg", b"x"))
    await ding.delivery.deliver_once()
    assert "活动通知" in ding.fake.to(f"group:{CONVERSATION}")[0]
    assert await ding.states() == ["sent", "failed", "failed"]


# --- Pure --------------------------------------------------------------------------------------


def letter(**given: Any) -> Letter:
    """A claimed message."""
    times = {"created_at": MONDAY, "next_at": None, "leased_until": MONDAY}
    fixed = {"id": 1, "channel": DINGTALK_SCOPE, "recipient": "a", "kind": "text", "text": "您好"}
    return Letter(**{**fixed, "state": State.PENDING, "attempts": 1, **times, **given})


def test_a_body_is_like_the_published_one() -> None:
    """JSON in a string."""
    samples = payloads("dingtalk_messages.json", "samples")
    published = next(one for one in samples if one["id"] == "api-batchSend-request")["payload"]
    key, param = bodies_of(letter())[0]
    assert type(param) is type(published["msgParam"])
    assert key == "sampleText"
    assert json.loads(param) == {"content": "您好"}


def test_long_words_are_sent_in_parts() -> None:
    """None over what people read at once, all of it there."""
    text = "".join(f"第{number}句。" for number in range(2000))
    parts = [json.loads(param)["content"] for _key, param in bodies_of(letter(text=text))]
    assert len(parts) > 1
    assert all(len(one.encode()) <= 6000 for one in parts)
    assert "".join(one.partition("\n")[2] for one in parts) == text


def test_a_card_holds_short_words_only() -> None:
    """A value above the platform's kilobyte would be refused."""
    assert fits_a_card(letter(kind="card", title="活动", buttons=BUTTONS))
    assert not fits_a_card(letter(kind="card", text="长" * 400, buttons=BUTTONS))


ANSWERS: list[tuple[int, Any, type]] = [
    (200, {}, Sent),
    (200, {"errcode": 0, "errmsg": "ok"}, Sent),
    (400, {"code": "InvalidAuthentication"}, Again),
    (400, {"code": "invalidClientIdOrSecret"}, Configuration),
    (403, {"code": "Forbidden.AccessDenied.AccessTokenPermissionDenied"}, Configuration),
    (403, {"code": "Forbidden.AccessDenied.IpNotInWhiteList"}, Configuration),
    (403, {"code": "Forbidden.AccessDenied.QpmLimitForAppkeyAndApi"}, Busy),
    (400, {"code": "invalidParameter.robotCode.notExsit"}, Configuration),
    (400, {"code": "invalidParameter.msgParam.invalid"}, Never),
    (400, {"code": "staffId.notExisted"}, Never),
    (400, {"code": "invalid.openConversationId"}, Never),
    (400, {"code": "contain.unsafe.url"}, Never),
    (500, {"code": "system.error"}, Again),
    (400, {"code": "something.new"}, Again),
    (200, {"errcode": 430102, "errmsg": "content"}, Never),
    (200, {"errcode": 460101, "errmsg": "too long"}, Never),
    (200, {"errcode": -1, "errmsg": "busy"}, Again),
    (200, {"errcode": 999999, "errmsg": "new"}, Again),
    (200, None, Busy),
    (502, None, Again),
]


@pytest.mark.parametrize(("status", "body", "kind"), ANSWERS)
def test_what_an_answer_means(status: int, body: Any, kind: type) -> None:
    """By name, by number, or by neither."""
    assert isinstance(outcome_of(Answer(status, body)), kind)


@pytest.mark.parametrize(
    "name", ["api-error-new-style", "api-error-session-gone", "api-error-20-per-minute"]
)
def test_published_errors_have_a_meaning(name: str) -> None:
    """None is unknown."""
    samples = payloads("dingtalk_messages.json", "samples")
    found = next(one for one in samples if one["id"] == name)["payload"]
    outcome = outcome_of(Answer(400 if "code" in found else 200, found))
    assert not isinstance(outcome, Sent)
    assert "返回错误" not in outcome.reason


async def test_a_call_that_breaks_breaks_for_all_who_share_it() -> None:
    """And for nobody else."""

    async def send(what: str, users: Any) -> dict[str, Any]:
        if what == "bad":
            raise ValueError
        return dict.fromkeys(users, Sent())

    shared = together.Together(send, 20)
    found = await asyncio.gather(
        *(shared.send(what, f"u{n}") for what in ("bad", "good") for n in range(3)),
        return_exceptions=True,
    )
    assert [type(one) for one in found] == [ValueError] * 3 + [Sent] * 3

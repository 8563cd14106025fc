"""The DingTalk codec against public vectors, real payloads, forgeries, and any bytes at all."""

import json
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from multidict import CIMultiDict
from pydantic import SecretStr

from bot.channels.base import Malformed, Message, Rejected
from bot.channels.dingtalk import Dingtalk, origin_of
from bot.channels.dingtalk_proof import moment_of, robot_signature
from handlers.turn import Kind
from tests.bot.fake_dingtalk import GROUP, ROBOT, SESSION, FakeRobot, called, codec, signed
from tests.bot.fake_wecom import payloads
from tests.fakes import MONDAY

SIGNS = payloads("dingtalk.json", "robot_sign")
SAMPLES = payloads("dingtalk_messages.json", "samples")
MESSAGES = [one for one in SAMPLES if one["kind"].startswith("bot_message")]
platform = FakeRobot()
robot = codec()


def named(vector: dict[str, Any]) -> str:
    """A vector's id."""
    return str(vector["id"])


def read(fields: dict[str, Any], found: Dingtalk = robot) -> Message:
    """The first message in a callback's fields."""
    return found.receive(called(fields))[0]


def whole(sample: dict[str, Any]) -> dict[str, Any]:
    """A published payload, merged into an envelope where only a part was published."""
    base = platform.message("042297") if "fragment" in sample["kind"] else {}
    found = {**base, **sample["payload"]}
    found.pop("robotCode", None)  # masked, and another robot's
    return found


@pytest.mark.parametrize("vector", SIGNS, ids=named)
def test_the_published_signatures(vector: dict[str, Any]) -> None:
    """The official inputs give the published values."""
    assert robot_signature(vector["timestamp"], vector["secret"]) == vector["sign"]


@pytest.mark.parametrize("vector", SIGNS, ids=named)
def test_a_published_signature_opens_the_door(vector: dict[str, Any]) -> None:
    """At its own hour, with its own secret, and nowhere else."""
    found = codec(client_secret=SecretStr(vector["secret"]))
    headers = {name: vector[name] for name in ("timestamp", "sign")}
    at = moment_of(vector["timestamp"]) or MONDAY
    body = platform.message("a", "签到")
    assert found.receive(called(body, headers, at))[0].text == "签到"
    with pytest.raises(Rejected):
        robot.receive(called(body, headers, MONDAY))


HOUR = timedelta(hours=1)
MOMENTS = [(-HOUR, True), (HOUR, True), (-HOUR * 1.01, False), (HOUR * 1.01, False)]


@pytest.mark.parametrize(("away", "good"), MOMENTS)
def test_a_signature_is_good_for_an_hour(away: timedelta, good: bool) -> None:
    """In both directions, by the bot's clock or the machine's."""
    call = called(platform.message("a", "签到"), signed(MONDAY + away))
    if good:
        assert robot.receive(call)
    else:
        with pytest.raises(Rejected):
            robot.receive(call)


FORGED = {
    "none": {},
    "no sign": {"timestamp": signed()["timestamp"]},
    "no timestamp": {"sign": signed()["sign"]},
    "another sign": {**signed(), "sign": signed(secret="another")["sign"]},
    "another moment": {**signed(), "timestamp": str(int(MONDAY.timestamp() * 1000) + 1)},
    "url encoded": {**signed(), "sign": signed()["sign"].replace("=", "%3D")},
    "no digits": {"timestamp": "now", "sign": "x"},
    "odd characters": {**signed(), "sign": "\udcff签"},
}


@pytest.mark.parametrize("headers", FORGED.values(), ids=FORGED.keys())
def test_forged_headers_are_rejected(headers: dict[str, str]) -> None:
    """Each of the two is needed, as it was signed."""
    with pytest.raises(Rejected):
        robot.receive(called(platform.message("a", "签到"), headers))


def test_a_header_stands_once() -> None:
    """Of two signatures neither is believed."""
    call = called(platform.message("a", "签到"))
    twice = CIMultiDict([*call.headers.items(), ("sign", "x")])
    with pytest.raises(Rejected):
        robot.receive(type(call)(call.query, twice, call.body, call.at, call.machine_at))


def test_robot_and_corp_are_ours() -> None:
    """Another robot's message is refused, and another corp's where ours is configured."""
    with pytest.raises(Rejected):
        read(platform.message("a", "签到", robotCode="dingother"))
    assert read(platform.message("a", "签到", robotCode=None)).text == "签到"
    assert (
        read(platform.message("a", "签到"), codec(corp_id="dingcorp")).scope == "dingtalk:dingcorp"
    )
    with pytest.raises(Rejected):
        read(platform.message("a", "签到"), codec(corp_id="dingelse"))


@pytest.mark.parametrize("sample", MESSAGES, ids=named)
def test_every_published_message_is_read(sample: dict[str, Any]) -> None:
    """Nothing that was seen on the platform is too odd to be read."""
    for message in robot.receive(called(whole(sample))):
        assert message.user
        assert message.id
        assert isinstance(message.kind, Kind)


def by_id(name: str) -> dict[str, Any]:
    """A published payload."""
    return whole(next(one for one in SAMPLES if one["id"] == name))


READINGS = [
    ("devpedia-single-text", Kind.TEXT, "hello DingTalk!"),
    ("devpedia-single-video", Kind.VIDEO, ""),
    ("devpedia-single-file", Kind.FILE, ""),
    ("devpedia-single-unknown", Kind.UNKNOWN, ""),
    ("docs-group-text", Kind.TEXT, "text"),
    ("docs-content-richText", Kind.TEXT, "你好"),
    ("docs-content-audio", Kind.TEXT, "钉钉，让进步发生"),
    ("docs-content-file", Kind.FILE, ""),
    ("observed-group-text-at-suffix-stripped", Kind.TEXT, "hello world"),
    ("observed-group-richtext-at-last", Kind.IMAGE, ""),
    ("observed-single-picture", Kind.IMAGE, ""),
    ("observed-single-text-2026", Kind.UNKNOWN, ""),
    ("quote-text", Kind.NAMELESS, ""),
]


@pytest.mark.parametrize(("name", "kind", "text"), READINGS)
def test_what_the_published_messages_say(name: str, kind: Kind, text: str) -> None:
    """Words, or what sort of thing it is."""
    message = read(by_id(name))
    assert (message.kind, message.text) == (kind, text)


@pytest.mark.parametrize("name", ["quote-text", "quote-file", "quote-video", "quote-bot-card"])
def test_a_quote_is_its_own_words(name: str) -> None:
    """What was quoted is not said again."""
    fields = {**by_id(name), "senderStaffId": "a", "sessionWebhook": SESSION}
    assert read(fields).text == "当前消息"


def test_words_and_pictures_become_messages_in_their_order() -> None:
    """As if they had been sent one after the other; each is known again by its own number."""
    parts = [{"text": "党费 10月 20元"}, {"downloadCode": "d1"}, {"downloadCode": "d2"}]
    content = {"richText": [*parts, {"text": "\n"}, "odd", {"type": "picture"}]}
    fields = platform.message("a", msgtype="richText", content=content, number="7", text=None)
    found = [(one.id, one.kind, one.text, one.media_id) for one in robot.receive(called(fields))]
    assert found == [
        ("7", Kind.TEXT, "党费 10月 20元", ""),
        ("7/1", Kind.IMAGE, "", "d1"),
        ("7/2", Kind.IMAGE, "", "d2"),
    ]


@pytest.mark.parametrize("words", [["@双联", " 签到"], ["签到 ", "@双联 "], [" @双联", "签到"]])
def test_the_robots_own_name_is_no_word(words: list[str]) -> None:
    """In rich text it stands first or last."""
    content = {"richText": [{"text": one} for one in words]}
    fields = platform.message("a", group=GROUP, msgtype="richText", content=content, text=None)
    assert read(fields).text == "签到"


def test_an_empty_recognition_is_a_voice() -> None:
    """What the platform could not hear is not guessed at."""
    fields = platform.message(
        "a", msgtype="audio", content={"downloadCode": "d", "recognition": " "}, text=None
    )
    assert (read(fields).kind, read(fields).media_id) == (Kind.VOICE, "d")


def test_an_over_quota_callback_has_no_words() -> None:
    """Error 20001 comes as a text without a text."""
    fields = platform.message("a", errorCode=20001, errorMessage="over quota", text=None)
    assert read(fields).kind is Kind.WITHHELD


def test_a_group_is_known_by_its_type_alone() -> None:
    """Conversation ids of both kinds begin with cid."""
    assert read(platform.message("a", "签到", group=GROUP)).group == GROUP
    assert read(platform.message("a", "签到", conversationId="cidX=")).group == ""


@pytest.mark.parametrize("empty", ["", None])
def test_somebody_of_elsewhere_is_nameless(empty: str | None) -> None:
    """Without a staff id nobody of ours is speaking."""
    message = read(platform.message("a", "签到", senderStaffId=empty))
    assert (message.kind, message.user, message.sender) == (Kind.NAMELESS, "$:LWCP_v1:$a", "")


def test_user_ids_keep_their_case() -> None:
    """They are case-sensitive here."""
    assert read(platform.message("Manager807", "签到")).user == "Manager807"


WEBHOOKS = [
    (SESSION, True),
    ("https://api.dingtalk.com/robot/sendBySession?session=x", True),
    ("https://OAPI.dingtalk.com:443/robot/sendBySession?session=x", True),
    ("https://oapi.dingtalk.com/robot/send?access_token=x", False),
    ("http://oapi.dingtalk.com/x", False),
    ("https://oapi.dingtalk.com:8443/x", False),
    ("https://oapi.dingtalk.com.evil.com/x", False),
    ("https://oapi.dingtalk.com@evil.com/x", False),
    ("https://user@oapi.dingtalk.com/x", False),
    ("https://127.0.0.1/x", False),
    ("file:///etc/passwd", False),
    ("https://[oapi.dingtalk.com/x", False),
    ("", False),
]


@pytest.mark.parametrize(("url", "trusted"), WEBHOOKS)
def test_a_webhook_leads_to_the_platform_or_nowhere(url: str, trusted: bool) -> None:
    """Whatever a body names, nothing is posted anywhere else."""
    way = read(platform.message("a", "签到", sessionWebhook=url)).way_back
    assert way is not None
    assert way.url == (url if trusted else "")


def test_a_session_ends_with_a_margin() -> None:
    """Five minutes before it says, or 85 after the message where it does not."""
    way = read(platform.message("a", "签到")).way_back
    assert way is not None
    assert way.until == MONDAY + timedelta(minutes=85)
    again = read(platform.message("a", "签到", sessionWebhookExpiredTime="soon")).way_back
    assert again == way


@pytest.mark.parametrize("odd", [-62135596800000, 253402300799000, 0, "1e9", None, True, 10**30])
def test_odd_moments_are_none(odd: Any) -> None:
    """Of another age, or none at all: the message is read all the same."""
    changed = {"sessionWebhookExpiredTime": odd, "createAt": odd}
    way = read(platform.message("a", "签到", **changed)).way_back
    assert way is not None
    assert way.until == MONDAY + timedelta(minutes=85)


def test_a_message_over_http_may_be_forged() -> None:
    """The body is not signed; over a link of our own it is not in question."""
    assert read(platform.message("a", "签到")).forgeable
    assert not robot.read(platform.message("a", "签到"), MONDAY)[0].forgeable


def test_numbers_that_do_not_fit_become_digests() -> None:
    """None, a very long one, one with a NUL: each the same at every delivery, and its own."""
    odd = [
        platform.message("a", "签到", number="x", msgId=one) for one in (None, "9" * 500, "a\x00")
    ]
    first, again = ([read(one).id for one in odd] for _ in range(2))
    assert first == again
    assert len(set(first)) == 3
    assert all(len(one) == 64 for one in first)


def test_answers_are_in_the_webhooks_format() -> None:
    """Words one to one, addressed in a group, and an explicit silence."""
    alone, group = (read(platform.message("a", "签到", group=one)) for one in ("", GROUP))
    assert json.loads(robot.reply(alone, "好的", MONDAY).body) == {
        "msgtype": "text",
        "text": {"content": "好的"},
    }
    assert json.loads(robot.reply(group, "好的", MONDAY).body) == {
        "msgtype": "text",
        "text": {"content": "@a 好的"},
        "at": {"atUserIds": ["a"]},
    }
    assert json.loads(robot.reply(alone, "", MONDAY).body) == {"msgtype": "empty"}
    assert "没有收到" in json.loads(robot.unheard(alone).body)["text"]["content"]


NO_MESSAGES = [b"", b"hello", b"[]", b"null", b"1", b'{"a"', b"\xff\xfe", b"[" * 100_000, b"{}"]


@pytest.mark.parametrize("body", NO_MESSAGES)
def test_what_is_no_message_is_malformed(body: bytes) -> None:
    """Rightly signed, and still nobody's words."""
    with pytest.raises(Malformed):
        robot.receive(called(body))


ODD_FIELDS: list[dict[str, Any]] = [
    {"senderStaffId": "", "senderId": ""},
    {"senderStaffId": "a" * 101},
    {"senderStaffId": "a\x00"},
    {"senderStaffId": 7, "senderId": {}},
]


@pytest.mark.parametrize("changed", ODD_FIELDS)
def test_nobody_in_particular_is_malformed(changed: dict[str, Any]) -> None:
    """A message needs somebody who said it."""
    with pytest.raises(Malformed):
        read(platform.message("a", "签到", **changed))


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(st.characters(exclude_categories=())),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=10,
)


@given(st.dictionaries(st.sampled_from(sorted(platform.message("a", group=GROUP))), JSON))
def test_any_field_may_be_anything(changed: dict[str, Any]) -> None:
    """Whatever stands where: messages that can be kept, or a refusal."""
    fields = {**platform.message("a", "签到"), **changed, "robotCode": ROBOT}
    try:
        found = robot.receive(called(fields))
    except (Rejected, Malformed):
        return
    for message in found:
        message.text.encode()
        assert "\x00" not in message.text
        assert len(message.user) <= 100
        assert len(message.id) <= 100


@given(st.text(st.characters(exclude_categories=())))
def test_any_address_has_an_origin_or_none(url: str) -> None:
    """Reading it never fails."""
    assert isinstance(origin_of(url), str)

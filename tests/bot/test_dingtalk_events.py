"""DingTalk's event subscription and the taps on its cards: published vectors, forgeries, and over real HTTP."""

import json
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import SecretStr

from bot.channels.base import Malformed, Rejected
from bot.channels.dingtalk_cards import DingtalkCards
from bot.channels.dingtalk_events import DingtalkEvents, EventCipher
from bot.channels.dingtalk_proof import card_signature
from handlers.turn import Kind
from storage import tables
from tests.bot.dingtalk_house import dingtalk_settings, on_dingtalk
from tests.bot.fake_dingtalk import CLIENT, FakeRobot, called, codec
from tests.bot.fake_wecom import Response, Running, payloads, running
from tests.fakes import MONDAY

VECTORS = payloads("dingtalk.json", "callback_crypto")
SAMPLES = payloads("dingtalk_messages.json", "samples")
CARD_SIGNS = payloads("dingtalk.json", "card_callback_sign")
TOKEN, AES_KEY = "eventtoken", "Yue0EfdN5900c1ce5cf6A152c63DDe1808a60c5ecd7"
CARD_SECRET = "example-secret"
MORE = f"""
event_token = "{TOKEN}"
event_aes_key = "{AES_KEY}"
card_secret = "{CARD_SECRET}"
"""
cipher = EventCipher(TOKEN, AES_KEY, frozenset({CLIENT, "dingcorp"}))
events = DingtalkEvents("dingtalk.main", f"dingtalk:{CLIENT}", cipher, CLIENT)
cards = DingtalkCards(codec().robot, SecretStr(CARD_SECRET))


def named(vector: dict[str, Any]) -> str:
    """A vector's id."""
    return str(vector["id"])


def cipher_of(vector: dict[str, Any], owner: str = "") -> EventCipher:
    """The cipher of a vector's app."""
    owners = frozenset({owner or vector["owner_key"]})
    return EventCipher(vector["token"], vector["aes_key"], owners)


def query_of(vector: dict[str, Any], name: str = "signature") -> dict[str, str]:
    """A vector's query; one that was published without a signature is signed here."""
    found = cipher_of(vector)
    stamp, nonce = vector.get("timestamp", "1"), vector.get("nonce", "n")
    given = vector.get("signature") or found.signature(stamp, nonce, vector["encrypt"])
    return {name: given, "timestamp": stamp, "nonce": nonce}


@pytest.mark.parametrize("vector", VECTORS, ids=named)
@pytest.mark.parametrize("name", ["signature", "msg_signature"])
def test_a_published_box_is_opened(vector: dict[str, Any], name: str) -> None:
    """Whichever of the two names the signature has."""
    opened = cipher_of(vector).open(query_of(vector, name), vector["encrypt"])
    assert opened == vector["plaintext"]


@pytest.mark.parametrize("vector", VECTORS, ids=named)
def test_another_owners_box_is_rejected(vector: dict[str, Any]) -> None:
    """The right key does not make another app's event ours."""
    with pytest.raises(Rejected):
        cipher_of(vector, "somebody").open(query_of(vector), vector["encrypt"])


@pytest.mark.parametrize("change", ["signature", "timestamp", "nonce"])
@pytest.mark.parametrize("vector", VECTORS, ids=named)
def test_a_changed_query_is_rejected(vector: dict[str, Any], change: str) -> None:
    """Signature, time and nonce each hold the box."""
    query = query_of(vector)
    query[change] += "0"
    with pytest.raises(Rejected):
        cipher_of(vector).open(query, vector["encrypt"])


@given(st.text(st.characters(exclude_categories=["Cs"])))
def test_any_text_survives_the_box(text: str) -> None:
    """Its length counts bytes, not characters."""
    box = cipher.seal(text, CLIENT, b"r" * 16)
    query = {"signature": cipher.signature("1", "n", box), "timestamp": "1", "nonce": "n"}
    assert cipher.open(query, box) == text


@pytest.mark.parametrize("box", ["", "abc", "QUJD", "A" * 64, "签", "A" * 22 + "=="])
def test_damaged_boxes_are_malformed(box: str) -> None:
    """Rightly signed, and still nothing."""
    query = {"signature": cipher.signature("1", "n", box), "timestamp": "1", "nonce": "n"}
    with pytest.raises((Malformed, Rejected)):
        cipher.open(query, box)


def pushed(text: str) -> tuple[dict[str, str], dict[str, str]]:
    """Query and body of an event's push."""
    box = cipher.seal(text, CLIENT, b"r" * 16)
    query = {"signature": cipher.signature("1", "n", box), "timestamp": "1", "nonce": "n"}
    return query, {"encrypt": box}


def test_an_event_is_silent_and_known_again() -> None:
    """By its own id, or by all it says."""
    for text in (
        json.dumps({"EventType": "check_in", "eventId": "e1"}),
        '{"EventType":"check_url"}',
    ):
        query, body = pushed(text)
        first, again = (events.receive(called(body, {}, **query))[0] for _ in range(2))
        assert (first.kind, first.text, first.id) == (Kind.SILENT, "", again.id)


def test_the_answer_is_a_sealed_success() -> None:
    """With exactly these keys, ours to sign and theirs to open."""
    query, body = pushed('{"EventType":"check_url"}')
    message = events.receive(called(body, {}, **query))[0]
    answer = json.loads(events.reply(message, "", MONDAY).body)
    assert set(answer) == {"msg_signature", "timeStamp", "nonce", "encrypt"}
    sealed = {**answer, "timestamp": answer["timeStamp"]}
    assert cipher.open(sealed, answer["encrypt"]) == "success"


@pytest.mark.parametrize("vector", CARD_SIGNS, ids=named)
def test_the_published_card_signature(vector: dict[str, Any]) -> None:
    """Another formula than the robot's."""
    assert card_signature(vector["timestamp"], vector["api_secret"]) == vector["signature"]


def tapped(at: Any = MONDAY, secret: str = CARD_SECRET) -> dict[str, str]:
    """The headers of a tap."""
    stamp = str(int(at.timestamp() * 1000))
    return {
        "x-ddpaas-signature-timestamp": stamp,
        "x-ddpaas-signature": card_signature(stamp, secret),
    }


def tap(user: str, says: str, **changed: Any) -> dict[str, Any]:
    """The callback of a button that says these words."""
    content = {"cardPrivateData": {"actionIds": ["1"], "params": {"says": says}}}
    fields = {"type": "actionCallback", "outTrackId": "x", "corpId": "dingcorp", "userId": user}
    return {**fields, "content": json.dumps(content), **changed}


SAYS = [
    ({}, Kind.TEXT, "参加"),
    ({"userIdType": 1}, Kind.TEXT, "参加"),
    ({"userIdType": 2}, Kind.CARD, ""),
    ({"content": None, "value": json.dumps({"params": {"says": "参加"}})}, Kind.TEXT, "参加"),
    ({"content": json.dumps({"cardPrivateData": {"actionIds": ["1"]}})}, Kind.CARD, ""),
    ({"content": "{"}, Kind.CARD, ""),
    ({"content": 7}, Kind.CARD, ""),
]


@pytest.mark.parametrize(("changed", "kind", "text"), SAYS)
def test_a_tap_says_what_one_would_type(changed: dict[str, Any], kind: Kind, text: str) -> None:
    """Wherever the documentation puts the parameters; anything else is an old card."""
    message = cards.receive(called(tap("a", "参加", **changed), tapped()))[0]
    assert (message.user, message.kind, message.text, message.forgeable) == ("a", kind, text, True)


@pytest.mark.parametrize("sample", [s for s in SAMPLES if s["kind"] == "card_callback"], ids=named)
def test_a_published_tap_is_read(sample: dict[str, Any]) -> None:
    """Of other people's cards: read, and not ours."""
    assert cards.read(sample["payload"], "1").kind is Kind.CARD


def test_forged_taps_are_rejected() -> None:
    """Another secret, another hour, no secret at all, another corp."""
    body = tap("a", "参加")
    for headers in ({}, tapped(secret="x"), tapped(MONDAY - timedelta(hours=2))):
        with pytest.raises(Rejected):
            cards.receive(called(body, headers))
    with pytest.raises(Rejected):
        DingtalkCards(codec().robot, None).receive(called(body, tapped(secret="")))
    with pytest.raises(Rejected):
        DingtalkCards(codec(corp_id="dingelse").robot, SecretStr(CARD_SECRET)).read(body, "1")


@pytest.mark.parametrize("user", ["", None, 7, "a" * 101, "a\x00"])
def test_a_tap_of_nobody_is_malformed(user: Any) -> None:
    """Somebody must have tapped."""
    with pytest.raises(Malformed):
        cards.read({**tap("a", "参加"), "userId": user}, "1")


@pytest.fixture
async def bot(sqlite_url: str, tmp_path: Path) -> AsyncIterator[Running]:
    """The whole bot with event subscription and card callbacks."""
    async with running(dingtalk_settings(sqlite_url, tmp_path, MORE)) as found:
        await found.house.member("张三")
        await on_dingtalk(found.house, "张三")
        yield found


async def push(bot: Running, text: str) -> Response:
    """An event as the platform pushes it."""
    query, body = pushed(text)
    path = f"/dingtalk/main/events?{urlencode(query)}"
    return await bot.wecom.send("POST", path, json=body)


async def test_the_subscription_is_verified_and_events_acknowledged(bot: Running) -> None:
    """Each event is kept once, however often it is pushed."""
    for text in ('{"EventType":"check_url"}', *['{"EventType":"check_in","eventId":"e1"}'] * 3):
        answer = await push(bot, text)
        sealed = json.loads(answer.body)
        found = {**sealed, "timestamp": sealed["timeStamp"]}
        assert cipher.open(found, sealed["encrypt"]) == "success"
    assert len(await bot.house.rows(tables.inbox)) == 2


async def test_a_forged_event_is_refused(bot: Running) -> None:
    """403 without the signature, 400 without a box."""
    query, body = pushed("{}")
    path = f"/dingtalk/main/events?{urlencode({**query, 'nonce': 'x'})}"
    assert (await bot.wecom.send("POST", path, json=body)).status == 403
    assert (await bot.wecom.send("POST", path, data=b"{}")).status == 400


async def test_a_tap_answers_an_invitation_on_the_card(bot: Running) -> None:
    """The card shows what came of it."""
    starts = MONDAY + timedelta(days=3)
    await bot.house.activity(starts=starts)
    answer = await FakeRobot(bot.wecom.port).post(tap("张三", "参加"), tapped(), "/cards")
    shown = json.loads(answer.body)["cardData"]["cardParamMap"]
    assert shown["done"] == "true"
    assert "主题党日" in shown["answer"]
    assert [row["answer"] for row in await bot.house.rows(tables.responses)] == ["coming"]

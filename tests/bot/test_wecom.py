"""The WeChat Work codec against public vectors, wechatpy's own cryptography, and any bytes at all."""

import re
from datetime import UTC, datetime
from typing import Any

import pytest
import xmltodict
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.channels.base import Malformed, Message, Rejected
from bot.channels.wecom import Wecom, WecomApp
from handlers.turn import Kind
from tests.bot.fake_wecom import CORP, FakeWecom, called, payloads, to

VECTORS = payloads("wecom.json", "vectors")
ANY_KEY = "a" * 43
ECHOES = [one for one in VECTORS if one["kind"] == "url_verify" and "expect" not in one]
MESSAGES = [one for one in VECTORS if one["kind"] == "message_xml" and "expect" not in one]
REPLIES = [one for one in VECTORS if one["kind"] == "reply_encrypt"]
FORGED = [one for one in VECTORS if one.get("expect") == "signature_mismatch"]
MISDIRECTED = [one for one in VECTORS if one.get("expect") == "receive_id_mismatch"]
platform = FakeWecom()
codec = platform.codec()


def codec_of(vector: dict[str, Any]) -> Wecom:
    """The codec of a vector's app."""
    key = vector.get("encoding_aes_key", ANY_KEY)
    return Wecom(WecomApp("main", vector.get("receive_id", "ww"), vector["token"], key))


def query_of(vector: dict[str, Any]) -> dict[str, str]:
    """The signed query of a vector."""
    return {name: vector[name] for name in ("msg_signature", "timestamp", "nonce")}


def named(vector: dict[str, Any]) -> str:
    """A vector's id."""
    return str(vector["id"])


def test_every_vector_is_used() -> None:
    """No published vector falls between the groups below."""
    assert len(VECTORS) == sum(map(len, (ECHOES, MESSAGES, REPLIES, FORGED, MISDIRECTED)))


@pytest.mark.parametrize("vector", ECHOES, ids=named)
def test_an_echo_is_opened(vector: dict[str, Any]) -> None:
    """The published echostr gives the published plaintext and nothing else."""
    query = {**query_of(vector), "echostr": vector["ciphertext"]}
    assert codec_of(vector).verify(called(query)).body.decode() == vector["plaintext"]


@pytest.mark.parametrize("vector", ECHOES, ids=named)
def test_an_echo_survives_a_plus_read_as_a_space(vector: dict[str, Any]) -> None:
    """A raw + in the query arrives as a space and is put back."""
    query = {**query_of(vector), "echostr": vector["ciphertext"].replace("+", " ")}
    assert codec_of(vector).verify(called(query)).body.decode() == vector["plaintext"]


@pytest.mark.parametrize("vector", MESSAGES, ids=named)
def test_a_message_is_read(vector: dict[str, Any]) -> None:
    """The published callback gives sender, id and text of the published plaintext."""
    found = codec_of(vector).receive(called(query_of(vector), vector["body"].encode()))[0]
    plain = vector["plaintext"]
    assert (found.kind, found.scope) == (Kind.TEXT, f"wecom:{vector['receive_id']}")
    for said in (found.sender, found.text, found.id):
        assert re.search(rf">(?:<!\[CDATA\[)?{re.escape(said)}(?:\]\]>)?</", plain)


@pytest.mark.parametrize("vector", MESSAGES, ids=named)
@pytest.mark.parametrize("change", ["msg_signature", "timestamp", "nonce"])
def test_a_changed_query_is_rejected(vector: dict[str, Any], change: str) -> None:
    """Signature, time and nonce each hold the message."""
    query = query_of(vector)
    query[change] = query[change][:-1] + ("0" if query[change][-1] != "0" else "1")
    with pytest.raises(Rejected):
        codec_of(vector).receive(called(query, vector["body"].encode()))[0]


@pytest.mark.parametrize("vector", FORGED, ids=named)
def test_a_wrong_signature_is_rejected(vector: dict[str, Any]) -> None:
    """Published mismatches are refused as an echo and as a message."""
    found = codec_of(vector)
    with pytest.raises(Rejected):
        found.verify(called({**query_of(vector), "echostr": vector["ciphertext"]}))
    with pytest.raises(Rejected):
        found.receive(called(query_of(vector), platform.envelope(vector["ciphertext"])))[0]


@pytest.mark.parametrize("vector", MISDIRECTED, ids=named)
def test_another_corps_message_is_rejected(vector: dict[str, Any]) -> None:
    """A right signature does not help a message that was sealed for somebody else."""
    with pytest.raises(Rejected):
        codec_of(vector).receive(called(query_of(vector), platform.envelope(vector["ciphertext"])))[
            0
        ]


@pytest.mark.parametrize("vector", REPLIES, ids=named)
def test_a_reply_is_encrypted_as_published(vector: dict[str, Any]) -> None:
    """With the published random prefix, ciphertext and signature come out byte for byte."""
    found = codec_of(vector)
    found._crypto.get_random_string = lambda: vector["random16"]
    sealed = found._crypto.encrypt(vector["plaintext"], vector["receive_id"]).decode()
    assert sealed == vector["ciphertext"]
    assert found.signature(vector["timestamp"], vector["nonce"], sealed) == vector["msg_signature"]


def test_a_json_message_is_refused_softly() -> None:
    """An official sample decrypts to broken JSON: rightly signed, not for us, and no crash."""
    sealed = platform.encrypt('{"ToUserName":"wx5823bf96d3bd56c7","FromUserName":"mycreate"')
    with pytest.raises(Malformed):
        codec.receive(called(platform.query(sealed), platform.envelope(sealed)))[0]


def test_a_reply_opens_with_wechatpy() -> None:
    """The library the platform's users know accepts our signature, cipher and corp."""
    sealed = codec.reply(to("ZhangSan"), "已签到", datetime(2026, 10, 12, 1, 30, tzinfo=UTC)).body
    assert platform.opened(sealed) == {
        "ToUserName": "ZhangSan",
        "FromUserName": CORP,
        "CreateTime": "1791768600",
        "MsgType": "text",
        "Content": "已签到",
    }


@given(st.text(st.characters(), min_size=1), st.text(st.characters(), max_size=64))
def test_any_answer_survives_the_way_back(text: str, recipient: str) -> None:
    """Whatever is answered, the platform reads the same words, less what XML cannot carry."""
    opened = platform.opened(codec.reply(to(recipient), text, datetime.now(UTC)).body)
    kept = re.sub("[^\t\n\r -\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]", "", text)
    assert (opened["Content"] or "") == kept.replace("\r\n", "\n").replace("\r", "\n")
    assert set(opened) == {"ToUserName", "FromUserName", "CreateTime", "MsgType", "Content"}


def test_no_two_replies_are_alike() -> None:
    """The random prefix is new each time, so equal answers cannot be told from outside."""
    sealed = (
        codec.reply(to("a"), "同样的话", datetime(2026, 10, 12, tzinfo=UTC)).body for _ in range(20)
    )
    assert len({xmltodict.parse(one)["xml"]["Encrypt"] for one in sealed}) == 20


ENVELOPES = [
    "<xml><Encrypt>{0}</Encrypt></xml>",
    "<xml><AgentID></AgentID><Encrypt><![CDATA[{0}]]></Encrypt><ToUserName>x</ToUserName></xml>",
    "\ufeff<?xml version='1.0' encoding='UTF-8'?>\n<xml>\n <Encrypt>\n{0}\n</Encrypt><New a='1'/></xml>\n",
    "<xml><ToUserName/><Encrypt><![CDATA[{0}]]></Encrypt><AgentID/></xml>",
]


@pytest.mark.parametrize("shape", ENVELOPES)
def test_every_order_of_the_envelope_is_read(shape: str) -> None:
    """Order, CDATA, empty and unknown elements differ between editions of the platform."""
    sealed = platform.encrypt(platform.text("zhang", "签到", "7"))
    found = codec.receive(called(platform.query(sealed), shape.format(sealed).encode()))[0]
    assert (found.sender, found.text, found.id) == ("zhang", "签到", "7")


BOMB = "".join(f'<!ENTITY b{n} "{f"&b{n - 1};" * 10}">' for n in range(1, 9))
HOSTILE = {
    "billion laughs": f'<!DOCTYPE xml [<!ENTITY b0 "ha">{BOMB}]><xml><Encrypt>&b8;</Encrypt></xml>',
    "external entity": '<!DOCTYPE xml [<!ENTITY e SYSTEM "file:///etc/hostname">]><xml><Encrypt>&e;</Encrypt></xml>',
    "parameter entity": '<!DOCTYPE xml [<!ENTITY % e SYSTEM "http://127.0.0.1:9/"> %e;]><xml><Encrypt>a</Encrypt></xml>',
    "external subset": '<!DOCTYPE xml SYSTEM "http://127.0.0.1:9/"><xml><Encrypt>a</Encrypt></xml>',
    "bare doctype": "<!DOCTYPE xml><xml><Encrypt>a</Encrypt></xml>",
    "doctype after a comment": "<!-- <xml> --><!DOCTYPE xml><xml><Encrypt>a</Encrypt></xml>",
    "a default for every element": f'<!DOCTYPE xml [<!ATTLIST a b CDATA "{"A" * 60_000}">]><xml>{"<a/>" * 45_000}</xml>',
    "unknown entity": "<xml><Encrypt>&a;</Encrypt></xml>",
    "not closed": "<xml><Encrypt>",
    "not XML": "msg=1&encrypt=2",
    "JSON": '{"encrypt": "abcd"}',
    "another root": "<html><Encrypt>abcd</Encrypt></html>",
    "text only": "<xml>abcd</xml>",
    "nothing inside": "<xml/>",
    "nothing": "",
}


@pytest.mark.parametrize("body", HOSTILE.values(), ids=HOSTILE.keys())
def test_hostile_xml_is_malformed(body: str) -> None:
    """No entity, default or fetch: it is refused before the signature would be looked at."""
    with pytest.raises(Malformed):
        codec.receive(called({}, body.encode()))[0]
    with pytest.raises(Malformed):
        codec.read(body)


@pytest.mark.parametrize(
    "doctype", ["<!DOCTYPE xml>", '<!DOCTYPE xml [<!ATTLIST Content a CDATA "b">]>']
)
def test_a_message_with_a_doctype_is_malformed(doctype: str) -> None:
    """Even behind the seal, and even where all else is right."""
    plain = platform.text("zhang", "签到]")
    assert codec.read(plain).text == "签到]"
    with pytest.raises(Malformed):
        codec.read(f"{doctype}{plain}")


DAMAGED = {
    "not base64": "abc",
    "no whole block": "QUJD",
    "one block": "A" * 22 + "==",
    "cut short": platform.encrypt(platform.text("zhang", "签到"))[:-24],
    "turned over at the start": "//////" + platform.encrypt(platform.text("zhang", "签到"))[6:],
    "turned over at the end": platform.encrypt(platform.text("zhang", "签到"))[:-6] + "/////w",
}


@pytest.mark.parametrize("sealed", DAMAGED.values(), ids=DAMAGED.keys())
def test_damaged_ciphertext_is_refused(sealed: str) -> None:
    """A right signature over what does not decrypt is refused, not answered and not raised."""
    with pytest.raises((Malformed, Rejected)):
        codec.receive(called(platform.query(sealed), platform.envelope(sealed)))[0]


def test_an_id_is_made_of_the_body_where_the_platform_gives_none() -> None:
    """Events and messages without MsgId are told apart by all they say, and a repeat is known."""
    first = codec.read(platform.text("zhang", "签到", ""))
    again = codec.read(platform.text("zhang", "签到", ""))
    later = codec.read(platform.text("zhang", "签到", "", at=1760000001))
    assert first.id == again.id
    assert first.id != later.id


def test_coordinates_are_dropped() -> None:
    """A place is its label; where exactly somebody stood is never part of a message."""
    for one in payloads("wecom_messages.json", "xml"):
        message = codec.read(one["xml"])
        for tag in ("Location_X", "Location_Y", "Latitude", "Longitude"):
            for value in re.findall(rf"<{tag}>(?:<!\[CDATA\[)?([\d.]+)", one["xml"]):
                assert value not in repr(message)


@pytest.mark.parametrize("said", ["签到\x00", "a\x0bb", "<\x08b", "\ufffe<", "\x1b[31m"])
def test_control_characters_do_not_lose_a_message(said: str) -> None:
    """What XML cannot carry is taken out; the rest is heard, with and without the full parser."""
    kept = re.sub("[\x00-\x08\x0b\x1b\ufffe]", "", said)
    assert codec.read(platform.text("zhang", said)).text == kept


@pytest.mark.parametrize("value", ["\udcff", "é", "\x00", "签", "a" * 10_000])
@pytest.mark.parametrize("name", ["msg_signature", "timestamp", "nonce", "echostr"])
def test_odd_characters_in_a_query_are_refused_in_order(name: str, value: str) -> None:
    """Half characters too, which some parsers let through."""
    query = {**platform.query("abcd"), "echostr": "abcd", name: value}
    with pytest.raises((Rejected, Malformed)):
        codec.verify(called(query))
    with pytest.raises((Rejected, Malformed)):
        codec.receive(called(query, platform.envelope("abcd")))[0]


QUERIES = st.dictionaries(
    st.sampled_from(["msg_signature", "timestamp", "nonce", "echostr"]),
    st.text(st.characters(exclude_categories=())),
)
PIECES = st.sampled_from(
    "<xml> </xml> <Encrypt> </Encrypt> <![CDATA[ ]]> <MsgType> </MsgType> text event <Content> </Content>"
    " <FromUserName> </FromUserName> zhang sys <Event> </Event> click LOCATION <a/> &amp; &#0; <!-- -->"
    " <ToUserName> </ToUserName> <SendLocationInfo> <ScanCodeInfo> </ScanCodeInfo> \x00 ] ]] 签到".split(
        " "
    )
)


def accepted(body: bytes, query: dict[str, str]) -> Message | None:
    """What the codec made of it; only its two refusals may come out otherwise."""
    try:
        return codec.receive(called(query, body))[0]
    except (Rejected, Malformed):
        return None


@given(st.binary() | st.text().map(str.encode), QUERIES)
def test_any_body_is_refused_in_order(body: bytes, query: dict[str, str]) -> None:
    """Bytes that nobody signed never get further than a refusal."""
    assert accepted(body, query) is None
    with pytest.raises(Rejected):
        codec.verify(called(query))


@given(st.text(st.characters(codec="utf-8")))
def test_any_signed_ciphertext_is_refused_in_order(sealed: str) -> None:
    """A leaked token alone cannot make the codec crash."""
    assert accepted(platform.envelope(sealed), platform.query(sealed)) is None
    with pytest.raises((Rejected, Malformed)):
        codec.verify(called({**platform.query(sealed), "echostr": sealed}))


@given(st.binary())
def test_any_plaintext_is_refused_in_order(plain: bytes) -> None:
    """Rightly sealed bytes of any kind are read or malformed."""
    sealed = platform.encrypt(plain)
    assert accepted(platform.envelope(sealed), platform.query(sealed)) is None


@settings(max_examples=300)
@given(st.lists(PIECES, max_size=30).map("".join))
def test_any_pieces_of_xml_are_read_or_malformed(plain: str) -> None:
    """Half-right messages never crash, and what is read has a sender and a kind."""
    sealed = platform.encrypt(f"<xml>{plain}</xml>")
    found = accepted(platform.envelope(sealed), platform.query(sealed))
    assert found is None or (found.sender and found.kind in Kind)

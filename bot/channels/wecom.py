"""WeChat Work: callback bytes to Message, answer to encrypted passive reply. Opens nothing.

Sources: facts "Callback crypto" and "Callback behaviour" (doc 90238 and following).
"""

import hashlib
import hmac
import re
import secrets
import struct
from base64 import b64decode
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from xml.parsers.expat import ExpatError

import xmltodict
from wechatpy.enterprise.crypto import PrpCrypto
from wechatpy.enterprise.exceptions import InvalidCorpIdException

from bot.channels.base import NOT_TEXT, Call, Malformed, Message, Rejected, Reply
from handlers.turn import Kind

START = re.compile(rb"(?:\xef\xbb\xbf)?\s*(?:<\?xml[^<>]*\?>\s*)?<xml[\s/>]")
ENCRYPT = re.compile(rb"<Encrypt>\s*(?:<!\[CDATA\[\s*)?([A-Za-z0-9+/=]+)\s*(?:\]\]>\s*)?</Encrypt>")
FLAT_FIELD = re.compile(r"\s*<(\w+)>(?:<!\[CDATA\[([^<>\]]*)\]\]>|([^<>&]*))</\1>")
REPLY = (
    "<xml><ToUserName>{to}</ToUserName><FromUserName>{corp}</FromUserName>"
    "<CreateTime>{at}</CreateTime><MsgType><![CDATA[text]]></MsgType>"
    "<Content>{text}</Content></xml>"
)
SEALED_REPLY = (
    "<xml><Encrypt><![CDATA[{encrypt}]]></Encrypt><MsgSignature><![CDATA[{signature}]]>"
    "</MsgSignature><TimeStamp>{at}</TimeStamp><Nonce><![CDATA[{nonce}]]></Nonce></xml>"
)

XML = "application/xml; charset=utf-8"

KINDS = {
    "text": Kind.TEXT,
    "image": Kind.IMAGE,
    "voice": Kind.VOICE,
    "video": Kind.VIDEO,
    "shortvideo": Kind.VIDEO,
    "location": Kind.LOCATION,
    "link": Kind.LINK,
}
SYSTEM = "sys"


@dataclass(frozen=True, slots=True)
class WecomApp:
    """One configured app: `name` is the path's last part."""

    name: str
    corp_id: str
    token: str
    aes_key: str

    @property
    def channel(self) -> str:
        """The app's name among all channels."""
        return f"wecom.{self.name}"

    @property
    def scope(self) -> str:
        """Whose user ids these are: apps of one corp share them."""
        return scope_of(self.corp_id)


def scope_of(corp_id: str) -> str:
    """User ids belong to the corp."""
    return f"wecom:{corp_id}"


class Wecom:
    """The codec of one app. The platform waits five seconds, then delivers again (doc 90238)."""

    seconds = 4.5

    def __init__(self, app: WecomApp) -> None:
        self.app = app
        self.channel = app.channel
        self._crypto = PrpCrypto(b64decode(app.aes_key + "="))
        self._crypto.get_random_string = lambda: secrets.token_hex(8)

    def verify(self, call: Call) -> Reply:
        """The decrypted `echostr` of a GET. Raises Rejected, Malformed."""
        echo = call.query.get("echostr", "").replace(" ", "+")
        return Reply(self.open(call.query, echo).encode())

    def receive(self, call: Call) -> list[Message]:
        """The message of a POST. Raises Rejected, Malformed."""
        return [self.read(self.open(call.query, _encrypted_part(call.body)))]

    def open(self, query: Mapping[str, str], encrypted: str) -> str:
        """Signature first and in constant time, then decrypt, then the receiving corp."""
        names = ("timestamp", "nonce", "msg_signature")
        timestamp, nonce, given = (query.get(name, "") for name in names)
        expected = self.signature(timestamp, nonce, encrypted)
        if not encrypted or not hmac.compare_digest(_octets(expected), _octets(given)):
            raise Rejected("signature")
        try:
            return str(self._crypto.decrypt(encrypted, self.app.corp_id))
        except InvalidCorpIdException:
            raise Rejected("corp") from None
        except (ValueError, IndexError, TypeError, struct.error):
            raise Malformed("ciphertext") from None

    def read(self, plain: str) -> Message:
        """The message in a decrypted body. Raises Malformed."""
        fields = _fields(NOT_TEXT.sub("", plain))
        sender = _text(fields, "FromUserName")
        kind_name = _text(fields, "MsgType").lower()
        if not sender or not kind_name:
            raise Malformed("FromUserName or MsgType is missing")
        kind, text = _event(fields) if kind_name == "event" else _message(kind_name, fields)
        if sender == SYSTEM:
            kind = Kind.SILENT
        return Message(
            channel=self.channel,
            scope=self.app.scope,
            user=sender.lower(),  # the platform compares user ids without case
            sender=sender,
            id=_text(fields, "MsgId") or hashlib.sha256(plain.encode()).hexdigest(),
            kind=kind,
            text=text,
            media_id=_text(fields, "MediaId"),
        )

    def reply(self, message: Message, text: str, at: datetime) -> Reply:
        """The encrypted passive reply that carries `text`; an empty body for silence."""
        if not text:
            return Reply()
        seconds, nonce = str(int(at.timestamp())), secrets.token_hex(8)
        plain = REPLY.format(
            to=_cdata(message.sender), corp=_cdata(self.app.corp_id), at=seconds, text=_cdata(text)
        )
        encrypted = self._crypto.encrypt(plain, self.app.corp_id).decode()
        signature = self.signature(seconds, nonce, encrypted)
        sealed = SEALED_REPLY.format(
            encrypt=encrypted, signature=signature, at=seconds, nonce=nonce
        )
        return Reply(sealed.encode(), XML)

    def unheard(self, message: Message) -> None:
        """The platform delivers again what was not answered."""

    def signature(self, timestamp: str, nonce: str, encrypted: str) -> str:
        """Lower-case hex SHA-1 of the four strings sorted as bytes."""
        parts = sorted(map(_octets, (self.app.token, timestamp, nonce, encrypted)))
        return hashlib.sha1(b"".join(parts)).hexdigest()  # noqa: S324 - the platform's scheme


def _encrypted_part(body: bytes) -> str:
    """The Encrypt element, by pattern: bytes that nobody signed never reach the XML parser."""
    found = ENCRYPT.search(body)
    if not found or not START.match(body) or not body.rstrip().endswith(b"</xml>"):
        raise Malformed("not the expected envelope")
    return found[1].decode()


def _fields(plain: str) -> dict[str, Any]:
    """The elements of a message; a flat one by pattern, anything else by the full parser."""
    text = plain.strip()
    if text.startswith("<xml>") and text.endswith("</xml>"):
        fields: dict[str, Any] = {}
        at, end = len("<xml>"), len(text) - len("</xml>")
        while (found := FLAT_FIELD.match(text, at, end)) is not None:
            fields[found[1]] = found[2] if found[2] is not None else found[3]
            at = found.end()
        if not text[at:end].strip():
            return fields
    return _parsed(text)


def _parsed(xml: str) -> dict[str, Any]:
    """The full parser; whatever it raises becomes one thing.

    No DOCTYPE gets as far as the parser: entities and attribute defaults grow without bound.
    """
    if not START.match(xml.encode()):
        raise Malformed("not the expected XML")
    try:
        root = xmltodict.parse(xml)["xml"]
    except (ExpatError, ValueError, KeyError, UnicodeError):
        raise Malformed("not the expected XML") from None
    if not isinstance(root, dict):
        raise Malformed("an empty document")
    return root


def _message(kind_name: str, fields: Mapping[str, Any]) -> tuple[Kind, str]:
    kind = KINDS.get(kind_name, Kind.UNKNOWN)
    if kind is Kind.LOCATION:
        return kind, _text(fields, "Label")
    return kind, _text(fields, "Content")


def _event(fields: Mapping[str, Any]) -> tuple[Kind, str]:
    """Events become what a member would have typed, or silence; coordinates are not read."""
    event = _text(fields, "Event").lower()
    if event == "click":
        return Kind.TEXT, _text(fields, "EventKey")
    if event == "subscribe":
        return Kind.ENTERED, ""
    if event == "location_select":
        sent = fields.get("SendLocationInfo")
        return Kind.LOCATION, _text(sent, "Label") if isinstance(sent, Mapping) else ""
    if event == "scancode_waitmsg":
        scan = fields.get("ScanCodeInfo")
        result = _text(scan, "ScanResult") if isinstance(scan, Mapping) else ""
        return Kind.TEXT, f"签到 {result}"
    if event == "template_card_event" and _text(fields, "EventKey"):
        return Kind.TEXT, _text(fields, "EventKey")  # our buttons say what they would make one type
    if event in {"template_card_event", "template_card_menu_event", "taskcard_click"}:
        return Kind.CARD, ""
    return Kind.SILENT, ""


def _text(fields: Mapping[str, Any], name: str) -> str:
    value = fields.get(name)
    return value if isinstance(value, str) else ""


def _octets(text: str) -> bytes:
    """The bytes to sign or compare, of whatever a query may hold."""
    return text.encode(errors="surrogatepass")


def _cdata(text: str) -> str:
    """Text that cannot end its CDATA section or break the XML."""
    clean = NOT_TEXT.sub("", text).replace("]]>", "]]]]><![CDATA[>")
    return f"<![CDATA[{clean}]]>"

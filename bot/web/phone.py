"""The demo's simulated platform: plays WeChat Work towards our own callback, over real HTTP.

It shares no code with bot/channels/wecom.py, so that each checks the other's cipher and signature.
"""

import hashlib
import hmac
import re
import secrets
from base64 import b64decode, b64encode
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

import xmltodict
from aiohttp import ClientError, ClientSession, ClientTimeout
from cryptography.hazmat.primitives.ciphers import Cipher
from cryptography.hazmat.primitives.ciphers.algorithms import AES
from cryptography.hazmat.primitives.ciphers.modes import CBC
from cryptography.hazmat.primitives.padding import PKCS7

from bot.settings import WecomSection

TRIES = 3
PATIENCE = ClientTimeout(total=5)
BLOCK_BITS = 256
RANDOM_BYTES = 16
LENGTH_BYTES = 4
MESSAGE = (
    "<xml><ToUserName>{corp}</ToUserName><FromUserName>{sender}</FromUserName>"
    "<CreateTime>{at}</CreateTime><MsgType>{kind}</MsgType>{content}"
    "<MsgId>{id}</MsgId><AgentID>{agent}</AgentID></xml>"
)
TAPPED = (
    "<xml><ToUserName>{corp}</ToUserName><FromUserName>{sender}</FromUserName>"
    "<CreateTime>{at}</CreateTime><MsgType><![CDATA[event]]></MsgType>"
    "<Event><![CDATA[template_card_event]]></Event><EventKey>{key}</EventKey>"
    "<TaskId>{task}</TaskId><CardType><![CDATA[button_interaction]]></CardType>"
    "<ResponseCode>{code}</ResponseCode><AgentID>{agent}</AgentID></xml>"
)
CONTENTS = {
    "text": "<Content>{text}</Content>",
    "location": (
        "<Location_X>31.29653</Location_X><Location_Y>120.56614</Location_Y><Scale>16</Scale>"
        "<Label>{text}</Label><AppType><![CDATA[wxwork]]></AppType>"
    ),
    "image": "<PicUrl><![CDATA[http://127.0.0.1:1/photo]]></PicUrl><MediaId>{text}</MediaId>",
    "voice": "<MediaId>{text}</MediaId><Format><![CDATA[amr]]></Format>",
}
ENVELOPE = (
    "<xml><ToUserName>{corp}</ToUserName><AgentID>{agent}</AgentID><Encrypt>{box}</Encrypt></xml>"
)

NOT_XML_TEXT = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


class NotAnswered(Exception):
    """The callback refused the message, or did not answer in any of the tries."""


class ForgedReply(NotAnswered):
    """An answer whose signature or receiver is not the app's."""


@dataclass(frozen=True, slots=True)
class Tap:
    """A button of a card: what it stands for, which card it is, and the code to change that card with."""

    key: str
    task_id: str
    code: str


@dataclass(frozen=True, slots=True)
class Delivery:
    """One encrypted callback: delivered again it is the same to the byte."""

    message_id: str
    query: Mapping[str, str]
    body: bytes


class Platform:
    """One app as WeChat Work sees it: `path` is where its callback listens."""

    def __init__(self, name: str, app: WecomSection) -> None:
        self.path = f"/wecom/{name}"
        self._app = app
        self._token = app.token.get_secret_value()
        key = b64decode(app.aes_key.get_secret_value() + "=")
        self._cipher = Cipher(AES(key), CBC(key[:16]))

    def write(self, sender: str, kind: str, text: str, at: datetime) -> Delivery:
        """What a member typed or sent, ready to be delivered; a picture's text is its media id."""
        number, seconds = str(secrets.randbits(62)), str(int(at.timestamp()))
        message = MESSAGE.format(
            corp=_cdata(self._app.corp_id),
            sender=_cdata(sender),
            at=seconds,
            kind=_cdata(kind),
            content=CONTENTS[kind].format(text=_cdata(text)),
            id=number,
            agent=self._app.agent_id,
        )
        return self._sealed(number, seconds, message)

    def tap(self, sender: str, tapped: Tap, at: datetime) -> Delivery:
        """A tap on a card: an event, which has no number of its own."""
        seconds = str(int(at.timestamp()))
        event = TAPPED.format(
            corp=_cdata(self._app.corp_id),
            sender=_cdata(sender),
            at=seconds,
            key=_cdata(tapped.key),
            task=_cdata(tapped.task_id),
            code=_cdata(tapped.code),
            agent=self._app.agent_id,
        )
        return self._sealed(tapped.task_id, seconds, event)

    def _sealed(self, number: str, seconds: str, message: str) -> Delivery:
        """The encrypted and signed callback around a message."""
        box, nonce = self._seal(message), secrets.token_hex(8)
        envelope = ENVELOPE.format(
            corp=_cdata(self._app.corp_id), agent=self._app.agent_id, box=_cdata(box)
        )
        signature = self._signature(seconds, nonce, box)
        query = {"msg_signature": signature, "timestamp": seconds, "nonce": nonce}
        return Delivery(number, query, envelope.encode())

    async def deliver(self, session: ClientSession, base: str, delivery: Delivery) -> str:
        """POST it, three times at most, each up to 5 s. The answer's text, "" for silence. Raises NotAnswered."""
        for _ in range(TRIES):
            try:
                async with session.post(
                    base + self.path, params=delivery.query, data=delivery.body, timeout=PATIENCE
                ) as response:
                    if response.ok:
                        return self._read(await response.read())
            except (TimeoutError, ClientError):
                continue
        raise NotAnswered(delivery.message_id)

    def _read(self, reply: bytes) -> str:
        """The text of a passive reply. Raises ForgedReply."""
        if not reply:
            return ""
        envelope = xmltodict.parse(reply)["xml"]
        box = envelope["Encrypt"]
        expected = self._signature(envelope["TimeStamp"], envelope["Nonce"], box)
        if not hmac.compare_digest(expected, envelope["MsgSignature"]):
            raise ForgedReply("signature")
        return str(xmltodict.parse(self._open(box))["xml"]["Content"] or "")

    def _seal(self, message: str) -> str:
        body, receiver = message.encode(), self._app.corp_id.encode()
        length = len(body).to_bytes(LENGTH_BYTES, "big")
        padder, encryptor = PKCS7(BLOCK_BITS).padder(), self._cipher.encryptor()
        plain = secrets.token_bytes(RANDOM_BYTES) + length + body + receiver
        padded = padder.update(plain) + padder.finalize()
        return b64encode(encryptor.update(padded) + encryptor.finalize()).decode()

    def _open(self, box: str) -> str:
        decryptor, unpadder = self._cipher.decryptor(), PKCS7(BLOCK_BITS).unpadder()
        padded = decryptor.update(b64decode(box)) + decryptor.finalize()
        plain = (unpadder.update(padded) + unpadder.finalize())[RANDOM_BYTES:]
        end = LENGTH_BYTES + int.from_bytes(plain[:LENGTH_BYTES], "big")
        if plain[end:] != self._app.corp_id.encode():
            raise ForgedReply("receiver")
        return plain[LENGTH_BYTES:end].decode()

    def _signature(self, seconds: str, nonce: str, box: str) -> str:
        parts = sorted(part.encode() for part in (self._token, seconds, nonce, box))
        return hashlib.sha1(b"".join(parts)).hexdigest()  # noqa: S324 - the platform's scheme


def _cdata(text: str) -> str:
    clean = NOT_XML_TEXT.sub("", text).replace("]]>", "]]]]><![CDATA[>")
    return f"<![CDATA[{clean}]]>"

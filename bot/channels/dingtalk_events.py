"""DingTalk's event subscription over HTTP: opened, acknowledged, kept once; nothing here acts on an event.

The cipher is the one of facts section 3: AES-256-CBC, 16 random bytes, length in bytes, text, owner.
"""

import hashlib
import hmac
import secrets
from base64 import b64decode, b64encode
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from cryptography.hazmat.primitives.ciphers import Cipher
from cryptography.hazmat.primitives.ciphers.algorithms import AES
from cryptography.hazmat.primitives.ciphers.modes import CBC
from cryptography.hazmat.primitives.padding import PKCS7

from bot.channels.base import (
    JSON_TYPE,
    Call,
    Malformed,
    Message,
    Rejected,
    Reply,
    encoded,
    is_id,
    object_in,
)
from handlers.turn import Kind

RANDOM, LENGTH, BLOCK_BITS = 16, 4, 256
SUCCESS = "success"
EVENTS = "events"


class EventCipher:
    """One subscription's token and key; `owners`: whose key may stand behind a message."""

    def __init__(self, token: str, aes_key: str, owners: frozenset[str]) -> None:
        key = b64decode(aes_key + "=")
        self._token = token
        self._cipher = Cipher(AES(key), CBC(key[:RANDOM]))
        self._owners = owners

    def signature(self, stamp: str, nonce: str, box: str) -> str:
        """Lower-case hex SHA-1 of the four strings, sorted and joined."""
        parts = sorted((self._token, stamp, nonce, box))
        joined = "".join(parts).encode(errors="surrogatepass")
        return hashlib.sha1(joined).hexdigest()  # noqa: S324 - the platform's scheme

    def open(self, query: Mapping[str, str], box: str) -> str:
        """The text of a signed box. Raises Rejected, Malformed."""
        stamp = query.get("timestamp") or query.get("timeStamp") or ""
        given = query.get("signature") or query.get("msg_signature") or ""
        expected = self.signature(stamp, query.get("nonce", ""), box)
        if not hmac.compare_digest(expected.encode(), given.encode(errors="surrogatepass")):
            raise Rejected("signature")
        try:
            text, owner = self._opened(box)
        except (ValueError, IndexError):
            raise Malformed("ciphertext") from None
        if owner not in self._owners:
            raise Rejected("owner")
        return text

    def seal(self, text: str, owner: str, random: bytes) -> str:
        """The box of a text for its owner, behind 16 random bytes."""
        body = text.encode()
        padder, encryptor = PKCS7(BLOCK_BITS).padder(), self._cipher.encryptor()
        plain = random + len(body).to_bytes(LENGTH, "big") + body + owner.encode()
        padded = padder.update(plain) + padder.finalize()
        return b64encode(encryptor.update(padded) + encryptor.finalize()).decode()

    def _opened(self, box: str) -> tuple[str, str]:
        decryptor, unpadder = self._cipher.decryptor(), PKCS7(BLOCK_BITS).unpadder()
        padded = decryptor.update(b64decode(box)) + decryptor.finalize()
        plain = (unpadder.update(padded) + unpadder.finalize())[RANDOM:]
        end = LENGTH + int.from_bytes(plain[:LENGTH], "big")
        if len(plain) < end:
            raise ValueError("shorter than it says")
        return plain[LENGTH:end].decode(), plain[end:].decode()


class DingtalkEvents:
    """The codec of one app's event subscription. The platform waits 1.5 seconds when it asks first."""

    seconds = 1.4

    def __init__(self, channel: str, scope: str, cipher: EventCipher, owner: str) -> None:
        self.channel = channel
        self._scope = scope
        self._cipher = cipher
        self._owner = owner

    def receive(self, call: Call) -> list[Message]:
        """An event as a silent message, known again by its id. Raises Rejected, Malformed."""
        box = object_in(call.body).get("encrypt")
        if not isinstance(box, str):
            raise Malformed("no box")
        text = self._cipher.open(call.query, box)
        return [event(self.channel, self._scope, object_in(text), text)]

    def reply(self, message: Message, text: str, at: datetime) -> Reply:
        """The sealed word that the platform waits for, whatever came."""
        del message, text
        box = self._cipher.seal(SUCCESS, self._owner, secrets.token_bytes(RANDOM))
        stamp, nonce = str(int(at.timestamp() * 1000)), secrets.token_hex(8)
        signed = self._cipher.signature(stamp, nonce, box)
        answer = {"msg_signature": signed, "timeStamp": stamp, "nonce": nonce, "encrypt": box}
        return Reply(encoded(answer), JSON_TYPE)

    def unheard(self, message: Message) -> None:
        """The platform delivers again after 10 and 30 seconds."""


def event(channel: str, scope: str, fields: Mapping[str, Any], text: str) -> Message:
    """An event, however it came: flat over HTTP, in a frame over Stream."""
    number = fields.get("eventId")
    if not isinstance(number, str) or not is_id(number):
        number = hashlib.sha256(text.encode(errors="surrogatepass")).hexdigest()
    return Message(channel, scope, EVENTS, number, Kind.SILENT, "", metered=True)

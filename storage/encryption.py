"""Sealing of sensitive values: AES-256-GCM bound to the row, keys named by id, and blind indexes."""

import base64
import hashlib
import hmac
import os
from collections.abc import Sequence

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

KEY_BYTES = 32
ID_BYTES = 4
NONCE_BYTES = 12
BOX_BYTES = ID_BYTES + NONCE_BYTES + 16  # what a sealed value is longer than its text


class BadKey(ValueError):
    """A privacy key that is not 32 bytes in base64; the message never holds the key."""


class Unreadable(ValueError):
    """A sealed value that no configured key opens, or that was moved or changed."""


def read_key(text: str) -> bytes:
    """Decode one `privacy.keys` entry. Raises BadKey."""
    try:
        key = base64.b64decode(text, validate=True)
    except ValueError:
        raise BadKey("不是有效的 base64") from None
    if len(key) != KEY_BYTES:
        raise BadKey(f"应为 {KEY_BYTES} 字节的 base64，实际 {len(key)} 字节")
    return key


def key_id(key: bytes) -> bytes:
    """Four bytes that name a key and tell nothing about it."""
    return hashlib.sha256(b"shuanglian key id|" + key).digest()[:ID_BYTES]


class Keyring:
    """Seals with the newest key, opens with any. A sealed value: key id (4) | nonce (12) | box."""

    def __init__(self, keys: Sequence[bytes]) -> None:
        if not keys:
            raise BadKey("至少需要一把密钥")
        self._newest = key_id(keys[0])
        self._ciphers = {key_id(key): AESGCM(key) for key in keys}

    def seal(self, plain: str, bound_to: str) -> bytes:
        """Encrypt `plain`; `bound_to` names table, column and row, so a moved box will not open."""
        nonce = os.urandom(NONCE_BYTES)
        box = self._ciphers[self._newest].encrypt(nonce, plain.encode(), bound_to.encode())
        return self._newest + nonce + box

    def open(self, sealed: bytes, bound_to: str) -> str:
        """Decrypt what `seal` made. Raises Unreadable."""
        cipher = self._ciphers.get(sealed[:ID_BYTES])
        if cipher is None:
            raise Unreadable(f"no configured key has the id {sealed[:ID_BYTES].hex()}")
        nonce, box = sealed[ID_BYTES : ID_BYTES + NONCE_BYTES], sealed[ID_BYTES + NONCE_BYTES :]
        try:
            return cipher.decrypt(nonce, box, bound_to.encode()).decode()
        except (InvalidTag, ValueError):
            raise Unreadable("the value was changed or moved to another row") from None


def blind_index(key: bytes, purpose: str, value: str) -> bytes:
    """16 bytes that find an equal value without revealing it; `purpose` keeps columns apart."""
    return hmac.digest(key, f"{purpose}|{value}".encode(), "sha256")[:16]

"""What goes over the wire: one WeChat Work app's cipher and signature, as bare as they get."""

import hashlib
import os
import struct
from base64 import b64decode, b64encode

from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

CORP = "wwbench0000000000"
TOKEN = "benchtoken"
AES_KEY = "abcdefghijklmnopqrstuvwxyz0123456789ABCDEFG"
PATH = "/wecom/main"
_KEY = b64decode(AES_KEY + "=")
_CIPHER = Cipher(algorithms.AES(_KEY), modes.CBC(_KEY[:16]))


def signature(timestamp: str, nonce: str, encrypted: str) -> str:
    parts = sorted((TOKEN, timestamp, nonce, encrypted))
    return hashlib.sha1("".join(parts).encode()).hexdigest()


def seal(plain: str) -> str:
    text = plain.encode()
    block = os.urandom(16) + struct.pack(">I", len(text)) + text + CORP.encode()
    pad = 32 - len(block) % 32
    encryptor = _CIPHER.encryptor()
    return b64encode(encryptor.update(block + bytes([pad]) * pad) + encryptor.finalize()).decode()


def unseal(encrypted: str) -> str:
    decryptor = _CIPHER.decryptor()
    block = decryptor.update(b64decode(encrypted)) + decryptor.finalize()
    end = 20 + struct.unpack(">I", block[16:20])[0]
    if block[end : -block[-1]] != CORP.encode():
        raise ValueError("another corp's message")
    return block[20:end].decode()

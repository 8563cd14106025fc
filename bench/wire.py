"""What goes over the wire: each platform's callback and answer, as bare as they get.

The load makes requests and reads answers, the limit hears and answers; both know a platform as a Wire.
"""

import hashlib
import hmac
import json
import os
import random
import re
import struct
import time
from base64 import b64decode, b64encode
from dataclasses import dataclass
from typing import Any, Protocol
from xml.etree import ElementTree as ET

from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

CORP = "wwbench0000000000"
TOKEN = "benchtoken"
AES_KEY = "abcdefghijklmnopqrstuvwxyz0123456789ABCDEFG"
CLIENT = "dingbench00000000000"
SECRET = "bench-secret-of-the-robot"
WINDOW = 3600
SAID = "签到"
_KEY = b64decode(AES_KEY + "=")
_CIPHER = Cipher(algorithms.AES(_KEY), modes.CBC(_KEY[:16]))
ENCRYPTED = re.compile(r"<Encrypt><!\[CDATA\[([^\]]+)\]\]></Encrypt>")
MESSAGE = (
    "<xml><ToUserName><![CDATA[{corp}]]></ToUserName><FromUserName><![CDATA[{sender}]]>"
    "</FromUserName><CreateTime>{at}</CreateTime><MsgType><![CDATA[text]]></MsgType>"
    "<Content><![CDATA[{said}]]></Content><MsgId>{id}</MsgId><AgentID>1000002</AgentID></xml>"
)
ENVELOPE = (
    "<xml><ToUserName><![CDATA[{corp}]]></ToUserName><Encrypt><![CDATA[{encrypted}]]></Encrypt>"
    "<AgentID><![CDATA[1000002]]></AgentID></xml>"
)
REPLY = (
    "<xml><ToUserName><![CDATA[{to}]]></ToUserName><FromUserName><![CDATA[{corp}]]></FromUserName>"
    "<CreateTime>{at}</CreateTime><MsgType><![CDATA[text]]></MsgType>"
    "<Content><![CDATA[{text}]]></Content></xml>"
)
SEALED = (
    "<xml><Encrypt><![CDATA[{encrypted}]]></Encrypt><MsgSignature><![CDATA[{signed}]]>"
    "</MsgSignature><TimeStamp>{at}</TimeStamp><Nonce><![CDATA[{nonce}]]></Nonce></xml>"
)


@dataclass(frozen=True, slots=True)
class Sent:
    """A callback: what follows the path, the headers of its own, the body."""

    query: str
    headers: dict[str, str]
    body: bytes


@dataclass(slots=True)
class Heard:
    sender: str
    id: str
    text: str
    nonce: str = ""


class Wire(Protocol):
    """One platform, both ends of it."""

    name: str
    path: str
    answers_in: str

    def check_in(self, sender: str, number: int) -> Sent:
        """The platform's callback; equal numbers are the same message."""

    def words(self, body: bytes) -> str:
        """What an answer says."""

    def hear(self, request: Any, body: bytes) -> Heard | None:
        """The message of an aiohttp request; None if it is forged."""

    def answer(self, heard: Heard, text: str) -> bytes:
        """The body that says it."""


class Wecom:
    name, path, answers_in = "WeChat Work", "/wecom/main", "application/xml"

    def check_in(self, sender: str, number: int) -> Sent:
        at, nonce = str(int(time.time())), str(random.getrandbits(32))
        number += 7300000000000000000
        encrypted = seal(MESSAGE.format(corp=CORP, sender=sender, at=at, said=SAID, id=number))
        signed = signature(at, nonce, encrypted)
        query = f"?msg_signature={signed}&timestamp={at}&nonce={nonce}"
        body = ENVELOPE.format(corp=CORP, encrypted=encrypted).encode()
        return Sent(query, {"Content-Type": "text/xml"}, body)

    def words(self, body: bytes) -> str:
        found = ENCRYPTED.search(body.decode())
        return unseal(found[1]) if found else f"not encrypted: {body[:80]!r}"

    def hear(self, request: Any, body: bytes) -> Heard | None:
        query = request.query
        encrypted = ET.fromstring(body).findtext("Encrypt", "")
        if signature(query["timestamp"], query["nonce"], encrypted) != query["msg_signature"]:
            return None
        found = ET.fromstring(unseal(encrypted)).findtext
        return Heard(
            found("FromUserName", ""), found("MsgId", ""), found("Content", ""), query["nonce"]
        )

    def answer(self, heard: Heard, text: str) -> bytes:
        at = str(int(time.time()))
        sealed = seal(REPLY.format(to=heard.sender, corp=CORP, at=at, text=text))
        signed = signature(at, heard.nonce, sealed)
        return SEALED.format(encrypted=sealed, signed=signed, at=at, nonce=heard.nonce).encode()


class Dingtalk:
    name, path, answers_in = "DingTalk", "/dingtalk/main", "application/json"

    def check_in(self, sender: str, number: int) -> Sent:
        at = int(time.time() * 1000)
        headers = {"Content-Type": "application/json; charset=utf-8"}
        headers |= {"timestamp": str(at), "sign": moment_signed(str(at))}
        return Sent("", headers, json.dumps(robot_message(sender, number, at)).encode())

    def words(self, body: bytes) -> str:
        return json.loads(body).get("text", {}).get("content", "")

    def hear(self, request: Any, body: bytes) -> Heard | None:
        at = request.headers["timestamp"]
        if not hmac.compare_digest(moment_signed(at), request.headers["sign"]):
            return None
        if abs(time.time() - int(at) / 1000) > WINDOW:
            return None
        found = json.loads(body)
        return Heard(found["senderStaffId"], found["msgId"], found["text"]["content"])

    def answer(self, heard: Heard, text: str) -> bytes:
        del heard
        return json.dumps(
            {"msgtype": "text", "text": {"content": text}}, ensure_ascii=False
        ).encode()


WIRES: dict[str, Wire] = {"wecom": Wecom(), "dingtalk": Dingtalk()}


def robot_message(sender: str, number: int, at: int) -> dict[str, Any]:
    """The fields that the platform sends for a text in the single chat."""
    return {
        "conversationId": f"cid{sender}",
        "chatbotCorpId": "dingcorpbench",
        "chatbotUserId": "$:LWCP_v1:$robot",
        "msgId": f"msg{number:020d}==",
        "senderNick": "某人",
        "isAdmin": False,
        "senderStaffId": sender,
        "senderId": f"$:LWCP_v1:${sender}",
        "senderCorpId": "dingcorpbench",
        "sessionWebhookExpiredTime": at + 90 * 60 * 1000,
        "createAt": at,
        "conversationType": "1",
        "sessionWebhook": f"https://oapi.dingtalk.com/robot/sendBySession?session={sender:0>32}",
        "robotCode": CLIENT,
        "msgtype": "text",
        "text": {"content": SAID},
    }


def moment_signed(stamp: str) -> str:
    """DingTalk signs the moment with the robot's secret, nothing else."""
    mac = hmac.digest(SECRET.encode(), f"{stamp}\n{SECRET}".encode(), hashlib.sha256)
    return b64encode(mac).decode()


def signature(timestamp: str, nonce: str, encrypted: str) -> str:
    """WeChat Work signs what it encrypted."""
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

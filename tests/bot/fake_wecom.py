"""The platform's side of a callback: encrypts as WeChat Work does, posts over HTTP, opens the answer."""

import asyncio
import hashlib
import json
from base64 import b64encode
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import count
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import aiohttp
import xmltodict
from multidict import CIMultiDict, MultiDict
from wechatpy.enterprise.crypto import PrpCrypto, WeChatCrypto

from bot.app import App, Clock
from bot.channels.base import Call, Message
from bot.channels.wecom import Wecom, WecomApp
from bot.settings import Settings, load
from handlers.turn import Kind
from tests.fakes import KEY, MONDAY, RULES, FakeClock, Rehearsal

PAYLOADS = Path(__file__).parent.parent / "payloads"
CORP = "wwtest"
TOKEN = "QDG6eK"
AES_KEY = "jWmYm7qr5nMoAUwZRjGtBxmz3KA1tkAj3ykkR6q2B2C"
SECRET = "nobody-may-see-this-app-secret"
NOWHERE = "http://127.0.0.1:1"
OTHER_CORP = "wx5823bf96d3bd56c7"
CONFIG = f"""
[organisation]
name = "中共某某学院委员会"

[server]
port = 0

[database]
url = "{{url}}"

[privacy]
keys = ["{b64encode(KEY).decode()}"]

[wecom.main]
corp_id = "{CORP}"
agent_id = 1000002
secret = "{SECRET}"
token = "{TOKEN}"
aes_key = "{AES_KEY}"
api_base = "{NOWHERE}"

[wecom.other]
corp_id = "{OTHER_CORP}"
agent_id = 218
secret = "{SECRET}"
token = "{TOKEN}"
aes_key = "{AES_KEY}"
api_base = "{NOWHERE}"
"""


def payloads(file: str, key: str) -> list[dict[str, Any]]:
    """The items of one of tests/payloads' files; each names where it was published."""
    found: list[dict[str, Any]] = json.loads((PAYLOADS / file).read_text("utf-8"))[key]
    return found


def called(query: Mapping[str, str], body: bytes = b"", at: datetime = MONDAY) -> Call:
    """A callback as the HTTP edge hands it to a codec."""
    return Call(MultiDict(query), CIMultiDict(), body, at, at)


def to(sender: str) -> Message:
    """A message of this sender, to be answered."""
    return Message("wecom.main", f"wecom:{CORP}", sender.lower(), "1", Kind.TEXT, "", "", sender)


@dataclass(frozen=True)
class Response:
    """What came back over HTTP."""

    status: int
    body: bytes
    headers: Mapping[str, str]


@dataclass
class FakeWecom:
    """One app as the platform knows it; the cryptography is wechatpy's, not the product's."""

    port: int = 0
    corp: str = CORP
    token: str = TOKEN
    aes_key: str = AES_KEY
    ids: Any = field(default_factory=lambda: count(1))

    @property
    def crypto(self) -> WeChatCrypto:
        """The whole envelope as wechatpy does it: signature, cipher, corp."""
        return WeChatCrypto(self.token, self.aes_key, self.corp)

    def codec(self) -> Wecom:
        """The product's codec for this app."""
        return Wecom(WecomApp("main", self.corp, self.token, self.aes_key))

    def encrypt(self, plain: str | bytes, corp: str | None = None) -> str:
        """The base64 of an encrypted message, for this corp unless another is named."""
        cipher = PrpCrypto(self.crypto.key)
        return str(cipher.encrypt(plain, self.corp if corp is None else corp).decode())

    def query(
        self, encrypted: str, timestamp: str = "1760000000", nonce: str = "n"
    ) -> dict[str, str]:
        """The signed query of a callback."""
        parts = sorted(part.encode() for part in (self.token, timestamp, nonce, encrypted))
        signature = hashlib.sha1(b"".join(parts)).hexdigest()
        return {"msg_signature": signature, "timestamp": timestamp, "nonce": nonce}

    def envelope(self, encrypted: str) -> bytes:
        """The body of a callback."""
        return (
            f"<xml><ToUserName><![CDATA[{self.corp}]]></ToUserName>"
            f"<Encrypt><![CDATA[{encrypted}]]></Encrypt><AgentID><![CDATA[218]]></AgentID></xml>"
        ).encode()

    def text(
        self, sender: str, said: str, message_id: str | None = None, at: int = 1760000000
    ) -> str:
        """A decrypted text message; `]]>` in it is split as XML asks. An id of "" is left out."""
        number = str(next(self.ids)) if message_id is None else message_id
        content = said.replace("]]>", "]]]]><![CDATA[>")
        return (
            f"<xml><ToUserName><![CDATA[{self.corp}]]></ToUserName>"
            f"<FromUserName><![CDATA[{sender}]]></FromUserName><CreateTime>{at}</CreateTime>"
            f"<MsgType><![CDATA[text]]></MsgType><Content><![CDATA[{content}]]></Content>"
            + (f"<MsgId>{number}</MsgId>" if number else "")
            + "<AgentID>218</AgentID></xml>"
        )

    def opened(self, body: bytes) -> dict[str, str]:
        """The elements of an encrypted passive reply, after wechatpy's own checks."""
        sealed = xmltodict.parse(body)["xml"]
        plain = self.crypto.decrypt_message(
            body.decode(), sealed["MsgSignature"], sealed["TimeStamp"], sealed["Nonce"]
        )
        fields: dict[str, str] = xmltodict.parse(plain, strip_whitespace=False)["xml"]
        return fields

    async def send(self, method: str, path: Any, **options: Any) -> Response:
        """One request on a connection of its own."""
        async with (
            aiohttp.ClientSession(f"http://127.0.0.1:{self.port}") as session,
            session.request(method, path, **options) as answer,
        ):
            return Response(answer.status, await answer.read(), answer.headers)

    async def post(self, plain: str | bytes, *, name: str = "main") -> Response:
        """A rightly encrypted and signed callback with this plaintext."""
        return await self.post_sealed(self.encrypt(plain), name=name)

    async def post_sealed(self, encrypted: str, *, name: str = "main") -> Response:
        """A rightly signed callback with this ciphertext."""
        return await self.post_body(self.envelope(encrypted), self.query(encrypted), name=name)

    async def post_body(
        self, body: Any, query: Mapping[str, str], *, name: str = "main", **options: Any
    ) -> Response:
        """A callback with this body, whatever it is."""
        path = f"/wecom/{name}?{urlencode(query)}"
        return await self.send("POST", path, data=body, **options)

    async def says(self, sender: str, said: str, message_id: str | None = None) -> str:
        """What the bot answers to a text; "" is silence."""
        answer = await self.post(self.text(sender, said, message_id))
        assert answer.status == 200
        return self.opened(answer.body)["Content"] if answer.body else ""

    async def raw(self, data: bytes) -> bytes:
        """Everything a connection gives back for these bytes until the server closes it."""
        async with self.connected(data) as reader, asyncio.timeout(10):
            return await reader.read()

    @asynccontextmanager
    async def connected(self, data: bytes = b"") -> AsyncIterator[asyncio.StreamReader]:
        """A connection that has sent these bytes and stays open."""
        reader, writer = await asyncio.open_connection("127.0.0.1", self.port)
        try:
            writer.write(data)
            await writer.drain()
            yield reader
        finally:
            writer.close()


class ClockOnMonday(Clock):
    """The app's clock, standing still on the tests' Monday."""

    def __init__(self) -> None:
        super().__init__()
        self.fake = FakeClock(MONDAY)

    def now(self) -> Any:
        """The fake clock's moment."""
        return self.fake.now()

    def machine_now(self) -> Any:
        """The same: nothing is rehearsed."""
        return self.fake.now()

    def forward(self, by: timedelta) -> None:
        """Move the fake clock on."""
        self.fake.at += by


@dataclass
class Running:
    """An App on loopback: the platform before it, the people and the database behind it."""

    app: App
    wecom: FakeWecom
    house: Rehearsal


def configured(url: str, folder: Path, config: str = CONFIG) -> Path:
    """A configuration file over this database."""
    path = folder / "shuanglian.toml"
    path.write_text(config.replace("{url}", url), "utf-8")
    return path


@asynccontextmanager
async def running(settings: Settings) -> AsyncIterator[Running]:
    """Serve on a free port of loopback until left."""
    clock = ClockOnMonday()
    app = App(settings, RULES, clock)
    async with app.running() as port:
        yield Running(app, FakeWecom(port), Rehearsal(app.database, clock.fake, app.turns))


def settings_over(url: str, folder: Path) -> Settings:
    """The tests' settings over this database, read as an operator's would be."""
    return load(configured(url, folder), {})

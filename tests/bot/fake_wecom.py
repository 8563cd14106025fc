"""The platform's side of a callback: encrypts as WeChat Work does, posts over HTTP, opens the answer."""

import hashlib
from base64 import b64encode
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import aiohttp
import xmltodict
from wechatpy.enterprise.crypto import PrpCrypto, WeChatCrypto

from bot.app import App
from bot.settings import Settings, load
from tests.fakes import KEY, FakeClock, Rehearsal

CORP = "wwtest"
TOKEN = "QDG6eK"
AES_KEY = "jWmYm7qr5nMoAUwZRjGtBxmz3KA1tkAj3ykkR6q2B2C"
SECRET = "the-app-secret-that-nobody-may-see"
CONFIG = f"""
[organisation]
name = "中共某某学院委员会"

[server]
port = 0

[database]
url = "sqlite+aiosqlite:///{{database}}"

[privacy]
keys = ["{b64encode(KEY).decode()}"]

[wecom.main]
corp_id = "{CORP}"
agent_id = 1000002
secret = "{SECRET}"
token = "{TOKEN}"
aes_key = "{AES_KEY}"
"""


@dataclass(frozen=True)
class Response:
    """What came back over HTTP."""

    status: int
    body: bytes
    headers: dict[str, str]


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
        """wechatpy's whole envelope: signature, cipher, corp."""
        return WeChatCrypto(self.token, self.aes_key, self.corp)

    def encrypt(self, plain: str | bytes, corp: str | None = None) -> str:
        """The base64 of an encrypted message, for this corp unless another is named."""
        cipher = PrpCrypto(self.crypto.key)
        return str(cipher.encrypt(plain, self.corp if corp is None else corp).decode())

    def query(self, encrypted: str, timestamp: str = "1", nonce: str = "n") -> dict[str, str]:
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

    def text(self, sender: str, said: str, message_id: str | None = None) -> str:
        """A decrypted text message; `]]>` in it is split as the platform does. An id of "" is left out."""
        number = str(next(self.ids)) if message_id is None else message_id
        content = said.replace("]]>", "]]]]><![CDATA[>")
        return (
            f"<xml><ToUserName><![CDATA[{self.corp}]]></ToUserName>"
            f"<FromUserName><![CDATA[{sender}]]></FromUserName><CreateTime>1760000000</CreateTime>"
            f"<MsgType><![CDATA[text]]></MsgType><Content><![CDATA[{content}]]></Content>"
            + (f"<MsgId>{number}</MsgId>" if number else "")
            + "<AgentID>218</AgentID></xml>"
        )

    def opened(self, body: bytes) -> dict[str, str]:
        """The elements of an encrypted passive reply, by wechatpy's own checks."""
        sealed = xmltodict.parse(body)["xml"]
        plain = self.crypto.decrypt_message(
            body.decode(), sealed["MsgSignature"], sealed["TimeStamp"], sealed["Nonce"]
        )
        fields: dict[str, str] = xmltodict.parse(plain, strip_whitespace=False)["xml"]
        return fields

    async def send(self, method: str, path: str, **options: Any) -> Response:
        """One request on a connection of its own."""
        async with (
            aiohttp.ClientSession(f"http://127.0.0.1:{self.port}") as session,
            session.request(method, path, **options) as answer,
        ):
            return Response(answer.status, await answer.read(), dict(answer.headers))

    async def post(self, plain: str | bytes, *, name: str = "main") -> Response:
        """A rightly encrypted and signed callback with this plaintext."""
        return await self.post_sealed(self.encrypt(plain), name=name)

    async def post_sealed(self, encrypted: str, *, name: str = "main") -> Response:
        """A rightly signed callback with this ciphertext."""
        path = f"/wecom/{name}?{urlencode(self.query(encrypted))}"
        return await self.send("POST", path, data=self.envelope(encrypted))

    async def says(self, sender: str, said: str, message_id: str | None = None) -> str:
        """What the bot answers to a text; "" is silence."""
        answer = await self.post(self.text(sender, said, message_id))
        assert answer.status == 200
        return self.opened(answer.body)["Content"] if answer.body else ""


@dataclass
class Running:
    """An App on loopback with the platform before it and the database behind it."""

    app: App
    wecom: FakeWecom
    house: Rehearsal

    @property
    def url(self) -> str:
        """Where it listens."""
        return f"http://127.0.0.1:{self.wecom.port}"


def settings_over(database: Path, config: str = CONFIG) -> Settings:
    """The settings of the tests' app, over a database file; read from TOML as an operator's would be."""
    path = database.with_suffix(".toml")
    path.write_text(config.format(database=database), "utf-8")
    return load(path, {})


@asynccontextmanager
async def running(settings: Settings, clock: FakeClock) -> AsyncIterator[Running]:
    """Serve on a free port of loopback until left."""
    app = App(settings, clock)
    async with app.running() as port:
        house = Rehearsal(app.database, clock, app.turns)
        yield Running(app, FakeWecom(port), house)

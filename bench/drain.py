"""The drain: 10,000 messages from the outbox to the fake platform, each with its durable state.

Beside it the limit (the same requests by aiohttp alone, nothing kept) and wechatpy's own client, one
after the other. The platform runs on a core of its own.
"""

import asyncio
import gc
import json
import multiprocessing
import os
import socket
import statistics
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

from aiohttp import ClientSession, TCPConnector, web
from pydantic import SecretStr
from wechatpy.enterprise import WeChatClient
from yarl import URL

from bench.contender import CONTENDER_CORE, LOAD_CORE, on_core
from bot.channels.http import Http
from bot.channels.wecom_api import Account, WecomApi
from bot.delivery import AT_ONCE, Delivery
from bot.web.platform import FakePlatform
from storage import tables
from storage.database import Database
from storage.encryption import Keyring
from storage.migrate import upgrade
from storage.store import Store

MESSAGES = 10_000
FEW = {0.0: 1_500, 0.04: 60}  # wechatpy's, to end the same day
LATENCIES = (0.0, 0.04)
ROUNDS = 3
SCOPE, CORP, AGENT = "wecom:wwbench", "wwbench", 1000002
TEXT = "您有一件新的待办，请回复“待办”查看。"


def now() -> datetime:
    return datetime.now(UTC)


def main() -> None:
    """Rounds interleaved, medians at the end."""
    found: dict[tuple[str, float], list[float]] = {}
    for _ in range(ROUNDS):
        for latency in LATENCIES:
            for name, measured in (("this bot", drained), ("limit", bare), ("wechatpy", wechatpy)):
                with platform(latency) as base, on_core(CONTENDER_CORE):
                    rate = measured(base, latency)
                found.setdefault((name, latency), []).append(rate)
    print(f"{'messages a second':36}" + "".join(f"{1000 * one:9.0f} ms" for one in LATENCIES))
    for name in ("this bot", "limit", "wechatpy"):
        rates = (statistics.median(found[name, latency]) for latency in LATENCIES)
        print(f"{name:36}" + "".join(f"{rate:12.0f}" for rate in rates))


def drained(base: str, _latency: float) -> float:
    with tempfile.TemporaryDirectory(prefix="shuanglian-drain-") as folder:
        return asyncio.run(_drained(base, Path(folder)))


async def _drained(base: str, folder: Path) -> float:
    database = Database(f"sqlite+aiosqlite:///{folder}/bench.db", Keyring([os.urandom(32)]))
    await upgrade(database)
    async with database.unit() as unit:
        store = Store(unit)
        for number in range(MESSAGES):
            await store.outbox.send(SCOPE, f"u{number:05d}", TEXT, now())
        await store.finish()
    async with Http() as http:
        account = Account(CORP, AGENT, SecretStr("bench"), base)
        delivery = Delivery(database, {SCOPE: WecomApi(account, http, database, now)}, now)
        gc.collect()
        gc.freeze()  # as the app does
        begun = time.perf_counter()
        await delivery.deliver_once()
        took = time.perf_counter() - begun
    async with database.reading() as unit:
        rows = await unit.fetch(tables.outbox.select())
    await database.close()
    unsent = [row for row in rows if row["state"] != "sent" or not row["platform_id"]]
    if unsent or len(rows) != MESSAGES:
        raise SystemExit(f"{len(unsent)} of {len(rows)} not sent")
    return MESSAGES / took


def bare(base: str, _latency: float) -> float:
    return asyncio.run(_bare(base))


async def _bare(base: str) -> float:
    left = iter(range(MESSAGES))
    async with ClientSession(connector=TCPConnector(limit=AT_ONCE)) as session:
        asked = f"{base}/cgi-bin/gettoken?corpid={CORP}&corpsecret=bench"
        async with session.get(asked) as answer:
            token = (await answer.json())["access_token"]
        url = URL(f"{base}/cgi-bin/message/send?access_token={token}", encoded=True)

        async def send() -> None:
            for number in left:
                body = {"touser": f"u{number:05d}", "msgtype": "text", "agentid": AGENT}
                body |= {"text": {"content": TEXT}}
                data = json.dumps(body, ensure_ascii=False).encode()
                async with session.post(url, data=data) as answer:
                    if json.loads(await answer.read())["errcode"]:
                        raise SystemExit("refused")

        begun = time.perf_counter()
        await asyncio.gather(*(send() for _ in range(AT_ONCE)))
        return MESSAGES / (time.perf_counter() - begun)


def wechatpy(base: str, latency: float) -> float:
    """Its own client keeps no state at all and has no durable queue."""

    class Client(WeChatClient):  # type: ignore[misc]
        API_BASE_URL = f"{base}/cgi-bin/"

        def fetch_access_token(self):
            given = {"corpid": CORP, "corpsecret": "bench"}
            return self._fetch_access_token(url=f"{base}/cgi-bin/gettoken", params=given)

    client = Client(CORP, "bench")
    client.message.send_text(AGENT, "u00000", TEXT)
    begun = time.perf_counter()
    for number in range(FEW[latency]):
        client.message.send_text(AGENT, f"u{number:05d}", TEXT)
    return FEW[latency] / (time.perf_counter() - begun)


@contextmanager
def platform(latency: float) -> Iterator[str]:
    """A fake platform without limits, in a process and on a core of its own."""
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        listening.listen(128)
        port = listening.getsockname()[1]
        context = multiprocessing.get_context("fork")
        process = context.Process(target=_serve, args=(listening, latency), daemon=True)
        process.start()
        try:
            yield f"http://127.0.0.1:{port}"
        finally:
            process.kill()
            process.join()


def _serve(listening: socket.socket, latency: float) -> None:
    with on_core(LOAD_CORE):
        fake = FakePlatform(now, limited=False, latency=latency)
        web.run_app(fake.application(), sock=listening, print=None, access_log=None)


if __name__ == "__main__":
    main()

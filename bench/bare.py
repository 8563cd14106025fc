"""The limit: aiohttp, the cipher, an XML parser in C, and raw sqlite3 committing in groups."""

import asyncio
import queue
import sqlite3
import sys
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from xml.etree import ElementTree as ET

from aiohttp import web

from bench import roster
from bench.wire import CORP, PATH, seal, signature, unseal

FIND = (
    "SELECT m.userid, m.id, a.id, a.topic, a.place FROM members m"
    " JOIN activities a ON a.branch_id = m.branch_id"
    " WHERE m.userid IN ({}) AND a.starts_at <= ? AND a.ends_at >= ?"
)
INSERT = "INSERT OR IGNORE INTO check_ins VALUES (?, ?, ?, ?)"
RECORDED = (
    "签到成功：“{topic}”（{place}）。\n已记入记实档案，核对无误请回复“确认”；签错了请回复“撤销”。"
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


@dataclass(slots=True)
class Waiting:
    sender: str
    id: str
    answer: asyncio.Future


class Writer:
    """One thread, one connection: while one group is being written, the next collects."""

    def __init__(self, database: Path) -> None:
        self._database = database
        self._queue: queue.SimpleQueue = queue.SimpleQueue()
        self._loop = asyncio.get_running_loop()
        threading.Thread(target=self._run, daemon=True).start()

    async def check_in(self, sender: str, message_id: str) -> str:
        waiting = Waiting(sender, message_id, self._loop.create_future())
        self._queue.put(waiting)
        return await waiting.answer

    def _run(self) -> None:
        connection = sqlite3.connect(self._database, isolation_level=None)
        connection.execute("PRAGMA synchronous=FULL")
        while True:
            batch = [self._queue.get()]
            while not self._queue.empty():
                batch.append(self._queue.get())
            self._loop.call_soon_threadsafe(_resolve, batch, _commit(connection, batch))


def _commit(connection: sqlite3.Connection, batch: Sequence[Waiting]) -> list[str]:
    now = int(time.time())
    query = FIND.format(",".join("?" * len(batch)))
    connection.execute("BEGIN IMMEDIATE")
    rows = connection.execute(query, [*(waiting.sender for waiting in batch), now, now])
    found = {row[0]: row[1:] for row in rows}
    known = [waiting for waiting in batch if waiting.sender in found]
    connection.executemany(
        INSERT, [(w.id, found[w.sender][1], found[w.sender][0], now) for w in known]
    )
    connection.execute("COMMIT")
    return [_words(found.get(waiting.sender)) for waiting in batch]


def _words(found: tuple | None) -> str:
    return RECORDED.format(topic=found[2], place=found[3]) if found else "您还没有绑定。"


def _resolve(batch: Sequence[Waiting], answers: Sequence[str]) -> None:
    for waiting, answer in zip(batch, answers, strict=True):
        if not waiting.answer.done():
            waiting.answer.set_result(answer)


WRITER = web.AppKey("writer", Writer)


async def receive(request: web.Request) -> web.Response:
    query = request.query
    encrypted = ET.fromstring(await request.read()).findtext("Encrypt", "")
    if signature(query["timestamp"], query["nonce"], encrypted) != query["msg_signature"]:
        return web.Response(status=403)
    message = ET.fromstring(unseal(encrypted))
    sender, message_id = message.findtext("FromUserName", ""), message.findtext("MsgId", "")
    text = "请回复“签到”。"
    if message.findtext("Content", "").strip() == "签到":
        text = await request.app[WRITER].check_in(sender, message_id)
    at, nonce = str(int(time.time())), query["nonce"]
    sealed = seal(REPLY.format(to=sender, corp=CORP, at=at, text=text))
    signed = signature(at, nonce, sealed)
    body = SEALED.format(encrypted=sealed, signed=signed, at=at, nonce=nonce)
    return web.Response(body=body.encode(), content_type="application/xml", charset="utf-8")


async def healthz(_request: web.Request) -> web.Response:
    return web.Response(text="ok")


def main(database: Path, port: int) -> None:
    async def start(app: web.Application) -> None:
        app[WRITER] = Writer(database)

    app = web.Application()
    app.on_startup.append(start)
    app.router.add_post(PATH, receive)
    app.router.add_get("/healthz", healthz)
    web.run_app(app, host="127.0.0.1", port=port, access_log=None, print=None)


if __name__ == "__main__":
    if sys.argv[1] == "seed":
        roster.seed(Path(sys.argv[2]) / "check_ins.db")
    else:
        main(Path(sys.argv[2]) / "check_ins.db", int(sys.argv[3]))

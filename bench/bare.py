"""The limit: aiohttp, the bare wire with parsers in C, and raw sqlite3 committing in groups."""

import asyncio
import queue
import sqlite3
import sys
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from aiohttp import web
from aiohttp.typedefs import Handler

from bench import roster
from bench.wire import WIRES, Wire

FIND = (
    "SELECT m.userid, m.id, a.id, a.topic, a.place FROM members m"
    " JOIN activities a ON a.branch_id = m.branch_id"
    " WHERE m.userid IN ({}) AND a.starts_at <= ? AND a.ends_at >= ?"
)
INSERT = "INSERT OR IGNORE INTO check_ins VALUES (?, ?, ?, ?)"
RECORDED = (
    "签到成功：“{topic}”（{place}）。\n已记入记实档案，核对无误请回复“确认”；签错了请回复“撤销”。"
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


def receiver(wire: Wire) -> Handler:
    async def receive(request: web.Request) -> web.Response:
        heard = wire.hear(request, await request.read())
        if heard is None:
            return web.Response(status=403)
        text = "请回复“签到”。"
        if heard.text.strip() == "签到":
            text = await request.app[WRITER].check_in(heard.sender, heard.id)
        body = wire.answer(heard, text)
        return web.Response(body=body, content_type=wire.answers_in, charset="utf-8")

    return receive


async def healthz(_request: web.Request) -> web.Response:
    return web.Response(text="ok")


def main(database: Path, port: int) -> None:
    async def start(app: web.Application) -> None:
        app[WRITER] = Writer(database)

    app = web.Application()
    app.on_startup.append(start)
    for wire in WIRES.values():
        app.router.add_post(wire.path, receiver(wire))
    app.router.add_get("/healthz", healthz)
    web.run_app(app, host="127.0.0.1", port=port, access_log=None, print=None)


if __name__ == "__main__":
    if sys.argv[1] == "seed":
        roster.seed(Path(sys.argv[2]) / "check_ins.db")
    else:
        main(Path(sys.argv[2]) / "check_ins.db", int(sys.argv[3]))

"""What every fake platform shares: faults on demand, calls counted, limits over time, JSON in and out."""

import asyncio
import json
from collections import Counter, defaultdict, deque
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from aiohttp import web

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]
Answer = tuple[int, Mapping[str, Any]]


class Fault(StrEnum):
    """What can go wrong beside a platform's own refusal."""

    SERVER_ERROR = "HTTP 500"
    HTML = "a page of a proxy"
    CUT = "the connection is cut before anything is taken"
    LOST = "the message is taken, the answer is not sent"
    HANG = "no answer ever"


@dataclass
class Faulty:
    """A server that fails on demand. `now` is its clock; with `limited` it keeps the published limits."""

    now: Callable[[], datetime]
    limited: bool = field(default=True, kw_only=True)
    latency: float = field(default=0.0, kw_only=True)
    calls: Counter[str] = field(default_factory=Counter, kw_only=True)

    def __post_init__(self) -> None:
        """What it remembers and shows nobody."""
        self._faults: dict[str, deque[Fault | Answer]] = defaultdict(deque)
        self._sent: dict[tuple[str, ...], deque[datetime]] = defaultdict(deque)
        self._hanging: set[asyncio.Event] = set()

    def script(self, fault: Fault | Answer, times: int = 1, *, call: str) -> None:
        """What the next calls of this kind come to: a Fault, or a status with its JSON."""
        self._faults[call].extend([fault] * times)

    def watched(self, call: str, handler: Handler) -> Handler:
        """The same handler under this name: counted, late, and failing as scripted."""

        async def watch(request: web.Request) -> web.StreamResponse:
            self.calls[call] += 1
            if self.latency:
                await asyncio.sleep(self.latency)
            faults = self._faults[call]
            if not faults:
                return await handler(request)
            return await self._failed(faults.popleft(), request, handler)

        return watch

    async def let_go(self, _app: web.Application) -> None:
        """End the calls that hang; to be done on shutdown."""
        for waiting in self._hanging:
            waiting.set()

    async def _failed(
        self, fault: Fault | Answer, request: web.Request, handler: Handler
    ) -> web.StreamResponse:
        if fault is Fault.LOST:
            await handler(request)
        await request.read()
        if isinstance(fault, tuple):
            return json_answer(fault[1], fault[0])
        if fault is Fault.SERVER_ERROR:
            return web.Response(status=500, text="Internal Server Error")
        if fault is Fault.HTML:
            return web.Response(text="<html>504 Gateway</html>", content_type="text/html")
        if fault is Fault.HANG:
            await self._hang()
        if request.transport is not None:
            request.transport.abort()
        return web.Response()

    async def _hang(self) -> None:
        waiting = asyncio.Event()
        self._hanging.add(waiting)
        await waiting.wait()

    def _is_over(self, who: tuple[str, ...], *limits: tuple[int, timedelta]) -> bool:
        """Whether one more is too much; if not, it is counted."""
        now, sent = self.now(), self._sent[who]
        if self.limited:
            for count, window in limits:
                if len(sent) >= count and sent[-count] + window > now:
                    return True
        sent.append(now)
        while len(sent) > max(count for count, _window in limits):
            sent.popleft()
        return False


async def json_body(request: web.Request) -> dict[str, Any]:
    """The request's JSON object; {} is anything else."""
    try:
        found = json.loads(await request.read())
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}


def json_answer(body: Mapping[str, Any], status: int = 200) -> web.Response:
    """JSON as the platforms write it: Chinese stays Chinese."""
    data = json.dumps(body, ensure_ascii=False).encode()
    return web.Response(status=status, body=data, content_type="application/json", charset="utf-8")

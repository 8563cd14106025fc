"""Routes, and the limits that keep slow, huge or forged requests from doing harm."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

import structlog
from aiohttp import web
from prometheus_client import CollectorRegistry, generate_latest

from bot.channels.base import (
    AskedFirst,
    Call,
    Channel,
    Codec,
    Malformed,
    NotCommitted,
    Rejected,
    Reply,
)
from bot.channels.body import BODY_BYTES, body_of
from bot.turns import Turns

IDLE_SECONDS = 15.0

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Services:
    """What the routes need."""

    channels: Sequence[Channel]
    turns: Turns
    ready: Callable[[], Awaitable[str]]
    metrics: CollectorRegistry
    now: Callable[[], datetime]
    machine_now: Callable[[], datetime]


SERVICES = web.AppKey("services", Services)


def application(services: Services) -> web.Application:
    """The HTTP side of the bot."""
    app = web.Application(client_max_size=BODY_BYTES)
    app[SERVICES] = services
    app.on_response_prepare.append(_say_nothing_of_ourselves)
    for channel in services.channels:
        for path, codec in channel.callbacks.items():
            app.router.add_post(path, Callback(codec, services).receive)
            if isinstance(codec, AskedFirst):
                app.router.add_get(path, Verification(codec, channel.name, services).verify)
        if channel.pages is not None:
            channel.pages(app.router, services.turns)
    app.router.add_get("/healthz", healthz)
    app.router.add_get("/readyz", readyz)
    app.router.add_get("/metrics", metrics)
    return app


def runner(app: web.Application) -> web.AppRunner:
    """A runner that closes idle and half-open connections and logs no request lines."""
    return web.AppRunner(
        app,
        access_log=None,
        handle_signals=False,
        keepalive_timeout=IDLE_SECONDS,
        shutdown_timeout=5.0,
        max_line_size=8190,
        max_field_size=8190,
        auto_decompress=False,
        lingering_time=1.0,
    )


class Verification:
    """What a platform asks before it calls back."""

    def __init__(self, codec: AskedFirst, channel: str, services: Services) -> None:
        self._codec = codec
        self._channel = channel
        self._services = services

    async def verify(self, request: web.Request) -> web.Response:
        """Prove that the address is ours."""
        try:
            return _response(self._codec.verify(_call(request, b"", self._services)))
        except (Rejected, Malformed) as error:
            return _refusal(self._channel, error)


class Callback:
    """What one app's platform calls."""

    def __init__(self, codec: Codec, services: Services) -> None:
        self._codec = codec
        self._services = services

    async def receive(self, request: web.Request) -> web.Response:
        """One callback: answered when its turn is committed, or within the platform's patience otherwise."""
        body = await body_of(request)
        try:
            messages = self._codec.receive(_call(request, body, self._services))
        except (Rejected, Malformed) as error:
            return _refusal(self._codec.channel, error)
        first = messages[0]
        try:
            text = await self._services.turns.within(messages, self._codec.seconds)
        except NotCommitted:
            said = self._codec.unheard(first)
            return web.Response(status=503) if said is None else _response(said)
        if text is None and first.way_back is None:
            return web.Response(status=503)
        return _response(self._codec.reply(first, text or "", self._services.now()))


def _call(request: web.Request, body: bytes, services: Services) -> Call:
    now, machine_now = services.now(), services.machine_now()
    return Call(request.query, request.headers, body, now, machine_now)


def _response(reply: Reply) -> web.Response:
    return web.Response(body=reply.body, headers={"Content-Type": reply.content_type})


async def healthz(_request: web.Request) -> web.Response:
    """The process serves."""
    return web.Response(text="ok")


async def readyz(request: web.Request) -> web.Response:
    """Database and schema are usable; otherwise why not."""
    reason = await request.app[SERVICES].ready()
    return web.Response(text=reason or "ok", status=503 if reason else 200)


async def metrics(request: web.Request) -> web.Response:
    """Prometheus text."""
    registry = request.app[SERVICES].metrics
    return web.Response(body=generate_latest(registry), content_type="text/plain", charset="utf-8")


async def _say_nothing_of_ourselves(_request: web.Request, response: web.StreamResponse) -> None:
    """Aiohttp would name itself, Python and both versions."""
    response.headers["Server"] = "shuanglian"


def _refusal(channel: str, error: Rejected | Malformed) -> web.Response:
    status = 403 if isinstance(error, Rejected) else 400
    log.warning("callback_refused", channel=channel, status=status, reason=str(error))
    return web.Response(status=status)

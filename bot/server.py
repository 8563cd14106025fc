"""Routes, and the limits that keep slow, huge or forged requests from doing harm."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import datetime

import structlog
from aiohttp import web
from prometheus_client import CollectorRegistry, generate_latest

from bot.channels.base import Malformed, Rejected
from bot.channels.wecom import Wecom
from bot.turns import Overloaded, Turns

BODY_BYTES = 256 * 1024
BODY_SECONDS = 5.0
ANSWER_SECONDS = 4.5
IDLE_SECONDS = 15.0
XML = {"Content-Type": "application/xml; charset=utf-8"}

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Services:
    """What the routes need."""

    wecom: Mapping[str, Wecom]
    turns: Turns
    ready: Callable[[], Awaitable[str]]
    metrics: CollectorRegistry
    now: Callable[[], datetime]


SERVICES = web.AppKey("services", Services)


def application(services: Services) -> web.Application:
    """The HTTP side of the bot."""
    app = web.Application(client_max_size=BODY_BYTES)
    app[SERVICES] = services
    app.on_response_prepare.append(_say_nothing_of_ourselves)
    for name, codec in services.wecom.items():
        callback = WecomCallback(codec, services)
        app.router.add_get(f"/wecom/{name}", callback.verify)
        app.router.add_post(f"/wecom/{name}", callback.receive)
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


class WecomCallback:
    """What one app's platform calls."""

    def __init__(self, codec: Wecom, services: Services) -> None:
        self._codec = codec
        self._turns = services.turns
        self._now = services.now

    async def verify(self, request: web.Request) -> web.Response:
        """URL verification: the decrypted echostr and nothing else."""
        try:
            return web.Response(text=self._codec.verify_url(request.query))
        except (Rejected, Malformed) as error:
            return _refusal(self._codec.app.channel, error)

    async def receive(self, request: web.Request) -> web.Response:
        """One callback: answered when its turn is committed, or 503 so that it comes again."""
        body = await _body(request)
        try:
            message = self._codec.receive(request.query, body)
        except (Rejected, Malformed) as error:
            return _refusal(self._codec.app.channel, error)
        try:
            async with asyncio.timeout(ANSWER_SECONDS):
                text = await self._turns.answer(message)
        except (TimeoutError, Overloaded):
            log.warning("not_answered_in_time", channel=message.channel, id=message.id)
            return web.Response(status=503)
        except Exception as error:  # noqa: BLE001 - not committed: the platform must deliver again
            log.error("not_committed", channel=message.channel, error=type(error).__name__)
            return web.Response(status=503)
        if not text:
            return web.Response()
        sealed = self._codec.reply(message.sender, text, self._now())
        return web.Response(body=sealed, headers=XML)


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


async def _body(request: web.Request) -> bytes:
    if (request.content_length or 0) > BODY_BYTES:
        raise web.HTTPRequestEntityTooLarge(max_size=BODY_BYTES, actual_size=BODY_BYTES + 1)
    if request.content.is_eof():  # it came whole, with the head
        return await request.read()
    try:
        async with asyncio.timeout(BODY_SECONDS):
            return await request.read()
    except TimeoutError:
        raise web.HTTPRequestTimeout from None


async def _say_nothing_of_ourselves(_request: web.Request, response: web.StreamResponse) -> None:
    """Aiohttp would name itself, Python and both versions."""
    response.headers["Server"] = "shuanglian"


def _refusal(channel: str, error: Rejected | Malformed) -> web.Response:
    status = 403 if isinstance(error, Rejected) else 400
    log.warning("callback_refused", channel=channel, status=status, reason=str(error))
    return web.Response(status=status)

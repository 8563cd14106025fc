"""Who may use the demo: this machine's own browser, on loopback only. And what its requests hold."""

import json
from collections.abc import Awaitable, Callable
from typing import Any
from urllib.parse import urlsplit

from aiohttp import web

from bot.settings import LOOPBACK

HEADERS = {
    "Content-Security-Policy": "default-src 'self'; base-uri 'none'; frame-ancestors 'none'",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cache-Control": "no-store",
}
BAD_REQUEST = "请求不完整。"

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


@web.middleware
async def guard(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Only this machine's own browser: a foreign Host is DNS rebinding, a foreign Origin another page."""
    origin = request.headers.get("Origin")
    foreign = request.method == "POST" and origin not in (None, f"http://{request.host}")
    if _hostname(request.host) not in LOOPBACK or foreign:
        raise web.HTTPForbidden
    response = await handler(request)
    response.headers.update(HEADERS)
    return response


async def asked_of(request: web.Request) -> dict[str, Any]:
    """The object a button sent; {} for anything else. Plain forms of other pages cannot send JSON."""
    if request.content_type != "application/json":
        raise web.HTTPUnsupportedMediaType
    try:
        found = await request.json()
    except (json.JSONDecodeError, UnicodeDecodeError):
        return {}
    return found if isinstance(found, dict) else {}


def problem(words: str, status: int = 400) -> web.Response:
    """Why a button did nothing, for the page to show."""
    return web.json_response({"problem": words}, status=status)


def _hostname(host: str) -> str:
    try:
        return urlsplit(f"//{host}").hostname or ""
    except ValueError:
        return ""

"""The body of a request from outside: so many bytes, in so many seconds."""

import asyncio

from aiohttp import web

BODY_BYTES = 256 * 1024
BODY_SECONDS = 5.0


async def body_of(request: web.Request) -> bytes:
    """All of it. Raises HTTPRequestEntityTooLarge, HTTPRequestTimeout."""
    if (request.content_length or 0) > BODY_BYTES:
        raise web.HTTPRequestEntityTooLarge(max_size=BODY_BYTES, actual_size=BODY_BYTES + 1)
    if request.content.is_eof():  # it came whole, with the head
        return await request.read()
    try:
        async with asyncio.timeout(BODY_SECONDS):
            return await request.read()
    except TimeoutError:
        raise web.HTTPRequestTimeout from None

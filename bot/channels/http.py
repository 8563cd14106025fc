"""The one session for outgoing HTTP: what comes back is a JSON object, a file, or a reason to try again."""

import json
import re
from contextlib import AbstractAsyncContextManager
from typing import Any, Self

from aiohttp import (
    ClientConnectorError,
    ClientError,
    ClientResponse,
    ClientSession,
    ClientTimeout,
    ClientWebSocketResponse,
    ConnectionTimeoutError,
    FormData,
    TCPConnector,
)
from yarl import URL

from bot.channels.base import JSON_TYPE
from bot.retry import BAD_ANSWER, Again, Answer, Never

SECONDS = 10.0
CONNECT_SECONDS = 5.0
CONNECTIONS = 100
LINKS = 20
PART_BYTES = 64 * 1024
OK = 200
LARGEST_FILE = 20 * 1024 * 1024
# A large file may take its time, but not fall silent.
LOADING = ClientTimeout(total=60.0, sock_connect=CONNECT_SECONDS, sock_read=SECONDS)
SOCKET_BYTES = 1024 * 1024
WebSocket = ClientWebSocketResponse
UNREACHABLE = "连不上平台"
CUT_SHORT = "文件没有取完"
NOT_LOADED = "没有取到文件（HTTP {status}）"
TOO_LARGE = "文件超过 20 MB"
NO_ANSWER = "平台没有答复，可能已经收到"
JSON = {"Content-Type": JSON_TYPE}
NOT_IN_A_FILE_NAME = re.compile(r'[\\/"\x00-\x1f\x7f]')


class Http:
    """Opened and closed once; never logs an address, for tokens and webhook keys are part of it."""

    def __init__(self) -> None:
        self._session: ClientSession | None = None
        self._links: ClientSession | None = None  # apart, so that none of them takes a call's place

    async def __aenter__(self) -> Self:
        """Open the session."""
        self._session = ClientSession(
            timeout=ClientTimeout(total=SECONDS, sock_connect=CONNECT_SECONDS),
            connector=TCPConnector(limit=CONNECTIONS),
        )
        self._links = ClientSession(
            timeout=ClientTimeout(total=SECONDS, sock_connect=CONNECT_SECONDS),
            connector=TCPConnector(limit=LINKS),
        )
        return self

    async def __aexit__(self, *_error: object) -> None:
        """Close it."""
        for session in (self._session, self._links):
            if session is not None:
                await session.close()

    def socket(self, url: URL, heartbeat: float) -> AbstractAsyncContextManager[WebSocket]:
        """A WebSocket, with a ping of ours every so many seconds. Raises ClientError, TimeoutError, OSError."""
        if self._links is None:
            raise ClientError(UNREACHABLE)
        return self._links.ws_connect(url, heartbeat=heartbeat, max_msg_size=SOCKET_BYTES)

    async def call(self, method: str, url: URL, **options: Any) -> dict[str, Any] | Again:
        """One request; the object in its answer, whatever it says."""
        found = await self.ask(method, url, **options)
        if isinstance(found, Again):
            return found
        if found.body is None or not 200 <= found.status < 300:  # noqa: PLR2004 - HTTP's own
            return Again(BAD_ANSWER.format(status=found.status), uncertain=True)
        return found.body

    async def ask(self, method: str, url: URL, **options: Any) -> Answer | Again:
        """One request and its answer, where an error too may say something as JSON."""
        if self._session is None:
            return Again(UNREACHABLE)
        try:
            async with self._session.request(
                method, url, allow_redirects=False, **options
            ) as answer:
                status, body = answer.status, await answer.read()
        except (ClientConnectorError, ConnectionTimeoutError):
            return Again(UNREACHABLE)
        except (ClientError, TimeoutError, OSError):
            return Again(NO_ANSWER, uncertain=True)
        try:
            found = json.loads(body)
        except (ValueError, RecursionError):
            found = None
        return Answer(status, found if isinstance(found, dict) else None)

    async def load(self, url: URL) -> bytes | Again | Never:
        """What lies at an address, up to 20 MB; without a body there is no Content-Type, which DingTalk's storage refuses."""
        if self._session is None:
            return Again(UNREACHABLE)
        try:
            async with self._session.get(url, allow_redirects=False, timeout=LOADING) as answer:
                if answer.status != OK:
                    return Again(NOT_LOADED.format(status=answer.status))
                found = await _read(answer)
        except (ClientConnectorError, ConnectionTimeoutError):
            return Again(UNREACHABLE)
        except (ClientError, TimeoutError, OSError):
            return Again(CUT_SHORT)
        return found or Again(CUT_SHORT)


async def _read(answer: ClientResponse) -> bytes | Never:
    """The whole body; nothing more is read of one that is too large, whatever it says of itself."""
    found = bytearray()
    async for part in answer.content.iter_chunked(PART_BYTES):
        found += part
        if len(found) > LARGEST_FILE:
            return Never(TOO_LARGE)
    return bytes(found)


def form_of(name: str, content: bytes) -> FormData:
    """Multipart with the name in plain UTF-8: percent signs or `filename*` spoil Chinese names."""
    form = FormData(quote_fields=False)
    form.add_field(
        "media",
        content,
        filename=NOT_IN_A_FILE_NAME.sub("", name) or "file",
        content_type="application/octet-stream",
    )
    return form

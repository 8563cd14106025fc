"""The one session for outgoing HTTP: what comes back is a JSON object, or a reason to try again."""

import json
from typing import Any, Self

from aiohttp import (
    ClientConnectorError,
    ClientError,
    ClientSession,
    ClientTimeout,
    ConnectionTimeoutError,
    TCPConnector,
)
from yarl import URL

from bot.retry import Again

SECONDS = 10.0
CONNECT_SECONDS = 5.0
CONNECTIONS = 100
UNREACHABLE = "连不上平台"
NO_ANSWER = "平台没有答复，可能已经收到"
BAD_ANSWER = "平台的答复读不懂（HTTP {status}），可能已经收到"


class Http:
    """Opened and closed once; never logs an address, for tokens and webhook keys are part of it."""

    def __init__(self) -> None:
        self._session: ClientSession | None = None

    async def __aenter__(self) -> Self:
        """Open the session."""
        self._session = ClientSession(
            timeout=ClientTimeout(total=SECONDS, sock_connect=CONNECT_SECONDS),
            connector=TCPConnector(limit=CONNECTIONS),
        )
        return self

    async def __aexit__(self, *_error: object) -> None:
        """Close it."""
        if self._session is not None:
            await self._session.close()

    async def call(self, method: str, url: URL, **options: Any) -> dict[str, Any] | Again:
        """One request; the object in its answer, whatever it says."""
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
        except ValueError:
            found = None
        if not isinstance(found, dict) or not 200 <= status < 300:  # noqa: PLR2004 - HTTP's own
            return Again(BAD_ANSWER.format(status=status), uncertain=True)
        return found

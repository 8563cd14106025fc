"""So many calls in any second, whoever makes them."""

import asyncio
from collections import deque

SECOND = 1.0


class Pace:
    """At most `count` turns a second; who comes too early waits."""

    def __init__(self, count: int) -> None:
        self._count = count
        self._taken: deque[float] = deque(maxlen=count)
        self._lock = asyncio.Lock()

    async def turn(self) -> None:
        """Wait until one more call fits."""
        async with self._lock:
            now = asyncio.get_running_loop().time()
            if len(self._taken) == self._count:
                await asyncio.sleep(max(0.0, self._taken[0] + SECOND - now))
            self._taken.append(asyncio.get_running_loop().time())

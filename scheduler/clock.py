"""The ticker: APScheduler pokes, and holds no state worth keeping."""

from collections.abc import Awaitable, Callable

import structlog
from apscheduler.schedulers.asyncio import AsyncIOScheduler

EVERY_SECONDS = 60

log = structlog.get_logger()


class Ticker:
    """Calls `tick` at once and then every minute until it is stopped; one call at a time."""

    def __init__(self, tick: Callable[[], Awaitable[None]]) -> None:
        self._tick = tick
        self._scheduler = AsyncIOScheduler()

    def start(self) -> None:
        """Begin; needs a running loop."""
        options = {"coalesce": True, "max_instances": 1, "misfire_grace_time": None}
        self._scheduler.add_job(self._once, "interval", seconds=EVERY_SECONDS, **options)
        self._scheduler.add_job(self._once, **options)
        self._scheduler.start()

    def stop(self) -> None:
        """No further call; one under way is cancelled with the loop, and loses nothing."""
        self._scheduler.shutdown(wait=False)

    async def _once(self) -> None:
        """A tick that fails is logged; the next one starts from what is on record."""
        try:
            await self._tick()
        except Exception as error:  # noqa: BLE001 - the next tick tries again
            log.error("tick_failed", error=type(error).__name__)

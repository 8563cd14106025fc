"""The ticker: APScheduler pokes, and holds no state worth keeping."""

import asyncio
from collections.abc import Awaitable, Callable

import structlog
from apscheduler.schedulers.asyncio import AsyncIOScheduler

EVERY_SECONDS = 60
AS_A_TICKER = {"coalesce": True, "max_instances": 1, "misfire_grace_time": None}

log = structlog.get_logger()


class Ticker:
    """Calls `tick` at once and then every minute until it is stopped; one call at a time."""

    def __init__(self, tick: Callable[[], Awaitable[None]]) -> None:
        self._tick = tick
        self._scheduler = AsyncIOScheduler(timezone="UTC")
        self._running: asyncio.Task[None] | None = None

    def start(self) -> None:
        """Begin; needs a running loop."""
        self._scheduler.add_job(self._once, **AS_A_TICKER)
        self._scheduler.add_job(self._once, "interval", seconds=EVERY_SECONDS, **AS_A_TICKER)
        self._scheduler.start()

    async def stop(self) -> None:
        """No further call; one under way is cut short between two commits, and loses nothing."""
        self._scheduler.shutdown(wait=False)
        if self._running is not None:
            self._running.cancel()
            await asyncio.wait({self._running})

    async def _once(self) -> None:
        """A tick that fails is logged; the next one starts from what is on record."""
        if self._running is not None:
            return
        self._running = asyncio.current_task()
        try:
            await self._tick()
        except Exception as error:  # noqa: BLE001 - the next tick tries again
            log.error("tick_failed", error=type(error).__name__)
        finally:
            self._running = None

"""The composition root: names each platform once, opens and closes everything, owns the clock."""

import asyncio
import contextlib
import errno
import gc
import signal
from collections.abc import AsyncIterator, Callable, Collection
from datetime import UTC, datetime, timedelta

import structlog
from aiohttp import web
from prometheus_client import CollectorRegistry

from bot.channels.base import Channel, Sender
from bot.channels.dingtalk_apps import dingtalk_channels
from bot.channels.groups import Groups
from bot.channels.http import Http
from bot.channels.wecom_apps import wecom_channels
from bot.channels.wording import GROUP
from bot.delivery import Delivery
from bot.fetching import Fetching
from bot.measures import DeliveryCollector, FetchingCollector, QuotaCollector, TurnsCollector
from bot.quotas import quotas
from bot.server import Services, application, runner
from bot.settings import Settings
from bot.turns import Turns
from handlers.turn import House
from scheduler.clock import Ticker
from scheduler.rules import Rules
from scheduler.tick import Tick
from storage import schema
from storage.database import Database, DatabaseError, NotPrepared
from storage.encryption import Keyring, Unreadable, read_key
from storage.usage import Usage

# What still waits when every request has ended has been refused; the platform delivers it again.
DRAIN_SECONDS = 1.0
# A platform is one line here: its apps as channels (bot/channels/base.py).
PLATFORMS = (wecom_channels, dingtalk_channels)

log = structlog.get_logger()


class CannotListen(Exception):
    """The configured address is taken, or not this machine's."""


class Clock:
    """The only place that asks the machine for the time; may start elsewhere and be moved on."""

    def __init__(self, start: datetime | None = None) -> None:
        self._ahead = start - datetime.now(UTC) if start else timedelta()

    def now(self) -> datetime:
        """The present moment, aware, in UTC."""
        return datetime.now(UTC) + self._ahead

    def machine_now(self) -> datetime:
        """The same without a rehearsal's shift: what the platforms go by."""
        return datetime.now(UTC)

    def forward(self, by: timedelta) -> None:
        """Move on; a rehearsal's clock only."""
        self._ahead += by


class App:
    """Everything that runs, wired."""

    def __init__(self, settings: Settings, rules: Rules, clock: Clock) -> None:
        self.settings = settings
        self.clock = clock
        self.database = open_database(settings)
        self._http = Http()
        self.channels = channels_of(settings, self._http, self.database, clock)
        senders = senders_of(self.channels.values())
        self.delivery = Delivery(self.database, senders, clock.now, night_ends=rules.night_ends)
        fetchers = {one.name: one.media for one in self.channels.values() if one.media}
        self.fetching = Fetching(self.database, fetchers, clock.now)
        pages = {one.name: one.place_page for one in self.channels.values() if one.place_page}
        heard_in = {one.scope: one.name for one in reversed(self.channels.values())}
        house = House(settings.organisation.name, rules, pages, heard_in)
        self.turns = Turns(self.database, house, clock.now, self._queued)
        self.tick = Tick(self.database, rules, groups_of(settings))
        self.ticker = Ticker(self.tick_once)
        self._ticking = asyncio.Lock()
        registry = CollectorRegistry()
        registry.register(TurnsCollector(self.turns))
        registry.register(DeliveryCollector(self.delivery))
        registry.register(FetchingCollector(self.fetching))
        self._quotas = QuotaCollector()
        registry.register(self._quotas)
        channels = [*self.channels.values()]
        self.web = application(
            Services(channels, self.turns, self.not_ready, registry, clock.now, clock.machine_now)
        )
        self._tasks: list[asyncio.Task[None]] = []

    async def not_ready(self) -> str:
        """Why the bot cannot work, or ""."""
        if not self._tasks or any(task.done() for task in self._tasks):
            return "处理消息的任务没有在运行，请重新启动"
        try:
            async with asyncio.timeout(3):
                await schema.require_current(self.database)
                async with self.database.reading():
                    pass
        except (schema.OldSchema, NotPrepared) as error:
            return str(error)
        except Unreadable:
            return "privacy.keys 打不开已有的数据"
        except (DatabaseError, OSError, TimeoutError) as error:
            return f"数据库不可用：{type(error).__name__}"
        return ""

    @contextlib.asynccontextmanager
    async def running(self) -> AsyncIterator[int]:
        """Serve on the configured address until left; yields the port. Loses nothing on the way out."""
        worker = asyncio.create_task(self.turns.run())
        self._tasks = [worker]
        served = runner(self.web)
        try:
            await served.setup()
            await self._listen(served)
            # What is loaded by now stays: a full collection over it would stall everybody's answer.
            gc.collect()
            gc.freeze()
            async with self._delivering(), self._listening():
                yield int(served.addresses[0][1])
        finally:
            await served.cleanup()
            worker.cancel()
            await asyncio.wait({worker})
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(DRAIN_SECONDS):
                    await self.turns.drain()
            await self.database.close()

    async def tick_once(self) -> None:
        """Do what the calendar asks for up to now, and let it be sent; one tick at a time."""
        async with self._ticking:
            await self.tick.run(self.clock.now())
            await self._look_at_quotas()
        self.delivery.wake()

    def _queued(self) -> None:
        """A commit left something to send or to fetch."""
        self.delivery.wake()
        self.fetching.wake()

    async def _look_at_quotas(self) -> None:
        """Say it in the log when a month's quota is nearly used up, before the platform stops."""
        async with self.database.reading() as unit:
            used = await Usage(unit).of(self.clock.now())
        self._quotas.quotas = quotas(self.settings, used)
        for one in self._quotas.quotas:
            if one.is_low:
                log.error("quota_low", channel=one.channel, percent=one.percent, over=one.is_over)

    async def until_broken(self) -> None:
        """Return never, unless messages are no longer handled or sent; then with what broke."""
        ended, _going_on = await asyncio.wait(self._tasks, return_when=asyncio.FIRST_COMPLETED)
        for one in ended:
            one.result()

    @contextlib.asynccontextmanager
    async def _delivering(self) -> AsyncIterator[None]:
        async with self._http:
            loops = {
                asyncio.create_task(self.delivery.run()),
                asyncio.create_task(self.fetching.run()),
            }
            self._tasks += loops
            self.ticker.start()
            try:
                yield
            finally:
                await self.ticker.stop()
                for loop in loops:
                    loop.cancel()
                await asyncio.wait(loops)

    @contextlib.asynccontextmanager
    async def _listening(self) -> AsyncIterator[None]:
        """The links that channels keep themselves; they end before anything else does."""
        links: list[asyncio.Task[None]] = [
            asyncio.create_task(channel.listen(self.turns))
            for channel in self.channels.values()
            if channel.listen is not None
        ]
        self._tasks += links
        try:
            yield
        finally:
            for link in links:
                link.cancel()
            if links:
                await asyncio.wait(links)

    async def _listen(self, served: web.AppRunner) -> None:
        server = self.settings.server
        try:
            await web.TCPSite(served, server.host, server.port).start()
        except OSError as error:
            taken = error.errno == errno.EADDRINUSE
            reason = "端口已被占用" if taken else f"地址不可用（{error.strerror}）"
            raise CannotListen(f"{server.host}:{server.port} {reason}，请换一个") from error


def open_database(settings: Settings) -> Database:
    """The configured database, with the configured keys."""
    keys = [read_key(key.get_secret_value()) for key in settings.privacy.keys]
    return Database(settings.database.url, Keyring(keys))


def channels_of(
    settings: Settings, http: Http, database: Database, clock: Clock
) -> dict[str, Channel]:
    """Every configured app, by its name."""
    found = [one for make in PLATFORMS for one in make(settings, http, database, clock)]
    return {channel.name: channel for channel in found}


def senders_of(channels: Collection[Channel]) -> dict[str, Sender]:
    """A sender for each channel of the outbox: an app by its name, for a scope the first app of its corp; and the groups."""
    senders: dict[str, Sender] = {}
    groups: dict[str, Sender] = {}
    for channel in channels:
        senders[channel.name] = channel.sender
        senders.setdefault(channel.scope, channel.sender)
        groups |= channel.groups
    return {**senders, GROUP: Groups(groups)}


def groups_of(settings: Settings) -> dict[str, list[str]]:
    """The names of each branch's groups, by the branch's name."""
    found: dict[str, list[str]] = {}
    for group in settings.group:
        for branch in group.branches:
            found.setdefault(branch, []).append(group.name)
    return found


async def serve(
    settings: Settings, rules: Rules, clock: Clock, announce: Callable[[int], None]
) -> None:
    """Run until SIGTERM or SIGINT. Raises storage.schema.OldSchema before anything is opened."""
    app = App(settings, rules, clock)
    try:
        await schema.require_current(app.database)
        async with (
            app.database.reading()
        ):  # a key that opens nothing is said before anybody is answered
            pass
    except BaseException:
        await app.database.close()
        raise
    await until_stopped(app, announce)


async def until_stopped(app: App, announce: Callable[[int], None]) -> None:
    """Serve until SIGTERM or SIGINT; `announce` is told the port."""
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    async with app.running() as port:
        announce(port)
        log.info("serving", port=port, channels=sorted(app.channels))
        ends = [asyncio.create_task(stop.wait()), asyncio.create_task(app.until_broken())]
        ended, waiting = await asyncio.wait(ends, return_when=asyncio.FIRST_COMPLETED)
        for one in waiting:
            one.cancel()
        log.info("stopping")
        for one in ended:
            one.result()
    log.info("stopped")

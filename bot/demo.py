"""`shuanglian demo`: the whole bot on one machine with nothing to set up; gone when it ends."""

import asyncio
import contextlib
import secrets
import signal
import string
from base64 import b64encode
from collections.abc import AsyncIterator, Callable
from datetime import date, datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from aiohttp import web
from pydantic import SecretStr
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource

from bot.app import App, Clock, until_stopped
from bot.rules import load_rules
from bot.settings import (
    DatabaseSection,
    DingtalkSection,
    Group,
    Organisation,
    Privacy,
    Server,
    Settings,
    WecomSection,
)
from bot.web.dingtalk_platform import FakeDingtalk
from bot.web.looks import APP, CONVERSATION, DINGTALK, GROUPS, STAFF, WECOM, channel_of
from bot.web.pages import Pages
from bot.web.people import COMMITTEE, FIRST
from bot.web.platform import FakePlatform
from bot.web.sample import Sample
from bot.web.story import MONTHS_TOLD, OPENS, month_before
from storage import migrate

NOWHERE = "http://127.0.0.1:1"
POLICY = ["chizhou", "university"]
READY = "演示已启动，请用浏览器打开 http://127.0.0.1:{port}/\n人物和记录都是编的，只在这台电脑上；按 Ctrl+C 结束，数据随即删除。"


class DemoSettings(Settings):
    """Settings from code alone: neither file nor environment has a say."""

    @classmethod
    def settings_customise_sources(
        cls, settings_cls: type[BaseSettings], *_args: Any, **sources: Any
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Only what the caller gives."""
        del settings_cls
        return (sources["init_settings"],)


async def run(port: int, announce: Callable[[str], None]) -> None:
    """Serve on 127.0.0.1 until SIGTERM or SIGINT; `announce` is told when the page can be opened."""
    preparing = asyncio.current_task()
    if preparing is not None:
        asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, preparing.cancel)
    with contextlib.suppress(asyncio.CancelledError):
        async with prepared(port) as app:
            await until_stopped(app, lambda opened: announce(READY.format(port=opened)))


@contextlib.asynccontextmanager
async def prepared(port: int, today: date | None = None) -> AsyncIterator[App]:
    """The app with its sample organisation and the demo's pages, not yet serving; its database is deleted at the end."""
    with TemporaryDirectory(prefix="shuanglian-demo-") as place:
        settings = demo_settings(port, Path(place))
        today = today or Clock().now().astimezone(settings.zone).date()
        begin = datetime.combine(month_before(today, MONTHS_TOLD), OPENS, settings.zone)
        clock = Clock(begin)
        wecom, dingtalk = platforms(settings, clock.now)
        async with _served(wecom.application()) as base, _served(dingtalk.application()) as other:
            dingtalk.base = other
            reached = reaching(settings, base, other)
            app = App(reached, load_rules(reached, Path()), clock)
            try:
                await migrate.upgrade(app.database)
                await Sample(app, today).tell()
                clock.forward(datetime.combine(today, OPENS, settings.zone) - clock.now())
                await Pages(app, wecom, dingtalk).mount()
                yield app
            finally:
                await app.database.close()


def platforms(settings: Settings, now: Callable[[], datetime]) -> tuple[FakePlatform, FakeDingtalk]:
    """The stand-ins for both platforms' servers, which know the configured apps and nobody else."""
    app, robot = settings.wecom[APP], settings.dingtalk[APP]
    return (
        FakePlatform(now, secrets={app.corp_id: app.secret.get_secret_value()}),
        FakeDingtalk(
            now,
            users=frozenset(STAFF.values()),
            groups=frozenset({CONVERSATION}),
            apps={robot.client_id: robot.client_secret.get_secret_value()},
        ),
    )


@contextlib.asynccontextmanager
async def _served(platform: web.Application) -> AsyncIterator[str]:
    """One platform's stand-in on a free port of loopback; its address."""
    served = web.AppRunner(platform, access_log=None, shutdown_timeout=1.0)
    await served.setup()
    try:
        await web.TCPSite(served, "127.0.0.1", 0).start()
        yield f"http://127.0.0.1:{served.addresses[0][1]}"
    finally:
        await served.cleanup()


def reaching(settings: Settings, wecom: str, dingtalk: str) -> Settings:
    """The same settings with the platforms at these addresses, and a group on each."""
    app = settings.wecom[APP].model_copy(update={"api_base": wecom})
    bases = {"api_base": dingtalk, "oapi_base": dingtalk}
    robot = settings.dingtalk[APP].model_copy(update=bases)
    webhook = f"{wecom}/cgi-bin/webhook/send?key={secrets.token_hex(16)}"
    groups = [_group(WECOM, webhook=webhook), _group(DINGTALK, conversation=CONVERSATION)]
    update = {"wecom": {APP: app}, "dingtalk": {APP: robot}, "group": groups}
    return settings.model_copy(update=update)


def _group(look: str, **way: Any) -> Group:
    return Group(name=GROUPS[look], channel=channel_of(look), branches=[FIRST], **way)


def demo_settings(port: int, place: Path) -> Settings:
    """A throw-away database and keys that nobody else knows; its platforms are nowhere yet."""
    letters = string.ascii_letters + string.digits
    app = WecomSection(
        corp_id="wwdemo",
        agent_id=1000002,
        secret=SecretStr(secrets.token_hex(16)),
        token=SecretStr(secrets.token_hex(16)),
        aes_key=SecretStr("".join(secrets.choice(letters) for _ in range(43))),
        api_base=NOWHERE,
    )
    robot = DingtalkSection(
        client_id="dingdemoapp",
        client_secret=SecretStr(secrets.token_hex(32)),
        robot_code="dingdemoapp",
        corp_id="dingdemo",
        api_base=NOWHERE,
        oapi_base=NOWHERE,
    )
    return DemoSettings(
        organisation=Organisation(name=COMMITTEE, policy=POLICY),
        server=Server(host="127.0.0.1", port=port),
        database=DatabaseSection(url=f"sqlite+aiosqlite:///{place / 'demo.db'}"),
        privacy=Privacy(keys=[SecretStr(b64encode(secrets.token_bytes(32)).decode())]),
        wecom={APP: app},
        dingtalk={APP: robot},
    )

"""`shuanglian messages`: what failed for good is sent anew, or acknowledged; all that are named, or none."""

from collections.abc import Sequence
from datetime import datetime
from pathlib import Path

import click

from bot.app import Clock
from bot.settings import Settings
from bot.terminal import config_option, fail, opened, run, settings_of
from storage.audit import OPERATOR
from storage.store import Store

NOT_DEAD = (
    "消息 {id} 不在没有发出的消息里，什么也没有改；编号见 shuanglian check 或 export messages"
)
RESENT = "已重新排队 {count} 条，由 serve 发出。"
DROPPED = "已放弃 {count} 条，不再列出。"

numbers_argument = click.argument("numbers", type=int, nargs=-1, required=True, metavar="ID...")


@click.group(help="没有发出的消息：重发，或不再列出。")
def messages() -> None:
    """Group of the two commands."""


@messages.command("resend", help="把没有发出的消息重新排队去发。")
@numbers_argument
@config_option
def resend_messages(numbers: tuple[int, ...], config: Path) -> None:
    """Put dead letters back into the queue."""
    count = run(_deal_with(settings_of(config), numbers, Clock().now(), resend=True))
    click.echo(RESENT.format(count=count))


@messages.command("drop", help="知道了：不再发，check 也不再列出。")
@numbers_argument
@config_option
def drop_messages(numbers: tuple[int, ...], config: Path) -> None:
    """Acknowledge dead letters."""
    count = run(_deal_with(settings_of(config), numbers, Clock().now(), resend=False))
    click.echo(DROPPED.format(count=count))


async def _deal_with(
    settings: Settings, numbers: Sequence[int], now: datetime, *, resend: bool
) -> int:
    """Resend or drop dead letters, each with its entry in the audit trail; how many."""
    async with opened(settings) as database, database.unit() as unit:
        store, named = Store(unit), dict.fromkeys(numbers)
        for number in named:
            if not await store.outbox.bury(number, resend=resend):
                fail(NOT_DEAD.format(id=number), code=1)
            action = "resend" if resend else "drop"
            await store.audit.append(now, OPERATOR, action, f"message:{number}")
        await store.finish()
    return len(named)

"""The `shuanglian` command: exits 0, 1 when what it checked does not hold, 2 on bad usage or settings."""

import os
import sys
from datetime import datetime
from pathlib import Path
from typing import Any

import click

from bot import logs, terminal
from bot.app import Clock, groups_of, open_database, serve
from bot.checks import findings
from bot.dead_letters import messages
from bot.imports import accounts_of, take_over
from bot.outlook import UnknownBranch, open_duties
from bot.settings import Settings
from bot.terminal import config_option, fail, opened, settings_of
from bot.usage import Commands
from handlers.documents import plan, roster, sheets
from handlers.documents.exports import COLUMNS as EXPORT_COLUMNS
from handlers.documents.exports import rows_of
from scheduler.tick import Tick
from storage.audit import OPERATOR
from storage.exports import Exports
from storage.store import Store
from storage.verify import broken_links


@click.group(cls=Commands, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="shuanglian", prog_name="shuanglian")
def main() -> None:
    """双联：流动党员和党支部的联系助手。"""
    os.umask(0o077)  # the database and what is exported are nobody else's on this machine
    logs.configure()


main.add_command(messages)


@main.command()
@click.option("--port", type=click.IntRange(0, 65535), default=8080, show_default=True)
def demo(port: int) -> None:
    """在本机演示：不用任何准备，浏览器里的模拟手机。"""
    from bot.demo import run  # noqa: PLC0415 - only the demo needs it

    terminal.run(run(port, click.echo))


@main.command("serve")
@config_option
@click.option("--clock", metavar="ISO8601", help="演练：时钟从这一刻走起")
def serve_command(config: Path, clock: str | None) -> None:
    """运行机器人。"""
    settings = settings_of(config)
    start = terminal.moment("--clock", clock, settings) if clock else None
    beyond = settings.hosts_beyond_loopback()
    if start is not None and beyond:
        fail(f"--clock 只用于演练，{'、'.join(beyond)} 不在本机，已拒绝")
    if not settings.wecom and not settings.dingtalk:
        fail("没有配置任何应用，请在配置文件的 [wecom.名称] 或 [dingtalk.名称] 一节填写")
    rules, address = terminal.rules_of(settings, config), settings.server.host

    def announce(port: int) -> None:
        click.echo(f"已启动：http://{address}:{port}")

    terminal.run(serve(settings, rules, Clock(start), announce))


@main.command()
@config_option
def check(config: Path) -> None:
    """检查配置、数据库、日历和制度，说明要做什么。"""
    settings = settings_of(config)
    rules, now = terminal.rules_of(settings, config), Clock().now()

    async def report() -> bool:
        good = True
        async for found in findings(settings, rules, now):
            click.echo(f"{'✓' if found.good else '✗'} {found.name}：{found.text}")
            good = good and found.good
        return good

    if not terminal.run(report()):
        fail("检查没有通过，请按上面带 ✗ 的各条处理", code=1)


@main.command()
@config_option
def migrate(config: Path) -> None:
    """把数据库结构升到最新。"""
    from storage.migrate import upgrade  # noqa: PLC0415 - nothing else needs Alembic

    settings = settings_of(config)

    async def bring_up_to_date() -> None:
        database = open_database(settings)
        try:
            await upgrade(database)
        finally:
            await database.close()

    terminal.run(bring_up_to_date())
    click.echo("数据库结构已是最新。")


@main.group("roster")
def roster_group() -> None:
    """名册：模板和导入。"""


@roster_group.command("template")
@click.argument("file", type=click.Path(path_type=Path))
@config_option
def roster_template(file: Path, config: Path) -> None:
    """写一份空的名册模板。"""
    del config
    terminal.write_new(file, roster.roster_template())


@roster_group.command("import")
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--dry-run", is_flag=True, help="只检查，不写入")
@config_option
def roster_import(file: Path, config: Path, dry_run: bool) -> None:
    """导入名册：要么全部写入，要么一行不写。"""
    sheet = terminal.read(roster.read_roster, file)

    async def take(store: Store, settings: Settings, now: datetime) -> roster.Summary:
        today = now.astimezone(settings.zone).date()
        return await roster.import_roster(store, sheet, accounts_of(settings), now, today)

    take_over(config, take, f"roster:{file.name}", dry_run=dry_run)


@main.group("plan")
def plan_group() -> None:
    """全年活动计划：模板和导入。"""


@plan_group.command("template")
@click.argument("file", type=click.Path(path_type=Path))
@config_option
def plan_template(file: Path, config: Path) -> None:
    """写一份空的计划模板。"""
    del config
    terminal.write_new(file, plan.plan_template())


@plan_group.command("import")
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--dry-run", is_flag=True, help="只检查，不写入")
@config_option
def plan_import(file: Path, config: Path, dry_run: bool) -> None:
    """导入计划：要么全部写入，要么一行不写。"""
    sheet = terminal.read(plan.read_plan, file)

    async def take(store: Store, settings: Settings, now: datetime) -> roster.Summary:
        return await plan.import_plan(store, sheet, settings.zone, now)

    take_over(config, take, f"plan:{file.name}", dry_run=dry_run)


@main.command()
@click.option("--at", required=True, metavar="ISO8601", help="做到这一刻为止")
@config_option
def tick(config: Path, at: str) -> None:
    """做完到这一刻为止日历要求的事；再运行一次不会重复。"""
    settings = settings_of(config)
    now, rules = terminal.moment("--at", at, settings), terminal.rules_of(settings, config)

    async def run_once() -> None:
        async with opened(settings) as database:
            await Tick(database, rules, groups_of(settings)).run(now, click.echo)

    terminal.run(run_once())


@main.command()
@click.option("--on", metavar="DATE", help="看哪一天，例如 2026-12-01；不写是今天")
@click.option("--branch", metavar="NAME", help="只看一个党支部")
@config_option
def duties(config: Path, on: str | None, branch: str | None) -> None:
    """列出还没有办的事：条款、期限、下次提醒谁、哪一天。"""
    settings = settings_of(config)
    now, rules = (
        terminal.day_or_now(on, settings, Clock().now()),
        terminal.rules_of(settings, config),
    )

    async def lines() -> list[str]:
        async with opened(settings) as database:
            return await open_duties(database, rules, now, branch)

    try:
        click.echo("".join(f"{line}\n" for line in terminal.run(lines())), nl=False)
    except UnknownBranch as error:
        fail(f"--branch：没有叫“{error}”的党组织")


@main.command()
@click.argument("kind", type=click.Choice(list(EXPORT_COLUMNS)), metavar="KIND")
@click.option(
    "--format",
    "form",
    type=click.Choice(list(sheets.WRITERS)),
    help="不写则看 --output 的后缀，再不然是 json",
)
@click.option("--output", type=click.Path(path_type=Path), help="写到文件；不写则打印")
@config_option
def export(kind: str, form: str | None, output: Path | None, config: Path) -> None:
    """导出一类记录。"""
    settings = settings_of(config)
    rules = terminal.rules_of(settings, config)
    suffix = output.suffix.lower().removeprefix(".") if output else ""
    form = form or (suffix if suffix in sheets.WRITERS else "json")
    if form == "xlsx" and output is None and sys.stdout.isatty():
        fail("xlsx 不能打印在屏幕上，请加 --output 文件.xlsx")

    async def rows() -> list[dict[str, Any]]:
        async with opened(settings) as database:
            async with database.reading() as unit:
                found = await rows_of(kind, Exports(unit), rules, Clock().now())
            async with database.unit() as unit:
                store = Store(unit)
                await store.audit.append(Clock().now(), OPERATOR, "export", kind)
                await store.finish()
            return found

    data = sheets.WRITERS[form](terminal.run(rows()), EXPORT_COLUMNS[kind])
    if output is None:
        sys.stdout.buffer.write(data)
    else:
        terminal.write(output, data)


@main.command()
@config_option
def verify(config: Path) -> None:
    """重算记实档案和审计的校验链，指出第一处断开。"""
    settings = settings_of(config)

    async def breaks() -> list[str]:
        async with opened(settings) as database, database.reading() as unit:
            return [f"{one.chain} 第 {one.no} 条：{one.reason}" for one in await broken_links(unit)]

    found = terminal.run(breaks())
    if found:
        fail("校验链断开：" + "；".join(found), code=1)
    click.echo("校验链完整。")

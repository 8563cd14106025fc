"""What the commands share: the configuration, the database, files, and errors of one clear line."""

import asyncio
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager
from datetime import date, datetime, time
from pathlib import Path
from typing import Any, NoReturn, TypeVar

import click

from bot.app import CannotListen, open_database
from bot.rules import load_rules
from bot.settings import BadSettings, Settings, load
from handlers.documents import sheets
from scheduler.rules import Rules
from storage import schema
from storage.database import Database, DatabaseError, NotPrepared
from storage.encryption import Unreadable

config_option = click.option(
    "--config",
    type=click.Path(path_type=Path),
    default=Path("shuanglian.toml"),
    show_default=True,
    help="配置文件",
)
Result = TypeVar("Result")


@asynccontextmanager
async def opened(settings: Settings) -> AsyncIterator[Database]:
    """The configured database, at the program's schema version."""
    database = open_database(settings)
    try:
        await schema.require_current(database)
        yield database
    finally:
        await database.close()


def settings_of(config: Path) -> Settings:
    """The settings in a file, or one line that names every bad key."""
    try:
        return load(config)
    except BadSettings as error:
        fail(str(error))


def rules_of(settings: Settings, config: Path) -> Rules:
    """The policy and the calendar of the settings, or one line that names every problem."""
    try:
        return load_rules(settings, config.parent)
    except BadSettings as error:
        fail(str(error))


def moment(option: str, text: str, settings: Settings) -> datetime:
    """An ISO 8601 time; without an offset, in the organisation's zone."""
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        fail(f"{option}：“{text}”不是 ISO 8601 时间，应写成例如 2026-10-12T09:00")
    return found if found.tzinfo else found.replace(tzinfo=settings.zone)


def day_or_now(text: str | None, settings: Settings, now: datetime) -> datetime:
    """The last moment of a day, or now where none is named or it is today."""
    if text is None:
        return now
    try:
        day = date.fromisoformat(text)
    except ValueError:
        fail(f"--on：“{text}”不是日期，例如 2026-12-01")
    if day == now.astimezone(settings.zone).date():
        return now
    return datetime.combine(day, time(23, 59, 59), settings.zone)


def run(work: Coroutine[Any, Any, Result]) -> Result:
    """Run to the end; what an operator can mend becomes one line."""
    try:
        return asyncio.run(work)
    except (schema.OldSchema, NotPrepared) as error:
        fail(str(error))
    except CannotListen as error:
        fail(f"server.port（演示是 --port）：{error}")
    except Unreadable:
        fail("privacy.keys：打不开已有的数据，请把旧密钥也列上")
    except DatabaseError as error:
        fail(f"database.url：数据库不可用（{type(error).__name__}），请检查")
    except OSError as error:
        fail(f"文件 {error.filename}：{error.strerror}" if error.filename else str(error))


def read(reader: Callable[[Path], Result], file: Path) -> Result:
    """What a reader makes of a file, before anything else is held up for it."""
    try:
        return reader(file)
    except sheets.UnreadableSheet as error:
        fail(str(error), code=1)


def write_new(file: Path, data: bytes) -> None:
    """Write a workbook where nothing is yet."""
    if file.suffix.lower() != ".xlsx":
        fail(f"文件 {file} 应以 .xlsx 结尾")
    if file.exists():
        fail(f"文件 {file} 已存在，请换个名字", code=1)
    write(file, data)


def write(file: Path, data: bytes) -> None:
    """Write a file and say so."""
    try:
        file.write_bytes(data)
    except OSError as error:
        fail(f"文件 {file} 写不进去：{error.strerror}")
    click.echo(f"已写入 {file}")


def fail(message: str, code: int = 2) -> NoReturn:
    """One clear line on stderr."""
    click.echo(f"错误：{message}", err=True)
    raise SystemExit(code)

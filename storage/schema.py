"""The schema's version: whether a database has the one that the program needs."""

from sqlalchemy import inspect, text

from storage.database import Database

HEAD = "0003"


class OldSchema(RuntimeError):
    """The database is not at the program's schema version."""


async def require_current(database: Database) -> None:
    """Raise OldSchema unless every revision has run."""
    current = None
    if database.file is not None and not database.file.exists():
        raise OldSchema(
            f"没有数据库文件 {database.file}，请检查 database.url；新装的话请先运行 shuanglian migrate"
        )
    async with database.reader.connect() as connection:
        if await connection.run_sync(lambda found: inspect(found).has_table("alembic_version")):
            current = await connection.scalar(text("SELECT version_num FROM alembic_version"))
    if current != HEAD:
        raise OldSchema(
            f"数据库结构版本为 {current or '空'}，程序需要 {HEAD}，请先运行 shuanglian migrate"
        )

"""Bring the schema up to date. Apart from schema.py, so that only `shuanglian migrate` loads Alembic."""

import secrets
from importlib.resources import files

from alembic import command
from alembic.config import Config
from sqlalchemy.engine import Connection

from storage import tables
from storage.chain import AUDIT, COUNT, new_chains
from storage.database import Database, Unit


def config() -> Config:
    """Alembic's configuration, without a file."""
    found = Config()
    found.set_main_option("script_location", str(files("storage") / "migrations"))
    return found


async def upgrade(database: Database) -> None:
    """Run the missing revisions in one transaction, then make what every database needs."""
    async with database.writer.begin() as connection:
        await connection.run_sync(_upgrade)
    async with database.unprepared() as unit:
        await _prepare(unit)
    async with database.unit() as unit:
        if not await unit.select(tables.chains, tables.chains.c.name == AUDIT):
            await new_chains(unit, (AUDIT,))


async def _prepare(unit: Unit) -> None:
    """Secrets are made once and wrapped anew with the newest key; counters begin."""
    known = {row["purpose"]: row["value"] for row in await unit.select(tables.secrets)}
    made = {"chain": secrets.token_hex(32), "index": secrets.token_hex(32), COUNT: f"{0:08x}"}
    for purpose, value in {**made, **known}.items():
        if purpose in known:
            await unit.change(tables.secrets, {"purpose": purpose}, value=value)
        else:
            unit.add(tables.secrets, purpose=purpose, value=value)
    counted = {row["name"] for row in await unit.select(tables.counters)}
    for table in tables.metadata.sorted_tables:
        if "id" in table.columns and table.name not in counted:
            unit.add(tables.counters, name=table.name, value=0)


def _upgrade(connection: Connection) -> None:
    found = config()
    found.attributes["connection"] = connection
    command.upgrade(found, "head")

"""Migrations: an empty database, an old one, a new first key, a key that is gone."""

from typing import Any

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import text
from sqlalchemy.engine import Connection

from storage import migrate, schema, tables
from storage.database import Database, NotPrepared, Unit
from storage.encryption import Keyring, Unreadable
from storage.store import Store
from tests.fakes import KEY, MONDAY

NEW_KEY = b"n" * 32


async def summary(database: Database) -> dict[str, Any]:
    """What every prepared database holds, opened."""
    needed = (tables.secrets, tables.counters, tables.chains)
    async with database.reading() as unit:
        return {table.name: await unit.select(table) for table in needed}


async def test_an_empty_database_becomes_what_the_code_expects(empty_url: str) -> None:
    """After the revisions, the schema differs in nothing from the metadata."""
    database = Database(empty_url, Keyring([KEY]))
    await migrate.upgrade(database)

    def differences(connection: Connection) -> list[Any]:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        return list(compare_metadata(context, tables.metadata))

    async with database.writer.connect() as connection:
        assert await connection.run_sync(differences) == []
    await schema.require_current(database)
    await database.close()


def test_the_program_asks_for_the_newest_revision() -> None:
    """`schema.HEAD` is written by hand, so that serving needs no Alembic."""
    assert ScriptDirectory.from_config(migrate.config()).get_current_head() == schema.HEAD


async def test_partial_unique_keys_reach_the_database(empty_url: str) -> None:
    """The indexes that carry promises are unique and partial where they live, not only in the code."""
    database = Database(empty_url, Keyring([KEY]))
    await migrate.upgrade(database)
    source = "sqlite_master" if empty_url.startswith("sqlite") else "pg_indexes"
    columns = "name, sql" if empty_url.startswith("sqlite") else "indexname, indexdef"
    async with database.writer.connect() as connection:
        rows = await connection.execute(text(f"SELECT {columns} FROM {source}"))
        found = {row[0]: row[1] or "" for row in rows}
    await database.close()
    partial = [
        index
        for table in tables.metadata.tables.values()
        for index in table.indexes
        if index.dialect_options["sqlite"]["where"] is not None
    ]
    assert len(partial) >= 6
    for index in partial:
        assert " WHERE " in found[str(index.name)].upper()
        assert (" UNIQUE " in found[str(index.name)].upper()) == index.unique


async def test_an_old_database_is_named_as_such(empty_url: str) -> None:
    """No schema and an older one are refused with what to do; the message names both versions."""
    database = Database(empty_url, Keyring([KEY]))
    if database.file is not None:
        with pytest.raises(schema.OldSchema, match=r"没有数据库文件.*shuanglian migrate"):
            await schema.require_current(database)
        assert not database.file.exists()
        database.file.touch()
    with pytest.raises(schema.OldSchema, match=r"空.*shuanglian migrate"):
        await schema.require_current(database)
    await migrate.upgrade(database)
    async with database.writer.begin() as connection:
        await connection.execute(text("UPDATE alembic_version SET version_num = '0000'"))
    with pytest.raises(schema.OldSchema, match=r"0000.*shuanglian migrate"):
        await schema.require_current(database)
    await database.close()


async def test_upgrading_again_changes_nothing(url: str) -> None:
    """Secrets, counters and chains stay as they are, however often `migrate` runs."""
    database = Database(url, Keyring([KEY]))
    async with database.unit() as unit:
        await Store(unit).organisations.ensure("第一党支部")
    before = await summary(database)
    for _ in range(2):
        await migrate.upgrade(database)
    assert await summary(database) == before
    await database.close()


async def test_an_upgrade_cut_short_is_finished_by_the_next(
    empty_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Tables without secrets are refused, and made whole by running `migrate` again."""

    async def cut(unit: Unit) -> None:
        raise KeyboardInterrupt

    database = Database(empty_url, Keyring([KEY]))
    with monkeypatch.context() as patch:
        patch.setattr(migrate, "_prepare", cut)
        with pytest.raises(KeyboardInterrupt):
            await migrate.upgrade(database)
    with pytest.raises(NotPrepared):
        await add_organisation(database)
    await migrate.upgrade(database)
    await add_organisation(database)
    await database.close()


async def test_a_new_first_key_takes_over(url: str) -> None:
    """`migrate` wraps the secrets anew, old rows still open, and indexes and chains go on."""
    old = Database(url, Keyring([KEY]))
    async with old.unit() as unit:
        store = Store(unit)
        branch = await store.organisations.ensure("第一党支部")
        given = {"name": "张三", "phone": "13900000001", "category": "正式党员"}
        await store.members.add(branch_id=branch, at=MONDAY, **given)
    before = await summary(old)
    await old.close()

    both = Database(url, Keyring([NEW_KEY, KEY]))
    await migrate.upgrade(both)
    assert await summary(both) == before
    async with both.unit() as unit:
        found = await Store(unit).members.by_phone("13900000001")
        assert found is not None
        assert found["phone"] == "13900000001"
    await both.close()

    new = Database(url, Keyring([NEW_KEY]))
    assert await summary(new) == before
    with pytest.raises(Unreadable, match="no configured key"):
        await read_members(new)
    await new.close()


@pytest.mark.parametrize("act", ["upgrade", "unit", "reading"])
async def test_a_dropped_key_is_reported(url: str, act: str) -> None:
    """A database sealed with a key that is no longer configured opens nowhere, and stays unchanged."""
    stranger = Database(url, Keyring([NEW_KEY]))
    acts = {
        "upgrade": lambda: migrate.upgrade(stranger),
        "unit": lambda: add_organisation(stranger),
        "reading": lambda: read_members(stranger),
    }
    with pytest.raises(Unreadable, match="no configured key"):
        await acts[act]()
    await stranger.close()
    owner = Database(url, Keyring([KEY]))
    await read_members(owner)
    await owner.close()


async def add_organisation(database: Database) -> None:
    """Write something."""
    async with database.unit() as unit:
        await Store(unit).organisations.ensure("第一党支部")


async def read_members(database: Database) -> None:
    """Read whole rows."""
    async with database.reading() as unit:
        await unit.select(tables.members)

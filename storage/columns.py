"""The kinds of columns: moments in UTC, sealed values, references and own numbers."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Column, DateTime, Dialect, ForeignKey, Integer, LargeBinary
from sqlalchemy.dialects.sqlite import DATETIME
from sqlalchemy.types import TypeDecorator, TypeEngine


class _Text(DATETIME):
    """SQLAlchemy's own storage format, written and read in C."""

    def bind_processor(self, dialect: Dialect) -> Callable[[datetime | None], str | None]:
        """'2026-10-05 01:00:00.000000'."""
        del dialect
        return lambda value: None if value is None else value.isoformat(" ", "microseconds")


class Instant(TypeDecorator[datetime]):
    """An aware datetime, stored in UTC. SQLite keeps no zone, so it is put back on reading."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        """SQLite keeps text, which `datetime` writes by itself."""
        if dialect.name == "sqlite":
            return dialect.type_descriptor(_Text())  # type: ignore[no-untyped-call]
        return self.impl_instance

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Refuse naive times; store UTC."""
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("a naive time was passed to the database")
        utc = value.astimezone(UTC)
        return utc.replace(tzinfo=None) if dialect.name == "sqlite" else utc

    def result_processor(
        self, dialect: Dialect, coltype: object
    ) -> Callable[[Any], datetime | None] | None:
        """UTC; SQLite keeps text without a zone, PostgreSQL's driver gives it aware."""
        del coltype
        if dialect.name != "sqlite":
            return None
        return lambda text: None if text is None else _parsed(text).replace(tzinfo=UTC)


_parsed = datetime.fromisoformat


def sealed(name: str) -> Column[bytes]:
    """A column that is encrypted, bound to its table, name and row (storage/encryption.py)."""
    return Column(name, LargeBinary, nullable=True, info={"sealed": True})


def reference(name: str, target: str, *, nullable: bool = False) -> Column[Any]:
    """A foreign key to an integer id."""
    return Column(name, Integer, ForeignKey(target), nullable=nullable)


def number() -> Column[int]:
    """A primary key that the unit of work numbers (counters), so that a row can be sealed to it."""
    return Column("id", Integer, primary_key=True, autoincrement=False)

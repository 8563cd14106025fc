"""Rows of a large installation for the planning bench: branches, secretaries, members who are all away."""

import sqlite3
from collections.abc import Iterator
from datetime import UTC, date, datetime
from typing import Any

import asyncpg

BRANCH_SIZE = 20
COMMITTEE_SIZE = 100  # branches
CREATED = datetime(2025, 6, 1, tzinfo=UTC)
LEFT = date(2025, 7, 1)
CONTACTED = date(2026, 1, 20)
REACHED_OF_TEN = 7

Rows = Iterator[tuple[Any, ...]]


def tables_of(members: int) -> Iterator[tuple[str, tuple[str, ...], Rows]]:
    """(table, columns, rows) in the order of their references."""
    branches = members // BRANCH_SIZE
    committees = max(1, branches // COMMITTEE_SIZE)
    yield "organisations", ("id", "name", "parent_id"), _organisations(branches, committees)
    yield "members", _MEMBER, _members(members, branches, committees)
    yield "accounts", ("scope", "user", "member_id", "bound_at"), _accounts(members)
    yield "stints", _STINT, _stints(members, branches)
    yield "contacts", _CONTACT, _contacts(members, branches)


_MEMBER = (
    *("id", "branch_id", "name", "sex", "phone_index", "binding_index", "category"),
    *("position", "created_at", "updated_at", "branch_since"),
)
_STINT = (
    "id",
    "member_id",
    "branch_id",
    "left_on",
    "province",
    "city",
    "certificate",
    "host_branch",
    "opened_at",
)
_CONTACT = (
    "id",
    "member_id",
    "branch_id",
    "by_member_id",
    "kind",
    "on",
    "outcome",
    "reached",
    "topics",
    "recorded_at",
)


def _organisations(branches: int, committees: int) -> Rows:
    for number in range(1, committees + 1):
        yield branches + number, f"第{number}党委", None
    for number in range(1, branches + 1):
        yield number, f"第{number}党支部", branches + 1 + number % committees


def branch_of(member: int, branches: int) -> int:
    """Members are dealt to the branches in turn."""
    return member % branches + 1


def _members(members: int, branches: int, committees: int) -> Rows:
    for number in range(1, members + 1):
        index = number.to_bytes(16, "big")
        position = "书记" if number <= branches else ""
        branch = branch_of(number, branches)
        yield (
            number,
            branch,
            f"党员{number}",
            "",
            index,
            index,
            "正式党员",
            position,
            CREATED,
            CREATED,
            CREATED,
        )
    for place in range(1, committees + 1):
        number = members + place
        index = number.to_bytes(16, "big")
        yield (
            number,
            branches + place,
            f"书记{place}",
            "",
            index,
            index,
            "正式党员",
            "书记",
            CREATED,
            CREATED,
            CREATED,
        )


def _accounts(members: int) -> Rows:
    for number in range(1, members + 1):
        yield "wecom:wwbench", f"u{number}", number, CREATED


def _stints(members: int, branches: int) -> Rows:
    for number in range(1, members + 1):
        yield number, number, branch_of(number, branches), LEFT, "江苏省", "苏州市", "", "", CREATED


def _contacts(members: int, branches: int) -> Rows:
    for number in range(1, members + 1):
        if number % 10 < REACHED_OF_TEN:
            branch = branch_of(number, branches)
            yield number, number, branch, branch, "contact", CONTACTED, "通了", True, "", CREATED


def fill_sqlite(path: str, members: int) -> None:
    """Straight into the file, as fast as it goes."""
    connection = sqlite3.connect(path)
    connection.execute("PRAGMA synchronous=OFF")
    for table, columns, rows in tables_of(members):
        names = ", ".join(f'"{name}"' for name in columns)
        marks = ", ".join("?" * len(columns))
        statement = f"INSERT INTO {table} ({names}) VALUES ({marks})"
        connection.executemany(statement, map(_as_sqlite, rows))
    connection.commit()
    connection.execute("ANALYZE")
    connection.commit()
    connection.close()


async def fill_postgresql(url: str, members: int) -> None:
    """By COPY."""
    connection = await asyncpg.connect(url.replace("+asyncpg", ""))
    for table, columns, rows in tables_of(members):
        await connection.copy_records_to_table(table, records=rows, columns=columns)
    await connection.execute("ANALYZE")
    await connection.close()


def _as_sqlite(row: tuple[Any, ...]) -> tuple[Any, ...]:
    return tuple(
        value.replace(tzinfo=None).isoformat(" ", "microseconds")
        if isinstance(value, datetime)
        else value.isoformat()
        if isinstance(value, date)
        else value
        for value in row
    )

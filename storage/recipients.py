"""Who can be told: many people, secretaries and activities in a few queries each."""

from collections.abc import Iterable
from dataclasses import dataclass
from itertools import groupby
from operator import attrgetter
from typing import Any

from sqlalchemy import ColumnElement, FromClause, exists, func, select

from storage import tables
from storage.activities import activity_of
from storage.database import Unit
from storage.records import Activity, Purpose, is_secretarys

members, accounts, consents = tables.members, tables.accounts, tables.consents
organisations, activities = tables.organisations, tables.activities
A_QUERY = 5_000


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody who may be told something; without `user` there is no way to them."""

    id: int
    name: str
    branch_id: int
    position: str
    scope: str | None
    user: str | None
    was_asked: bool
    agrees: bool

    @property
    def refuses(self) -> bool:
        """Consent was withdrawn: they are not written to (个人信息保护法 第15条)."""
        return self.was_asked and not self.agrees


def _consented(*where: ColumnElement[bool]) -> ColumnElement[bool]:
    records = consents.c.purpose == Purpose.RECORDS
    return exists().where(consents.c.member_id == members.c.id, records, *where)


def last_used(account: FromClause) -> ColumnElement[Any]:
    """When an account spoke last, or was bound."""
    return func.coalesce(account.c.used_at, account.c.bound_at)


# Of several accounts of one person the first is written to.
LAST_USED_FIRST = (last_used(accounts).desc(), accounts.c.scope)
PEOPLE = (
    select(
        members.c.id,
        members.c.name,
        members.c.branch_id,
        members.c.position,
        accounts.c.scope,
        accounts.c.user,
        _consented().label("was_asked"),
        _consented(consents.c.withdrawn_at.is_(None)).label("agrees"),
    )
    .outerjoin(accounts, accounts.c.member_id == members.c.id)
    .order_by(members.c.id, *LAST_USED_FIRST)
)


class Recipients:
    """Reads only."""

    def __init__(self, unit: Unit) -> None:
        self._unit = unit

    async def people(self, member_ids: Iterable[int]) -> dict[int, Person]:
        """Members by id, each with the account last used."""
        found: dict[int, Person] = {}
        ids = sorted(set(member_ids))
        for start in range(0, len(ids), A_QUERY):
            where = members.c.id.in_(ids[start : start + A_QUERY])
            for row in await self._unit.fetch(PEOPLE.where(where)):
                found.setdefault(row["id"], Person(**row))
        return found

    async def secretaries(self, branch_ids: Iterable[int]) -> dict[int, Person]:
        """Whom each branch's matters go to: the secretary before a deputy, one who can be reached first."""
        where = (
            members.c.branch_id.in_(sorted(set(branch_ids))),
            members.c.position.contains("书记"),
        )
        rows = await self._unit.fetch(PEOPLE.where(*where))
        people = [Person(**row) for row in rows if is_secretarys(row["position"])]
        people.sort(key=_by_reach)
        by_branch = groupby(people, attrgetter("branch_id"))
        return {branch_id: next(found) for branch_id, found in by_branch}

    async def activities(self, activity_ids: Iterable[int]) -> dict[int, Activity]:
        """Activities by id."""
        where = activities.c.id.in_(sorted(set(activity_ids)))
        rows = await self._unit.fetch(select(activities).where(where))
        return {row["id"]: activity_of(row) for row in rows}

    async def branches(self, branch_ids: Iterable[int]) -> dict[int, tuple[str, int | None]]:
        """(name, the organisation above) of each."""
        where = organisations.c.id.in_(sorted(set(branch_ids)))
        rows = await self._unit.fetch(select(organisations).where(where))
        return {row["id"]: (row["name"], row["parent_id"]) for row in rows}

    async def ids_of(self, names: Iterable[str]) -> dict[str, int]:
        """Organisations by name."""
        where = organisations.c.name.in_(sorted(set(names)))
        rows = await self._unit.fetch(select(organisations).where(where))
        return {row["name"]: row["id"] for row in rows}


def _by_reach(one: Person) -> tuple[int, bool, bool, int]:
    """Whoever can be told before whoever cannot, the secretary before a deputy."""
    return one.branch_id, one.user is None or one.refuses, "副" in one.position, one.id

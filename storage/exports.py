"""Whole tables for the operator's exports, opened, with the names that ids stand for."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date

from sqlalchemy import Table

from storage import tables
from storage.chain import Heads
from storage.database import Row, Unit
from storage.duties import Duties, Found
from storage.ledger import Ledger
from storage.notices import Notices
from storage.questions import Question

ACCOUNTS, ACTIVITIES, ATTENDANCE = tables.accounts, tables.activities, tables.attendance
CONTACTS, NOTICES = tables.contacts, tables.notices
AUDIT, CONSENTS, DUES, LEAVES = tables.audit, tables.consents, tables.dues, tables.leaves
LEDGER, MEMBERS, OUTBOX, PLACES = tables.ledger, tables.members, tables.outbox, tables.places
REPORTS, REQUESTS, STINTS = tables.reports, tables.requests, tables.stints


@dataclass(frozen=True, slots=True)
class Names:
    """Member ids to (name, branch id), and branch ids to names."""

    members: dict[int, tuple[str, int]]
    branches: dict[int, str]


class Exports:
    """Reads for files handed to the operator."""

    def __init__(self, unit: Unit) -> None:
        self._unit = unit

    async def names(self) -> Names:
        """Everybody's name and every branch's."""
        members = await self._unit.fetch(MEMBERS.select())
        branches = await self._unit.select(tables.organisations)
        return Names(
            {row["id"]: (row["name"], row["branch_id"]) for row in members},
            {row["id"]: row["name"] for row in branches},
        )

    async def rows(self, table: Table) -> list[Row]:
        """A whole table in the order of its key."""
        return await self._unit.select(table, order=tuple(table.primary_key.columns))

    async def first_due(
        self, duties: Collection[tuple[str, int]]
    ) -> dict[tuple[str, int, str], date]:
        """(rule, subject, period) → the due day that was told first, of these (rule, subject)."""
        return await Notices(self._unit).first_due(duties)

    async def marks(self) -> dict[tuple[int, int], str]:
        """What members said of ledger entries, by (branch id, number)."""
        return await Ledger(self._unit, Heads(self._unit)).states()

    async def expected(self, questions: Sequence[Question]) -> list[Found]:
        """Everybody of whom something was expected, with what settled it."""
        return [one async for some in Duties(self._unit).expected(questions) for one in some]

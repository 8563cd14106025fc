"""The ledger (MR-1 … MR-3): append-only entries, chained per branch, and the members' marks on them."""

from datetime import date, datetime
from operator import itemgetter

from sqlalchemy import select

from storage import tables
from storage.chain import Heads, ledger_chain, marks_chain
from storage.database import Row, Unit
from storage.records import Entry, EntryKind

entries, marks = tables.ledger, tables.ledger_marks


class Ledger:
    """Entries and marks. Nothing here is ever updated or deleted."""

    def __init__(self, unit: Unit, heads: Heads) -> None:
        self._unit = unit
        self._heads = heads

    async def append(
        self,
        branch_id: int,
        member_id: int,
        kind: EntryKind,
        occurred_on: date,
        text: str,
        *,
        by: int,
        at: datetime,
        corrects: int | None = None,
    ) -> int:
        """Add one entry (一事一记, MR-2); its number in the branch."""
        return await self._heads.extend(
            ledger_chain(branch_id),
            entries,
            branch_id=branch_id,
            member_id=member_id,
            by_member_id=by,
            kind=str(kind),
            occurred_on=occurred_on,
            text=text,
            corrects=corrects,
            recorded_at=at,
        )

    async def mark(self, entry: Entry, state: str, reason: str | None, at: datetime) -> None:
        """Keep what the member said of an entry: confirmed or disputed."""
        await self._heads.extend(
            marks_chain(entry.branch_id),
            marks,
            branch_id=entry.branch_id,
            entry_no=entry.no,
            member_id=entry.member_id,
            state=state,
            reason=reason,
            marked_at=at,
        )

    async def of_member(self, member_id: int, no: int | None = None) -> list[Entry]:
        """A member's entries, newest first, each with its latest mark."""
        where = [entries.c.member_id == member_id]
        if no is not None:
            where.append(entries.c.no == no)
        newest = (entries.c.recorded_at.desc(), entries.c.no.desc())
        rows = await self._unit.select(entries, *where, order=newest)
        states = await self.states(member_id)
        return [_entry(row, states) for row in rows]

    async def row(self, branch_id: int, no: int) -> Row:
        """The whole opened row of an entry. Raises LookupError."""
        where = (entries.c.branch_id == branch_id, entries.c.no == no)
        return (await self._unit.select(entries, *where))[0]

    async def corrections(self, branch_id: int, at: datetime) -> list[Row]:
        """The corrections of one moment, as of the calling off of an activity."""
        where = (entries.c.branch_id == branch_id, entries.c.recorded_at == at)
        return await self._unit.select(entries, *where, entries.c.kind == EntryKind.CORRECTION)

    async def states(self, member_id: int | None = None) -> dict[tuple[int, int], str]:
        """The latest mark of each entry, by (branch id, number); of one member or of all."""
        where = () if member_id is None else (marks.c.member_id == member_id,)
        rows = await self._unit.fetch(select(marks).where(*where))
        rows.sort(key=itemgetter("branch_id", "no"))
        return {(row["branch_id"], row["entry_no"]): row["state"] for row in rows}


def _entry(row: Row, states: dict[tuple[int, int], str]) -> Entry:
    return Entry(
        branch_id=row["branch_id"],
        no=row["no"],
        member_id=row["member_id"],
        kind=EntryKind(row["kind"]),
        occurred_on=row["occurred_on"],
        text=row["text"],
        corrects=row["corrects"],
        state=states.get((row["branch_id"], row["no"]), "pending"),
    )

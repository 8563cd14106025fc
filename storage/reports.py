"""Thought reports (思想汇报), sealed as they were written."""

from datetime import datetime

from storage import tables
from storage.database import Row, Unit
from storage.records import Report, State

table = tables.reports


class Reports:
    """What members handed in."""

    def __init__(self, unit: Unit) -> None:
        self._unit = unit

    async def submit(
        self,
        member_id: int,
        branch_id: int,
        *,
        period: str,
        text: str,
        words: int,
        attachments: str,
        at: datetime,
    ) -> int:
        """Keep one report; its id."""
        number = await self._unit.next_id(table)
        self._unit.add(
            table,
            id=number,
            member_id=member_id,
            branch_id=branch_id,
            period=period,
            text=text,
            words=words,
            attachments=attachments,
            state=str(State.PENDING),
            submitted_at=at,
        )
        return number

    async def get(self, report_id: int) -> Report:
        """One report by id. Raises LookupError."""
        return _report((await self._unit.select(table, table.c.id == report_id))[0])

    async def of_member(self, member_id: int) -> list[Report]:
        """A member's reports, newest first."""
        newest = (table.c.submitted_at.desc(),)
        rows = await self._unit.select(table, table.c.member_id == member_id, order=newest)
        return [_report(row) for row in rows]

    async def settle(self, report_id: int, state: State) -> None:
        """Read, returned or withdrawn."""
        await self._unit.change(table, {"id": report_id}, state=str(state))


def _report(row: Row) -> Report:
    return Report(
        id=row["id"],
        member_id=row["member_id"],
        period=row["period"],
        words=row["words"],
        state=State(row["state"]),
        submitted_at=row["submitted_at"],
        text=row["text"],
        attachments=row["attachments"] or "",
    )

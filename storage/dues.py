"""Dues: one row a month, declared by the member, confirmed by the branch. Money in 分."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import ColumnElement

from storage import tables
from storage.database import Row, Unit
from storage.records import Dues, State

table = tables.dues


class DuesBook:
    """What members said they paid."""

    def __init__(self, unit: Unit) -> None:
        self._unit = unit

    async def standing(self, member_id: int, months: Sequence[str]) -> list[Dues]:
        """The declarations in force for these months ("2026-10")."""
        where = (table.c.member_id == member_id, table.c.month.in_(months))
        return await self._find(*where, tables.dues_stand)

    async def of_member(self, member_id: int) -> list[Dues]:
        """Everything a member declared, newest month first."""
        return await self._find(table.c.member_id == member_id, newest=True)

    async def of_month(self, month: str, member_ids: Sequence[int]) -> dict[int, State]:
        """Whose declaration for a month stands, and whether the branch has confirmed it."""
        where = (table.c.member_id.in_(member_ids), table.c.month == month, tables.dues_stand)
        return {one.member_id: one.state for one in await self._find(*where)}

    async def of_request(self, request_id: int) -> list[Dues]:
        """The months of one declaration."""
        return await self._find(table.c.request_id == request_id)

    async def declare(
        self,
        member_id: int,
        branch_id: int,
        fen_by_month: dict[str, int],
        request_id: int,
        at: datetime,
    ) -> None:
        """Record one pending row a month."""
        for month, fen in fen_by_month.items():
            self._unit.add(
                table,
                id=await self._unit.next_id(table),
                member_id=member_id,
                branch_id=branch_id,
                month=month,
                fen=fen,
                state=str(State.PENDING),
                request_id=request_id,
                ledger_no=None,
                declared_at=at,
                proof=None,
            )

    async def settle(self, request_id: int, state: State, ledger_no: int | None = None) -> None:
        """Confirm (with the ledger's entry), return or withdraw all months of one declaration."""
        await self._unit.flush()
        values = {"state": str(state), "ledger_no": ledger_no}
        await self._unit.connection.execute(
            table.update().where(table.c.request_id == request_id).values(values)
        )

    async def attach_proof(self, request_id: int, media_id: int) -> None:
        """A picture (storage/media.py) is the proof of one declaration."""
        for dues in await self.of_request(request_id):
            await self._unit.change(table, {"id": dues.id}, proof=str(media_id))

    async def proofs(self, member_id: int) -> dict[int, str]:
        """The proof of each of a member's declarations that has one, by request.

        A picture's id as text; of before pictures were kept, the platform's code, which is worth nothing.
        """
        rows = await self._unit.select(table, table.c.member_id == member_id)
        return {row["request_id"]: row["proof"] for row in rows if row["proof"]}

    async def _find(self, *where: ColumnElement[bool], newest: bool = False) -> list[Dues]:
        order = table.c.month.desc() if newest else table.c.month
        query = table.select().where(*where).order_by(order, table.c.id)
        return [_dues(row) for row in await self._unit.fetch(query)]


def _dues(row: Row) -> Dues:
    return Dues(
        id=row["id"],
        member_id=row["member_id"],
        month=row["month"],
        fen=row["fen"],
        state=State(row["state"]),
        request_id=row["request_id"],
        ledger_no=row["ledger_no"],
    )

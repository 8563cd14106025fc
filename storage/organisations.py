"""Organisations: branches and what stands above them."""

from storage import tables
from storage.chain import ledger_chain, marks_chain, new_chains
from storage.database import Row, Unit

table = tables.organisations


class Organisations:
    """Found by name; made when a roster names them first."""

    def __init__(self, unit: Unit) -> None:
        self._unit = unit
        self._known: dict[str, tuple[int, int | None]] = {}  # name: id, parent

    async def all(self) -> list[Row]:
        """Every organisation: id, name, parent_id."""
        return await self._unit.select(table, order=(table.c.id,))

    async def ensure(self, name: str, parent_id: int | None = None) -> int:
        """The id of the organisation with this name, made if there is none; the parent is kept current."""
        if name not in self._known:
            rows = await self._unit.select(table, table.c.name == name)
            if rows:
                self._known[name] = (rows[0]["id"], rows[0]["parent_id"])
        if name in self._known:
            number, above = self._known[name]
            if parent_id is not None and above != parent_id:
                await self._unit.change(table, {"id": number}, parent_id=parent_id)
                self._known[name] = (number, parent_id)
            return number
        number = await self._unit.next_id(table)
        self._unit.add(table, id=number, name=name, parent_id=parent_id)
        await new_chains(self._unit, (ledger_chain(number), marks_chain(number)))
        self._known[name] = (number, parent_id)
        return number

    async def branches_under(self, name: str) -> list[int]:
        """The branch itself, or every branch below an upper organisation; empty when unknown."""
        everything = await self.all()
        chosen = {row["id"] for row in everything if row["name"] == name}
        children: dict[int, list[int]] = {}
        for row in everything:
            children.setdefault(row["parent_id"], []).append(row["id"])
        leaves: list[int] = []
        seen: set[int] = set()
        while chosen:
            current = chosen.pop()
            seen.add(current)
            below = children.get(current, [])
            chosen.update(set(below) - seen)
            if not below:
                leaves.append(current)
        return sorted(leaves)

"""Recomputes every hash chain and names the first link of each that does not hold."""

from collections import defaultdict

from sqlalchemy import Table, select

from storage import tables
from storage.chain import AUDIT, COUNT, Break, chain_count, first_break, ledger_chain, marks_chain
from storage.database import Row, Unit
from storage.encryption import Unreadable


async def broken_links(unit: Unit) -> list[Break]:
    """One Break per chain that does not hold; empty when all do."""
    heads = {row["name"]: row for row in await unit.select(tables.chains)}
    chained: dict[str, tuple[Table, list[Row]]] = {}
    for name in [*heads, *await _expected(unit)]:
        chained[name] = (_table_of(name), [])
    unreadable: dict[str, Break | None] = {}
    for table in (tables.ledger, tables.ledger_marks, tables.audit):
        try:
            by_chain = await _rows_by_chain(unit, table)
        except (ValueError, TypeError):
            unreadable |= await _unreadable(unit, table)
            continue
        for name, rows in by_chain.items():
            chained[name] = (table, rows)
    found = [
        first_break(unit, name, table, rows, heads.get(name))
        for name, (table, rows) in chained.items()
        if name not in unreadable and not (unreadable and not rows)
    ]
    found += unreadable.values()
    if len(heads) != await chain_count(unit):
        found.append(
            Break(COUNT, len(heads), "链的条数与登记不符，可能有支部的记录整个被删除或添加")
        )
    return [broken for broken in found if broken is not None]


async def _expected(unit: Unit) -> list[str]:
    """The chains that must be there: a branch cannot lose its history together with its head."""
    branches = [row["id"] for row in await unit.fetch(select(tables.organisations.c.id))]
    return [AUDIT, *(name(one) for one in branches for name in (ledger_chain, marks_chain))]


async def _rows_by_chain(unit: Unit, table: Table) -> dict[str, list[Row]]:
    rows: dict[str, list[Row]] = defaultdict(list)
    for row in await unit.fetch(select(table).order_by(*table.primary_key.columns)):
        rows[_chain_of(table, row)].append(row)
    return rows


async def _unreadable(unit: Unit, table: Table) -> dict[str, Break | None]:
    """The first row of each chain that holds what its column cannot hold."""
    found: dict[str, Break | None] = {}
    keys = table.primary_key.columns
    for key in await unit.fetch(select(*keys).order_by(*keys)):
        name = _chain_of(table, key)
        try:
            await unit.select(table, *(table.c[one] == value for one, value in key.items()))
        except (ValueError, TypeError):
            found.setdefault(name, Break(name, key["no"], "内容不是应有的格式"))
        except Unreadable:
            continue
    return found


def _chain_of(table: Table, row: Row) -> str:
    if table is tables.audit:
        return AUDIT
    return (ledger_chain if table is tables.ledger else marks_chain)(row["branch_id"])


def _table_of(chain: str) -> Table:
    if chain == AUDIT:
        return tables.audit
    return tables.ledger if chain.startswith("ledger:") else tables.ledger_marks

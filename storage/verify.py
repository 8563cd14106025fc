"""Recomputes every hash chain and names the first link of each that does not hold."""

from collections import defaultdict

from sqlalchemy import Table, select

from storage import tables
from storage.chain import AUDIT, COUNT, Break, chain_count, first_break, ledger_chain, marks_chain
from storage.database import Row, Unit


async def broken_links(unit: Unit) -> list[Break]:
    """One Break per chain that does not hold; empty when all do."""
    if "chain" not in unit.secrets:
        return [Break(COUNT, 0, "校验用的密钥被删除，无法校验")]
    heads = {row["name"]: row for row in await unit.select(tables.chains)}
    chained: dict[str, tuple[Table, list[Row]]] = {}
    for name in [*heads, *await _expected(unit)]:
        chained[name] = (_table_of(name), [])
    found: dict[str, Break | None] = {}
    for table in (tables.ledger, tables.ledger_marks, tables.audit):
        for name, rows in (await _rows_by_chain(unit, table, found)).items():
            chained[name] = (table, rows)
    for name, (table, rows) in chained.items():
        found.setdefault(name, first_break(unit, name, table, rows, heads.get(name)))
    if len(heads) != await chain_count(unit):
        words = "链的条数与登记不符，可能有支部的记录整个被删除或添加"
        found[COUNT] = Break(COUNT, len(heads), words)
    return [broken for broken in found.values() if broken is not None]


async def _expected(unit: Unit) -> list[str]:
    """The chains that must be there: a branch cannot lose its history together with its head."""
    branches = [row["id"] for row in await unit.fetch(select(tables.organisations.c.id))]
    return [AUDIT, *(name(one) for one in branches for name in (ledger_chain, marks_chain))]


async def _rows_by_chain(
    unit: Unit, table: Table, found: dict[str, Break | None]
) -> dict[str, list[Row]]:
    """The stored rows of each chain in order; a row that its columns cannot hold is a Break at once."""
    query = select(table).order_by(*table.primary_key.columns)
    rows: dict[str, list[Row]] = defaultdict(list)
    try:
        for row in await unit.fetch(query):
            rows[_chain_of(table, row)].append(row)
    except (ValueError, TypeError):
        return await _one_by_one(unit, table, found)
    return rows


async def _one_by_one(
    unit: Unit, table: Table, found: dict[str, Break | None]
) -> dict[str, list[Row]]:
    rows: dict[str, list[Row]] = defaultdict(list)
    keys = table.primary_key.columns
    for key in await unit.fetch(select(*keys).order_by(*keys)):
        name = _chain_of(table, key)
        where = [table.c[column] == value for column, value in key.items()]
        try:
            rows[name] += await unit.fetch(select(table).where(*where))
        except (ValueError, TypeError):
            found.setdefault(name, Break(name, key["no"], "内容不是应有的格式"))
    return rows


def _chain_of(table: Table, row: Row) -> str:
    if table is tables.audit:
        return AUDIT
    return (ledger_chain if table is tables.ledger else marks_chain)(row["branch_id"])


def _table_of(chain: str) -> Table:
    if chain == AUDIT:
        return tables.audit
    return tables.ledger if chain.startswith("ledger:") else tables.ledger_marks

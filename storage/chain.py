"""Hash chains of ledger and audit: each row's hash covers its content and the hash before it."""

import hmac
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any

from sqlalchemy import Table, select

from storage import tables
from storage.database import Row, Unit, many
from storage.encryption import Unreadable

GENESIS = "0" * 64
AUDIT = "audit"
COUNT = "chains"
HEADS = select(tables.chains).where(tables.chains.c.name.in_(many("names")))


@dataclass(frozen=True, slots=True)
class Break:
    """Where a chain stops holding, and how."""

    chain: str
    no: int
    reason: str


def ledger_chain(branch_id: int) -> str:
    """The name of a branch's chain of entries."""
    return f"ledger:{branch_id}"


def marks_chain(branch_id: int) -> str:
    """The name of a branch's chain of marks."""
    return f"marks:{branch_id}"


def link_hash(key: bytes, chain: str, previous: str, table: Table, row: Mapping[str, Any]) -> str:
    """Hex HMAC-SHA256 over the chain's name, the hash before, and every other column of the row."""
    content = [row[name] for name in _CONTENT[table]]
    text = _ENCODER.encode([chain, previous, *content])
    return hmac.digest(key, text.encode(), "sha256").hex()


def head_mac(key: bytes, chain: str, no: int, last: str) -> str:
    """Hex HMAC-SHA256 that only who holds the chains' key can put on a head."""
    return hmac.digest(key, f"head|{chain}|{no}|{last}".encode(), "sha256").hex()


def first_break(
    unit: Unit, chain: str, table: Table, rows: Iterable[Row], head: Row | None
) -> Break | None:
    """The first stored row, in order of its number, that does not hold; `head` is the chain's own row."""
    key = unit.secrets["chain"]
    no, previous = 0, GENESIS
    for row in rows:
        if row["no"] != no + 1:
            return Break(chain, no + 1, "缺少这一条")
        no += 1
        try:
            unit.opened(table, row)
            expected = link_hash(key, chain, previous, table, row)
        except Unreadable:
            return Break(chain, no, "密文被改动或移位")
        except (TypeError, ValueError, AttributeError):
            return Break(chain, no, "内容不是应有的格式")
        if row["hash"] != expected:
            return Break(chain, no, "内容或次序被改动")
        previous = row["hash"]
    if head is None or (no, previous) != (head["no"], head["hash"]):
        last = max(no, head["no"]) if head and isinstance(head["no"], int) else no
        return Break(chain, last, "末尾与登记的链尾不符，可能有记录被删除或添加")
    if head["mac"] != head_mac(key, chain, no, previous):
        return Break(chain, no, "登记的链尾被改动，可能有末尾的记录被删除")
    return None


class Heads:
    """The last number and hash of each chain, read once a unit; there is one writer at a time."""

    def __init__(self, unit: Unit) -> None:
        self._unit = unit
        self._heads: dict[str, tuple[int, str]] = {}
        self._expected: set[str] = set()
        self._moved: set[str] = set()

    def expect(self, names: Iterable[str]) -> None:
        """Chains that a unit may extend: all are read in one query when the first one is."""
        self._expected.update(names)

    async def load(self, name: str) -> None:
        """Read the head, and those expected beside it."""
        if name in self._heads:
            return
        missing = sorted({name, *self._expected} - self._heads.keys())
        for row in await self._unit.fetch(HEADS, names=missing):
            self._heads[row["name"]] = (row["no"], row["hash"])

    async def extend(self, chain: str, table: Table, **row: Any) -> int:
        """Add the row as the chain's next link; its number."""
        await self.load(chain)
        no, previous = self._heads[chain]
        row["no"] = no + 1
        row["hash"] = link_hash(self._unit.secrets["chain"], chain, previous, table, row)
        self._heads[chain] = (no + 1, row["hash"])
        self._moved.add(chain)
        self._unit.add(table, **row)
        return no + 1

    async def store(self) -> None:
        """Write the moved heads back; part of the commit that moved them."""
        key = self._unit.secrets["chain"]
        rows = []
        for name in sorted(self._moved):
            no, last = self._heads[name]
            mac = head_mac(key, name, no, last)
            rows.append({"name": name, "no": no, "hash": last, "mac": mac})
        self._moved.clear()
        await self._unit.change_many(tables.chains, ("name",), rows)


async def new_chains(unit: Unit, names: Sequence[str]) -> None:
    """Begin chains that have no link yet, and count them."""
    for name in names:
        mac = head_mac(unit.secrets["chain"], name, 0, GENESIS)
        unit.add(tables.chains, name=name, no=0, hash=GENESIS, mac=mac)
    count = await chain_count(unit) + len(names)
    await unit.change(tables.secrets, {"purpose": COUNT}, value=f"{count:08x}")


async def chain_count(unit: Unit) -> int:
    """How many chains have begun; sealed, so that a chain cannot vanish with its head."""
    rows = await unit.select(tables.secrets, tables.secrets.c.purpose == COUNT)
    return int(rows[0]["value"], 16) if rows else 0


def _plain(value: object) -> str:
    """What JSON has no word for."""
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat()
    if isinstance(value, date):
        return value.isoformat()
    raise TypeError(f"a chain cannot cover {type(value).__name__}")


_ENCODER = json.JSONEncoder(ensure_ascii=False, default=_plain)
_CONTENT = {
    table: [column.name for column in table.columns if column.name != "hash"]
    for table in (tables.ledger, tables.ledger_marks, tables.audit)
}

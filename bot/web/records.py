"""The demo's drawer: what is on record in the first branch, and how it lies in the database."""

from dataclasses import asdict, dataclass
from typing import Any
from zoneinfo import ZoneInfo

from bot.web.people import FIRST
from bot.web.record_tabs import NAMES_BY_USER, TABS, Facts, Tab
from scheduler.occurrences import title_in
from scheduler.rules import Rules
from storage import tables
from storage.chain import ledger_chain
from storage.database import Database, Row, Unit
from storage.store import Store
from storage.verify import broken_links

SHOWN = 30
BYTES_SHOWN = 8


@dataclass(frozen=True, slots=True)
class Field:
    """A line of a card; `stored` is how a sealed column begins in the database, in hex."""

    label: str
    text: str
    stored: str = ""


@dataclass(frozen=True, slots=True)
class Card:
    """One row, worded; `key` finds it again, `moment` sorts it."""

    key: str
    title: str
    moment: str
    at: str
    fields: list[Field]


async def drawer(database: Database, rules: Rules, zone: ZoneInfo) -> dict[str, Any]:
    """The newest rows of every tab, and whether the chains hold."""
    async with database.reading() as unit:
        facts, branch = await _facts(unit, rules, zone)
        shown: dict[str, list[Card]] = {}
        for tab in TABS:
            shown.setdefault(tab.name, []).extend(await _cards(unit, tab, facts, branch))
        broken = await broken_links(unit)
        heads = await unit.select(tables.chains, tables.chains.c.name == ledger_chain(branch))
    for cards in shown.values():
        cards.sort(key=lambda card: card.moment, reverse=True)
    tabs = [
        {"name": name, "cards": [asdict(card) for card in cards]} for name, cards in shown.items()
    ]
    return {"tabs": tabs, "chain": {"holds": not broken, "entries": heads[0]["no"]}}


async def _facts(unit: Unit, rules: Rules, zone: ZoneInfo) -> tuple[Facts, int]:
    """The words for the first branch's numbers, and the branch."""
    store = Store(unit)
    branch = (await store.organisations.branches_under(FIRST))[0]
    names = {member.id: member.name for member in await store.members.of_branch(branch)}
    rows = await unit.select(tables.activities, tables.activities.c.branch_id == branch)
    states = (await store.ledger.states()).items()
    marks = {no: state for (branch_id, no), state in states if branch_id == branch}
    topics = {row["id"]: row["topic"] for row in rows}
    titles = {rule.name: title_in(rule, "") for rule in rules.policy.rules}
    return Facts(zone, names, topics, marks, titles), branch


async def _cards(unit: Unit, tab: Tab, facts: Facts, branch: int) -> list[Card]:
    """The newest rows of one table, both opened and as they lie there."""
    columns = tab.table.c
    if "recipient_id" in columns:
        owned = columns.branch_id == branch
    elif "member_id" in columns:
        owned = columns.member_id.in_(facts.names)
    else:
        owned = (columns.sender if "sender" in columns else columns.recipient).in_(NAMES_BY_USER)
    newest = (columns[tab.at].desc(), *(column.desc() for column in tab.table.primary_key.columns))
    stored = await unit.fetch(tab.table.select().where(owned).order_by(*newest).limit(SHOWN))
    return [_card(unit, tab, facts, row) for row in stored]


def _card(unit: Unit, tab: Tab, facts: Facts, stored: Row) -> Card:
    row = unit.opened(tab.table, dict(stored))
    key = "|".join(_key(row[column.name]) for column in tab.table.primary_key.columns)
    fields = []
    for label, name, words in tab.fields:
        text = "" if row[name] is None else words(row[name], facts, row)
        if text:
            sealed = tab.table.c[name].info.get("sealed")
            fields.append(Field(label, text, _hex(stored[name]) if sealed else ""))
    moment = row[tab.at]
    return Card(
        f"{tab.table.name}:{key}", facts.title(row), moment.isoformat(), facts.when(moment), fields
    )


def _hex(sealed: bytes) -> str:
    """The beginning of a ciphertext, and how long it is."""
    return f"{sealed[:BYTES_SHOWN].hex(' ')} … {len(sealed)} 字节"


def _key(value: Any) -> str:
    return value.hex() if isinstance(value, bytes) else str(value)

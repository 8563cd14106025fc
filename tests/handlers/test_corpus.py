"""What people write, judged by what lands in the records: no wrong record, and nearly every right one."""

import asyncio
import json
from collections import defaultdict
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from bot.channels.base import Message
from handlers.turn import Kind
from storage import tables
from tests.fakes import FIRST, MONDAY, SCOPE, Rehearsal, on, rehearsal

pytestmark = pytest.mark.long

CORPUS = Path(__file__).parents[1] / "data" / "corpus"
NAMES = ("first", "second", "third", "fourth", "fifth", "sixth")
LEAST_RIGHT = 0.98
ALL_PURPOSES = ("records", "place", "sharing")


@dataclass(frozen=True)
class Outcome:
    """What one line did: the kind of record or dialog, and its slots."""

    writes: str | None
    slots: dict[str, Any]


async def _people(talk: Rehearsal, lines: list[dict[str, Any]]) -> None:
    """A fresh 张三 for every line, so that no line sees another's records."""
    async with talk.store() as store:
        branch = await store.organisations.ensure(FIRST)
        for place, line in enumerate(lines):
            number = await store.members.add(
                branch_id=branch,
                name="张三",
                phone=f"139{place:08d}",
                category="正式党员",
                at=talk.clock.now(),
            )
            for purpose in ALL_PURPOSES:
                row = {"id": await store.unit.next_id(tables.consents), "member_id": number}
                now = talk.clock.now()
                store.unit.add(
                    tables.consents,
                    **row,
                    purpose=purpose,
                    notice="test",
                    granted_at=now,
                    withdrawn_at=None,
                )
            store.unit.add(
                tables.accounts,
                scope=SCOPE,
                user=f"user{place}",
                member_id=number,
                bound_at=talk.clock.now(),
            )
            if line["writes"] == "return":
                now, left = talk.clock.now(), MONDAY.date()
                await store.stints.leave(
                    number, branch, left, now, province="江苏省", city="苏州市"
                )


async def _say_all(talk: Rehearsal, lines: list[dict[str, Any]]) -> list[str]:
    """Every line by its own member, in batches like those of a busy morning."""
    waiting = [
        asyncio.ensure_future(
            talk.turns.answer(
                Message(
                    "wecom.main", SCOPE, f"user{place}", str(place), Kind.TEXT, line["says"], ""
                )
            )
        )
        for place, line in enumerate(lines)
    ]
    await asyncio.sleep(0)
    await talk.turns.drain()
    return [await answer for answer in waiting]


async def _outcomes(talk: Rehearsal, lines: list[dict[str, Any]]) -> list[Outcome]:
    found: dict[int, dict[str, list[dict[str, Any]]]] = defaultdict(lambda: defaultdict(list))
    watched = (
        tables.attendance,
        tables.places,
        tables.dues,
        tables.leaves,
        tables.responses,
        tables.requests,
        tables.reports,
        tables.stints,
        tables.ledger_marks,
    )
    for table in watched:
        for row in await talk.rows(table):
            found[row["member_id"]][table.name].append(row)
    dialogs = {row["sender"]: json.loads(row["state"]) for row in await talk.rows(tables.dialogs)}
    return [
        _outcome(found[place + 1], dialogs.get(f"user{place}"), line)
        for place, line in enumerate(lines)
    ]


def _outcome(
    rows: dict[str, list[dict[str, Any]]], dialog: dict[str, Any] | None, line: dict[str, Any]
) -> Outcome:
    if rows["attendance"]:
        return Outcome({"remote": "remote"}.get(rows["attendance"][0]["state"], "check_in"), {})
    if rows["places"]:
        place = rows["places"][0]
        names = {name: place[name] or "" for name in ("province", "city", "district")}
        city = "" if names["city"] == names["province"] else names["city"]
        return Outcome("place", {**names, "city": city})
    if rows["dues"]:
        months = sorted(row["month"] for row in rows["dues"])
        return Outcome(
            "dues", {"months": months, "fen_total": sum(row["fen"] for row in rows["dues"])}
        )
    if rows["leaves"]:
        return Outcome("leave", {})
    for request in rows["requests"]:
        return Outcome(request["kind"], {})
    if rows["responses"]:
        return Outcome("response", {})
    unexpected = rows["reports"] or rows["ledger_marks"]
    if unexpected or (rows["stints"] and line["writes"] != "return"):
        return Outcome("unexpected", {})
    return Outcome(_opened(dialog), {})


def _opened(dialog: dict[str, Any] | None) -> str | None:
    if dialog and dialog["topic"] == "report" and dialog["state"]["parts"]:
        return "report"
    if dialog and dialog["topic"] == "stint":
        return "return" if "back" in dialog["state"] else "stint"
    return None


def _is_right(line: dict[str, Any], outcome: Outcome) -> bool:
    if line["writes"] != outcome.writes:
        return False
    if line["writes"] in {"dues", "place"}:
        wanted = {**line["slots"]}
        if "months" in wanted:
            wanted["months"] = sorted(wanted["months"])
        return bool(wanted == outcome.slots)
    return True


def _is_wrong_record(line: dict[str, Any], outcome: Outcome) -> bool:
    """Something lasting was written that was not said; an opened question is no record."""
    lasting = outcome.writes not in {None, "stint", "return", "report"}
    return lasting and not _is_right(line, outcome)


async def test_lines_write_what_they_say_and_nothing_else(tmp_path: Path) -> None:
    """All corpora together reach 98 % without a single wrong record."""
    lines = [line for name in NAMES for line in _lines(name)]
    async with rehearsal(f"sqlite+aiosqlite:///{tmp_path}/corpus.db") as talk:
        await talk.activity()
        await talk.activity("下一次活动", starts=on(2026, 11, 5))
        await _people(talk, lines)
        await _say_all(talk, lines)
        outcomes = await _outcomes(talk, lines)
    judged = list(zip(lines, outcomes, strict=True))
    wrong = [(line["says"], outcome) for line, outcome in judged if _is_wrong_record(line, outcome)]
    missed = [
        (line["says"], line["writes"], outcome.writes)
        for line, outcome in judged
        if not _is_right(line, outcome)
    ]
    assert not wrong, wrong
    assert 1 - len(missed) / len(lines) >= LEAST_RIGHT, missed


@pytest.mark.parametrize("name", NAMES)
def test_each_corpus_is_large_and_half_of_it_traps(name: str) -> None:
    """At least 400 lines, at least half of which must write nothing."""
    lines = _lines(name)
    assert len(lines) >= 400
    assert sum(line["writes"] is None for line in lines) * 2 >= len(lines)


def _lines(name: str) -> list[dict[str, Any]]:
    text = (CORPUS / f"{name}.jsonl").read_text("utf-8")
    return [json.loads(line) for line in text.splitlines()]

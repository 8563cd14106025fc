"""`python -m bench [wecom | dingtalk]`: check-ins a second and p99 at half load, contenders in turn, ratios at the end."""

import shutil
import statistics
import sys
import tempfile
from collections import defaultdict
from dataclasses import dataclass, field
from pathlib import Path

from bench import drain
from bench.contender import LOAD_CORE, Contender, on_core
from bench.load import as_fast_as_possible, at_rate, check_ins
from bench.wire import WIRES, Wire

OURS = Contender("this bot", "ours", "attendance")
LIMIT = Contender("bare aiohttp + sqlite3 (the limit)", "bare", "check_ins")
FLASK = Contender("tutorial, Flask", "tutorial_flask", "check_ins")
FASTAPI = Contender("tutorial, FastAPI", "tutorial_fastapi", "check_ins")
TUTORIALS = (FLASK, FASTAPI)
CONTENDERS = {"wecom": (OURS, LIMIT, *TUTORIALS), "dingtalk": (OURS, LIMIT, FASTAPI)}
ROUNDS = 3
SECONDS = 4.0
GAP = 1_000_000


@dataclass
class Row:
    """One contender behind one platform, and what was measured of it."""

    platform: str
    one: Contender
    found: dict[str, list[float]] = field(default_factory=lambda: defaultdict(list))

    @property
    def wire(self) -> Wire:
        return WIRES[self.platform]

    def seeded(self, folder: Path) -> Path:
        return folder / self.platform / self.one.module

    def middle(self, what: str) -> float:
        return statistics.median(self.found[what])


def main() -> None:
    """Seed each row once, then run them round by round on fresh copies."""
    chosen = sys.argv[1:] or list(CONTENDERS)
    rows = [Row(name, one) for name in chosen for one in CONTENDERS[name]]
    folder = Path(tempfile.mkdtemp(prefix="shuanglian-bench-"))
    try:
        for row in rows:
            row.one.seed(row.seeded(folder), row.platform)
        for turn in range(ROUNDS):
            for row in rows:
                _measure_rate(row, folder, turn)
        for row in rows:
            _measure_waits(row, folder)
    finally:
        shutil.rmtree(folder)
    _print(rows)
    if not sys.argv[1:]:
        print()
        drain.main()


def _measure_rate(row: Row, folder: Path, turn: int) -> None:
    requests = check_ins(row.wire, turn * GAP)
    with row.one.serving(row.seeded(folder)) as running:
        row.found["ready"].append(running.ready_after)
        row.found["idle"].append(running.memory())
        with on_core(LOAD_CORE):
            outcome = as_fast_as_possible(running.port, requests, SECONDS)
        _check(row, running.recorded(), outcome.answered, outcome.wrong(row.wire))
        row.found["rate"].append(outcome.rate())


def _measure_waits(row: Row, folder: Path) -> None:
    requests, half = check_ins(row.wire, ROUNDS * GAP), row.middle("rate") / 2
    with row.one.serving(row.seeded(folder)) as running, on_core(LOAD_CORE):
        waits = at_rate(running.port, requests, half, SECONDS).latencies()
        row.found["p50"].append(waits[len(waits) // 2])
        row.found["p99"].append(waits[int(len(waits) * 0.99)])


def _check(row: Row, recorded: int, answered: int, wrong: list[str]) -> None:
    """A contender that answers without recording has not taken part."""
    if wrong or recorded < answered or not answered:
        raise SystemExit(
            f"{row.wire.name}, {row.one.name}: {recorded} recorded, {answered} answered, wrong: {wrong[:1]}"
        )


def _print(rows: list[Row]) -> None:
    print(f"{'':48}{'a second':>9}{'p50 ms':>8}{'p99 ms':>8}{'idle MB':>9}{'ready s':>9}")
    for row in rows:
        print(
            f"{row.wire.name:12}{row.one.name:36}{row.middle('rate'):9.0f}{row.middle('p50'):8.1f}"
            f"{row.middle('p99'):8.1f}{row.middle('idle'):9.0f}{row.middle('ready'):9.2f}"
        )
    for platform in dict.fromkeys(row.platform for row in rows):
        _print_ratios(platform, {row.one: row for row in rows if row.platform == platform})


def _print_ratios(platform: str, rows: dict[Contender, Row]) -> None:
    best = max(rows[one].middle("rate") for one in TUTORIALS if one in rows)
    ours, limit = rows[OURS], rows[LIMIT]
    print(f"\n{WIRES[platform].name}")
    print(f"of the limit:            {ours.middle('rate') / limit.middle('rate'):.2f}   (aim 0.50)")
    print(f"times the best tutorial: {ours.middle('rate') / best:.1f}   (aim 5.0)")
    print(
        f"p99 over the limit's:    {ours.middle('p99') / limit.middle('p99'):.1f}   (aim 3.0 at most)"
    )


main()

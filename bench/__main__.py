"""`python -m bench`: check-ins a second and p99 at half load, contenders in turn, ratios at the end."""

import shutil
import statistics
import tempfile
from collections import defaultdict
from pathlib import Path

from bench import drain
from bench.contender import LOAD_CORE, Contender, on_core
from bench.load import as_fast_as_possible, at_rate, check_ins

OURS, LIMIT = "this bot", "bare aiohttp + sqlite3 (the limit)"
TUTORIALS = ("tutorial, Flask", "tutorial, FastAPI")
CONTENDERS = (
    Contender(OURS, "ours", "attendance"),
    Contender(LIMIT, "bare", "check_ins"),
    Contender(TUTORIALS[0], "tutorial_flask", "check_ins"),
    Contender(TUTORIALS[1], "tutorial_fastapi", "check_ins"),
)
ROUNDS = 3
SECONDS = 4.0
IDLE_SECONDS = 0.5
GAP = 1_000_000


def main() -> None:
    """Seed each contender once, then run them round by round on fresh copies."""
    folder = Path(tempfile.mkdtemp(prefix="shuanglian-bench-"))
    found: dict[str, dict[str, list[float]]] = defaultdict(lambda: defaultdict(list))
    try:
        for one in CONTENDERS:
            one.seed(folder / one.module)
        for turn in range(ROUNDS):
            for one in CONTENDERS:
                _measure_rate(one, folder, turn, found[one.name])
        for one in CONTENDERS:
            half = statistics.median(found[one.name]["rate"]) / 2
            _measure_waits(one, folder, half, found[one.name])
        _print(found)
        print()
        drain.main()
    finally:
        shutil.rmtree(folder)


def _measure_rate(one: Contender, folder: Path, turn: int, found: dict[str, list[float]]) -> None:
    requests = check_ins(turn * GAP)
    with one.serving(folder / one.module) as running:
        found["ready"].append(running.ready_after)
        found["idle"].append(running.memory())
        with on_core(LOAD_CORE):
            outcome = as_fast_as_possible(running.port, requests, SECONDS)
        _check(one, running.recorded(), outcome.answered, outcome.wrong())
        found["rate"].append(outcome.rate())
        found["busy"].append(running.memory())


def _measure_waits(
    one: Contender, folder: Path, rate: float, found: dict[str, list[float]]
) -> None:
    requests = check_ins(ROUNDS * GAP)
    with one.serving(folder / one.module) as running, on_core(LOAD_CORE):
        waits = at_rate(running.port, requests, rate, SECONDS).latencies()
        found["p50"].append(waits[len(waits) // 2])
        found["p99"].append(waits[int(len(waits) * 0.99)])


def _check(one: Contender, recorded: int, answered: int, wrong: list[str]) -> None:
    """A contender that answers without recording has not taken part."""
    if wrong or recorded < answered:
        raise SystemExit(
            f"{one.name}: {recorded} recorded, {answered} answered, wrong: {wrong[:1]}"
        )


def _print(found: dict[str, dict[str, list[float]]]) -> None:
    middle = {
        name: {what: statistics.median(values) for what, values in each.items()}
        for name, each in found.items()
    }
    print(f"{'':36}{'a second':>9}{'p50 ms':>8}{'p99 ms':>8}{'idle MB':>9}{'ready s':>9}")
    for name, each in middle.items():
        print(
            f"{name:36}{each['rate']:9.0f}{each['p50']:8.1f}{each['p99']:8.1f}"
            f"{each['idle']:9.0f}{each['ready']:9.2f}"
        )
    best = max(middle[name]["rate"] for name in TUTORIALS)
    ours, limit = middle[OURS], middle[LIMIT]
    print(f"\nof the limit:            {ours['rate'] / limit['rate']:.2f}   (aim 0.50)")
    print(f"times the best tutorial: {ours['rate'] / best:.1f}   (aim 5.0)")
    print(f"p99 over the limit's:    {ours['p99'] / limit['p99']:.1f}   (aim 3.0 at most)")


main()

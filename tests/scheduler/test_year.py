"""A year in the life: every hour of 2026 under each policy, and what everybody was told, line by line.

The tables in tests/data/year were read against the documents and a calendar of 2026. A line that
changes is a reminder that somebody gets on another day, or not at all: say why in the commit.
"""

import re
from collections import defaultdict
from pathlib import Path

import pytest

from tests.scheduler.life import AFTER, COMBINED, DEAD, POLICIES, YEARS, Years

TABLES = Path(__file__).parent.parent / "data" / "year"
LINE = re.compile(r"(\d\d-\d\d) (\d\d) (.*) → (.*)")
DEAD_DAYS = (f"{DEAD[0]:%m-%d}", f"{DEAD[1]:%m-%d}")


@pytest.fixture
def years(request: pytest.FixtureRequest) -> Years:
    """The years, which began when the tests did."""
    found: Years = request.config.stash[YEARS]
    return found


@pytest.mark.parametrize("policy", POLICIES)
def test_everybody_is_told_what_the_table_says(years: Years, policy: str) -> None:
    """All notices of the year under one policy are those of the table, on their day and in their hour."""
    expected = (TABLES / f"{policy}.txt").read_text("utf-8").splitlines()
    assert years.told(policy) == expected


def test_a_calendar_and_a_pencil_agree(years: Years) -> None:
    """The days on which the branch that does nothing is told, reckoned by hand; the digest comes every week."""
    expected, told = defaultdict(list), defaultdict(list)
    for line in (TABLES / "by_hand.txt").read_text("utf-8").splitlines():
        what, colon, days = line.partition(": ")
        if colon and not line.startswith("#"):
            expected[what] += days.split()
    for line in years.told("base"):
        day, _, branch, clause, rule, _, _, whom = line.split()[:8]
        if branch == "乙支部" and rule != "digest":
            told[f"{clause} {rule} → {whom}"].append(day)
    assert told == expected


@pytest.mark.parametrize("policy", POLICIES)
def test_nobody_is_told_at_night_or_on_a_holiday(years: Years, policy: str) -> None:
    """Between 9:00 and 21:00; on a holiday only the day before an activity, or a birthday."""
    for line in years.told(policy):
        found = LINE.fullmatch(line)
        assert found, line
        day, hour, what, _ = found.groups()
        assert 9 <= int(hour) < 21, line
        if "02-15" <= day <= "02-23" or "10-01" <= day <= "10-07":
            assert "day_before" in what or "birthday" in what, line


def test_a_fortnight_away_changes_only_the_fortnight(years: Years) -> None:
    """What was due while the process was dead comes at once when it is back, each thing once; the rest is as ever."""
    end = f"{DEAD[1] + AFTER:%m-%d}"
    whole = [line for line in years.told(COMBINED) if line[:5] <= end]
    broken = years.told(" ".join([COMBINED, *map(str, DEAD)]))
    first, last = DEAD_DAYS
    assert not [line for line in broken if first <= line[:5] <= last]
    assert [line for line in broken if line < first] == [line for line in whole if line < first]
    back = min(line[:5] for line in broken if line[:5] > last)
    caught_up = [line[9:] for line in broken if line[:5] == back]
    assert len(set(caught_up)) == len(caught_up)
    missed = {line[9:] for line in whole if first <= line[:5] <= last}
    later = {line[9:] for line in broken if line[:5] > last}
    # Invitations to what was over by then, and last week's digest, are not sent after the fact.
    gone = {line for line in missed - later if "digest" not in line and "AD-3" not in line}
    assert not gone
    rest = [line for line in whole if line[:5] > back]
    assert [line for line in broken if line[:5] > back] == rest

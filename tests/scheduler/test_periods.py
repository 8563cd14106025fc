"""Months, quarters, halves and years: their names, ends and neighbours."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scheduler.periods import MONTHS, next_, period_named, period_of, previous

PERIODS = [
    ("month", date(2026, 10, 31), "2026-10", date(2026, 10, 1), date(2026, 10, 31)),
    ("month", date(2024, 2, 29), "2024-02", date(2024, 2, 1), date(2024, 2, 29)),
    ("month", date(2026, 2, 1), "2026-02", date(2026, 2, 1), date(2026, 2, 28)),
    ("quarter", date(2026, 12, 31), "2026-Q4", date(2026, 10, 1), date(2026, 12, 31)),
    ("quarter", date(2026, 4, 1), "2026-Q2", date(2026, 4, 1), date(2026, 6, 30)),
    ("half", date(2026, 6, 30), "2026-H1", date(2026, 1, 1), date(2026, 6, 30)),
    ("half", date(2026, 7, 1), "2026-H2", date(2026, 7, 1), date(2026, 12, 31)),
    ("year", date(2024, 2, 29), "2024", date(2024, 1, 1), date(2024, 12, 31)),
]


@pytest.mark.parametrize(("kind", "day", "name", "first", "last"), PERIODS)
def test_the_period_of_a_day(kind: str, day: date, name: str, first: date, last: date) -> None:
    """Its name, its ends, and its kind read back from the name."""
    found = period_of(kind, day)
    assert (found.name, found.first, found.last, found.kind) == (name, first, last, kind)
    assert period_named(name) == found


NEIGHBOURS = [("2026-12", "2027-01"), ("2026-Q4", "2027-Q1"), ("2026-H1", "2026-H2"), ("2026", "2027")]  # fmt: skip


@pytest.mark.parametrize(("name", "after"), NEIGHBOURS)
def test_neighbours(name: str, after: str) -> None:
    """The one after, and back again."""
    assert next_(period_named(name)) == period_named(after)
    assert previous(period_named(after)) == period_named(name)


@pytest.mark.parametrize("name", ["", "26", "2026-Q5", "2026-H3", "2026-13", "2026-1", "2026-00", "2026-Q"])  # fmt: skip
def test_what_names_no_period(name: str) -> None:
    """A misspelt name is refused."""
    with pytest.raises(ValueError, match=f"^{name}$"):
        period_named(name)


def test_the_middle_of_a_quarter() -> None:
    """Ninety-two days: the earlier of the two days in the middle."""
    assert period_named("2026-Q4").middle == date(2026, 11, 15)
    assert period_named("2026-02").middle == date(2026, 2, 14)


@given(st.sampled_from(sorted(MONTHS)), st.dates(date(1950, 1, 1), date(2150, 12, 31)))
def test_periods_leave_no_gap(kind: str, day: date) -> None:
    """Every day lies in exactly one, and the next begins the day after."""
    found = period_of(kind, day)
    assert found.holds(day)
    assert found.holds(found.middle)
    assert next_(found).first == found.last + timedelta(1)
    assert previous(next_(found)) == found
    assert period_named(found.name) == found

"""Months, quarters, halves and years as values with a name, a first and a last day. Pure."""

import re
from calendar import monthrange
from dataclasses import dataclass
from datetime import date, timedelta

MONTHS = {"month": 1, "quarter": 3, "half": 6, "year": 12}
PARTS = {
    "Q1": "第一季度",
    "Q2": "第二季度",
    "Q3": "第三季度",
    "Q4": "第四季度",
    "H1": "上半年",
    "H2": "下半年",
}
LETTERS = {"quarter": "Q", "half": "H"}
NAME = re.compile(r"(\d{4})(?:-(?:(Q)([1-4])|(H)([12])|(0[1-9]|1[0-2])))?")
ONE_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Period:
    """'2026-10', '2026-Q4', '2026-H2' or '2026', with both its ends."""

    name: str
    first: date
    last: date

    @property
    def kind(self) -> str:
        """Month, quarter, half or year."""
        if len(self.name) == len("2026"):
            return "year"
        return {"Q": "quarter", "H": "half"}.get(self.name[5], "month")

    @property
    def middle(self) -> date:
        """The day half way, the earlier of two."""
        return self.first + (self.last - self.first) // 2

    def holds(self, day: date) -> bool:
        """Whether a day lies in it."""
        return self.first <= day <= self.last


def period_of(kind: str, day: date) -> Period:
    """The month, quarter, half or year a day lies in."""
    return _period(kind, day.year, (day.month - 1) // MONTHS[kind] + 1)


def period_named(name: str) -> Period:
    """'2026-Q4' → the last quarter of 2026. Raises ValueError."""
    found = NAME.fullmatch(name)
    if found is None:
        raise ValueError(name)
    year, _, quarter, _, half, month = found.groups()
    for kind, number in (("quarter", quarter), ("half", half), ("month", month)):
        if number:
            return _period(kind, int(year), int(number))
    return _period("year", int(year), 1)


def previous(period: Period) -> Period:
    """The one before."""
    return period_of(period.kind, period.first - ONE_DAY)


def next_(period: Period) -> Period:
    """The one after."""
    return period_of(period.kind, period.last + ONE_DAY)


def _period(kind: str, year: int, number: int) -> Period:
    months = MONTHS[kind]
    last_month = number * months
    first = date(year, last_month - months + 1, 1)
    last = date(year, last_month, monthrange(year, last_month)[1])
    if kind == "year":
        return Period(f"{year:04d}", first, last)
    suffix = f"{LETTERS[kind]}{number}" if kind in LETTERS else f"{number:02d}"
    return Period(f"{year:04d}-{suffix}", first, last)


def in_words(name: str) -> str:
    """'2026-10' → '10月', '2026-Q4' → '2026年第四季度', '2026-H1' → '2026年上半年', '2026' → '2026年'."""
    year, _, part = name.partition("-")
    if part.isdigit():
        return f"{int(part)}月"
    return f"{year}年{PARTS.get(part, '')}" if year else ""


def in_full(name: str) -> str:
    """The same with the year in front of a month too: '2026年10月'."""
    year, _, part = name.partition("-")
    return f"{year}年{int(part)}月" if part.isdigit() else in_words(name)

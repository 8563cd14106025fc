"""Pure calendar: months, quarters, and how far the statutory holidays are published."""

from calendar import monthrange
from datetime import date

from holidays import country_holidays

HORIZON_YEARS = 2


def month_of(day: date) -> str:
    """'2026-10'."""
    return f"{day:%Y-%m}"


def quarter_of(day: date) -> str:
    """'2026-Q4'."""
    return f"{day.year}-Q{(day.month + 2) // 3}"


def quarter_in_words(quarter: str) -> str:
    """'2026-Q4' → '2026年第四季度'."""
    year, number = quarter.split("-Q")
    return f"{year}年第{'一二三四'[int(number) - 1]}季度"


def months_between(first: str, last: str) -> int:
    """How many months `last` lies after `first`; negative when before."""
    (year, month), (last_year, last_month) = _split(first), _split(last)
    return (last_year - year) * 12 + last_month - month


def months_later(day: date, count: int) -> date:
    """The same day `count` months on; the month's last where it has no such day (31 January + 1)."""
    year, month = divmod(day.year * 12 + day.month - 1 + count, 12)
    last = monthrange(year, month + 1)[1]
    return date(year, month + 1, min(day.day, last))


def month_in_words(month: str) -> str:
    """'2026年10月'."""
    year, number = _split(month)
    return f"{year}年{number}月"


def published(year: int) -> bool:
    """Whether the State Council's notice for a year is known: every published year has make-up days."""
    return any(day.year == year for day in country_holidays("CN", years=year).weekend_workdays)


def unpublished_years(today: date) -> list[int]:
    """The years within the planning horizon whose holidays are only provisional."""
    return [year for year in range(today.year, today.year + HORIZON_YEARS) if not published(year)]


def _split(month: str) -> tuple[int, int]:
    year, number = month.split("-")
    return int(year), int(number)

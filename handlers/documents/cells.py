"""Days and times as spreadsheets and people write them."""

import re
from datetime import date, time

DAY = re.compile(
    r"(\d{4})[-/.年](\d{1,2})[-/.月](\d{1,2})日?(?:[ T]00:00(?::00)?)?|(\d{4})(\d{2})(\d{2})"
)
TIME = re.compile(r"(\d{1,2})[:：时点](\d{2})?(?::\d{2})?分?")


class BadCell(ValueError):
    """A cell that cannot be read; the message says what was expected."""


def read_day(text: str) -> date | None:
    """'1968-05-12', '1968/5/12', '1968年5月12日', '19680512'; None when empty. Raises BadCell."""
    if not text:
        return None
    found = DAY.fullmatch(text)
    if not found:
        raise BadCell(f"日期“{text[:20]}”看不懂，例如 1968-05-12")
    year, month, day = (int(part) for part in found.groups() if part is not None)
    try:
        return date(year, month, day)
    except ValueError:
        raise BadCell(f"没有 {text[:20]} 这一天") from None


def read_time(text: str) -> time | None:
    """'09:00', '9点', '14时30分'; None when empty. Raises BadCell."""
    if not text:
        return None
    found = TIME.fullmatch(text)
    try:
        return time(int(found[1]), int(found[2] or 0)) if found else _not_a_time(text)
    except ValueError:
        return _not_a_time(text)


def _not_a_time(text: str) -> time:
    raise BadCell(f"时间“{text[:20]}”看不懂，例如 09:00")

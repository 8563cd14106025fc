"""When an activity is announced: what the secretary is promised, and what the tick keeps."""

from datetime import date, datetime

import pytest

from scheduler.invitations import invites_at
from tests.fakes import RULES, on

NOVEMBER, OCTOBER = date(2026, 11, 5), date(2026, 10, 12)
WHEN = [
    (NOVEMBER, on(2026, 10, 20, 10), on(2026, 10, 29, 9)),
    (NOVEMBER, on(2026, 10, 29, 8), on(2026, 10, 29, 9)),
    (NOVEMBER, on(2026, 10, 29, 9), None),
    (NOVEMBER, on(2026, 11, 3, 22), on(2026, 11, 4, 9)),
    (NOVEMBER, on(2026, 11, 3, 3), on(2026, 11, 3, 9)),
    (OCTOBER, on(2026, 9, 20, 10), on(2026, 9, 30, 9)),
    (OCTOBER, on(2026, 10, 2, 10), on(2026, 10, 8, 9)),
]  # fmt: skip


@pytest.mark.parametrize(("day", "now", "goes_at"), WHEN)
def test_when_invitations_go(day: date, now: datetime, goes_at: datetime | None) -> None:
    """A week before, ahead of a holiday, not by night, not within it; None is with the next tick."""
    assert invites_at(day, RULES, now) == goes_at

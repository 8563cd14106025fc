"""Holidays, workdays, the activity day and the day of a reminder, over all published years."""

from datetime import date, timedelta

import chinese_calendar
import pytest
from hypothesis import given
from hypothesis import strategies as st

from scheduler.calendar import Calendar, months_later, unpublished_years
from scheduler.overlay import BadOverlay, DayKind, Entry, Overlay, read_overlay

CALENDAR = Calendar()
FIRST_YEAR, LAST_YEAR = 2004, 2026
# The other package lacks this make-up day of the notice for 2006.
LACKING = {date(2005, 12, 31)}
SPRING_2027 = """
[[day]]
date = 2027-02-11
kind = "holiday"
name = "春节"
source = "2027年放假通知"

[[day]]
date = "2027-02-20"
kind = "workday"
name = "春节调休"
source = "2027年放假通知"
"""


def published_days() -> list[date]:
    """Every day whose notice both packages know."""
    first = date(FIRST_YEAR, 1, 1)
    count = (date(LAST_YEAR, 12, 31) - first).days + 1
    return [first + timedelta(number) for number in range(count)]


def test_workdays_agree_with_another_package() -> None:
    """Two sources typed in from the same notices differ nowhere in twenty-three years."""
    wrong = [
        day
        for day in published_days()
        if CALENDAR.is_workday(day) != chinese_calendar.is_workday(day) and day not in LACKING
    ]
    assert wrong == []


def test_holidays_agree_with_another_package() -> None:
    """Every day of a notice is a holiday; beyond them only weekends that run into one."""
    lacking, beyond = [], []
    for day in published_days():
        off, name = chinese_calendar.get_holiday_detail(day)
        told = off and name is not None
        if told and not CALENDAR.is_holiday(day):
            lacking.append(day)
        if CALENDAR.is_holiday(day) and not told and day.weekday() < 5:
            beyond.append(day)
    assert (lacking, beyond) == ([], [])


DAYS = [
    (date(2024, 2, 4), True, ""),  # a make-up Sunday
    (date(2024, 2, 16), False, "春节"),  # a bridge Friday
    (date(2024, 2, 17), False, "春节"),  # the Saturday after it
    (date(2024, 3, 9), False, ""),  # a plain weekend
    (date(2025, 10, 6), False, "中秋节"),
    (date(2025, 10, 4), False, "国庆节"),
    (date(2026, 10, 10), True, ""),
    (date(2026, 10, 7), False, "国庆节"),
    (date(2026, 10, 12), True, ""),
    (date(2020, 10, 1), False, "中秋节、国庆节"),
]


@pytest.mark.parametrize(("day", "works", "name"), DAYS)
def test_days_of_the_notices(day: date, works: bool, name: str) -> None:
    """Statutory days, bridge days, make-up days, and the weekends between them."""
    assert CALENDAR.is_workday(day) is works
    assert CALENDAR.is_holiday(day) is bool(name)
    assert CALENDAR.holiday_name(day).startswith(name)
    assert bool(CALENDAR.holiday_name(day)) is bool(name)


ACTIVITY_DAYS = [
    ((2026, 11, 5), date(2026, 11, 5)),
    (
        (2026, 10, 5),
        date(2026, 10, 8),
    ),  # inside the National Day week: three days on, never September
    ((2026, 10, 1), date(2026, 10, 8)),
    ((2026, 10, 10), date(2026, 10, 10)),  # a make-up Saturday is a workday
    ((2026, 12, 5), date(2026, 12, 5)),  # a plain Saturday stays
    ((2026, 5, 5), date(2026, 5, 6)),
    ((2026, 5, 1), date(2026, 5, 6)),  # the workday before lies in April
    ((2026, 2, 31), date(2026, 2, 28)),
    ((2026, 2, 29), date(2026, 2, 28)),
    ((2024, 2, 30), date(2024, 2, 29)),
    ((2026, 4, 31), date(2026, 4, 30)),
    ((2026, 2, 16), date(2026, 2, 14)),  # the make-up Saturday before is nearer
    ((2026, 2, 19), date(2026, 2, 24)),  # five days either way: the later
    ((2024, 4, 5), date(2024, 4, 7)),  # two days either way: the make-up Sunday
    ((2024, 5, 3), date(2024, 5, 6)),  # three days either way would leave the month
    ((2025, 1, 31), date(2025, 1, 27)),  # nothing left in January after the fixed day
    ((2025, 10, 5), date(2025, 10, 9)),
]


@pytest.mark.parametrize(("asked", "found"), ACTIVITY_DAYS)
def test_activity_day(asked: tuple[int, int, int], found: date) -> None:
    """The fixed day, off a holiday to the nearest workday of the same month (AD-2)."""
    assert CALENDAR.activity_day(*asked) == found


REMINDERS = [
    (date(2026, 12, 31), date(2026, 10, 1), date(2026, 12, 31)),
    (date(2026, 12, 5), date(2026, 12, 1), date(2026, 12, 4)),
    (date(2026, 10, 7), date(2026, 10, 1), date(2026, 10, 8)),  # none from the floor on: the next
    (date(2026, 10, 7), date(2026, 9, 1), date(2026, 9, 30)),
    (date(2026, 10, 7), date(2026, 10, 7), date(2026, 10, 8)),
    (date(2026, 9, 20), date(2026, 9, 1), date(2026, 9, 20)),  # a make-up Sunday
    (date(2026, 11, 2), date(2026, 11, 4), date(2026, 11, 4)),  # a floor after the day
]


@pytest.mark.parametrize(("day", "floor", "found"), REMINDERS)
def test_a_reminder_goes_out_on_a_workday(day: date, floor: date, found: date) -> None:
    """The last before a day off, never before the floor."""
    assert CALENDAR.last_workday_on_or_before(day, floor) == found


def test_what_is_entered_wins() -> None:
    """An overlay makes days off and workdays, names them, and makes a year certain."""
    calendar = Calendar(read_overlay(SPRING_2027))
    assert calendar.holiday_name(date(2027, 2, 11)) == "春节"
    assert calendar.is_workday(date(2027, 2, 20))
    assert not CALENDAR.is_workday(date(2027, 2, 20))
    assert CALENDAR.provisional(2027)
    assert not calendar.provisional(2027)
    assert not CALENDAR.provisional(2026)
    assert unpublished_years(date(2026, 11, 23)) == [2027]
    assert unpublished_years(date(2026, 11, 23), calendar) == []


def test_a_notice_may_be_taken_back() -> None:
    """A statutory day entered as a workday is one."""
    day = date(2026, 10, 7)
    calendar = Calendar(Overlay({day: Entry(day, DayKind.WORKDAY, "防汛值守", "县委通知")}))
    assert calendar.is_workday(day)
    assert calendar.activity_day(2026, 10, 5) == day


def entry(**changed: str) -> str:
    """One entry with some of its values changed or, when empty, left out."""
    values = {"date": "2027-02-11", "kind": '"holiday"', "name": '"春节"', "source": '"通知"'}
    values.update(changed)
    return "[[day]]\n" + "".join(f"{key} = {value}\n" for key, value in values.items() if value)


BAD_OVERLAYS = [
    (entry(date='"2027-02-31"'), "第 1 条（2027-02-31）：date 应为日期"),
    (entry(date="2027-02-11T09:00:00"), "第 1 条（2027-02-11 09:00:00）：date 应为日期"),
    (entry(date=""), "第 1 条（没有日期）：date 应为日期"),
    (entry(date="20270211"), "第 1 条（20270211）：date 应为日期"),
    (entry() + entry(), "第 2 条（2027-02-11）：这一天前面已经写过"),
    (entry(kind='"rest"'), "第 1 条（2027-02-11）：kind 应为"),
    (entry(kind="[1]"), "第 1 条（2027-02-11）：kind 应为"),
    (entry(name=""), "第 1 条（2027-02-11）：name 应为文字"),
    (entry(source='" "'), "第 1 条（2027-02-11）：source 应为文字"),
    (entry(note='"x"'), "第 1 条（2027-02-11）：不认识的键 note"),
    ("[[days]]\n", "不认识的“days”"),
    ("day = 5\n", "[[day]]"),
    ("[day]\n", "[[day]]"),
    ("[[day]\n", "写法不对"),
]


@pytest.mark.parametrize(("text", "told"), BAD_OVERLAYS)
def test_a_bad_entry_is_named(text: str, told: str) -> None:
    """By its number and its day, with what was expected."""
    with pytest.raises(BadOverlay) as caught:
        read_overlay(text)
    assert told in str(caught.value)


def test_every_bad_entry_is_named_at_once() -> None:
    """Nobody mends one only to hear of the next."""
    with pytest.raises(BadOverlay) as caught:
        read_overlay(entry(kind="1") + entry(name="") + entry(source="1"))
    assert [problem[:5] for problem in caught.value.problems] == ["第 1 条", "第 2 条", "第 3 条"]


def overlays() -> st.SearchStrategy[Overlay]:
    """Anything an operator may enter about two years, whole months off included."""
    days = st.dates(date(2026, 1, 1), date(2027, 12, 31))
    kinds = st.sampled_from(DayKind)
    few = st.dictionaries(days, kinds, max_size=40)
    month = st.builds(
        lambda first, kind: {first.replace(day=number): kind for number in range(1, 29)},
        days,
        kinds,
    )
    both = st.builds(lambda one, other: {**one, **other}, few, month)
    return st.one_of(few, month, both).map(
        lambda found: Overlay(
            {day: Entry(day, kind, "放假", "通知") for day, kind in found.items()}
        )
    )


@given(overlays(), st.integers(2026, 2027), st.integers(1, 12), st.integers(1, 31))
def test_an_activity_day_stays_in_its_month(
    overlay: Overlay, year: int, month: int, fixed: int
) -> None:
    """Always inside the month; whenever it moved, to a workday, and none was nearer."""
    calendar = Calendar(overlay)
    found = calendar.activity_day(year, month, fixed)
    assert (found.year, found.month) == (year, month)
    meant = min(date(year, month, 1) + timedelta(fixed - 1), _last_of(year, month))
    workdays = [day for day in _days_of(year, month) if calendar.is_workday(day)]
    if found != meant:
        assert calendar.is_holiday(meant)
        assert calendar.is_workday(found)
        assert abs(found - meant) == min(abs(day - meant) for day in workdays)
    elif workdays:
        assert not calendar.is_holiday(meant)


@given(overlays(), st.dates(date(2026, 1, 1), date(2027, 12, 1)), st.integers(-5, 90))
def test_a_reminder_never_comes_before_its_floor(overlay: Overlay, day: date, ahead: int) -> None:
    """Whatever is entered: on a workday, and before the day itself where that can be."""
    calendar, floor = Calendar(overlay), day - timedelta(ahead)
    found = calendar.last_workday_on_or_before(day, floor)
    assert found >= floor
    assert calendar.is_workday(found)
    between = (floor + timedelta(number) for number in range(ahead + 1))
    if any(map(calendar.is_workday, between)):
        assert found <= day


def _last_of(year: int, month: int) -> date:
    return months_later(date(year, month, 1), 1) - timedelta(1)


def _days_of(year: int, month: int) -> list[date]:
    return [date(year, month, number) for number in range(1, _last_of(year, month).day + 1)]

"""Pure calendar: months, holidays and workdays, the activity day, and how far notices are published."""

from calendar import monthrange
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from functools import cache
from itertools import takewhile

from scheduler.overlay import DayKind, Overlay

HORIZON_YEARS = 2
WEEK_ENDS = 5
WEEKDAYS = "一二三四五六日"
ONE_DAY = timedelta(days=1)
BRIDGE = "休息日"  # how the package calls a bridge day, before the workday it is made up for
LONGEST_BREAK = 60  # days; the longest on record, in 2020, had seventeen


@dataclass(frozen=True, slots=True)
class Calendar:
    """Statutory holidays and make-up workdays; what the organisation entered itself wins."""

    overlay: Overlay = field(default_factory=Overlay)

    def is_workday(self, day: date) -> bool:
        """Monday to Friday without a day off, or a make-up workday."""
        kind = self.overlay.kind(day)
        if kind is not None:
            return kind is DayKind.WORKDAY
        if day.weekday() < WEEK_ENDS:
            return day not in _days_off(day.year)
        return day in _make_up_days(day.year)

    def is_holiday(self, day: date) -> bool:
        """A statutory day off, a bridge day, or a weekend that runs into one; no plain weekend."""
        return any(map(self._is_statutory, self._run_of_days_off(day)))

    def holiday_name(self, day: date) -> str:
        """'国庆节', also for its bridge days and weekends; '' when the day is no holiday."""
        if not self.is_holiday(day):
            return ""
        run = sorted(self._run_of_days_off(day), key=lambda found: abs(found - day))
        return next(filter(None, map(self._own_name, run)), BRIDGE)

    def provisional(self, year: int) -> bool:
        """Whether a year's notice is not known: no make-up workdays in the package nor entered."""
        return not published(year) and not self.overlay.has_workday_in(year)

    def activity_day(self, year: int, month: int, fixed_day: int) -> date:
        """The fixed day (AD-1), off a holiday to the nearest workday of the month, later on a tie (AD-2).

        Day 31 is the last of a shorter month; a plain weekend stays, and so does a month without a workday.
        """
        last = monthrange(year, month)[1]
        fixed = date(year, month, min(fixed_day, last))
        if not self.is_holiday(fixed):
            return fixed
        days = (date(year, month, number) for number in range(last, 0, -1))
        workdays = [day for day in days if self.is_workday(day)]
        return min(workdays, key=lambda day: abs(day - fixed), default=fixed)

    def last_workday_on_or_before(self, day: date, floor: date) -> date:
        """When a reminder meant for `day` goes out: never before `floor`, if need be after `day`."""
        back = (day - ONE_DAY * count for count in range((day - floor).days + 1))
        on_or_before = next(filter(self.is_workday, back), None)
        return on_or_before or self.first_workday_from(max(day, floor))

    def first_workday_from(self, day: date) -> date:
        """The first workday, `day` included; the day itself when the overlay knows no end of days off."""
        ahead = (day + ONE_DAY * count for count in range(LONGEST_BREAK))
        return next(filter(self.is_workday, ahead), day)

    def _run_of_days_off(self, day: date) -> Iterator[date]:
        for step in (ONE_DAY, -ONE_DAY):
            ahead = (day + step * count for count in range(LONGEST_BREAK))
            yield from takewhile(lambda found: not self.is_workday(found), ahead)

    def _own_name(self, day: date) -> str:
        entry = self.overlay.days.get(day)
        if entry is not None:
            return entry.name
        name = _days_off(day.year).get(day, "").split("（")[0].replace("; ", "、")
        return "" if name == BRIDGE else name

    def _is_statutory(self, day: date) -> bool:
        return self.overlay.kind(day) is DayKind.HOLIDAY or day in _days_off(day.year)


def month_of(day: date) -> str:
    """'2026-10'."""
    return f"{day:%Y-%m}"


def day_in_words(day: date) -> str:
    """'10月5日'."""
    return f"{day.month}月{day.day}日"


def moment_in_words(local: datetime) -> str:
    """'10月5日 09:00'."""
    return f"{day_in_words(local)} {local:%H:%M}"


def span_in_words(begins: datetime, ends: datetime) -> str:
    """'10月5日 周一 09:00–11:00', with the day of the end where it is another."""
    weekday = WEEKDAYS[begins.weekday()]
    end = f"{ends:%H:%M}" if ends.date() == begins.date() else moment_in_words(ends)
    return f"{day_in_words(begins)} 周{weekday} {begins:%H:%M}–{end}"


def months_between(first: str, last: str) -> int:
    """How many months `last` lies after `first`; negative when before."""
    (year, month), (last_year, last_month) = _split(first), _split(last)
    return (last_year - year) * 12 + last_month - month


def months_later(day: date, count: int) -> date:
    """The same day `count` months on; the month's last where it has no such day (31 January + 1)."""
    year, month = divmod(day.year * 12 + day.month - 1 + count, 12)
    last = monthrange(year, month + 1)[1]
    return date(year, month + 1, min(day.day, last))


def published(year: int) -> bool:
    """Whether the State Council's notice for a year is known: every published year has make-up days."""
    return bool(_make_up_days(year))


def unpublished_years(today: date, calendar: Calendar = Calendar()) -> list[int]:
    """The years within the planning horizon whose holidays are only provisional."""
    horizon = range(today.year, today.year + HORIZON_YEARS)
    return [year for year in horizon if calendar.provisional(year)]


def _split(month: str) -> tuple[int, int]:
    year, number = month.split("-")
    return int(year), int(number)


@cache
def _days_off(year: int) -> dict[date, str]:
    # Slow to load, and most commands need no holiday.
    from holidays import country_holidays  # noqa: PLC0415

    return dict(country_holidays("CN", years=year, language="zh_CN"))


@cache
def _make_up_days(year: int) -> frozenset[date]:
    from holidays import country_holidays  # noqa: PLC0415 - slow to load

    found = country_holidays("CN", years=year).weekend_workdays
    return frozenset(day for day in found if day.year == year)

"""What a secretary should know before an activity is planned or moved."""

import secrets
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta

from handlers.reading.times import find_hours, find_time
from handlers.turn import Turn
from handlers.words import activity, day, full_day
from scheduler.activities import USUAL_LENGTH
from scheduler.calendar import WEEKDAYS, month_of, months_later
from scheduler.content import content_balance
from scheduler.rules import Rules
from storage.records import Activity

WHEN = "{day}（星期{weekday}）{begins}–{ends}"
IS_HOLIDAY = "{day}是{holiday}假期，活动日遇节假日可提前或顺延，要在当月内。"
NOT_FIXED = "这个月的固定活动日是{day}，这次另选了日子。"
MONTH_EMPTY = "{month}月还没有安排活动，活动日要每月开展。"
CLASH = "同一时间支部已有{activity}。"
CHANGED = "核对以后安排有了变化，请再看一遍。"
WARNING = "请注意：{words}"
END_FIRST = "结束要晚于开始，请核对时间，例如：9点到11点。"
PAST_TIME = "{begins} 已经过了，请写以后的时间。"
LAST_MINUTE = time(23, 59)
MONTHS_AHEAD = 3
CODES = 10_000


@dataclass(frozen=True, slots=True)
class Hours:
    """When an activity begins and ends, in UTC."""

    starts_at: datetime
    ends_at: datetime


def rules_of(turn: Turn) -> Rules:
    """The rules as the speaker's branch has them."""
    return turn.house.rules.of_branch(turn.speaker.branch)


def fixed_day(turn: Turn, near: date) -> date:
    """The activity day in the month of a day, moved off a holiday (AD-1, AD-2)."""
    rules = rules_of(turn)
    return rules.calendar.activity_day(near.year, near.month, rules.activity_day)


async def default_day(turn: Turn) -> date:
    """The next activity day of a month in which nothing is planned yet."""
    ahead = await turn.store.agenda.upcoming(turn.speaker.branch_id, turn.now)
    planned = {month_of(turn.local(one.starts_at).date()) for one in ahead}
    first = turn.today.replace(day=1)
    days = [fixed_day(turn, months_later(first, count)) for count in range(MONTHS_AHEAD + 1)]
    coming = [one for one in days if one > turn.today]
    return next((one for one in coming if month_of(one) not in planned), coming[0])


def read_hours(turn: Turn, text: str, on: date) -> Hours | str | None:
    """The hours a text names on a day; why they cannot be; None where it names none. No end: two hours."""
    found, lasts = find_time(text), find_hours(text)
    if found is None:
        return None
    starts_at = datetime.combine(on, found.begins, turn.house.zone)
    if found.ends is not None:
        ends_at = datetime.combine(on, found.ends, turn.house.zone)
    else:
        last = datetime.combine(on, LAST_MINUTE, turn.house.zone)
        ends_at = min(starts_at + (lasts[0] if lasts else USUAL_LENGTH), last)
    if ends_at <= starts_at:
        return END_FIRST
    if starts_at <= turn.now:
        return PAST_TIME.format(begins=f"{day(on)} {found.begins:%H:%M}")
    return Hours(starts_at.astimezone(UTC), ends_at.astimezone(UTC))


def in_words(turn: Turn, hours: Hours | Activity) -> str:
    """'2026年12月5日（星期六）09:00–11:00'."""
    begins, ends = turn.local(hours.starts_at), turn.local(hours.ends_at)
    return WHEN.format(
        day=full_day(begins.date()),
        weekday=WEEKDAYS[begins.weekday()],
        begins=f"{begins:%H:%M}",
        ends=f"{ends:%H:%M}",
    )


async def warnings(turn: Turn, hours: Hours, moved: Activity | None = None) -> list[str]:
    """What speaks against this moment; none of it forbids anything."""
    on = turn.local(hours.starts_at).date()
    found = _about_the_day(turn, on)
    branch_id = turn.speaker.branch_id
    if moved is None and month_of(on) != month_of(turn.today):
        first = turn.house.rules.begins(turn.today.replace(day=1))
        last = turn.house.rules.begins(months_later(turn.today.replace(day=1), 1))
        if not await turn.store.agenda.between(branch_id, first, last):
            found.append(MONTH_EMPTY.format(month=turn.today.month))
    for one in await turn.store.agenda.between(branch_id, hours.starts_at, hours.ends_at):
        if moved is None or one.id != moved.id:
            found.append(CLASH.format(activity=activity(turn, one)))
    return found


def _about_the_day(turn: Turn, on: date) -> list[str]:
    calendar = rules_of(turn).calendar
    if calendar.is_holiday(on):
        return [IS_HOLIDAY.format(day=day(on), holiday=calendar.holiday_name(on))]
    fixed = fixed_day(turn, on)
    return [NOT_FIXED.format(day=day(fixed))] if fixed != on else []


def balance(contents: str) -> list[str]:
    """What the contents lack (AD-6)."""
    lacking = content_balance(contents)
    return [lacking] if lacking else []


def warned(words: list[str]) -> str:
    """The warnings, a line each; '' where there are none."""
    return "".join("\n" + WARNING.format(words=one) for one in words)


async def taken(turn: Turn, starts_at: datetime) -> bool:
    """Whether the branch begins another activity at this very moment."""
    found = await turn.store.activities.at(turn.speaker.branch_id, starts_at)
    return found is not None and found["cancelled_at"] is None


async def new_code(turn: Turn) -> str:
    """Four digits that no other activity of the branch uses from now on."""
    used = await turn.store.agenda.codes(turn.speaker.branch_id, turn.now - timedelta(days=1))
    free = [code for number in range(CODES) if (code := f"{number:04d}") not in used]
    return secrets.choice(free)

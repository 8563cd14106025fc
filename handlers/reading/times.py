"""Finds the hours people name (9点到11点, 下午2点半, 14:30-16:00, 两个小时) in a normalised text."""

import re
from dataclasses import dataclass
from datetime import time, timedelta

from handlers.reading.numerals import NUMERAL, read_integer, read_number

SHORTEST = 30  # minutes of an activity; 10分钟 is something else
NOON, EARLIEST = 12, 7  # nobody meets before seven: 2点 is two in the afternoon
HALF, QUARTER, DAY = 30, 15, 24

_PART = "凌晨|半夜|深夜|清晨|早上|早晨|上午|中午|下午|午后|傍晚|晚上|晚间|今晚|晚|早"
_NOT_HOURS = (
    "间|候|长|数|代|意见|要求|建议|内容|体会|心得|感想|说明|问题|希望|原因|看法|认识|收获|措施|想法"
)


def _clock_source(number: str) -> str:
    """A time of the day, its groups numbered."""
    to_hour = rf"|(?= ?(?:到|至|-|~|—) ?{NUMERAL} ?点(?!{_NOT_HOURS}))" if number == "1" else ""
    return (
        rf"(?P<part{number}>{_PART})? ?(?:(?<![第0-9.:])(?P<hour{number}>{NUMERAL}) ?(?:[点时](?!{_NOT_HOURS})钟?整?{to_hour})"
        rf"(?P<more{number}>半|[一三13]刻|(?:零|过)?{NUMERAL} ?分?(?![点时个月日号:]))?"
        rf"|(?P<h{number}>[0-9]{{1,2}}):(?P<m{number}>[0-9]{{2}})(?![0-9]))"
    )


_SPAN = re.compile(
    rf"{_clock_source('1')}(?: ?(?:到|至|-|~|—)+ ?(?:{_clock_source('2')}))?(?: ?(?:开始|结束))?"
)
_LASTS = re.compile(
    rf"(?P<count>{NUMERAL}) ?(?P<half>个半)? ?个?(?:小时|钟头)(?: ?零?(?P<minutes>{NUMERAL}) ?分钟?)?"
)
_MINUTES = re.compile(rf"(?<!提前)(?<!提早)(?<!推迟)(?P<count>{NUMERAL}) ?分钟(?!前|后|内|签)")
_NIGHT = {"晚上", "晚间", "今晚", "晚", "半夜", "深夜", "凌晨"}  # its twelve is another day's
_AFTERNOON = {"下午", "午后", "傍晚", "晚上", "晚间", "今晚", "晚", "中午"}


@dataclass(frozen=True, slots=True)
class FoundTime:
    """Hours named at text[start:end]; `ends` is None where no end was named."""

    begins: time
    ends: time | None
    start: int
    end: int


def find_time(text: str) -> FoundTime | None:
    """The first hours of a text that exist, with their end or what it follows from; 25点 is none."""
    for match in _SPAN.finditer(text):
        begins = _clock(match, "1", "")
        ends = _clock(match, "2", match["part1"] or "")
        named_end = match["hour2"] or match["h2"]
        if begins is not None and not (named_end and ends is None):
            return FoundTime(begins, ends, *match.span())
    return None


def find_hours(text: str) -> tuple[timedelta, int, int] | None:
    """How long something lasts (两小时, 一个半小时), and where that stands."""
    found = _LASTS.search(text)
    if found is None:
        return _find_minutes(text)
    number = read_number(found["count"])
    if number is None or not 0 < number <= NOON:
        return None
    beyond = read_integer(found["minutes"] or "") or (HALF if found["half"] else 0)
    return timedelta(minutes=int(number * 60) + beyond), *found.span()


def _find_minutes(text: str) -> tuple[timedelta, int, int] | None:
    """How long something lasts that is said in minutes: 90分钟."""
    found = _MINUTES.search(text)
    minutes = (read_integer(found["count"]) or 0) if found else 0
    if found is None or not SHORTEST <= minutes <= NOON * 60:
        return None
    return timedelta(minutes=minutes), *found.span()


def _clock(match: re.Match[str], which: str, part_before: str) -> time | None:
    said = match[f"hour{which}"] or match[f"h{which}"]
    if said is None:
        return None
    hour, minute = read_integer(said), _minute(match, which)
    if hour is None or minute is None:
        return None
    part = match[f"part{which}"] or (part_before if part_before in _AFTERNOON else "")
    if hour == NOON and part in _NIGHT:
        return None
    exact = match[f"h{which}"] is not None and not part
    if not exact and _is_after_noon(hour, part):
        hour += NOON
    return time(hour, minute) if hour < DAY and minute < 60 else None


def _is_after_noon(hour: int, part: str) -> bool:
    """Whether an hour up to twelve means one after noon: as said, or as nobody meets before seven."""
    if hour >= NOON:
        return False
    if part in _AFTERNOON:
        return not (part == "中午" and hour >= NOON - 1)
    return not part and 0 < hour < EARLIEST


def _minute(match: re.Match[str], which: str) -> int | None:
    if match[f"m{which}"]:
        return int(match[f"m{which}"])
    more = (match[f"more{which}"] or "").strip()
    if not more:
        return 0
    if more == "半":
        return HALF
    if more.endswith("刻"):
        return QUARTER * (3 if more[0] in "三3" else 1)
    return read_integer(more.lstrip("零过").rstrip("分 "))

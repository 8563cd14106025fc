"""What a secretary says of moving an activity or calling it off: the days, the hours, and the cause."""

import re
from dataclasses import dataclass
from datetime import date

from handlers.reading.dates import find_dates, find_invalid_date
from handlers.reading.times import find_hours, find_time
from handlers.reading.words import bare, unknown_part, without

CAUSE = re.compile(r"(?:因为|由于|原因(?:是|为)?|理由(?:是|为)?|因)[: ]*(?P<cause>.+)$")
BESIDE = tuple(
    "到 至 改到 改为 改成 调到 调整到 推迟 推迟到 提前 提前到 延期 延期到 顺延 顺延到 活动 的活动 这次 这次活动 本次 下次 下次活动 主题党日 党日活动 党员活动日 的 那次 时间 改 把 原定 从 由 吧 了 举行 开展 我们 支部".split()
)
SHORTEST = 2


@dataclass(frozen=True, slots=True)
class Moving:
    """The days in the order they were said, the words of the hours, and the cause."""

    days: tuple[date, ...]
    hours: str
    cause: str
    invalid: str


def read_moving(text: str, today: date) -> Moving:
    """What follows 改期 or 取消活动; days and hours inside the cause are the cause's."""
    stated = CAUSE.search(text)
    rest = text[: stated.start()] if stated else text
    cause = stated["cause"].strip(" ,.;。、") if stated else ""
    found = find_dates(rest, today)
    invalid = find_invalid_date(rest)
    undated = without(rest, [(one.start, one.end) for one in found])
    clock, lasts = find_time(undated), find_hours(undated)
    hours = " ".join(
        undated[start:end]
        for start, end in (
            *([(clock.start, clock.end)] if clock else []),
            *([lasts[1:]] if clock and lasts else []),
        )
    )
    if not cause:
        spans = [(clock.start, clock.end)] if clock else []
        cause = _left_over(without(undated.replace(invalid or "\0", " "), spans))
    return Moving(tuple(one.day for one in found), hours, cause, invalid)


def _left_over(rest: str) -> str:
    """The part of the line that is none of the words for moving, if it says something."""
    parts = [one for one in re.split(r"[\s,;。]+", rest) if unknown_part(one, BESIDE)]
    cause = "，".join(parts).strip("、:.")
    return cause if len(bare(cause)) >= SHORTEST else ""

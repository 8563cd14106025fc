"""What a secretary says of moving an activity or calling it off: the days, the hours, and the cause."""

import re
from dataclasses import dataclass
from datetime import date

from handlers.reading.dates import find_dates, find_invalid_date
from handlers.reading.numerals import NUMERAL, read_number
from handlers.reading.times import find_hours, find_time
from handlers.reading.words import bare, unknown_part, without

CAUSE = re.compile(r"(?:因为|由于|原因(?:是|为)?|理由(?:是|为)?|因)[: ]*(?P<cause>.+)$")
BESIDE = tuple(
    "到 至 改到 改为 改成 调到 调整到 推迟 推迟到 提前 提前到 延期 延期到 顺延 顺延到 活动 的活动 这次 这次活动 本次 下次 下次活动 主题党日 党日活动 党员活动日 的 那次 时间 结束 结束时间 散会 开到 延长到 左右 整体 往后 往前 改 把 原定 从 由 吧 了 举行 开展 我们 支部".split()
)
SHORTEST = 2
LATER, EARLIER = "推迟|延后|延期|顺延|后延|往后[推挪延]|后推", "提前|提早|往前[提挪]|前移"
LONGER, SHORTER = "延长|加长", "缩短|减少|压缩"
BY = re.compile(
    rf"(?:(?P<later>{LATER})|(?P<earlier>{EARLIER})|(?P<longer>{LONGER})|(?P<shorter>{SHORTER}))(?:了|成|为)? ?"
    rf"(?P<count>{NUMERAL}|一刻) ?(?P<half>个半)? ?(?P<unit>天|周|个?星期|个?礼拜|个?(?:小时|钟头)|分钟?|钟)"
)
UNTIL = re.compile(
    r"(?:结束|散会)(?:的?时间)?(?:提前|推迟|延长|改|调整?|放)?(?:到|至|为|成|在|于|是)|(?:延长|开)[到至]|[点分半刻钟0-9](?:左右)?(?:结束|散会)"
)
MINUTES = {"天": 1440, "周": 10080, "期": 10080, "拜": 10080, "时": 60, "头": 60}
QUARTER = 15
FARTHEST = 10 * 366 * 1440  # minutes: beyond any activity, within any calendar
TURNING = re.compile("(?:改|调整?|推迟|提前)(?:到|成|为)")


@dataclass(frozen=True, slots=True)
class Moving:
    """The days in the order they were said, the words of the hours, and the cause.

    `shift` and `longer` are minutes: how much later it begins, how much longer it lasts; with
    `until` the hours are those of the end alone.
    """

    days: tuple[date, ...]
    hours: str
    cause: str
    invalid: str
    shift: int = 0
    longer: int = 0
    until: bool = False

    @property
    def is_timed(self) -> bool:
        """Whether a new day or another hour is named."""
        return bool(self.days or self.hours or self.shift or self.longer)


def read_moving(text: str, today: date) -> Moving:
    """What follows 改期 or 取消活动; days and hours inside the cause are the cause's."""
    stated = CAUSE.search(text)
    rest = text[: stated.start()] if stated else text
    cause = stated["cause"].strip(" ,.;。、") if stated else ""
    shift, longer, rest = _by_how_much(rest)
    found = find_dates(rest, today)
    invalid = find_invalid_date(rest)
    undated = _without_old_hours(without(rest, [(one.start, one.end) for one in found]))
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
    until = bool(clock and clock.ends is None and UNTIL.search(undated))
    return Moving(tuple(one.day for one in found), hours, cause, invalid, shift, longer, until)


def _without_old_hours(rest: str) -> str:
    """从9点改到10点: the hours before 改到 are those that were, where others follow."""
    turning = TURNING.search(rest)
    old = find_time(rest[: turning.start()]) if turning else None
    if turning is None or old is None or find_time(rest[turning.end() :]) is None:
        return rest
    return without(rest, [(old.start, old.end)])


def _by_how_much(rest: str) -> tuple[int, int, str]:
    """推迟一天, 提前半小时, 延长一小时: minutes later and minutes longer, and the line without them."""
    shift = longer = 0
    for found in BY.finditer(rest):
        minutes = _minutes(found)
        if found["later"] or found["earlier"]:
            shift += minutes if found["later"] else -minutes
        else:
            longer += minutes if found["longer"] else -minutes
    return shift, longer, BY.sub(" ", rest)


def _minutes(found: re.Match[str]) -> int:
    if found["count"] == "一刻":
        return QUARTER
    each = MINUTES.get(found["unit"][-1], 1)
    number = read_number(found["count"])
    if not number:
        return 0
    return min(int(number * each), FARTHEST) + (each // 2 if found["half"] else 0)


def _left_over(rest: str) -> str:
    """The part of the line that is none of the words for moving, if it says something."""
    parts = [one for one in re.split(r"[\s,;。]+", rest) if unknown_part(one, BESIDE)]
    cause = "，".join(parts).strip("、:.")
    return cause if len(bare(cause)) >= SHORTEST else ""

"""The form of an activity: what is asked of a secretary who calls one, and how the answers are read."""

import re
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from handlers import planning
from handlers.choices import numbered, says_nothing
from handlers.forms import OWN_WORDS, Form, Problem, question
from handlers.planning import Hours
from handlers.reading.dates import find_dates, find_invalid_date
from handlers.reading.gathering import (
    CONTENTS,
    EVERYBODY,
    MODES,
    read_audience,
    read_contents,
    read_mode,
)
from handlers.reading.speech import asks
from handlers.reading.words import bare
from handlers.turn import Turn
from handlers.words import day

TOPIC = "活动的主题是什么？例如：重温入党誓词。"
DAY = "哪天开展？例如：12月5日、下周五。按固定活动日 {default} 请回复“1”。"
TIME = "几点开始、几点结束？例如：9点到11点。只写开始的，按两小时算。"
PLACE = "在哪里开展？例如：一楼会议室。没有固定地点请回复“跳过”。"
WHAT = "内容有哪几项？回复序号或名称，几项用顿号分开，例如：1、4。\n" + numbered(list(CONTENTS))
MODE = "怎么参加？请回复序号：\n" + numbered(list(MODES))
WHO = "请哪些人参加？全体党员请回复“1”；还要请积极分子、发展对象的，直接写，例如：积极分子。"
BAD_DATE = "没有“{words}”这一天，请核对后重写，例如：12月5日。"
PAST_DAY = "{day}已经过了，请写今天以后的日子。"
FAR_DAY = "日子太远了，请写一年以内的。"
ONE_DAY = "一次只能写一天，请重写，例如：12月5日。"
UNKNOWN_CONTENT = "没有看懂“{words}”，请从下面选。"
UNKNOWN_MODE = "没有看懂，请回复 1、2 或 3。"
UNKNOWN_WHO = "没有看懂。全体党员请回复“1”；还要请积极分子、发展对象的，直接写出来。"
TOO_LONG = "太长了，最多 {width} 字。"
WIDTH = 200
LABEL = re.compile(r"^(?:活动)?(?:主题|地点)\s*(?:是|为|[:：])\s*")
OPEN = frozenset(
    "未定 地点未定 地点待定 随便 都行 都可以 再说 以后再说 到时再说 到时候再说 到时通知 另行通知 以后通知 再通知 另定".split()
)
FARTHEST = timedelta(days=366)


def read_topic(turn: Turn) -> str | Problem | None:
    """What the activity is about, as it was written."""
    if says_nothing(turn.text):
        return Problem(OWN_WORDS)
    return _written(turn) if bare(turn.text) else None


def read_place(turn: Turn) -> str | Problem | None:
    """Where, as it was written; '' where that is left open."""
    if says_nothing(turn.text):
        return Problem(OWN_WORDS)
    if bare(turn.text) in OPEN:
        return ""
    return _written(turn) if bare(turn.text) and not asks(turn.text) else None


def _written(turn: Turn) -> str | Problem:
    text = LABEL.sub("", turn.said.strip())
    return text if len(text) <= WIDTH else Problem(TOO_LONG.format(width=WIDTH))


def read_day(turn: Turn) -> str | Problem | None:
    """One day from today on; '1' is the fixed activity day."""
    state = turn.dialog.state["answers"] if turn.dialog else {}
    if bare(turn.text) in {"1", "一", "默认"} and "default" in state:
        return str(state["default"])
    invalid = find_invalid_date(turn.text)
    if invalid:
        return Problem(BAD_DATE.format(words=invalid))
    found = find_dates(turn.text, turn.today)
    if len(found) > 1:
        return Problem(ONE_DAY)
    return day_of(turn, found[0].day) if found else None


def day_of(turn: Turn, on: date) -> str | Problem:
    """A day from today on and within a year, as ISO text."""
    if on < turn.today:
        return Problem(PAST_DAY.format(day=day(on)))
    return Problem(FAR_DAY) if on > turn.today + FARTHEST else on.isoformat()


def read_time(turn: Turn) -> list[str] | Problem | None:
    """From when to when, on the day that was told."""
    state = turn.dialog.state["answers"] if turn.dialog else {}
    return hours_of(turn, turn.text, date.fromisoformat(state["day"]))


def hours_of(turn: Turn, text: str, on: date) -> list[str] | Problem | None:
    """When it begins and ends as ISO text, why it cannot be, or None where no hour is named."""
    found = planning.read_hours(turn, text, on)
    if isinstance(found, Hours):
        return [found.starts_at.isoformat(), found.ends_at.isoformat()]
    return Problem(found) if found else None


def read_what(turn: Turn) -> list[str] | Problem | None:
    """The contents, by number or name."""
    if asks(turn.text) or not bare(turn.text):
        return None
    found = read_contents(turn.text)
    if isinstance(found, str):
        return Problem(UNKNOWN_CONTENT.format(words=found))
    return list(found) or None


def read_how(turn: Turn) -> str | Problem:
    """On the spot, from afar, or both."""
    return read_mode(turn.text) or Problem(UNKNOWN_MODE)


def read_who(turn: Turn) -> str | Problem:
    """All members, and who else."""
    return read_audience(turn.text) or Problem(UNKNOWN_WHO)


@dataclass(frozen=True, kw_only=True)
class Planned(Form):
    """What a secretary tells of an activity."""

    topic: str = question(TOPIC, read_topic)
    day: str = question(DAY, read_day)
    time: list[str] = question(TIME, read_time)
    place: str = question(PLACE, read_place, optional=True)
    contents: list[str] = question(WHAT, read_what)
    mode: str = question(MODE, read_how)
    audience: str = question(WHO, read_who, optional=True)

    @property
    def hours(self) -> Hours:
        """When it begins and ends."""
        return Hours(datetime.fromisoformat(self.time[0]), datetime.fromisoformat(self.time[1]))

    @property
    def row(self) -> dict[str, Any]:
        """The columns of the activity."""
        return {
            "topic": self.topic,
            "starts_at": self.hours.starts_at,
            "ends_at": self.hours.ends_at,
            "place": self.place or "",
            "categories": "、".join(self.contents),
            "mode": self.mode,
            "audience": self.audience or EVERYBODY,
        }

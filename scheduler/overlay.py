"""Days off and make-up workdays that the organisation enters itself, read from TOML. Pure."""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum
from typing import Any

KEYS = ("date", "kind", "name", "source")

NO_TOML = "写法不对：{reason}"
UNKNOWN_SECTION = "不认识的“{key}”，每一天写成一节 [[day]]"
NOT_A_LIST = "每一天应写成一节 [[day]]"
ENTRY = "第 {number} 条（{day}）：{problem}"
UNKNOWN_KEY = "不认识的键 {key}"
BAD_DAY = "date 应为日期，例如 2027-02-05"
BAD_KIND = 'kind 应为 "holiday"（放假）或 "workday"（上班）'
BAD_TEXT = "{key} 应为文字，不能为空"
TWICE = "这一天前面已经写过"
EMPTY = "文件里一天也没有写，每一天写成一节 [[day]]；不需要就从配置里删去 calendar"
NO_DATE = "没有日期"


class BadOverlay(Exception):
    """An overlay cannot be used; `problems` names every bad entry."""

    def __init__(self, problems: list[str]) -> None:
        super().__init__("；".join(problems))
        self.problems = problems


class DayKind(StrEnum):
    """Whether people are off that day or work."""

    HOLIDAY = "holiday"
    WORKDAY = "workday"


@dataclass(frozen=True, slots=True)
class Entry:
    """One day, with the notice that makes it so."""

    date: date
    kind: DayKind
    name: str
    source: str


@dataclass(frozen=True, eq=False, slots=True)
class Overlay:
    """Entries by their day; they win over what the package knows. Read once, so it is itself alone."""

    days: Mapping[date, Entry] = field(default_factory=dict)

    def kind(self, day: date) -> DayKind | None:
        """What an entry makes of a day."""
        entry = self.days.get(day)
        return entry.kind if entry else None

    def has_workday_in(self, year: int) -> bool:
        """Whether make-up workdays of a year are entered, so its notice is known."""
        return any(day.year == year for day in self.days if self.kind(day) is DayKind.WORKDAY)


def read_overlay(text: str) -> Overlay:
    """`[[day]]` sections with date, kind, name and source. Raises BadOverlay."""
    try:
        document = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise BadOverlay([NO_TOML.format(reason=error)]) from None
    sections = document.pop("day", [])
    problems = [UNKNOWN_SECTION.format(key=key) for key in document]
    if not isinstance(sections, list) or not all(isinstance(one, dict) for one in sections):
        raise BadOverlay([*problems, NOT_A_LIST])
    days: dict[date, Entry] = {}
    for number, section in enumerate(sections, start=1):
        day = _day(section.get("date"))
        wrong = _problems(section, day, days)
        shown = section.get("date", NO_DATE)
        problems += [ENTRY.format(number=number, day=shown, problem=one) for one in wrong]
        if day and not wrong:
            kind = DayKind(section["kind"])
            days[day] = Entry(day, kind, section["name"], section["source"])
    if not sections and not problems:
        problems.append(EMPTY)
    if problems:
        raise BadOverlay(problems)
    return Overlay(days)


def _problems(section: dict[str, Any], day: date | None, days: dict[date, Entry]) -> list[str]:
    problems = [UNKNOWN_KEY.format(key=key) for key in section if key not in KEYS]
    if day is None:
        problems.append(BAD_DAY)
    elif day in days:
        problems.append(TWICE)
    if section.get("kind") not in list(DayKind):
        problems.append(BAD_KIND)
    for key in ("name", "source"):
        text = section.get(key)
        if not isinstance(text, str) or not text.strip():
            problems.append(BAD_TEXT.format(key=key))
    return problems


def _day(found: Any) -> date | None:
    # A moment is a date to Python; a day with a time of day is a slip of the pen.
    if type(found) is date:
        return found
    try:
        return date.fromisoformat(found) if isinstance(found, str) else None
    except ValueError:
        return None

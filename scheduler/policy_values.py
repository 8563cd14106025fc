"""The values of a policy file, key by key: what each may be, and what is said of any other. Pure."""

import re
from collections.abc import Callable, Mapping
from enum import StrEnum
from typing import Any

from scheduler.policy import At, Due, Event, Every, Of, Owes, Proof, Rung, Who

Reader = Callable[[Any], Any]

TEXT = "应为文字，不能为空"
LONG_TEXT = "太长，最多 {width} 字"
BAD_NAME = '要用作文件名，不能有 / \\ : * ? " < > |'
FLAG = "应为 true 或 false"
WHOLE = "应为 {least} 到 {most} 的整数"
CHOICE = "应为 {names} 之一"
WORDS = "应为文字的列表"
CLAUSE = "应为条款编号，例如 FM-6"
DUE = '应为 "end"、"activity_day"、"月-日"（从一期的第一个月数起）或者事件之后的天数'
RUNGS = '应为列表，例如 [{who = "secretary", of = "due", days = -3}]'
RUNG = "第 {number} 个：{key}：{problem}"
UNKNOWN = "不认识的键"
MISSING = "缺少"

CLAUSE_ID = re.compile(r"[A-Z]{2}-[1-9]\d?")
MONTH_DAY = re.compile(r"(\d\d)-(\d\d)")
NOT_IN_NAMES = re.compile(r'[/\\:*?"<>|\x00-\x1f]')
MONTHS, DAYS, LONGEST = 12, 31, 400
ALSO = ("report", "place")
WIDTH, NAME_WIDTH = 200, 40


class BadValue(ValueError):
    """A value that a key may not have; the message says what was expected."""


def text(found: Any) -> str:
    """A text that says something."""
    if not isinstance(found, str) or not found.strip():
        raise BadValue(TEXT)
    if len(found) > WIDTH:
        raise BadValue(LONG_TEXT.format(width=WIDTH))
    return found


def text_or_none(found: Any) -> str:
    """A text that may be empty."""
    return "" if found == "" else text(found)


def file_name(found: Any) -> str:
    """A short text that a file may be called by."""
    name = text(found)
    if len(name) > NAME_WIDTH:
        raise BadValue(LONG_TEXT.format(width=NAME_WIDTH))
    if NOT_IN_NAMES.search(name):
        raise BadValue(BAD_NAME)
    return name


def flag(found: Any) -> bool:
    """True or false."""
    if not isinstance(found, bool):
        raise BadValue(FLAG)
    return found


def whole(least: int, most: int) -> Reader:
    """A reader of whole numbers within bounds."""

    def read(found: Any) -> int:
        if type(found) is not int or not least <= found <= most:
            raise BadValue(WHOLE.format(least=least, most=most))
        return found

    return read


def one_of(kind: type[StrEnum]) -> Reader:
    """A reader of one name of a vocabulary."""

    def read(found: Any) -> StrEnum:
        if not isinstance(found, str) or found not in list(kind):
            raise BadValue(CHOICE.format(names="、".join(kind)))
        return kind(found)

    return read


def words(found: Any) -> tuple[str, ...]:
    """A list of texts."""
    if not isinstance(found, list) or not all(isinstance(one, str) and one for one in found):
        raise BadValue(WORDS)
    return tuple(found)


def also(found: Any) -> tuple[str, ...]:
    """What else proves a rule, from its own small vocabulary."""
    read = words(found)
    if not set(read) <= set(ALSO):
        raise BadValue(CHOICE.format(names="、".join(ALSO)))
    return read


def days_of_month(found: Any) -> tuple[int, ...]:
    """A list of days of the month."""
    if not isinstance(found, list):
        raise BadValue(WHOLE.format(least=1, most=DAYS))
    return tuple(whole(1, DAYS)(one) for one in found)


def clause(found: Any) -> str:
    """An id of `clauses.md`."""
    if not isinstance(found, str) or not CLAUSE_ID.fullmatch(found):
        raise BadValue(CLAUSE)
    return found


def due(found: Any) -> Due:
    """'end', 'activity_day', '03-25' counted from the period's first month, or days after the event."""
    if type(found) is int and -LONGEST <= found <= LONGEST:
        return Due(At.AFTER, days=found)
    if found in (At.END, At.ACTIVITY_DAY):
        return Due(At(found))
    split = MONTH_DAY.fullmatch(found) if isinstance(found, str) else None
    if split:
        month, day = int(split[1]), int(split[2])
        if 1 <= month <= MONTHS and 1 <= day <= DAYS:
            return Due(At.DAY, month=month, day=day)
    raise BadValue(DUE)


def rungs(found: Any) -> tuple[Rung, ...]:
    """A list of tables; the list as a whole replaces an earlier one."""
    if not isinstance(found, list) or not all(isinstance(one, dict) for one in found):
        raise BadValue(RUNGS)
    return tuple(_rung(number, one) for number, one in enumerate(found, start=1))


def _rung(number: int, found: dict[str, Any]) -> Rung:
    values = {}
    for key, value in found.items():
        if key not in RUNG_KEYS:
            raise BadValue(RUNG.format(number=number, key=key, problem=UNKNOWN))
        try:
            values[key] = RUNG_KEYS[key](value)
        except BadValue as error:
            raise BadValue(RUNG.format(number=number, key=key, problem=error)) from None
    if "who" not in values:
        raise BadValue(RUNG.format(number=number, key="who", problem=MISSING))
    return Rung(**values)


RUNG_KEYS: Mapping[str, Reader] = {
    "who": one_of(Who),
    "days": whole(-LONGEST, LONGEST),
    "of": one_of(Of),
    "text": text,
}
RULE_KEYS: Mapping[str, Reader] = {
    "clause": clause,
    "title": text,
    "owes": one_of(Owes),
    "period": one_of(Every),
    "due": due,
    "grace": whole(0, LONGEST),
    "rungs": rungs,
    "proof": one_of(Proof),
    "source": text,
    "why": text,
    "settle": text_or_none,
    "count": whole(1, 1000),
    "also": also,
    "categories": words,
    "every": flag,
    "event": one_of(Event),
    "off": flag,
}
REQUIRED = (
    "clause", "title", "owes", "period", "due", "grace", "rungs", "proof", "source", "why",
)  # fmt: skip
HOUR, PER_MONTH = whole(0, 23), whole(1, 100)
MANNERS_KEYS: Mapping[str, Reader] = {
    "member_per_month": PER_MONTH,
    "quiet_from": HOUR,
    "quiet_to": HOUR,
    "digest_hour": HOUR,
    "digest_weekday": whole(0, 6),
}
ACTIVITIES_KEYS: Mapping[str, Reader] = {
    "announce_days": whole(1, 31),
    "remind_days": whole(1, 31),
    "form_title": file_name,
}
POLICY_KEYS: Mapping[str, Reader] = {
    "name": text,
    "activity_day": whole(1, DAYS),
    "activity_days": days_of_month,
}

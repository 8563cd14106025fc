"""What a secretary types of an activity: its contents, its mode, who is invited, and all of it in one line."""

import re
from dataclasses import dataclass
from datetime import date, time

from handlers.reading.dates import find_dates
from handlers.reading.numerals import read_integer
from handlers.reading.speech import asks
from handlers.reading.times import find_hours, find_time
from handlers.reading.words import bare, without
from scheduler.content import NO_SUBSTITUTE, SERVICE, STUDY

CONTENTS = (
    "学习教育",
    "组织生活会",
    "民主评议",
    "民主议事",
    "为民服务",
    "党课",
    "志愿服务",
    "党务公开",
)
KNOWN = {*CONTENTS, *STUDY, *NO_SUBSTITUTE, *SERVICE, "通报工作", "党员大会", "支部大会"}
MODES = ("现场", "线上", "现场+线上")
EVERYBODY = "全体党员"
OTHERS = ("积极分子", "发展对象")
BETWEEN = re.compile(r"[\s、,;.+和与及]+")
NUMBERS = re.compile(r"[0-9]{1,2}|[一二三四五六七八]")
BOTH = re.compile(
    "都行|都可以|两种|线上线下|线下线上|现场[和、加及与或]线上|线上[和、加及与或](?:现场|线下)|现场\\+线上|线上\\+现场|(?<![只仅])(?:可以?|[能也])(?:在|从|用|通过)?线上|同时线上"
)
PLACE = re.compile(
    "室|厅|楼|馆|中心|会场|广场|阵地|基地|公园|纪念|社区|村委|校区|腾讯会议|钉钉|会议$|教学点|书屋|礼堂|操场"
)
INVITES = re.compile(
    f"(?:请|邀请|不请|不邀请|不含|不包括|参加|范围|还有)|{EVERYBODY}|{'|'.join(OTHERS)}"
)
_MODE = "(?:现场|线下|线上|远程|网上|视频)"
NO_MODE = re.compile(
    f"(?:不|别|取消|没有|无)(?:搞|用|要|是|安排|开|设|去)?{_MODE}|{_MODE}(?:不|就不|取消|没)(?:行|方便|可以|用|要|安排|搞|开)?了?"
)
_OTHER = f"(?:{'|'.join(OTHERS)})(?:[和、及与](?:{'|'.join(OTHERS)}))*"
NOT_INVITED = re.compile(
    f"(?:不|别|没有?|除|无)(?:了|用|要|含|包括|包含|邀请|请|叫)*{_OTHER}|{_OTHER}(?:就|都|也)?(?:不|除外|之外|以外|外|别)"
)
LEAD = re.compile("^(?:(?:活动)?(?:主题|地点|时间|内容|方式|范围)(?:[:是为]|在) ?|在|于)")


@dataclass(frozen=True, slots=True)
class Gathering:
    """What one line tells; empty where it says nothing."""

    days: tuple[date, ...] = ()
    begins: time | None = None
    ends: time | None = None
    minutes: int = 0
    topic: str = ""
    place: str = ""
    contents: tuple[str, ...] = ()
    mode: str = ""
    audience: str = ""


def read_contents(text: str) -> tuple[str, ...] | str:
    """The contents named or numbered, each once; or the first words that are neither."""
    found: list[str] = []
    for part in filter(None, BETWEEN.split(text.strip(" .。"))):
        name = _content(part)
        if name is None:
            return str(part)
        found.append(name)
    return tuple(dict.fromkeys(found))


def read_mode(text: str) -> str:
    """One of MODES, or ''."""
    said = bare(text)
    if said in {"1", "2", "3", "一", "二", "三"}:
        return MODES[(read_integer(said) or 1) - 1]
    text = NO_MODE.sub(" ", text)
    if asks(text):
        return ""
    if BOTH.search(text) or ("线上" in text and re.search("现场|线下", text)):
        return MODES[2]
    if re.search("线上|远程|网上|视频", text):
        return MODES[1]
    return MODES[0] if re.search("现场|线下|到场", text) else ""


def read_audience(text: str) -> str:
    """Members always; whoever else is named with them. '' where nobody is."""
    if asks(text):
        return ""
    rest = NOT_INVITED.sub(EVERYBODY, text)
    named = [one for one in OTHERS if one in rest]
    if rest != text and not named:
        return EVERYBODY
    if named:
        return "、".join([EVERYBODY, *named])
    said = bare(text)
    return EVERYBODY if said in {"1", "默认", "全体", "全部", "党员", "所有党员", EVERYBODY} else ""


def read_gathering(text: str, today: date) -> Gathering:
    """What a whole line tells of an activity; the order and the pauses do not matter."""
    found = find_dates(text, today)
    rest = without(text, [(one.start, one.end) for one in found])
    clock, lasts = find_time(rest), find_hours(rest)
    spans = [(clock.start, clock.end)] if clock else []
    spans += [lasts[1:]] if lasts and clock and not clock.ends else []
    told = _of_words(without(rest, spans))
    return Gathering(
        days=tuple(one.day for one in found),
        begins=clock.begins if clock else None,
        ends=clock.ends if clock else None,
        minutes=int(lasts[0].total_seconds()) // 60 if lasts else 0,
        topic=told["topic"],
        place=told["place"],
        contents=tuple(told["contents"].split("、")) if told["contents"] else (),
        mode=told["mode"],
        audience=told["audience"],
    )


def _of_words(rest: str) -> dict[str, str]:
    """Each run of words is a topic, a place, contents, a mode or an audience."""
    told = dict.fromkeys(("topic", "place", "contents", "mode", "audience"), "")
    for part in re.split(r"[\s,;。]+", rest):
        words = LEAD.sub("", part).strip("、:. ")
        if not words:
            continue
        kind, value = _kind_of(words, told)
        if told[kind]:
            kind, value = "topic", words
        told[kind] = f"{told[kind]} {value}".strip() if kind == "topic" else value
    return told


def _kind_of(words: str, told: dict[str, str]) -> tuple[str, str]:
    contents = read_contents(words)
    if isinstance(contents, tuple) and contents and told["topic"] and not words.isdigit():
        return "contents", "、".join(contents)
    if re.fullmatch("(?:现场|线上|线下|[+和、与])+(?:参加|都行|都可以)?", words):
        return "mode", read_mode(words)
    if INVITES.match(words) and read_audience(words):
        return "audience", read_audience(words)
    if told["topic"] and PLACE.search(words):
        return "place", words
    return "topic", words


def _content(part: str) -> str | None:
    if NUMBERS.fullmatch(part):
        number = read_integer(part) or 0
        return CONTENTS[number - 1] if 1 <= number <= len(CONTENTS) else None
    return part if part in KNOWN else None

"""Finds the days people name (12月1号, 下周一, 3天后, 月底); weeks begin on Monday."""

import re
from calendar import monthrange
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date, timedelta

from handlers.reading.numerals import NUMERAL, NUMERAL_CHARACTERS, read_integer


@dataclass(frozen=True, slots=True)
class FoundDate:
    """A day named at text[start:end]."""

    day: date
    start: int
    end: int


_Found = Iterator[FoundDate]

_SAID = "零〇○一二三四五六七八九"
YEAR = (
    r"(?:(?<![0-9])(?:(?:19|20)?[0-9]{2}) ?年"
    rf"|(?:一九|二[零〇○])[{_SAID}]{{2}}年|(?<![{_SAID}])[二三][{_SAID}]年"
    "|(?:大?前|[去今明本])年)度?的? ?"
)
"""Regex source of a year word (2026年, 26年, 二〇二六年, 去年), which `read_year` reads."""
MONTH_WORD = (
    r"(?:(?:(?P<back>大?(?<![早晚线网路以马上])上{1,3})|(?P<ahead>(?<![线以一乡下])下{1,3})|[这本当])"
    r" ?(?:一?个|一)? ?月份?)"
)
"""Regex source of a month counted from today's (上个月, 本月, 下下月), read by `shift_of`."""

_ALONE = rf"(?<![0-9{NUMERAL_CHARACTERS}])(?<![0-9]\.)"
_DAYS = rf"(?P<days>{NUMERAL}(?: ?[日号]? ?[-~—到至、和] ?{NUMERAL}){{0,30}} ?[日号])"
_NOT_SOLAR = "(?<!农历)(?<!阴历)(?<!每年)"
_MONTH = rf"(?P<year>{YEAR})?{_NOT_SOLAR}{_ALONE}(?P<month>{NUMERAL}) ?月份?"
_NO_HOUSE = (  # 5号楼, 1号线: numbers of things
    "(?![楼线门文桌院厂路店馆岗码栋单室库井令台窗口仓塔坑召]|[机车](?!票)|房(?!租)|公[路寓]|选手)"
)
_WEEK = "(?:周|星期|礼拜)"
_WEEKDAY = (
    rf"{_WEEK}(?P<weekday>[一二三四五六日天1-7])(?![十百千次0-9]|个(?!人)|天(?!气)"
    "|(?<=日)[常报记程志历]|(?<=天)[气天]|(?<=一)起[去吃聊来学参看做开讨走过交])"
)
_NOT_A_DAY = (
    "(?![0-9]| ?[a-z%℃°×]|\\.[0-9]| ?[元块圆毛角万千百亿个天月小斤公米级折倍岁人平吨度分点版])"
)

_FULL = re.compile(
    r"(?<![0-9.])(?P<y>(?:19|20)[0-9]{2})(?: ?(?P<by>[-./]) ?(?P<m>[0-9]{1,2}) ?(?P=by) ?"
    r"(?P<d>[0-9]{1,2})|(?P<mm>[0-9]{2})(?P<dd>[0-9]{2}))(?![0-9])(?: ?[日号])?"
)
_MONTH_DAYS = re.compile(rf"{_MONTH} ?{_DAYS}")
_WORD_DAYS = re.compile(rf"{MONTH_WORD} ?{_DAYS}")
_MONTH_END = re.compile(rf"{_MONTH}月?[底末]")
_WORD_END = re.compile(rf"{MONTH_WORD}月?[底末]")
_DOTTED = re.compile(
    r"(?<![0-9.a-z¥])(?<!党费)(?<!每月)(?<![交了午点])(?P<m>[0-9]{1,2})"
    rf"(?:\.(?P<d>[0-9]{{1,2}})(?: ?[日号])?{_NOT_A_DAY}|[-/](?P<dd>[0-9]{{1,2}}) ?[日号])"
)
_OFFSET = re.compile(
    rf"(?<![第每个前后]){_ALONE}(?P<count>{NUMERAL}) ?"
    "(?P<unit>天|周|年|个?星期|个?礼拜|个 ?月|(?<=半)月)"
    " ?[之以]?(?P<side>后(?![天面])|前(?![往后面天]))"
)
_WEEKDAYS = re.compile(
    r"(?:(?:(?P<back>(?<![早晚路线网班上])上{1,3})|(?P<ahead>(?<![一下])下{1,3})|(?P<here>这|本))(?:一?个)?"
    rf"|(?<![每隔逢各个0-9{NUMERAL_CHARACTERS}])){_WEEKDAY}"
    rf"(?P<more>(?: ?[-~—到至、和]? ?{_WEEK}[一二三四五六日天]){{0,6}})"
)
_NEAR = re.compile(
    r"大前天|(?<![以之])前天(?!气)|昨[天日晚夜]|今[天日晚早晨夜]|明[天日早晚](?!报)|今(?=明[两天])|明(?=两?天|后天)"
    r"|大后天|(?<![以之今])后天(?![生性])"
)
_NEAR_DAYS = {"大前": -3, "前天": -2, "昨": -1, "今": 0, "明": 1, "后天": 2, "大后": 3}
_BARE_END = re.compile("(?<![每个月])月[底末]")
_YEAR_END = re.compile(rf"(?:(?P<year>{YEAR})年?|(?<![每年上全半]){_ALONE}年)[底末]")
_NEW_YEAR = re.compile(rf"(?P<year>{YEAR})?元旦")
_BARE_DAYS = re.compile(
    rf"(?<![第路街巷道弄村牌编座园号)〕】\]])(?<!每月)(?<!个月)(?<!每月 ){_ALONE}"
    rf"(?P<days>{NUMERAL}(?: ?号? ?[-~—到至、和] ?{NUMERAL}){{0,30}} ?号){_NO_HOUSE}"
)
_MONTH_PART = re.compile(rf"(?:{_MONTH}|{MONTH_WORD})(?:月?初|[上中下]旬)")


def find_dates(text: str, today: date) -> tuple[FoundDate, ...]:
    """The days a text names, in the order they stand; those that do not exist are left out.

    A month and day without a year is this year's within six months of `today`, else the nearest.
    """
    found: list[FoundDate] = []
    rest = text
    for pattern, reader in _READERS:
        for match in pattern.finditer(rest):
            found.extend(reader(match, today))
        rest = pattern.sub(_blank, rest)
    return _without_echoes(text, sorted(found, key=lambda one: one.start))


def find_invalid_date(text: str) -> str:
    """The words of the first date that does not exist (2月30日, 13月1日, 12月32号), or ''."""
    for pattern in (_FULL, _MONTH_DAYS, _WORD_DAYS):
        for match in pattern.finditer(text):
            is_code = match[0].isdecimal()
            if not is_code and not all(_date(*day) for day in _numbers(match)):
                return match[0].strip()
    return ""


def without_days(text: str) -> str:
    """The same length, with months blanked that belong to a day or a part (10月5日, 9月底)."""
    for pattern in (_FULL, _MONTH_DAYS, _WORD_DAYS, _MONTH_END, _WORD_END, _MONTH_PART):
        text = pattern.sub(_blank, text)
    return text


def read_year(words: str, today: date) -> int:
    """The calendar year of a `YEAR` word; two digits are of this century."""
    back = {"大": 3, "前": 2, "去": 1, "今": 0, "本": 0, "明": -1}.get(words[0])
    if back is not None:
        return today.year - back
    number = int("".join(str(read_integer(c)) for c in words if c in _SAID or c.isdecimal()))
    return number if number > 99 else 2000 + number


def shift_of(match: re.Match[str]) -> int:
    """How many months (weeks, quarters) after today's a match with 上 and 下 means."""
    return len(match["ahead"] or "") - len(match["back"] or "")


def _blank(match: re.Match[str]) -> str:
    return "_" * len(match[0])


def _numbers(match: re.Match[str]) -> Iterator[tuple[int, int, int]]:
    """Year, month and day as written; a leap year or January stand in for what is left out."""
    groups = match.groupdict()
    if "y" in groups:
        yield int(match["y"]), int(match["m"] or match["mm"]), int(match["d"] or match["dd"])
        return
    words = groups.get("year") or "2000年"
    year = 2000 if words[0] in "大前去今本明" else read_year(words, date.min)
    month = read_integer(groups.get("month") or "1")
    for number in re.findall(NUMERAL, match["days"]):
        day = read_integer(number)
        if day is not None and month is not None:
            yield year, month, day


def _date(year: int, month: int | None, day: int | None) -> date | None:
    if month is None or day is None or not 1 <= month <= 12:
        return None
    return date(year, month, day) if 1 <= day <= monthrange(year, month)[1] else None


def _shifted(day: date, months: int) -> date:
    """The same day number `months` later, or the month's last day where there is none."""
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    return date(year, month + 1, min(day.day, monthrange(year, month + 1)[1]))


def _month_end(year: int, month: int | None) -> date | None:
    return _date(year, month, monthrange(year, month)[1]) if month and month < 13 else None


def _dated(match: re.Match[str], today: date, of_year: Callable[[int], date | None]) -> date | None:
    """The day in the year said, else in the year that suits `today`; see `find_dates`."""
    if match.groupdict().get("year"):
        return of_year(read_year(match["year"], today))
    this = of_year(today.year)
    if this and _shifted(today, -6) <= this <= _shifted(today, 6):
        return this
    days = [day for day in (this, of_year(today.year - 1), of_year(today.year + 1)) if day]
    return min(days, key=lambda day: abs(day - today), default=None)


def _one(match: re.Match[str], day: date | None) -> _Found:
    if day:
        yield FoundDate(day, *match.span())


def _each(match: re.Match[str], first: Callable[[int | None], date | None]) -> _Found:
    """Every day of 5号到8号; a lower number than the one before is in the next month."""
    before: date | None = None
    for number in re.finditer(f"({NUMERAL}) ?[日号]?", match["days"]):
        value = read_integer(number[1])
        day = first(value) if before is None else _next_numbered(before, value)
        if day is None:
            return
        start = match.start() if before is None else match.start("days") + number.start()
        yield FoundDate(day, start, match.start("days") + number.end())
        before = day


def _next_numbered(day: date, number: int | None) -> date | None:
    """The first day from `day` on with this number, within this month and the next."""
    later = _shifted(day.replace(day=1), 1)
    if number is not None and number >= day.day:
        return _date(day.year, day.month, number) or _date(later.year, later.month, number)
    return _date(later.year, later.month, number)


def _month_days(match: re.Match[str], today: date) -> _Found:
    month = read_integer(match["month"])
    return _each(match, lambda day: _dated(match, today, lambda year: _date(year, month, day)))


def _word_days(match: re.Match[str], today: date) -> _Found:
    month = _shifted(today.replace(day=1), shift_of(match))
    return _each(match, lambda day: _date(month.year, month.month, day))


def _end_of_month(match: re.Match[str], today: date) -> _Found:
    month = read_integer(match["month"])
    return _one(match, _dated(match, today, lambda year: _month_end(year, month)))


def _end_of_word(match: re.Match[str], today: date) -> _Found:
    month = _shifted(today, shift_of(match) if match.groupdict() else 0)
    return _one(match, _month_end(month.year, month.month))


def _dotted(match: re.Match[str], today: date) -> _Found:
    month, day = int(match["m"]), int(match["d"] or match["dd"])
    return _one(match, _dated(match, today, lambda year: _date(year, month, day)))


def _offset(match: re.Match[str], today: date) -> _Found:
    sign, unit = 1 if match["side"] == "后" else -1, match["unit"][-1]
    count = sign * (read_integer(match["count"]) or 0)
    if match["count"] == "半":
        half = {"月": today + timedelta(15 * sign), "年": _shifted(today, 6 * sign)}
        return _one(match, half.get(unit))
    if not 0 < abs(count) <= 1000:
        return _one(match, None)
    if unit in "月年":
        return _one(match, _shifted(today, count * (1 if unit == "月" else 12)))
    return _one(match, today + timedelta(count * (1 if unit == "天" else 7)))


def _weekdays(match: re.Match[str], today: date) -> _Found:
    monday = today - timedelta(today.weekday())
    day = monday + timedelta(7 * shift_of(match) + _weekday(match["weekday"]))
    if not (match["back"] or match["ahead"] or match["here"]) and day < today:
        day += timedelta(7)
    end = match.start("more")
    yield FoundDate(day, match.start(), end)
    for more in re.finditer(f"{_WEEK}(.)", match["more"]):
        day += timedelta((_weekday(more[1]) - day.weekday()) % 7)
        yield FoundDate(day, end + more.start(), end + more.end())


def _weekday(name: str) -> int:
    return 6 if name in "日天7" else (read_integer(name) or 1) - 1


def _near(match: re.Match[str], today: date) -> _Found:
    days = next(shift for word, shift in _NEAR_DAYS.items() if match[0].startswith(word))
    return _one(match, today + timedelta(days))


def _end_of_year(match: re.Match[str], today: date) -> _Found:
    year = read_year(match["year"], today) if match["year"] else today.year
    return _one(match, date(year, 12, 31))


def _new_year(match: re.Match[str], today: date) -> _Found:
    coming = today.year if (today.month, today.day) == (1, 1) else today.year + 1
    return _one(match, date(read_year(match["year"], today) if match["year"] else coming, 1, 1))


def _without_echoes(text: str, found: list[FoundDate]) -> tuple[FoundDate, ...]:
    """12月1日(周二) is one day, not two; a weekday that does not fit its date stays."""
    kept: list[FoundDate] = []
    for one in found:
        gap = text[kept[-1].end : one.start].strip(" (,") if kept else "_"
        echo = not gap and text[one.start] in "周星礼"
        if not echo or one.day.weekday() != kept[-1].day.weekday():
            kept.append(one)
    return tuple(kept)


_READERS: tuple[tuple[re.Pattern[str], Callable[[re.Match[str], date], _Found]], ...] = (
    (_FULL, lambda match, _: _one(match, _date(*next(_numbers(match))))),
    (_MONTH_DAYS, _month_days),
    (_WORD_DAYS, _word_days),
    (_MONTH_END, _end_of_month),
    (_WORD_END, _end_of_word),
    (_DOTTED, _dotted),
    (_OFFSET, _offset),
    (_WEEKDAYS, _weekdays),
    (_NEAR, _near),
    (_NEW_YEAR, _new_year),
    (_YEAR_END, _end_of_year),
    (_BARE_END, _end_of_word),
    (_BARE_DAYS, lambda match, today: _each(match, lambda day: _next_numbered(today, day))),
)

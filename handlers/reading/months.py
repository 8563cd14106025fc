"""Finds the months a sentence names (10月, 三季度, 7-9月, 去年12月到今年2月, 上个月)."""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import date
from itertools import pairwise

from handlers.reading.dates import MONTH_WORD, YEAR, read_year, shift_of, without_days
from handlers.reading.numerals import read_integer


@dataclass(frozen=True, slots=True)
class FoundMonths:
    """All months of a text as "2026-10", ascending; text[start:end] holds all their words.

    `invalid` holds the words that name no month (13月, 五季度); `months` is then empty.
    """

    months: tuple[str, ...]
    start: int
    end: int
    invalid: str


@dataclass(frozen=True, slots=True)
class _Piece:
    """Months `first` to `last` (1-12, 0 when there is no such month) of one year.

    `year` is None when none was said. `joined` tells how the piece hangs on the one before it:
    "range" (7月到9月), "list" (7月和9月) or "" (not at all).
    """

    first: int
    last: int
    year: int | None
    joined: str
    start: int
    end: int


_CHINESE = "零〇一二三四五六七八九十百"
_N = rf"(?:[0-9]++|[{_CHINESE}]++)"
_RANGE = "[-~—–到至]"
_LIST = "(?:[、,和与及跟]|以及|还有)"
_GAP = re.compile(rf"份?(?:的党费|党费|的)? ?(?:(?P<range>{_RANGE}+)|{_LIST})? ?")
_SEPARATOR = rf"(?: ?(?:{_RANGE}|{_LIST}|[./]) ?| )"
_NUMBERS = rf"(?P<numbers>(?:第 ?)?{_N}(?:(?:{_SEPARATOR}(?:第 ?)?|第 ?){_N}){{0,11}})"
_NUMBERED = re.compile(
    rf"(?:(?P<year>{YEAR}(?:党费)? ?|(?<![0-9])20[0-9]{{2}}[-./ ])"
    rf"|(?<!农历)(?<!阴历)(?<![0-9{_CHINESE}两俩几多半年]))(?P<head>前)?{_NUMBERS}"
    " ?(?P<unit>月(?!革命|一次(?!性)|[饼亮嫂球底末初]|[上中下]旬)份?|季 ?度|个 ?(?:月|季 ?度))"
)
_DASHED = re.compile(
    r"(?<![0-9.¥])(?P<year>20[0-9]{2})[-./](?P<numbers>[0-9]{1,2}(?![0-9])"
    r"(?:[-~到至、][0-9]{1,2}(?![0-9])){0,11})(?P<unit>)"
    r"(?![-./][0-9]{1,2}(?![0-9])| ?[元块圆毛角分万%号日个])"
)
_COMPACT = re.compile(
    r"(?<![0-9.¥])(?P<year>20[0-9]{2})(?P<numbers>0[1-9]|1[0-2])(?P<unit>)"
    r"(?![0-9]|\.[0-9]| ?[元块圆毛角分万%号日个])"
)
_MONTH_WORD = re.compile(rf"{MONTH_WORD}(?![饼亮嫂球])")
_QUARTER_WORD = re.compile(
    "(?:(?P<back>上{1,3})|(?P<ahead>下{1,3})|[这本当]) ?(?:一?个|一)? ?季 ?度"
)
_YEARLY = re.compile(
    rf"(?P<year>{YEAR})?(?:(?P<half>[上下]) ?半年|全年|(?<![0-9{_CHINESE}几多])元月份?)"
    rf"|(?P<whole>{YEAR})一?整?年"
)
_LEFT_OUT = re.compile("(?:除了?|除去|不[含算]|不包括) ?$")
_OPEN_END = re.compile(
    " ?(?:[到至](?:今(?![年天日])|现在|目前)|以来|起(?![到至])|开始|[以之]?[前后])"
)


def find_months(text: str, today: date) -> FoundMonths | None:
    """All the months a sentence names; None when there are none or they are unclear (7月至今).

    A bare month is this year's unless it lies more than a month ahead; then it is last year's if
    that is at most three months back, else this year's. Joined months stay together.
    """
    pieces = _joined(text, sorted(_pieces(text, today), key=lambda piece: piece.start))
    if not pieces or any(_is_unclear(text, piece) for piece in pieces):
        return None
    start, end = pieces[0].start, max(piece.end for piece in pieces)
    ordinals: set[int] = set()
    for chain in _chains(pieces):
        covered = _covered(chain, today)
        if not covered:
            wrong = [piece for piece in chain if not piece.first] or chain
            return FoundMonths((), start, end, text[wrong[0].start : wrong[-1].end].strip())
        ordinals |= covered
    months = tuple(f"{number // 12:04d}-{number % 12 + 1:02d}" for number in sorted(ordinals))
    return FoundMonths(months, start, end, "")


def _pieces(text: str, today: date) -> Iterator[_Piece]:
    rest = without_days(text)
    for pattern, reader in _READERS:
        for match in pattern.finditer(rest):
            yield from reader(match, today)
        rest = pattern.sub(lambda match: "_" * len(match[0]), rest)


def _counted(match: re.Match[str], today: date) -> Iterator[_Piece]:
    """上个月, 本季度: so many months or quarters from today's."""
    size = 3 if "季" in match[0] else 1
    number = (today.year * 12 + today.month - 1) // size + shift_of(match)
    year, index = divmod(number, 12 // size)
    yield _Piece(index * size + 1, (index + 1) * size, year, "", *match.span())


def _yearly(match: re.Match[str], today: date) -> Iterator[_Piece]:
    words = match["year"] or match["whole"]
    whole = (1, 1) if "元月" in match[0] else (1, 12)
    first, last = {"上": (1, 6), "下": (7, 12)}.get(match["half"] or "", whole)
    yield _Piece(first, last, read_year(words, today) if words else None, "", *match.span())


def _numbered(match: re.Match[str], today: date) -> Iterator[_Piece]:
    """7-9月, 二三季度, 2025-12, 前三季度; 3个月 is a duration, but not in 今年前3个月."""
    year = read_year(match["year"], today) if match["year"] else None
    unit, head = match["unit"], match.groupdict().get("head")
    size = 3 if "季" in unit else 1
    runs = _runs(match, 12 // size)
    if head and (year or unit[0] == "季") and unit[0] != "月" and len(runs[0].values) == 1:
        yield _Piece(1, runs[0].values[0] * size, year, "", *match.span())
    elif "个" not in unit:
        yield from _spelled(match, runs, year, size)


@dataclass(frozen=True, slots=True)
class _Run:
    """One numeral of a list: the numbers in it (none when impossible) and where it begins."""

    joined: str
    values: tuple[int, ...]
    start: int


def _spelled(
    match: re.Match[str], runs: list[_Run], year: int | None, size: int
) -> Iterator[_Piece]:
    """A piece for every number; a year said in front belongs to the first."""
    start = runs[0].start
    said = year if start == match.start() else None
    for run in runs:
        for index, value in enumerate(run.values or (0,)):
            first = (value - 1) * size + 1 if value else 0
            joined = "list" if index else run.joined
            yield _Piece(first, value * size, said, joined, start, match.end())
            said = None


def _runs(match: re.Match[str], limit: int) -> list[_Run]:
    """The numerals up to the unit; a stray sum in front (20 of 20 10月) is left out."""
    runs: list[_Run] = []
    words, end = match["numbers"], 0
    for numeral in re.finditer(_N, words):
        values = _values(numeral[0], limit)
        between = words[end : numeral.start()].strip("第 ")
        if runs and between in {"", ",", ".", "/"}:
            if not _follows(values, runs[-1].values, between):
                runs.clear()
            elif match.string[: runs[-1].start].endswith("月"):
                values = ()  # 9月10 11月: ten yuan or October
        joined = "range" if re.fullmatch(_RANGE, between) else "list"
        start = match.start("numbers") + numeral.start() if end else match.start()
        runs.append(_Run(joined if runs else "", values, start))
        end = numeral.end()
    return runs


def _follows(values: tuple[int, ...], before: tuple[int, ...], between: str) -> bool:
    """Whether a list goes on over a weak separator: 7 8月, 7.8月, but 3,6月 with a comma only."""
    if not values or not before:
        return False
    return values[0] == before[-1] % 12 + 1 or (between == "," and values[0] > before[-1])


def _values(numeral: str, limit: int) -> tuple[int, ...]:
    """十 is (10,), 七八九 is (7, 8, 9), 十一二 is (11, 12); () for what exceeds `limit`."""
    number = read_integer(numeral)
    if number is not None and 1 <= number <= limit:
        return (number,)
    parts = re.findall("十[一二]?|[一二三四五六七八九]", numeral)
    values = tuple(read_integer(part) or 0 for part in parts)
    if parts[-2:] == ["十一", "二"]:
        values = (*values[:-1], 12)
    in_order = len(values) > 1 and all(b == a % 12 + 1 for a, b in pairwise(values))
    return values if in_order and "".join(parts) == numeral and max(values) <= limit else ()


def _joined(text: str, pieces: list[_Piece]) -> list[_Piece]:
    """The pieces, each told by the words in between how it hangs on the one before."""
    told = pieces[:1]
    for before, piece in pairwise(pieces):
        gap = _GAP.fullmatch(text, before.end, piece.start)
        joined = piece.joined or ("" if not gap else "range" if gap["range"] else "list")
        told.append(replace(piece, joined=joined))
    return told


def _is_unclear(text: str, piece: _Piece) -> bool:
    before = text[max(0, piece.start - 5) : piece.start]
    return bool(_LEFT_OUT.search(before) or _OPEN_END.match(text, piece.end))


def _chains(pieces: list[_Piece]) -> Iterator[list[_Piece]]:
    """Pieces to be placed together; 1月和12月 without a year are placed apart."""
    chain: list[_Piece] = []
    for piece in pieces:
        leap = chain and piece.joined == "list" and piece.first - chain[-1].first > 6
        apart = leap and all(one.year is None for one in [*chain, piece])
        if chain and (apart or not piece.joined):
            yield chain
            chain = []
        chain.append(piece)
    if chain:
        yield chain


def _covered(chain: list[_Piece], today: date) -> set[int]:
    """The ordinals (12 * year + month - 1) of a chain; none when a part of it is impossible."""
    firsts = _placed(chain, today)
    covered: set[int] = set()
    for index, (piece, first) in enumerate(zip(chain, firsts, strict=True)):
        last = first + piece.last - piece.first
        since = firsts[index - 1] if piece.joined == "range" and index else first
        wrapped = piece.year is None and since // 12 < first // 12
        if not piece.first or since > first or (wrapped and last - since >= 6):
            return set()
        covered.update(range(since, last + 1))
    return covered


def _placed(chain: list[_Piece], today: date) -> list[int]:
    """The ordinal of every piece's first month; yearless ones follow from those beside them."""
    firsts: list[int] = []
    anchored = False
    for piece in chain:
        first = _after(firsts[-1], piece) if firsts else piece.first - 1
        if piece.year is not None:
            said = piece.year * 12 + piece.first - 1
            firsts = firsts if anchored else [one + said - first for one in firsts]
            first, anchored = said, True
        firsts.append(first)
    years = 0 if anchored else _bare_year(chain[0].first, today)
    return [first + 12 * years for first in firsts]


def _after(before: int, piece: _Piece) -> int:
    """Where a yearless piece lies: in the year of the one before it, or the next."""
    first = before // 12 * 12 + piece.first - 1
    jump = before - first
    return first + 12 if jump > 6 or (jump > 0 and piece.joined == "range") else first


def _bare_year(month: int, today: date) -> int:
    """The year meant by a month without one; see `find_months`."""
    ahead = month - today.month
    return today.year - 1 if ahead > 1 and 12 - ahead <= 3 else today.year


_Reader = Callable[[re.Match[str], date], Iterator[_Piece]]
_READERS: tuple[tuple[re.Pattern[str], _Reader], ...] = (
    (_MONTH_WORD, _counted),
    (_QUARTER_WORD, _counted),
    (_YEARLY, _yearly),
    (_NUMBERED, _numbered),
    (_DASHED, _numbered),
    (_COMPACT, _numbered),
)

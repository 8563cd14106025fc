"""Finds sums of money in what people type (二十块五, ¥20, 7-9月党费每月20), in fen."""

import re
from dataclasses import dataclass, replace
from decimal import Decimal

from handlers.reading.numerals import NUMERAL, NUMERAL_CHARACTERS, read_integer, read_number


@dataclass(frozen=True, slots=True)
class FoundMoney:
    """A sum at text[start:end]; `fen` is its size without the sign, None when it is not certain."""

    fen: int | None
    start: int
    end: int
    per_month: bool
    negative: bool


_WINDOW = 24  # characters that can bear on a sum, on either side
_LONGEST_ANSWER = 60

_FROM_TO = "(?:[-~—到至、或]|或者|还是)"
_LOOSE = rf" ?[几余]| ?多(?![交缴退扣付])| ?来(?= ?(?:[元块毛万千]|$))|(?<=[几多来余]){NUMERAL}"
_RUN = rf"(?:(?:几|数(?=[十百千万]))?{NUMERAL}(?:点[{NUMERAL_CHARACTERS}]+)?(?:{_LOOSE}){{0,4}}|几)"
_END = r"(?=$|[ ,.。、;:!?)~/钱整正每的了吧交缴已左上]|[一1]个月)"
_PART_END = rf"(?:(?=[0-9{NUMERAL_CHARACTERS}])|{_END})"
_DIGIT = "[1-9一二两三四五六七八九壹贰叁肆伍陆柒捌玖]"
_UNIT = (
    "(?:元(?![素旦宵件气帅勋论化])|圆(?![形圈桌满通])|rmb|人民币|¥"
    "|块(?![儿地田石砖牌肉糖布木]|展板|玻璃|豆腐)"
    rf"|[毛角]{_PART_END}|分(?=钱)|钱(?![包币]))"
)
_LISTED_MONTH = rf"(?: ?[-~—到至、,.和] ?{NUMERAL}){{1,11}} ?[月季]"  # behind the 5 of 20块5、6月
_TAIL = (
    rf"钱?(?: ?零?(?P<jiao>{_DIGIT}) ?[角毛]{_PART_END})?"
    rf"(?: ?零?(?P<fen>{_DIGIT}) ?分(?![钟之别]))?"
    rf"(?:(?P<rest>[零0]{_DIGIT}|{_DIGIT}{{1,2}}|[1-9]0|半){_END}(?!{_LISTED_MONTH}))?"
    "钱?(?:整(?![个天年])|正(?![好常在]))?"
)
_NUMBER = re.compile(
    rf"(?P<low>(?<![0-9]){_RUN} ?{_FROM_TO} ?)?"
    r"(?P<mark>(?:(?:[-−]|(?<![自肩背抱])负) ?)?(?:(?:¥|rmb|人民币):? ?)?(?:[-−] ?)?)"
    rf"(?<![0-9])(?<![0-9]\.)(?P<run>{_RUN})(?: ?(?P<unit>{_UNIT}))?(?(unit){_TAIL})"
    "(?: ?/ ?每?个?月)?"
)
_ELSEWHERE = re.compile(  # a numeral right behind the sum that begins something else: 20块5月
    rf"{NUMERAL}(?: ?[个月日号年季点人次天周元块起共直同并]|星期|礼拜|{_LISTED_MONTH})"
)

_DASH_AFTER = re.compile(rf"[月日号度元块0-9{NUMERAL_CHARACTERS}] $|\w$")
_PER_MONTH_BEFORE = re.compile(
    rf"(?:每一?个?月份?|(?<![上下前这那近头0-9{NUMERAL_CHARACTERS}])[一1]个月|月均|月[交缴]|按月)"
    "(?:党费|都是?|各|是|[交缴]了?|平均|为|要|应|大概|大约|约|差不多|[: ,])*+$"
)
_PER_MONTH_AFTER = re.compile(" ?(?:每个?月|每?[一1]个月(?![后前内以之假多]))")
_VAGUE_BEFORE = re.compile(
    "(?:大概|大约|差不多|估计|可能|好像|也许|大致|约莫|似乎|应该是)[^0-9,。;!?]{0,6}$"
    "|(?:约|(?<![最附])近|不到|不足|超过|至少|最多|不止|起码|最少|[多少低高]于) ?$"
)
_VAGUE_AFTER = re.compile(
    " ?(?:[×*+x乘]|左右|上下|以[上下内]|出头|不到|开外|多(?![交缴退扣付])|几)|(?: ?每个?月)左右"
)
_GARBLED_BEFORE = re.compile(
    r"(?:[.lo]|[0-9][,e]|[×*+x乘] ?)$"
)  # .5元, l0元, 20,5元, 2e3元, 3×20元
_BARE_END = re.compile(r"(?! ?[号日次个天点])(?:$|[ ,.。;!?)的吧了啊呢已共交缴_])(?<!\.[0-9])")

_WEEKDAY = re.compile("(?:周|星期|礼拜)[一二三四五六日天](?![十百千万])")
_NOT_MONEY = re.compile(
    rf"万一|第 ?{NUMERAL}|[长珠金]三角|五角(?=[星场大])"
    rf"|(?<![{NUMERAL_CHARACTERS}])(?:三元(?=[区桥镇村街巷]|里(?!面))|[一二三]元(?=[一二三]次方|复始)"
    rf"|(?:(?<=[这那哪同某把要是])一块(?!钱)|一块(?= ?[a-z*]|[\u4e00-\u9fff]))"
    rf"(?![钱整半多左每了吧{NUMERAL_CHARACTERS}]))|一毛不拔|万元户|(?<=[0-9])一(?=[共起直次])"
)
_FILLER = re.compile(
    "(?:一共|总共|合计|共计|总计|共|就|只|[交缴付给]了?|也?是|还是|党费|每一?个?月|[一1]个月|月均|大概|大约|约"
    "|差不多|估计|可能|好像|应该|左右|上下|出头|不到|都|各|吧|了|的|啊|呢|嗯|哦|哈|我|这次|好|人民币|rmb"
    rf"|{NUMERAL} ?个月|[ ,.。!~:、]|/ ?月)*+"
)


def find_money(text: str) -> tuple[FoundMoney, ...]:
    """Sums with a unit or sign of money, or said per month (每月20), in the order they stand."""
    readable = _readable(text)
    matches = _NUMBER.finditer(readable)
    return _merge_ranges(readable, [_found(readable, m) for m in matches if _named(readable, m)])


def read_amount(text: str) -> FoundMoney | None:
    """The answer to "how much?", a unit may be missing; None unless the whole text is one sum."""
    if len(text) > _LONGEST_ANSWER:
        return None
    readable = _readable(text)
    found = find_money(text) or tuple(
        _found(readable, match) for match in _NUMBER.finditer(readable) if _bare(readable, match)
    )
    if len(found) != 1:
        return None
    around = (readable[: found[0].start], readable[found[0].end :])
    return found[0] if all(map(_FILLER.fullmatch, around)) else None


def _readable(text: str) -> str:
    """The same length, what only looks like money blanked out, 20一个月 turned into 20每个月."""
    for words in (_WEEKDAY, _NOT_MONEY):
        text = words.sub(lambda match: "_" * len(match[0]), text)
    text = re.sub("--+", lambda match: " " * len(match[0]), text)
    return re.sub("(?<=[0-9])一(?=个月)", "每", text)


def _named(text: str, match: re.Match[str]) -> bool:
    """Whether words beside the number say that it is money."""
    if match["unit"] or re.search("¥|rmb|人民币", match["mark"]):
        return True
    before, after = _beside(text, match)
    if match[0].endswith("月") or after.startswith(("每月", "每个月")):
        return True
    per_month = _PER_MONTH_BEFORE.search(before)
    return bool(per_month and len(match["run"]) < 5 and _BARE_END.match(after))


def _bare(text: str, match: re.Match[str]) -> bool:
    """Whether a number without a unit can be a sum: no phone number, no 3个月, no 一共."""
    belongs = re.match(" ?个月|共", text[match.end() :])
    return match["run"] != "半" and len(match["run"]) < 9 and not belongs


def _found(text: str, match: re.Match[str]) -> FoundMoney:
    before, after = _beside(text, match)
    sign = re.search("[-−负] ?", match["mark"])
    is_dash = sign is not None and _is_dash(before, sign[0])
    unclear = is_dash or match["low"] or _is_vague(before, match, after)
    per_month = _PER_MONTH_BEFORE.search(before) or _PER_MONTH_AFTER.match(after)
    per_month = per_month or re.search("月$", match[0])
    return FoundMoney(
        fen=None if unclear else _fen(match),
        start=match.start(),
        end=match.end(),
        per_month=per_month is not None,
        negative=sign is not None and not is_dash,
    )


def _is_dash(before: str, sign: str) -> bool:
    """Whether a - only parts words, as in 10月-20元 and 党费 - 20元."""
    return sign[0] != "负" and bool(_DASH_AFTER.search(before) or sign == "- ")


def _beside(text: str, match: re.Match[str]) -> tuple[str, str]:
    """The words just before and just after; a window, so that long texts stay cheap."""
    start, end = match.span()
    return text[max(0, start - _WINDOW) : start], text[end : end + _WINDOW]


def _is_vague(before: str, match: re.Match[str], after: str) -> bool:
    if _VAGUE_BEFORE.search(before) or _VAGUE_AFTER.match(after) or _GARBLED_BEFORE.search(before):
        return True
    if re.search("(?:周|星期|礼拜)$", before) and not match["run"][0].isascii():
        return True  # 下周二十块: Tuesday and ten, or next week and twenty
    if match["run"][-1] == "一" and after.startswith(("共", "起")):
        return True  # 每月二十一共六十: twenty, or twenty-one
    unread = match["unit"] and re.match(NUMERAL, after)
    return bool(unread and not _ELSEWHERE.match(after))


def _fen(match: re.Match[str]) -> int | None:
    """The exact sum; None when a part is unreadable, or finer than a fen."""
    number = read_number(match["run"])
    unit_fen = {"毛": 10, "角": 10, "分": 1}.get(match["unit"] or "", 100)
    small = _small_parts(match, unit_fen) if match["unit"] else 0
    if number is None or small is None or (small and number != number.to_integral_value()):
        return None
    fen = number * unit_fen + Decimal(small)
    return int(fen) if fen == fen.to_integral_value() else None


def _small_parts(match: re.Match[str], unit_fen: int) -> int | None:
    """The fen of what follows the unit: 二毛五 behind 三块, 5 behind 20块."""
    jiao, fen = (read_integer(match[name] or "0") or 0 for name in ("jiao", "fen"))
    named = jiao * 10 + fen
    if not match["rest"]:
        return named
    if fen or match["unit"] not in {"块", "毛", "角"}:
        return None
    rest = _rest(match["rest"], match["run"], 10 if match["jiao"] else unit_fen)
    return None if rest is None else named + rest


def _rest(rest: str, run: str, unit_fen: int) -> int | None:
    """What is said without a unit: behind 块, 5 is fifty fen, 05 five and 25 twenty-five."""
    if rest == "半":
        return unit_fen // 2
    if len(rest) == 1:
        return (read_integer(rest) or 0) * unit_fen // 10
    if unit_fen < 100 or rest.isascii() != run[-1].isascii() or rest in {"五一", "七一", "八一"}:
        return None
    return int("".join(str(read_integer(digit)) for digit in rest))


def _merge_ranges(text: str, found: list[FoundMoney]) -> tuple[FoundMoney, ...]:
    """十元到二十元 and 10元-20元 are one uncertain sum, not two."""
    merged: list[FoundMoney] = []
    for money in found:
        gap = text[merged[-1].end : money.start].strip() if merged else ","
        if re.fullmatch(_FROM_TO, gap or text[money.start]):
            merged[-1] = replace(money, fen=None, start=merged[-1].start)
        else:
            merged.append(money)
    return tuple(merged)

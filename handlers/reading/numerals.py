"""Reads numerals as people type them: digits, Chinese, financial, mixed (1万2, 廿五, 贰拾)."""

import re
from decimal import Decimal

_DIGITS = dict(
    zip("零〇一二两俩三仨四五六七八九", (0, 0, 1, 2, 2, 2, 3, 3, 4, 5, 6, 7, 8, 9), strict=True)
)
_SPELLINGS = str.maketrans(
    dict(zip("○壹贰貳叁叄肆伍陆柒捌玖拾佰仟", "〇一二二三三四五六七八九十百千", strict=True))
    | {"廿": "二十", "卅": "三十", "卌": "四十"}
)
_UNITS = (  # name, size, and what the numeral before it stays below
    ("亿", 10**8, 10**8),
    ("万", 10**4, 10**4),
    ("千", 1000, 10),
    ("百", 100, 10),
    ("十", 10, 10),
)
_MOST_ROWS = 2**31 - 1
_LONGEST = 26  # characters; keeps every product exact within Decimal's 28 digits

NUMERAL_CHARACTERS = "零〇○一二两俩三仨四五六七八九十百千万亿半廿卅卌壹贰貳叁叄肆伍陆柒捌玖拾佰仟"
_ARABIC = r"(?:[0-9]{1,3}(?:,[0-9]{3})+(?![0-9])|[0-9]+)(?:\.[0-9]+)?"
NUMERAL = rf"(?:{_ARABIC}|[{NUMERAL_CHARACTERS}])++"
"""Regex source without capturing groups: a whole run of numeral characters, never a part of one."""


def read_integer(numeral: str) -> int | None:
    """The whole string as a non-negative integer; None when it is vague or no integer.

    20, 1,200, 二十, 廿, 两百零五, 三百二 (320), 贰拾, 一万二 (12000), 二〇二六 are read;
    二三十, 十来, 几十, 2.5 are not.
    """
    number = read_number(numeral)
    if number is None or number != number.to_integral_value():
        return None
    return int(number)


def read_row(numeral: str) -> int | None:
    """The number of a row; 0, which no row has, where it is more than a database counts to."""
    number = read_integer(numeral)
    return number if number is None or number <= _MOST_ROWS else 0


def read_number(numeral: str) -> Decimal | None:
    """The whole string as an exact non-negative number, also 20.5, 1.2万, 二十点五 and 半."""
    spelled = numeral.strip().translate(_SPELLINGS)
    if not spelled or len(spelled) > _LONGEST:
        return None
    if spelled == "半":
        return Decimal("0.5")
    whole, point, decimals = spelled.partition("点")
    if point:
        return _with_decimals(whole, decimals)
    if _is_digit_string(spelled):
        return Decimal(_as_arabic(spelled))
    return _read_units(spelled)


def _with_decimals(whole: str, decimals: str) -> Decimal | None:
    """二十 and 五 of 二十点五; both must be written in Chinese."""
    number = _read_units(whole)
    if number is None or re.search("[0-9]", whole) or not all(c in _DIGITS for c in decimals):
        return None
    return Decimal(f"{number}.{_as_arabic(decimals)}") if decimals else None


def _is_digit_string(spelled: str) -> bool:
    """Digits read out one by one (二〇二六, 五零); short ones without a zero are lists or vague."""
    said = all(c in _DIGITS for c in spelled)
    return said and (len(spelled) > 3 or "零" in spelled or "〇" in spelled)


def _as_arabic(digits: str) -> str:
    return "".join(str(_DIGITS[c]) for c in digits)


def _read_units(spelled: str) -> Decimal | None:
    for name, size, limit in _UNITS:
        head, found, tail = spelled.partition(name)
        if found:
            high = Decimal(1) if name == "十" and not head else _read_units(head)
            return _join(high, size, tail) if high and high < limit else None
    if spelled in _DIGITS:
        return Decimal(_DIGITS[spelled])
    if re.fullmatch(_ARABIC, spelled):
        return Decimal(spelled.replace(",", ""))
    return None


def _join(high: Decimal, size: int, tail: str) -> Decimal | None:
    """Puts 三 and 二 of 三百二 together; `size` is the value of the unit between them."""
    if not tail:
        total = high * size
        return total if total == total.to_integral_value() or size >= 1000 else None
    low = _read_tail(high, size, tail)
    return None if low is None or high != high.to_integral_value() else high * size + low


def _read_tail(high: Decimal, size: int, tail: str) -> Decimal | None:
    """What follows a unit: 零五 is 5, a lone digit takes the next lower unit, 五十 is as said."""
    if tail[0] in "零〇":
        low = _read_units(tail[1:])
        limit = size if high % 10 == 0 else size // 10
    else:
        low = _read_units(tail)
        limit = size
        if low is not None and len(tail) == 1 and tail != "十":
            low *= size // 10
    return low if low is not None and 0 < low < limit and low == low.to_integral_value() else None

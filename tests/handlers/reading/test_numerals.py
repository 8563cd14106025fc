"""Numerals as members type them: tables of cases, and every number in several spellings."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from handlers.reading.numerals import NUMERAL, read_integer, read_number

READ = [
    ("20", 20),
    ("1,200", 1200),
    ("1,234,567", 1234567),
    ("二十", 20),
    ("廿", 20),
    ("廿五", 25),
    ("卅", 30),
    ("一百廿五", 125),
    ("两百零五", 205),
    ("两", 2),
    ("俩", 2),
    ("仨", 3),
    ("三百二", 320),
    ("三百二十", 320),
    ("贰拾", 20),
    ("壹佰贰拾叁", 123),
    ("貳拾", 20),
    ("一万二", 12000),
    ("一万零二", 10002),
    ("一万零二百", 10200),
    ("一万二千", 12000),
    ("十万零二千", 102000),
    ("〇", 0),
    ("零", 0),
    ("0", 0),
    ("十", 10),
    ("十五", 15),
    ("一十五", 15),
    ("一百一", 110),
    ("一百十五", 115),
    ("一千零五十", 1050),
    ("一千五十", 1050),
    ("两千五", 2500),
    ("二〇二六", 2026),
    ("二○二六", 2026),
    ("五零", 50),
    ("1万2", 12000),
    ("1千2百", 1200),
    ("3百20", 320),
    ("1.2万", 12000),
    ("三亿", 300000000),
    (" 20 ", 20),
]
REFUSED = [
    "",
    "二三十",
    "十来",
    "几十",
    "二三",
    "七八",
    "百",
    "千万",
    "万一",
    "一百零二十",
    "二十零五",
    "一千零二百",
    "两两",
    "十十",
    "一二十",
    "1,20",
    "12,34",
    "2.5",
    "二十点五",
    "半",
    "一半",
    "20元",
    "二十五月",
    "三百四百",
    "-5",
    "①②",
    "٢٠",
    "9" * 40,
]
_DIGITS = "零一二三四五六七八九"


def spoken(number: int) -> str:
    """An own writer: 二十五, 一百零五, 一万零二十, as it is taught in school."""
    for size, name in ((10**8, "亿"), (10**4, "万"), (1000, "千"), (100, "百"), (10, "十")):
        high, low = divmod(number, size)
        if high:
            head = "" if number < 20 and size == 10 else spoken(high)
            gap = "零" if 0 < low < size // 10 else ""
            return head + name + gap + (spoken_low(low) if low else "")
    return _DIGITS[number]


def spoken_low(number: int) -> str:
    """Behind a higher unit, 十五 is said 一十五."""
    return "一" + spoken(number) if 10 <= number < 20 else spoken(number)


@pytest.mark.parametrize(("numeral", "expected"), READ)
def test_reads_numerals(numeral: str, expected: int) -> None:
    """A numeral in digits, Chinese, financial or mixed writing is read whole."""
    assert read_integer(numeral) == expected


@pytest.mark.parametrize("numeral", REFUSED)
def test_refuses_what_is_vague_or_wrong(numeral: str) -> None:
    """What is vague, ill-formed or no integer is not guessed at."""
    assert read_integer(numeral) is None


@pytest.mark.parametrize(
    ("numeral", "expected"),
    [("2.5", "2.5"), ("二十点五", "20.5"), ("半", "0.5"), ("1.25万", "12500")],
)
def test_reads_decimals(numeral: str, expected: str) -> None:
    """Decimals are exact."""
    number = read_number(numeral)
    assert number is not None
    assert f"{number.normalize():f}" == expected


@given(st.integers(0, 10**12))
def test_spoken_numbers_are_read_back(number: int) -> None:
    """Every number is the same after being spoken and read."""
    assert read_integer(spoken(number)) == number


@given(st.integers(0, 10**11), st.sampled_from(["low", "up"]))
def test_agrees_with_cn2an(number: int, mode: str) -> None:
    """An independent writer, plain and financial, is read back too."""
    cn2an = pytest.importorskip("cn2an")
    assert read_integer(cn2an.an2cn(number, mode)) == number


@given(st.integers(0, 10**15))
def test_digits_are_read_back(number: int) -> None:
    """Digits are read with and without thousands separators."""
    assert read_integer(str(number)) == read_integer(f"{number:,}") == number


@given(st.integers(2, 9), st.sampled_from([100, 1000, 10000]), st.integers(1, 9))
def test_a_last_digit_takes_the_next_lower_unit(high: int, size: int, low: int) -> None:
    """三百二 is 320 and 一万二 is 12000."""
    numeral = spoken(high * size) + _DIGITS[low]
    assert read_integer(numeral) == high * size + low * size // 10


@given(st.text("零〇一二两三九十百千万亿半廿0123456789.,点", max_size=30))
def test_no_numeral_is_too_odd(numeral: str) -> None:
    """Any mixture is read or refused, never an error, and never negative."""
    number = read_integer(numeral)
    assert number is None or number >= 0


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("党费1,200.50元", ["1,200.50"]),
        ("十月二十元", ["十", "二十"]),
        ("1万2块", ["1万2"]),
        ("7,8,9月", ["7", "8", "9"]),
        ("没有", []),
    ],
)
def test_numeral_pattern_matches_whole_runs(text: str, expected: list[str]) -> None:
    """The pattern takes a run as a whole, and commas only between thousands."""
    assert re.findall(NUMERAL, text) == expected

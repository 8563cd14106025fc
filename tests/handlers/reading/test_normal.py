"""Normalisation: one form of what people type, whatever their keyboard made of it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from opencc import OpenCC

from handlers.reading.normal import LONGEST, TRADITIONAL, normalise, readable

CASES = [
    ("　签 到　", "签 到"),
    ("簽到", "签到"),
    ("黨費１０月２０元", "党费10月20元"),
    ("签到\u200b 4271", "签到 4271"),
    ("签到👍[强]", "签到"),
    ("QianDao", "qiandao"),
    ("qiāndào", "qiandao"),
    ("第一行\r\n第二行", "第一行 第二行"),
    ("我到苏州了……", "我到苏州了......"),
    ("㈠月", "(一)月"),
    ("①", "1"),
    ("", ""),
]


@pytest.mark.parametrize(("said", "heard"), CASES)
def test_one_form(said: str, heard: str) -> None:
    """Width, script, case, spaces, invisible characters and emoji make no difference."""
    assert normalise(said) == heard


@given(st.text())
def test_what_is_normal_stays(said: str) -> None:
    """Normalising twice changes nothing more."""
    once = normalise(said)
    assert normalise(once) == once


def test_long_text_is_cut() -> None:
    """No reader sees more than anybody writes."""
    assert len(normalise("学" * (LONGEST + 1))) == LONGEST


def test_the_pairs_are_those_of_opencc() -> None:
    """handlers/reading/traditional.txt holds every single character that OpenCC's t2s simplifies."""
    simpler = OpenCC("t2s")
    found = {code: simpler.convert(chr(code)) for code in range(0x4E00, 0xA000)}
    pairs = {
        code: simple for code, simple in found.items() if len(simple) == 1 and simple != chr(code)
    }
    assert pairs == TRADITIONAL


def test_readable_keeps_what_was_written() -> None:
    """Only what cannot be shown goes; width, script and case stay."""
    assert readable(" 簽到ＡＢ\u202e\x07，好 ") == "簽到ＡＢ，好"

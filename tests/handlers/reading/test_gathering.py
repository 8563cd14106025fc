"""An activity in one line, and its parts as answers."""

from datetime import date, time

import pytest

from handlers.reading.gathering import (
    Gathering,
    read_audience,
    read_contents,
    read_gathering,
    read_mode,
)

TODAY = date(2026, 11, 12)
FIFTH = (date(2026, 12, 5),)
NINE, ELEVEN = time(9), time(11)

LINES = [
    (
        "学习二十大精神 12月5日9点到11点 一楼会议室",
        Gathering(FIFTH, NINE, ELEVEN, topic="学习二十大精神", place="一楼会议室"),
    ),
    (
        "主题:廉政教育 时间:12月5日9点 地点:党员活动室 内容:学习教育、民主议事",
        Gathering(
            FIFTH, NINE, topic="廉政教育", place="党员活动室", contents=("学习教育", "民主议事")
        ),
    ),
    (
        "下周五上午9点,学习党章,在三楼会议室,现场+线上,请积极分子参加",
        Gathering(
            (date(2026, 11, 20),),
            NINE,
            topic="学习党章",
            place="三楼会议室",
            mode="现场+线上",
            audience="全体党员、积极分子",
        ),
    ),
    ("12月5日9点 2小时 七一讲话", Gathering(FIFTH, NINE, minutes=120, topic="七一讲话")),
    (
        "参观一大纪念馆 12月5日 9点-11点 一大纪念馆",
        Gathering(FIFTH, NINE, ELEVEN, topic="参观一大纪念馆", place="一大纪念馆"),
    ),
    ("", Gathering()),
]


@pytest.mark.parametrize(("line", "told"), LINES)
def test_one_line_tells_it(line: str, told: Gathering) -> None:
    """Order and pauses do not matter; the first words that are nothing else are the topic."""
    assert read_gathering(line, TODAY) == told


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("1、4", ("学习教育", "民主议事")),
        ("1 1 4", ("学习教育", "民主议事")),
        ("学习教育和党课", ("学习教育", "党课")),
        ("9", "9"),
        ("14", "14"),
        ("学习教育、唱歌", "唱歌"),
    ],
)
def test_contents(text: str, found: object) -> None:
    """By number or by name; the first that is neither is named."""
    assert read_contents(text) == found


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("1", "现场"),
        ("线上", "线上"),
        ("都可以", "现场+线上"),
        ("现场和线上", "现场+线上"),
        ("3", "现场+线上"),
        ("可以线上", "现场+线上"),
        ("只在线上", "线上"),
        ("只能线上", "线上"),
        ("不要线上", ""),
        ("线上吗", ""),
        ("现场还是线上", ""),
        ("线上不行", ""),
        ("只要现场，不要线上", "现场"),
        ("呵呵", ""),
    ],
)
def test_modes(text: str, found: str) -> None:
    """On the spot, from afar, or both."""
    assert read_mode(text) == found


def test_audiences() -> None:
    """Members always, others where they are named."""
    assert read_audience("1") == read_audience("全体党员") == "全体党员"
    assert read_audience("还有发展对象和积极分子") == "全体党员、积极分子、发展对象"
    assert read_audience("随便") == read_audience("积极分子要不要请") == ""
    assert read_audience("不请积极分子") == read_audience("积极分子除外") == "全体党员"

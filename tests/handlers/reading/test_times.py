"""Hours as people write them."""

from datetime import time, timedelta

import pytest

from handlers.reading.times import find_hours, find_time

TIMES = [
    ("9点到11点", time(9), time(11)),
    ("下午2点", time(14), None),
    ("下午2点半到4点", time(14, 30), time(16)),
    ("14:30-16:00", time(14, 30), time(16)),
    ("上午9:00至11:00", time(9), time(11)),
    ("晚上7点半", time(19, 30), None),
    ("2点", time(14), None),
    ("11点到1点", time(11), time(13)),
    ("9点到下午3点", time(9), time(15)),
    ("十点一刻到十一点", time(10, 15), time(11)),
    ("8点30分到10点", time(8, 30), time(10)),
    ("9时至11时", time(9), time(11)),
    ("中午12点", time(12), None),
    ("9-11点", time(9), time(11)),
    ("下午2-4点", time(14), time(16)),
    ("9点1刻", time(9, 15), None),
    ("早6点", time(6), None),
    ("零点", time(0), None),
    ("晚上8点", time(20), None),
    ("下午4点到3点", time(16), time(15)),
]


@pytest.mark.parametrize(("text", "begins", "ends"), TIMES)
def test_hours_are_found(text: str, begins: time, ends: time | None) -> None:
    """Mornings and afternoons as said; small hours are after noon."""
    found = find_time(text)
    assert found is not None
    assert (found.begins, found.ends) == (begins, ends)
    assert text[found.start : found.end] == text


@pytest.mark.parametrize(
    "text",
    [
        "",
        "25点",
        "9点60分",
        "9:60",
        "24点",
        "晚上12点",
        "半夜12点",
        "三点意见",
        "第3点",
        "一楼会议室",
        "时间另定",
        "到时候再说",
    ],
)
def test_what_is_no_hour(text: str) -> None:
    """Hours that no clock shows, and words that only look like some."""
    assert find_time(text) is None


@pytest.mark.parametrize(
    ("text", "minutes"),
    [
        ("两小时", 120),
        ("一个半小时", 90),
        ("1.5小时", 90),
        ("半小时", 30),
        ("2个小时", 120),
        ("90分钟", 90),
        ("1个小时30分", 90),
    ],
)
def test_how_long_it_lasts(text: str, minutes: int) -> None:
    """Whole and half hours."""
    found = find_hours(text)
    assert found is not None
    assert found[0] == timedelta(minutes=minutes)
    assert find_hours("一会儿") is None

"""The platforms' limits: what fits in a message, and how many fit in a minute."""

import random
from datetime import timedelta

import pytest

from bot.limits import TEXT_BYTES, WECOM_MEMBER, Limit, free_at, numbered, parts_in
from tests.fakes import MONDAY

TWO_A_MINUTE = (Limit(2, timedelta(minutes=1)),)


def ago(*seconds: float) -> list[tuple[object, int]]:
    """Single messages sent so long before Monday."""
    return [(MONDAY - timedelta(seconds=each), 1) for each in seconds]


@pytest.mark.parametrize(
    ("sent", "weight", "wait"),
    [
        ([], 1, None),
        ([], 2, None),
        ([], 5, None),
        (ago(10), 1, None),
        (ago(10, 20), 1, 40),
        (ago(20, 10), 1, 40),
        (ago(10, 20), 2, 50),
        (ago(10, 60), 1, None),
        (ago(10, 59.9), 1, 0.1),
        (ago(10, 20, 30), 1, 40),
        ([(MONDAY - timedelta(seconds=5), 2)], 1, 55),
    ],
)
def test_a_sliding_window(sent: list[tuple[object, int]], weight: int, wait: float | None) -> None:
    """The moment at which the message fits, counted from those that stand in its way."""
    found = free_at(TWO_A_MINUTE, sent, MONDAY, weight)  # type: ignore[arg-type]
    expected = None if wait is None else MONDAY + timedelta(seconds=wait)
    assert found == expected


def test_no_stretch_of_time_holds_more_than_allowed() -> None:
    """Whoever obeys sends 30 in any minute and 1,000 in any hour at most, wherever one begins to count."""
    chance, now, sent = random.Random(7), MONDAY, []
    while len(sent) < 1500:
        now += timedelta(seconds=chance.choice((0, 0.1, 1, 30)))
        now = free_at(WECOM_MEMBER, sent[-1100:], now) or now
        sent.append((now, 1))
    for limit in WECOM_MEMBER:
        for place in range(len(sent) - limit.count):
            assert sent[place + limit.count][0] - sent[place][0] >= limit.window


@pytest.mark.parametrize(
    "text",
    [
        "短",
        "一" * 682,
        "一" * 683,
        "句子。" * 900,
        "a" * 5000,
        "行\n" * 3000,
        "😀" * 3000,
        "x" * 2047 + "一",
    ],
)
def test_numbered_parts_hold_everything(text: str) -> None:
    """Each part fits, none cuts a character, and together they are the text; no more than was counted on."""
    parts = numbered(text)
    assert all(len(part.encode()) <= TEXT_BYTES for part in parts)
    assert len(parts) <= parts_in(len(text.encode()))
    if len(parts) == 1:
        assert parts == [text]
        return
    bare = [part.partition("）\n")[2] for part in parts]
    assert "".join(bare).replace("\n", "") == text.replace("\n", "")
    assert parts[0].startswith(f"（1/{len(parts)}）")
    assert parts[-1].startswith(f"（{len(parts)}/{len(parts)}）")


def test_parts_end_where_sentences_end() -> None:
    """A sentence that fits in a part is not torn."""
    for part in numbered("这是一句完整的话。" * 400)[:-1]:
        assert part.endswith("。")

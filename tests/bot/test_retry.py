"""What the platform's answers mean, and when to try again."""

from datetime import timedelta

import pytest

from bot.retry import (
    FIRST_WAIT,
    LONGEST_WAIT,
    MOST_ATTEMPTS,
    Again,
    Busy,
    Configuration,
    Never,
    Sent,
    outcome_of,
    wait_after,
)


@pytest.mark.parametrize(
    ("code", "kind", "words"),
    [
        (0, Sent, ""),
        (-1, Again, "-1"),
        (6000, Again, "6000"),
        (45033, Again, "45033"),
        (42001, Again, "42001"),
        (123456, Again, "123456"),
        (45009, Busy, "45009"),
        (40001, Configuration, "secret"),
        (40013, Configuration, "corp_id"),
        (301002, Configuration, "agent_id"),
        (48002, Configuration, "权限"),
        (48006, Configuration, "长期无人使用"),
        (50003, Configuration, "停用"),
        (60020, Configuration, "企业可信IP"),
        (81013, Never, "可见范围"),
        (60111, Never, "可见范围"),
        (40058, Never, "长度"),
        (44004, Never, "空"),
        (42045, Never, "42045"),
        (93000, Never, "webhook"),
    ],
)
def test_codes_are_told_apart(code: int, kind: type, words: str) -> None:
    """Try again, wait, give up, or ask the operator: and in words that name the code or the cure."""
    found = outcome_of(code, "whatever it says")
    assert isinstance(found, kind)
    assert words in getattr(found, "reason", "")


@pytest.mark.parametrize(
    ("message", "address"),
    [
        (
            "not allow to access from your ip, hint: [1], from ip: 203.0.113.7, more info",
            "203.0.113.7",
        ),
        ("from ip: 2001:db8::1, more", "2001:db8::1"),
        ("nothing of the kind", ""),
    ],
)
def test_an_untrusted_address_is_named(message: str, address: str) -> None:
    """60020 says which address the platform saw, so that it can be entered."""
    found = outcome_of(60020, message)
    assert isinstance(found, Configuration)
    assert (f" {address} 不在" if address else " IP 不在") in found.reason


def test_waits_double_up_to_an_hour_and_end() -> None:
    """5 s, 10 s, 20 s … an hour, some hours in all, then never."""
    waits = [wait_after(attempt, 0.0) for attempt in range(1, MOST_ATTEMPTS)]
    assert waits[:3] == [FIRST_WAIT, 2 * FIRST_WAIT, 4 * FIRST_WAIT]
    assert waits[-1] == LONGEST_WAIT
    assert timedelta(hours=6) < sum(filter(None, waits), timedelta()) < timedelta(hours=12)
    assert wait_after(MOST_ATTEMPTS, 0.0) is None


@pytest.mark.parametrize("attempt", [1, 5, 15])
def test_chance_takes_away_up_to_half(attempt: int) -> None:
    """What failed together does not come back together."""
    whole = wait_after(attempt, 0.0)
    assert whole is not None
    assert wait_after(attempt, 1.0) == whole / 2
    assert wait_after(attempt, 0.5) == whole * 0.75

"""Names in a line of a message."""

import pytest

from scheduler.listing import listed

NAMES = [
    ([], ""),
    (["张三", "李四"], "张三、李四"),
    (["张三", "李四", "王五"], "张三、李四等 3 位"),
]


@pytest.mark.parametrize(("names", "told"), NAMES)
def test_no_more_names_than_are_read(names: list[str], told: str) -> None:
    """Up to the limit all of them, beyond it the first ones and how many there are."""
    assert listed(names, 2, "等 {count} 位") == told

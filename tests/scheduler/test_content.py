"""Which categories make an activity day, and what is said of those that do not (AD-6)."""

import pytest

from scheduler.content import content_balance

CASES = [
    ("学习教育、民主议事", ""),
    ("学习教育、为民服务", ""),
    ("学习教育,组织生活会", ""),
    ("学习教育、党课", ""),
    ("党课、民主评议", ""),
    ("学习教育、志愿服务、工作例会", ""),
    ("学习教育、重温誓词", ""),
    ("学习教育", "不能只有学习"),
    ("学习教育、理论学习", "不能只有学习"),
    ("党课", "不能只有学习"),
    ("学习教育、业务学习", "不能只有学习"),
    ("学习教育、例会", "不能只有学习"),
    ("志愿服务", "不能只以志愿服务"),
    ("志愿服务、例会", "不能只以志愿服务"),
    ("工作例会", "不能以例会或者业务学习"),
    ("业务学习、例会", "不能以例会或者业务学习"),
    ("民主议事", "以学习为主"),
    ("民主议事、为民服务", "以学习为主"),
    ("", "还没有写内容类别"),
    (" 、 ", "还没有写内容类别"),
]


@pytest.mark.parametrize(("categories", "told"), CASES)
def test_balance(categories: str, told: str) -> None:
    """Study and one thing more; each lack has its sentence."""
    found = content_balance(categories)
    assert told in found
    assert bool(found) is bool(told)


def test_one_by_one_is_the_same() -> None:
    """Categories may come as text or one by one."""
    assert content_balance(("学习教育", "民主议事")) == ""
    assert content_balance(["学习教育"]) == content_balance("学习教育")
    assert content_balance([]) == content_balance("")

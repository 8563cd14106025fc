"""Leave: from the activity that was meant, with its reason alone, and as it was before it ended."""

import pytest

from storage import tables
from tests.fakes import Rehearsal, on
from tests.handlers.dialogs import LI, ZHANG, hold

SUZHOU = "在苏州社区支部参加了活动"
NONE_THEN = "12月26日没有安排活动，没有登记 … 下一次是“十一月主题党日”（11月5日"


@pytest.mark.parametrize(
    "says",
    [
        "请假 12月26日 孩子发烧",
        "12月26日请假",
        "书记，12月26日的活动我请个假，家里有事",
        "请假12月26日到12月28日 住院",
    ],
)
async def test_no_activity_on_the_day_named(branch: Rehearsal, says: str) -> None:
    """Leave from a day without an activity is leave from nothing, also where a secretary enters it."""
    await hold(branch, [(ZHANG, says, NONE_THEN), (LI, f"代录 李大山 {says}", "没有登记")])
    assert not await branch.rows(tables.leaves)


REASONS = {
    "请假 11月5日 孩子发烧": "孩子发烧",
    "请假11月5日的活动，孩子发烧": "孩子发烧",
    "书记，11月5日的活动我请个假，家里有事": "家里有事",
    "请假 下次 孩子发烧": "孩子发烧",
    "请假 11月5日 因为12月5日要手术": "因为12月5日要手术",
    "请假 11月1日到11月10日住院": "11月1日到11月10日住院",
}


@pytest.mark.parametrize("says", REASONS)
async def test_the_day_is_no_part_of_the_reason(branch: Rehearsal, says: str) -> None:
    """What is kept as the reason is the reason."""
    await hold(branch, [(ZHANG, says, f"“十一月主题党日” … 理由：{REASONS[says]}。")])
    await hold(branch, [(LI, f"代录 李大山 {says}", f"“十一月主题党日” … 理由：{REASONS[says]}。")])


async def test_a_day_inside_the_reason_is_asked_about(branch: Rehearsal) -> None:
    """It may be the activity's day or not: one question; in the answer to 原因 the day goes."""
    await hold(
        branch,
        [
            (ZHANG, "请假 住院到11月5日", "要为“十一月主题党日” … 请假"),
            (ZHANG, "2", "没有为您请假"),
            (ZHANG, "请假 11月5日", "原因是什么"),
            (ZHANG, "好的", "原因是什么"),
            (ZHANG, "等一下", "好的，不急"),
            (ZHANG, "11月5日孩子发烧", "理由：孩子发烧。"),
        ],
    )


async def test_an_undone_check_in_gives_the_leave_back_as_it_was(branch: Rehearsal) -> None:
    """Who granted it, when and why stand as before; so does a check-in that a secretary entered."""
    await hold(branch, [(ZHANG, "请假 孩子发烧", "第 1 号"), (LI, "通过 1", "已同意")])
    before = await branch.rows(tables.attendance)
    assert (before[0]["by_member_id"], before[0]["reason"]) == (branch.members[LI], "孩子发烧")
    branch.clock.forward(minutes=5)
    for who, says in ((ZHANG, "签到"), (LI, "代录 张三 签到"), (ZHANG, f"今天{SUZHOU}")):
        await hold(
            branch, [(who, says, "撤销" if who == ZHANG else "代录"), (who, "撤销", "恢复有效")]
        )
        assert await branch.rows(tables.attendance) == before


MORNING, AFTERNOON = "“上午学习”（11月12日 09:00", "“下午劳动”（11月12日 14:00"


async def _two_on_a_day(branch: Rehearsal) -> None:
    await branch.activity("上午学习", starts=on(2026, 11, 12, 9), code="1111")
    await branch.activity("下午劳动", starts=on(2026, 11, 12, 14), code="2222")


async def test_of_two_on_one_day_one_is_asked_for(branch: Rehearsal) -> None:
    """Leave is never from the wrong one of two; what has been asked leave from is not asked again."""
    await _two_on_a_day(branch)
    which = f"哪一次 … 1. {MORNING} … 2. {AFTERNOON}"
    await hold(
        branch,
        [
            (ZHANG, "请假 11月12日", which),
            (ZHANG, "看病", which),
            (ZHANG, "2", f"已提交请假：{AFTERNOON} … 理由：看病。"),
            (ZHANG, "请假 11月12日 看病", f"已提交请假：{MORNING} … 理由：看病。"),
            (ZHANG, "请假 11月12日 看病", "已经请过假"),
            (LI, "代录 李大山 请假 11月12日 住院", which),
            (LI, "1", f"【代录 李大山】已提交请假：{MORNING} … 理由：住院。"),
        ],
    )


@pytest.mark.parametrize(
    ("says", "of"),
    [
        ("请假 11月12日上午9点 看病", MORNING),
        ("11月12日下午两点的活动请假，看病", AFTERNOON),
        ("请假 11月12日 下午 看病", AFTERNOON),
        ("11月12日上午请假 看病", MORNING),
    ],
)
async def test_the_hour_says_which_and_is_no_reason(branch: Rehearsal, says: str, of: str) -> None:
    """上午9点 is the one at nine, also where a secretary enters it."""
    await _two_on_a_day(branch)
    leave = f"已提交请假：{of} … 理由：看病。"
    await hold(branch, [(ZHANG, says, leave), (LI, f"代录 李大山 {says}", leave)])

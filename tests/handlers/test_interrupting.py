"""Commands where free words were asked for: heard as commands, never kept as anybody's content."""

import pytest

from scheduler.tick import Tick
from storage import tables
from tests.fakes import RULES, Rehearsal, on
from tests.handlers.dialogs import LI, ZHANG, Line, hold

ASKED: dict[str, list[Line]] = {
    "what an activity was about": [(LI, "记录表", "活动内容还没有写")],
    "why a leave is refused": [(LI, "退回 1", "退回的原因是什么")],
    "why an activity is called off": [(LI, "取消活动", "取消的原因")],
    "why an activity is moved": [(LI, "改期 11月8日", "改期的原因")],
    "why a duty need not be done": [(LI, "待办", "1. "), (LI, "免办 3", "为什么不用办")],
}
COMMANDS: list[Line] = [
    (LI, "代录 李大山 党费 9月 20元", "【代录 李大山】已登记"),
    (LI, "代录李大山签到", "【代录 李大山】签到成功"),
    (LI, "联系王芳", "没有绑定账号"),
    (LI, "通过 7", "没有找到第 7 号"),
    (LI, "党费关账 9月", "已关账"),
    (LI, "审核", "等您处理的有"),
    (LI, "联系 张三 通了，身体都好", "已登记"),
    (LI, "办结 99 已办", "待办"),
    (LI, "确认 99", "99"),
    (LI, "等一下再写", "好的，不急"),
    (LI, "待办", "等您处理的有"),
]


@pytest.mark.parametrize("asked", ASKED)
async def test_a_command_is_no_content(branch: Rehearsal, asked: str) -> None:
    """Whatever is asked for, a command with its rest is done, and nothing is kept for the question."""
    await branch.member("王芳", account=False)
    await hold(branch, [(ZHANG, "请假 11月5日 孩子发烧", "第 1 号"), (LI, "签到", "签到成功")])
    branch.clock.at = on(2026, 10, 12, 12)
    await Tick(branch.database, RULES).run(branch.clock.now())
    for line in COMMANDS:
        await hold(branch, [*ASKED[asked], line])
    kept = await branch.rows(tables.activities)
    assert {(row["content"], row["cancelled_at"], row["moved_from"]) for row in kept} == {
        (None, None, None)
    }
    assert (await branch.rows(tables.requests))[0]["state"] == "pending"
    assert not await branch.rows(tables.settlements)


CONTENTS = (
    "活动中，书记讲了党章第一章",
    "通过学习，大家提高了认识",
    "通过3个月的学习，大家提高了认识",
    "联系群众，走访了两户",
    "通过 集中学习、讨论",
    "看 纪录片《入党》",
    "待办的事项逐条过了一遍",
    "通过 学习党章、集中讨论和个人自学三种方式，大家对党员的权利和义务有了更深的认识，一致表示要做合格党员",
)


@pytest.mark.parametrize("says", CONTENTS)
async def test_what_only_begins_like_a_command_is_content(branch: Rehearsal, says: str) -> None:
    """It is kept as it was written, read back, and taken back by 撤销."""
    await branch.says(LI, "签到")
    branch.clock.at = on(2026, 10, 12, 12)
    await Tick(branch.database, RULES).run(branch.clock.now())
    await hold(branch, [(LI, "记录表", "还没有写"), (LI, says, f"活动内容记为“{says[:60]}")])
    assert says in {row["content"] for row in await branch.rows(tables.activities)}
    await hold(branch, [(LI, "撤销", "已撤销刚才写的活动内容")])


YES: dict[str, list[Line]] = {
    "closing the books": [(LI, "党费关账 10月", "10月还没有过完")],
    "calling an activity off": [(LI, "取消活动 场地停电", "确认取消“十一月主题党日”")],
    "moving an activity": [(LI, "改期 11月8日 因为下雪", "改到11月8日 09:00–11:00，确认请回复")],
}
NAMED = {
    "closing the books": "10月还没有过完",
    "calling an activity off": "确认取消“十一月主题党日”",
    "moving an activity": "“十一月主题党日”改到11月8日",
}


@pytest.mark.parametrize("name", YES)
async def test_a_yes_is_for_the_question_last_asked(branch: Rehearsal, name: str) -> None:
    """After something else was answered, 确认 is asked back with what it would do; then it does it."""
    await hold(branch, [*YES[name], (LI, "确认 12", "12")])
    await hold(branch, [(LI, "确认", f"还等着您答复的是 … {NAMED[name]}")])
    await hold(branch, [(ZHANG, "请假 11月5日 出差", "第 1 号"), (LI, "退回 1", "退回的原因")])
    await hold(branch, [(LI, "名额有限", "未同意")])
    branch.clock.forward(minutes=11)
    await hold(branch, [(LI, "好的", f"还等着您答复的是 … {NAMED[name]}")])
    assert not await branch.rows(tables.closings)
    assert not [row for row in await branch.rows(tables.activities) if row["cancelled_at"]]
    await hold(branch, [(LI, "确认", "已")])
    changed = [row for row in await branch.rows(tables.activities) if row["cancelled_at"]]
    assert [*changed, *await branch.rows(tables.closings)]

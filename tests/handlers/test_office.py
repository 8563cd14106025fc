"""A secretary's office is looked at again: when a question is answered, and when 撤销 comes."""

import pytest

from storage import tables
from tests.fakes import FIRST, SECOND, Rehearsal
from tests.handlers.dialogs import Line, hold

ZHANG, LI, WANG = "张三", "李红梅", "王五"
LOST = "现在您已不担任该支部的书记，没有办理"
NOT_YOURS = "不能撤销"


async def appoint(talk: Rehearsal, who: str, position: str, branch: str = FIRST) -> None:
    """The roster now says this of somebody."""
    async with talk.store() as store:
        number = await store.organisations.ensure(branch)
        given = {"branch_id": number, "position": position}
        await store.unit.change(tables.members, {"id": talk.members[who]}, **given)


BEGUN: dict[str, list[Line]] = {
    "an activity that was to be made": [
        (LI, "发起活动 学党章 12月5日9点到11点 会议室 现场", "内容有哪几项"),
        (LI, "1、4", "请哪些人"),
        (LI, "1", "请核对"),
    ],
    "an activity that was to be cancelled": [(LI, "取消活动 场地停电", "请回复“确认”")],
    "a leave that was to be refused": [
        (ZHANG, "请假 孩子发烧", "第 1 号"),
        (LI, "退回 1", "原因是什么"),
    ],
    "a duty that was to be settled": [(LI, "待办", "1. "), (LI, "办结 1", "请回复“确认”")],
    "books that were to be closed": [(LI, "党费关账 10月", "现在就关账吗")],
    "an activity's content": [(LI, "记录表", "重温入党誓词")],
}
ANSWERS = {
    "a leave that was to be refused": "没有理由",
    "books that were to be closed": "1",
    "an activity's content": "大家学了党章",
}
NOW = {"no secretary": ("", FIRST), "of another branch": ("书记", SECOND)}


@pytest.mark.parametrize("now", NOW)
@pytest.mark.parametrize("name", BEGUN)
async def test_a_question_lapses_with_the_office(branch: Rehearsal, name: str, now: str) -> None:
    """What was begun as a secretary is not gone on with as anybody else; nothing is done, once and for all."""
    branch.clock.forward(hours=4)
    await hold(branch, BEGUN[name])
    await appoint(branch, LI, *NOW[now])
    await hold(branch, [(LI, ANSWERS.get(name, "确认"), LOST)])
    assert "没有办理" not in await branch.says(LI, "谢谢")
    assert not await branch.rows(tables.settlements)
    assert not await branch.rows(tables.closings)
    assert [one["cancelled_at"] for one in await branch.rows(tables.activities)] == [None, None]
    assert {one["state"] for one in await branch.rows(tables.requests)} <= {"pending"}
    assert ZHANG not in {one["recipient"] for one in await branch.rows(tables.outbox)}


async def test_a_new_line_is_heard_and_the_old_list_forgotten(branch: Rehearsal) -> None:
    """A number is read against the list of the branch held now; a new line needs no farewell."""
    await hold(branch, [(LI, "待办", "1. ")])
    await appoint(branch, LI, "书记", SECOND)
    await hold(branch, [(LI, "办结 99 已办", "请先回复“待办”看序号")])
    await hold(branch, [(LI, "党费关账 10月", "现在就关账吗")])
    await appoint(branch, LI, "")
    await hold(branch, [(LI, "我的党费", "党费"), (LI, "1", "没有")])
    assert not await branch.rows(tables.closings)


DONE: dict[str, list[Line]] = {
    "closed books": [(LI, "党费关账 9月", "已关账")],
    "a settled duty": [(LI, "待办", "1. "), (LI, "办结 1", "确认"), (LI, "确认", "已办结")],
    "what was entered for somebody": [(LI, "代录 李大山 党费 9月 20元", "代录")],
    "a cancelled activity": [(LI, "取消活动 场地停电", "确认"), (LI, "确认", "已取消")],
}


@pytest.mark.parametrize("now", NOW)
@pytest.mark.parametrize("name", DONE)
async def test_an_office_s_deeds_are_undone_in_office(
    branch: Rehearsal, name: str, now: str
) -> None:
    """撤销 looks again whether the branch is still theirs; back in office, it works."""
    await hold(branch, DONE[name])
    await appoint(branch, LI, *NOW[now])
    await hold(branch, [(LI, "撤销", NOT_YOURS)])
    await appoint(branch, LI, "书记")
    branch.clock.forward(hours=1)
    await hold(branch, [(LI, "撤销", "要撤销它吗")])
    await appoint(branch, LI, *NOW[now])
    await hold(branch, [(LI, "1", NOT_YOURS)])
    await appoint(branch, LI, "书记")
    await hold(branch, [(LI, "撤销", "要撤销它吗")])
    assert NOT_YOURS not in await branch.says(LI, "1")
    await hold(branch, [(LI, "撤销", "您已经撤销了")])


async def test_one_s_own_needs_no_office(branch: Rehearsal) -> None:
    """Whoever was a secretary takes their own check-in back like anybody."""
    await hold(branch, [(LI, "签到", "签到成功")])
    await appoint(branch, LI, "")
    await hold(branch, [(LI, "撤销", "已撤销")])

"""Answers to invitations, as lists of (who, says, gets): what is written down, and what is not."""

from datetime import timedelta

import pytest

from scheduler.tick import Tick
from storage import tables
from tests.fakes import RULES, Rehearsal, on
from tests.handlers.dialogs import LI, ZHANG, Line, hold

BEFORE = on(2026, 11, 2, 10)  # three days before 十一月主题党日
YANG = "杨帆"  # an applicant

CONVERSATIONS: dict[str, list[Line]] = {
    "coming, from afar, not coming, coming: the last answer stands": [
        (ZHANG, "参加 11月5日", "您参加“十一月主题党日”（11月5日 09:00 … 签到"),
        (ZHANG, "参加", "已经答复过"),
        (ZHANG, "线上 11月5日", "您线上参加“十一月主题党日”"),
        (ZHANG, "请假 11月5日", "原因是什么"),
        (ZHANG, "孩子发烧", "已提交请假：“十一月主题党日”"),
        (ZHANG, "来不了", "已经请过假"),
        (ZHANG, "那我还是参加吧", "您参加 … 之前的请假已随之取消"),
        (LI, "待办", "没有等您处理"),
        (ZHANG, "撤销", "已撤销对“十一月主题党日” … 等待批准"),
        (LI, "待办", "请假　张三"),
    ],
    "an answer is taken back to the one before": [
        (ZHANG, "能来", "您参加“十一月主题党日”"),
        (ZHANG, "线上参加", "您线上参加"),
        (ZHANG, "撤销", "已撤销 … 仍按之前的答复：参加"),
        (ZHANG, "会来", "已经答复过：参加"),
    ],
    "a granted leave is given up only after a yes": [
        (ZHANG, "请假 11月5日 出差", "已提交请假"),
        (LI, "通过 1", "已同意"),
        (ZHANG, "参加 11月5日", "已请假并获批准 … 改为参加"),
        (ZHANG, "2", "请假仍然有效"),
        (LI, "活动名单 11月5日", "请假：张三"),
        (ZHANG, "参加 11月5日", "改为参加"),
        (ZHANG, "是", "您参加 … 请假已随之取消"),
        (LI, "活动名单 11月5日", "已答复参加：张三"),
        (ZHANG, "撤销", "请假不会自动恢复"),
    ],
    "who cannot come is offered leave": [
        (ZHANG, "不参加了", "来不了的话请个假 … 原因"),
        (ZHANG, "要加班", "已提交请假 … 要加班"),
        (ZHANG, "撤销", "已撤销请假"),
        (ZHANG, "来不了，孩子发烧", "理由“孩子发烧”，对吗"),
        (ZHANG, "1", "已提交请假"),
    ],
    "who said that they come and then not, comes not, with or without a leave": [
        (ZHANG, "参加 11月5日", "您参加“十一月主题党日”"),
        (ZHANG, "来不了", "您之前答复的“参加”已取消 … 请问原因是什么"),
        (ZHANG, "取消", "没有请假。您之前答复的“参加”已取消。"),
        (LI, "活动名单 11月5日", "未答复：张三"),
        (ZHANG, "撤销", "仍按之前的答复：参加"),
        (ZHANG, "不参加了，要加班", "“参加”已取消 … 理由“要加班”，对吗"),
        (ZHANG, "2", "没有请假。您之前答复的“参加”已取消。"),
        (LI, "活动名单 11月5日", "未答复：张三"),
        (ZHANG, "线上参加 11月5日", "您线上参加"),
        (ZHANG, "来不了", "您之前答复的“线上参加”已取消"),
        (ZHANG, "要加班", "已提交请假"),
        (ZHANG, "撤销", "已撤销请假"),
        (LI, "活动名单 11月5日", "未答复：张三"),
    ],
    "a day without an activity, and one that is none": [
        (ZHANG, "参加 11月6日", "11月6日没有安排活动 … 下一次是“十一月主题党日”"),
        (ZHANG, "参加 2月30日", "没有“2月30日”这一天"),
        (ZHANG, "参加 10月12日", "没有安排活动，没有登记"),
    ],
    "an answer is heard inside another dialog when it names its day": [
        (ZHANG, "思想汇报", "请写思想汇报"),
        (ZHANG, "参加 11月5日", "您参加“十一月主题党日”"),
        (ZHANG, "这个季度我参加了社区志愿服务。", "草稿共"),
    ],
}
WRITE_NOTHING = (
    "参加吗 能来吗 要参加吗？ 谁参加 老李参加 我爱人参加 我们都参加 参加了 参加过了 想参加 准备参加 可能参加 不一定参加 "
    "不参加 来不了 如果能来 不想参加 参加什么 大家都参加 参加工作 去苏州参加展览 张三丰参加 替老李参加 线上吗 能线上参加吗 "
    "要不要参加 我参加不参加 说是要参加 不能参加吗 参加的请举手 别参加 通知：请大家准时参加 小王说他会来 取消参加 书记参加 老师都参加 各位准时参加 党员要参加 领导会来"
).split()


@pytest.mark.parametrize("name", CONVERSATIONS)
async def test_conversation(branch: Rehearsal, name: str) -> None:
    """Each conversation goes as written."""
    branch.clock.at = BEFORE
    await hold(branch, CONVERSATIONS[name])


@pytest.mark.parametrize("says", WRITE_NOTHING)
async def test_only_an_answer_is_an_answer(branch: Rehearsal, says: str) -> None:
    """Questions, negations, wishes and what others do write no answer and no leave."""
    branch.clock.at = BEFORE
    await branch.says(ZHANG, says)
    assert not await branch.rows(tables.responses)
    assert not await branch.rows(tables.leaves)


async def test_several_announced_are_asked_by_number(branch: Rehearsal) -> None:
    """With two invitations out, the number decides; one far ahead is not asked about."""
    branch.clock.at = BEFORE
    await branch.activity("志愿服务", starts=on(2026, 11, 7, 14), mode="现场")
    await branch.activity("十二月主题党日", starts=on(2026, 12, 5))
    await hold(
        branch,
        [
            (ZHANG, "参加", "1. “十一月主题党日” … 2. “志愿服务”"),
            (ZHANG, "2", "您参加“志愿服务”"),
            (ZHANG, "线上", "哪一次"),
            (ZHANG, "第二个", "“志愿服务”（11月7日 14:00，一楼会议室）只安排了现场"),
            (ZHANG, "参加 12月5日", "您参加“十二月主题党日”"),
        ],
    )


async def test_an_answer_is_no_check_in(branch: Rehearsal) -> None:
    """While an activity is open, 参加 says how to check in and writes nothing."""
    for says in ("参加", "我来参加", "参加 10月12日"):
        assert "回复“签到”" in await branch.says(ZHANG, says)
    assert "学习心得" in await branch.says(ZHANG, "线上参加")
    await branch.says(ZHANG, "取消")
    assert not await branch.rows(tables.attendance)
    assert not await branch.rows(tables.responses)
    await hold(branch, [(ZHANG, "线上参加 11月5日", "您线上参加“十一月主题党日”")])


async def test_applicants_answer_where_they_are_invited(branch: Rehearsal) -> None:
    """Whom the audience does not name is told so, and what to do."""
    branch.clock.at = BEFORE
    await branch.member(YANG, category="入党积极分子")
    await hold(branch, [(YANG, "参加 11月5日", "这次没有请您"), (YANG, "参加", "没有安排好的活动")])
    await branch.activity("党课", starts=on(2026, 11, 6), audience="全体党员、积极分子")
    await hold(branch, [(YANG, "参加", "您参加“党课”")])


async def test_who_has_answered_is_not_asked_again(branch: Rehearsal) -> None:
    """The invitation counts as answered, by an answer and by a leave; only the silent are reminded."""
    branch.clock.at = BEFORE
    await Tick(branch.database, RULES).run(branch.clock.now())
    await branch.says(ZHANG, "参加 11月5日")
    await branch.says(LI, "请假 11月5日 出差")
    invited = await branch.rows(tables.notices, tables.notices.c.rule == "invitation")
    states = {row["recipient_id"]: row["state"] for row in invited}
    assert states[branch.members[ZHANG]] == states[branch.members[LI]] == "answered"
    branch.clock.at = BEFORE + timedelta(days=2)
    await Tick(branch.database, RULES).run(branch.clock.now())
    reminded = await branch.rows(tables.notices, tables.notices.c.rule == "day_before")
    assert {row["recipient_id"] for row in reminded} <= {branch.members["李大山"]}


async def test_an_answer_is_taken_back_in_odd_order(branch: Rehearsal) -> None:
    """A later leave stands beside the answer before it; whoever is there has no leave that waits."""
    branch.clock.at = on(2026, 11, 5, 7, 30)
    await hold(
        branch,
        [
            (ZHANG, "请假 11月5日 孩子发烧", "第 1 号"),
            (ZHANG, "参加 11月5日", "之前的请假已随之取消"),
            (ZHANG, "请假 11月5日 又发烧了", "第 2 号"),
            (ZHANG, "撤销答复", "已撤销对“十一月主题党日” … 后来提出的请假仍然有效"),
        ],
    )
    assert [row["state"] for row in await branch.rows(tables.leaves)] == ["withdrawn", "pending"]
    await hold(branch, [(ZHANG, "参加 11月5日", "之前的请假已随之取消")])
    branch.clock.at = on(2026, 11, 5, 8, 50)
    await hold(
        branch,
        [
            (ZHANG, "签到", "签到成功"),
            (ZHANG, "撤销答复", "要撤销它吗"),
            (ZHANG, "1", "您已经签到参加了“十一月主题党日” … 没有撤销"),
            (ZHANG, "撤销签到", "已撤销“十一月主题党日”"),
            (ZHANG, "撤销答复", "要撤销它吗"),
            (ZHANG, "1", "之前的请假恢复，等待批准"),
        ],
    )
    assert [row["state"] for row in await branch.rows(tables.leaves)] == ["withdrawn", "pending"]


async def test_an_answer_to_what_was_called_off_brings_no_leave_back(branch: Rehearsal) -> None:
    """Nobody has to decide on a leave from what is not held."""
    branch.clock.at = BEFORE
    await hold(
        branch,
        [
            (ZHANG, "请假 11月5日 孩子发烧", "第 1 号"),
            (ZHANG, "参加 11月5日", "之前的请假已随之取消"),
            (LI, "取消活动 11月5日 停电", "请核对"),
            (LI, "1", "已取消"),
            (ZHANG, "撤销答复", "已撤销对“十一月主题党日”"),
        ],
    )
    assert [row["state"] for row in await branch.rows(tables.leaves)] == ["withdrawn"]


@pytest.mark.parametrize("says", ["好的我来", "来", "会参加的", "参加不了", "我线上"])
async def test_a_reply_is_to_the_card_received(branch: Rehearsal, says: str) -> None:
    """Of several activities ahead the one that the member was told of is meant."""
    branch.clock.at = BEFORE
    await Tick(branch.database, RULES).run(branch.clock.now())
    await branch.activity("参观纪念馆", starts=on(2026, 11, 8))
    await hold(branch, [(ZHANG, says, "“十一月主题党日”（11月5日 09:00")])

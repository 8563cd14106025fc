"""Questions that wait: left by 撤销, shown again in full sentences, and gone once they are answered."""

import pytest

from handlers.questions import LONGEST, question_in, shown
from storage import tables
from tests.fakes import Rehearsal, on
from tests.handlers.dialogs import LI, ZHANG, Line, hold

CONVERSATIONS: dict[str, list[Line]] = {
    "撤销 leaves an open form first, and then takes back what was recorded before": [
        (ZHANG, "参加 11月5日", "已记下"),
        (ZHANG, "党费", "哪个月"),
        (ZHANG, "撤销", "已取消，没有登记 … 已记下：您参加“十一月主题党日” … 请再回复“撤销”"),
        (ZHANG, "撤销", "已撤销对“十一月主题党日”"),
    ],
    "撤销 leaves a second look first": [
        (LI, "联系 张三 通了，身体都好", "已登记"),
        (LI, "待办", "1. "),
        (LI, "免办 1 已并入支部大会", "确认"),
        (LI, "撤销", "没有登记 … 请再回复“撤销”"),
        (LI, "确认", "请写上序号"),
    ],
    "撤销 takes back what was recorded since the question": [
        (ZHANG, "党费 20元", "哪个月"),
        (ZHANG, "签到", "签到成功 … 刚才的“党费”还没填完"),
        (ZHANG, "撤销", "已撤销“重温入党誓词” … 刚才的“党费”还没填完"),
        (ZHANG, "撤销", "已取消，没有登记"),
    ],
    "a yes or no is not asked again after another act": [
        (ZHANG, "参加 11月5日", "已记下"),
        (ZHANG, "11月5日来不了，孩子发烧", "请假，理由“孩子发烧”，对吗"),
        (ZHANG, "签到", "签到成功 … 刚才请您确认的没有办"),
        (ZHANG, "1", "没有登记"),
    ],
    "an answer to the activity ends the question why somebody cannot come": [
        (ZHANG, "11月5日来不了", "原因是什么"),
        (ZHANG, "参加 11月5日", "已记下"),
        (ZHANG, "孩子发烧了", "没有"),
    ],
    "what was decided is not taken back, and nothing older is instead": [
        (LI, "党费 9月 20元", "第 1 号"),
        (ZHANG, "党费 10月 20元", "第 2 号"),
        (LI, "通过 2", "已确认"),
        (LI, "撤销", "第 2 号 … 不能撤销，什么也没有改动 … 有误"),
        (LI, "撤销党费", "已撤销 2026年9月 党费"),
    ],
    "both fields that an answer gives are taken": [
        (ZHANG, "已经交了党费", "哪个月"),
        (ZHANG, "10月党费交了20", "已登记 2026年10月 党费 20.00 元"),
        (ZHANG, "党费 20元", "哪个月"),
        (ZHANG, "9月 30元", "已登记 2026年9月 党费 30.00 元"),
    ],
    "what is said of one's standing is answered from the record": [
        (ZHANG, "11月5日来不了", "原因是什么"),
        (ZHANG, "已经请假了", "没有您近期活动的请假 … 原因是什么"),
        (ZHANG, "孩子发烧", "已提交请假"),
        (ZHANG, "我请过假", "记录里有您的请假：“十一月主题党日” … 等待批准"),
        (ZHANG, "我还没到", "不急，到了请回复“签到” … 11:30 前"),
        (ZHANG, "我缺席了几次", "2026年没有缺席记录"),
    ],
    "a number of 待办 is good after another question": [
        (LI, "待办", "1. "),
        (LI, "党费关账 10月", "10月还没有过完"),
        (LI, "2", "没有"),
        (LI, "办结 1 已开", "第 1 件是"),
        (LI, "算了", "没有登记"),
        (LI, "办结 1 已开", "第 1 件是"),
    ],
    "a choice shows what is asked, not only its last line": [
        (LI, "发起活动 学习党章 12月5日9点到11点 一楼会议室", "内容有哪几项"),
        (LI, "活动名单", "刚才的“发起活动”还没填完：内容有哪几项"),
    ],
}


@pytest.mark.parametrize("name", CONVERSATIONS)
async def test_conversation(branch: Rehearsal, name: str) -> None:
    """Each conversation goes as written."""
    await hold(branch, CONVERSATIONS[name])


async def test_an_old_question_is_not_asked_again(branch: Rehearsal) -> None:
    """要撤销它吗 about an activity is over once the activity was moved."""
    await hold(branch, [(LI, "发起活动 学党章 12月5日9点到11点 会议室 现场", "内容有哪几项")])
    await hold(branch, [(LI, "1、4", "哪些人"), (LI, "1", "请核对"), (LI, "确认", "已安排")])
    branch.clock.forward(hours=1)
    await hold(branch, [(LI, "撤销", "要撤销它吗"), (LI, "改期 12月6日 因为下雪", "确认请回复")])
    await hold(branch, [(LI, "确认", "12月6日"), (LI, "确认", "请写上序号")])
    standing = [row for row in await branch.rows(tables.activities) if not row["cancelled_at"]]
    assert len(standing) == len({"重温入党誓词", "十一月主题党日", "学党章"})


async def test_a_second_look_is_shown_with_its_end(branch: Rehearsal) -> None:
    """After 收到 a mere 确认 is asked back, with the words that settle it."""
    branch.clock.at = on(2026, 11, 23, 9)
    await hold(branch, [(LI, "待办", "1. "), (LI, "办结 1 支部大会", "办结请回复“确认”")])
    await hold(branch, [(LI, "收到", ""), (LI, "确认", "第 1 件是 … 办结请回复“确认”")])
    await hold(branch, [(LI, "确认", "已办结")])


def test_a_long_question() -> None:
    """Its first and last sentences stand, and 继续 shows the rest."""
    middle = "中间这一句说明。" * 30
    words = shown(f"第 1 件是“甲”。{middle}办结请回复“确认”，不办结回复“取消”。")
    assert words.startswith("第 1 件是“甲”。…")
    assert "办结请回复“确认”，不办结回复“取消”。（回复“继续”可看全部）" in words
    assert len(words) < LONGEST + 30
    assert question_in("好的。\n选哪个？\n1. 甲\n2. 乙") == "选哪个？\n1. 甲\n2. 乙"

"""Short replies as lists of (who, says, gets): what is said back, and that the talk goes on where it was."""

import pytest

from scheduler.tick import Tick
from storage import tables
from tests.fakes import RULES, Rehearsal, on
from tests.handlers.dialogs import LI, ZHANG, Line, hold

BEFORE = on(2026, 11, 2, 10)  # three days before 十一月主题党日, whose invitation is out

CONVERSATIONS: dict[str, list[Line]] = {
    "received is not coming": [
        (ZHANG, "收到", "谢谢您 … 回复“参加” … “线上” … “请假 原因”"),
        (ZHANG, "能去就去", "还请您答复"),
        (ZHANG, "好的我来", "您参加“十一月主题党日”"),
        (ZHANG, "谢谢", "您已答复参加，不用再回复"),
        (ZHANG, "几点来着", "11月5日 09:00，一楼会议室），星期四，11:00 结束 … 您已答复参加"),
    ],
    "what nobody told the bot goes to the secretary": [
        (ZHANG, "要不要带笔记本？", "请回复“求助 要不要带笔记本”"),
        (ZHANG, "求助 要不要带笔记本", "已转给支部书记"),
        (ZHANG, "又不认识路", "没有听明白，没有登记 … 能来请回复“参加”"),
    ],
    "bad news is heard": [
        (ZHANG, "我妈去世了", "请节哀，多保重 … “请假 原因” … “求助 内容”"),
        (ZHANG, "我老伴住院了", "请多保重，早日康复。要把“我老伴住院了”转给支部书记吗"),
        (ZHANG, "2", "没有提交"),
        (LI, "李大山去世了", "请节哀 … 慰问家属 … 名册请管理员更新"),
        (LI, "李大山住院了", "早日康复 … “联系 李大山 近况”"),
    ],
    "a change answers for itself": [
        (LI, "改期 11月7日下午2点 因为下雪", "11月7日"),
        (LI, "1", "已改"),
        (ZHANG, "又改了？", "11月7日 14:00 … 星期六 … 原定11月5日 09:00的作废"),
        (ZHANG, "那天我不行", "请假"),
    ],
    "the contact questions bear an aside": [
        (LI, "联系 张三", "已请张三"),
        (ZHANG, "你是谁", "双联 … 不是真人 … 思想和学习上怎么样"),
        (ZHANG, "在开车", "您先忙 … 思想和学习上怎么样"),
        (ZHANG, "不想说", "现在在哪里工作"),
        (ZHANG, "天天加班，忙得很", "生活和身体怎么样"),
        (ZHANG, "我妈上个月去世了", "请节哀，多保重。有什么困难"),
        (ZHANG, "没有困难，谢谢组织", "已转给支部 … 工作：天天加班"),
    ],
    "no trouble is no trouble": [
        (ZHANG, "没有困难，谢谢组织", "放心了 … “近况 内容”"),
        (ZHANG, "家里都好", "放心了"),
    ],
}


@pytest.mark.parametrize("name", CONVERSATIONS)
async def test_conversation(branch: Rehearsal, name: str) -> None:
    """Each conversation goes as written, and asks nobody for help unasked."""
    branch.clock.at = BEFORE
    await Tick(branch.database, RULES).run(branch.clock.now())
    await hold(branch, CONVERSATIONS[name])
    asked = [
        row["text"] for row in await branch.rows(tables.requests, tables.requests.c.kind == "help")
    ]
    assert set(asked) <= {"要不要带笔记本"}


async def test_days_later_a_strange_line_is_strange_again(branch: Rehearsal) -> None:
    """The invitation is not held against every line of the month."""
    await branch.activity("十二月主题党日", starts=on(2026, 12, 5))
    branch.clock.at = BEFORE
    await Tick(branch.database, RULES).run(branch.clock.now())
    branch.clock.at = on(2026, 11, 20, 10)
    await hold(branch, [(ZHANG, "天边一朵云", "没有听明白 … 您是想"), (ZHANG, "收到", "不客气")])


async def test_who_is_late_is_told_where(branch: Rehearsal) -> None:
    """While an activity is open, questions are about that one, and the code stays on the wall."""
    for says in ("在哪个会议室？", "几点结束", "开到几点"):
        answer = await branch.says(ZHANG, says)
        assert "“重温入党誓词”（10月12日 09:00，一楼会议室），星期一，11:00 结束" in answer
        assert "请回复“签到”" in answer
        assert "4271" not in answer
    assert not await branch.rows(tables.attendance)

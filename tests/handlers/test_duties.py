"""The secretary's desk: what a branch owes, settled by hand; cases; closed books; and why anybody was reminded."""

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import datetime
from pathlib import Path

import pytest

from scheduler.policy_files import load_policy, reader
from scheduler.tick import Tick
from storage import tables
from storage.records import Presence
from tests.fakes import FIRST, RULES, SECOND, FakeClock, Rehearsal, on, rehearsal
from tests.handlers.dialogs import Line, hold

ZHANG, LI = "张三", "李红梅"
CHIZHOU = replace(RULES, policy=load_policy("chizhou", reader(Path())))


@pytest.fixture
async def desk(branch: Rehearsal) -> Rehearsal:
    """张三 and 李大山 are away since September; the quarter is a few days old."""
    async with branch.store() as store:
        for name in (ZHANG, "李大山"):
            left = on(2026, 9, 1)
            await store.stints.leave(branch.members[name], 1, left.date(), left, city="苏州市")
    await came(branch, on(2026, 9, 8))
    return branch


async def came(talk: Rehearsal, at: datetime) -> None:
    """Everybody is on the roster since then: nobody owes what was due before."""
    async with talk.store() as store:
        for number in talk.members.values():
            await store.unit.change(tables.members, {"id": number}, branch_since=at)


@pytest.fixture
async def chizhou(tmp_path: Path) -> AsyncIterator[Rehearsal]:
    """A branch under Chizhou's rules, at the end of September, after six activities without 张三."""
    clock = FakeClock(on(2026, 9, 28))
    async with rehearsal(f"sqlite+aiosqlite:///{tmp_path}/c.db", clock, CHIZHOU) as talk:
        await talk.member(ZHANG)
        await talk.member(LI, position="书记")
        for month in range(3, 9):
            number = await talk.activity(f"{month}月党日", starts=on(2026, month, 10))
            async with talk.store() as store:
                for member, state in ((1, Presence.ABSENT), (2, Presence.PRESENT)):
                    store.unit.add(
                        tables.attendance,
                        activity_id=number,
                        member_id=member,
                        state=str(state),
                        at=on(2026, month, 10, 12),
                        by_member_id=None,
                        ledger_no=0,
                        reason=None,
                    )
                await store.unit.change(
                    tables.activities,
                    {"id": number},
                    closed_at=on(2026, month, 10, 13),
                    form_filed_at=on(2026, month, 11),
                )
        yield talk


async def tick(talk: Rehearsal, rules: object = RULES) -> list[str]:
    """What one tick at the clock's moment does."""
    done: list[str] = []
    await Tick(talk.database, rules).run(talk.clock.now(), done.append)  # type: ignore[arg-type]
    return done


OPEN_NOW = "1. 【逾期】与外出党员联系（9月30日前）：张三、李大山。办理：办结 1 说明"
CONVERSATIONS: dict[str, list[Line]] = {
    "what is open, by due day, each with what settles it": [
        (LI, "待办", f"现在没有等您处理的事项 … {OPEN_NOW} … 2. 【逾期】通报上月工作，讨论下月计划（10月8日前）。办理：办结 2 说明 … （12月31日前）：张三、李大山"),
        (LI, "待办 党费", "现在没有等您处理的党费"),
        (LI, "更多", "没有更多"),
        (ZHANG, "待办", "没有听明白"),
        (ZHANG, "办结 1 好了", "没有听明白"),
    ],
    "numbers are those of the list shown last, and no request's": [
        (LI, "办结 99 已办", "请先回复“待办”看序号"),
        (ZHANG, "党费 9月 20元", "第 1 号"),
        (LI, "待办", "1. 党费　张三 … 要办的事 … \n2. 【逾期】登记齐9月党费"),
        (LI, "办结 1 已办", "第 1 号请用“通过 1”"),
        (LI, "办结 99", "没有第 99 件"),
        (LI, "通过 2", "没有找到第 2 号"),
    ],
    "a duty is settled by hand, and opened again": [
        (LI, "待办", "6. 与流入地党组织互通信息（12月31日前）：张三、李大山"),
        (LI, "办结 6 已函告流入地支部", "第 6 件是“与流入地党组织互通信息”（2026年下半年，12月31日前）：张三、李大山，共 2 位。全部办结请回复“确认”"),
        (LI, "1", "已办结：与流入地党组织互通信息：张三、李大山。说明：已函告流入地支部"),
        (LI, "办结 6 再来一次", "“与流入地党组织互通信息”已经办好，或不用办了"),
        (LI, "撤销", "已撤销办结：与流入地党组织互通信息，2 件重新列入待办"),
        (LI, "撤销", "您已经撤销了"),
        (LI, "办结 6 李红梅 已打电话", "第 6 件是“与流入地党组织互通信息” … 没有李红梅，没有办理"),
        (LI, "办结 2 张三", "第 2 件是“通报上月工作，讨论下月计划”（2026年10月，10月8日前），没有张三"),
        (LI, "办结 6 李大山 已打电话", "（2026年下半年，12月31日前）：李大山。办结请回复“确认”"),
        (LI, "确认", "已办结：与流入地党组织互通信息：李大山。说明：已打电话"),
        (LI, "待办", "互通信息（12月31日前）：张三。"),
    ],
    "what a record proves is asked about first": [
        (LI, "待办", OPEN_NOW),
        (LI, "办结 2 会上说了", "一般由活动的类别证明，现在还没有 … 办结请回复“确认”"),
        (LI, "取消", "已取消"),
        (LI, "待办", OPEN_NOW),
        (LI, "办结 5 张三 电话联系过", "：张三。一般由联系记录证明，现在还没有。请先登记：联系 张三"),
        (LI, "不是", "没有办理"),
        (LI, "办结 2 会上说了", "确认"),
        (LI, "确认", "已办结：通报上月工作"),
        (LI, "联系 张三 很好", "计入"),
        (LI, "待办", "与外出党员联系（12月31日前）：李大山。办理：联系 李大山"),
    ],
    "an excuse needs its reason": [
        (LI, "待办", OPEN_NOW),
        (LI, "免办 2", "为什么不用办"),
        (LI, "本月没有需要通报的", "第 2 件是“通报上月工作，讨论下月计划”（2026年10月，10月8日前）。免办请回复“确认”"),
        (LI, "确认", "已免办：通报上月工作，讨论下月计划。说明：本月没有需要通报的"),
        (LI, "免办 3 全年请上级讲过", "书记讲一次党课 … 免办请回复“确认”"),
        (LI, "不是", "没有办理"),
        (LI, "撤销", "已撤销免办：通报上月工作，讨论下月计划，1 件重新列入待办"),
        (LI, "办结了吗", "办完回复"),
        (LI, "怎么办结", "没有听明白"),
    ],
    "who is to be contacted again is named in its week": [
        (LI, "联系 张三 很好，10月16日再联系", "下次联系：2026年10月16日"),
        (LI, "联系 李大山 没接，下月10日再打", "下次联系：2026年11月10日"),
        (LI, "待办", "说好再联系的：张三（10月16日）\n\n要办的事"),
        (LI, "联系 张三 又聊了聊", "计入"),
        (LI, "待办", "现在没有等您处理的事项。\n\n要办的事"),
    ],
    "books are closed, and opened again": [
        (ZHANG, "党费 9月 20元", "第 1 号"),
        (LI, "党费关账", "要关哪个月的账"),
        (LI, "取消", "已取消"),
        (LI, "待办", "【逾期】登记齐9月党费，关账（9月30日前）。办理：党费关账 9月"),
        (LI, "党费关账 8月", "2026年8月党费已关账 … 未登记 0 人。应登记的都登记了"),
        (LI, "撤销", "2026年8月党费已重新开账"),
        (LI, "党费关账", "要关哪个月的账"),
        (LI, "9月", "2026年9月党费已关账：已登记 1 人（其中 1 人等您确认 … 未登记 2 人：李红梅、李大山。未登记的会收到提醒"),
        (LI, "9月党费登记完了", "已经关过账了"),
        (LI, "撤销", "2026年9月党费已重新开账"),
        (LI, "9月党费登记完了", "已关账"),
        (LI, "党费开账", "要开哪个月的账？例如：党费开账 10月。"),
        (LI, "党费开账 9月", "已重新开账"),
        (LI, "党费关账 12月", "还没有到，没有关账"),
        (LI, "党费关账 10月", "还没有过完"),
        (LI, "2", "没有关账"),
        (LI, "党费关账 10月", "还没有过完"),
        (LI, "1", "2026年10月党费已关账"),
        (LI, "9月党费还没登记完", "没有登记"),
        (LI, "党费登记完了吗", "没有关账"),
        (LI, "党费关账 8月9月", "一次关一个月"),
    ],
    "nobody was reminded of anything yet": [
        (LI, "为什么", "还没有给您发过提醒"),
        (ZHANG, "为什么提醒我？", "还没有给您发过提醒"),
        (ZHANG, "为什么 2", "还没有给您发过提醒"),
    ],
}  # fmt: skip


@pytest.mark.parametrize("name", CONVERSATIONS)
async def test_conversation(desk: Rehearsal, name: str) -> None:
    """Each conversation goes as written."""
    await hold(desk, CONVERSATIONS[name])


async def test_books_name_only_who_was_there_and_are_reopened_by_who_closed_them(
    desk: Rehearsal,
) -> None:
    """A newcomer does not owe a month before; 撤销 leaves another's later closing alone."""
    await came(desk, on(2026, 7, 1))
    desk.clock.forward(minutes=-1)
    await desk.member("王五", position="副书记")
    desk.clock.forward(minutes=1)
    await hold(
        desk,
        [
            (LI, "党费关账 8月", "已过提醒的期限，系统不再提醒他们"),
            (LI, "党费关账 9月", "未登记 3 人：张三、李红梅、李大山。"),
            ("王五", "党费开账 9月", "已重新开账"),
            ("王五", "党费关账 9月", "已关账"),
            (LI, "撤销", "后来又重新关过账，没有撤销"),
            ("王五", "撤销", "已重新开账"),
        ],
    )


async def test_numbers_are_good_in_a_form_and_a_day_later(desk: Rehearsal) -> None:
    """Where the list shown is lost, a number is read against today's, and the second look names it."""
    await desk.says(LI, "待办")
    desk.clock.forward(days=1)
    await hold(desk, [(LI, "办结 2 已办", "第 2 件是“通报上月工作"), (LI, "取消", "没有登记")])
    await hold(desk, [(LI, "请假", "原因"), (LI, "办结 2 已办", "第 2 件是“通报上月工作")])
    await hold(desk, [(LI, "不用", "没有办理 … 还没填完：请问请假的原因")])
    await hold(
        desk,
        [
            (LI, "联系 张三 很好", "计入 … 还没填完：请问请假的原因"),
            (LI, "近况 都好", "已转给"),
        ],
    )


async def test_a_long_list_comes_by_the_dozen(branch: Rehearsal) -> None:
    """Twelve lines, then the rest on 更多; numbers of both pages are good."""
    for day in range(1, 12):
        member = await branch.member(f"党员{day}", account=False, phone=f"137{day:08d}")
        async with branch.store() as store:
            left = on(2026, 10, day, 8)
            await store.stints.leave(member, 1, left.date(), left)
    await came(branch, on(2026, 9, 8))
    answer = await branch.says(LI, "待办")
    while "（未完" in answer:
        answer = await branch.says(LI, "更多")
    assert "还有 4 件，回复“更多”" in answer
    await hold(branch, [(LI, "更多", "13. … 16."), (LI, "办结 14 已办", "办结")])


async def test_another_branch_is_out_of_sight_and_the_committee_sees_exceptions(
    desk: Rehearsal,
) -> None:
    """A committee has its own duties, and the late ones of the branches below as counts."""
    await desk.member("王芳", branch=SECOND, position="书记")
    async with desk.store() as store:
        above = await store.organisations.ensure("学院党委")
        await store.organisations.ensure(FIRST, above)
    await desk.member("赵书记", branch="学院党委", position="书记")
    seen = await desk.says("王芳", "待办")
    assert "张三" not in seen
    assert "与外出党员联系" not in seen
    seen = await desk.says("赵书记", "待办")
    assert "下级逾期：\n第一党支部：2 件（与外出党员联系）" in seen
    assert "排查流动党员，更新资料（12月31日前）。办理：办结" in seen
    assert "张三" not in seen


async def test_six_absences_end_in_a_conclusion_and_in_nothing_else(chizhou: Rehearsal) -> None:
    """AD-9: one case with its evidence, a talk, a conclusion; no status changes and nobody is told."""
    await tick(chizhou, CHIZHOU)
    chizhou.clock.forward(days=1)
    await tick(chizhou, CHIZHOU)
    sent = len(await chizhou.rows(tables.outbox, tables.outbox.c.recipient == ZHANG))
    assert len(await chizhou.rows(tables.requests)) == 1
    evidence = "缺席情况　张三　2026年累计缺席 6 次：3月10日“3月党日”"
    await hold(
        chizhou,
        [
            (LI, "审核", f"1. {evidence} … 研究后回复“办结 序号 处理意见”"),
            (LI, "待办", f"1. {evidence} … 全年累计 3 次未参加：谈话提醒，限期整改（10月4日前）：张三。办理：谈话 张三"),
            (LI, "通过 1", "不用“通过”“退回”"),
            (LI, "退回 1 不对", "不用“通过”“退回”"),
            (LI, "退回 1", "不用“通过”“退回”"),
            (LI, "全部通过 缺席情况", "由支部研究"),
            (LI, "免办 1 不办", "不能免办"),
            (LI, "谈话 张三 当面谈了缺席的事，限期改正", "与张三谈话（见面）"),
            (LI, "办结 1", "请写一句处理意见"),
            (LI, "支部研究，批评教育，限三个月改正", "第 1 号是张三的缺席情况：2026年累计缺席 6 次 … 处理意见：支部研究"),
            (LI, "确认", "第 1 号已办结 … 党员状态没有改动，也没有自动通知本人"),
            (LI, "审核", "现在没有等您处理"),
            (LI, "撤销", "已撤销第 1 号的处理意见"),
            (LI, "待办", f"1. {evidence}"),
            (LI, "办结 1 批评教育", "办结请回复“确认”"),
            (LI, "确认", "已办结，处理意见：批评教育"),
            (LI, "办结 1 再来", "已经办结过了"),
            (ZHANG, "我的数据", "累计缺席 6 次 … 支部已研究"),
        ],
    )  # fmt: skip
    answer = await chizhou.says(LI, "待办")
    assert "全年累计" not in answer
    [case] = await chizhou.rows(tables.requests)
    assert (case["state"], case["answer"]) == ("answered", "批评教育")
    assert [row["category"] for row in await chizhou.rows(tables.members)] == ["正式党员"] * 2
    about_him = tables.outbox.c.recipient == ZHANG
    told = await chizhou.rows(tables.outbox, about_him, tables.outbox.c.kind != "file")
    assert len(told) == sent
    chizhou.clock.forward(days=7)
    assert not [line for line in await tick(chizhou, CHIZHOU) if "AD-9" in line]
    assert len(await chizhou.rows(tables.requests)) == 1


async def test_a_case_shows_what_the_records_say(chizhou: Rehearsal) -> None:
    """An absence that was put right is no evidence, one that came later is; with fewer than six it is closed."""
    await tick(chizhou, CHIZHOU)
    chizhou.clock.forward(days=1)
    await tick(chizhou, CHIZHOU)
    await hold(
        chizhou,
        [
            (LI, "看 1", "累计缺席 6 次：3月10日“3月党日”"),
            (ZHANG, "3月10日我没缺席", "第 2 号"),
            (LI, "通过 2 现场", "改记为现场参加"),
            (LI, "待办", "1. 缺席情况　张三　2026年累计缺席 5 次：4月10日“4月党日” … 已不满 6 次，不用再研究，请回复“办结 1 说明”结案"),
            (ZHANG, "我的数据", "累计缺席 5 次"),
            (LI, "办结 1 记录已更正", "累计缺席 5 次 … 办结请回复“确认”"),
            (LI, "确认", "第 1 号已办结"),
        ],
    )  # fmt: skip


async def test_closed_books_are_what_reminds(desk: Rehearsal) -> None:
    """Before the closing nobody is asked for dues; after it, only who has no row."""
    desk.clock.at = on(2026, 11, 3)
    assert not [line for line in await tick(desk) if "AD-15" in line]
    await hold(
        desk,
        [(ZHANG, "党费 10月 20元", "已登记"), (LI, "党费关账 10月", "未登记 2 人：李红梅、李大山")],
    )
    assert "交纳10月党费（10月31日前）：李红梅、李大山。由本人办理" in await desk.says(LI, "待办")
    desk.clock.forward(days=1)
    lines = [line for line in await tick(desk) if "AD-15" in line]
    assert any("李红梅" in line for line in lines)
    assert not any("张三" in line for line in lines)


async def test_every_reminder_answers_why(desk: Rehearsal) -> None:
    """Clause, source, due day, when told and what would end it; of one's own notices only."""
    async with desk.store() as store:
        await store.activities.change(1, form_filed_at=desk.clock.now())
    desk.clock.at = on(2026, 11, 13)
    await tick(desk)
    told = "与外出党员联系（FM-6） … 依据：江苏《关于建立健全流动党员双向共管机制的意见》（附件2）二（一）2 … 到期：2026年12月31日 … 11月13日 09:00提醒 … 回复“联系 姓名”"
    await hold(desk, [(LI, "为什么", told), (LI, "为什么提醒我", told)])
    answer = await desk.says(LI, "为什么")
    number = next(line.split(".")[0] for line in answer.splitlines() if "FM-6" in line)
    await hold(desk, [(LI, f"为什么 {number}", told), (LI, "为什么99", "没有第 99 条")])
    assert "张三" not in answer
    assert "为什么" not in await desk.says(ZHANG, "为什么我签到老是不行")
    await desk.activity("冬至慰问", starts=on(2026, 11, 18))
    desk.clock.forward(days=3)
    await tick(desk)
    await hold(
        desk,
        [
            (ZHANG, "为啥提醒我", "参加党员活动日：“冬至慰问”（11月18日）（AD-3） … 请假 原因"),
            (LI, "为什么", "更早的"),
        ],
    )


async def test_two_activities_are_told_apart(desk: Rehearsal) -> None:
    """Of the same topic even: by their days, and by the year where it is not this one."""
    for starts in (on(2026, 12, 30), on(2026, 12, 31)):
        await desk.activity("年终总结", starts=starts)
    desk.clock.at = on(2026, 12, 28)
    await tick(desk)
    wanted = "1. 参加党员活动日：“年终总结”（12月30日） … 2. 参加党员活动日：“年终总结”（12月31日）"
    await hold(desk, [(ZHANG, "为什么", wanted)])
    desk.clock.at = on(2027, 1, 2)
    await hold(
        desk,
        [
            (ZHANG, "为什么", "“年终总结”（2026年12月30日） … 2026年12月28日 09:00提醒"),
            (LI, "待办", "“年终总结”（2026年12月30日）"),
        ],
    )


async def test_an_activity_is_explained_once(desk: Rehearsal) -> None:
    """By its newest notice; once it is over, nothing is asked for it any more."""
    await desk.activity("冬至慰问", starts=on(2026, 11, 18))
    for day in (16, 17):
        desk.clock.at = on(2026, 11, day)
        await tick(desk)
    answer = await desk.says(ZHANG, "为什么")
    assert answer.count("“冬至慰问”") == 1
    assert "11月17日 09:00提醒" in answer
    desk.clock.at = on(2026, 11, 19)
    await hold(desk, [(ZHANG, "为什么", "活动已经过了，不会再提醒")])


async def test_the_weekly_message_is_explained_as_it_was(desk: Rehearsal) -> None:
    """What came about after the digest's day was not in it."""
    desk.clock.at = on(2026, 11, 16)
    await tick(desk)
    await desk.activity("冬至慰问", starts=on(2026, 11, 17))
    desk.clock.at = on(2026, 11, 18)
    assert "冬至慰问" in await desk.says(LI, "待办")
    assert "记录表：“冬至慰问”" not in await desk.says(LI, "为什么")


async def transfer(talk: Rehearsal, who: str, branch: str) -> None:
    """The roster now has somebody in another branch."""
    async with talk.store() as store:
        number = await store.organisations.ensure(branch)
        await store.unit.change(tables.members, {"id": talk.members[who]}, branch_id=number)


async def test_who_has_left_the_branch_is_not_settled_there(desk: Rehearsal) -> None:
    """A list shown before a transfer settles nothing of the next branch, not even after a question."""
    await hold(desk, [(LI, "联系 张三 很好，10月16日再联系", "下次联系")])
    await hold(desk, [(LI, "待办", "说好再联系的：张三 … 互通信息（12月31日前）：张三、李大山")])
    items = await desk.says(LI, "待办")
    number = next(line[0] for line in items.splitlines() if "互通信息" in line)
    await hold(desk, [(LI, f"办结 {number} 已函告", "张三、李大山，共 2 位")])
    await transfer(desk, ZHANG, SECOND)
    await hold(
        desk, [(LI, "1", "已办结：与流入地党组织互通信息：李大山 … 张三已不在本支部，没有办理")]
    )
    await hold(desk, [(LI, f"办结 {number} 张三 已函告", "张三已不在本支部，没有办理")])
    [settled] = await desk.rows(tables.settlements)
    assert settled["subject_id"] == desk.members["李大山"]
    assert "张三" not in await desk.says(LI, "待办")


async def test_nobody_lets_themselves_off(desk: Rehearsal) -> None:
    """One's own duty is for another secretary to settle; the only one may, and that is marked."""
    async with desk.store() as store:
        left = on(2026, 9, 1)
        await store.stints.leave(desk.members[LI], 1, left.date(), left, city="苏州市")
    await desk.member("赵刚", position="副书记")
    await hold(desk, [(LI, "待办", "1. 【逾期】与外出党员联系（9月30日前）：张三、李红梅、李大山")])
    await hold(desk, [(LI, "免办 1 李红梅 太忙", "请由支部其他书记、副书记办理，没有登记")])
    await hold(
        desk,
        [
            (LI, "免办 1 九月刚外出", "张三、李大山，共 2 位"),
            (LI, "1", "已免办 … 张三、李大山 … 您本人的这一件"),
            ("赵刚", "待办", "1. 【逾期】与外出党员联系（9月30日前）：李红梅"),
        ],
    )
    await transfer(desk, "赵刚", SECOND)
    await hold(
        desk,
        [
            (LI, "免办 1 李红梅 太忙", "免办请回复“确认”"),
            (LI, "1", "已免办：与外出党员联系：李红梅"),
        ],
    )
    actions = [one["action"] for one in await desk.rows(tables.audit)]
    assert [one for one in actions if "excuse" in one] == ["excuse", "excuse", "excuse_own"]

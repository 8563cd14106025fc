"""A secretary calls, moves and calls off activities, as lists of (who, says, gets)."""

import pytest

from scheduler.tick import Tick
from storage import tables
from tests.fakes import RULES, Rehearsal, on
from tests.handlers.dialogs import LI, ZHANG, Line, hold

NEW = "发起活动 学习二十大精神 12月5日9点到11点 一楼会议室"

TOLD_TO_ALL = "原因会写进给大家的通知，请不要写姓名和病情"

CONVERSATIONS: dict[str, list[Line]] = {
    "a cause that everybody will read names nobody and no illness": [
        (LI, "取消活动 因为张三痛风", f"{TOLD_TO_ALL} … 原因：张三痛风"),
        (LI, "有同志住院", f"{TOLD_TO_ALL} … 原因：有同志住院"),
        (LI, "人手不够", "请核对：取消 … 原因：人手不够"),
        (LI, "取消", ""),
        (LI, "改期 11月6日 因为张三痛风住院", f"{TOLD_TO_ALL} … 原因：张三痛风住院"),
        (LI, "11月9日", f"{TOLD_TO_ALL} … 改到：2026年11月9日"),
        (LI, "确认", "已改期"),
    ],
    "an activity is called step by step": [
        (LI, "发起活动", "主题是什么"),
        (LI, "学习 Party 章程", "哪天开展 … 固定活动日 12月5日 请回复“1”"),
        (LI, "昨天", "10月11日已经过了 … 哪天开展"),
        (LI, "2月30日", "没有“2月30日”这一天 … 哪天开展"),
        (LI, "怎么又来", "没有听明白"),
        (LI, "1", "几点开始、几点结束"),
        (LI, "11点到9点", "结束要晚于开始"),
        (LI, "上午9点到11点", "在哪里开展"),
        (LI, "上一步", "几点开始"),
        (LI, "下午2点半", "在哪里开展"),
        (LI, "一楼会议室", "1. 学习教育 … 8. 党务公开"),
        (LI, "学习教育、唱歌", "没有看懂“唱歌” … 1. 学习教育"),
        (LI, "1", "怎么参加"),
        (LI, "都可以", "请哪些人参加"),
        (
            LI,
            "积极分子也请",
            (
                "学习 Party 章程 … 2026年12月5日（星期六）14:30–16:30 … 一楼会议室 … 现场+线上"
                " … 全体党员、积极分子 … 不能只有学习"
            ),
        ),
        (LI, "上一步", "请哪些人参加"),
        (LI, "1", "范围：全体党员"),
        (LI, "确认", "已安排“学习 Party 章程”（12月5日 14:30，一楼会议室） … 签到码 … 3 位同志"),
        (LI, "活动", "以后：“学习 Party 章程”"),
        (LI, "撤销", "已撤销“学习 Party 章程”"),
        (LI, "活动名单 12月5日", "重温入党誓词"),
    ],
    "one line fills most of it": [
        (LI, NEW, "内容有哪几项"),
        (LI, "1、4", "怎么参加"),
        (LI, "现场", "请哪些人参加"),
        (LI, "跳过", "学习二十大精神 … 12月5日（星期六）09:00–11:00 … 一楼会议室 … 全体党员"),
        (LI, "12月6日下午2点", "12月6日（星期日）14:00–16:00 … 固定活动日是12月5日"),
        (LI, "12月5日", "12月5日（星期六）14:00–16:00"),
        (LI, "1", "已安排“学习二十大精神”（12月5日 14:00"),
    ],
    "a holiday and a clash are named and forbid nothing": [
        (LI, "发起活动 参观纪念馆 明年1月1日 9点 现场", "在哪里开展"),
        (LI, "跳过", "内容"),
        (LI, "志愿服务", "请哪些人"),
        (LI, "1", "1月1日是元旦假期 … 请加上“学习教育”"),
        (LI, "11月5日10点到12点", "同一时间支部已有“十一月主题党日”"),
        (LI, "11月5日9点", "同一时间支部已有"),
        (LI, "确认", "换一个时间"),
        (LI, "11月6日9点", "11月6日"),
        (LI, "确认", "已安排“参观纪念馆”"),
    ],
    "nothing is called by a question, nor by a member": [
        (LI, "发起活动怎么弄", "按提示填写"),
        (ZHANG, "发起活动", "没有听明白"),
        (LI, "发起活动 12月5日9点 学习党章", "在哪里"),
        (LI, "取消", "已取消，没有登记"),
        (LI, NEW, "内容"),
        (LI, "1、4", "怎么参加"),
        (LI, "1", "请哪些人"),
        (LI, "1", "请核对"),
        (LI, "不要", "没有安排"),
    ],
    "a past day in the first line is asked again": [
        (LI, "发起活动 学党章 10月1日9点", "10月1日已经过了 … 哪天开展"),
        (LI, "今天8点", "已经过了 … 几点开始"),
    ],
    "an answered activity is not simply taken back": [
        (LI, "发起活动 学党章 10月15日9点到11点 会议室 线上", "内容"),
        (LI, "学习教育、民主议事", "请哪些人"),
        (LI, "1", "请核对"),
        (LI, "确认", "随后通知应参加的 3 位同志"),
        (ZHANG, "参加 10月15日", "您线上参加“学党章”"),
        (LI, "撤销", "已经有同志答复了"),
    ],
    "an activity is moved within its month, and back": [
        (LI, "改期 11月8日", "改期的原因"),
        (
            LI,
            "下大雪",
            "原定：2026年11月5日（星期四）09:00–11:00 … 改到：2026年11月8日（星期日）09:00–11:00 … 下大雪",
        ),
        (
            LI,
            "确认",
            "已改期：“十一月主题党日”由2026年11月5日（星期四）09:00–11:00改到2026年11月8日（星期日）09:00–11:00，签到码不变 … 通知",
        ),
        (LI, "活动", "“十一月主题党日”（11月8日 09:00"),
        (LI, "撤销改期", "已撤销改期，“十一月主题党日”（11月5日 09:00"),
        (LI, "活动", "“十一月主题党日”（11月5日 09:00"),
        (LI, "改期 到11月8日下午2点 因为下雪", "11月8日（星期日）14:00–16:00 … 原因：下雪"),
        (LI, "1", "已改期"),
        (LI, "改期 11月5日9点 雪停了", "改到：2026年11月5日（星期四）09:00–11:00"),
        (LI, "1", "日）14:00–16:00改到2026年11月5日（星期四）09:00"),
        (ZHANG, "活动", "“十一月主题党日”（11月5日 09:00"),
    ],
    "another month is asked again": [
        (LI, "改期 12月2日 因为停电", "要在当月内 … 11月的日子 … 12月2日"),
        (LI, "11月20日", "改到：2026年11月20日"),
        (LI, "12月2日", "要在当月内"),
        (LI, "1", "别的月份 … 2026年12月2日"),
        (LI, "2", "没有改动"),
        (LI, "改期", "改到哪天"),
        (LI, "11月5日", "和原来的时间一样"),
        (LI, "10月1日", "已经过了"),
        (LI, "2月30日", "没有“2月30日”"),
        (LI, "取消", "没有改动，活动照常"),
        (LI, "活动", "11月5日 09:00"),
    ],
    "an activity is called off, and stands again": [
        (LI, "取消活动", "取消的原因"),
        (LI, "确认", "取消的原因"),
        (LI, "场地停电", "取消“十一月主题党日” … 场地停电"),
        (LI, "取消", "没有改动，活动照常"),
        (LI, "取消活动 场地停电", "请核对"),
        (LI, "确认", "已取消“十一月主题党日”"),
        (LI, "活动", "现在可以签到：“重温入党誓词”"),
        (LI, "撤销", "已撤销取消 … 照常举行"),
        (LI, "活动", "下一次：“十一月主题党日”"),
    ],
    "questions and members change nothing": [
        (LI, "取消活动了吗", "取消活动请回复例如"),
        (LI, "改期怎么弄", "改期请回复例如"),
        (LI, "改期 12月5日改到12月8日", "12月5日没有安排活动"),
        (ZHANG, "改期 11月8日", "没有听明白"),
        (ZHANG, "取消活动 下雨", "没有听明白"),
    ],
    "a command is heard where free words were asked for": [
        (LI, "改期 11月8日", "改期的原因"),
        (LI, "取消活动 11月5日 场地停电", "取消“十一月主题党日”"),
        (LI, "2", "没有改动"),
        (LI, "求助", "遇到了什么困难"),
        (LI, "改期 11月8日 因为下雪", "请核对改期"),
        (LI, "2", "没有改动"),
        (LI, "发起活动", "主题是什么"),
        (LI, "发起活动 学党章", "哪天开展"),
        (LI, "活动名单", "重温入党誓词 … 还没填完"),
        (LI, "取消", "已取消"),
    ],
    "what was called off makes room": [
        (LI, "取消活动 停电", "请核对"),
        (LI, "1", "已取消"),
        (LI, "发起活动 学党章 11月5日9点到11点 会议室 现场", "内容"),
        (LI, "1、4", "请哪些人"),
        (LI, "1", "请核对"),
        (LI, "确认", "已安排“学党章”（11月5日 09:00"),
    ],
}


@pytest.mark.parametrize("name", CONVERSATIONS)
async def test_conversation(branch: Rehearsal, name: str) -> None:
    """Each conversation goes as written."""
    await hold(branch, CONVERSATIONS[name])


async def test_several_ahead_are_asked_by_number(branch: Rehearsal) -> None:
    """With two activities in the month moved to, the number decides; two days name one and its new day."""
    branch.clock.at = on(2026, 11, 2, 10)
    await branch.activity("志愿服务", starts=on(2026, 11, 7, 14))
    await hold(
        branch,
        [
            (LI, "改期 11月9日 因为下雨", "1. “十一月主题党日” … 2. “志愿服务”"),
            (LI, "2", "志愿服务 … 2026年11月9日（星期一）14:00–16:00"),
            (LI, "2", "没有改动"),
            (LI, "改期 11月7日的活动改到11月9日 因为下雨", "志愿服务 … 2026年11月9日"),
            (LI, "1", "已改期"),
        ],
    )


async def test_a_move_that_was_told_is_not_taken_back(branch: Rehearsal) -> None:
    """Everybody hears of the move once, nobody hears of a calling off; then it can only be moved back."""
    branch.clock.at = on(2026, 11, 2, 10)
    await Tick(branch.database, RULES).run(branch.clock.now())
    await hold(
        branch, [(LI, "改期 11月6日 因为下雪", "请核对"), (LI, "1", "2 位同志马上会收到改期的消息")]
    )
    branch.clock.at = on(2026, 11, 3, 10)
    await Tick(branch.database, RULES).run(branch.clock.now())
    told = [row["text"] for row in await branch.rows(tables.outbox) if row["recipient"] == ZHANG]
    assert "改到“十一月主题党日”（11月6日 周五 09:00" in told[-1]
    assert not any("取消" in text for text in told)
    await hold(branch, [(LI, "撤销", "要撤销它吗"), (LI, "1", "已经通知大家 … 改期 11月5日09:00")])
    await hold(
        branch,
        [(LI, "改期 11月5日09:00 雪停了", "请核对"), (LI, "1", "改到2026年11月5日（星期四）09:00")],
    )
    branch.clock.at = on(2026, 11, 4, 10)
    await Tick(branch.database, RULES).run(branch.clock.now())
    told = [row["text"] for row in await branch.rows(tables.outbox) if row["recipient"] == ZHANG]
    assert "改到“十一月主题党日”（11月5日 周四 09:00" in told[-1]
    assert not any("取消" in text for text in told)


async def test_a_created_activity_stands_with_its_code(branch: Rehearsal) -> None:
    """The row holds what was confirmed, the code is new in the branch, and the trail names who called it."""
    await hold(
        branch,
        [
            (LI, f"{NEW} 现场+线上", "内容"),
            (LI, "学习教育、民主议事", "请哪些人"),
            (LI, "发展对象", "请核对"),
            (LI, "发布", "已安排"),
        ],
    )
    (row,) = await branch.rows(tables.activities, tables.activities.c.topic == "学习二十大精神")
    assert row["starts_at"] == on(2026, 12, 5)
    assert (row["minutes"], row["audience"]) == (120, "全体党员、发展对象")
    assert row["created_at"] == branch.clock.now()
    assert len(row["code"]) == 4
    assert row["code"] != "4271"
    actions = [one["action"] for one in await branch.rows(tables.audit)]
    assert actions[-1] == "convene"


async def test_after_an_undone_move_a_calling_off_is_told(branch: Rehearsal) -> None:
    """What was moved and moved back by 撤销 is the activity that everybody was invited to."""
    branch.clock.at = on(2026, 11, 2, 10)
    await Tick(branch.database, RULES).run(branch.clock.now())
    await hold(
        branch,
        [
            (LI, "改期 11月6日 因为下雪", "请核对"),
            (LI, "1", "已改期"),
            (LI, "撤销", "已撤销改期"),
            (LI, "取消活动 因为停电", "请核对"),
            (LI, "1", "已取消"),
        ],
    )
    branch.clock.at = on(2026, 11, 3, 10)
    await Tick(branch.database, RULES).run(branch.clock.now())
    told = [row["text"] for row in await branch.rows(tables.outbox) if row["recipient"] == ZHANG]
    assert "活动取消：“十一月主题党日”（11月5日 周四 09:00" in told[-1]
    await hold(branch, [(LI, "撤销", "要撤销它吗"), (LI, "1", "取消已经通知大家，不能撤销")])


async def test_leave_goes_with_a_move(branch: Rehearsal) -> None:
    """A granted leave is taken back with a correction and waits anew; who asked is not absent by oversight."""
    await hold(
        branch,
        [
            (ZHANG, "请假 11月5日 住院到月底", "第 1 号"),
            (LI, "通过 1", "已同意"),
            (LI, "改期 11月6日 因为停电", "请核对"),
            (
                LI,
                "1",
                "应参加的 2 位同志 … 1 位同志的请假已转到新的时间 … 改错了请回复“改期 11月5日09:00”",
            ),
            (LI, "撤销", "已经有同志答复或请假，不能撤销"),
            (LI, "审核", "2. 请假　张三　“十一月主题党日”（11月6日 09:00 … 住院到月底"),
        ],
    )
    texts = [row["text"] for row in await branch.rows(tables.ledger)]
    assert texts == ["请假：十一月主题党日", "撤销第 1 条：请假：十一月主题党日"]
    assert not await branch.rows(tables.attendance)
    told = [row["text"] for row in await branch.rows(tables.outbox) if row["recipient"] == ZHANG]
    assert "您的请假转到“十一月主题党日”（11月6日 09:00" in told[-1]
    await hold(
        branch,
        [
            (LI, "改期 11月7日 因为停电", "请核对"),
            (LI, "1", "1 位同志的请假"),
            (LI, "通过 3", "已同意 张三"),
        ],
    )
    leaves = [(row["activity_id"], row["state"]) for row in await branch.rows(tables.leaves)]
    assert leaves == [(2, "withdrawn"), (3, "withdrawn"), (4, "approved")]


async def test_leave_of_who_left_the_branch_is_not_carried_over(branch: Rehearsal) -> None:
    """Nobody is asked to decide for a member of another branch."""
    await hold(branch, [(ZHANG, "请假 11月5日 住院", "第 1 号")])
    async with branch.store() as store:
        other = await store.organisations.ensure("第二党支部")
        key = {"id": branch.members[ZHANG]}
        await store.unit.change(tables.members, key, branch_id=other)
    await hold(branch, [(LI, "改期 11月6日 因为停电", "请核对"), (LI, "1", "已改期")])
    assert [row["state"] for row in await branch.rows(tables.leaves)] == ["withdrawn"]


async def test_leave_from_what_was_called_off_meanwhile(branch: Rehearsal) -> None:
    """A reason that comes after the activity was called off is not kept."""
    await hold(
        branch,
        [
            (ZHANG, "请假 11月5日", "原因"),
            (LI, "取消活动 停电", "请核对"),
            (LI, "1", "已取消"),
            (ZHANG, "孩子发烧", "已取消或改期，没有登记请假"),
        ],
    )
    assert not await branch.rows(tables.leaves)


async def test_what_somebody_checked_in_to_is_held(branch: Rehearsal) -> None:
    """Before the start members check in already: then nothing is moved, nor called off."""
    branch.clock.at = on(2026, 11, 5, 8, 30)
    await hold(
        branch,
        [
            (LI, "取消活动 停电", "请核对"),
            (ZHANG, "签到", "签到成功"),
            (LI, "1", "已经有 1 位同志签到，不能再改期或取消"),
            (LI, "改期 11月8日 因为停电", "已经有 1 位同志签到"),
            (ZHANG, "撤销签到", "已撤销"),
            (LI, "改期 11月8日 因为停电", "请核对"),
        ],
    )
    (row,) = await branch.rows(tables.activities, tables.activities.c.id == 2)
    assert row["cancelled_at"] is None


async def test_nobody_decides_on_leave_from_what_is_called_off(branch: Rehearsal) -> None:
    """The calling off withdraws what waits, writes nothing, and gives it back when it is undone."""
    await hold(
        branch,
        [
            (ZHANG, "请假 11月5日 孩子发烧", "第 1 号"),
            (LI, "取消活动 停电", "请核对"),
            (LI, "1", "已取消"),
            (LI, "通过 1", "第 1 号已经撤回，不用办理"),
            (LI, "审核", "没有等您处理"),
            (LI, "撤销", "照常举行。1 位同志的请假重新等待批准"),
            (LI, "通过 1", "已同意 张三"),
            (LI, "取消活动 停电", "请核对"),
            (LI, "1", "已取消"),
            (ZHANG, "我的记录", "还没有"),
            (LI, "撤销", "照常举行。1 位同志的请假恢复有效"),
            (ZHANG, "我的记录", "请假：十一月主题党日"),
            (LI, "取消活动 停电", "请核对"),
            (LI, "1", "已取消"),
        ],
    )
    (leave,) = await branch.rows(tables.leaves)
    assert leave["state"] == "withdrawn"
    assert not await branch.rows(tables.attendance)
    kinds = [row["kind"] for row in await branch.rows(tables.ledger)]
    assert kinds == ["leave", "correction", "leave", "correction"]
    told = [row["text"] for row in await branch.rows(tables.outbox) if row["recipient"] == ZHANG]
    assert not any("撤销" in text for text in told)


async def test_a_leave_stands_again_as_it_was_granted(branch: Rehearsal) -> None:
    """When the calling off is undone: who granted it, when and why; not one given up before."""
    await branch.member("王芳")
    await hold(
        branch,
        [
            (ZHANG, "请假 11月5日 孩子发烧", "第 1 号"),
            ("王芳", "请假 11月5日 出差", "第 2 号"),
            (LI, "通过 1 2", "已同意"),
        ],
    )
    (before,) = await branch.rows(
        tables.attendance, tables.attendance.c.member_id == branch.members[ZHANG]
    )
    branch.clock.forward(minutes=5)
    await branch.says("王芳", "销假")
    branch.clock.forward(minutes=5)
    await hold(
        branch,
        [
            (LI, "取消活动 停电", "请核对"),
            (LI, "1", "已取消"),
            (LI, "撤销", "1 位同志的请假恢复有效"),
        ],
    )
    (after,) = await branch.rows(tables.attendance)
    assert {**before, "ledger_no": 0} == {**after, "ledger_no": 0}


async def test_only_the_last_change_is_taken_back(branch: Rehearsal) -> None:
    """What another secretary moved on or called off since, or a moment taken since, stays as it is."""
    deputy = "赵副"
    await branch.member(deputy, position="副书记")
    await hold(
        branch,
        [
            (LI, "改期 11月8日 因为下雪", "请核对"),
            (LI, "1", "已改期"),
            (deputy, "改期 11月12日 因为停电", "请核对"),
            (deputy, "1", "已改期"),
            (LI, "撤销", "后来这次活动又改期或取消过，不能撤销"),
            (deputy, "撤销", "已撤销改期，“十一月主题党日”（11月8日 09:00"),
            (LI, "撤销", "已撤销改期，“十一月主题党日”（11月5日 09:00"),
            (LI, "取消活动 停电", "请核对"),
            (LI, "1", "已取消"),
            (deputy, "发起活动 学党章 11月5日9点到11点 会议室 现场", "内容"),
            (deputy, "1、4", "请哪些人"),
            (deputy, "1", "请核对"),
            (deputy, "确认", "已安排"),
            (LI, "撤销", "已经另外安排了“学党章”"),
            (deputy, "撤销", "已撤销“学党章”"),
            (LI, "撤销", "已撤销取消"),
        ],
    )
    rows = await branch.rows(tables.activities, tables.activities.c.cancelled_at.is_(None))
    assert [row["topic"] for row in rows] == ["重温入党誓词", "十一月主题党日"]


@pytest.mark.parametrize(
    ("says", "place"), [("随便", "未定"), ("不知道", "未定"), ("地点：线上", "线上")]
)
async def test_a_place_that_is_left_open(branch: Rehearsal, says: str, place: str) -> None:
    """A yes that was meant for another question is no place; what leaves it open is read so."""
    await hold(
        branch,
        [
            (LI, "发起活动 学党章 12月5日9点到11点 现场", "在哪里开展"),
            (LI, "确认", "请直接写出来 … 在哪里开展"),
            (LI, "好的", "请直接写出来 … 在哪里开展"),
            (LI, says, "内容有哪几项"),
            (LI, "1、4", "请哪些人"),
            (LI, "1", f"地点：{place}\n"),
        ],
    )


async def test_a_draft_is_looked_at_again_when_it_is_confirmed(branch: Rehearsal) -> None:
    """What another secretary planned meanwhile is named before anything is made; then the yes holds."""
    await hold(
        branch,
        [
            (LI, "发起活动 学党章 10月12日15点到17点 会议室 现场", "内容有哪几项"),
            (LI, "1、4", "请哪些人"),
            (LI, "1", "请核对"),
        ],
    )
    await branch.activity("志愿服务", starts=on(2026, 10, 12, 14))
    await hold(
        branch,
        [
            (LI, "确认", "安排有了变化 … 请核对 … 同一时间支部已有“志愿服务”"),
            (LI, "确认", "已安排“学党章”"),
            (LI, "发起活动 学党章 10月12日18点到19点 会议室 现场", "内容有哪几项"),
            (LI, "1、4", "请哪些人"),
            (LI, "1", "请核对"),
        ],
    )
    branch.clock.forward(hours=9)
    await hold(branch, [(LI, "确认", "10月12日 18:00 已经过了")])


async def test_a_move_is_looked_at_again_when_it_is_confirmed(branch: Rehearsal) -> None:
    """What stands there since is named before anything moves."""
    await hold(branch, [(LI, "改期 11月6日9点 因为停电", "请核对改期")])
    await branch.activity("志愿服务", starts=on(2026, 11, 6, 8))
    await hold(
        branch,
        [
            (LI, "确认", "安排有了变化 … 同一时间支部已有“志愿服务”"),
            (LI, "确认", "已改期"),
        ],
    )


MOVES = {
    "改到11点半结束": "2026年11月5日（星期四）09:00–11:30",
    "结束时间改到下午1点": "2026年11月5日（星期四）09:00–13:00",
    "延长半小时": "2026年11月5日（星期四）09:00–11:30",
    "缩短半小时": "2026年11月5日（星期四）09:00–10:30",
    "推迟一天": "2026年11月6日（星期五）09:00–11:00",
    "推迟一周": "2026年11月12日（星期四）09:00–11:00",
    "提前半小时": "2026年11月5日（星期四）08:30–10:30",
    "推迟一个半小时": "2026年11月5日（星期四）10:30–12:30",
    "推迟三天下午两点": "2026年11月8日（星期日）14:00–16:00",
    "11月6日下午2点，延长半小时": "2026年11月6日（星期五）14:00–16:30",
    "从9点改到10点": "2026年11月5日（星期四）10:00–12:00",
    "推迟到11月6日": "2026年11月6日（星期五）09:00–11:00",
}


@pytest.mark.parametrize("says", MOVES)
async def test_a_moment_said_by_how_much(branch: Rehearsal, says: str) -> None:
    """What moves by so much, or has another end alone, is read back in full before it is done."""
    await hold(branch, [(LI, f"改期 {says} 因为停电", f"改到：{MOVES[says]} … 原因：停电")])
    await hold(branch, [(LI, "取消", "没有改动"), (LI, f"改期 {says}", "改期的原因")])
    await hold(branch, [(LI, "因为停电", MOVES[says]), (LI, "取消", "没有改动")])


async def test_another_end_leaves_all_else_as_it_is(branch: Rehearsal) -> None:
    """Nobody is told, no leave is asked anew, and 撤销 brings the end back; a further line adds to it."""
    await hold(
        branch,
        [
            (ZHANG, "请假 11月5日 出差", "第 1 号"),
            (LI, "活动推迟一天", "改期的原因"),
            (LI, "延长半小时", "改期的原因"),
            (LI, "停电", "改到：2026年11月6日（星期五）09:00–11:30"),
            (LI, "11月5日", "改到：2026年11月5日（星期四）09:00–11:30"),
            (LI, "确认", "2026年11月5日（星期四）09:00–11:30。开始时间没有变，不另发通知"),
            (LI, "审核", "1. 请假　张三"),
            (LI, "撤销", "已撤销改动，“十一月主题党日”2026年11月5日（星期四）09:00–11:00"),
            (LI, "改期 8点结束 因为停电", "结束要晚于开始"),
            (LI, "11点结束", "和原来的时间一样"),
        ],
    )
    rows = await branch.rows(tables.activities)
    assert [(row["minutes"], row["cancelled_at"]) for row in rows] == [(120, None), (120, None)]


async def test_what_is_promised_of_telling_is_kept(branch: Rehearsal) -> None:
    """Who was told hears of a change at once, by night in the morning; who was not hears nothing."""
    off = [(LI, "取消活动 停电", "2026年11月5日（星期四）09:00–11:00"), (LI, "1", "不另发消息")]
    await hold(branch, [*off, (LI, "撤销", "照常举行")])
    branch.clock.at = on(2026, 10, 29, 10)
    await Tick(branch.database, RULES).run(branch.clock.now())
    branch.clock.at = on(2026, 10, 29, 22)
    await hold(
        branch,
        [
            (LI, "取消活动 停电", "请核对"),
            (LI, "1", "以前通知过的 2 位同志早上 8 点会收到取消的消息。取消错了请回复“撤销”"),
            (LI, "撤销", "照常举行"),
        ],
    )
    await branch.member("后来的")
    await hold(
        branch,
        [
            (LI, "改期 11月6日 因为停电", "请核对"),
            (
                LI,
                "1",
                "2 位同志早上 8 点会收到改期的消息；其余的，10月30日 9点后通知应参加的 2 位同志（其中 1 位没有绑定",
            ),
        ],
    )
    told = len(await branch.rows(tables.outbox))
    branch.clock.at = on(2026, 10, 30, 8)
    await Tick(branch.database, RULES).run(branch.clock.now())
    changes = [row["recipient"] for row in await branch.rows(tables.outbox)][told:]
    assert sorted(changes) == sorted([ZHANG, LI])
    branch.clock.at = on(2026, 10, 30, 9)
    await Tick(branch.database, RULES).run(branch.clock.now())
    rows = [row for row in await branch.rows(tables.outbox) if row["recipient"] == "后来的"]
    assert "请您参加：“十一月主题党日”（11月6日 周五 09:00" in rows[-1]["text"]


async def test_the_topic_is_kept_as_it_was_written(branch: Rehearsal) -> None:
    """Full-width punctuation stays what it was, in the topic and in the place."""
    says = "发起活动 一月主题党日：学习（党章） 12月5日9点到11点 一楼会议室（东） 现场"
    await hold(branch, [(LI, says, "内容有哪几项"), (LI, "1、4", "哪些人")])
    await hold(branch, [(LI, "1", "主题：一月主题党日：学习（党章）\n … 一楼会议室（东）")])

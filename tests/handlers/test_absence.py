"""An absence that a member says is wrong: asked of the secretary, who decides; the record follows."""

from datetime import date

import pytest

from handlers.reading.absence import says_not_absent
from storage import tables
from storage.records import Presence
from tests.fakes import Rehearsal, on
from tests.handlers.dialogs import LI, ZHANG, Line, hold

OTHERS = "那天我去苏州了|我去过北京|签到了吗|我没签到|那天下雨了|我参加了工作|我到了|下次我会去|怎么签到|缺席会怎么样|我去了趟医院|谁缺席了"


@pytest.fixture
async def missed(branch: Rehearsal) -> Rehearsal:
    """张三 is on record as absent on 8 and 10 October."""
    for day in (8, 10):
        number = await branch.activity(f"{day}日学习", starts=on(2026, 10, day))
        async with branch.store() as store:
            for member, state in ((1, Presence.ABSENT), (2, Presence.PRESENT)):
                store.unit.add(
                    tables.attendance,
                    activity_id=number,
                    member_id=member,
                    state=str(state),
                    at=on(2026, 10, day, 12),
                    by_member_id=None,
                    ledger_no=0,
                    reason=None,
                )
            closed = on(2026, 10, day, 13)
            await store.unit.change(tables.activities, {"id": number}, closed_at=closed)
    return branch


CONVERSATIONS: dict[str, list[Line]] = {
    "which one is asked, and the record becomes what was said": [
        (ZHANG, "我的签到", "8日学习　缺席 … 没缺席 10月5日"),
        (ZHANG, "我没缺席", "您说的是哪一次 … 1. “10日学习” … 2. “8日学习”"),
        (ZHANG, "2", "已请支部书记核对：“8日学习” … 您说没有缺席（第 1 号） … 记录不改"),
        (LI, "待办", "1. 异议　张三　“8日学习”（10月8日 09:00，一楼会议室）记为缺席，本人说没有缺席：我没缺席"),
        (LI, "通过 1", "只说没有缺席 … 1. 现场参加 … 2. 线上参加 … 3. 请假"),
        (LI, "1", "已把张三在“8日学习” … 的缺席改记为现场参加"),
        (ZHANG, "我的签到", "8日学习　现场参加"),
        (ZHANG, "我的记录", "参加活动“8日学习”，现场参加，经核对补记　[待核对]"),
        (ZHANG, "10月8日我没缺席", "那天没有您缺席的记录"),
    ],
    "leave, and from afar": [
        (ZHANG, "10月8日我请过假的", "您说请过假（第 1 号）"),
        (ZHANG, "有误 12 10月10日没缺席，在线上参加的", "“10日学习” … 您说线上参加了（第 2 号）"),
        (LI, "通过 1 2", "改记为请假 … 改记为远程参加"),
        (ZHANG, "我的签到", "10日学习　远程参加 … 8日学习　请假"),
        (ZHANG, "我那天去了", "没有您缺席的记录"),
    ],
    "who only denies it is not recorded as anything that nobody said": [
        (ZHANG, "10月8日我没缺席", "第 1 号"),
        (ZHANG, "10月10日我没缺席", "第 2 号"),
        (LI, "全部通过 异议", "第 1 号只说没有缺席，没有办理 … 通过 2 线上"),
        (LI, "通过 1 2", "第 1 号只说没有缺席，没有办理"),
        (LI, "通过 1 线上", "缺席改记为远程参加，另记了一条。"),
        (LI, "通过 2", "只说没有缺席"),
        (LI, "3", "的缺席改记为请假"),
        (ZHANG, "我的签到", "10日学习　请假 … 8日学习　远程参加"),
    ],
    "a refusal leaves it": [
        (ZHANG, "10月10日我明明签到了", "第 1 号"),
        (ZHANG, "10月10日我没缺席", "已经提出过异议（第 1 号）"),
        (ZHANG, "有误 12 10月10日我去了的", "已经提出过异议（第 1 号）"),
        (LI, "退回 1 签到表上没有", "“10日学习”（10月10日 09:00，一楼会议室）的缺席维持不变"),
        (ZHANG, "我的签到", "10日学习　缺席"),
    ],
    "an entry of one's own is another matter": [
        (ZHANG, "签到", "第 1 条"),
        (ZHANG, "有误 1 10月10日我没缺席", "“10日学习” … 您说没有缺席（第 1 号）"),
        (ZHANG, "有误 1 我今天缺席了", "第 1 条已标为有异议：我今天缺席了"),
        (ZHANG, "有误 1 我没缺席", "您说的是哪一次"),
        (ZHANG, "有误 缺席不对", "您说的是哪一次"),
    ],
    "taken back": [
        (ZHANG, "10月10日我签过到的", "第 1 号"),
        (ZHANG, "撤销", "已撤销第 1 号异议"),
        (LI, "待办", "现在没有等您处理"),
    ],
}  # fmt: skip


@pytest.mark.parametrize("name", CONVERSATIONS)
async def test_conversation(missed: Rehearsal, name: str) -> None:
    """Each conversation goes as written."""
    await hold(missed, CONVERSATIONS[name])


@pytest.mark.parametrize("text", OTHERS.split("|"))
def test_what_is_said_of_other_things(text: str) -> None:
    """No sentence about other things disputes an absence."""
    assert not says_not_absent(text, date(2026, 10, 12))


async def test_a_doubt_about_an_absence_is_pointed_to_the_dispute(missed: Rehearsal) -> None:
    """The way to have an absence put right is said, with its day."""
    await hold(missed, [(ZHANG, "怎么是缺席，我搞错了吗", "")])
    await hold(missed, [(ZHANG, "没去是因为没接到通知", "请回复“没缺席 10月10日”")])

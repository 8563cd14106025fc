"""代录: what a secretary enters for somebody, with what they say and nothing of the hour they type it."""

from scheduler.tick import Tick
from storage import tables
from tests.fakes import RULES, Rehearsal, on
from tests.handlers.dialogs import LI, ZHANG, hold


async def test_lateness_is_what_the_secretary_says(branch: Rehearsal) -> None:
    """Half an hour into the activity an entry says nothing of lateness; a member's own check-in does."""
    await hold(
        branch,
        [
            (LI, "代录 李大山 签到", "【代录 李大山】签到成功"),
            (LI, "活动名单", "已签到：李大山\n"),
            (LI, "撤销", "已撤销"),
            (LI, "代录 李大山 签到，迟到20分钟", "迟到 20 分钟"),
            (LI, "活动名单", "李大山（迟到20分）"),
            (ZHANG, "签到", "迟到 30 分钟"),
        ],
    )


async def test_of_two_open_activities_one_is_asked_for(branch: Rehearsal) -> None:
    """The number is remembered to be about the member, with what was said of them."""
    await branch.activity("志愿服务", starts=on(2026, 10, 12, 9, 10))
    await hold(
        branch,
        [
            (LI, "代录 李大山 签到 迟到15分钟", "【代录 李大山】现在有 2 场活动 … 2. “志愿服务”"),
            (LI, "2", "【代录 李大山】签到成功：“志愿服务” … 迟到 15 分钟 … 由您代录"),
            (LI, "撤销", "【代录 李大山】已撤销“志愿服务”"),
        ],
    )
    ids = {branch.members["李大山"]}
    assert {row["member_id"] for row in await branch.rows(tables.ledger)} == ids


async def test_an_addition_says_what_it_does(branch: Rehearsal) -> None:
    """补登 names the absence it ends; where nobody was recorded, that the others stay unrecorded."""
    await branch.activity("志愿服务", starts=on(2026, 10, 12, 15))
    branch.clock.at = on(2026, 10, 12, 15)
    await branch.says(ZHANG, "签到")
    branch.clock.at = on(2026, 10, 12, 18)
    await Tick(branch.database, RULES).run(branch.clock.now())
    await hold(branch, [(LI, "补登 李大山", "签到成功：“志愿服务” … 李大山原来的缺席记录已取消")])
    branch.clock.at = on(2026, 11, 5, 12)
    await Tick(branch.database, RULES).run(branch.clock.now())
    await hold(
        branch,
        [
            (LI, "代录 李大山 签到", "李大山是这次活动第一位有记录的同志 … 其他同志仍不记缺席"),
            (LI, "补登 张三 签到", "【代录 张三】签到成功：“十一月主题党日”"),
            (LI, "撤销", "已撤销"),
        ],
    )
    assert "第一位" not in await branch.says(LI, "补登 张三")


async def test_five_things_are_entered_for_a_member(branch: Rehearsal) -> None:
    """As the secretary's guide has them; to agree, confirm or take back is for the member."""
    await hold(
        branch,
        [
            (LI, "代录 李大山 签到", "【代录 李大山】签到成功"),
            (LI, "撤销", "已撤销"),
            (LI, "代录 李大山 在苏州社区支部参加了活动", "【代录 李大山】已登记异地参加"),
            (LI, "代录 李大山 请假 12月5日 住院", "【代录 李大山】"),
            (LI, "代录 李大山 党费 10月 20元", "【代录 李大山】"),
            (LI, "代录 李大山 位置 江苏省苏州市", "【代录 李大山】"),
            (LI, "代录 李大山 同意", "没有登记"),
            (LI, "代录 李大山 确认 1", "没有登记"),
            (LI, "代录 李大山 思想汇报 近来学习了党章", "没有登记"),
        ],
    )

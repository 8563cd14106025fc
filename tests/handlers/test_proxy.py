"""代录: what a secretary enters for somebody, with what they say and nothing of the hour they type it."""

from storage import tables
from tests.fakes import Rehearsal, on
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

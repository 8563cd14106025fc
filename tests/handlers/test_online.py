"""An activity held online alone: nobody is called to a room, and nobody is present there."""

from scheduler.announcements import to_group, to_member
from storage import tables
from storage.notices import INVITATION
from tests.fakes import ZONE, Rehearsal, on
from tests.handlers.dialogs import LI, ZHANG, hold


async def test_nobody_is_present_online(branch: Rehearsal) -> None:
    """签到 asks for the words of study, and what is kept is remote; a secretary enters it without."""
    branch.clock.at = on(2026, 10, 14, 9)
    number = await branch.activity("网上党课", starts=on(2026, 10, 14), mode="线上")
    await hold(
        branch,
        [
            (ZHANG, "签到", "“网上党课” … 线上参加的，不用到现场 … 学习心得"),
            (ZHANG, "学习了新党章，体会很深", "远程签到成功：“网上党课”"),
            (ZHANG, "签到", "不用重复签到"),
            (LI, "代录 李大山 签到", "签到成功"),
        ],
    )
    kept = [row for row in await branch.rows(tables.attendance) if row["activity_id"] == number]
    assert {row["state"] for row in kept} == {"remote"}


async def test_nobody_is_called_to_a_room(branch: Rehearsal) -> None:
    """The card, the group's notice and the answer to 在哪开 speak of taking part online."""
    number = await branch.activity("网上党课", starts=on(2026, 10, 14), mode="线上")
    async with branch.store() as store:
        found = await store.activities.get(number)
    assert "能参加回复“线上”" in to_member(INVITATION, found, ZONE)
    assert "现场" not in to_member(INVITATION, found, ZONE)
    assert "请大家准时线上参加" in to_group("", found, {}, ZONE)
    branch.clock.at = on(2026, 10, 13, 9)
    await hold(
        branch,
        [
            (ZHANG, "下次活动在哪", "线上参加，不用到现场"),
            (ZHANG, "我能参加吗", "能参加请回复“线上”"),
            (ZHANG, "参加 10月14日", "您线上参加“网上党课”"),
        ],
    )

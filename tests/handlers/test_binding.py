"""Strangers become known: notice, consent, binding, and the ways it is refused."""

import pytest

from storage import tables
from tests.fakes import Rehearsal

STRANGER = "wx_new"


async def test_a_stranger_learns_who_this_is_and_how_to_bind(branch: Rehearsal) -> None:
    """Anything from an unknown sender gets who, how data is used, and how to bind; nothing is kept."""
    answer = await branch.says(STRANGER, "签到")
    assert "双联" in answer
    assert "绑定 1234 张三" in answer
    assert "同意之前不登记任何内容" in answer
    assert [row["text"] for row in await branch.rows(tables.inbox)] == [None]


async def test_binding_needs_the_consent(branch: Rehearsal) -> None:
    """Bound with 同意 and not before; then everything works, and the secretary is told."""
    await branch.member("赵敏", phone="13712340001", account=False)
    assert "全部同意请回复“同意”" in await branch.says(STRANGER, "绑定 0001 赵敏")
    assert "至少同意第 1 项" in await branch.says(STRANGER, "签到")
    assert "至少同意第 1 项" in await branch.says(STRANGER, "同意 2")
    answer = await branch.says(STRANGER, "同意")
    assert "绑定成功，欢迎您，赵敏同志（第一党支部）" in answer
    assert "签到成功" in await branch.says(STRANGER, "签到")
    assert [row["recipient"] for row in await branch.rows(tables.outbox)] == ["李红梅"]
    assert "您已经绑定" in await branch.says(STRANGER, "绑定 0001 赵敏")


async def test_odd_ways_of_writing_it_bind_too(branch: Rehearsal) -> None:
    """Name first, full width, no spaces, the whole phone."""
    await branch.member("赵敏", phone="13712340001", account=False)
    for line in (
        "绑定赵敏0001",
        "绑定　０００１　赵敏",
        "绑定 13712340001 赵敏",
        "绑定，0001，赵敏",
    ):
        assert "同意" in await branch.says(f"user {line}", line), line


async def test_wrong_guesses_are_few(branch: Rehearsal) -> None:
    """After five misses in a day nothing is looked up any more; the next day is a new one."""
    await branch.member("赵敏", phone="13712340001", account=False)
    for guess in range(5):
        assert "没有对上" in await branch.says(STRANGER, f"绑定 999{guess} 赵敏")
    assert "太多" in await branch.says(STRANGER, "绑定 0001 赵敏")
    assert "还不认识您" in await branch.says(STRANGER, "签到")
    assert "太多" in await branch.says(STRANGER, "绑定 0001 赵敏")
    branch.clock.forward(days=1)
    assert "全部同意" in await branch.says(STRANGER, "绑定 0001 赵敏")


async def test_a_bound_member_is_not_taken_over(branch: Rehearsal) -> None:
    """Knowing somebody's name and phone is not enough once an account speaks for them."""
    await branch.member("赵敏", phone="13712340001")
    assert "已绑定别的账号" in await branch.says(STRANGER, "绑定 0001 赵敏")
    assert "还不认识您" in await branch.says(STRANGER, "签到")


async def test_an_invitation_binds_once(branch: Rehearsal) -> None:
    """The secretary's code moves a member to a new account, once, within seven days."""
    await branch.member("赵敏")
    code = (await branch.says("李红梅", "邀请码 赵敏")).split("：")[1][:8]
    assert "邀请码不对" in await branch.says(STRANGER, "绑定 00000000")
    await branch.says(STRANGER, f"绑定 {code}")
    assert "绑定成功" in await branch.says(STRANGER, "同意")
    assert "还不认识您" in await branch.says("赵敏", "签到")
    assert "邀请码不对" in await branch.says("another", f"绑定 {code}")


async def test_an_invitation_ends(branch: Rehearsal) -> None:
    """A code is worth nothing after a week."""
    await branch.member("赵敏", account=False)
    code = (await branch.says("李红梅", "邀请码 赵敏")).split("：")[1][:8]
    branch.clock.forward(days=8)
    assert "邀请码不对或已过期" in await branch.says(STRANGER, f"绑定 {code}")


async def test_a_roster_account_is_known_but_asked_first(branch: Rehearsal) -> None:
    """Known at the first message; nothing is recorded before 同意; per purpose."""
    await branch.member("赵敏", consents=())
    assert "赵敏同志" in await branch.says("赵敏", "签到")
    assert await branch.rows(tables.attendance) == []
    assert "已记下您的同意：组织生活" in await branch.says("赵敏", "同意 1")
    assert "签到成功" in await branch.says("赵敏", "签到")
    assert "还没有同意登记所在地" in await branch.says("赵敏", "我到苏州工业园区了")
    assert "已记下您的同意：所在地" in await branch.says("赵敏", "同意2")
    assert "已登记" in await branch.says("赵敏", "我到苏州工业园区了")
    assert "已记下您的同意：两地共管" in await branch.says("赵敏", "同意")
    assert "您已经同意过了" in await branch.says("赵敏", "同意")


async def test_two_people_with_one_name_need_the_secretary(branch: Rehearsal) -> None:
    """Equal names with equal last digits are not guessed between."""
    await branch.member("赵敏", phone="13712340001", account=False)
    await branch.member("赵敏", phone="13812340001", account=False)
    assert "没有对上" in await branch.says(STRANGER, "绑定 0001 赵敏")
    assert "2 位“赵敏”" in await branch.says("李红梅", "邀请码 赵敏")


async def test_a_code_used_meanwhile_is_worth_nothing(branch: Rehearsal) -> None:
    """Who stopped at the notice cannot take the account over after its owner has used the code."""
    await branch.member("赵敏", account=False)
    code = (await branch.says("李红梅", "邀请码 赵敏")).split("：")[1][:8]
    await branch.says("thief", f"绑定 {code}")
    await branch.says(STRANGER, f"绑定 {code}")
    assert "绑定成功" in await branch.says(STRANGER, "同意")
    assert "邀请码不对" in await branch.says("thief", "同意")
    assert "还没有您的记录" in await branch.says(STRANGER, "我的记录")


async def test_guesses_count_on_after_a_right_one(branch: Rehearsal) -> None:
    """Five wrong digits a day, whatever right ones stand between them; each is in the trail."""
    await branch.member("赵敏", phone="13712340001", account=False)
    for digits in ("1000", "1001", "1002"):
        await branch.says(STRANGER, f"绑定 {digits} 赵敏")
    assert "是否同意" in await branch.says(STRANGER, "绑定 0001 赵敏")
    for digits in ("1003", "1004"):
        await branch.says(STRANGER, f"绑定 {digits} 赵敏")
    assert "次数太多" in await branch.says(STRANGER, "绑定 0001 赵敏")
    trail = [row["action"] for row in await branch.rows(tables.audit)]
    assert trail.count("bind_refused") == 5


@pytest.mark.parametrize("name", ["李乾", "王昇", "Tom Li", "㛃儿", "阿依古丽·买买提"])
async def test_every_name_can_be_bound(branch: Rehearsal, name: str) -> None:
    """Rare, traditional-looking, foreign and long names, as the roster has them."""
    await branch.member(name, phone="13712340001", account=False)
    await branch.says(STRANGER, f"绑定 0001 {name}")
    assert "绑定成功" in await branch.says(STRANGER, "同意")

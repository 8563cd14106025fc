"""A secretary who withdrew consent is not written to, and does not stand in the way of another's own matter."""

from storage import tables
from tests.fakes import Rehearsal
from tests.handlers.dialogs import LI, ZHANG, hold

WANG = "王新"
ELSEWHERE = "暂时收不到消息，请另外联系支部"


async def test_who_withdrew_consent_is_not_written_to(branch: Rehearsal) -> None:
    """The member's answer promises nothing; what was asked waits all the same."""
    await hold(
        branch,
        [
            (LI, "撤回同意", "已撤回"),
            (ZHANG, "求助 孩子转学找谁办", f"已记下（第 1 号） … {ELSEWHERE}"),
            (ZHANG, "意见 活动最好放在周末", f"意见已记下（第 2 号） … {ELSEWHERE}"),
            (ZHANG, "近况 在苏州上班，身体都好", f"谢谢，已记下 … {ELSEWHERE}"),
        ],
    )
    assert not await branch.rows(tables.outbox)
    assert len(await branch.rows(tables.requests)) == 2


async def test_the_only_other_who_cannot_decide_is_not_waited_for(branch: Rehearsal) -> None:
    """One's own matter is for the other secretary, unless they withdrew or have no account; it is marked."""
    await branch.member(WANG, position="副书记")
    await branch.member("周明", position="副书记", account=False)
    await hold(
        branch,
        [
            (WANG, "请假 孩子发烧", "第 1 号"),
            (WANG, "通过 1", "请由支部其他书记、副书记处理"),
            (LI, "撤回同意", "已撤回"),
            (WANG, "审核", "1. 请假"),
            (WANG, "通过 1", "已同意 王新 请假"),
        ],
    )
    actions = [one["action"] for one in await branch.rows(tables.audit)]
    assert "approve_own" in actions
    assert "approve" not in actions

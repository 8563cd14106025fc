"""收到 and 谢谢 are kind, and are nobody's reason, request or topic: the question is asked again."""

import pytest

from storage import tables
from tests.fakes import Rehearsal
from tests.handlers.dialogs import LI, ZHANG, hold

KIND = ("收到", "谢谢", "知道了", "明白", "辛苦了", "收到，谢谢", "谢谢书记", "好的")
QUESTIONS = {
    (ZHANG, "请假"): "请假的原因是什么",
    (ZHANG, "外出"): "外出的原因是什么",
    (ZHANG, "求助"): "遇到了什么困难",
    (ZHANG, "意见"): "请写您的意见或建议",
    (LI, "改期 11月6日"): "改期的原因是什么",
    (LI, "取消活动"): "取消的原因是什么",
    (LI, "发起活动"): "活动的主题是什么",
}


@pytest.mark.parametrize(("who", "says"), QUESTIONS)
async def test_a_kind_word_is_no_answer(branch: Rehearsal, who: str, says: str) -> None:
    """Whatever was asked in free words is asked again."""
    asked = QUESTIONS[(who, says)]
    await hold(branch, [(who, says, asked), *((who, one, asked) for one in KIND)])
    assert not await branch.rows(tables.requests)


async def test_a_kind_word_behind_the_command_is_none_either(branch: Rehearsal) -> None:
    """求助 谢谢 asks what about; a vow may well be a topic."""
    await hold(
        branch,
        [
            (ZHANG, "求助 谢谢", "遇到了什么困难"),
            (LI, "改期 11月6日 收到", "改期的原因是什么"),
            (LI, "取消", ""),
            (LI, "发起活动", "主题是什么"),
            (LI, "不忘初心、牢记使命", "哪天开展"),
        ],
    )

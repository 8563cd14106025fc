"""Numbers and days beyond everything get a polite answer, and nothing is recorded."""

import pytest

from storage import tables
from tests.fakes import Rehearsal
from tests.handlers.dialogs import LI, hold

HUGE = "99999999999999999999"
GETS = {
    f"办结 {HUGE} 已办": "",
    f"通过 {HUGE}": "没有找到",
    f"确认 {HUGE}": "没有找到",
    f"为什么 {HUGE}": "还没有给您发过提醒",
    "改期 推迟 999999999999天": "已经过了，或者太远",
    "改期 延长99999999小时 因为停电": "结束要晚于开始",
    "联系 张三 9999年1月1日通了": "没有这一天，没有登记",
    "联系 张三 2月30日通了": "没有这一天，没有登记",
    "2月30日联系张三通了": "没有这一天，没有登记",
}


@pytest.mark.parametrize("says", GETS)
async def test_what_is_beyond_everything(branch: Rehearsal, says: str) -> None:
    """No turn fails, and none leaves a record."""
    await hold(branch, [(LI, says, GETS[says])])
    assert {one["state"] for one in await branch.rows(tables.inbox)} == {"done"}
    assert not await branch.rows(tables.contacts)
    assert len(await branch.rows(tables.activities)) == 2

"""Thought reports."""

import pytest

from storage.records import State
from tests.fakes import FIRST, Rehearsal


async def test_a_report_comes_back_as_it_was_written(talk_on: Rehearsal) -> None:
    """Text of any length and script survives the seal; a member's reports are newest first."""
    member = await talk_on.member("张三")
    text = "敬爱的党组织：\n𠮷 “引号” \\ 'x' 🎉\n" + "学习" * 9000
    async with talk_on.store() as store:
        branch = await store.organisations.ensure(FIRST)
        numbers = []
        for period, written in (("2026-Q3", "旧"), ("2026-Q4", text)):
            talk_on.clock.forward(days=1)
            number = await store.reports.submit(
                member,
                branch,
                period=period,
                text=written,
                words=len(written),
                attachments="[]",
                at=talk_on.clock.now(),
            )
            numbers.append(number)
        await store.reports.settle(numbers[0], State.RETURNED)
    async with talk_on.store() as store:
        found = await store.reports.of_member(member)
        one = await store.reports.get(numbers[1])
        assert await store.reports.of_member(0) == []
        with pytest.raises(LookupError):
            await store.reports.get(99)
    assert [(report.id, report.state) for report in found] == [
        (numbers[1], State.PENDING),
        (numbers[0], State.RETURNED),
    ]
    assert one.text == text
    assert one.submitted_at == talk_on.clock.now()

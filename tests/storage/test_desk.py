"""What the secretary's desk asks of the records, on both engines."""

from datetime import date, timedelta

from storage.records import Contact, ContactKind, Outcome, RequestKind, State
from tests.fakes import Rehearsal

DAY = date(2026, 10, 16)


async def test_who_is_to_be_contacted_again(talk_on: Rehearsal) -> None:
    """Named until somebody tried again, or the entry is taken back."""
    await talk_on.member("张三")
    now = talk_on.clock.now()
    first = Contact(1, ContactKind.CONTACT, date(2026, 10, 12), Outcome.SPOKE, next_on=DAY)
    async with talk_on.store() as store:
        await store.contacts.add(first, branch_id=1, by=1, at=now, note="好")
        assert await store.contacts.agreed(1, DAY - timedelta(days=1)) == []
        assert await store.contacts.agreed(1, DAY) == [(DAY, "张三")]
        assert await store.contacts.agreed(2, DAY) == []
        again = Contact(1, ContactKind.CONTACT, DAY, Outcome.MISSED)
        number = await store.contacts.add(again, branch_id=1, by=1, at=now, note=None)
        assert await store.contacts.agreed(1, DAY) == []
        await store.contacts.withdraw(number, now)
        assert await store.contacts.agreed(1, DAY) == [(DAY, "张三")]


async def test_cases_settlements_dues_and_tails(talk_on: Rehearsal) -> None:
    """One case a year, rows by number, a month's standing declarations, the ends of phones."""
    await talk_on.member("张三", phone="13900004321")
    await talk_on.says("张三", "党费 9月 20元")
    now = talk_on.clock.now()
    async with talk_on.store() as store:
        assert not await store.requests.has_case(1, 2026)
        await store.requests.open(RequestKind.CASE, 1, 1, "缺席", now, subject_id=2026)
        assert await store.requests.has_case(1, 2026)
        assert not await store.requests.has_case(1, 2027)
        given = {"branch_id": 1, "state": "met", "note": "已办", "by": 1, "at": now}
        number = await store.settlements.settle("exchange", "2026-H2", 1, **given)
        assert [row["note"] for row in await store.settlements.get([number or 0])] == ["已办"]
        assert await store.dues.of_month("2026-09", [1]) == {1: State.PENDING}
        assert await store.dues.of_month("2026-10", [1]) == {}
        assert await store.members.tails([1]) == {1: "4321"}
        assert await store.notices.first_due({("absent_talk", 1)}) == {}


async def test_the_desk_itself(talk_on: Rehearsal) -> None:
    """The whole list, a reason, and taking it back."""
    await talk_on.member("李红梅", position="书记")
    assert "书记讲一次党课（12月31日前）" in await talk_on.says("李红梅", "待办")
    assert "免办请回复“确认”" in await talk_on.says("李红梅", "免办 1 本月没有")
    assert "已免办" in await talk_on.says("李红梅", "确认")
    assert "重新列入待办" in await talk_on.says("李红梅", "撤销")

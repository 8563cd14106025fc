"""Reminders: due, once, to whom, and why not; on both engines where the database decides."""

import asyncio
from datetime import date, datetime, timedelta
from itertools import pairwise

import pytest

from scheduler import envelopes
from scheduler.tick import Tick
from storage import tables
from storage.letters import Settled, State
from storage.notices import TOO_LATE, Notices
from storage.records import Account, Outcome, Presence
from tests.fakes import FIRST, SCOPE, ZONE, on
from tests.scheduler.conftest import JANUARY, Year, about, rules_of

pytestmark = pytest.mark.long

CONTACT = about("FM-6", "张三")
MID, TWO_WEEKS, THREE_DAYS, LAST = (
    "02-14",
    "03-17",
    "03-27",
    "03-31",
)  # of the first quarter of 2026
POLITICAL = ("党", "支部", "政治", "组织")


async def only(year: Year, first: date, last: date, chosen: object = CONTACT) -> list[str]:
    """The days on which a line was reported."""
    return [line[:5] for line in await year.until(first, last) if chosen(line)]  # type: ignore[operator]


async def test_the_rungs_of_a_quarter(year: Year) -> None:
    """Mid-quarter (on the workday before the new year's holidays), two weeks, three days before, last day; then one rung up."""
    await year.stint("张三", date(2025, 12, 1))
    days = await only(
        year, date(2026, 1, 1), date(2026, 4, 20), about("FM-6", "李红梅", "张三", "Q1")
    )
    assert days == [MID, TWO_WEEKS, THREE_DAYS, LAST]


async def test_nobody_is_reminded_after_it_is_done(year: Year) -> None:
    """Who was reached is not mentioned again in the quarter; who was tried is."""
    await year.stint("张三", date(2025, 12, 1))
    await year.stint("李四", date(2025, 12, 1))
    await year.contact("张三", date(2026, 2, 20))
    await year.contact("李四", date(2026, 2, 20), Outcome.MISSED)
    assert await only(year, date(2026, 3, 1), date(2026, 3, 31)) == []
    assert await only(year, date(2026, 5, 1), date(2026, 6, 30)) != []
    lines = await year.until(date(2026, 6, 30), date(2026, 6, 30))
    assert not [line for line in lines if about("FM-6", "李四", "Q1")(line)]


async def test_nobody_is_reminded_of_a_time_before_or_after(year: Year) -> None:
    """Neither of a quarter before they left, nor after they came back."""
    await year.stint("张三", date(2026, 3, 20))
    told = about("FM-6", "李红梅", "张三")
    assert await only(year, date(2026, 1, 1), date(2026, 4, 10), told) == [THREE_DAYS, LAST]
    async with year.talk.store() as store:
        await store.unit.change(tables.stints, {"id": 1}, back_on=date(2026, 4, 11))
    assert not await only(
        year, date(2026, 4, 11), date(2026, 6, 30), about("FM-6", "李红梅", "张三")
    )


async def test_ticks_repeat_nothing(year_on: Year) -> None:
    """Twice, back and forth: what was told stays told."""
    await year_on.stint("张三", date(2025, 12, 1))
    assert await year_on.tick(on(2026, 2, 16, 10)) == []  # a holiday
    assert any(map(CONTACT, await year_on.tick(on(2026, 2, 24, 10))))
    for moment in (
        on(2026, 2, 24, 10),
        on(2026, 2, 13, 10),
        on(2026, 1, 6, 10),
        on(2026, 2, 25, 9),
    ):
        assert not [line for line in await year_on.tick(moment) if CONTACT(line)]


async def test_a_fortnight_away_is_one_late_notice(year: Year) -> None:
    """Everything that should have been said in between is in one message, which says that it is late."""
    await year.stint("张三", date(2025, 12, 1))
    await year.until(date(2026, 1, 5), date(2026, 3, 12))
    before = len(await year.texts("李红梅"))
    await year.tick(on(2026, 3, 26, 9, 30))
    late = (await year.texts("李红梅"))[before:]
    assert len(late) == 1
    assert "补发" in late[0]
    assert late[0].count("与外出党员联系") == 1


async def test_two_processes_tell_once(postgresql_url: str) -> None:
    """Two ticks at the same moment on one PostgreSQL: one of each notice, one of each message."""
    from tests.fakes import FakeClock, rehearsal  # noqa: PLC0415 - only here

    async with rehearsal(postgresql_url, FakeClock(JANUARY)) as talk:
        year = Year(talk)
        for number in range(6):
            await talk.member(f"书记{number}", branch=f"支部{number}", position="书记")
            await talk.member(f"外{number}", branch=f"支部{number}")
            await year.stint(f"外{number}", date(2025, 12, 1))
        ticks = [Tick(talk.database, year.rules) for _ in range(4)]
        await asyncio.gather(*(tick.run(on(2026, 2, 24, 10)) for tick in ticks))
        told = await talk.rows(tables.notices)
        assert len({(row["rule"], row["subject_id"], row["who"]) for row in told}) == len(told)
        messages = await talk.rows(tables.outbox)
        assert sorted(row["recipient"] for row in messages) == [
            f"书记{number}" for number in range(6)
        ]


async def test_one_failing_row_does_not_stop_the_rest(
    year: Year, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A person whose message cannot be worded is put off; everybody else is told."""
    await year.talk.member("王书记", branch="第二党支部", position="书记")
    real = envelopes.Words.to_person

    def broken(self: envelopes.Words, dues: list[envelopes.Due]) -> str:
        if self.known.branches.get(dues[0].found.branch_id) == FIRST:
            raise ValueError("cannot be worded")
        return real(self, dues)

    monkeypatch.setattr(envelopes.Words, "to_person", broken)
    assert {line[:7] for line in await year.tick(on(2026, 1, 5, 10))} == {"已通知 王书记"}
    monkeypatch.undo()
    assert any("李红梅" in line for line in await year.tick(on(2026, 1, 5, 11)))


@pytest.mark.parametrize(
    ("at", "is_told"),
    [
        (on(2026, 1, 5, 7), False),
        (on(2026, 1, 5, 8), False),
        (on(2026, 1, 5, 9), True),
        (on(2026, 1, 5, 20, 59), True),
        (on(2026, 1, 5, 21), False),
        (on(2026, 2, 17, 10), False),
    ],
)
async def test_quiet_hours_and_holidays(year: Year, at: datetime, is_told: bool) -> None:
    """Nothing before nine or from 21:00 on, nothing on a statutory holiday."""
    assert bool(await year.tick(at)) is is_told


async def test_silence_has_a_reason(year: Year) -> None:
    """No account, no secretary, consent withdrawn: a notice that says why nothing was sent."""
    talk = year.talk
    await talk.member("周书记", branch="甲支部", position="书记", account=False)
    await talk.member("孙七", branch="乙支部")
    await talk.member("郑书记", branch="丙支部", position="书记")
    async with talk.store() as store:
        member = await store.members.get(talk.members["郑书记"])
        await store.members.withdraw(member, ["records", "place", "sharing"], talk.clock.now())
    await year.tick(on(2026, 1, 5, 10))
    rows = await talk.rows(tables.notices, tables.notices.c.state == "unsent")
    assert {row["reason"] for row in rows} == {"没有绑定账号", "没有登记书记", "本人已撤回同意"}
    assert all(row["message_id"] is None for row in rows)
    assert not await year.texts("郑书记")


async def test_who_can_be_reached_now_is_told(year_on: Year) -> None:
    """What could not be sent for want of an account is sent when there is one, and recorded as that."""
    year = year_on
    await year.talk.member("孙七", account=False)
    await year.talk.activity("主题党日", starts=on(2026, 1, 12))
    await year.tick(on(2026, 1, 9, 10))
    async with year.talk.store() as store:
        account = Account(SCOPE, "孙七")
        await store.members.bind(account, year.talk.members["孙七"], on(2026, 1, 9, 11))
    await year.tick(on(2026, 1, 9, 12))
    await year.tick(on(2026, 1, 9, 13))
    assert [text for text in await year.texts("孙七") if "请您参加" in text] == await year.texts(
        "孙七"
    )
    assert len(await year.texts("孙七")) == 1
    rows = await year.talk.rows(
        tables.notices, tables.notices.c.recipient_id == year.talk.members["孙七"]
    )
    assert {(row["rule"], row["state"]) for row in rows} == {("invitation", "planned")}


async def test_nobody_owes_what_was_due_before_they_came(year: Year) -> None:
    """A branch that starts on the 20th hears nothing of the activity day on the 5th, nor does anybody above."""
    async with year.talk.store() as store:
        for number in year.talk.members.values():
            await store.unit.change(tables.members, {"id": number}, branch_since=on(2026, 3, 20))
    lines = await year.until(date(2026, 3, 20), date(2026, 4, 30))
    assert not [line for line in lines if "2026-03" in line and "AD-1 " in line]
    assert [line for line in lines if "2026-04" in line and "AD-1 " in line]


async def test_what_moved_before_anybody_knew_is_an_invitation(year: Year) -> None:
    """Nobody hears that the only day they know of was changed; a group hears of a change in one message."""
    year.groups = {FIRST: ["流动党员群"]}
    await year.talk.activity("主题党日", starts=on(2026, 1, 22))
    year.talk.clock.at = on(2026, 1, 9, 10)
    await year.talk.says("李红梅", "改期 1月23日 因为下雪")
    await year.talk.says("李红梅", "确认")
    for minute in range(3):
        await year.tick(on(2026, 1, 16, 9, 30 + minute))
    assert ["改期" in text for text in await year.texts("张三")] == [False]
    assert ["改期" in text for text in await year.texts("流动党员群")] == [False]
    await year.talk.says("李红梅", "改期 1月21日 因为又下雪")
    await year.talk.says("李红梅", "确认")
    await year.tick(on(2026, 1, 16, 10))
    assert ["改期" in text for text in await year.texts("流动党员群")] == [False, True]


async def test_what_came_too_late_is_said_again(year_on: Year) -> None:
    """A reminder that was dropped on the way was not said: while it is owed it is said anew, once."""
    year = year_on
    year.rules = rules_of("base")
    await year.stint("张三", date(2025, 12, 1))
    await year.tick(on(2026, 3, 17, 10))
    letters = await year.talk.rows(tables.outbox, tables.outbox.c.recipient == "李红梅")
    async with year.talk.store() as store:
        found = await store.outbox.claim(on(2026, 3, 25, 10), on(2026, 3, 25, 11), 9)
        await store.outbox.settle(Settled(one, State.DROPPED, 0, error=TOO_LATE) for one in found)
    rows = await year.talk.rows(tables.notices, tables.notices.c.clause == "FM-6")
    assert [(row["state"], row["reason"], row["message_id"]) for row in rows] == [
        ("unsent", TOO_LATE, None)
    ]
    for hour in (10, 11):
        await year.tick(on(2026, 3, 25, hour))
    again = await year.talk.rows(tables.outbox, tables.outbox.c.recipient == "李红梅")
    assert len(again) == len(letters) + 1
    assert "与外出党员联系" in again[-1]["text"]
    (told,) = await year.talk.rows(tables.notices, tables.notices.c.clause == "FM-6")
    assert (told["state"], told["message_id"]) == ("planned", again[-1]["id"])


async def test_a_message_is_worth_sending_as_long_as_all_of_it(year: Year) -> None:
    """An invitation and what is due share a message; it expires when the activity begins."""
    await year.talk.activity("主题党日", starts=on(2026, 2, 2))
    await year.tick(on(2026, 1, 30, 10))
    (row,) = await year.talk.rows(tables.outbox, tables.outbox.c.recipient == "李红梅")
    assert row["expires_at"] == on(2026, 2, 2)


async def test_who_consents_again_is_told(year: Year) -> None:
    """A change of the time while consent was withdrawn is told when it is given again."""
    await year.talk.activity("主题党日", starts=on(2026, 1, 12))
    await year.tick(on(2026, 1, 5, 10))
    async with year.talk.store() as store:
        found = await store.outbox.claim(on(2026, 1, 5, 10), on(2026, 1, 5, 11), 9)
        await store.outbox.settle(
            Settled(one, State.SENT, 1, sent_at=on(2026, 1, 5, 10)) for one in found
        )
    await year.talk.says("张三", "撤回同意")
    await year.talk.says("李红梅", "改期 1月13日 因为下雪")
    await year.talk.says("李红梅", "确认")
    await year.tick(on(2026, 1, 5, 11))
    year.talk.clock.at = on(2026, 1, 6, 10)
    await year.talk.says("张三", "同意")
    await year.tick(on(2026, 1, 6, 11))
    assert "改期：改到“主题党日”（1月13日" in (await year.texts("张三"))[-1]


async def test_a_new_branch_asks_nothing_of_the_time_before(year: Year) -> None:
    """Dues of October are the old branch's matter; whoever comes after an activity was not absent from it."""
    talk = year.talk
    await talk.member("王五", branch="第二党支部")
    await talk.activity(starts=on(2026, 1, 9))
    talk.clock.at = on(2026, 1, 9, 9, 5)
    await talk.says("张三", "签到")
    await talk.says("王五", "党费 1月 20元")
    async with talk.store() as store:
        branch_id = (await store.members.get(talk.members["张三"])).branch_id
        moved = {"branch_id": branch_id, "branch_since": on(2026, 1, 9, 11, 5)}
        await store.unit.change(tables.members, {"id": talk.members["王五"]}, **moved)
    await year.tick(on(2026, 1, 9, 12))
    absent = await talk.rows(tables.attendance, tables.attendance.c.state == Presence.ABSENT)
    assert talk.members["王五"] not in {row["member_id"] for row in absent}
    lines = await year.until(date(2026, 1, 30), date(2026, 2, 12))
    assert not [line for line in lines if "AD-15" in line]


async def test_one_greeting_a_message(year: Year) -> None:
    """The branch's matters and one's own share a message and its first line."""
    await year.talk.activity("主题党日", starts=on(2026, 2, 2))
    await year.tick(on(2026, 1, 26, 10))
    (text,) = await year.texts("李红梅")
    assert text.count("您好") == 1
    assert "您本人：\n请您参加：“主题党日”" in text


async def test_what_is_arranged_needs_no_reminder(year: Year) -> None:
    """An activity day with an activity is no duty until nobody came to it."""
    for month in (1, 2):
        number = await year.talk.activity("主题党日", starts=on(2026, month, 5))
        async with year.talk.store() as store:
            await store.activities.change(number, created_at=JANUARY)
    lines = await year.until(date(2026, 1, 1), date(2026, 2, 4), hours=(9, 12))
    held = [line for line in lines if "AD-1 " in line]
    assert {line.split("：")[1] for line in held} == {"AD-1 2026-01 第一党支部"}  # nobody came


async def test_a_lock_screen_tells_nothing(year: Year) -> None:
    """The first line of every private message has neither a name nor a political word."""
    year.rules = rules_of("university")
    await year.stint("张三", date(2025, 12, 1))
    await year.talk.activity("学习党章", starts=on(2026, 1, 12))
    await year.until(date(2026, 1, 5), date(2026, 3, 31))
    private = [text for who in ("李红梅", "张三") for text in await year.texts(who)]
    rows = await year.talk.rows(tables.outbox, tables.outbox.c.kind == "card")
    assert len(private) > 8
    assert rows
    for first in [text.splitlines()[0] for text in private if text.startswith("您好")]:
        assert not [word for word in (*POLITICAL, "李红梅", "张三") if word in first]


async def test_dues_are_asked_for_only_from_closed_books(year: Year) -> None:
    """Until the branch has closed the month nobody hears of it; then only who has no row."""
    first, last = date(2026, 1, 31), date(2026, 2, 12)
    assert await only(year, first, last, about("AD-15")) == []
    async with year.talk.store() as store:
        branch_id = (await store.members.get(year.talk.members["张三"])).branch_id
        by = year.talk.members["李红梅"]
        await store.settlements.close(branch_id, "2026-01", by=by, at=year.talk.clock.now())
        for name in ("李红梅", "李四"):
            await store.dues.declare(
                year.talk.members[name], branch_id, {"2026-01": 2000}, 1, year.talk.clock.now()
            )
    lines = [line for line in await year.until(last, date(2026, 2, 27)) if "AD-15" in line]
    assert [line[6:] for line in lines] == ["已通知 张三：AD-15 2026-01 第一党支部 张三"]


async def test_books_that_are_kept_are_to_be_closed(year: Year) -> None:
    """Dues of January stand in the books: its secretary is told on the first workday after, until they are closed."""
    first, last = date(2026, 1, 20), date(2026, 2, 12)
    year.talk.clock.at = on(2026, 1, 9, 10)
    await year.talk.says("张三", "党费 1月 20元")
    lines = [line for line in await year.until(first, last) if "AD-15" in line]
    assert lines == ["02-02 已通知 李红梅：AD-15 2026-01 第一党支部"]
    assert (
        "· 登记齐1月党费，关账（应在1月31日前，已过期）\n　办理：回复“党费关账 1月”"
        in (await year.texts("李红梅"))[-2]
    )
    await year.talk.says("李红梅", "党费关账 1月")
    assert "关账（" not in await year.talk.says("李红梅", "待办")


async def test_who_is_nowhere_is_absent(year: Year) -> None:
    """Closing writes an absence for who was expected and is nowhere, but not for who asked leave."""
    talk = year.talk
    number = await talk.activity(starts=on(2026, 1, 9))
    for name in ("王五", "周六"):
        await talk.member(name)
    talk.clock.at = on(2026, 1, 9, 9, 5)
    await talk.says("张三", "签到")
    await talk.says("李四", "请假 孩子发烧")
    year.groups = {FIRST: ["流动党员群"]}
    await year.tick(on(2026, 1, 9, 11, 29))
    assert len(await talk.rows(tables.attendance)) == 1
    lines = await year.tick(on(2026, 1, 9, 11, 31))
    assert any("到 1 人，请假 0 人，缺席 3 人" in line for line in lines)
    assert "应到 5 人，实到 1 人，请假 0 人" in (await year.texts("流动党员群"))[-1]
    rows = await talk.rows(tables.attendance, tables.attendance.c.state == Presence.ABSENT)
    assert {row["member_id"] for row in rows} == {
        talk.members[one] for one in ("李红梅", "王五", "周六")
    }
    assert {row["activity_id"] for row in rows} == {number}


async def test_an_activity_without_anybody_has_no_absences(year: Year) -> None:
    """Nobody checked in: that was not recorded, rather than missed."""
    await year.talk.activity(starts=on(2026, 1, 9))
    assert any("没有人签到" in line for line in await year.tick(on(2026, 1, 9, 12)))
    assert await year.talk.rows(tables.attendance) == []
    assert not any("没有人签到" in line for line in await year.tick(on(2026, 1, 9, 13)))


async def test_absences_lead_to_a_talk_and_a_case(year: Year) -> None:
    """Three make a talk due, six a case with its evidence, once; a leave that was granted counts for nothing."""
    year.rules = rules_of("chizhou")
    talk = year.talk
    for month in range(1, 9):
        starts = on(2026, month, 12)
        number = await talk.activity(f"{month}月党日", starts=starts)
        talk.clock.at = starts + timedelta(minutes=5)
        await talk.says("李红梅", "签到")
        await talk.says("李四", "签到")
        if month == 4:
            await talk.says("张三", "请假 出差")
            await talk.says("李红梅", "全部通过")
        async with talk.store() as store:
            assert await store.activities.get(number)
        await year.tick(starts + timedelta(hours=3))
        await year.tick(starts + timedelta(days=1))
    told = await talk.rows(tables.notices, tables.notices.c.clause == "AD-9")
    assert {row["member_id"] for row in told} == {talk.members["张三"]}
    cases = await talk.rows(tables.requests, tables.requests.c.kind == "case")
    assert [row["member_id"] for row in cases] == [talk.members["张三"]]
    assert "累计缺席 6 次" in cases[0]["text"]
    assert "4月党日" not in cases[0]["text"]


@pytest.mark.parametrize(
    ("joined", "day", "is_greeted"),
    [
        (date(2001, 7, 1), date(2026, 7, 1), True),
        (date(2001, 7, 1), date(2026, 7, 2), False),
        (date(2004, 2, 29), date(2026, 2, 28), True),
        (date(2004, 2, 28), date(2026, 2, 28), True),
        (date(2026, 7, 1), date(2026, 7, 1), False),
        (date(2011, 10, 1), date(2026, 10, 1), True),
    ],
)
async def test_a_political_birthday_is_greeted(
    year: Year, joined: date, day: date, is_greeted: bool
) -> None:
    """On the day itself, holiday or not; 29 February on the 28th."""
    year.rules = rules_of("university")
    async with year.talk.store() as store:
        await store.unit.change(tables.members, {"id": year.talk.members["张三"]}, joined_on=joined)
    lines = await year.until(day, day)
    assert any("ME-2" in line and "张三" in line for line in lines) is is_greeted


async def test_one_private_message_a_day(year: Year) -> None:
    """Several things share a message; what comes later that day waits for tomorrow, the day before an activity excepted."""
    await year.talk.activity("主题党日", starts=on(2026, 1, 12))
    await year.until(date(2026, 1, 5), date(2026, 1, 13), hours=range(24))
    rows = await year.talk.rows(tables.outbox)
    for who in ("李红梅", "张三", "李四"):
        days = [
            row["created_at"].astimezone(ZONE).date() for row in rows if row["recipient"] == who
        ]
        assert all(one < other for one, other in pairwise(days))
        assert days.count(date(2026, 1, 11)) == 1


async def test_who_answered_is_not_reminded(year: Year) -> None:
    """The day before, only those without an answer hear of it."""
    number = await year.talk.activity("主题党日", starts=on(2026, 1, 12))
    await year.until(date(2026, 1, 5), date(2026, 1, 10))
    async with year.talk.store() as store:
        await store.responses.answer(number, year.talk.members["张三"], "coming", on(2026, 1, 6))
    lines = await year.until(date(2026, 1, 11), date(2026, 1, 11))
    assert {line.split("：")[0][6:] for line in lines} == {"已通知 李四", "已通知 李红梅"}


async def test_groups_hear_counts_and_no_names(year: Year) -> None:
    """Announced once, thanked once; a group never reads a name."""
    year.groups = {FIRST: ["流动党员群"]}
    await year.talk.activity("主题党日", starts=on(2026, 1, 12))
    await year.until(date(2026, 1, 5), date(2026, 1, 11), hours=(9, 15))
    year.talk.clock.at = on(2026, 1, 12, 9, 5)
    await year.talk.says("张三", "签到")
    await year.until(date(2026, 1, 12), date(2026, 1, 14), hours=(9, 12, 15))
    texts = await year.texts("流动党员群")
    assert len(texts) == 2
    assert "应到 3 人，实到 1 人" in texts[1]
    assert not [text for text in texts for name in ("张三", "李四", "李红梅") if name in text]


async def test_each_group_of_a_branch_is_told(year: Year) -> None:
    """A branch with a group on each platform announces in both, once, and says so."""
    year.groups = {FIRST: ["流动党员群", "钉钉群"]}
    await year.talk.activity("主题党日", starts=on(2026, 1, 12))
    lines = await year.until(date(2026, 1, 5), date(2026, 1, 7), hours=(9, 15))
    texts = await year.texts("流动党员群")
    assert len(texts) == 1
    assert await year.texts("钉钉群") == texts
    told = [line.split("：")[0] for line in lines if "群" in line]
    assert told == ["01-05 已发群 流动党员群", "01-05 已发群 钉钉群"]


async def test_what_is_called_off_is_said(year: Year) -> None:
    """Whoever was invited hears that it is off, at once; one that moved is a new invitation."""
    number = await year.talk.activity("主题党日", starts=on(2026, 1, 12))
    await year.until(date(2026, 1, 5), date(2026, 1, 6))
    async with year.talk.store() as store:
        await store.activities.change(number, cancelled_at=on(2026, 1, 7), cause="下雪")
    await year.tick(on(2026, 1, 7, 15))
    assert (await year.texts("张三"))[-1].endswith(
        "活动取消：“主题党日”（1月12日 周一 09:00–11:00，一楼会议室）不再举行，以前的通知作废，请不用前往。原因：下雪。"
    )
    assert "取消" not in (await year.texts("张三"))[0]


async def test_a_talk_is_asked_for_again_and_then_one_rung_up(year: Year) -> None:
    """What has no day of its own counts from the first reminder, here on the 7th: the talk again after six days."""
    year.rules = rules_of("chizhou")
    talk = year.talk
    for day in (5, 6, 7):
        starts = on(2026, 1, day)
        await talk.activity(f"{day}日党日", starts=starts)
        talk.clock.at = starts + timedelta(minutes=5)
        for name in ("李红梅", "李四"):
            await talk.says(name, "签到")
        await year.tick(starts + timedelta(hours=3))
    told = about("AD-9", "张三", "李红梅")
    assert await only(year, date(2026, 1, 8), date(2026, 2, 10), told) == ["01-14"]


async def test_a_second_departure_is_a_new_one(year: Year) -> None:
    """What was settled or told of an earlier time away says nothing of this one (FM-2)."""
    departure = about("FM-2", "张三", "李红梅")
    await year.stint("张三", date(2026, 1, 5))
    assert await only(year, date(2026, 1, 5), date(2026, 1, 9), departure) == ["01-06"]
    async with year.talk.store() as store:
        await store.unit.change(tables.stints, {"id": 1}, back_on=date(2026, 3, 1))
    await year.stint("张三", date(2026, 3, 10))
    assert await only(year, date(2026, 3, 10), date(2026, 3, 14), departure) == ["03-11"]


async def test_what_moved_is_said_at_once(year: Year) -> None:
    """Whoever knows of any of its dates hears of the last one, however far ahead, on a holiday, after today's message."""
    year.groups = {FIRST: ["流动党员群"]}
    await year.talk.activity("主题党日", starts=on(2026, 1, 12))
    await year.until(date(2026, 1, 5), date(2026, 1, 6))
    for day in ("1月20日", "1月30日"):
        await year.talk.says("李红梅", f"改期 {day} 因为下雪")
        await year.talk.says("李红梅", "确认")
    await year.tick(on(2026, 1, 6, 15))
    for who in ("张三", "流动党员群"):
        last = (await year.texts(who))[-1]
        assert "改期" in last
        assert "1月30日 周五 09:00" in last
        assert last.count("主题党日") == 1
    before = len(await year.texts("张三"))
    await year.until(date(2026, 1, 7), date(2026, 1, 28))
    assert len(await year.texts("张三")) == before


async def test_the_last_evening_of_a_year_counts(year: Year) -> None:
    """An absence that fills the count on 31 December is told in January, of the year that is over."""
    year.rules = rules_of("chizhou")
    talk = year.talk
    year.process = Tick(talk.database, year.rules)
    for day in (10, 20, 31):
        starts = on(2026, 12, day, 15)
        await year.tick(on(2026, 12, day, 9, 1))
        await talk.activity(f"{day}日党日", starts=starts)
        talk.clock.at = starts + timedelta(minutes=5)
        for name in ("李红梅", "李四"):
            await talk.says(name, "签到")
        await year.tick(starts + timedelta(hours=3))
    told = about("AD-9 2026", "张三")
    assert await only(year, date(2027, 1, 1), date(2027, 1, 6), told) == ["01-04"]


async def test_a_failed_commit_is_tried_again_the_same_day(
    year: Year, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One process: what could not be written at nine is written at the next tick."""
    year.process = Tick(year.talk.database, year.rules)

    async def full(*_given: object) -> None:
        raise OSError("disk full")

    with monkeypatch.context() as broken:
        broken.setattr(Notices, "known", full)
        assert await year.tick(on(2026, 1, 5, 9, 1)) == []
    assert await year.tick(on(2026, 1, 5, 9, 2)) != []
    assert await year.tick(on(2026, 1, 5, 9, 3)) == []

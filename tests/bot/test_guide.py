"""The demo's guide and its calendar: what comes next, on any day."""

from datetime import date
from zoneinfo import ZoneInfo

import pytest

from bot.web.guide import OnRecord, steps
from bot.web.story import ANNOUNCED, announced_next, mornings, year_plan

AGENDA = "3. 与流入地党组织互通信息（12月31日前）。办理：办结 3 说明"
SURE = "（12月31日前）。办结请回复“确认”，不办结回复“取消”。"


@pytest.mark.parametrize(
    ("title", "found", "does"),
    [
        ("收到活动通知", OnRecord(), "invitation"),
        ("请假", OnRecord(), "member 请假"),
        ("请假", OnRecord(coming="12月5日"), "member 请假 12月5日 孩子发烧"),
        ("签到", OnRecord(), "activity"),
        ("签到", OnRecord(can_check_in=True), "member 签到"),
        ("签到", OnRecord(can_check_in=True, from_afar=True), "member 远程签到 学习很有收获"),
        ("换到钉钉", OnRecord(), "member 我的记录"),
        ("记录表", OnRecord(), "closed"),
        ("记录表", OnRecord(over=True), "secretary 记录表"),
        (
            "记录表",
            OnRecord(over=True, asks_content=True),
            "secretary 学习了党章总纲，在外党员线上交流了体会",
        ),
        ("记录表", OnRecord(over=True, has_form=True), "secretary 已上报"),
        ("季度联系提醒", OnRecord(), "contact"),
        ("联系", OnRecord(), "secretary 联系 张三 通了，在苏州上班，身体都好"),
        ("办结", OnRecord(), "secretary 待办"),
        ("办结", OnRecord(read=AGENDA), "secretary 办结 3 已在支部会上完成"),
        ("办结", OnRecord(read=SURE), "secretary 确认"),
    ],
)
def test_each_button_does_the_next_thing(title: str, found: OnRecord, does: str) -> None:
    """A step moves the clock or fills in a line, by what is on record and on the screen."""
    step = next(one for one in steps(found) if one.title == title)
    assert (step.to or f"{step.phone} {step.text}") == does
    assert step.hint
    assert not step.done


def test_what_is_on_record_is_ticked_off() -> None:
    """Everything done is a list of ticks."""
    everything = OnRecord(*[True] * 8)
    assert all(step.done for step in steps(everything))


@pytest.mark.parametrize(
    ("today", "soon"),
    [
        (date(2026, 11, 23), date(2026, 11, 30)),  # a Monday: the notice goes out this morning
        (date(2026, 11, 27), date(2026, 12, 4)),
        (date(2026, 11, 28), date(2026, 12, 7)),  # a Saturday: on Monday
        (date(2026, 10, 3), date(2026, 10, 15)),  # in the long holiday: on the first workday
        (date(2028, 2, 29), date(2028, 3, 7)),
    ],
)
def test_next_activity_is_announced_soon(today: date, soon: date) -> None:
    """The next notice lies ahead, whatever the day; each month after has its activity."""
    assert announced_next(today) == soon
    days = [one.on for one in year_plan(today)]
    assert days == sorted(set(days))
    before = [moment.date() for moment in mornings(today, ZoneInfo("Asia/Shanghai"))]
    assert (before[0], before[-1] < today) == (today - ANNOUNCED, True)
    assert any(day.weekday() == 0 for day in before)

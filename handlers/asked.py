"""What members ask or say of their own standing: a leave on record, absences, not there yet. Nothing is recorded."""

import re

from handlers.ahead import expected_ahead
from handlers.matters import quoted
from handlers.reading.words import bare
from handlers.topic import Heard, Topic
from handlers.turn import Outcome, Say, Turn
from handlers.words import activity, activity_of_day, moment, state_words
from scheduler.activities import is_expected, open_now, window
from storage.records import Presence, RequestKind

ON_LEAVE = "记录里有您的请假：{activity}，{state}。不请了请回复“取消请假”。"
NO_LEAVE = "记录里没有您近期活动的请假。要请假请回复“请假 原因”，例如：请假 孩子发烧；请过的没有记上，请回复“求助 {words}”，我转给支部书记核对。"
ABSENT = "您{year}年缺席 {count} 次：{activities}。有出入请回复“求助 内容”，请支部书记核对。"
NEVER_ABSENT = "您{year}年没有缺席记录。"
NO_HURRY = "不急，到了请回复“签到”：{activity}，{closes} 前都可以签到。来不了请回复“请假 原因”。"
NOT_OPEN = "不急，现在没有正在签到的活动。"

_LEAVE = "(?:请(?:过|了)假|请假(?:过|了)|请过假了|请了假了)"
CLAIMS_LEAVE = re.compile(
    f"我?(?:是|都|早就?|之前|上次|昨天|刚才?|已经?)*{_LEAVE}(?:的|了|啊|呀|吧|呢|吗|没有?)*"
)
ASKS_ABSENCES = re.compile(
    "我?(?:今年|这一?年|本年度?|一共|总共)*(?:缺席|缺勤|旷会|没来|没参加)(?:了|过)?(?:活动)?(?:几|多少)次?(?:活动|会)?(?:了|啊|呀|呢)?"
)
NOT_THERE = re.compile(
    "我?(?:现在|人)?(?:还没到|还没有到|没到呢|还没到呢|还在路上|在路上(?:了|呢)?)(?:啊|呀|呢|会场|现场)*"
)

topic = Topic("asked", "我缺席了几次")


@topic.is_whole
def claims_leave(turn: Turn, text: str) -> bool:
    """已经请假了: said of a leave, asked for or not."""
    del turn
    return bool(CLAIMS_LEAVE.fullmatch(bare(text)))


@topic.acts(claims_leave)
async def leave_on_record(turn: Turn, heard: Heard) -> Outcome:
    """Whether a leave stands for what is open or ahead."""
    del heard
    around = await turn.store.activities.around(turn.speaker.branch_id, turn.now)
    found = {one.id: one for one in [*open_now(around, turn.now), *await expected_ahead(turn)]}
    lines = []
    for one in found.values():
        leave = await turn.store.activities.leave_of(one.id, turn.speaker.id)
        if leave is not None:
            state = state_words(RequestKind.LEAVE, leave.state)
            lines.append(ON_LEAVE.format(activity=activity(turn, one), state=state))
    return Say("\n".join(lines) or NO_LEAVE.format(words=quoted(turn)))


@topic.acts(lambda _turn, text: bool(ASKS_ABSENCES.fullmatch(bare(text))))
async def absences(turn: Turn, heard: Heard) -> Outcome:
    """How often the speaker is on record as absent this year."""
    del heard
    missed = [
        found
        for attended, found in await turn.store.activities.history(turn.speaker.id)
        if attended.state is Presence.ABSENT and turn.local(found.starts_at).year == turn.today.year
    ]
    if not missed:
        return Say(NEVER_ABSENT.format(year=turn.today.year))
    names = "、".join(activity_of_day(turn, one) for one in missed)
    return Say(ABSENT.format(year=turn.today.year, count=len(missed), activities=names))


@topic.acts(lambda _turn, text: bool(NOT_THERE.fullmatch(bare(text))))
async def not_there(turn: Turn, heard: Heard) -> Outcome:
    """Not there yet: until when the check-in is open."""
    del heard
    around = await turn.store.activities.around(turn.speaker.branch_id, turn.now)
    for one in open_now(around, turn.now):
        if is_expected(turn.speaker, one):
            closes = moment(turn, window(one).closes_at)
            return Say(NO_HURRY.format(activity=activity(turn, one), closes=closes))
    return Say(NOT_OPEN)

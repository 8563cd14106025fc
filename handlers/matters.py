"""What somebody may have been told of, and what a short reply to it is answered; nothing is recorded."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from functools import partial

from handlers import coming
from handlers.ahead import NEXT_IS, announced, expected_ahead
from handlers.reading import reply
from handlers.reading.leave import REASON
from handlers.reading.reply import is_question
from handlers.turn import Turn
from handlers.words import activity, day
from scheduler.periods import in_words
from storage.database import Row
from storage.records import Activity

ASK_BRANCH = "这个我不清楚，要问支部书记：请回复“求助 {words}”，我替您转过去。"
NOT_KNOWN = "这个我不清楚，没有登记。"
THANKS = "谢谢您。{rest}"
STILL = "还请您答复：{activity}，{how}"
STANDS = "{activity}，{how}"
WITHOUT_YOU = "来不了没关系，请个假就行：回复“请假 原因”，例如：请假 {words}。"
FOR_EXAMPLE = "家里有事"
NEXT_TIME = "新的安排定了会通知您；想早点知道请回复“求助 {words}”，我替您问支部书记。"
AFAR = "{activity}在外地也可以线上参加：现在回复“线上”，当天回复“远程签到 学习心得”；来不了请回复“请假 原因”。"
NOT_AFAR = "{activity}只安排了现场。来不了请回复“请假 原因”。"
DUES = "已经交了的，请回复“党费 {month} 金额”，例如：党费 {month} 20元，支部核对后登记；还没交的，交了再告诉我。看交到几月请回复“我的党费”。"
REPORT = "思想汇报这样交：回复“思想汇报”，把内容发给我，可以分几次发，写完回复“完成”，我转给支部书记。{due}"
BEFORE = "请在{due}前交。"
CONGRATULATED = "不客气，祝您身体健康，一切顺利。"
HANDED_IN = "已经交给支部的，请支部书记登记：回复“求助 {words}”，我替您转过去。"
GREETING = (
    "政治生日是入党的纪念日，日期按支部的名册。有出入请回复“求助 {words}”，我转给支部书记核对。"
)
ABSENT = "{activity}记的是缺席。参加了或者请过假的，请回复“没缺席 {day}”，我请支部书记核对更正。"
NEXT_TIME_LEAVE = "没关系，谢谢您告诉我。下次来不了，请事先回复“请假 原因”。那天去了的，请回复“没缺席 日期”，请支部书记核对更正。"
OFFICE_NOD = "好的，辛苦了。要办的事都在“待办”里，办好了回复“办结 序号 说明”。"
OFFICE = "没有登记。请回复“待办”看序号：办好了回复“办结 序号 说明”，不用办的回复“免办 序号 原因”。"
LONGEST_QUOTE = 30


@dataclass(frozen=True, slots=True)
class Matter:
    """What somebody was told of: what is still wanted of them, and the answer to a line about it, else None."""

    name: str
    wanted: Callable[[Turn], Awaitable[str]]
    answers: Callable[[Turn], Awaitable[str | None]]
    thanks: str = THANKS

    async def nods(self, turn: Turn) -> str:
        """A kind word, and what is still wanted."""
        return self.thanks.format(rest=await self.wanted(turn))


def quoted(turn: Turn) -> str:
    """The line as it can be sent on."""
    return turn.said.strip()[:LONGEST_QUOTE].rstrip("?？!！。.")


def to_branch(turn: Turn) -> str:
    """Who knows more: the secretary, who does not ask for help from themselves."""
    return NOT_KNOWN if turn.speaker.is_secretary else ASK_BRANCH.format(words=quoted(turn))


def of_activity(found: Activity) -> Matter:
    """An invitation, a reminder, a change or a cancellation."""
    if found.cancelled:
        return Matter("activity", partial(_is_off, found), partial(_about_off, found))
    return Matter("activity", partial(_answer_wanted, found), partial(_about_coming, found))


def of_absence(missed: Activity) -> Matter:
    """An activity that somebody is on record as absent from; nobody is told of it, so nobody nods."""

    async def answers(turn: Turn) -> str | None:
        if reply.SORRY.search(turn.text) and "签" not in turn.text:
            return NEXT_TIME_LEAVE
        on = day(turn.local(missed.starts_at).date())
        words = ABSENT.format(activity=activity(turn, missed), day=on)
        return words if reply.ABSENT.search(turn.text) else None

    return Matter("absence", partial(_always, ""), answers)


async def of_dues(turn: Turn, row: Row) -> Matter | None:
    """Dues of a month that are still not on record."""
    if await turn.store.dues.standing(turn.speaker.id, [row["period"]]):
        return None
    words = DUES.format(month=in_words(row["period"]))

    async def answers(turn: Turn) -> str | None:
        if reply.PAID_UP_TO.search(turn.text):
            return words
        if not reply.DUES.search(turn.text):
            return None
        return f"{to_branch(turn)}\n{words}" if is_question(turn.text) else words

    return Matter("dues", partial(_always, words), answers)


def of_report(row: Row) -> Matter:
    """A thought report that is due."""
    words = REPORT.format(due=BEFORE.format(due=day(row["due_on"])) if row["due_on"] else "")

    async def answers(turn: Turn) -> str | None:
        if not reply.REPORT.search(turn.text):
            return None
        if reply.HANDED_IN.search(turn.text):
            return f"{words}\n{HANDED_IN.format(words=quoted(turn))}"
        return f"{words}\n{to_branch(turn)}" if is_question(turn.text) else words

    return Matter("report", partial(_always, words), answers)


async def _always(words: str, turn: Turn) -> str:
    del turn
    return words


async def _is_off(found: Activity, turn: Turn) -> str:
    return coming.facts(turn, found)


async def _about_off(found: Activity, turn: Turn) -> str | None:
    if not is_question(turn.text) and not reply.FACT.search(turn.text):
        return None
    following = announced(turn, await expected_ahead(turn))
    if following:
        return coming.facts(turn, found) + NEXT_IS.format(activity=activity(turn, following[0]))
    return coming.facts(turn, found) + NEXT_TIME.format(words=quoted(turn))


async def _answer_wanted(found: Activity, turn: Turn) -> str:
    words = STILL if await coming.is_unanswered(turn, found) else STANDS
    how = await coming.wanted(turn, found)
    return words.format(activity=activity(turn, found), how=how)


async def _about_coming(found: Activity, turn: Turn) -> str | None:
    """Facts where the activity has them, else the way to the secretary or to the answer that is wanted."""
    text = turn.text
    asks = is_question(text)
    if reply.ONLINE_HOW.search(text):
        return to_branch(turn)
    if asks and reply.WHY.search(text):
        known = f"{coming.facts(turn, found)}\n" if found.moved_from else ""
        return known + to_branch(turn)
    if reply.asks_facts(text):
        return f"{coming.facts(turn, found)}\n{await coming.wanted(turn, found)}"
    if reply.ONLINE.search(text):
        words = AFAR if found.is_remote else NOT_AFAR
        return words.format(activity=activity(turn, found))
    if reply.UNSURE.search(text) or reply.ANSWERED.search(text):
        return THANKS.format(rest=await _answer_wanted(found, turn))
    if reply.CANNOT.search(text):
        has_reason = not asks and REASON.search(text)
        return WITHOUT_YOU.format(words=quoted(turn) if has_reason else FOR_EXAMPLE)
    return None


async def _about_greeting(turn: Turn) -> str | None:
    if reply.POLITELY.search(turn.text) and not is_question(turn.text):
        return CONGRATULATED
    if reply.BIRTHDAY.search(turn.text):
        return GREETING.format(words=quoted(turn))
    return None if is_question(turn.text) else CONGRATULATED


async def _about_office(turn: Turn) -> str | None:
    return OFFICE if reply.OFFICE.search(turn.text) else None


GREETED = Matter("greeting", partial(_always, ""), _about_greeting, CONGRATULATED)
OWING = Matter("office", partial(_always, ""), _about_office, OFFICE_NOD)

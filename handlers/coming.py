"""The activity that somebody is expected at, in words: its facts, and how it still wants to be answered (AD-3)."""

from handlers.turn import Turn
from handlers.words import activity, moment
from scheduler.calendar import WEEKDAYS
from storage.records import Activity

FACTS = "{activity}，星期{weekday}，{ends} 结束，{mode}。{content}{audience}"
CONTENT = "内容：{categories}。"
AUDIENCE = "参加范围：{audience}。"
MODES = {"现场": "现场参加", "线上": "线上参加，不用到现场", "现场+线上": "现场、线上都可以参加"}
MOVED = "时间改过，原定{before}的作废，以这个为准。"
IS_OFF = "{activity}已经取消，不用前往。"
ANSWER = "能来请回复“参加”{remote}，来不了请回复“请假 原因”。"
REMOTE = "，线上参加请回复“线上”"
ANSWER_ONLINE = "能参加请回复“线上”，来不了请回复“请假 原因”。"
BEGUN_ONLINE = "已经可以签到，请回复“远程签到 学习心得”。"
BEGUN = "已经可以签到，到了请回复“签到”。"
ANSWERED = "您已答复{how}，不用再回复；来不了请回复“请假 原因”。"
ON_LEAVE = "您已经请过假，不用再回复。"
ANSWERS = {"coming": "参加", "remote": "线上参加"}


def facts(turn: Turn, found: Activity) -> str:
    """Day, hours, place, mode, contents and audience; never the check-in code."""
    if found.cancelled:
        return IS_OFF.format(activity=activity(turn, found))
    words = FACTS.format(
        activity=activity(turn, found),
        weekday=WEEKDAYS[turn.local(found.starts_at).weekday()],
        ends=f"{turn.local(found.ends_at):%H:%M}",
        mode=MODES.get(found.mode, found.mode),
        content=CONTENT.format(categories=found.categories) if found.categories else "",
        audience=AUDIENCE.format(audience=found.audience) if found.audience else "",
    )
    if found.moved_from is None:
        return words
    return words + MOVED.format(before=moment(turn, found.moved_from))


def how_to_answer(found: Activity) -> str:
    """The words that an invitation wants."""
    if found.is_online_only:
        return ANSWER_ONLINE
    return ANSWER.format(remote=REMOTE if found.is_remote else "")


async def is_unanswered(turn: Turn, found: Activity) -> bool:
    """Whether the speaker has neither answered nor asked leave of what has not begun."""
    return found.starts_at > turn.now and not await _stands(turn, found)


async def wanted(turn: Turn, found: Activity) -> str:
    """What is still wanted of the speaker: an answer, or nothing."""
    if found.cancelled:
        return ""
    if found.starts_at <= turn.now:
        return BEGUN_ONLINE if found.is_online_only else BEGUN
    return await _stands(turn, found) or how_to_answer(found)


async def _stands(turn: Turn, found: Activity) -> str:
    if await turn.store.activities.leave_of(found.id, turn.speaker.id) is not None:
        return ON_LEAVE
    answer = (await turn.store.responses.of(found.id)).get(turn.speaker.id, "")
    return ANSWERED.format(how=ANSWERS[answer]) if answer else ""

"""Answers to an invitation: coming, taking part from afar, or not coming; the last answer stands (AD-3, AD-4)."""

from datetime import date

from handlers import ahead, coming, excuses
from handlers.choices import is_no, is_yes
from handlers.reading.dates import find_dates, find_invalid_date
from handlers.reading.invitation import Answer, Means, read_answer
from handlers.reading.reply import asks_facts
from handlers.topic import Heard, Topic, Undone
from handlers.turn import Ask, Done, Outcome, Say, Turn
from handlers.words import activity
from scheduler.activities import is_expected, open_now
from storage.notices import WANT_AN_ANSWER
from storage.records import TOOK_PART, Activity, State

COMING, REMOTE = "coming", "remote"
LEAVE = "leave"  # the topic that asks for a reason
WORDS = {COMING: "参加", REMOTE: "线上参加"}
ANSWERED = "已记下：您{how}{activity}。{later}改主意了直接再回复一次；来不了请回复“请假 原因”；记错了请回复“撤销”。"
LATER = {COMING: "到了请回复“签到”。", REMOTE: "到时请回复“远程签到 学习心得”。"}
LEAVE_ENDED = "\n之前的请假已随之取消。"
SAME = "您已经答复过：{how}{activity}，不用重复。"
OPEN_NOW = "{activity}现在可以签到，到了请回复“签到”；在外地请回复“远程签到 学习心得”。答复“参加”不算签到，没有登记。"
OPEN_NOW_ONLINE = (
    "{activity}现在可以签到，请回复“远程签到 学习心得”。答复“参加”不算签到，没有登记。"
)
OPEN_NOW_ON_THE_SPOT = "{activity}现在可以签到，到了请回复“签到”。答复“参加”不算签到，没有登记。"
BEGUN = "{activity}已经开始，或者已取消、改期，不用再答复，没有登记。"
NOT_REMOTE = "{activity}只安排了现场，没有登记。能到场请回复“参加”，来不了请回复“请假 原因”。"
NOT_INVITED = "{activity}的参加范围是{audience}，这次没有请您，没有登记。想列席请联系支部书记。"
BAD_DATE = "没有“{words}”这一天，没有登记。请核对后重发。"
ON_LEAVE = "{activity}您已请假并获批准。要改为{how}吗？是请回复“1”，不是请回复“2”。"
LEAVE_STANDS = "好的，请假仍然有效。"
WHY = "{activity}来不了的话请个假：请问原因是什么？例如：孩子发烧。不请假请回复“取消”。"
SURE = "要为{activity}请假，理由“{reason}”，对吗？对请回复“1”，不请了请回复“2”。"
NOT_COMING = "您之前答复的“{how}”已取消。"
LEFT = "好的，没有请假。{ended}要请假请回复“请假 原因”，能来了请回复“参加”。"
LEAVE_KNOWN = "{activity}您已经请过假，不用重复。"
HOW = "{facts}{how}现在没有登记。"
OTHERS = "参加不参加要由本人答复，没有登记。"
UNDONE = "已撤销对{activity}的答复。"
STANDS_BEFORE = "仍按之前的答复：{how}。"
IS_THERE = "您已经签到参加了{activity}，答复没有撤销。签错了请先回复“撤销签到”。"
ASK_LEAVE_AGAIN = "之前的请假不会自动恢复，需要请假请再回复“请假 原因”。"

topic = Topic("invitation", "参加", "线上", "请假 原因")


@topic.is_whole
def is_dated_answer(turn: Turn, text: str) -> bool:
    """An answer with its day, as the buttons of an invitation say it."""
    found = read_answer(text, turn.today)
    plain = found is not None and found.means in (Means.COMING, Means.AFAR)
    return plain and bool(find_dates(text, turn.today))


@topic.says("参加", "我参加", "我来参加", "能来", "会来", "我能来", "我会来", "来", rest=False)
@topic.reads(lambda turn, text: read_answer(text, turn.today) is not None)
async def answer(turn: Turn, heard: Heard) -> Outcome:
    """Keep a plain answer; offer leave to whoever cannot come; write nothing for anything else."""
    said = read_answer(heard.text, turn.today) or Answer(Means.COMING)
    if said.means is Means.UNSURE:
        return Say(await _how(turn, heard.text))
    if said.means is Means.OTHERS:
        return Say(OTHERS)
    invalid = find_invalid_date(heard.text)
    if invalid:
        return Say(BAD_DATE.format(words=invalid))
    meant = await _meant(turn, heard.text)
    if isinstance(meant, str):
        return Say(meant)
    state = {"means": str(said.means), "reason": said.reason}
    if len(meant) > 1:
        return ahead.ask_which(turn, meant, topic.name, state)
    return await _answer(turn, meant[0], said)


@topic.answers
async def next_step(turn: Turn) -> Outcome | None:
    """The number of the activity meant, or a yes to giving up a granted leave."""
    state = turn.dialog.state if turn.dialog else {}
    if "leave" in state:
        if is_yes(turn.text):
            return await _instead_of_leave(turn, state["leave"], state["how"])
        return Done(LEAVE_STANDS) if is_no(turn.text) else None
    found = await ahead.chosen_one(turn)
    if found is None:
        return None
    return await _answer(turn, found, Answer(Means(state["means"]), state["reason"]))


@topic.undoes
async def undo(turn: Turn, reference: str) -> Undone:
    """The answer before stands again, and a leave that waited waits again."""
    number, before, leave = reference.split("/")
    found = await turn.store.activities.get(int(number))
    there = await turn.store.activities.attendance_of(found.id, turn.speaker.id)
    if leave and there is not None and there.state in TOOK_PART:
        return Undone(IS_THERE.format(activity=activity(turn, found)), taken_back=False)
    if before:
        await turn.store.responses.answer(found.id, turn.speaker.id, before, turn.now)
    else:
        await turn.store.responses.withdraw(found.id, turn.speaker.id)
    words = UNDONE.format(activity=activity(turn, found))
    if before:
        words += STANDS_BEFORE.format(how=WORDS[before])
    if leave == "granted":
        words += ASK_LEAVE_AGAIN
    elif leave:
        words += await excuses.give_back(turn, found, int(leave), 0)
    return Undone(words)


async def _how(turn: Turn, text: str) -> str:
    """How to answer, and for a question what is known of the activity."""
    ahead_of_us = ahead.announced(turn, await ahead.expected_ahead(turn))
    if not ahead_of_us:
        return ahead.NONE_AHEAD
    facts = f"{coming.facts(turn, ahead_of_us[0])}\n" if asks_facts(text) else ""
    return HOW.format(facts=facts, how=coming.how_to_answer(ahead_of_us[0]))


async def _meant(turn: Turn, text: str) -> list[Activity] | str:
    """The activities that the line may mean, or why there is none to answer for."""
    ahead_of_us = await ahead.expected_ahead(turn)
    around = await turn.store.activities.around(turn.speaker.branch_id, turn.now)
    days = ahead.named_days(turn, text)
    if not days:
        opened = [one for one in open_now(around, turn.now) if is_expected(turn.speaker, one)]
        if opened:
            return _open_words(turn, opened[0])
        return await ahead.told_of(turn, ahead_of_us) or ahead.NONE_AHEAD
    return await _named(turn, days[0], ahead_of_us, around)


async def _named(
    turn: Turn, wanted: date, ahead_of_us: list[Activity], around: list[Activity]
) -> list[Activity] | str:
    standing = [one for one in around if not one.cancelled]
    for one in ahead.on_day(turn, open_now(standing, turn.now), wanted):
        return _open_words(turn, one)
    found = ahead.on_day(turn, ahead_of_us, wanted)
    if found:
        return found
    every = await turn.store.agenda.upcoming(turn.speaker.branch_id, turn.now)
    for one in ahead.on_day(turn, every, wanted):
        return NOT_INVITED.format(activity=activity(turn, one), audience=one.audience)
    for one in ahead.on_day(turn, standing, wanted):
        return BEGUN.format(activity=activity(turn, one))
    return ahead.none_that_day(turn, wanted, ahead_of_us)


def _open_words(turn: Turn, found: Activity) -> str:
    words = OPEN_NOW if found.is_remote else OPEN_NOW_ON_THE_SPOT
    if found.is_online_only:
        words = OPEN_NOW_ONLINE
    return words.format(activity=activity(turn, found))


async def _answer(turn: Turn, found: Activity, said: Answer) -> Outcome:
    if found.cancelled or found.starts_at <= turn.now:
        return Done(BEGUN.format(activity=activity(turn, found)))
    leave = await turn.store.activities.leave_of(found.id, turn.speaker.id)
    if said.means is Means.MISSING:
        return await _not_coming(turn, found, said.reason, is_excused=leave is not None)
    how = REMOTE if said.means is Means.AFAR or found.is_online_only else COMING
    if how == REMOTE and not found.is_remote:
        return Done(NOT_REMOTE.format(activity=activity(turn, found)))
    if leave is not None and leave.state is State.APPROVED:
        words = ON_LEAVE.format(activity=activity(turn, found), how=WORDS[how])
        return Ask(words, topic.name, {"leave": found.id, "how": how})
    before = (await turn.store.responses.of(found.id)).get(turn.speaker.id, "")
    if before == how and leave is None:
        same = SAME.format(how=WORDS[how], activity=activity(turn, found))
        return Done(same, settles=found.id)
    ended = await excuses.end_for(turn, found)
    return await _keep(turn, found, how, str(ended or ""))


async def _not_coming(turn: Turn, found: Activity, reason: str, *, is_excused: bool) -> Outcome:
    """A “coming” ends at once; a leave has its reason: the leave topic takes it from here."""
    before = (await turn.store.responses.of(found.id)).get(turn.speaker.id, "")
    await turn.store.responses.withdraw(found.id, turn.speaker.id)
    ended = NOT_COMING.format(how=WORDS[before]) if before else ""
    effect = f"invitation:{found.id}/{before}/" if before else None
    if is_excused:
        return Done(f"{LEAVE_KNOWN.format(activity=activity(turn, found))}{ended}", effect)
    state = {"id": found.id, "left": LEFT.format(ended=ended)}
    if reason:
        words = SURE.format(activity=activity(turn, found), reason=reason)
        return Ask(f"{ended}{words}", LEAVE, {**state, "reason": reason}, effect)
    return Ask(f"{ended}{WHY.format(activity=activity(turn, found))}", LEAVE, state, effect)


async def _instead_of_leave(turn: Turn, activity_id: int, how: str) -> Outcome:
    found = await turn.store.activities.get(activity_id)
    if found.cancelled or found.starts_at <= turn.now:
        return Done(BEGUN.format(activity=activity(turn, found)))
    leave = await turn.store.activities.leave_of(found.id, turn.speaker.id)
    if leave is not None:
        await excuses.take_back(turn, leave)
    return await _keep(turn, found, how, "granted" if leave else "")


async def _keep(turn: Turn, found: Activity, how: str, ended: str) -> Outcome:
    member_id = turn.speaker.id
    before = (await turn.store.responses.of(found.id)).get(member_id, "")
    await turn.store.responses.answer(found.id, member_id, how, turn.now)
    await turn.store.notices.answered(WANT_AN_ANSWER, found.id, member_id)
    words = ANSWERED.format(how=WORDS[how], activity=activity(turn, found), later=LATER[how])
    text = f"{words}{LEAVE_ENDED}" if ended else words
    return Done(text, f"invitation:{found.id}/{before}/{ended}", settles=found.id)

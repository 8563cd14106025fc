"""Checking in to an activity, on the spot or from afar (AD-3, AD-4)."""

from datetime import timedelta

from handlers import excuses
from handlers.choices import chosen, is_no, is_yes, numbered
from handlers.reading.attendance import (
    BY_OTHERS,
    FROM_AFAR,
    LONGEST_QUESTION,
    is_plain_act,
    read_code,
    read_lateness,
    read_remote,
    states_check_in,
)
from handlers.reading.dates import find_dates
from handlers.reading.invitation import read_answer
from handlers.reading.speech import Stance, asks, stance
from handlers.reading.words import bare, clauses
from handlers.topic import Handler, Heard, Topic, Undone, own_words
from handlers.turn import Ask, Done, Outcome, Say, Turn
from handlers.words import PRESENCE_WORDS, activity, count_words, moment
from scheduler.activities import just_closed, minutes_late, open_now, window
from storage.records import TOOK_PART, Activity, Attendance, Entry, EntryKind, Presence

RECORDED = "签到成功：{activity}{late}。\n已记入记实档案第 {no} 条，核对无误请回复“确认 {no}”；签错了请回复“撤销”。"
REMOTE_RECORDED = (
    "远程签到成功：{activity}，学习心得 {words} 字已记下。\n"
    "已记入记实档案第 {no} 条，核对无误请回复“确认 {no}”；签错了请回复“撤销”。"
)
ALOUD = "签到成功：{activity}。"
REMOTE_ALOUD = "远程签到成功：{activity}。"
TWICE_ALOUD = "{activity}您已经签到过了，不用重复签到。"
LATE = "，迟到 {minutes} 分钟"
STANDS = "记录里您已于 {at} {how}。没有参加的话请回复“撤销签到”；书记代录的，请回复“我的记录”找到序号，再回复“有误 序号 原因”。"
CODE_THERE = "签到码在活动现场公布，请看现场；发来例如：签到 1234。没有签到码直接回复“签到”就可以。"
CODES = "{activity}的签到码：{code}，请只在现场公布。"
TWICE = "您已于 {at} {how}，不用重复签到。"
WHICH = "现在有 {count} 场活动可以签到，请回复序号：\n{choices}"
NONE_OPEN = "现在没有可以签到的活动。"
CLOSED = "{activity}的签到已于 {at} 结束。如果您参加了，请联系支部书记补登。"
OPEN = "现在可以签到的活动：{activities}"
NEXT = "下一次是{activity}，开始前 1 小时起可以签到。"
WRONG_CODE = (
    "签到码 {code} 与现在的活动对不上，没有登记。请看一下现场的签到码再发，例如：签到 1234。"
)
NOT_REMOTE = "{activity}没有开放远程参加，没有登记。不能到场请回复“请假 原因”。"
REMOTE_TEXT = "请写几句学习心得再发一次，例如：远程签到 学习了新党章，体会是……"
ONLINE_ONLY = "{activity}是线上参加的，不用到现场。"
HOW = "签到：活动开始前 1 小时起，回复“签到”就可以；现场有签到码的，回复“签到 1234”。人在外地可回复“远程签到 学习心得”。"
NOT_DONE = {
    Stance.NEGATION: "好的，没有为您签到。要签到请回复“签到”；参加了没签上的，请支部书记代录。",
    Stance.FUTURE: "好的，到时候回复“签到”就可以，现在没有登记。",
    Stance.WISH: "现在还没有签到。要签到请直接回复“签到”。",
    Stance.OTHERS: "签到要由本人来做，没有登记。不方便用手机的同志，请支部书记代录。",
}
SURE = "您是要现在签到吗？是请回复“1”，不是请回复“2”。"
NOT_RECORDED = "好的，没有登记。"
UNDONE = "已撤销{activity}的签到。"
GONE = "{activity}的签到已经更正或取消，没有可以撤销的了。"
CORRECTED = "{activity}的签到已取消。"
LEAVE_ENDED = "您之前的请假已随签到取消。"
ABSENCE_ENDED = "您原来的缺席记录已取消。"
FIRST_RECORDED = "您是这次活动第一位有记录的同志：之前没有人签到，所以没有记缺席；其他同志仍不记缺席，也不算应到，到会的请逐位代录。"
ENTRY = "参加活动“{topic}”，{how}{late}"
HOWS = {**PRESENCE_WORDS, Presence.PRESENT: "现场签到", Presence.REMOTE: "远程签到"}
SHORTEST_STUDY = 4
TOO_LATE_FOR = timedelta(days=1)
topic = Topic("check_in", "签到")
before_opening: list[Handler] = []  # who hears 线上参加 12月5日, an answer to an invitation


@topic.is_whole
def is_check_in(turn: Turn, text: str) -> bool:
    """签到, or 签到 and its code, with nothing beside them."""
    del turn
    return is_plain_act(read_code(text)[1])


@topic.says("远程签到", "远程打卡", "远程参加", "线上签到", "线上参加", "网上签到")
@topic.mentions("远程签到", "远程打卡", "线上签到", "网上签到")
async def remote(turn: Turn, heard: Heard) -> Outcome:
    """Take part from afar with a few words of what was learnt (AD-4)."""
    if await _answers_invitation(turn, heard.text):
        return await before_opening[0](turn, heard)
    said = read_remote(heard.text)
    if said.doubt is not None:
        return Say(NOT_DONE.get(said.doubt, HOW))
    words = own_words(turn, Heard(heard.text, said.head, said.study))
    if not said.study or count_words(words) < SHORTEST_STUDY:
        return Ask(REMOTE_TEXT, topic.name, {"remote": True})
    return await _choose(turn, "", words)


@topic.says("签到码", "签到码是多少", "今天的签到码", rest=False)
async def code_wanted(turn: Turn, heard: Heard) -> Outcome:
    """A secretary is told the codes of what is open; a member, where it stands."""
    del heard
    found = await _open(turn)
    if not turn.speaker.is_secretary or not found:
        return Say(CODE_THERE if found or not turn.speaker.is_secretary else await _status(turn))
    lines = [CODES.format(activity=activity(turn, one), code=one.code) for one in found]
    return Say("\n".join(lines))


@topic.says("签到", "打卡", "报到", "签个到", "签到签到", "签下到")
@topic.acts(lambda _turn, text: states_check_in(text))
@topic.mentions(
    "签到",
    "打卡",
    "签个到",
    "签下到",
    "给我签上",
    "把到签",
    "签一下到",
    "签上到",
    "签不上",
    "签没签",
)
async def check_in(turn: Turn, heard: Heard) -> Outcome:
    """Check in to the activity that is open now, when the sentence says that and nothing else."""
    code, text = read_code(heard.text)
    late, rest = read_lateness(text)
    if turn.actor is not None and states_check_in(rest):
        return await _choose(turn, code, None, late)
    if not states_check_in(text):
        return await _not_an_act(turn, text)
    return await _choose(turn, code, None)


@topic.reads(
    lambda turn, text: (
        bare(text) in {"我到了", "到了", "我已到", "到会场了", "我到会场了", "已到现场"}
    )
)
async def arrived(turn: Turn, heard: Heard) -> Outcome:
    """Arrived, but is it the meeting? One question."""
    return await _not_an_act(turn, heard.text)


@topic.answers
async def chosen_activity(turn: Turn) -> Outcome | None:
    """The number from the list, the words of study, or yes."""
    state = turn.dialog.state if turn.dialog else {}
    if state.get("remote"):
        doubt = stance(turn.text)
        if count_words(turn.said) < SHORTEST_STUDY or asks(turn.text):
            return None
        if doubt is not None and count_words(turn.said) <= LONGEST_QUESTION:
            return Done(NOT_RECORDED)
        if "id" in state:
            return await _chosen(turn, state["id"], turn.said.strip())
        return await _choose(turn, "", turn.said.strip())
    if "sure" in state:
        if is_yes(turn.text):
            return await _choose(turn, "", None)
        return Done(NOT_RECORDED) if is_no(turn.text) else None
    place = chosen(turn.text, len(state["ids"]))
    if place is None:
        return None
    return await _chosen(turn, state["ids"][place], state["text"], state["late"])


@topic.undoes
async def undo(turn: Turn, reference: str) -> Undone:
    """Take the attendance back, with the leave it ended; the ledger gains a correction."""
    number, leave_id, leave_no = map(int, reference.split("/"))
    found = await turn.store.activities.get(number)
    attended = await turn.store.activities.attendance_of(found.id, turn.speaker.id)
    if attended is None or attended.state not in TOOK_PART:
        return Undone(GONE.format(activity=activity(turn, found)))
    await excuses.unattend(turn, found, turn.speaker.id)
    await turn.store.ledger.append(
        found.branch_id,
        turn.speaker.id,
        EntryKind.CORRECTION,
        turn.today,
        f"撤销第 {attended.ledger_no} 条：{ENTRY.format(topic=found.topic, how='签到', late='')}",
        by=turn.by.id,
        at=turn.now,
        corrects=attended.ledger_no,
    )
    back = await excuses.stand_as_before(turn, found, leave_id, leave_no)
    return Undone(f"{UNDONE.format(activity=activity(turn, found))}{back}")


async def correct(turn: Turn, entry: Entry) -> str:
    """An attendance that proved wrong is taken back; the right one may be entered."""
    for attended, found in await turn.store.activities.history(entry.member_id):
        if attended.ledger_no == entry.no and found.branch_id == entry.branch_id:
            await excuses.unattend(turn, found, entry.member_id)
            return CORRECTED.format(activity=activity(turn, found))
    return ""


async def offered(turn: Turn, said: Done) -> Outcome:
    """The answer to a location, with a check-in offered where an activity waits for one."""
    for found in await _open(turn):
        if await turn.store.activities.attendance_of(found.id, turn.speaker.id) is None:
            return Ask(f"{said.text}\n\n{SURE}", topic.name, {"sure": True}, said.effect)
    return said


async def _open(turn: Turn) -> list[Activity]:
    """What is open; a secretary who enters for somebody may also add to the one just over (补登)."""
    around = await turn.store.activities.around(turn.speaker.branch_id, turn.now)
    found = open_now(around, turn.now)
    if not found and turn.actor is not None:
        over = just_closed(around, turn.now, excuses.MAY_BE_ADDED)
        return [over] if over else []
    return found


async def _answers_invitation(turn: Turn, text: str) -> bool:
    """Whether 线上参加 is about an activity to come: it names a day, or nothing is open."""
    if turn.actor is not None or read_answer(text, turn.today) is None:
        return False
    return bool(find_dates(text, turn.today)) or not await _open(turn)


async def _not_an_act(turn: Turn, text: str) -> Outcome:
    found = stance(text)
    if found in (None, Stance.OTHERS) and FROM_AFAR.search(text) and await _open(turn):
        return Ask(REMOTE_TEXT, topic.name, {"remote": True})
    if found is Stance.NEGATION:
        there = await _standing(turn)
        return Say(there or NOT_DONE[found])
    plain = any(is_plain_act(part) for part in clauses(text))
    if found is Stance.OTHERS and plain and not BY_OTHERS.search(text) and await _open(turn):
        return Ask(SURE, topic.name, {"sure": True})
    if found in NOT_DONE:
        return Say(NOT_DONE[found])
    if found is not None:
        return Say(f"{HOW}\n{await _status(turn)}")
    if not await _open(turn):
        return Say(await _status(turn))
    return Ask(SURE, topic.name, {"sure": True})


async def _standing(turn: Turn) -> str:
    """What is on record for an activity open now, for somebody who says that they did not check in."""
    for found in await _open(turn):
        there = await turn.store.activities.attendance_of(found.id, turn.speaker.id)
        if there is not None and there.state in TOOK_PART:
            return STANDS.format(at=moment(turn, there.at), how=HOWS[there.state])
    return ""


async def _choose(turn: Turn, code: str, text: str | None, late: int = 0) -> Outcome:
    """Record it, or ask which; `late` are the minutes that a secretary says, who enters it."""
    found = await _open(turn)
    if not found:
        status = await _status(turn)
        return Done(status, aloud=status)
    if code:
        found = [one for one in found if one.code == code]
        if not found:
            return Done(WRONG_CODE.format(code=code))
    if len(found) == 1:
        return await _record(turn, found[0], text, late)
    choices = numbered([activity(turn, one) for one in found])
    state = {"ids": [one.id for one in found], "text": text, "late": late}
    return Ask(WHICH.format(count=len(found), choices=choices), topic.name, state)


async def _chosen(turn: Turn, number: int, text: str | None, late: int = 0) -> Outcome:
    still_open = {one.id: one for one in await _open(turn)}
    found = still_open.get(number)
    return await _record(turn, found, text, late) if found else Done(await _status(turn))


async def _from_afar(turn: Turn, found: Activity) -> Outcome:
    """Nobody is present where an activity is held online alone; the words of study are asked for."""
    before = await turn.store.activities.attendance_of(found.id, turn.speaker.id)
    if turn.actor is not None or (before is not None and before.state in TOOK_PART):
        return await _record(turn, found, "")
    words = ONLINE_ONLY.format(activity=activity(turn, found)) + REMOTE_TEXT
    return Ask(words, topic.name, {"remote": True, "id": found.id})


async def _record(turn: Turn, found: Activity, text: str | None, late_by: int = 0) -> Outcome:
    if text is None and found.is_online_only:
        return await _from_afar(turn, found)
    remote = text is not None
    if remote and not found.is_remote:
        said = NOT_REMOTE.format(activity=activity(turn, found))
        return Done(said, aloud=said)
    before = await turn.store.activities.attendance_of(found.id, turn.speaker.id)
    if before is not None and before.state in TOOK_PART:
        at = moment(turn, before.at)
        twice = TWICE_ALOUD.format(activity=activity(turn, found))
        return Done(TWICE.format(at=at, how=HOWS[before.state]), aloud=twice)
    is_first = found.closed and not await excuses.is_recorded(turn, found)
    leave_id, leave_no = await excuses.make_way(turn, found)
    presence = Presence.REMOTE if remote else Presence.PRESENT
    minutes = late_by if turn.actor else 0 if remote else minutes_late(found, turn.now)
    late = LATE.format(minutes=minutes) if minutes else ""
    no = await turn.store.ledger.append(
        found.branch_id,
        turn.speaker.id,
        EntryKind.ACTIVITY,
        turn.local(found.starts_at).date(),
        ENTRY.format(topic=found.topic, how=HOWS[presence], late=late) + turn.proxy_mark,
        by=turn.by.id,
        at=turn.now,
    )
    attended = Attendance(found.id, turn.speaker.id, presence, turn.now, minutes, no)
    turn.store.activities.attend(attended, by=turn.by.id, reason=text or None)
    wording = REMOTE_RECORDED if text else RECORDED
    words = count_words(text or "")
    answer = wording.format(activity=activity(turn, found), late=late, no=no, words=words)
    beside = {LEAVE_ENDED: leave_id, ABSENCE_ENDED: leave_no == excuses.WAS_ABSENT}
    beside[FIRST_RECORDED] = is_first
    answer = "\n".join([answer, *(words for words, holds in beside.items() if holds)])
    effect = f"check_in:{found.id}/{leave_id}/{leave_no}"
    aloud = (REMOTE_ALOUD if text else ALOUD).format(activity=activity(turn, found))
    return Done(answer, effect, settles=found.id, aloud="" if turn.actor else aloud)


async def _status(turn: Turn) -> str:
    """What is open, just over, or next."""
    around = await turn.store.activities.around(turn.speaker.branch_id, turn.now)
    found = open_now(around, turn.now)
    if found:
        return OPEN.format(activities="；".join(activity(turn, one) for one in found))
    lines = []
    closed = just_closed(around, turn.now, TOO_LATE_FOR)
    if closed is None:
        lines.append(NONE_OPEN)
    else:
        at = moment(turn, window(closed).closes_at)
        lines.append(CLOSED.format(activity=activity(turn, closed), at=at))
    coming = await turn.store.activities.next_after(turn.speaker.branch_id, turn.now)
    if coming is not None:
        lines.append(NEXT.format(activity=activity(turn, coming)))
    return "\n".join(lines)

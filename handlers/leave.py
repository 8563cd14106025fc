"""Leave from an activity: the member gives the reason, the secretary decides (AD-10)."""

from handlers import ahead, excuses
from handlers.choices import is_no, is_yes, says_nothing
from handlers.notify import tell_secretaries
from handlers.reading.dates import find_dates, find_invalid_date
from handlers.reading.leave import (
    LEAVE,
    LONGEST_REASON,
    NOT_ANY_MORE,
    NOT_LEAVE,
    PAUSES,
    REASON,
    asks_leave,
    days_off,
    doubt_of_leave,
    hour_off,
    reason_of_leave,
    undated_start,
    without_hour,
)
from handlers.reading.speech import QUESTION, Stance, asks
from handlers.reading.words import bare, clauses, without
from handlers.topic import Heard, Topic, Undone, Verdict
from handlers.turn import Ask, Done, Outcome, Say, Turn
from handlers.words import activity
from scheduler.activities import open_now
from storage.notices import WANT_AN_ANSWER
from storage.records import (
    Activity,
    Entry,
    Presence,
    Request,
    RequestKind,
    State,
)

RECORDED = (
    "已提交请假：{activity}，理由：{reason}。等待支部书记批准（第 {no} 号）。不请了请回复“撤销”。"
)
ALREADY = "{activity}您已经请过假（{state}），不用重复提交。"
GRANTED, WAITS = "已批准", "等待批准"
CHECKED_IN = "您已经签到参加了{activity}，不用请假。签错了请回复“撤销”。"
NOT_HELD = "{activity}已取消或改期，没有登记请假。新的安排请回复“活动”查看。"
NO_ACTIVITY = "目前没有安排好的活动，不用请假。"
NEXT_ONE = "您要请的是下一次活动：{activity}。"
WHY = "请问请假的原因是什么？例如：请假 孩子发烧。"
SURE = "要为{activity}请假，理由“{reason}”，对吗？对请回复“1”，不请了请回复“2”。"
HOW = "请假请回复“请假 原因”，例如：请假 孩子发烧。支部书记批准后算请假，不算缺席。"
NOT_DONE = "好的，没有为您请假。"
BAD_DATE = "没有“{words}”这一天，没有登记。请核对后重发。"
NONE_STANDS = "没有正在生效的请假，不用取消。"
OTHERS_LEAVE = "请假要由本人提出，没有登记。不方便用手机的同志，请支部书记代录。"
CALLED_OFF = ("取消请假", "撤销请假", "撤回请假", "销假", "不请假了", "假不请了", "不请了")
DOUBTED = {Stance.NEGATION: NOT_DONE, Stance.OTHERS: OTHERS_LEAVE}
UNDONE = "已撤销请假：{activity}。"
WITHDRAWN_BEFORE = "这次请假已经取消了。"
CORRECTED = "{activity}的请假已取消。"
TOO_LATE = "这次请假支部已经处理，不能撤销。来参加时直接签到就可以。"
APPROVED = "已同意 {member} 请假：{activity}。"
REFUSED = "未同意 {member} 请假：{activity}。"
TO_MEMBER = {
    True: "您的请假已同意（第 {no} 号）：{activity}。",
    False: "您的请假未同意（第 {no} 号）：{activity}。原因：{reason}",
}

topic = Topic("leave", "请假 孩子发烧")


@topic.is_whole
def is_leave(turn: Turn, text: str) -> bool:
    """请假, a pause, and a reason that is one."""
    said = LEAVE.match(text)
    rest = text[said.end() :] if said else ""
    stated = (
        rest[:1] in PAUSES and doubt_of_leave(text) is None and asks_leave(_undated(turn, text))
    )
    return stated and bool(REASON.search(rest)) and len(clauses(rest)) <= LONGEST_REASON


@topic.says("请假", "请个假", "我要请假", "申请请假")
@topic.mentions(
    "请假", "请个假", "请一个假", "请下假", "请一下假", "请了个假", "请次假", "请一次假"
)
async def leave(turn: Turn, heard: Heard) -> Outcome:
    """Ask leave when the sentence does so for the speaker, with its reason; else ask or explain."""
    text = heard.text
    doubt = doubt_of_leave(text)
    if doubt is not None:
        return Say(DOUBTED.get(doubt, HOW))
    invalid = find_invalid_date(text)
    if invalid:
        return Say(BAD_DATE.format(words=invalid))
    some, is_plain = await _wanted(turn, text)
    if not some:
        return Say(await _none_then(turn, text))
    meant = await _unasked(turn, _at_the_hour(turn, text, some))
    known = await _known(turn, meant[0]) if len(meant) == 1 else ""
    if known:
        return Say(known)
    begins = turn.local(meant[0].starts_at).time()
    said = without_hour(turn.said, turn.today, begins) if len(meant) == 1 else turn.said.strip()
    text = without_hour(text, turn.today, begins) if len(meant) == 1 else text
    reason = reason_of_leave(text, said, turn.today)
    if len(meant) > 1:
        return ahead.ask_which(turn, meant, topic.name, {"told": reason})
    is_sure = is_plain and asks_leave(_undated(turn, text))
    return await _ask_leave(turn, meant[0], reason, is_plain=is_plain, is_sure=is_sure)


@topic.says(*CALLED_OFF)
async def call_off(turn: Turn, heard: Heard) -> Outcome:
    """The leave that stands for the coming activity is taken back, granted or not, however old."""
    if asks(heard.text):
        return Say(HOW)
    around = await turn.store.activities.around(turn.speaker.branch_id, turn.now)
    coming = await turn.store.activities.next_after(turn.speaker.branch_id, turn.now)
    for one in [*open_now(around, turn.now), *([coming] if coming else [])]:
        found = await turn.store.activities.leave_of(one.id, turn.speaker.id)
        if found is not None:
            await excuses.take_back(turn, found)
            return Done(UNDONE.format(activity=activity(turn, one)))
    return Say(NONE_STANDS)


@topic.answers
async def why(turn: Turn) -> Outcome | None:
    """Which one, the reason, or a yes to what we understood."""
    state = turn.dialog.state if turn.dialog else {}
    if "which" in state:
        return await _which(turn, state["which"], state["told"])
    found = await turn.store.activities.get(state["id"])
    not_done = state.get("left", NOT_DONE)
    if "reason" in state:
        if is_yes(turn.text):
            return await _record(turn, found, state["reason"])
        return Done(not_done) if is_no(turn.text) else None
    if is_no(turn.text) or NOT_ANY_MORE.fullmatch(bare(turn.text)) or NOT_LEAVE.search(turn.text):
        return Done(not_done)
    asked_of_others = LEAVE.search(turn.text) and doubt_of_leave(turn.text)
    if not bare(turn.text) or asked_of_others or QUESTION.search(turn.text):
        return None
    if says_nothing(turn.text):
        return Ask(WHY, topic.name, state)
    on = turn.local(found.starts_at).date()
    return await _record(turn, found, undated_start(turn.said, turn.today, on))


@topic.undoes
async def undo(turn: Turn, reference: str) -> Undone:
    """A leave that nobody has decided on is taken back."""
    found = await turn.store.activities.leave(int(reference))
    if found.state is State.WITHDRAWN:
        return Undone(WITHDRAWN_BEFORE)
    if found.state is not State.PENDING:
        return Undone(TOO_LATE, taken_back=False)
    await excuses.take_back(turn, found)
    missed = await turn.store.activities.get(found.activity_id)
    return Undone(UNDONE.format(activity=activity(turn, missed)))


@topic.decides(RequestKind.LEAVE)
async def decide(turn: Turn, request: Request, approved: bool, reason: str) -> Verdict:
    """A granted leave is attendance 'leave' and stands in the ledger; it does not count as absent."""
    found = await turn.store.activities.leave(request.subject_id or 0)
    missed = await turn.store.activities.get(found.activity_id)
    await turn.store.activities.decide_leave(
        found.id, State.APPROVED if approved else State.REFUSED
    )
    there = await turn.store.activities.attendance_of(missed.id, request.member_id)
    if approved and (there is None or there.state is Presence.ABSENT):
        granted = excuses.Granted(found.reason, turn.speaker.id, turn.now)
        await excuses.excuse(turn, missed, request.member_id, granted)
    elif not approved:
        await excuses.stand_absent(turn, missed, request.member_id)
    words = APPROVED if approved else REFUSED
    return Verdict(
        words.format(member=request.member, activity=activity(turn, missed)),
        TO_MEMBER[approved].format(no=request.id, activity=activity(turn, missed), reason=reason),
    )


async def correct(turn: Turn, entry: Entry) -> str:
    """A leave that proved wrong no longer excuses."""
    for attended, found in await turn.store.activities.history(entry.member_id):
        if attended.ledger_no == entry.no and found.branch_id == entry.branch_id:
            standing = await turn.store.activities.leave_of(found.id, entry.member_id)
            if standing is not None:
                await turn.store.activities.decide_leave(standing.id, State.WITHDRAWN)
            await turn.store.activities.unattend(found.id, entry.member_id)
            await excuses.stand_absent(turn, found, entry.member_id)
            return CORRECTED.format(activity=activity(turn, found))
    return ""


async def _ask_leave(
    turn: Turn, found: Activity, reason: str, *, is_plain: bool, is_sure: bool
) -> Outcome:
    """Record what is known and sure, else ask for what is missing."""
    if not reason:
        why_absent = WHY if is_plain else f"{NEXT_ONE.format(activity=activity(turn, found))}{WHY}"
        return Ask(why_absent, topic.name, {"id": found.id})
    if not is_sure:
        words = SURE.format(activity=activity(turn, found), reason=reason)
        return Ask(words, topic.name, {"id": found.id, "reason": reason})
    return await _record(turn, found, reason)


async def _which(turn: Turn, ids: list[int], told: str) -> Outcome | None:
    """The number of the one meant; a reason told first is kept, and the number asked for again."""
    chosen = await ahead.chosen_one(turn)
    if chosen is not None:
        return await _ask_leave(turn, chosen, told, is_plain=True, is_sure=True)
    if REASON.search(turn.text) and not LEAVE.search(turn.text) and not asks(turn.text):
        some = [await turn.store.activities.get(one) for one in ids]
        return ahead.ask_which(turn, some, topic.name, {"told": turn.said.strip()})
    return Done(NOT_DONE) if is_no(turn.text) else None


def _at_the_hour(turn: Turn, text: str, some: list[Activity]) -> list[Activity]:
    """Those that begin at the hour named behind the day; all where none is named or fits."""
    begins = [(one, turn.local(one.starts_at).time()) for one in some]
    return [one for one, at in begins if hour_off(text, turn.today, at)] or some


def _undated(turn: Turn, text: str) -> str:
    """The sentence without its days."""
    return without(text, [(one.start, one.end) for one in find_dates(text, turn.today)])


async def _wanted(turn: Turn, text: str) -> tuple[list[Activity], bool]:
    """What may be meant, and whether that is plain: of the day named, else open now, else the next.

    Somebody who has checked in already may mean the next one, or to go early: that is asked, and
    so is a day that only stands in the reason.
    """
    around = await turn.store.activities.around(turn.speaker.branch_id, turn.now)
    planned = await turn.store.agenda.upcoming(turn.speaker.branch_id, turn.now)
    wanted = days_off(text, turn.today)
    known = {one.id: one for one in (*planned, *around) if not one.cancelled}
    by_day = sorted(known.values(), key=lambda one: one.starts_at)
    if wanted:
        days = (turn.local(one.starts_at).date() for one in by_day)
        first = next((on for on in days if wanted[0] <= on <= wanted[1]), wanted[0])
        return ahead.on_day(turn, by_day, first), True
    for found in find_dates(text, turn.today):
        that_day = ahead.on_day(turn, by_day, found.day)
        if that_day:
            return that_day, False
    coming = ahead.on_day(turn, planned, turn.local(planned[0].starts_at).date()) if planned else []
    if "下次" in text or "下一次" in text:
        return coming, True
    running = [one for one in open_now(around, turn.now) if one not in coming]
    missed = [one for one in running if not await _attends(turn, one)]
    if missed or not running:
        return missed or coming, True
    return coming or running[:1], not coming


async def _unasked(turn: Turn, some: list[Activity]) -> list[Activity]:
    """Those of several that the speaker neither is at nor has asked leave from; all if none is left."""
    return [one for one in some if not await _known(turn, one)] or some[:1]


async def _none_then(turn: Turn, text: str) -> str:
    """Why there is nothing to ask leave from: nothing on the day named, or nothing at all."""
    wanted = days_off(text, turn.today)
    coming = await turn.store.agenda.upcoming(turn.speaker.branch_id, turn.now)
    return ahead.none_that_day(turn, wanted[0], coming) if wanted else NO_ACTIVITY


async def _known(turn: Turn, found: Activity) -> str:
    """Why there is nothing to ask: the speaker is there, or has asked before."""
    if await _attends(turn, found):
        return CHECKED_IN.format(activity=activity(turn, found))
    before = await turn.store.activities.leave_of(found.id, turn.speaker.id)
    if before is None:
        return ""
    state = GRANTED if before.state is State.APPROVED else WAITS
    return ALREADY.format(activity=activity(turn, found), state=state)


async def _attends(turn: Turn, found: Activity) -> bool:
    there = await turn.store.activities.attendance_of(found.id, turn.speaker.id)
    return there is not None and there.state not in (Presence.LEAVE, Presence.ABSENT)


async def _record(turn: Turn, found: Activity, reason: str) -> Outcome:
    member = turn.speaker
    if found.cancelled:
        return Done(NOT_HELD.format(activity=activity(turn, found)))
    known = await _known(turn, found)
    if known:
        return Done(known)
    number, request = await excuses.ask(turn, found, member, reason)
    unreached = await tell_secretaries(turn, member.branch_id)
    await turn.store.notices.answered(WANT_AN_ANSWER, found.id, member.id)
    answer = RECORDED.format(activity=activity(turn, found), reason=reason, no=request)
    return Done(f"{answer}{unreached}", effect=f"leave:{number}")

"""A secretary moves an activity within its month for a stated cause, or calls it off (AD-2)."""

from datetime import datetime, timedelta

from handlers import ahead, carrying, planning, promises
from handlers.choices import is_no, is_yes
from handlers.excuses import TOOK_PART
from handlers.moment import NOTHING, Told, is_told, laid_over, new_hours, told_by
from handlers.planning import Hours
from handlers.reading.moving import SHORTEST, Moving, read_moving
from handlers.reading.speech import asks
from handlers.reading.words import bare
from handlers.topic import Heard, Role, Topic, Undone
from handlers.turn import Ask, Done, Outcome, Say, Turn
from handlers.words import activity, day, moment
from scheduler.calendar import month_of
from storage.audit import by_member
from storage.records import Activity

WHAT_DAY = "{activity}改到哪天？例如：12月8日；钟点也变的一起写，例如：12月8日下午2点。"
BAD_DATE = "没有“{words}”这一天，请核对后重写，例如：12月8日。"
OTHER_MONTH = (
    "活动日可以提前或顺延，但要在当月内。请换一个{month}月的日子；确实要改到{day}，请回复“1”。"
)
WHY_MOVE = "改期的原因是什么？例如：遇国庆假期、下大雪。会记录在案。"
WHY_CANCEL = "取消的原因是什么？例如：场地停电。会记录在案。"
PREVIEW_MOVE = """请核对改期：
{topic}
原定：{old}
改到：{new}
原因：{cause}{warnings}
“{topic}”改到{begins}–{ends}，确认请回复“确认”；要换日子直接写新的日子；不改了回复“取消”。"""
PREVIEW_CANCEL = "请核对：取消“{topic}”，{when}，原因：{cause}。取消后不再举行；只是换日子请回复“改期”。\n确认取消“{topic}”请回复“确认”，不取消请回复“2”。"
OUTSIDE = "改到了别的月份，当月就没有活动了。"
MOVED = "已改期：“{topic}”由{old}改到{new}，签到码不变。\n{told}{carried}改错了请回复“{back}”。"
ENDS_ANEW = "已改：“{topic}”{when}。开始时间没有变，不另发通知。改错了请回复“撤销”。"
ENDS_BACK = "已撤销改动，“{topic}”{when}。"
CANCELLED = "已取消“{topic}”，{when}，原因：{cause}。{told}取消错了请回复“撤销”。"
NOT_DONE = "好的，没有改动，活动照常。"
HOW_MOVE = (
    "改期请回复例如：改期 12月8日；改期 12月8日下午2点 因为下雪；改期 推迟一天；改期 延长半小时。"
)
HOW_CANCEL = "取消活动请回复例如：取消活动 场地停电。只是换日子请回复“改期”。"
SAME_TIME = "和原来的时间一样，没有改动。要改到哪天？例如：12月8日。"
TAKEN = "那个时间支部已经安排了别的活动，请换一个，例如：12月8日下午2点。"
BEGUN = "{activity}已经开始或已取消，不能再改。"
SIGNED_IN = (
    "{activity}已经有 {count} 位同志签到，不能再改期或取消。签错了的，请本人回复“撤销签到”。"
)
DEALT_WITH = "后来这次活动又改期或取消过，不能撤销。请看“活动”，要改请重新回复“改期”。"
OCCUPIED = "那个时间支部已经另外安排了{activity}，不能撤销。要办请改到别的时间。"
TOO_LONG = "原因太长了，最多 200 字，请写短一点。"
MOVED_BACK = "已撤销改期，{activity}照原来的时间举行。"
STANDS_AGAIN = "已撤销取消，{activity}照常举行。"
ANSWERED = "改期后已经有同志答复或请假，不能撤销。要改回来请回复“改期 {old}”。"
TOLD = "改期已经通知大家，不能撤销。要改回来请回复“改期 {old}”。"
TOLD_OFF = "取消已经通知大家，不能撤销。要办请重新回复“发起活动”。"
WITHDRAWN = "撤销改期"
LONGEST = 200
DIRECTIONS = ("推迟", "提前", "延期")
A_MINUTE = timedelta(minutes=1)
MOVE, CANCEL, END = "move", "cancel", "end"
INVITING = ("invitation", "day_before", "announcement")
CALLING_OFF = ("called_off", "group_called_off")

topic = Topic("reschedule", "改期 12月8日 因为下雪", "取消活动 场地停电")


@topic.says(
    "改期", "活动改期", "调整活动时间", "活动延期", "活动推迟", "活动提前", role=Role.SECRETARY
)
async def move(turn: Turn, heard: Heard) -> Outcome:
    """Move the activity meant to another moment, with its cause; nothing moves before a yes."""
    verb = heard.head[-2:] if heard.head[-2:] in DIRECTIONS else ""  # 活动推迟一天
    said = read_moving(verb + heard.rest, turn.today)
    if asks(heard.rest) and not said.is_timed:
        return Say(HOW_MOVE)
    if said.invalid:
        return Say(BAD_DATE.format(words=said.invalid))
    coming = await turn.store.agenda.upcoming(turn.speaker.branch_id, turn.now)
    meant = _to_move(turn, said, coming)
    told = {"what": MOVE, **told_by(said), "cause": said.cause}
    return await _of(turn, meant, coming, told, said)


@topic.says("取消活动", "活动取消", "活动不搞了", role=Role.SECRETARY)
async def call_off(turn: Turn, heard: Heard) -> Outcome:
    """Call the activity meant off, with its cause; nothing is called off before a yes."""
    said = read_moving(heard.rest, turn.today)
    if asks(heard.rest):
        return Say(HOW_CANCEL)
    if said.invalid:
        return Say(BAD_DATE.format(words=said.invalid))
    coming = await turn.store.agenda.upcoming(turn.speaker.branch_id, turn.now)
    named = ahead.on_day(turn, coming, said.days[0]) if said.days else None
    meant = ahead.announced(turn, coming) if named is None else named
    return await _of(turn, meant, coming, {"what": CANCEL, "cause": said.cause}, said)


@topic.answers
async def next_step(turn: Turn) -> Outcome | None:
    """Which one, what day, the cause, or the yes at the end."""
    state: Told = dict(turn.dialog.state) if turn.dialog else {}
    if "which" in state:
        found = await ahead.chosen_one(turn)
        del state["which"]
        return await _go_on(turn, {**state, "id": found.id}) if found else None
    if is_no(turn.text) and state["asks"] in ("yes", "far"):
        return Done(NOT_DONE)
    if state["asks"] == "cause":
        return await _caused(turn, state)
    if is_yes(turn.text) and state["asks"] == "yes":
        return await (_move if state["what"] == MOVE else _call_off)(turn, state)
    if is_yes(turn.text) and state["asks"] == "far":
        return await _go_on(turn, {**state, "far": state["over"]})
    return await _another_day(turn, state) if state["what"] == MOVE else None


@topic.undoes
async def undo(turn: Turn, reference: str) -> Undone:
    """What nobody was told of stands again as it did."""
    what, number, before = reference.split("/")
    old = await turn.store.activities.get(int(before))
    if what == END:
        return await _end_as_before(turn, old, int(number))
    refusal = await _why_off(turn, old)
    if what == MOVE:
        refusal = await _why_moved_stays(turn, int(number), old) or refusal
    elif await turn.store.agenda.is_told(old.id, CALLING_OFF):
        refusal = TOLD_OFF
    if refusal:
        return Undone(refusal, taken_back=False)
    if what == MOVE:
        await turn.store.agenda.withdraw(int(number), turn.now, WITHDRAWN)
    words = MOVED_BACK if what == MOVE else STANDS_AGAIN
    words = words.format(activity=activity(turn, old)) + await carrying.restore(turn, old)
    await turn.store.activities.change(old.id, cancelled_at=None, cause="")
    await _audit(turn, "restore", old.id)
    return Undone(words)


async def _end_as_before(turn: Turn, found: Activity, minutes: int) -> Undone:
    if found.cancelled or found.closed or found.starts_at <= turn.now:
        return Undone(BEGUN.format(activity=activity(turn, found)), taken_back=False)
    hours = Hours(found.starts_at, found.starts_at + timedelta(minutes=minutes))
    await _set_end(turn, found, hours.ends_at)
    return Undone(ENDS_BACK.format(topic=found.topic, when=planning.in_words(turn, hours)))


def _to_move(turn: Turn, said: Moving, coming: list[Activity]) -> list[Activity]:
    """The one on the first of two days; the only one in the month moved to; else those announced."""
    if len(said.days) > 1:
        return ahead.on_day(turn, coming, said.days[0])
    months = [month_of(one) for one in said.days]
    same = [one for one in coming if month_of(turn.local(one.starts_at).date()) in months]
    return same if len(same) == 1 else ahead.announced(turn, coming)


async def _of(
    turn: Turn, meant: list[Activity], coming: list[Activity], told: Told, said: Moving
) -> Outcome:
    if not meant:
        nothing = ahead.NONE_AHEAD
        return Say(ahead.none_that_day(turn, said.days[0], coming) if said.days else nothing)
    if len(meant) > 1:
        return ahead.ask_which(turn, meant, topic.name, told)
    return await _go_on(turn, {**told, "id": meant[0].id})


async def _go_on(turn: Turn, told: Told) -> Outcome:
    """The next thing that is missing, or the preview."""
    found = await turn.store.activities.get(told["id"])
    refusal = await _why_it_stays(turn, found)
    if refusal:
        return Done(refusal)
    if told["what"] == MOVE:
        asked = _missing(turn, told, found)
        if asked is not None:
            return asked
    if not told["cause"] or len(told["cause"]) > LONGEST:
        why = WHY_MOVE if told["what"] == MOVE else WHY_CANCEL
        return _ask(TOO_LONG if told["cause"] else why, {**told, "cause": ""}, "cause")
    return await _preview(turn, told, found)


def _missing(turn: Turn, told: Told, found: Activity) -> Ask | None:
    """The question where the new moment is not known, cannot be, or needs a second yes."""
    if not is_told(told):
        return _ask(WHAT_DAY.format(activity=activity(turn, found)), told, "day")
    hours = new_hours(turn, told, found)
    if isinstance(hours, str):
        return _ask(hours, {**told, **NOTHING}, "day")
    if hours == Hours(found.starts_at, found.ends_at):
        return _ask(SAME_TIME, {**told, **NOTHING}, "day")
    on, was = turn.local(hours.starts_at).date(), turn.local(found.starts_at).date()
    if month_of(on) != month_of(was) and told.get("far") != on.isoformat():
        words = OTHER_MONTH.format(month=was.month, day=day(on))
        return _ask(words, {**told, "over": on.isoformat()}, "far")
    return None


async def _preview(turn: Turn, told: Told, found: Activity, lead: str = "") -> Ask:
    if told["what"] == CANCEL:
        when = planning.in_words(turn, found)
        words = PREVIEW_CANCEL.format(topic=found.topic, when=when, cause=told["cause"])
        return _ask(words, told, "yes")
    hours = new_hours(turn, told, found)
    if isinstance(hours, str):
        return _ask(hours, {**told, **NOTHING}, "day")
    noted = await planning.warnings(turn, hours, found)
    told = {**told, "warned": noted}
    if told.get("far"):
        noted = [OUTSIDE, *noted]
    text = PREVIEW_MOVE.format(
        topic=found.topic,
        old=planning.in_words(turn, found),
        new=planning.in_words(turn, hours),
        begins=moment(turn, hours.starts_at),
        ends=f"{turn.local(hours.ends_at):%H:%M}",
        cause=told["cause"],
        warnings=planning.warned(noted),
    )
    return _ask(f"{lead}{text}", told, "yes")


def _ask(text: str, told: Told, what: str) -> Ask:
    return Ask(text, topic.name, {**told, "asks": what})


async def _caused(turn: Turn, state: Told) -> Outcome | None:
    if is_no(turn.text):
        return Done(NOT_DONE)
    if asks(turn.text):
        return None
    said = read_moving(turn.text, turn.today)
    if state["what"] == MOVE and said.is_timed and not said.cause:
        return await _another_day(turn, state)
    if is_yes(turn.text) or len(bare(turn.text)) < SHORTEST:
        return _ask(WHY_MOVE if state["what"] == MOVE else WHY_CANCEL, state, "cause")
    return await _go_on(turn, {**state, "cause": turn.said.strip()})


async def _another_day(turn: Turn, state: Told) -> Outcome | None:
    """A new day or new hours, as an answer or after the preview."""
    said = read_moving(turn.text, turn.today)
    if said.invalid:
        return _ask(BAD_DATE.format(words=said.invalid), state, state["asks"])
    if not said.is_timed:
        return None
    return await _go_on(turn, {**state, **laid_over(state, said)})


async def _move(turn: Turn, told: Told) -> Outcome:
    """Move it, where that still may be; what changed since the preview is shown first."""
    old = await turn.store.activities.get(told["id"])
    hours = new_hours(turn, told, old)
    refusal = await _why_it_stays(turn, old)
    if refusal:
        return Done(refusal)
    if isinstance(hours, str):
        return _ask(hours, {**told, **NOTHING}, "day")
    if hours.starts_at != old.starts_at and await planning.taken(turn, hours.starts_at):
        return _ask(TAKEN, told, "day")
    if set(await planning.warnings(turn, hours, old)) - set(told.get("warned", [])):
        return await _preview(turn, told, old, planning.CHANGED)
    if hours.starts_at == old.starts_at:
        return await _end_anew(turn, old, hours)
    return await _stand_elsewhere(turn, told, old, hours)


async def _end_anew(turn: Turn, old: Activity, hours: Hours) -> Outcome:
    """The same activity with another end: its notices, answers and leaves are good as they are."""
    await _set_end(turn, old, hours.ends_at)
    words = ENDS_ANEW.format(topic=old.topic, when=planning.in_words(turn, hours))
    before = int((old.ends_at - old.starts_at).total_seconds()) // 60
    return Done(words, effect=f"reschedule:{END}/{before}/{old.id}")


async def _set_end(turn: Turn, found: Activity, ends_at: datetime) -> None:
    minutes = int((ends_at - found.starts_at).total_seconds()) // 60
    await turn.store.activities.change(found.id, ends_at=ends_at, minutes=minutes)
    await _audit(turn, "change_end", found.id)


async def _stand_elsewhere(turn: Turn, told: Told, old: Activity, hours: Hours) -> Outcome:
    """The new activity names the moment it was moved from; the old one is called off with the cause."""
    row = await turn.store.agenda.row(old.id)
    same = ("branch_id", "topic", "place", "categories", "mode", "audience", "code", "content")
    await turn.store.activities.change(old.id, cancelled_at=turn.now, cause=told["cause"])
    number = await turn.store.agenda.plan(
        **{name: row[name] for name in same},
        starts_at=hours.starts_at,
        ends_at=hours.ends_at,
        moved_from=old.starts_at,
        cause=told["cause"],
        created_at=turn.now,
    )
    await _audit(turn, "move", number)
    new = await turn.store.activities.get(number)
    carried = await carrying.carry_over(turn, old, new)
    words = MOVED.format(
        topic=new.topic,
        old=planning.in_words(turn, old),
        new=planning.in_words(turn, new),
        told=await promises.of_moved(turn, new),
        carried=carried,
        back=f"改期 {_as_said(turn, old)}" if carried else "撤销",
    )
    return Done(words, effect=f"reschedule:{MOVE}/{number}/{old.id}")


async def _call_off(turn: Turn, told: Told) -> Outcome:
    found = await turn.store.activities.get(told["id"])
    refusal = await _why_it_stays(turn, found)
    if refusal:
        return Done(refusal)
    await carrying.release(turn, found)
    await turn.store.activities.change(found.id, cancelled_at=turn.now, cause=told["cause"])
    await _audit(turn, "cancel", found.id)
    words = CANCELLED.format(
        topic=found.topic,
        when=planning.in_words(turn, found),
        cause=told["cause"],
        told=await promises.of_off(turn, found),
    )
    return Done(words, effect=f"reschedule:{CANCEL}/0/{found.id}")


async def _why_it_stays(turn: Turn, found: Activity) -> str:
    """Why an activity is neither moved nor called off: it is over with, has begun, or people are there."""
    if found.cancelled or found.starts_at <= turn.now:
        return BEGUN.format(activity=activity(turn, found))
    attended = await turn.store.activities.attendances(found.id)
    there = sum(one.state in TOOK_PART for one in attended)
    return SIGNED_IN.format(activity=activity(turn, found), count=there) if there else ""


async def _why_off(turn: Turn, old: Activity) -> str:
    """Why what was moved or called off does not stand again where it did."""
    if not old.cancelled:
        return DEALT_WITH
    begins = old.starts_at.replace(second=0)  # one that made room begins seconds later
    for one in await turn.store.agenda.between(old.branch_id, begins, begins + A_MINUTE):
        if one.starts_at >= begins:
            return OCCUPIED.format(activity=activity(turn, one))
    return ""


async def _why_moved_stays(turn: Turn, number: int, old: Activity) -> str:
    if (await turn.store.activities.get(number)).cancelled:
        return DEALT_WITH
    back = _as_said(turn, old)
    if await turn.store.agenda.is_touched(number):
        return ANSWERED.format(old=back)
    return TOLD.format(old=back) if await turn.store.agenda.is_told(number, INVITING) else ""


def _as_said(turn: Turn, found: Activity) -> str:
    return f"{day(turn.local(found.starts_at).date())}{turn.local(found.starts_at):%H:%M}"


async def _audit(turn: Turn, action: str, activity_id: int) -> None:
    target = f"activity:{activity_id}"
    await turn.store.audit.append(turn.now, by_member(turn.speaker.id), action, target)

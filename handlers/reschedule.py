"""A secretary moves an activity within its month for a stated cause, or calls it off (AD-2)."""

from handlers import ahead, changing, planning
from handlers.changing import CANCEL, MOVE
from handlers.choices import is_no, is_yes, says_nothing
from handlers.moment import NOTHING, Told, is_told, laid_over, new_hours, told_by
from handlers.naming import named_in
from handlers.planning import Hours
from handlers.proven import held
from handlers.reading.moving import SHORTEST, Moving, read_moving
from handlers.reading.normal import normalise
from handlers.reading.reply import bad_news
from handlers.reading.speech import asks
from handlers.reading.words import bare
from handlers.topic import Heard, Role, Topic
from handlers.turn import Ask, Done, Outcome, Say, Turn
from handlers.words import activity, day, moment
from scheduler.calendar import month_of
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
CAUSE_IS_TOLD = (
    "原因会写进给大家的通知，请不要写姓名和病情。换一个请直接写新的原因，就这样写请照下面确认。\n\n"
)
OUTSIDE = "改到了别的月份，当月就没有活动了。"
NOT_DONE = "好的，没有改动，活动照常。"
HOW_MOVE = (
    "改期请回复例如：改期 12月8日；改期 12月8日下午2点 因为下雪；改期 推迟一天；改期 延长半小时。"
)
HOW_CANCEL = "取消活动请回复例如：取消活动 场地停电。只是换日子请回复“改期”。"
SAME_TIME = "和原来的时间一样，没有改动。要改到哪天？例如：12月8日。"
TAKEN = "那个时间支部已经安排了别的活动，请换一个，例如：12月8日下午2点。"
TOO_LONG = "原因太长了，最多 200 字，请写短一点。"
LONGEST = 200
DIRECTIONS = ("推迟", "提前", "延期")

topic = Topic("reschedule", "改期 12月8日 因为下雪", "取消活动 场地停电")
topic.undoes(changing.take_back)


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
        return await (_move if state["what"] == MOVE else changing.call_off)(turn, state)
    if is_yes(turn.text) and state["asks"] == "far":
        return await _go_on(turn, {**state, "far": state["over"]})
    said = read_moving(turn.text, turn.today)
    if state.get("private") and said.cause and not said.is_timed and not asks(turn.text):
        return await _go_on(turn, {**state, "cause": said.cause})
    return await _another_day(turn, state) if state["what"] == MOVE else None


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
    refusal = await changing.why_it_stays(turn, found)
    if refusal:
        return Done(refusal)
    if told["what"] == MOVE:
        asked = _missing(turn, told, found)
        if asked is not None:
            return asked
    cause = told["cause"]
    if len(cause) > LONGEST or len(bare(cause)) < SHORTEST or says_nothing(cause):
        why = WHY_MOVE if told["what"] == MOVE else WHY_CANCEL
        words = TOO_LONG if len(cause) > LONGEST else why
        return _ask(words, {**told, "cause": ""}, "cause")
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
    told = {**told, "private": await _is_private(turn, told["cause"])}
    lead += CAUSE_IS_TOLD if told["private"] else ""
    if told["what"] == CANCEL:
        when = planning.in_words(turn, found)
        words = PREVIEW_CANCEL.format(topic=found.topic, when=when, cause=told["cause"])
        return _ask(f"{lead}{words}", told, "yes")
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


async def _is_private(turn: Turn, cause: str) -> bool:
    """Whether a cause names somebody of the branch, or tells of illness or death."""
    people = await turn.store.members.of_branch(turn.speaker.branch_id)
    return bool(named_in(normalise(cause), people)) or bad_news(cause) is not None


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
    refusal = await changing.why_it_stays(turn, old)
    if refusal:
        return Done(refusal)
    if isinstance(hours, str):
        return _ask(hours, {**told, **NOTHING}, "day")
    if hours.starts_at != old.starts_at and await planning.taken(turn, hours.starts_at):
        return _ask(TAKEN, told, "day")
    if set(await planning.warnings(turn, hours, old)) - set(told.get("warned", [])):
        return await _preview(turn, told, old, planning.CHANGED)
    asked = await held(turn, f"改期“{old.topic}”")
    if asked is not None:
        return asked
    if hours.starts_at == old.starts_at:
        return await changing.change_end(turn, old, hours)
    return await changing.stand_elsewhere(turn, told, old, hours)

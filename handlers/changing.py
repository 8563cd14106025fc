"""An activity's end changed, moved or called off, and each of these taken back (AD-2)."""

from datetime import datetime, timedelta

from handlers import carrying, planning, promises
from handlers.moment import Told
from handlers.planning import Hours
from handlers.proven import held
from handlers.topic import Undone
from handlers.trail import noted
from handlers.turn import Done, Outcome, Turn
from handlers.words import activity, day
from storage.agenda import MOVE_UNDONE
from storage.notices import CALL_OFF, TELL_GROUPS, TELL_MEMBERS
from storage.records import TOOK_PART, Activity

MOVED = "已改期：“{topic}”由{old}改到{new}，签到码不变。\n{told}{carried}改错了请回复“{back}”。"
ENDS_ANEW = "已改：“{topic}”{when}。开始时间没有变，不另发通知。改错了请回复“撤销”。"
ENDS_BACK = "已撤销改动，“{topic}”{when}。"
CANCELLED = "已取消“{topic}”，{when}，原因：{cause}。{told}取消错了请回复“撤销”。"
BEGUN = "{activity}已经开始或已取消，不能再改。"
SIGNED_IN = (
    "{activity}已经有 {count} 位同志签到，不能再改期或取消。签错了的，请本人回复“撤销签到”。"
)
DEALT_WITH = "后来这次活动又改期或取消过，不能撤销。请看“活动”，要改请重新回复“改期”。"
OCCUPIED = "那个时间支部已经另外安排了{activity}，不能撤销。要办请改到别的时间。"
MOVED_BACK = "已撤销改期，{activity}照原来的时间举行。"
STANDS_AGAIN = "已撤销取消，{activity}照常举行。"
ANSWERED = "改期后已经有同志答复或请假，不能撤销。要改回来请回复“改期 {old}”。"
TOLD = "改期已经通知大家，不能撤销。要改回来请回复“改期 {old}”。"
TOLD_OFF = "取消已经通知大家，不能撤销。要办请重新回复“发起活动”。"
A_MINUTE = timedelta(minutes=1)
MOVE, CANCEL, END = "move", "cancel", "end"


async def change_end(turn: Turn, old: Activity, hours: Hours) -> Outcome:
    """The same activity with another end: its notices, answers and leaves are good as they are."""
    await _set_end(turn, old, hours.ends_at)
    words = ENDS_ANEW.format(topic=old.topic, when=planning.in_words(turn, hours))
    before = int((old.ends_at - old.starts_at).total_seconds()) // 60
    return Done(words, effect=f"reschedule:{END}/{before}/{old.id}")


async def _set_end(turn: Turn, found: Activity, ends_at: datetime) -> None:
    minutes = int((ends_at - found.starts_at).total_seconds()) // 60
    await turn.store.activities.change(found.id, ends_at=ends_at, minutes=minutes)
    await noted(turn, "change_end", f"activity:{found.id}")


async def stand_elsewhere(turn: Turn, told: Told, old: Activity, hours: Hours) -> Outcome:
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
    await noted(turn, "move", f"activity:{number}")
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


async def call_off(turn: Turn, told: Told) -> Outcome:
    """The activity is not held, for the cause told; leaves from it end, and whoever was told hears of it."""
    found = await turn.store.activities.get(told["id"])
    refusal = await why_it_stays(turn, found)
    if refusal:
        return Done(refusal)
    asked = await held(turn, f"取消活动“{found.topic}”")
    if asked is not None:
        return asked
    await carrying.release(turn, found)
    await turn.store.activities.change(found.id, cancelled_at=turn.now, cause=told["cause"])
    await noted(turn, "cancel", f"activity:{found.id}")
    words = CANCELLED.format(
        topic=found.topic,
        when=planning.in_words(turn, found),
        cause=told["cause"],
        told=await promises.of_off(turn, found),
    )
    return Done(words, effect=f"reschedule:{CANCEL}/0/{found.id}")


async def why_it_stays(turn: Turn, found: Activity) -> str:
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
    return (
        TOLD.format(old=back)
        if await turn.store.agenda.is_told(number, (*TELL_MEMBERS, *TELL_GROUPS))
        else ""
    )


def _as_said(turn: Turn, found: Activity) -> str:
    return f"{day(turn.local(found.starts_at).date())}{turn.local(found.starts_at):%H:%M}"


async def take_back(turn: Turn, reference: str) -> Undone:
    """What nobody was told of stands again as it did."""
    what, number, before = reference.split("/")
    old = await turn.store.activities.get(int(before))
    if what == END:
        return await _end_as_before(turn, old, int(number))
    refusal = await _why_off(turn, old)
    if what == MOVE:
        refusal = await _why_moved_stays(turn, int(number), old) or refusal
    elif await turn.store.agenda.is_told(old.id, CALL_OFF):
        refusal = TOLD_OFF
    if refusal:
        return Undone(refusal, taken_back=False)
    if what == MOVE:
        await turn.store.agenda.withdraw(int(number), turn.now, MOVE_UNDONE)
    words = MOVED_BACK if what == MOVE else STANDS_AGAIN
    words = words.format(activity=activity(turn, old)) + await carrying.restore(turn, old)
    await turn.store.activities.change(old.id, cancelled_at=None, cause="")
    await noted(turn, "restore", f"activity:{old.id}")
    return Undone(words)


async def _end_as_before(turn: Turn, found: Activity, minutes: int) -> Undone:
    if found.cancelled or found.closed or found.starts_at <= turn.now:
        return Undone(BEGUN.format(activity=activity(turn, found)), taken_back=False)
    hours = Hours(found.starts_at, found.starts_at + timedelta(minutes=minutes))
    await _set_end(turn, found, hours.ends_at)
    return Undone(ENDS_BACK.format(topic=found.topic, when=planning.in_words(turn, hours)))

"""Who will hear of an activity, of its move or of its calling off, and when: nothing that the scheduler does not keep."""

from datetime import timedelta

from handlers.notify import morning
from handlers.turn import Turn
from handlers.words import day
from scheduler.activities import is_expected
from scheduler.invitations import invites_at
from storage.notices import TELL_GROUPS, TELL_MEMBERS
from storage.recipients import Recipients
from storage.records import Activity, Member

SOON = "随后通知应参加的 {count} 位同志"
LATER = "{when}后通知应参加的 {count} 位同志"
UNREACHED = "（其中 {count} 位没有绑定账号或不接收，请另行转告）"
REMINDED = "，活动前 {days} 天提醒还没答复的同志"
CHANGE_TOLD = "以前通知过的 {count} 位同志{when}会收到{what}的消息"
GROUP_TOLD = "群里也会通知"
OTHERS = "其余的，"
NOBODY_TOLD = "还没有通知过大家，不另发消息"
AT_ONCE, IN_THE_MORNING = "马上", "早上 {hour} 点"
HOUR = "{day} {hour}点"
MOVED, OFF = "改期", "取消"


async def of_new(turn: Turn, found: Activity) -> str:
    """Who is invited to an activity, and when."""
    return await _invited(turn, found, await _waiting(turn, found))


async def of_moved(turn: Turn, found: Activity) -> str:
    """Whoever was told of an earlier date is told at once; the others are invited in their turn."""
    told = await turn.store.agenda.told(found, TELL_MEMBERS)
    others = [one for one in await _waiting(turn, found) if one.id not in told]
    changed = await _of_change(turn, found, told, MOVED)
    if not changed:
        return await _invited(turn, found, others)
    reached = await _reached(turn, others)
    later = f"；{OTHERS}{await _invited(turn, found, others)}" if reached else "。"
    return f"{changed}{later}"


async def of_off(turn: Turn, found: Activity) -> str:
    """Whoever was told that it is held is told at once that it is not."""
    told = await turn.store.agenda.told(found, TELL_MEMBERS)
    return f"{await _of_change(turn, found, told, OFF) or NOBODY_TOLD}。"


async def _waiting(turn: Turn, found: Activity) -> list[Member]:
    """Who is expected and has not asked leave."""
    people = await turn.store.members.of_branch(found.branch_id)
    excused = {one.member_id for one in await turn.store.activities.leaves_from(found.id)}
    return [one for one in people if is_expected(one, found) and one.id not in excused]


async def _of_change(turn: Turn, found: Activity, told: set[int], what: str) -> str:
    groups = await turn.store.agenda.told(found, TELL_GROUPS)
    if not told and not groups:
        return ""
    night = morning(turn)
    when = IN_THE_MORNING.format(hour=turn.local(night).hour) if night else AT_ONCE
    words = [CHANGE_TOLD.format(count=len(told), when=when, what=what)] if told else []
    return "，".join([*words, *([GROUP_TOLD] if groups else [])])


async def _invited(turn: Turn, found: Activity, people: list[Member]) -> str:
    rules, begins = turn.house.rules, turn.local(found.starts_at)
    goes_at = invites_at(begins.date(), rules, turn.now)
    when = HOUR.format(day=day(goes_at.date()), hour=goes_at.hour) if goes_at else ""
    missing = len(people) - len(await _reached(turn, people))
    parts = [(LATER if when else SOON).format(when=when, count=len(people))]
    parts += [UNREACHED.format(count=missing)] if missing else []
    ahead = rules.policy.activities.remind_days
    if turn.today + timedelta(days=ahead) < begins.date():
        parts.append(REMINDED.format(days=ahead))
    return "".join([*parts, "。"])


async def _reached(turn: Turn, people: list[Member]) -> set[int]:
    """Those who have an account and did not refuse."""
    found = await Recipients(turn.store.unit).people({one.id for one in people})
    return {one.id for one in found.values() if one.user and not one.refuses}

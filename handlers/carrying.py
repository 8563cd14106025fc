"""Leave from an activity that is moved or called off: asked anew for the new day, or waiting no longer (AD-2)."""

from datetime import datetime

from handlers import excuses
from handlers.notify import tell_answer, tell_secretaries
from handlers.turn import Turn
from handlers.words import activity, day
from storage.records import Activity, Leave, RequestKind, State

WAITS_ANEW = (
    "{old}已改期，您的请假转到{new}，等待支部书记批准（第 {no} 号）。能参加了请回复“参加 {day}”。"
)
CARRIED = "{count} 位同志的请假已转到新的时间，需要重新批准，请回复“待办”查看。"

GRANTED_AGAIN = "{count} 位同志的请假恢复有效。"
WAIT_AGAIN = "{count} 位同志的请假重新等待批准。"


async def carry_over(turn: Turn, old: Activity, new: Activity) -> str:
    """Every leave waits anew for the new day, a granted one too; words for the secretary, or ''."""
    count, on = 0, day(turn.local(new.starts_at).date())
    for leave in await turn.store.activities.leaves_from(old.id):
        await excuses.take_back(turn, leave)
        member = await turn.store.members.get(leave.member_id)
        if member.branch_id != new.branch_id:
            continue
        _leave, no = await excuses.ask(turn, new, member, leave.reason)
        words = WAITS_ANEW.format(old=activity(turn, old), new=activity(turn, new), no=no, day=on)
        await tell_answer(turn, member.id, words)
        count += 1
    if not count:
        return ""
    await tell_secretaries(turn, new.branch_id)
    return CARRIED.format(count=count)


async def release(turn: Turn, found: Activity) -> None:
    """Nobody is on leave from what is not held: what waits is withdrawn, what was granted is corrected."""
    for leave in await turn.store.activities.leaves_from(found.id):
        await excuses.take_back(turn, leave)


async def restore(turn: Turn, found: Activity) -> str:
    """What the calling off took back waits again; words for the secretary, or ''."""
    off_at = (await turn.store.agenda.row(found.id))["cancelled_at"]
    count = 0
    for request in await turn.store.requests.withdrawn(RequestKind.LEAVE, found.branch_id, off_at):
        leave = await turn.store.activities.leave(request.subject_id or 0)
        if leave.activity_id != found.id or await _stands(turn, leave):
            continue
        await turn.store.activities.decide_leave(leave.id, State.PENDING)
        await turn.store.requests.reopen(request.id)
        count += 1
    waiting = WAIT_AGAIN.format(count=count) if count else ""
    granted = await _grant_again(turn, found, off_at)
    return waiting + (GRANTED_AGAIN.format(count=granted) if granted else "")


async def _grant_again(turn: Turn, found: Activity, off_at: datetime) -> int:
    """The leaves that the calling off corrected stand again, each with an entry of its own; how many."""
    count = 0
    for correction in await turn.store.ledger.corrections(found.branch_id, off_at):
        leave = await turn.store.activities.ended_leave(found.id, correction["member_id"])
        if leave is None or await _stands(turn, leave):
            continue
        before = await turn.store.ledger.row(found.branch_id, correction["corrects"])
        await turn.store.activities.decide_leave(leave.id, State.APPROVED)
        granted = excuses.Granted(leave.reason, before["by_member_id"], before["recorded_at"])
        await excuses.excuse(turn, found, leave.member_id, granted)
        count += 1
    return count


async def _stands(turn: Turn, leave: Leave) -> bool:
    return await turn.store.activities.leave_of(leave.activity_id, leave.member_id) is not None

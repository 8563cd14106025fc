"""Leave and absence as records: granted, ended, given back; and absent where an activity is closed (AD-10)."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from handlers.turn import Turn
from handlers.words import activity
from scheduler.activities import MAY_BE_ADDED_DAYS, is_expected
from storage.records import (
    TOOK_PART,
    Activity,
    Attendance,
    EntryKind,
    Leave,
    Member,
    Presence,
    RequestKind,
    State,
)

REQUEST = "{activity}请假：{reason}"
ENTRY = "请假：{topic}"
ENDED = "撤销第 {no} 条：{entry}"
GRANTED_AGAIN = "之前批准的请假恢复有效。"
WAITS_AGAIN = "之前的请假恢复，等待批准。"
STANDS_SINCE = "后来提出的请假仍然有效。"
WAS_ABSENT = -1  # in place of a ledger entry's number
MAY_BE_ADDED = timedelta(days=MAY_BE_ADDED_DAYS)


async def ask(turn: Turn, missed: Activity, member: Member, reason: str) -> tuple[int, int]:
    """A leave that waits for the secretary; the numbers of the leave and of its request."""
    number = await turn.store.activities.ask_leave(missed.id, member.id, reason, turn.now)
    words = REQUEST.format(activity=activity(turn, missed), reason=reason) + turn.proxy_mark
    request = await turn.store.requests.open(
        RequestKind.LEAVE, member.id, member.branch_id, words, turn.now, subject_id=number
    )
    return number, request


@dataclass(frozen=True, slots=True)
class Granted:
    """A leave as it was granted: its reason, by whom, and when."""

    reason: str
    by: int
    at: datetime


async def excuse(turn: Turn, missed: Activity, member_id: int, granted: Granted) -> None:
    """A granted leave stands in the ledger and in the attendance, also where somebody was absent."""
    no = await turn.store.ledger.append(
        missed.branch_id,
        member_id,
        EntryKind.LEAVE,
        turn.local(missed.starts_at).date(),
        ENTRY.format(topic=missed.topic),
        by=turn.speaker.id,
        at=turn.now,
    )
    await turn.store.activities.unattend(missed.id, member_id)
    excused = Attendance(missed.id, member_id, Presence.LEAVE, granted.at, 0, no)
    turn.store.activities.attend(excused, by=granted.by, reason=granted.reason)


async def stand_absent(turn: Turn, missed: Activity, member_id: int) -> None:
    """Whoever is nowhere once an activity is closed is absent, unless nobody at all was recorded."""
    if not missed.closed or await turn.store.activities.attendance_of(missed.id, member_id):
        return
    if not is_expected(await turn.store.members.get(member_id), missed):
        return
    if await is_recorded(turn, missed):
        absent = Attendance(missed.id, member_id, Presence.ABSENT, turn.now, 0, 0)
        turn.store.activities.attend(absent, by=None)


async def is_recorded(turn: Turn, found: Activity) -> bool:
    """Whether anybody took part; where nobody did, nobody is absent either."""
    attended = await turn.store.activities.attendances(found.id)
    return any(one.state in TOOK_PART for one in attended)


async def unattend(turn: Turn, found: Activity, member_id: int) -> None:
    """Somebody took no part after all; was it the only one of a closed activity, nobody is absent."""
    await turn.store.activities.unattend(found.id, member_id)
    if found.closed and not await is_recorded(turn, found):
        for one in await turn.store.activities.attendances(found.id):
            if one.state is Presence.ABSENT:
                await turn.store.activities.unattend(found.id, one.member_id)


async def take_back(turn: Turn, found: Leave) -> None:
    """End a leave; a granted one leaves its entry in the ledger and gains a correction."""
    member_id = found.member_id
    await _withdraw(turn, found)
    missed = await turn.store.activities.get(found.activity_id)
    excused = await turn.store.activities.attendance_of(missed.id, member_id)
    if found.state is State.APPROVED and excused and excused.state is Presence.LEAVE:
        await turn.store.activities.unattend(missed.id, member_id)
        entry = ENTRY.format(topic=missed.topic)
        await turn.store.ledger.append(
            missed.branch_id,
            member_id,
            EntryKind.CORRECTION,
            turn.today,
            ENDED.format(no=excused.ledger_no, entry=entry),
            by=turn.by.id,
            at=turn.now,
            corrects=excused.ledger_no,
        )
    await stand_absent(turn, missed, member_id)


async def make_way(turn: Turn, found: Activity) -> tuple[int, int]:
    """Whoever was excused or absent takes part: (leave, entry) for `stand_as_before` to go back by."""
    before = await turn.store.activities.attendance_of(found.id, turn.speaker.id)
    entry_no = 0
    if before is not None:
        entry_no = WAS_ABSENT if before.state is Presence.ABSENT else before.ledger_no
        await turn.store.activities.unattend(found.id, turn.speaker.id)
    return await end_for(turn, found), entry_no


async def stand_as_before(turn: Turn, found: Activity, leave_id: int, entry_no: int) -> str:
    """The leave or the absence that somebody's taking part had ended."""
    back = await give_back(turn, found, leave_id, max(entry_no, 0)) if leave_id else ""
    if entry_no == WAS_ABSENT:
        await stand_absent(turn, found, turn.speaker.id)
    return back


async def end_for(turn: Turn, found: Activity) -> int:
    """Somebody who asked leave and came all the same takes part; the leave's id, or 0."""
    leave = await turn.store.activities.leave_of(found.id, turn.speaker.id)
    if leave is None:
        return 0
    await _withdraw(turn, leave)
    return leave.id


async def give_back(turn: Turn, found: Activity, leave_id: int, leave_no: int) -> str:
    """The leave as it stood before: granted (it has its ledger entry) or still waiting."""
    if found.cancelled:
        return ""
    if await turn.store.activities.leave_of(found.id, turn.speaker.id) is not None:
        return STANDS_SINCE
    await turn.store.activities.decide_leave(
        leave_id, State.APPROVED if leave_no else State.PENDING
    )
    if leave_no:
        granted = await turn.store.ledger.row(found.branch_id, leave_no)
        at, by = granted["recorded_at"], granted["by_member_id"]
        excused = Attendance(found.id, turn.speaker.id, Presence.LEAVE, at, 0, leave_no)
        reason = (await turn.store.activities.leave(leave_id)).reason
        turn.store.activities.attend(excused, by=by, reason=reason)
        return GRANTED_AGAIN
    request = await turn.store.requests.about(RequestKind.LEAVE, leave_id)
    if request is not None and request.state is State.WITHDRAWN:
        await turn.store.requests.reopen(request.id)
    return WAITS_AGAIN


async def _withdraw(turn: Turn, leave: Leave) -> None:
    await turn.store.activities.decide_leave(leave.id, State.WITHDRAWN)
    request = await turn.store.requests.about(RequestKind.LEAVE, leave.id)
    if request is not None and request.state is State.PENDING:
        await turn.store.requests.decide(request.id, State.WITHDRAWN, by=None, at=turn.now)

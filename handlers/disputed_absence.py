"""An absence that its member says is wrong: asked of the secretary, who decides; the record follows (MR-3, AD-10)."""

import re

from handlers import excuses
from handlers.choices import chosen, numbered
from handlers.notify import tell_secretaries
from handlers.reading.absence import claimed
from handlers.reading.dates import find_dates
from handlers.reading.words import bare
from handlers.topic import Verdict
from handlers.turn import Ask, Done, Outcome, Say, Turn
from handlers.words import PRESENCE_WORDS, activity
from storage.records import (
    Activity,
    Attendance,
    EntryKind,
    Presence,
    Request,
    RequestKind,
    State,
)

NONE = "没有您缺席的记录。回复“我的签到”可查看；现在要签到请回复“签到”，要请假请回复“请假 原因”。"
NONE_THAT_DAY = "那天没有您缺席的记录。回复“我的签到”可查看。"
WHICH = "您说的是哪一次？请回复序号：\n{choices}\n都不是请回复“取消”。"
SENT = "{sent}：{activity}记为缺席，您说{claim}（第 {no} 号）。核对后告诉您，在那以前记录不改。说错了请回复“撤销”。"
ASKED, NOTED = "已请支部书记核对", "已记下，等支部书记核对"
SENT_BEFORE = "{activity}的缺席您已经提出过异议（第 {no} 号），正在核对。"
DISPUTE = "{activity}记为缺席，本人说{claim}：{words}"
CLAIM = re.compile("，本人说(到场参加了|线上参加了|请过假|没有缺席)：")
CLAIMS = {
    Presence.PRESENT: "到场参加了",
    Presence.REMOTE: "线上参加了",
    Presence.LEAVE: "请过假",
    Presence.ABSENT: "没有缺席",
}
HOW_IT_WAS = (Presence.PRESENT, Presence.REMOTE, Presence.LEAVE)
WORDS_OF_HOW = (
    frozenset({"现场", "到场", "现场参加", "到场参加"}),
    frozenset({"线上", "远程", "线上参加", "远程参加"}),
    frozenset({"请假", "请过假"}),
)
ENTRY = "参加活动“{topic}”，{how}，经核对补记"
PUT_RIGHT = "已把{member}在{activity}的缺席改记为{how}，另记了一条。"
NOT_ABSENT = "{member}在{activity}的记录已经不是缺席，没有再改。"
KEPT = "已答复{member}：{activity}的缺席维持不变。"
PUT_RIGHT_TO_MEMBER = "您提出的第 {no} 号异议已核实：{activity}改记为{how}，请回复“我的记录”核对。"
NOT_ABSENT_TO_MEMBER = "您提出的第 {no} 号异议已核对：{activity}的记录已经不是缺席。"
KEPT_TO_MEMBER = "您提出的第 {no} 号异议已核对，{activity}的缺席没有改动：{reason}"
CHECKED = "经核对无误"
LISTED = 5
LONGEST_WORDS = 200

TOPIC = "absence"  # whose question it is which absence is meant


async def dispute(turn: Turn, text: str) -> Outcome:
    """Of the day that was named, else of the only absence; else it is asked."""
    absent = await absences(turn)
    days = {(one.day.month, one.day.day) for one in find_dates(text, turn.today)}
    found = [one for one in absent if not days or _day(turn, one) in days]
    if not found:
        return Say(NONE_THAT_DAY if absent else NONE)
    words, claim = turn.said.strip()[:LONGEST_WORDS], str(claimed(text))
    if len(found) == 1:
        return await send(turn, found[0], claim, words)
    shown = found[:LISTED]
    choices = numbered([activity(turn, one) for one in shown])
    state = {"ids": [one.id for one in shown], "claim": claim, "words": words}
    return Ask(WHICH.format(choices=choices), TOPIC, state)


async def absences(turn: Turn) -> list[Activity]:
    """What the speaker is on record as absent from, newest first."""
    history = await turn.store.activities.history(turn.speaker.id)
    return [one for attended, one in history if attended.state is Presence.ABSENT]


def _day(turn: Turn, found: Activity) -> tuple[int, int]:
    """Month and day: what is over is meant, also where 3月10日 is read as the coming one."""
    on = turn.local(found.starts_at)
    return on.month, on.day


def activity_of(request: Request) -> int | None:
    """The activity whose absence a request disputes; None where it disputes a ledger entry."""
    number = request.subject_id or 0
    return -number if number < 0 else None


async def settle(turn: Turn, request: Request, approved: bool, reason: str) -> Verdict:
    """Upheld, the attendance becomes what was said, with its entry; refused, it stays."""
    found = await turn.store.activities.get(activity_of(request) or 0)
    there = await turn.store.activities.attendance_of(found.id, request.member_id)
    words = {"member": request.member, "activity": activity(turn, found), "no": request.id}
    if there is None or there.state is not Presence.ABSENT:
        return Verdict(NOT_ABSENT.format(**words), NOT_ABSENT_TO_MEMBER.format(**words))
    if not approved:
        why = KEPT_TO_MEMBER.format(**words, reason=reason or CHECKED)
        return Verdict(KEPT.format(**words), why)
    how = (read_how(reason) if leaves_open(request) else None) or _claim(request)
    await _put_right(turn, found, request.member_id, how)
    words["how"] = PRESENCE_WORDS[how]
    return Verdict(PUT_RIGHT.format(**words), PUT_RIGHT_TO_MEMBER.format(**words))


def leaves_open(request: Request) -> bool:
    """Whether the member only denied the absence: how it was is for the secretary to say."""
    is_absence = request.kind is RequestKind.DISPUTE and activity_of(request) is not None
    return is_absence and _claim(request) is Presence.ABSENT


def read_how(text: str) -> Presence | None:
    """现场, 线上 or 请假, in words or by its number."""
    place = chosen(text, len(HOW_IT_WAS))
    if place is not None:
        return HOW_IT_WAS[place]
    said = zip(HOW_IT_WAS, WORDS_OF_HOW, strict=True)
    return next((how for how, words in said if bare(text) in words), None)


def _claim(request: Request) -> Presence:
    said = CLAIM.search(request.text)
    return next(one for one, word in CLAIMS.items() if said and said[1] == word)


async def _put_right(turn: Turn, found: Activity, member_id: int, how: Presence) -> None:
    if how is Presence.LEAVE:
        granted = excuses.Granted(CHECKED, turn.speaker.id, turn.now)
        await excuses.excuse(turn, found, member_id, granted)
        return
    no = await turn.store.ledger.append(
        found.branch_id,
        member_id,
        EntryKind.ACTIVITY,
        turn.local(found.starts_at).date(),
        ENTRY.format(topic=found.topic, how=PRESENCE_WORDS[how]),
        by=turn.speaker.id,
        at=turn.now,
    )
    await turn.store.activities.unattend(found.id, member_id)
    there = Attendance(found.id, member_id, how, turn.now, 0, no)
    turn.store.activities.attend(there, by=turn.speaker.id)


async def send(turn: Turn, found: Activity, claim: str, words: str) -> Outcome:
    """Let the secretary decide on one absence, once."""
    named = activity(turn, found)
    for one in await turn.store.requests.of_member(turn.speaker.id):
        same = one.kind is RequestKind.DISPUTE and activity_of(one) == found.id
        if same and one.state is State.PENDING:
            return Done(SENT_BEFORE.format(activity=named, no=one.id))
    said = CLAIMS[Presence(claim)]
    text = DISPUTE.format(activity=named, claim=said, words=words)
    number = await turn.store.requests.open(
        RequestKind.DISPUTE, turn.speaker.id, found.branch_id, text, turn.now, subject_id=-found.id
    )
    unreached = await tell_secretaries(turn, found.branch_id)
    sent = NOTED if unreached else ASKED
    words = SENT.format(activity=named, claim=said, no=number, sent=sent)
    return Done(f"{words}{unreached}", effect=f"appeal:{number}")

"""A member's own records, laid out like the certificate, and their word on each entry (MR-2, MR-3)."""

import re
from collections.abc import Awaitable, Callable

from handlers import disputed_absence
from handlers.choices import says_nothing
from handlers.notify import tell_secretaries
from handlers.reading.absence import says_not_absent
from handlers.reading.numerals import NUMERAL, read_row
from handlers.reading.speech import asks
from handlers.reading.words import bare
from handlers.topic import Heard, Topic, Verdict, own_words
from handlers.turn import Ask, Done, Outcome, Say, Turn
from handlers.words import PRESENCE_WORDS, contact, full_day, moment, state_words
from storage.records import Entry, EntryKind, Presence, Request, RequestKind, State

SECTIONS = (
    ("组织生活", (EntryKind.ACTIVITY, EntryKind.LEAVE)),
    ("党费", (EntryKind.DUES,)),
    ("思想汇报", (EntryKind.REPORT,)),
    ("外出与所在地", (EntryKind.STINT, EntryKind.PLACE)),
)
MARKS = {"pending": "待核对", "confirmed": "已核对", "disputed": "有异议"}
HEADING = "流动党员活动证 · {name}（{branch}，{category}）"
LINE = "{no}. {day}　{text}　[{mark}]"
FOOT = "核对无误回复“确认 序号”，有误回复“有误 序号 原因”。"
OLDER = "（更早的 {count} 条请向支部书记查询）"
NOTHING = "还没有您的记录。"
CHECK_INS = "您的签到记录：\n{lines}"
CHECK_IN = "{day}　{topic}　{how}"
NO_CHECK_INS = "还没有您的签到记录。"
ABSENT = "缺席"
ABSENT_FOOT = "缺席记错了的，请回复例如：没缺席 10月5日 我签过到的。"
CONFIRMED = "第 {no} 条已核对：{text}。"
ALREADY = "第 {no} 条您已经核对过了。"
SENT, WAITS = "已转支部书记处理", "等支部书记处理"
DISPUTED = (
    "第 {no} 条已标为有异议：{reason}。{sent}（第 {request} 号），原记录不改动，更正会另记一条。"
)
DISPUTED_BEFORE = "第 {no} 条您已经提出过异议（第 {request} 号），正在处理。"
CORRECTED_BEFORE = "第 {no} 条已经更正过，不作数了。"
DISPUTE = "对记实档案第 {no} 条有异议：{reason}"
WHICH = "请写上序号，例如：确认 12。回复“我的记录”可查看序号。"
WHICH_WRONG = (
    "要改刚才的登记，请先回复“撤销”，再重新发一次；对记实档案有异议，请回复例如：有误 12 原因。"
)
WHY = "第 {no} 条哪里有误？请写一下原因。"
NOT_YOURS = "没有找到您的第 {no} 条记录。回复“我的记录”可查看序号。"
HOW = "回复“我的记录”查看自己的记录；无误回复“确认 12”，有误回复“有误 12 原因”。"
LATEST = 30
LATEST_CONTACTS = 5
CONTACTS = "【联系】"
MY_MATTERS = {
    "我的请假": RequestKind.LEAVE,
    "我的求助": RequestKind.HELP,
    "我的意见": RequestKind.SUGGESTION,
    "我的建议": RequestKind.SUGGESTION,
    "我的思想汇报": RequestKind.REPORT,
    "我的异议": RequestKind.DISPUTE,
}
MATTER = "第 {no} 号　{text}　{state}"
NO_MATTERS = "没有您提交过的这类事项。"
UPHELD = "已更正{member}记实档案第 {no} 条，原记录不改动，另记了一条更正。"
KEPT = "已答复{member}：记实档案第 {no} 条维持不变。"
CORRECTION = "更正：第 {no} 条（{text}）经核对有误，不作数"
TO_MEMBER = {
    True: "您提出的第 {no} 条异议已核实更正，请按实际情况重新登记。",
    False: "您提出的第 {no} 条异议已核对：{reason}",
}

NUMBER = re.compile(rf"(?:第 ?)?({NUMERAL}) ?(?:条|号|项)?")

MARKING = re.compile("(?:(?:确认|核对) ?第? ?[0-9]+ ?[条号]?$|有误 ?第? ?[0-9]+(?![0-9月日点]))")
DIRECTLY = re.compile(rf"[ ,:]*(?:第 ?)?{NUMERAL} ?(?:条|号|项)?(?![块元月日点])")

Correct = Callable[[Turn, Entry], Awaitable[str]]
corrections: dict[EntryKind, Correct] = {}
topic = Topic("ledger", "我的记录", "我的党费", "我的签到")


@topic.is_whole
def is_mark(turn: Turn, text: str) -> bool:
    """确认 12, 有误 12 原因: an entry's number tells them from an answer."""
    del turn
    return bool(MARKING.match(text))


@topic.says(
    "我的",
    "我的记录",
    "我的档案",
    "看看我的记录",
    "查我的记录",
    "查一下我的记录",
    "我的台账",
    rest=False,
)
@topic.mentions("我的记录", "我的档案")
async def mine(turn: Turn, heard: Heard) -> Outcome:
    """Everything on record about the speaker, by the certificate's sections."""
    del heard
    entries = await turn.store.ledger.of_member(turn.speaker.id)
    corrected = {(one.branch_id, one.corrects) for one in entries}
    standing = [one for one in entries if (one.branch_id, one.no) not in corrected]
    lines = []
    for title, kinds in SECTIONS:
        shown = [one for one in standing[:LATEST] if one.kind in kinds]
        if shown:
            lines += [f"【{title}】", *map(_line, shown)]
    in_touch = await turn.store.contacts.of_member(turn.speaker.id)
    if in_touch:
        lines += [CONTACTS, *(contact(row) for row in in_touch[:LATEST_CONTACTS])]
    if not lines:
        return Say(NOTHING)
    member = turn.speaker
    heading = HEADING.format(name=member.name, branch=member.branch, category=member.category)
    older = [OLDER.format(count=len(standing) - LATEST)] if len(standing) > LATEST else []
    return Say("\n".join([heading, *lines, *older, FOOT]))


@topic.says("我的签到", "签到记录", "我的签到记录", "查我的签到", "看看我的签到", rest=False)
@topic.mentions("我的签到", "签到记录", "签到了几次", "签到几次")
async def my_check_ins(turn: Turn, heard: Heard) -> Outcome:
    """How the speaker took part in each activity."""
    del heard
    found = await turn.store.activities.history(turn.speaker.id)
    lines = [
        CHECK_IN.format(
            day=moment(turn, activity.starts_at),
            topic=activity.topic,
            how=PRESENCE_WORDS[attended.state],
        )
        for attended, activity in found[:LATEST]
    ]
    if not lines:
        return Say(NO_CHECK_INS)
    is_absent = any(one.state is Presence.ABSENT for one, _ in found[:LATEST])
    foot = [ABSENT_FOOT] if is_absent else []
    return Say("\n".join([CHECK_INS.format(lines="\n".join(lines)), *foot]))


@topic.says(*MY_MATTERS, rest=False)
async def my_matters(turn: Turn, heard: Heard) -> Outcome:
    """我的请假, 我的求助 and the like: what was handed in, and where it stands."""
    kind = MY_MATTERS[heard.head]
    found = [
        one for one in await turn.store.requests.of_member(turn.speaker.id) if one.kind is kind
    ]
    lines = [
        MATTER.format(no=one.id, text=one.text, state=state_words(kind, one.state))
        for one in found[-LATEST:]
    ]
    return Say("\n".join(lines) or NO_MATTERS)


@topic.says("确认", "核对", "确认第", "核对无误")
async def confirm(turn: Turn, heard: Heard) -> Outcome:
    """确认 12: the member stands by the entry (MR-3)."""
    numbers = _numbers(heard.text)
    if not numbers:
        return Say(HOW if asks(heard.text) else WHICH)
    return Done("\n".join([await _confirm(turn, number) for number in numbers[:LATEST]]))


@topic.reads(
    lambda turn, text: bool(
        re.fullmatch(rf"第 ?{NUMERAL} ?[条号项] ?(?:确认|无误|没问题|对的).{{0,4}}", text)
    )
)
async def confirm_behind(turn: Turn, heard: Heard) -> Outcome:
    """第8条确认."""
    return await confirm(turn, heard)


@topic.says("有误", "不对", "记错了")
@topic.reads(lambda turn, text: bool(re.match(rf"第 ?{NUMERAL} ?[条号项] ?(?:有误|不对|错)", text)))
async def dispute(turn: Turn, heard: Heard) -> Outcome:
    """有误 12 原因: the entry stays, the secretary hears of it."""
    number = _number(heard.rest or heard.text) if DIRECTLY.match(heard.rest or heard.text) else None
    entry = await _mine(turn, number) if number is not None else None
    reason = _reason(own_words(turn, heard), number or 0)
    denies = says_not_absent(reason, turn.today)  # an absence has no number
    if denies and (entry is None or (ABSENT in reason and await disputed_absence.absences(turn))):
        return await disputed_absence.dispute(turn, reason)
    if number is None:
        return Say(WHICH_WRONG)
    if entry is None:
        return Say(NOT_YOURS.format(no=number))
    if not reason:
        return Ask(WHY.format(no=number), topic.name, {"no": number})
    return await _dispute(turn, entry, reason)


@topic.answers
async def why(turn: Turn) -> Outcome | None:
    """The reason of a dispute."""
    state = turn.dialog.state if turn.dialog else {}
    entry = await _mine(turn, state["no"])
    if entry is None or not bare(turn.text) or asks(turn.text):
        return None
    if says_nothing(turn.text):
        return Ask(WHY.format(no=entry.no), topic.name, state)
    return await _dispute(turn, entry, turn.said.strip())


@topic.decides(RequestKind.DISPUTE)
async def settle(turn: Turn, request: Request, approved: bool, reason: str) -> Verdict:
    """A dispute upheld gains a correction that names the entry (MR-3); what stood on it is taken back."""
    if disputed_absence.activity_of(request) is not None:
        return await disputed_absence.settle(turn, request, approved, reason)
    found = await turn.store.ledger.of_member(request.member_id, request.subject_id)
    entry = next(one for one in found if one.branch_id == request.branch_id)
    words, undone = (UPHELD if approved else KEPT), ""
    if approved:
        correcting = corrections.get(entry.kind)
        undone = await correcting(turn, entry) if correcting else ""
        text = CORRECTION.format(no=entry.no, text=entry.text)
        await turn.store.ledger.append(
            entry.branch_id,
            entry.member_id,
            EntryKind.CORRECTION,
            turn.today,
            text,
            by=turn.speaker.id,
            at=turn.now,
            corrects=entry.no,
        )
    return Verdict(
        words.format(member=request.member, no=entry.no) + undone,
        TO_MEMBER[approved].format(no=entry.no, reason=reason or "经核对无误"),
    )


async def _confirm(turn: Turn, number: int) -> str:
    entry = await _mine(turn, number)
    if entry is None:
        return NOT_YOURS.format(no=number)
    if entry.state == "confirmed":
        return ALREADY.format(no=number)
    await turn.store.ledger.mark(entry, "confirmed", None, turn.now)
    return CONFIRMED.format(no=number, text=entry.text)


async def _dispute(turn: Turn, entry: Entry, reason: str) -> Outcome:
    for one in await turn.store.requests.of_member(turn.speaker.id):
        same = (one.kind, one.subject_id) == (RequestKind.DISPUTE, entry.no)
        if same and one.branch_id == entry.branch_id and one.state is State.PENDING:
            return Done(DISPUTED_BEFORE.format(no=entry.no, request=one.id))
    known = await turn.store.ledger.of_member(turn.speaker.id)
    if (entry.branch_id, entry.no) in {(one.branch_id, one.corrects) for one in known}:
        return Done(CORRECTED_BEFORE.format(no=entry.no))
    words = DISPUTE.format(no=entry.no, reason=reason)
    await turn.store.ledger.mark(entry, "disputed", reason, turn.now)
    number = await turn.store.requests.open(
        RequestKind.DISPUTE, turn.speaker.id, entry.branch_id, words, turn.now, subject_id=entry.no
    )
    unreached = await tell_secretaries(turn, entry.branch_id)
    sent = WAITS if unreached else SENT
    words = DISPUTED.format(no=entry.no, reason=reason, request=number, sent=sent)
    return Done(f"{words}{unreached}")


async def _mine(turn: Turn, number: int) -> Entry | None:
    found = await turn.store.ledger.of_member(turn.speaker.id, number)
    here = [entry for entry in found if entry.branch_id == turn.speaker.branch_id]
    return next(iter(here or found), None)


def _number(text: str) -> int | None:
    found = NUMBER.search(text)
    return read_row(found[1]) if found else None


def _numbers(text: str) -> list[int]:
    """Every number of a line, each once: 确认 1 2 3."""
    found = [read_row(one[1]) for one in NUMBER.finditer(text)]
    return list(dict.fromkeys(one for one in found if one is not None))


def _reason(words: str, number: int) -> str:
    found = NUMBER.match(words)
    if found and read_row(found[1]) == number:
        words = words[found.end() :]
    return words.strip(" ,，.。:：;；、")


def _line(entry: Entry) -> str:
    day = full_day(entry.occurred_on)
    return LINE.format(no=entry.no, day=day, text=entry.text, mark=MARKS[entry.state])

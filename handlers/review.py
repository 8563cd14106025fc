"""What waits for a secretary, and the words that settle it: 审核, 通过, 退回, 全部通过."""

import re
from dataclasses import replace

from handlers.attachments import of_dues, with_report
from handlers.cases import as_recorded
from handlers.choices import is_no, says_nothing
from handlers.disputed_absence import leaves_open, read_how
from handlers.notify import others_decide, tell_answer
from handlers.proven import held
from handlers.reading.numerals import NUMERAL, read_row
from handlers.reading.speech import asks
from handlers.topic import Decide, Heard, Role, Topic, Undone, own_words
from handlers.turn import Ask, Done, Kind, Outcome, Say, Turn
from storage.audit import by_member
from storage.records import Request, RequestKind, State

KIND_WORDS = {
    RequestKind.DUES: "党费",
    RequestKind.REPORT: "思想汇报",
    RequestKind.LEAVE: "请假",
    RequestKind.STINT: "外出",
    RequestKind.HELP: "求助",
    RequestKind.SUGGESTION: "意见",
    RequestKind.DISPUTE: "异议",
    RequestKind.CASE: "缺席情况",
}
BY_NAME = {name: kind for kind, name in KIND_WORDS.items()}
CASES = "缺席情况由支部研究，研究后回复“办结 序号 处理意见”。"
IS_CASE = "第 {no} 号由支部研究，不用“通过”“退回”。研究后回复“办结 {no} 处理意见”。"
WAITING = "等您处理的有 {count} 件：\n{lines}\n\n同意回复“通过 序号”，不同意回复“退回 序号 原因”；求助和意见回复“通过 序号 答复”。"
ALL_AT_ONCE = "一次办完一类可回复“全部通过 党费”。"
NOT_YOURS = "（您本人的，请其他书记办理）"
LINE = "{no}. {kind}　{member}　{text}"
NOTHING = "现在没有等您处理的事项。"
NOTHING_OF_KIND = "现在没有等您处理的{kind}。"
NOT_FOUND = "没有找到第 {no} 号待处理事项。回复“审核”可查看。"
DONE_BEFORE = "第 {no} 号已经处理过了。"
WITHDRAWN = "第 {no} 号已经撤回，不用办理：本人不办了，或者活动已改期、取消。"
WHICH = "请写上序号，例如：通过 5。回复“审核”可查看序号。"
WHY = "第 {no} 号退回的原因是什么？写给{member}看的，请写一句。"
WHY_IN_WORDS = "退回的原因请写一句，会告诉本人；不退了请回复“取消”。"
PASSED_ON = "已转告本人：{reason}"
FINAL = (
    "最近一次是您处理第 {no} 号：批复已告诉本人，不能撤销，什么也没有改动。\n"
    "通过错了，请本人回复“有误 序号 原因”，您核实后通过，就另记一条更正；退回错了，请本人重新提交。\n"
    "要撤销您别的登记，请写明哪一种，例如：撤销党费。"
)
NOT_RETURNED = "好的，没有退回。"
WHICH_KIND = "请写明哪一类，例如：全部通过 党费。"
ALL_DONE = "已通过 {count} 件{kind}。"
TOO_MANY = "一次最多处理 50 件，请分几次发；一类全部通过可回复“全部通过 党费”。"
OWN = "第 {no} 号是您本人的事项，请由支部其他书记、副书记处理。"
REPORT = "{member}的思想汇报（第 {no} 号）：{attached}\n{text}\n\n审阅完回复“通过 {no}”，要修改回复“退回 {no} 原因”。"
NO_TEXT = "（没有文字）"
WHICH_HOW = "第 {no} 号{member}只说没有缺席。核对下来是哪一种？请回复序号：\n1. 现场参加\n2. 线上参加\n3. 请假"
OPEN_HOW = "第 {no} 号只说没有缺席，没有办理。请写明是哪一种：通过 {no} 现场、通过 {no} 线上，或通过 {no} 请假。"
SHOW_LINES = 20

FIRST = re.compile(rf"第? ?({NUMERAL}) ?[号条件]?(?![月日点个元块天年0-9])[ ,，、和]*")
NUMBER = re.compile(rf"第? ?({NUMERAL}) ?[号条件]?(?=$|[ ,.，。、:：;；!！和])[ ,，、和]*")
CALLED_OFF = re.compile("(?:不退|不用退|先不退|算了)")
MOST_AT_ONCE = 50

topic = Topic("review", "审核", "通过 5", "退回 5 原因", "全部通过 党费")
decisions: dict[RequestKind, Decide] = {}


@topic.says("审核", "待审核", "审批", role=Role.SECRETARY)
async def waiting(turn: Turn, heard: Heard) -> Outcome:
    """Everything that waits in the branch, oldest first, or one kind, or one in full."""
    number = _numbers(heard.rest)[0]
    if number:
        return await _show(turn, number[0])
    kind = BY_NAME.get(heard.rest.strip())
    found = [
        await as_recorded(turn, one)
        for one in await turn.store.requests.pending(turn.speaker.branch_id, kind)
    ]
    if not found:
        return Say(NOTHING_OF_KIND.format(kind=KIND_WORDS[kind]) if kind else NOTHING)
    others = await others_decide(turn)
    lines = "\n".join(
        _line(one) + (NOT_YOURS if others and one.member_id == turn.speaker.id else "")
        for one in found[:SHOW_LINES]
    )
    many = any(sum(one.kind is kind for one in found) > 1 for kind in decisions)
    text = WAITING.format(count=len(found), lines=lines)
    cases = [CASES] if any(one.kind is RequestKind.CASE for one in found) else []
    return Say("\n".join([text, *cases, *([ALL_AT_ONCE] if many else [])]))


@topic.says("看", "查看", "看汇报", role=Role.SECRETARY, numbered=True)
async def show(turn: Turn, heard: Heard) -> Outcome:
    """看 5: one request in full."""
    numbers, _rest = _numbers(heard.rest)
    return await _show(turn, numbers[0]) if numbers else Say(WHICH)


@topic.says("通过", "批准", "已阅", role=Role.SECRETARY, numbered=True)
async def approve(turn: Turn, heard: Heard) -> Outcome:
    """通过 5, or several: 通过 5 6 7; words behind one number go to the member."""
    numbers, rest = _numbers(heard.rest)
    if not numbers:
        return Say(WHICH)
    if len(numbers) > MOST_AT_ONCE:
        return Say(TOO_MANY)
    words = _after_numbers(own_words(turn, heard)) if rest else ""
    asked = await _ask_how(turn, numbers[0], words) if len(numbers) == 1 else None
    return asked or await _settle_all(turn, numbers, True, words)


@topic.says("退回", "驳回", "不批", role=Role.SECRETARY, numbered=True)
async def send_back(turn: Turn, heard: Heard) -> Outcome:
    """退回 5 原因."""
    numbers, rest = _numbers(heard.rest)
    if not numbers:
        return Say(WHICH.replace("通过", "退回"))
    if len(numbers) > MOST_AT_ONCE:
        return Say(TOO_MANY)
    if not rest:
        pending = [await _pending(turn, one) for one in numbers]
        known = [one for one in pending if isinstance(one, Request)]
        if len(known) < len(pending):
            return Say("\n".join([one for one in pending if isinstance(one, str)]))
        cases = [one.id for one in known if one.kind not in decisions]
        if cases:
            return Say("\n".join(IS_CASE.format(no=one) for one in cases))
        whose = "、".join(dict.fromkeys(one.member for one in known))
        which = "、".join(str(one.id) for one in known)
        return Ask(WHY.format(no=which, member=whose), topic.name, {"numbers": numbers})
    reason = _after_numbers(own_words(turn, heard))
    return await _settle_all(turn, numbers, False, reason)


@topic.says("全部通过", "全部同意", "都通过", role=Role.SECRETARY)
async def approve_all(turn: Turn, heard: Heard) -> Outcome:
    """全部通过 党费: every waiting request of one kind, at once."""
    kind = BY_NAME.get(heard.rest.strip())
    if kind is None:
        return Say(WHICH_KIND)
    found = await turn.store.requests.pending(turn.speaker.branch_id, kind)
    if not found:
        return Say(NOTHING_OF_KIND.format(kind=KIND_WORDS[kind]))
    if kind not in decisions:
        return Say(CASES)
    own = [one for one in found if one.member_id == turn.speaker.id and await others_decide(turn)]
    left = [one for one in found if one not in own and leaves_open(one)]
    decided = [one for one in found if one not in own and one not in left]
    settled = await _settle_all(turn, [one.id for one in decided], True, "")
    if turn.forgeable:
        return settled
    lines = [ALL_DONE.format(count=len(decided), kind=KIND_WORDS[kind])] if decided else []
    lines += [OWN.format(no=one.id) for one in own]
    lines += [OPEN_HOW.format(no=one.id) for one in left]
    return replace(settled, text="\n".join(lines))


@topic.answers
async def why(turn: Turn) -> Outcome | None:
    """The reason of a refusal, or how somebody took part who was on record as absent."""
    if turn.kind is not Kind.TEXT or not turn.text:
        return None
    state = turn.dialog.state if turn.dialog else {}
    numbers: list[int] = state["numbers"]
    if "how" in state:
        is_told = read_how(turn.text) is not None
        return await _settle_all(turn, numbers, True, turn.text) if is_told else None
    if is_no(turn.text) or CALLED_OFF.match(turn.text):
        return Done(NOT_RETURNED)
    if asks(turn.text):
        return None
    if says_nothing(turn.text):
        return Ask(WHY_IN_WORDS, topic.name, {"numbers": numbers})
    reason = turn.said.strip()
    return await _settle_all(turn, numbers, False, reason)


@topic.undoes
async def undo(turn: Turn, reference: str) -> Undone:
    """A decision has been told: it is mended, never taken back, and nothing older is instead."""
    del turn
    return Undone(FINAL.format(no=reference), taken_back=False)


async def _settle_all(turn: Turn, numbers: list[int], approved: bool, reason: str) -> Outcome:
    """Decide on each; the last one decided is what 撤销 then speaks of."""
    found = [await _may_decide(turn, number) for number in numbers]
    act = _in_words([one for one in found if isinstance(one, Request)], approved, reason)
    asked = await held(turn, act) if act else None
    if asked is not None:
        return asked
    lines, effect = [], None
    for number in numbers:
        decided = await _may_decide(turn, number)
        if isinstance(decided, Request) and _is_unclear(decided, approved, reason):
            decided = OPEN_HOW.format(no=number)
        if isinstance(decided, Request):
            effect = f"review:{number}"
            decided = await _settle(turn, decided, approved, reason)
        lines.append(decided)
    return Done("\n".join(lines), effect)


def _in_words(requests: list[Request], approved: bool, reason: str) -> str:
    """What is being decided, for somebody who did not say it; "" is nothing."""
    if not requests:
        return ""
    verb = "通过" if approved else "退回"
    named = "、".join(f"{one.id} 号{one.member}的{KIND_WORDS[one.kind]}" for one in requests)
    return f"{verb}{named}{f'（{reason}）' if reason else ''}"


async def _may_decide(turn: Turn, number: int) -> Request | str:
    """What waits with this number, or why the speaker does not decide on it."""
    found = await _pending(turn, number)
    if isinstance(found, str):
        return found
    if found.member_id == turn.speaker.id and await others_decide(turn):
        return OWN.format(no=number)
    if found.kind not in decisions:
        return IS_CASE.format(no=number)
    return found


def _is_unclear(found: Request, approved: bool, reason: str) -> bool:
    """通过 of a bare denial does not say how somebody took part."""
    return approved and leaves_open(found) and read_how(reason) is None


async def _settle(turn: Turn, found: Request, approved: bool, reason: str) -> str:
    """Decide on one request: the topic's records, the request, the audit trail, the member's notice."""
    number = found.id
    verdict = await decisions[found.kind](turn, found, approved, reason)
    state = _state(found.kind, approved)
    by = turn.speaker.id
    await turn.store.requests.decide(number, state, by=by, at=turn.now, answer=reason or None)
    own = "_own" if found.member_id == by else ""
    action = ("approve" if approved else "return") + own
    await turn.store.audit.append(turn.now, by_member(by), action, f"{found.kind}:{number}")
    await tell_answer(turn, found.member_id, verdict.to_member)
    is_how = approved and leaves_open(found)
    said = reason and not is_how and reason in verdict.to_member
    return verdict.to_secretary + (PASSED_ON.format(reason=reason) if said else "")


async def _ask_how(turn: Turn, number: int, words: str) -> Ask | None:
    """The question that 通过 leaves open where somebody only denied an absence."""
    found = await _pending(turn, number)
    if isinstance(found, str) or not leaves_open(found) or read_how(words) is not None:
        return None
    if found.member_id == turn.speaker.id and await others_decide(turn):
        return None
    asked = WHICH_HOW.format(no=number, member=found.member)
    return Ask(asked, topic.name, {"numbers": [number], "how": True})


async def _pending(turn: Turn, number: int) -> Request | str:
    """The request, or why there is nothing to decide; another branch's does not exist."""
    found = await turn.store.requests.of_branch(number, turn.speaker.branch_id)
    if found is None:
        return NOT_FOUND.format(no=number)
    if found.state is State.PENDING:
        return found
    words = WITHDRAWN if found.state is State.WITHDRAWN else DONE_BEFORE
    return words.format(no=number)


async def _show(turn: Turn, number: int) -> Outcome:
    found = await _pending(turn, number)
    if isinstance(found, str):
        return Say(found)
    if found.kind is not RequestKind.REPORT:
        attached = await of_dues(turn, found) if found.kind is RequestKind.DUES else ""
        return Say("\n".join(filter(None, [_line(await as_recorded(turn, found)), attached])))
    asked = await held(turn, f"看 {number} 号{found.member}的思想汇报")
    if asked is not None:
        return asked
    report = await turn.store.reports.get(found.subject_id or 0)
    await turn.store.audit.append(
        turn.now, by_member(turn.speaker.id), "read", f"report:{report.id}"
    )
    attached = await with_report(turn, found, report)
    text = report.text or NO_TEXT
    return Say(REPORT.format(member=found.member, no=number, text=text, attached=attached))


def _state(kind: RequestKind, approved: bool) -> State:
    if kind is RequestKind.DUES:
        return State.CONFIRMED if approved else State.RETURNED
    if kind is RequestKind.LEAVE:
        return State.APPROVED if approved else State.REFUSED
    if kind in (RequestKind.HELP, RequestKind.SUGGESTION, RequestKind.DISPUTE):
        return State.ANSWERED
    return State.APPROVED if approved else State.RETURNED


def _line(found: Request) -> str:
    return LINE.format(
        no=found.id, kind=KIND_WORDS[found.kind], member=found.member, text=found.text
    )


def _numbers(rest: str) -> tuple[list[int], str]:
    """The numbers a line begins with, each once, and what follows them; 2号上午 and 10月 are none."""
    numbers, at = [], 0
    while (found := (NUMBER if at else FIRST).match(rest, at)) is not None:
        numbers.append(read_row(found[1]) or 0)
        at = found.end()
    return list(dict.fromkeys(numbers)), rest[at:].strip(" ,.:;。、")


def _after_numbers(words: str) -> str:
    """The words for the member, as they were written."""
    at = 0
    while (found := (NUMBER if at else FIRST).match(words, at)) is not None:
        at = found.end()
    return words[at:].strip(" ,，.。:：;；、")

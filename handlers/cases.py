"""Cases (AD-9): evidence that the branch decides on; the conclusion is kept and nobody's status changes."""

from dataclasses import replace
from datetime import date

from handlers.turn import Turn
from handlers.words import day
from scheduler.policy import Proof
from storage.audit import by_member
from storage.records import Request, RequestKind, State

EVIDENCE = "{year}年累计缺席 {count} 次{missed}。{then}"
MISSED = "：{list}"
ONE = "{day}“{topic}”"
TO_DECIDE = "请支部研究后办理，系统不会自行改变党员状态。"
TOO_FEW = "记录更正后已不满 {least} 次，不用再研究，请回复“办结 {no} 说明”结案。"
DEFAULT_LEAST = 6
DONE = "第 {no} 号已办结，处理意见：{note}。意见已记录，{member}的党员状态没有改动，也没有自动通知本人。写错了请回复“撤销”。"


async def as_recorded(turn: Turn, request: Request) -> Request:
    """A case that waits, with the evidence that the records hold now: absences are disputed, and more may come."""
    if request.kind is not RequestKind.CASE or request.state is not State.PENDING:
        return request
    year = _year(turn, request)
    missed, least = await _missed(turn, request.member_id, year), _least(turn)
    then = TO_DECIDE if len(missed) >= least else TOO_FEW.format(least=least, no=request.id)
    listed = MISSED.format(list="、".join(missed)) if missed else ""
    words = EVIDENCE.format(year=year, count=len(missed), missed=listed, then=then)
    return replace(request, text=words)


def _year(turn: Turn, request: Request) -> int:
    """The year whose absences a case is about, which may be opened in the next."""
    return request.subject_id or turn.local(request.created_at).year


async def _missed(turn: Turn, member_id: int, year: int) -> list[str]:
    rules = turn.house.rules
    begins, ends = rules.begins(date(year, 1, 1)), rules.begins(date(year + 1, 1, 1))
    found = await turn.store.absences.of_members([member_id], begins, ends)
    return [
        ONE.format(day=day(turn.local(at).date()), topic=topic)
        for at, topic in found.get(member_id, [])
    ]


def _least(turn: Turn) -> int:
    rules = turn.house.rules.policy.rules
    return min((one.count for one in rules if one.proof is Proof.CASE), default=DEFAULT_LEAST)


async def decide(turn: Turn, request: Request, note: str) -> tuple[str, str]:
    """Keep the conclusion; the words for the secretary, and what 撤销 would take back."""
    by, year = turn.speaker.id, str(_year(turn, request))
    await turn.store.requests.decide(request.id, State.ANSWERED, by=by, at=turn.now, answer=note)
    action = "settle_own" if request.member_id == by else "settle"
    await turn.store.audit.append(turn.now, by_member(by), action, f"case:{request.id}")
    numbers = []
    for rule in turn.house.rules.policy.rules:
        if rule.proof is Proof.CASE:
            number = await turn.store.settlements.settle(
                rule.name,
                year,
                request.member_id,
                branch_id=request.branch_id,
                state="met",
                note=note,
                by=by,
                at=turn.now,
            )
            numbers += [number] if number else []
    text = DONE.format(no=request.id, note=note.rstrip("。"), member=request.member)
    first, last = (numbers[0], numbers[-1]) if numbers else (0, 0)
    return text, f"duties:{first}-{last}/{request.id}"

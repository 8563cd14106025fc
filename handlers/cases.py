"""Cases (AD-9): evidence that the branch decides on; the conclusion is kept and nobody's status changes."""

from handlers.turn import Turn
from scheduler.policy import Proof
from storage.audit import by_member
from storage.records import Request, State

DONE = "第 {no} 号已办结，处理意见：{note}。意见已记录，{member}的党员状态没有改动，也没有自动通知本人。写错了请回复“撤销”。"


async def decide(turn: Turn, request: Request, note: str) -> tuple[str, str]:
    """Keep the conclusion; the words for the secretary, and what 撤销 would take back."""
    by, year = turn.speaker.id, str(turn.local(request.created_at).year)
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

"""Words for somebody who is not speaking now: queued in the same commit, discreet on a lock screen, not by night."""

from datetime import datetime

from handlers.turn import Turn

LEAD = "您好，有一条给您的答复，详情请看本对话。"  # all that a lock screen shows
NEW_MATTER = "您有一件新的待办，请回复“待办”查看。"


async def tell_member(turn: Turn, member_id: int, text: str) -> None:
    """Queue a line for a member, if an account is bound; for somebody else's eyes, not before the morning."""
    account = await turn.store.members.account_of(member_id)
    if account is not None:
        waits = None if account == turn.account else morning(turn)
        to = (account.scope, account.user)
        await turn.store.outbox.send(*to, text, turn.now, not_before=waits)


async def tell_answer(turn: Turn, member_id: int, text: str) -> None:
    """Queue what was decided on somebody's matter, named below a first line that names nothing."""
    await tell_member(turn, member_id, f"{LEAD}\n\n{text}")


async def tell_secretaries(turn: Turn, branch_id: int, text: str = NEW_MATTER) -> None:
    """Queue a line for the branch's secretaries, the speaker aside."""
    for secretary in await turn.store.members.secretaries(branch_id):
        if turn.member is None or secretary.id != turn.by.id:
            await tell_member(turn, secretary.id, text)


def morning(turn: Turn) -> datetime | None:
    """When this night ends; None by day (the policy's manners)."""
    return turn.house.rules.night_ends(turn.now)

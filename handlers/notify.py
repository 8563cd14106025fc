"""Words for somebody who is not speaking now: queued in the same commit, discreet on a lock screen, not by night."""

from datetime import datetime

from handlers.turn import Turn
from storage.recipients import Recipients

LEAD = "您好，有一条给您的答复，详情请看本对话。"  # all that a lock screen shows
NEW_MATTER = "您有一件新的待办，请回复“待办”查看。"
UNREACHED = "\n支部书记暂时收不到消息，请另外联系支部。"


async def tell_member(turn: Turn, member_id: int, text: str) -> bool:
    """Queue a line for a member who has an account and does not refuse; by night only for who speaks. Whether it was."""
    person = (await Recipients(turn.store.unit).people([member_id])).get(member_id)
    if person is None or person.scope is None or person.user is None or person.refuses:
        return False
    account = (person.scope, person.user)
    waits = None if account == (turn.account.scope, turn.account.user) else morning(turn)
    await turn.store.outbox.send(*account, text, turn.now, not_before=waits)
    return True


async def give(
    turn: Turn, file: tuple[str, bytes], *, kind: str = "file", media_id: int | None = None
) -> None:
    """Queue a file for whoever speaks, in the chat where they speak; the bytes may be those of a kept one."""
    to, account = (turn.channel, turn.account.user), turn.account
    await turn.store.outbox.release(account.scope, account.user)  # whoever asks is up
    await turn.store.outbox.send(*to, "", turn.now, kind=kind, file=file, media_id=media_id)


async def tell_answer(turn: Turn, member_id: int, text: str) -> None:
    """Queue what was decided on somebody's matter, named below a first line that names nothing."""
    await tell_member(turn, member_id, f"{LEAD}\n\n{text}")


async def tell_secretaries(turn: Turn, branch_id: int, text: str = NEW_MATTER) -> str:
    """Queue a line for the branch's secretaries, the speaker aside; what to add for the member where none is told."""
    is_known = False
    for secretary in await turn.store.members.secretaries(branch_id):
        is_speaker = turn.member is not None and secretary.id == turn.by.id
        is_known |= is_speaker or await tell_member(turn, secretary.id, text)
    return "" if is_known else UNREACHED


async def others_decide(turn: Turn) -> bool:
    """Whether another secretary of the branch can be reached, and so decides what is the speaker's own."""
    secretaries = await turn.store.members.secretaries(turn.speaker.branch_id)
    others = {one.id for one in secretaries} - {turn.speaker.id}
    found = await Recipients(turn.store.unit).people(others)
    return any(one.user and not one.refuses for one in found.values())


def morning(turn: Turn) -> datetime | None:
    """When this night ends; None by day (the policy's manners)."""
    return turn.house.rules.night_ends(turn.now)

"""Whose a listed duty still is: not who has left the branch, and not the one who decides (nobody excuses themselves)."""

from handlers.agenda import Item, keeping
from handlers.turn import Turn
from storage.recipients import Recipients

MOVED = "{names}已不在本支部，没有办理。"
OWN = "您本人的这一件，请由支部其他书记、副书记办理，没有登记。"


async def still_to_decide(turn: Turn, asked: Item) -> Item:
    """What was asked for, of those it may still be decided of; `left_out` says of whom not, and why."""
    people = await Recipients(turn.store.unit).people(set(asked.get("members", [])))
    moved = {one.id: one.name for one in people.values() if one.branch_id != turn.speaker.branch_id}
    left_out = [asked["left_out"]] if asked.get("left_out") else []
    if moved:
        left_out.append(MOVED.format(names="、".join(moved.values())))
    out = set(moved)
    if turn.speaker.id in people and await _others(turn):
        left_out.append(OWN)
        out.add(turn.speaker.id)
    if not out:
        return asked
    left = [place for place, number in enumerate(asked["members"]) if number not in out]
    return {**keeping(asked, left), "left_out": "".join(left_out)}


def is_own(turn: Turn, asked: Item, place: int) -> bool:
    """Whether what is decided is about the one who decides: allowed to the only secretary, and marked."""
    members = asked.get("members", [])
    return bool(members) and members[place] == turn.speaker.id


async def _others(turn: Turn) -> bool:
    secretaries = await turn.store.members.secretaries(turn.speaker.branch_id)
    return any(one.id != turn.speaker.id for one in secretaries)

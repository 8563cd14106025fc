"""What of a listed duty is still to decide: not who has left, what is no longer owed, or the decider's own."""

from handlers.agenda import Item, keeping
from handlers.notify import others_decide
from handlers.owed import owed_by_branch
from handlers.turn import Turn
from storage.recipients import Recipients

MOVED = "{names}已不在本支部，没有办理。"
OWN = "您本人的这一件，请由支部其他书记、副书记办理，没有登记。"

SETTLED = "{names}的“{title}”已经办好，或不用办了，没有再登记。"
SETTLED_ALL = "“{title}”已经办好，或不用办了，没有再登记。请回复“待办”看最新的。"


async def still_to_decide(turn: Turn, asked: Item) -> Item:
    """What was asked for, of those it may still be decided of; `left_out` says of whom not, and why."""
    people = await Recipients(turn.store.unit).people(set(asked.get("members", [])))
    moved = {one.id: one.name for one in people.values() if one.branch_id != turn.speaker.branch_id}
    left_out = [asked["left_out"]] if asked.get("left_out") else []
    if moved:
        left_out.append(MOVED.format(names="、".join(moved.values())))
    out = set(moved)
    if turn.speaker.id in people and await others_decide(turn):
        left_out.append(OWN)
        out.add(turn.speaker.id)
    left = [place for place, number in enumerate(asked["members"]) if number not in out]
    found = {**keeping(asked, left), "left_out": "".join(left_out)} if out else asked
    return await _still_owed(turn, found)


async def _still_owed(turn: Turn, asked: Item) -> Item:
    """The list may be old: only what would be listed now, so that no record is settled over."""
    owed = {
        number
        for one in await owed_by_branch(turn)
        if (one.rule.name, one.period) == (asked["rule"], asked["period"])
        for number in one.subjects
    }
    left = [place for place, number in enumerate(asked["subjects"]) if number in owed]
    if len(left) == len(asked["subjects"]):
        return asked
    gone = [name for place, name in enumerate(asked["names"]) if place not in left]
    words = (SETTLED if left and gone else SETTLED_ALL).format(
        names="、".join(gone), title=asked["title"]
    )
    return {**keeping(asked, left), "left_out": asked.get("left_out", "") + words}


def is_own(turn: Turn, asked: Item, place: int) -> bool:
    """Whether what is decided is about the one who decides: allowed to the only secretary, and marked."""
    members = asked.get("members", [])
    return bool(members) and members[place] == turn.speaker.id

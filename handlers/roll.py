"""Who was expected at an activity and how each stands to it: by its records once it is closed (AD-3, AD-8)."""

from collections.abc import Mapping
from dataclasses import dataclass

from handlers.turn import Turn
from scheduler.activities import is_expected
from storage.records import TOOK_PART, Activity, Attendance, Member, Presence

RECORDED = frozenset((*TOOK_PART, Presence.ABSENT))


@dataclass(frozen=True, slots=True)
class Roll:
    """`asked` are those whose leave is undecided; an activity at which nobody was recorded has no absent."""

    expected: tuple[Member, ...]
    states: Mapping[int, Attendance]
    asked: frozenset[int]


async def roll_of(turn: Turn, found: Activity) -> Roll:
    """Whoever joined after the closing does not count; whoever left since took part all the same."""
    people = await turn.store.members.of_branch(found.branch_id)
    states = {one.member_id: one for one in await turn.store.activities.attendances(found.id)}
    leaves = await turn.store.activities.leaves_from(found.id)
    asked = frozenset(one.member_id for one in leaves) - states.keys()
    here = {one.id for one in people}
    known = [*states, *sorted(asked)]
    people += [await turn.store.members.get(one) for one in known if one not in here]
    is_settled = found.closed and any(one.state in RECORDED for one in states.values())
    expected = [
        one for one in people if one.id in known or (not is_settled and is_expected(one, found))
    ]
    return Roll(tuple(expected), states, asked)

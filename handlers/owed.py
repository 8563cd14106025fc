"""What a branch owes now, grouped into lines as people read them; a committee: what is late below it."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date

from handlers.turn import Turn
from handlers.words import activity_of_day
from scheduler.asking import Asked, counted
from scheduler.duties import in_force
from scheduler.policy import Owes, Rule, Who
from scheduler.rules import Rules
from storage.duties import Found
from storage.recipients import Recipients


@dataclass(frozen=True, slots=True)
class Owed:
    """The same duty of several subjects, due on one day; a branch's own duty names nobody.

    `members` are whom it is about, one a subject; none where it is about branches or activities.
    """

    rule: Rule
    period: str
    due: date
    subjects: tuple[int, ...]
    names: tuple[str, ...] = ()
    members: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Late:
    """How many duties of a branch below are late, and which, the oldest first."""

    branch: str
    count: int
    titles: tuple[str, ...]


async def owed_by_branch(turn: Turn) -> list[Owed]:
    """What is open in the speaker's branch, late ones first, then by due day."""
    branch = turn.speaker.branch_id
    rules = turn.house.rules.of_branch(turn.speaker.branch)
    asked = in_force(rules, turn.now)
    questions = [one.question for one in asked]
    found = [one async for some in turn.store.duties.owed(questions, branch) for one in some]
    whose = [(asked[one.question], one) for one in found]
    since = await turn.store.notices.first_due(counted(whose))
    groups: dict[tuple[date, str, str, str], list[Found]] = defaultdict(list)
    by_name = {one.rule.name: one.rule for one in asked}
    for one in found:
        rule, period = asked[one.question].rule, asked[one.question].period_of(one, rules)
        due = asked[one.question].due_of(one, rules, since)
        groups[due, rule.clause, rule.name, period].append(one)
    names = await _names(turn, found)
    return [
        Owed(by_name[name], period, due, *_subjects(groups[due, clause, name, period], names))
        for due, clause, name, period in sorted(groups)
    ]


async def late_below(turn: Turn) -> list[Late]:
    """Per branch right below: duties past their day that a committee is told of."""
    everything = await turn.store.organisations.all()
    below = {
        row["id"]: row["name"] for row in everything if row["parent_id"] == turn.speaker.branch_id
    }
    if not below:
        return []
    rules = await _rules_of_all(turn)
    asked = [
        replace(one, question=replace(one.question, branches=_among(one, frozenset(below))))
        for one in in_force(rules, turn.now)
        if any(rung.who is Who.COMMITTEE for rung in one.rule.rungs)
        and one.rule.owes is not Owes.COMMITTEE
    ]
    late: dict[int, list[tuple[date, str]]] = defaultdict(list)
    owed = turn.store.duties.owed([one.question for one in asked])
    found = [(asked[one.question], one) async for some in owed for one in some]
    since = await turn.store.notices.first_due(counted(found))
    for one, subject in found:
        due = one.due_of(subject, rules, since)
        if due < turn.today:
            late[subject.branch_id].append((due, one.title))
    return [
        Late(below[number], len(some), tuple(dict.fromkeys(title for _, title in sorted(some))))
        for number, some in sorted(late.items())
    ]


async def _rules_of_all(turn: Turn) -> Rules:
    named = turn.house.rules.named_days
    ids = await Recipients(turn.store.unit).ids_of(named) if named else {}
    return turn.house.rules.of_all(ids)


def _among(asked: Asked, below: frozenset[int]) -> frozenset[int]:
    only = asked.question.branches
    return below if only is None else only & below


async def _names(turn: Turn, found: Sequence[Found]) -> dict[tuple[bool, int], str]:
    """(whether an activity, id) → name or topic."""
    read = Recipients(turn.store.unit)
    members = await read.people(one.member_id for one in found if one.member_id is not None)
    about = [one.subject_id for one in found if _is_activity(one)]
    activities = await read.activities(about) if about else {}
    named = {(False, number): one.name for number, one in members.items()}
    return named | {
        (True, number): activity_of_day(turn, one) for number, one in activities.items()
    }


def _is_activity(found: Found) -> bool:
    return found.member_id is None and found.at is not None


def _subjects(
    found: Sequence[Found], names: dict[tuple[bool, int], str]
) -> tuple[tuple[int, ...], tuple[str, ...], tuple[int, ...]]:
    """Ids, names and members; a branch that owes something itself needs no name."""
    known = {one.subject_id: one for one in found}
    named = [one for one in known.values() if one.member_id is not None or _is_activity(one)]
    called = tuple(names.get((_is_activity(one), one.subject_id), "") for one in named)
    members = tuple(one.member_id for one in named if one.member_id is not None)
    return tuple(known), called, members

"""What `shuanglian duties` prints: the duties open on a day, and who is reminded of them next."""

from collections.abc import Sequence
from datetime import date, datetime

from scheduler.asking import Asked, counted
from scheduler.digest import next_digest
from scheduler.duties import in_force
from scheduler.policy import Owes, Who
from scheduler.rules import Rules
from scheduler.rungs import next_rung
from storage.database import Database
from storage.duties import Duties, Found
from storage.notices import Notices
from storage.recipients import Recipients

LINE = "{due} {clause} {title}　{whose}{late}　{told}"
LATE = "（逾期）"
NEXT = "{day} 提醒{who}"
WEEKLY = "{day} 每周汇总提醒书记"
NO_MORE = "不再提醒"
WHO = {Who.MEMBER: "本人", Who.SECRETARY: "书记", Who.COMMITTEE: "上级书记"}


class UnknownBranch(LookupError):
    """No organisation has this name."""


async def open_duties(
    database: Database, rules: Rules, now: datetime, branch: str | None
) -> list[str]:
    """One line a duty, by due day. Raises UnknownBranch."""
    async with database.reading() as unit:
        wanted = [branch] if branch else []
        ids = await Recipients(unit).ids_of([*rules.named_days, *wanted])
        if branch and branch not in ids:
            raise UnknownBranch(branch)
        rules = rules.of_all(ids)
        asked = in_force(rules, now)
        owed = Duties(unit).owed([one.question for one in asked], ids[branch] if branch else None)
        found = [(asked[one.question], one) async for some in owed for one in some]
        whose = await _whose(Recipients(unit), found)
        told = await Notices(unit).first_due(counted(found))
    lines = [
        _line(rules, now, one, whose[place], (subject, one.due_of(subject, rules, told)))
        for place, (one, subject) in enumerate(found)
    ]
    return sorted(lines)


def _line(rules: Rules, now: datetime, asked: Asked, whose: str, due_of: tuple[Found, date]) -> str:
    (found, due), today = due_of, rules.local(now).date()
    return LINE.format(
        due=due,
        clause=asked.rule.clause,
        title=asked.title,
        whose=whose,
        late=LATE if due < today else "",
        told=_told(rules, now, asked, found),
    )


def _told(rules: Rules, now: datetime, asked: Asked, found: Found) -> str:
    """What comes first: its own next reminder, or the weekly message that lists it."""
    own = next_rung(asked, found, rules, rules.local(now).date())
    weekly = next_digest(asked, found, rules, now)
    if weekly and (own is None or weekly < own[0]):
        return WEEKLY.format(day=weekly)
    return NEXT.format(day=own[0], who=WHO[own[1].who]) if own else NO_MORE


async def _whose(read: Recipients, found: Sequence[tuple[Asked, Found]]) -> list[str]:
    """The branch, with the member or the activity that the duty is about."""
    subjects = [one for _, one in found]
    names = await read.people(one.member_id for one in subjects if one.member_id is not None)
    branches = await read.branches(one.branch_id for one in subjects)
    of_activities = [one.subject_id for asked, one in found if asked.rule.owes is Owes.ACTIVITY]
    topics = await read.activities(of_activities)
    told = []
    for asked, one in found:
        name = branches[one.branch_id][0]
        if one.member_id is not None:
            name = f"{name} {names[one.member_id].name}"
        elif asked.rule.owes is Owes.ACTIVITY:
            name = f"{name} “{topics[one.subject_id].topic}”"
        told.append(name)
    return told

"""What `shuanglian duties` prints: the duties open on a day, and who is reminded of them next."""

from datetime import datetime

from scheduler.duties import Rules, in_force
from scheduler.policy import Owes, Who
from scheduler.rungs import next_rung
from storage.database import Database
from storage.duties import Duties, Found
from storage.recipients import Recipients

LINE = "{due} {clause} {title}　{whose}{late}　{told}"
LATE = "（逾期）"
NEXT = "{day} 提醒{who}"
NO_MORE = "不再提醒"
WHO = {Who.MEMBER: "本人", Who.SECRETARY: "书记", Who.COMMITTEE: "上级书记"}


class UnknownBranch(LookupError):
    """No organisation has this name."""


async def open_duties(
    database: Database, rules: Rules, now: datetime, branch: str | None
) -> list[str]:
    """One line a duty, by due day. Raises UnknownBranch."""
    today = rules.local(now).date()
    async with database.reading() as unit:
        read = Recipients(unit)
        wanted = [branch] if branch else []
        ids = await read.ids_of([*rules.named_days, *wanted])
        if branch and branch not in ids:
            raise UnknownBranch(branch)
        rules = rules.of_all(ids)
        asked = in_force(rules, now)
        questions = [one.question for one in asked]
        of = Duties(unit).owed(questions, ids[branch] if branch else None)
        found = [one async for some in of for one in some]
        names = await read.people(one.member_id for one in found if one.member_id is not None)
        branches = await read.branches(one.branch_id for one in found)
        about = [one.subject_id for one in found if asked[one.question].rule.owes is Owes.ACTIVITY]
        topics = await read.activities(about)

    def whose(one: Found) -> str:
        name = branches[one.branch_id][0]
        if one.member_id is not None:
            return f"{name} {names[one.member_id].name}"
        topic = topics.get(one.subject_id) if one.at is not None else None
        return f"{name} “{topic.topic}”" if topic else name

    lines = []
    for one in found:
        due = asked[one.question].due_of(one, rules)
        coming = next_rung(asked[one.question], one, rules, today)
        told = NEXT.format(day=coming[0], who=WHO[coming[1].who]) if coming else NO_MORE
        rule = asked[one.question].rule
        late = LATE if due < today else ""
        lines.append(
            LINE.format(
                due=due,
                clause=rule.clause,
                title=rule.title,
                whose=whose(one),
                late=late,
                told=told,
            )
        )
    return sorted(lines)

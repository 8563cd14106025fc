"""No question about a duty reads a whole table again for each branch or member: that grows with their square."""

from collections import defaultdict
from collections.abc import Iterable

import pytest
from sqlalchemy import text

from scheduler.digest import weekly
from scheduler.duties import in_force, reached
from scheduler.invitations import about_activities
from scheduler.policy_files import shipped
from scheduler.rules import Rules
from storage.duties import Duties
from storage.questions import Question
from tests.fakes import on
from tests.scheduler.conftest import Year, rules_of
from tests.storage.expect import statements

pytestmark = pytest.mark.long

MOMENT = on(2026, 3, 17, 10)  # the week's digest has come, and the quarter is not over
HERE = 1


@pytest.mark.parametrize("name", shipped())
async def test_no_question_scans_for_each_subject(year: Year, name: str) -> None:
    """SQLite's own account of each question, without the index that it makes for one answer or does not."""
    bad, questions = [], _questions(rules_of(name))
    async with statements(year.talk.database) as heard, year.talk.database.reading() as unit:
        for one in questions:
            asked = Duties(unit)
            for ways in (asked.untold, asked.owed, asked.expected):
                _ = [found async for found in ways([one])]
            _ = [found async for found in asked.owed([one], HERE)]
    async with year.talk.database.writer.connect() as connection:
        await connection.execute(text("PRAGMA automatic_index=OFF"))
        for sql, given in [said for said in heard if said[0].startswith("SELECT")]:
            plan = await connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {sql}", given)
            bad += [f"{step}: {sql}" for step in _repeated(map(tuple, plan))]
    assert len(heard) >= 4 * len(questions)
    assert not bad, "\n".join(bad)


def _questions(rules: Rules) -> list[Question]:
    """Whatever is asked on this morning, of groups too."""
    about = about_activities(rules, MOMENT, frozenset({HERE}))
    asked = (*about, *reached(rules, MOMENT), *weekly(rules, MOMENT), *in_force(rules, MOMENT))
    return [one.question for one in asked]


def _repeated(plan: Iterable[tuple[int, int, int, str]]) -> list[str]:
    """The scans that are done anew for each row of what they belong to, or of the step before."""
    names, loops = {0: ""}, defaultdict(list)
    for number, above, _, step in plan:
        names[number] = step
        loops[above].append(step)
    return [
        step
        for above, steps in loops.items()
        for place, step in enumerate(steps)
        if step.startswith("SCAN") and (place or names[above].startswith("CORRELATED"))
    ]

"""Duties as set-based questions: who is expected, what proves it, who was told already.

Expected − met − told is one SELECT a question, and all questions of a tick are one UNION in the
order of the branches: a million members are one query, not a loop of queries.
"""

from collections.abc import AsyncIterator, Sequence
from datetime import date, datetime
from typing import Any, NamedTuple

from sqlalchemy import (
    ColumnElement,
    Select,
    String,
    case,
    cast,
    exists,
    literal,
    literal_column,
    null,
    select,
    union_all,
)

from storage import tables
from storage.database import Unit
from storage.proofs import any_proof, proofs
from storage.subjects import Question, Subject, subject_of

notices = tables.notices

BATCH = 2_000
DIGEST = "digest"


class Found(NamedTuple):
    """One subject of one question: `question` is its place in the list that was asked.

    `at` and `on` are what an event is counted from; `late` says that it could have been told in time.
    """

    question: int
    branch_id: int
    subject_id: int
    member_id: int | None
    at: datetime | None
    on: date | None
    late: bool | None
    settled_by: str | None


class Duties:
    """Answers questions; decides nothing."""

    def __init__(self, unit: Unit) -> None:
        self._unit = unit

    async def untold(self, questions: Sequence[Question]) -> AsyncIterator[list[Found]]:
        """What is owed and was not told at this rung or a later one, by branch, in batches."""
        async for found in self._stream([_owed(*one, told=False) for one in enumerate(questions)]):
            yield found

    async def owed(
        self, questions: Sequence[Question], branch_id: int | None = None
    ) -> AsyncIterator[list[Found]]:
        """What is owed, told or not; of one branch or of all."""
        asked = [_owed(*one, told=True, branch_id=branch_id) for one in enumerate(questions)]
        async for found in self._stream(asked):
            yield found

    async def expected(self, questions: Sequence[Question]) -> AsyncIterator[list[Found]]:
        """Everything expected, each with what settled it, or None."""
        async for found in self._stream([_expected(*one) for one in enumerate(questions)]):
            yield found

    async def _stream(self, asked: Sequence[Select[Any]]) -> AsyncIterator[list[Found]]:
        if not asked:
            return
        whole = asked[0] if len(asked) == 1 else union_all(*asked)
        async for rows in self._unit.stream(whole.order_by(literal_column("branch_id")), BATCH):
            yield [*map(Found._make, rows)]


def _owed(
    place: int, question: Question, *, told: bool, branch_id: int | None = None
) -> Select[Any]:
    subject = subject_of(question)
    where = [~holds for holds in any_proof(question, subject)]
    if not told:
        where.append(~_told(question, subject))
    if branch_id is not None:
        where.append(subject.branch_id == branch_id)
    return _rows(place, subject, cast(null(), String(20))).where(*where)


def _expected(place: int, question: Question) -> Select[Any]:
    subject = subject_of(question)
    named = proofs(question, subject)
    settled_by = case(*((holds, literal(name)) for name, holds in named), else_=null())
    return _rows(place, subject, settled_by)


def _rows(place: int, subject: Subject, settled_by: ColumnElement[Any]) -> Select[Any]:
    return (
        select(
            literal(place).label("question"),
            subject.branch_id.label("branch_id"),
            subject.id.label("subject_id"),
            subject.member_id.label("member_id"),
            subject.at.label("at"),
            subject.on.label("on_day"),
            subject.late.label("late"),
            settled_by.label("settled_by"),
        )
        .select_from(subject.source)
        .where(*subject.where)
    )


def _told(question: Question, subject: Subject) -> ColumnElement[bool]:
    if question.digest:
        return exists().where(
            notices.c.rule == DIGEST,
            notices.c.subject_id == subject.branch_id,
            notices.c.period == question.digest,
        )
    where = [
        notices.c.rule == question.rule,
        notices.c.subject_id == subject.id,
        notices.c.who == question.who,
        notices.c.rung >= question.rung,
    ]
    if question.period:
        where.append(notices.c.period == question.period)
    if question.owes == "invitee":
        where.append(notices.c.recipient_id == subject.member_id)
    return exists().where(*where)

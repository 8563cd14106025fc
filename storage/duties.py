"""Duties as set-based questions: who is expected, what proves it, who was told already.

Expected − met − told is one SELECT a question, and all questions of a tick are one UNION in the
order of the branches: a million members are one query, not a loop of queries.
"""

from collections.abc import AsyncIterator, Callable, Sequence
from datetime import date, datetime
from functools import lru_cache
from typing import Any, NamedTuple

from sqlalchemy import (
    ColumnElement,
    CompoundSelect,
    Integer,
    Select,
    String,
    and_,
    bindparam,
    case,
    cast,
    exists,
    literal,
    literal_column,
    null,
    or_,
    select,
    union_all,
)
from sqlalchemy.util import LRUCache

from storage import tables
from storage.database import Unit
from storage.expected import Subject
from storage.notices import TOO_LATE
from storage.proofs import any_proof, proofs
from storage.questions import Question, Shape, Terms, shape_of, values_of
from storage.records import NoticeState
from storage.subjects import STINT_DAYS, subject_of

notices = tables.notices

BATCH = 2_000
A_FEW = 12
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
        async for found in self._stream(_untold, questions):
            yield found

    async def owed(
        self, questions: Sequence[Question], branch_id: int | None = None
    ) -> AsyncIterator[list[Found]]:
        """What is owed, told or not; of one branch or of all."""
        build = _owed if branch_id is None else _owed_here
        async for found in self._stream(build, questions, here=branch_id):
            yield found

    async def expected(self, questions: Sequence[Question]) -> AsyncIterator[list[Found]]:
        """Everything expected, each with what settled it, or None."""
        async for found in self._stream(_expected, questions):
            yield found

    async def _stream(
        self, build: "Build", questions: Sequence[Question], **values: Any
    ) -> AsyncIterator[list[Found]]:
        if not questions:
            return
        shapes = tuple(map(shape_of, questions))
        is_large = len(shapes) > A_FEW
        whole = (_large if is_large else _small)(build, shapes)
        options = {"compiled_cache": _COMPILED} if is_large else {}
        for place, question in enumerate(questions):
            values |= values_of(place, question)
        async for rows in self._unit.stream(whole, BATCH, values, options):
            yield [*map(Found._make, rows)]


Build = Callable[[int, Terms], Select[Any]]


def _whole(build: Build, shapes: tuple[Shape, ...]) -> Select[Any] | CompoundSelect[Any]:
    """One SELECT a question, in the order of the branches."""
    asked = [build(place, Terms(place, shape)) for place, shape in enumerate(shapes)]
    whole = asked[0] if len(asked) == 1 else union_all(*asked)
    return whole.order_by(literal_column("branch_id"), literal_column("subject_id"))


# A few questions are asked every minute. The whole catalogue is asked once a day, often in the form of
# the day before, and takes megabytes.
_small = lru_cache(maxsize=32)(_whole)
_large = lru_cache(maxsize=2)(_whole)
_COMPILED: LRUCache[Any, Any] = LRUCache(2)


def _owed(place: int, question: Terms) -> Select[Any]:
    subject = subject_of(question)
    unmet = [~holds for holds in any_proof(question, subject)]
    return _rows(place, subject, cast(null(), String(20))).where(*unmet)


def _owed_here(place: int, question: Terms) -> Select[Any]:
    question.here = bindparam("here", type_=Integer())
    return _owed(place, question).where(subject_of(question).branch_id == question.here)


def _untold(place: int, question: Terms) -> Select[Any]:
    subject = subject_of(question)
    found = _owed(place, question).where(~_told(question, subject))
    return found if question.told_before is None else found.where(_told_once(question, subject))


def _expected(place: int, question: Terms) -> Select[Any]:
    question.is_history = True
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


def _told(question: Terms, subject: Subject) -> ColumnElement[bool]:
    if question.digest is not None:
        return exists().where(
            notices.c.state != NoticeState.UNSENT,
            notices.c.rule == DIGEST,
            notices.c.subject_id == subject.branch_id,
            notices.c.period == question.digest,
        )
    told_by = notices.c.rule == question.rule
    if question.proof in {"answered", "announced"}:  # who heard that it moved needs no invitation
        told_by = or_(told_by, *(notices.c.rule == other for other in question.also))
    where = [
        told_by,
        notices.c.subject_id == subject.id,
        notices.c.who == question.who,
        notices.c.rung >= question.rung,
        ~and_(notices.c.state == NoticeState.UNSENT, _can_be_sent_now()),
    ]
    if question.period is not None:
        where.append(notices.c.period == question.period)
    if question.event in STINT_DAYS:
        where.append(notices.c.planned_at >= tables.stints.c.opened_at)
    if question.owes == "invitee":
        where.append(notices.c.recipient_id == subject.member_id)
    return exists().where(*where)


def _can_be_sent_now() -> ColumnElement[bool]:
    """It came too late, or its recipient has bound an account or consented since."""
    bound, consents = tables.accounts, tables.consents
    recipient, planned_at = notices.c.recipient_id, notices.c.planned_at
    return or_(
        notices.c.reason == TOO_LATE,
        exists().where(bound.c.member_id == recipient, bound.c.bound_at > planned_at),
        exists().where(consents.c.member_id == recipient, consents.c.granted_at > planned_at),
    )


def _told_once(question: Terms, subject: Subject) -> ColumnElement[bool]:
    """The secretary heard of it first, so long ago that it is time for the next reminder."""
    return exists().where(
        notices.c.rule == question.rule,
        notices.c.subject_id == subject.id,
        notices.c.period == question.period,
        notices.c.who == "secretary",
        notices.c.planned_at <= question.told_before,
    )

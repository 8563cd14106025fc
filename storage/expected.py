"""What every question about duties selects: one expected row, and which branches are asked about."""

from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Date, FromClause, Integer, cast, false, null

from storage.columns import Instant
from storage.questions import Terms

NOBODY = cast(null(), Integer)
NO_MOMENT = cast(null(), Instant)
NO_DAY = cast(null(), Date)
NOT_LATE = false()


@dataclass(frozen=True, slots=True)
class Subject:
    """The columns of one expected row, and where they come from."""

    source: FromClause
    where: tuple[ColumnElement[bool], ...]
    branch_id: ColumnElement[Any]
    id: ColumnElement[Any]
    member_id: ColumnElement[Any] = NOBODY
    at: ColumnElement[Any] = NO_MOMENT
    on: ColumnElement[Any] = NO_DAY
    late: ColumnElement[Any] = NOT_LATE


def of_branches(question: Terms, branch: ColumnElement[Any]) -> tuple[ColumnElement[bool], ...]:
    """Only the branches that the question names, or all but those."""
    found = [] if question.branches is None else [branch.in_(question.branches)]
    if question.but_branches is not None:
        found.append(branch.not_in(question.but_branches))
    return tuple(found)


def known_late(question: Terms, known_at: ColumnElement[Any]) -> ColumnElement[Any]:
    """Known on the day on which it should have been told, which is past."""
    late: ColumnElement[Any] = known_at < question.late_from
    return late

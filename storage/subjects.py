"""Who a duty is about: branches, members, floating members, committees, activities, as SQL sources."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Date,
    FromClause,
    Integer,
    and_,
    cast,
    exists,
    extract,
    false,
    func,
    null,
    or_,
    select,
    true,
)

from storage import tables
from storage.columns import Instant
from storage.records import Category, Presence

activities, attendance, members = tables.activities, tables.attendance, tables.members
organisations, stints = tables.organisations, tables.stints

MEMBERSHIP = (Category.FULL, Category.PROBATIONARY)
NOBODY = cast(null(), Integer)
NO_MOMENT = cast(null(), Instant)
NO_DAY = cast(null(), Date)


@dataclass(frozen=True, slots=True)
class Question:
    """One rule in one period, perhaps one rung of it: who owes it, and has not been told.

    `first` and `last` are the period's days, `begins` and `ends` the same in UTC. An activity's
    period is "": there they hold the days on which it ended. `days` are those of another event: of
    joining, leaving, coming back.
    """

    rule: str
    owes: str
    proof: str
    period: str
    first: date
    last: date
    begins: datetime
    ends: datetime
    now: datetime
    count: int = 1
    also: tuple[str, ...] = ()
    categories: tuple[str, ...] = ()
    event: str = ""
    days: tuple[date, ...] = ()
    known_on: date | None = None
    who: str = ""
    rung: int = 0
    branches: frozenset[int] | None = None
    but_branches: frozenset[int] = field(default=frozenset())


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
    since: ColumnElement[Any] = NO_MOMENT


def subject_of(question: Question) -> Subject:
    """Who is expected to do what the question is about."""
    return _SUBJECTS[question.owes](question)


def _branch(question: Question) -> Subject:
    """Every organisation with members and none below it."""
    table = organisations
    return Subject(
        table,
        (_has_members(), ~_has_below(), *_chosen(question, table.c.id)),
        table.c.id,
        table.c.id,
    )


def _committee(question: Question) -> Subject:
    """Every organisation with others below it."""
    del question
    return Subject(organisations, (_has_below(),), organisations.c.id, organisations.c.id)


def _stint(question: Question) -> Subject:
    """Everybody who is away; whoever left after the day of the reminder is not reminded yet."""
    known = question.known_on or question.last
    away = (stints.c.back_on.is_(None), stints.c.left_on <= known)
    if question.event in _STINT_DAYS:
        away = (_STINT_DAYS[question.event].in_(question.days), true())
    return Subject(
        stints.join(members, members.c.id == stints.c.member_id),
        (
            stints.c.withdrawn_at.is_(None),
            *away,
            *_about(question),
            *_chosen(question, members.c.branch_id),
        ),
        members.c.branch_id,
        stints.c.member_id,
        stints.c.member_id,
        on=_STINT_DAYS.get(question.event, members.c.joined_on),
        since=stints.c.opened_at,
    )


def _member(question: Question) -> Subject:
    """Every full and probationary member who was there in the period (AD-3)."""
    came = or_(members.c.created_at < question.ends, members.c.created_at > question.now)
    return Subject(
        members,
        (
            members.c.category.in_(MEMBERSHIP),
            came if not question.days else true(),
            *_about(question),
            *_chosen(question, members.c.branch_id),
        ),
        members.c.branch_id,
        members.c.id,
        members.c.id,
        on=members.c.joined_on,
        since=members.c.created_at,
    )


def _activity(question: Question) -> Subject:
    """Activities that ended within the question's days; `at` is when."""
    table = activities
    return Subject(
        table,
        (
            table.c.cancelled_at.is_(None),
            table.c.ends_at >= question.begins,
            table.c.ends_at < question.ends,
            *_chosen(question, table.c.branch_id),
        ),
        table.c.branch_id,
        table.c.id,
        at=table.c.ends_at,
        since=table.c.created_at,
    )


def absences(question: Question) -> ColumnElement[int]:
    """How often a member was absent without leave in the period."""
    return (
        select(func.count())
        .select_from(attendance.join(activities, activities.c.id == attendance.c.activity_id))
        .where(
            attendance.c.member_id == members.c.id,
            attendance.c.state == Presence.ABSENT,
            activities.c.starts_at >= question.begins,
            activities.c.starts_at < question.ends,
        )
        .correlate(members)
        .scalar_subquery()
    )


def _about(question: Question) -> tuple[ColumnElement[bool], ...]:
    """What more makes a member owe this."""
    if question.proof in {"talk_after_absences", "case"}:
        return (absences(question) >= question.count,)
    if question.proof == "member_confirmed_full":
        return (members.c.category == Category.PROBATIONARY, members.c.joined_on.in_(question.days))
    if question.proof == "greeting":
        return (or_(false(), *(_same_day(day) for day in question.days)),)
    if question.proof == "dues":
        closed = tables.closings
        return (
            exists().where(
                closed.c.branch_id == members.c.branch_id, closed.c.month == question.period
            ),
        )
    return ()


def _same_day(day: date) -> ColumnElement[bool]:
    joined = members.c.joined_on
    return and_(
        extract("month", joined) == day.month,
        extract("day", joined) == day.day,
        joined < date(day.year, 1, 1),
    )


def _has_members() -> ColumnElement[bool]:
    return exists().where(members.c.branch_id == organisations.c.id)


def _has_below() -> ColumnElement[bool]:
    below = organisations.alias("below")
    return exists().where(below.c.parent_id == organisations.c.id)


def _chosen(question: Question, branch: ColumnElement[Any]) -> tuple[ColumnElement[bool], ...]:
    chosen = [] if question.branches is None else [branch.in_(sorted(question.branches))]
    if question.but_branches:
        chosen.append(branch.not_in(sorted(question.but_branches)))
    return tuple(chosen)


_STINT_DAYS: dict[str, ColumnElement[Any]] = {"left": stints.c.left_on, "back": stints.c.back_on}
_SUBJECTS: dict[str, Callable[[Question], Subject]] = {
    "branch": _branch,
    "committee": _committee,
    "stint": _stint,
    "member": _member,
    "activity": _activity,
}

"""Who a duty is about: branches, members, floating members, committees, activities, as SQL sources."""

from collections.abc import Callable
from typing import Any

from sqlalchemy import (
    ColumnElement,
    exists,
    extract,
    func,
    or_,
    select,
    true,
)

from storage import tables
from storage.expected import NO_DAY, Subject, known_late, of_branches
from storage.gatherings import activity_subject, invitee_subject
from storage.questions import Terms
from storage.records import MEMBERSHIP, Category, Presence

activities, attendance, members = tables.activities, tables.attendance, tables.members
organisations, stints = tables.organisations, tables.stints


def subject_of(question: Terms) -> Subject:
    """Who is expected to do what the question is about."""
    return _SUBJECTS[question.owes](question)


def _branch(question: Terms) -> Subject:
    """Every organisation that had members in the period, and none below it."""
    table = organisations
    return Subject(
        table,
        (
            *_concerned(question),
            ~_has_below(question),
            *of_branches(question, table.c.id),
        ),
        table.c.id,
        table.c.id,
        late=question.is_late,
    )


def _concerned(question: Terms) -> tuple[ColumnElement[bool], ...]:
    """Which branches owe this at all."""
    if question.proof == "books_closed":
        return (_keeps_books(question),)
    there = _has_members(question)
    return (there, _gathered(question)) if question.event == "gathered" else (there,)


def _gathered(question: Terms) -> ColumnElement[bool]:
    """So many of the branch away in one city (FM-14)."""
    away = (stints.c.back_on.is_(None), stints.c.withdrawn_at.is_(None), stints.c.city != "")
    # Asked once, not branch by branch: no index finds the stints of a branch.
    together = (
        select(stints.c.branch_id)
        .where(*away, *_here(question, stints.c.branch_id))
        .group_by(stints.c.branch_id, stints.c.province, stints.c.city)
        .having(func.count() >= question.count)
    )
    return organisations.c.id.in_(together)


def _keeps_books(question: Terms) -> ColumnElement[bool]:
    """Somebody's dues of the month are on record (AD-15); nobody closes books that are not kept."""
    dues, payer = tables.dues, members.alias("payer")
    return exists().where(
        payer.c.branch_id == organisations.c.id,
        dues.c.member_id == payer.c.id,
        dues.c.branch_id == organisations.c.id,
        dues.c.month == question.period,
        tables.dues_stand,
    )


def _committee(question: Terms) -> Subject:
    """Every organisation with members of its own in the period, and others below it."""
    there = (_has_members(question), _has_below(question))
    return Subject(organisations, there, organisations.c.id, organisations.c.id)


def _stint(question: Terms) -> Subject:
    """Everybody who is away; whoever left after the day of the reminder is not reminded yet."""
    opened = or_(stints.c.opened_at < question.ends, stints.c.opened_at > question.asked_at)
    is_away: ColumnElement[bool] = stints.c.back_on.is_(None)
    if question.is_history:
        is_away = or_(is_away, stints.c.back_on > question.last)
    away = (is_away, stints.c.left_on <= question.known_on, opened)
    if question.event in STINT_DAYS:
        away = (STINT_DAYS[question.event].in_(question.days), opened, true())
    return Subject(
        stints.join(members, members.c.id == stints.c.member_id),
        (
            stints.c.withdrawn_at.is_(None),
            *away,
            *_about(question),
            *of_branches(question, members.c.branch_id),
        ),
        members.c.branch_id,
        stints.c.member_id,
        stints.c.member_id,
        on=_anchor(question),
        late=known_late(question, stints.c.opened_at),
    )


def _member(question: Terms) -> Subject:
    """Every full and probationary member who was there in the period (AD-3)."""
    return Subject(
        members,
        (
            members.c.category.in_(MEMBERSHIP),
            _was_there(question),
            *_about(question),
            *of_branches(question, members.c.branch_id),
        ),
        members.c.branch_id,
        members.c.id,
        members.c.id,
        on=_anchor(question),
        late=known_late(question, members.c.created_at),
    )


def absences(question: Terms) -> ColumnElement[int]:
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


def _about(question: Terms) -> tuple[ColumnElement[bool], ...]:
    """What more makes a member owe this."""
    if question.proof in {"talk_after_absences", "case"}:
        return (absences(question) >= question.count,)
    if question.proof == "member_confirmed_full":
        return (members.c.category == Category.PROBATIONARY, members.c.joined_on.in_(question.days))
    if question.proof == "greeting":
        return (_month_day().in_(question.month_days), members.c.joined_on < question.first)
    if question.proof == "dues":
        closed = tables.closings
        return (
            exists().where(
                closed.c.branch_id == members.c.branch_id, closed.c.month == question.period
            ),
        )
    return ()


def _month_day() -> ColumnElement[int]:
    """229 is 29 February."""
    joined = members.c.joined_on
    return extract("month", joined) * 100 + extract("day", joined)


def _anchor(question: Terms) -> ColumnElement[Any]:
    """The day an event is counted from, where there is one."""
    if question.event in STINT_DAYS:
        return STINT_DAYS[question.event]
    return members.c.joined_on if question.event in {"joined", "probation_end"} else NO_DAY


def _has_members(question: Terms) -> ColumnElement[bool]:
    return exists().where(members.c.branch_id == organisations.c.id, _was_there(question))


def _was_there(question: Terms) -> ColumnElement[bool]:
    """On the roster when it was due; a rehearsal's clock may stand before the roster's day."""
    created = members.c.branch_since
    return or_(created < question.there_by, created > question.asked_at)


def _has_below(question: Terms) -> ColumnElement[bool]:
    below = organisations.alias("below")
    some = below.c.parent_id.is_not(None)  # NOT IN is never true beside a null
    above = select(below.c.parent_id).where(some, *_here(question, below.c.parent_id))
    # Asked once, not branch by branch: no index finds the organisations below one. Distinct, or
    # PostgreSQL takes them for too many to hash from some hundred thousand on.
    return organisations.c.id.in_(above.distinct())


def _here(question: Terms, branch: ColumnElement[Any]) -> tuple[ColumnElement[bool], ...]:
    """Only the one branch that is asked about, where it is one."""
    return () if question.here is None else (branch == question.here,)


STINT_DAYS: dict[str, ColumnElement[Any]] = {"left": stints.c.left_on, "back": stints.c.back_on}
_SUBJECTS: dict[str, Callable[[Terms], Subject]] = {
    "branch": _branch,
    "committee": _committee,
    "stint": _stint,
    "member": _member,
    "activity": activity_subject,
    "invitee": invitee_subject,
}

"""Who a duty is about: branches, members, floating members, committees, activities, as SQL sources."""

from collections.abc import Callable
from dataclasses import dataclass
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
from storage.questions import Terms
from storage.records import MEMBERSHIP, OTHER_AUDIENCE, Category, Presence

activities, attendance, members = tables.activities, tables.attendance, tables.members
organisations, stints = tables.organisations, tables.stints
notices = tables.notices

TELL_OF_ACTIVITIES = ("invitation", "moved", "announcement", "group_moved")
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
            ~_has_below(),
            *_chosen(question, table.c.id),
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
    together = (
        select(stints.c.city)
        .where(stints.c.branch_id == organisations.c.id, *away)
        .group_by(stints.c.province, stints.c.city)
        .having(func.count() >= question.count)
    )
    return together.correlate(organisations).exists()


def _keeps_books(question: Terms) -> ColumnElement[bool]:
    """Somebody's dues of the month are on record (AD-15); nobody closes books that are not kept."""
    dues, payer = tables.dues, members.alias("payer")
    paid = exists().where(
        dues.c.member_id == payer.c.id, dues.c.month == question.period, tables.dues_stand
    )
    return exists().where(payer.c.branch_id == organisations.c.id, paid)


def _committee(question: Terms) -> Subject:
    """Every organisation with members of its own in the period, and others below it."""
    there = (_has_members(question), _has_below())
    return Subject(organisations, there, organisations.c.id, organisations.c.id)


def _stint(question: Terms) -> Subject:
    """Everybody who is away; whoever left after the day of the reminder is not reminded yet."""
    opened = or_(stints.c.opened_at < question.ends, stints.c.opened_at > question.now)
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
            *_chosen(question, members.c.branch_id),
        ),
        members.c.branch_id,
        stints.c.member_id,
        stints.c.member_id,
        on=_anchor(question),
        late=_late(question, stints.c.opened_at),
    )


def _member(question: Terms) -> Subject:
    """Every full and probationary member who was there in the period (AD-3)."""
    return Subject(
        members,
        (
            members.c.category.in_(MEMBERSHIP),
            _was_there(question),
            *_about(question),
            *_chosen(question, members.c.branch_id),
        ),
        members.c.branch_id,
        members.c.id,
        members.c.id,
        on=_anchor(question),
        late=_late(question, members.c.created_at),
    )


def _activity(question: Terms) -> Subject:
    """Activities that begin on the question's days; `at` is when."""
    table = activities
    stage = _STAGES.get(question.proof, ())
    return Subject(
        table,
        (
            *(
                _called(question, notices.c.who == "group")
                if question.proof in {"announced", "moved", "called_off"}
                else (table.c.cancelled_at.is_(None),)
            ),
            table.c.starts_at >= question.begins,
            table.c.starts_at < question.ends,
            *(holds(question) for holds in stage),
            *_chosen(question, table.c.branch_id),
        ),
        table.c.branch_id,
        table.c.id,
        at=table.c.starts_at,
        late=_late(question, table.c.created_at),
    )


def _is_coming(question: Terms) -> ColumnElement[bool]:
    coming: ColumnElement[bool] = activities.c.starts_at > question.now
    return coming


def _is_over(question: Terms) -> ColumnElement[bool]:
    """Over, and planned before it was: what was entered afterwards is history, not a duty."""
    created = activities.c.created_at
    in_time = or_(created.is_(None), created <= activities.c.ends_at, created > question.now)
    return and_(activities.c.ends_at <= question.now, in_time)


def _is_closed(question: Terms) -> ColumnElement[bool]:
    """Closed, and not without anybody."""
    del question
    somebody = exists().where(attendance.c.activity_id == activities.c.id)
    return and_(activities.c.closed_at.is_not(None), somebody)


_STAGES: dict[str, tuple[Callable[[Terms], ColumnElement[bool]], ...]] = {
    "thanked": (_is_over, _is_closed),
    "form_filed": (_is_over,),
    "leaves_decided": (_is_coming,),
}


def _invitee(question: Terms) -> Subject:
    """Everybody an activity that has not begun expects, one row each."""
    table = activities
    return Subject(
        table.join(members, members.c.branch_id == table.c.branch_id),
        (
            table.c.starts_at >= question.begins,
            table.c.starts_at < question.ends,
            is_expected(),
            *_called(question, notices.c.recipient_id == members.c.id),
        ),
        table.c.branch_id,
        table.c.id,
        members.c.id,
        at=table.c.starts_at,
    )


def _called(question: Terms, recipient: ColumnElement[bool]) -> tuple[ColumnElement[bool], ...]:
    """What is on; or what moved, or was called off for good, for whoever was told of it before.

    One that moved is another activity with the same code: people may know of any of its dates.
    """
    on, off = activities.c.cancelled_at.is_(None), activities.c.cancelled_at.is_not(None)
    begun = question.now if question.proof != "called_off" else question.lately
    coming = activities.c.starts_at > begun
    if question.proof == "moved":
        return (on, coming, activities.c.moved_from.is_not(None), _was_told(recipient))
    if question.proof != "called_off":
        return (on, coming)
    moved = activities.alias("moved")
    went_on = exists().where(
        moved.c.branch_id == activities.c.branch_id, moved.c.moved_from == activities.c.starts_at
    )
    kin = activities.alias("kin")
    stands = exists().where(*_is_kin(kin), kin.c.cancelled_at.is_(None))  # its move was undone
    own = _was_told(recipient, notices.c.subject_id == activities.c.id)
    return (off, coming, ~went_on, or_(and_(~stands, _was_told(recipient)), own))


def _is_kin(kin: FromClause) -> tuple[ColumnElement[bool], ...]:
    """The same activity on another date."""
    return kin.c.branch_id == activities.c.branch_id, kin.c.code == activities.c.code


def _was_told(recipient: ColumnElement[bool], *which: ColumnElement[bool]) -> ColumnElement[bool]:
    """A notice went to this recipient about one of the activity's dates."""
    kin, told = activities.alias("kin"), notices
    return exists().where(
        *_is_kin(kin),
        *which,
        told.c.subject_id == kin.c.id,
        told.c.rule.in_(TELL_OF_ACTIVITIES),
        told.c.message_id.is_not(None),
        recipient,
    )


def is_expected() -> ColumnElement[bool]:
    """Members always (AD-3); applicants and candidates when the audience names them."""
    others = map(_is_audience, OTHER_AUDIENCE.items())
    return or_(members.c.category.in_(MEMBERSHIP), *others)


def _is_audience(named: tuple[str, str]) -> ColumnElement[bool]:
    word, category = named
    return and_(activities.c.audience.contains(word), members.c.category == category)


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


def _late(question: Terms, known_at: ColumnElement[Any]) -> ColumnElement[Any]:
    """Known on the day on which it should have been told, which is past."""
    late: ColumnElement[Any] = known_at < question.late_from
    return late


def _has_members(question: Terms) -> ColumnElement[bool]:
    return exists().where(members.c.branch_id == organisations.c.id, _was_there(question))


def _was_there(question: Terms) -> ColumnElement[bool]:
    """On the roster when it was due; a rehearsal's clock may stand before the roster's day."""
    created = members.c.created_at
    return or_(created < question.there_by, created > question.now)


def _has_below() -> ColumnElement[bool]:
    below = organisations.alias("below")
    return exists().where(below.c.parent_id == organisations.c.id)


def _chosen(question: Terms, branch: ColumnElement[Any]) -> tuple[ColumnElement[bool], ...]:
    chosen = [] if question.branches is None else [branch.in_(question.branches)]
    if question.but_branches is not None:
        chosen.append(branch.not_in(question.but_branches))
    return tuple(chosen)


STINT_DAYS: dict[str, ColumnElement[Any]] = {"left": stints.c.left_on, "back": stints.c.back_on}
_SUBJECTS: dict[str, Callable[[Terms], Subject]] = {
    "branch": _branch,
    "committee": _committee,
    "stint": _stint,
    "member": _member,
    "activity": _activity,
    "invitee": _invitee,
}

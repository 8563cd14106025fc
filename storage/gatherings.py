"""Activities as subjects: what is on, over, moved or called off, and whom it expects (AD-3, AD-8)."""

from collections.abc import Callable
from typing import Any

from sqlalchemy import ColumnElement, FromClause, and_, exists, or_

from storage import tables
from storage.expected import Subject, known_late, of_branches
from storage.notices import TELL_GROUPS, TELL_MEMBERS
from storage.questions import Terms
from storage.records import MEMBERSHIP, OTHER_AUDIENCE

activities, attendance, members = tables.activities, tables.attendance, tables.members
notices = tables.notices


def activity_subject(question: Terms) -> Subject:
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
            *of_branches(question, table.c.branch_id),
        ),
        table.c.branch_id,
        table.c.id,
        at=table.c.starts_at,
        late=known_late(question, table.c.created_at),
    )


def _is_coming(question: Terms) -> ColumnElement[bool]:
    coming: ColumnElement[bool] = activities.c.starts_at > question.now
    return coming


def _is_over(question: Terms) -> ColumnElement[bool]:
    """Over, and planned before it was: what was entered afterwards is history, not a duty."""
    return and_(activities.c.ends_at <= question.now, planned_in_time(question.asked_at))


def planned_in_time(now: Any) -> ColumnElement[bool]:
    """Entered before it ended; a rehearsal's clock may stand before the day of the entry."""
    created = activities.c.created_at
    return or_(created.is_(None), created <= activities.c.ends_at, created > now)


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


def invitee_subject(question: Terms) -> Subject:
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
    own = _was_told(recipient, notices.c.subject_id == activities.c.id)
    if question.proof == "moved":
        return (on, coming, activities.c.moved_from.is_not(None), _was_told(recipient), ~own)
    if question.proof != "called_off":
        return (on, coming)
    moved = activities.alias("moved")
    went_on = exists().where(
        moved.c.branch_id == activities.c.branch_id, moved.c.moved_from == activities.c.starts_at
    )
    kin = activities.alias("kin")
    stands = exists().where(*_is_kin(kin), kin.c.cancelled_at.is_(None))  # its move was undone
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
        told.c.rule.in_((*TELL_MEMBERS, *TELL_GROUPS)),
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

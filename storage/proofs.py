"""What proves that a duty was done, each as a condition on its subject."""

from collections.abc import Callable
from typing import Any

from sqlalchemy import ColumnElement, Select, String, Table, and_, cast, exists, func, or_, select

from storage import tables
from storage.expected import Subject
from storage.questions import Terms
from storage.records import TOOK_PART, Category, Presence, RequestKind, State
from storage.subjects import STINT_DAYS

activities, attendance, contacts = tables.activities, tables.attendance, tables.contacts
dues, leaves, members, places = tables.dues, tables.leaves, tables.members, tables.places
reports, requests, settlements = tables.reports, tables.requests, tables.settlements
stints = tables.stints

ALTERNATIVES = "|"

Proof = Callable[[Terms, Subject], ColumnElement[bool]]


def proofs(question: Terms, subject: Subject) -> list[tuple[str, ColumnElement[bool]]]:
    """(name, condition): any of them settles the duty; by hand first."""
    state = settlements.c.state
    by_hand = [
        (name, _settled(question, subject, state == kept))
        for name, kept in (("excused", "excused"), ("settled", "met"))
    ]
    return [*by_hand, *((name, prove(question, subject)) for name, prove in _wanted(question))]


def any_proof(question: Terms, subject: Subject) -> list[ColumnElement[bool]]:
    """The same conditions without their names; first the one that settles most."""
    found = [prove(question, subject) for _, prove in _wanted(question)]
    return [*found, _settled(question, subject)]


def _wanted(question: Terms) -> list[tuple[str, Proof]]:
    names = (question.proof, *question.also)
    return [(name, _PROOFS[name]) for name in names if name in _PROOFS]


def _settled(question: Terms, subject: Subject, *more: ColumnElement[bool]) -> ColumnElement[bool]:
    table = settlements
    where = [table.c.rule == question.rule, table.c.subject_id == subject.id, *more]
    if question.period is not None:
        where.append(table.c.period == question.period)
    if question.event in STINT_DAYS:  # of this time away, not of an earlier one
        where.append(table.c.settled_at >= stints.c.opened_at)
    return exists().where(*where, table.c.withdrawn_at.is_(None))


def _contact(question: Terms, subject: Subject) -> ColumnElement[bool]:
    """Somebody reached them; having tried is not enough (FM-6)."""
    return exists().where(
        contacts.c.member_id == subject.member_id,
        contacts.c.on.between(question.first, question.last),
        contacts.c.reached,
        contacts.c.withdrawn_at.is_(None),
    )


def _report(question: Terms, subject: Subject) -> ColumnElement[bool]:
    return exists().where(
        reports.c.member_id == subject.member_id,
        reports.c.submitted_at >= question.begins,
        reports.c.submitted_at < question.ends,
        reports.c.state.in_((State.PENDING, State.APPROVED)),
    )


def _place(question: Terms, subject: Subject) -> ColumnElement[bool]:
    return exists().where(
        places.c.member_id == subject.member_id,
        places.c.reported_on.between(question.first, question.last),
        places.c.withdrawn_at.is_(None),
    )


def _dues(question: Terms, subject: Subject) -> ColumnElement[bool]:
    month = dues.c.month == question.period
    return exists().where(dues.c.member_id == subject.member_id, month, tables.dues_stand)


def _books(question: Terms, subject: Subject) -> ColumnElement[bool]:
    closed = tables.closings
    return exists().where(closed.c.branch_id == subject.id, closed.c.month == question.period)


def _activities(question: Terms, subject: Subject, *more: Any) -> ColumnElement[bool]:
    return exists().where(_in_period(question, subject), *more)


def _in_period(question: Terms, subject: Subject) -> ColumnElement[bool]:
    return and_(
        activities.c.branch_id == subject.id,
        activities.c.starts_at >= question.begins,
        activities.c.starts_at < question.ends,
        activities.c.cancelled_at.is_(None),
    )


def _planned(question: Terms, subject: Subject) -> ColumnElement[bool]:
    return _activities(question, subject)


def _held(question: Terms, subject: Subject) -> ColumnElement[bool]:
    return _activities(question, subject, _took_place(question))


def _took_place(question: Terms) -> ColumnElement[bool]:
    """Held, as far as is known; while it is only arranged, nobody needs to be reminded of it.

    Where nobody checked in and no form was filed it did not take place; what was entered afterwards did.
    """
    table = activities
    somebody = exists().where(
        attendance.c.activity_id == table.c.id, attendance.c.state.in_(TOOK_PART)
    )
    afterwards = or_(table.c.created_at.is_(None), table.c.created_at > table.c.ends_at)
    held = or_(
        table.c.closed_at.is_(None), table.c.form_filed_at.is_not(None), afterwards, somebody
    )
    return and_(held, table.c.starts_at <= question.now) if question.is_history else held


def _categories(question: Terms, subject: Subject) -> ColumnElement[bool]:
    """Every category was held in the period; `甲|乙` is one of the two."""
    held = _took_place(question)
    return and_(
        *(
            _activities(question, subject, held, or_(*map(activities.c.categories.contains, names)))
            for names in (one.split(ALTERNATIVES) for one in question.categories)
        )
    )


def _plan(question: Terms, subject: Subject) -> ColumnElement[bool]:
    planned = select(func.count()).select_from(activities).where(_in_period(question, subject))
    return _at_least(planned, subject, question.count)


def _form(question: Terms, subject: Subject) -> ColumnElement[bool]:
    del question, subject
    return activities.c.form_filed_at.is_not(None)


def _leaves(question: Terms, subject: Subject) -> ColumnElement[bool]:
    del question
    pending = leaves.c.state == State.PENDING
    # What stands is what the partial index of leaves is over.
    return ~exists().where(leaves.c.activity_id == subject.id, tables.leave_stands, pending)


def _days(question: Terms, subject: Subject) -> ColumnElement[bool]:
    return _at_least(_part(question, subject, func.count()), subject, question.count)


def _hours(question: Terms, subject: Subject) -> ColumnElement[bool]:
    minutes = func.coalesce(func.sum(activities.c.minutes), 0)
    return _at_least(_part(question, subject, minutes), subject, question.count * 60)


def _part(question: Terms, subject: Subject, what: ColumnElement[Any]) -> Select[Any]:
    return (
        select(what)
        .select_from(attendance.join(activities, activities.c.id == attendance.c.activity_id))
        .where(
            attendance.c.member_id == subject.member_id,
            attendance.c.state.in_(TOOK_PART),
            activities.c.starts_at >= question.begins,
            activities.c.starts_at < question.ends,
        )
    )


def _answered(question: Terms, subject: Subject) -> ColumnElement[bool]:
    """Answered, excused or already there."""
    del question
    given = tables.responses
    return or_(
        exists().where(given.c.activity_id == subject.id, given.c.member_id == subject.member_id),
        exists().where(
            leaves.c.activity_id == subject.id,
            leaves.c.member_id == subject.member_id,
            tables.leave_stands,
        ),
        exists().where(
            attendance.c.activity_id == subject.id, attendance.c.member_id == subject.member_id
        ),
    )


def _confirmed(question: Terms, subject: Subject) -> ColumnElement[bool]:
    del question, subject
    return members.c.full_on.is_not(None) | (members.c.category == Category.FULL)


def _talk(question: Terms, subject: Subject) -> ColumnElement[bool]:
    """A talk after the absence that made it due (AD-9)."""
    before = (
        select(func.count())
        .select_from(attendance.join(activities, activities.c.id == attendance.c.activity_id))
        .where(
            attendance.c.member_id == contacts.c.member_id,
            attendance.c.state == Presence.ABSENT,
            activities.c.starts_at >= question.begins,
            func.date(activities.c.starts_at) <= contacts.c.on,
            activities.c.starts_at <= contacts.c.recorded_at,
        )
        .correlate(contacts)
        .scalar_subquery()
    )
    return exists().where(
        contacts.c.member_id == subject.member_id,
        contacts.c.kind == "talk",
        contacts.c.on.between(question.first, question.last),
        contacts.c.reached,
        contacts.c.withdrawn_at.is_(None),
        before >= question.count,
    )


def _case(question: Terms, subject: Subject) -> ColumnElement[bool]:
    """The case was decided on by a person."""
    return exists().where(
        requests.c.member_id == subject.member_id,
        requests.c.kind == RequestKind.CASE,
        cast(requests.c.subject_id, String) == question.period,
        requests.c.state != State.PENDING,
    )


def _at_least(query: Select[Any], subject: Subject, least: Any) -> ColumnElement[bool]:
    """One value for the subject, whatever tables stand outside, is as large as it must be."""
    inner = _tables(query.get_final_froms()[0])
    outer = [one for one in _tables(subject.source) if one not in inner]
    enough: ColumnElement[bool] = query.correlate(*outer).scalar_subquery() >= least
    return enough


def _tables(source: Any) -> list[Table]:
    if isinstance(source, Table):
        return [source]
    return [*_tables(source.left), *_tables(source.right)]


_PROOFS: dict[str, Proof] = {
    "activity_held": _held,
    "activity_planned": _planned,
    "answered": _answered,
    "books_closed": _books,
    "case": _case,
    "category_held": _categories,
    "contact": _contact,
    "dues": _dues,
    "education_days": _days,
    "education_hours": _hours,
    "form_filed": _form,
    "leaves_decided": _leaves,
    "member_confirmed_full": _confirmed,
    "place": _place,
    "plan_filed": _plan,
    "report": _report,
    "talk_after_absences": _talk,
}

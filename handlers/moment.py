"""The moment that an activity is moved to: what was said of it, laid over the moment at which it stands."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

from handlers import planning
from handlers.planning import Hours
from handlers.reading.moving import Moving
from handlers.reading.times import find_hours, find_time
from handlers.turn import Turn
from handlers.words import day
from storage.records import Activity

PAST_DAY = "{day}已经过了，或者太远，请写今天以后、一年以内的日子。"
FARTHEST = timedelta(days=366)
Told = dict[str, Any]
NOTHING: Told = {"day": "", "hours": "", "until": "", "shift": 0, "longer": 0}


def told_by(said: Moving) -> Told:
    """What a line says of the new moment, as a dialog keeps it; '' and 0 where it says nothing."""
    return {
        "day": said.days[-1].isoformat() if said.days else "",
        "hours": "" if said.until else said.hours,
        "until": said.hours if said.until else "",
        "shift": said.shift,
        "longer": said.longer,
    }


def laid_over(before: Told, said: Moving) -> Told:
    """What was told before, with what a further line says: 延长半小时 adds to it, a new day replaces it."""
    new = told_by(said)
    hours = before if not said.hours else new
    return {
        "day": new["day"] or before["day"],
        "hours": new["hours"] or before["hours"],
        "until": hours["until"],
        "shift": new["shift"] + (0 if new["day"] or new["hours"] else before["shift"]),
        "longer": new["longer"] + (0 if said.hours else before["longer"]),
    }


def is_told(told: Told) -> bool:
    """Whether anything at all was said of the new moment."""
    return any(told[name] for name in NOTHING)


def new_hours(turn: Turn, told: Told, found: Activity) -> Hours | str:
    """The new moment; the day, the hours and how long it lasts stay where nothing was said of them."""
    begins = turn.local(found.starts_at) + timedelta(minutes=told["shift"])
    on = date.fromisoformat(told["day"]) if told["day"] else begins.date()
    if not turn.today <= on <= turn.today + FARTHEST:
        return PAST_DAY.format(day=day(on))
    said = told["hours"] or f"{begins:%H:%M}"
    hours = planning.read_hours(turn, said, on)
    if not isinstance(hours, Hours):
        return hours or planning.END_FIRST
    named = find_time(said)
    ends_at = hours.ends_at
    if not (named and named.ends) and not find_hours(said):
        ends_at = hours.starts_at + (found.ends_at - found.starts_at)
    return _ending(turn, Hours(hours.starts_at, ends_at), on, told)


def _ending(turn: Turn, hours: Hours, on: date, told: Told) -> Hours | str:
    """The same beginning with the end that was said, if it is one: later, and on the same day."""
    until = find_time(told["until"])
    ends_at = hours.ends_at + timedelta(minutes=told["longer"])
    if until is not None:
        ends_at = datetime.combine(on, until.begins, turn.house.zone).astimezone(UTC)
    if ends_at <= hours.starts_at or turn.local(ends_at).date() != on:
        return planning.END_FIRST
    return Hours(hours.starts_at, ends_at)

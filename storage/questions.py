"""A question about a duty, and its terms: the same with parameters for values, so that its SQL is built once."""

from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from typing import Any, NamedTuple

from sqlalchemy import BindParameter, Boolean, Date, Integer, String, bindparam

from storage.columns import Instant


@dataclass(frozen=True, slots=True)
class Question:
    """One rule in one period, perhaps one rung of it: who owes it, and has not been told.

    `first` and `last` are the period's days, `begins` and `ends` the same in UTC. An activity's
    period is "": there they hold the days on which it begins. `days` are those of another event: of
    joining, leaving, coming back. `there_by`: nobody owes what was due before they were on the roster.
    `asked_at`: the moment of asking, where `now` is an earlier one.
    `late_from`: told today what was due to be told before this moment.
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
    there_by: datetime | None = None
    asked_at: datetime | None = None
    late_from: datetime | None = None
    who: str = ""
    rung: int = 0
    # Told as part of this week's digest of the branch, rather than each for itself.
    digest: str = ""
    branches: frozenset[int] | None = None
    but_branches: frozenset[int] = field(default=frozenset())
    # For a later reminder of what has no day of its own: the secretary was told before this moment.
    told_before: datetime | None = None


class Shape(NamedTuple):
    """What of a question decides the form of its SQL."""

    owes: str
    proof: str
    also: tuple[str, ...]
    categories: tuple[str, ...]
    event: str
    given: frozenset[str]


# Left out of the SQL where a question does not have them.
OPTIONAL = ("period", "digest", "branches", "but_branches", "told_before")
TYPES: dict[str, Any] = {
    "rule": String,
    "period": String,
    "first": Date,
    "last": Date,
    "begins": Instant,
    "ends": Instant,
    "now": Instant,
    "lately": Instant,
    "count": Integer,
    "known_on": Date,
    "there_by": Instant,
    "asked_at": Instant,
    "late_from": Instant,
    "is_late": Boolean,
    "who": String,
    "rung": Integer,
    "digest": String,
    "told_before": Instant,
}
LATELY = timedelta(hours=2)  # called off at night for early in the morning: better late than never
NEVER = datetime(1, 1, 1, tzinfo=UTC)  # nothing was known before
MANY: dict[str, Any] = {
    "days": Date,
    "month_days": Integer,
    "branches": Integer,
    "but_branches": Integer,
}


class Terms:
    """A question's values as parameters; None for what it does not have."""

    def __init__(self, place: int, shape: Shape) -> None:
        self.owes, self.proof, self.also = shape.owes, shape.proof, shape.also
        self.categories, self.event = shape.categories, shape.event
        self.is_history = False
        self.here: BindParameter[int] | None = None  # the one branch that is asked about
        self._place, self._given = place, shape.given

    def __getattr__(self, name: str) -> Any:
        """The parameter that stands for one of the question's values."""
        if name in OPTIONAL and name not in self._given:
            return None
        if name in MANY:
            return bindparam(parameter(name, self._place), type_=MANY[name](), expanding=True)
        if name in TYPES:
            return bindparam(parameter(name, self._place), type_=TYPES[name]())
        raise AttributeError(name)


@lru_cache(maxsize=1024)
def shape_of(question: Question) -> Shape:
    """The form of a question's SQL."""
    given = [name for name in OPTIONAL if getattr(question, name) not in (None, "", frozenset())]
    if question.branches is not None:
        given.append("branches")
    return Shape(
        question.owes,
        question.proof,
        question.also,
        question.categories,
        question.event,
        frozenset(given),
    )


def values_of(place: int, question: Question) -> dict[str, Any]:
    """The values of a question's parameters."""
    values: dict[str, Any] = {
        parameter(name, place): getattr(question, name, None) for name in TYPES
    }
    values[parameter("known_on", place)] = question.known_on or question.last
    values[parameter("there_by", place)] = question.there_by or question.ends
    values[parameter("asked_at", place)] = question.asked_at or question.now
    values[parameter("late_from", place)] = question.late_from or NEVER
    values[parameter("lately", place)] = question.now - LATELY
    values[parameter("is_late", place)] = question.late_from is not None
    values[parameter("days", place)] = question.days
    values[parameter("month_days", place)] = [day.month * 100 + day.day for day in question.days]
    values[parameter("branches", place)] = sorted(question.branches or ())
    values[parameter("but_branches", place)] = sorted(question.but_branches)
    return values


def parameter(name: str, place: int) -> str:
    """The name of a question's parameter among all that are asked together."""
    return f"asked_{place}_{name}"

"""The rules as values: who owes what by when, who is reminded, and what proves it. Pure."""

from dataclasses import dataclass
from enum import StrEnum

DEFAULT_ACTIVITY_DAY = 5


class BadPolicy(Exception):
    """A policy cannot be used; `problems` names every bad file, rule and key."""

    def __init__(self, problems: list[str]) -> None:
        super().__init__("；".join(problems))
        self.problems = problems


class Who(StrEnum):
    """Whom a rung reminds; the committee hears of exceptions only."""

    MEMBER = "member"
    SECRETARY = "secretary"
    COMMITTEE = "committee"


class Owes(StrEnum):
    """What there is one duty for: each branch, member, open stint, committee or activity."""

    BRANCH = "branch"
    MEMBER = "member"
    STINT = "stint"
    COMMITTEE = "committee"
    ACTIVITY = "activity"


class Every(StrEnum):
    """How often a rule comes round; an event comes when it comes."""

    MONTH = "month"
    QUARTER = "quarter"
    HALF = "half"
    YEAR = "year"
    EVENT = "event"


class Event(StrEnum):
    """What sets off a rule of the period 'event'; the day it is counted from."""

    ACTIVITY = "activity"  # the day an activity takes place
    ABSENCE = "absence"  # the day of the absence that made the count full
    LEFT = "left"  # the day a stint began
    BACK = "back"  # the day a stint ended
    GATHERED = "gathered"  # the day the count of members away in one place was reached
    PROBATION_END = "probation_end"  # a year after the probationary member was admitted
    JOINED = "joined"  # each year's day on which the member joined

    @property
    def is_foreseen(self) -> bool:
        """Whether its day is known beforehand, so that a rung may lie before it."""
        return self in {Event.ACTIVITY, Event.PROBATION_END, Event.JOINED}


class Of(StrEnum):
    """What a rung's days are counted from."""

    START = "start"
    MIDDLE = "middle"
    DUE = "due"
    END = "end"


class Proof(StrEnum):
    """What in the records meets a rule; 'settled' by hand is possible for every rule."""

    ACTIVITY_HELD = "activity_held"
    ACTIVITY_PLANNED = "activity_planned"
    CATEGORY_HELD = "category_held"
    PLAN_FILED = "plan_filed"
    FORM_FILED = "form_filed"
    LEAVES_DECIDED = "leaves_decided"
    CONTACT = "contact"
    TALK_AFTER_ABSENCES = "talk_after_absences"
    DUES = "dues"
    BOOKS_CLOSED = "books_closed"
    REPORT = "report"
    EDUCATION_DAYS = "education_days"
    EDUCATION_HOURS = "education_hours"
    MEMBER_CONFIRMED_FULL = "member_confirmed_full"
    GREETING = "greeting"
    STINT_SETTLED = "stint_settled"
    CASE = "case"
    SETTLED = "settled"


@dataclass(frozen=True, slots=True)
class Rung:
    """One reminder: to whom, and how many days from the period's start, middle, due day or end."""

    who: Who
    days: int = 0
    of: Of = Of.DUE
    text: str = ""


class At(StrEnum):
    """How a due day is given."""

    END = "end"
    ACTIVITY_DAY = "activity_day"
    DAY = "day"
    AFTER = "after"


@dataclass(frozen=True, slots=True)
class Due:
    """The due day: the period's end, its activity day, a day in it, or days after the event.

    `month` counts from the period's first month, 1 to 12; a `day` a month does not have is its last.
    """

    at: At = At.END
    month: int = 1
    day: int = 31
    days: int = 0


@dataclass(frozen=True, slots=True)
class Rule:
    """One duty of `clauses.md`. `grace`: days after the due day in which it is met late, not missed."""

    name: str
    clause: str
    title: str
    owes: Owes
    period: Every
    due: Due
    grace: int
    rungs: tuple[Rung, ...]
    proof: Proof
    source: str
    why: str
    settle: str = ""
    count: int = 1
    also: tuple[str, ...] = ()
    categories: tuple[str, ...] = ()
    every: bool = False  # all of the categories, not any of them
    event: Event | None = None


@dataclass(frozen=True, slots=True)
class Manners:
    """How often and when people may be written to; hours in the organisation's zone, Monday is 0."""

    member_per_month: int = 8
    quiet_from: int = 21
    quiet_to: int = 8
    digest_hour: int = 9
    digest_weekday: int = 0


@dataclass(frozen=True, slots=True)
class ActivityRules:
    """How many days before an activity its branch hears of it, and is reminded; what its form is called."""

    announce_days: int = 7
    remind_days: int = 1
    form_title: str = "党日活动记录表"


@dataclass(frozen=True, slots=True)
class Policy:
    """All that holds for an organisation. `activity_days` are those its document names; empty: any."""

    name: str
    rules: tuple[Rule, ...]
    manners: Manners = Manners()
    activities: ActivityRules = ActivityRules()
    activity_day: int | None = None
    activity_days: tuple[int, ...] = ()

    def rule(self, name: str) -> Rule:
        """The rule of this name. Raises LookupError."""
        found = next((rule for rule in self.rules if rule.name == name), None)
        if found is None:
            raise LookupError(name)
        return found

    def proved_by(self, proof: Proof) -> Rule | None:
        """The first rule with this proof: how long a record form may take, when the plan is due."""
        return next((rule for rule in self.rules if rule.proof is proof), None)

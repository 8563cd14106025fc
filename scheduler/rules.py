"""All that decides what is due: the policy, the calendar, the zone, and the branches' own days. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from scheduler.calendar import Calendar
from scheduler.policy import Policy


@dataclass(frozen=True, slots=True)
class Rules:
    """All that decides what is due. Branches with an activity day of their own: by name, and by id."""

    policy: Policy
    calendar: Calendar
    zone: ZoneInfo
    activity_day: int
    named_days: Mapping[str, int] = field(default_factory=dict)
    days: Mapping[int, int] = field(default_factory=dict)

    def local(self, moment: datetime) -> datetime:
        """A moment in the organisation's zone."""
        return moment.astimezone(self.zone)

    def begins(self, day: date) -> datetime:
        """The first moment of a day, in UTC."""
        return datetime.combine(day, time(), self.zone).astimezone(UTC)

    def night_ends(self, now: datetime) -> datetime | None:
        """When this night ends, in which nobody is told what can wait (the policy's manners); None by day."""
        manners, local = self.policy.manners, self.local(now)
        if manners.quiet_to <= local.hour < manners.quiet_from:
            return None
        end = local.replace(hour=manners.quiet_to, minute=0, second=0, microsecond=0)
        return end if local < end else end + timedelta(days=1)

    def of_branch(self, name: str) -> "Rules":
        """The rules as one branch has them."""
        return replace(self, activity_day=self.named_days.get(name, self.activity_day), days={})

    def of_all(self, ids: Mapping[str, int]) -> "Rules":
        """The rules with the ids of the branches that are named in them."""
        days = {ids[name]: day for name, day in self.named_days.items() if name in ids}
        return replace(self, days=days)


def has_come(day: date, rules: Rules, now: datetime) -> bool:
    """Whether the hour of reminding on this day is past."""
    local = rules.local(now)
    return (local.date(), local.hour) >= (day, rules.policy.manners.digest_hour)

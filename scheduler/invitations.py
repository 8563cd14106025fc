"""What is told about each activity: invitation, the day before, the group's notice, thanks. Pure."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from scheduler.asking import DAY, LONGEST_HOLIDAY, Asked
from scheduler.policy import At, Due, Event, Every, Owes, Proof, Rule, Rung, Who
from scheduler.rules import Rules, has_come
from storage.notices import (
    ANNOUNCEMENT,
    CALLED_OFF,
    DAY_BEFORE,
    GROUP_CALLED_OFF,
    GROUP_MOVED,
    INVITATION,
    MOVED,
    THANKS,
)
from storage.questions import Question

THANKS_WITHIN = timedelta(days=3)
CHANGED_WITHIN = timedelta(days=400)  # a change is told at once, however far ahead
TO_MEMBERS = (CALLED_OFF, MOVED, INVITATION, DAY_BEFORE)  # the weightiest first
ABOUT_ACTIVITIES = (*TO_MEMBERS, ANNOUNCEMENT, GROUP_MOVED, GROUP_CALLED_OFF, THANKS)
GROUP = "group"
SOURCE = "江苏《关于建立健全党员活动日制度的意见》（附件1）二"
WHY = "活动日的参加对象是全体党员，包括纳入管理的流动党员；不能参加的事先请假。"


def rule_of(name: str) -> Rule:
    """What stands behind a notice about an activity, for whoever asks why (AD-3)."""
    return Rule(
        name=name,
        clause="AD-3",
        title="参加党员活动日",
        owes=Owes.ACTIVITY,
        period=Every.EVENT,
        due=Due(At.AFTER),
        grace=0,
        rungs=(Rung(Who.MEMBER),),
        proof=Proof.SETTLED,
        source=SOURCE,
        why=WHY,
        event=Event.ACTIVITY,
    )


def about_activities(rules: Rules, now: datetime, groups: frozenset[int]) -> Iterator[Asked]:
    """Every notice about activities whose hour has come; `groups` are the branches that have one."""
    today = rules.local(now).date()
    announced = (today, _announced_up_to(rules, now))
    reminded_on = today + timedelta(days=rules.policy.activities.remind_days)
    invitee, group = _Asking(rules, now, Who.MEMBER), _Asking(rules, now, GROUP, groups)
    changed = (today - DAY, today + CHANGED_WITHIN)
    yield invitee.asked(INVITATION, "answered", announced, MOVED)
    if has_come(today, rules, now):
        yield invitee.asked(DAY_BEFORE, "answered", (today, reminded_on))
    yield invitee.asked(MOVED, "moved", changed)
    yield invitee.asked(CALLED_OFF, "called_off", changed)
    if groups:
        yield group.asked(ANNOUNCEMENT, "announced", announced, GROUP_MOVED)
        yield group.asked(GROUP_MOVED, "moved", changed)
        yield group.asked(GROUP_CALLED_OFF, "called_off", changed)
        yield group.asked(THANKS, "thanked", (today - THANKS_WITHIN, today))


def invites_at(day: date, rules: Rules, now: datetime) -> datetime | None:
    """When the invitations to an activity of a day go out, no holiday and no night; None where that is now."""
    manners, local = rules.policy.manners, rules.local(now)
    first = max(_announced_on(day, rules), local.date())
    if first == local.date() and local.hour >= manners.quiet_from:
        first += DAY
    while rules.calendar.is_holiday(first):
        first += DAY
    at = datetime.combine(first, time(manners.digest_hour), rules.zone)
    return at if at > now else None


def _announced_up_to(rules: Rules, now: datetime) -> date:
    """The last day whose activity is announced by now."""
    today = rules.local(now).date()
    furthest = rules.policy.activities.announce_days + LONGEST_HOLIDAY.days
    days = (today + count * DAY for count in range(furthest))
    come = [day for day in days if has_come(_announced_on(day, rules), rules, now)]
    return max(come, default=today)


def _announced_on(day: date, rules: Rules) -> date:
    """When the activity of a day is announced; what would fall on a day off is announced before it."""
    before = day - timedelta(days=rules.policy.activities.announce_days)
    return rules.calendar.last_workday_on_or_before(before, before - LONGEST_HOLIDAY)


@dataclass(frozen=True, slots=True)
class _Asking:
    """Builds the questions of one audience."""

    rules: Rules
    now: datetime
    who: str
    groups: frozenset[int] | None = None

    def asked(self, name: str, proof: str, days: tuple[date, date], *also: str) -> Asked:
        first, last = days
        question = Question(
            rule=name,
            owes="invitee" if self.groups is None else "activity",
            proof=proof,
            also=also,
            period="",
            first=first,
            last=last,
            begins=self.rules.begins(first),
            ends=self.rules.begins(last + DAY),
            now=self.now,
            who=str(self.who),
            rung=1,
            branches=self.groups,
        )
        return Asked(rule_of(name), question)

"""Words each notice: a neutral first line for the lock screen, the substance below it. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from itertools import groupby

from scheduler import announcements
from scheduler.asking import Asked, FirstDue, is_exception, is_greeting
from scheduler.calendar import day_in_words
from scheduler.invitations import ABOUT_ACTIVITIES, TO_MEMBERS
from scheduler.listing import listed
from scheduler.occurrences import settle_in
from scheduler.periods import in_words
from scheduler.policy import Proof, Who
from scheduler.rules import Rules
from storage.duties import Found
from storage.notices import CALLED_OFF, DAY_BEFORE, MOVED
from storage.records import Activity

NAMES_SHOWN = 5

# On a lock screen the first line is all that shows: no name, no political word.
MEMBER_LEAD = "您好，有一条给您的提醒，详情请看本对话。"
SECRETARY_LEAD = "您好，有 {count} 件事等您处理，详情请看本对话。"
COMMITTEE_LEAD = "您好，有 {count} 件逾期的事请您过问，详情请看本对话。"
LATE_LEAD = "（系统前几天没有运行，这是补发的提醒，请见谅。）"
GREETING_LEAD = "您好，有一份给您的祝福，请看本对话。"

EXCEPTIONS = "下级逾期的事，请您过问："
YOURSELF = "您本人："
SECRETARY_LINE = "· {title}（{due}）{names}{how}"
NAMES = "：{names}"
AND_MORE = "等 {count} 人"
AND_MORE_THINGS = "等 {count} 次"
HOW_MANY = "：{count} 人"
HOW_OFTEN = "：{count} 次"
HOW = "\n　办理：回复“{settle}”"
SECRETARY_END = "回复“待办”看全部，办完回复“办结 序号 说明”；回复“为什么”看依据。"
COMMITTEE_LINE = "· {branch}：{title}（{due}）{names}"
COMMITTEE_END = "只列例外，不用回复。回复“为什么”看依据。"
MEMBER_LINE = "{title}（{due}）。{why}{how}"
MEMBER_HOW = "办理请回复“{settle}”。"
MEMBER_END = "已经办了请忽略。回复“为什么”看依据。"
BY_DAY = "{day}前"
OVERDUE = "应在{day}前，已过期"
TODAY = "今天截止"


@dataclass(frozen=True, slots=True)
class Due:
    """One thing to tell: the question it answered, and the row that was found."""

    asked: Asked
    found: Found

    @property
    def rule(self) -> str:
        """The rule's name."""
        return self.asked.rule.name

    @property
    def is_own(self) -> bool:
        """Whether it is a member's own matter."""
        return self.asked.question.who == Who.MEMBER


@dataclass(frozen=True, slots=True)
class Known:
    """What the words need: names by member, activities by id, counts by activity."""

    names: Mapping[int, str]
    activities: Mapping[int, Activity]
    branches: Mapping[int, str]
    counts: Mapping[int, Mapping[str, int]]
    running_since: datetime | None = None
    first_due: FirstDue = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Words:
    """Words for one recipient on one day."""

    rules: Rules
    known: Known
    today: date

    def to_person(self, dues: Sequence[Due]) -> str:
        """One message a day: what the branch owes, what those below owe, and their own matters."""
        own = [due for due in dues if due.is_own]
        exceptions = [due for due in dues if is_exception(due.asked)]
        branch = [due for due in dues if due not in own and due not in exceptions]
        parts = [
            (self._secretarys(branch), "", SECRETARY_END),
            (self._committees(exceptions), EXCEPTIONS, COMMITTEE_END),
            (self._members(own), YOURSELF, self._members_end(own)),
        ]
        lines: list[str] = []
        for part, heading, end in parts:
            if part:
                lines += ["", heading] if lines and heading else [""]
                lines += [*part, "", end] if end else part
        late = [LATE_LEAD] if any(map(self.is_late, dues)) else []
        return "\n".join([self._lead(branch, exceptions, own), *late, *lines])

    def to_group(self, due: Due) -> str:
        """A notice for everybody: no names, and counts instead of who."""
        found = self.known.activities[due.found.subject_id]
        counts = self.known.counts.get(found.id, {})
        return announcements.to_group(due.rule, found, counts, self.rules.zone)

    def one_line(self, due: Due) -> str:
        """For the operator: clause, period, branch and subject."""
        found, asked = due.found, due.asked
        parts = [asked.rule.clause, asked.period_of(found, self.rules)]
        parts.append(self.known.branches.get(found.branch_id, ""))
        if found.member_id is not None:
            parts.append(self.known.names.get(found.member_id, ""))
        activity = self.known.activities.get(found.subject_id) if found.at is not None else None
        return " ".join(filter(None, [*parts, activity.topic if activity else ""]))

    def due_on(self, due: Due) -> date:
        """The due day; where it counts from the first reminder, the day that was named there."""
        return due.asked.due_of(due.found, self.rules, self.known.first_due)

    def is_late(self, due: Due) -> bool:
        """Whether this should have been said days ago, and could have been."""
        since, told_on = self.known.running_since, due.asked.told_on
        if not due.found.late or since is None or told_on is None:
            return False
        return self.rules.local(since).date() <= told_on

    def _lead(self, branch: Sequence[Due], exceptions: Sequence[Due], own: Sequence[Due]) -> str:
        if branch:
            return SECRETARY_LEAD.format(count=len(self._grouped(branch)))
        if exceptions:
            return COMMITTEE_LEAD.format(count=len(self._grouped(exceptions, by_branch=True)))
        is_greetings = all(is_greeting(due.asked.rule) for due in own)
        return GREETING_LEAD if is_greetings else MEMBER_LEAD

    def _secretarys(self, dues: Sequence[Due]) -> list[str]:
        """One line a rule and due day, names where they are few."""
        return [
            SECRETARY_LINE.format(
                title=some[0].asked.title,
                due=self._due(some[0]),
                names=self._names(some),
                how=self._how(some),
            )
            for some in self._grouped(dues)
        ]

    def _committees(self, dues: Sequence[Due]) -> list[str]:
        """Exceptions of the branches below, one line each."""
        return [
            COMMITTEE_LINE.format(
                branch=self.known.branches.get(some[0].found.branch_id, ""),
                title=some[0].asked.title,
                due=self._due(some[0]),
                names=self._count(some),
            )
            for some in self._grouped(dues, by_branch=True)
        ]

    def _members(self, dues: Sequence[Due]) -> list[str]:
        """Greetings, activities, then what is due."""
        greetings = [one for one in dues if is_greeting(one.asked.rule)]
        about = _one_an_activity([one for one in dues if one.rule in ABOUT_ACTIVITIES])
        rest = [one for one in dues if one not in greetings and one.rule not in ABOUT_ACTIVITIES]
        return [
            *map(self._duty, greetings),
            *(
                announcements.to_member(
                    one.rule, self.known.activities[one.found.subject_id], self.rules.zone
                )
                for one in about
            ),
            *map(self._duty, rest),
        ]

    def _members_end(self, dues: Sequence[Due]) -> str:
        is_due = any(
            due.rule not in ABOUT_ACTIVITIES and not is_greeting(due.asked.rule) for due in dues
        )
        return MEMBER_END if is_due else ""

    def _grouped(self, dues: Sequence[Due], *, by_branch: bool = False) -> list[list[Due]]:
        """The same duty of several subjects is one line, the first due first."""

        def line(due: Due) -> tuple[date, str, int, str]:
            branch_id = due.found.branch_id if by_branch else 0
            day = self.due_on(due)
            return day, due.asked.rule.clause, branch_id, due.rule

        once = {(one.rule, one.found.subject_id, one.asked.question.period): one for one in dues}
        return [list(some) for _, some in groupby(sorted(once.values(), key=line), line)]

    def _due(self, due: Due) -> str:
        day = self.due_on(due)
        if day == self.today:
            return TODAY
        return (BY_DAY if day > self.today else OVERDUE).format(day=day_in_words(day))

    def _names(self, dues: Sequence[Due]) -> str:
        found = [one.found for one in dues]
        if found[0].member_id is not None:
            names = [self.known.names.get(one.member_id or 0, "") for one in found]
            more = AND_MORE
        elif found[0].at is not None:
            names = [f"“{self.known.activities[one.subject_id].topic}”" for one in found]
            more = AND_MORE_THINGS
        else:
            return ""
        return NAMES.format(names=listed(names, NAMES_SHOWN, more))

    def _count(self, dues: Sequence[Due]) -> str:
        """One rung up it is how many, not who."""
        found = dues[0].found
        if found.member_id is None and found.at is None:
            return ""
        return (HOW_MANY if found.member_id is not None else HOW_OFTEN).format(count=len(dues))

    def _how(self, dues: Sequence[Due]) -> str:
        asked = dues[0].asked
        settle = settle_in(asked.rule, asked.question.period, self.today)
        return HOW.format(settle=self._filled(settle, dues[0])) if settle else ""

    def _duty(self, due: Due) -> str:
        rule = due.asked.rule
        if due.asked.rung and due.asked.rung.text:
            return self._filled(due.asked.rung.text, due)
        settle = self._filled(settle_in(rule, due.asked.question.period, self.today), due)
        how = MEMBER_HOW.format(settle=settle) if settle else ""
        return MEMBER_LINE.format(title=due.asked.title, due=self._due(due), why=rule.why, how=how)

    def _filled(self, words: str, due: Due) -> str:
        """A policy's wording with its values (scheduler/policy_proofs.py names them)."""
        day, found = self.due_on(due), due.found
        joined = found.on or self.today
        return words.format(
            member=self.known.names.get(found.member_id or 0, ""),
            branch=self.known.branches.get(found.branch_id, ""),
            title=due.asked.title,
            period=in_words(due.asked.question.period),
            due=day_in_words(day),
            days=(day - self.today).days,
            count=due.asked.rule.count,
            years=self.today.year - joined.year,
        )


def is_urgent(due: Due) -> bool:
    """What cannot wait for tomorrow: the day before, what is called off, and the day itself."""
    return due.rule in {DAY_BEFORE, MOVED, CALLED_OFF} or is_greeting(due.asked.rule)


def is_case(due: Due) -> bool:
    """Whether a secretary has to decide on somebody (AD-9): a case with its evidence, no status."""
    return due.asked.rule.proof is Proof.CASE


def _one_an_activity(dues: Sequence[Due]) -> list[Due]:
    """Of several notices about one activity only the weightiest is said."""
    first: dict[int, Due] = {}
    for due in sorted(dues, key=lambda one: TO_MEMBERS.index(one.rule)):
        first.setdefault(due.found.subject_id, due)
    return list(first.values())

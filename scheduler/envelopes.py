"""From duties to envelopes: who is told, by the manners of the house, or why they are not."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from functools import cached_property

import structlog

from scheduler.asking import DAY, is_greeting
from scheduler.calendar import day_in_words
from scheduler.invitations import ABOUT_ACTIVITIES, GROUP
from scheduler.notices import (
    Due,
    Known,
    Words,
    is_case,
    is_urgent,
)
from scheduler.rules import Rules
from storage.duties import DIGEST
from storage.notices import (
    ANNOUNCEMENT,
    DAY_BEFORE,
    GROUP_MOVED,
    INVITATION,
    MOVED,
    NOBODY,
    THANKS,
    Notice,
)
from storage.recipients import Person
from storage.records import Activity, NoticeState

log = structlog.get_logger()

GROUP_CHANNEL = "group"
NO_SECRETARY = "没有登记书记"
NO_COMMITTEE = "没有上级组织"
TOLD, TOLD_GROUP, NOT_TOLD = "已通知 {name}", "已发群 {name}", "未通知（{reason}）"
NO_ACCOUNT = "没有绑定账号"
REFUSES = "本人已撤回同意"
BUDGET = "本月提醒已满"
CASE = "{year}年累计缺席 {count} 次：{list}。请支部研究后办理，系统不会自行改变党员状态。"
COMING, REMOTE, LEAVE = "参加", "线上", "请假"
WORTH_SENDING = timedelta(days=4)
A_MOMENT = timedelta(minutes=10)


@dataclass(frozen=True, slots=True)
class Case:
    """Evidence that waits for a person's decision (AD-9)."""

    member_id: int
    branch_id: int
    text: str
    year: int


@dataclass(frozen=True, slots=True)
class Envelope:
    """One message, or silence with its reason, and the notices it stands for.

    `others` are told the same: a branch may have several groups, but a notice is one.
    """

    notices: tuple[Notice, ...]
    channel: str = ""
    recipient: str = ""
    others: tuple[str, ...] = ()
    text: str = ""
    title: str = ""
    buttons: tuple[tuple[str, str], ...] = ()
    expires_at: datetime | None = None
    lines: tuple[str, ...] = ()
    cases: tuple[Case, ...] = ()


@dataclass(frozen=True, slots=True)
class Household:
    """What was read about the recipients of some branches, and whether they have the day off."""

    people: Mapping[int, Person]
    secretaries: Mapping[int, Person]
    groups: Mapping[int, Sequence[str]]
    spent: Mapping[int, tuple[datetime, int]]
    absences: Mapping[int, Sequence[tuple[datetime, str]]] = field(default_factory=dict)
    is_holiday: bool = False


@dataclass(frozen=True)
class Envelopes:
    """Builds the envelopes of one moment."""

    rules: Rules
    now: datetime
    known: Known
    household: Household
    put_off: list[int] = field(default_factory=list)

    @cached_property
    def today(self) -> date:
        """The day in the organisation's zone."""
        return self.rules.local(self.now).date()

    @cached_property
    def words(self) -> Words:
        """How it is said today."""
        return Words(self.rules, self.known, self.today)

    def of(self, dues: Sequence[Due]) -> Iterator[Envelope]:
        """One envelope a person and a group; a person's matters of all sorts share one."""
        by_person: dict[int, list[Due]] = defaultdict(list)
        moved = {due.found.subject_id for due in dues if due.rule == GROUP_MOVED}
        for due in dues:
            if due.asked.question.who == GROUP:
                is_said = due.rule == ANNOUNCEMENT and due.found.subject_id in moved
                yield from () if is_said else self._to_groups(due)
            elif due.is_own:
                by_person[due.found.member_id or NOBODY].append(due)
            else:
                secretary = self.household.secretaries.get(self.office_of(due))
                by_person[secretary.id if secretary else NOBODY].append(due)
        for person_id, some in by_person.items():
            yield from self._worded(person_id, some)

    def office_of(self, due: Due) -> int:
        """The organisation whose secretary hears of it: the branch, or the committee itself."""
        return due.found.branch_id

    def _worded(self, person_id: int, dues: list[Due]) -> list[Envelope]:
        """One person's envelope; what cannot be worded is put off, and everybody else is told."""
        try:
            return list(self._to_person(person_id, dues))
        except Exception as error:  # noqa: BLE001 - the next tick tries again
            rules = sorted({due.rule for due in dues})
            log.error("not_worded", member=person_id, rules=rules, error=type(error).__name__)
            self.put_off.append(person_id)
            return []

    def _to_person(self, person_id: int, dues: list[Due]) -> Iterator[Envelope]:
        person = self.household.people.get(person_id) or next(
            (one for one in self.household.secretaries.values() if one.id == person_id), None
        )
        last, count = self.household.spent.get(person_id, (None, 0))
        told_today = last is not None and self._day(last) == self.today
        wanted = [due for due in dues if self._may(due, told_today=told_today)]
        silence = self._silence(person)
        if wanted and silence:
            yield self._unsent(person_id, wanted, silence)
        if person is None or silence or not wanted:
            return
        manners = self.rules.policy.manners
        is_private = all(due.is_own for due in wanted)
        if is_private and count >= manners.member_per_month and not any(map(is_urgent, wanted)):
            yield self._unsent(person_id, wanted, BUDGET)
            return
        yield self._sent(person, wanted)

    def _silence(self, person: Person | None) -> str:
        if person is None:
            return NO_SECRETARY
        if person.refuses:
            return REFUSES
        return "" if person.user else NO_ACCOUNT

    def _may(self, due: Due, *, told_today: bool) -> bool:
        """One message a day, none on a holiday; the urgent ones excepted."""
        if is_urgent(due):
            return True
        local = self.rules.local(self.now)
        if local.hour < self.rules.policy.manners.digest_hour:
            return False
        return not told_today and not self.household.is_holiday

    def _sent(self, person: Person, dues: list[Due]) -> Envelope:
        text = self.words.to_person(dues)
        buttons = self._buttons(dues) if all(due.is_own for due in dues) else ()
        title, _, rest = text.partition("\n")
        return Envelope(
            notices=self._notices(dues, person.id),
            channel=person.scope or "",
            recipient=person.user or "",
            text=rest.strip() if buttons else text,
            title=title if buttons else "",
            buttons=buttons,
            expires_at=min(self._expires_at(due) for due in dues),
            lines=self._lines(dues, TOLD.format(name=person.name)),
            cases=self._cases(dues),
        )

    def _unsent(self, person_id: int, dues: list[Due], reason: str) -> Envelope:
        own = [due for due in dues if not due.asked.question.digest]
        why = [self._nobody(due) if reason == NO_SECRETARY else reason for due in own]
        found = zip(own, why, strict=True)
        return Envelope(
            tuple(
                replace(self._notice(due, person_id), state=NoticeState.UNSENT, reason=one)
                for due, one in found
            ),
            lines=tuple(
                line
                for due, one in zip(own, why, strict=True)
                for line in self._lines([due], NOT_TOLD.format(reason=one))
            ),
            cases=self._cases(own),
        )

    def _nobody(self, due: Due) -> str:
        """Why there is nobody to tell."""
        is_above = self.office_of(due) == NOBODY
        return NO_COMMITTEE if is_above else NO_SECRETARY

    def _to_groups(self, due: Due) -> Iterator[Envelope]:
        if self.household.is_holiday and due.rule in {ANNOUNCEMENT, THANKS}:
            return
        names = self.household.groups.get(due.found.branch_id, ())
        if not names:
            return
        yield Envelope(
            notices=self._notices([due], NOBODY),
            channel=GROUP_CHANNEL,
            recipient=names[0],
            others=tuple(names[1:]),
            text=self.words.to_group(due),
            expires_at=self._expires_at(due),
            lines=tuple(
                line for name in names for line in self._lines([due], TOLD_GROUP.format(name=name))
            ),
        )

    def _notices(self, dues: Iterable[Due], recipient_id: int) -> tuple[Notice, ...]:
        """One a duty; the weekly digest is one for the branch."""
        found: dict[tuple[object, ...], Notice] = {}
        for due in dues:
            one = self._notice(due, recipient_id)
            found[one.key] = one
        return tuple(found.values())

    def _notice(self, due: Due, recipient_id: int) -> Notice:
        asked, row = due.asked, due.found
        digest = asked.question.digest
        return Notice(
            rule=DIGEST if digest else asked.rule.name,
            clause="" if digest else asked.rule.clause,
            branch_id=row.branch_id,
            subject_id=row.branch_id if digest else row.subject_id,
            member_id=None if digest else row.member_id,
            period=digest or asked.period_of(row, self.rules),
            who=asked.question.who,
            rung=asked.question.rung,
            recipient_id=recipient_id,
            due_on=None if digest else self.words.due_on(due),
        )

    def _buttons(self, dues: Sequence[Due]) -> tuple[tuple[str, str], ...]:
        """One invitation alone can be answered by a tap; the tap says what would be typed."""
        asked = {due.found.subject_id for due in dues}
        if len(asked) != 1 or any(due.rule not in {INVITATION, DAY_BEFORE, MOVED} for due in dues):
            return ()
        activity: Activity = self.known.activities[asked.pop()]
        day = day_in_words(self._day(activity.starts_at))
        labels = [COMING, REMOTE, LEAVE] if activity.is_remote else [COMING, LEAVE]
        return tuple((label, f"{label} {day}") for label in labels)

    def _cases(self, dues: Iterable[Due]) -> tuple[Case, ...]:
        """One a member, however many rungs and digests tell of it."""
        found: dict[int, Case] = {}
        for due in dues:
            member_id = due.found.member_id
            if is_case(due) and member_id is not None and not due.asked.question.digest:
                year = due.asked.question.first.year
                evidence = self._evidence(member_id, year)
                found[member_id] = Case(member_id, due.found.branch_id, evidence, year)
        return tuple(found.values())

    def _evidence(self, member_id: int, year: int) -> str:
        missed = [
            f"{day_in_words(self._day(at))}“{topic}”"
            for at, topic in self.household.absences.get(member_id, ())
        ]
        return CASE.format(year=year, count=len(missed), list="、".join(missed))

    def _lines(self, dues: Iterable[Due], what: str) -> tuple[str, ...]:
        return tuple(
            f"{what}：{self.words.one_line(due)}" for due in dues if not due.asked.question.digest
        ) or (what,)

    def _expires_at(self, due: Due) -> datetime:
        """Until when it is worth sending: a greeting today, a notice while the activity is ahead."""
        if is_greeting(due.asked.rule):
            return self.rules.begins(self.today + DAY)
        if due.rule in ABOUT_ACTIVITIES and due.rule != THANKS and due.found.at is not None:
            return max(due.found.at, self.now + A_MOMENT)
        return self.rules.begins(self.today + WORTH_SENDING)

    def _day(self, moment: datetime) -> date:
        return self.rules.local(moment).date()

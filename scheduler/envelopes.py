"""From duties to envelopes: who is told, by the manners of the house, or why they are not."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime

import structlog

from scheduler.invitations import ANNOUNCEMENT, DAY_BEFORE, GROUP, INVITATION, MOVED, THANKS
from scheduler.notices import (
    Due,
    Known,
    Words,
    is_case,
    is_urgent,
)
from scheduler.policy import Owes, Who
from scheduler.rules import Rules
from storage.duties import DIGEST
from storage.notices import NOBODY, Notice
from storage.recipients import Person
from storage.records import Activity, NoticeState

log = structlog.get_logger()

GROUP_CHANNEL = "group"
NO_SECRETARY = "没有登记书记"
NO_ACCOUNT = "没有绑定账号"
REFUSES = "本人已撤回同意"
BUDGET = "本月提醒已满"
CASE = "{year}年累计缺席 {count} 次：{list}。请支部研究后办理，系统不会自行改变党员状态。"
COMING, REMOTE, LEAVE = "参加", "线上", "请假"


@dataclass(frozen=True, slots=True)
class Case:
    """Evidence that waits for a person's decision (AD-9)."""

    member_id: int
    branch_id: int
    text: str
    since: datetime


@dataclass(frozen=True, slots=True)
class Envelope:
    """One message, or silence with its reason, and the notices it stands for."""

    notices: tuple[Notice, ...]
    channel: str = ""
    recipient: str = ""
    text: str = ""
    title: str = ""
    buttons: tuple[tuple[str, str], ...] = ()
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


@dataclass(frozen=True, slots=True)
class Envelopes:
    """Builds the envelopes of one moment."""

    rules: Rules
    now: datetime
    known: Known
    household: Household
    put_off: list[int] = field(default_factory=list)

    def of(self, dues: Sequence[Due]) -> Iterator[Envelope]:
        """One envelope a person and a group; a person's matters of all sorts share one."""
        by_person: dict[int, list[Due]] = defaultdict(list)
        for due in dues:
            if due.asked.question.who == GROUP:
                yield from self._to_groups(due)
            elif due.asked.question.who == Who.MEMBER:
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
        told_today = last is not None and self._day(last) == self._day(self.now)
        wanted = [due for due in dues if self._may(due, told_today=told_today)]
        silence = self._silence(person)
        if wanted and silence:
            yield self._unsent(person_id, wanted, silence)
        if person is None or silence or not wanted:
            return
        manners = self.rules.policy.manners
        is_private = all(due.asked.question.who == Who.MEMBER for due in wanted)
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
        words = self._words()
        own = [due for due in dues if due.asked.question.who == Who.MEMBER]
        committee = [due for due in dues if _is_exception(due)]
        branch = [due for due in dues if due not in own and due not in committee]
        parts = [
            words.to_secretary(branch) if branch else "",
            words.to_committee(committee) if committee else "",
            words.to_member(own) if own else "",
        ]
        text = "\n\n".join(filter(None, parts))
        buttons = self._buttons(own) if not branch and not committee else ()
        title, _, rest = text.partition("\n")
        return Envelope(
            notices=self._notices(dues, person.id),
            channel=person.scope or "",
            recipient=person.user or "",
            text=rest.strip() if buttons else text,
            title=title if buttons else "",
            buttons=buttons,
            lines=self._lines(dues, f"已通知 {person.name}"),
            cases=self._cases(dues),
        )

    def _unsent(self, person_id: int, dues: list[Due], reason: str) -> Envelope:
        own = [due for due in dues if not due.asked.question.digest]
        notices = [
            replace(one, state=NoticeState.UNSENT, reason=reason)
            for one in self._notices(own, person_id)
        ]
        return Envelope(
            tuple(notices), lines=self._lines(own, f"未通知（{reason}）"), cases=self._cases(own)
        )

    def _to_groups(self, due: Due) -> Iterator[Envelope]:
        if self.household.is_holiday and due.rule in {ANNOUNCEMENT, THANKS}:
            return
        for name in self.household.groups.get(due.found.branch_id, ()):
            yield Envelope(
                notices=self._notices([due], NOBODY),
                channel=GROUP_CHANNEL,
                recipient=name,
                text=self._words().to_group(due),
                lines=self._lines([due], f"已发群 {name}"),
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
            due_on=None if digest else self._words().due_on(due),
        )

    def _buttons(self, dues: Sequence[Due]) -> tuple[tuple[str, str], ...]:
        """One invitation alone can be answered by a tap; the tap says what would be typed."""
        asked = {due.found.subject_id for due in dues}
        if len(asked) != 1 or any(due.rule not in {INVITATION, DAY_BEFORE, MOVED} for due in dues):
            return ()
        activity: Activity = self.known.activities[asked.pop()]
        local = self.rules.local(activity.starts_at)
        labels = [COMING, REMOTE, LEAVE] if activity.is_remote else [COMING, LEAVE]
        return tuple((label, f"{label} {local.month}月{local.day}日") for label in labels)

    def _cases(self, dues: Iterable[Due]) -> tuple[Case, ...]:
        """One a member, however many rungs and digests tell of it."""
        found: dict[int, Case] = {}
        for due in dues:
            member_id = due.found.member_id
            if is_case(due) and member_id is not None and not due.asked.question.digest:
                evidence, since = self._evidence(member_id), due.asked.question.begins
                found[member_id] = Case(member_id, due.found.branch_id, evidence, since)
        return tuple(found.values())

    def _evidence(self, member_id: int) -> str:
        missed = [
            f"{self._day(at).month}月{self._day(at).day}日“{topic}”"
            for at, topic in self.household.absences.get(member_id, ())
        ]
        year = self._day(self.now).year
        return CASE.format(year=year, count=len(missed), list="、".join(missed))

    def _lines(self, dues: Iterable[Due], what: str) -> tuple[str, ...]:
        words = self._words()
        return tuple(
            f"{what}：{words.one_line(due)}" for due in dues if not due.asked.question.digest
        ) or (what,)

    def _words(self) -> Words:
        return Words(self.rules, self.known, self._day(self.now))

    def _day(self, moment: datetime) -> date:
        return self.rules.local(moment).date()


@dataclass(frozen=True, slots=True)
class CommitteeEnvelopes(Envelopes):
    """The same for exceptions, which go one rung up."""

    above: Mapping[int, int | None] = field(default_factory=dict)

    def office_of(self, due: Due) -> int:
        """The committee that owes it, or the one above the branch that does."""
        return committee_of(due, self.above)


def committee_of(due: Due, above: Mapping[int, int | None]) -> int:
    """Whose secretary hears of an exception."""
    branch_id = due.found.branch_id
    return branch_id if due.asked.rule.owes is Owes.COMMITTEE else above.get(branch_id) or NOBODY


def _is_exception(due: Due) -> bool:
    """What a branch has not done, told one rung up; a committee's own duties are none."""
    owes = due.asked.rule.owes
    return due.asked.question.who == Who.COMMITTEE and owes is not Owes.COMMITTEE

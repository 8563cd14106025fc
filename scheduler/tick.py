"""A tick: computes what should be true now and writes the difference; run it as often as you like.

1. Activities whose window closed are closed (scheduler/closing.py).
2. What is owed and was not told is read as one stream, branch after branch.
3. A few hundred rows at a time are worded and written, notices and messages in one commit.
4. What the committees hear of is written last.
"""

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from itertools import groupby

import structlog

from scheduler.asking import Asked, counted
from scheduler.closing import ROOM, close_activities
from scheduler.committees import CommitteeEnvelopes, committee_of
from scheduler.digest import weekly
from scheduler.duties import reached
from scheduler.envelopes import Envelope, Envelopes, Household
from scheduler.invitations import about_activities
from scheduler.notices import Due, Known, is_case
from scheduler.policy import Who
from scheduler.rules import Rules, has_come
from storage.absences import Absences
from storage.database import Database
from storage.duties import Duties
from storage.notices import Notices
from storage.recipients import Recipients
from storage.records import RequestKind
from storage.store import Store

ROWS_A_CHUNK = 1_000
NOTICES_A_COMMIT = 200

log = structlog.get_logger()


@dataclass
class Tick:
    """`groups` are the names of each branch's groups, by the branch's name."""

    database: Database
    rules: Rules
    groups: Mapping[str, Sequence[str]] = field(default_factory=dict)
    # Only spares work: what is due is asked once a day, and again by every new process.
    _asked_on: date | None = field(default=None, init=False)

    async def run(self, now: datetime, report: Callable[[str], None] = lambda _: None) -> None:
        """Everything the calendar asks for up to `now`; `report` gets one line per thing done."""
        await close_activities(self.database, now, report)
        if self.rules.night_ends(now):
            return
        names = [*self.rules.named_days, *self.groups]
        ids = await self._ids_of(names) if names else {}
        groups = {ids[name]: some for name, some in self.groups.items() if name in ids}
        rules = self.rules.of_all(ids)
        today = rules.local(now).date()
        asked = list(about_activities(rules, now, frozenset(groups)))
        if today != self._asked_on:
            asked += [*reached(rules, now), *weekly(rules, now)]
        moment = _Moment(self.database, rules, groups, now, report)
        await moment.run(asked)
        if has_come(today, rules, now) and not moment.put_off:
            self._asked_on = today

    async def _ids_of(self, names: Sequence[str]) -> dict[str, int]:
        async with self.database.reading() as unit:
            return await Recipients(unit).ids_of(names)


@dataclass
class _Moment:
    """One tick under way."""

    database: Database
    rules: Rules
    groups: Mapping[int, Sequence[str]]
    now: datetime
    report: Callable[[str], None]
    put_off: int = 0
    running_since: datetime | None = None

    async def run(self, asked: Sequence[Asked]) -> None:
        exceptions: list[Due] = []
        async for dues in self._chunks(asked):
            exceptions += [due for due in dues if due.asked.question.who == Who.COMMITTEE]
            await self._tell([due for due in dues if due.asked.question.who != Who.COMMITTEE])
        await self._tell_committees(exceptions)

    async def _chunks(self, asked: Sequence[Asked]) -> AsyncIterator[list[Due]]:
        """Whole branches, about a thousand rows together."""
        waiting: list[Due] = []
        async with self.database.reading() as unit:
            async for rows in Duties(unit).untold([one.question for one in asked]):
                for row in rows:
                    is_next = waiting and waiting[-1].found.branch_id != row.branch_id
                    if is_next and len(waiting) >= ROWS_A_CHUNK:
                        yield waiting
                        waiting = []
                    waiting.append(Due(asked[row.question], row))
        if waiting:
            yield waiting

    async def _tell(self, dues: list[Due]) -> None:
        if not dues:
            return
        known, household = await self._read(dues, {due.found.branch_id for due in dues})
        await self._write(Envelopes(self.rules, self.now, known, household), dues)

    async def _tell_committees(self, dues: list[Due]) -> None:
        """Exceptions only, one message a committee."""
        if not dues:
            return
        async with self.database.reading() as unit:
            branches = await Recipients(unit).branches(due.found.branch_id for due in dues)
        above = {number: parent for number, (_, parent) in branches.items()}
        offices = {committee_of(due, above) for due in dues}
        known, household = await self._read(dues, offices)
        envelopes = CommitteeEnvelopes(self.rules, self.now, known, household, above=above)
        await self._write(envelopes, dues)

    async def _read(self, dues: Sequence[Due], offices: set[int]) -> tuple[Known, Household]:
        """What the words and the manners need, in a few queries."""
        members = {due.found.member_id for due in dues if due.found.member_id is not None}
        about = {due.found.subject_id for due in dues if due.found.at is not None}
        month = self.rules.local(self.now).date().replace(day=1)
        async with self.database.reading() as unit:
            read, absences = Recipients(unit), Absences(unit)
            people = await read.people(members)
            secretaries = await read.secretaries(offices)
            ids = [*people, *(one.id for one in secretaries.values())]
            spent = await Notices(unit).spent(ids, self.rules.begins(month))
            first_due = await Notices(unit).first_due(
                counted((due.asked, due.found) for due in dues)
            )
            if self.running_since is None and any(due.found.late for due in dues):
                self.running_since = await Notices(unit).running_since()
            activities = await read.activities(about)
            branches = await read.branches(due.found.branch_id for due in dues)
            counts = await absences.counts(about)
            missed = await self._missed(absences, [due for due in dues if is_case(due)])
        names = {number: one.name for number, one in people.items()}
        branch_names = {key: name for key, (name, _) in branches.items()}
        known = Known(names, activities, branch_names, counts, self.running_since, first_due)
        off = self.rules.calendar.is_holiday(self.rules.local(self.now).date())
        return known, Household(people, secretaries, self.groups, spent, missed, is_holiday=off)

    async def _missed(
        self, absences: Absences, cases: Sequence[Due]
    ) -> dict[int, list[tuple[datetime, str]]]:
        """The evidence of each case: what its member was absent from in the case's year."""
        found: dict[int, list[tuple[datetime, str]]] = {}
        for (begins, ends), some in groupby(sorted(cases, key=_year_of), _year_of):
            who = [one.found.member_id or 0 for one in some]
            found |= await absences.of_members(who, begins, ends)
        return found

    async def _write(self, envelopes: Envelopes, dues: Sequence[Due]) -> None:
        """A few hundred notices a commit, with room between; one that fails is put off, the rest go on."""
        worded = list(envelopes.of(dues))
        self.put_off += len(envelopes.put_off)
        for some in _slices(worded):
            try:
                done = await self._commit(some)
            except Exception as error:  # noqa: BLE001 - the next tick tries again what was not told
                log.error("notices_put_off", error=type(error).__name__, notices=len(some))
                done = await self._one_by_one(some)
            for line in (line for envelope in done for line in envelope.lines):
                self.report(line)
            await asyncio.sleep(ROOM)

    async def _one_by_one(self, envelopes: Sequence[Envelope]) -> list[Envelope]:
        done = []
        for one in envelopes:
            try:
                done += await self._commit([one])
            except Exception as error:  # noqa: BLE001 - the next tick tries again
                rules = sorted({notice.rule for notice in one.notices})
                log.error("notice_put_off", error=type(error).__name__, rules=rules)
                self.put_off += 1
        return done

    async def _commit(self, envelopes: Sequence[Envelope]) -> list[Envelope]:
        """Notices and the messages that carry them; whatever another process told first is left out."""
        done: list[Envelope] = []
        async with self.database.unit() as unit:
            store = Store(unit)
            known = await store.notices.known(one for some in envelopes for one in some.notices)
            for envelope in envelopes:
                fresh = [one for one in envelope.notices if one.is_news(known.get(one.key))]
                if not fresh:
                    continue
                message_id = await _queued(store, envelope, self.now)
                await store.notices.add(fresh, message_id, self.now, known)
                await _open_cases(store, envelope, self.now)
                done.append(envelope)
            await store.finish()
        return done


async def _queued(store: Store, envelope: Envelope, now: datetime) -> int | None:
    """The message that its notices name, the first where several groups are told; None is silence."""
    if not envelope.text:
        return None
    first, *_others = [
        await store.outbox.send(
            envelope.channel,
            recipient,
            envelope.text,
            now,
            kind="card" if envelope.buttons else "text",
            title=envelope.title,
            buttons=envelope.buttons,
            expires_at=envelope.expires_at,
        )
        for recipient in (envelope.recipient, *envelope.others)
    ]
    return first


async def _open_cases(store: Store, envelope: Envelope, now: datetime) -> None:
    """Evidence for a person to decide on; once a year, whoever else is told."""
    for case in envelope.cases:
        if not await store.requests.has_case(case.member_id, case.year):
            who = (case.member_id, case.branch_id)
            await store.requests.open(RequestKind.CASE, *who, case.text, now, subject_id=case.year)


def _year_of(due: Due) -> tuple[datetime, datetime]:
    return due.asked.question.begins, due.asked.question.ends


def _slices(envelopes: Sequence[Envelope]) -> Iterator[list[Envelope]]:
    some: list[Envelope] = []
    for envelope in envelopes:
        some.append(envelope)
        if sum(len(one.notices) for one in some) >= NOTICES_A_COMMIT:
            yield some
            some = []
    if some:
        yield some

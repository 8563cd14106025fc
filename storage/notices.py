"""Notices: what people were told, in which message, or why they were not; each of them once."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from types import MappingProxyType

from sqlalchemy import bindparam, func, select

from storage import tables
from storage.database import Row, Unit, many
from storage.letters import State
from storage.records import NoticeState

table, outbox = tables.notices, tables.outbox

NOBODY = 0
TOO_LATE = "过期没有发出"
# The notices about activities; what each is, is for scheduler/invitations.py to say.
INVITATION, DAY_BEFORE, MOVED, CALLED_OFF = "invitation", "day_before", "moved", "called_off"
ANNOUNCEMENT, GROUP_MOVED, GROUP_CALLED_OFF = "announcement", "group_moved", "group_called_off"
THANKS = "thanks"
TELL_MEMBERS = (INVITATION, MOVED)  # that it is held, and when
TELL_GROUPS = (ANNOUNCEMENT, GROUP_MOVED)
CALL_OFF = (CALLED_OFF, GROUP_CALLED_OFF)
WANT_AN_ANSWER = (INVITATION, DAY_BEFORE, MOVED)
KEY = ("rule", "subject_id", "period", "who", "rung", "recipient_id")


@dataclass(frozen=True, slots=True)
class Notice:
    """One reminder of one duty to one recipient (0: a group, or nobody who could be told)."""

    rule: str
    clause: str
    branch_id: int
    subject_id: int
    member_id: int | None
    period: str
    who: str
    rung: int
    recipient_id: int
    due_on: date | None
    state: NoticeState = NoticeState.PLANNED
    reason: str = ""

    @property
    def key(self) -> tuple[object, ...]:
        """What makes it the same notice."""
        subject = (self.rule, self.subject_id, self.period)
        return (*subject, self.who, self.rung, self.recipient_id)

    def is_news(self, known: Row | None) -> bool:
        """Not on record, or on record as not sent while it can be sent now."""
        return known is None or (
            known["state"] == NoticeState.UNSENT and self.state is not NoticeState.UNSENT
        )


KNOWN = select(table.c.id, table.c.state, *(table.c[name] for name in KEY)).where(
    table.c.rule.in_(many("rules")), table.c.subject_id.in_(many("subjects"))
)
FIRST_DUE = (
    select(
        table.c.rule, table.c.subject_id, table.c.period, func.min(table.c.due_on).label("due_on")
    )
    .where(
        table.c.rule.in_(many("rules")),
        table.c.subject_id.in_(many("subjects")),
        table.c.due_on.is_not(None),
    )
    .group_by(table.c.rule, table.c.subject_id, table.c.period)
)
SPENT = (
    select(
        table.c.recipient_id,
        func.max(table.c.planned_at).label("last"),
        func.count(func.distinct(table.c.message_id)).label("count"),
    )
    .where(
        table.c.recipient_id.in_(many("recipients")),
        table.c.planned_at >= bindparam("after"),
        table.c.message_id.is_not(None),
    )
    .group_by(table.c.recipient_id)
)


class Notices:
    """Written in the same commit as the message that carries them."""

    def __init__(self, unit: Unit) -> None:
        self._unit = unit

    async def known(self, notices: Iterable[Notice]) -> dict[tuple[object, ...], Row]:
        """What is on record of these, by key: the number and the state."""
        wanted = list(notices)
        rules, subjects = {one.rule for one in wanted}, {one.subject_id for one in wanted}
        rows = await self._unit.fetch(KNOWN, rules=[*rules], subjects=[*subjects])
        return {tuple(row[name] for name in KEY): row for row in rows}

    async def add(
        self,
        notices: Sequence[Notice],
        message_id: int | None,
        at: datetime,
        known: Mapping[tuple[object, ...], Row] = MappingProxyType({}),
    ) -> None:
        """Keep notices that one message carries, or none; what could not be sent before is sent now."""
        for one in notices:
            if one.key in known:
                sent = {"planned_at": at, "message_id": message_id, "due_on": one.due_on}
                state = {"state": str(one.state), "reason": one.reason}
                await self._unit.change(table, {"id": known[one.key]["id"]}, **sent, **state)
                continue
            number = await self._unit.next_id(table)
            self._unit.add(
                table,
                id=number,
                rule=one.rule,
                clause=one.clause,
                branch_id=one.branch_id,
                subject_id=one.subject_id,
                member_id=one.member_id,
                period=one.period,
                who=one.who,
                rung=one.rung,
                recipient_id=one.recipient_id,
                due_on=one.due_on,
                planned_at=at,
                message_id=message_id,
                state=str(one.state),
                reason=one.reason,
            )

    async def spent(
        self, recipients: Sequence[int], after: datetime
    ) -> dict[int, tuple[datetime, int]]:
        """(when last, how many messages) each recipient was sent since a moment."""
        rows = await self._unit.fetch(SPENT, recipients=[*recipients], after=after)
        return {row["recipient_id"]: (row["last"], row["count"]) for row in rows}

    async def running_since(self) -> datetime | None:
        """When the first notice was planned; what lies before was nobody's to tell."""
        rows = await self._unit.fetch(select(func.min(table.c.planned_at).label("first")))
        first: datetime | None = rows[0]["first"]
        return first

    async def told(self, recipient_id: int, limit: int = 20) -> list[Row]:
        """What somebody was told, newest first; not what was dropped on the way."""
        newest = (table.c.planned_at.desc(), table.c.id)
        letter = select(outbox.c.id).where(
            outbox.c.id == table.c.message_id, outbox.c.state != State.DROPPED
        )
        where = (table.c.recipient_id == recipient_id, letter.exists())
        return await self._unit.select(table, *where, order=newest, limit=limit)

    async def first_due(
        self, duties: Collection[tuple[str, int]]
    ) -> dict[tuple[str, int, str], date]:
        """(rule, subject, period) → the due day that was told first, of these (rule, subject)."""
        if not duties:
            return {}
        rules, subjects = zip(*duties, strict=True)
        given = {"rules": [*{*rules}], "subjects": [*{*subjects}]}
        rows = await self._unit.fetch(FIRST_DUE, **given)
        return {(row["rule"], row["subject_id"], row["period"]): row["due_on"] for row in rows}

    async def answered(self, rule_names: Sequence[str], subject_id: int, recipient_id: int) -> None:
        """The recipient has answered what these notices asked."""
        await self._unit.flush()
        await self._unit.connection.execute(
            table.update()
            .where(
                table.c.rule.in_(rule_names),
                table.c.subject_id == subject_id,
                table.c.recipient_id == recipient_id,
                table.c.message_id.is_not(None),
            )
            .values(state=str(NoticeState.ANSWERED))
        )

"""The outbox: what is to be sent, written in the commit that caused it, and claimed by whoever sends.

A row is `pending` until it is `sent` or `failed` (a dead letter, shown to the operator). `uncertain`
means that it may have arrived: its sender died or heard no answer; it is sent again, under the
platform's duplicate check. `dropped` is what came too late to be worth sending, what a withdrawn
consent or an upgrade stopped, and the failed ones that an operator put away.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, bindparam, case, exists, func, or_, select, update

from storage import tables
from storage.columns import Instant
from storage.database import Row, Unit, many
from storage.encryption import Unreadable
from storage.letters import OPEN, Counted, Letter, Settled, State, WayBack, letter_of, packed
from storage.records import NoticeState

UNREADABLE = "内容解不开：privacy.keys 里缺少当时的密钥"
LONGEST_ERROR = 200
LONGEST_PLATFORM_ID = 100
table, notices = tables.outbox, tables.notices


class Outbox:
    """Messages that do not fit in the answer to somebody's own message."""

    def __init__(self, unit: Unit) -> None:
        self._unit = unit
        self.queued = 0

    async def send(
        self,
        channel: str,
        recipient: str,
        text: str,
        at: datetime,
        *,
        kind: str = "text",
        title: str = "",
        buttons: Sequence[tuple[str, str]] = (),
        file: tuple[str, bytes] | None = None,
        not_before: datetime | None = None,
        expires_at: datetime | None = None,
        way_back: WayBack | None = None,
        media_id: int | None = None,
    ) -> int:
        """Queue a message; its id.

        `channel` is an account's scope, or "group" for a group by its name; with a `way_back` the app that
        heard what this answers.

        `kind`: text, markdown, card (a title and buttons: label, and what a click says), file or image (name,
        bytes); with a `media_id` the bytes are those kept there, and stay there alone.
        `expires_at`: a notice of the calendar, not worth sending after that, nor at night.
        """
        number = await self._unit.next_id(table)
        self._unit.add(
            table,
            id=number,
            channel=channel,
            recipient=recipient,
            kind=kind,
            text=text,
            extra=packed(title, buttons, file, way_back, media_id),
            state=str(State.PENDING),
            attempts=0,
            created_at=at,
            next_at=not_before,
            expires_at=expires_at,
            sent_at=None,
            error=None,
        )
        self.queued += 1
        return number

    async def release(self, channel: str, recipient: str) -> None:
        """What waits for the morning may go: the recipient is up, and their messages keep their order."""
        await self._unit.flush()
        await self._unit.connection.execute(RELEASE, {"of_channel": channel, "name": recipient})

    async def drop(self, channel: str, recipient: str, reason: str) -> None:
        """Notices of the calendar that wait for somebody are not sent any more."""
        await self._unit.flush()
        given = {"of_channel": channel, "name": recipient, "reason": reason}
        found = (await self._unit.connection.execute(DROP, given)).fetchall()
        if found:
            dropped = [{"letter": number, "why": reason} for (number,) in found]
            await self._unit.connection.execute(NOT_SENT, dropped)

    async def after(self, message_id: int, limit: int = 200) -> list[Row]:
        """The messages queued after one, oldest first."""
        return await self._unit.select(
            table, table.c.id > message_id, order=(table.c.id,), limit=limit
        )

    async def claim(
        self, now: datetime, until: datetime, limit: int, resting: Collection[str] = ()
    ) -> list[Letter]:
        """Lease up to `limit` messages that are due, the oldest of each recipient first.

        Nothing is claimed while an earlier message to the same recipient waits or is under way, nor
        for the `resting` channels. A lease that ran out makes a message uncertain (see also `reclaim`).
        """
        letters: list[Letter] = []
        for statement in (CLAIM_AGAIN, CLAIM_FRESH):
            if len(letters) < limit:
                given = {"moment": now, "until": until, "resting": list(resting)}
                rows = await self._unit.fetch(statement, **given, at_most=limit - len(letters))
                letters += await self._opened(sorted(rows, key=lambda row: int(row["id"])))
        return sorted(letters, key=lambda letter: letter.id)

    async def reclaim(self, now: datetime) -> None:
        """Take back what is leased for the first time by somebody who is gone: it may have arrived."""
        await self._unit.flush()
        await self._unit.connection.execute(RECLAIM, {"moment": now})

    async def settle(self, results: Iterable[Settled]) -> None:
        """Write down what became of claimed messages, unless their lease has passed to somebody else."""
        rows = [
            {
                "key_id": one.letter.id,
                "key_lease": one.letter.leased_until,
                "state": str(one.state),
                "attempts": one.attempts,
                "next_at": one.next_at,
                "sent_at": one.sent_at,
                "platform_id": one.platform_id and one.platform_id[:LONGEST_PLATFORM_ID],
                "error": one.error and one.error[:LONGEST_ERROR],
            }
            for one in results
        ]
        if rows:
            await self._unit.flush()
            await self._unit.connection.execute(SETTLE, rows)
        dropped = [
            {"letter": row["key_id"], "why": row["error"]}
            for row in rows
            if row["state"] == State.DROPPED
        ]
        if dropped:
            await self._unit.connection.execute(NOT_SENT, dropped)

    async def counted(
        self, addresses: Iterable[tuple[str, str]], since: datetime
    ) -> dict[tuple[str, str], list[Counted]]:
        """What was sent to each of these recipients after a moment, by any process."""
        recipients: dict[str, list[str]] = defaultdict(list)
        for channel, recipient in addresses:
            recipients[channel].append(recipient)
        found: dict[tuple[str, str], list[Counted]] = defaultdict(list)
        for channel, names in recipients.items():
            given = {"of_channel": channel, "names": names, "since": since}
            for row in await self._unit.fetch(COUNTED, **given):
                counted = Counted(row["id"], row["sent_at"], row["size"] or 0)
                found[channel, row["recipient"]].append(counted)
        return found

    async def states(self) -> dict[str, int]:
        """How many messages wait, are uncertain, or failed for good."""
        rows = await self._unit.fetch(STATES)
        return {row["state"]: row["amount"] for row in rows}

    async def dead(self, limit: int = 20) -> list[Row]:
        """The newest messages that failed for good: everything but their content."""
        return await self._troubles(table.c.state == str(State.FAILED), limit)

    async def bury(self, number: int, *, resend: bool) -> bool:
        """A dead letter is tried anew, or acknowledged and dropped; False where it is none."""
        anew = {"state": str(State.PENDING), "attempts": 0, "next_at": None, "error": None}
        values = anew if resend else {"state": str(State.DROPPED)}
        dead = (table.c.id == number, table.c.state == str(State.FAILED))
        await self._unit.flush()
        done = await self._unit.connection.execute(update(table).where(*dead).values(**values))
        return bool(done.rowcount)

    async def held_up(self, limit: int = 20) -> list[Row]:
        """The newest messages that wait after something went wrong: everything but their content."""
        waits = table.c.state.in_(list(map(str, OPEN)))
        return await self._troubles(waits & table.c.error.is_not(None), limit)

    async def _troubles(self, which: ColumnElement[bool], limit: int) -> list[Row]:
        names = ("id", "channel", "recipient", "state", "attempts", "created_at", "error")
        query = select(*(table.c[name] for name in names)).where(which)
        return await self._unit.fetch(query.order_by(table.c.id.desc()).limit(limit))

    async def _opened(self, rows: Iterable[Row]) -> list[Letter]:
        """The letters; one that no key opens is a dead letter, and the rest go on."""
        letters, lost = [], []
        for row in rows:
            try:
                letters.append(letter_of(self._unit.opened(table, row)))
            except Unreadable:
                letter = letter_of({**row, "text": None, "extra": None})
                lost.append(Settled(letter, State.FAILED, letter.attempts, error=UNREADABLE))
        await self.settle(lost)
        return letters


NOW = bindparam("moment", type_=Instant())
candidate, earlier = table.alias("candidate"), table.alias("earlier")


def _claim(which: ColumnElement[bool], **values: ColumnElement[Any]) -> Any:
    """Lease what is due, in the order of ids: with a message, all due ones before it are taken too."""
    blocked = exists().where(
        earlier.c.channel == candidate.c.channel,
        earlier.c.recipient == candidate.c.recipient,
        earlier.c.sent_at.is_(None),  # with the two above, a short stretch of an index
        earlier.c.id < candidate.c.id,
        earlier.c.state.in_(list(map(str, OPEN))),
        or_(earlier.c.next_at > NOW, earlier.c.leased_until.is_not(None)),
    )
    due = (
        select(candidate.c.id)
        .where(which, candidate.c.channel.not_in(many("resting")), ~blocked)
        .order_by(candidate.c.id)
        .limit(bindparam("at_most"))
        .with_for_update(skip_locked=True, of=candidate)
        .cte("due")
        .prefix_with("MATERIALIZED")  # PostgreSQL may otherwise look, and lock, more than once
    )
    leased = bindparam("until", type_=Instant())
    given = {"leased_until": leased, "attempts": table.c.attempts + 1, **values}
    return update(table).where(table.c.id.in_(select(due.c.id))).values(given).returning(*table.c)


FRESH = (candidate.c.state == str(State.PENDING)) & candidate.c.next_at.is_(None)
AGAIN = candidate.c.state.in_(list(map(str, OPEN))) & (candidate.c.next_at <= NOW)
FREE = or_(candidate.c.leased_until.is_(None), candidate.c.leased_until <= NOW)
ABANDONED = case((table.c.leased_until.is_not(None), str(State.UNCERTAIN)), else_=table.c.state)
# Apart, because each is a walk along ix_outbox_state_next_at, and the first touches no index.
CLAIM_FRESH = _claim(FRESH & candidate.c.leased_until.is_(None))
CLAIM_AGAIN = _claim(AGAIN & FREE, state=ABANDONED)
RECLAIM = (
    update(table)
    .where(
        table.c.state == str(State.PENDING),
        table.c.next_at.is_(None),
        table.c.leased_until <= NOW,
    )
    .values(state=str(State.UNCERTAIN), next_at=NOW, leased_until=None)
)
SETTLE = (
    update(table)
    .where(table.c.id == bindparam("key_id"), table.c.leased_until == bindparam("key_lease"))
    .values(
        {name: bindparam(name) for name in ("state", "attempts", "next_at", "sent_at")}
        | {name: bindparam(name) for name in ("platform_id", "error")}
        | {"leased_until": None}
    )
)
RELEASE = (
    update(table)
    .where(
        table.c.channel == bindparam("of_channel"),
        table.c.recipient == bindparam("name"),
        table.c.sent_at.is_(None),
        table.c.state == str(State.PENDING),
        table.c.attempts == 0,
        table.c.leased_until.is_(None),
    )
    .values(next_at=None, expires_at=None)
)
DROP = (
    update(table)
    .where(
        table.c.channel == bindparam("of_channel"),
        table.c.recipient == bindparam("name"),
        table.c.sent_at.is_(None),
        table.c.state.in_(list(map(str, OPEN))),
        table.c.expires_at.is_not(None),
        table.c.leased_until.is_(None),
    )
    .values(state=str(State.DROPPED), error=bindparam("reason"))
    .returning(table.c.id)
)
NOT_SENT = (
    update(notices)
    .where(notices.c.message_id == bindparam("letter"))
    .values(state=str(NoticeState.UNSENT), reason=bindparam("why"), message_id=None)
)
COUNTED = select(
    table.c.id, table.c.recipient, table.c.sent_at, func.length(table.c.text).label("size")
).where(
    table.c.channel == bindparam("of_channel"),
    table.c.recipient.in_(many("names")),
    table.c.sent_at > bindparam("since", type_=Instant()),
)
STATES = (
    select(table.c.state, func.count().label("amount"))
    .where(table.c.state.in_(list(map(str, (*OPEN, State.FAILED)))))
    .group_by(table.c.state)
)

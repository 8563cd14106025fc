"""Pictures and files that members sent: noted in the turn, fetched while the platform's code is good, kept sealed."""

from base64 import b64decode, b64encode
from collections.abc import Collection, Iterable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from sqlalchemy import bindparam, func, literal_column, select, update

from storage import tables
from storage.columns import Instant
from storage.database import Row, Unit, many
from storage.encryption import Unreadable
from storage.letters import Letter

UNREADABLE = "内容解不开：privacy.keys 里缺少当时的密钥"
LONGEST_ERROR = 200
table = tables.media


class State(StrEnum):
    """Whether the bytes are here yet, or never will be."""

    PENDING = "pending"
    KEPT = "kept"
    LOST = "lost"


@dataclass(frozen=True, slots=True)
class Pending:
    """What is to be fetched, leased; `attempts` counts the one that begins now."""

    id: int
    channel: str
    code: str
    ending: str
    attempts: int
    created_at: datetime


@dataclass(frozen=True, slots=True)
class Fetched:
    """What became of a try."""

    id: int
    state: State
    attempts: int
    next_at: datetime
    content: bytes = b""
    ending: str = ""
    error: str | None = None


@dataclass(frozen=True, slots=True)
class Medium:
    """One picture or file without its content; `ending` is that of a file name, "" is not known."""

    id: int
    member_id: int
    kind: str
    state: State
    ending: str


class Media:
    """The picture or file belongs to the member; what it proves names it by its id."""

    def __init__(self, unit: Unit) -> None:
        self._unit = unit
        self.queued = 0

    async def keep(
        self, channel: str, member_id: int, *, kind: str, code: str, at: datetime, ending: str = ""
    ) -> int:
        """Note what the app `channel` heard under the platform's code, to be fetched; its id."""
        number = await self._unit.next_id(table)
        self._unit.add(
            table,
            id=number,
            channel=channel,
            member_id=member_id,
            kind=kind,
            ending=ending,
            state=str(State.PENDING),
            attempts=0,
            created_at=at,
            next_at=at,
            error=None,
            code=code,
            content=None,
        )
        self.queued += 1
        return number

    async def waits(self, now: datetime, resting: Collection[str] = ()) -> bool:
        """Whether anything is due, apart from the `resting` channels."""
        return bool(await self._unit.fetch(WAITS, moment=now, resting=list(resting)))

    async def pending(
        self, now: datetime, lease: timedelta, limit: int, resting: Collection[str] = ()
    ) -> list[Pending]:
        """What is due, oldest first; nobody else is given it until the lease is over."""
        given = {"moment": now, "until": now + lease, "resting": list(resting)}
        found, lost = [], []
        for row in await self._unit.fetch(CLAIM, **given, at_most=limit):
            try:
                found.append(_pending(self._unit.opened(table, row)))
            except Unreadable:
                ended = Fetched(row["id"], State.LOST, row["attempts"], now, error=UNREADABLE)
                lost.append(ended)
        await self.settle(lost)
        return sorted(found, key=lambda one: one.id)

    async def settle(self, results: Iterable[Fetched]) -> None:
        """Write down what became of tries; what is kept already stays, and a code that has served is dropped."""
        for one in results:
            values: dict[str, Any] = {
                "state": str(one.state),
                "attempts": one.attempts,
                "next_at": one.next_at,
                "error": one.error and one.error[:LONGEST_ERROR],
            }
            if one.state is not State.PENDING:
                values["code"] = None
            if one.state is State.KEPT:
                values |= {"content": b64encode(one.content).decode(), "ending": one.ending}
            waiting = {"id": one.id, "state": str(State.PENDING)}
            await self._unit.change(table, waiting, **values)

    async def drop(self, member_id: int, reason: str) -> None:
        """What of a member's is not here yet is not fetched any more."""
        await self._unit.flush()
        waiting = (table.c.member_id == member_id, table.c.state == str(State.PENDING))
        values = {"state": str(State.LOST), "code": None, "error": reason}
        await self._unit.connection.execute(update(table).where(*waiting).values(values))

    async def look(self, numbers: Collection[int]) -> dict[int, Medium]:
        """What is known of these, by id; without their contents."""
        found = await self._unit.fetch(LOOK, numbers=list(numbers))
        return {row["id"]: Medium(**{**row, "state": State(row["state"])}) for row in found}

    async def contents(self, numbers: Collection[int]) -> dict[int, bytes]:
        """The bytes of those of these that are kept, by id."""
        rows = await self._unit.select(
            table, table.c.id.in_(numbers), table.c.state == str(State.KEPT)
        )
        return {row["id"]: b64decode(row["content"]) for row in rows}

    async def filled(self, letter: Letter) -> Letter:
        """The letter with the content that it only names. Raises LookupError where that is not kept."""
        if letter.media_id is None or letter.file is None:
            return letter
        content = (await self.contents([letter.media_id]))[letter.media_id]
        return replace(letter, file=(letter.file[0], content))

    async def count_of(self, member_id: int) -> int:
        """How many a member ever sent that something was done with."""
        query = select(func.count().label("amount")).where(table.c.member_id == member_id)
        return int((await self._unit.fetch(query))[0]["amount"])


def _pending(row: Row) -> Pending:
    return Pending(
        id=row["id"],
        channel=row["channel"],
        code=row["code"] or "",
        ending=row["ending"],
        attempts=row["attempts"],
        created_at=row["created_at"],
    )


# Written out, not bound: SQLite uses the partial index only where the query says the same.
DUE = (
    table.c.state == literal_column("'pending'"),
    table.c.next_at <= bindparam("moment", type_=Instant()),
    table.c.channel.not_in(many("resting")),
)
WAITS = select(table.c.id).where(*DUE).limit(1)
CLAIM = (
    update(table)
    .where(
        table.c.id.in_(
            select(table.c.id).where(*DUE).order_by(table.c.next_at).limit(bindparam("at_most"))
        )
    )
    .values(next_at=bindparam("until", type_=Instant()), attempts=table.c.attempts + 1)
    .returning(*(one for one in table.c if one.name != "content"))
)
LOOK = select(*(table.c[name] for name in ("id", "member_id", "kind", "state", "ending"))).where(
    table.c.id.in_(many("numbers"))
)

"""One batch of messages → handlers → one commit. Answered means committed."""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

import structlog

from bot.channels.base import Message
from bot.conversation import (
    effect_of,
    next_dialog,
    next_page,
    put_behind,
    with_pages,
    with_reminder,
)
from bot.limits import pages
from handlers import binding, handle, is_current
from handlers.reading.normal import normalise
from handlers.reading.places import find_place
from handlers.turn import House, Kind, Outcome, Turn
from storage.chain import ledger_chain
from storage.database import Database, Unavailable
from storage.inbox import message_key
from storage.records import Account, Member, Purpose
from storage.store import Store

LARGEST_BATCH = 256
LONGEST_QUEUE = 4096
QUIET_ROUNDS = 4  # of the event loop: what a socket holds needs three to become a message
TRIES_ALONE = 2
ONE_AFTER_THE_OTHER = timedelta(microseconds=1)  # what was said last in a batch is undone first
FAILED = "抱歉，这条消息没有处理成功，什么也没有登记。已转请管理员查看，请稍后换个说法再试。"

log = structlog.get_logger()


class Overloaded(RuntimeError):
    """More messages wait than can be answered in time; the platform will deliver again."""


class TurnFailed(Exception):
    """One message could not be handled; its place in the batch."""

    def __init__(self, place: int, error: Exception) -> None:
        super().__init__(type(error).__name__)
        self.place = place
        self.error = error


@dataclass(slots=True)
class Waiting:
    """A message and who waits for its answer."""

    message: Message
    key: bytes
    answer: asyncio.Future[str] = field(repr=False)


class Turns:
    """The one way from messages to records; `queued` is told when a commit left something to be sent."""

    def __init__(
        self,
        database: Database,
        house: House,
        now: Callable[[], datetime],
        queued: Callable[[], None] = lambda: None,
    ) -> None:
        self._database = database
        self._queued = queued
        self._house = house
        self._now = now
        self._queue: asyncio.Queue[Waiting] = asyncio.Queue(LONGEST_QUEUE)
        self.failed = 0
        self.answered = 0
        self.last_batch = 0

    async def answer(self, message: Message) -> str:
        """The committed answer to a message; "" is silence. Raises Overloaded."""
        key = message_key(message.channel, message.user, message.id)
        waiting = Waiting(message, key, asyncio.get_running_loop().create_future())
        try:
            self._queue.put_nowait(waiting)
        except asyncio.QueueFull:
            raise Overloaded from None
        return await waiting.answer

    @property
    def waiting(self) -> int:
        """How many messages wait for their batch."""
        return self._queue.qsize()

    async def run(self) -> None:
        """Answer batches until cancelled."""
        while True:
            await self.run_once()

    async def run_once(self) -> None:
        """Wait for a message, take what else has come, answer all of it."""
        batch = await self._gather()
        answers = await self._answers(batch)
        for waiting, answer in zip(batch, answers, strict=True):
            if waiting.answer.cancelled():
                continue  # nobody waits any more; the platform will ask again and get what is stored
            if isinstance(answer, str):
                waiting.answer.set_result(answer)
            else:
                waiting.answer.set_exception(answer)
        self.answered += len(batch)
        self.last_batch = len(batch)

    async def _gather(self) -> list[Waiting]:
        """The first message and all that has reached the process with it, read from its sockets or not."""
        batch, quiet = [await self._queue.get()], 0
        while quiet < QUIET_ROUNDS and len(batch) < LARGEST_BATCH:
            if self._queue.empty():
                quiet += 1
                await asyncio.sleep(0)
            else:
                batch.append(self._queue.get_nowait())
                quiet = 0
        return batch

    async def drain(self) -> None:
        """Answer everything that waits; used when the process ends."""
        while not self._queue.empty():
            await self.run_once()

    async def _answers(self, batch: Sequence[Waiting]) -> list[str | Exception]:
        """Answers in order. A failing turn leaves the batch with what follows it in its conversation."""
        rest, alone = list(batch), []
        found: dict[int, str | Exception] = {}
        while rest:
            try:
                answers = await self._commit(rest)
            except TurnFailed as failure:
                moved = _with_followers(rest, failure.place)
                alone += moved
                rest = [waiting for waiting in rest if waiting not in moved]
            except Exception as error:  # noqa: BLE001 - the commit itself failed: each on its own
                log.error("batch_failed", error=type(error).__name__, size=len(rest))
                alone, rest = [*alone, *rest], []
            else:
                found.update(
                    {id(waiting): text for waiting, text in zip(rest, answers, strict=True)}
                )
                break
        for waiting in (one for one in batch if one in alone):
            found[id(waiting)] = await self._alone(waiting)
        return [found[id(waiting)] for waiting in batch]

    async def _alone(self, waiting: Waiting) -> str | Exception:
        """One message by itself, again; after the last try it is kept with its error."""
        error: Exception = TurnFailed(0, RuntimeError())
        for _ in range(TRIES_ALONE):
            try:
                return (await self._commit([waiting]))[0]
            except TurnFailed as failure:
                error = failure.error
            except Exception as failure:  # noqa: BLE001 - the database said no; the platform will ask again
                error = failure
        name = type(error).__name__
        if isinstance(error, Unavailable):
            log.error("database_unavailable", error=name)
            return error
        log.error("turn_failed", channel=waiting.message.channel, id=waiting.message.id, error=name)
        self.failed += 1
        try:
            return await self._keep_failure(waiting, name)
        except Exception as failure:  # noqa: BLE001 - nothing could be written, so nothing is answered
            return failure

    async def _commit(self, batch: Sequence[Waiting]) -> list[str]:
        """All turns of a batch in one transaction. Raises TurnFailed, or what the database raised."""
        now = self._now()
        async with self._database.unit() as unit:
            store = Store(unit)
            answers = await store.inbox.answers(waiting.key for waiting in batch)
            fresh = [waiting.message for waiting in batch if waiting.key not in answers]
            await self._load(store, fresh, now)
            for place, waiting in enumerate(batch):
                if waiting.key not in answers:
                    try:
                        at = now + place * ONE_AFTER_THE_OTHER
                        answers[waiting.key] = await self._turn(store, waiting, at)
                    except Exception as error:
                        raise TurnFailed(place, error) from error
            await store.finish()
        if store.outbox.queued:
            self._queued()
        return [answers[waiting.key] for waiting in batch]

    async def _load(self, store: Store, messages: Sequence[Message], now: datetime) -> None:
        """What nearly every turn needs, for the whole batch in a few queries."""
        accounts = {Account(message.scope, message.user) for message in messages}
        await store.members.load_speakers(accounts)
        await store.dialogs.load((message.channel, message.user) for message in messages)
        speakers = [await store.members.speaker(account) for account in accounts]
        members = [member for member in speakers if member is not None]
        await store.activities.load_around(members, now)
        store.heads.expect(ledger_chain(member.branch_id) for member in members)

    async def _turn(self, store: Store, waiting: Waiting, now: datetime) -> str:
        message = waiting.message
        conversation = (message.channel, message.user)
        account = Account(message.scope, message.user)
        member = await store.members.speaker(account)
        dialog = await store.dialogs.of(conversation)
        if member is None and dialog is not None and dialog.topic != binding.topic.name:
            dialog = None  # what somebody began who is no longer bound here
        while dialog is not None and not is_current(dialog.topic, now - dialog.updated_at):
            dialog = dialog.paused
        turn = Turn(
            now=now,
            house=self._house,
            store=store,
            account=account,
            channel=message.channel,
            kind=message.kind,
            text=normalise(message.text),
            said=message.text,
            media_id=message.media_id,
            member=member,
            dialog=dialog,
        )
        outcome, topic = next_page(turn) or await handle(turn)
        answer = await self._conclude(turn, conversation, outcome, topic)
        _keep(store, waiting, turn.member, now, answer, effect=effect_of(turn, outcome))
        return answer

    async def _conclude(
        self, turn: Turn, conversation: tuple[str, str], outcome: Outcome, topic: str
    ) -> str:
        """Move the dialog on, and cut the answer to what fits."""
        moved = next_dialog(turn, outcome, topic)
        text = with_reminder(turn, outcome.text, moved, topic)
        first, *more = pages(text)
        moved = with_pages(turn, put_behind(turn, moved, topic), more)
        if moved != turn.dialog:
            await turn.store.dialogs.put(conversation, moved)
        return first

    async def _keep_failure(self, waiting: Waiting, error: str) -> str:
        """Keep what could not be handled, for an administrator, and tell the member plainly."""
        account = Account(waiting.message.scope, waiting.message.user)
        async with self._database.unit() as unit:
            store = Store(unit)
            member = await store.members.speaker(account)
            _keep(store, waiting, member, self._now(), FAILED, error=error)
        return FAILED


def _keep(
    store: Store,
    waiting: Waiting,
    member: Member | None,
    now: datetime,
    answer: str,
    *,
    effect: str | None = None,
    error: str | None = None,
) -> None:
    """Remember the message; its words only of somebody who agreed, and never where they are."""
    message = waiting.message
    agreed = member is not None and member.agrees(Purpose.RECORDS)
    if member is not None and not member.agrees(Purpose.PLACE):
        agreed = agreed and find_place(normalise(message.text)) is None
    store.inbox.keep(
        waiting.key,
        channel=message.channel,
        sender=message.user,
        message_id=message.id,
        kind=str(message.kind),
        received_at=now,
        text=message.text if agreed and message.kind is not Kind.LOCATION else None,
        answer=answer,
        effect=effect,
        error=error,
    )


def _with_followers(batch: Sequence[Waiting], place: int) -> list[Waiting]:
    """A failed turn and what the same conversation said after it, so that its order is kept."""
    failed = batch[place].message
    conversation = (failed.channel, failed.user)
    return [
        waiting
        for waiting in batch[place:]
        if (waiting.message.channel, waiting.message.user) == conversation
    ]

"""One batch of messages → handlers → one commit. Answered means committed."""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

import structlog

from bot import exchange
from bot.channels.base import Message, NotCommitted, joined
from handlers.turn import House
from storage.database import Database, Unavailable
from storage.store import Store

LARGEST_BATCH = 256
LONGEST_QUEUE = 4096
QUIET_ROUNDS = 4  # of the event loop: what a socket holds needs three to become a message
TRIES_ALONE = 2
ONE_AFTER_THE_OTHER = timedelta(microseconds=1)  # what was said last in a batch is undone first

log = structlog.get_logger()


class Overloaded(NotCommitted):
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
    is_late: bool = False  # nobody waits for it in a response any more
    has_letter: bool = False  # it went by letter, in its own commit

    def to_answer(self) -> Message:
        """The message; to be answered by letter where the response has been given up."""
        if self.is_late and self.message.way_back is not None:
            self.message = replace(self.message, by_letter=True)
        self.has_letter = self.message.by_letter
        return self.message


class Turns:
    """The one way from messages to records; `queued` is told when a commit left something to send or to fetch."""

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
        self._following: set[asyncio.Task[None]] = set()
        self._groups: set[tuple[str, str]] = set()
        self.failed = 0
        self.answered = 0
        self.last_batch = 0

    async def answer(self, *messages: Message) -> str:
        """The committed answer to what was said in one breath; "" is silence. Raises NotCommitted."""
        return await self._joined(self._put(messages))

    async def within(self, messages: Sequence[Message], seconds: float) -> str | None:
        """The same, or None when that takes longer: then it comes by letter, where there is a way.

        Raises NotCommitted.
        """
        waiting = self._put(messages)
        try:
            async with asyncio.timeout(seconds):
                return await self._joined(waiting)
        except TimeoutError:
            log.warning("not_answered_in_time", channel=messages[0].channel, id=messages[0].id)
            self._leave(waiting)
            return None
        except asyncio.CancelledError:  # the platform hung up
            self._leave(waiting)
            raise

    def _put(self, messages: Sequence[Message]) -> list[Waiting]:
        """All of them into the queue, or none. Raises Overloaded."""
        if self._queue.maxsize - self._queue.qsize() < len(messages):
            raise Overloaded
        loop, waiting = asyncio.get_running_loop(), []
        for message in messages:
            one = Waiting(message, exchange.key_of(message), loop.create_future())
            one.answer.add_done_callback(_looked_at)
            self._queue.put_nowait(one)
            waiting.append(one)
        return waiting

    async def _joined(self, waiting: Sequence[Waiting]) -> str:
        try:
            return joined([await asyncio.shield(one.answer) for one in waiting])
        except Exception as error:
            channel, name = waiting[0].message.channel, type(error).__name__
            log.error("not_committed", channel=channel, error=name)
            raise NotCommitted(name) from error

    def _leave(self, waiting: Sequence[Waiting]) -> None:
        """Nobody waits for the response any more; a platform that asks again gets what is stored."""
        for one in waiting:
            one.is_late = True
        if waiting[0].message.way_back is not None:
            task = asyncio.create_task(self._follow(waiting))
            self._following.add(task)
            task.add_done_callback(self._following.discard)

    async def _follow(self, waiting: Sequence[Waiting]) -> None:
        """Send an answer that was committed while the response was being given up."""
        answers = []
        for one in waiting:
            try:
                answers.append(await one.answer)
            except Exception:  # noqa: BLE001 - said where it was raised; here the member is told
                answers.append(exchange.NOT_DONE)
        if waiting[-1].has_letter:
            return
        try:
            async with self._database.unit() as unit:
                await exchange.send(Store(unit), waiting[-1].message, joined(answers), self._now())
        except Exception as error:  # noqa: BLE001 - recorded all the same; only the answer is lost
            log.error("late_answer_lost", error=type(error).__name__)
        self._queued()

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
            if waiting.answer.done():
                continue
            if isinstance(answer, str):
                waiting.answer.set_result(answer)
            else:
                waiting.answer.set_exception(answer)
        self.answered += len(batch)
        self.last_batch = len(batch)

    def _note_groups(self, messages: Sequence[Message]) -> None:
        """Say in the log which groups the bot is spoken to in: their ids are what the configuration needs."""
        for message in messages:
            group = (message.channel, message.group)
            if message.group and group not in self._groups:
                self._groups.add(group)
                log.info("group_heard", channel=message.channel, conversation=message.group)

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
        if self._following:
            await asyncio.wait(self._following)

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
            return await exchange.kept_failure(
                self._database, waiting.to_answer(), waiting.key, self._now(), name
            )
        except Exception as failure:  # noqa: BLE001 - nothing could be written, so nothing is answered
            return failure

    async def _commit(self, batch: Sequence[Waiting]) -> list[str]:
        """All turns of a batch in one transaction. Raises TurnFailed, or what the database raised."""
        now = self._now()
        async with self._database.unit() as unit:
            store = Store(unit)
            answers = await store.inbox.answers(waiting.key for waiting in batch)
            fresh = [waiting.message for waiting in batch if waiting.key not in answers]
            self._note_groups(fresh)
            await exchange.load(store, fresh, now)
            for place, waiting in enumerate(batch):
                if waiting.key in answers:
                    waiting.has_letter = True  # or was answered in the response to another delivery
                else:
                    try:
                        at = now + place * ONE_AFTER_THE_OTHER
                        answers[waiting.key] = await exchange.answered(
                            store, self._house, waiting.to_answer(), waiting.key, at
                        )
                    except Exception as error:
                        raise TurnFailed(place, error) from error
            await store.finish()
        if store.outbox.queued or store.media.queued:
            self._queued()
        return [answers[waiting.key] for waiting in batch]


def _with_followers(batch: Sequence[Waiting], place: int) -> list[Waiting]:
    """A failed turn and what the same conversation said after it, so that its order is kept."""
    failed = batch[place].message
    conversation = (failed.channel, failed.user)
    return [
        waiting
        for waiting in batch[place:]
        if (waiting.message.channel, waiting.message.user) == conversation
    ]


def _looked_at(answer: "asyncio.Future[str]") -> None:
    """What became of it is known to whoever waited; nobody need be told again."""
    if not answer.cancelled():
        answer.exception()

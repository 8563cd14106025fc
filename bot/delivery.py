"""Sending what lies in the outbox: claim, send up to 50 at once, settle in bulk beside it."""

import asyncio
import contextlib
import random
from collections import Counter, deque
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta

import structlog

from bot.channels.base import Sender
from bot.lanes import Address, Lanes
from bot.limits import HOUR, free_at, free_in_all, parts_in
from bot.retry import (
    MOST_ATTEMPTS,
    TOO_OFTEN,
    Again,
    Busy,
    Configuration,
    Never,
    Outcome,
    Rest,
    Sent,
    wait_after,
)
from storage.database import Database, DatabaseError, NotPrepared, Unavailable
from storage.encryption import BOX_BYTES
from storage.letters import Counted, Letter, Settled, State
from storage.media import Media
from storage.notices import TOO_LATE
from storage.outbox import Outbox

AT_ONCE = 50
CLAIMED = 400  # claimed ahead, so that nobody waits for a commit
LEASE = timedelta(minutes=2)
LEASE_MARGIN = timedelta(seconds=30)  # a letter sent in parts takes several requests
RECLAIM_EVERY = timedelta(seconds=10)
GATHER_SECONDS = 0.03
POLL_SECONDS = 1.0
GRACE_SECONDS = 1.5
SETTLE_SECONDS = 1.0
NO_CHANNEL = "配置里没有这个渠道（{channel}），消息留着等"
CUT_OFF = "发送时程序中断"
TWICE = "可能收到两次：前一次没有得到平台的答复"

log = structlog.get_logger()


class Delivery:
    """The one way from the outbox to the platforms; any number of them share one database."""

    def __init__(
        self,
        database: Database,
        channels: Mapping[str, Sender],
        now: Callable[[], datetime],
        chance: Callable[[], float] = random.random,
        night_ends: Callable[[datetime], datetime | None] = lambda _now: None,
    ) -> None:
        self._database = database
        self._channels = channels
        self._now = now
        self._chance = chance
        self._night_ends = night_ends
        self._lanes = Lanes(self._deliver, self._done, AT_ONCE)
        self._results: list[Settled] = []
        self._stirred = asyncio.Event()
        self._rests: dict[str, Rest] = {}
        self._sent: dict[Address, dict[int, Counted]] = {}
        self._sent_in_all: dict[str, deque[tuple[datetime, int]]] = {}
        self._reclaimed_at: datetime | None = None
        self.outcomes: Counter[str] = Counter()
        self.states: Mapping[str, int] = {}

    def wake(self) -> None:
        """Something was queued."""
        self._stirred.set()

    @property
    def resting(self) -> dict[str, str]:
        """The channels that are left alone for now, and why."""
        now = self._now()
        return {name: rest.reason for name, rest in self._rests.items() if rest.until > now}

    async def run(self) -> None:
        """Deliver until cancelled; a database that is away comes back."""
        while True:
            try:
                await self.deliver_once()
            except (*Unavailable, DatabaseError, NotPrepared) as error:
                log.error("outbox_unavailable", error=type(error).__name__)
            await self._stir(POLL_SECONDS)

    async def deliver_once(self) -> int:
        """Send everything that is due; how many letters were sent or given up."""
        before = self._settled
        try:
            await self._look()
            while any(self.states.get(state) for state in (State.PENDING, State.UNCERTAIN)):
                if not await self._round():
                    break
                await self._gather()
        except asyncio.CancelledError:
            await self._lanes.stop(GRACE_SECONDS)
            with contextlib.suppress(TimeoutError, *Unavailable):
                async with asyncio.timeout(SETTLE_SECONDS):
                    await self._settle_and_claim(0)
            raise
        if self._settled != before:
            await self._look()
        return self._settled - before

    @property
    def _settled(self) -> int:
        return sum(self.outcomes[one] for one in (State.SENT, State.FAILED, State.DROPPED))

    async def _look(self) -> None:
        async with self._database.reading() as unit:
            self.states = await Outbox(unit).states()

    async def _round(self) -> bool:
        """Settle what came back, claim what is due; whether anything is under way then."""
        await self._settle_and_claim(CLAIMED - self._lanes.held)
        return bool(self._lanes.held or self._results)

    async def _settle_and_claim(self, room: int) -> None:
        """Both in one commit; if it fails the results are kept for the next."""
        results, self._results = self._results, []
        now = self._now()
        reclaims = self._reclaimed_at is None or abs(now - self._reclaimed_at) >= RECLAIM_EVERY
        try:
            async with self._database.unit() as unit:
                outbox = Outbox(unit)
                await outbox.settle(results)
                if reclaims:
                    await outbox.reclaim(now)
                letters = await outbox.claim(now, now + LEASE, room, self.resting.keys())
                counted = await outbox.counted({one.address for one in letters}, now - HOUR)
        except BaseException:
            self._results = results + self._results
            raise
        if reclaims:
            self._reclaimed_at = now
        self._forget({one.letter.address for one in results})
        self._take_up(letters, counted)

    def _take_up(
        self, letters: Sequence[Letter], counted: Mapping[Address, Sequence[Counted]]
    ) -> None:
        """Begin what was claimed; what came back meanwhile is settled under its renewed lease."""
        for letter in letters:
            known = {one.id: one for one in counted.get(letter.address, ())}
            self._sent[letter.address] = known | self._sent.get(letter.address, {})
        leases = {one.id: one.leased_until for one in letters}
        ended = {one.letter.id for one in self._results}
        self._results = [
            one.under(leases.get(one.letter.id, one.letter.leased_until)) for one in self._results
        ]
        self._lanes.add(letter for letter in letters if letter.id not in ended)

    def _forget(self, addresses: set[Address]) -> None:
        """What the database knows by now is asked of it again when it is needed."""
        unsettled = {one.letter.address for one in self._results}
        for address in addresses - unsettled:
            if not self._lanes.serves(address):
                self._sent.pop(address, None)

    async def _gather(self) -> None:
        """Until there is something to write down, and whatever else comes in the next moment."""
        if not self._results:
            await self._stir(POLL_SECONDS)
        if self._lanes.held:
            await asyncio.sleep(GATHER_SECONDS)

    async def _stir(self, seconds: float) -> None:
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self._stirred.wait()
        self._stirred.clear()

    def _done(self, settled: Settled) -> None:
        self._results.append(settled)
        self._stirred.set()

    async def _deliver(self, letter: Letter) -> Settled:
        """One attempt, or a reason not to make it now; never raises."""
        now = self._now()
        if letter.leased_until - now < LEASE_MARGIN:
            return letter.put_off()
        if letter.attempts > MOST_ATTEMPTS:
            reason = TOO_OFTEN.format(attempts=MOST_ATTEMPTS, reason=CUT_OFF)
            return self._failed(letter, reason)
        if letter.expires_at is not None:
            if letter.expires_at <= now:
                return self._dropped(letter)
            morning = self._night_ends(now)
            if morning is not None:
                return letter.put_off(morning)
        rest = self._rests.get(letter.channel)
        if rest is not None and rest.until > now:
            return letter.put_off(error=rest.reason)
        sender = self._channels.get(letter.channel)
        if sender is None:
            return self._rested(letter, Configuration(NO_CHANNEL.format(channel=letter.channel)))
        free = self._free_at(sender, letter, now)
        if free is not None:
            return letter.put_off(free)
        try:
            outcome = await sender.send(await self._filled(letter))
        except Exception as error:  # noqa: BLE001 - one letter's trouble is not the others'
            outcome = Again(type(error).__name__, uncertain=True)
        return self._concluded(letter, sender, outcome)

    async def _filled(self, letter: Letter) -> Letter:
        """With what is kept elsewhere, for as long as it takes to send it."""
        if letter.media_id is None:
            return letter
        async with self._database.reading() as unit:
            return await Media(unit).filled(letter)

    def _free_at(self, sender: Sender, letter: Letter, now: datetime) -> datetime | None:
        """When the limits let this letter through; None is now."""
        waits = []
        each = self._sent.get(letter.address)
        if each:
            sent = [(one.at, parts_in(one.size - BOX_BYTES)) for one in each.values()]
            weight = parts_in(len(letter.text.encode()))
            waits.append(free_at(sender.each, sent, now, weight))
        in_all = self._sent_in_all.setdefault(letter.channel, deque())
        while in_all and in_all[0][0] <= now - HOUR:
            in_all.popleft()
        waits.append(free_in_all(sender.all, in_all, now))
        return max((wait for wait in waits if wait is not None), default=None)

    def _concluded(self, letter: Letter, sender: Sender, outcome: Outcome) -> Settled:
        if isinstance(outcome, Sent):
            return self._as_sent(letter, sender, outcome)
        if isinstance(outcome, Busy | Configuration):
            return self._rested(letter, outcome, alone=sender.one_by_one)
        if isinstance(outcome, Never):
            return self._failed(letter, outcome.reason)
        wait = wait_after(letter.attempts, self._chance())
        if wait is None:
            reason = TOO_OFTEN.format(attempts=MOST_ATTEMPTS, reason=outcome.reason)
            return self._failed(letter, reason)
        uncertain = outcome.uncertain or letter.state == State.UNCERTAIN
        state = State.UNCERTAIN if uncertain else State.PENDING
        self.outcomes["again"] += 1
        until = self._now() + wait
        return Settled(letter, state, letter.attempts, next_at=until, error=outcome.reason)

    def _as_sent(self, letter: Letter, sender: Sender, outcome: Sent) -> Settled:
        """Counted from when the answer came: the platform counts from a moment before that."""
        at = self._now()
        size = len(letter.text.encode()) + BOX_BYTES
        self._sent.setdefault(letter.address, {})[letter.id] = Counted(letter.id, at, size)
        if sender.all:
            self._sent_in_all.setdefault(letter.channel, deque()).append((at, 1))
        self.outcomes[State.SENT] += 1
        may_repeat = letter.state == State.UNCERTAIN and not sender.knows_repeats
        return Settled(
            letter,
            State.SENT,
            letter.attempts,
            sent_at=at,
            platform_id=outcome.platform_id or None,
            error=TWICE if may_repeat else None,
        )

    def _failed(self, letter: Letter, reason: str) -> Settled:
        self.outcomes[State.FAILED] += 1
        log.warning("letter_failed", id=letter.id, channel=letter.channel, reason=reason)
        return Settled(letter, State.FAILED, letter.attempts, error=reason)

    def _dropped(self, letter: Letter) -> Settled:
        """A notice that nobody needs any more: the next one says what still holds."""
        self.outcomes[State.DROPPED] += 1
        return Settled(letter, State.DROPPED, letter.attempts - 1, error=TOO_LATE)

    def _rested(
        self, letter: Letter, outcome: Busy | Configuration, *, alone: bool = False
    ) -> Settled:
        """The attempt is not the letter's fault and not counted; the whole channel waits, or this recipient."""
        until = self._now() + outcome.rest
        if isinstance(outcome, Configuration):
            self.outcomes["configuration"] += 1
            if letter.channel not in self.resting:  # said once, not for each of fifty under way
                log.error("channel_rests", channel=letter.channel, reason=outcome.reason)
        if alone:
            return letter.put_off(until, outcome.reason)
        self._rests[letter.channel] = Rest(until, outcome.reason)
        return letter.put_off(error=outcome.reason)

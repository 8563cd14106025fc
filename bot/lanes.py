"""Letters under way: one after the other for each recipient, so many at once in all. Knows no platform."""

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, Iterable
from datetime import datetime

from storage.letters import Letter, Settled

Address = tuple[str, str]


class Lanes:
    """`deliver` sends one letter; `done` is told of each result as it comes."""

    def __init__(
        self,
        deliver: Callable[[Letter], Awaitable[Settled]],
        done: Callable[[Settled], None],
        at_once: int,
    ) -> None:
        self._deliver = deliver
        self._done = done
        self._at_once = at_once
        self._lanes: dict[Address, deque[Letter]] = {}
        self._ready: deque[Address] = deque()
        self._sending: set[Address] = set()
        self._workers: set[asyncio.Task[None]] = set()
        self._known: dict[int, datetime] = {}
        self._broken: Exception | None = None

    @property
    def held(self) -> int:
        """How many letters wait or are under way. Raises what ended a worker, which nothing should."""
        if self._broken is not None:
            raise self._broken
        return len(self._known)

    def serves(self, address: Address) -> bool:
        """Somebody's letters wait or are under way."""
        return address in self._lanes

    def add(self, letters: Iterable[Letter]) -> None:
        """Send these as soon as there is a place; what is under way already is not begun again."""
        for letter in letters:
            is_new = letter.id not in self._known
            self._known[letter.id] = letter.leased_until
            if not is_new:  # a rehearsal's clock was moved on, and the lease ran out
                continue
            if letter.address in self._lanes:
                self._lanes[letter.address].append(letter)
            else:
                self._lanes[letter.address] = deque([letter])
                self._ready.append(letter.address)
        for _ in range(min(len(self._ready), self._at_once - len(self._workers))):
            self._workers.add(asyncio.create_task(self._work()))

    async def stop(self, grace: float) -> None:
        """Begin nothing more; what is under way may end in time. The rest is put off, as if never begun.

        What is cut off keeps its lease: nobody knows whether it arrived, so it comes back as uncertain.
        """
        self._ready.clear()
        for address, lane in self._lanes.items():
            while len(lane) > (address in self._sending):
                self._end(lane.pop().put_off())
        if self._workers:
            _ended, late = await asyncio.wait(set(self._workers), timeout=grace)
            for worker in late:
                worker.cancel()
            if late:
                await asyncio.wait(late)
        self._lanes.clear()
        self._known.clear()

    async def _work(self) -> None:
        """Serve one recipient after the other until none is left."""
        try:
            while self._ready:
                address = self._ready.popleft()
                self._sending.add(address)
                try:
                    await self._walk(self._lanes[address])
                finally:
                    self._sending.discard(address)
                self._lanes.pop(address, None)
        except Exception as error:  # noqa: BLE001 - raised where somebody waits for these letters
            self._broken = error
        finally:
            task = asyncio.current_task()
            if task is not None:
                self._workers.discard(task)

    async def _walk(self, lane: "deque[Letter]") -> None:
        while lane:
            settled = await self._deliver(lane[0])
            self._end(settled)
            lane.popleft()
            if settled.is_open:
                self._hold_back(lane, settled)

    def _hold_back(self, lane: "deque[Letter]", settled: Settled) -> None:
        """What stands behind a letter that is put off waits with it."""
        while lane:
            self._end(lane.popleft().put_off(settled.next_at))

    def _end(self, settled: Settled) -> None:
        self._done(settled.under(self._known.pop(settled.letter.id)))

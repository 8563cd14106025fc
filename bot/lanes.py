"""Letters under way: one after the other for each recipient, so many at once in all. Knows no platform."""

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, Iterable

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
        self._places = asyncio.Semaphore(at_once)
        self._lanes: dict[Address, deque[Letter]] = {}
        self._known: set[int] = set()
        self._tasks: set[asyncio.Task[None]] = set()
        self._sending: dict[Address, asyncio.Task[None]] = {}

    @property
    def held(self) -> int:
        """How many letters wait or are under way."""
        return len(self._known)

    def serves(self, address: Address) -> bool:
        """Somebody's letters wait or are under way."""
        return address in self._lanes

    def add(self, letters: Iterable[Letter]) -> None:
        """Send these as soon as there is a place; what is under way already is not begun again."""
        for letter in letters:
            if letter.id in self._known:
                continue
            self._known.add(letter.id)
            if letter.address in self._lanes:
                self._lanes[letter.address].append(letter)
                continue
            self._lanes[letter.address] = deque([letter])
            task = asyncio.create_task(self._walk(letter.address))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)

    async def stop(self, grace: float) -> None:
        """Begin nothing more; what is under way may end in time. The rest is put off, as if never begun.

        What is cut off keeps its lease: nobody knows whether it arrived, so it comes back as uncertain.
        """
        for address, lane in self._lanes.items():
            while len(lane) > (address in self._sending):
                self._end(lane.pop().put_off())
        if self._sending:
            await asyncio.wait(set(self._sending.values()), timeout=grace)
        for task in self._tasks:
            task.cancel()
        if self._tasks:
            await asyncio.wait(set(self._tasks))
        self._lanes.clear()
        self._known.clear()

    async def _walk(self, address: Address) -> None:
        lane = self._lanes[address]
        async with self._places:
            task = asyncio.current_task()
            if task is not None and lane:
                self._sending[address] = task
            try:
                while lane:
                    settled = await self._deliver(lane[0])
                    self._end(settled)
                    lane.popleft()
                    if settled.is_open:
                        self._hold_back(lane, settled)
            finally:
                self._sending.pop(address, None)
        self._lanes.pop(address, None)

    def _hold_back(self, lane: "deque[Letter]", settled: Settled) -> None:
        """What stands behind a letter that is put off waits with it."""
        while lane:
            self._end(lane.popleft().put_off(settled.next_at))

    def _end(self, settled: Settled) -> None:
        self._known.discard(settled.letter.id)
        self._done(settled)

"""A process that answers messages until it is killed: `python -m tests.bot.doomed URL ROUND`."""

import asyncio
import contextlib
import sys
from collections.abc import AsyncIterator

from bot.channels.base import Message
from bot.turns import Turns
from handlers.turn import House, Kind
from storage.database import Database
from storage.encryption import Keyring
from tests.fakes import KEY, RULES, SCOPE, FakeClock, Rehearsal

PEOPLE = [f"党员{place}" for place in "甲乙丙丁戊己庚辛"]
PLACES = ("苏州工业园区", "昆山")  # the same place again would be answered, not recorded
MESSAGES = 400
AT_ONCE = 24


def messages(round_number: int) -> list[Message]:
    """What is said in one round: suggestions and places in turn, every one with an effect of its own."""
    found = []
    for place in range(MESSAGES):
        name = f"第{round_number}轮第{place}条"
        where = PLACES[place // len(PEOPLE) % len(PLACES)]
        text = f"意见：{name}" if place % 2 else f"我到{where}了"
        who = PEOPLE[place % len(PEOPLE)]
        found.append(Message("wecom.main", SCOPE, who, name, Kind.TEXT, text, ""))
    return found


@contextlib.asynccontextmanager
async def reopened(url: str) -> AsyncIterator[Rehearsal]:
    """A database as another process finds it, and turns over it."""
    database, clock = Database(url, Keyring([KEY])), FakeClock()
    async with database.unit():
        pass
    try:
        yield Rehearsal(database, clock, Turns(database, House("学院委员会", RULES), clock.now))
    finally:
        await database.close()


async def answer_all(url: str, round_number: int) -> None:
    """Print the id and the answer of each message as soon as it is answered."""
    async with reopened(url) as talk:
        worker = asyncio.create_task(talk.turns.run())
        places = asyncio.Semaphore(AT_ONCE)

        async def deliver(message: Message) -> None:
            async with places:
                answer = await talk.turns.answer(message)
            line = f"{message.id}\t{answer.splitlines()[0]}\n"
            sys.stdout.buffer.write(line.encode())
            sys.stdout.buffer.flush()

        await asyncio.gather(*map(deliver, messages(round_number)))
        worker.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await worker


if __name__ == "__main__":
    asyncio.run(answer_all(sys.argv[1], int(sys.argv[2])))

"""Groups by their names: each belongs to a channel, which knows how to reach it."""

from collections.abc import Mapping, Sequence

from bot.channels.base import Sender
from bot.limits import GROUP_ROBOT, Limit
from bot.retry import Configuration, Outcome
from storage.letters import Letter

NO_GROUP = "配置里没有名为“{name}”的群，请补上 [[group]] 一节"


class Groups:
    """All groups as one Sender; both platforms take the same number a minute."""

    each: Sequence[Limit] = GROUP_ROBOT
    all: Sequence[Limit] = ()
    one_by_one = True

    def __init__(self, groups: Mapping[str, Sender]) -> None:
        self._groups = groups
        self.knows_repeats = all(one.knows_repeats for one in groups.values())

    async def send(self, letter: Letter) -> Outcome:
        """Send one letter to the group that is its recipient."""
        sender = self._groups.get(letter.recipient)
        if sender is None:
            return Configuration(NO_GROUP.format(name=letter.recipient))
        return await sender.send(letter)

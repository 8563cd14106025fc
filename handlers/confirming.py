"""The code that was asked for before an act that cannot be taken back: what else was answered than it."""

from handlers.proven import TOPIC, code_in
from handlers.topic import Topic
from handlers.trail import noted
from handlers.turn import Ask, Done, Outcome, Turn

WRONG = "确认码不对，没有办理。请看单聊里最新的 4 位数字，再发给我一次；不办了请回复“取消”。"
CALLED_OFF = "确认码几次都不对，这件事没有办理。要办请再说一次。"
MOST_TRIES = 3

topic = Topic(TOPIC)


@topic.answers
async def wrong(turn: Turn) -> Outcome | None:
    """The right code never comes this far; another number is counted, anything else is a new line."""
    state = turn.dialog.state if turn.dialog else {}
    if not code_in(turn):
        return None
    await noted(turn, "confirm_refused", f"member:{turn.speaker.id}")
    tries = state["tries"] + 1
    if tries >= MOST_TRIES:
        return Done(CALLED_OFF)
    return Ask(WRONG, topic.name, {**state, "tries": tries})

"""没缺席: a member says that they were there, from afar, or on leave (MR-3, AD-10)."""

from handlers.choices import chosen, is_no
from handlers.disputed_absence import NONE, TOPIC, absences, dispute, send
from handlers.reading.absence import says_not_absent
from handlers.topic import Heard, Topic
from handlers.turn import Done, Outcome, Turn

NOT_SENT = "好的，没有提出。"

topic = Topic(TOPIC, "没缺席 10月5日 我签过到的")


@topic.says("没缺席", "没有缺席", "我没缺席", "我没有缺席")
@topic.acts(lambda turn, text: says_not_absent(text, turn.today))
async def not_absent(turn: Turn, heard: Heard) -> Outcome:
    """我没缺席, 我那天去了, 我签过到的."""
    return await dispute(turn, heard.text)


@topic.answers
async def which(turn: Turn) -> Outcome | None:
    """The number of the absence that is meant."""
    state = turn.dialog.state if turn.dialog else {}
    place = chosen(turn.text, len(state["ids"]))
    if place is None:
        return Done(NOT_SENT) if is_no(turn.text) else None
    found = next((one for one in await absences(turn) if one.id == state["ids"][place]), None)
    return await send(turn, found, state["claim"], state["words"]) if found else Done(NONE)

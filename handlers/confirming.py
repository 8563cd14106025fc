"""The code that was asked for before an act that cannot be taken back: what else was answered than it."""

from handlers import proven
from handlers.topic import Topic
from handlers.turn import Done, Outcome, Say, Turn

WRONG = "确认码不对，没有办理。请看单聊里最新的 4 位数字，再发给我一次；不办了请回复“取消”。"
CALLED_OFF = "确认码几次都不对，“{act}”没有办理。"
OVER = "确认码过期了，没有办理。要办请再说一次“{act}”。"

LONGEST_ACTOR = 50

topic = Topic(proven.TOPIC)


@topic.answers
async def answered(turn: Turn) -> Outcome | None:
    """The right code never comes this far; another number is counted, anything else is a new line."""
    state = turn.dialog.state if turn.dialog else {}
    if not proven.code_in(turn):
        return None
    if proven.is_over(turn):
        return Done(OVER.format(act=state["act"]))
    account = f"account:{turn.account.user}"[:LONGEST_ACTOR]
    await turn.store.audit.append(turn.now, account, "confirm_refused", turn.account.scope[:100])
    may_go_on = await proven.wrong(turn)
    return Say(WRONG) if may_go_on else Done(CALLED_OFF.format(act=state["act"]))

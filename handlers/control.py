"""Words about the conversation itself: 撤销, 取消, 上一步, 跳过, 更多."""

from datetime import timedelta

from handlers.topic import Heard, Topic, Undo
from handlers.turn import Done, Outcome, Say, Turn
from storage.inbox import UNDONE

NOTHING_TO_UNDO = "没有可以撤销的登记。只能撤销自己最近一次、24 小时以内的登记。"
UNDONE_BEFORE = "刚才的登记已经撤销过了。"
CANCELLED = "好的，已取消，没有登记。"
NOTHING_OPEN = "现在没有正在填写的事项。要撤销刚才的登记，请回复“撤销”。"
NO_MORE = "没有更多内容了。"
LEAVING = ("取消", "算了", "不办了", "退出", "取消吧", "算了吧")
WITHIN = timedelta(hours=24)

topic = Topic("control", "撤销", "取消")
undoing: dict[str, Undo] = {}


@topic.says("撤销", "撤回", "撤销刚才的", "撤销刚才那条", rest=False)
@topic.mentions("发错了", "撤销刚才", "撤回刚才", "刚才的撤销", "撤销上一条")
async def undo(turn: Turn, heard: Heard) -> Outcome:
    """Take back the last thing the speaker recorded."""
    del heard
    found = await turn.store.inbox.last_effect(turn.channel, turn.account.user)
    if found is None or found.received_at < turn.now - WITHIN:
        return Say(NOTHING_TO_UNDO)
    if found.effect == UNDONE:
        return Say(UNDONE_BEFORE)
    name, _, reference = found.effect.partition(":")
    words = await undoing[name](turn, reference)
    await turn.store.inbox.mark_undone(found)
    return Done(words)


@topic.says(*LEAVING, rest=False)
async def cancel(turn: Turn, heard: Heard) -> Outcome:
    """Leave the open dialog."""
    del heard
    return Done(CANCELLED) if turn.dialog and turn.dialog.prompt else Say(NOTHING_OPEN)


@topic.says("上一步", "跳过", rest=False)
async def nothing_open(turn: Turn, heard: Heard) -> Outcome:
    """Steering words without a dialog."""
    del turn, heard
    return Say(NOTHING_OPEN)


@topic.says("更多", "继续", "下一页", rest=False)
async def no_more(turn: Turn, heard: Heard) -> Outcome:
    """The next part of a long answer is handed out before topics are asked; here there is none."""
    del turn, heard
    return Say(NO_MORE)

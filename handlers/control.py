"""Words about the conversation itself: 撤销, 取消, 上一步, 跳过, 更多."""

import re
from datetime import timedelta

from handlers.choices import is_no, is_yes
from handlers.office import NOT_YOURS, may_undo, unsigned
from handlers.topic import Heard, Topic, Undo
from handlers.turn import Ask, Done, Outcome, Say, Turn
from handlers.words import moment
from storage.inbox import UNDONE, Effect
from storage.records import Dialog

NOTHING_TO_UNDO = "没有可以撤销的登记。只能撤销自己最近一次、24 小时以内的登记。"
NOTHING_OF_KIND = "没有可以撤销的{kind}登记。只能撤销自己 24 小时以内的登记；更早的请联系支部书记。"
UNDONE_BEFORE = "没有可以撤销的：最近的一条登记您已经撤销了。"
SURE = "要撤销它吗：{at} 登记的“{what}”？是请回复“1”，不是请回复“2”。"
HOW_TO_CORRECT = "要改最近这一条：\n{what}\n请先回复“撤销”，再把对的重新发一次。现在没有改动。"
HOW_TO_CORRECT_OLD = (
    "要改刚才的登记，请先回复“撤销”，再重新发一次；对记实档案有异议请回复“有误 序号 原因”。"
)
NOT_UNDONE = "好的，没有撤销。"
CANCELLED = "好的，已取消，没有登记。"
LEFT_FIRST = "{left}\n要撤销 {at} 登记的“{what}”，请再回复“撤销”。"
NOTHING_OPEN = "现在没有正在填写的事项。要撤销刚才的登记，请回复“撤销”。"
ANSWER_OR_LEAVE = "这一步请直接回答；不办了请回复“取消”。"
NO_HURRY = "好的，不急，想好了直接写来；不办了请回复“取消”。"
NO_MORE = "没有更多内容了。"
LEAVING = ("取消", "算了", "不办了", "退出", "取消吧", "算了吧")
UNDO_WORDS = ("撤销", "撤回", "撤销刚才的", "撤销刚才那条")
ACTED = "acted"  # in a dialog's state: something was recorded since its question
NOT_NOW = re.compile(
    "我?先?(?:等一?[下会]|等等|稍等|待会|过会|一会|稍后|回头|晚[点些]|先放|没空|在忙)儿?(?:一下|着)?(?:我|你)?再?(?:写|说|弄|补|填|发|办|回|来|回复|告诉你)?(?:吧|啊|哈)?"
)
DECISION = "review"
WITHIN = timedelta(hours=24)
JUST_NOW = timedelta(minutes=30)  # later, 撤销 names what it would take back and asks
KINDS = {
    "签到": "check_in",
    "打卡": "check_in",
    "党费": "dues",
    "位置": "place",
    "所在地": "place",
    "求助": "appeal",
    "意见": "appeal",
    "思想汇报": "report",
    "外出": "stint",
    "异地参加": "elsewhere",
    "答复": "invitation",
    "改期": "reschedule",
    "上报": "record",
    "近况": "news",
    "联系": "contact",
    "谈话": "contact",
    "办结": "duties",
    "免办": "duties",
    "关账": "closing",
    "安排": "convene",
    "代录": "proxy",
}
CALLED_OFF = (
    "签到",
    "打卡",
    "党费",
    "位置",
    "所在地",
    "求助",
    "意见",
    "思想汇报",
    "外出",
    "异地参加",
    "答复",
    "改期",
    "上报",
)
CORRECTS = re.compile(
    "(?:不对|不是|写错|打错|记错|说错|错了|等一下|不好意思|改成|改为|改一?下|应该是|更正)[^0-9]{0,8}(?:应该?是|改成|改为|是)"
    "|(?:改成|改为|应该是|更正|写错了|打错了|说错了|记错了)"
)
TAKE_BACK = {f"{verb}{kind}": kind for verb in ("撤销", "撤回") for kind in KINDS}
TAKE_BACK |= {f"取消{kind}": kind for kind in CALLED_OFF}

topic = Topic("control", "撤销", "取消")
undoing: dict[str, Undo] = {}


@topic.says(*UNDO_WORDS, rest=False)
@topic.mentions("发错了", "撤销刚才", "撤回刚才", "刚才的撤销", "撤销上一条")
async def undo(turn: Turn, heard: Heard) -> Outcome:
    """Take back the last thing the speaker recorded."""
    del heard
    found = await _last(turn)
    return await _undo(turn, found) if found else Say(NOTHING_TO_UNDO)


@topic.says(*TAKE_BACK, rest=False)
async def undo_kind(turn: Turn, heard: Heard) -> Outcome:
    """撤销签到: the last thing of that kind."""
    kind = TAKE_BACK[heard.head]
    found = await _last(turn, KINDS[kind])
    return await _undo(turn, found) if found else Say(NOTHING_OF_KIND.format(kind=kind))


@topic.answers
async def sure(turn: Turn) -> Outcome | None:
    """Yes or no to taking back what was named."""
    if is_no(turn.text):
        return Done(NOT_UNDONE)
    if not is_yes(turn.text):
        return None
    state = turn.dialog.state if turn.dialog else {}
    found = await _last(turn, state["topic"])
    if found is None or found.key.hex() != state["key"]:
        return Done(NOTHING_TO_UNDO)
    return Done(await _take_back(turn, found))


@topic.reads(lambda _turn, text: bool(CORRECTS.match(text)))
async def correct(turn: Turn, heard: Heard) -> Outcome:
    """不对，应该是10块: what is on record is taken back and said anew, never rewritten."""
    del heard
    found = await _last(turn)
    if found is None or found.effect == UNDONE:
        return Say(HOW_TO_CORRECT_OLD)
    return Say(HOW_TO_CORRECT.format(what=found.answer.splitlines()[0]))


@topic.says(*LEAVING, rest=False)
async def cancel(turn: Turn, heard: Heard) -> Outcome:
    """Leave the open dialog."""
    del heard
    return Done(CANCELLED) if turn.dialog and turn.dialog.prompt else Say(NOTHING_OPEN)


@topic.says("上一步", "跳过", rest=False)
async def nothing_open(turn: Turn, heard: Heard) -> Outcome:
    """Steering words where there is nothing to steer."""
    del heard
    return Say(ANSWER_OR_LEAVE if turn.dialog and turn.dialog.prompt else NOTHING_OPEN)


@topic.says("更多", "继续", "下一页", rest=False)
async def no_more(turn: Turn, heard: Heard) -> Outcome:
    """The next part of a long answer is handed out before topics are asked; here there is none."""
    del turn, heard
    return Say(NO_MORE)


def leaves_first(text: str, dialog: Dialog) -> bool:
    """Whether 撤销 is about the open question: nothing was recorded since it was asked."""
    asked = bool(dialog.prompt) and dialog.topic != topic.name
    return text in UNDO_WORDS and asked and ACTED not in dialog.state


async def left_first(turn: Turn, left: str) -> Outcome:
    """The open question is left, with what another 撤销 would take back; nothing is undone yet."""
    found = await _last(turn)
    if found is None or found.effect == UNDONE or _is_final(found):
        return Done(left)
    at = moment(turn, found.received_at)
    return Done(LEFT_FIRST.format(left=left, at=at, what=_first_line(found)))


async def _last(turn: Turn, kind: str = "") -> Effect | None:
    """The newest effect of this account since it speaks for this member, if it is recent."""
    found = await turn.store.inbox.last_effect(turn.channel, turn.account.user, kind)
    if found is None or found.received_at < turn.now - WITHIN:
        return None
    bound_at = await turn.store.members.bound_at(turn.account)
    return found if bound_at is None or found.received_at >= bound_at else None


async def _undo(turn: Turn, found: Effect) -> Outcome:
    if found.effect == UNDONE:
        return Say(UNDONE_BEFORE)
    if not may_undo(found.effect, turn.speaker):
        return Say(NOT_YOURS)
    if found.received_at >= turn.now - JUST_NOW or _is_final(found):
        return Done(await _take_back(turn, found))
    at = moment(turn, found.received_at)
    kind = found.effect.partition(":")[0]
    state = {"key": found.key.hex(), "topic": kind}
    return Ask(SURE.format(at=at, what=_first_line(found)), topic.name, state)


async def _take_back(turn: Turn, found: Effect) -> str:
    if not may_undo(found.effect, turn.speaker):
        return NOT_YOURS
    name, _, reference = unsigned(found.effect).partition(":")
    undone = await undoing[name](turn, reference)
    if undone.taken_back:
        await turn.store.inbox.mark_undone(found)
    return undone.text


def _is_final(found: Effect) -> bool:
    """Whether it was a decision, which was told to somebody and is not taken back."""
    return found.effect.startswith(f"{DECISION}:")


def _first_line(found: Effect) -> str:
    return found.answer.splitlines()[0].partition("。")[0]

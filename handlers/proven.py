"""What cannot be taken back is not done on the word of a message that somebody else could have written.

Where a platform signs the moment only (`Turn.forgeable`), we ask by a letter of our own, which goes to
the account itself: whoever answers with its code is who they say. Tries are counted by account and day.
"""

import hashlib
import re
import secrets
from dataclasses import replace
from datetime import timedelta

from handlers.notify import LEAD
from handlers.reading.normal import normalise
from handlers.turn import Ask, Done, Kind, Turn

TOPIC = "confirming"
ASKED = "为防有人冒用，请把刚才另发给您的 4 位确认码发给我，再办“{act}”；不办了请回复“取消”。"
ASKED_ALOUD = "已收到。请到单聊里看我发给您的消息。"
LETTER = "{lead}\n\n有人用您的账号要办“{act}”。是您本人，请把确认码 {code} 发给我，10 分钟内有效；不是您，请不要回复，并告诉管理员。"
TOO_MANY = "今天的确认码要得太多或错得太多，“{act}”没有办理。请明天再试，或联系管理员。"
LONGEST_ACT = 60
LASTS = timedelta(minutes=10)
MOST_LETTERS, MOST_WRONG = 30, 6  # of one account on one day
AROUND = re.compile(r"[\s确认验证码号是为:：,，.。;；!！“”\"'-]*")
CODE = re.compile(r"(?:[0-9]\s*){4}")


async def held(turn: Turn, act: str) -> Ask | Done | None:
    """The question that stands before an act that cannot be taken back; None where nothing needs proof."""
    if not turn.forgeable:
        return None
    act = act if len(act) <= LONGEST_ACT else f"{act[:LONGEST_ACT]}……"
    if not await _may_ask(turn):
        return Done(TOO_MANY.format(act=act))
    code = f"{secrets.randbelow(10**4):04d}"
    words = LETTER.format(lead=LEAD, act=act, code=code)
    await turn.store.outbox.send(turn.channel, turn.account.user, words, turn.now)
    state = {"said": turn.said, "code": code, "act": act}
    return Ask(ASKED.format(act=act), TOPIC, state, aloud=ASKED_ALOUD)


def unfolded(turn: Turn) -> Turn:
    """The turn that was held, where this one brings its code in time; else this one."""
    dialog = turn.dialog
    if dialog is None or dialog.topic != TOPIC or is_over(turn):
        return turn
    if not secrets.compare_digest(code_in(turn), dialog.state["code"]):
        return turn
    said = dialog.state["said"]
    held_back = {"said": said, "text": normalise(said), "kind": Kind.TEXT}
    return replace(turn, **held_back, dialog=dialog.paused, forgeable=False)


def code_in(turn: Turn) -> str:
    """The four digits that a line brings and nothing else: 6073。 确认码是 6 0 7 3; ""."""
    found = CODE.search(turn.text) if turn.kind is Kind.TEXT else None
    if found is None:
        return ""
    before, after = turn.text[: found.start()], turn.text[found.end() :]
    is_alone = AROUND.fullmatch(before) and AROUND.fullmatch(after)
    return "".join(found[0].split()) if is_alone else ""


def is_over(turn: Turn) -> bool:
    """Whether the code that was asked for is too old."""
    return turn.dialog is not None and turn.now - turn.dialog.updated_at > LASTS


async def wrong(turn: Turn) -> bool:
    """Count a wrong code; whether another may be tried today."""
    return await turn.store.tries.add(_name(turn, "wrong")) < MOST_WRONG


async def _may_ask(turn: Turn) -> bool:
    tries = turn.store.tries
    if await tries.of(_name(turn, "wrong")) >= MOST_WRONG:
        return False
    return await tries.add(_name(turn, "letter")) <= MOST_LETTERS


def _name(turn: Turn, what: str) -> str:
    """What is counted: by account and day, whoever it is."""
    whose = f"{turn.account.scope}|{turn.account.user}|{turn.today}"
    return f"{what}:{hashlib.sha256(whose.encode()).hexdigest()[:32]}"

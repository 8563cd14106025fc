"""What cannot be taken back is not done on the word of a message that somebody else could have written.

Where a platform signs the moment only (`Turn.forgeable`), we ask by a letter of our own, which goes to
the account itself: whoever answers with its code is who they say.
"""

import re
import secrets
from dataclasses import replace

from handlers.notify import LEAD
from handlers.reading.normal import normalise
from handlers.turn import Ask, Kind, Turn

TOPIC = "confirming"
ASKED = "这件事办了就不能撤回。为防有人冒用，确认码已发到您和我的单聊里，请把那 4 位数字发给我；不办了请回复“取消”。"
LETTER = "{lead}\n\n您要办的是“{said}”。是您本人发的，请把确认码 {code} 发给我，10 分钟内有效；不是您发的，请不要回复，并告诉管理员。"
LONGEST_SHOWN = 30
CODE = re.compile(r"(?:确认码?[是为:]? ?)?([0-9]{4})")


async def held(turn: Turn) -> Ask | None:
    """The question that stands before an act that cannot be taken back; None where nothing needs proof."""
    if not turn.forgeable:
        return None
    code = f"{secrets.randbelow(10**4):04d}"
    said = turn.said.strip()
    shown = said if len(said) <= LONGEST_SHOWN else f"{said[:LONGEST_SHOWN]}……"
    words = LETTER.format(lead=LEAD, said=shown, code=code)
    await turn.store.outbox.send(turn.account.scope, turn.account.user, words, turn.now)
    return Ask(ASKED, TOPIC, {"said": turn.said, "code": code, "tries": 0})


def unfolded(turn: Turn) -> Turn:
    """The turn that was held, where this one brings its code; else this one."""
    dialog = turn.dialog
    if dialog is None or dialog.topic != TOPIC or code_in(turn) != dialog.state["code"]:
        return turn
    said = dialog.state["said"]
    return replace(
        turn,
        said=said,
        text=normalise(said),
        kind=Kind.TEXT,
        dialog=dialog.paused,
        forgeable=False,
    )


def code_in(turn: Turn) -> str:
    """The code that a line brings and nothing else; ""."""
    found = CODE.fullmatch(turn.text) if turn.kind is Kind.TEXT else None
    return found[1] if found else ""

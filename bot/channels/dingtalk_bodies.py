"""DingTalk's message bodies, made from letters. Pure; facts sections 4.4 to 4.6."""

import hashlib
import json
from collections.abc import Mapping
from typing import Any
from urllib.parse import quote

from bot.channels.wording import CARD, FILE, IMAGE, NO_TITLE, how_to_answer, plain
from bot.limits import numbered
from storage.letters import Letter

TEXT_BYTES = 6000  # what people read at once; the platform takes more
MOST_BUTTONS = 5
MOST_CARD_BYTES = 1000  # a value of a card's parameters, a little below the platform's 1 KB
REPLY = "回复"  # the words say already what can be answered
IN_HAND = "正在办理，结果在单聊里告诉您。"
MORE_IN_CHAT = "……（没有显示完，请在单聊里再说一次）"
SENDS = "dtmd://dingtalkclient/sendMessage?content={says}"
FILE_TYPES = frozenset({"xlsx", "pdf", "zip", "rar", "doc", "docx"})

Body = tuple[str, str]  # msgKey and msgParam


def bodies_of(letter: Letter, media_id: str = "") -> list[Body]:
    """What the robot's send calls are given, one after the other."""
    if letter.kind == IMAGE:
        image = _body("sampleImageMsg", photoURL=media_id)
        return [*words_of(letter), image] if plain(letter) else [image]
    if letter.kind == FILE:
        name = letter.file[0] if letter.file else ""
        file = _body("sampleFile", mediaId=media_id, fileName=name, fileType=file_type(name))
        return [*words_of(letter), file] if plain(letter) else [file]
    if letter.kind == CARD and 0 < len(letter.buttons) <= MOST_BUTTONS:
        return [_action_card(letter)]
    return words_of(letter)


def words_of(letter: Letter) -> list[Body]:
    """The letter in text messages; buttons become what can be answered."""
    return [_body("sampleText", content=part) for part in numbered(plain(letter), TEXT_BYTES)]


def webhook_bodies_of(letter: Letter) -> list[dict[str, Any]]:
    """What a webhook is given; `msgUuid` is the same at every try."""
    parts = numbered(plain(letter), TEXT_BYTES)
    number = identity_of(letter)
    return [
        {
            "msgtype": "text",
            "text": {"content": part},
            "msgUuid": f"{number}-{place}",
        }
        for place, part in enumerate(parts)
    ]


def card_of(letter: Letter, template: str, callback: Mapping[str, str]) -> dict[str, Any]:
    """CreateAndDeliver for an interactive card of the operator's template; every value is a string."""
    return {
        "cardTemplateId": template,
        "outTrackId": identity_of(letter),
        **callback,
        "cardData": {"cardParamMap": _params_of(letter)},
        "openSpaceId": f"dtv1.card//IM_ROBOT.{letter.recipient}",
        "userIdType": 1,
        "imRobotOpenSpaceModel": {"supportForward": False},
        "imRobotOpenDeliverModel": {"spaceType": "IM_ROBOT"},
    }


def _params_of(letter: Letter) -> dict[str, str]:
    """The variables of the operator's template, all of them strings."""
    buttons = [{"text": label, "says": says} for label, says in letter.buttons]
    return {
        "title": letter.title or NO_TITLE,
        "text": letter.text,
        "buttons": json.dumps(buttons, ensure_ascii=False),
        "answer": "",
        "done": "false",
    }


def fits_a_card(letter: Letter) -> bool:
    """Whether every value stays below what the platform takes."""
    return all(len(one.encode()) <= MOST_CARD_BYTES for one in _params_of(letter).values())


def answered_card(text: str) -> dict[str, Any]:
    """What a card shows after a tap: the answer, and that it is answered."""
    shown = text or IN_HAND
    if len(shown.encode()) > MOST_CARD_BYTES:
        room = MOST_CARD_BYTES - len(MORE_IN_CHAT.encode())
        shown = shown.encode()[:room].decode(errors="ignore") + MORE_IN_CHAT
    return {
        "cardUpdateOptions": {"updateCardDataByKey": True, "updatePrivateDataByKey": True},
        "cardData": {"cardParamMap": {"answer": shown, "done": "true"}},
    }


def file_type(name: str) -> str:
    """The file's ending, which the platform wants apart."""
    return name.rpartition(".")[2].lower()


def identity_of(letter: Letter) -> str:
    """Unique even when numbers begin anew, and the same at every try."""
    parts = (letter.channel, str(letter.id), letter.created_at.isoformat())
    return hashlib.sha256("|".join(parts).encode()).hexdigest()[:32]


def _action_card(letter: Letter) -> Body:
    """Buttons say what the member would type; where a device does not follow the link, the words do."""
    lines = [line for line in letter.text.split("\n") if line]
    if REPLY not in letter.text:
        lines.append(how_to_answer(letter))
    title = letter.title or NO_TITLE
    common = {"title": title, "text": "  \n  ".join([f"**{title}**", *lines])}
    links = [SENDS.format(says=quote(says, safe="")) for _label, says in letter.buttons]
    if len(links) == 1:
        return _body(
            "sampleActionCard", **common, singleTitle=letter.buttons[0][0], singleURL=links[0]
        )
    for place, ((label, _says), link) in enumerate(zip(letter.buttons, links, strict=True), 1):
        common |= {f"actionTitle{place}": label, f"actionURL{place}": link}
    return _body(f"sampleActionCard{len(links)}", **common)


def _body(key: str, **param: str) -> Body:
    return key, json.dumps(param, ensure_ascii=False, separators=(",", ":"))

"""WeChat Work's request bodies, made from letters. Pure; doc 90236, facts sections 3.2, 3.3 and 3.5.

A body is the same to the byte whenever its letter is tried again: that is what the platform's
duplicate check compares. Another letter with the same words differs in `duplicate_check_interval`.
"""

import hashlib
from dataclasses import replace
from typing import Any

from bot.channels.wording import CARD, FILE, IMAGE, MARKDOWN, NO_TITLE, UPLOADED, plain
from bot.limits import TEXT_BYTES, WEBHOOK_MARKDOWN_BYTES, numbered
from storage.letters import Letter

SHORTEST_CHECK, LONGEST_CHECK = 1800, 4 * 3600
TITLE_CHARACTERS, SUBTITLE_CHARACTERS = 36, 160
IMAGE_TYPES = (".jpg", ".png")
LARGEST_IMAGE = 10 * 1024 * 1024
MOST_BUTTONS, BUTTON_CHARACTERS, KEY_BYTES = 6, 10, 1024


def bodies_of(letter: Letter, agent_id: int, media_id: str = "") -> list[dict[str, Any]]:
    """What `message/send` is given, one after the other."""
    if letter.kind in UPLOADED:
        words = words_of(letter, agent_id) if plain(letter) else []
        return [*words, _to_member(letter, agent_id, letter.kind, {"media_id": media_id})]
    if letter.kind == CARD and is_card(letter):
        return [_to_member(letter, agent_id, "template_card", _card(letter, agent_id))]
    return words_of(letter, agent_id)


def fitted(letter: Letter) -> Letter:
    """A picture that the platform does not take as one goes as a file."""
    name, content = letter.file or ("", b"")
    is_taken = name.endswith(IMAGE_TYPES) and len(content) <= LARGEST_IMAGE
    return replace(letter, kind=FILE) if letter.kind == IMAGE and not is_taken else letter


def words_of(letter: Letter, agent_id: int) -> list[dict[str, Any]]:
    """The letter in text messages; buttons become what can be answered."""
    kind = MARKDOWN if letter.kind == MARKDOWN else "text"
    return [
        _to_member(letter, agent_id, kind, {"content": part}) for part in numbered(plain(letter))
    ]


def webhook_bodies_of(letter: Letter) -> list[dict[str, Any]]:
    """What a group's webhook is given: text or markdown; nobody can press a button there."""
    markdown = letter.kind == MARKDOWN
    kind = MARKDOWN if markdown else "text"
    parts = numbered(plain(letter), WEBHOOK_MARKDOWN_BYTES if markdown else TEXT_BYTES)
    return [{"msgtype": kind, kind: {"content": part}} for part in parts]


def is_card(letter: Letter) -> bool:
    """A card holds all of it; a platform cuts or refuses what is longer."""
    return (
        0 < len(letter.buttons) <= MOST_BUTTONS
        and len(letter.title) <= TITLE_CHARACTERS
        and len(letter.text) <= SUBTITLE_CHARACTERS
        and all(0 < len(label) <= BUTTON_CHARACTERS for label, _says in letter.buttons)
        and all(0 < len(says.encode()) <= KEY_BYTES for _label, says in letter.buttons)
    )


def _to_member(letter: Letter, agent_id: int, kind: str, content: dict[str, Any]) -> dict[str, Any]:
    return {
        "touser": letter.recipient,
        "msgtype": kind,
        "agentid": agent_id,
        kind: content,
        "enable_duplicate_check": 1,
        "duplicate_check_interval": SHORTEST_CHECK + letter.id % (LONGEST_CHECK - SHORTEST_CHECK),
    }


def _card(letter: Letter, agent_id: int) -> dict[str, Any]:
    """A click says what the member would have typed; the turn it makes is authorised like any other."""
    card: dict[str, Any] = {
        "card_type": "button_interaction",
        "main_title": {"title": letter.title or NO_TITLE},
        "task_id": _task_id(letter, agent_id),
        "button_list": [
            {"text": label, "style": 2 if place else 1, "key": says}
            for place, (label, says) in enumerate(letter.buttons)
        ],
    }
    return card | {"sub_title_text": letter.text} if letter.text else card


def _task_id(letter: Letter, agent_id: int) -> str:
    """Unique in its app even when numbers begin anew, and the same at every try."""
    parts = (letter.channel, str(agent_id), str(letter.id), letter.created_at.isoformat())
    return hashlib.sha256("|".join(parts).encode()).hexdigest()[:32]

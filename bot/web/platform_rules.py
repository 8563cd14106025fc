"""What WeChat Work asks of a message's fields, and what it shows of one; pure. Facts sections 3.2 and 3.3."""

import re
from collections.abc import Mapping
from typing import Any

LONGEST_WORDS = 2048
TASK_ID = re.compile(r"[0-9A-Za-z_\-@]{1,128}")
CARD_TYPES = frozenset(
    {"text_notice", "news_notice", "button_interaction", "vote_interaction", "multiple_interaction"}
)
PICTURE = "［图片］"
MOST_BUTTONS, KEY_BYTES = 6, 1024


def card_problem(card: Mapping[str, Any]) -> int:
    """The code with which a template card is refused; 0 is none."""
    if card.get("card_type") not in CARD_TYPES:
        return 42031
    title = card.get("main_title")
    if not card.get("sub_title_text") and not (isinstance(title, Mapping) and title.get("title")):
        return 42033
    if not TASK_ID.fullmatch(str(card.get("task_id", ""))):
        return 42014
    buttons = card.get("button_list")
    if not isinstance(buttons, list) or not 1 <= len(buttons) <= MOST_BUTTONS:
        return 42037
    if not all(isinstance(one, Mapping) and one.get("text") for one in buttons):
        return 42038
    keys = [str(one.get("key", "")) for one in buttons]
    if not all(key and len(key.encode()) <= KEY_BYTES for key in keys):
        return 42039
    return 0


def words_of(body: Mapping[str, Any]) -> str:
    """The words of a text or markdown message."""
    content = body.get(str(body.get("msgtype")))
    return str(content.get("content") or "") if isinstance(content, Mapping) else ""


def content_of(body: Mapping[str, Any]) -> str:
    """What the member sees: words cut in silence, the lines and buttons of a card, a file's media id."""
    kind = str(body.get("msgtype"))
    content = body.get(kind, {})
    if kind == "image":
        return PICTURE
    if kind == "file":
        return str(content.get("media_id"))
    if kind == "template_card":
        lines = [content.get("main_title", {}).get("title"), content.get("sub_title_text")]
        buttons = [f"［{one['text']}］" for one in content.get("button_list", ())]
        return "\n".join([*filter(None, lines), " ".join(buttons)])
    longest = LONGEST_WORDS if "touser" in body else 2 * LONGEST_WORDS
    return words_of(body).encode()[:longest].decode(errors="ignore")

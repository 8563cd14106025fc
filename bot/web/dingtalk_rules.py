"""What DingTalk asks of a message's fields, and what it shows of one; pure. Facts sections 1, 4.2 to 4.6.

Problems of the new API are codes in words, those of webhooks numbers; "" and 0 are none. Where the facts
name no code, it is UNSAID or UNSAID_NUMBER.
"""

import hashlib
import hmac
import json
import re
from base64 import b64encode
from collections.abc import Iterable, Mapping
from typing import Any

PICTURE, VOICE, VIDEO = "［图片］", "［语音］", "［视频］"
UNSAID, UNSAID_NUMBER = "invalidParameter", 40035
BAD_PARAM, LONG_PARAM = "invalidParameter.msgParam.invalid", "invalidParameter.msgParam.tooLong"
MOST_USERS, LONGEST_ID = 20, 64
GROUP_BYTES, WEBHOOK_BYTES = 15_000, 20_000
MOST_AT = 50
CARD_KEY_BYTES, CARD_VALUE_BYTES = 100, 1024
FILE_TYPES = frozenset({"xlsx", "pdf", "zip", "rar", "doc", "docx"})
OPEN_SPACE = re.compile(r"dtv1\.card//(IM_ROBOT|IM_GROUP)\.(.+)")
# How the deliver model of a space is called.
DELIVER = {"IM_ROBOT": "imRobotOpenDeliverModel", "IM_GROUP": "imGroupOpenDeliverModel"}

BUTTONS = {
    "sampleActionCard": (("singleTitle", "singleURL"),),
    **{
        f"sampleActionCard{count}": tuple(
            (f"actionTitle{number}", f"actionURL{number}") for number in range(1, count + 1)
        )
        for count in range(2, 6)
    },
    "sampleActionCard6": (("buttonTitle1", "buttonUrl1"), ("buttonTitle2", "buttonUrl2")),
}
FIELDS = {
    "sampleText": ("content",),
    "sampleMarkdown": ("title", "text"),
    "sampleImageMsg": ("photoURL",),
    "sampleLink": ("title", "text", "picUrl", "messageUrl"),
    "sampleAudio": ("mediaId", "duration"),
    "sampleFile": ("mediaId", "fileName", "fileType"),
    "sampleVideo": ("duration", "videoMediaId", "videoType", "picMediaId"),
    **{
        key: ("title", "text", *(name for pair in pairs for name in pair))
        for key, pairs in BUTTONS.items()
    },
}
# The fields that hold the id of an uploaded file, and of which only photoURL may be an address instead.
MEDIA = ("mediaId", "videoMediaId", "picMediaId", "photoURL")
KINDS = {"sampleFile": ("fileType", FILE_TYPES), "sampleVideo": ("videoType", frozenset({"mp4"}))}
WEBHOOK_FIELDS = {
    "text": ("content",),
    "markdown": ("title", "text"),
    "link": ("title", "text", "messageUrl"),
    "actionCard": ("title", "text"),
    "feedCard": (),
}


def users_problem(users: object, conversations: Iterable[str]) -> str:
    """Why these cannot be written to: too many, none, or the id of something else than an employee."""
    if not isinstance(users, list) or not users:
        return "miss.param.userIds"
    if len(users) > MOST_USERS:
        return UNSAID
    return "" if all(_is_user(one, conversations) for one in users) else "staffId.notExisted"


def _is_user(given: object, conversations: Iterable[str]) -> bool:
    """A senderId begins with `$:`; taking a conversation for a person is another usual mistake."""
    if not isinstance(given, str) or given.startswith("$:"):
        return False
    return 1 <= len(given) <= LONGEST_ID and given not in conversations


def param_of(body: Mapping[str, Any]) -> dict[str, Any]:
    """What the JSON in msgParam says; {} is anything else than a string of a JSON object."""
    return _object(body.get("msgParam"))


def _object(given: object) -> dict[str, Any]:
    try:
        found = json.loads(given) if isinstance(given, str) else {}
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}


def message_problem(body: Mapping[str, Any], longest: int | None = None) -> str:
    """Why a robot's message is refused; `longest` is in bytes of msgParam."""
    key, param = str(body.get("msgKey") or ""), param_of(body)
    if not key:
        return "miss.param.msgKey"
    if key not in FIELDS:
        return UNSAID
    if not _has_words(param, FIELDS[key]):
        return BAD_PARAM
    name, kinds = KINDS.get(key, ("", frozenset()))
    if name and param[name] not in kinds:
        return BAD_PARAM
    if longest is not None and len(str(body["msgParam"]).encode()) > longest:
        return LONG_PARAM
    return ""


def media_ids(body: Mapping[str, Any]) -> list[str]:
    """The uploaded files a message needs."""
    param = param_of(body)
    found = [str(param[name]) for name in MEDIA if name in param]
    return [one for one in found if not one.startswith(("http://", "https://"))]


def webhook_problem(body: Mapping[str, Any], size: int) -> int:
    """Why a webhook refuses this; `size` is in bytes of the whole body."""
    if size > WEBHOOK_BYTES:
        return 460101
    kind = str(body.get("msgtype"))
    if kind not in WEBHOOK_FIELDS:
        return 400105
    content = body.get(kind)
    if not isinstance(content, Mapping) or not _has_words(content, WEBHOOK_FIELDS[kind]):
        return UNSAID_NUMBER
    if kind == "actionCard" and not _has_buttons(content):
        return UNSAID_NUMBER
    if kind == "feedCard" and not _has_rows(content.get("links"), ("title", "messageURL")):
        return UNSAID_NUMBER
    return 0 if _is_at(body.get("at", {})) else UNSAID_NUMBER


def _is_at(at: object) -> bool:
    lists = [_mapping(at).get(name, []) for name in ("atUserIds", "atMobiles")]
    return isinstance(at, Mapping) and all(
        isinstance(one, list) and len(one) <= MOST_AT for one in lists
    )


def _has_buttons(card: Mapping[str, Any]) -> bool:
    """One button of its own, or several of which each leads somewhere."""
    if card.get("btnOrientation", "0") not in {"0", "1"}:
        return False
    single = _has_words(card, ("singleTitle", "singleURL"))
    return single or _has_rows(card.get("btns"), ("title", "actionURL"))


def _has_rows(rows: object, names: Iterable[str]) -> bool:
    wanted = tuple(names)
    if not isinstance(rows, list) or not rows:
        return False
    return all(isinstance(one, Mapping) and _has_words(one, wanted) for one in rows)


def _has_words(given: Mapping[str, Any], names: Iterable[str]) -> bool:
    return all(isinstance(given.get(name), str) and given[name] for name in names)


def card_problem(body: Mapping[str, Any]) -> str:
    """Why a card is refused.

    Stricter than the platform, which takes a card without callbackType and never calls back, and shows
    empty fields for values that are no strings: here both are refused, so that somebody notices.
    """
    if not _has_words(body, ("cardTemplateId",)):
        return "param.cardTemplateIdEmpty"
    if not _has_words(body, ("outTrackId",)):
        return "param.outTrackIdEmpty"
    space = OPEN_SPACE.fullmatch(str(body.get("openSpaceId")))
    if space is None:
        return "param.openSpaceIdInvalid"
    callback = body.get("callbackType")
    if callback not in {"STREAM", "HTTP"}:
        return UNSAID
    if callback == "HTTP" and not _has_words(body, ("callbackRouteKey",)):
        return UNSAID
    if not _is_delivered(space[1], body.get(DELIVER[space[1]])):
        return UNSAID
    values = [body.get("cardData"), *_mapping(body.get("privateData")).values()]
    return "" if all(_are_card_values(one) for one in values) else UNSAID


def _is_delivered(space: str, model: object) -> bool:
    """A group wants to know which robot brings the card, a single chat what kind of place it is."""
    given = _mapping(model)
    if space == "IM_GROUP":
        return _has_words(given, ("robotCode",))
    return given.get("spaceType") == "IM_ROBOT"


def _are_card_values(data: object) -> bool:
    params = _mapping(data).get("cardParamMap", {})
    return isinstance(params, Mapping) and all(
        len(key.encode()) <= CARD_KEY_BYTES
        and isinstance(value, str)
        and len(value.encode()) <= CARD_VALUE_BYTES
        for key, value in params.items()
    )


def _mapping(given: object) -> Mapping[str, Any]:
    return given if isinstance(given, Mapping) else {}


def sign_of(timestamp: str, secret: str) -> str:
    """What a custom robot's secret makes of a moment in milliseconds."""
    return b64encode(
        hmac.new(secret.encode(), f"{timestamp}\n{secret}".encode(), hashlib.sha256).digest()
    ).decode()


def robot_content(body: Mapping[str, Any]) -> str:
    """What a member sees of a robot's message; the title of a markdown stands in the list of chats only."""
    key, param = str(body["msgKey"]), param_of(body)
    shown = {"sampleImageMsg": PICTURE, "sampleAudio": VOICE, "sampleVideo": VIDEO}
    if key in shown:
        return shown[key]
    if key == "sampleLink":
        return _lines(param["title"], param["text"])
    titles = [str(param[title]) for title, _url in BUTTONS.get(key, ())]
    return _lines(param.get("content") or param.get("text") or param["fileName"], _buttons(titles))


def webhook_content(body: Mapping[str, Any]) -> str:
    """What a group sees of a webhook's message."""
    kind = str(body["msgtype"])
    content = body[kind]
    if kind == "link":
        return _lines(content["title"], content["text"])
    if kind == "feedCard":
        return _lines(*(one["title"] for one in content["links"]))
    single, rows = content.get("singleTitle"), content.get("btns", [])
    titles = [single] if single else [one["title"] for one in rows]
    return _lines(content.get("content") or content["text"], _buttons(titles))


def card_content(body: Mapping[str, Any], user: str = "") -> str:
    """A card's values in their order, the user's own over everybody's; how they stand is the template's."""
    own = _mapping(_mapping(body.get("privateData")).get(user)).get("cardParamMap", {})
    everybody = _mapping(body.get("cardData")).get("cardParamMap", {})
    return _lines(*{**everybody, **own}.values())


def _buttons(titles: Iterable[str]) -> str:
    return " ".join(f"［{one}］" for one in titles)


def _lines(*given: str) -> str:
    return "\n".join(one for one in given if one)

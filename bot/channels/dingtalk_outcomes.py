"""Pure: what DingTalk's answers mean (facts section 5). Its new interface answers errors by name, its old one by number."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from bot.retry import (
    BAD_ANSWER,
    BUSY,
    NO_SUCH_USER,
    UNKNOWN,
    Again,
    Answer,
    Busy,
    Configuration,
    Never,
    Outcome,
    Sent,
)

SERVER_ERROR = 500
BARRED = 1111  # too many calls from this address: five minutes
BAN = timedelta(minutes=5)
ROBOT_BAN = timedelta(minutes=10)
MOMENT = timedelta(seconds=2)
LONG_REST = timedelta(minutes=10)
A_WHILE = timedelta(hours=1)

TOO_FAST = "发得太快（{code}），稍后再发"
IS_BARRED = "这台服务器请求太多，被平台暂停（{code}），五分钟后再发"
ROBOT_IS_BARRED = "群机器人一分钟内超过 20 条，被平台暂停十分钟（{code}）"
CREDENTIALS = "{code}：client_id 或 client_secret 不对，请从钉钉开发者后台重新复制；都对的，看看应用是否已发布、收消息的方式是否选对、IP 是否在白名单里"
PERMISSION = "{code}：应用没有这项权限，请在钉钉开发者后台“权限管理”开通后发布新版本"
ADDRESS = "{code}：服务器的出口 IP 不在应用的白名单里，请在钉钉开发者后台添加"
USED_UP = "{code}：本月的钉钉接口调用次数已用完，请管理员购买或等到下月"
ROBOT_CODE = "{code}：robot_code 不对，或机器人已停用，请在钉钉开发者后台核对"
CARD = "{code}：卡片不能用，请检查 card_template 是否已发布"
GONE = "平台上已经没有这个文件（{code}）"
GROUP_GONE = "群不在了，或机器人不在群里（{code}），请改正 [[group]] 一节"
CUSTOM_ROBOT = "{code}：群机器人的 webhook 或加签密钥不对，请改正 [[group]] 一节"
REFUSED_CONTENT = "平台不接受这些内容（{code}）"
BAD_REQUEST = "平台不接受这条消息（{code}）"
TOO_LONG = "内容超过平台允许的长度（{code}）"

GROUPS_OWN = ("resource.not.found", "bot.stopped", "invalidParameter.robotCode", "chatbotId")
TOKEN_CODES = frozenset({"InvalidAuthentication", "40001", "40014", "41001", "42001"})
THROTTLED = frozenset(
    {"90018", "90002", "90013", "system.busy", "too.many.group", "too.many.people"}
)
TRANSIENT = frozenset({"-1", "15", "88", "system.error", "ServiceUnavailable", "unknownError"})
MEANINGS: Mapping[str, tuple[type[Never | Configuration], str]] = {
    "invalidClientIdOrSecret": (Configuration, CREDENTIALS),
    "40089": (Configuration, CREDENTIALS),
    "Forbidden.AccessDenied.AccessTokenPermissionDenied": (Configuration, PERMISSION),
    "60011": (Configuration, PERMISSION),
    "Forbidden.AccessDenied.IpNotInWhiteList": (Configuration, ADDRESS),
    "60020": (Configuration, ADDRESS),
    "Forbidden.AccessDenied.ApiCountLimitForOrg": (Configuration, USED_UP),
    "90020": (Configuration, USED_UP),
    "chatbotId.notAllow.sendOTO": (Configuration, ROBOT_CODE),
    "resource.not.found": (Configuration, ROBOT_CODE),
    "bot.stopped": (Configuration, ROBOT_CODE),
    "300001": (Configuration, CUSTOM_ROBOT),
    "310000": (Configuration, CUSTOM_ROBOT),
    "400101": (Configuration, CUSTOM_ROBOT),
    "400102": (Configuration, CUSTOM_ROBOT),
    "400106": (Configuration, CUSTOM_ROBOT),
    "staffId.notExisted": (Never, NO_SUCH_USER),
    "param.userIdNotExist": (Never, NO_SUCH_USER),
    "33012": (Never, NO_SUCH_USER),
    "60121": (Never, NO_SUCH_USER),
    "50002": (Never, NO_SUCH_USER),
    "invalidParameter.robotCode.downloadCode": (Never, GONE),
    "invalid.openConversationId": (Never, GROUP_GONE),
    "conversation.org.notMatch": (Never, GROUP_GONE),
    "group.disbanded": (Never, GROUP_GONE),
    "400013": (Never, GROUP_GONE),
    "400105": (Never, BAD_REQUEST),
    "460101": (Never, TOO_LONG),
    "invalidParameter.msgParam.tooLong": (Never, TOO_LONG),
}
# A family of names each, by how they begin.
FAMILIES: tuple[tuple[str, type[Never | Configuration], str], ...] = (
    ("invalidParameter.robotCode", Configuration, ROBOT_CODE),
    ("contain.", Never, REFUSED_CONTENT),
    ("4301", Never, REFUSED_CONTENT),
    ("invalidParameter.", Never, BAD_REQUEST),
    ("miss.param", Never, BAD_REQUEST),
    ("param.", Never, BAD_REQUEST),
    ("cardTemplate", Never, CARD),
    ("cardInstance", Never, CARD),
)


def outcome_of(answer: Answer, *, of_group: bool = False) -> Outcome:
    """What an answer of either interface means for what was asked; a trouble `of_group` is that group's alone."""
    body = answer.body
    if body is None:
        is_unsure = answer.status >= SERVER_ERROR
        reason = BAD_ANSWER.format(status=answer.status)
        return Again(reason, uncertain=True) if is_unsure else Busy(reason)
    if body.get("status") == BARRED:
        return Busy(IS_BARRED.format(code=BARRED), BAN)
    code = code_of(answer)
    if of_group and code.startswith(GROUPS_OWN):
        return Never(GROUP_GONE.format(code=code))
    return _meaning(code, unsure=answer.status >= SERVER_ERROR) if code else Sent()


def code_of(answer: Answer) -> str:
    """The error's name or number; "" is none, "HTTP 504" where only the status tells."""
    body = answer.body or {}
    if body.get("errcode") not in {None, 0, "0"}:
        return str(body["errcode"])
    if answer.status >= 400:  # noqa: PLR2004 - HTTP's own
        return str(body.get("code") or f"HTTP {answer.status}")
    return ""


def _meaning(code: str, *, unsure: bool) -> Outcome:
    if code in {"410100", "130101"} or code.startswith(("send.too.fast", "send.byToken")):
        return Busy(ROBOT_IS_BARRED.format(code=code), ROBOT_BAN)
    if code in THROTTLED or ".QpsLimit" in code or ".QpmLimit" in code or code == "HTTP 429":
        return Busy(TOO_FAST.format(code=code), MOMENT)
    if code in TRANSIENT:
        return Again(BUSY.format(code=code), uncertain=True)
    if code in TOKEN_CODES:
        return Again(BUSY.format(code=code))
    found = MEANINGS.get(code) or next(
        ((kind, words) for start, kind, words in FAMILIES if code.startswith(start)), None
    )
    if found is None:
        return Again(UNKNOWN.format(code=code), uncertain=unsure)
    kind, words = found
    if kind is Configuration:
        return Configuration(words.format(code=code), A_WHILE if words is USED_UP else LONG_REST)
    return Never(words.format(code=code))


def left_out(body: Mapping[str, Any], user: str) -> Outcome | None:
    """A 200 does not mean that it went to everybody (facts section 4.2)."""
    if user in _listed(body, "invalidStaffIdList"):
        return Never(NO_SUCH_USER.format(code="invalidStaffIdList"))
    if user in _listed(body, "flowControlledStaffIdList"):
        return Again(TOO_FAST.format(code="flowControlledStaffIdList"))
    return None


def _listed(body: Mapping[str, Any], name: str) -> list[Any]:
    value = body.get(name)
    return value if isinstance(value, list) else []

"""Pure: what an answer of a platform means, and when to try again, or never."""

import re
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

FIRST_WAIT = timedelta(seconds=5)
LONGEST_WAIT = timedelta(hours=1)
MOST_ATTEMPTS = 16  # the last one about eight hours after the first
REST = timedelta(minutes=1)
# WeChat Work bars an address from gettoken for an hour after repeated wrong secrets.
LONG_REST = timedelta(minutes=10)

BUSY = "平台繁忙（{code}），稍后再发"
OVER_QUOTA = "超过平台的频率限制（{code}），下一分钟再发"
BAD_ANSWER = "平台的答复读不懂（HTTP {status}），可能已经收到"
UNKNOWN = "平台返回错误 {code}，稍后再发"
TOO_OFTEN = "试了 {attempts} 次仍未成功，最后一次：{reason}"
UNTRUSTED = "60020：服务器的出口 IP {address}不在企业可信IP里，请在该应用的“企业可信IP”中添加，约 1 分钟后生效"
NO_SUCH_USER = "对方不在应用的可见范围内，或账号不存在（{code}）"
NO_LICENCE = "对方没有企业微信接口许可（{code}）"
BAD_CREDENTIALS = "{code}：secret 或 corp_id 不对，请从企业微信后台重新复制"
AGENT = "{code}：agent_id 不对，或与 secret 不是同一个应用"
ADDRESS = re.compile(r"(?:ip|IP)\D{0,8}((?:\d{1,3}\.){3}\d{1,3}|[0-9a-fA-F:]*:[0-9a-fA-F:]+)")

TOKEN_CODES = frozenset({40014, 42001, 40001})
BUSY_CODES = frozenset({-1, 6000, 45033, 45035})
QUOTA_CODES = frozenset({45009})
CONFIGURATION = {
    40001: BAD_CREDENTIALS,
    40013: BAD_CREDENTIALS,
    40056: AGENT,
    301002: AGENT,
    41001: "{code}：请求里没有 access_token，请检查 api_base",
    43009: "{code}：应用没有这项权限，请在企业微信后台开通",
    48002: "{code}：应用没有发消息的权限，请在企业微信后台开通",
    48006: "{code}：应用长期无人使用，接口权限被收回，请在企业微信后台恢复",
    50001: "{code}：可信域名不对，请在企业微信后台改正",
    50003: "{code}：应用已停用，请在企业微信后台启用",
    701008: NO_LICENCE,
}
REFUSED = {
    40003: NO_SUCH_USER,
    46004: NO_SUCH_USER,
    50002: NO_SUCH_USER,
    60011: NO_SUCH_USER,
    60111: NO_SUCH_USER,
    81013: NO_SUCH_USER,
    40058: "内容超过平台允许的长度（{code}）",
    45002: "内容超过平台允许的长度（{code}）",
    45001: "文件大小不合平台要求（{code}）",
    44001: "文件是空的（{code}）",
    44004: "内容是空的（{code}）",
    93000: "群机器人的地址不对或已被删除（{code}），请改正 [[group]] 的 webhook",
    93004: "群机器人已停用（{code}）",
    93008: "群机器人不在群里（{code}）",
}
BAD_REQUEST = "平台不接受这条消息（{code}）"
CARD_CODES = frozenset({42014, 42016, *range(42027, 42052)})
BAD_REQUESTS = CARD_CODES | {
    *(40004, 40007, 40008, 40033, 40035, 40063, 41002, 41004, 45008, 92000),
    *(82001, 82002, 82003, *range(86001, 86009)),
}


@dataclass(frozen=True, slots=True)
class Answer:
    """What a platform answered: HTTP's status, and the JSON object in the body if it was one."""

    status: int
    body: dict[str, Any] | None


@dataclass(frozen=True, slots=True)
class Sent:
    """The platform took it."""

    platform_id: str = ""


@dataclass(frozen=True, slots=True)
class Again:
    """Worth another try; `uncertain` when the platform may have taken it all the same."""

    reason: str
    uncertain: bool = False


@dataclass(frozen=True, slots=True)
class Never:
    """The message will not be taken, however often it is tried."""

    reason: str


@dataclass(frozen=True, slots=True)
class Busy:
    """Nothing wrong with the message: a quota is used up, and the channel rests."""

    reason: str
    rest: timedelta = REST


@dataclass(frozen=True, slots=True)
class Configuration:
    """Nothing wrong with the message: the operator must do something, and the channel rests."""

    reason: str
    rest: timedelta = REST


@dataclass(frozen=True, slots=True)
class Rest:
    """A channel that is left alone until a moment, and why."""

    until: datetime
    reason: str


Outcome = Sent | Again | Never | Busy | Configuration


def outcome_of(code: int, message: str = "") -> Outcome:
    """What WeChat Work's `errcode` means; `errmsg` is read for the address in 60020 alone."""
    if code == 0:
        return Sent()
    if code in BUSY_CODES or code in {40014, 42001}:
        return Again(BUSY.format(code=code))
    if code in QUOTA_CODES:
        return Busy(OVER_QUOTA.format(code=code))
    if code == 60020:  # noqa: PLR2004 - the platform's number
        seen = ADDRESS.search(message)
        return Configuration(UNTRUSTED.format(address=f"{seen[1]} " if seen else ""))
    if code in CONFIGURATION:
        rest = LONG_REST if CONFIGURATION[code] is BAD_CREDENTIALS else REST
        return Configuration(CONFIGURATION[code].format(code=code), rest)
    if code in REFUSED:
        return Never(REFUSED[code].format(code=code))
    if code in BAD_REQUESTS:
        return Never(BAD_REQUEST.format(code=code))
    return Again(UNKNOWN.format(code=code))


def wait_after(attempts: int, chance: float) -> timedelta | None:
    """How long to wait after so many attempts, doubling up to an hour; None is never again.

    `chance`, from 0 to 1, takes away up to half, so that what failed together does not come back together.
    """
    if attempts >= MOST_ATTEMPTS:
        return None
    return backoff(FIRST_WAIT, LONGEST_WAIT, attempts - 1, chance)


def backoff(first: timedelta, longest: timedelta, failures: int, chance: float) -> timedelta:
    """Doubled with each failure up to the longest; `chance`, from 0 to 1, takes away up to half."""
    doubled: timedelta = first * 2 ** min(failures, MOST_ATTEMPTS)
    return min(doubled, longest) * (1 - chance / 2)

"""What the parts of the fake DingTalk share: who exists, what was taken, tokens, and the way in for a call."""

import secrets
from collections import Counter
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from uuid import uuid4

from aiohttp import web

from bot.web.faults import Answer, Fault, Faulty, Handler, json_answer, json_body

TOKEN_SECONDS = 7200
QPS_LIMIT = (20, timedelta(seconds=1))
# What counts towards the month, as far as the facts name it: robots' sends, cards, downloads. Section 4.10.
COUNTED = frozenset(
    {
        "robot/oToMessages/batchSend",
        "robot/groupMessages/send",
        "robot/messageFiles/download",
        "card/instances/createAndDeliver",
    }
)
OK = {"errcode": 0, "errmsg": "ok"}
MESSAGES = {
    "InvalidAuthentication": "不合法的access_token",
    300001: "session 不存在",
    310000: "sign not match",
    410100: "send too fast, exceed 20 times per minute",
}
THROTTLED = "Forbidden.AccessDenied.QpsLimitForAppkeyAndApi"
USED_UP = "Forbidden.AccessDenied.ApiCountLimitForOrg"

Call = Callable[[str, dict[str, Any]], Awaitable[web.Response]]


@dataclass
class Passes:
    """Words that stand for somebody for a while: tokens, tickets."""

    now: Callable[[], datetime]
    given: dict[str, tuple[str, datetime]] = field(default_factory=dict)

    def give(self, owner: str, seconds: int) -> str:
        """The same one while it is valid, and prolonged by asking again. Section 4.1."""
        held = (one for one, (whose, until) in self.given.items() if whose == owner)
        found = next((one for one in held if self.owner(one) is not None), secrets.token_hex(16))
        self.given[found] = owner, self.now() + timedelta(seconds=seconds)
        return found

    def owner(self, word: str) -> str | None:
        """Whom it stands for; None when it is unknown or over."""
        owner, until = self.given.get(word, ("", self.now()))
        return owner if until > self.now() else None


@dataclass
class DingtalkState(Faulty):
    """`users`: who exists, None for everybody; `groups` likewise; `apps`: secrets by client id, {} for any.

    `robot_codes` by client id; an app that is not named has its client id, as in practice. `robots` are the
    custom robots: secrets by token, "" where no signature is asked for. `flow_controlled` people get
    nothing now. `api_quota` counted calls may be made a month, as its clock's months go. `base` is where
    it is served, once that is known.
    """

    users: frozenset[str] | None = None
    groups: frozenset[str] | None = None
    apps: Mapping[str, str] = field(default_factory=dict)
    robot_codes: Mapping[str, str] = field(default_factory=dict)
    robots: Mapping[str, str] = field(default_factory=dict)
    flow_controlled: set[str] = field(default_factory=set)
    api_quota: int | None = None
    token_seconds: int = TOKEN_SECONDS
    base: str = ""
    journal: list[dict[str, Any]] = field(default_factory=list)
    dropped: list[dict[str, Any]] = field(default_factory=list)
    swallowed: list[dict[str, Any]] = field(default_factory=list)

    def __post_init__(self) -> None:
        """What it remembers and shows nobody."""
        super().__post_init__()
        self.tokens = Passes(self.now)
        self._used: Counter[str] = Counter()

    def script(
        self,
        fault: Fault | Answer,
        times: int = 1,
        *,
        call: str = "robot/oToMessages/batchSend",
    ) -> None:
        """What the next calls come to; a call is its path without `/` and `v1.0/` before it."""
        super().script(fault, times, call=call)

    def revoke(self) -> None:
        """Every token given out so far is worth nothing now."""
        self.tokens.given.clear()

    def to(self, who: str) -> list[str]:
        """What one person has on the screen, or `group:…`, `session:…`, `robot:…`."""
        return [one["content"] for one in self.journal if one["to"] == who]

    def entry(self, to: str, kind: str, content: str, body: Mapping[str, Any]) -> dict[str, Any]:
        """One line of the journal, or of what never got there."""
        at = self.now()
        return {"to": to, "msgtype": kind, "content": content, "at": at, "body": dict(body)}

    def robot_problem(self, app: str, body: Mapping[str, Any]) -> str:
        """Whether the call names the robot of the app that the token is for."""
        code = str(body.get("robotCode") or "")
        if not code:
            return "miss.param.robotCode"
        own = self.robot_codes.get(app, app if self.apps else code)
        return "" if code == own else "invalidParameter.robotCode.notExist"

    def is_over(self, who: tuple[str, ...], *limits: tuple[int, timedelta]) -> bool:
        """Whether one more is too much; if not, it is counted."""
        return self._is_over(who, *limits)

    def api(self, call: str, answer: Call) -> Handler:
        """A call of the new API: a valid token, within the limits, then its own checks."""

        async def handle(request: web.Request) -> web.Response:
            app = self.tokens.owner(request.headers.get("x-acs-dingtalk-access-token", ""))
            if app is None:
                return refused("InvalidAuthentication")
            problem = self._limit_problem(app, call)
            return refused(problem, 403) if problem else await answer(app, await json_body(request))

        return self.watched(call, handle)

    def old_api_problem(self, request: web.Request) -> int:
        """What is wrong with the token of a call of the old API; new tokens serve there too."""
        token = request.query.get("access_token", "")
        if not token:
            return 41001
        if token not in self.tokens.given:
            return 40014
        return 42001 if self.tokens.owner(token) is None else 0

    def _limit_problem(self, app: str, call: str) -> str:
        """Throttled calls are not counted; those refused later are, for the facts do not say otherwise."""
        month = f"{self.now():%Y-%m}"
        if self._is_over(("qps", app, call), QPS_LIMIT):
            return THROTTLED
        if call not in COUNTED:
            return ""
        if self.api_quota is not None and self._used[month] >= self.api_quota:
            return USED_UP
        self._used[month] += 1
        return ""


def refused(code: str, status: int = 400) -> web.Response:
    """An error of the new API."""
    number = str(uuid4()).upper()
    message = MESSAGES.get(code, "refused")
    return json_answer({"code": code, "requestid": number, "message": message}, status)


def numbered(code: int) -> web.Response:
    """An error of the old API and of webhooks: HTTP 200 all the same."""
    return json_answer({"errcode": code, "errmsg": MESSAGES.get(code, "refused")} if code else OK)

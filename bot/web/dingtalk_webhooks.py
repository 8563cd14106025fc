"""The fake DingTalk's webhooks: answers within a session, and custom robots. Facts section 4.5."""

import secrets
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from aiohttp import web

from bot.web.dingtalk_rules import sign_of, webhook_content, webhook_problem
from bot.web.dingtalk_state import DingtalkState, numbered
from bot.web.faults import json_body

ROBOT_LIMIT, BLOCKED = (20, timedelta(minutes=1)), timedelta(minutes=10)
SIGN_LASTS = timedelta(hours=1)
GONE, NOT_SAFE, TOO_FAST = 300001, 310000, 410100


class Webhooks:
    """Both kinds answer HTTP 200 whatever it comes to; the errcode says."""

    def __init__(self, state: DingtalkState) -> None:
        self._state = state
        self._sessions: dict[str, tuple[str, str, datetime]] = {}
        self._blocked: dict[str, datetime] = {}
        self._uuids: set[tuple[str, str]] = set()

    def open_session(self, conversation: str, user: str, minutes: float) -> str:
        """The address at which this conversation is answered for so long."""
        session = secrets.token_hex(16)
        self._sessions[session] = conversation, user, self._state.now() + timedelta(minutes=minutes)
        return f"{self._state.base}/robot/sendBySession?session={session}"

    def conversations(self) -> set[str]:
        """Everywhere a session was ever open."""
        return {conversation for conversation, _user, _until in self._sessions.values()}

    async def by_session(self, request: web.Request) -> web.Response:
        """robot/sendBySession: no token, no signature, only its time; the entry also names the user."""
        gone = "", "", self._state.now()
        conversation, user, until = self._sessions.get(request.query.get("session", ""), gone)
        if until <= self._state.now():
            return numbered(GONE)
        body, problem = await _read(request)
        if problem:
            return numbered(problem)
        self._state.journal.append(self._entry(f"session:{conversation}", body) | {"user": user})
        return numbered(0)

    async def by_robot(self, request: web.Request) -> web.Response:
        """robot/send: a block is a no to everything; a `msgUuid` serves once and a repeat is no message."""
        token = request.query.get("access_token", "")
        if token not in self._state.robots:
            return numbered(GONE)
        if self._blocked.get(token, self._state.now()) > self._state.now():
            return numbered(TOO_FAST)
        if not self._is_signed(request, self._state.robots[token]):
            return numbered(NOT_SAFE)
        body, problem = await _read(request)
        if problem:
            return numbered(problem)
        entry, number = self._entry(f"robot:{token}", body), str(body.get("msgUuid") or "")
        if (token, number) in self._uuids:
            self._state.swallowed.append(entry)
            return numbered(0)
        if self._state.is_over(("robot", token), ROBOT_LIMIT):
            self._blocked[token] = self._state.now() + BLOCKED
            return numbered(TOO_FAST)
        if number:
            self._uuids.add((token, number))
        self._state.journal.append(entry)
        return numbered(0)

    def _is_signed(self, request: web.Request, secret: str) -> bool:
        """Signed by its secret within the hour, either way; without a secret everything is."""
        stamp = request.query.get("timestamp", "")
        if not secret:
            return True
        if not stamp.isdecimal() or request.query.get("sign") != sign_of(stamp, secret):
            return False
        off = abs(self._state.now().timestamp() - int(stamp) / 1000)
        return off <= SIGN_LASTS.total_seconds()

    def _entry(self, to: str, body: Mapping[str, Any]) -> dict[str, Any]:
        return self._state.entry(to, str(body["msgtype"]), webhook_content(body), body)


async def _read(request: web.Request) -> tuple[dict[str, Any], int]:
    """A webhook's body, and what is wrong with it."""
    body = await json_body(request)
    return body, webhook_problem(body, len(await request.read()))

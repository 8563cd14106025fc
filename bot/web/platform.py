"""A stand-in for WeChat Work's servers, for the demo and the tests: one aiohttp application over real HTTP.

It checks what the platform checks, drops silently what the platform drops silently, answers with the
platform's codes, and keeps a journal of what it took. Sources: facts sections 3 and 4 (doc 90236).
It shares no code with bot/channels, so that each checks the other.
"""

import hashlib
import json
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import quote

from aiohttp import web

from bot.web.faults import Answer, Fault, Faulty, Handler, json_answer, json_body
from bot.web.platform_rules import card_problem, content_of, words_of

MEMBER_LIMITS = ((30, timedelta(minutes=1)), (1000, timedelta(hours=1)))
WEBHOOK_LIMIT = (20, timedelta(minutes=1))
TOKEN_SECONDS = 7200
BODY_BYTES = 32 * 1024 * 1024
SMALLEST_FILE, LARGEST_FILE = 6, 20 * 1024 * 1024
LARGEST_IMAGE = 10 * 1024 * 1024
IMAGE_NAMES = (".jpg", ".png")
OK = {"errcode": 0, "errmsg": "ok"}
HINT = "hint: [1760000000_fake], more info at https://open.work.weixin.qq.com/devtool/query"
# As much as the codes' own documentation says; what errmsg says may change any day.
MESSAGES = {60020: "not allow to access from your ip, from ip: 203.0.113.7"}


@dataclass
class FakePlatform(Faulty):
    """`now` is its clock. `users`: who exists, None for everybody; `secrets` by corp id, {} for any."""

    users: frozenset[str] | None = None
    secrets: Mapping[str, str] = field(default_factory=dict)
    token_seconds: int = TOKEN_SECONDS
    journal: list[dict[str, Any]] = field(default_factory=list)
    dropped: list[dict[str, Any]] = field(default_factory=list)
    swallowed: list[dict[str, Any]] = field(default_factory=list)

    def __post_init__(self) -> None:
        """What it remembers and shows nobody."""
        super().__post_init__()
        self._tokens: dict[str, tuple[str, datetime]] = {}
        self._bodies: dict[bytes, datetime] = {}
        self._media: dict[str, tuple[str, bytes]] = {}
        self._images: set[str] = set()
        self._tasks: set[str] = set()

    def script(
        self, fault: int | Fault | Answer, times: int = 1, *, call: str = "message/send"
    ) -> None:
        """What the next calls of this kind come to: an errcode, or what every fake can do."""
        known = (200, _refusal(fault)) if isinstance(fault, int) else fault
        super().script(known, times, call=call)

    def revoke(self) -> None:
        """Every token given out so far is worth nothing now."""
        self._tokens.clear()

    def to(self, user: str) -> list[str]:
        """What one member, or one webhook by its key, has on the screen."""
        return [one["content"] for one in self.journal if one["to"] == user.lower()]

    def application(self) -> web.Application:
        """The routes, to be served or mounted."""
        app = web.Application(client_max_size=BODY_BYTES)
        app.router.add_get("/cgi-bin/gettoken", self.watched("gettoken", self.gettoken))
        app.router.add_get("/cgi-bin/media/get", self.watched("media/get", self.get_media))
        posts: dict[str, Handler] = {
            "message/send": self.send,
            "media/upload": self.upload,
            "webhook/send": self.webhook,
        }
        for call, handler in posts.items():
            app.router.add_post(f"/cgi-bin/{call}", self.watched(call, handler))
        app.on_shutdown.append(self.let_go)
        return app

    async def gettoken(self, request: web.Request) -> web.Response:
        """The same token while it is valid, as the platform does."""
        corp, secret = request.query.get("corpid", ""), request.query.get("corpsecret", "")
        if self.secrets and corp not in self.secrets:
            return _answer(40013)
        if self.secrets and self.secrets[corp] != secret:
            return _answer(40001)
        owner = f"{corp}|{secret}"
        for token, (whose, until) in self._tokens.items():
            if whose == owner and until > self.now():
                lasts = int((until - self.now()).total_seconds())
                return json_answer({**OK, "access_token": token, "expires_in": lasts})
        token = secrets.token_urlsafe(160)
        self._tokens[token] = owner, self.now() + timedelta(seconds=self.token_seconds)
        return json_answer({**OK, "access_token": token, "expires_in": self.token_seconds})

    async def send(self, request: web.Request) -> web.Response:
        """message/send: checked, dropped in silence over the limits, or taken."""
        problem = self._token_problem(request)
        body = await json_body(request)
        problem = problem or self._send_problem(body)
        if problem:
            return _answer(problem)
        users = [user.lower() for user in str(body["touser"]).split("|")]
        known = [user for user in users if self.users is None or user in self.users]
        if not known:
            return _answer(81013)
        number, first = secrets.token_urlsafe(24), self._is_first(body)
        code = secrets.token_urlsafe(32) if body["msgtype"] == "template_card" else ""
        for user in known:
            if not first:
                self.swallowed.append(self._entry(user, body))
            elif self._is_over((user, str(body["agentid"])), *MEMBER_LIMITS):
                self.dropped.append(self._entry(user, body))
            else:
                self.journal.append(self._entry(user, body) | {"id": number, "code": code})
        lost = "|".join(sorted(set(users) - set(known)))
        found = {**OK, "invaliduser": lost, "invalidparty": "", "invalidtag": "", "msgid": number}
        if body["msgtype"] == "template_card":
            self._tasks.add(f"{body['agentid']}|{body['template_card']['task_id']}")
            found["response_code"] = code
        return json_answer(found)

    async def upload(self, request: web.Request) -> web.Response:
        """media/upload: one part called `media`, with a name of its own."""
        problem = self._token_problem(request)
        if problem:
            return _answer(problem)
        if request.content_type != "multipart/form-data":
            return _answer(44001)
        part = (await request.post()).get("media")
        if not isinstance(part, web.FileField) or not part.filename:
            return _answer(44001)
        content = part.file.read()
        kind = request.query.get("type", "")
        largest = LARGEST_IMAGE if kind == "image" else LARGEST_FILE
        if not SMALLEST_FILE <= len(content) <= largest:
            return _answer(45001 if content else 44001)
        if kind == "image" and not part.filename.endswith(IMAGE_NAMES):
            return _answer(40004)
        number = self.offer(content, part.filename)
        self._images |= {number} if kind == "image" else set()
        created = str(int(self.now().timestamp()))
        return json_answer({**OK, "type": kind, "media_id": number, "created_at": created})

    async def get_media(self, request: web.Request) -> web.Response:
        """media/get: the bytes, or JSON where there are none; HTTP 200 both ways."""
        problem = self._token_problem(request)
        number = request.query.get("media_id", "")
        if problem or number not in self._media:
            return _answer(problem or 40007)
        name, content = self._media[number]
        disposition = f'attachment; filename="{quote(name)}"'
        return web.Response(body=content, headers={"Content-Disposition": disposition})

    async def webhook(self, request: web.Request) -> web.Response:
        """webhook/send: over the limit it says so, and too long a text is refused, not cut."""
        body, key = await json_body(request), request.query.get("key", "")
        kind = str(body.get("msgtype"))
        longest = {"text": 2048, "markdown": 4096}.get(kind)
        if not key:
            return _answer(93000)
        if longest is None:
            return _answer(40008)
        words = words_of(body)
        if not words:
            return _answer(44004)
        if len(words.encode()) > longest:
            return _answer(40058)
        if self._is_over(("webhook", key), WEBHOOK_LIMIT):
            return _answer(45009)
        self.journal.append(self._entry(key.lower(), body) | {"id": ""})
        return json_answer(dict(OK))

    def offer(self, content: bytes, name: str = "photo.jpg") -> str:
        """The media id of what a member sent; it does not expire here."""
        number = secrets.token_urlsafe(48)
        self._media[number] = name, content
        return number

    def media(self, media_id: str) -> tuple[str, bytes]:
        """Name and content of an uploaded file."""
        return self._media[media_id]

    def _token_problem(self, request: web.Request) -> int:
        token = request.query.get("access_token", "")
        if not token:
            return 41001
        if token not in self._tokens:
            return 40014
        return 42001 if self._tokens[token][1] <= self.now() else 0

    def _send_problem(self, body: Mapping[str, Any]) -> int:
        kind = body.get("msgtype")
        if not isinstance(body.get("agentid"), int):
            return 40056
        if not str(body.get("touser") or ""):
            return 40003
        if kind not in {"text", "markdown", "template_card", "file", "image"}:
            return 40008
        content = body.get(kind)
        if not isinstance(content, Mapping):
            return 40035
        if kind == "template_card":
            task = f"{body['agentid']}|{content.get('task_id')}"
            is_new = self._is_new(body)
            return card_problem(content) or (42014 if is_new and task in self._tasks else 0)
        if kind == "image":
            return 0 if content.get("media_id") in self._images else 40007
        if kind == "file":
            return 0 if content.get("media_id") in self._media else 40007
        return 0 if words_of(body) else 44004

    def _is_first(self, body: Mapping[str, Any]) -> bool:
        """Whether the duplicate check, where it is asked for, lets this through; it remembers it then."""
        first = self._is_new(body)
        if first and body.get("enable_duplicate_check") == 1:
            lasts = timedelta(seconds=int(body.get("duplicate_check_interval", 1800)))
            self._bodies[_digest(body)] = self.now() + min(lasts, timedelta(hours=4))
        return first

    def _is_new(self, body: Mapping[str, Any]) -> bool:
        until = self._bodies.get(_digest(body))
        return until is None or until <= self.now() or body.get("enable_duplicate_check") != 1

    def _entry(self, to: str, body: Mapping[str, Any]) -> dict[str, Any]:
        return {
            "to": to,
            "msgtype": body["msgtype"],
            "content": content_of(body),
            "at": self.now(),
            "body": dict(body),
        }


def _digest(body: Mapping[str, Any]) -> bytes:
    return hashlib.sha256(json.dumps(body, sort_keys=True).encode()).digest()


def _refusal(code: int) -> dict[str, Any]:
    return {"errcode": code, "errmsg": f"{MESSAGES.get(code, 'refused')}, {HINT}"}


def _answer(code: int) -> web.Response:
    return json_answer(_refusal(code))

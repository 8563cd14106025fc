"""A stand-in for DingTalk's servers, for the demo and the tests: both hosts as one aiohttp application.

It checks what the platform checks, answers with the platform's codes where the facts name them, and keeps
a journal of what it took. Sources: facts section 4; where they are silent, the simplest thing, said beside
it. It shares no code with bot/channels, so that each checks the other.
"""

import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from aiohttp import web

from bot.web.dingtalk_files import Files
from bot.web.dingtalk_gateway import FakeGateway
from bot.web.dingtalk_robot import Robot
from bot.web.dingtalk_state import OK, DingtalkState, Passes, numbered, refused
from bot.web.dingtalk_webhooks import Webhooks
from bot.web.faults import Handler, json_answer, json_body

BODY_BYTES = 32 * 1024 * 1024
CODE_LASTS = timedelta(minutes=5)
NO_SUCH_CODE = 40078
TICKET_SECONDS = 7200


@dataclass
class FakeDingtalk(DingtalkState):
    """`base` is to be set once the port is known; a `gateway` given is served on the same port."""

    gateway: FakeGateway | None = None

    def __post_init__(self) -> None:
        """Its parts, and what it remembers and shows nobody."""
        super().__post_init__()
        self._files, self._webhooks = Files(self), Webhooks(self)
        self._robot = Robot(self, self._files.uploaded.__contains__, self._webhooks.conversations)
        self._tickets = Passes(self.now)
        self._codes: dict[str, tuple[str, datetime]] = {}

    def application(self) -> web.Application:
        """The routes, to be served or mounted."""
        app = web.Application(client_max_size=BODY_BYTES)
        for call, answer in {
            "robot/oToMessages/batchSend": self._robot.batch_send,
            "robot/groupMessages/send": self._robot.group_send,
            "robot/messageFiles/download": self._files.download,
            "card/instances/createAndDeliver": self._robot.create_card,
            "card/callbacks/register": self._robot.register_callback,
            "oauth2/jsapiTickets": self._ticket,
        }.items():
            app.router.add_post(f"/v1.0/{call}", self.api(call, answer))
        plain: dict[str, Handler] = {
            "v1.0/oauth2/accessToken": self._access_token,
            "robot/sendBySession": self._webhooks.by_session,
            "robot/send": self._webhooks.by_robot,
            "media/upload": self._files.upload,
            "topapi/v2/user/getuserinfo": self._user_info,
        }
        for path, handler in plain.items():
            call = path.removeprefix("v1.0/")
            app.router.add_post(f"/{path}", self.watched(call, handler))
        app.router.add_get("/files/{name}", self.watched("files", self._files.show))
        app.on_shutdown.append(self.let_go)
        if self.gateway is not None:
            self.gateway.mount(app)
        return app

    def open_session(self, conversation: str, user: str, minutes: float = 90) -> str:
        """The sessionWebhook of a conversation."""
        return self._webhooks.open_session(conversation, user, minutes)

    def offer_file(self, content: bytes) -> str:
        """The downloadCode of a file that a member sent."""
        return self._files.offer(content)

    def login_code(self, user: str) -> str:
        """What dd.requestAuthCode gives a page this person has opened; serves once, for five minutes."""
        code = secrets.token_hex(16)
        self._codes[code] = user, self.now() + CODE_LASTS
        return code

    def media(self, media_id: str) -> tuple[str, bytes]:
        """Name and content of an uploaded file."""
        return self._files.uploaded[media_id]

    async def _access_token(self, request: web.Request) -> web.Response:
        """Outside of every limit; the same token while it is valid, prolonged by asking."""
        body = await json_body(request)
        app, secret = str(body.get("appKey") or ""), str(body.get("appSecret") or "")
        if not app or not secret or (self.apps and self.apps.get(app) != secret):
            return refused("invalidClientIdOrSecret")
        token = self.tokens.give(app, self.token_seconds)
        return json_answer({"accessToken": token, "expireIn": self.token_seconds})

    async def _ticket(self, app: str, _body: dict[str, Any]) -> web.Response:
        """The ticket a page's signature is made with; the limit of 24 hours in all is not kept here."""
        ticket = self._tickets.give(app, TICKET_SECONDS)
        return json_answer({"jsapiTicket": ticket, "expireIn": TICKET_SECONDS})

    async def _user_info(self, request: web.Request) -> web.Response:
        """Who opened the page; the facts name no errcode for a used code. Names are not known here."""
        problem = self.old_api_problem(request)
        if problem:
            return numbered(problem)
        body = await json_body(request)
        user, until = self._codes.pop(str(body.get("code")), ("", self.now()))
        if until <= self.now():
            return numbered(NO_SUCH_CODE)
        result = {"userid": user, "unionid": f"union-{user}", "name": user, "device_id": "fake"}
        result |= {"associated_unionid": f"associated-{user}"}
        return json_answer({**OK, "result": {**result, "sys": False, "sys_level": 0}})

"""The page in the chat on which a member tells where they are with one button (facts sections 1 and 4.8).

The phone keeps the coordinates: the page sends the address in words, the place topic cuts it at the district.
"""

import asyncio
import hashlib
import html
import json
import secrets
from collections.abc import Mapping
from datetime import timedelta
from importlib.resources import files
from typing import Any
from urllib.parse import unquote

from aiohttp import web

from bot.channels.base import (
    NOT_TEXT,
    Hears,
    Malformed,
    Message,
    NotCommitted,
    Times,
    encoded,
    is_id,
    object_in,
)
from bot.channels.body import body_of
from bot.channels.dingtalk import PAGE_PATH, Robot
from bot.channels.dingtalk_client import DingtalkClient
from bot.channels.http import JSON
from bot.channels.token import AccessToken, Fetched
from bot.retry import Again, Outcome
from handlers.turn import Kind
from storage.database import Database

LONGEST_LABEL = 200
MOST_AT_ONCE = 8
LONGEST_CODE = 200
TICKET_SECONDS = 7200
NOT_READY = "定位页面暂时打不开，请直接打字告诉我，例如：我到苏州工业园区了。"
WHO = "没有认出您是哪位同志，没有登记。请关掉这个页面，从钉钉里重新打开。"
NO_PLACE = "手机没有给出地名，没有登记。请回到单聊里直接写，例如：我到苏州工业园区了。"
NOT_RECORDED = "没有登记成功，请稍后再试，或回到单聊里直接写，例如：我到苏州工业园区了。"
SCRIPT = "https://g.alicdn.com"
POLICY = (
    f"default-src 'none'; script-src 'nonce-{{nonce}}' {SCRIPT}; style-src 'nonce-{{nonce}}'; "
    "connect-src 'self'; img-src 'self' data:; base-uri 'none'; form-action 'none'"
)


class PlacePage:
    """The page of one robot and what it sends; `address` is the page's own, as the platform signs it."""

    def __init__(
        self,
        client: DingtalkClient,
        robot: Robot,
        *,
        agent_id: int,
        algorithm: str,
        address: str,
        clock: Times,
        database: Database,
    ) -> None:
        self._client = client
        self._robot = robot
        self._agent_id = agent_id
        self._algorithm = algorithm
        self.address = address
        self._clock = clock
        name = f"dingtalk:{robot.client_id}:page"
        self._asking = asyncio.Semaphore(MOST_AT_ONCE)
        self._ticket = AccessToken(name, self._fetched, database, clock.now)

    def mount(self, router: web.UrlDispatcher, hears: Hears) -> None:
        """Add the page's routes."""

        async def receive(request: web.Request) -> web.Response:
            return await self.receive(request, hears)

        path = f"/dingtalk/{self._robot.name}{PAGE_PATH}"
        router.add_get(path, self.show)
        router.add_post(path, receive)

    async def show(self, _request: web.Request) -> web.Response:
        """The page, signed for the platform's script."""
        ticket = await self._ticket.get()
        if not isinstance(ticket, str):
            return web.Response(text=NOT_READY, status=503)
        nonce = secrets.token_urlsafe(12)
        stamp = str(int(self._clock.machine_now().timestamp() * 1000))
        config = {
            "corpId": self._robot.corp_id,
            "clientId": self._robot.client_id,
            "agentId": self._agent_id,
            "timeStamp": stamp,
            "nonceStr": nonce,
            "signature": page_signature(ticket, nonce, stamp, self.address, self._algorithm),
        }
        page = (files("bot.web") / "place.html").read_text("utf-8")
        page = page.replace("{nonce}", nonce)
        page = page.replace("{config}", html.escape(json.dumps(config)))
        headers = {
            "Content-Security-Policy": POLICY.format(nonce=nonce),
            "Referrer-Policy": "no-referrer",
            "Cache-Control": "no-store",
        }
        return web.Response(text=page, content_type="text/html", headers=headers)

    async def receive(self, request: web.Request, hears: Hears) -> web.Response:
        """A place in words from somebody whom the platform names by the code of a free login."""
        try:
            fields = object_in(await body_of(request))
        except Malformed:
            return web.Response(status=400)
        code, label = fields.get("code"), label_of(fields)
        if not isinstance(code, str) or not 0 < len(code) <= LONGEST_CODE:
            return web.Response(status=400)
        if not label:
            return _said(NO_PLACE)
        if self._asking.locked():  # whoever makes up codes does not use up the platform's patience
            return _said(NOT_RECORDED, 503)
        async with self._asking:
            user = await self._user_of(code)
        if not user:
            return _said(WHO, 403)
        number = hashlib.sha256(code.encode(errors="surrogatepass")).hexdigest()
        message = Message(
            channel=self._robot.channel,
            scope=self._robot.scope,
            user=user,
            id=number,
            kind=Kind.LOCATION,
            text=NOT_TEXT.sub("", label),
            sender=user,
        )
        try:
            return _said(await hears.answer(message))
        except NotCommitted:
            return _said(NOT_RECORDED, 503)

    async def _user_of(self, code: str) -> str:
        """Whose code it is; "" for nobody's."""
        found = await self._client.oapi(
            "/topapi/v2/user/getuserinfo",
            lambda: {"data": encoded({"code": code}), "headers": JSON},
        )
        result = found.get("result") if isinstance(found, dict) else None
        user = result.get("userid") if isinstance(result, Mapping) else None
        return str(user) if is_id(user) else ""

    async def _fetched(self) -> Fetched | Outcome:
        """A new ticket for the platform's script."""
        found = await self._client.api("/v1.0/oauth2/jsapiTickets", {}, is_free=True)
        if not isinstance(found, dict):
            return found
        value, seconds = found.get("jsapiTicket"), found.get("expireIn", TICKET_SECONDS)
        if not isinstance(value, str) or not value or not isinstance(seconds, int):
            return Again(NOT_READY)
        return Fetched(value, timedelta(seconds=seconds))


def page_signature(ticket: str, nonce: str, stamp: str, url: str, algorithm: str) -> str:
    """Hex digest over the four, the address without its fragment and with its query decoded."""
    path, mark, query = url.partition("#")[0].partition("?")
    plain = f"{path}{mark}{unquote(query)}"
    signed = f"jsapi_ticket={ticket}&noncestr={nonce}&timestamp={stamp}&url={plain}"
    return hashlib.new(algorithm, signed.encode()).hexdigest()


def label_of(fields: Mapping[str, Any]) -> str:
    """The address in words, province first; "" where the phone gave none."""
    province, city, address = (
        value[:LONGEST_LABEL] if isinstance(value := fields.get(name), str) else ""
        for name in ("province", "city", "address")
    )
    if address and province and address.startswith(province):
        return address
    return f"{province}{city}{address}"


def _said(words: str, status: int = 200) -> web.Response:
    return web.Response(body=encoded({"text": words}), status=status, headers=JSON)

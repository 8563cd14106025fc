"""WeChat Work's active API: letters to members through an app, letters to groups through webhooks."""

import re
from collections import OrderedDict
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any
from urllib.parse import quote

from aiohttp import FormData
from yarl import URL

from bot.channels.http import Http
from bot.channels.wecom_bodies import CARD, FILE, bodies_of, encoded, webhook_bodies_of, words_of
from bot.channels.wecom_token import Account, WecomToken
from bot.limits import WECOM_APP, WECOM_MEMBER, WECOM_WEBHOOK, Limit
from bot.retry import (
    CARD_CODES,
    NO_LICENCE,
    NO_SUCH_USER,
    TOKEN_CODES,
    Again,
    Configuration,
    Never,
    Outcome,
    Sent,
    outcome_of,
)
from storage.database import Database
from storage.letters import Letter

JSON = {"Content-Type": "application/json; charset=utf-8"}
SMALLEST_FILE, LARGEST_FILE = 6, 20 * 1024 * 1024
NOT_IN_A_FILE_NAME = re.compile(r'[\\/"\x00-\x1f\x7f]')
KEPT_MEDIA = 256
NO_FILE = "文件大小应在 5 字节到 20 MB 之间"
NO_FILES_HERE = "群机器人不发文件"
NO_GROUP = "配置里没有名为“{name}”的群，请补上 [[group]] 一节的 webhook"

Options = Callable[[], dict[str, Any]]


class WecomApi:
    """One app, as a Sender."""

    each: Sequence[Limit] = WECOM_MEMBER
    all: Sequence[Limit] = WECOM_APP
    one_by_one = False

    def __init__(
        self, account: Account, http: Http, database: Database, now: Callable[[], datetime]
    ) -> None:
        self._account = account
        self._http = http
        self._token = WecomToken(account, http, database, now)
        self._media: OrderedDict[int, str] = OrderedDict()
        self._addresses: dict[str, tuple[str, URL]] = {}

    async def send(self, letter: Letter) -> Outcome:
        """Send one letter; a long text in parts, a card that is refused in words."""
        agent, media = self._account.agent_id, ""
        if letter.kind == FILE:
            uploaded = await self._uploaded(letter)
            if not isinstance(uploaded, str):
                return uploaded
            media = uploaded
        bodies = bodies_of(letter, agent, media)
        answer = await self._send_all(letter, bodies)
        if isinstance(answer, int):
            answer = await self._send_all(letter, words_of(letter, agent))
        return outcome_of(answer) if isinstance(answer, int) else answer

    async def _send_all(self, letter: Letter, bodies: Sequence[dict[str, Any]]) -> Outcome | int:
        """The outcome for all bodies in turn, or the code with which a card was refused."""
        ids = []
        for body in bodies:
            answer = await self._call("message/send", _json_of(body))
            if not isinstance(answer, dict):
                return answer
            code = _code(answer)
            if code in CARD_CODES and letter.kind == CARD and "template_card" in body:
                return code
            outcome = _refused(letter, answer) or outcome_of(code, str(answer.get("errmsg")))
            if not isinstance(outcome, Sent):
                return outcome
            ids.append(str(answer.get("msgid", "")))
        return Sent(" ".join(filter(None, ids)))

    async def _uploaded(self, letter: Letter) -> str | Outcome:
        """The media id of the letter's file: the same at every try, as long as this process lives."""
        if letter.id in self._media:
            return self._media[letter.id]
        name, content = letter.file or ("", b"")
        if not SMALLEST_FILE <= len(content) <= LARGEST_FILE:
            return Never(NO_FILE)
        answer = await self._call("media/upload", lambda: {"data": _form(name, content)}, "file")
        if isinstance(answer, Again):
            return Again(answer.reason)  # a file uploaded twice reaches nobody twice
        if not isinstance(answer, dict):
            return answer
        media = answer.get("media_id")
        if not isinstance(media, str) or not media:
            return outcome_of(_code(answer) or -1, str(answer.get("errmsg")))
        self._media[letter.id] = media
        while len(self._media) > KEPT_MEDIA:
            self._media.popitem(last=False)
        return media

    async def _call(self, path: str, options: Options, kind: str = "") -> dict[str, Any] | Outcome:
        """A POST with the token; one that the platform no longer takes is renewed, once."""
        token = await self._token.get()
        if not isinstance(token, str):
            return token
        answer = await self._http.call("POST", self._address(path, token, kind), **options())
        if isinstance(answer, Again) or _code(answer) not in TOKEN_CODES:
            return answer
        token = await self._token.get(rejected=token)
        if not isinstance(token, str):
            return token
        return await self._http.call("POST", self._address(path, token, kind), **options())

    def _address(self, path: str, token: str, kind: str) -> URL:
        known = self._addresses.get(path)
        if known is None or known[0] != token:
            query = f"access_token={quote(token, safe='')}" + (f"&type={kind}" if kind else "")
            url = URL(f"{self._account.api_base}/cgi-bin/{path}?{query}", encoded=True)
            known = self._addresses[path] = token, url
        return known[1]


class WecomWebhooks:
    """Groups by their names, as one Sender. A webhook has no duplicate check."""

    each: Sequence[Limit] = WECOM_WEBHOOK
    all: Sequence[Limit] = ()
    one_by_one = True

    def __init__(self, webhooks: Mapping[str, str], http: Http) -> None:
        self._webhooks = {name: URL(address) for name, address in webhooks.items()}
        self._http = http

    async def send(self, letter: Letter) -> Outcome:
        """Post one letter to the group that is its recipient."""
        url = self._webhooks.get(letter.recipient)
        if url is None:
            return Configuration(NO_GROUP.format(name=letter.recipient))
        if letter.kind == FILE:
            return Never(NO_FILES_HERE)
        for body in webhook_bodies_of(letter):
            answer = await self._http.call("POST", url, data=encoded(body), headers=JSON)
            if isinstance(answer, Again):
                return answer
            outcome = outcome_of(_code(answer), str(answer.get("errmsg")))
            if not isinstance(outcome, Sent):
                return outcome
        return Sent()


def _refused(letter: Letter, answer: Mapping[str, Any]) -> Outcome | None:
    """Errcode 0 does not mean that it went to everybody: the answer names whom it left out."""
    if _code(answer):
        return None
    for field, words in (("invaliduser", NO_SUCH_USER), ("unlicenseduser", NO_LICENCE)):
        if letter.recipient.lower() in str(answer.get(field) or "").lower().split("|"):
            return Never(words.format(code=field))
    return None


def _code(answer: Mapping[str, Any]) -> int:
    """What the answer says; one that says nothing is not a yes."""
    code = answer.get("errcode")
    return code if isinstance(code, int) else -1


def _json_of(body: dict[str, Any]) -> Options:
    data = encoded(body)
    return lambda: {"data": data, "headers": JSON}


def _form(name: str, content: bytes) -> FormData:
    """Multipart with the name in plain UTF-8: percent signs or `filename*` spoil Chinese names."""
    form = FormData(quote_fields=False)
    form.add_field(
        "media",
        content,
        filename=NOT_IN_A_FILE_NAME.sub("", name) or "file",
        content_type="application/octet-stream",
    )
    return form

"""WeChat Work's active API: letters to members through an app, letters to groups through webhooks."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import quote

from aiohttp import FormData
from pydantic import SecretStr
from yarl import URL

from bot.channels.base import Malformed, encoded, object_in
from bot.channels.http import JSON, Http
from bot.channels.token import AccessToken, Fetched
from bot.channels.uploads import Uploads
from bot.channels.wecom_bodies import bodies_of, fitted, webhook_bodies_of, words_of
from bot.channels.wording import CARD, NO_FILES_HERE, UPLOADED
from bot.limits import GROUP_ROBOT, WECOM_APP, WECOM_MEMBER, Limit
from bot.retry import (
    CARD_CODES,
    NO_LICENCE,
    NO_SUCH_USER,
    TOKEN_CODES,
    Again,
    Never,
    Outcome,
    Sent,
    outcome_of,
)
from storage.database import Database
from storage.letters import Letter

SMALLEST_FILE = 6
GONE = 40007
NO_LONGER_THERE = "平台上已经没有这个文件（40007）"
TOKENLESS = "平台没有给出 access_token"
TOKEN_SECONDS = 7200

Options = Callable[[], dict[str, Any]]


@dataclass(frozen=True, slots=True)
class Account:
    """Who asks: one app of one corp. A token belongs to the app."""

    corp_id: str
    agent_id: int
    secret: SecretStr
    api_base: str


class WecomApi:
    """One app, as a Sender."""

    each: Sequence[Limit] = WECOM_MEMBER
    all: Sequence[Limit] = WECOM_APP
    one_by_one = False
    knows_repeats = True

    def __init__(
        self, account: Account, http: Http, database: Database, now: Callable[[], datetime]
    ) -> None:
        self._account = account
        self._http = http
        name = f"wecom:{account.corp_id}:{account.agent_id}"
        self._token = AccessToken(name, self._fetched, database, now)
        self._uploads = Uploads(self._upload, SMALLEST_FILE)
        self._addresses: dict[tuple[str, str], tuple[str, URL]] = {}

    async def send(self, letter: Letter) -> Outcome:
        """Send one letter; a long text in parts, a card that is refused in words."""
        agent, media, letter = self._account.agent_id, "", fitted(letter)
        if letter.kind in UPLOADED:
            uploaded = await self._uploads.media_of(letter)
            if not isinstance(uploaded, str):
                return uploaded
            media = uploaded
        bodies = bodies_of(letter, agent, media)
        answer = await self._send_all(letter, bodies)
        if isinstance(answer, int):
            answer = await self._send_all(letter, words_of(letter, agent))
        return outcome_of(answer) if isinstance(answer, int) else answer

    async def fetch(self, code: str) -> bytes | Outcome:
        """What a member sent, while the platform keeps it; any app of the corp may ask."""
        rejected = ""
        while True:
            token = await self._token.get(rejected=rejected)
            if not isinstance(token, str):
                return token
            query = {"access_token": token, "media_id": code}
            url = URL(f"{self._account.api_base}/cgi-bin/media/get").with_query(query)
            found = await self._http.load(url)
            refusal = _refusal_in(found) if isinstance(found, bytes) else {}
            if not refusal:
                return found
            if _code(refusal) not in TOKEN_CODES or rejected:
                return _not_fetched(refusal)
            rejected = token

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

    async def _upload(self, form: Callable[[], FormData], kind: str) -> dict[str, Any] | Outcome:
        answer = await self._call("media/upload", lambda: {"data": form()}, kind)
        if isinstance(answer, dict) and _code(answer):
            return outcome_of(_code(answer), str(answer.get("errmsg")))
        return answer

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

    async def _fetched(self) -> Fetched | Outcome:
        """A new token, or why there is none."""
        account = self._account
        query = {"corpid": account.corp_id, "corpsecret": account.secret.get_secret_value()}
        url = URL(f"{account.api_base}/cgi-bin/gettoken").with_query(query)
        answer = await self._http.call("GET", url)
        if isinstance(answer, Again):
            return Again(answer.reason)  # nothing was sent yet, so nothing is uncertain
        code, value = _number(answer.get("errcode")), answer.get("access_token")
        if code or not isinstance(value, str) or not value:
            return outcome_of(code, str(answer.get("errmsg", ""))) if code else Again(TOKENLESS)
        seconds = _number(answer.get("expires_in", TOKEN_SECONDS))
        return Fetched(value, timedelta(seconds=seconds))

    def _address(self, path: str, token: str, kind: str) -> URL:
        known = self._addresses.get((path, kind))
        if known is None or known[0] != token:
            query = f"access_token={quote(token, safe='')}" + (f"&type={kind}" if kind else "")
            url = URL(f"{self._account.api_base}/cgi-bin/{path}?{query}", encoded=True)
            known = self._addresses[path, kind] = token, url
        return known[1]


class WecomWebhook:
    """One group's robot, as a Sender. It has no duplicate check."""

    each: Sequence[Limit] = GROUP_ROBOT
    all: Sequence[Limit] = ()
    one_by_one = True
    knows_repeats = False

    def __init__(self, address: str, http: Http) -> None:
        self._url = URL(address)
        self._http = http

    async def send(self, letter: Letter) -> Outcome:
        """Post one letter to the group."""
        if letter.kind in UPLOADED:
            return Never(NO_FILES_HERE)
        for body in webhook_bodies_of(letter):
            answer = await self._http.call("POST", self._url, data=encoded(body), headers=JSON)
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


def _refusal_in(content: bytes) -> Mapping[str, Any]:
    """What came in place of a file: JSON with an error, or somebody's page. Members send pictures and sound."""
    if content.lstrip()[:1] == b"<":
        return {"errcode": -1}
    try:
        found = object_in(content) if content.startswith(b"{") else {}
    except Malformed:
        return {}
    return found if "errcode" in found else {}


def _not_fetched(refusal: Mapping[str, Any]) -> Outcome:
    if _code(refusal) == GONE:
        return Never(NO_LONGER_THERE)
    return outcome_of(_code(refusal), str(refusal.get("errmsg")))


def _number(value: object) -> int:
    try:
        return int(str(value))
    except ValueError:
        return -1


def _json_of(body: dict[str, Any]) -> Options:
    data = encoded(body)
    return lambda: {"data": data, "headers": JSON}

"""DingTalk's ways out: letters to people through a robot, into a session, to groups."""

import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import structlog
from aiohttp import FormData
from pydantic import SecretStr
from yarl import URL

from bot.channels.dingtalk import words_to
from bot.channels.dingtalk_bodies import (
    Body,
    bodies_of,
    card_of,
    fits_a_card,
    webhook_bodies_of,
    words_of,
)
from bot.channels.dingtalk_client import DingtalkClient
from bot.channels.dingtalk_files import fitted
from bot.channels.dingtalk_outcomes import left_out
from bot.channels.dingtalk_proof import robot_signature
from bot.channels.together import Together
from bot.channels.uploads import Uploads
from bot.channels.wording import CARD, NO_FILES_HERE, UPLOADED, plain
from bot.limits import GROUP_ROBOT, Limit
from bot.retry import Again, Busy, Never, Outcome, Sent
from storage.letters import Letter

AT_ONCE = 20  # people in one batchSend
NOT_DELIVERED = "卡片没有送到"
SENT_TO_PEOPLE = "/v1.0/robot/oToMessages/batchSend"
SENT_TO_GROUPS = "/v1.0/robot/groupMessages/send"
CARDS = "/v1.0/card/instances/createAndDeliver"
CALLBACKS = "/v1.0/card/callbacks/register"

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Cards:
    """The operator's card template, and how taps come back: over the Stream link, or to an address."""

    template: str
    address: str = ""  # "" is the Stream link
    secret: SecretStr | None = None


class DingtalkApi:
    """One robot, as a Sender. Its calls know no repeats, so what is uncertain may arrive twice."""

    each: Sequence[Limit] = ()
    all: Sequence[Limit] = ()
    one_by_one = False
    knows_repeats = False

    def __init__(
        self,
        client: DingtalkClient,
        robot_code: str,
        now: Callable[[], datetime],
        cards: Cards | None = None,
    ) -> None:
        self._client = client
        self._robot_code = robot_code
        self._now = now
        self._cards = cards
        self._registered = False
        self._together: Together[Body] = Together(self._to_people, AT_ONCE)
        self._uploads = Uploads(self._upload, 1)

    async def send(self, letter: Letter) -> Outcome:
        """Send one letter: into the session it answers while that lasts, else by the robot."""
        answered = await self._into_session(letter)
        if answered is not None:
            return answered
        if letter.way_back is not None and letter.way_back.group:
            return await self.to_group(letter.way_back.group, letter)
        if letter.kind == CARD and self._cards is not None and fits_a_card(letter):
            sent = await self._as_card(letter, self._cards)
            if not isinstance(sent, Never):
                return sent
            log.warning("card_refused", id=letter.id, reason=sent.reason)
        media, letter = "", fitted(letter)
        if letter.kind in UPLOADED:
            uploaded = await self._uploads.media_of(letter)
            if not isinstance(uploaded, str):
                return uploaded
            media = uploaded
        outcome: Outcome = Sent()
        for place, body in enumerate(bodies_of(letter, media)):
            outcome = await self._together.send(body, letter.recipient)
            if not isinstance(outcome, Sent):
                return _again(outcome) if place else outcome
        return outcome

    async def to_group(self, conversation: str, letter: Letter) -> Outcome:
        """To a group that the robot is in; nobody can be addressed there, nor given a file."""
        if letter.kind in UPLOADED:
            return Never(NO_FILES_HERE)
        outcome = Sent()
        for key, param in words_of(letter):
            where = {"robotCode": self._robot_code, "openConversationId": conversation}
            body = {**where, "msgKey": key, "msgParam": param}
            found = await self._client.api(SENT_TO_GROUPS, body, of_group=True)
            if not isinstance(found, dict):
                return _again(found) if outcome.platform_id else found
            outcome = Sent(str(found.get("processQueryKey", "")))
        return outcome

    async def _into_session(self, letter: Letter) -> Outcome | None:
        """By the address that came with the message; None where that is over or was tried before."""
        way = letter.way_back
        if way is None or not way.url or letter.attempts > 1 or self._now() >= way.until:
            return None
        body = words_to(letter.recipient if way.group else "", plain(letter))
        found = await self._client.webhook(URL(way.url, encoded=True), body)
        is_settled = isinstance(found, Sent) or (isinstance(found, Again) and found.uncertain)
        return found if is_settled else None

    async def _to_people(self, body: Body, users: Sequence[str]) -> Mapping[str, Outcome]:
        """The same to at most 20 people in one call, and what became of each."""
        key, param = body
        call = {"robotCode": self._robot_code, "userIds": [*users], "msgKey": key}
        found = await self._client.api(SENT_TO_PEOPLE, {**call, "msgParam": param})
        if not isinstance(found, dict):
            return dict.fromkeys(users, found)
        sent = Sent(str(found.get("processQueryKey", "")))
        return {user: left_out(found, user) or sent for user in users}

    async def _as_card(self, letter: Letter, cards: Cards) -> Outcome:
        """An interactive card; Never means that it must be said otherwise."""
        if cards.address and not self._registered:
            key, secret = _route_key(cards), cards.secret.get_secret_value() if cards.secret else ""
            route = {"callbackRouteKey": key, "callbackUrl": cards.address, "apiSecret": secret}
            answer = await self._client.api(CALLBACKS, {**route, "forceUpdate": True})
            if not isinstance(answer, dict):
                return answer
            self._registered = True
        callback = (
            {"callbackType": "HTTP", "callbackRouteKey": _route_key(cards)}
            if cards.address
            else {"callbackType": "STREAM"}
        )
        found = await self._client.api(CARDS, card_of(letter, cards.template, callback))
        if not isinstance(found, dict):
            return found
        result = found.get("result")
        delivered = result.get("deliverResults") if isinstance(result, Mapping) else None
        if isinstance(delivered, list) and not all(_is_delivered(one) for one in delivered):
            return Never(NOT_DELIVERED)
        return Sent(str(result.get("outTrackId", "")) if isinstance(result, Mapping) else "")

    async def _upload(self, form: Callable[[], FormData], kind: str) -> dict[str, Any] | Outcome:
        return await self._client.oapi("/media/upload", lambda: {"data": form()}, type=kind)


class DingtalkGroup:
    """A group that the robot is in, by its conversation, as a Sender."""

    each: Sequence[Limit] = GROUP_ROBOT
    all: Sequence[Limit] = ()
    one_by_one = True
    knows_repeats = False

    def __init__(self, api: DingtalkApi, conversation: str) -> None:
        self._api = api
        self._conversation = conversation

    async def send(self, letter: Letter) -> Outcome:
        """Send one letter to the group."""
        return await self._api.to_group(self._conversation, letter)


class DingtalkWebhook:
    """A group's own robot (自定义机器人), as a Sender; `msgUuid` tells the platform of repeats."""

    each: Sequence[Limit] = GROUP_ROBOT
    all: Sequence[Limit] = ()
    one_by_one = True
    knows_repeats = True

    def __init__(
        self,
        address: str,
        secret: SecretStr | None,
        client: DingtalkClient,
        machine_now: Callable[[], datetime],
    ) -> None:
        self._url = URL(address)
        self._secret = secret.get_secret_value() if secret else ""
        self._client = client
        self._machine_now = machine_now

    async def send(self, letter: Letter) -> Outcome:
        """Post one letter to the group."""
        if letter.kind in UPLOADED:
            return Never(NO_FILES_HERE)
        for body in webhook_bodies_of(letter):
            outcome = await self._client.webhook(self._signed(), body)
            if not isinstance(outcome, Sent):
                return outcome
        return Sent()

    def _signed(self) -> URL:
        """The address with this moment's signature, where the group's robot asks for one."""
        if not self._secret:
            return self._url
        stamp = str(int(self._machine_now().timestamp() * 1000))
        return self._url.update_query(timestamp=stamp, sign=robot_signature(stamp, self._secret))


def _is_delivered(result: Any) -> bool:
    return isinstance(result, Mapping) and result.get("success") is not False


def _route_key(cards: Cards) -> str:
    """The same for the same address, another for another."""
    return "shuanglian-" + hashlib.sha256(cards.address.encode()).hexdigest()[:16]


def _again(outcome: Outcome) -> Outcome:
    """Trouble behind a part that has arrived: it comes again with the rest."""
    reason = getattr(outcome, "reason", "")
    return Again(reason, uncertain=True) if isinstance(outcome, Again | Busy) else outcome

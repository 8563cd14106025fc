"""The fake DingTalk's robot: messages to people and groups, and cards. Facts sections 4.2 to 4.4, 4.6."""

import secrets
from collections.abc import Callable, Mapping
from typing import Any

from aiohttp import web

from bot.web.dingtalk_rules import (
    BAD_PARAM,
    GROUP_BYTES,
    OPEN_SPACE,
    card_content,
    card_problem,
    media_ids,
    message_problem,
    robot_content,
    users_problem,
)
from bot.web.dingtalk_state import DingtalkState, refused
from bot.web.faults import json_answer


class Robot:
    """What an app's robot can say; `has_file` knows uploaded files, `conversations` those of sessions."""

    def __init__(
        self,
        state: DingtalkState,
        has_file: Callable[[str], bool],
        conversations: Callable[[], set[str]],
    ) -> None:
        self._state = state
        self._has_file = has_file
        self._conversations = conversations
        self._cards: dict[str, dict[str, Any]] = {}
        self._routes: dict[str, str] = {}

    async def batch_send(self, app: str, body: dict[str, Any]) -> web.Response:
        """oToMessages/batchSend: HTTP 200 as soon as the request is right, whoever it reached."""
        known = self._conversations() | set(self._state.groups or ())
        problem = (
            self._state.robot_problem(app, body)
            or users_problem(body.get("userIds"), known)
            or self._message_problem(body)
        )
        if problem:
            return refused(problem)
        unknown = [one for one in body["userIds"] if not self._is_user(one)]
        later = [one for one in body["userIds"] if one in self._state.flow_controlled]
        for user in body["userIds"]:
            if user not in unknown and user not in later:
                self._deliver(user, body)
        return json_answer(
            {
                "processQueryKey": secrets.token_urlsafe(24),
                "invalidStaffIdList": unknown,
                "flowControlledStaffIdList": [one for one in later if one not in unknown],
            }
        )

    async def group_send(self, app: str, body: dict[str, Any]) -> web.Response:
        """groupMessages/send."""
        group = body.get("openConversationId")
        problem = self._state.robot_problem(app, body)
        if not problem and not self._is_group(group):
            problem = "invalid.openConversationId"
        problem = problem or self._message_problem(body, GROUP_BYTES)
        if problem:
            return refused(problem)
        self._deliver(f"group:{group}", body)
        return json_answer({"processQueryKey": secrets.token_urlsafe(24)})

    async def create_card(self, _app: str, body: dict[str, Any]) -> web.Response:
        """card/instances/createAndDeliver; an outTrackId used before changes nothing and shows nothing."""
        problem = card_problem(body)
        space = OPEN_SPACE.fullmatch(str(body.get("openSpaceId")))
        if problem or space is None:
            return refused(problem)
        kind, place = space[1], space[2]
        track = body["outTrackId"]
        result = {"spaceType": kind, "spaceId": place, "success": True, "errorMsg": ""}
        result["carrierId"] = secrets.token_urlsafe(24)
        is_there = self._is_user(place) if kind == "IM_ROBOT" else self._is_group(place)
        to, user = (place, place) if kind == "IM_ROBOT" else (f"group:{place}", "")
        entry = self._state.entry(to, "card", card_content(body, user), body)
        if not is_there:
            result |= {"success": False, "errorMsg": "space not found", "carrierId": ""}
        elif track in self._cards:
            self._state.swallowed.append(entry)
            result = self._cards[track]
        else:
            self._state.journal.append(entry)
            self._cards[track] = result
        return json_answer(
            {"success": True, "result": {"outTrackId": track, "deliverResults": [result]}}
        )

    async def register_callback(self, _app: str, body: dict[str, Any]) -> web.Response:
        """card/callbacks/register: where taps on cards with this key go."""
        key, address = body.get("callbackRouteKey"), body.get("callbackUrl")
        if not isinstance(key, str) or not isinstance(address, str) or not key or not address:
            return refused("param.callbackRouteKeyEmpty")
        self._routes[key] = address
        return json_answer({"success": True, "result": {"callbackUrl": address}})

    def _message_problem(self, body: Mapping[str, Any], longest: int | None = None) -> str:
        problem = message_problem(body, longest)
        if problem:
            return problem
        known = all(self._has_file(one) or self._has_file(f"@{one}") for one in media_ids(body))
        return "" if known else BAD_PARAM

    def _deliver(self, to: str, body: Mapping[str, Any]) -> None:
        """A file whose id lost its `@` is accepted and never arrives. Section 4.4."""
        arrives = all(self._has_file(one) for one in media_ids(body))
        taken = self._state.journal if arrives else self._state.dropped
        taken.append(self._state.entry(to, body["msgKey"], robot_content(body), body))

    def _is_user(self, user: str) -> bool:
        return self._state.users is None or user in self._state.users

    def _is_group(self, group: object) -> bool:
        known = self._state.groups
        return isinstance(group, str) and bool(group) and (known is None or group in known)

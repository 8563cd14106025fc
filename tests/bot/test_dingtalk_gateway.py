"""The fake Stream gateway keeps the published rules, and fails when told to."""

import asyncio
import json
from collections.abc import AsyncIterator, Mapping
from typing import Any

import aiohttp
import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from bot.web.dingtalk_gateway import CARD, OPEN, ROBOT, FakeGateway, Unheard
from bot.web.dingtalk_platform import FakeDingtalk
from bot.web.faults import Fault
from tests.bot.fake_wecom import payloads
from tests.fakes import FakeClock

PUBLISHED = {one["id"]: one["payload"] for one in payloads("dingtalk_messages.json", "samples")}
KNOWN = {"clientId": "dingapp", "clientSecret": "s"}
BOTH = [{"type": "CALLBACK", "topic": ROBOT}, {"type": "EVENT", "topic": "*"}]
Socket = aiohttp.ClientWebSocketResponse


class Streamer:
    """Anybody's Stream client; it acks only when told to."""

    def __init__(self, fake: FakeGateway, session: aiohttp.ClientSession, clock: FakeClock) -> None:
        self.fake, self.session, self.clock = fake, session, clock
        self.sockets: list[Socket] = []

    async def register(self, **change: Any) -> tuple[int, dict[str, Any]]:
        """What connections/open answers."""
        body = {**KNOWN, "subscriptions": BOTH, **change}
        async with self.session.post(OPEN, json=body) as answer:
            return answer.status, await answer.json()

    async def connect(self, found: Mapping[str, str]) -> Socket:
        """A link for this ticket."""
        socket = await self.session.ws_connect(
            found["endpoint"], params={"ticket": found["ticket"]}, autoping=False
        )
        self.sockets.append(socket)
        return socket

    async def link(self, **change: Any) -> Socket:
        """A link of its own registration, once the gateway has it."""
        _status, found = await self.register(**change)
        before = len(self.fake.links)
        socket = await self.connect(found)
        await self.fake.until(lambda fake: len(fake.links) == before + 1)
        return socket


@pytest.fixture
async def stream() -> AsyncIterator[Streamer]:
    """A client before a gateway that knows one app."""
    clock = FakeClock()
    fake = FakeGateway(clock.now, apps={"dingapp": "s"})
    async with (
        TestServer(fake.application()) as server,
        aiohttp.ClientSession(str(server.make_url(""))) as session,
    ):
        found = Streamer(fake, session, clock)
        yield found
        for socket in found.sockets:
            await socket.close()


async def acked(socket: Socket, answer: Any = None, **change: Any) -> dict[str, Any]:
    """The next frame, after its ack."""
    frame: dict[str, Any] = await socket.receive_json()
    headers = {"messageId": frame["headers"]["messageId"], "contentType": "application/json"}
    ack = {"code": 200, "headers": headers, "message": "OK", "data": json.dumps(answer), **change}
    await socket.send_json(ack)
    return frame


async def test_the_published_registration_gives_a_ticket(stream: Streamer) -> None:
    """With a path of its own to connect to; the body is kept."""
    published = {**PUBLISHED["stream-open-request"], **KNOWN}
    status, found = await stream.register(**published)
    assert status == 200
    assert found.keys() == PUBLISHED["stream-open-response"].keys()
    assert stream.fake.registrations == [published]
    assert stream.fake.tickets == [found["ticket"]]


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"clientSecret": "x"}, "invalidClientIdOrSecret"),
        ({"clientId": "x"}, "invalidClientIdOrSecret"),
        ({"clientId": None}, "invalidClientIdOrSecret"),
        ({"subscriptions": []}, "invalidParameter.subscriptions"),
        ({"subscriptions": None}, "invalidParameter.subscriptions"),
        ({"subscriptions": ["x"]}, "invalidParameter.subscriptions"),
        (
            {"subscriptions": [*BOTH, {"type": "EVENT", "topic": "check_in"}]},
            "invalidParameter.subscriptions",
        ),
        ({"subscriptions": [{"type": "CALLBACK", "topic": "*"}]}, "invalidParameter.subscriptions"),
    ],
)
async def test_registrations_are_checked(
    stream: Streamer, change: dict[str, Any], code: str
) -> None:
    """HTTP 400 and no ticket."""
    status, found = await stream.register(**change)
    assert (status, found["code"]) == (400, code)
    assert stream.fake.tickets == []


async def test_a_ticket_is_for_one_connection_within_90_seconds(stream: Streamer) -> None:
    """A second one, a late one, one that was not quoted and an invented one are refused."""
    _status, used = await stream.register()
    await stream.connect(used)
    raw = f"{used['endpoint']}?ticket={(await stream.register())[1]['ticket']}"
    _status, late = await stream.register()
    for refused in (used, {**used, "ticket": "x"}):
        with pytest.raises(aiohttp.WSServerHandshakeError):
            await stream.connect(refused)
    with pytest.raises(aiohttp.WSServerHandshakeError):
        await stream.session.ws_connect(raw)
    stream.clock.forward(seconds=90)
    with pytest.raises(aiohttp.WSServerHandshakeError):
        await stream.connect(late)
    assert len(stream.fake.links) == 1


async def test_a_message_is_a_published_frame(stream: Streamer) -> None:
    """Strings in the headers, JSON in a string; each delivery has an id of its own, and its ack comes back."""
    socket = await stream.link()
    data = PUBLISHED["devpedia-single-text"]
    ids = set()
    for _ in range(2):
        ack, frame = await asyncio.gather(stream.fake.push(data), acked(socket, {"response": None}))
        assert frame.keys() == PUBLISHED["stream-frame-bot-message"].keys()
        assert frame["headers"].keys() == PUBLISHED["observed-stream-headers"].keys()
        assert all(isinstance(one, str) for one in frame["headers"].values())
        assert (frame["type"], frame["headers"]["topic"]) == ("CALLBACK", ROBOT)
        assert frame["headers"]["time"] == str(int(stream.clock.now().timestamp() * 1000))
        assert json.loads(frame["data"]) == data
        assert ack.keys() == PUBLISHED["stream-ack-bot"].keys()
        assert json.loads(ack["data"]) == {"response": None}
        ids.add(frame["headers"]["messageId"])
    assert len(ids) == 2


async def test_cards_events_and_pings(stream: Streamer) -> None:
    """Each with its type, its topic, and what belongs into its headers."""
    wanted = [*BOTH, {"type": "CALLBACK", "topic": CARD}]
    socket = await stream.link(subscriptions=wanted)
    card, event = PUBLISHED["card-callback"], PUBLISHED["event-check_in-stream"]
    _ack, frame = await asyncio.gather(stream.fake.push_card(card), acked(socket))
    assert (frame["type"], frame["headers"]["topic"]) == ("CALLBACK", CARD)
    pushed = stream.fake.push_event("check_in", event["data"])
    _ack, frame = await asyncio.gather(pushed, acked(socket, {"status": "SUCCESS"}))
    assert (frame["type"], frame["headers"]["eventType"]) == ("EVENT", "check_in")
    assert event.keys() - {"data"} <= frame["headers"].keys()
    assert json.loads(frame["data"]) == event["data"]
    ack, frame = await asyncio.gather(stream.fake.ping("123"), acked(socket, {"opaque": "123"}))
    assert (frame["type"], frame["headers"]["topic"]) == ("SYSTEM", "ping")
    assert json.loads(frame["data"]) == json.loads(ack["data"]) == {"opaque": "123"}


async def test_each_push_goes_to_one_link_that_wants_it(stream: Streamer) -> None:
    """Two links take turns; what nobody subscribed to is lost."""
    with pytest.raises(Unheard):
        await stream.fake.push({})
    await stream.link(subscriptions=[{"type": "EVENT", "topic": "*"}])
    links = [await stream.link(), await stream.link()]
    for socket in (links[1], links[0], links[1]):
        await asyncio.gather(stream.fake.push({}), acked(socket))
    with pytest.raises(Unheard):
        await stream.fake.push_card({})


async def test_nothing_comes_after_a_disconnect(stream: Streamer) -> None:
    """The frame is the published one; the other link gets everything, and acks are still heard."""
    old = await stream.link()
    waiting = asyncio.create_task(stream.fake.push({"msgId": "1"}))
    first = await old.receive_json()
    new = await stream.link()
    link = await stream.fake.disconnect()
    frame, published = await old.receive_json(), PUBLISHED["stream-frame-disconnect"]
    assert json.loads(frame.pop("data")) == json.loads(published["data"])
    assert frame == {key: value for key, value in published.items() if key != "data"}
    for _ in range(2):
        await asyncio.gather(stream.fake.push({}), acked(new))
    headers = {"messageId": first["headers"]["messageId"], "contentType": "application/json"}
    await old.send_json({"code": 200, "headers": headers, "message": "OK", "data": "{}"})
    assert (await waiting)["headers"] == headers
    closed, _end = await asyncio.gather(old.receive(), stream.fake.close(link))
    assert closed.type is aiohttp.WSMsgType.CLOSE
    await stream.fake.until(lambda fake: len(fake.links) == 1)
    await stream.fake.disconnect()
    with pytest.raises(Unheard):
        await stream.fake.disconnect()
    with pytest.raises(Unheard):
        await stream.fake.ping("x")


async def test_a_cut_link_takes_its_pushes_along(stream: Streamer) -> None:
    """No closing words; what was not acked is lost."""
    socket = await stream.link()
    waiting = asyncio.create_task(stream.fake.push({}))
    await socket.receive_json()
    stream.fake.cut()
    with pytest.raises(Unheard):
        await waiting
    assert (await socket.receive()).type in {aiohttp.WSMsgType.CLOSED, aiohttp.WSMsgType.ERROR}
    await stream.fake.until(lambda fake: not fake.links)


@pytest.mark.parametrize(
    "change",
    [
        {"code": "200"},
        {"message": None},
        {"data": {"response": None}},
        {"data": "OK"},
    ],
)
async def test_acks_are_checked(stream: Streamer, change: dict[str, Any]) -> None:
    """One that cannot be read is none."""
    socket = await stream.link()
    waiting = asyncio.create_task(stream.fake.push({}))
    await acked(socket, **change)
    with pytest.raises(Unheard):
        await waiting


async def test_what_answers_nothing_is_kept(stream: Streamer) -> None:
    """No JSON, no id, an id of nothing, bytes."""
    socket = await stream.link()
    for said in ("x", "[]", "{}", '{"headers": []}', '{"headers": {"messageId": "1"}}'):
        await socket.send_str(said)
    await socket.send_bytes(b"x")
    await stream.fake.until(lambda fake: len(fake.strange) == 6)
    await asyncio.gather(stream.fake.push({}), acked(socket))


async def test_a_registration_may_fail(stream: Streamer) -> None:
    """As scripted, then it is well again."""
    stream.fake.script((503, {"code": "ServiceUnavailable"}))
    stream.fake.script(Fault.SERVER_ERROR, call="connect")
    assert await stream.register() == (503, {"code": "ServiceUnavailable"})
    status, found = await stream.register()
    assert status == 200
    with pytest.raises(aiohttp.WSServerHandshakeError):
        await stream.connect(found)
    await stream.connect(found)
    assert stream.fake.calls == {"gateway/connections/open": 2, "connect": 2}


async def test_it_is_served_with_the_platform() -> None:
    """On one port, below any path, for any app; the platform's end closes the links."""
    clock = FakeClock()
    gateway = FakeGateway(clock.now)
    whole = web.Application()
    whole.add_subapp("/dingtalk/", FakeDingtalk(clock.now, gateway=gateway).application())
    async with TestServer(whole) as server, aiohttp.ClientSession() as session:
        url = server.make_url(f"/dingtalk{OPEN}")
        async with session.post(url, json={"clientId": "x", "subscriptions": BOTH}) as answer:
            assert answer.status == 400
        async with session.post(url, json={**KNOWN, "subscriptions": BOTH}) as answer:
            found = await answer.json()
        socket = await session.ws_connect(found["endpoint"], params={"ticket": found["ticket"]})
        await gateway.until(lambda fake: bool(fake.links))
        await asyncio.gather(gateway.push({}), acked(socket))
        await asyncio.gather(server.close(), socket.receive())
        assert socket.closed

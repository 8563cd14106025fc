"""DingTalk's Stream mode: the same bot behind a link of its own, before a gateway that does what theirs does."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from aiohttp.test_utils import TestServer
from structlog.testing import LogCapture

from bot.channels import dingtalk_stream
from bot.channels.base import NotCommitted
from bot.channels.dingtalk_stream import DingtalkStream, pause_after
from bot.web.dingtalk_gateway import FakeGateway, Unheard
from bot.web.dingtalk_platform import FakeDingtalk
from bot.web.faults import Fault
from storage import tables
from tests.bot.dingtalk_house import dingtalk_settings, on_dingtalk
from tests.bot.fake_dingtalk import CLIENT, GROUP, SECRET, FakeRobot
from tests.bot.fake_wecom import Running, payloads, running
from tests.fakes import FakeClock

ZHANG, LI = "张三", "李红梅"


@dataclass
class Platform:
    """The running bot, and the platform at the other end of its link."""

    bot: Running
    fake: FakeDingtalk
    gateway: FakeGateway
    robot: FakeRobot = field(default_factory=FakeRobot)

    def session(self, user: str, group: str = "") -> None:
        """What is said from now on comes with a session of its own."""
        self.robot.session = self.fake.open_session(group or f"cid{user}", user)

    async def says(self, user: str, said: str, **options: Any) -> str:
        """What arrives in the session after one message, once that is acknowledged."""
        group = options.get("group", "")
        self.session(user, group)
        before = len(self.fake.journal)
        ack = await self.gateway.push(self.robot.message(user, said, **options))
        assert (ack["code"], ack["data"]) == (200, '{"response": null}')
        await self.bot.app.delivery.deliver_once()
        return "\n".join(one["content"] for one in self.fake.journal[before:])

    async def up(self, links: int = 1) -> None:
        """Wait until so many links stand."""
        async with asyncio.timeout(5):
            await self.gateway.until(lambda gateway: len(gateway.links) == links)


@asynccontextmanager
async def platform(url: str, folder: Path) -> AsyncIterator[Platform]:
    """The bot in Stream mode, two people bound."""
    clock = FakeClock()
    gateway = FakeGateway(clock.now, apps={CLIENT: SECRET})
    fake = FakeDingtalk(clock.now, limited=False, gateway=gateway)
    async with TestServer(fake.application()) as server:
        fake.base = str(server.make_url("")).rstrip("/")
        settings = dingtalk_settings(url, folder, 'mode = "stream"\n', fake.base)
        async with running(settings) as bot:
            await bot.house.member(ZHANG)
            await bot.house.member(LI, position="书记")
            await on_dingtalk(bot.house, ZHANG, LI)
            yield Platform(bot, fake, gateway)


@pytest.fixture
async def ding(
    sqlite_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[Platform]:
    """A link that is up, and pauses that are short."""
    monkeypatch.setattr(dingtalk_stream, "FIRST_PAUSE", timedelta(seconds=0.01))
    async with platform(sqlite_url, tmp_path) as found:
        await found.up()
        yield found


async def test_a_link_is_registered_for_what_is_handled(ding: Platform) -> None:
    """With the app's own credentials; the ticket is used once."""
    registered = ding.gateway.registrations[0]
    assert (registered["clientId"], registered["clientSecret"]) == (CLIENT, SECRET)
    topics = {one["topic"] for one in registered["subscriptions"]}
    assert topics == {"*", dingtalk_stream.ROBOT, dingtalk_stream.CARDS}
    assert len(ding.gateway.tickets) == 1


async def test_there_is_no_way_in_over_http(ding: Platform) -> None:
    """A robot in Stream mode is not called."""
    assert (await FakeRobot(ding.bot.wecom.port).post({})).status == 404


async def test_a_message_is_acknowledged_and_answered_in_its_session(ding: Platform) -> None:
    """Recorded by then, and nothing is counted as a call of ours."""
    assert "2026年10月" in await ding.says(ZHANG, "党费 10月 20元")
    assert [row["month"] for row in await ding.bot.house.rows(tables.dues)] == ["2026-10"]
    assert ding.fake.calls["robot/oToMessages/batchSend"] == 0
    counted = {row["kind"]: row["amount"] for row in await ding.bot.house.rows(tables.usage)}
    assert counted == {"pushes": 2}


async def test_words_with_pictures_get_one_answer(ding: Platform) -> None:
    """Several messages of ours, one letter: what is the same is said once."""
    parts = [{"text": "党费 10月 20元"}, *({"downloadCode": f"d{n}"} for n in range(3))]
    content = {"msgtype": "richText", "content": {"richText": parts}, "text": None}
    said = await ding.says(ZHANG, "", **content)
    assert "2026年10月" in said
    assert said.count("图片收到了") == 1
    assert len(ding.fake.journal) == 1


async def test_decisions_need_no_code_here(ding: Platform) -> None:
    """Nobody else speaks on our own link."""
    await ding.says(ZHANG, "党费 10月 20元")
    assert "确认码" not in await ding.says(LI, "通过 1")
    assert {row["state"] for row in await ding.bot.house.rows(tables.dues)} == {"confirmed"}


async def test_a_repeat_is_acknowledged_and_not_answered_again(ding: Platform) -> None:
    """The frame's number is new each time, the message's is not."""
    assert await ding.says(ZHANG, "党费 10月 20元", number="77")
    assert await ding.says(ZHANG, "党费 10月 20元", number="77") == ""
    assert len(await ding.bot.house.rows(tables.dues)) == 1
    assert len(await ding.bot.house.rows(tables.inbox)) == 1


async def test_after_the_session_the_robot_answers_itself(ding: Platform) -> None:
    """An expired or unknown session is not the end of an answer, alone or in a group."""
    await ding.bot.house.activity()
    for group, to in (("", ZHANG), (GROUP, f"group:{GROUP}")):
        ding.robot.session = f"{ding.fake.base}/robot/sendBySession?session=gone"
        await ding.gateway.push(ding.robot.message(ZHANG, "签到", group=group))
        await ding.bot.app.delivery.deliver_once()
        assert any("签到" in words for words in ding.fake.to(to))


async def test_a_session_of_elsewhere_is_never_asked(ding: Platform) -> None:
    """The answer goes by the robot, whatever address a message names."""
    ding.robot.session = "http://127.0.0.1:9/robot/sendBySession?session=x"
    await ding.gateway.push(ding.robot.message(ZHANG, "帮助"))
    await ding.bot.app.delivery.deliver_once()
    assert len(ding.fake.to(ZHANG)) == 1


async def test_a_group_hears_what_is_for_everybody(ding: Platform) -> None:
    """The check-in in the session of the group, the rest one to one."""
    await ding.bot.house.activity()
    assert f"@{ZHANG} 签到成功" in await ding.says(ZHANG, "签到", group=GROUP)
    await ding.says(ZHANG, "我的党费", group=GROUP)
    assert len(ding.fake.to(ZHANG)) == 1


SAMPLES = [
    one
    for one in payloads("dingtalk_messages.json", "samples")
    if one["kind"].startswith("bot_message")
]


async def test_every_published_message_is_acknowledged(ding: Platform) -> None:
    """Understood or politely not, none crashes."""
    for sample in SAMPLES:
        base = ding.robot.message(ZHANG) if "fragment" in sample["kind"] else {}
        fields = {**base, **sample["payload"]}
        fields.pop("robotCode", None)
        assert (await ding.gateway.push(fields))["code"] == 200
    assert ding.bot.app.turns.failed == 0


async def test_pings_events_and_strange_frames(ding: Platform) -> None:
    """What was sent comes back, an event is taken once, another robot's message is refused; the link stands."""
    assert (await ding.gateway.ping("123-dsfs"))["data"] == '{"opaque": "123-dsfs"}'
    event = await ding.gateway.push_event("check_in", {"staffId": ZHANG})
    assert (event["code"], '"SUCCESS"' in event["data"]) == (200, True)
    other = ding.robot.message(ZHANG, "签到", robotCode="dingother")
    assert (await ding.gateway.push(other))["code"] == 400
    assert (await ding.gateway.push({}))["code"] == 400
    assert (await ding.gateway.ping("still here"))["code"] == 200


async def test_a_tap_is_answered_on_the_card(ding: Platform) -> None:
    """In the acknowledgement itself."""
    await ding.bot.house.activity()
    tapped = {"userId": ZHANG, "content": '{"cardPrivateData":{"params":{"says":"签到"}}}'}
    ack = await ding.gateway.push_card(tapped)
    assert '"done": "true"' in ack["data"]
    assert len(await ding.bot.house.rows(tables.attendance)) == 1


async def test_a_ping_gives_back_whatever_it_brought(ding: Platform) -> None:
    """Also what is no JSON, and half a character: the link stands."""
    link = ding.gateway.links[0].socket
    for data in ("hello", "", '{"opaque": "\\ud800"}', "\ud800"):
        frame = {"type": "SYSTEM", "headers": {"topic": "ping", "messageId": "m"}, "data": data}
        await link.send_str(json.dumps(frame))
    assert (await ding.gateway.ping("still here"))["code"] == 200
    assert len(ding.gateway.links) == 1


async def test_a_link_that_was_told_to_leave_is_left(
    ding: Platform, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Even if the platform goes on talking on it and never closes."""
    monkeypatch.setattr(dingtalk_stream, "LOOK_SECONDS", 0.01)
    old = await ding.gateway.disconnect()
    await ding.up(2)
    ding.bot.house.clock.forward(seconds=16)
    frame = {"type": "SYSTEM", "headers": {"topic": "KEEPALIVE"}, "data": ""}
    await old.socket.send_str(json.dumps(frame))
    await ding.up(1)
    assert ding.gateway.links[0] is not old


async def test_what_is_said_at_once_keeps_its_order(ding: Platform) -> None:
    """Twenty frames without waiting; one batch or several, the same conversation."""
    ding.session(ZHANG)
    lines = ["党费", "10月", "20元", "跳过"]
    await asyncio.gather(
        *(ding.gateway.push(ding.robot.message(ZHANG, line)) for line in lines),
        *(ding.gateway.push(ding.robot.message(f"u{n}", "帮助")) for n in range(16)),
    )
    assert [row["fen"] for row in await ding.bot.house.rows(tables.dues)] == [2000]


async def test_the_new_link_is_up_before_the_old_one_goes(ding: Platform) -> None:
    """Told to leave, the bot is listening elsewhere while the old link still stands."""
    await ding.gateway.ping("useful")
    old = await ding.gateway.disconnect()
    await ding.up(2)
    assert "2026年10月" in await ding.says(ZHANG, "党费 10月 20元")
    await ding.gateway.close(old)
    await ding.up(1)
    assert len(ding.gateway.tickets) == 2


@pytest.mark.parametrize("fault", [Fault.SERVER_ERROR, Fault.HTML, Fault.CUT])
async def test_a_link_comes_back_after_anything(ding: Platform, fault: Fault) -> None:
    """Cut without a word, and the gateway in trouble for a while."""
    ding.gateway.script(fault, 3)
    ding.gateway.cut()
    await ding.up(0)
    await ding.up(1)
    assert await ding.says(ZHANG, "帮助")


async def test_a_link_that_says_nothing_is_not_believed(
    sqlite_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Three minutes by the wall's clock, also when the machine slept: another is opened."""
    monkeypatch.setattr(dingtalk_stream, "FIRST_PAUSE", timedelta(seconds=0.01))
    monkeypatch.setattr(dingtalk_stream, "LOOK_SECONDS", 0.01)
    async with platform(sqlite_url, tmp_path) as found:
        await found.up()
        await found.gateway.ping("heard")
        found.bot.house.clock.forward(minutes=4)
        async with asyncio.timeout(5):
            await found.gateway.until(lambda gateway: len(gateway.tickets) == 2)


async def test_there_are_never_two_loops(ding: Platform) -> None:
    """A second listener is an error, and the first goes on."""
    channel = ding.bot.app.channels["dingtalk.main"]
    assert channel.listen is not None
    with pytest.raises(RuntimeError):
        await channel.listen(ding.bot.app.turns)
    assert len(ding.gateway.links) == 1


async def test_stopping_ends_the_link(sqlite_url: str, tmp_path: Path) -> None:
    """Cancelled is ended: no link, no task, and the last message is on record."""
    async with platform(sqlite_url, tmp_path) as found:
        await found.up()
        await found.says(ZHANG, "党费 10月 20元")
        gateway = found.gateway
    await asyncio.wait_for(gateway.until(lambda one: not one.links), 5)
    names = {task.get_coro().__qualname__ for task in asyncio.all_tasks()}  # type: ignore[union-attr]
    assert not [name for name in names if "DingtalkStream" in name]


async def test_wrong_credentials_are_said_and_tried_on(
    sqlite_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The rest of the bot works meanwhile; the log says why, and no secret."""
    capture = LogCapture()
    monkeypatch.setattr(dingtalk_stream, "FIRST_PAUSE", timedelta(seconds=0.01))
    monkeypatch.setattr(
        dingtalk_stream, "log", dingtalk_stream.structlog.wrap_logger(None, processors=[capture])
    )
    async with platform(sqlite_url, tmp_path) as found:
        await found.up()
        found.gateway.apps = {CLIENT: "changed"}
        found.gateway.cut()
        await found.up(0)
        assert "帮您" in await found.bot.wecom.says(ZHANG, "帮助")
        found.gateway.apps = {CLIENT: SECRET}
        await found.up(1)
    said = str(capture.entries)
    assert "client_secret" in said
    assert SECRET not in said


async def test_what_could_not_be_recorded_is_said_in_the_session(
    ding: Platform, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Then it is acknowledged: whoever spoke knows, and says it again."""

    async def refuse(*_messages: object) -> str:
        raise NotCommitted

    monkeypatch.setattr(ding.bot.app.turns, "answer", refuse)
    assert "没有收到" in await ding.says(ZHANG, "党费 10月 20元")


async def test_what_nobody_could_be_told_of_is_not_acknowledged(
    ding: Platform, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The platform may bring it again, and it is recorded then."""

    async def refuse(*_messages: object) -> str:
        raise NotCommitted

    said = ding.robot.message(ZHANG, "党费 10月 20元", sessionWebhook="")
    with monkeypatch.context() as broken:
        broken.setattr(ding.bot.app.turns, "answer", refuse)
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(ding.gateway.push(said), 0.2)
    assert (await ding.gateway.push(said))["code"] == 200
    assert len(await ding.bot.house.rows(tables.dues)) == 1


PAUSES = [(0, 0.0, 1.0), (1, 0.0, 2.0), (5, 0.0, 32.0), (6, 0.0, 60.0), (99, 0.0, 60.0)]


@pytest.mark.parametrize(("failures", "chance", "seconds"), PAUSES)
def test_pauses_double_up_to_a_minute(failures: int, chance: float, seconds: float) -> None:
    """Up to half of it is taken away by chance."""
    assert pause_after(failures, chance) == seconds
    assert pause_after(failures, 1.0) == seconds / 2


async def test_a_gateway_that_sends_everybody_away_is_asked_ever_more_slowly() -> None:
    """No storm: pauses grow while links are of no use."""
    clock = FakeClock()
    gateway = FakeGateway(clock.now)
    fake = FakeDingtalk(clock.now, gateway=gateway)
    pauses: list[float] = []
    done = asyncio.Event()

    async def pause(seconds: float) -> None:
        pauses.append(seconds)
        if len(pauses) == 5:
            done.set()
            await asyncio.Event().wait()

    async with TestServer(fake.application()) as server:
        stream = lone_stream(str(server.make_url("")).rstrip("/"), pause)
        async with stream as listening:
            for _ in range(5):
                await asyncio.wait_for(gateway.until(lambda one: bool(one.links)), 5)
                await gateway.close(await gateway.disconnect())
                await asyncio.wait_for(gateway.until(lambda one: not one.links), 5)
            await asyncio.wait_for(done.wait(), 5)
            listening.cancel()
    assert pauses == [1.0, 2.0, 4.0, 8.0, 16.0]


@asynccontextmanager
async def lone_stream(base: str, pause: Any) -> AsyncIterator["asyncio.Task[None]"]:
    """A link without a bot behind it."""
    from bot.app import Clock  # noqa: PLC0415 - only here
    from bot.channels.dingtalk_cards import DingtalkCards  # noqa: PLC0415
    from bot.channels.dingtalk_client import Credentials, DingtalkClient  # noqa: PLC0415
    from bot.channels.http import Http  # noqa: PLC0415
    from tests.bot.fake_dingtalk import codec  # noqa: PLC0415

    robot = codec()
    async with Http() as http:
        own = Credentials("dingtalk.main", CLIENT, robot.robot.client_secret, base, base)
        client = DingtalkClient(own, http, None, Clock().now)  # type: ignore[arg-type]
        cards = DingtalkCards(robot.robot, None)
        found = DingtalkStream(client, robot, cards, http, Clock(), pause=pause, chance=lambda: 0.0)
        task = asyncio.create_task(found.listen(None))  # type: ignore[arg-type]
        yield task
        task.cancel()
        await asyncio.wait([task])


def test_a_push_without_a_link_is_lost() -> None:
    """The fake says what the platform would not."""
    with pytest.raises(Unheard):
        asyncio.run(FakeGateway(FakeClock().now).push({}))

"""Delivery's promises, against the fake platform over real HTTP."""

import asyncio
import sys
from collections.abc import AsyncIterator, Callable
from datetime import timedelta

import pytest

from bot import delivery as module
from bot.channels.base import Sender
from bot.limits import Limit
from bot.retry import FIRST_WAIT, MOST_ATTEMPTS, Outcome, Sent
from bot.web.faults import Fault
from storage.database import Database
from storage.encryption import Keyring
from storage.letters import Letter
from tests.bot.post import GROUP, KEY, Post, posting
from tests.fakes import KEY as PRIVACY_KEY
from tests.fakes import SCOPE, Rehearsal, on


@pytest.fixture
async def post(talk: Rehearsal) -> AsyncIterator[Post]:
    """Delivery over SQLite."""
    async with posting(talk) as found:
        yield found


@pytest.fixture
async def post_on(talk_on: Rehearsal) -> AsyncIterator[Post]:
    """Delivery over each engine in turn."""
    async with posting(talk_on) as found:
        yield found


DOOMED = 300


class Slow:
    """A sender that does not answer until it is let."""

    each: tuple[Limit, ...] = ()
    all: tuple[Limit, ...] = ()
    one_by_one = False
    knows_repeats = True

    def __init__(self) -> None:
        self.asked = asyncio.Event()
        self.free = asyncio.Event()
        self.took: list[str] = []

    async def send(self, letter: Letter) -> Outcome:
        """Take it when let."""
        self.asked.set()
        await self.free.wait()
        self.took.append(letter.text)
        return Sent("1")


async def until(holds: Callable[[], bool]) -> None:
    """Come back when it holds."""
    async with asyncio.timeout(20):
        while not holds():  # noqa: ASYNC110 - what is waited for happens in another task
            await asyncio.sleep(0.005)


# --- Sent, once, in order ----------------------------------------------------------------------


async def test_what_was_queued_is_on_the_screen(post_on: Post) -> None:
    """Each message once, with the platform's id and when it was sent; a second pass sends nothing."""
    for who in ("zhangsan", "LiSi", "zhangsan"):
        await post_on.queue(who, f"给{who}")
    assert await post_on.deliver() == 3
    assert await post_on.deliver() == 0
    assert post_on.fake.to("zhangsan") == ["给zhangsan"] * 2
    assert post_on.fake.to("lisi") == ["给LiSi"]
    for row in await post_on.rows():
        assert (row["state"], row["attempts"], row["error"]) == ("sent", 1, None)
        assert row["platform_id"]
        assert row["sent_at"] == post_on.clock.now()


async def test_one_members_messages_keep_their_order(post: Post) -> None:
    """Through a retry in their midst too; others do not wait for it."""
    post.fake.script(Fault.SERVER_ERROR)
    for number in range(12):
        await post.queue("zhangsan", f"张{number}")
    await post.deliver()
    await post.queue("lisi", "李")
    await post.deliver()
    assert post.fake.to("zhangsan") == []
    assert post.fake.to("lisi") == ["李"]
    post.clock.forward(seconds=6)
    await post.deliver()
    assert post.fake.to("zhangsan") == [f"张{number}" for number in range(12)]


@pytest.mark.parametrize(
    ("hour", "hours_later", "state"),
    [(9, 0, "sent"), (9, 30, "dropped"), (22, 0, "pending"), (22, 11, "sent")],
)
async def test_a_notice_keeps_its_time(post: Post, hour: int, hours_later: int, state: str) -> None:
    """Nothing of the calendar goes out at night, nor when it has become pointless."""
    post.clock.at = on(2026, 1, 5, hour)
    await post.queue("zhangsan", "祝您生日快乐", expires_at=post.clock.now() + timedelta(hours=24))
    post.clock.forward(hours=hours_later)
    await post.deliver()
    (row,) = await post.rows()
    assert row["state"] == state
    assert row["error"] == ("过期没有发出" if state == "dropped" else None)
    assert bool(post.fake.to("zhangsan")) is (state == "sent")


async def test_two_deliveries_send_each_once(post_on: Post) -> None:
    """However many processes share the database."""
    for number in range(300):
        await post_on.queue(f"u{number % 60}", str(number))
    other = Database(post_on.house.database.url, Keyring([PRIVACY_KEY]))
    second = post_on.another(other, {SCOPE: post_on.api(other)})
    passes = [post_on.delivery, second]
    while sum(await asyncio.gather(*(one.deliver_once() for one in passes))):
        pass
    await other.close()
    taken = [one["content"] for one in post_on.fake.journal]
    assert sorted(taken, key=int) == [str(number) for number in range(300)]
    assert post_on.fake.swallowed == []
    assert {row["attempts"] for row in await post_on.rows()} == {1}
    for user in range(60):
        own = [int(one) for one in post_on.fake.to(f"u{user}")]
        assert own == sorted(own)


@pytest.mark.parametrize("round_number", range(2))
async def test_a_killed_process_loses_and_repeats_nothing(post_on: Post, round_number: int) -> None:
    """Killed in mid-flight: what it may have sent is uncertain, asked again, and seen once by everybody."""
    post_on.fake.latency = 0.005
    for number in range(DOOMED):
        await post_on.queue(f"u{number % 150}", str(number))
    command = ("-m", "tests.bot.doomed_delivery", post_on.house.database.url, post_on.base)
    process = await asyncio.create_subprocess_exec(sys.executable, *command)
    try:
        await until(lambda: len(post_on.fake.journal) > DOOMED // 3 + 20 * round_number)
    finally:
        process.kill()
        await process.wait()
    await asyncio.sleep(0.05)  # what lies in the sockets still arrives
    assert "pending" in await post_on.states()
    await post_on.deliver()
    post_on.clock.forward(minutes=3)
    for _ in range(3):
        await post_on.deliver()
        post_on.clock.forward(minutes=1)
    assert await post_on.states() == ["sent"] * DOOMED
    taken = [one["content"] for one in post_on.fake.journal]
    assert sorted(taken, key=int) == [str(number) for number in range(DOOMED)]
    assert {row["attempts"] for row in await post_on.rows()} <= {1, 2}


async def test_a_lost_answer_is_uncertain_and_asked_again(post: Post) -> None:
    """The connection is cut after the message was taken: nobody gets it twice, and it ends as sent."""
    post.fake.script(Fault.LOST)
    await post.queue("zhangsan", "一次")
    await post.deliver()
    row = (await post.rows())[0]
    assert (row["state"], row["sent_at"]) == ("uncertain", None)
    assert "可能已经收到" in row["error"]
    post.clock.forward(seconds=6)
    await post.deliver()
    row = (await post.rows())[0]
    assert (row["state"], row["error"]) == ("sent", None)
    assert post.fake.to("zhangsan") == ["一次"]
    assert len(post.fake.swallowed) == 1


async def test_the_same_words_again_are_another_message(post: Post) -> None:
    """The duplicate check swallows a retry, never a legitimate repeat."""
    for _ in range(3):
        await post.queue("zhangsan", "请交党费")
    await post.deliver()
    assert post.fake.to("zhangsan") == ["请交党费"] * 3
    assert post.fake.swallowed == []


async def test_a_group_may_hear_it_twice_and_that_is_marked(post: Post) -> None:
    """A webhook has no duplicate check: after a lost answer the row says so."""
    post.fake.script(Fault.LOST, call="webhook/send")
    await post.queue(GROUP, "通知", channel="group")
    await post.deliver()
    post.clock.forward(seconds=6)
    await post.deliver()
    row = (await post.rows())[0]
    assert row["state"] == "sent"
    assert "可能收到两次" in row["error"]


# --- Limits ------------------------------------------------------------------------------------


async def test_a_member_gets_all_of_a_flood(post_on: Post) -> None:
    """75 at once: the platform would drop 45 in silence; it gets 30 a minute, all in order, none lost."""
    for number in range(75):
        await post_on.queue("zhangsan", str(number))
    counts = []
    for _ in range(4):
        counts.append(await post_on.deliver())
        post_on.clock.forward(seconds=60)
    assert counts == [30, 30, 15, 0]
    assert post_on.fake.dropped == []
    assert post_on.fake.to("zhangsan") == [str(number) for number in range(75)]
    assert {row["attempts"] for row in await post_on.rows()} == {1}


async def test_limits_hold_across_processes(post_on: Post) -> None:
    """What another process sent a moment ago counts."""
    for number in range(20):
        await post_on.queue("zhangsan", str(number))
    await post_on.deliver()
    for number in range(20, 40):
        await post_on.queue("zhangsan", str(number))
    assert await post_on.another(post_on.house.database).deliver_once() == 10
    assert post_on.fake.dropped == []


async def test_a_thousand_an_hour(post: Post, monkeypatch: pytest.MonkeyPatch) -> None:
    """The hour's limit holds over the minutes."""
    hour = timedelta(minutes=3)
    sender = post.senders[SCOPE]
    monkeypatch.setattr(sender, "each", (Limit(30, timedelta(minutes=1)), Limit(40, hour)))
    for number in range(50):
        await post.queue("zhangsan", str(number))
    counts = []
    for _ in range(5):
        counts.append(await post.deliver())
        post.clock.forward(seconds=60)
    assert counts == [30, 10, 0, 10, 0]


async def test_long_texts_count_as_many(post: Post) -> None:
    """A text in parts is several messages to the platform."""
    for _ in range(12):
        await post.queue("zhangsan", "一二三四五六七八九。" * 200)
    for _ in range(5):
        await post.deliver()
        post.clock.forward(seconds=60)
    assert post.fake.dropped == []
    assert await post.states() == ["sent"] * 12
    assert len(post.fake.journal) == 12 * 3


async def test_a_group_gets_twenty_a_minute(post: Post) -> None:
    """Twenty, then the next minute; the platform never has to say 45009."""
    for number in range(30):
        await post.queue(GROUP, str(number), channel="group")
    assert await post.deliver() == 20
    assert post.fake.calls["webhook/send"] == 20
    post.clock.forward(seconds=60)
    assert await post.deliver() == 10
    assert post.fake.to(KEY) == [str(number) for number in range(30)]


async def test_an_app_has_a_limit_of_its_own(post: Post, monkeypatch: pytest.MonkeyPatch) -> None:
    """Everybody together, whoever they are."""
    monkeypatch.setattr(post.senders[SCOPE], "all", (Limit(7, timedelta(minutes=1)),))
    for number in range(10):
        await post.queue(f"u{number}", "x")
    post.delivery._lanes._at_once = 1
    assert await post.deliver() == 7
    post.clock.forward(seconds=60)
    assert await post.deliver() == 3


# --- What goes wrong ---------------------------------------------------------------------------


async def test_what_is_tried_again(post: Post) -> None:
    """Busy, broken, cut: the attempt counts, the wait doubles, and in the end it is sent."""
    faults: list[int | Fault] = [-1, Fault.SERVER_ERROR, Fault.HTML, Fault.CUT, 45033]
    await post.queue("zhangsan", "总会到的")
    for place, fault in enumerate(faults):
        post.fake.script(fault)
        assert await post.deliver() == 0
        row = (await post.rows())[0]
        assert row["attempts"] == place + 1
        assert row["next_at"] == post.clock.now() + FIRST_WAIT * 2**place
        post.clock.forward(hours=1)
    assert await post.deliver() == 1
    assert post.fake.to("zhangsan") == ["总会到的"]


async def test_a_dead_letter_is_kept_with_its_reason(post: Post) -> None:
    """After the last try; the one behind it goes on, and the count is there for the operator."""
    await post.queue("zhangsan", "发不出")
    await post.queue("zhangsan", "后面的")
    post.fake.script(-1, MOST_ATTEMPTS)
    for _ in range(MOST_ATTEMPTS + 1):
        await post.deliver()
        post.clock.forward(hours=1)
    first, second = await post.rows()
    assert (first["state"], first["attempts"]) == ("failed", MOST_ATTEMPTS)
    assert "-1" in first["error"]
    assert second["state"] == "sent"
    assert post.delivery.states == {"failed": 1}


async def test_a_letter_that_kills_its_senders_ends(post: Post) -> None:
    """Attempts are counted before they are made."""
    await post.queue("zhangsan", "毒")
    for _ in range(MOST_ATTEMPTS):
        async with post.house.store() as store:
            now = post.clock.now()
            await store.outbox.reclaim(now)
            assert await store.outbox.claim(now, now + module.LEASE, 1)
        post.clock.forward(minutes=3)
    await post.deliver()
    assert await post.states() == ["failed"]
    assert post.fake.journal == []


async def test_somebody_the_platform_does_not_know(talk: Rehearsal) -> None:
    """Errcode 0 with `invaliduser`, or 81013: a dead letter at once, in words for the operator."""
    async with posting(talk, users=frozenset({"zhangsan"})) as post:
        await post.queue("Nobody", "x")
        await post.queue("zhangsan", "y")
        assert await post.deliver() == 2
        first, second = await post.rows()
        assert (first["state"], first["attempts"], second["state"]) == ("failed", 1, "sent")
        assert "可见范围" in first["error"]


@pytest.mark.parametrize(
    ("code", "words"),
    [(60020, "203.0.113.7"), (50003, "停用"), (48002, "权限")],
)
async def test_a_configuration_error_stops_the_channel(post: Post, code: int, words: str) -> None:
    """A minute's rest, no attempt burnt, the reason on the rows and in the metrics; groups go on."""
    post.fake.script(code, 1000)
    for number in range(120):
        await post.queue(f"u{number}", "x")
    await post.queue(GROUP, "照常", channel="group")
    assert await post.deliver() == 1
    asked = post.fake.calls["message/send"]
    assert asked <= module.AT_ONCE
    assert words in post.delivery.resting[SCOPE]
    rows = await post.rows()
    assert {row["attempts"] for row in rows[:-1]} == {0}
    assert any(words in (row["error"] or "") for row in rows)
    await post.deliver()
    assert post.fake.calls["message/send"] == asked
    post.fake._faults.clear()
    post.clock.forward(seconds=61)
    assert await post.deliver() == 120
    assert {row["error"] for row in await post.rows()} == {None}


async def test_a_quota_used_up_waits_a_minute(post: Post) -> None:
    """45009: nothing is wrong, nothing is burnt, everything comes later."""
    post.fake.script(45009)
    await post.queue("zhangsan", "x")
    await post.deliver()
    assert (await post.rows())[0]["attempts"] == 0
    assert post.delivery.outcomes["configuration"] == 0
    post.clock.forward(seconds=61)
    assert await post.deliver() == 1


async def test_a_wrong_secret_is_not_hammered(talk: Rehearsal) -> None:
    """One gettoken for a whole batch, and none while the channel rests."""
    async with posting(talk, secrets={"wwtest": "another"}) as post:
        for number in range(60):
            await post.queue(f"u{number}", "x")
        for _ in range(5):
            await post.deliver()
            post.clock.forward(seconds=61)
        assert post.fake.calls["gettoken"] == 1
        assert post.fake.calls["message/send"] == 0
        assert "secret" in post.delivery.resting[SCOPE]
        post.fake.secrets = {}
        post.clock.forward(minutes=10)
        assert await post.deliver() == 60


async def test_nobody_for_a_channel(post: Post) -> None:
    """An app or a group that the settings do not name: the message waits, and says for what."""
    await post.queue("zhangsan", "x", channel="wecom:gone")
    await post.queue("没有的群", "y", channel="group")
    await post.queue(GROUP, "z", channel="group")
    assert await post.deliver() == 1
    first, second, _third = await post.rows()
    assert (first["state"], second["state"]) == ("pending", "pending")
    assert "wecom:gone" in first["error"]
    assert "没有的群" in second["error"]


async def test_a_platform_that_is_away(talk: Rehearsal) -> None:
    """Refused connections are no uncertainty, and everything is sent when it is back."""
    async with posting(talk) as post:
        api = post.api(talk.database, api_base="http://127.0.0.1:1")
        delivery = post.another(talk.database, {SCOPE: api})
        await post.queue("zhangsan", "x")
        assert await delivery.deliver_once() == 0
        row = (await post.rows())[0]
        assert (row["state"], row["attempts"]) == ("pending", 1)
        assert "连不上" in row["error"]
        post.clock.forward(seconds=6)
        assert await post.deliver() == 1


async def test_a_sender_with_a_bug_harms_one_letter(post: Post) -> None:
    """What nobody thought of is an attempt like any other."""

    class Broken(Slow):
        async def send(self, letter: Letter) -> Outcome:
            raise ZeroDivisionError(letter.text)

    senders: dict[str, Sender] = {**post.senders, "wecom:broken": Broken()}
    await post.queue("a", "x", channel="wecom:broken")
    await post.queue("b", "y")
    assert await post.another(post.house.database, senders).deliver_once() == 1
    row = (await post.rows())[0]
    assert (row["state"], row["error"]) == ("uncertain", "ZeroDivisionError")


async def test_a_broken_delivery_says_so(post: Post, monkeypatch: pytest.MonkeyPatch) -> None:
    """What nothing should raise ends the loop, and with it the process, instead of hanging for ever."""

    def breaks(*_given: object) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr(post.delivery, "_concluded", breaks)
    await post.queue("zhangsan", "x")
    async with asyncio.timeout(5):
        with pytest.raises(ZeroDivisionError):
            await post.delivery.run()


# --- The loop ----------------------------------------------------------------------------------


async def test_fifty_at_once_and_no_more(post: Post) -> None:
    """Many members are served side by side, one member's letters never."""
    slow = Slow()
    under_way, most = 0, 0

    async def send(letter: Letter) -> Outcome:
        nonlocal under_way, most
        under_way += 1
        most = max(most, under_way)
        await asyncio.sleep(0.01)
        under_way -= 1
        return Sent(letter.text)

    slow.send = send  # type: ignore[method-assign]
    for number in range(130):
        await post.queue(f"u{number}", "x")
    assert await post.another(post.house.database, {SCOPE: slow}).deliver_once() == 130
    assert most == module.AT_ONCE


async def test_cancelling_loses_nothing(post: Post, monkeypatch: pytest.MonkeyPatch) -> None:
    """What was under way is settled if it ends in time; what was not begun is free at once."""
    slow = Slow()
    delivery = post.another(post.house.database, {SCOPE: slow})
    for number in range(80):
        await post.queue(f"u{number % 60}", str(number))
    task = asyncio.create_task(delivery.run())
    await slow.asked.wait()
    task.cancel()
    await asyncio.sleep(0)
    slow.free.set()
    with pytest.raises(asyncio.CancelledError):
        await task
    states = await post.states()
    assert states.count("sent") == len(slow.took) == module.AT_ONCE
    rows = [row for row in await post.rows() if row["state"] == "pending"]
    assert {(row["leased_until"], row["attempts"]) for row in rows} == {(None, 0)}
    assert await post.deliver() == 30
    monkeypatch.undo()


async def test_what_is_cut_off_comes_back_as_uncertain(
    post: Post, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nobody waits for ever on the way out, and nothing is taken for unsent that may have arrived."""
    monkeypatch.setattr(module, "GRACE_SECONDS", 0.01)
    slow = Slow()
    await post.queue("zhangsan", "x")
    task = asyncio.create_task(post.another(post.house.database, {SCOPE: slow}).run())
    await slow.asked.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert await post.deliver() == 0
    post.clock.forward(minutes=3)
    assert await post.deliver() == 1
    assert (await post.rows())[0]["attempts"] == 2


async def test_waking_delivers_at_once(post: Post, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody waits for the next look at the clock."""
    monkeypatch.setattr(module, "POLL_SECONDS", 3600)
    task = asyncio.create_task(post.delivery.run())
    await asyncio.sleep(0.05)
    await post.queue("zhangsan", "x")
    post.delivery.wake()
    await until(lambda: bool(post.fake.journal))
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert await post.states() == ["sent"]


async def test_a_new_message_does_not_wait_for_a_slow_one(post: Post) -> None:
    """One member's hanging connection is nobody else's trouble."""
    slow = Slow()
    senders: dict[str, Sender] = {**post.senders, "wecom:slow": slow}
    delivery = post.another(post.house.database, senders)
    await post.queue("a", "langsam", channel="wecom:slow")
    task = asyncio.create_task(delivery.run())
    await slow.asked.wait()
    await post.queue("b", "schnell")
    delivery.wake()
    await until(lambda: bool(post.fake.journal))
    slow.free.set()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task


async def test_a_clock_moved_on_sends_nothing_twice(post: Post) -> None:
    """In a rehearsal leases run out in a blink; what is under way here is still known."""
    slow = Slow()
    delivery = post.another(post.house.database, {SCOPE: slow})
    await post.queue("zhangsan", "x")
    task = asyncio.create_task(delivery.run())
    await slow.asked.wait()
    post.clock.forward(days=30)
    delivery.wake()
    await asyncio.sleep(0.1)
    slow.free.set()
    async with asyncio.timeout(5):
        while await post.states() != ["sent"]:
            await asyncio.sleep(0.005)
            post.clock.forward(minutes=3)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert slow.took == ["x"]

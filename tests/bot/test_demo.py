"""The demo over real HTTP on loopback: its page, its buttons, its drawer, and who is let in."""

import asyncio
import json
import os
import signal
import sys
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
from aiohttp import ClientSession, web

from bot import demo
from bot.app import App
from bot.web.life import PAYERS
from bot.web.people import PEOPLE
from bot.web.phone import ForgedReply, NotAnswered, Platform
from handlers import BY_NAME
from storage import tables
from storage.store import Store
from storage.verify import broken_links

TODAY = date(2026, 11, 23)
pytestmark = pytest.mark.asyncio(loop_scope="module")


@dataclass
class Visitor:
    """A browser before the running demo."""

    app: App
    session: ClientSession

    async def post(self, path: str, body: Any, **options: Any) -> tuple[int, Any]:
        """What a button's request gives: status and JSON."""
        async with self.session.post(f"/demo/{path}", json=body, **options) as response:
            is_json = response.content_type == "application/json"
            return response.status, await response.json() if is_json else None

    async def says(self, who: str, text: str = "", *, kind: str = "text") -> str:
        """The answer that came back through the callback."""
        status, found = await self.post("say", {"who": who, "kind": kind, "text": text})
        assert status == 200, found
        return str(found["answer"])

    async def get(self, path: str, **options: Any) -> tuple[int, Any, Any]:
        """Status, headers and text of a page."""
        async with self.session.get(path, allow_redirects=False, **options) as response:
            return response.status, response.headers, await response.text()

    async def bubbles(self, after: int = 0) -> list[dict[str, Any]]:
        """What the phones show."""
        found = json.loads((await self.get(f"/demo/state?after={after}"))[2])
        bubbles: list[dict[str, Any]] = found["bubbles"]
        return bubbles

    async def cards(self) -> dict[str, list[dict[str, Any]]]:
        """The drawer's cards by tab."""
        found = json.loads((await self.get("/demo/records"))[2])
        assert found["chain"]["holds"]
        return {tab["name"]: tab["cards"] for tab in found["tabs"]}

    async def state(self) -> dict[str, Any]:
        """What the page is told."""
        found: dict[str, Any] = json.loads((await self.get("/demo/state"))[2])
        return found

    async def now(self) -> datetime:
        """The demo's clock."""
        return datetime.fromisoformat((await self.state())["now"])

    async def moves(self, **asked: Any) -> list[dict[str, Any]]:
        """Press a button of the clock; what the phones show of it."""
        seen = len(await self.bubbles())
        status, found = await self.post("clock", asked)
        assert status == 200, found
        return await self.bubbles(seen)


@pytest_asyncio.fixture(loop_scope="module", scope="module")
async def visitor() -> AsyncIterator[Visitor]:
    """One demo for all tests of this file; they share its half year and its clock."""
    async with (
        demo.prepared(0, TODAY) as app,
        app.running() as port,
        ClientSession(f"http://127.0.0.1:{port}") as session,
    ):
        yield Visitor(app, session)


def words_of(card: dict[str, Any]) -> dict[str, str]:
    """A card's lines by label."""
    return {line["label"]: line["text"] for line in card["fields"]}


def names_in(place: Path) -> list[str]:
    """What lies in a directory."""
    return [one.name for one in place.iterdir()]


async def test_page_and_its_files(visitor: Visitor) -> None:
    """The page loads only from itself, and says so."""
    for path in ("/", "/demo"):
        status, headers, _text = await visitor.get(path)
        assert (status, headers["Location"]) == (302, "/demo/")
    status, headers, page = await visitor.get("/demo/")
    assert status == 200
    assert "双联" in page
    assert "//" not in page.replace("<!doctype", "")
    assert headers["Content-Security-Policy"].startswith("default-src 'self';")
    for name, kind in (("guide.css", "text/css"), ("clock.js", "text/javascript")):
        status, headers, _text = await visitor.get(f"/demo/static/{name}")
        assert (status, headers["Content-Type"]) == (200, f"{kind}; charset=utf-8")
    for name in ("pages.py", "..%2fpages.py", "nothing.js"):
        assert (await visitor.get(f"/demo/static/{name}"))[0] == 404


async def test_check_in_is_answered_shown_and_recorded(visitor: Visitor) -> None:
    """签到 works at once: answer, bubbles and the new card agree."""
    seen = len(await visitor.bubbles())
    answer = await visitor.says("member", "签到")
    assert "签到成功" in answer
    own, back = (await visitor.bubbles(seen))[:2]
    assert (own["phone"], own["side"], own["text"]) == ("member", "mine", "签到")
    assert (back["side"], back["text"]) == ("theirs", answer)
    newest = (await visitor.cards())["签到"][0]
    assert newest["title"] == "张三"
    assert words_of(newest)["方式"] == "现场参加"


async def test_second_delivery_changes_nothing(visitor: Visitor) -> None:
    """The same bytes again: the same answer, and nothing twice on record."""
    answer = await visitor.says("member", "党费 10月 20元")
    before = await visitor.cards()
    status, found = await visitor.post("say", {"who": "member", "again": True})
    assert (status, found["same"], found["answer"]) == (200, True, answer)
    assert await visitor.cards() == before
    hint, again = (await visitor.bubbles())[-2:]
    assert "没有重复登记" in hint["text"]
    assert (again["side"], again["text"]) == ("again", answer)


async def test_nothing_to_deliver_again(visitor: Visitor) -> None:
    """再投递一次 before anything was said on a phone is refused in words."""
    status, found = await visitor.post("say", {"who": "secretary", "again": True})
    assert status == 400
    assert "还没有发过消息" in found["problem"]


async def test_location_leaves_no_coordinates(visitor: Visitor) -> None:
    """The district is kept, sealed; the coordinates are nowhere in the database file."""
    assert "虎丘区" in await visitor.says("member", kind="location")
    newest = (await visitor.cards())["所在地"][0]
    district = next(line for line in newest["fields"] if line["label"] == "区县")
    assert district["text"] == "虎丘区"
    assert "字节" in district["stored"]
    stored = Path(visitor.app.database.url.removeprefix("sqlite+aiosqlite:///"))
    everything = b"".join(file.read_bytes() for file in stored.parent.iterdir())
    assert b"120.56614" not in everything
    assert "虎丘区".encode() not in everything


async def test_picture_becomes_proof_and_approval_arrives(visitor: Visitor) -> None:
    """Dues, then a picture; the secretary confirms; the member's phone hears of it unprompted."""
    said = await visitor.says("member", "党费 11月 20元")
    assert "等待支部确认" in said
    assert "凭证" in await visitor.says("member", kind="image")
    assert "张三" in await visitor.says("secretary", "待办")
    assert "已通过" in await visitor.says("secretary", "全部通过 党费")
    await visitor.app.delivery.deliver_once()
    told = [one for one in await visitor.bubbles() if one["side"] == "notice"]
    assert told[-1]["phone"] == "member"
    assert "已确认" in told[-1]["text"]
    mine = next(card for card in (await visitor.cards())["党费"] if card["title"] == "张三")
    assert words_of(mine)["状态"] == "已确认"


async def test_every_suggestion_is_understood(visitor: Visitor) -> None:
    """No chip leads to 没有听明白; a voice message is answered too."""
    state = json.loads((await visitor.get("/demo/state"))[2])
    for who, chips in state["chips"].items():
        for chip in chips:
            assert "没有听明白" not in await visitor.says(who, chip), chip
        await visitor.says(who, "取消")
    assert await visitor.says("member", kind="voice")


@pytest.mark.parametrize(
    "text", ["a]]>b<xml>&amp;", "\x00\x08签到\ud800", "一\n二\n三", "😀" * 500]
)
async def test_any_text_gets_through(visitor: Visitor, text: str) -> None:
    """Whatever is typed reaches the bot as text and is answered."""
    assert await visitor.says("member", text)


@pytest.mark.parametrize(
    "body",
    [
        {"who": "group", "text": "大家好"},
        {"who": "member", "kind": "link", "text": "x"},
        {"who": "member", "text": "  "},
        {"who": "member", "text": 1},
        {"who": "member", "text": "长" * 2001},
        {"who": ["member"], "text": "签到"},
        {},
        [],
    ],
)
async def test_incomplete_requests_are_refused(visitor: Visitor, body: Any) -> None:
    """What no button sends is refused, and no phone shows it."""
    seen = len(await visitor.bubbles())
    status, found = await visitor.post("say", body)
    assert status == 400
    assert found["problem"]
    assert await visitor.bubbles(seen) == []


async def test_other_hosts_and_origins_are_kept_out(visitor: Visitor) -> None:
    """DNS rebinding and other pages' requests get nothing."""
    for host in ("evil.example", "127.0.0.1.evil.example", "[", ""):
        assert (await visitor.get("/demo/state", headers={"Host": host}))[0] in {400, 403}
    for origin in ("https://evil.example", "null", "http://127.0.0.1:1"):
        status, _ = await visitor.post("clock", {"hours": 1}, headers={"Origin": origin})
        assert status == 403
    form = {"data": '{"hours": 1}', "headers": {"Content-Type": "text/plain"}}
    async with visitor.session.post("/demo/clock", **form) as response:
        assert response.status == 415


async def test_broken_json_and_numbers(visitor: Visitor) -> None:
    """Bad JSON is an incomplete request; a bad `after` reads as the beginning."""
    form = {"data": b"\xff{", "headers": {"Content-Type": "application/json"}}
    async with visitor.session.post("/demo/say", **form) as response:
        assert response.status == 400
    everything = await visitor.bubbles()
    for after in ("-1", "x", "9" * 40, "²"):
        found = json.loads((await visitor.get(f"/demo/state?after={after}"))[2])
        assert len(found["bubbles"]) == len(everything)


async def test_what_no_clock_button_sends(visitor: Visitor) -> None:
    """The clock goes forward only, and not for ever."""
    before = await visitor.now()
    for body in ({"hours": -1}, {"days": 0}, {"hours": "1"}, {"hours": 10**9}, {"to": "x"}, {}):
        assert (await visitor.post("clock", body))[0] == 400
    assert (await visitor.now() - before).total_seconds() < 60


async def test_a_day_brings_the_notice(visitor: Visitor) -> None:
    """The invitation, to the member a card, to the group words; then the activity is over and recorded."""
    came = await visitor.moves(days=1)
    assert [one["at"] for one in came] == sorted(one["at"] for one in came)
    invited, over = (one for one in came if one["phone"] == "group")
    assert ("活动结束" in over["text"], "组织生活会" in invited["text"]) == (True, True)
    assert (over["at"][11:16], invited["at"][11:16]) == ("11:31", "09:00")
    card = next(one for one in came if one["kind"] == "card")
    assert (card["phone"], card["buttons"]) == ("member", ["参加", "线上", "请假"])
    attended = {card["title"] for card in (await visitor.cards())["签到"]}
    assert {"孙七", "周八", "郑十"} <= attended
    told = words_of((await visitor.cards())["提醒"][0])
    assert told["状态"] == "已通知"


async def test_a_tap_goes_through_the_callback(visitor: Visitor) -> None:
    """A card's button is an encrypted event; the bot answers what the button says. Other taps are refused."""
    bubbles = await visitor.bubbles()
    card = [one for one in bubbles if (one["phone"], one["kind"]) == ("member", "card")][-1]
    status, found = await visitor.post("tap", {"who": "member", "card": card["ref"], "button": 2})
    assert status == 200
    assert "请假" in found["answer"]
    assert (await visitor.bubbles())[-1]["text"] == found["answer"]
    async with visitor.app.database.reading() as unit:
        heard = await unit.select(tables.inbox, tables.inbox.c.sender == "zhangsan")
    assert "请假 11月30日" in {row["text"] for row in heard}
    assert "取消" in await visitor.says("member", "取消")
    for wrong in (
        {"who": "secretary", "card": card["ref"], "button": 0},
        {"who": "member", "card": card["ref"], "button": 3},
        {"who": "member", "card": card["ref"], "button": "0"},
        {"who": "group", "card": "x", "button": 0},
    ):
        assert (await visitor.post("tap", wrong))[0] == 400


async def test_a_file_can_be_saved(visitor: Visitor) -> None:
    """What is sent as a file has its name on the phone, and its bytes behind it."""
    content = b"PK the record form"
    async with visitor.app.database.unit() as unit:
        store = Store(unit)
        scope = next(iter(visitor.app.channels.values())).scope
        now, file = visitor.app.clock.now(), ("记录表.docx", content)
        await store.outbox.send(scope, "lihongmei", "", now, kind="file", file=file)
        await store.finish()
    shown = (await visitor.moves(hours=0.1))[-1]
    assert (shown["phone"], shown["kind"], shown["text"]) == ("secretary", "file", "记录表.docx")
    async with visitor.session.get(f"/demo/files/{shown['ref']}") as response:
        assert await response.read() == content
        assert "attachment" in response.headers["Content-Disposition"]
    assert (await visitor.get("/demo/files/nothing"))[0] == 404


async def test_two_moves_at_once(visitor: Visitor) -> None:
    """The second is refused while the first is under way, whoever else ticks meanwhile."""
    first = asyncio.create_task(visitor.post("clock", {"to": "activity"}))
    async with asyncio.timeout(5):
        while not (await visitor.state())["moving"]:
            pass
    assert (await visitor.post("clock", {"days": 7}))[0] == 409
    await visitor.app.tick_once()
    assert (await first)[0] == 200
    assert (await visitor.now()).strftime("%m-%d %H:%M") == "11-30 08:50"
    async with visitor.app.database.reading() as unit:
        sent = [row["message_id"] for row in await unit.select(tables.notices)]
        paid = await unit.select(tables.dues, tables.dues.c.month == "2026-11")
        names = {row["id"]: row["name"] for row in await unit.select(tables.members)}
    assert len(set(sent)) > 1
    payers = {one.name for one in PEOPLE if one.user in PAYERS}
    assert payers <= {names[row["member_id"]] for row in paid}


TOPICS = {"记录表": "record", "联系": "contact", "办结": "duties"}


async def test_guide_leads_to_the_end(visitor: Visitor) -> None:
    """Each button does the next thing, and the list ticks itself off; a step waits for its topic."""
    for _ in range(14):
        steps = (await visitor.state())["guide"]
        able = [one for one in steps if TOPICS.get(one["title"], "help") in BY_NAME]
        left = [one for one in able if not one["done"]]
        if not left:
            break
        if left[0]["to"]:
            await visitor.moves(to=left[0]["to"])
        else:
            await visitor.says(left[0]["phone"], left[0]["text"])
            await visitor.moves(hours=0.01)
    assert len(steps) == 7
    assert [one["title"] for one in able if not one["done"]] == []


async def test_when_nothing_comes(visitor: Visitor, monkeypatch: pytest.MonkeyPatch) -> None:
    """到下一个提醒 stops at the first message; it and 到下次活动 say so when there is none."""
    before = await visitor.now()
    came = await visitor.moves(to="notice")
    assert len({one["at"][:13] for one in came}) == 1
    assert await visitor.now() > before
    monkeypatch.setattr("bot.web.clock.FARTHEST", timedelta(minutes=1))
    status, found = await visitor.post("clock", {"to": "notice"})
    assert (status, found["problem"]) == (400, "一直走到了 100 天以后，没有新的消息。")
    async with visitor.app.database.unit() as unit:
        await unit.change_many(
            tables.activities,
            ("id",),
            [
                {"id": row["id"], "cancelled_at": visitor.app.clock.now()}
                for row in await unit.select(tables.activities)
            ],
        )
    status, found = await visitor.post("clock", {"to": "activity"})
    assert (status, found["problem"]) == (400, "后面没有安排活动了。")


@pytest.mark.parametrize("today", [date(2027, 1, 1), date(2028, 2, 29), date(2026, 12, 31)])
async def test_sample_is_the_same_on_any_day(today: date, monkeypatch: pytest.MonkeyPatch) -> None:
    """Half a year on record, the chains hold, and the environment has no say."""
    monkeypatch.setenv("BRANCH", "main")
    async with demo.prepared(0, today) as app:
        place = Path(app.database.url.removeprefix("sqlite+aiosqlite:///")).parent
        async with app.database.reading() as unit:
            assert await broken_links(unit) == []
            inbox = await unit.select(tables.inbox)
            states = [row["state"] for row in await unit.select(tables.dues)]
            waiting = await unit.select(tables.requests, tables.requests.c.state == "pending")
            reports = await unit.select(tables.reports)
            leaves = await unit.select(tables.leaves)
            stints = await unit.select(tables.stints)
        assert {row["state"] for row in inbox} == {"done"}
        assert not [row["answer"] for row in inbox if "没有听明白" in row["answer"]]
        assert states.count("confirmed") > 50
        assert states.count("pending") == 3
        assert {row["kind"] for row in waiting} == {"dues", "report", "leave", "help"}
        assert (len(reports), len(leaves)) == (2, 2)
        assert all(row["certificate"] for row in stints)
        assert app.turns.failed == 0
    assert not place.exists()


async def test_run_ends_cleanly_and_leaves_nothing(tmp_path: Path) -> None:
    """The command's coroutine announces the address, ends on SIGTERM, and its data is gone."""
    code = "import asyncio; from bot import demo; asyncio.run(demo.run(0, print))"
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-uc",
        code,
        stdout=asyncio.subprocess.PIPE,
        env={**os.environ, "TMPDIR": str(tmp_path)},
    )
    assert process.stdout is not None
    assert b"http://127.0.0.1:" in await asyncio.wait_for(process.stdout.readline(), 60)
    assert names_in(tmp_path)[0].startswith("shuanglian-demo-")
    process.send_signal(signal.SIGTERM)
    await asyncio.wait_for(process.communicate(), 30)
    assert process.returncode == 0
    assert names_in(tmp_path) == []


@pytest_asyncio.fixture(loop_scope="module")
async def callback() -> AsyncIterator[tuple[str, list[tuple[str, bytes]], list[web.Response]]]:
    """A callback that gives prepared answers, and what was delivered to it."""
    got: list[tuple[str, bytes]] = []
    answers: list[web.Response] = []

    async def receive(request: web.Request) -> web.Response:
        got.append((request.query_string, await request.read()))
        return answers.pop(0)

    app = web.Application()
    app.router.add_post("/wecom/demo", receive)
    runner = web.AppRunner(app)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    yield f"http://127.0.0.1:{runner.addresses[0][1]}", got, answers
    await runner.cleanup()


def platform(tmp_path: Path) -> Platform:
    """The simulated platform for a fresh app."""
    return Platform("demo", demo.demo_settings(0, tmp_path).wecom["demo"])


async def test_platform_delivers_three_times_the_same_bytes(
    callback: tuple[str, list[tuple[str, bytes]], list[web.Response]], tmp_path: Path
) -> None:
    """No answer, the same delivery again, then it gives up, as WeChat Work does."""
    base, got, answers = callback
    answers += [web.Response(status=503) for _ in range(3)]
    ours = platform(tmp_path)
    delivery = ours.write("zhangsan", "text", "签到", datetime.now().astimezone())
    async with ClientSession() as session:
        with pytest.raises(NotAnswered):
            await ours.deliver(session, base, delivery)
        assert len(got) == 3
        assert len(set(got)) == 1
        answers.append(web.Response())
        assert await ours.deliver(session, base, delivery) == ""


async def test_platform_refuses_forged_answers(
    callback: tuple[str, list[tuple[str, bytes]], list[web.Response]], tmp_path: Path
) -> None:
    """An answer sealed for another app, or with a wrong signature, is no answer."""
    base, _got, answers = callback
    ours, other = platform(tmp_path), platform(tmp_path)
    forged = other.write("wwdemo", "text", "假的", datetime.now().astimezone())
    envelope = forged.body.decode().replace(
        "</xml>", "<MsgSignature>0</MsgSignature><TimeStamp>1</TimeStamp><Nonce>n</Nonce></xml>"
    )
    answers.append(web.Response(text=envelope))
    delivery = ours.write("zhangsan", "text", "签到", datetime.now().astimezone())
    async with ClientSession() as session:
        with pytest.raises(ForgedReply):
            await ours.deliver(session, base, delivery)

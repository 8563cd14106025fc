"""The demo over real HTTP on loopback: its page, its buttons, its drawer, and who is let in."""

import asyncio
import json
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from bot.web.life import PAYERS
from bot.web.looks import DINGTALK, GROUP, WECOM
from bot.web.people import PEOPLE
from handlers import BY_NAME
from storage import tables
from storage.store import Store
from tests.bot.demo_visitor import Visitor, words_of

pytestmark = pytest.mark.asyncio(loop_scope="module")


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
        look = DINGTALK if who == GROUP else WECOM
        for chip in chips:
            assert "没有听明白" not in await visitor.says(who, chip, look=look), chip
        await visitor.says(who, "取消", look=look)
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
        {"who": "group", "look": "dingtalk", "kind": "image"},
        {"who": "member", "look": "dingtalk", "kind": "location"},
        {"who": "member", "look": "other", "text": "签到"},
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
    """What no button sends is refused, and no phone shows it, whatever letter comes meanwhile."""
    seen = len(await visitor.bubbles())
    status, found = await visitor.post("say", body)
    assert status == 400
    assert found["problem"]
    assert [one for one in await visitor.bubbles(seen) if one["side"] != "notice"] == []


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
    here = [one for one in came if one["look"] == WECOM]
    assert [one["text"] for one in came if one["phone"] == "group" and one not in here] == [
        one["text"] for one in here if one["phone"] == "group"
    ]
    invited, over = (one for one in here if one["phone"] == "group")
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
    for _ in range(16):
        steps = (await visitor.state())["guide"]
        able = [one for one in steps if TOPICS.get(one["title"], "help") in BY_NAME]
        left = [one for one in able if not one["done"]]
        if not left:
            break
        if left[0]["to"]:
            await visitor.moves(to=left[0]["to"])
        else:
            await visitor.says(left[0]["phone"], left[0]["text"], look=left[0]["look"])
            await visitor.moves(hours=0.01)
    assert len(steps) == 8
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

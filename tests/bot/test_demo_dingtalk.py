"""The demo's phones on DingTalk, through its signed callback: the same people, the same records."""

import re
from datetime import datetime

import pytest
from aiohttp import ClientSession
from pydantic import SecretStr

from bot.channels.dingtalk import Dingtalk
from bot.settings import DingtalkSection
from bot.web.dingtalk_phone import DingtalkPhone
from bot.web.dingtalk_platform import FakeDingtalk
from bot.web.looks import DINGTALK, STAFF, WECOM, channel_of
from bot.web.people import MEMBER, PEOPLE, SECRETARY
from bot.web.phone import NotAnswered
from storage import tables
from storage.store import Store
from tests.bot.demo_visitor import Shown, Visitor, words_of
from tests.bot.fake_wecom import payloads

pytestmark = pytest.mark.asyncio(loop_scope="module")
SIGNED = payloads("dingtalk.json", "robot_sign")


async def newest(visitor: Visitor, phone: str, side: str = "notice") -> Shown:
    """The last bubble of one side on a phone, when everything queued is sent."""
    await visitor.app.delivery.deliver_once()
    shown = [one for one in await visitor.bubbles() if (one["phone"], one["side"]) == (phone, side)]
    return shown[-1]


async def test_everybody_has_an_account_on_each_platform(visitor: Visitor) -> None:
    """Until somebody uses DingTalk, what the bot sends by itself goes to WeChat Work."""
    scopes = {one.scope for one in visitor.app.channels.values()}
    async with visitor.app.database.reading() as unit:
        rows = await unit.select(tables.accounts)
        members = {row["member_id"] for row in rows}
        written_to = [await Store(unit).members.account_of(one) for one in members]
    people = [one.user for one in PEOPLE if one.user]
    assert {(row["scope"], row["user"]) for row in rows} == {
        (scope, STAFF[user] if scope.startswith(DINGTALK) else user)
        for scope in scopes
        for user in people
    }
    assert {one.user for one in written_to if one is not None} == set(people)


async def test_a_check_in_there_counts_here_too(visitor: Visitor) -> None:
    """Said on DingTalk, on record once, and known on WeChat Work; each app shows its own."""
    seen, before = len(await visitor.bubbles()), (await visitor.cards())["签到"]
    assert "签到成功" in await visitor.says("member", "签到", look=DINGTALK)
    assert "不用重复签到" in await visitor.says("member", "签到")
    shown = await visitor.bubbles(seen)
    assert [one["look"] for one in shown] == [DINGTALK, DINGTALK, WECOM, WECOM]
    cards = await visitor.cards()
    assert len({card["key"] for card in cards["签到"]} - {card["key"] for card in before}) == 1
    assert (
        words_of(next(one for one in cards["消息"] if one["title"] == "张三"))["平台"] == "企业微信"
    )
    async with visitor.app.database.reading() as unit:
        heard = await unit.select(tables.inbox, tables.inbox.c.sender == STAFF[MEMBER])
    assert [row["channel"] for row in heard] == [channel_of(DINGTALK)]


async def test_a_repeat_changes_nothing(visitor: Visitor) -> None:
    """The same msgId again: the same answer, nothing twice on record; each app repeats its own last message."""
    answer = await visitor.says("member", "党费 10月 20元", look=DINGTALK)
    before = await visitor.cards()
    again = {"who": "member", "look": DINGTALK, "again": True}
    status, found = await visitor.post("say", again)
    assert (status, found["same"], found["answer"]) == (200, True, answer)
    assert await visitor.cards() == before
    assert [one["look"] for one in (await visitor.bubbles())[-2:]] == [DINGTALK] * 2
    status, found = await visitor.post("say", {**again, "look": WECOM})
    assert (status, found["same"]) == (200, True)
    assert "签到" in found["answer"]


async def test_picture_and_voice(visitor: Visitor) -> None:
    """A picture is a download code and becomes the proof; voice comes as the words it was heard as."""
    assert "截图" in await visitor.says("member", kind="image", look=DINGTALK)
    async with visitor.app.database.reading() as unit:
        rows = await unit.select(tables.dues, tables.dues.c.proof.is_not(None))
        proof = max(rows, key=lambda row: row["declared_at"])["proof"]
        kept = await unit.select(tables.media, tables.media.c.id == int(proof))
    assert (kept[0]["channel"], kept[0]["kind"]) == (channel_of(DINGTALK), "image")
    answer = await visitor.says("member", kind="voice", look=DINGTALK)
    assert "张三" in answer
    assert (await newest(visitor, "member", "mine"))["text"] == "我的记录。"


async def test_what_cannot_be_taken_back_wants_a_code(visitor: Visitor) -> None:
    """It comes as a letter into the same app; with it the decision is made."""
    asked = await visitor.says("secretary", "全部通过 党费", look=DINGTALK)
    assert "确认码" in asked
    letter = await newest(visitor, "secretary")
    assert letter["look"] == DINGTALK
    code = re.search(r"确认码 ([0-9]{4})", letter["text"])
    assert code is not None
    assert "已通过" in await visitor.says("secretary", code[1], look=DINGTALK)
    told = await newest(visitor, "member")
    assert (told["look"], "已确认" in told["text"]) == (DINGTALK, True)


async def test_letters_follow_the_app_last_used(visitor: Visitor) -> None:
    """The member answers on DingTalk, so what the secretary decides arrives there, and the other way round."""
    for look, month in ((WECOM, 8), (DINGTALK, 9)):
        await visitor.says("member", f"意见 {month}月起开个座谈会", look=look)
        async with visitor.app.database.reading() as unit:
            waiting = await unit.select(tables.requests, tables.requests.c.kind == "suggestion")
        await visitor.says("secretary", f"通过 {max(one['id'] for one in waiting)} 好的")
        assert (await newest(visitor, "member"))["look"] == look


async def test_the_group_can_be_spoken_in(visitor: Visitor) -> None:
    """As 张三, with the robot's @ before it: a check-in aloud, private matters in the single chat."""
    answer = await visitor.says("group", "签到", look=DINGTALK)
    assert answer.startswith("@张三 ")
    assert (await newest(visitor, "group", "mine"))["text"] == "@双联 签到"
    assert "单聊" in await visitor.says("group", "我的记录", look=DINGTALK)
    letter = await newest(visitor, "member")
    assert (letter["look"], "活动证" in letter["text"]) == (DINGTALK, True)
    status, found = await visitor.post("say", {"who": "group", "look": DINGTALK, "again": True})
    assert (status, found["same"]) == (200, True)


async def test_a_late_answer_is_shown(visitor: Visitor, monkeypatch: pytest.MonkeyPatch) -> None:
    """What comes by the session's address, when the response had to be silent, stands in the chat it belongs to."""
    monkeypatch.setattr(Dingtalk, "seconds", 0.05)
    for phone in ("member", "group"):
        async with visitor.app.database.unit():  # somebody else writes
            assert await visitor.says(phone, "签到", look=DINGTALK) == ""
    monkeypatch.setattr(Dingtalk, "seconds", 5.0)
    for _ in range(2):  # the second is in a later batch for certain
        await visitor.says("secretary", "帮助")
    for phone, begins in (("member", "您已于"), ("group", "@张三 ")):
        late = await newest(visitor, phone)
        assert (late["look"], late["text"].startswith(begins)) == (DINGTALK, True)


async def test_a_card_types_its_words(visitor: Visitor) -> None:
    """A button of DingTalk's card sends its line as the member's own; the group hears on both platforms."""
    await visitor.says("member", "帮助", look=DINGTALK)
    came = await visitor.moves(to="invitation")
    card = next(one for one in came if (one["phone"], one["kind"]) == ("member", "card"))
    assert (card["look"], card["buttons"]) == (DINGTALK, ["参加", "线上", "请假"])
    assert card["title"]
    assert "**" not in card["text"]
    assert [one["look"] for one in came if one["phone"] == "group"] == [WECOM, DINGTALK]
    status, found = await visitor.post("tap", {"who": "member", "card": card["ref"], "button": 1})
    assert status == 200
    assert "线上" in found["answer"]
    mine = await newest(visitor, "member", "mine")
    assert (mine["text"], mine["look"]) == ("线上 11月30日", DINGTALK)
    wrong = {"who": "member", "card": card["ref"], "button": 3}
    assert (await visitor.post("tap", wrong))[0] == 400


async def test_a_file_can_be_saved(visitor: Visitor) -> None:
    """A file on DingTalk has its name, and its bytes behind it."""
    content = b"PK the record form"
    async with visitor.app.database.unit() as unit:
        store, now = Store(unit), visitor.app.clock.now()
        scope = visitor.app.channels[channel_of(DINGTALK)].scope
        file = ("记录表.docx", content)
        await store.outbox.send(scope, STAFF[SECRETARY], "", now, kind="file", file=file)
        await store.finish()
    shown = await newest(visitor, "secretary")
    assert (shown["kind"], shown["text"], shown["look"]) == ("file", "记录表.docx", DINGTALK)
    async with visitor.session.get(f"/demo/files/{shown['ref']}") as response:
        assert await response.read() == content


async def test_the_guide_changes_the_app(visitor: Visitor) -> None:
    """Its step is done by whoever says something on DingTalk, and leads there."""
    step = next(one for one in (await visitor.state())["guide"] if one["look"])
    assert (step["title"], step["look"], step["done"]) == ("换到钉钉", DINGTALK, True)


@pytest.mark.parametrize("vector", SIGNED, ids=lambda one: str(one["id"]))
async def test_signature_is_the_published_one(vector: dict[str, str]) -> None:
    """Written out a second time, it still gives what the platform's own samples give."""
    moment = datetime.fromtimestamp(int(vector["timestamp"]) / 1000).astimezone()
    secret = SecretStr(vector["secret"])
    robot = DingtalkSection(client_id="d", client_secret=secret, robot_code="d")
    phone = DingtalkPhone("demo", robot, FakeDingtalk(lambda: moment))
    assert phone.signed() == {"timestamp": vector["timestamp"], "sign": vector["sign"]}


async def test_nobody_asks_twice(visitor: Visitor) -> None:
    """A robot that does not know the secret gets no answer, and the platform leaves it at that."""
    secret = SecretStr("another")
    robot = DingtalkSection(client_id="d", client_secret=secret, robot_code="d")
    fake = FakeDingtalk(visitor.app.clock.now)
    phone = DingtalkPhone("demo", robot, fake)
    async with ClientSession() as session:
        delivery = phone.write(STAFF[MEMBER], "text", "签到", fake.now())
        base = str(visitor.session._base_url).rstrip("/")
        with pytest.raises(NotAnswered):
            await phone.deliver(session, base, delivery)

"""DingTalk over HTTP, the whole bot behind it: what is answered, in a group and alone, and what must be proven."""

import asyncio
import json
import re
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from bot import exchange
from bot.channels.base import NotCommitted
from bot.channels.dingtalk import Dingtalk
from bot.exchange import ONE_TO_ONE
from storage import tables
from storage.records import Purpose
from tests.bot.dingtalk_house import dingtalk_settings, on_dingtalk
from tests.bot.fake_dingtalk import GROUP, FakeRobot, signed
from tests.bot.fake_wecom import Running, payloads, running

ZHANG, LI = "张三", "李红梅"


@pytest.fixture
async def bot(sqlite_url: str, tmp_path: Path) -> AsyncIterator[Running]:
    """Real HTTP, real turns, two people with accounts on both platforms."""
    async with running(dingtalk_settings(sqlite_url, tmp_path)) as found:
        await found.house.member(ZHANG)
        await found.house.member(LI, position="书记")
        await on_dingtalk(found.house, ZHANG, LI)
        yield found


@pytest.fixture
def robot(bot: Running) -> FakeRobot:
    """The platform before the running bot."""
    return FakeRobot(bot.wecom.port)


async def letters(bot: Running) -> list[tuple[str, str, str]]:
    """What was queued: channel, recipient, words."""
    found = await bot.house.rows(tables.outbox)
    found.sort(key=lambda row: int(row["id"]))
    return [(row["channel"], row["recipient"], row["text"]) for row in found]


async def test_a_message_is_answered_in_the_response(bot: Running, robot: FakeRobot) -> None:
    """200, JSON in the webhooks' format, on record by then, and nothing queued."""
    answer = await robot.post(robot.message(ZHANG, "党费 10月 20元"))
    assert answer.headers["Content-Type"] == "application/json; charset=utf-8"
    assert "2026年10月" in json.loads(answer.body)["text"]["content"]
    assert [row["month"] for row in await bot.house.rows(tables.dues)] == ["2026-10"]
    assert not [one for one in await letters(bot) if one[1] == ZHANG]


async def test_a_repeat_gets_the_same_answer_and_no_second_effect(
    bot: Running, robot: FakeRobot
) -> None:
    """By its number, whatever the moment of the second delivery; at once, too."""
    said = robot.message(ZHANG, "党费 10月 20元", number="77")
    first = await robot.gets(said)
    robot.later(minutes=20)
    assert await robot.gets(said) == first
    twins = robot.message(ZHANG, "党费 11月 20元", number="78")
    assert len(set(await asyncio.gather(*(robot.gets(twins) for _ in range(5))))) == 1
    assert len(await bot.house.rows(tables.dues)) == 2


@pytest.mark.parametrize("headers", [{}, {**signed(), "sign": "x"}, signed(secret="other")])
async def test_a_forged_message_is_refused(
    bot: Running, robot: FakeRobot, headers: dict[str, str]
) -> None:
    """403, and nothing on record."""
    answer = await robot.post(robot.message(ZHANG, "党费 10月 20元"), headers)
    assert (answer.status, answer.body) == (403, b"")
    assert await bot.house.rows(tables.inbox) == []


@pytest.mark.parametrize("body", [b"", b"hello", b"[]", b"\xff", b"{}"])
async def test_what_cannot_be_read_is_refused(robot: FakeRobot, body: bytes) -> None:
    """400 behind a right signature."""
    assert (await robot.post(body)).status == 400


async def test_there_is_nothing_to_get(bot: Running) -> None:
    """The platform never asks first here."""
    assert (await bot.wecom.send("GET", "/dingtalk/main")).status == 405
    assert (await bot.wecom.send("POST", "/dingtalk/other")).status == 404


SAMPLES = [
    one
    for one in payloads("dingtalk_messages.json", "samples")
    if one["kind"].startswith("bot_message")
]


@pytest.mark.parametrize("sample", SAMPLES, ids=lambda one: one["id"])
async def test_every_published_message_is_answered(
    bot: Running, robot: FakeRobot, sample: dict[str, Any]
) -> None:
    """Understood or politely not: no failed turn, and words for whoever wrote."""
    base = robot.message(ZHANG) if "fragment" in sample["kind"] else {}
    fields = {**base, **sample["payload"]}
    fields.pop("robotCode", None)
    assert await robot.gets(fields)
    assert bot.app.turns.failed == 0


KINDS: list[tuple[dict[str, Any], str]] = [
    ({"msgtype": "audio", "content": {"recognition": "党费10月20元。"}}, "2026年10月"),
    ({"msgtype": "audio", "content": {"recognition": ""}}, "没有听出文字"),
    ({"msgtype": "picture", "content": {"downloadCode": "d"}}, "图片收到了"),
    ({"msgtype": "video", "content": {"downloadCode": "d"}}, "处理不了视频"),
    ({"msgtype": "file", "content": {"downloadCode": "d", "fileName": "a.docx"}}, "不收文件"),
    ({"msgtype": "unknownMsgType", "content": {"unknownMsgType": "?"}}, "看不懂这种消息"),
    ({"msgtype": "interactiveCard"}, "看不懂这种消息"),
    ({"errorCode": 20001}, "额度用完了"),
    ({"senderStaffId": ""}, "本单位的哪位同志"),
]


@pytest.mark.parametrize(("changed", "gets"), KINDS)
async def test_each_kind_has_its_answer(
    robot: FakeRobot, changed: dict[str, Any], gets: str
) -> None:
    """Voice is its text; what cannot be used is said to be so."""
    assert gets in await robot.gets(robot.message(ZHANG, **{"text": None, **changed}))


async def test_words_with_a_picture_are_both_taken(bot: Running, robot: FakeRobot) -> None:
    """One message of theirs, two of ours, one answer."""
    content = {"richText": [{"text": "党费 10月 20元"}, {"downloadCode": "d1"}]}
    said = robot.message(ZHANG, msgtype="richText", content=content, text=None)
    answer = await robot.gets(said)
    assert "2026年10月" in answer
    assert "截图" in answer.rpartition("\n\n")[2]
    assert [row["proof"] for row in await bot.house.rows(tables.dues)] == ["1"]
    (photo,) = await bot.house.rows(tables.media)
    assert (photo["channel"], photo["kind"], photo["code"]) == ("dingtalk.main", "image", "d1")


async def test_the_platforms_count_is_kept(bot: Running, robot: FakeRobot) -> None:
    """A push each, once however often it comes; and that the quota is used up."""
    for number in ("1", "1", "2"):
        await robot.says(ZHANG, "帮助", number=number)
    await robot.gets(robot.message(ZHANG, errorCode=20001, text=None))
    counted = {row["kind"]: row["amount"] for row in await bot.house.rows(tables.usage)}
    assert counted == {"pushes": 3, "exhausted": 3}


# --- In a group -------------------------------------------------------------------------------


async def test_a_check_in_is_answered_in_the_group(bot: Running, robot: FakeRobot) -> None:
    """To whoever said it, without anything private; nothing else is sent."""
    await bot.house.activity()
    answer = await robot.says(ZHANG, " 签到", group=GROUP)
    assert answer.startswith(f"@{ZHANG} 签到成功：")
    assert not any(word in answer for word in ("记实档案", "迟到", "撤销"))
    assert await letters(bot) == []
    assert len(await bot.house.rows(tables.attendance)) == 1
    assert "已经签到过" in await robot.says(ZHANG, "签到", group=GROUP)


PRIVATE = [
    ("党费 10月 20元", "2026年10月"),
    ("我到苏州工业园区了", "苏州"),
    ("请假 孩子发烧", "请假"),
    ("我的记录", "记录"),
    ("求助 家里漏水", "书记"),
]


@pytest.mark.parametrize(("said", "told"), PRIVATE)
async def test_private_matters_move_to_the_single_chat(
    bot: Running, robot: FakeRobot, said: str, told: str
) -> None:
    """The group hears that it was heard; the answer goes to the account itself."""
    await bot.house.activity()
    answer = await robot.says(ZHANG, said, group=GROUP)
    assert answer == f"@{ZHANG} {ONE_TO_ONE}"
    mine = [words for channel, to, words in await letters(bot) if to == ZHANG]
    assert len(mine) == 1
    assert told in mine[0]


async def test_a_question_of_the_single_chat_is_not_answered_in_a_group(
    bot: Running, robot: FakeRobot
) -> None:
    """What is said aloud is heard as a new line, and the question stays open."""
    await bot.house.activity()
    assert "多少元" in await robot.says(ZHANG, "党费 10月")
    assert "没有听明白" in await robot.says(ZHANG, "20元", group=GROUP)
    assert "签到成功" in await robot.says(ZHANG, "签到", group=GROUP)
    assert "截图" in await robot.says(ZHANG, "20元")


async def test_a_picture_in_a_group_belongs_to_its_own_words(
    bot: Running, robot: FakeRobot
) -> None:
    """It is the proof of the dues said with it, and no page of a draft that is open elsewhere."""
    content = {"richText": [{"text": "党费 10月 20元"}, {"downloadCode": "d1"}]}
    rich: dict[str, Any] = {"msgtype": "richText", "content": content, "text": None}
    await robot.gets(robot.message(ZHANG, group=GROUP, **rich))
    assert [row["proof"] is not None for row in await bot.house.rows(tables.dues)] == [True]
    await robot.says(ZHANG, "思想汇报 这个季度学习了新党章")
    robot.later(minutes=1)
    bot.house.clock.forward(minutes=1)
    content["richText"][0] = {"text": "活动"}
    await robot.gets(robot.message(ZHANG, group=GROUP, **rich))
    assert "附件" not in await robot.says(ZHANG, "预览")


async def test_a_secretarys_codes_stay_out_of_the_group(bot: Running, robot: FakeRobot) -> None:
    """The code of an activity is for the place where it is held."""
    await bot.house.activity(code="4271")
    for said in ("活动", "活动名单", "签到码"):
        assert "4271" not in await robot.says(LI, said, group=GROUP)
    for who in (LI, ZHANG):
        assert "请@我说“签到”" in await robot.says(who, "活动", group=GROUP)


async def test_strangers_in_a_group(bot: Running, robot: FakeRobot) -> None:
    """Neither their names nor a letter: how to begin."""
    assert "单聊" in await robot.says("stranger", "签到", group=GROUP)
    outside = robot.message("x", "签到", group=GROUP, senderStaffId=None)
    assert "本单位的哪位同志" in await robot.gets(outside)
    assert await letters(bot) == []


# --- What somebody else could have written ----------------------------------------------------


async def code_of(bot: Running, user: str) -> str:
    """The code in the newest letter to somebody."""
    words = [words for _channel, to, words in await letters(bot) if to == user][-1]
    found = re.search(r"确认码 (\d{4})", words)
    assert found is not None
    return found[1]


async def test_a_decision_needs_a_code_that_we_send_ourselves(
    bot: Running, robot: FakeRobot
) -> None:
    """The body is not signed: nothing is decided before the account itself answers."""
    await robot.says(ZHANG, "党费 10月 20元")
    assert "确认码" in await robot.says(LI, "通过 1")
    assert {row["state"] for row in await bot.house.rows(tables.dues)} == {"pending"}
    code = await code_of(bot, LI)
    assert [to for to in await letters(bot) if to[:2] == ("dingtalk.main", LI)]
    assert "通过1 号张三的党费" in (await letters(bot))[-1][2]
    wrong = f"{(int(code) + 1) % 10_000:04d}"
    assert "确认码不对" in await robot.says(LI, wrong)
    assert "党费" in await robot.says(LI, f"确认 {code}")
    assert {row["state"] for row in await bot.house.rows(tables.dues)} == {"confirmed"}


async def test_a_code_is_guessed_six_times_a_day_at_most(bot: Running, robot: FakeRobot) -> None:
    """However often it is asked for anew; then the right code comes too late, and no other is sent."""
    await robot.says(ZHANG, "党费 10月 20元")
    for _ in range(2):
        await robot.says(LI, "通过 1")
        code = await code_of(bot, LI)
        wrong = [f"{(int(code) + place) % 10_000:04d}" for place in (1, 2, 3)]
        answers = [await robot.says(LI, one) for one in wrong]
    assert "没有办理" in answers[-1]
    await robot.says(LI, code)
    assert "明天再试" in await robot.says(LI, "通过 1")
    assert {row["state"] for row in await bot.house.rows(tables.dues)} == {"pending"}


async def test_a_code_is_not_heard_in_a_group(bot: Running, robot: FakeRobot) -> None:
    """Whoever tries them there gets nowhere, and the question stays open in the single chat."""
    await robot.says(ZHANG, "党费 10月 20元")
    await robot.says(LI, "通过 1")
    code = await code_of(bot, LI)
    await robot.says(LI, code, group=GROUP)
    assert {row["state"] for row in await bot.house.rows(tables.dues)} == {"pending"}
    await robot.says(LI, code)
    assert {row["state"] for row in await bot.house.rows(tables.dues)} == {"confirmed"}


WAYS = ["{c}。", "验证码{c}", "确认码是 {c}。", " {c} ", "确认码：{c}", "“{c}”", "{s}"]


@pytest.mark.parametrize("way", WAYS)
async def test_a_code_is_read_as_people_write_it(bot: Running, robot: FakeRobot, way: str) -> None:
    """And as a voice is written down."""
    await robot.says(ZHANG, "撤回同意")
    code = await code_of(bot, ZHANG)
    assert "已撤回" in await robot.says(ZHANG, way.format(c=code, s=" ".join(code)))


@pytest.mark.parametrize("said", ["12345", "确认 {c}号记录", "党费{c}", "{c} {c}"])
async def test_what_is_no_code_is_heard_as_it_is(bot: Running, robot: FakeRobot, said: str) -> None:
    """Four digits among other words are not it."""
    await robot.says(ZHANG, "撤回同意")
    await robot.says(ZHANG, said.format(c=await code_of(bot, ZHANG)))
    async with bot.house.store() as store:
        assert (await store.members.get(bot.house.members[ZHANG])).agrees(Purpose.RECORDS)


async def test_binding_is_tried_so_often_for_one_name(bot: Running, robot: FakeRobot) -> None:
    """Whoever says it: senders can be made up, a name's tries are counted."""
    await bot.house.member("王小明", phone="13900004242", account=False)
    for number in range(10):
        assert "没有对上" in await robot.says(f"x{number}", f"绑定 {number:04d} 王小明")
    assert "明天再试" in await robot.says("x11", "绑定 4242 王小明")


UNCLEAR: list[dict[str, Any]] = [
    {"conversationType": 2},
    {"conversationType": None},
    {"conversationType": None, "isInAtList": None},
    {"conversationId": None},
    {"conversationId": "cid\ud800"},
]


@pytest.mark.parametrize("changed", UNCLEAR)
async def test_what_may_be_a_group_is_one(
    bot: Running, robot: FakeRobot, changed: dict[str, Any]
) -> None:
    """Nothing private is said where others may read it."""
    await robot.says(ZHANG, "党费 10月 20元")
    answer = await robot.gets(robot.message(ZHANG, "我的党费", group=GROUP, **changed))
    assert "20.00" not in answer


async def test_a_code_does_not_last(bot: Running, robot: FakeRobot) -> None:
    """Ten minutes, then it means nothing."""
    await robot.says(ZHANG, "党费 10月 20元")
    await robot.says(LI, "通过 1")
    code = await code_of(bot, LI)
    bot.house.clock.forward(minutes=11)
    robot.later(minutes=11)
    await robot.says(LI, code)
    assert {row["state"] for row in await bot.house.rows(tables.dues)} == {"pending"}


async def test_another_command_leaves_the_code_waiting(bot: Running, robot: FakeRobot) -> None:
    """And 取消 ends it."""
    assert "确认码" in await robot.says(ZHANG, "撤回同意")
    assert "帮您" in await robot.says(ZHANG, "帮助")
    assert "取消" in await robot.says(ZHANG, "取消")
    await robot.says(ZHANG, await code_of(bot, ZHANG))
    async with bot.house.store() as store:
        member = await store.members.get(bot.house.members[ZHANG])
    assert member.agrees(Purpose.RECORDS)


GUARDED = [(ZHANG, "撤回同意"), (ZHANG, "我的数据"), (LI, "邀请码 张三"), (LI, "退回 1 重填")]


@pytest.mark.parametrize(("who", "said"), GUARDED)
async def test_what_cannot_be_taken_back_is_proven_first(
    bot: Running, robot: FakeRobot, who: str, said: str
) -> None:
    """Decisions, the end of a consent, everything kept about somebody, an invitation."""
    await robot.says(ZHANG, "党费 10月 20元")
    assert "确认码" in await robot.says(who, said)
    answer = await robot.says(who, await code_of(bot, who))
    assert "确认码" not in answer


async def test_the_same_on_wechat_work_needs_no_code(bot: Running) -> None:
    """There the signature covers the body."""
    await bot.wecom.says(ZHANG, "党费 10月 20元")
    assert "确认码" not in await bot.wecom.says(LI, "通过 1")


# --- Too slow, too many -----------------------------------------------------------------------


async def test_a_late_answer_comes_by_letter(
    bot: Running, robot: FakeRobot, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The platform hears at once that there is nothing yet, and the member hears all the same."""
    monkeypatch.setattr(Dingtalk, "seconds", 0.05)
    async with bot.house.database.unit():  # somebody else writes
        assert await robot.says(ZHANG, "党费 10月 20元") == ""
    monkeypatch.setattr(Dingtalk, "seconds", 5.0)
    await robot.says(LI, "帮助")  # in a later batch
    found = [one for one in await letters(bot) if one[1] == ZHANG]
    assert len(found) == 1
    assert found[0][0] == "dingtalk.main"
    assert "2026年10月" in found[0][2]


async def test_a_late_failure_is_said_too(
    bot: Running, robot: FakeRobot, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nothing was recorded, and nobody will ask again."""
    monkeypatch.setattr(Dingtalk, "seconds", 0.05)

    async def fail(_batch: object) -> list[str]:
        await asyncio.sleep(0.1)
        raise OSError

    with monkeypatch.context() as broken:
        broken.setattr(bot.app.turns, "_commit", fail)
        broken.setattr(exchange, "kept_failure", fail)
        assert await robot.says(ZHANG, "党费 10月 20元") == ""
        async with asyncio.timeout(5):
            await asyncio.wait(bot.app.turns._following)
    assert "再发一次" in [words for _, to, words in await letters(bot) if to == ZHANG][-1]


async def test_parts_are_taken_all_or_none(
    bot: Running, robot: FakeRobot, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What is said not to be recorded is not."""
    monkeypatch.setattr(bot.app.turns._queue, "_maxsize", 1)
    content = {"richText": [{"text": "党费 10月 20元"}, {"downloadCode": "d1"}]}
    said = robot.message(ZHANG, msgtype="richText", content=content, text=None)
    assert "没有收到" in await robot.gets(said)
    assert await bot.house.rows(tables.dues) == []


async def test_what_could_not_be_recorded_is_said(
    bot: Running, robot: FakeRobot, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nobody delivers again, so the member is told plainly."""

    async def refuse(*_given: object) -> str:
        raise NotCommitted

    monkeypatch.setattr(bot.app.turns, "within", refuse)
    assert "没有收到" in await robot.says(ZHANG, "党费 10月 20元")

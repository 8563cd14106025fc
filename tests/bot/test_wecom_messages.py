"""Every published callback, over real HTTP, from a stranger, a member, and a member in mid-sentence."""

import re
from asyncio import gather
from typing import Any

import pytest

from handlers.turn import Kind
from storage import tables
from tests.bot.fake_wecom import FakeWecom, Running, payloads

PAYLOADS = {one["name"]: one["xml"] for one in payloads("wecom_messages.json", "xml")}
SENDER = re.compile(r"(<FromUserName>(?:<!\[CDATA\[)?)[^<\]]*")
SYSTEM = re.compile(r"\bsys(?:\]\]>)?</From")
FROM_THE_SYSTEM = [name for name, xml in PAYLOADS.items() if SYSTEM.search(xml)]
QUIET = "silent", ""
HEARD = {
    "skit/Message/ImageMessageEvent": ("image", ""),
    "skit/Message/LinkMessageEvent": ("link", ""),
    "skit/Message/LocationMessageEvent": ("location", "位置信息"),
    "skit/Message/TextMessageEvent": ("text", "this is a test"),
    "skit/Message/VideoMessageEvent": ("video", ""),
    "skit/Message/VoiceMessageEvent": ("voice", ""),
    "skit/Push/ClickPushEvent": ("text", "EVENTKEY"),
    "skit/Push/CloseInactiveAgentEvent": QUIET,
    "skit/Push/EnterAgentPushEvent": QUIET,
    "skit/Push/LocationPushEvent": QUIET,
    "skit/Push/ReopenInactiveAgentEvent": QUIET,
    "skit/Push/ScanCodePushEvent": QUIET,
    "skit/Push/SubscribePushEvent": ("entered", ""),
    "skit/Push/TaskCardClickPushEvent": ("card", ""),
    "skit/Push/TemplateCardPushEvent": ("text", "key111"),
    "skit/Push/UnsubscribePushEvent": QUIET,
    "skit/Push/UpdateButtonReply": ("unknown", ""),
    "skit/Push/ViewPushEvent": QUIET,
    "skit/Batch/BatchJobResultEvent": QUIET,
    "skit/Contact/ChangeContactEvent.CreateParty": QUIET,
    "skit/Approval/OpenApprovalChangeEvent": QUIET,
    "skit/Approval/SystemApprovalChangeEvent": QUIET,
    "skit/Agent/SwitchWorkbenchModeEvent": QUIET,
    "go-wecom/MessageImage": ("image", ""),
    "go-wecom/MessageText": ("text", "this is a test"),
    "go-wecom/MessageVideo": ("video", ""),
    "go-wecom/MessageVoice": ("voice", ""),
    "wxjava/testSendPicsInfo": QUIET,
    "wechatpy/test_parse_click_event": ("text", "EVENTKEY"),
    "wechatpy/test_parse_view_event": QUIET,
    "wechatpy/test_parse_unknown_message": ("unknown", ""),
    "gochat/ReplyNews": ("unknown", ""),
    "gochat/ReplyUpdateTextNoticeCard": ("unknown", ""),
    "index/template_card_menu_event": ("card", ""),
    "assembled/location_select": ("location", "LABEL"),
    "assembled/view_miniprogram": QUIET,
    "assembled/inactive_alert": QUIET,
}
SILENT = {name for name, heard in HEARD.items() if heard == QUIET}
OPENERS = ("外出", "思想汇报", "交党费", "请假", "求助")


def as_sent_by(xml: str, sender: str) -> str:
    """The payload with another sender; what the system sends stays the system's."""
    return xml if SYSTEM.search(xml) else SENDER.sub(rf"\g<1>{sender}", xml)


async def answer_to(bot: Running, xml: str, sender: str) -> str:
    """The decrypted answer to a payload; "" is an empty body. Anything but 200 fails."""
    found = await bot.wecom.post(as_sent_by(xml, sender))
    assert found.status == 200
    if not found.body:
        return ""
    reply = bot.wecom.opened(found.body)
    assert (reply["ToUserName"], reply["FromUserName"]) == (sender, bot.wecom.corp)
    assert len(reply["Content"].encode()) <= 2048
    return reply["Content"]


async def is_sound(bot: Running) -> bool:
    """Nothing failed, and the bot still answers."""
    assert await bot.wecom.says("somebody-else", "你好")
    rows = await bot.house.rows(tables.inbox)
    return bot.app.turns.failed == 0 and {row["state"] for row in rows} == {"done"}


def test_every_payload_has_its_expectation() -> None:
    """A new payload cannot slip in unread."""
    assert HEARD.keys() == PAYLOADS.keys()


@pytest.mark.parametrize("name", PAYLOADS)
def test_a_payload_is_read_as(name: str) -> None:
    """It becomes what a member would have meant, or silence; nested and unknown elements are no obstacle."""
    found = FakeWecom().codec().read(PAYLOADS[name])
    assert (found.kind, found.text) == HEARD[name]


@pytest.mark.parametrize("name", PAYLOADS)
async def test_a_stranger_and_a_member_are_answered(name: str, bot: Running) -> None:
    """Whoever sends it, known or not, with an activity going on: an answer, or an empty body for silence."""
    await bot.house.member("zhang")
    await bot.house.activity()
    for sender in ("stranger", "zhang"):
        answer = await answer_to(bot, PAYLOADS[name], sender)
        assert bool(answer) == (HEARD[name] != QUIET)
    assert await is_sound(bot)


@pytest.mark.parametrize("opener", OPENERS)
async def test_a_dialog_stands_every_payload(opener: str, bot: Running) -> None:
    """In mid-sentence each payload is answered, and a silent one leaves the sentence as it was."""
    await bot.house.activity()
    senders = {name: f"member-{number}" for number, name in enumerate(PAYLOADS)}
    for sender in senders.values():
        await bot.house.member(sender)
    await gather(*(bot.wecom.says(sender, opener) for sender in senders.values()))
    before = await dialogs(bot)
    assert before.keys() == set(senders.values())
    posts = (answer_to(bot, PAYLOADS[name], sender) for name, sender in senders.items())
    answers = dict(zip(senders, await gather(*posts), strict=True))
    assert {name for name, answer in answers.items() if not answer} == SILENT
    after = await dialogs(bot)
    assert all(after[senders[name]] == before[senders[name]] for name in SILENT)
    assert await is_sound(bot)


async def test_a_stranger_about_to_consent_stands_every_payload(bot: Running) -> None:
    """Between the notice and 同意 nothing but 同意 binds anybody."""
    senders = {name: f"stranger-{number}" for number, name in enumerate(PAYLOADS)}
    await bot.house.member("张三", phone="13912345678", account=False)
    await gather(*(bot.wecom.says(sender, "绑定 5678 张三") for sender in senders.values()))
    assert (await dialogs(bot)).keys() == set(senders.values())
    await gather(*(answer_to(bot, PAYLOADS[name], sender) for name, sender in senders.items()))
    assert await bot.house.rows(tables.accounts) == []
    assert await is_sound(bot)


@pytest.mark.parametrize("name", FROM_THE_SYSTEM)
async def test_the_system_is_not_spoken_to(name: str, bot: Running) -> None:
    """Contact, approval and other events of `sys` get an empty body, even where a member is called so."""
    await bot.house.member("sys")
    found = await bot.wecom.post(PAYLOADS[name])
    assert (found.status, found.body) == (200, b"")
    assert (await bot.house.rows(tables.inbox))[0]["kind"] == Kind.SILENT


async def test_nothing_moves_the_system_to_talk(bot: Running) -> None:
    """Not even what a member would be answered: a text, a click, a location from `sys`."""
    for name in ("TextMessageEvent", "LocationMessageEvent"):
        xml = SENDER.sub(r"\g<1>sys", PAYLOADS[f"skit/Message/{name}"])
        assert (await bot.wecom.post(xml)).body == b""
    click = SENDER.sub(r"\g<1>sys", PAYLOADS["skit/Push/ClickPushEvent"])
    assert (await bot.wecom.post(click)).body == b""


async def test_one_member_sends_everything_at_once(bot: Running) -> None:
    """All payloads of one sender in one batch: each is answered on its own."""
    await bot.house.member("zhang")
    told_apart = [
        re.sub(r"(<(?:MsgId|CreateTime)>)\d+", rf"\g<1>{number}", xml)
        for number, xml in enumerate(PAYLOADS.values())
    ]
    posts = (answer_to(bot, xml, "zhang") for xml in told_apart)
    answers = dict(zip(PAYLOADS, await gather(*posts), strict=True))
    assert {name for name, answer in answers.items() if not answer} == SILENT
    assert len(await bot.house.rows(tables.inbox)) == len(PAYLOADS)
    assert await is_sound(bot)


async def dialogs(bot: Running) -> dict[str, Any]:
    """Who is in which dialog, and where in it."""
    rows = await bot.house.rows(tables.dialogs)
    return {row["sender"]: (row["topic"], row["state"]) for row in rows}

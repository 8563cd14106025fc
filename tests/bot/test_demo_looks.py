"""The two apps on each phone of the demo's page, in a real Chromium."""

import re

import pytest
from playwright.async_api import expect

from bot.web.looks import DINGTALK, LOOKS, WECOM
from tests.bot.demo_browser import LAPTOP, PHONE, Visit

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="module")]
PHONES = ("member", "secretary", "group")
COLOUR = "element => getComputedStyle(element).backgroundColor"
SHAPE = "element => getComputedStyle(element).borderRadius"


@pytest.mark.parametrize("visit", [(360, 640), PHONE, LAPTOP], indirect=True)
async def test_each_phone_changes_its_look(visit: Visit) -> None:
    """Header, colours and chat change, one phone at a time; nothing sticks out, and the input is in reach."""
    for phone in PHONES:
        if await visit.page.get_by_role("navigation").is_visible():
            await visit.page.locator(f".tabs [data-show={phone}]").click()
        bar, pressed = visit.phone(phone).locator(".bar"), visit.phone(phone).get_by_role("button")
        before = await bar.evaluate(COLOUR)
        await visit.change(phone, DINGTALK)
        assert await bar.evaluate(COLOUR) != before
        await expect(pressed.and_(visit.page.locator("[aria-pressed=true]"))).to_have_text("钉钉")
        await expect(visit.phone(phone).locator(".chat[data-app=dingtalk]")).to_be_visible()
        await expect(visit.phone(phone).locator(".chat[data-app=wecom]")).to_be_hidden()
        await expect(visit.phone(phone).locator("textarea")).to_be_in_viewport(ratio=1)
        assert await visit.overflow() == 0
        await visit.change(phone, WECOM)
        assert await bar.evaluate(COLOUR) == before


async def test_the_arrow_keys_change_the_app(visit: Visit) -> None:
    """The buttons work without a mouse."""
    buttons = visit.phone("secretary").locator(".looks button")
    await buttons.first.focus()
    await visit.page.keyboard.press("ArrowRight")
    await expect(buttons.last).to_be_focused()
    await expect(visit.phone("secretary")).to_have_attribute("data-look", DINGTALK)
    await visit.page.keyboard.press("ArrowLeft")
    await expect(visit.phone("secretary")).to_have_attribute("data-look", WECOM)


async def test_a_check_in_through_each(visit: Visit) -> None:
    """Each app has its bubbles in its own shape, and both know of the one check-in."""
    shapes = set()
    for look, answer in zip(LOOKS, ("签到成功", "不用重复签到"), strict=True):
        await visit.change("member", look)
        await visit.press("member", "签到")
        await expect(visit.last("member", "mine")).to_have_text("签到")
        await expect(visit.last("member")).to_contain_text(answer)
        shapes.add(await visit.last("member", "mine").evaluate(SHAPE))
    assert len(shapes) == len(LOOKS)


async def test_a_repeat_on_each(visit: Visit) -> None:
    """再投递一次 shows the same answer in the app where it was said, and changes no card."""
    for look, said in zip(LOOKS, ("帮助", "我的记录"), strict=True):
        await visit.change("member", look)
        await visit.press("member", said)
        before = await visit.page.locator(".card").all_inner_texts()
        await visit.press("member", "再投递一次")
        await expect(visit.chat("member").locator(".hint").last).to_contain_text("没有重复登记")
        again = await visit.last("member", "again").inner_text()
        assert again == await visit.last("member").inner_text()
        assert await visit.page.locator(".card").all_inner_texts() == before


async def test_what_is_no_text_on_dingtalk(visit: Visit) -> None:
    """A picture; a voice with the words that were heard; no button for a place, for there is no such message."""
    await visit.change("member", DINGTALK)
    await expect(visit.phone("member").get_by_role("button", name="发位置")).to_be_hidden()
    await visit.press("member", "发图片")
    await expect(visit.chat("member").get_by_role("img", name="一张图片").last).to_be_visible()
    await visit.press("member", "发语音")
    await expect(visit.last("member", "mine")).to_contain_text("我的记录")
    await expect(visit.last("member")).to_contain_text("张三")


async def test_the_code_on_dingtalk(visit: Visit) -> None:
    """It arrives as a letter on the same phone; typed, it decides."""
    await visit.change("member", WECOM)
    await visit.phone("member").get_by_role("button", name="党费").click()
    await expect(visit.last("member")).to_contain_text("等待支部确认")
    await visit.change("secretary", DINGTALK)
    await visit.press("secretary", "全部通过 党费")
    letter = visit.last("secretary", "notice")
    await expect(letter).to_contain_text("确认码")
    await expect(letter.locator("..")).to_contain_text("正式环境由钉钉推送")
    code = re.search(r"确认码 ([0-9]{4})", await letter.inner_text())
    assert code is not None
    await visit.phone("secretary").locator("textarea").fill(code[1])
    await visit.press("secretary", "发送")
    await expect(visit.last("secretary")).to_contain_text("已通过")
    await expect(visit.last("member", "notice")).to_contain_text("已确认")


async def test_speaking_in_dingtalks_group(visit: Visit) -> None:
    """The page puts the @ before it; private matters are counted on the member's other app."""
    group, member = visit.phone("group"), visit.phone("member")
    await expect(group.locator("textarea")).to_be_hidden()
    await visit.change("group", DINGTALK)
    await expect(group.locator(".at")).to_have_text("@双联")
    await expect(group).not_to_contain_text("也不收消息", use_inner_text=True)
    await visit.press("group", "签到")
    await expect(visit.last("group", "mine")).to_have_text("@双联 签到")
    await expect(visit.last("group")).to_contain_text("@张三")
    await visit.change("member", WECOM)
    await group.locator("textarea").fill("我的记录")
    await group.locator("textarea").press("Enter")
    await expect(visit.last("group")).to_contain_text("单聊")
    await expect(member.locator(".looks [data-app=dingtalk] i")).to_have_text("1")
    await visit.change("member", DINGTALK)
    await expect(member.locator(".looks [data-app=dingtalk] i")).to_be_empty()
    await expect(visit.last("member", "notice")).to_contain_text("活动证")


async def test_the_guide_changes_the_app(visit: Visit) -> None:
    """Its step shows DingTalk on the member's phone, with a line to send."""
    await visit.page.locator(".guide").get_by_role("button", name="换到钉钉").click()
    await expect(visit.phone("member")).to_have_attribute("data-look", DINGTALK)
    await expect(visit.phone("member").locator("textarea")).to_have_value("我的记录")
    await visit.press("member", "发送")
    done = visit.page.locator(".guide li.done", has_text="换到钉钉")
    await expect(done).to_be_visible()


@pytest.mark.parametrize("visit", [PHONE], indirect=True)
async def test_a_page_loaded_again(visit: Visit) -> None:
    """The phone shows the app that was spoken in last, and the end of its chat."""
    for look in reversed(LOOKS):
        await visit.change("member", look)
        await visit.press("member", "帮助")
        await visit.page.reload()
        await expect(visit.phone("member")).to_have_attribute("data-look", look)
        await expect(visit.last("member")).to_be_in_viewport()
        chat = visit.chat("member")
        left = "chat => chat.scrollHeight - chat.scrollTop - chat.clientHeight"
        assert await chat.evaluate(left) <= 1


async def test_a_card_on_dingtalk(visit: Visit) -> None:
    """The words are typed, so it can be tapped again; WeChat Work's cards are seen in test_demo_browser."""
    await visit.change("member", DINGTALK)
    await visit.press("member", "帮助")
    move = visit.page.locator(".guide, .steps").get_by_role("button", name="到下一个提醒")
    card = visit.chat("member").locator(".template").last
    for _ in range(20):
        if await card.count():
            break
        await move.click()
        await expect(move).to_be_enabled()
    await card.get_by_role("button", name="参加", exact=True).click()
    await expect(visit.last("member")).to_contain_text("参加")
    await expect(card.locator("[aria-pressed=true]")).to_have_count(0)
    await expect(visit.last("member", "mine")).to_have_text(re.compile("^参加 "))

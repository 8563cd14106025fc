"""The demo's page in a real Chromium, on a laptop's screen and on a phone's."""

import re

import pytest
from playwright.async_api import expect

from tests.bot.demo_browser import LAPTOP, PHONE, Visit

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="module")]
on_phone = pytest.mark.parametrize("visit", [PHONE], indirect=True)


async def test_three_phones_side_by_side(visit: Visit) -> None:
    """A laptop shows all three and the drawer, each with its own width, in one row."""
    boxes = [
        await visit.phone(name).bounding_box() for name in ("member", "secretary", "group")
    ] + [await visit.page.locator(".drawer").bounding_box()]
    rights = [0.0]
    for box in boxes:
        assert box is not None
        assert box["width"] > 250
        assert box["x"] >= rights[-1]
        rights.append(box["x"] + box["width"])
    assert rights[-1] <= LAPTOP[0]


@pytest.mark.parametrize(
    "visit", [(360, 640), PHONE, (820, 1180), (1024, 768), LAPTOP, (1920, 1080)], indirect=True
)
async def test_nothing_sticks_out(visit: Visit) -> None:
    """No sideways scrolling on any screen, and the input is within reach."""
    assert await visit.overflow() == 0
    await expect(visit.phone("member").locator("textarea")).to_be_in_viewport(ratio=1)


async def test_check_in_and_drawer(visit: Visit) -> None:
    """A chip is answered, the answer keeps its lines, and the drawer shows what is new."""
    await visit.press("member", "签到")
    answer = visit.last("member")
    await expect(answer).to_contain_text("签到成功")
    assert "\n" in await answer.inner_text()
    newest = visit.page.locator(".card.new").first
    await expect(newest).to_contain_text("张三")
    await expect(visit.page.locator(".kinds [aria-selected=true]")).to_contain_text("签到")


async def test_second_delivery(visit: Visit) -> None:
    """再投递一次 shows the same answer and changes no card."""
    await visit.press("member", "我到苏州工业园区了")
    await expect(visit.last("member")).to_contain_text("苏州工业园区")
    before = await visit.page.locator(".card").all_inner_texts()
    await visit.press("member", "再投递一次")
    await expect(visit.chat("member").locator(".hint").last).to_contain_text("没有重复登记")
    assert (
        await visit.last("member", "again").inner_text() == await visit.last("member").inner_text()
    )
    assert await visit.page.locator(".card").all_inner_texts() == before


async def test_location_picture_and_voice(visit: Visit) -> None:
    """What is not text has its own bubble and its answer."""
    await visit.press("member", "发位置")
    await expect(visit.last("member", "mine")).to_contain_text("狮山路")
    await expect(visit.last("member")).to_contain_text("虎丘区")
    await visit.press("member", "发图片")
    await expect(visit.phone("member").get_by_role("img", name="一张图片").last).to_be_visible()
    await visit.press("member", "发语音")
    await expect(visit.last("member")).to_contain_text("语音")


async def test_sealed_columns_as_they_lie_there(visit: Visit) -> None:
    """The switch turns sealed text into ciphertext and back."""
    await visit.page.get_by_role("tab", name="思想汇报").click()
    cards = visit.page.locator(".cards")
    await expect(cards).to_contain_text("电子厂")
    await visit.page.get_by_text("看看数据库里存的样子").click()
    await expect(cards).not_to_contain_text("电子厂")
    await expect(cards.locator("code").first).to_contain_text("字节")
    await visit.page.get_by_text("看看数据库里存的样子").click()
    await expect(cards).to_contain_text("电子厂")


async def test_enter_sends_but_not_while_composing(visit: Visit) -> None:
    """Enter chooses a candidate in an input method, breaks a line with Shift, and else sends."""
    box = visit.phone("member").locator("textarea")
    mine = visit.chat("member").locator(".bubble.mine")
    before = await mine.count()
    await box.fill("bang zhu")
    for composing in ({"isComposing": True}, {"keyCode": 229}):
        await box.dispatch_event("keydown", {"key": "Enter", "bubbles": True, **composing})
    await box.press("Shift+Enter")
    assert await mine.count() == before
    await box.fill("帮助")
    await box.press("Enter")
    await expect(mine).to_have_count(before + 1)
    await expect(box).to_have_value("")
    await expect(visit.last("member")).to_contain_text("我可以帮您")


async def test_markup_is_only_text(visit: Visit) -> None:
    """What is typed is never read as HTML."""
    typed = "<img src=x onerror=alert(1)><b>粗</b>]]>&amp;"
    await visit.phone("member").locator("textarea").fill(typed)
    await visit.press("member", "发送")
    await expect(visit.last("member", "mine")).to_have_text(typed)


async def test_approval_reaches_the_member(visit: Visit) -> None:
    """The secretary confirms dues; the member's phone shows the unprompted notice and says so."""
    chip = visit.phone("member").get_by_role("button", name="党费")
    await chip.click()
    await expect(visit.last("member")).to_contain_text("等待支部确认")
    await visit.press("secretary", "全部通过 党费")
    await expect(visit.last("secretary")).to_contain_text("已通过")
    notice = visit.chat("member").locator(".bubble.notice").last
    await expect(notice).to_contain_text("已确认")
    await expect(notice).to_contain_text("主动通知（正式环境由企业微信推送）")


async def test_group_only_listens(visit: Visit) -> None:
    """WeChat Work's group has notices, no input, and says why."""
    group = visit.phone("group")
    await expect(group).to_contain_text("只发通知和人数，不点名，也不收消息")
    await expect(group.locator("textarea")).to_be_hidden()
    assert await group.locator(".bubble").count() >= 5
    assert "张三" not in await group.inner_text()


async def test_clock_moves_on(visit: Visit) -> None:
    """The header's clock follows its buttons, and the guide ticks off what came."""
    guide, day = visit.page.locator(".guide"), visit.page.locator("#day")
    before = await day.inner_text()
    await expect(guide.locator("li")).to_have_count(8)
    await expect(guide.locator("li.next")).to_contain_text("收到活动通知")
    await guide.locator("li.next button").click()
    await expect(guide.locator("li.done", has_text="收到活动通知")).to_be_visible()
    await expect(guide.locator("#count")).to_contain_text("/8")
    await visit.page.get_by_role("button", name="+1天").click()
    await expect(day).not_to_have_text(before)
    await expect(visit.page.locator("body")).to_have_attribute("data-moving", "no")
    notices = visit.chat("group").locator(".bubble.notice p")
    await expect(notices.last).to_contain_text("活动结束")


async def test_a_card_is_tapped(visit: Visit) -> None:
    """A button of a card is answered in the chat, and stays marked."""
    card = visit.chat("member").locator(".template").last
    await expect(card).to_contain_text("请您参加")
    answers = visit.chat("member").locator(".bubble.theirs")
    before = await answers.count()
    button = card.get_by_role("button", name="参加", exact=True)
    await button.click()
    await expect(answers).to_have_count(before + 1)
    await expect(button).to_have_attribute("aria-pressed", "true")


async def test_guide_fills_in_a_line_and_folds(visit: Visit) -> None:
    """A step whose turn it is to say something fills it in; the list can be put away."""
    guide = visit.page.locator(".guide")
    await guide.get_by_role("button", name="请假").click()
    box = visit.phone("member").locator("textarea")
    await expect(box).to_have_value("请假 11月30日 孩子发烧")
    await expect(box).to_be_focused()
    fold = guide.locator(".fold")
    await fold.click()
    await expect(guide.locator("ol")).to_be_hidden()
    await fold.click()
    await expect(guide.locator("ol")).to_be_visible()


@on_phone
async def test_one_phone_fills_the_screen(visit: Visit) -> None:
    """At 390 px the tabs switch phones, and the records open as a sheet."""
    tabs = visit.page.get_by_role("navigation")
    await expect(visit.phone("member")).to_be_visible()
    await expect(visit.phone("secretary")).to_be_hidden()
    guide = visit.page.locator(".guide")
    await expect(guide.locator("li:visible")).to_have_count(1)
    await guide.locator(".fold").click()
    await expect(guide.locator("li:visible")).to_have_count(8)
    await guide.get_by_role("button", name="联系", exact=True).click()
    await expect(visit.phone("secretary").locator("textarea")).to_have_value(
        re.compile("^联系 张三")
    )
    await expect(guide.locator("li:visible")).to_have_count(1)
    await tabs.get_by_role("button", name="书记").click()
    await expect(visit.phone("secretary")).to_be_visible()
    await expect(visit.phone("member")).to_be_hidden()
    await visit.press("secretary", "待办")
    await expect(visit.last("secretary")).to_be_in_viewport()
    await tabs.get_by_role("button", name="记录").click()
    sheet = visit.page.get_by_role("complementary")
    await expect(sheet).to_be_in_viewport()
    await visit.page.keyboard.press("Escape")
    await expect(sheet).to_be_hidden()
    assert await visit.overflow() == 0

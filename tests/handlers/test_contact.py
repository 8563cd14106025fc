"""Keeping in touch as dialogs: what a secretary says of it, what the member answers, and what writes nothing."""

from datetime import date

import pytest

from handlers.reading.contact import Doubt, Said, read_contact, topics_of
from handlers.reading.ending import outcome_of
from handlers.turn import Kind
from storage import tables
from storage.records import Outcome
from tests.fakes import SECOND, Rehearsal
from tests.handlers.dialogs import Line, hold

ZHANG, LI = "张三", "李红梅"
TODAY = date(2026, 11, 23)
TRAPS = [
    ("联系", "了吗", Doubt.QUESTION),
    ("联系", "了没有", Doubt.QUESTION),
    ("怎么联系", "", Doubt.QUESTION),
    ("联系 ", "近况怎么样", Doubt.QUESTION),
    ("要不要联系", "", Doubt.QUESTION),
    ("明天联系", "", Doubt.PLAN),
    ("联系 ", "打算明天去", Doubt.PLAN),
    ("联系 ", "明天上午再打电话", Doubt.PLAN),
    ("联系 ", "下周", Doubt.PLAN),
    ("联系 ", "下月10日再联系", Doubt.PLAN),
    ("回头联系", "", Doubt.PLAN),
    ("还没联系", "", Doubt.NEGATION),
    ("还没联系上", "", Doubt.NEGATION),
    ("忘了联系", "", Doubt.NEGATION),
    ("", "还没联系", Doubt.NEGATION),
    ("让李四联系", "", Doubt.UNCLEAR),
    ("书记让我联系", "", Doubt.UNCLEAR),
    ("联系 ", "12月20日打通了", Doubt.FUTURE),
]
SAID = [
    ("联系 ", "近况很好，没什么变化", TODAY, Outcome.SPOKE),
    ("联系 ", "打算明年回来创业", TODAY, None),
    ("联系 ", "他问组织关系怎么转", TODAY, Outcome.SPOKE),
    ("联系 ", "昨天刚搬家，身体好", TODAY, Outcome.SPOKE),
    ("联系 ", "昨天打通了，近况很好", date(2026, 11, 22), Outcome.SPOKE),
    ("11月20日联系", "，身体不错", date(2026, 11, 20), Outcome.SPOKE),
    ("昨天联系了", "，没接", date(2026, 11, 22), Outcome.MISSED),
    ("给", "打了电话，没接", TODAY, Outcome.MISSED),
    ("没联系上", "", TODAY, Outcome.MISSED),
    ("联系了", "", TODAY, None),
    ("联系", "了", TODAY, None),
]
ENDS = [
    ("打通了", Outcome.SPOKE),
    ("聊了半小时", Outcome.SPOKE),
    ("没人接", Outcome.MISSED),
    ("关机", Outcome.MISSED),
    ("没接，后来打通了", Outcome.SPOKE),
    ("没接，爱人接的，说在上海", Outcome.FAMILY),
    ("母亲说他出海了", Outcome.FAMILY),
    ("上门走访，聊了聊", Outcome.MET),
    ("上门了，没在家", Outcome.MISSED),
    ("微信留言没回", Outcome.WROTE),
    ("发了微信，他回了", Outcome.SPOKE),
    ("今年没回老家，聊得不错", Outcome.SPOKE),
    ("没接，聊了半小时", None),
]


@pytest.mark.parametrize(("before", "after", "doubt"), TRAPS)
def test_questions_plans_and_negations_are_no_contact(
    before: str, after: str, doubt: Doubt
) -> None:
    """Each trap is told apart for what it is."""
    assert read_contact(before, after, TODAY) is doubt


@pytest.mark.parametrize(("before", "after", "on", "outcome"), SAID)
def test_a_contact_has_its_day_and_its_end(
    before: str, after: str, on: date, outcome: Outcome | None
) -> None:
    """The day said beside the contact counts; a day in the news does not."""
    said = read_contact(before, after, TODAY)
    assert isinstance(said, Said)
    assert (said.on, said.outcome, said.asks_them) == (on, outcome, False)


@pytest.mark.parametrize(("text", "outcome"), ENDS)
def test_how_an_attempt_ended(text: str, outcome: Outcome | None) -> None:
    """Words that contradict each other are asked about."""
    assert outcome_of(text) == outcome


def test_what_was_spoken_of() -> None:
    """Own lists of words, in the order of the documents."""
    assert topics_of("身体好，在工地上班，通报了换届，思想稳定") == (
        "思想",
        "工作",
        "生活",
        "已通报",
    )
    assert topics_of("都好") == ()


CONVERSATIONS: dict[str, list[Line]] = {
    "a contact, read back with what is left, and taken back": [
        (LI, "联系 张三 近况很好，在苏州上班，思想稳定", "已登记：10月12日与张三联系（通了），谈到思想、工作 … 计入2026年第四季度的联系 … 还没谈到：生活、通报重要事项"),
        (LI, "联系张三 通了，身体也好，通报了换届的事，11月10日再联系", "思想、工作、生活和重要事项都谈到了 … 下次联系：2026年11月10日"),
        (ZHANG, "我的数据", "2026年10月12日 联系（通了）：生活、已通报"),
        (ZHANG, "我的记录", "【联系】 … 2026年10月12日 联系（通了）"),
        (LI, "撤销", "已撤销2026年10月12日与张三的联系"),
        (LI, "联系记录 张三", "联系（通了）：思想、工作　李红梅登记：近况很好"),
    ],
    "who was not reached does not count": [
        (LI, "联系 李大山 没接", "没接 … 不计入本季度的联系"),
        (LI, "昨天给李大山打了电话，他爱人接的", "10月11日与李大山联系（家属） … 不计入"),
        (LI, "联系不上李大山", "没接"),
        (LI, "联系了李大山", "结果是？请回复序号：\n1. 通了"),
        (LI, "3", "（没接）"),
        (LI, "联系了李大山", "结果是"),
        (LI, "取消", "已取消"),
        (LI, "联系 李大山 没接，聊了半小时", "结果是"),
        (LI, "1", "（通了） … 计入"),
    ],
    "how it ended is asked where the words do not prove it": [
        (LI, "联系 张三 没空说", "结果是？请回复序号：\n1. 通了"),
        (LI, "2", "（见面） … 计入"),
        (LI, "联系 张三 听说在苏州上班", "结果是"),
        (LI, "取消", "已取消"),
        (LI, "联系 张三 找不着人", "（没接） … 不计入"),
        (LI, "谈话 张三 活动", "这次谈话，结果是"),
    ],
    "what is no contact writes nothing": [
        (LI, "联系张三了吗", "没有登记"),
        (LI, "明天联系张三", "现在没有登记"),
        (LI, "还没联系张三", "没有登记"),
        (LI, "联系 王五 近况很好", "没有找到“王五”，没有登记"),
        (LI, "联系", "请这样写"),
        (LI, "联系张三、李大山 都好", "一次登记一位"),
        (LI, "联系 李红梅 很好", "您本人"),
        (LI, "联系 张三 12月20日打通了", "不能晚于今天"),
        (ZHANG, "联系 李大山 很好", "没有听明白"),
        (LI, "联系记录 张三", "还没有与张三的联系记录"),
    ],
    "a talk is a contact of its own kind": [
        (LI, "谈话 张三", "请写一下谈话的情况"),
        (LI, "谈话 张三 当面指出缺席的问题，限期改正", "与张三谈话（见面） … 计入"),
        (ZHANG, "我的数据", "谈话（见面）"),
    ],
    "a member is asked, answers one by one, and the secretary hears of it": [
        (LI, "联系 张三", "已请张三简单说说近况"),
        (LI, "联系张三", "问题已经发给张三"),
        (ZHANG, "学习了新党章，没什么问题", "现在在哪里工作"),
        (ZHANG, "签到", "签到成功 … 还没填完：现在在哪里工作"),
        (ZHANG, "在苏州电子厂", "生活和身体"),
        (ZHANG, "跳过", "困难或建议"),
        (ZHANG, "孩子上学能不能帮忙问问？", "已转给支部：\n思想：学习了新党章，没什么问题\n工作：在苏州电子厂\n困难建议：孩子上学"),
        (LI, "联系记录 张三", "联系（本人答复）：思想、工作　张三登记：思想：学习了新党章"),
        (ZHANG, "撤销", "已撤销2026年10月12日说的近况"),
    ],
    "an answer may end early, or say nothing": [
        (LI, "联系 张三", "已请张三"),
        (ZHANG, "都好", "现在在哪里工作"),
        (ZHANG, "完成", "已转给支部：\n思想：都好"),
        (ZHANG, "近况", "一共四问 … 思想和学习"),
        (ZHANG, "完成", "没有登记"),
        (ZHANG, "近况", "思想和学习"),
        (ZHANG, "取消", "已取消"),
    ],
    "only a real answer is one": [
        (LI, "联系 张三", "已请张三"),
        (ZHANG, "你是谁", "替第一党支部的书记问您 … 每季度要联系一次 … 思想和学习上怎么样"),
        (ZHANG, "为什么问这个？", "替第一党支部的书记问您 … 思想和学习上怎么样"),
        (ZHANG, "为什么", "替第一党支部的书记问您"),
        (ZHANG, "什么意思", "替第一党支部的书记问您"),
        (ZHANG, "好的", "请用一句话说说 … 思想和学习上怎么样"),
        (ZHANG, "收到", "请用一句话说说"),
        (ZHANG, "👍", "还没填完：思想和学习上怎么样"),
        (ZHANG, "1", "请用一句话说说"),
        (ZHANG, "待办", "没有听明白"),
        (ZHANG, "党费 10月 20元", "已登记 … 还没填完：思想和学习上怎么样"),
        (ZHANG, "位置 江苏省苏州市", "所在地 … 还没填完：思想和学习上怎么样"),
        (ZHANG, "有误 12 不对", "没有找到您的第 12 条 … 还没填完：思想和学习上怎么样"),
        (ZHANG, "不想说", "现在在哪里工作"),
        (ZHANG, "不方便透露", "生活和身体怎么样"),
        (ZHANG, "别问了", "困难或建议"),
        (ZHANG, "知道了", "请用一句话说说"),
        (ZHANG, "没有", "没有登记"),
        (LI, "联系记录 张三", "联系（留言）"),
        (ZHANG, "近况 好的", "请直接写"),
        (ZHANG, "近况 不想说", "没有登记"),
        (ZHANG, "近况，你是谁", "替第一党支部的书记问您"),
        (LI, "联系记录 张三", "联系（留言）"),
        (ZHANG, "近况 都好", "已转给支部"),
    ],
    "a member in the middle of something is not disturbed": [
        (ZHANG, "请假", "原因是什么"),
        (LI, "联系 张三", "手头正在填别的"),
        (ZHANG, "孩子发烧", "已提交请假"),
        (ZHANG, "近况 在苏州上班，身体都好", "已转给支部：\n在苏州上班，身体都好"),
        (ZHANG, "近况怎么写", "想告诉支部您的近况"),
    ],
    "without an account there is the phone": [
        (LI, "联系 李大山", "没有绑定账号 … 请打电话"),
        (ZHANG, "撤回同意", "已撤回"),
        (LI, "联系 张三 很好", "已撤回同意，没有登记"),
    ],
}  # fmt: skip


@pytest.mark.parametrize("name", CONVERSATIONS)
async def test_conversation(branch: Rehearsal, name: str) -> None:
    """Each conversation goes as written."""
    await hold(branch, CONVERSATIONS[name])


async def test_what_the_member_and_the_secretary_are_sent(branch: Rehearsal) -> None:
    """A lock screen shows neither a name nor a political word; the substance is below."""
    await hold(
        branch, [(LI, "联系 张三", "已请张三"), (ZHANG, "都好", "工作"), (ZHANG, "完成", "已转给")]
    )
    asked, told = await branch.rows(tables.outbox)
    assert asked["text"].startswith("您好，想了解一下您的近况，详情请看本对话。\n\n张三同志")
    assert (
        told["text"]
        == "您好，有一份新的答复，详情请看本对话。\n\n张三说了近况，已计入联系：\n思想：都好"
    )
    assert (asked["recipient"], told["recipient"]) == (ZHANG, LI)
    kept = await branch.rows(tables.contacts)
    assert [(row["outcome"], row["reached"]) for row in kept] == [
        ("留言", False),
        ("本人答复", True),
    ]


async def test_who_was_told_hears_that_it_was_taken_back(branch: Rehearsal) -> None:
    """What a member takes back, the secretary is asked to forget."""
    await hold(
        branch, [(ZHANG, "近况 家里欠债", "已转给"), (ZHANG, "撤销", "说的近况，不再计入联系")]
    )
    told = [row["text"] for row in await branch.rows(tables.outbox)]
    assert "张三撤回了2026年10月12日说的近况，不再计入联系" in told[-1]


async def test_questions_of_a_former_branch_are_not_answered(branch: Rehearsal) -> None:
    """The next branch did not ask, and the former one has no business with it any more."""
    await hold(branch, [(LI, "联系 张三", "已请张三"), (ZHANG, "都好", "现在在哪里工作")])
    async with branch.store() as store:
        number = await store.organisations.ensure(SECOND)
        await store.unit.change(tables.members, {"id": branch.members[ZHANG]}, branch_id=number)
    await hold(branch, [(ZHANG, "在苏州", "已转到第二党支部，不用答了，也没有登记")])
    assert [row["reached"] for row in await branch.rows(tables.contacts)] == [False]


async def test_who_moves_while_it_is_asked_how_it_ended_is_not_recorded(branch: Rehearsal) -> None:
    """The answer comes too late for this branch, and is none of the next one's."""
    await hold(branch, [(LI, "联系 张三 没空说", "结果是")])
    async with branch.store() as store:
        number = await store.organisations.ensure(SECOND)
        await store.unit.change(tables.members, {"id": branch.members[ZHANG]}, branch_id=number)
    await hold(branch, [(LI, "1", "张三同志已不在本支部，没有登记")])
    assert not await branch.rows(tables.contacts)


async def test_questions_wait_for_days_and_a_draft_behind_them_is_kept(branch: Rehearsal) -> None:
    """A report begun days ago goes on after the questions; a picture is no answer."""
    await branch.says(ZHANG, "思想汇报 近期学习了新党章")
    branch.clock.forward(days=2)
    await hold(branch, [(LI, "联系 张三", "已请张三")])
    branch.clock.forward(days=2)
    await hold(branch, [(ZHANG, "都好", "现在在哪里工作")])
    assert "不知道用来做什么" in await branch.says(ZHANG, "", kind=Kind.IMAGE)
    await hold(branch, [(ZHANG, "完成", "已转给支部"), (ZHANG, "预览", "草稿（8 字")])


async def test_two_of_one_name_are_asked_and_other_branches_are_out_of_sight(
    branch: Rehearsal,
) -> None:
    """The number of the list decides; whoever is in another branch does not exist."""
    await branch.member("李大山", account=False, phone="13900009999", category="预备党员")
    await branch.member("王芳", branch=SECOND)
    await hold(
        branch,
        [
            (LI, "联系 李大山 在合肥上班", "2 位“李大山” … 2. 李大山（预备党员，手机尾号 9999）"),
            (LI, "2", "与李大山联系（通了），谈到工作"),
            (LI, "联系 王芳 很好", "没有找到“王芳”"),
        ],
    )
    assert [row["member_id"] for row in await branch.rows(tables.contacts)] == [4]


async def test_a_note_is_sealed(branch: Rehearsal) -> None:
    """What the secretary wrote lies encrypted, and is not in the member's own data."""
    await branch.says(LI, "联系 张三 家里有难处，想换工作")
    assert "难处" not in await branch.says(ZHANG, "我的数据")
    async with branch.database.reader.connect() as connection:
        stored = await connection.exec_driver_sql("SELECT note FROM contacts")
        assert "难处".encode() not in stored.scalar()


async def test_notes_stay_in_the_branch_that_made_them(branch: Rehearsal) -> None:
    """The next branch does not read what was told to the former one; the member does."""
    await hold(branch, [(LI, "联系 张三 通了，家里欠债", "已登记")])
    await branch.member("王芳", branch=SECOND, position="书记")
    async with branch.store() as store:
        number = await store.organisations.ensure(SECOND)
        await store.unit.change(tables.members, {"id": branch.members[ZHANG]}, branch_id=number)
    await hold(
        branch,
        [
            ("王芳", "联系记录 张三", "还没有与张三的联系记录"),
            ("王芳", "联系 张三 通了，换了工作", "已登记"),
            (ZHANG, "我的数据", "联系（通了）：工作 … 联系（通了）：生活"),
        ],
    )
    assert "欠债" not in await branch.says("王芳", "联系记录 张三")

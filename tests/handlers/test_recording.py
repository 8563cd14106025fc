"""After an activity: its record form from what was recorded, its filing, and who was absent after all."""

import io
from dataclasses import replace
from pathlib import Path

import docx
import pytest

from bot.turns import Turns
from handlers.documents.exports import rows_of
from handlers.turn import House
from scheduler.policy_files import load_policy, reader
from scheduler.tick import Tick
from storage import tables
from storage.exports import Exports
from storage.letters import letter_of
from storage.records import Presence
from tests.fakes import RULES, Rehearsal, on
from tests.handlers.dialogs import LI, ZHANG, Line, hold

NOON = on(2026, 10, 12, 12)
SUZHOU = "在苏州社区支部参加了活动"


async def close(talk: Rehearsal) -> None:
    """Let the tick close what is over at noon."""
    talk.clock.at = NOON
    await Tick(talk.database, RULES).run(talk.clock.now())


async def states(talk: Rehearsal) -> dict[str, str]:
    """How everybody stands to the activity of the day."""
    rows = await talk.rows(tables.attendance)
    names = {number: name for name, number in talk.members.items()}
    return {names[row["member_id"]]: row["state"] for row in rows}


async def test_nothing_is_written_of_what_was_called_off(branch: Rehearsal) -> None:
    """The content was asked for, and meanwhile the activity is no more."""
    await branch.says(LI, "签到")
    await close(branch)
    await hold(branch, [(LI, "记录表", "活动内容还没有写")])
    async with branch.store() as store:
        await store.unit.change(tables.activities, {"id": 1}, cancelled_at=NOON, cause="停电")
    await hold(branch, [(LI, "大家学了党章", "已取消或改期，不用写记录表，没有登记")])


async def test_the_form_of_a_closed_activity(branch: Rehearsal) -> None:
    """Content is asked, the file goes out by the outbox with the counts of the day, and filing is recorded."""
    await branch.member("王芳")
    await branch.member("赵敏")
    await hold(
        branch,
        [
            (LI, "签到", "签到成功"),
            ("王芳", "远程签到 学习党章很有体会", "远程签到成功"),
            ("赵敏", "请假 住院", "第 1 号"),
            (LI, "通过 1", "已同意"),
            (LI, "记录表", "还没有结束的活动"),
        ],
    )
    await close(branch)
    await hold(
        branch,
        [
            (LI, "记录表", "“重温入党誓词” … 活动内容还没有写"),
            (
                LI,
                "学习党章第一章。",
                "党日活动记录表20261012.docx … 10月15日前 … 一式两份 … 已上报",
            ),
            (LI, "记录内容 学习党章第一章；讨论下月计划。", "已更新"),
            (LI, "记录表 10月", "记录表已发给您"),
            (LI, "已上报", "已登记“重温入党誓词”"),
            (LI, "已上报", "已登记过上报"),
            (LI, "撤销", "已撤销“重温入党誓词”"),
            (LI, "记录表已交", "已登记"),
            (LI, "记录表", "10月12日已登记上报"),
        ],
    )
    letters = [letter_of(row) for row in await branch.rows(tables.outbox)]
    files = [letter.file for letter in letters if letter.kind == "file" and letter.recipient == LI]
    name, content = files[1] or ("", b"")
    assert name == "党日活动记录表20261012.docx"
    people, what = [
        docx.Document(io.BytesIO(content)).tables[0].rows[row].cells[1].text for row in (2, 3)
    ]
    assert "应参加党员 5 人，实际参加党员 2 人" in people
    assert "现场 1 人，远程 1 人；请假 1 人，未参加 2 人" in people
    assert "参加：李红梅、王芳" in people
    assert "请假：赵敏" in people
    assert "学习党章第一章；讨论下月计划。" in what
    actions = [row["action"] for row in await branch.rows(tables.audit)]
    assert [one for one in actions if "form" in one] == ["file_form", "unfile_form", "file_form"]


async def test_who_came_to_the_branch_later_was_not_expected(branch: Rehearsal) -> None:
    """After the closing its records say who was expected; leave that is undecided is no absence."""
    await hold(branch, [(LI, "签到", "签到成功"), (ZHANG, "请假 痛风住院", "第 1 号")])
    await close(branch)
    await branch.member("新来的")
    await hold(
        branch,
        [
            (
                LI,
                "活动名单",
                "应到 3 人，已到 1 人，请假 0 人，缺席 1 人，请假待批 1 人 … 缺席：李大山",
            ),
            (LI, "记录内容 学党章", "已记下"),
            (LI, "记录表", "记录表已发给您"),
        ],
    )
    files = [one.file for row in await branch.rows(tables.outbox) if (one := letter_of(row)).file]
    _name, content = files[0] or ("", b"")
    people = docx.Document(io.BytesIO(content)).tables[0].rows[2].cells[1].text
    assert "应参加党员 3 人，实际参加党员 1 人" in people
    assert "请假 0 人，请假待批 1 人，未参加 1 人" in people
    assert "请假待批：张三" in people
    async with branch.database.reading() as unit:
        rows = await rows_of("activities", Exports(unit), RULES, branch.clock.now())
    assert [row["expected"] for row in rows] == [3, 4]


async def test_what_was_rewritten_is_not_taken_back(branch: Rehearsal) -> None:
    """撤销 takes back one's own words, not those that a deputy put in their place."""
    await branch.member("赵副", position="副书记")
    await branch.says(LI, "签到")
    await close(branch)
    await hold(
        branch,
        [
            (LI, "记录表", "还没有写"),
            (LI, "学习了", "记录表已发给您"),
            ("赵副", "记录内容 学习了党章第一章", "已更新"),
            (LI, "撤销", "后来已被改写，不能撤销"),
            (LI, "记录内容 学习了党章", "已更新"),
            (LI, "撤销", "没有保留，不能撤销"),
        ],
    )
    rows = await branch.rows(tables.activities)
    assert rows[0]["content"] == "学习了党章"


RECORDS: dict[str, list[Line]] = {
    "nothing to write yet, and a month without anything": [
        (LI, "记录表 11月", "“十一月主题党日” … 还没有结束"),
        (LI, "记录表 9月", "9月没有已经结束的活动"),
        (LI, "记录表怎么填", "活动结束后回复“记录表”"),
        (LI, "已上报吗", "活动结束后"),
        (LI, "记录内容", "请把内容一起写上"),
        (ZHANG, "记录表", "没有听明白"),
        (ZHANG, "已上报", "没有听明白"),
    ],
    "a command is no content": [
        (LI, "记录表", "还没有写"),
        (LI, "已上报", "已登记"),
        (LI, "记录表 10月", "还没有写"),
        (LI, "记录内容 学党章", "已记下"),
    ],
    "content may wait, be written and be taken back": [
        (LI, "记录表", "还没有写"),
        (LI, "跳过", "记录表已发给您"),
        (LI, "记录内容 学党章", "“学党章”，3 字"),
        (LI, "撤销", "已撤销刚才写的活动内容"),
        (LI, "记录内容 学党章", "已记下"),
        (LI, "记录内容 学党章和讲话", "“学党章和讲话”，6 字"),
        (LI, "撤销", "没有保留，不能撤销"),
    ],
}


@pytest.mark.parametrize("name", RECORDS)
async def test_conversation(branch: Rehearsal, name: str) -> None:
    """Each conversation goes as written."""
    await branch.says(LI, "签到")
    await close(branch)
    await hold(branch, RECORDS[name])


async def test_who_was_absent_may_have_been_there(branch: Rehearsal) -> None:
    """补登 replaces the absence, and taking it back brings the absence back."""
    await hold(branch, [(LI, "签到", "签到成功")])
    await close(branch)
    assert await states(branch) == {LI: "present", ZHANG: "absent", "李大山": "absent"}
    await hold(
        branch,
        [
            (ZHANG, "我的签到", "缺席"),
            (LI, "活动名单", "缺席 2 人 … 缺席：张三、李大山"),
            (LI, "代录 李大山 签到", "【代录 李大山】签到成功"),
            (LI, "活动名单", "缺席：张三"),
            (LI, "撤销", "已撤销"),
            (LI, "活动名单", "缺席：张三、李大山"),
        ],
    )


async def test_a_leave_decided_after_the_end(branch: Rehearsal) -> None:
    """Refused, its member is absent; granted, excused; asked afterwards, excused once it is granted."""
    await branch.member("王芳")
    await hold(
        branch,
        [
            (LI, "签到", "签到成功"),
            (ZHANG, "请假 孩子发烧", "第 1 号"),
            ("王芳", "请假 加班", "第 2 号"),
        ],
    )
    await close(branch)
    await hold(branch, [(LI, "退回 1 理由不足", "未同意"), (LI, "通过 2", "已同意")])
    assert await states(branch) == {
        LI: "present",
        ZHANG: "absent",
        "王芳": "leave",
        "李大山": "absent",
    }
    await hold(
        branch,
        [(ZHANG, "请假 10月12日 住院了", "已提交请假 … 第 3 号"), (LI, "通过 3", "已同意")],
    )
    assert (await states(branch))[ZHANG] == Presence.LEAVE


async def test_taking_part_elsewhere(branch: Rehearsal) -> None:
    """A local branch's activity counts for a member away (AD-5), read back, waiting for nobody."""
    await hold(branch, [(LI, "签到", "签到成功")])
    await close(branch)
    await hold(
        branch,
        [
            (ZHANG, SUZHOU, "异地参加 … 苏州社区支部 … 重温入党誓词"),
            (ZHANG, "我的签到", "异地参加"),
            (LI, "活动名单", "张三（异地）"),
            (ZHANG, "撤销", "已撤销"),
            (ZHANG, "我的签到", "缺席"),
            (ZHANG, "书记好，今天在昆山小王庄村党支部参加了主题党日", "昆山小王庄村党支部"),
            (ZHANG, SUZHOU, "不用重复"),
            (LI, f"代录 李大山 {SUZHOU}", "【代录 李大山】已登记异地参加"),
            (LI, "撤销", "已撤销"),
            (LI, "活动名单", "缺席：李大山"),
        ],
    )
    branch.clock.forward(days=10)
    await hold(branch, [(LI, SUZHOU, "没有可以登记的活动")])


async def test_what_is_written_in_a_report_stays_in_it(branch: Rehearsal) -> None:
    """A sentence about a local branch's activity inside a draft is a line of the draft."""
    await hold(branch, [(ZHANG, "思想汇报", "请写思想汇报"), (ZHANG, SUZHOU, "草稿共 12 字")])
    assert not await branch.rows(tables.attendance)


@pytest.mark.parametrize(
    "says",
    [
        "在苏州社区支部参加了活动吗",
        "我没在苏州社区支部参加活动",
        "老李在苏州社区支部参加了活动",
        "在苏州社区支部怎么参加活动",
        "想在苏州社区支部参加活动",
        "明天在苏州社区支部参加活动",
        "我爱人在苏州社区支部参加了活动",
        "可以在苏州社区支部参加了活动？",
        "在支部参加了活动",
        "在狮山街道参加了会议",
        "在家看电视他在苏州社区支部参加了活动",
        "听说在苏州社区支部参加了活动也算",
        "如果在苏州社区支部参加了活动算不算",
    ],
)
async def test_what_only_sounds_like_taking_part_elsewhere(branch: Rehearsal, says: str) -> None:
    """Questions, negations, wishes and what others did write nothing."""
    await branch.says(ZHANG, says)
    assert not await branch.rows(tables.attendance)


async def test_the_form_has_the_name_of_its_region(branch: Rehearsal) -> None:
    """池州市党日活动记录表 where the policy is that of Chizhou."""
    rules = replace(RULES, policy=load_policy("chizhou", reader(Path())))
    branch.turns = Turns(branch.database, House("中共某某学院委员会", rules), branch.clock.now)
    await branch.says(LI, "签到")
    await close(branch)
    await hold(branch, [(LI, "记录表", "还没有写"), (LI, "跳过", "池州市党日活动记录表20261012")])


async def test_which_activity_was_met_elsewhere_is_asked(branch: Rehearsal) -> None:
    """Of two that are open the number decides; one called off meanwhile is none."""
    await branch.activity("志愿服务", starts=on(2026, 10, 12, 9, 30))
    await hold(
        branch,
        [
            (ZHANG, SUZHOU, "哪一次 … 1. “重温入党誓词” … 2. “志愿服务”"),
            (ZHANG, "什么", "没有听明白"),
            (ZHANG, f"今天{SUZHOU}", "1. “重温入党誓词” … 2. “志愿服务”"),
            (ZHANG, "2", "已登记异地参加：您在苏州社区支部参加了活动，记为“志愿服务”"),
            (LI, SUZHOU, "哪一次"),
        ],
    )
    assert await states(branch) == {ZHANG: "elsewhere"}
    async with branch.store() as store:
        await store.activities.change(3, cancelled_at=branch.clock.now())
    await hold(branch, [(LI, "2", "没有可以登记的活动")])


async def test_who_is_not_invited_takes_part_nowhere_else(branch: Rehearsal) -> None:
    """An applicant is not expected where the audience is the members."""
    await branch.member("小王", category="入党积极分子")
    await hold(branch, [("小王", SUZHOU, "参加范围是全体党员，这次没有请您，没有登记")])
    assert not await branch.rows(tables.attendance)


async def test_where_nobody_took_part_after_all_nobody_is_absent(branch: Rehearsal) -> None:
    """The only check-in taken back after closing takes the others' absences with it."""
    await hold(branch, [(LI, "签到", "签到成功")])
    await close(branch)
    assert set((await states(branch)).values()) == {"present", "absent"}
    await hold(branch, [(LI, "撤销签到", "要撤销它吗"), (LI, "1", "已撤销")])
    assert await states(branch) == {}

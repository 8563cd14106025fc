"""No statement on a message's way reads a whole table that grows with members or with time."""

import re

import pytest
from sqlalchemy import text

from handlers.turn import Kind
from storage import tables
from tests.fakes import Rehearsal, on
from tests.storage.expect import statements

SMALL = {"organisations", "counters", "secrets", "chains", "alembic_version"}
GROWING = {table.name for table in tables.metadata.sorted_tables} - SMALL
READS = re.compile(r"\s*(SELECT|UPDATE|DELETE)")

MEMBER = (
    "签到", "撤销", "签到 4271", "党费 10月 20元", "三季度党费六十块", "我到苏州工业园区了", "请假 孩子发烧", "我的",
    "我的党费", "我的签到", "我的记录", "确认 1", "有误 2 地点不对", "求助 想转组织关系", "思想汇报 本月学习了新党章", "完成",
    "提交", "12月1日去苏州打工", "取消", "我回来了", "我的数据", "帮助", "远程签到 学习了新党章很有收获", "撤销",
    "参加", "参加 11月5日", "撤销", "线上 11月5日", "来不了，孩子发烧", "1", "参加 11月5日", "在苏州社区支部参加了活动", "撤销",
)  # fmt: skip
SECRETARY = (
    "待办", "审核", "通过 1", "退回 2 请写清楚", "全部通过 党费", "活动", "活动名单", "代录 王五 签到", "代录 王五 党费 9月 20元",
    "发起活动 学习党章 12月5日9点到11点 会议室 现场", "学习教育、民主议事", "1", "确认", "改期 12月8日 因为下雪", "确认", "撤销",
    "取消活动 12月5日 停电", "确认", "撤销", "活动名单 11月5日", "记录表", "学习党章", "记录内容 学习党章和讲话", "已上报", "撤销",
)  # fmt: skip


@pytest.fixture
async def heard(talk: Rehearsal) -> dict[str, object]:
    """Every statement of a busy day, with the parameters it came with."""
    for name, position in (("张三", ""), ("李红梅", "书记"), ("王五", "")):
        await talk.member(name, position=position, account=name != "王五")
    await talk.member("赵六", consents=())
    await talk.activity()
    await talk.activity("上次活动", starts=on(2026, 10, 1))
    await talk.activity("下次活动", starts=on(2026, 11, 5))
    async with statements(talk.database) as said:
        for line in MEMBER:
            await talk.says("张三", line)
        await talk.says("张三", "江苏省苏州市吴中区", kind=Kind.LOCATION)
        number = (await talk.says("张三", "党费 6月 20元")).partition("第 ")[2].partition(" ")[0]
        await talk.says("张三", "", kind=Kind.IMAGE, media="photo")
        await talk.says("李红梅", f"看 {number}")
        for line in SECRETARY:
            await talk.says("李红梅", line)
        for who, line in (("赵六", "同意"), ("生人", "绑定 0002 王五"), ("生人", "同意")):
            await talk.says(who, line)
    return dict(said)


async def test_no_statement_scans_what_grows(talk: Rehearsal, heard: dict[str, object]) -> None:
    """SQLite's own account of each statement names an index for each growing table."""
    bad = []
    async with talk.database.writer.connect() as connection:
        for sql, given in heard.items():
            if not READS.match(sql):
                continue
            plain = given[0] if isinstance(given, list) else given
            plan = await connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {sql}", plain)
            steps = [row[3] for row in plan]
            bad += [
                f"{step}: {sql}"
                for step in steps
                for table in GROWING
                if re.match(rf"SCAN {table}\b", step)
            ]
        assert await connection.scalar(text("SELECT count(*) FROM ledger")) >= 5
    assert len(heard) > 60
    assert any("FROM media" in sql for sql in heard)
    assert not bad, "\n".join(bad)

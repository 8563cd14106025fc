"""The year plan, taken over where activities have moved since and contents do not balance."""

from pathlib import Path

from handlers.documents.plan import import_plan, read_plan
from handlers.documents.roster import Summary
from handlers.documents.sheets import Sheet
from storage import tables
from tests.fakes import ZONE, Rehearsal, on
from tests.handlers.dialogs import hold

LI = "李红梅"
HEADER = "党支部,日期,开始,结束,主题,类别\n"
NOVEMBER = "第一党支部,2026-11-05,09:00,11:00,十一月主题党日,学习教育、民主议事\n"
DECEMBER = "第一党支部,2026-12-05,09:00,11:00,十二月主题党日,学习教育\n"


def sheet(folder: Path, rows: str) -> Sheet:
    """The rows as a file that was read."""
    path = folder / "plan.csv"
    path.write_text(HEADER + rows, "utf-8")
    return read_plan(path)


async def take(talk: Rehearsal, folder: Path, rows: str) -> Summary:
    """Import these rows at the clock's moment."""
    found = sheet(folder, rows)
    async with talk.store() as store:
        return await import_plan(store, found, ZONE, talk.clock.now())


async def test_contents_that_lack_something_are_said_and_taken(
    talk: Rehearsal, tmp_path: Path
) -> None:
    """A row that is study alone is planned, with a note; it is known since when."""
    await talk.member(LI, position="书记")
    summary = await take(talk, tmp_path, NOVEMBER + DECEMBER)
    assert summary.added == ["十一月主题党日", "十二月主题党日"]
    assert summary.notes == [
        "第 3 行：不能只有学习，请再安排一项，例如：组织生活会、民主议事、为民服务。"
    ]
    created = [row["created_at"] for row in await talk.rows(tables.activities)]
    assert created == [talk.clock.now()] * 2


async def test_what_moved_or_is_off_is_not_planned_again(talk: Rehearsal, tmp_path: Path) -> None:
    """The same plan finds what it planned where it stands now; also after it was moved back and forth."""
    await talk.member(LI, position="书记")
    path, rows = tmp_path, NOVEMBER + DECEMBER
    await take(talk, path, rows)
    await hold(
        talk,
        [
            (LI, "改期 11月8日 因为下雪", "请核对"),
            (LI, "确认", "已改期"),
            (LI, "取消活动 12月5日 场地停电", "请核对"),
            (LI, "确认", "已取消“十二月主题党日”"),
        ],
    )
    summary = await take(talk, path, rows)
    assert (summary.added, summary.changed, summary.same) == ([], [], 2)
    assert "第 2 行：这次活动已经改期，没有重复安排" in summary.notes
    assert "第 3 行：这次活动已经取消，没有重新安排" in summary.notes
    await hold(talk, [(LI, "改期 11月5日9点 雪停了", "请核对"), (LI, "1", "已改期")])
    assert (await take(talk, path, rows)).added == []
    standing = tables.activities.c.cancelled_at.is_(None)
    assert [row["starts_at"] for row in await talk.rows(tables.activities, standing)] == [
        on(2026, 11, 5)
    ]

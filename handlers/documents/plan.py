"""The year plan of activities (AD-7): read from a sheet, taken over all or nothing."""

import secrets
from dataclasses import dataclass
from datetime import date, datetime, time
from pathlib import Path
from zoneinfo import ZoneInfo

from handlers.documents.cells import BadCell, read_day, read_time
from handlers.documents.roster import Summary
from handlers.documents.sheets import Line, Sheet, read_sheet, template
from scheduler.activities import USUAL_LENGTH
from scheduler.content import content_balance
from storage.database import Row
from storage.store import Store

COLUMNS = {
    "党支部": "必填，名册里的支部；写上级党组织时，它下面的每个支部各安排一次。",
    "日期": "必填，例如 2026-11-05。",
    "开始": "例如 09:00；不填按 09:00。",
    "结束": "例如 11:00；不填按开始后两小时。",
    "主题": "必填，最多 200 字。",
    "地点": "例如 一楼会议室。",
    "类别": "学习教育、组织生活会、民主评议、民主议事、为民服务、党课……几项用顿号分开。",
    "方式": "现场、线上、现场+线上；不填按现场。",
    "参加范围": "例如 全体党员；要请积极分子、发展对象参加的请写明。不填按全体党员。",
}
EXAMPLE = {
    "党支部": "第一党支部",
    "日期": "2026-11-05",
    "开始": "09:00",
    "结束": "11:00",
    "主题": "重温入党誓词",
    "地点": "一楼会议室",
    "类别": "学习教育、民主议事",
    "方式": "现场+线上",
    "参加范围": "全体党员",
}
EARLIEST_YEAR, LATEST_YEAR = 2000, 2100
REQUIRED = ("党支部", "日期", "主题")
ALIASES = {
    "支部": "党支部",
    "活动主题": "主题",
    "活动地点": "地点",
    "开始时间": "开始",
    "结束时间": "结束",
}
MODES = {
    "": "现场",
    "现场": "现场",
    "线上": "线上",
    "现场+线上": "现场+线上",
    "线上+现场": "现场+线上",
}
NINE = time(9)
WIDTHS = {"主题": 200, "地点": 200, "类别": 200, "参加范围": 200}
EVERYBODY = "全体党员"
MOVED = "这次活动已经改期，没有重复安排"
CALLED_OFF = "这次活动已经取消，没有重新安排"


@dataclass(frozen=True, slots=True)
class Planned:
    """One good row for one branch."""

    number: int
    branch_id: int
    topic: str
    starts_at: datetime
    ends_at: datetime
    place: str
    categories: str
    mode: str
    audience: str


def plan_template() -> bytes:
    """An empty plan workbook, explained."""
    return template(COLUMNS, EXAMPLE)


def read_plan(path: Path) -> Sheet:
    """The sheet in a file; no database is needed or held up meanwhile. Raises UnreadableSheet."""
    return read_sheet(path, tuple(COLUMNS), ALIASES)


async def import_plan(store: Store, sheet: Sheet, zone: ZoneInfo, now: datetime) -> Summary:
    """Take over a plan; with problems in the summary nothing was written."""
    summary = Summary(unknown=sheet.unknown)
    for column in REQUIRED:
        if column not in sheet.columns:
            summary.problems.append(f"缺少“{column}”列")
    if summary.problems:
        return summary
    planned: list[Planned] = []
    for line in sheet.lines:
        planned += await _planned(store, line, zone, summary)
    _check_doubles(planned, summary)
    if not summary.problems:
        for one in planned:
            await _take(store, one, summary, now)
    return summary


async def _planned(store: Store, line: Line, zone: ZoneInfo, summary: Summary) -> list[Planned]:
    before, cells = len(summary.problems), line.cells
    branches = await store.organisations.branches_under(cells["党支部"])
    mode = cells.get("方式", "").replace(" ", "").replace("、", "+").replace("＋", "+")
    checks = (
        ("党支部", bool(branches), "名册里没有这个党组织，请先导入名册或核对名称"),
        ("日期", bool(cells["日期"]), "请填写日期"),
        ("主题", bool(cells["主题"]), "请填写主题"),
        ("方式", mode in MODES, "应为 现场、线上 或 现场+线上"),
    )
    for column, good, reason in checks:
        if not good:
            summary.bad(line.number, column, reason)
    for column, width in WIDTHS.items():
        if len(cells.get(column, "")) > width:
            summary.bad(line.number, column, f"太长，最多 {width} 字")
    lacking = content_balance(cells.get("类别", ""))
    if lacking:
        summary.note(line.number, lacking)
    times = _times(line, zone, summary)
    if len(summary.problems) > before or times is None:
        return []
    return [
        Planned(
            number=line.number,
            branch_id=branch,
            topic=cells["主题"],
            starts_at=times[0],
            ends_at=times[1],
            place=cells.get("地点", ""),
            categories=cells.get("类别", "").replace(",", "、").replace("，", "、"),
            mode=MODES[mode],
            audience=cells.get("参加范围", "") or EVERYBODY,
        )
        for branch in branches
    ]


def _times(line: Line, zone: ZoneInfo, summary: Summary) -> tuple[datetime, datetime] | None:
    found: dict[str, date | time | None] = {}
    for column, read in (("日期", read_day), ("开始", read_time), ("结束", read_time)):
        try:
            found[column] = read(line.cells.get(column, ""))
        except BadCell as error:
            summary.bad(line.number, column, str(error))
    day, start, end = found.get("日期"), found.get("开始") or NINE, found.get("结束")
    if not isinstance(day, date) or not isinstance(start, time):
        return None
    if not EARLIEST_YEAR <= day.year <= LATEST_YEAR:
        summary.bad(line.number, "日期", "年份不合理，请核对")
        return None
    starts_at = datetime.combine(day, start, zone)
    ends_at = (
        datetime.combine(day, end, zone) if isinstance(end, time) else starts_at + USUAL_LENGTH
    )
    if ends_at <= starts_at:
        summary.bad(line.number, "结束", "应晚于开始")
        return None
    return starts_at, ends_at


def _check_doubles(planned: list[Planned], summary: Summary) -> None:
    seen: dict[tuple[int, datetime], int] = {}
    for one in planned:
        first = seen.setdefault((one.branch_id, one.starts_at), one.number)
        if first != one.number:
            summary.bad(one.number, "日期", f"与第 {first} 行同一支部、同一时间")


async def _take(store: Store, one: Planned, summary: Summary, now: datetime) -> None:
    values = {
        "topic": one.topic,
        "ends_at": one.ends_at,
        "place": one.place,
        "categories": one.categories,
        "mode": one.mode,
        "audience": one.audience,
    }
    known = await store.activities.at(one.branch_id, one.starts_at)
    if await _stands_elsewhere(store, one, known, summary):
        summary.same += 1
    elif known is None:
        code = f"{secrets.randbelow(9000) + 1000}"
        await store.activities.plan(
            branch_id=one.branch_id,
            starts_at=one.starts_at,
            code=code,
            cancelled_at=None,
            form_filed_at=None,
            created_at=now,
            **values,
        )
        summary.added.append(one.topic)
    elif any(known[key] != value for key, value in values.items()):
        if known["ends_at"] < now:
            summary.bad(one.number, "日期", "这次活动已经结束，不能再改")
            return
        await store.activities.change(known["id"], **values)
        summary.changed.append(one.topic)
    else:
        summary.same += 1


async def _stands_elsewhere(
    store: Store, one: Planned, known: Row | None, summary: Summary
) -> bool:
    """What was moved or called off since it was planned is not planned again."""
    if known is not None and known["cancelled_at"] is None:
        return False
    if await store.agenda.was_moved(one.branch_id, one.starts_at):
        summary.note(one.number, MOVED)
        return True
    if known is not None:
        summary.note(one.number, CALLED_OFF)
    return known is not None

"""The roster: read from a sheet, checked row by row, taken over all or nothing."""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

from handlers.documents.cells import BadCell, read_day
from handlers.documents.sheets import Line, Sheet, read_sheet, template
from handlers.reading.normal import normalise
from handlers.reading.places import Place, describe, find_place, read_label
from handlers.words import full_day
from storage.records import Account, Category, EntryKind
from storage.store import Store

COLUMNS = {
    "姓名": "必填。",
    "性别": "男 或 女。",
    "出生日期": "例如 1968-05-12。加密保存。",
    "手机": "必填，11 位。按手机号认人：再次导入时同一手机号视为同一人。加密保存。",
    "党支部": "必填，支部全称。没有的支部会新建。",
    "上级党组织": "支部的上级，例如某某学院委员会。",
    "党员类别": "正式党员、预备党员、发展对象、入党积极分子；不填按正式党员。",
    "入党日期": "例如 1992-07-01。",
    "转正日期": "例如 1993-07-01。",
    "职务": "书记、副书记、组织委员……没有不填。写有“书记”的可以审核。",
    "企业微信账号": "企业微信后台的成员账号。填了就不用绑定。",
    "钉钉账号": "钉钉后台的 userId。填了就不用绑定。",
    "外出日期": "已经在外的填离开日期，导入时登记为外出。",
    "外出地": "写到省、市或区县，例如 江苏省苏州市。",
    "外出事由": "例如 打工。",
    "流动党员活动证号": "活动证上的编号。",
    "备注": "加密保存。",
}
EXAMPLE = {
    "姓名": "张三",
    "性别": "男",
    "出生日期": "1968-05-12",
    "手机": "13900000000",
    "党支部": "第一党支部",
    "上级党组织": "中共某某学院委员会",
    "党员类别": "正式党员",
    "入党日期": "1992-07-01",
    "转正日期": "1993-07-01",
    "企业微信账号": "zhangsan",
    "外出日期": "2026-03-01",
    "外出地": "江苏省苏州市",
    "外出事由": "打工",
    "流动党员活动证号": "LD-0001",
}
REQUIRED = ("姓名", "手机", "党支部")
ALIASES = {
    "手机号": "手机",
    "手机号码": "手机",
    "联系电话": "手机",
    "支部": "党支部",
    "所在党支部": "党支部",
    "活动证号": "流动党员活动证号",
    "党内职务": "职务",
}
CATEGORIES = {str(one): one for one in Category} | {
    "": Category.FULL,
    "正式": Category.FULL,
    "预备": Category.PROBATIONARY,
    "积极分子": Category.APPLICANT,
}
NAME = re.compile(r"[\u3400-\u9fff\U00020000-\U0003ffff·]{2,20}|[A-Za-z][A-Za-z .'-]{1,48}")
A_YEAR = timedelta(days=366)
ACCOUNT_COLUMNS = ("企业微信账号", "钉钉账号")
NOT_CONFIGURED = "“{column}”一列没有用到：配置里还没有这个平台的应用，配置好以后请再导入一次"
STINT_ENTRY = "外出：{day}去{place}（名册登记）"
Accounts = Mapping[str, Callable[[str], Account]]
PHONE = re.compile(r"1[3-9][0-9]{9}")
WIDTHS = {"党支部": 100, "上级党组织": 100, "职务": 50, "外出事由": 200, "流动党员活动证号": 50}


@dataclass(frozen=True, slots=True)
class Person:
    """One good row; None means that the sheet has no such column."""

    number: int
    name: str
    phone: str
    branch: str
    upper: str
    details: dict[str, Any]
    accounts: list[Account]
    left_on: date | None
    place: Place | None
    reason: str
    certificate: str


@dataclass(slots=True)
class Summary:
    """What an import did, or why it did nothing."""

    added: list[str] = field(default_factory=list)
    changed: list[str] = field(default_factory=list)
    same: int = 0
    problems: list[str] = field(default_factory=list)
    unknown: tuple[str, ...] = ()
    notes: list[str] = field(default_factory=list)

    def note(self, line: int, words: str) -> None:
        """Say something of a row that is taken over all the same."""
        self.notes.append(f"第 {line} 行：{words}")

    def bad(self, line: int, column: str, reason: str) -> None:
        """Note one bad cell by row, column and reason."""
        self.problems.append(f"第 {line} 行“{column}”：{reason}")


def roster_template() -> bytes:
    """An empty roster workbook, explained."""
    return template(COLUMNS, EXAMPLE)


def read_roster(path: Path) -> Sheet:
    """The sheet in a file; no database is needed or held up meanwhile. Raises UnreadableSheet."""
    return read_sheet(path, tuple(COLUMNS), ALIASES)


async def import_roster(
    store: Store, sheet: Sheet, accounts: Accounts, now: datetime, today: date
) -> Summary:
    """Take over a roster. `accounts` makes an account of what stands in an account column.

    With problems in the summary nothing has been written.
    """
    summary = Summary(unknown=sheet.unknown)
    summary.notes += [
        NOT_CONFIGURED.format(column=column)
        for column in ACCOUNT_COLUMNS
        if column not in accounts and any(line.cells.get(column) for line in sheet.lines)
    ]
    for column in REQUIRED:
        if column not in sheet.columns:
            summary.problems.append(f"缺少“{column}”列")
    if summary.problems:
        return summary
    people = [one for line in sheet.lines if (one := _person(line, accounts, today, summary))]
    _check_doubles(people, summary)
    await store.members.load_phones([person.phone for person in people])
    await store.members.load_speakers([one for person in people for one in person.accounts])
    await _check_uppers(store, people, summary)
    if not summary.problems:
        await _check_accounts(store, people, summary)
    if not summary.problems:
        for person in people:
            await _take(store, person, summary, now)
    return summary


def _person(line: Line, accounts: Accounts, today: date, summary: Summary) -> Person | None:
    """The row as a person; every bad cell is noted."""
    before = len(summary.problems)
    cells = line.cells
    name = "".join(cells["姓名"].split()) if not cells["姓名"].isascii() else cells["姓名"]
    phone = re.sub(r"^(?:\+?86)|[\s-]", "", cells["手机"])
    checks = (
        ("姓名", bool(NAME.fullmatch(name)), "请填写姓名" if not name else "不像姓名，请核对"),
        ("手机", bool(PHONE.fullmatch(phone)), "应为 11 位手机号"),
        ("党支部", bool(cells["党支部"]), "请填写党支部"),
        ("性别", cells.get("性别", "") in {"", "男", "女"}, "应为 男 或 女"),
        ("党员类别", cells.get("党员类别", "") in CATEGORIES, "应为 " + "、".join(Category)),
    )
    for column, good, reason in checks:
        if not good:
            summary.bad(line.number, column, reason)
    for column, width in WIDTHS.items():
        if len(cells.get(column, "")) > width:
            summary.bad(line.number, column, f"太长，最多 {width} 字")
    days = _days(line, today, summary)
    place = _place(line, summary)
    if len(summary.problems) > before:
        return None
    return Person(
        number=line.number,
        name=name,
        phone=phone,
        branch=cells["党支部"],
        upper=cells.get("上级党组织", ""),
        details=_details(cells, days),
        accounts=[
            account_in(cells[column])
            for column, account_in in accounts.items()
            if cells.get(column)
        ],
        left_on=days.get("外出日期"),
        place=place,
        reason=cells.get("外出事由", ""),
        certificate=cells.get("流动党员活动证号", ""),
    )


def _days(line: Line, today: date, summary: Summary) -> dict[str, date | None]:
    found: dict[str, date | None] = {}
    for column in ("出生日期", "入党日期", "转正日期", "外出日期"):
        if column in line.cells:
            try:
                found[column] = read_day(line.cells[column])
            except BadCell as error:
                summary.bad(line.number, column, str(error))
                continue
            day = found[column]
            last = today + A_YEAR if column == "外出日期" else today
            if day is not None and not date(1900, 1, 1) <= day <= last:
                summary.bad(line.number, column, "日期不合理，请核对")
    return found


def _place(line: Line, summary: Summary) -> Place | None:
    words = line.cells.get("外出地", "")
    if not words:
        return None
    found = read_label(normalise(words)) or find_place(normalise(words))
    if found is None:
        summary.bad(line.number, "外出地", "没有看出是哪个省、市、区县，例如 江苏省苏州市")
        return None
    if len(found.candidates) > 1:
        summary.bad(line.number, "外出地", "有几个地方都叫这个名字，请连省市一起写")
    return found.candidates[0]


def _details(cells: dict[str, str], days: dict[str, date | None]) -> dict[str, Any]:
    """The columns of the members table that this sheet speaks of."""
    texts = {"性别": "sex", "职务": "position"}
    details: dict[str, Any] = {
        key: cells[column] for column, key in texts.items() if column in cells
    }
    if "党员类别" in cells:
        details["category"] = str(CATEGORIES[cells["党员类别"]])
    if "备注" in cells:
        details["note"] = cells["备注"] or None
    if "出生日期" in days:
        born = days["出生日期"]
        details["born_on"] = born.isoformat() if born else None
    for column, key in (("入党日期", "joined_on"), ("转正日期", "full_on")):
        if column in days:
            details[key] = days[column]
    return details


def _check_doubles(people: Sequence[Person], summary: Summary) -> None:
    phones: dict[str, int] = {}
    accounts: dict[Account, int] = {}
    for person in people:
        first = phones.setdefault(person.phone, person.number)
        if first != person.number:
            summary.bad(person.number, "手机", f"与第 {first} 行相同")
        for account in person.accounts:
            first = accounts.setdefault(account, person.number)
            if first != person.number:
                summary.bad(person.number, "账号", f"与第 {first} 行相同")


async def _check_uppers(store: Store, people: Sequence[Person], summary: Summary) -> None:
    """Nothing stands above itself, however many steps away."""
    everything = await store.organisations.all()
    names = {row["id"]: row["name"] for row in everything}
    above = {row["name"]: names.get(row["parent_id"], "") for row in everything}
    above |= {person.branch: person.upper for person in people if person.upper}
    for person in people:
        seen, at = {person.branch}, above.get(person.branch, "")
        while at and at not in seen:
            seen.add(at)
            at = above.get(at, "")
        if at:
            summary.bad(person.number, "上级党组织", f"“{at}”成了自己的上级，请核对")


async def _check_accounts(store: Store, people: Sequence[Person], summary: Summary) -> None:
    """An account that speaks for somebody else is not taken from them by a roster."""
    for person in people:
        known = await store.members.by_phone(person.phone)
        for account in person.accounts:
            speaker = await store.members.speaker(account)
            if speaker is not None and (known is None or known["id"] != speaker.id):
                summary.bad(person.number, "账号", f"已是 {speaker.name} 的账号，请先核对")


async def _take(store: Store, person: Person, summary: Summary, now: datetime) -> None:
    upper = await store.organisations.ensure(person.upper) if person.upper else None
    branch = await store.organisations.ensure(person.branch, upper)
    known = await store.members.by_phone(person.phone)
    if known is None:
        given = {"category": str(Category.FULL), **person.details}
        number = await store.members.add(
            branch_id=branch, name=person.name, phone=person.phone, at=now, **given
        )
        differences = [""]
    else:
        number = known["id"]
        values = {"branch_id": branch, **person.details}
        differences = [key for key, value in values.items() if known[key] != value]
        differences += ["name"] if known["name"] != person.name else []
        if differences:
            since = now if "branch_id" in differences else known["branch_since"]
            values |= {"updated_at": now, "branch_since": since}
            await store.members.change(number, person.name, person.phone, **values)
    changed = await _bind(store, person, number, now)
    changed |= await _send_away(store, person, number, branch, now)
    if known is None:
        summary.added.append(person.name)
    elif differences or changed:
        summary.changed.append(person.name)
    else:
        summary.same += 1


async def _bind(store: Store, person: Person, number: int, now: datetime) -> bool:
    changed = False
    for account in person.accounts:
        if await store.members.speaker(account) is None:
            await store.members.bind(account, number, now)
            changed = True
    return changed


async def _send_away(store: Store, person: Person, number: int, branch: int, now: datetime) -> bool:
    """A filled 外出日期 opens a stint from that day, once."""
    if person.left_on is None:
        return False
    stints = await store.stints.of_member(number)
    if any(one.left_on == person.left_on or one.back_on is None for one in stints):
        return False
    place = person.place or Place("", "", "", "")
    await store.stints.leave(
        number,
        branch,
        person.left_on,
        now,
        reason=person.reason,
        province=place.province,
        city=place.city,
        district=place.district,
        certificate=person.certificate,
    )
    where = describe(place) if place.province else "外地"
    text = STINT_ENTRY.format(day=full_day(person.left_on), place=where)
    kind = EntryKind.STINT
    await store.ledger.append(branch, number, kind, person.left_on, text, by=number, at=now)
    return True

"""The drawer's tabs: each table of the records, and its columns in words."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from bot.web.looks import DINGTALK, GROUPS, STAFF
from bot.web.people import FIRST, GROUP, of_branch
from handlers.ledger import MARKS
from handlers.review import KIND_WORDS
from handlers.words import CONTACT_WORDS, PRESENCE_WORDS, full_day, state_words, yuan
from scheduler.calendar import moment_in_words
from scheduler.periods import in_full
from storage import tables
from storage.database import Row
from storage.notices import NOBODY
from storage.records import ContactKind, NoticeState, Presence, RequestKind, State

HASH_SHOWN = 16
MEDIA_SHOWN = 8
MEDIA = {"image": "图片", "voice": "语音"}
PLACE_SOURCES = {"words": "文字", "label": "位置消息里的地名"}
SENDING = {
    "pending": "等待发送",
    "sent": "已发送",
    "uncertain": "可能已送达，将再发一次",
    "failed": "没有发出",
    "dropped": "没有发送",
}
TOLD = {
    NoticeState.PLANNED: "已通知",
    NoticeState.ANSWERED: "已答复",
    NoticeState.UNSENT: "没有通知",
}
DIGEST = "每周要办的事"
ABOUT_ACTIVITY = "活动通知"
SOMEBODY = "没有合适的人"
PEOPLE_HERE = of_branch(FIRST)
NAMES_BY_USER = {
    **{person.user: person.name for person in PEOPLE_HERE if person.user},
    **{STAFF[person.user]: person.name for person in PEOPLE_HERE if person.user},
    **{name: name for name in GROUPS.values()},
}
IN_APPS = ("企业微信", "钉钉")


@dataclass(frozen=True, slots=True)
class Facts:
    """What turns numbers into words."""

    zone: ZoneInfo
    names: dict[int, str]
    topics: dict[int, str]
    marks: dict[int, str]
    rules: Mapping[str, str]

    def title(self, row: Row) -> str:
        """Whose row it is, and its number where people use it."""
        if "recipient_id" in row:
            return f"发给 {self._recipient(row)}"
        if "member_id" not in row:
            sender = NAMES_BY_USER.get(row.get("sender", ""), "")
            return sender or f"发给 {NAMES_BY_USER[row['recipient']]}"
        name = self.names[row["member_id"]]
        if "kind" not in row:
            return name
        return f"第 {row['no']} 条 · {name}" if "no" in row else f"第 {row['id']} 号 · {name}"

    def _recipient(self, row: Row) -> str:
        if row["recipient_id"] == NOBODY:
            return GROUP if row["message_id"] else SOMEBODY
        return self.names.get(row["recipient_id"], "")

    def when(self, moment: datetime) -> str:
        """'11月23日 08:50' in the organisation's zone."""
        return moment_in_words(moment.astimezone(self.zone))


Words = Callable[[Any, Facts, Row], str]


@dataclass(frozen=True, slots=True)
class Tab:
    """How a table is shown: the column that dates a row, and (label, column, words) of each line."""

    name: str
    table: Any
    at: str
    fields: tuple[tuple[str, str, Words], ...]


def _plain(value: Any, _facts: Facts, _row: Row) -> str:
    return str(value)


def _state(kind: RequestKind) -> Words:
    return lambda value, _facts, _row: state_words(kind, State(value))


def _state_of_request(value: Any, _facts: Facts, row: Row) -> str:
    return state_words(RequestKind(row["kind"]), State(value))


def _other(value: int, facts: Facts, row: Row) -> str:
    """Who entered it or decided on it, when that was not the member."""
    if value == row["member_id"]:
        return ""
    entered = row.get("state") in {Presence.PRESENT, Presence.REMOTE} or "代录" in row.get(
        "text", ""
    )
    return f"由{facts.names.get(value, '')}{'代录' if entered else '审核'}"


def _attachments(value: Any, _facts: Facts, _row: Row) -> str:
    kinds = [kind for kind, _id in json.loads(value)]
    return "、".join(
        f"{name} {kinds.count(kind)} 个" for kind, name in MEDIA.items() if kind in kinds
    )


def _day(value: date, _facts: Facts, _row: Row) -> str:
    return full_day(value)


def _rule(value: str, facts: Facts, _row: Row) -> str:
    """What the reminder is about."""
    return facts.rules.get(value, DIGEST if value == "digest" else ABOUT_ACTIVITY)


def _silence(value: str, _facts: Facts, row: Row) -> str:
    words = TOLD[NoticeState(row["state"])]
    return f"{words}：{value}" if value else words


def _app(value: str, _facts: Facts, row: Row) -> str:
    """Which platform it came through or goes to; a group is known by its name."""
    there = value.startswith(DINGTALK) or row.get("recipient") == GROUPS[DINGTALK]
    return IN_APPS[there]


TABS = (
    Tab(
        "签到",
        tables.attendance,
        "at",
        (
            ("活动", "activity_id", lambda value, facts, _row: facts.topics[value]),
            ("方式", "state", lambda value, _facts, _row: PRESENCE_WORDS[value]),
            ("迟到", "late_minutes", lambda value, _facts, _row: f"{value} 分钟" if value else ""),
            ("经办", "by_member_id", _other),
            ("说明", "reason", _plain),
        ),
    ),
    Tab(
        "党费",
        tables.dues,
        "declared_at",
        (
            ("月份", "month", lambda value, _facts, _row: in_full(value)),
            ("金额", "fen", lambda value, _facts, _row: f"{yuan(value)} 元"),
            ("状态", "state", _state(RequestKind.DUES)),
            ("凭证", "proof", lambda value, _facts, _row: f"图片 {value[:MEDIA_SHOWN]}…"),
        ),
    ),
    Tab(
        "所在地",
        tables.places,
        "reported_at",
        (
            ("省", "province", _plain),
            ("市", "city", _plain),
            ("区县", "district", _plain),
            ("区划", "code", _plain),
            ("来源", "source", lambda value, _facts, _row: str(PLACE_SOURCES.get(value, value))),
            ("状态", "withdrawn_at", lambda _value, _facts, _row: "已撤销"),
        ),
    ),
    Tab(
        "外出",
        tables.stints,
        "opened_at",
        (
            ("原因", "reason", _plain),
            ("出发", "left_on", _day),
            ("省", "province", _plain),
            ("市", "city", _plain),
            ("区县", "district", _plain),
            ("单位", "workplace", _plain),
            ("联系", "contact", _plain),
            ("预计返回", "expected_back", _day),
            ("返回", "back_on", _day),
            ("状态", "withdrawn_at", lambda _value, _facts, _row: "已撤销"),
        ),
    ),
    Tab(
        "思想汇报",
        tables.reports,
        "submitted_at",
        (
            ("季度", "period", lambda value, _facts, _row: in_full(value)),
            ("字数", "words", _plain),
            ("状态", "state", _state(RequestKind.REPORT)),
            ("正文", "text", _plain),
            ("附件", "attachments", _attachments),
        ),
    ),
    Tab(
        "请假",
        tables.leaves,
        "asked_at",
        (
            ("活动", "activity_id", lambda value, facts, _row: facts.topics[value]),
            ("状态", "state", _state(RequestKind.LEAVE)),
            ("理由", "reason", _plain),
        ),
    ),
    Tab(
        "提醒",
        tables.notices,
        "planned_at",
        (
            ("事项", "rule", _rule),
            ("条款", "clause", _plain),
            ("关于", "member_id", lambda value, facts, _row: facts.names.get(value, "")),
            ("期间", "period", _plain),
            ("期限", "due_on", _day),
            ("状态", "reason", _silence),
        ),
    ),
    Tab(
        "联系",
        tables.contacts,
        "recorded_at",
        (
            ("方式", "kind", lambda value, _facts, _row: CONTACT_WORDS[ContactKind(value)]),
            ("日期", "on", _day),
            ("结果", "outcome", _plain),
            ("谈到", "topics", _plain),
            ("情况", "note", _plain),
            ("状态", "withdrawn_at", lambda _value, _facts, _row: "已撤销"),
        ),
    ),
    Tab(
        "事项",
        tables.requests,
        "created_at",
        (
            ("类别", "kind", lambda value, _facts, _row: KIND_WORDS[RequestKind(value)]),
            ("状态", "state", _state_of_request),
            ("内容", "text", _plain),
            ("答复", "answer", _plain),
        ),
    ),
    Tab(
        "记实档案",
        tables.ledger,
        "recorded_at",
        (
            ("日期", "occurred_on", lambda value, _facts, _row: full_day(value)),
            ("内容", "text", _plain),
            ("经办", "by_member_id", _other),
            ("本人", "no", lambda value, facts, _row: MARKS[facts.marks.get(value, "pending")]),
            ("链", "hash", lambda value, _facts, _row: f"{value[:HASH_SHOWN]}…"),
        ),
    ),
    Tab(
        "消息",
        tables.inbox,
        "received_at",
        (
            ("说", "text", _plain),
            ("答", "answer", _plain),
            ("平台", "channel", _app),
            ("编号", "message_id", _plain),
        ),
    ),
    Tab(
        "消息",
        tables.outbox,
        "created_at",
        (
            ("内容", "text", _plain),
            ("平台", "channel", _app),
            ("状态", "state", lambda value, _facts, _row: str(SENDING.get(value, value))),
        ),
    ),
)

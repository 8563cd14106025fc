"""How dates, times, money and states are worded for people."""

from datetime import date, datetime

from handlers.turn import Turn
from scheduler.activities import named
from scheduler.calendar import day_in_words
from scheduler.occurrences import title_in
from scheduler.periods import NAME as PERIOD
from scheduler.periods import in_full
from scheduler.policy import Rule
from storage.database import Row
from storage.records import Activity, ContactKind, Presence, RequestKind, State

STATE_WORDS = {
    State.PENDING: "等待处理",
    State.CONFIRMED: "已确认",
    State.APPROVED: "已同意",
    State.REFUSED: "未同意",
    State.RETURNED: "已退回",
    State.WITHDRAWN: "已撤销",
    State.ANSWERED: "已答复",
}
PENDING_WORDS = {
    RequestKind.DUES: "等待支部确认",
    RequestKind.REPORT: "等待审阅",
    RequestKind.LEAVE: "等待批准",
    RequestKind.HELP: "等待答复",
    RequestKind.SUGGESTION: "等待答复",
    RequestKind.DISPUTE: "等待核对",
    RequestKind.CASE: "等待支部研究",
}
CONTACT_WORDS = {ContactKind.CONTACT: "联系", ContactKind.TALK: "谈话"}
PRESENCE_WORDS = {
    Presence.PRESENT: "现场参加",
    Presence.REMOTE: "远程参加",
    Presence.ELSEWHERE: "异地参加",
    Presence.LEAVE: "请假",
    Presence.ABSENT: "缺席",
}
day = day_in_words
period = in_full


def state_words(kind: RequestKind, state: State) -> str:
    """Where a declaration, a report, a leave or a request stands."""
    if kind is RequestKind.REPORT and state is State.APPROVED:
        return "已审阅"
    if kind is RequestKind.CASE and state is State.ANSWERED:
        return "支部已研究"
    return (
        PENDING_WORDS.get(kind, STATE_WORDS[state])
        if state is State.PENDING
        else STATE_WORDS[state]
    )


def yuan(fen: int) -> str:
    """2050 → '20.50'."""
    return f"{fen // 100}.{fen % 100:02d}"


def full_day(found: date) -> str:
    """'2026年10月5日'."""
    return f"{found.year}年{day(found)}"


def near_day(found: date, today: date) -> str:
    """'10月5日', with the year where it is not this one."""
    return day(found) if found.year == today.year else full_day(found)


def moment(turn: Turn, found: datetime) -> str:
    """'10月5日 09:00' in the organisation's zone, with the year where it is not this one."""
    local = turn.local(found)
    return f"{near_day(local.date(), turn.today)} {local:%H:%M}"


def months(found: list[str]) -> str:
    """'2026年7月、8月、9月'; the year is said again when it changes."""
    words, year = [], ""
    for month in found:
        words.append(in_full(month) if month[:4] != year else f"{int(month[5:])}月")
        year = month[:4]
    return "、".join(words)


def title(turn: Turn, rule: Rule, name: str) -> str:
    """What is to be done, with its period, and the year of a month that is not of this year."""
    is_far = PERIOD.fullmatch(name) is not None and int(name[:4]) != turn.today.year
    return rule.title.replace("{period}", period(name)) if is_far else title_in(rule, name)


def contact(row: Row) -> str:
    """'2026年10月5日 联系（通了）：思想、工作', without anybody's own words."""
    topics = f"：{row['topics']}" if row["topics"] else ""
    kind = CONTACT_WORDS[ContactKind(row["kind"])]
    return f"{full_day(row['on'])} {kind}（{row['outcome']}）{topics}"


def activity_of_day(turn: Turn, found: Activity) -> str:
    """'“重温入党誓词”（10月5日）'."""
    return f"“{found.topic}”（{near_day(turn.local(found.starts_at).date(), turn.today)}）"


def activity(turn: Turn, found: Activity) -> str:
    """'“重温入党誓词”（10月5日 09:00，一楼会议室）'."""
    return named(found, moment(turn, found.starts_at))


def count_words(text: str) -> int:
    """字数 as people count it: every character that is not a space."""
    return sum(not char.isspace() for char in text)

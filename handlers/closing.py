"""党费关账: only when a branch has entered all it knows of a month is anybody reminded of it (AD-15)."""

import re
from datetime import date, datetime, timedelta

from handlers.choices import is_no, is_yes
from handlers.reading.months import find_months
from handlers.reading.speech import stance
from handlers.topic import Heard, Role, Topic, Undone
from handlers.turn import Ask, Done, Outcome, Say, Turn
from handlers.words import period
from scheduler.asking import DAY, question_of
from scheduler.calendar import month_of
from scheduler.listing import listed
from scheduler.occurrences import due_in
from scheduler.periods import Period, period_named, period_of, previous
from scheduler.policy import Proof, Rule
from storage.audit import by_member
from storage.records import MEMBERSHIP, Member

CLOSED = "{month}党费已关账：已登记 {paid} 人{pending}，未登记 {unpaid} 人{names}。{then}关错了请回复“撤销”。"
PENDING = "（其中 {count} 人等您确认，回复“审核 党费”）"
NAMES = "：{names}"
AND_MORE = "等"
THEN = "未登记的会收到提醒，每月一次；已经交了的请先代录：代录 姓名 党费 月份 金额。"
TOO_LATE = "这个月已过提醒的期限，系统不再提醒他们，请您直接联系；已经交了的请代录：代录 姓名 党费 月份 金额。"
ALL_PAID = "应登记的都登记了，不会有人收到提醒。"
BEFORE = "{month}党费已经关过账了。要重新开账请回复“党费开账 {month}”。"
WHICH = "要关哪个月的账？例如：党费关账 10月。"
WHICH_OPEN = "要开哪个月的账？例如：党费开账 10月。"
ONE_MONTH = "一次关一个月，没有关账。例如：党费关账 10月。"
NO_MONTH = "没有“{words}”这个月份，没有关账。"
FUTURE = "{month}还没有到，没有关账。"
SURE = "{month}还没有过完，后面可能还有人交。现在就关账吗？是请回复“1”，不是请回复“2”。"
NOT_CLOSED = "好的，没有关账。"
REOPENED = "{month}党费已重新开账，不再提醒未登记的同志。"
NOT_YET = "{month}党费还没有关账。"
CLOSED_ANEW = "{month}党费后来又重新关过账，没有撤销。要重新开账请回复“党费开账 {month}”。"
NAMES_SHOWN = 20
ALL_ENTERED = re.compile("党费.{0,6}(?:登记|录入)(?:全|齐|完)?(?:完了|完毕|好了|齐了|全了|完)")

topic = Topic("closing", "党费关账 10月")


def says_all_entered(turn: Turn, text: str) -> bool:
    """10月党费登记完了: a plain statement of a secretary."""
    return turn.speaker.is_secretary and bool(ALL_ENTERED.search(text)) and stance(text) is None


@topic.acts(says_all_entered)
@topic.says(
    "党费关账",
    "关账",
    "党费登记完了",
    "党费都登记完了",
    "党费登记完毕",
    "党费登记好了",
    role=Role.SECRETARY,
)
async def close(turn: Turn, heard: Heard) -> Outcome:
    """党费关账 10月."""
    if stance(heard.text) is not None:
        return Say(NOT_CLOSED + WHICH)
    return await _close(turn, heard.text)


@topic.says("党费开账", "重新开账", "取消关账", role=Role.SECRETARY)
async def reopen(turn: Turn, heard: Heard) -> Outcome:
    """党费开账 10月: for when 撤销 is too late."""
    found = find_months(heard.text, turn.today)
    if (
        stance(heard.text.replace("取消关账", "")) is not None
        or not found
        or len(found.months) != 1
    ):
        return Say(WHICH_OPEN)
    month = found.months[0]
    if not await turn.store.settlements.closed(turn.speaker.branch_id, month):
        return Say(NOT_YET.format(month=period(month)))
    return Done(await _reopen(turn, month))


@topic.answers
async def answer(turn: Turn) -> Outcome | None:
    """Which month; or whether to close one that is not over."""
    state = turn.dialog.state if turn.dialog else {}
    if is_no(turn.text) and "month" in state:
        return Done(NOT_CLOSED)
    if "month" in state:
        return await _do(turn, state["month"]) if is_yes(turn.text) else None
    if find_months(turn.text, turn.today) is None or stance(turn.text) is not None:
        return None
    return await _close(turn, turn.text)


@topic.undoes
async def undo(turn: Turn, reference: str) -> Undone:
    """The books are open again."""
    month, _, closed = reference.partition("/")
    found = await turn.store.settlements.closing(turn.speaker.branch_id, month)
    if found is None:
        return Undone(NOT_YET.format(month=period(month)), taken_back=False)
    if closed and closed != _mark(found["by_member_id"], found["closed_at"]):
        return Undone(CLOSED_ANEW.format(month=period(month)), taken_back=False)
    return Undone(await _reopen(turn, month))


def _mark(by: int, at: datetime) -> str:
    """Which closing of a month it is."""
    return f"{by}/{int(at.timestamp())}"


async def _close(turn: Turn, text: str) -> Outcome:
    found = find_months(text, turn.today)
    if found is None:
        return Ask(WHICH, topic.name, {})
    if found.invalid:
        return Say(NO_MONTH.format(words=found.invalid))
    if len(found.months) > 1:
        return Say(ONE_MONTH)
    month, current = found.months[0], month_of(turn.today)
    if month > current:
        return Say(FUTURE.format(month=period(month)))
    if await turn.store.settlements.closed(turn.speaker.branch_id, month):
        return Done(BEFORE.format(month=period(month)))
    if month == current:
        return Ask(SURE.format(month=period(month)), topic.name, {"month": month})
    return await _do(turn, month)


async def _do(turn: Turn, month: str) -> Outcome:
    branch_id, by = turn.speaker.branch_id, turn.speaker.id
    if not await turn.store.settlements.close(branch_id, month, by=by, at=turn.now):
        return Done(BEFORE.format(month=period(month)))
    await turn.store.audit.append(
        turn.now, by_member(by), "close_dues", f"branch:{branch_id} {month}"
    )
    people = [
        one for one in await turn.store.members.of_branch(branch_id) if one.category in MEMBERSHIP
    ]
    states = await turn.store.dues.of_month(month, [one.id for one in people])
    owing = await _owing(turn, month)
    unpaid = [one for one in people if one.id not in states and (owing is None or one.id in owing)]
    waiting = sum(state == "pending" for state in states.values())
    text = CLOSED.format(
        month=period(month),
        paid=len(states),
        pending=PENDING.format(count=waiting) if waiting else "",
        unpaid=len(unpaid),
        names=_names(unpaid),
        then=_then(turn, month, unpaid),
    )
    return Done(text, effect=f"{topic.name}:{month}/{_mark(by, turn.now)}")


async def _owing(turn: Turn, month: str) -> set[int] | None:
    """Who owes the closed month, as the scheduler asks it: on the roster by the due day; None without a rule."""
    rule = turn.house.rules.policy.proved_by(Proof.DUES)
    if rule is None:
        return None
    found, rules = period_named(month), turn.house.rules
    question = question_of(
        rule,
        rules,
        turn.now,
        found,
        known_on=min(turn.today, found.last),
        there_by=rules.begins(min(_due(turn, rule, found), found.last) + DAY),
        branches=frozenset({turn.speaker.branch_id}),
    )
    await turn.store.unit.flush()
    return {
        one.subject_id async for batch in turn.store.duties.expected([question]) for one in batch
    }


async def _reopen(turn: Turn, month: str) -> str:
    branch_id = turn.speaker.branch_id
    await turn.store.settlements.reopen(branch_id, month)
    await turn.store.audit.append(
        turn.now, by_member(turn.speaker.id), "reopen_dues", f"branch:{branch_id} {month}"
    )
    return REOPENED.format(month=period(month))


def _then(turn: Turn, month: str, unpaid: list[Member]) -> str:
    """What follows for those without a row."""
    if not unpaid:
        return ALL_PAID
    return THEN if _reminds(turn, month) else TOO_LATE


def _names(people: list[Member]) -> str:
    names = [one.name for one in people]
    return NAMES.format(names=listed(names, NAMES_SHOWN, AND_MORE)) if names else ""


def _reminds(turn: Turn, month: str) -> bool:
    """Whether who has no row of the month would still hear of it: reminders go one month back, and end."""
    rule = turn.house.rules.policy.proved_by(Proof.DUES)
    last_month = previous(period_of("month", turn.today))
    if rule is None or not rule.rungs or month < last_month.name:
        return False
    return turn.today <= _due(turn, rule, period_named(month)) + timedelta(days=rule.grace)


def _due(turn: Turn, rule: Rule, month: Period) -> date:
    rules = turn.house.rules.of_branch(turn.speaker.branch)
    return due_in(rule, month, rules.calendar, rules.activity_day)

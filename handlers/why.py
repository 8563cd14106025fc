"""为什么: the reminders somebody was last sent, each with its clause, its source and what would end it."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from handlers.owed import Owed, owed_by_branch
from handlers.reading.numerals import NUMERAL, read_integer
from handlers.topic import Heard, Topic
from handlers.turn import Outcome, Say, Turn
from handlers.words import activity_of_day, full_day, moment, title
from scheduler.asking import is_greeting
from scheduler.digest import is_listed
from scheduler.invitations import ABOUT_ACTIVITIES, rule_of
from scheduler.occurrences import settle_in
from scheduler.policy import Owes, Rule
from storage.database import Row
from storage.duties import DIGEST
from storage.recipients import Recipients

NOTHING = "还没有给您发过提醒，所以没有可以说明的依据。"
HEADING = "最近提醒您的，依据是："
ITEM = "{no}. {title}（{clause}）\n　 依据：{source}\n　 {why}{due}\n　 {told}提醒。{end}"
EARLIER = "更早的：\n{lines}\n想看哪一条的依据，回复例如“为什么 {no}”。"
EARLIER_LINE = "{no}. {title}（{told}）"
ABOUT = "：{what}"
DUE = "\n　 到期：{day}"
END_BY = "办完就不再提醒：回复“{settle}”。"
END_BY_HAND = "办完就不再提醒：在“待办”里看序号，回复“办结 序号 说明”。"
END_ACTIVITY = "回复“参加”“线上”或“请假 原因”以后就不再提醒；活动过了也不再提醒。"
END_GREETING = "这是祝贺，不用办理。"
END_BY_OTHERS = "本人登记以后就不再提醒。"
NO_SUCH = "没有第 {no} 条。回复“为什么”可看最近的提醒。"
SHOWN_IN_FULL = 5
LISTED = 12
LATEST_NOTICES = 60

ASKED = re.compile(rf"为(?:什么|啥|何)[ ,:第]*({NUMERAL})[条件号]?")
ABOUT_REMINDERS = re.compile(
    "为(?:什么|啥|何)(?:要|又|总|总是|老是|一直|会|给)*(?:给我|向我)?(?:提醒|催|发提醒|发通知)(?:我|给我)?(?:呢|啊|呀|办)?"
)

topic = Topic("why", "为什么")


@dataclass(frozen=True, slots=True)
class Told:
    """One rule in one message."""

    rule: Rule
    message_id: int
    at: datetime
    period: str
    due: date | None
    about: str = ""


@topic.says(
    "为什么", "为啥", "为何", "为什么提醒我", "为什么提醒", "提醒的依据", "依据", rest=False
)
@topic.reads(lambda _turn, text: bool(ABOUT_REMINDERS.fullmatch(text.rstrip("?!. "))))
async def why(turn: Turn, heard: Heard) -> Outcome:
    """Everything in the newest message in full; what came before by its number."""
    del heard
    told = await _told(turn)
    if not told:
        return Say(NOTHING)
    newest = [one for one in told if one.message_id == told[0].message_id][:SHOWN_IN_FULL]
    lines = [_item(turn, number, one) for number, one in enumerate(newest, 1)]
    rest = told[len(newest) : LISTED]
    earlier = [
        EARLIER_LINE.format(no=number, title=_title(turn, one), told=moment(turn, one.at))
        for number, one in enumerate(rest, len(newest) + 1)
    ]
    if earlier:
        lines.append(EARLIER.format(lines="\n".join(earlier), no=len(newest) + 1))
    return Say("\n".join([HEADING, *lines]))


@topic.reads(lambda _turn, text: bool(ASKED.fullmatch(text.rstrip("?!. "))))
async def why_one(turn: Turn, heard: Heard) -> Outcome:
    """为什么 2."""
    found = ASKED.match(heard.text)
    number = read_integer(found[1]) if found else None
    told = await _told(turn)
    if not told:
        return Say(NOTHING)
    if number is None or not 1 <= number <= len(told):
        return Say(NO_SUCH.format(no=number))
    return Say(_item(turn, number, told[number - 1]))


async def _told(turn: Turn) -> list[Told]:
    """By message, newest first; within one as it was worded: by due day and clause. Each matter once."""
    rows = await turn.store.notices.told(turn.speaker.id, LATEST_NOTICES)
    by_message: dict[int, list[Row]] = {}
    for row in rows:
        by_message.setdefault(row["message_id"], []).append(row)
    found: list[Told] = []
    for some in by_message.values():
        of_message = [one for row in some for one in await _rules_in(turn, row)]
        of_message.sort(key=lambda one: (one.due or date.min, one.rule.clause, one.rule.name))
        found += of_message
    once = {(one.message_id, one.rule.name, one.period, one.due, one.about): one for one in found}
    return list(once.values())


async def _rules_in(turn: Turn, row: Row) -> list[Told]:
    if row["rule"] == DIGEST:
        open_now = _in_digest(turn, await owed_by_branch(turn)) if turn.speaker.is_secretary else []
        return [
            Told(one.rule, row["message_id"], row["planned_at"], one.period, one.due, about)
            for one in open_now
            for about in _named(one)
        ]
    rule = _rule(turn, row["rule"])
    if rule is None:
        return []
    due = None if row["rule"] in ABOUT_ACTIVITIES else row["due_on"]
    about = await _activity(turn, row["subject_id"]) if rule.owes is Owes.ACTIVITY else ""
    return [Told(rule, row["message_id"], row["planned_at"], row["period"], due, about)]


async def _activity(turn: Turn, number: int) -> str:
    found = (await Recipients(turn.store.unit).activities([number])).get(number)
    return activity_of_day(turn, found) if found else ""


def _named(owed: Owed) -> tuple[str, ...]:
    """The activities that a line of the weekly message is about; of members nothing is said here."""
    return owed.names if owed.rule.owes is Owes.ACTIVITY else ("",)


def _title(turn: Turn, told: Told) -> str:
    return title(turn, told.rule, told.period) + (
        ABOUT.format(what=told.about) if told.about else ""
    )


def _in_digest(turn: Turn, owed: Sequence[Owed]) -> list[Owed]:
    """What the weekly message is about: soon or late, and the secretary's."""
    return [one for one in owed if is_listed(one.rule, one.due, turn.today)]


def _rule(turn: Turn, name: str) -> Rule | None:
    """None: the rule is no longer part of the policy."""
    if name in ABOUT_ACTIVITIES:
        return rule_of(name)
    try:
        return turn.house.rules.policy.rule(name)
    except LookupError:
        return None


def _item(turn: Turn, number: int, told: Told) -> str:
    rule = told.rule
    return ITEM.format(
        no=number,
        title=_title(turn, told),
        clause=rule.clause,
        source=rule.source,
        why=rule.why,
        due=DUE.format(day=full_day(told.due)) if told.due and not is_greeting(rule) else "",
        told=moment(turn, told.at),
        end=_end(turn, told),
    )


def _end(turn: Turn, told: Told) -> str:
    rule = told.rule
    if rule.name in ABOUT_ACTIVITIES:
        return END_ACTIVITY
    if is_greeting(rule):
        return END_GREETING
    settle = settle_in(rule, told.period, turn.today)
    if settle:
        return END_BY.format(settle=settle.replace("{member}", "姓名"))
    return END_BY_HAND if turn.speaker.is_secretary else END_BY_OTHERS

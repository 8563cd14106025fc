"""为什么: the reminders somebody was last sent, each with its clause, its source and what would end it."""

import re
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from handlers.owed import Owed, owed_by_branch
from handlers.reading.numerals import NUMERAL, read_integer
from handlers.topic import Heard, Topic
from handlers.turn import Outcome, Say, Turn
from handlers.words import activity_of_day, full_day, moment, title
from scheduler.asking import is_greeting
from scheduler.digest import is_listed
from scheduler.invitations import ABOUT_ACTIVITIES, rule_of
from scheduler.occurrences import settle_in
from scheduler.policy import Owes, Rule, Who
from storage.database import Row
from storage.duties import DIGEST
from storage.recipients import Recipients
from storage.records import Activity

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
END_OVER = "活动已经过了，不会再提醒。"
END_EXCEPTION = "不用回复，由下级支部办理。"
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
    is_over: bool = False
    is_exception: bool = False


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
    once: dict[tuple[object, ...], Told] = {}
    for one in found:
        once.setdefault(_matter(one), one)
    return list(once.values())


def _matter(one: Told) -> tuple[object, ...]:
    """What is shown once: an activity whatever was said of it, anything else once a message."""
    if one.rule.name in ABOUT_ACTIVITIES:
        return one.rule.clause, one.about
    return one.message_id, one.rule.name, one.period, one.due, one.about


async def _rules_in(turn: Turn, row: Row) -> list[Told]:
    if row["rule"] == DIGEST:
        listed_on = turn.local(row["planned_at"]).date()
        owed = await owed_by_branch(turn) if turn.speaker.is_secretary else []
        return [
            Told(one.rule, row["message_id"], row["planned_at"], one.period, one.due, about)
            for one in owed
            if _was_listed(one, listed_on)
            for about in _named(one)
        ]
    rule = _rule(turn, row["rule"])
    if rule is None:
        return []
    due = None if row["rule"] in ABOUT_ACTIVITIES else row["due_on"]
    found = await _activity(turn, row["subject_id"]) if rule.owes is Owes.ACTIVITY else None
    return [
        Told(
            rule,
            row["message_id"],
            row["planned_at"],
            row["period"],
            due,
            activity_of_day(turn, found) if found else "",
            is_over=found is not None and found.ends_at <= turn.now,
            is_exception=row["who"] == Who.COMMITTEE,
        )
    ]


async def _activity(turn: Turn, number: int) -> Activity | None:
    return (await Recipients(turn.store.unit).activities([number])).get(number)


def _named(owed: Owed) -> tuple[str, ...]:
    """The activities that a line of the weekly message is about; of members nothing is said here."""
    return owed.names if owed.rule.owes is Owes.ACTIVITY else ("",)


def _title(turn: Turn, told: Told) -> str:
    return title(turn, told.rule, told.period) + (
        ABOUT.format(what=told.about) if told.about else ""
    )


def _was_listed(owed: Owed, day: date) -> bool:
    """Whether the weekly message of that day listed it: what came about later was not in it."""
    since = owed.rule.event is None or owed.due - timedelta(days=owed.rule.due.days) <= day
    return since and is_listed(owed.rule, owed.due, day)


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
    if told.is_exception:
        return END_EXCEPTION
    if rule.name in ABOUT_ACTIVITIES:
        return END_OVER if told.is_over else END_ACTIVITY
    if is_greeting(rule):
        return END_GREETING
    settle = settle_in(rule, told.period, turn.today)
    if settle:
        return END_BY.format(settle=settle.replace("{member}", "姓名"))
    return END_BY_HAND if turn.speaker.is_secretary else END_BY_OTHERS

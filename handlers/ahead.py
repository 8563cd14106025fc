"""Which activity a line means: the day named, else the one announced or next; several are asked by number."""

from collections.abc import Mapping
from datetime import date, timedelta
from typing import Any

from handlers.choices import chosen, numbered
from handlers.reading.dates import find_dates
from handlers.turn import Ask, Turn
from handlers.words import activity, day
from scheduler.activities import is_expected
from scheduler.invitations import TO_MEMBERS
from storage.records import Activity

WHICH = "您说的是哪一次活动？请回复序号：\n{choices}"
NONE_AHEAD = "目前没有安排好的活动。"
NONE_THAT_DAY = "{day}没有安排活动，没有登记。{next}"
NEXT_IS = "下一次是{activity}。"
LATEST_NOTICES = 60
MARGIN = timedelta(days=7)  # what falls on days off is announced earlier than usual


async def expected_ahead(turn: Turn) -> list[Activity]:
    """What the speaker is expected at and has not begun."""
    ahead = await turn.store.agenda.upcoming(turn.speaker.branch_id, turn.now)
    return [one for one in ahead if is_expected(turn.speaker, one)]


def announced(turn: Turn, ahead: list[Activity]) -> list[Activity]:
    """Those whose invitation may be out; where there is none yet, the next one."""
    days = timedelta(days=turn.house.rules.policy.activities.announce_days) + MARGIN
    return [one for one in ahead if one.starts_at <= turn.now + days] or ahead[:1]


async def told_of(turn: Turn, ahead: list[Activity]) -> list[Activity]:
    """Those whose card the speaker got: a short reply is to one of them; else those that may be announced."""
    rows = await turn.store.notices.told(turn.speaker.id, LATEST_NOTICES)
    told = {row["subject_id"] for row in rows if row["rule"] in TO_MEMBERS}
    return [one for one in ahead if one.id in told] or announced(turn, ahead)


def on_day(turn: Turn, some: list[Activity], wanted: date) -> list[Activity]:
    """Those that begin on a day."""
    return [one for one in some if turn.local(one.starts_at).date() == wanted]


def named_days(turn: Turn, text: str) -> list[date]:
    """The days a line names."""
    return [one.day for one in find_dates(text, turn.today)]


def ask_which(turn: Turn, some: list[Activity], topic: str, state: Mapping[str, Any]) -> Ask:
    """One question with numbered choices; the answer's place is looked up with `chosen_one`."""
    choices = numbered([activity(turn, one) for one in some])
    return Ask(WHICH.format(choices=choices), topic, {**state, "which": [one.id for one in some]})


async def chosen_one(turn: Turn) -> Activity | None:
    """The activity whose number was answered to `ask_which`."""
    ids = turn.dialog.state["which"] if turn.dialog else []
    place = chosen(turn.text, len(ids))
    return None if place is None else await turn.store.activities.get(ids[place])


def none_that_day(turn: Turn, wanted: date, ahead: list[Activity]) -> str:
    """Nothing is planned on the day named; what is next."""
    following = NEXT_IS.format(activity=activity(turn, ahead[0])) if ahead else NONE_AHEAD
    return NONE_THAT_DAY.format(day=day(wanted), next=following)

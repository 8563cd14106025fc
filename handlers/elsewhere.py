"""A member away takes part in a local branch's activity: on record at once, waiting for nobody (AD-5)."""

import re
from datetime import date

from handlers import ahead, excuses
from handlers.reading.dates import find_dates
from handlers.reading.speech import asks, stance
from handlers.reading.words import POLITE, bare, without
from handlers.topic import Heard, Topic, Undone
from handlers.turn import Done, Outcome, Say, Turn
from handlers.words import activity
from scheduler.activities import MAY_BE_ADDED_DAYS, is_expected, just_closed, open_now
from scheduler.calendar import month_of
from storage.records import TOOK_PART, Activity, Attendance, EntryKind, Presence

RECORDED = (
    "已登记异地参加：您在{host}参加了活动，记为{activity}。\n"
    "已记入记实档案第 {no} 条，核对无误请回复“确认 {no}”；登记错了请回复“撤销”。"
)
TWICE = "{activity}您已经登记过，不用重复。"
NONE = "现在没有可以登记的活动：异地参加要在本支部活动当天到之后 {days} 天以内登记。已过期的请联系支部书记。"
NONE_THAT_DAY = "那一天本支部没有活动，没有登记。异地参加记在本支部当月的活动上，请写明是哪一次，或联系支部书记。"
NOT_INVITED = "{activity}的参加范围是{audience}，这次没有请您，没有登记。"
UNDONE = "已撤销{activity}的异地参加。"
GONE = "{activity}的异地参加已经更正或取消，没有可以撤销的了。"
ENTRY = "参加活动“{topic}”，异地参加（{host}）"
CORRECTION = "撤销第 {no} 条：{entry}"
SAID = re.compile(
    "(?:我|本人|今天|今日|刚才?|已|已经|上午|下午|晚上)*在(?P<host>[^,。;?!在他她我你说没不]{2,30}?(?:支部|党总支|党委|党组织|党群服务中心|社区|街道|村))"
    "(?:已经?|刚才?|也|一起)*(?:参加|过)[了过](?:他们的|当地的?|一次|那边的?|本月的?|的|支部)*"
    "(?:党员?活动日?|主题党日|党日|组织生活会?|党课|党员大会|支部大会|会议|活动|学习)+(?:活动)?了?"
)
OF_THE_PARTY = re.compile("党|支部|组织生活")  # a meeting of the street committee is none
OWN = {"支部", "党支部", "我们支部", "本支部", "自己支部", "咱支部"}

topic = Topic("elsewhere", "在苏州社区支部参加了活动")


@topic.acts(lambda turn, text: _host(turn, text) != "")
async def record(turn: Turn, heard: Heard) -> Outcome:
    """The branch's own activity of these days is met at the place where the member is."""
    host = _host(turn, heard.text)
    days = [one.day for one in find_dates(heard.text, turn.today)]
    near = await _near(turn)
    expected = [one for one in near if is_expected(turn.speaker, one)]
    if not expected:
        return Say(_not_invited(turn, near[0]) if near else NONE.format(days=MAY_BE_ADDED_DAYS))
    if days:
        expected = _of_month(turn, expected, days[0])
    meant = (ahead.on_day(turn, expected, days[0]) if days else []) or expected
    if not meant:
        return Say(NONE_THAT_DAY)
    if len(meant) > 1:
        return ahead.ask_which(turn, meant, topic.name, {"host": host})
    return await _record(turn, meant[0], host)


@topic.answers
async def chosen(turn: Turn) -> Outcome | None:
    """The number of the activity that was met elsewhere."""
    found = await ahead.chosen_one(turn)
    if found is None or turn.dialog is None:
        return None
    if found.cancelled:
        return Done(NONE.format(days=MAY_BE_ADDED_DAYS))
    return await _record(turn, found, turn.dialog.state["host"])


@topic.undoes
async def undo(turn: Turn, reference: str) -> Undone:
    """The entry gains its correction; a leave or an absence stands as before."""
    number, leave_id, leave_no, host = reference.split("/", 3)
    found = await turn.store.activities.get(int(number))
    attended = await turn.store.activities.attendance_of(found.id, turn.speaker.id)
    if attended is None or attended.state not in TOOK_PART:
        return Undone(GONE.format(activity=activity(turn, found)))
    await excuses.unattend(turn, found, turn.speaker.id)
    entry = ENTRY.format(topic=found.topic, host=host)
    await turn.store.ledger.append(
        found.branch_id,
        turn.speaker.id,
        EntryKind.CORRECTION,
        turn.today,
        CORRECTION.format(no=attended.ledger_no, entry=entry),
        by=turn.by.id,
        at=turn.now,
        corrects=attended.ledger_no,
    )
    back = await excuses.stand_as_before(turn, found, int(leave_id), int(leave_no))
    return Undone(f"{UNDONE.format(activity=activity(turn, found))}{back}")


def _host(turn: Turn, text: str) -> str:
    """The branch that the line names, or '' where it is no plain statement of the speaker's own."""
    rest = without(text, [(one.start, one.end) for one in find_dates(text, turn.today)], "")
    said = bare(rest)
    for word in sorted(POLITE - {"我", "今天", "今日", "已", "也"}, key=len, reverse=True):
        said = said.removeprefix(word) if "在" not in word else said
    found = SAID.fullmatch(said)
    if found is None or asks(text) or found["host"] in OWN or not OF_THE_PARTY.search(found[0]):
        return ""
    if stance(said.replace(found["host"], "")) is not None:  # 小王庄村, 未来社区 are names
        return ""
    future = any(one.day > turn.today for one in find_dates(text, turn.today))
    return "" if future else found["host"]


async def _near(turn: Turn) -> list[Activity]:
    """What is open now, else what closed within the days in which its record is due."""
    around = await turn.store.activities.around(turn.speaker.branch_id, turn.now)
    over = just_closed(around, turn.now, excuses.MAY_BE_ADDED)
    return open_now(around, turn.now) or ([over] if over else [])


def _of_month(turn: Turn, some: list[Activity], on: date) -> list[Activity]:
    return [one for one in some if month_of(turn.local(one.starts_at).date()) == month_of(on)]


def _not_invited(turn: Turn, found: Activity) -> str:
    return NOT_INVITED.format(activity=activity(turn, found), audience=found.audience)


async def _record(turn: Turn, found: Activity, host: str) -> Outcome:
    member = turn.speaker
    before = await turn.store.activities.attendance_of(found.id, member.id)
    if before is not None and before.state in TOOK_PART:
        return Done(TWICE.format(activity=activity(turn, found)))
    leave_id, leave_no = await excuses.make_way(turn, found)
    no = await turn.store.ledger.append(
        found.branch_id,
        member.id,
        EntryKind.ACTIVITY,
        turn.local(found.starts_at).date(),
        ENTRY.format(topic=found.topic, host=host) + turn.proxy_mark,
        by=turn.by.id,
        at=turn.now,
    )
    there = Attendance(found.id, member.id, Presence.ELSEWHERE, turn.now, 0, no)
    turn.store.activities.attend(there, by=turn.by.id, reason=host)
    words = RECORDED.format(host=host, activity=activity(turn, found), no=no)
    return Done(words, effect=f"elsewhere:{found.id}/{leave_id}/{leave_no}/{host}")

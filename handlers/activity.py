"""Activities as a secretary sees them: what is on, and who has checked in (AD-3, AD-8)."""

from datetime import timedelta

from handlers.coming import facts
from handlers.reading.dates import find_dates
from handlers.roll import roll_of
from handlers.topic import Heard, Role, Topic
from handlers.turn import Outcome, Say, Turn
from handlers.words import activity
from scheduler.activities import MAY_BE_ADDED_DAYS, open_now
from storage.records import Activity, Attendance, Member, Presence

NOTHING = "支部还没有安排活动。可以回复“发起活动”，或请管理员导入全年计划。"
MEMBER_NOTHING = "支部还没有安排活动。"
HEADING = "{activity}\n签到码 {code}　应到 {expected} 人，已到 {there} 人{remote}，请假 {leave} 人{rest}。"
REMOTE = "（远程 {count} 人）"
COMING_COUNT = "，答复参加 {count} 人"
OPEN_COUNT = "，未答复 {count} 人"
ABSENT_COUNT = "，缺席 {count} 人"
ASKED_COUNT = "，请假待批 {count} 人"
THERE = "已签到：{names}"
ON_LEAVE = "请假：{names}"
ASKED = "请假待批：{names}"
COMING = "已答复参加：{names}"
AFAR = "已答复线上：{names}"
SILENT = "未答复：{names}"
ABSENT = "缺席：{names}"
GROUPS = (THERE, ON_LEAVE, ASKED, COMING, AFAR, SILENT, ABSENT)
STATES = {
    Presence.PRESENT: THERE,
    Presence.REMOTE: THERE,
    Presence.ELSEWHERE: THERE,
    Presence.LEAVE: ON_LEAVE,
    Presence.ABSENT: ABSENT,
}
ANSWERS = {"coming": COMING, "remote": AFAR}
NEXT = "下一次：{activity}，签到码 {code}。"
LATER = "以后：{activity}。"
MEMBER_NEXT = "下一次活动是{facts}"
MEMBER_NOW = "现在可以签到：{activity}，回复“签到”即可。"
ALOUD_NOW = "现在可以签到：{activity}。请@我说“签到”。"
LATE = "{name}（迟到{minutes}分）"
FAR = "{name}（远程）"
ELSEWHERE = "{name}（异地）"
SHOWN = 6

topic = Topic("activity", "活动名单", "活动")


@topic.says("活动名单", "签到名单", role=Role.SECRETARY)
@topic.says(
    "名单",
    "谁签到了",
    "谁没签到",
    "谁没来",
    "还有谁没签到",
    "还有谁没来",
    "签到情况",
    "活动签到情况",
    "谁参加",
    "谁不参加",
    "谁答复了",
    "谁没答复",
    role=Role.SECRETARY,
    rest=False,
)
async def names(turn: Turn, heard: Heard) -> Outcome:
    """Who answered, checked in, asked leave or was absent: of the day named, what is open, ahead or over."""
    found = await _named(turn, heard.rest) or await _current(turn)
    return Say(await _list(turn, found) if found else NOTHING)


@topic.says("活动", "活动安排", "下次活动", "有什么活动", "今天的活动", rest=False)
@topic.mentions("下次活动是", "下次活动什么", "今天活动几", "什么时候活动", "活动几点", "活动在哪")
async def coming(turn: Turn, heard: Heard) -> Outcome:
    """What is on now and next."""
    del heard
    around = await turn.store.activities.around(turn.speaker.branch_id, turn.now)
    running = open_now(around, turn.now)
    lines = [MEMBER_NOW.format(activity=activity(turn, one)) for one in running]
    later = [
        one
        for one in await turn.store.agenda.upcoming(turn.speaker.branch_id, turn.now)
        if one not in running
    ]
    if later and turn.speaker.is_secretary:
        lines.append(_next(turn, later[0]))
        lines += [LATER.format(activity=activity(turn, one)) for one in later[1:SHOWN]]
    elif later:
        lines.append(MEMBER_NEXT.format(facts=facts(turn, later[0])))
    words = "\n".join(lines)
    nothing = NOTHING if turn.speaker.is_secretary else MEMBER_NOTHING
    return Say(words or nothing, aloud=_aloud(turn, running, later) or MEMBER_NOTHING)


def _aloud(turn: Turn, running: list[Activity], later: list[Activity]) -> str:
    """The same for everybody to hear: no codes, which are for the place itself."""
    lines = [ALOUD_NOW.format(activity=activity(turn, one)) for one in running]
    return "\n".join(lines + [MEMBER_NEXT.format(facts=facts(turn, one)) for one in later[:1]])


async def _named(turn: Turn, text: str) -> Activity | None:
    """The activity of the day that the line names."""
    branch_id = turn.speaker.branch_id
    around = await turn.store.activities.around(branch_id, turn.now)
    agenda = turn.store.agenda
    known = [
        *(one for one in around if not one.cancelled),
        *await agenda.upcoming(branch_id, turn.now),
        *await agenda.over(branch_id, turn.now),
    ]
    days = [one.day for one in find_dates(text, turn.today)]
    return next((one for one in known if turn.local(one.starts_at).date() in days), None)


async def _current(turn: Turn) -> Activity | None:
    """What is open; just over, while its record is due; announced; else the last one, or the next."""
    branch_id = turn.speaker.branch_id
    around = await turn.store.activities.around(branch_id, turn.now)
    open_ones = open_now(around, turn.now)
    if open_ones:
        return open_ones[0]
    coming = await turn.store.activities.next_after(branch_id, turn.now)
    last = await turn.store.activities.latest(branch_id, turn.now)
    announced = timedelta(days=turn.house.rules.policy.activities.announce_days)
    if coming is not None and coming.starts_at <= turn.now + announced:
        is_recent = last and last.ends_at > turn.now - timedelta(days=MAY_BE_ADDED_DAYS)
        return last if is_recent else coming
    return last or coming


async def _list(turn: Turn, found: Activity) -> str:
    roll = await roll_of(turn, found)
    answers = await turn.store.responses.of(found.id)
    shown: dict[str, list[str]] = {words: [] for words in GROUPS}
    for one in roll.expected:
        here = roll.states.get(one.id)
        if here is not None:
            words = STATES[here.state]
        elif one.id in roll.asked:
            words = ASKED
        else:
            words = SILENT if found.closed else ANSWERS.get(answers.get(one.id, ""), SILENT)
        shown[words].append(_name(one, here))
    there = [one for one in roll.states.values() if STATES[one.state] == THERE]
    remote = sum(one.state is Presence.REMOTE for one in there)
    heading = HEADING.format(
        activity=activity(turn, found),
        code=found.code,
        expected=len(roll.expected),
        there=len(there),
        remote=REMOTE.format(count=remote) if remote else "",
        leave=len(shown[ON_LEAVE]),
        rest=_rest(found, shown),
    )
    return "\n".join(
        [heading, *(words.format(names="、".join(some)) for words, some in shown.items() if some)]
    )


def _rest(found: Activity, shown: dict[str, list[str]]) -> str:
    """Who is neither there nor excused: absent once it is closed, until then not answered."""
    if found.closed and not shown[SILENT]:
        counts = ((ABSENT_COUNT, len(shown[ABSENT])), (ASKED_COUNT, len(shown[ASKED])))
        return "".join(words.format(count=count) for words, count in counts if count)
    coming = len(shown[COMING]) + len(shown[AFAR])
    words = COMING_COUNT.format(count=coming) if coming else ""
    return words + OPEN_COUNT.format(count=len(shown[SILENT]) + len(shown[ASKED]))


def _name(member: Member, here: Attendance | None) -> str:
    if here is None:
        return member.name
    if here.state is Presence.REMOTE:
        return FAR.format(name=member.name)
    if here.state is Presence.ELSEWHERE:
        return ELSEWHERE.format(name=member.name)
    if here.late_minutes:
        return LATE.format(name=member.name, minutes=here.late_minutes)
    return member.name


def _next(turn: Turn, found: Activity) -> str:
    return NEXT.format(activity=activity(turn, found), code=found.code)

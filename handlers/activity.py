"""Activities as a secretary sees them: what is on, and who has checked in (AD-3, AD-8)."""

from handlers.topic import Heard, Role, Topic
from handlers.turn import Outcome, Say, Turn
from handlers.words import activity
from scheduler.activities import is_expected, open_now
from storage.records import Activity, Presence

NOTHING = "支部还没有安排活动。可以请管理员导入全年计划。"
HEADING = "{activity}\n签到码 {code}　应到 {expected} 人，已到 {there} 人{remote}，请假 {leave} 人，未答复 {open} 人。"
REMOTE = "（远程 {count} 人）"
THERE = "已签到：{names}"
ON_LEAVE = "请假：{names}"
ASKED = "请假待批：{names}"
SILENT = "未答复：{names}"
NEXT = "下一次：{activity}，签到码 {code}。"
MEMBER_NEXT = "下一次活动：{activity}。"
MEMBER_NOW = "现在可以签到：{activity}，回复“签到”即可。"
LATE = "{name}（迟到{minutes}分）"
FAR = "{name}（远程）"

topic = Topic("activity", "活动名单", "活动")


@topic.says(
    "活动名单",
    "名单",
    "签到名单",
    "谁签到了",
    "谁没签到",
    "谁没来",
    "还有谁没签到",
    "还有谁没来",
    "签到情况",
    "活动签到情况",
    role=Role.SECRETARY,
    rest=False,
)
async def names(turn: Turn, heard: Heard) -> Outcome:
    """Who has checked in, asked leave, or not answered, for the activity now open or the last."""
    del heard
    found = await _current(turn)
    if found is None:
        coming = await turn.store.activities.next_after(turn.speaker.branch_id, turn.now)
        return Say(_next(turn, coming) if coming else NOTHING)
    return Say(await _list(turn, found))


@topic.says("活动", "活动安排", "下次活动", "有什么活动", "今天的活动", rest=False)
@topic.mentions("下次活动是", "下次活动什么", "今天活动几", "什么时候活动", "活动几点", "活动在哪")
async def coming(turn: Turn, heard: Heard) -> Outcome:
    """What is on now and next."""
    del heard
    around = await turn.store.activities.around(turn.speaker.branch_id, turn.now)
    running = open_now(around, turn.now)
    lines = [MEMBER_NOW.format(activity=activity(turn, one)) for one in running]
    found = await turn.store.activities.next_after(turn.speaker.branch_id, turn.now)
    if found in running:
        found = await turn.store.activities.next_after(
            turn.speaker.branch_id, running[-1].starts_at
        )
    if found is not None and turn.speaker.is_secretary:
        lines.append(_next(turn, found))
    elif found is not None:
        lines.append(MEMBER_NEXT.format(activity=activity(turn, found)))
    return Say("\n".join(lines) or NOTHING)


async def _current(turn: Turn) -> Activity | None:
    around = await turn.store.activities.around(turn.speaker.branch_id, turn.now)
    open_ones = open_now(around, turn.now)
    if open_ones:
        return open_ones[0]
    return await turn.store.activities.latest(turn.speaker.branch_id, turn.now)


async def _list(turn: Turn, found: Activity) -> str:
    members = {one.id: one for one in await turn.store.members.of_branch(found.branch_id)}
    attended = await turn.store.activities.attendances(found.id)
    asked = {one.member_id for one in await turn.store.activities.leaves_from(found.id)}
    there = [one for one in attended if one.state not in (Presence.LEAVE, Presence.ABSENT)]
    on_leave = [one.member_id for one in attended if one.state is Presence.LEAVE]
    known = {one.member_id for one in attended}
    waiting = asked - known
    silent = [
        one.name
        for one in members.values()
        if is_expected(one, found) and one.id not in known | waiting
    ]
    far = sum(one.state is Presence.REMOTE for one in there)
    shown = []
    for one in there:
        name = members[one.member_id].name if one.member_id in members else ""
        if one.state is Presence.REMOTE:
            name = FAR.format(name=name)
        elif one.late_minutes:
            name = LATE.format(name=name, minutes=one.late_minutes)
        shown.append(name)
    heading = HEADING.format(
        activity=activity(turn, found),
        code=found.code,
        expected=sum(is_expected(one, found) for one in members.values()),
        there=len(there),
        remote=REMOTE.format(count=far) if far else "",
        leave=len(on_leave),
        open=len(silent) + len(waiting),
    )
    named = (
        (THERE, shown),
        (ON_LEAVE, [members[number].name for number in on_leave if number in members]),
        (ASKED, [members[number].name for number in sorted(waiting) if number in members]),
        (SILENT, silent),
    )
    lines = [words.format(names="、".join(people)) for words, people in named if people]
    return "\n".join([heading, *lines])


def _next(turn: Turn, found: Activity) -> str:
    return NEXT.format(activity=activity(turn, found), code=found.code)

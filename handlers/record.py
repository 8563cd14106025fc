"""The record of an activity that is over: its content, its form as a file, and that it was filed (AD-8)."""

from dataclasses import replace
from datetime import date
from hashlib import blake2s

from handlers.choices import says_nothing
from handlers.documents.record_form import RecordForm, record_form
from handlers.forms import SKIP
from handlers.notify import give
from handlers.reading.dates import find_dates
from handlers.reading.months import find_months
from handlers.reading.speech import asks
from handlers.reading.words import bare, says_only, without
from handlers.roll import Roll, roll_of
from handlers.topic import Heard, Role, Topic, Undone, own_words
from handlers.trail import noted
from handlers.turn import Ask, Done, Outcome, Say, Turn
from handlers.words import activity, day
from scheduler.occurrences import form_due
from storage.records import TOOK_PART, Activity, Presence

WHAT = "{activity}的活动内容还没有写。请简单写几句（学了什么、议了什么），会写进记录表；先不写请回复“跳过”。"
SENT = "记录表已发给您（{name}），请核对、签名盖章。{due}报出后请回复“已上报”；改内容请回复“记录内容 ……”，再要一份回复“记录表”。"
DUE = "请在{day}前报上级党组织，一式两份。"
OVERDUE = "应在{day}前报上级党组织，已过期，请尽快，一式两份。"
FILED_ALREADY = "这次的记录表{day}已登记上报。"
KEPT = "{activity}的活动内容已记下：“{words}”，{count} 字。要记录表请回复“记录表”。"
CHANGED = "{activity}的活动内容已更新为“{words}”，{count} 字。要记录表请回复“记录表”。"
WRITTEN = "活动内容记为“{words}”。{sent}"
SHORTEST_CONTENT = 30  # of what may also be read as a question
WHAT_CONTENT = "请把内容一起写上，例如：记录内容 学习党章第一章，讨论下月计划。"
CALLED_OFF = "{activity}已取消或改期，不用写记录表，没有登记。"
FILED = "已登记{activity}的记录表上报。登记错了请回复“撤销”。"
ALREADY_FILED = "{activity}的记录表已登记过上报，不用重复。别的活动请写明月份，例如：已上报 10月。"
NONE_OVER = "支部还没有结束的活动，记录表要等活动结束以后。"
NONE_THEN = "{when}没有已经结束的活动。记录表要等活动结束以后。"
NOT_OVER = "{activity}还没有结束，记录表要等活动结束以后。"
HOW = (
    "活动结束后回复“记录表”，我把填好的表发给您；报出后回复“已上报”。补写内容请回复“记录内容 ……”。"
)
UNFILED = "已撤销{activity}记录表的上报登记。"
CONTENT_TAKEN_BACK = "已撤销刚才写的活动内容。"
CONTENT_STAYS = "改写前的内容没有保留，不能撤销。请用“记录内容 ……”重新写一遍。"
CONTENT_REWRITTEN = "刚才写的活动内容后来已被改写，不能撤销。要改请用“记录内容 ……”重新写。"
TOO_LONG = "内容太长了，最多 {width} 字，请写简要一些。"
FILE = "{title}{day}.docx"
TIME = "{begins}–{ends}"
LONGEST = 2_000
LONGEST_QUOTE = 60
NOT_YET = frozenset({"先不写", "先不写了", "不写", "不写了", "以后再写", *SKIP})
WORDS = tuple(
    "的 那次 那次活动 活动 上次 这次 最近 最近一次 要 发 一份 记录表 月 再 给我 请".split()
)
FILED_WORDS = tuple("的 那次 活动 记录表 表 了 已经 都 上级 给上级 党委".split())

topic = Topic("record", "记录表", "记录内容 学习党章", "已上报")


@topic.says("记录表", "活动记录表", "党日活动记录表", "要记录表", role=Role.SECRETARY)
async def wanted(turn: Turn, heard: Heard) -> Outcome:
    """Hand out the form of the last activity that is over, or of the month named."""
    if asks(heard.rest) or not _only_names(turn, heard.rest, WORDS):
        return Say(HOW)
    found = await _over(turn, heard.rest)
    if isinstance(found, str):
        return Say(found)
    row = await turn.store.agenda.row(found.id)
    if not row["content"]:
        return Ask(WHAT.format(activity=activity(turn, found)), topic.name, {"id": found.id})
    return await _hand_out(turn, found, row["content"])


@topic.says("记录内容", "活动内容", "补充记录", role=Role.SECRETARY)
async def content(turn: Turn, heard: Heard) -> Outcome:
    """Set or change what the record says of the last activity that is over."""
    words = own_words(turn, heard)
    if not bare(words) or (asks(heard.rest) and len(words) < SHORTEST_CONTENT):
        return Say(WHAT_CONTENT)
    found = await _asked_about(turn) or await _over(turn, "")
    if isinstance(found, str):
        return Say(found)
    return (
        Say(TOO_LONG.format(width=LONGEST))
        if len(words) > LONGEST
        else await _keep(turn, found, words)
    )


@topic.says("已上报", "记录表已交", "记录表已上报", "记录表交了", "记录表已报", role=Role.SECRETARY)
async def filed(turn: Turn, heard: Heard) -> Outcome:
    """The form went to the upper organisation; the duty is met."""
    if asks(heard.text) or not _only_names(turn, heard.rest, FILED_WORDS):
        return Say(HOW)
    found = await _over(turn, heard.rest)
    if isinstance(found, str):
        return Say(found)
    if found.form_filed:
        return Say(ALREADY_FILED.format(activity=activity(turn, found)))
    await turn.store.activities.change(found.id, form_filed_at=turn.now)
    await noted(turn, "file_form", f"activity:{found.id}")
    return Done(FILED.format(activity=activity(turn, found)), effect=f"record:filed/{found.id}")


@topic.answers
async def told(turn: Turn) -> Outcome | None:
    """The content that was asked for, and with it the form; 跳过 leaves room to write by hand."""
    if turn.dialog is None:
        return None
    found = await turn.store.activities.get(turn.dialog.state["id"])
    if found.cancelled:
        return Done(CALLED_OFF.format(activity=activity(turn, found)))
    if turn.text in NOT_YET:
        return await _hand_out(turn, found, "")
    words = turn.said.strip()
    if says_nothing(turn.text):
        return Ask(WHAT.format(activity=activity(turn, found)), topic.name, {"id": found.id})
    if not bare(turn.text) or (asks(turn.text) and len(words) < SHORTEST_CONTENT):
        return None
    if len(words) > LONGEST:
        return Ask(TOO_LONG.format(width=LONGEST), topic.name, {"id": found.id})
    effect = (await _keep(turn, found, words)).effect
    handed_out = await _hand_out(turn, found, words)
    text = WRITTEN.format(words=_quoted(words), sent=handed_out.text)
    return replace(handed_out, text=text, effect=effect)


@topic.undoes
async def undo(turn: Turn, reference: str) -> Undone:
    """Not filed after all, or not written: a content that replaced another cannot come back."""
    what, number, *more = reference.split("/")
    found = await turn.store.activities.get(int(number))
    if what == "filed":
        await turn.store.activities.change(found.id, form_filed_at=None)
        await noted(turn, "unfile_form", f"activity:{found.id}")
        return Undone(UNFILED.format(activity=activity(turn, found)))
    if more[0] != "new":
        return Undone(CONTENT_STAYS, taken_back=False)
    stands = (await turn.store.agenda.row(found.id))["content"] or ""
    if more[1:] != [_mark(stands)]:
        return Undone(CONTENT_REWRITTEN, taken_back=False)
    await turn.store.activities.change(found.id, content=None)
    return Undone(CONTENT_TAKEN_BACK)


def _quoted(words: str) -> str:
    return words if len(words) <= LONGEST_QUOTE else f"{words[:LONGEST_QUOTE]}……"


def _mark(words: str) -> str:
    """By what 撤销 knows the words again; the effect of a message is no place to keep them."""
    return blake2s(words.encode(), digest_size=8).hexdigest()


def _only_names(turn: Turn, text: str, words: tuple[str, ...]) -> bool:
    """Whether a line names an activity by its day or month, and says nothing else."""
    spans = [(one.start, one.end) for one in find_dates(text, turn.today)]
    months = find_months(text, turn.today)
    if not spans and months and not months.invalid:
        spans = [(months.start, months.end)]
    return says_only(without(text, spans), words)


async def _asked_about(turn: Turn) -> Activity | None:
    """The activity whose content is being asked for."""
    if turn.dialog is None or turn.dialog.topic != topic.name:
        return None
    return await turn.store.activities.get(turn.dialog.state["id"])


async def _over(turn: Turn, text: str) -> Activity | str:
    """The last activity that is over, or of the day or month named; else why there is none."""
    branch_id = turn.speaker.branch_id
    found = await turn.store.agenda.over(branch_id, turn.now)
    days = [one.day for one in find_dates(text, turn.today)]
    months = find_months(text, turn.today) if not days else None
    if days or months:
        wanted = days[0].isoformat() if days else (months.months or ("",))[-1] if months else ""
        named = [one for one in found if _on(turn, one).isoformat().startswith(wanted)]
        return named[0] if named and wanted else await _none_then(turn, text, wanted)
    return found[0] if found else NONE_OVER


async def _none_then(turn: Turn, text: str, wanted: str) -> str:
    for one in await turn.store.agenda.upcoming(turn.speaker.branch_id, turn.now):
        if wanted and _on(turn, one).isoformat().startswith(wanted):
            return NOT_OVER.format(activity=activity(turn, one))
    return NONE_THEN.format(when=text.strip())


def _on(turn: Turn, found: Activity) -> date:
    return turn.local(found.starts_at).date()


async def _keep(turn: Turn, found: Activity, words: str) -> Done:
    before = (await turn.store.agenda.row(found.id))["content"]
    await turn.store.activities.change(found.id, content=words)
    await noted(turn, "write_record", f"activity:{found.id}")
    text = CHANGED if before else KEPT
    kept = "changed" if before else f"new/{_mark(words)}"
    effect = f"record:content/{found.id}/{kept}"
    said = text.format(activity=activity(turn, found), words=_quoted(words), count=len(bare(words)))
    return Done(said, effect=effect)


async def _hand_out(turn: Turn, found: Activity, content: str) -> Done:
    form = await _form(turn, found, content)
    name = FILE.format(title=form.title, day=f"{_on(turn, found):%Y%m%d}")
    await give(turn, (name, record_form(form)))
    return Done(SENT.format(name=name, due=await _due(turn, found)))


async def _due(turn: Turn, found: Activity) -> str:
    """By when it is to be filed, as the policy has it."""
    filed_at = (await turn.store.agenda.row(found.id))["form_filed_at"]
    if filed_at:
        return FILED_ALREADY.format(day=day(turn.local(filed_at).date()))
    due = form_due(turn.house.rules.policy, _on(turn, found))
    if due is None:
        return ""
    return (DUE if due >= turn.today else OVERDUE).format(day=day(due))


async def _form(turn: Turn, found: Activity, content: str) -> RecordForm:
    roll = await roll_of(turn, found)
    of = {state: _names(roll, state) for state in Presence}
    there = _names(roll, *TOOK_PART)
    asked = [one.name for one in roll.expected if one.id in roll.asked]
    settled = len(there) + len(of[Presence.LEAVE]) + len(asked)
    begins, ends = turn.local(found.starts_at), turn.local(found.ends_at)
    policy = turn.house.rules.policy
    return RecordForm(
        title=policy.activities.form_title,
        organisation=turn.house.organisation,
        branch=turn.speaker.branch,
        topic=found.topic,
        held_on=begins.date(),
        due=form_due(policy, begins.date()),
        time=TIME.format(begins=f"{begins:%H:%M}", ends=f"{ends:%H:%M}"),
        place=found.place,
        mode=found.mode,
        categories=tuple(filter(None, found.categories.split("、"))),
        expected=len(roll.expected),
        present=len(of[Presence.PRESENT]),
        remote=len(of[Presence.REMOTE]) + len(of[Presence.ELSEWHERE]),
        leave=len(of[Presence.LEAVE]),
        absent=len(roll.expected) - settled,
        attendees=tuple(there),
        on_leave=tuple(of[Presence.LEAVE]),
        undecided=tuple(asked),
        content=content,
        recorder=turn.speaker.name,
    )


def _names(roll: Roll, *states: Presence) -> list[str]:
    there = roll.states
    return [one.name for one in roll.expected if one.id in there and there[one.id].state in states]

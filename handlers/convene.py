"""A secretary calls an activity: 发起活动, one question at a time or all in one line (AD-1, AD-3, AD-6)."""

from datetime import date

from handlers import forms, planning, promises
from handlers.choices import is_no, is_yes
from handlers.forms import Problem
from handlers.planned import BAD_DATE, ONE_DAY, TIME, WIDTH, Planned, day_of, hours_of
from handlers.proven import held
from handlers.reading.dates import find_invalid_date
from handlers.reading.gathering import Gathering, read_gathering
from handlers.reading.speech import asks
from handlers.topic import Heard, Role, Topic, Undone, as_written
from handlers.trail import noted
from handlers.turn import Ask, Done, Outcome, Say, Turn
from handlers.words import activity, day, moment
from storage.agenda import ARRANGEMENT_UNDONE

PREVIEW = """请核对：
主题：{topic}
时间：{when}
地点：{place}
内容：{contents}
方式：{mode}
范围：{audience}{warnings}
发布“{topic}”请回复“确认”；改时间直接写新的时间，改上一项回复“上一步”，不发了回复“取消”。"""
NO_PLACE = "未定"
TAKEN = "这个时间支部已经安排了别的活动，请换一个时间，例如：12月6日9点。"
CREATED = "已安排{activity}。签到码 {code}，请只在现场公布。\n{told}改日子请回复“改期”，不办了请回复“取消活动 原因”；发错了请回复“撤销”。"
NOT_DONE = "好的，没有安排。"
HOW = "发起活动请回复“发起活动”，按提示填写；也可以一次写全，例如：发起活动 学习党章 12月5日9点到11点 一楼会议室。"
UNDONE = "已撤销{activity}的安排。"
GONE = "{activity}后来已经取消或改期，不用再撤销。"
ANSWERED = "已经有同志答复了，不能撤销。不办了请回复“取消活动 原因”。"

topic = Topic("convene", "发起活动")


@topic.says(
    "发起活动",
    "安排活动",
    "新建活动",
    "组织活动",
    "我要发起活动",
    "我想发起活动",
    role=Role.SECRETARY,
)
async def convene(turn: Turn, heard: Heard) -> Outcome:
    """Open the form with what the line tells; nothing is planned before the preview is confirmed."""
    if asks(heard.rest):
        return Say(HOW)
    default = (await planning.default_day(turn)).isoformat()
    answers: dict[str, forms.Value] = {"default": default}
    told = read_gathering(heard.rest, turn.today)
    answers.update(_as_written(turn, told))
    problem = _when(turn, heard.rest, told, answers)
    return await _go_on(turn, answers, problem)


@topic.answers
async def answer(turn: Turn) -> Outcome | None:
    """The next field, or the yes to the preview."""
    state = turn.dialog.state if turn.dialog else {}
    if "preview" in state:
        return await _previewed(turn, dict(state["preview"]))
    moved = forms.step(Planned, topic.name, turn)
    if moved is None:
        return None
    if isinstance(moved, dict):
        return await _go_on(turn, moved, "")
    answers = dict(moved.state["answers"])
    if "day" in answers and "time" not in answers and "day" not in state["answers"]:
        said = hours_of(turn, turn.text, date.fromisoformat(answers["day"]))
        if isinstance(said, Problem):
            return await _go_on(turn, answers, said.text)
        if said is not None:
            return await _go_on(turn, {**answers, "time": said}, "")
    return _with_default(turn, moved)


@topic.undoes
async def undo(turn: Turn, reference: str) -> Undone:
    """An activity that nobody answered is taken back; who was told of it hears that it is off."""
    found = await turn.store.activities.get(int(reference))
    if found.cancelled:
        return Undone(GONE.format(activity=activity(turn, found)))
    if await turn.store.agenda.is_touched(found.id):
        return Undone(ANSWERED, taken_back=False)
    await turn.store.agenda.withdraw(found.id, turn.now, ARRANGEMENT_UNDONE)
    await noted(turn, "withdraw", f"activity:{found.id}")
    return Undone(UNDONE.format(activity=activity(turn, found)))


def _as_written(turn: Turn, told: Gathering) -> dict[str, forms.Value]:
    """The fields that one line fills, its words as they were written."""
    found: dict[str, forms.Value] = {}
    for name, words in (("topic", told.topic), ("place", told.place)):
        if words and len(words) <= WIDTH:
            found[name] = as_written(turn.said, words)
    if told.contents:
        found["contents"] = list(told.contents)
    if told.mode:
        found["mode"] = told.mode
    if told.audience:
        found["audience"] = told.audience
    return found


def _when(turn: Turn, text: str, told: Gathering, answers: dict[str, forms.Value]) -> str:
    """Fill the day and the hours that a line tells; why they cannot be."""
    invalid = find_invalid_date(text)
    if invalid:
        return BAD_DATE.format(words=invalid)
    if len(told.days) > 1:
        return ONE_DAY
    if not told.days:
        return ""
    on = day_of(turn, told.days[0])
    if isinstance(on, Problem):
        return on.text
    answers["day"] = on
    hours = hours_of(turn, text, told.days[0])
    if isinstance(hours, Problem):
        return hours.text
    if hours is not None:
        answers["time"] = hours
    return ""


async def _go_on(turn: Turn, answers: dict[str, forms.Value], lead: str) -> Outcome:
    asked = forms.start(Planned, topic.name, answers, lead, whole=True)
    if asked:
        return _with_default(turn, asked)
    return await _preview(turn, answers)


def _with_default(turn: Turn, asked: Ask) -> Ask:
    """The question of the day names the fixed activity day."""
    default = date.fromisoformat(asked.state["answers"].get("default", turn.today.isoformat()))
    return Ask(asked.text.replace("{default}", day(default)), asked.topic, asked.state)


async def _preview(turn: Turn, answers: dict[str, forms.Value], lead: str = "") -> Ask:
    told = forms.filled(Planned, answers)
    row = told.row
    found = await _warnings(turn, told)
    text = PREVIEW.format(
        topic=told.topic,
        when=planning.in_words(turn, told.hours),
        place=row["place"] or NO_PLACE,
        contents=row["categories"],
        mode=told.mode,
        audience=row["audience"],
        warnings=planning.warned(found),
    )
    return Ask(f"{lead}{text}", topic.name, {"preview": answers, "warned": found})


async def _warnings(turn: Turn, told: Planned) -> list[str]:
    contents = planning.balance(told.row["categories"])
    return [*contents, *await planning.warnings(turn, told.hours)]


async def _previewed(turn: Turn, answers: dict[str, forms.Value]) -> Outcome | None:
    """Yes, no, one step back, or another time."""
    if turn.text in forms.BACK:
        return await _go_on(turn, {k: v for k, v in answers.items() if k != "audience"}, "")
    if is_yes(turn.text) or turn.text in {"发布", "确认发布"}:
        return await _create(turn, answers)
    if is_no(turn.text):
        return Done(NOT_DONE)
    told = read_gathering(turn.text, turn.today)
    if not told.days and told.begins is None:
        return None
    before = date.fromisoformat(str(answers["day"]))
    on = told.days[0] if told.days else before
    hours = hours_of(turn, turn.text, on)
    if hours is None:
        hours = _same_hours(turn, answers, on)
    problem = _when(turn, turn.text, told, {})
    if problem or isinstance(hours, Problem):
        words = problem or (hours.text if isinstance(hours, Problem) else "")
        return Ask(words, topic.name, {"preview": answers})
    return await _preview(turn, {**answers, "day": on.isoformat(), "time": hours})


def _same_hours(turn: Turn, answers: dict[str, forms.Value], on: date) -> list[str] | Problem:
    told = forms.filled(Planned, answers).hours
    kept = [turn.local(one) for one in (told.starts_at, told.ends_at)]
    said = "-".join(f"{one:%H:%M}" for one in kept)
    return hours_of(turn, said, on) or Problem(TIME)


async def _create(turn: Turn, answers: dict[str, forms.Value]) -> Outcome:
    told = forms.filled(Planned, answers)
    if told.hours.starts_at <= turn.now:
        words = planning.PAST_TIME.format(begins=moment(turn, told.hours.starts_at))
        return Ask(words, topic.name, {"preview": answers})
    if await planning.taken(turn, told.hours.starts_at):
        return Ask(TAKEN, topic.name, {"preview": answers})
    warned = turn.dialog.state.get("warned", []) if turn.dialog else []
    if set(await _warnings(turn, told)) - set(warned):
        return await _preview(turn, answers, planning.CHANGED)
    asked = await held(turn, f"发起活动“{told.topic}”")
    if asked is not None:
        return asked
    code = await planning.new_code(turn)
    number = await turn.store.agenda.plan(
        branch_id=turn.speaker.branch_id, code=code, created_at=turn.now, **told.row
    )
    await noted(turn, "convene", f"activity:{number}")
    found = await turn.store.activities.get(number)
    words = CREATED.format(
        activity=activity(turn, found), code=code, told=await promises.of_new(turn, found)
    )
    return Done(words, effect=f"convene:{number}")

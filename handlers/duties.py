"""待办, 办结, 免办: what a branch owes, by due day, and the words that settle it by hand."""

import re
from collections.abc import Awaitable, Callable
from datetime import timedelta

from handlers.agenda import Item, below, names_of, numbered_items, page, without_cases
from handlers.cases import as_recorded, decide
from handlers.choices import is_no, is_yes, says_nothing
from handlers.owed import late_below, owed_by_branch
from handlers.reading.contact import is_question
from handlers.reading.numerals import NUMERAL, read_row
from handlers.reading.words import bare
from handlers.second_look import VERBS, about_another, look, narrowed
from handlers.standing import is_own, still_to_decide
from handlers.topic import Heard, Role, Topic, Undone, own_words
from handlers.turn import Ask, Done, Outcome, Say, Turn
from handlers.words import near_day, title
from scheduler.policy import Proof
from storage.audit import by_member
from storage.database import Row
from storage.records import Request, RequestKind, State

NO_SUCH = "待办里没有第 {no} 件。请先回复“待办”看序号，再回复“{verb} 序号 说明”。"
IS_REQUEST = "第 {no} 号请用“通过 {no}”或“退回 {no} 原因”。"
AGREED = "说好再联系的：{people}"
AGREED_ONE = "{name}（{day}）"
USAGE = "办完回复“办结 序号 说明”，例如：办结 3 已在支部大会上完成；不用办的回复“免办 序号 原因”。先回复“待办”看序号。"
WHY = "“{title}”为什么不用办？请写一句原因。"
WHAT_CONCLUSION = "“{title}”由支部研究。请写一句处理意见，例如：支部研究，谈话提醒，限一个月改正。"
LOOK_CASE = (
    "第 {no} 号是{member}的缺席情况：{text}\n处理意见：{note}。办结请回复“确认”，不办结回复“取消”。"
)
DONE = "已{verb}：{title}{names}。{note}写错了请回复“撤销”。"
NOTE = "说明：{note}。"
BEFORE = "这件已经办结过了。"
NOT_DONE = "好的，没有办理。"
CASE_NEEDS_WORDS = (
    "第 {no} 号由支部研究。请写一句处理意见，例如：支部研究，谈话提醒，限一个月改正。"
)
OWN_CASE = "第 {no} 号是您本人的事项，请由支部其他书记、副书记办理。"
NO_EXCUSE = "第 {no} 号要由支部研究，不能免办。请回复“办结 {no} 处理意见”。"
UNDONE = "已撤销{verb}：{titles}，{count} 件重新列入待办。"
CASE_UNDONE = "已撤销第 {no} 号的处理意见，重新列入待办，等支部研究。"
GONE = "这一条已经撤销过了。"
NUMBER = re.compile(rf"第? ?({NUMERAL}) ?[号条件]?(?![月日点个元块天年0-9])[ ,.:，、]*")
THIS_WEEK = timedelta(days=7)
MORE_WORDS = frozenset({"更多", "下一页"})
LONGEST_TARGET = 100

topic = Topic("duties", "待办", "办结 3 已在支部大会上完成", "免办 3 原因")
Listed = Callable[[Turn, Heard], Awaitable[Outcome]]
_requests: list[Listed] = []


def lists_requests_with(listed: Listed) -> None:
    """Give this topic what waits for a decision (handlers/__init__.py)."""
    _requests[:] = [listed]


@topic.says("待办", "待办事项", "有什么要办的", role=Role.SECRETARY)
async def waiting(turn: Turn, heard: Heard) -> Outcome:
    """What waits for a decision, then what the branch owes, each with its number; 待办 党费: one kind."""
    decisions = await _requests[0](turn, heard)
    if bare(heard.rest):
        return decisions
    items = await _items(turn)
    text, shown = page(turn, items, 0)
    parts = [
        decisions.text,
        *below(await late_below(turn)),
        *await _agreed(turn),
        text,
    ]
    return _listing(items, shown, "\n\n".join(parts))


@topic.says("办结", "已办结", role=Role.SECRETARY, numbered=True)
async def settle(turn: Turn, heard: Heard) -> Outcome:
    """办结 3 说明: by hand, with what was done."""
    return await _chosen(turn, heard, "met")


@topic.says("免办", "不用办", role=Role.SECRETARY, numbered=True)
async def excuse(turn: Turn, heard: Heard) -> Outcome:
    """免办 3 原因."""
    return await _chosen(turn, heard, "excused")


@topic.answers
async def answer(turn: Turn) -> Outcome | None:
    """更多; a reason or a conclusion that was asked for; 确认 of what no record proves."""
    state = turn.dialog.state if turn.dialog else {}
    items: list[Item] = state.get("items", [])
    asked: Item | None = state.get("asked")
    if asked is None:
        if turn.text not in MORE_WORDS:
            return None
        text, shown = page(turn, items, state["shown"])
        return _listing(items, shown, text)
    if is_no(turn.text):
        return _keeping(turn, items, NOT_DONE)
    if asked["waits_for"] == "words":
        if not bare(turn.text) or is_question(turn.text) or says_nothing(turn.text):
            return None
        return await _go_on(turn, items, {**asked, "note": turn.said.strip()})
    return await _go_on(turn, items, {**asked, "sure": True}) if is_yes(turn.text) else None


@topic.undoes
async def undo(turn: Turn, reference: str) -> Undone:
    """What was settled by hand is open again; a case waits again."""
    numbers, _, case = reference.partition("/")
    first, _, last = numbers.partition("-")
    rows = await turn.store.settlements.get(range(int(first), int(last or first) + 1))
    standing = [one for one in rows if one["withdrawn_at"] is None]
    mine = [one for one in standing if one["branch_id"] == turn.speaker.branch_id]
    if not mine and not case:
        return Undone(GONE, taken_back=False)
    for one in mine:
        await turn.store.settlements.withdraw(one["id"], turn.now)
        await _audit(turn, "reopen", f"{one['rule']}:{one['period']}:{one['subject_id']}")
    if case:
        await turn.store.requests.reopen(int(case))
        return Undone(CASE_UNDONE.format(no=case))
    titles = dict.fromkeys(_title(turn, one) for one in mine)
    words = UNDONE.format(verb=VERBS[mine[0]["state"]], titles="、".join(titles), count=len(mine))
    return Undone(words)


def _title(turn: Turn, settled: Row) -> str:
    """What was settled; by its bare name where the policy no longer has it."""
    try:
        return title(turn, turn.house.rules.policy.rule(settled["rule"]), settled["period"])
    except LookupError:
        return str(settled["rule"])


async def _agreed(turn: Turn) -> list[str]:
    """Whom the secretary meant to contact again this week, or before."""
    found = await turn.store.contacts.agreed(turn.speaker.branch_id, turn.today + THIS_WEEK)
    people = "、".join(
        AGREED_ONE.format(name=name, day=near_day(on, turn.today)) for on, name in found
    )
    return [AGREED.format(people=people)] if people else []


async def _chosen(turn: Turn, heard: Heard, verdict: str) -> Outcome:
    """The thing with this number of the list shown last, or the case with this number."""
    found = NUMBER.match(heard.rest)
    number = read_row(found[1]) if found else None
    if found is None or number is None or is_question(heard.rest[found.end() :]):
        return Say(USAGE)
    words = own_words(turn, heard)
    said = NUMBER.match(words)
    note = words[said.end() :].strip() if said else heard.rest[found.end() :]
    dialog = turn.dialog
    while dialog is not None and dialog.topic != topic.name:
        dialog = dialog.paused
    items: list[Item] = dialog.state["items"] if dialog else await _items(turn)
    item = next((one for one in items if one["no"] == number), None)
    if item is not None:
        return await _go_on(turn, items, {**item, "verdict": verdict, "note": note})
    request = await turn.store.requests.of_branch(number, turn.speaker.branch_id)
    if request is not None and request.state is State.PENDING:
        return await _of_request(turn, items, request, verdict, note)
    if request is not None and request.kind is RequestKind.CASE:
        return Say(BEFORE)
    return Say(NO_SUCH.format(no=number, verb=VERBS[verdict]))


async def _items(turn: Turn) -> list[Item]:
    """The list as it is now; where an older one is lost its numbers are read against it, and named back."""
    taken = {one.id for one in await turn.store.requests.pending(turn.speaker.branch_id)}
    return numbered_items(turn, await without_cases(turn, await owed_by_branch(turn)), taken)


async def _of_request(
    turn: Turn, items: list[Item], request: Request, verdict: str, note: str
) -> Outcome:
    if request.kind is not RequestKind.CASE:
        return Say(IS_REQUEST.format(no=request.id))
    if verdict == "excused":
        return Say(NO_EXCUSE.format(no=request.id))
    secretaries = await turn.store.members.secretaries(turn.speaker.branch_id)
    if request.member_id == turn.speaker.id and len(secretaries) > 1:
        return Say(OWN_CASE.format(no=request.id))
    return await _case(turn, items, {"case": request.id, "verdict": verdict, "note": note})


async def _case(turn: Turn, items: list[Item], asked: Item) -> Outcome:
    """A conclusion, a second look, and it is kept."""
    request = await turn.store.requests.of_branch(asked["case"], turn.speaker.branch_id)
    if request is None or request.state is not State.PENDING:
        return _keeping(turn, items, BEFORE)
    note = asked["note"].rstrip("。")
    if not bare(note):
        asked = {**asked, "waits_for": "words"}
        return _asking(turn, items, asked, CASE_NEEDS_WORDS.format(no=request.id))
    if not asked.get("sure", False):
        shown = await as_recorded(turn, request)
        words = LOOK_CASE.format(no=shown.id, member=shown.member, text=shown.text, note=note)
        return _asking(turn, items, {**asked, "waits_for": "yes"}, words)
    return _keeping(turn, items, *await decide(turn, request, asked["note"]))


async def _go_on(turn: Turn, items: list[Item], asked: Item) -> Outcome:
    """Ask what is still missing of a settlement; when nothing is, settle."""
    if "case" in asked:
        return await _case(turn, items, asked)
    asked = narrowed(asked)
    refusal = "" if asked.get("sure") else await about_another(turn, asked)
    if refusal:
        return _keeping(turn, items, refusal)
    asked = await still_to_decide(turn, asked)
    if not asked["subjects"]:
        return _keeping(turn, items, asked["left_out"])
    is_excuse, title = asked["verdict"] == "excused", asked["title"]
    if not bare(asked["note"]) and (is_excuse or asked["proof"] == Proof.CASE):
        words = (WHY if is_excuse else WHAT_CONCLUSION).format(title=title)
        return _asking(turn, items, {**asked, "waits_for": "words"}, words)
    if not asked.get("sure", False):
        return _asking(turn, items, {**asked, "waits_for": "yes"}, look(turn, asked))
    return await _settle(turn, items, asked)


async def _settle(turn: Turn, items: list[Item], asked: Item) -> Outcome:
    numbers = []
    for place, subject in enumerate(asked["subjects"]):
        number = await turn.store.settlements.settle(
            asked["rule"], asked["period"], subject, branch_id=turn.speaker.branch_id,
            state=asked["verdict"], note=asked["note"], by=turn.speaker.id, at=turn.now,
        )  # fmt: skip
        if number is not None:
            numbers.append(number)
            action = "settle" if asked["verdict"] == "met" else "excuse"
            mark = "_own" if is_own(turn, asked, place) else ""
            await _audit(turn, action + mark, f"{asked['rule']}:{asked['period']}:{subject}")
            await turn.store.notices.answered([asked["rule"]], subject, turn.speaker.id)
    if not numbers:
        return _keeping(turn, items, BEFORE)
    note = NOTE.format(note=asked["note"].rstrip("。")) if asked["note"] else ""
    text = DONE.format(
        verb=VERBS[asked["verdict"]],
        title=asked["title"],
        names=names_of(asked["names"]),
        note=note,
    )
    text = "\n".join(filter(None, [text, asked.get("left_out", "")]))
    return _keeping(turn, items, text, f"duties:{numbers[0]}-{numbers[-1]}")


def _listing(items: list[Item], shown: int, text: str, effect: str | None = None) -> Outcome:
    state = {"quiet": True, "items": items, "shown": shown}
    return Ask(text, topic.name, state, effect)


def _keeping(turn: Turn, items: list[Item], text: str, effect: str | None = None) -> Outcome:
    """The answer; the list stays open, so that the next number is still good."""
    shown = turn.dialog.state.get("shown", len(items)) if turn.dialog else len(items)
    return _listing(items, shown, text, effect) if items else Done(text, effect)


def _asking(turn: Turn, items: list[Item], asked: Item, text: str) -> Ask:
    shown = turn.dialog.state.get("shown", len(items)) if turn.dialog else len(items)
    state = {"items": items, "shown": shown, "asked": asked}
    return Ask(text, topic.name, state)


async def _audit(turn: Turn, action: str, target: str) -> None:
    await turn.store.audit.append(
        turn.now, by_member(turn.speaker.id), action, target[:LONGEST_TARGET]
    )

"""代录: a secretary enters for a member of the branch who has no phone, marked as such (MR-3 later)."""

from collections.abc import Awaitable, Callable
from dataclasses import replace

from handlers.notify import tell_member
from handlers.reading.normal import normalise
from handlers.reading.words import bare
from handlers.topic import Heard, Role, Step, Topic, Undo, Undone, own_words
from handlers.trail import noted
from handlers.turn import Ask, Done, Outcome, Say, Turn
from storage.records import Dialog, Member, Purpose

HOW = "请这样写：代录 姓名 事项，例如：代录 李大山 签到；代录 李大山 党费 10月 20元；代录 李大山 请假 住院。"
NOT_FOUND = "支部里没有找到“{name}”，没有登记。请核对姓名。"
NAMESAKES = "支部里有 {count} 位“{name}”，请联系管理员区分后再代录，没有登记。"
WHAT = "要为{name}代录什么？例如：代录 {name} 签到。"
YOURSELF = "您本人的事项直接写就可以，不用代录。"
INCOMPLETE = (
    "代录要一次写全，这次没有登记。例如：代录 姓名 党费 10月 20元；代录 姓名 位置 江苏省苏州市。"
)
NOT_AGREED = "{name}同志还没有同意登记，或已撤回同意，不能代录。请本人回复“同意”后再办。"
ALLOWED = frozenset({"check_in", "elsewhere", "place", "dues", "leave"})
TOLD = "支部书记刚刚为您登记了一件事，请回复“我的记录”核对。"
NOTHING_DONE = "没有登记"
MARK = "【代录 {name}】{answer}"
LATER = "已注明由您代录，等本人核对。"

topic = Topic("proxy", "代录 李大山 签到")
undoing: dict[str, Undo] = {}
steps: dict[str, Step] = {}
ADD, CHECK_IN = "补登", "签到"  # 补登 李大山: what is added afterwards is a check-in
CHOICES = ("ids", "which")  # in the state of a question that is answered by a number from a list
Listen = Callable[[Turn], Awaitable[Outcome | None]]
_listen: list[Listen] = []


def listens_with(listen: Listen) -> None:
    """Give this topic the way by which every line is heard (handlers/__init__.py)."""
    _listen[:] = [listen]


@topic.says("代录", "代登记", "代报", ADD, role=Role.SECRETARY)
async def enter(turn: Turn, heard: Heard) -> Outcome:
    """Do what the rest of the line says, in the name of a member, with both on record."""
    said = normalise(turn.said)  # names as they were written: the line's own 我 is the secretary
    start = said.find(heard.head)
    found = await _member(turn, said[start + len(heard.head) :] if start >= 0 else heard.rest)
    if isinstance(found, str):
        return Say(found)
    member, rest = found
    if member.id == turn.speaker.id:
        return Say(YOURSELF)
    if not bare(rest) and heard.head == ADD:
        rest = CHECK_IN
    if not bare(rest):
        return Say(WHAT.format(name=member.name))
    if Purpose.RECORDS not in member.consents and await turn.store.members.was_asked(member.id):
        return Say(NOT_AGREED.format(name=member.name))
    words = own_words(turn, Heard(heard.text, member.name, rest))
    outcome = await _listen[0](replace(turn.saying(rest, words), member=member, actor=turn.speaker))
    return await _entered(turn, member, outcome)


@topic.answers
async def chosen(turn: Turn) -> Outcome | None:
    """The number from the list that was asked about what is entered for somebody."""
    state = turn.dialog.state if turn.dialog else {}
    member = await turn.store.members.get(state["member"])
    if member.branch_id != turn.speaker.branch_id:
        return Done(NOT_FOUND.format(name=member.name))
    asked = Dialog(state["topic"], state["state"], "", turn.now)
    inner = replace(turn, dialog=asked, member=member, actor=turn.speaker)
    outcome = await steps[asked.topic](inner)
    return None if outcome is None else await _entered(turn, member, outcome)


@topic.undoes
async def undo(turn: Turn, reference: str) -> Undone:
    """Take back what was entered for somebody."""
    number, _, effect = reference.partition("/")
    name, _, rest = effect.partition(":")
    member = await turn.store.members.get(int(number))
    undone = await undoing[name](replace(turn, member=member, actor=turn.speaker), rest)
    return replace(undone, text=MARK.format(name=member.name, answer=undone.text))


async def _entered(turn: Turn, member: Member, outcome: Outcome | None) -> Outcome:
    """The answer, and the marks of a secretary's entry; a question with a list is put to the secretary."""
    if isinstance(outcome, Ask) and any(one in outcome.state for one in CHOICES):
        state = {"member": member.id, "topic": outcome.topic, "state": outcome.state}
        return Ask(MARK.format(name=member.name, answer=outcome.text), topic.name, state)
    if outcome is None or outcome_effect(outcome) is None:
        answer = MARK.format(name=member.name, answer=_refusal(outcome, member.name))
        return Done(answer) if isinstance(outcome, Done) else Say(answer)
    await tell_member(turn, member.id, TOLD)
    target = f"member:{member.id}"
    await noted(turn, "enter_for", target)
    first, *more = outcome.text.replace("您", member.name).splitlines()
    beside = [line for line in more if line.startswith(member.name)]  # the rest is for the member
    text = MARK.format(name=member.name, answer="\n".join([first, *beside, LATER]))
    return Done(text, effect=f"proxy:{member.id}/{outcome_effect(outcome)}")


def _refusal(outcome: Outcome | None, name: str) -> str:
    """Why nothing came of it; a question, or a line of no use here: how to write it in full."""
    if outcome is None or isinstance(outcome, Ask):
        return INCOMPLETE
    said = outcome.text.replace("您", name)
    return said if NOTHING_DONE in said else f"{NOTHING_DONE}。{said}"


def outcome_effect(outcome: Outcome) -> str | None:
    """What an outcome did, if anything."""
    return outcome.effect if isinstance(outcome, Done | Ask) else None


async def _member(turn: Turn, rest: str) -> tuple[Member, str] | str:
    """The member whose name the line begins with, or why there is none."""
    text = rest.strip()
    if text.startswith("我"):
        return YOURSELF
    people = await turn.store.members.of_branch(turn.speaker.branch_id)
    fitting = [one for one in people if text.startswith(normalise(one.name))]
    if not text:
        return HOW
    if not fitting:
        return NOT_FOUND.format(name=text.split(" ")[0][:10])
    longest = max(len(normalise(one.name)) for one in fitting)
    named = [one for one in fitting if len(normalise(one.name)) == longest]
    if len(named) > 1:
        return NAMESAKES.format(count=len(named), name=named[0].name)
    return named[0], text[longest:].strip()

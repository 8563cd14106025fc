"""近况: a member says how they are, of their own accord or because the secretary asked (FM-6)."""

from dataclasses import replace
from typing import Any

from handlers import forms
from handlers.naming import named_in
from handlers.notify import tell_secretaries
from handlers.reading.contact import topics_of
from handlers.reading.news import Reply, read_reply
from handlers.reading.normal import normalise
from handlers.reading.words import bare
from handlers.replies import kind_words
from handlers.topic import Heard, Topic, Undone, own_words
from handlers.turn import Done, Outcome, Say, Turn
from handlers.wellbeing import BRANCH, QUESTIONS, TOPIC, WellBeing, keep, opening, who_asks
from handlers.words import full_day
from storage.records import Contact, ContactKind
from storage.records import Outcome as Ended

LEAD = "一共四问，一句话就行；不想答的回复“跳过”，说完了回复“完成”。"
HOW = (
    "想告诉支部您的近况，请直接写，例如：近况 在苏州上班，身体都好；只回复“近况”，我一项一项问您。"
)
SENT, KEPT = "已转给支部", "已记下"
RECORDED = "谢谢，{sent}：\n{words}\n写错了请回复“撤销”。有困难要支部办的，请回复“求助 内容”。"
NOTHING = "好的，没有登记。"
TO_SECRETARY = "您好，有一份新的答复，详情请看本对话。\n\n{name}说了近况，已计入联系：\n{words}"
ABOUT_OTHERS = "看与党员的联系请回复“联系记录 {name}”，没有登记。"
MOVED = "这几问是原来的支部问的，您已转到{branch}，不用答了，也没有登记。想告诉现在的支部，请回复“近况”。"
UNDONE = "已撤销{day}说的近况，不再计入联系。"
TAKEN_BACK = "您好，有一份答复撤回了，详情请看本对话。\n\n{name}撤回了{day}说的近况，不再计入联系；以前转来的内容请不要再用。"
GONE = "这条近况已经撤销过了。"
LINE = "{title}：{words}"
SEPARATORS = tuple(" ,:;。、!")
ENDS = frozenset("完成 写完了 说完了 就这些 没有了 结束".split())

topic = Topic(TOPIC, "近况 在苏州上班，身体都好")


@topic.is_whole
def is_news(turn: Turn, text: str) -> bool:
    """近况, a pause, and how they are, also where free words were asked for."""
    del turn
    return text.startswith("近况") and text.removeprefix("近况")[:1] in SEPARATORS


@topic.says("近况", "我的近况", "说说近况", "近况汇报")
async def tell(turn: Turn, heard: Heard) -> Outcome:
    """近况 …, or 近况 alone for the questions one by one."""
    said = heard.rest
    if not bare(said):
        return forms.start(WellBeing, topic.name, opening(turn.speaker), LEAD, whole=True) or Say(
            HOW
        )
    reply = read_reply(said)
    if reply is not Reply.NEWS:
        return Say({Reply.ASKS_WHO: who_asks(turn), Reply.REFUSAL: NOTHING}.get(reply, HOW))
    if turn.speaker.is_secretary:
        people = await turn.store.members.of_branch(turn.speaker.branch_id)
        named = named_in(normalise(turn.said), people)
        if named and bare(said).startswith(normalise(named[0].name)):
            return Say(ABOUT_OTHERS.format(name=named[0].name))
    words = own_words(turn, heard)
    return await _record(turn, words, topics_of(normalise(words)))


@topic.answers
async def answer(turn: Turn) -> Outcome | None:
    """The answer to one question; 完成 hands in what was said so far."""
    state = turn.dialog.state if turn.dialog else {}
    answers: dict[str, Any] = dict(state["answers"])
    if answers.get(BRANCH, turn.speaker.branch_id) != turn.speaker.branch_id:
        return Done(MOVED.format(branch=turn.speaker.branch))
    if bare(turn.text) not in ENDS:
        found = forms.step(WellBeing, topic.name, turn)
        if not isinstance(found, dict):
            return replace(found, text=kind_words(turn.text) + found.text) if found else None
        answers = found
    lines = [
        LINE.format(title=title, words=answers[name])
        for name, title in QUESTIONS.items()
        if answers.get(name)
    ]
    topics = tuple(title for name, title in QUESTIONS.items() if answers.get(name))
    covered = tuple(one for one in topics if one != QUESTIONS["needs"])
    return await _record(turn, "\n".join(lines), covered) if lines else Done(NOTHING)


@topic.undoes
async def undo(turn: Turn, reference: str) -> Undone:
    """What a member said of themselves is theirs to take back."""
    row = await turn.store.contacts.get(int(reference))
    if row["withdrawn_at"] is not None or row["member_id"] != turn.speaker.id:
        return Undone(GONE, taken_back=False)
    await turn.store.contacts.withdraw(row["id"], turn.now)
    day = full_day(row["on"])
    words = TAKEN_BACK.format(name=turn.speaker.name, day=day)
    await tell_secretaries(turn, row["branch_id"], words)
    return Undone(UNDONE.format(day=day))


async def _record(turn: Turn, words: str, topics: tuple[str, ...]) -> Outcome:
    member = turn.speaker
    kept = Contact(member.id, ContactKind.CONTACT, turn.today, Ended.ANSWERED, topics)
    number = await keep(turn, member, kept, words)
    text = TO_SECRETARY.format(name=member.name, words=words)
    unreached = await tell_secretaries(turn, member.branch_id, text)
    said = RECORDED.format(words=words, sent=KEPT if unreached else SENT)
    return Done(f"{said}{unreached}", effect=f"{topic.name}:{number}")

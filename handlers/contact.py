"""联系 and 谈话: what a secretary says of keeping in touch with a member, or has the member asked (FM-6, AD-9)."""

import re
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from handlers.choices import chosen, is_no, numbered
from handlers.naming import Named, named_in
from handlers.notify import morning, tell_member
from handlers.proven import held
from handlers.reading.contact import TELLS, Doubt, Said, read_contact
from handlers.reading.normal import normalise
from handlers.reading.speech import asks
from handlers.topic import Heard, Role, Topic, Undone, own_words
from handlers.turn import Ask, Done, Outcome, Say, Turn
from handlers.wellbeing import LIFE, NEEDS, THOUGHT, TOPIC, WORK, keep, opening, what_counts
from handlers.words import CONTACT_WORDS, contact, day, full_day
from storage.audit import by_member
from storage.recipients import Recipients
from storage.records import Account, Contact, ContactKind, Dialog, Member
from storage.records import Outcome as Ended

HOW = "请这样写：联系 姓名 近况，例如：联系 张三 通了，在苏州上班，身体都好。只写“联系 姓名”，我来问他本人。"
HOW_TALK = "请写一下谈话的情况，例如：谈话 张三 当面谈了缺席的事，下次起按时参加。"
NOT_FOUND = "支部里没有找到“{name}”，没有登记。请核对姓名。"
ONE_AT_A_TIME = "一次登记一位，没有登记。请一位一位地写：联系 姓名 近况。"
NAMESAKES = "支部里有 {count} 位“{name}”，是哪一位？请回复序号：\n{people}"
NAMESAKE = "{name}（{category}，手机尾号 {tail}）"
YOURSELF = "这是您本人，不用登记联系。"
MOVED = "{name}同志已不在本支部，没有登记。"
REFUSES = "{name}同志已撤回同意，没有登记。确需说明的，请在“待办”里免办并写明原因。"
DOUBTS = {
    Doubt.QUESTION: "没有登记。联系情况可回复“联系记录 {name}”查看；联系过了请写：联系 {name} 近况。",
    Doubt.PLAN: "好的，联系以后再告诉我，例如：联系 {name} 近况很好。现在没有登记。",
    Doubt.NEGATION: "好的，没有登记。联系以后再告诉我，例如：联系 {name} 近况很好。",
    Doubt.UNCLEAR: "没有登记。联系过了请直接写：联系 {name} 近况很好；不是今天的请写上日期，例如：11月20日联系 {name} 近况很好。",
    Doubt.NO_DAY: "没有这一天，没有登记。请核对日期。",
    Doubt.FUTURE: "联系的日期不能晚于今天，没有登记。请核对日期。",
}
WHICH_END = "与{name}的这次{kind}，结果是？请回复序号：\n{ends}\n还没联系请回复“取消”。"
ENDS = (
    ("通了，本人", Ended.SPOKE),
    ("见面了", Ended.MET),
    ("没接、没找到人", Ended.MISSED),
    ("家属或别人接的", Ended.FAMILY),
    ("留了言，还没回", Ended.WROTE),
)
RECORDED = "已登记：{day}与{name}{kind}（{end}）{topics}。{counts}{again}\n写错了请回复“撤销”。"
ABOUT = "，谈到{topics}"
AGAIN = "下次联系：{day}。"
ASKED = "已请{name}简单说说近况（思想、工作、生活、困难建议），答复了会告诉您，也会计入联系。这次先记为“留言”。"
ASKED_BUSY = (
    "已请{name}说说近况。他手头正在填别的，填完以后再答复；答复了会告诉您。这次先记为“留言”。"
)
ASKED_AT_NIGHT = (
    "夜里不打扰，早上 {hour} 点把问题发给{name}；答复了会告诉您，也会计入联系。这次先记为“留言”。"
)
ASKED_BEFORE = "问题已经发给{name}，正在等他答复。也可以打电话联系，再写：联系 {name} 近况。"
NO_ACCOUNT = "{name}没有绑定账号，没法发给他。请打电话联系，再写：联系 {name} 近况。"
ASKS = "？"
LEAD = "您好，想了解一下您的近况，详情请看本对话。"
TO_MEMBER = "{lead}\n\n{name}同志，支部想听听您的近况，一共四问，一句话就行；不想答的回复“跳过”，答完为止也可以回复“完成”。\n第一问：{first}"
TO_BUSY = "{lead}\n\n{name}同志，支部想听听您的近况：{all}方便时请回复“近况”，或一次写完，例如：近况 在苏州上班，身体都好。"
HISTORY = "与{name}的联系：\n{lines}"
HISTORY_LINE = "{what}　{by}登记{note}"
NO_HISTORY = "还没有与{name}的联系记录。"
UNDONE = "已撤销{day}与{name}的{kind}。"
STILL_ASKED = "问题已经发给{name}，他答复了仍会登记。"
GONE = "这条联系不能再撤销：已经撤销过，或者不是您登记的。"
NOT_RECORDED = "好的，没有登记。"
LATEST = 10
IN_FULL = re.compile("(?:联系|谈话) [^ ,。]{2,8}(?: |$)")
BUSY_FOR = timedelta(days=1)  # an older question is hardly what they are answering
AND = frozenset({"和", "、", ",", "与", "及", "跟", ""})
LONGEST_NAME = 10

topic = Topic("contact", "联系 张三 近况很好", "谈话 张三 谈了缺席的事")


@dataclass(frozen=True, slots=True)
class Found:
    """One member, and what the line says of them."""

    member: Member
    kind: ContactKind
    said: Said
    note: str


@topic.is_whole
def is_contact(turn: Turn, text: str) -> bool:
    """联系 张三 …, also where free words were asked for."""
    return turn.speaker.is_secretary and bool(IN_FULL.match(text))


@topic.says("联系记录", role=Role.SECRETARY)
async def history(turn: Turn, heard: Heard) -> Outcome:
    """联系记录 张三: what is on record of being in touch, newest first; reading it is audited."""
    del heard
    named = named_in(normalise(turn.said), await _people(turn))
    if not named:
        return Say(HOW)
    lines = []
    for member in named[0].people:
        rows = await turn.store.contacts.of_member(member.id, branch_id=turn.speaker.branch_id)
        names = {one.id: one.name for one in await _people(turn)}
        for row in rows[:LATEST]:
            note = f"：{row['note']}" if row["note"] else ""
            by = names.get(row["by_member_id"], "")
            lines.append(HISTORY_LINE.format(what=contact(row), by=by, note=note))
        target = f"contacts:{member.id}"
        await turn.store.audit.append(turn.now, by_member(turn.speaker.id), "read", target)
    words = HISTORY.format(name=named[0].name, lines="\n".join(lines))
    return Say(words if lines else NO_HISTORY.format(name=named[0].name))


@topic.says("联系", "联系了", "已联系", "联络", role=Role.SECRETARY)
@topic.reads(lambda turn, text: turn.speaker.is_secretary and bool(TELLS.search(text)))
async def in_touch(turn: Turn, heard: Heard) -> Outcome:
    """联系 张三 …, and sentences such as 昨天给张三打了电话."""
    is_talk = not heard.head and "谈话" in heard.text
    return await _hear(turn, ContactKind.TALK if is_talk else ContactKind.CONTACT)


@topic.says("谈话", role=Role.SECRETARY)
async def talk(turn: Turn, heard: Heard) -> Outcome:
    """谈话 张三 …: a talk about what must improve (AD-9)."""
    del heard
    return await _hear(turn, ContactKind.TALK)


@topic.answers
async def answer(turn: Turn) -> Outcome | None:
    """Which of two namesakes, or how it ended."""
    state = turn.dialog.state if turn.dialog else {}
    people: list[int] = state.get("people", [])
    place = chosen(turn.text, len(people or ENDS))
    if place is None:
        return Done(NOT_RECORDED) if is_no(turn.text) else None
    member = await turn.store.members.get(people[place] if people else state["member"])
    ended = {} if people else {"outcome": str(ENDS[place][1])}
    return await _record(turn, _thawed(member, {**state, **ended}))


@topic.undoes
async def undo(turn: Turn, reference: str) -> Undone:
    """A contact is taken back by whoever recorded it; the row stays."""
    row = await turn.store.contacts.get(int(reference))
    if row["withdrawn_at"] is not None or row["by_member_id"] != turn.speaker.id:
        return Undone(GONE, taken_back=False)
    await turn.store.contacts.withdraw(row["id"], turn.now)
    member = await turn.store.members.get(row["member_id"])
    kind = CONTACT_WORDS[ContactKind(row["kind"])]
    words = UNDONE.format(day=full_day(row["on"]), name=member.name, kind=kind)
    asked = row["outcome"] == Ended.WROTE and await _is_asked(turn, member)
    return Undone(words + (STILL_ASKED.format(name=member.name) if asked else ""))


async def _is_asked(turn: Turn, member: Member) -> bool:
    """Whether the questions lie open before a member."""
    account = await turn.store.members.account_of(member.id)
    if account is None:
        return False
    waiting = await turn.store.dialogs.of(_conversation(turn, account))
    return waiting is not None and waiting.topic == TOPIC


def _conversation(turn: Turn, account: Account) -> tuple[str, str]:
    """Where a letter to an account arrives: its scope's first app."""
    return turn.house.channels.get(account.scope, turn.channel), account.user


async def _people(turn: Turn) -> list[Member]:
    return await turn.store.members.of_branch(turn.speaker.branch_id)


async def _hear(turn: Turn, kind: ContactKind) -> Outcome:
    text = normalise(turn.said)
    verb = TELLS.search(text)
    named = named_in(text, await _people(turn))
    after_verb = text[verb.end() :].strip(" ,:").lstrip("过了上到") if verb else ""
    if not named:
        who = after_verb.split(" ")[0].split(",")[0][:LONGEST_NAME]
        return Say(NOT_FOUND.format(name=who) if who and not asks(text) else HOW)
    one = next((found for found in named if after_verb.startswith(normalise(found.name))), None)
    one = one or (named[0] if len(named) == 1 else None)
    if one is None or any(
        text[one.end : other.start].strip() in AND for other in named if other.start > one.start
    ):
        return Say(ONE_AT_A_TIME)
    said = read_contact(text[: one.start], text[one.end :], turn.today)
    if isinstance(said, Doubt):
        return Say(DOUBTS[said].format(name=one.name))
    heard = Heard(text, normalise(one.name), text[one.end :])
    return await _of(turn, one, kind, said, own_words(turn, heard))


async def _of(turn: Turn, named: Named, kind: ContactKind, said: Said, note: str) -> Outcome:
    """Record it, or ask which of the namesakes is meant."""
    if len(named.people) == 1:
        return await _record(turn, Found(named.people[0], kind, said, note))
    tails = await turn.store.members.tails([one.id for one in named.people])
    lines = [
        NAMESAKE.format(name=one.name, category=one.category, tail=tails[one.id])
        for one in named.people
    ]
    state = {**_frozen(kind, said, note), "people": [one.id for one in named.people]}
    question = NAMESAKES.format(count=len(lines), name=named.name, people=numbered(lines))
    return Ask(question, topic.name, state)


async def _record(turn: Turn, found: Found) -> Outcome:
    member, said = found.member, found.said
    if member.id == turn.speaker.id:
        return Done(YOURSELF)
    if member.branch_id != turn.speaker.branch_id:  # while it was being asked how it ended
        return Done(MOVED.format(name=member.name))
    people = await Recipients(turn.store.unit).people([member.id])
    if people[member.id].refuses:
        return Done(REFUSES.format(name=member.name))
    if said.asks_them:
        return await _ask_them(turn, found)
    if said.outcome is None:
        ends = numbered([words for words, _ in ENDS])
        state = {**_frozen(found.kind, said, found.note), "member": member.id}
        kind = CONTACT_WORDS[found.kind]
        return Ask(WHICH_END.format(name=member.name, kind=kind, ends=ends), topic.name, state)
    kept = Contact(member.id, found.kind, said.on, said.outcome, said.topics, said.next_on)
    number = await keep(turn, member, kept, found.note)
    return Done(await _recorded(turn, member, kept), effect=f"contact:{number}")


async def _recorded(turn: Turn, member: Member, kept: Contact) -> str:
    return RECORDED.format(
        day=day(kept.on),
        name=member.name,
        kind=CONTACT_WORDS[kept.kind],
        end=kept.outcome,
        topics=ABOUT.format(topics="、".join(kept.topics)) if kept.topics else "",
        counts=await what_counts(turn, member.id, kept.on, kept.outcome),
        again=AGAIN.format(day=full_day(kept.next_on)) if kept.next_on else "",
    )


async def _ask_them(turn: Turn, found: Found) -> Outcome:
    """Send the member the questions; their dialog is opened unless they are in the middle of another."""
    member = found.member
    if found.kind is ContactKind.TALK:
        return Done(HOW_TALK)
    account = await turn.store.members.account_of(member.id)
    if account is None:
        return Done(NO_ACCOUNT.format(name=member.name))
    asked = await held(turn, f"请{member.name}说说近况")
    if asked is not None:
        return asked
    conversation = _conversation(turn, account)
    waiting = await turn.store.dialogs.of(conversation)
    lately = waiting is not None and turn.now - waiting.updated_at < BUSY_FOR
    if waiting is not None and waiting.topic == TOPIC and lately:
        return Done(ASKED_BEFORE.format(name=member.name))
    busy = bool(lately and waiting and waiting.prompt)
    later = morning(turn)  # a question not yet delivered would take another line for its answer
    if busy or later:
        questions = "".join((THOUGHT, WORK, LIFE, f"{NEEDS.partition(ASKS)[0]}{ASKS}"))
        text = TO_BUSY.format(lead=LEAD, name=member.name, all=questions)
    else:
        behind = waiting if waiting and waiting.prompt and waiting.topic != TOPIC else None
        opened = Dialog(TOPIC, {"answers": opening(member)}, THOUGHT, turn.now, behind)
        await turn.store.dialogs.put(conversation, opened)
        text = TO_MEMBER.format(lead=LEAD, name=member.name, first=THOUGHT)
    await tell_member(turn, member.id, text)
    tried = Contact(member.id, found.kind, turn.today, Ended.WROTE)
    number = await keep(turn, member, tried, None)
    words = ASKED_AT_NIGHT if later else ASKED_BUSY if busy else ASKED
    words = words.format(name=member.name, hour=later.hour if later else 0)
    return Done(words, effect=f"contact:{number}")


def _frozen(kind: ContactKind, said: Said, note: str) -> dict[str, Any]:
    return {
        "kind": str(kind),
        "on": said.on.isoformat(),
        "outcome": str(said.outcome) if said.outcome else "",
        "topics": list(said.topics),
        "next_on": said.next_on.isoformat() if said.next_on else "",
        "asks_them": said.asks_them,
        "note": note,
    }


def _thawed(member: Member, state: dict[str, Any]) -> Found:
    said = Said(
        on=date.fromisoformat(state["on"]),
        outcome=Ended(state["outcome"]) if state["outcome"] else None,
        topics=tuple(state["topics"]),
        next_on=date.fromisoformat(state["next_on"]) if state["next_on"] else None,
        asks_them=bool(state["asks_them"]),
    )
    return Found(member, ContactKind(state["kind"]), said, state["note"])

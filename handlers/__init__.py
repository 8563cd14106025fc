"""The table of contents: every topic, in match order; and who answers: the open dialog, or the line's topic."""

import re
from collections.abc import Container
from dataclasses import replace
from datetime import timedelta

from handlers import (
    absence,
    activity,
    appeal,
    asked,
    binding,
    check_in,
    closing,
    confirming,
    contact,
    control,
    convene,
    dues,
    duties,
    elsewhere,
    help,  # noqa: A004 - the topic's name is the field's word
    invitation,
    leave,
    ledger,
    news,
    office,
    place,
    privacy,
    proxy,
    record,
    replies,
    reschedule,
    review,
    stint,
    thought_report,
    why,
)
from handlers.choices import is_agreement
from handlers.consent import agreed_purposes, notice
from handlers.finding import Finder, spelled_out
from handlers.questions import is_long, shown
from handlers.reading.words import bare, clauses
from handlers.topic import Heard, Topic
from handlers.turn import Ask, Done, Kind, Outcome, Say, Turn
from storage.records import Dialog, EntryKind, Purpose

TOPICS: tuple[Topic, ...] = (
    control.topic,
    confirming.topic,
    privacy.topic,
    binding.topic,
    duties.topic,
    review.topic,
    proxy.topic,
    convene.topic,
    reschedule.topic,
    record.topic,
    activity.topic,
    absence.topic,
    asked.topic,
    ledger.topic,
    thought_report.topic,
    closing.topic,
    dues.topic,
    leave.topic,
    elsewhere.topic,
    check_in.topic,
    appeal.topic,
    stint.topic,
    place.topic,
    news.topic,
    contact.topic,
    why.topic,
    invitation.topic,
    help.topic,
)
BY_NAME = {topic.name: topic for topic in TOPICS}
FINDER = Finder(TOPICS)
LIFETIME = timedelta(hours=2)
LIFETIMES = {
    thought_report.topic.name: timedelta(days=30),
    binding.topic.name: timedelta(days=1),
    stint.topic.name: timedelta(days=1),
    news.topic.name: timedelta(days=3),
    confirming.topic.name: timedelta(hours=1),
    duties.topic.name: timedelta(days=1),
    convene.topic.name: timedelta(days=1),
    record.topic.name: timedelta(days=1),
}
ANSWERS = frozenset("确认 不对 同意 提交 不同意 上一步 跳过 继续 签到".split())
SENTENCES = re.compile("[,。;!?]|[.](?![0-9])")
UNHEARD = "您还说了“{clauses}”，这里还没有登记，请单独再发一次。"
NOT_TEXT = {
    Kind.VOICE: help.NO_VOICE,
    Kind.IMAGE: help.NO_PICTURE,
    Kind.VIDEO: help.NO_VIDEO,
    Kind.FILE: help.NO_FILE,
    Kind.LINK: help.NO_LINK,
    Kind.CARD: help.NO_CARD,
    Kind.UNKNOWN: help.NO_KIND,
}
NOBODYS = {Kind.SILENT: "", Kind.NAMELESS: help.NAMELESS, Kind.WITHHELD: help.WITHHELD}
for _topic in TOPICS:
    if _topic.undo is not None:
        control.undoing[_topic.name] = proxy.undoing[_topic.name] = _topic.undo
    if _topic.step is not None and _topic.name in proxy.ALLOWED:
        proxy.steps[_topic.name] = _topic.step
    review.decisions.update(_topic.decisions)
    if office.is_office(_topic):
        office.topics.add(_topic.name)

duties.lists_requests_with(review.waiting)

check_in.before_opening.append(invitation.answer)
ledger.corrections.update(
    {
        EntryKind.DUES: dues.correct,
        EntryKind.ACTIVITY: check_in.correct,
        EntryKind.LEAVE: leave.correct,
        EntryKind.STINT: stint.correct,
    }
)


async def handle(turn: Turn) -> tuple[Outcome, str]:
    """Exactly one handler answers: the outcome, and the name of the topic that gave it."""
    if turn.kind in NOBODYS:
        words = NOBODYS[turn.kind]
        return Say(words, aloud=words), ""
    if turn.dialog is not None and turn.dialog.topic == confirming.topic.name:
        code = await confirming.answered(turn)
        if code is not None:
            return code, confirming.topic.name
    if turn.member is None:
        return await binding.meet(turn), binding.topic.name
    if Purpose.RECORDS not in turn.speaker.consents:
        return await _before_consent(turn), privacy.topic.name
    answered = await _in_dialog(turn)
    if answered is not None:
        return answered, turn.dialog.topic if turn.dialog else ""
    turn = replace(turn, dialog=office.in_office(turn.dialog, turn.member))
    if turn.kind is Kind.LOCATION:
        found = await place.by_message(turn)
        outcome = await check_in.offered(turn, found) if isinstance(found, Done) else found
        return outcome, place.topic.name
    if turn.kind is Kind.ENTERED:
        return await help.show(turn, Heard("")), help.topic.name
    if turn.kind is not Kind.TEXT:
        return Say(NOT_TEXT[turn.kind], aloud=help.ONLY_WORDS_ALOUD), help.topic.name
    return await _hear(turn)


async def listen(turn: Turn) -> Outcome | None:
    """What a line that a secretary enters for somebody means, of few topics and outside any dialog."""
    outcome, topic_name = await _hear(turn, proxy.ALLOWED)
    return outcome if topic_name in proxy.ALLOWED else None


proxy.listens_with(listen)


def is_current(topic_name: str, age: timedelta) -> bool:
    """Whether an open dialog of this age still waits for an answer."""
    return age < LIFETIMES.get(topic_name, LIFETIME)


def is_draft(topic_name: str) -> bool:
    """Whether a dialog holds what somebody has written, and not only a question."""
    return topic_name == thought_report.topic.name


def matter(topic_name: str) -> str:
    """What a topic's open question is about, as the speaker would call it."""
    found = BY_NAME.get(topic_name)
    return f"“{found.examples[0].split()[0]}”" if found and found.examples else ""


async def _before_consent(turn: Turn) -> Outcome:
    """Nothing is recorded before the notice is accepted (Article 13, 14)."""
    heard = Heard(turn.text)
    if agreed_purposes(turn.text):
        return await privacy.agree(turn, heard)
    if turn.text in {"我的数据", "我的信息"}:
        return await privacy.data(turn, heard)
    if turn.text == "撤回同意":
        return await privacy.withdraw(turn, heard)
    return Say(notice(turn, turn.speaker.name))


async def _in_dialog(turn: Turn) -> Outcome | None:
    """The open dialog's answer; None when there is none or the line is not for it."""
    dialog = turn.dialog
    if dialog is None or dialog.topic not in BY_NAME:
        return None
    if turn.kind is Kind.LOCATION:  # its label names a street; only the place topic cuts it down
        return None
    text = bare(spelled_out(turn.text))
    if turn.kind is Kind.TEXT and _leaves(text, dialog) and dialog.prompt:
        return Done(_left(dialog))
    if turn.kind is Kind.TEXT and control.leaves_first(text, dialog) and not is_draft(dialog.topic):
        return await control.left_first(turn, _left(dialog))
    if text == "继续" and is_long(dialog.prompt):
        return Ask(dialog.prompt, dialog.topic, dialog.state)
    if turn.kind is Kind.TEXT and _interrupts(turn, text):
        return None
    if office.is_lost(dialog, turn.member):
        return Done(office.LOST) if dialog.prompt and turn.kind is Kind.TEXT else None
    if dialog.prompt and _wants_words(dialog) and control.NOT_NOW.fullmatch(text):
        return Say(control.NO_HURRY)
    if office.BEHIND in dialog.state and is_agreement(text):
        words = office.ASKED.format(prompt=shown(dialog.prompt))
        return Ask(words, dialog.topic, dialog.state)
    step = BY_NAME[dialog.topic].step
    return await step(turn) if step else None


def _is_idle(turn: Turn) -> bool:
    """Whether a draft has lain for a while: 我到上海了 is then no line of it."""
    dialog = turn.dialog
    return dialog is not None and is_draft(dialog.topic) and turn.now - dialog.updated_at > LIFETIME


def _leaves(text: str, dialog: Dialog) -> bool:
    """取消, or 取消请假 where leave is what is being asked; 撤销 is about what is on record."""
    kind = control.TAKE_BACK.get(text, "") if text.startswith("取消") else ""
    return (
        text in control.LEAVING
        or (kind != "" and control.KINDS[kind] == dialog.topic)
        or (dialog.topic == leave.topic.name and text in leave.CALLED_OFF)
    )


def _wants_words(dialog: Dialog) -> bool:
    """Whether 等一下 would be taken for what was asked."""
    return dialog.topic in {*office.topics, leave.topic.name, appeal.topic.name}


def _left(dialog: Dialog) -> str:
    """What 取消 means here, where 已取消 could be taken for the activity's or an answer's."""
    is_planned = dialog.topic == reschedule.topic.name
    return str(
        dialog.state.get("left") or (reschedule.NOT_DONE if is_planned else control.CANCELLED)
    )


def _interrupts(turn: Turn, text: str) -> bool:
    """A whole command or act is heard as one even inside a dialog; answers such as 确认 are not."""
    found = FINDER.command(text)
    if not turn.dialog:
        return False
    own = turn.dialog.topic
    if found is None and own == news.topic.name:
        begun = FINDER.begun_by(turn.text)  # 建议 … is an answer to what difficulties there are
        if begun and begun[1] not in (news.topic, appeal.topic):
            return True
    if found is None:
        return FINDER.commands_anew(turn, turn.text, own) or any(
            is_whole(turn, turn.text)
            for topic in TOPICS
            if topic.name != own and (topic is not place.topic or _is_idle(turn))
            for is_whole in topic.whole_acts
        )
    if own == duties.topic.name and text in duties.MORE_WORDS:
        return False
    if own == news.topic.name and found[1] is why.topic:  # why do you ask?
        return False
    if text in ANSWERS and not (text == "签到" and own != check_in.topic.name):
        return False
    return found[1].name != own or found[1] is control.topic or own in office.topics


async def _hear(turn: Turn, allowed: Container[str] = BY_NAME) -> tuple[Outcome, str]:
    found = FINDER.find(turn, allowed)
    if found is None:
        reply = await replies.to_line(turn)
        return reply or help.not_understood(FINDER.likeliest(turn)), help.topic.name
    handler, heard, topic = found
    same = turn if heard.text == turn.text else replace(turn, text=heard.text)
    outcome = await handler(same, heard)
    return _with_unheard(same, outcome, topic), topic.name


def _with_unheard(turn: Turn, outcome: Outcome, topic: Topic) -> Outcome:
    """The answer, with the other acts of the line that were not done: one line, one act."""
    if not isinstance(outcome, Done | Ask) or not outcome.effect or topic.name not in proxy.ALLOWED:
        return outcome
    others = [one for one in TOPICS if one is not topic and one.name in proxy.ALLOWED]
    unheard: list[str] = []
    for part in [*map(str.strip, SENTENCES.split(turn.text)), *clauses(turn.text)]:
        said = any(is_whole(turn, part) for other in others for is_whole in other.whole_acts)
        if said and not any(part in found for found in unheard):
            unheard.append(part)
    if not unheard:
        return outcome
    words = UNHEARD.format(clauses="”“".join(unheard))
    return replace(outcome, text=f"{outcome.text}\n{words}")

"""Keeping in touch, from both sides: the four questions, and what is kept of a contact (FM-6)."""

from dataclasses import dataclass
from datetime import date

from handlers.forms import Form, Problem, question
from handlers.reading.contact import TOPICS
from handlers.reading.news import Reply, read_reply
from handlers.reading.reply import is_busy
from handlers.turn import Kind, Turn
from handlers.words import period
from scheduler.periods import period_of
from scheduler.policy import Every, Proof
from storage.records import Contact, Member, Outcome

THOUGHT = "思想和学习上怎么样？"
WORK = "现在在哪里工作、做什么？"
LIFE = "生活和身体怎么样？"
NEEDS = "有什么困难或建议？没有请回复“没有”。"
QUESTIONS = {"thought": "思想", "work": "工作", "life": "生活", "needs": "困难建议"}
WHO_ASKS = "我是聊天助手双联，不是真人，替{branch}的书记问您：流动党员外出期间，支部每季度要联系一次，关心思想、工作和生活{source}。您的话只转给支部书记；不想答的回复“跳过”，都不想答回复“取消”。"
SOURCE = "（依据：{source}）"
SAY_MORE = "请用一句话说说，例如“都好”；不想答的回复“跳过”。"
COUNTS = "计入{period}的联系。"
COUNTS_NOT = "没有联系到本人，不计入本季度的联系，请换个时间再联系。"
TO_COVER = "还没谈到：{topics}。"
ALL_COVERED = "思想、工作、生活和重要事项都谈到了。"
COVER_WORDS = {"已通报": "通报重要事项"}
BRANCH = "branch"  # beside the answers
TOPIC = "news"  # the topic whose dialog the questions are; the secretary's topic opens it


def read_words(turn: Turn) -> str | Problem | None:
    """An answer in the member's own words: a refusal is left out, a question is answered and asked again."""
    if turn.kind is not Kind.TEXT or not turn.text or is_busy(turn.text):
        return None
    found = read_reply(turn.said)
    if found is Reply.NEWS:
        return turn.said.strip()
    if found is Reply.REFUSAL:
        return ""
    return {Reply.ASKS_WHO: Problem(who_asks(turn)), Reply.NOTHING: Problem(SAY_MORE)}.get(found)


def read_needs(turn: Turn) -> str | Problem | None:
    """Hardship is often told as a question."""
    if turn.kind is Kind.TEXT and read_reply(turn.said) is Reply.QUESTION:
        return turn.said.strip()
    return read_words(turn)


def who_asks(turn: Turn) -> str:
    """On whose behalf the questions are asked, and why (FM-6)."""
    rule = turn.house.rules.policy.proved_by(Proof.CONTACT)
    source = SOURCE.format(source=rule.source) if rule and rule.source else ""
    return WHO_ASKS.format(branch=turn.speaker.branch, source=source)


def opening(member: Member) -> dict[str, str | int | list[str] | dict[str, str]]:
    """What the questions begin with: the branch that asks; another one's answers are none of its business."""
    return {BRANCH: member.branch_id}


@dataclass(frozen=True)
class WellBeing(Form):
    """The four short questions; each may be skipped."""

    thought: str = question(THOUGHT, read_words, optional=True)
    work: str = question(WORK, read_words, optional=True)
    life: str = question(LIFE, read_words, optional=True)
    needs: str = question(NEEDS, read_needs, optional=True)


async def keep(turn: Turn, member: Member, contact: Contact, note: str | None) -> int:
    """Record a contact; whoever was reminded of it has answered. Its id."""
    number = await turn.store.contacts.add(
        contact, branch_id=member.branch_id, by=turn.speaker.id, at=turn.now, note=note or None
    )
    proof = Proof.CONTACT if contact.kind == "contact" else Proof.TALK_AFTER_ABSENCES
    if contact.outcome.reached:
        rules = [one.name for one in turn.house.rules.policy.rules if one.proof is proof]
        for secretary in await turn.store.members.secretaries(member.branch_id):
            await turn.store.notices.answered(rules, member.id, secretary.id)
    return number


async def what_counts(turn: Turn, member_id: int, on: date, outcome: Outcome) -> str:
    """Whether a contact counts for its quarter, and what was not yet spoken of in it."""
    if not outcome.reached:
        return COUNTS_NOT
    rule = turn.house.rules.policy.proved_by(Proof.CONTACT)
    in_question = period_of(rule.period if rule else Every.QUARTER, on)
    rows = await turn.store.contacts.of_member(member_id, in_question.first)
    covered = {
        topic
        for row in rows
        if row["reached"] and row["on"] <= in_question.last
        for topic in row["topics"].split("、")
    }
    left = [COVER_WORDS.get(topic, topic) for topic in TOPICS if topic not in covered]
    words = TO_COVER.format(topics="、".join(left)) if left else ALL_COVERED
    return f"{COUNTS.format(period=period(in_question.name))}{words}"

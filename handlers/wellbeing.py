"""Keeping in touch, from both sides: the four questions, and what is kept of a contact (FM-6)."""

from dataclasses import dataclass
from datetime import date

from handlers.forms import Form, question
from handlers.reading.contact import TOPICS, is_question
from handlers.reading.reply import IDENTITY, UNWILLING, is_busy, is_receipt
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
COUNTS = "计入{period}的联系。"
COUNTS_NOT = "没有联系到本人，不计入本季度的联系，请换个时间再联系。"
TO_COVER = "还没谈到：{topics}。"
ALL_COVERED = "思想、工作、生活和重要事项都谈到了。"
COVER_WORDS = {"已通报": "通报重要事项"}
TOPIC = "news"  # the topic whose dialog the questions are; the secretary's topic opens it


def read_words(turn: Turn) -> str | None:
    """An answer in the member's own words; "" from who would rather not say; a question is none."""
    if turn.kind is not Kind.TEXT or not turn.text or is_question(turn.text):
        return None
    if UNWILLING.search(turn.text):
        return ""
    if is_receipt(turn.text) or IDENTITY.search(turn.text) or is_busy(turn.text):
        return None
    return turn.said.strip()


def read_needs(turn: Turn) -> str | None:
    """Hardship is often told as a question."""
    return turn.said.strip() if turn.kind is Kind.TEXT and turn.text else None


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

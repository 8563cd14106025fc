"""Dues: a member says what they paid, one row a month; the branch confirms (AD-15, MR-1)."""

import re
from dataclasses import dataclass
from datetime import date

from handlers import forms
from handlers.choices import is_no, is_yes
from handlers.forms import Form, Problem, question
from handlers.reading.money import read_amount
from handlers.reading.months import find_months
from handlers.reading.payment import WORDS, Payment, is_whole_payment, read_payment
from handlers.reading.speech import Stance, stance
from handlers.reading.words import says_only, without
from handlers.topic import Heard, Topic, Undone, Verdict
from handlers.turn import Ask, Done, Kind, Outcome, Say, Turn
from handlers.words import months, state_words, yuan
from scheduler.calendar import month_of, months_between
from storage.records import Entry, EntryKind, Request, RequestKind, State

RECORDED = "已登记 {months} 党费 {total} 元{each}，等待支部确认（第 {no} 号）。\n有交费截图可以接着发来；登记错了请回复“撤销”。"
RECORDED_BESIDE = (
    "已登记 {months} 党费 {total} 元{each}，等待支部确认（第 {no} 号）。登记错了请回复“撤销”。"
)
RECORDED_WITH_PROOF = "已登记 {months} 党费 {total} 元{each}，收到截图，等待支部确认（第 {no} 号）。登记错了请回复“撤销”。"
EACH = "（每月 {fen} 元）"
ALREADY = "{months} 的党费已经登记过（{states}），没有重复登记。如需更正，请联系支部书记，或先回复“撤销”。"
SURE = "我理解为：登记 {months} 党费 {total} 元。对吗？对请回复“1”，不对请回复“2”。"
WHICH_MONTHS = "交的是哪个月的党费？例如：10月、三季度。"
HOW_MUCH = "一共交了多少元？例如：20元；每个月一样多可回复：每月20元。"
PHOTO = "可以发一张交费截图作凭证；没有请回复“跳过”。"
BAD_MONTH = "没有“{words}”这个月份，请重新写，例如：10月。"
VAGUE_AMOUNT = "金额要写确切的数字才能登记，例如：20元。"
ABSURD_AMOUNT = (
    "金额要大于 0、每月不超过 5000 元，没有登记。请核对后再发；确有大额党费请直接联系支部书记。"
)
FAR_AHEAD = "{months} 还早，最多可预交到 6 个月以后，没有登记。"
FAR_BACK = "{months} 已超过两年，没有登记，请直接联系支部书记补交。"
UNEVEN = "{total} 元分到 {count} 个月除不尽，请回复每个月多少元，例如：每月20元。"
NOT_RECORDED = "好的，没有登记。"
NOT_DONE = {
    Stance.NEGATION: "好的，没有登记党费。交了以后告诉我，例如：党费 10月 20元。",
    Stance.FUTURE: "好的，交了以后再告诉我，例如：党费 10月 20元。现在没有登记。",
    Stance.WISH: "好的。交了以后告诉我，例如：党费 10月 20元。现在没有登记。",
    Stance.OTHERS: "这里只登记您本人的党费，没有登记。不方便用手机的同志，请支部书记代录。",
}
HOW = (
    "党费交给支部后，告诉我月份和金额就可以，例如：党费 10月 20元。应交多少、交给谁，请问支部书记。"
)
MINE = "您今年登记的党费：\n{lines}"
MINE_NONE = "您今年还没有登记党费。"
PHOTO_KEPT = "收到截图，作为第 {no} 号的凭证。"
REQUEST = "{months} 党费 {total} 元"
ENTRY = "交纳党费：{months}，{total} 元"
UNDONE = "已撤销 {months} 党费的登记。"
TOO_LATE = "{months} 的党费支部已经处理，不能撤销。有不对的请联系支部书记。"
CONFIRMED = "已确认 {member} {months} 党费 {total} 元，已记入记实档案。"
CORRECTED = "{months} 的党费已改为退回，可以重新登记或代录。"
RETURNED = "已退回 {member} {months} 党费的登记。"
TO_MEMBER = {
    True: "您登记的 {months} 党费 {total} 元，支部已确认（第 {no} 号）。",
    False: "您登记的 {months} 党费 {total} 元被退回（第 {no} 号），原因：{reason}",
}

HIGHEST_FEN = 500_000
PAID_AT_END = re.compile(r"[交缴付][了过]? ?([0-9]+(?:\.[0-9]{1,2})?)$")
MONTHS_AHEAD = 6
MONTHS_BACK = 24

topic = Topic("dues", "党费 10月 20元")


def read_months(turn: Turn) -> list[str] | Problem | None:
    """An answer to 'which months'."""
    found = find_months(turn.text, turn.today)
    if found is None:
        return None
    if found.invalid:
        return Problem(BAD_MONTH.format(words=found.invalid))
    problem = _month_problem(list(found.months), turn.today)
    plain = says_only(without(turn.text, [(found.start, found.end)]), WORDS)
    return (Problem(problem) if problem else list(found.months)) if plain else None


def read_fen(turn: Turn) -> str | Problem | None:
    """An answer to 'how much': '2000' in 分, with '/月' behind it when it is per month."""
    found = read_amount(turn.text)
    if found is None:
        return None
    if found.fen is None:
        return Problem(VAGUE_AMOUNT)
    if found.negative or found.fen == 0 or found.fen > HIGHEST_FEN * 12:
        return Problem(ABSURD_AMOUNT)
    return f"{found.fen}/月" if found.per_month else str(found.fen)


def read_photo(turn: Turn) -> str | None:
    """A picture, by its id on its platform; it is asked for last, so that it is kept in this very turn."""
    return turn.media_id if turn.kind is Kind.IMAGE else None


@dataclass(frozen=True)
class DuesPaid(Form):
    """What a member tells us of dues paid."""

    months: list[str] = question(WHICH_MONTHS, read_months)
    fen: str = question(HOW_MUCH, read_fen)
    proof: str = question(PHOTO, read_photo, optional=True)


@topic.is_whole
def is_dues(turn: Turn, text: str) -> bool:
    """党费 with its months and its sum, and nothing beside them."""
    return is_whole_payment(text, turn.today)


@topic.says("我的党费", "查党费", "党费记录", rest=False)
async def mine(turn: Turn, heard: Heard) -> Outcome:
    """What this year's declarations are."""
    del heard
    year = str(turn.today.year)
    found = [
        one for one in await turn.store.dues.of_member(turn.speaker.id) if one.month[:4] == year
    ]
    lines = [
        f"{int(one.month[5:])}月　{yuan(one.fen)} 元　{state_words(RequestKind.DUES, one.state)}"
        for one in found
    ]
    return Say(MINE.format(lines="\n".join(lines)) if lines else MINE_NONE)


@topic.says("党费", "交党费", "缴党费", "交了党费", "补交党费")
@topic.mentions("党费")
async def dues(turn: Turn, heard: Heard) -> Outcome:
    """Record what a plain sentence states in full; ask for what is missing; leave all else alone."""
    said = read_payment(heard.text, turn.today)
    if not said.is_plain:
        return await _not_an_act(turn, said)
    found = said.months
    if found and found.invalid:
        return Ask(BAD_MONTH.format(words=found.invalid), topic.name, {"answers": {}})
    answers = _answers(said, turn.today)
    if isinstance(answers, Problem):
        return Say(answers.text)
    asked = forms.start(DuesPaid, topic.name, answers)
    return asked or await _record(turn, forms.filled(DuesPaid, answers))


@topic.answers
async def answer(turn: Turn) -> Outcome | None:
    """The next field, a yes to what we understood, or a picture after the record."""
    state = turn.dialog.state if turn.dialog else {}
    if "request" in state:
        if turn.kind is not Kind.IMAGE:
            return None
        await turn.store.dues.attach_proof(state["request"], await turn.keep())
        return Done(PHOTO_KEPT.format(no=state["request"]))
    if "sure" in state:
        if is_yes(turn.text):
            return await _record(turn, forms.filled(DuesPaid, state["sure"]))
        return Done(NOT_RECORDED) if is_no(turn.text) else None
    if turn.kind is Kind.TEXT and stance(turn.text) is not None and not turn.text.isdigit():
        return None
    moved = _both(turn) or forms.step(DuesPaid, topic.name, turn)
    if moved is None or isinstance(moved, Ask):
        return moved
    return await _record(turn, forms.filled(DuesPaid, moved))


@topic.undoes
async def undo(turn: Turn, reference: str) -> Undone:
    """A declaration the branch has not decided on is taken back."""
    found = await turn.store.dues.of_request(int(reference))
    said = months([one.month for one in found])
    if any(one.state is not State.PENDING for one in found):
        return Undone(TOO_LATE.format(months=said), taken_back=False)
    await turn.store.dues.settle(int(reference), State.WITHDRAWN)
    await turn.store.requests.decide(int(reference), State.WITHDRAWN, by=None, at=turn.now)
    return Undone(UNDONE.format(months=said))


@topic.decides(RequestKind.DUES)
async def decide(turn: Turn, request: Request, approved: bool, reason: str) -> Verdict:
    """Confirming writes the ledger (FM-8, MR-1); returning only tells the member why."""
    found = await turn.store.dues.of_request(request.id)
    said, total = months([one.month for one in found]), yuan(sum(one.fen for one in found))
    no = None
    if approved:
        no = await turn.store.ledger.append(
            request.branch_id,
            request.member_id,
            EntryKind.DUES,
            turn.today,
            ENTRY.format(months=said, total=total),
            by=turn.speaker.id,
            at=turn.now,
        )
    state = State.CONFIRMED if approved else State.RETURNED
    await turn.store.dues.settle(request.id, state, no)
    words = CONFIRMED if approved else RETURNED
    return Verdict(
        words.format(member=request.member, months=said, total=total),
        TO_MEMBER[approved].format(months=said, total=total, no=request.id, reason=reason),
    )


def _answers(said: Payment, today: date) -> dict[str, forms.Value] | Problem:
    """The fields that a sentence fills, or why it cannot be used."""
    answers: dict[str, forms.Value] = {}
    if said.months is not None:
        problem = _month_problem(list(said.months.months), today)
        if problem:
            return Problem(problem)
        answers["months"] = list(said.months.months)
    if said.is_negative:
        return Problem(ABSURD_AMOUNT)
    if said.amount is not None and said.amount.fen is not None:
        fen = said.amount.fen
        if said.amount.negative or fen == 0 or fen > HIGHEST_FEN * 12:
            return Problem(ABSURD_AMOUNT)
        answers["fen"] = f"{fen}/月" if said.per_month else str(fen)
    return answers


def _both(turn: Turn) -> dict[str, forms.Value] | None:
    """10月党费交了20: an answer that gives the months and the sum, whichever was asked."""
    found = _answers(read_payment(turn.text, turn.today), turn.today)
    if isinstance(found, Problem) or "months" not in found:
        return None
    paid = PAID_AT_END.search(turn.text)
    amount = read_amount(paid[1]) if paid and "fen" not in found else None
    if amount is not None and amount.fen and amount.fen <= HIGHEST_FEN * 12:
        found["fen"] = str(amount.fen)
    return found if "fen" in found else None


def _month_problem(found: list[str], today: date) -> str:
    current = month_of(today)
    if found and months_between(current, found[-1]) > MONTHS_AHEAD:
        return FAR_AHEAD.format(months=months(found))
    if found and months_between(found[0], current) > MONTHS_BACK:
        return FAR_BACK.format(months=months(found))
    return ""


async def correct(turn: Turn, entry: Entry) -> str:
    """A confirmed declaration that proved wrong: its months may be declared anew."""
    found = [
        one
        for one in await turn.store.dues.of_member(entry.member_id)
        if one.state is State.CONFIRMED and one.ledger_no == entry.no
    ]
    if not found:
        return ""
    await turn.store.dues.settle(found[0].request_id, State.RETURNED)
    return CORRECTED.format(months=months(sorted(one.month for one in found)))


async def _not_an_act(turn: Turn, said: Payment) -> Outcome:
    """Why nothing is recorded; a full but wordy statement is asked back."""
    reason = stance(turn.text)
    if reason in NOT_DONE:
        return Say(NOT_DONE[reason])
    if reason is not None:
        return Say(f"{HOW}\n\n{(await _mine_words(turn))}")
    answers = _answers(said, turn.today)
    if isinstance(answers, Problem):
        return Say(answers.text)
    if not answers:
        return Say(f"{HOW}\n\n{(await _mine_words(turn))}")
    asked = forms.start(DuesPaid, topic.name, answers)
    if asked:
        return asked
    paid = forms.filled(DuesPaid, answers)
    total = yuan(_total(paid))
    return Ask(SURE.format(months=months(paid.months), total=total), topic.name, {"sure": answers})


async def _mine_words(turn: Turn) -> str:
    outcome = await mine(turn, Heard(turn.text))
    return outcome.text


def _total(paid: DuesPaid) -> int:
    fen = int(paid.fen.removesuffix("/月"))
    return fen * len(paid.months) if paid.fen.endswith("/月") else fen


async def _record(turn: Turn, paid: DuesPaid) -> Outcome:
    member, count = turn.speaker, len(paid.months)
    total = _total(paid)
    if total % count:
        answers: dict[str, forms.Value] = {"months": paid.months}
        lead = UNEVEN.format(total=yuan(total), count=count)
        return forms.start(DuesPaid, topic.name, answers, lead) or Say(lead)
    if total // count > HIGHEST_FEN:
        return Done(ABSURD_AMOUNT)
    standing = await turn.store.dues.standing(member.id, paid.months)
    if standing:
        said = months([one.month for one in standing])
        states = "、".join(
            dict.fromkeys(state_words(RequestKind.DUES, one.state) for one in standing)
        )
        return Done(ALREADY.format(months=said, states=states))
    words = REQUEST.format(months=months(paid.months), total=yuan(total)) + turn.proxy_mark
    number = await turn.store.requests.open(
        RequestKind.DUES, member.id, member.branch_id, words, turn.now
    )
    each = dict.fromkeys(paid.months, total // count)
    await turn.store.dues.declare(member.id, member.branch_id, each, number, turn.now)
    if paid.proof:
        await turn.store.dues.attach_proof(number, await turn.keep())
    waits = turn.dialog is not None and turn.dialog.prompt and turn.dialog.topic != topic.name
    wording = RECORDED_WITH_PROOF if paid.proof else RECORDED_BESIDE if waits else RECORDED
    answer = wording.format(
        months=months(paid.months),
        total=yuan(total),
        each=EACH.format(fen=yuan(total // count)) if count > 1 else "",
        no=number,
    )
    return Ask(answer, topic.name, {"request": number, "quiet": True}, f"dues:{number}")

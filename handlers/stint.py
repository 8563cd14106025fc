"""Going away and coming back: a stint is opened with the two-way pledge and closed on return (FM-1, FM-3, FM-12)."""

import re
from dataclasses import asdict, dataclass
from datetime import date, timedelta

from handlers import forms
from handlers.choices import is_no, is_yes, says_nothing
from handlers.forms import OWN_WORDS, Form, Problem, question
from handlers.notify import tell_secretaries
from handlers.reading.dates import FoundDate, find_dates, find_invalid_date
from handlers.reading.numerals import NUMERAL, read_integer
from handlers.reading.places import Place, describe, find_place
from handlers.reading.speech import QUESTION, Stance
from handlers.reading.travel import (
    doubt_of_leaving,
    doubt_of_return,
    reason_for_leaving,
    tells_of_leaving,
    tells_of_return,
)
from handlers.reading.words import bare
from handlers.topic import Heard, Topic, Undone
from handlers.turn import Ask, Done, Outcome, Say, Turn
from handlers.words import full_day
from scheduler.calendar import months_later
from storage.records import Entry, EntryKind, Purpose

WHY = "外出的原因是什么？例如：打工、求学、随子女居住。"
WHEN = "哪天出发？例如：12月1日、下周一。"
WHERE = "去哪里？请写到省、市或区县，例如：江苏省苏州市。"
WORKPLACE = "在那边的工作单位或学校叫什么？不清楚请回复“跳过”。"
CONTACT = "在那边怎么联系您？请留手机号；和现在一样请回复“跳过”。"
BACK = "预计哪天回来？例如：明年2月10日；不确定请回复“跳过”。"
PLEDGE = """请核对：
{summary}

外出期间的双向承诺——
支部：维护您的权利，安排专人联系，帮助解决困难；
您：到达后报告所在地并向当地党组织报到，凭活动证参加组织生活，定期汇报思想，按时交纳党费，发挥作用。
同意承诺并登记请回复“1”，不登记请回复“2”。"""
SUMMARY = "原因：{reason}\n出发：{left_on}\n去往：{place}\n单位：{workplace}\n联系：{contact}\n预计返回：{back}"
OPENED = "已登记外出：{day}去{place}。双向承诺已生效，记实档案第 {no} 条。支部书记会与您做行前谈话并发放活动证。登记错了请回复“撤销”。"
AWAY_ALREADY = "您正在外出（{day}起，{place}）。回来了请回复“我回来了”；换了地方请直接说，例如：我到苏州工业园区了。"
SURE_BACK = "您是{day}去{place}的。确认已经回来、结束这次外出吗？是请回复“1”，不是请回复“2”。"
CLOSED = "欢迎回来！这次外出（{day}起，{place}）已结束，记实档案第 {no} 条。请带活动证到支部查验。登记错了请回复“撤销”。"
NOT_AWAY = "没有您正在外出的登记，不用办理返回。"
NOT_DONE = "好的，没有登记。"
HOW = "外出前请回复“外出”，按提示填写；回来后回复“我回来了”。换了地方随时说，例如：我到苏州工业园区了。"
OTHERS_STINT = "外出要由本人报备，没有登记。本人不方便的，请直接联系支部书记。"
NOT_DONE_WORDS = {Stance.OTHERS: OTHERS_STINT, Stance.NEGATION: f"{NOT_DONE}{HOW}"}
PAST_TOO_FAR = "出发日期不能早于一年前，请核对后重写。"
BAD_DATE = "没有“{words}”这一天，请重写。"
UNCLEAR_PLACE = "有几个地方都叫这个名字，请连省市一起写，例如：北京市朝阳区。"
UNDONE_OPENING = "已撤销这次外出登记。"
UNDONE_RETURN = "已撤销返回，外出登记继续有效。"
ENTRY = "外出：{day}去{place}，原因：{reason}，已作双向承诺"
RETURNED = "返回：{day}结束外出（{place}）"
UNKNOWN = "未定"
GO_BACK = "要改上一项请回复“上一步”；这一项请直接回答。"
BACK_TOO_EARLY = "返回日期要在出发以后、十年以内，请核对后重写。"
CORRECTED = "这次外出登记已取消。"
TOLD = "有一位同志登记了外出，请与本人联系。"
NOT_A_DAY = "这像是日期，这一项问的不是日期。"
NO_PHONE = "没有看出电话号码。和现在一样请回复“跳过”。"
NO_CONSENT = "登记外出要写明去向，您还没有同意登记所在地，现在没有登记。愿意的话请回复“同意 所在地”，再回复“外出”。"
LONGEST = 100
SECOND_THOUGHT = re.compile("不对|错了|写错|等一?下|改成|应该是|不是")
PHONE = re.compile(r"(?:\+?86 ?-?)?1[0-9]{2} ?-?[0-9]{4} ?-?[0-9]{4}|[0-9]{3,4}-?[0-9]{7,8}")
SPAN = re.compile(rf"({NUMERAL}) ?个?(天|日|月|年)(?!内|底|初|中)")
MOST_OF_A_SPAN = 1_000
LONGEST_AWAY = timedelta(days=3660)
PAUSES = " ,.:;、"

topic = Topic("stint", "外出", "我回来了")


def read_words(turn: Turn) -> str | Problem | None:
    """A short answer, as it was written; a day or a second thought is none."""
    text = turn.said.strip()
    if SECOND_THOUGHT.match(turn.text):
        return Problem(GO_BACK)
    if says_nothing(turn.text):
        return Problem(OWN_WORDS)
    if any(not bare(turn.text[: one.start] + turn.text[one.end :]) for one in _days(turn)):
        return Problem(NOT_A_DAY)
    return text[:LONGEST] if bare(text) and not QUESTION.search(turn.text) else None


def read_contact(turn: Turn) -> str | Problem | None:
    """A phone number, or that it stays the same."""
    if "一样" in turn.text or "不变" in turn.text or "老号" in turn.text:
        return ""
    if SECOND_THOUGHT.match(turn.text):
        return Problem(GO_BACK)
    found = PHONE.search(turn.text)
    return found[0] if found else Problem(NO_PHONE)


def read_back(turn: Turn) -> str | Problem | None:
    """The day of return, after the day of leaving; or how long it will be from then."""
    state = turn.dialog.state["answers"] if turn.dialog else {}
    left_on = date.fromisoformat(state["left_on"]) if "left_on" in state else turn.today
    found = find_dates(turn.text, turn.today)
    if find_invalid_date(turn.text) or len(found) > 1:
        return read_day(turn)
    back = found[0].day if found else _after(turn.text, left_on)
    if back is None:
        return None
    return (
        back.isoformat() if left_on <= back <= left_on + LONGEST_AWAY else Problem(BACK_TOO_EARLY)
    )


def _after(text: str, left_on: date) -> date | None:
    """三个月, 半年, 二十天 after the day of leaving; None for anything less clear."""
    if "半年" in text and not re.search(rf"{NUMERAL}年半", text):
        return months_later(left_on, 6)
    span = SPAN.search(text)
    number = read_integer(span[1]) if span and "半" not in text else None
    if span is None or number is None or number > MOST_OF_A_SPAN:
        return None
    if span[2] in {"天", "日"}:
        return left_on + timedelta(days=number)
    return months_later(left_on, number * (12 if span[2] == "年" else 1))


def _days(turn: Turn) -> list[FoundDate]:
    return list(find_dates(turn.text, turn.today))


def read_day(turn: Turn) -> str | Problem | None:
    """One day, as ISO text."""
    invalid = find_invalid_date(turn.text)
    if invalid:
        return Problem(BAD_DATE.format(words=invalid))
    found = find_dates(turn.text, turn.today)
    if len(found) != 1:
        return None
    too_old = (turn.today - found[0].day).days > 366  # noqa: PLR2004 - a year
    return Problem(PAST_TOO_FAR) if too_old else found[0].day.isoformat()


def read_place(turn: Turn) -> dict[str, str] | Problem | None:
    """One place, clear enough for a code."""
    found = find_place(turn.text)
    if found is None:
        return None
    if len(found.candidates) > 1:
        return Problem(UNCLEAR_PLACE)
    return asdict(found.candidates[0])


@dataclass(frozen=True)
class Leaving(Form):
    """What a member reports before leaving (FM-1, FM-5)."""

    reason: str = question(WHY, read_words)
    left_on: str = question(WHEN, read_day)
    place: dict[str, str] = question(WHERE, read_place)
    workplace: str = question(WORKPLACE, read_words, optional=True)
    contact: str = question(CONTACT, read_contact, optional=True)
    expected_back: str = question(BACK, read_back, optional=True)


@topic.says("我回来了", "返回", "返乡", "回来了", "我返回了")
@topic.reads(lambda _turn, text: tells_of_return(text))
async def come_back(turn: Turn, heard: Heard) -> Outcome:
    """Close the open stint after a yes (FM-12)."""
    doubt = doubt_of_return(heard.text)
    if doubt is not None:
        return Say(HOW if doubt is Stance.QUESTION else NOT_DONE)
    current = await turn.store.stints.current(turn.speaker.id)
    if current is None:
        return Say(NOT_AWAY)
    place = f"{current.province}{current.city}{current.district}"
    words = SURE_BACK.format(day=full_day(current.left_on), place=place)
    return Ask(words, topic.name, {"back": current.id})


@topic.says("外出", "外出登记", "外出报备", "申请外出", "我要外出", "流动登记")
@topic.reads(lambda turn, text: tells_of_leaving(text, turn.today))
async def leave(turn: Turn, heard: Heard) -> Outcome:
    """Open the form with what the sentence tells; nothing is recorded before the pledge."""
    if tells_of_return(heard.text):
        return await come_back(turn, heard)
    rest = heard.rest
    paused = rest[:1] in PAUSES or (bool(rest) and heard.text[-len(rest) - 1] in PAUSES)
    if (
        heard.head == "外出"
        and rest
        and not paused
        and not tells_of_leaving(heard.text, turn.today)
    ):
        return Say(HOW)
    doubt = doubt_of_leaving(heard.text)
    if doubt is not None:
        return Say(NOT_DONE_WORDS.get(doubt, HOW))
    current = await turn.store.stints.current(turn.speaker.id)
    if current is not None:
        place = f"{current.province}{current.city}{current.district}"
        return Say(AWAY_ALREADY.format(day=full_day(current.left_on), place=place))
    if not turn.speaker.agrees(Purpose.PLACE):
        return Say(NO_CONSENT)
    answers = _answers(turn, heard.text)
    return forms.start(Leaving, topic.name, answers, whole=True) or _pledge(answers)


@topic.answers
async def answer(turn: Turn) -> Outcome | None:
    """The next field, the pledge, or the yes to having come back."""
    state = turn.dialog.state if turn.dialog else {}
    if "back" in state:
        if is_yes(turn.text):
            return await _close(turn)
        return Done(NOT_DONE) if is_no(turn.text) else None
    if "pledge" in state:
        if is_yes(turn.text):
            return await _open(turn, forms.filled(Leaving, state["pledge"]))
        return Done(NOT_DONE) if is_no(turn.text) else None
    moved = forms.step(Leaving, topic.name, turn)
    if moved is None or isinstance(moved, Ask):
        return moved
    return _pledge(moved)


@topic.undoes
async def undo(turn: Turn, reference: str) -> Undone:
    """Take back an opening, or a return."""
    what, number, no, branch_id = reference.split("/")
    if what == "back":
        await turn.store.stints.change(int(number), back_on=None)
    else:
        await turn.store.stints.withdraw(int(number), turn.now)
    await turn.store.ledger.append(
        int(branch_id),
        turn.speaker.id,
        EntryKind.CORRECTION,
        turn.today,
        f"撤销第 {no} 条：{'返回' if what == 'back' else '外出'}",
        by=turn.by.id,
        at=turn.now,
        corrects=int(no),
    )
    return Undone(UNDONE_RETURN if what == "back" else UNDONE_OPENING)


async def correct(turn: Turn, entry: Entry) -> str:
    """A stint that proved wrong is over, and may be reported anew."""
    current = await turn.store.stints.current(entry.member_id)
    if current is None or current.left_on != entry.occurred_on:
        return ""
    await turn.store.stints.withdraw(current.id, turn.now)
    return CORRECTED


def _answers(turn: Turn, text: str) -> dict[str, forms.Value]:
    """The fields that the first sentence fills."""
    answers: dict[str, forms.Value] = {}
    reason = reason_for_leaving(text)
    if reason:
        answers["reason"] = reason
    days = find_dates(text, turn.today)
    if len(days) == 1:
        answers["left_on"] = days[0].day.isoformat()
    found = find_place(text)
    if found is not None and len(found.candidates) == 1:
        answers["place"] = asdict(found.candidates[0])
    return answers


def _pledge(answers: dict[str, forms.Value]) -> Ask:
    told = forms.filled(Leaving, answers)
    summary = SUMMARY.format(
        reason=told.reason,
        left_on=full_day(date.fromisoformat(told.left_on)),
        place=describe(Place(**told.place)),
        workplace=told.workplace or UNKNOWN,
        contact=told.contact or "不变",
        back=full_day(date.fromisoformat(told.expected_back)) if told.expected_back else UNKNOWN,
    )
    return Ask(PLEDGE.format(summary=summary), topic.name, {"pledge": answers})


async def _open(turn: Turn, told: Leaving) -> Outcome:
    member, place = turn.speaker, Place(**told.place)
    left_on = date.fromisoformat(told.left_on)
    number = await turn.store.stints.leave(
        member.id,
        member.branch_id,
        left_on,
        turn.now,
        reason=told.reason,
        province=place.province,
        city=place.city,
        district=place.district,
        workplace=told.workplace or None,
        contact=told.contact or None,
        expected_back=date.fromisoformat(told.expected_back) if told.expected_back else None,
        pledged_at=turn.now,
    )
    entry = ENTRY.format(day=full_day(left_on), place=describe(place), reason=told.reason)
    no = await _enter(turn, entry, left_on)
    await tell_secretaries(turn, member.branch_id, TOLD)
    words = OPENED.format(day=full_day(left_on), place=describe(place), no=no)
    return Done(words, effect=f"stint:open/{number}/{no}/{member.branch_id}")


async def _close(turn: Turn) -> Outcome:
    current = await turn.store.stints.current(turn.speaker.id)
    if current is None:
        return Done(NOT_AWAY)
    await turn.store.stints.come_back(current.id, turn.today)
    day, place = full_day(current.left_on), f"{current.province}{current.city}{current.district}"
    no = await _enter(turn, RETURNED.format(day=full_day(turn.today), place=place), turn.today)
    return Done(
        CLOSED.format(day=day, place=place, no=no),
        effect=f"stint:back/{current.id}/{no}/{turn.speaker.branch_id}",
    )


async def _enter(turn: Turn, text: str, on: date) -> int:
    member = turn.speaker
    return await turn.store.ledger.append(
        member.branch_id,
        member.id,
        EntryKind.STINT,
        on,
        text + turn.proxy_mark,
        by=turn.by.id,
        at=turn.now,
    )

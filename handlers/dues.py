"""Dues: a member says what they paid, one row a month; the branch confirms (AD-15, MR-1)."""

import re
from dataclasses import dataclass, replace
from datetime import date

from handlers import forms
from handlers.choices import is_no, is_yes
from handlers.forms import Form, Problem, question
from handlers.reading.dates import find_dates
from handlers.reading.money import FoundMoney, find_money, read_amount
from handlers.reading.months import FoundMonths, find_months
from handlers.reading.numerals import NUMERAL
from handlers.reading.speech import HEARSAY, LATER, SURNAMES, Stance, is_colour, stance
from handlers.reading.words import clauses, says_only, without
from handlers.topic import Heard, Topic, Verdict
from handlers.turn import Ask, Done, Kind, Outcome, Say, Turn
from handlers.words import months, state_words, yuan
from scheduler.calendar import month_of, months_between
from storage.records import EntryKind, Request, RequestKind, State

RECORDED = "已登记 {months} 党费 {total} 元{each}，等待支部确认（第 {no} 号）。\n有交费截图可以接着发来；登记错了请回复“撤销”。"
EACH = "（每月 {fen} 元）"
ALREADY = "{months} 的党费已经登记过（{states}），没有重复登记。如需更正，请联系支部书记，或先回复“撤销”。"
SURE = "我理解为：登记 {months} 党费 {total} 元。对吗？对请回复“1”，不对请回复“2”。"
WHICH_MONTHS = "交的是哪个月的党费？例如：10月、三季度。"
HOW_MUCH = "一共交了多少元？例如：20元；每个月一样多可回复：每月20元。"
PHOTO = "可以发一张交费截图作凭证；没有请回复“跳过”。"
NO_MONTH = "没有看出是哪个月，请这样写：10月，或：7-9月。"
BAD_MONTH = "没有“{words}”这个月份，请重新写，例如：10月。"
NO_AMOUNT = "没有看出金额，请写确切的数字，例如：20元。"
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
PHOTO_KEPT = "截图已作为凭证收下（第 {no} 号）。"
REQUEST = "{months} 党费 {total} 元"
ENTRY = "交纳党费：{months}，{total} 元"
UNDONE = "已撤销 {months} 党费的登记。"
TOO_LATE = "{months} 的党费支部已经处理，不能撤销。有不对的请联系支部书记。"
CONFIRMED = "已确认 {member} {months} 党费 {total} 元，已记入记实档案。"
RETURNED = "已退回 {member} {months} 党费的登记。"
TO_MEMBER = {True: "您的第 {no} 号登记支部已确认。", False: "您的第 {no} 号登记被退回：{reason}"}

HIGHEST_FEN = 500_000
MONTHS_AHEAD = 6
MONTHS_BACK = 24

WORDS = frozenset(
    "◇ 已上缴 上缴 上缴了 上缴完毕 交晚 交晚了 晚了 整上 整上了 交脱 交脱了 付脱 付脱了 洋钿 咗 交咗 党费 党费是 交 缴 交纳 缴纳 交费 缴费 交了 缴了 交过 交过了 交上 交上了 交完 交完了 交齐 交齐了 交清 交清了 付了 付 了 已 已交 已缴 已经 已经交 刚 刚刚 刚才 补交 补缴 补交了 补缴了 预交"
    " 块 快 份 月份 的 共 一共 总共 合计 共计 总计 是 为 和 跟 与 及 还有 加 一起 一起交 一块 一次 一次性 各 每月 每个月 个月 都 都是 分别 均 元 块 钱 款 费用 整 现金 微信 支付宝 银行 转账 转 转的 转了 转给 已转 已转给"
    " 打给 发给 给您 给你 给 您 你 书记了 银行转账 微信转账 微信转的 用微信 用支付宝 扣 查收 请查收 请确认 确认 请登记 请记录 核对 请核对 完成 上报 报 报送 缴党费 交党费 以上 这 这是 这个 早上 上午 中午 下午 晚上 之前 前 时候 把 将 也 先 份的 国庆 国庆前 节前 扫码 扫码付 扫码付了 欠 欠的 补上 补上了 补齐 补齐了 交掉 交掉了 上交 已上交 上交了 早交了 早 呢 咧 咯 掉 你给我 您给我 学生 学生党员 退休 退休党员 农民党员 本人 一个 那个 我那个 我的 烦请 烦请登记 有劳 也是 也 两个月 三个月 全 全部 都交了 都已交 通过 支付 支付了 用 用的 代扣 工资 工资扣 用现金 交现金 打卡里 卡 转到 转账给 组织 到 到位 清 齐 好了 交好了 缴好了 村支书 交给村支书 小组长 给组织委员 交讫 交罢 交罢了 由我 手机 手机银行 手机上 在手机上 我昨天 我自己 自己 自己交的 交的 有转账凭证 凭证 按 标准 就是 嗯 那个 给村支书 按下岗标准 下岗 下岗标准 存入 支部账户 账户 存 付清 刚从 卡上 个人卡上 从 我个人卡上 按时 按时交 按时交纳 已按时 已按时交纳 这月 这月的 这月份 上月 组织委员 财务 党小组 组长 党小组长 小组".split()
)
EACH_ONE = re.compile(r"各|每个?月|分别|都是")
DURATION = re.compile(r"[一两二三四五六七八九十0-9]+个月(?:的)?")
BARE = re.compile(
    rf"((?:党费|一共|合计|总共|共计)[ ,:]?)((?:[0-9]{{1,4}}(?:\.[0-9]{{1,2}})?|{NUMERAL}))(?![0-9.月年号日个元块季天次人大多几一二三四五六七八九十百])"
)
DECIMAL = re.compile(r"((?<=[月 费,:])[0-9]{1,4}\.[0-9]{2})(?![0-9.元块])")
DOLLARS = re.compile(r"(?<=[0-9一二三四五六七八九十廿])蚊")  # 元 in Cantonese
NEGATIVE = re.compile(r"(?:^| |党费)-[0-9]|负[0-9一二三四五六七八九十]")
COUNTED = re.compile(r"(?<=[一二三四五六七八九十0-9])[两二三四五六]个月(?=的?党费)")
SPAN = "◇"
MISTYPED = re.compile(r"(?<=[0-9一二两三四五六七八九十百])快(?![到要来去])")
PAYEE = re.compile(rf"(?:[给交转到]{{0,2}})[{SURNAMES}](?:书记|支书|主任|老师|会计|委员|组长)")
PAYING = re.compile(r"党费|[交缴付转打欠补]|登|记|钱")
CONFIRM_WISH = re.compile(r"我?要(?=交|缴|登记)|我?来(?=交|缴)")

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
    """A picture's id on its platform."""
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
    found, sums = find_months(text, turn.today), find_money(text)
    if "党费" not in text or found is None or len(sums) != 1:
        return False
    spans = [(found.start, found.end), (sums[0].start, sums[0].end)]
    return says_only(without(text, spans, SPAN), WORDS)


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
    text = COUNTED.sub("月", MISTYPED.sub("块", DOLLARS.sub("元", heard.text)))
    found, sums = find_months(text, turn.today), find_money(text)
    if not sums and found:
        text = DECIMAL.sub(r"\1元", text)
        sums = find_money(text)
    if not sums and found and BARE.search(text) and "交" in text:
        text = BARE.sub(r"\1\2元", text)
        sums = find_money(text)
    spans = [(one.start, one.end) for one in sums] + ([(found.start, found.end)] if found else [])
    dates = [one for one in find_dates(text, turn.today) if not _inside(one.start, spans)]
    spans += [(one.start, one.end) for one in dates if one.day <= turn.today]
    if not _states(text, spans):
        return await _not_an_act(turn, text, found, sums)
    if found and found.invalid:
        return Ask(BAD_MONTH.format(words=found.invalid), topic.name, {"answers": {}})
    answers = _answers(text, found, sums, turn.today)
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
        await turn.store.dues.attach_proof(state["request"], turn.media_id)
        return Done(PHOTO_KEPT.format(no=state["request"]))
    if "sure" in state:
        if is_yes(turn.text):
            return await _record(turn, forms.filled(DuesPaid, state["sure"]))
        return Done(NOT_RECORDED) if is_no(turn.text) else None
    if turn.kind is Kind.TEXT and stance(turn.text) is not None and not turn.text.isdigit():
        return None
    moved = forms.step(DuesPaid, topic.name, turn)
    if moved is None or isinstance(moved, Ask):
        return moved
    return await _record(turn, forms.filled(DuesPaid, moved))


@topic.undoes
async def undo(turn: Turn, reference: str) -> str:
    """A declaration the branch has not decided on is taken back."""
    found = await turn.store.dues.of_request(int(reference))
    said = months([one.month for one in found])
    if any(one.state is not State.PENDING for one in found):
        return TOO_LATE.format(months=said)
    await turn.store.dues.settle(int(reference), State.WITHDRAWN)
    await turn.store.requests.decide(int(reference), State.WITHDRAWN, by=None, at=turn.now)
    return UNDONE.format(months=said)


@topic.decides(RequestKind.DUES)
async def decide(turn: Turn, request: Request, approved: bool, reason: str) -> Verdict:
    """Confirming writes the ledger (FM-8, MR-1); returning only tells the member why."""
    found = await turn.store.dues.of_request(request.id)
    said, total = months([one.month for one in found]), yuan(sum(one.fen for one in found))
    await turn.store.dues.settle(request.id, State.CONFIRMED if approved else State.RETURNED)
    if approved:
        await turn.store.ledger.append(
            request.branch_id,
            request.member_id,
            EntryKind.DUES,
            turn.today,
            ENTRY.format(months=said, total=total),
            by=turn.speaker.id,
            at=turn.now,
        )
    words = CONFIRMED if approved else RETURNED
    return Verdict(
        words.format(member=request.member, months=said, total=total),
        TO_MEMBER[approved].format(no=request.id, reason=reason),
    )


def _states(text: str, spans: list[tuple[int, int]]) -> bool:
    """Whether every clause is the plain act, or takes nothing away from it."""
    if "?" in text or LATER.search(text) or HEARSAY.search(text):
        return False
    rest = PAYEE.sub("", DURATION.sub("", CONFIRM_WISH.sub("", without(text, spans, SPAN))))
    return all(
        says_only(part, WORDS) or (is_colour(part) and not PAYING.search(part))
        for part in clauses(rest)
    )


def _inside(start: int, spans: list[tuple[int, int]]) -> bool:
    return any(first <= start < last for first, last in spans)


def _answers(
    text: str, found: FoundMonths | None, sums: tuple[FoundMoney, ...], today: date
) -> dict[str, forms.Value] | Problem:
    """The fields that a sentence fills, or why it cannot be used."""
    answers: dict[str, forms.Value] = {}
    if found is not None:
        problem = _month_problem(list(found.months), today)
        if problem:
            return Problem(problem)
        answers["months"] = list(found.months)
    if NEGATIVE.search(text):
        return Problem(ABSURD_AMOUNT)
    monthly = [one for one in sums if one.per_month]
    if found is not None and len(sums) == 2 and len(monthly) == 1:  # noqa: PLR2004 - a total and its part
        total = next(one for one in sums if not one.per_month)
        if monthly[0].fen and total.fen == monthly[0].fen * len(found.months):
            sums, text = (total,), ""
    paired = found is not None and 1 < len(sums) == len(found.months)
    if paired and len({one.fen for one in sums}) == 1:
        sums = (replace(sums[0], per_month=True),)
    if len(sums) == 1 and sums[0].fen is not None:
        if sums[0].negative or sums[0].fen == 0 or sums[0].fen > HIGHEST_FEN * 12:
            return Problem(ABSURD_AMOUNT)
        per_month = sums[0].per_month or EACH_ONE.search(text)
        answers["fen"] = f"{sums[0].fen}/月" if per_month else str(sums[0].fen)
    return answers


def _month_problem(found: list[str], today: date) -> str:
    current = month_of(today)
    if found and months_between(current, found[-1]) > MONTHS_AHEAD:
        return FAR_AHEAD.format(months=months(found))
    if found and months_between(found[0], current) > MONTHS_BACK:
        return FAR_BACK.format(months=months(found))
    return ""


async def _not_an_act(
    turn: Turn, text: str, found: FoundMonths | None, sums: tuple[FoundMoney, ...]
) -> Outcome:
    """Why nothing is recorded; a full but wordy statement is asked back."""
    reason = stance(text)
    if reason in NOT_DONE:
        return Say(NOT_DONE[reason])
    if reason is not None:
        return Say(f"{HOW}\n\n{(await _mine_words(turn))}")
    answers = _answers(text, found, sums, turn.today)
    if isinstance(answers, Problem):
        return Say(answers.text)
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
        await turn.store.dues.attach_proof(number, paid.proof)
    answer = RECORDED.format(
        months=months(paid.months),
        total=yuan(total),
        each=EACH.format(fen=yuan(total // count)) if count > 1 else "",
        no=number,
    )
    return Ask(answer, topic.name, {"request": number, "quiet": True}, f"dues:{number}")

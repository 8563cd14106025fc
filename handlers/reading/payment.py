"""What a sentence says of dues paid: the months, the sum, and whether it says that and nothing else."""

import re
from dataclasses import dataclass, replace
from datetime import date

from handlers.reading.dates import find_dates
from handlers.reading.money import FoundMoney, find_money, read_amount
from handlers.reading.months import FoundMonths, find_months
from handlers.reading.numerals import NUMERAL
from handlers.reading.speech import HEARSAY, LATER, SURNAMES, is_colour
from handlers.reading.words import clauses, says_only, without

WORDS = frozenset(
    "◇ 畀 畀咗 我畀咗 喇 交咗喇 咗喇 会计 转给会计 给会计 转给会计了 提前交 提前交了 晓得 晓得了 已上缴 上缴 上缴了 上缴完毕 交晚 交晚了 晚了 整上 整上了 交脱 交脱了 付脱 付脱了 洋钿 咗 交咗 党费 党费是 交 缴 交纳 缴纳 交费 缴费 交了 缴了 交过 交过了 交上 交上了 交完 交完了 交齐 交齐了 交清 交清了 付了 付 了 已 已交 已缴 已经 已经交 刚 刚刚 刚才 补交 补缴 补交了 补缴了 预交"
    " 块 快 份 月份 的 共 一共 总共 合计 共计 总计 是 为 和 跟 与 及 还有 加 一起 一起交 一块 一次 一次性 各 每月 每个月 个月 都 都是 分别 均 元 块 钱 款 费用 整 现金 微信 支付宝 银行 转账 转 转的 转了 转给 已转 已转给"
    " 打给 发给 给您 给你 给 您 你 书记了 银行转账 微信转账 微信转的 用微信 用支付宝 扣 查收 请查收 请确认 确认 请登记 请记录 核对 请核对 完成 上报 报 报送 缴党费 交党费 以上 这 这是 这个 早上 上午 中午 下午 晚上 之前 前 时候 把 将 也 先 份的 国庆 国庆前 节前 扫码 扫码付 扫码付了 欠 欠的 补上 补上了 补齐 补齐了 交掉 交掉了 上交 已上交 上交了 早交了 早 呢 咧 咯 掉 你给我 您给我 学生 学生党员 退休 退休党员 农民党员 本人 一个 那个 我那个 我的 烦请 烦请登记 有劳 也是 也 两个月 三个月 全 全部 都交了 都已交 通过 支付 支付了 用 用的 代扣 工资 工资扣 用现金 交现金 打卡里 卡 转到 转账给 组织 到 到位 清 齐 好了 交好了 缴好了 村支书 交给村支书 小组长 给组织委员 交讫 交罢 交罢了 由我 手机 手机银行 手机上 在手机上 我昨天 我自己 自己 自己交的 交的 有转账凭证 凭证 按 标准 就是 嗯 那个 给村支书 按下岗标准 下岗 下岗标准 存入 支部账户 账户 存 付清 刚从 卡上 个人卡上 从 我个人卡上 按时 按时交 按时交纳 已按时 已按时交纳 这月 这月的 这月份 上月 组织委员 财务 党小组 组长 党小组长 小组".split()
)
EACH_ONE = re.compile(r"各|每个?月|分别|都是")
DURATION = re.compile(r"[一两二三四五六七八九十0-9]+个月(?:的)?")
BARE = re.compile(
    rf"((?:党费|一共|合计|总共|共计)[ ,:]?)((?:[0-9]{{1,4}}(?:\.[0-9]{{1,2}})?|{NUMERAL}))(?![0-9.月年号日个元块季天次人大多几共一二三四五六七八九十百])"
)
DECIMAL = re.compile(r"((?<=[月 费,:])(?:[0-9]{1,4}\.[0-9]{2}|[0-9]{3,4}\.[0-9]))(?![0-9.元块])")
DOLLARS = re.compile(r"(?<=[0-9一二三四五六七八九十廿])蚊")  # 元 in Cantonese
NEGATIVE = re.compile(r"(?:^| |党费)-[0-9]|负[0-9一二三四五六七八九十]")
COUNTED = re.compile(r"(?<=[一二三四五六七八九十0-9])[两二三四五六]个月(?=的?党费)")
TAIL_OR_MONTH = re.compile(
    rf"[块毛][0-9一二三四五六七八九] ?[,、和到至~-] ?{NUMERAL} ?月"
)  # 二十块五、十月: fifty fen, or May and October
LAST_NUMBER = re.compile(
    rf"(?:^|[ ,:月份费交各共])((?:[0-9]{{1,4}}(?:\.[0-9]{{1,2}})?|{NUMERAL}))[ .。!]*$"
)
FINANCIAL = re.compile("[壹贰叁肆伍陆柒捌玖拾]+(?=月)")
PLAIN = str.maketrans("壹贰叁肆伍陆柒捌玖拾", "一二三四五六七八九十")
SPAN = "◇"
MISTYPED = re.compile(r"(?<=[0-9一二两三四五六七八九十百])快(?![到要来去])")
LEFT_OVER = re.compile(rf"{SPAN}*[份的各]?{NUMERAL}{SPAN}*")  # a sum without its unit
PAYEE = re.compile(
    rf"(?:[给交转到]{{0,2}})[{SURNAMES}](?:书记|支书|主任|老师|会计|委员|组长)|(?:交给|转给|交到|转到)[小老][{SURNAMES}]"
)
HELPED = re.compile(
    "让?(?:儿子|女儿|闺女|孩子|老伴|爱人|媳妇|老公|老婆|同事|工友)[帮替]我(?:转|交|付|缴)(?:过去|上)?了?"
)
PAYING = re.compile(r"党费|[交缴付转打欠补]|登|记|钱")
CONFIRM_WISH = re.compile(r"我?要(?=交|缴|登记)|我?来(?=交|缴)")


@dataclass(frozen=True, slots=True)
class Payment:
    """What was found. `amount` is the one sum that is meant, None where none or several remain."""

    months: FoundMonths | None
    amount: FoundMoney | None
    per_month: bool
    is_negative: bool
    is_plain: bool


def read_payment(said: str, today: date) -> Payment:
    """Months, sum and plainness of a normalised sentence about dues."""
    text, found, sums = _mended(said, today)
    spans = [(one.start, one.end) for one in sums] + ([(found.start, found.end)] if found else [])
    dates = [one for one in find_dates(text, today) if not _inside(one.start, spans)]
    spans += [(one.start, one.end) for one in dates if one.day <= today]
    amount, per_month = _meant(found, sums)
    if TAIL_OR_MONTH.search(text):
        found, amount = None, None
    is_guess = not sums and amount is None
    amount = _unitless(text, found) if is_guess else amount
    is_guess = is_guess and amount is not None
    return Payment(
        months=found,
        amount=amount,
        per_month=bool(EACH_ONE.search(text)) if per_month is None else per_month,
        is_negative=bool(NEGATIVE.search(text)),
        is_plain=_is_plain(text, spans) and not is_guess,
    )


def is_whole_payment(text: str, today: date) -> bool:
    """党费 with its months and its sum, and nothing beside them."""
    found, sums = find_months(text, today), find_money(text)
    if "党费" not in text or found is None or len(sums) != 1:
        return False
    spans = [(found.start, found.end), (sums[0].start, sums[0].end)]
    return says_only(without(text, spans, SPAN), WORDS)


def _mended(said: str, today: date) -> tuple[str, FoundMonths | None, tuple[FoundMoney, ...]]:
    """The sentence with mistyped and missing units put right, and what it then says."""
    text = FINANCIAL.sub(lambda found: found[0].translate(PLAIN), said).replace("月分", "月份")
    text = COUNTED.sub("月", MISTYPED.sub("块", DOLLARS.sub("元", text)))
    found, sums = find_months(text, today), find_money(text)
    if not sums and found:
        text = DECIMAL.sub(r"\1元", text)
        sums = find_money(text)
    if not sums and found and BARE.search(text) and re.search("[交缴付]", text):
        text = BARE.sub(r"\1\2元", text)
        sums = find_money(text)
    return text, found, sums


def _unitless(text: str, found: FoundMonths | None) -> FoundMoney | None:
    """党费 10月 20: likely twenty yuan, to be asked."""
    last = LAST_NUMBER.search(text, found.end) if found and "党费" in text else None
    return read_amount(last[1]) if last else None


def _meant(
    found: FoundMonths | None, sums: tuple[FoundMoney, ...]
) -> tuple[FoundMoney | None, bool | None]:
    """The one sum, and whether it is each month's: True, False, or None where the words decide."""
    monthly = [one for one in sums if one.per_month]
    if found is not None and len(sums) == 2 and len(monthly) == 1:
        total = next(one for one in sums if not one.per_month)
        if monthly[0].fen and total.fen == monthly[0].fen * len(found.months):
            return total, False
    paired = found is not None and 1 < len(sums) == len(found.months)
    if paired and len({one.fen for one in sums}) == 1:
        return replace(sums[0], per_month=True), True
    if len(sums) != 1 or sums[0].fen is None:
        return None, None
    return sums[0], True if sums[0].per_month else None


def _is_plain(text: str, spans: list[tuple[int, int]]) -> bool:
    """Whether every clause is the plain act, or takes nothing away from it."""
    if "?" in text or LATER.search(text) or HEARSAY.search(text) or TAIL_OR_MONTH.search(text):
        return False
    rest = PAYEE.sub(
        "", HELPED.sub("交了", DURATION.sub("", CONFIRM_WISH.sub("", without(text, spans, SPAN))))
    )
    return all(
        says_only(part, WORDS)
        or (is_colour(part) and not PAYING.search(part) and not LEFT_OVER.fullmatch(part))
        for part in clauses(rest)
    )


def _inside(start: int, spans: list[tuple[int, int]]) -> bool:
    return any(first <= start < last for first, last in spans)

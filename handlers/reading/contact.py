"""What a sentence says of a contact: whether it took place, when, how it ended, and what it was about. Pure."""

import re
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from handlers.reading.dates import FoundDate, find_dates, find_invalid_date
from handlers.reading.ending import MISSED, PARTS, outcome_of
from handlers.reading.speech import CONDITION, HEARSAY, QUESTION, WISH
from handlers.reading.words import bare, says_only, without
from storage.records import Outcome

THOUGHT, WORK, LIFE, TOLD = "思想", "工作", "生活", "已通报"
TOPICS = {
    THOUGHT: re.compile("思想|学习|党章|理论|心态|情绪|信念|觉悟|入党|转正|政治"),
    WORK: re.compile(
        "工作|上班|打工|务工|就业|失业|找活|干活|厂|工地|公司|单位|创业|开店|生意|收入|工资|工钱|加班|辞职|岗位|跑车|送货|外卖|项目"
    ),
    LIFE: re.compile(
        "生活|身体|健康|家里|家庭|孩子|老人|父母|租房|住在|住处|搬家|看病|生病|住院|结婚|怀孕|上学|转学|困难|医保|社保|低保"
    ),
    TOLD: re.compile(
        "通报|传达|告知|告诉了?(?:他|她|本人)|通知了|转达了?(?:支部|会议|文件)|[说讲]了(?:支部|活动|会议|换届|选举|文件)"
    ),
}
"""The four things the documents want spoken of (FM-6): thought, work, life, and what matters told."""

VERBS = "联系 联络 谈话 谈 通话 通电话 打电话 打 电话 电话联系 微信联系 微信 视频联系 视频 走访 家访 看望 上门 上门看望 上门走访 找"
DONE = "联系了 联系过 联系过了 联系到 联系到了 联系上 联系上了 联络了 谈话了 谈了话 谈过话 谈了 谈过 谈了一次话 通了话 通了电话 通了个电话 通过电话 打电话了 打了电话 打过电话 打了个电话 打通了 走访了 家访了 看望了 上门了 见了 见到 见到了 见过 已 已经 刚 刚刚 刚才"
BESIDE = "跟 和 与 给 向 同 对 于 在 上午 下午 中午 晚上 早上 早晨 傍晚 支部 书记 我 又 了 过 一下 一次 的 同志 微信 电话 里"
CONTACTED = frozenset(f"{VERBS} {DONE} {BESIDE}".split())
PAST = re.compile(
    "联系[了过上到]|联络了|谈了|谈过|谈话了|通了|通过电话|打[了过通]|访了|望了|上门了|见[了到过]|已|刚"
)
TELLS = re.compile(
    "联系|联络上?|谈话|谈心|打(?:了|过|通)?[个一]?[个通次]?电话|通(?:了|过)[个一]?[个次]?电?话|走访|家访|看望|上门"
)
PLANS = frozenset(
    "打算 准备 计划 想 要 会 将 约 约好 我 我们 支部 再 去 就 来 联系 联系他 联系她 打 打电话 给他 给她 跟他 跟她 走访 家访 看望 上门 谈 谈话 问 问问 一下 下 上午 下午 晚上 时候 的 吧 需要 应该 得 该 记得 提醒我 提醒 下周 下个月 下月 过几天 过两天 改天 回头 晚点 待会 等会 周末 有空 抽空 以后".split()
)
VAGUE = re.compile("下周|下个?月|过[几两]天|改天|回头|晚点|[待等]会|周末|[有抽]空|以后")
GONE = re.compile("(?:同志)?[了过]")
AHEAD = re.compile("要|该|得|去|先|记得|提醒|安排|待会|等会|一会|回头|下次|改天|抽空|有空|周末")
NEXT = re.compile("再|下次|下回|约")
AGAIN = re.compile("联系|联络|打|聊|谈|走访|见|电话|看望|回访|访")
NOT_YET = re.compile(
    "还没|还未|尚未|忘|取消|别|不用|不要|不必|没有?(?!有?(?:能)?(?:联[系络]上|打通|通|接|见到))|未"
)
NOT_DONE = re.compile(
    "(?:我|支部)?(?:还|也)?(?:没有?|尚?未|不用|不必)(?:去|来|再)?(?:联[系络](?!上)|谈话|打电话|走访)"
)
REPORTED = re.compile(
    "问|咨询|打听|反映|提出|关心|想知道|不知道|不清楚|没什么|没啥|没有什么|没多少"
)
ASKS_AT_END = re.compile("[?？]$|(?:吗|呢)[.。!]*$|(?<![什那这多怎])么[.。!]*$|(?<![困难])没有?$")
ASKING = re.compile(
    "[?？]$|(?:吗|(?<!着)呢)[.。!]*$|^ *(?:怎么(?!样都)|如何|咋|什么时候|为什么|哪天|几点|写什么|是什么)"
)
OTHER_AGE = re.compile("(?<![0-9])(?!(?:19|20)[0-9]{2}年)[0-9]{3,}年(?=[0-9]{1,2}月)")
OPENS = re.compile("^(?:同志|先生|女士|[了过的:,、 ])+")


class Doubt(StrEnum):
    """Why a sentence about a contact is no record of one."""

    QUESTION = "question"
    PLAN = "plan"
    NEGATION = "negation"
    UNCLEAR = "unclear"
    FUTURE = "future"
    NO_DAY = "no day"


@dataclass(frozen=True, slots=True)
class Said:
    """What was read. No `outcome`: it has to be asked. `asks_them`: only a name, the member is to be asked."""

    on: date
    outcome: Outcome | None
    topics: tuple[str, ...] = ()
    next_on: date | None = None
    asks_them: bool = False


def read_contact(before: str, after: str, today: date) -> Said | Doubt:
    """What a line with the member's name taken out says; `before` and `after` are its two sides."""
    is_over = bool(GONE.match(after))
    after = OPENS.sub("", after).strip()
    if _names_no_day(before) or _names_no_day(_first_part(after)):
        return Doubt.NO_DAY
    named = find_dates(before, today)
    doubt = _doubt_before(before, named, today)
    news, next_on = _next(after, today)
    doubt = doubt or _doubt_after(news, after, today)
    if doubt is not None:
        return doubt
    on, news = _on(named, news, today)
    if on > today:
        return Doubt.FUTURE
    found = outcome_of(f"{before},{news}")
    is_past = bool(is_over or named or PAST.search(before) or PAST.match(after))
    if not bare(news) and not is_past and not isinstance(found, Outcome):
        return Doubt.PLAN if next_on else Said(on, None, asks_them=True)
    return Said(on, found if isinstance(found, Outcome) else None, topics_of(news), next_on)


def is_question(text: str) -> bool:
    """Whether news is none but asks something; 没什么变化 is news."""
    return bool(ASKING.search(text))


def topics_of(text: str) -> tuple[str, ...]:
    """What was spoken of, in the documents' order."""
    return tuple(name for name, pattern in TOPICS.items() if pattern.search(text))


def _names_no_day(text: str) -> bool:
    """Whether a day is named that does not exist, or one of another age: 2月30日, 9999年1月1日."""
    return bool(find_invalid_date(text) or OTHER_AGE.search(text))


def _doubt_before(before: str, named: tuple[FoundDate, ...], today: date) -> Doubt | None:
    if any(one.day > today for one in named):
        return Doubt.PLAN
    rest = without(before, [(one.start, one.end) for one in named])
    rest = rest if "还" in rest else MISSED.sub(" ", rest)
    if says_only(rest, CONTACTED):
        return None
    for doubt, pattern in (
        (Doubt.QUESTION, QUESTION),
        (Doubt.NEGATION, NOT_YET),
        (Doubt.PLAN, WISH),
        (Doubt.PLAN, AHEAD),
    ):
        if pattern.search(rest):
            return doubt
    return Doubt.UNCLEAR


def _doubt_after(news: str, after: str, today: date) -> Doubt | None:
    first = _first_part(news)
    if ASKS_AT_END.search(after) and not REPORTED.search(after):
        return Doubt.QUESTION
    is_asked = QUESTION.search(first) and not REPORTED.search(first)
    if is_asked and not first.endswith("没有"):
        return Doubt.QUESTION
    if NOT_DONE.match(first):
        return Doubt.NEGATION
    if CONDITION.match(first) or (HEARSAY.match(first) and "说" not in first):
        return Doubt.UNCLEAR
    days = find_dates(first, today)
    rest = without(first, [(one.start, one.end) for one in days])
    is_ahead = any(one.day > today for one in days) or bool(WISH.match(bare(rest)))
    is_ahead = is_ahead or bool(VAGUE.search(rest))
    words = bare(rest)
    only_plans = says_only(rest, PLANS) and (bool(words) or bool(days))
    if is_ahead and only_plans and first == news.strip():
        return Doubt.PLAN
    return None


def _first_part(text: str) -> str:
    return next((part.strip() for part in PARTS.split(text) if part.strip()), "")


def _next(after: str, today: date) -> tuple[str, date | None]:
    """The news without the part that names when to be in touch again, and that day."""
    kept, found = [], None
    for part in re.split("([,。;!])", after):
        days = [one.day for one in find_dates(part, today) if one.day > today]
        if days and NEXT.search(part) and AGAIN.search(part):
            found = days[0]
        else:
            kept.append(part)
    return "".join(kept).strip(" ,。;!"), found


def _on(named: tuple[FoundDate, ...], news: str, today: date) -> tuple[date, str]:
    """The day of the contact: said before the name, or first thing after it beside words of contact."""
    if named:
        return named[0].day, news
    first = _first_part(news)
    days = [one for one in find_dates(first, today) if not bare(first[: one.start])]
    if not days:
        return today, news
    rest = first[days[0].end :]
    is_contact = says_only(rest, CONTACTED) or isinstance(outcome_of(rest), Outcome)
    return (days[0].day, news.replace(first, rest, 1)) if is_contact else (today, news)

"""What a line answers to an invitation: coming, from afar, not coming; or that it only speaks of it."""

import re
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from handlers.reading.dates import find_dates, find_invalid_date
from handlers.reading.leave import REASON
from handlers.reading.speech import about_others
from handlers.reading.words import bare, clauses, says_only, without

BESIDE = tuple(
    "会 活动 这次 本次 下次 这次活动 本次活动 主题党日 主题党日活动 党日活动 党员活动日 组织生活会 党课 那天 的 没问题 可以 到时 到时候 届时 明天见 见 要得 号 书记 一定 准时 按时 肯定 那".split()
)
COMING = tuple(
    "参加 还是参加 我还是参加 我要参加 要参加 我参加 来参加 去参加 能来 会来 能到 会到 能去 会去 可以来 可以去 可以参加 能参加 会参加 我来 我去 俺来 俺去 一定来 一定去 一定到 一定参加 准时到 准时来 准时参加 按时到 按时来 按时参加 肯定来 肯定去 肯定到 肯定参加 一定会来 一定会去 保证到 保证来 保证参加 保证到场 现场 到现场 出席 报名 报名参加".split()
)
AFAR = tuple("线上 线上参加 远程 远程参加 网上参加 视频参加 通过线上 线上来 用 方式".split())
MISSING = tuple(
    "不参加 不参加了 参加不了 参加不成 不能参加 不能来参加 不来 不来了 来不了 来不成 去不了 到不了 不能来 不能到 不去 不去了 不能去 没法参加 没法来 没法去 无法参加 没空参加 没空来 没时间参加 没时间来 取消参加 不能到场 现场 赶不回来 赶不回去".split()
)
ASKING = tuple(
    "吗 么 嘛 不 呢 ? 要不要 能不能 可不可以 可以不 是不是 必须 必须要 都 还 还能 怎么 怎样 如何 行吗 行不行 想 打算 准备 应该 可能 大概 不一定 说不定 再说 看情况 尽量 争取 如果 要是 谁 几点 什么 什么时候 哪天 没 没有 了没 需要".split()
)
IS_COMING = re.compile(
    "参加|[能会][来到去]|可以[来去]|(?:一定|准时|按时|肯定|保证)[来到去]|出席|[我俺](?:明天|后天)?[来去](?![到了过])"
)
IS_AFAR = re.compile("线上|远程参加|网上参加|视频参加")
IS_MISSING = re.compile(
    "不参加|参加不[了成]|不能(?:参加|来|到|去)|不来|来不[了成]|[去到]不了|不去|[没无](?:法|空|时间)(?:参加|来|去)|取消参加|赶不回"
)
OTHER_DOERS = re.compile(
    "(?:大家|各位|书记|支书|老师|领导|同志|党员|先生|女士|主任|委员|组织|支部)"
    f"(?:们|都|也|就|会|能|要|可以|一定|准时|按时|已)*(?:{IS_COMING.pattern}|{IS_AFAR.pattern}|来|去)"
)
PAST = re.compile("(?:参加|来|到|去|出席)(?:过|了(?!吗|没))")
NO_ANSWER = re.compile(
    "^(?!.*(?:会|一定|肯定|准时|按时|保证)).*(?:参加|[来到去]|出席)的$|(?:以后|下[次回])一定"
)  # 我线上参加的 is past; 下次一定去 is a vow
ENDS_LIKE = re.compile(
    f"^(?P<who>.{{1,8}}?)(?:{IS_MISSING.pattern}|{IS_COMING.pattern}|{IS_AFAR.pattern})"
)
MAY_MISS = re.compile("(?:能|可以|可不可以|行)不(?:能|可以|行)?(?:不[参来去])")
LONGEST_REASON = 2  # clauses


class Means(StrEnum):
    """What a line means for an activity ahead."""

    COMING = "coming"
    AFAR = "remote"
    MISSING = "missing"
    UNSURE = "unsure"
    OTHERS = "others"


@dataclass(frozen=True, slots=True)
class Answer:
    """The meaning, and for a line that says why somebody cannot come, its reason."""

    means: Means
    reason: str = ""


def read_answer(text: str, today: date) -> Answer | None:
    """What a line answers; None when it is about something else. Every word of an answer is one we know."""
    rest = undated(text, today)
    if "签" in rest or "假" in rest or NO_ANSWER.search(bare(rest)):
        return None
    plain = "?" not in text and not OTHER_DOERS.search(rest)
    if plain and IS_MISSING.search(rest):
        return _missing(rest)
    said = bare(rest)
    if plain and IS_AFAR.search(said) and says_only(rest, (*AFAR, *COMING, *BESIDE)):
        return Answer(Means.AFAR)
    is_coming = IS_COMING.search(said) and not PAST.search(said)
    if plain and is_coming and says_only(rest, (*COMING, *BESIDE)):
        return Answer(Means.COMING)
    return _doubtful(rest)


def undated(text: str, today: date) -> str:
    """The line without its days, also the ones that do not exist."""
    rest = without(text, [(one.start, one.end) for one in find_dates(text, today)])
    invalid = find_invalid_date(rest)
    return rest.replace(invalid, " ") if invalid else rest


def _missing(rest: str) -> Answer | None:
    """来不了，孩子发烧: one clause says so, and what stands beside it is a reason."""
    words = (*MISSING, *BESIDE)
    plain = [one for one in clauses(rest) if says_only(one, words)]
    beside = [one for one in clauses(rest) if one not in plain]
    if not any(map(IS_MISSING.search, plain)):
        return _doubtful(rest)
    if not beside:
        return Answer(Means.MISSING)
    if len(beside) > LONGEST_REASON or not all(map(REASON.search, beside)):
        return None
    return Answer(Means.MISSING, "，".join(beside))


def _doubtful(rest: str) -> Answer | None:
    """A short line about taking part that is no answer: a question, a wish, or about somebody else."""
    about = (*COMING, *AFAR, *MISSING, *BESIDE)
    if not any(found.search(rest) for found in (IS_COMING, IS_AFAR, IS_MISSING)):
        return None
    if says_only(rest, (*about, *ASKING)):
        return Answer(Means.UNSURE)
    if MAY_MISS.search(rest):
        return Answer(Means.UNSURE)
    other = ENDS_LIKE.match(bare(rest))
    if other and about_others(other["who"]) and says_only(bare(rest)[other.end("who") :], about):
        return Answer(Means.OTHERS)
    return None

"""Whether a sentence asks leave from an activity for its speaker, plainly or not, and what speaks against it."""

import re
from datetime import date, time

from handlers.reading.dates import find_dates
from handlers.reading.normal import normalise
from handlers.reading.speech import CONDITION, HEARSAY, NAME, OTHERS, QUESTION, WISH, Stance
from handlers.reading.times import find_time
from handlers.reading.words import PUNCTUATION, bare, clauses, unknown_part, without

LEAVE = re.compile(r"请(?:了?[一]?[个次天]|一下|下|半天)?假条?")
NOT_LEAVE = re.compile(
    r"不(?:让|准|批|给|许|允许)请|(?:不|没|未|别|甭|无需|取消|不用|用不着|不想|不必|撤销|犯不着)(?:用|要|想|是|有|说|再|必|准备|打算|去|能|会)*(?:要|再)?请(?:了?[一]?[个次])?假"
)
OTHER_LEAVE = re.compile(
    r"(?:替|代)(?!我请|我向|本人)[^,。 ]{1,8}请|帮[^我,。 ]{1,6}请|给(?!.?支部|.?书记|.?您|.?你|.?组织|我).{1,5}请"
)
DAYS_OFF = re.compile(
    "请[一二两三四五六七半几0-9]+[天周]假?|请假[一二两三四五六七半几0-9]+个?[天周月]"
)  # from work or school
NOT_ANY_MORE = re.compile(
    "(?:那|就|那就)?(?:不请|不用|不用请|不请假|没事|不去请|不想请)了?(?:吧|谢谢)?"
)
PAST_LEAVE = re.compile(
    r"上次|上回|提前请了?假了|昨天请|以前请|之前请|请过假|请的假|请假(?:的|得|条|这|要(?:写|提|找|先)|可以).{0,2}|请假.{0,4}(批|算|扣|销|条|制度|规定|次数|流程|手续|记录)|那次|是请假的"
)
PAUSES = tuple(" ,.。:;、!~(（")
REASON = re.compile(
    r"加班|上班|夜班|白班|值班|出差|开会|住院|发烧|感冒|咳嗽|生病|病了|不舒服|难受|疼|痛|医院|复查|体检|手术|孩子|小孩|家里|家中|老人|考试|上课|答辩|走不开|离不开|来不了|去不了"
    r"|参加不了|参加不上|到不了|赶不回|赶不上|回不来|堵车|车坏|陪护|照顾|奔丧|丧事|婚礼|喜酒|搬家|赶货|赶工|跑长途|送货|跑单|出车|带娃|看病|吃药|摔|骨折|停电|下雨|发大水|工地|厂里|公司|单位"
)
REASON_START = re.compile(
    rf"^(?:因|要|去|回|看|陪|带|在|有病|身体|临时|今天|一天|半天|我|,)?.{{0,4}}(?:{REASON.pattern})|^(?:去|回|看|陪|照顾|因为?|出|临时)"
)
JOKE = re.compile(r"骗你|玩笑|逗你|假的|不请")
LATER = re.compile(
    r"再请|到时候?请|可能|也许|说不定|大概|估计|打算|考虑|准备请|想请教|提醒|别忘|记得"
)
OF_ACTIVITY = re.compile(
    r"的?(?:那[天次]|这次)?的?(?:活动|主题党日|党日|党员活动日|党员大会|支部大会|党课|组织生活|会(?!议室))"
)
RANGE = re.compile(r" ?[到至~—-]")
NEXT_TIME = re.compile(r"下一?次的?(?:活动)?")
HALF_OF_DAY = re.compile(
    f" ?(?P<part>上午|早上|下午|晚上)(?=[ ,.;:。]|$|的|{LEAVE.pattern}|{OF_ACTIVITY.pattern})"
)
HALVES = {"上午": range(12), "早上": range(12), "下午": range(12, 18), "晚上": range(17, 24)}
FAMILY_END = 3
LONGEST_REASON = 2  # clauses
ENDS = " ,，.。:：;；、"

FILLERS = frozenset(
    "党员大会 的党员大会 支部大会 的支部大会 党课 的党课 这次会 这次组织生活 组织生活 这趟 这趟活动 会 望批准 请批准 敬请批准 今天 今天的 的 活动 今天的活动 这次 这次的 本次 下次 下次的 下次活动 支部 向 要 我要 想 需要 申请 因为 由于 因 原因 原因是 理由 理由是 是 次 一次 那天 所以 特 哈 天 一天 半天 跟 和 能不能参加 主题党日 党日活动 党日 得 今儿 这 就 先 先请 特此 跟您 跟你 跟支部 向您 我跟你 我跟您 啊我 喂书记我跟你 一回 几天 个".split()
)
LONGEST_QUESTION = 14


def asks_leave(text: str) -> bool:
    """Whether the sentence asks leave plainly, with a reason that is one."""
    found = LEAVE.search(text)
    if found is None or CONDITION.search(text) or "?" in text or DAYS_OFF.search(text):
        return False
    before, after = text[: found.start()], text[found.end() :]
    same_before = (
        ""
        if before[-1:] in PAUSES and before.strip()[-1:] in PAUSES
        else (clauses(before) or [""])[-1]
    )
    same_after = "" if after[:1] in PAUSES else (clauses(after) or [""])[0]
    if same_before and unknown_part(same_before, FILLERS) and not REASON.search(same_before):
        return False
    if same_after and unknown_part(same_after, FILLERS) and not REASON_START.match(same_after):
        return False
    return not WISH.search(same_before)


def days_off(text: str, today: date) -> tuple[date, date] | None:
    """The day, or the first and the last, that a line asks leave from; days inside its reason are none."""
    found = find_dates(text, today)
    for place, one in enumerate(found):
        before, after = text[: one.start], text[one.end :]
        is_first = not unknown_part(LEAVE.sub("", before), FILLERS)
        is_behind = re.search(f"(?:{LEAVE.pattern})[ ,]*$", before) is not None
        if is_first or is_behind or OF_ACTIVITY.match(after) or LEAVE.match(after):
            last = found[place + 1] if RANGE.match(after) and found[place + 1 :] else one
            return one.day, max(one.day, last.day)
    return None


def reason_of_leave(text: str, said: str, today: date) -> str:
    """The reason in the words of who said it, without 请假, politeness and the day asked for; or ''."""
    undated = without(text, [(one.start, one.end) for one in find_dates(text, today)])
    if not unknown_part(LEAVE.sub("", OF_ACTIVITY.sub("", undated)), FILLERS):
        return ""
    head = LEAVE.search(said)
    before = said[: head.start()] if head else said
    days = [(one.start, one.end) for one in find_dates(before, today)]
    rest = OF_ACTIVITY.sub("", without(before, days))
    return undated_start(
        said[head.end() :] if head and not unknown_part(rest, FILLERS) else said, today
    )


def undated_start(said: str, today: date, only: date | None = None) -> str:
    """A reason without the day, or the 下次, before it; a span of days belongs to the reason."""
    said = said.strip(ENDS)
    plain = normalise(said)
    found = find_dates(plain, today)
    end = found[0].end if found and not found[0].start and only in (None, found[0].day) else 0
    following = NEXT_TIME.match(plain)
    end = following.end() if following and not end else end
    if not end or len(plain) != len(said) or RANGE.match(plain, end):
        return said
    of_activity = OF_ACTIVITY.match(plain, end)
    return said[of_activity.end() if of_activity else end :].strip(ENDS) or said


def hour_off(text: str, today: date, begins: time) -> tuple[int, int] | None:
    """Where the hour, or the half of the day, stands behind a day if something begins then: 10月5日上午9点."""
    for one in find_dates(text, today):
        rest = text[one.end :]
        clock, half = find_time(rest), HALF_OF_DAY.match(rest)
        if clock and not rest[: clock.start].strip() and clock.begins == begins:
            return one.end, one.end + clock.end
        if half and begins.hour in HALVES[half["part"]]:
            return one.end, one.end + half.end()
    return None


def without_hour(said: str, today: date, begins: time) -> str:
    """The line as it was written, without that hour."""
    said = said.strip()
    plain = normalise(said)
    span = hour_off(plain, today, begins)
    return without(said, [span], "") if span and len(plain) == len(said) else said


def doubt_of_leave(text: str) -> Stance | None:
    """Why a sentence about leave is not the speaker asking for it; None when it may be."""
    found = LEAVE.search(text)
    if found is None:
        return Stance.QUESTION
    before = text[: found.start()]
    if NOT_LEAVE.search(text) or JOKE.search(text):
        return Stance.NEGATION
    if OTHER_LEAVE.search(text) or _about_others(before):
        return Stance.OTHERS
    short = len(bare(text)) <= LONGEST_QUESTION
    if HEARSAY.search(text) or PAST_LEAVE.search(text) or LATER.search(before) or "再请" in text:
        return Stance.QUESTION
    after = text[found.end() :]
    if QUESTION.search(before) or (
        QUESTION.search(after) and (short or after.endswith(("?", "吗", "吗?")))
    ):
        return Stance.QUESTION
    return None


def _about_others(before: str) -> bool:
    """Whether the word right before 请假 is somebody else (老李请假), not part of a reason."""
    clause = PUNCTUATION.split(before)[-1] if before else ""
    if re.search(r"我(?:要|得|想|也|就|今天|先|再|特)?$", clause):
        return False
    return any(
        len(clause) - found.end() <= FAMILY_END for found in OTHERS.finditer(clause)
    ) or bool(re.fullmatch(rf"{NAME.pattern}(?:今天|说|要|也|想)?", clause))

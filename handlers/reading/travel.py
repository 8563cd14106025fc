"""Whether a sentence tells that its speaker goes away or has come back; and what makes that doubtful."""

import re
from datetime import date

from handlers.reading.dates import find_dates
from handlers.reading.places import find_place
from handlers.reading.speech import CONDITION, HEARSAY, OTHERS, QUESTION, Stance, asks, stance
from handlers.reading.words import clauses

LONGEST = 100
REASONS = re.compile("打工|务工|求学|上学|读书|出差|上班|做工|进厂|实习|带孩子")
RETURN = re.compile(
    "回来(?:了|啦|咯|哈|咧|嘞|哩)|返乡|返回(?:了|老家)|已返回|回老家了|回到老家|回家了|外出结束|结束外出|外出返回|已到家|返嚟|回村了|回到村"
)
CARE = re.compile(
    r"(?:给|帮|带|陪|照顾|随|跟)(?:老乡|同学|朋友|工友|儿子|女儿|闺女|孩子|孙子|孙女|老伴|爱人|父母|母亲|父亲|媳妇)"
)
ARRIVED = re.compile("(?:到|在)[^,。 外出去]{2,14}(?:了|,|$)")
REQUEST = re.compile("我?想要?(?=登记|报|办|申请)")
REPORTING = re.compile(
    r"报个?外出|登记个?外出|办(?:个|理)?外出|外出(?:登记|报备|务工|打工|工作|就业|求学|学习|经商|做工|上班)|(?:要|申请|准备|报备|登记)外出|外出[,，]|日外出|号外出"
)
WORK = re.compile(
    r"打工|务工|求学|上学|读书|上班|做工|进厂|实习|工作|带孩子|带孙|进修|培训|干活|做生意|帮工"
)
UNSURE = re.compile(r"可能|也许|说不定|或许|还没定|没想好|打算|考虑|琢磨|想去")
PAST = re.compile(
    r"去年|前年|以前|曾经|那时|当年|上次|上个?(?:礼拜|星期|月|周)|过了?$|[了过](?:趟|一趟|几|两|三)|回来过"
)


def tells_of_leaving(text: str, today: date) -> bool:
    """Reporting an absence: 外出, or work elsewhere on a coming day."""
    if re.search("出去打工|出门打工|报备|报个备", text) and not ARRIVED.search(text):
        return True
    if "外出" in text and REPORTING.search(text):
        return True
    days = find_dates(text, today)
    coming = any(one.day > today for one in days) or "下个月" in text or "下月" in text
    going = re.search(r"去|到|赴|往", text) and WORK.search(text) and (coming or "要去" in text)
    return bool(going) and len(text) <= LONGEST and find_place(text) is not None


def tells_of_return(text: str) -> bool:
    """Back home."""
    return bool(RETURN.search(text))


def doubt_of_leaving(text: str) -> Stance | None:
    """Why a sentence about leaving is no report of it: QUESTION, OTHERS, NEGATION (or not yet), None."""
    text = REQUEST.sub("", text)
    about = [part for part in clauses(text) if re.search(r"外出|去|到|报备|出发", part)]
    doubts = [stance(part) for part in about or [text]]
    found = next((one for one in doubts if one is not None), None)
    asked = found in {Stance.QUESTION, Stance.HEARSAY, Stance.CONDITION}
    if asked or asks(text) or HEARSAY.search(text) or CONDITION.search(text):
        return Stance.QUESTION
    if OTHERS.search(CARE.sub("", text)):
        return Stance.OTHERS
    denied = found in {Stance.NEGATION, Stance.WISH} and "准备" not in text
    return Stance.NEGATION if denied or UNSURE.search(text) or PAST.search(text) else None


def doubt_of_return(text: str) -> Stance | None:
    """Why a sentence about returning does not say that its speaker has returned, or None."""
    parts = clauses(text)
    if "?" in text or any(QUESTION.search(part) for part in parts):
        return Stance.QUESTION
    doubts = [stance(part) for part in parts if re.search(r"回|返", part)]
    return next((one for one in doubts if one is not None), None)


def reason_for_leaving(text: str) -> str:
    """打工 and the like, as it was said; "" when nothing of the kind was."""
    found = REASONS.search(text)
    return found[0] if found else ""

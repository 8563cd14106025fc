"""Whether somebody says that they were not absent, and how they say it was: there, from afar, or on leave. Pure."""

import re
from datetime import date

from handlers.reading.dates import find_dates
from handlers.reading.words import bare, without
from storage.records import Presence

DENIES = re.compile(
    "没缺席|没有缺席|(?:不是|不算|并未|从未|未|哪有|没有?被?记?)缺席|缺席(?:记录)?(?:记|搞|弄|写)?(?:不对|有误|错)|"
    "(?:为什么|为啥|凭什么|怎么)(?:又|会)?(?:给我|把我|说我|算我|记我)*(?:记|算|说|写)?(?:了|成|我)*缺席|误记缺席|缺席.{0,4}有异议"
)
SURE = "明明|确实|真的|其实|当时|的确|是"
DAY = "那天|那次|上次|当天|上回|那一次|那一天|那场活动"
DID = "(?:到场|参加|签到|线上参加|远程参加|远程签到|请假|去|到|来|在)(?:了|过)|签(?:过|了)到|请(?:过|了)假|参(?:过|了)加|(?:去|到|来|在|参加|签到)(?=的)"
SAYS_SO = re.compile(
    f"(?:我|本人)?(?:(?:{DAY}|的活动|活动)(?:我|本人)?(?:{SURE}|也|都)*|(?:我|本人)?(?:{SURE})+(?:{DAY})?)(?:在?(?:线上|网上|远程))?(?:{DID})(?:的|了|呀|啊|活动|会)*"
)
PLAIN = re.compile("(?:我|本人)?(?:签(?:过|了)到|请(?:过|了)假|参加过|去过|到过场?)(?:的|呀|啊)+")
ON_LEAVE = re.compile("请.{0,2}假|批.{0,2}假|准.{0,2}假")
FROM_AFAR = re.compile("线上|网上|远程")
ACTED = re.compile(f"{DID}|签到|到场|参加|请.?假|在场|线上|网上|远程")
LONGEST = 20


def says_not_absent(text: str, today: date) -> bool:
    """我没缺席, 我那天去了, 10月5日我签过到的."""
    found = find_dates(text, today)
    plain = bare(without(text, [(one.start, one.end) for one in found], "那天"))
    if DENIES.search(plain) and len(plain) <= LONGEST * 2:
        return True
    is_doubt = text.rstrip(" .!").endswith(("?", "吗", "么", "没有"))
    first = bare(
        re.split("[,。;!]", without(text, [(one.start, one.end) for one in found], "那天"))[0]
    )
    return not is_doubt and any(
        pattern.fullmatch(one) for pattern in (SAYS_SO, PLAIN) for one in (plain, first)
    )


def claimed(text: str) -> Presence:
    """What they say it was; who only denies the absence has it stand open."""
    if not ACTED.search(text):
        return Presence.ABSENT
    if ON_LEAVE.search(text):
        return Presence.LEAVE
    return Presence.REMOTE if FROM_AFAR.search(text) else Presence.PRESENT

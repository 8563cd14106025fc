"""The notice and what a reply to it agrees to (个人信息保护法 第14、17、23、29条). Pure."""

import re
from collections.abc import Iterable

from handlers.reading.words import bare
from handlers.turn import Turn
from storage.records import Purpose

NOTICE_VERSION = "2026-11"
NOTICE = """{name}同志，我是{organisation}的流动党员联系助手“双联”。使用前请您了解并决定是否同意：
1. 组织生活：登记您的签到、请假、党费、思想汇报、求助和意见，用于支部管理和您的记实档案；
2. 所在地：您告诉我时，登记到省、市、区县，不保存坐标；
3. 两地共管：必要时把您的在外情况告知流入地党组织。
敏感内容加密保存，您和本支部书记看得到；系统管理员受托维护，导出会留下记录。您可以随时回复“我的数据”查看，回复“撤回同意”停用。
全部同意请回复“同意”；只同意其中几项，请回复例如“同意 1”或“同意 1 2”。同意前不登记任何内容。"""

PURPOSE_WORDS = {Purpose.RECORDS: "组织生活", Purpose.PLACE: "所在地", Purpose.SHARING: "两地共管"}
WAYS = {
    Purpose.RECORDS: ("1", "一", "组织生活"),
    Purpose.PLACE: ("2", "二", "所在地", "位置"),
    Purpose.SHARING: ("3", "三", "两地共管", "共管"),
}
ONLY_PURPOSES = re.compile(
    "(?:第?(?:[123一二三]|组织生活|登记|所在地|位置|两地共管|共管)(?:项|条|点)?(?:和|与|跟|及)?)+(?:的|谢谢|吧)?"
)
AGREES = re.compile(r"^(?:我)?(?:全部|都)?同意(?:了|啦|的)?")


def notice(turn: Turn, name: str) -> str:
    """What a person must know before anything is recorded (Article 17)."""
    return NOTICE.format(name=name, organisation=turn.house.organisation)


def agreed_purposes(text: str) -> list[Purpose]:
    """The purposes that a line agrees to: all for 同意 alone, those named otherwise; none if it is no consent."""
    found = AGREES.match(text)
    if not found:
        return []
    rest = bare(text[found.end() :])
    if not rest:
        return list(Purpose)
    return named_purposes(rest)


def named_purposes(text: str) -> list[Purpose]:
    """The purposes that a text names by number or word, where it does nothing else; else none."""
    if not ONLY_PURPOSES.fullmatch(bare(text)):
        return []
    return [purpose for purpose, ways in WAYS.items() if any(way in text for way in ways)]


def purpose_words(purposes: Iterable[str]) -> str:
    """'组织生活、所在地', in the notice's order."""
    agreed = set(purposes)
    return "、".join(PURPOSE_WORDS[one] for one in Purpose if one in agreed)

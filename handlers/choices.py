"""Yes, no, and a number from a list: the answers to the short questions that the bot asks."""

import re

from handlers.reading.numerals import read_integer
from handlers.reading.reply import is_courtesy
from handlers.reading.words import bare

YES = frozenset(
    "是 是的 对 对的 确认 确定 好 好的 嗯 嗯嗯 1 一 可以 行 ok okay yes y 没错 对对 正确 登记 提交 同意 要 是啊 对啊 签到 是呀 对呀 没问题".split()
)
NO = frozenset(
    "否 不同意 不 不是 不对 不用 不要 不登记 不了 算了 2 二 no n 不签 别 取消 错了 不行".split()
)
ORDINAL = re.compile(r"(?:选|第)?([0-9]+|[一二三四五六七八九十]+)(?:个|号|项|条)?(?:吧)?")


def is_yes(text: str) -> bool:
    """Whether a line agrees."""
    return bare(text) in YES


def is_agreement(text: str) -> bool:
    """Whether a line agrees in words, not by a number."""
    return bare(text) in YES - {"1", "一"}


def is_no(text: str) -> bool:
    """Whether a line refuses."""
    return bare(text) in NO


def says_nothing(text: str) -> bool:
    """Whether a line that was to be somebody's own words is a mere yes, no, 收到 or 谢谢, meant for something else."""
    return bool(bare(text)) and (is_yes(text) or is_no(text) or is_courtesy(text))


def chosen(text: str, count: int) -> int | None:
    """The place (from 0) that a line chooses among `count`, or None."""
    found = ORDINAL.fullmatch(bare(text))
    number = read_integer(found[1]) if found else None
    return number - 1 if number is not None and 1 <= number <= count else None


def numbered(lines: list[str]) -> str:
    """Lines as a numbered list."""
    return "\n".join(f"{place}. {line}" for place, line in enumerate(lines, 1))

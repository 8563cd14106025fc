"""Whether a sentence says an act and nothing else: every word of it must be one we know."""

import re
from collections.abc import Iterable
from functools import lru_cache

Words = frozenset[str] | tuple[str, ...]

PUNCTUATION = re.compile(r"[\s,.。，、;:；：!！~'\"“”‘’()()\[\]【】《》<>_\-+=*&^%$#@|/\\]+")

POLITE = frozenset(
    "您好 你好 好 好的 嗯 嗯嗯 哦 噢 喔 啊 呀 啦 哈 哈哈 嘿 哟 呢 吧 喂 那个 这个 就是 请 请您 麻烦 麻烦您 麻烦你 劳驾"
    " 谢谢 谢谢您 多谢 辛苦 辛苦了 不好意思 打扰 打扰了 书记 支书 老师 领导 同志 组织 党组织 支部 党支部 支部书记 书记好"
    " 各位 大家 我 俺 咱 本人 自己 我是 党员 流动党员 一下 下 了 的 跟您 跟你 跟支部 向支部 给支部 和支部 向组织 跟书记"
    " 报告 汇报 报告一下 汇报一下 说一声 说一下 说下 报一下 报个 帮我 给我 帮忙 登记 登记一下 记一下 记录 今天 今日 已 都 也 就 又"
    " 哒 噻 嘞 咧 喽 咯 辣 鸭 呐 哩 嘅 咗 罗 哇 呗 嘛 唻 哎 唉 诶 欸 咳咳 早上好 上午好 下午好 晚上好 早 收到 在此 特此 一声 哈喽 嗨 亲 先生 女士 主任 委员".split()
)


def bare(text: str) -> str:
    """The text without punctuation and spaces."""
    return PUNCTUATION.sub("", text)


def clauses(text: str) -> list[str]:
    """The parts of a sentence between punctuation and spaces."""
    return [clause for clause in PUNCTUATION.split(text) if clause]


def says_only(text: str, words: Words) -> bool:
    """Whether the text is made of these words and polite ones alone, punctuation aside."""
    return not unknown_part(text, words)


def unknown_part(text: str, words: Words) -> str:
    """What is left over after the longest run of known words from the start; "" when all is known."""
    stripped = bare(text)
    known, longest = _known(words)
    reached = [True] + [False] * len(stripped)
    for start in range(len(stripped)):
        if reached[start]:
            for end in range(start + 1, min(start + longest, len(stripped)) + 1):
                reached[end] = reached[end] or stripped[start:end] in known
    if reached[-1]:
        return ""
    return stripped[max(place for place, hit in enumerate(reached) if hit) :]


@lru_cache(maxsize=64)
def _known(words: Words) -> tuple[frozenset[str], int]:
    """These words and the polite ones, and how long the longest is."""
    known = POLITE.union(words)
    return known, max(map(len, known))


def without(text: str, spans: Iterable[tuple[int, int]], filler: str = " ") -> str:
    """The text with these spans taken out, a filler standing for each."""
    kept, at = [], 0
    for start, end in sorted(spans):
        kept.append(text[at:start])
        at = max(at, end)
    return filler.join([*kept, text[at:]])

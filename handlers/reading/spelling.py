"""Typos: words that sound like a known one are respelled, unless they are words of their own."""

import os
import re
from collections.abc import Iterable
from functools import lru_cache

os.environ.setdefault("PYPINYIN_NO_PHRASES", "true")

from pypinyin import Style, lazy_pinyin
from rapidfuzz import fuzz, process

CHINESE = re.compile(r"[\u4e00-\u9fff]+")
LATIN = re.compile(r"[a-z]{2,}(?: [a-z]{1,8})*")
UNIT = re.compile(r"(?<=[0-9]) ?(yuefen|yue|kuai|yuan|hao|ri)(?:qian)?(?![a-z])")
UNITS = {"yuefen": "月份", "yue": "月", "kuai": "块", "yuan": "元", "hao": "号", "ri": "日"}
FOLDS = (("zh", "z"), ("ch", "c"), ("sh", "s"))
ENDINGS = (("ang", "an"), ("eng", "en"), ("ing", "in"))

# Words that sound like a command but are words of their own; they are never respelled.
REAL_WORDS = frozenset(
    "钱到 千岛 迁到 牵到 前到 一件 已见 易见 一间 依件 亿件 未知 喂汁 位子 球住 求主 求住 轻家 清家 青稼 晴嘉 求助于"
    " 但飞 单飞 荡费 单费 担费 确人 却认 缺人 翻回 犯回 反悔 番回 外处 歪出 外初 唯一 为止 位址 围巾 返还 没有误"
    " 想签到 四想 思乡 会报 回报 汇爆 会保 建议 见异 见一 简易 帮住 绑住 榜住 绑住".split()
)


@lru_cache(maxsize=4096)
def syllables(word: str) -> tuple[str, ...]:
    """The folded syllables of a Chinese word: zh/z, ang/an and the like sound alike."""
    return tuple(_fold(found) for found in lazy_pinyin(word, style=Style.NORMAL))


def _fold(syllable: str) -> str:
    for long, short in FOLDS:
        if syllable.startswith(long):
            syllable = short + syllable[len(long) :]
    for long, short in ENDINGS:
        if syllable.endswith(long):
            syllable = syllable[: -len(long)] + short
    return syllable


class Respeller:
    """Puts known words where something sounds exactly like them, in characters or in pinyin.

    `spelled` are words known by their letters only: too many others sound like them.
    """

    def __init__(self, words: Iterable[str], spelled: Iterable[str] = ()) -> None:
        self._words = tuple(dict.fromkeys(words))
        self._by_sound = {syllables(word): word for word in reversed(self._words)}
        self._by_letters = {"".join(lazy_pinyin(word)): word for word in reversed(self._words)}
        self._spelled = {"".join(lazy_pinyin(word)): word for word in spelled} | self._by_letters
        self._lengths = sorted({len(word) for word in self._words if len(word) > 1}, reverse=True)

    def spell_out(self, text: str) -> str:
        """The text with the letters of known words written as those; exact ones only."""
        text = UNIT.sub(lambda found: UNITS[found[1]], text)
        return LATIN.sub(self._spell, text)

    def _spell(self, found: re.Match[str]) -> str:
        parts = found[0].split(" ")
        return self._spelled.get("".join(parts)) or " ".join(
            self._spelled.get(part, part) for part in parts
        )

    def respell(self, text: str) -> str:
        """The text with homophones and pinyin of known words put right."""
        text = UNIT.sub(lambda found: UNITS[found[1]], text)
        text = LATIN.sub(self._from_letters, text)
        return CHINESE.sub(lambda found: self._from_sounds(found[0]), text)

    def nearest(self, text: str, count: int) -> list[str]:
        """The known words that sound most like the text, best first; for offering, never for acting."""
        sounds = {word: " ".join(syllables(word)) for word in self._words}
        found = process.extract(
            " ".join(syllables(text[:12])), sounds, scorer=fuzz.ratio, limit=count, score_cutoff=45
        )
        return [word for _sound, _score, word in found]

    def _from_letters(self, found: re.Match[str]) -> str:
        letters = found[0].replace(" ", "")
        if letters in self._by_letters:
            return self._by_letters[letters]
        for length in range(len(letters) - 1, 4, -1):
            if letters[:length] in self._by_letters:
                return self._by_letters[letters[:length]] + letters[length:]
        best = process.extractOne(
            letters, self._by_letters.keys(), scorer=fuzz.ratio, score_cutoff=88
        )
        return self._by_letters[best[0]] if best and len(letters) > 5 else found[0]

    def _from_sounds(self, run: str) -> str:
        sounds, at, kept = syllables(run), 0, []
        if len(sounds) != len(run):
            return run
        while at < len(run):
            word, length = self._match(run, sounds, at)
            kept.append(word)
            at += length
        return "".join(kept)

    def _match(self, run: str, sounds: tuple[str, ...], at: int) -> tuple[str, int]:
        for length in self._lengths:
            heard = run[at : at + length]
            word = self._by_sound.get(sounds[at : at + length])
            if word is not None and len(heard) == length and heard not in REAL_WORDS:
                return word, length
        return run[at], 1

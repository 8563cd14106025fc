"""Whether a sentence is its speaker's checking in, on the spot or from afar; its code, and its study."""

import re
from dataclasses import dataclass

from handlers.reading.numerals import NUMERAL, read_integer
from handlers.reading.speech import (
    CONDITION,
    HEARSAY,
    LATER,
    QUESTION,
    Stance,
    asks,
    is_colour,
    stance,
)
from handlers.reading.words import bare, clauses, says_only

STUDY = re.compile(r"(?:了|我|今天|刚才?|已|也)*(?:学|看|听|收看|观看|心得|体会|感受|读|参加)")
SEPARATORS = tuple(" ,.:;。、!~+(-")
SHORT_QUESTION = 8
LONGEST_QUESTION = 14

WORDS = frozenset(
    "签到 签个到 签一下到 签上到 签个 签 打卡 打个卡 报到 来 来了 到 到了 人到了 我来 已到 到会 到会场 会场 到会场了 现场 到现场 活动室 会议室"
    " 弱弱地 换班间隙 第一名 司机 顺便 另外 还有 对了 党员大会 支部大会 大会 三会一课 组织生活会 党课 党小组会 要得 要得嘛 是 反正 人 在 在现场 已经到 刚到 准时 按时 参加 参加活动 活动 党日活动 主题党日 现在 码 签到码 签到码是 号 来晚了 来迟了 迟到了 迟到 几分钟"
    " 路上堵车 补签 补签到 喽 咯 咧 嘞 嘛 呗 签下到 签上 把到签上 把到签 到场 到场啦 赶到 赶到了 人已到 先 这就 今儿 今儿的 党员活动日 党日 的党日 口令 口令是 码是 数 数是 现场给的 给的 写的 黑板上 黑板上写的 屏幕上 投影上 同志们 同志们好 一支部 一支部的 我一支部的 咱们 自己 本人来 早 早早 赶紧 快 给我记上 记上 前来 我要 出席 确认出席 那个签到 今天的 上午 下午 个 是 到啦".split()
)
BEFORE_REMOTE = frozenset(
    "我远程 人在外地 在外地 外地 我在外地 来不了 来不了现场 到不了现场 去不了现场 不能到场 今天 赶不回来 赶不回去 人在外面 在外面 要 来 申请".split()
)
ACT = re.compile(r"签.{0,4}到|打.?卡|报到|签上|到签")
MYSELF = re.compile(r"[^我]{0,12}(?:我|本人)(?:也|先|赶紧|这就)?来?签个?到[啦哈]?")
PAST = re.compile(r"那次|上次|上回|昨天|前天|之前|以前|过了|提醒|记得")
SPACED = re.compile(r"(?<![0-9])[0-9](?: [0-9]){3,5}(?![0-9])")
CODE = re.compile(r"(?<![0-9])[0-9]{3,8}(?![0-9])|[零〇一二三四五六七八九幺壹贰叁肆伍陆柒捌玖]{4}")
DIGITS = str.maketrans(
    "零〇一二三四五六七八九幺壹贰叁肆伍陆柒捌玖", "0012345678" + "91" + "123456789"
)
FROM_AFAR = re.compile("直播|视频会|腾讯会议|线上|网上|手机上看")
LATE = re.compile(
    rf",? ?(?:迟到|晚到|来晚|来迟)了? ?(?:(?P<minutes>{NUMERAL}) ?分钟?|(?P<half>半)个?小时|(?P<quarter>一刻)钟?)了?"
)
HALF_HOUR, QUARTER = 30, 15
REMOTE = re.compile(r"远程(?:签到|参加|参会|打卡)|线上(?:签到|参加|打卡)|网上签到")
PARTICLE = re.compile("^[哈啊呀哦啦了](?=[ ,.。!~])")
SPECIMEN = re.compile("范文|模板|供参考|大家参考|抄来")
BY_OTHERS = re.compile("[代替]|帮(?!忙)")
DENIED = re.compile("(?:不想?|没|别|未|无法|不要|不用|不能|不去) *$")
LONG_STUDY = 8  # characters: words of one's own, which nobody writes who only asks


@dataclass(frozen=True, slots=True)
class RemoteSaid:
    """The words for 远程签到, the study behind them ("" where there is none), and what speaks against it."""

    head: str
    study: str
    doubt: Stance | None


def states_check_in(text: str) -> bool:
    """Whether one clause is the plain act and the others take nothing away from it."""
    if "?" in text or REMOTE.search(text) or HEARSAY.search(text) or FROM_AFAR.search(text):
        return False
    myself = MYSELF.fullmatch(bare(text))
    if myself and stance(text) is None and not PAST.search(text):
        return True
    if says_only(text, WORDS) and ACT.search(bare(text)):
        return True
    parts = clauses(text)
    plain = [says_only(part, WORDS) for part in parts]
    acts = [part for part, known in zip(parts, plain, strict=True) if known and ACT.search(part)]
    return bool(acts) and all(
        known or (is_colour(part) and not ACT.search(part))
        for part, known in zip(parts, plain, strict=True)
    )


def is_plain_act(text: str) -> bool:
    """签到 and polite words, nothing else."""
    return says_only(text, WORDS) and bool(ACT.search(bare(text)))


def read_code(text: str) -> tuple[str, str]:
    """The check-in code in digits ("" where there is none), and the sentence without it."""
    line = SPACED.sub(lambda found: found[0].replace(" ", ""), text)
    code = CODE.search(line)
    return (code[0].translate(DIGITS), line.replace(code[0], " ")) if code else ("", line)


def read_lateness(text: str) -> tuple[int, str]:
    """How many minutes late a sentence says somebody came (0: none are said), and the sentence without them."""
    found = LATE.search(text)
    if found is None:
        return 0, text
    said = HALF_HOUR if found["half"] else QUARTER if found["quarter"] else found["minutes"]
    minutes = said if isinstance(said, int) else read_integer(said) or 0
    return minutes, LATE.sub("", text, count=1)


def read_remote(text: str) -> RemoteSaid:
    """What a sentence with 远程签到 in it says."""
    found = REMOTE.search(text)
    if found is None:
        return RemoteSaid("", "", Stance.QUESTION)
    before, rest = text[: found.start()], PARTICLE.sub("", text[found.end() :])
    separated = rest[:1] in SEPARATORS
    has_study = (separated or STUDY.match(rest)) and not says_only(rest, ("来",))
    study = rest.strip(" ,.:;。、~+(-") if has_study else ""
    return RemoteSaid(found[0], study, _doubt(before, rest, separated=separated))


def _doubt(before: str, rest: str, *, separated: bool) -> Stance | None:
    longest = SHORT_QUESTION if separated else LONGEST_QUESTION
    if SPECIMEN.search(f"{before}{rest}"):
        return Stance.QUESTION
    if HEARSAY.search(f"{before}{rest[:2]}") or (asks(rest) and len(bare(rest)) <= longest):
        return Stance.QUESTION
    if (separated or STUDY.match(rest)) and len(bare(rest)) >= LONG_STUDY:
        return _doubt_of_studied(before)
    parts = clauses(before)
    glued = parts[-1:] if before[-1:] not in SEPARATORS else []
    plain = all(says_only(part, BEFORE_REMOTE) for part in glued) and all(
        says_only(part, BEFORE_REMOTE) or is_colour(part) for part in parts
    )
    return None if plain else stance(before) or Stance.WISH


def _doubt_of_studied(before: str) -> Stance | None:
    """With words of study behind it, only what turns the act itself around counts."""
    if QUESTION.search(before) or CONDITION.search(before):
        return Stance.QUESTION
    if BY_OTHERS.search(before):
        return Stance.OTHERS
    if DENIED.search(before):
        return Stance.NEGATION
    return Stance.FUTURE if LATER.search(before) else None

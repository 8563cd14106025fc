"""How a line finds its topic: whole command, command at the start, plain act, word inside, sentence."""

import re
from collections.abc import Container, Iterator, Sequence

from handlers.reading.numerals import NUMERAL
from handlers.reading.speech import NAME
from handlers.reading.spelling import Respeller
from handlers.reading.words import POLITE, bare
from handlers.topic import Command, Handler, Heard, Role, Topic
from handlers.turn import Turn
from storage.records import Purpose

Found = tuple[Handler, Heard, Topic]
VOCATIVE = re.compile(
    r"^(?:老师傅|师傅|大姐|大哥|大叔|阿姨|姐姐|哥|姐|老弟|友仔|同志)[,， ]?(?=我|[0-9一二三四五六七八九十本上这]|党费)"
)
SPACED_OUT = re.compile(
    r"(?<![\u4e00-\u9fff])[\u4e00-\u9fff](?: [\u4e00-\u9fff])+(?![\u4e00-\u9fff])"
)
PAUSES = tuple(" ,:;")
APART = re.compile("(远程|线上|网上) (签到|打卡)")
# At the start, before a code, a pause or the end: what a phone makes of a word that is meant.
HEARD = {
    **dict.fromkeys(("前到", "钱到", "迁到", "千到", "牵到", "签倒", "打咔"), "签到"),
    **dict.fromkeys(("求住", "球助", "秋助"), "求助"),
    **dict.fromkeys(("意件", "义见"), "意见"),
    **dict.fromkeys(("远城签到", "园程签到", "远成签到"), "远程签到"),
}
MISHEARD = re.compile(rf"^(?:{'|'.join(HEARD)})(?=[ ,.:;、!]|[0-9零一二三四五六七八九幺]{{3}}|$)")
DECISIONS = {"不同意": "退回", "不通过": "退回", "同意": "通过"}
DECIDED = re.compile("(不同意|不通过|同意)(?: ?第? ?)([0-9]+)")
NUMBERED = re.compile(
    rf" ?第? ?(?:[0-9]++(?! ?[个年天元块次人名位项小分多余])|{NUMERAL} ?(?:[号件条 ,.:]|$))"
)
BEHIND = re.compile("[ ,]|到[0-9下本明后周]")
GLUED = frozenset({"代录", "补登"})  # 代录李大山签到: nothing else begins so
LONGEST_REST = 30  # characters: 通过 and a space may also begin a long text
LIKELIEST_FOR_SECRETARIES = ("待办", "活动名单", "代录 李大山 签到")
LIKELIEST = ("签到", "党费 10月 20元", "请假 孩子发烧")
EXAMPLES = {
    "check_in": "签到",
    "dues": "党费 10月 20元",
    "leave": "请假 孩子发烧",
    "report": "思想汇报",
    "appeal": "求助 内容",
    "stint": "外出",
    "place": "我到苏州工业园区了",
    "ledger": "我的记录",
}
SPELLING = Respeller(
    words="远程 远程签到 签到 党费 交党费 请假 思想汇报 求助 外出 帮助 撤销 我的党费 我的签到 我的记录 待办 审核 活动名单 我回来了".split(),
    spelled="我 思想 汇报 意见 建议 书记 位置 外出 返回 党员 支部 活动 参加 线上 同意 取消 确认 完成 我到 我在 已交 交了".split(),
)
GREETINGS = sorted(
    POLITE
    - {
        "我",
        "报告",
        "汇报",
        "登记",
        "已",
        "在此",
        "党员",
        "就",
        "都",
        "也",
        "又",
        "下",
        "早",
        "今天",
    },
    key=len,
    reverse=True,
)


class Finder:
    """The words of all topics, ready to be looked for; the first topic that has one wins."""

    def __init__(self, topics: Sequence[Topic]) -> None:
        self._commands: dict[str, tuple[Command, Topic]] = {
            word: (command, topic)
            for topic in reversed(topics)
            for command in topic.commands
            for word in command.words
        }
        self._by_length = sorted(self._commands, key=len, reverse=True)
        self._readers = [
            *((reads, handler, topic) for topic in topics for reads, handler in topic.plain_acts),
            *((one.heard_in, one.handler, topic) for topic in topics for one in topic.keywords),
            *((reads, handler, topic) for topic in topics for reads, handler in topic.sentences),
        ]

    def command(self, text: str) -> tuple[Command, Topic] | None:
        """The command that a line is, word for word."""
        return self._commands.get(text)

    def begun_by(self, text: str) -> tuple[Command, Topic] | None:
        """The command that a line begins with, a pause behind it: 位置 江苏省苏州市."""
        word = next((one for one in self._by_length if text.startswith(one)), "")
        found = self._commands.get(word)
        return found if found and found[0].takes_rest and text[len(word) :][:1] in PAUSES else None

    def commands_anew(self, turn: Turn, text: str, own: str) -> bool:
        """Whether a line in the middle of a dialog of the topic `own` is a secretary's command, with its rest."""
        found = self._named(turn, text)
        if found is None or found[0].role is not Role.SECRETARY:
            return False
        command, heard, topic = found
        rest = heard.text.partition(heard.head)[2]
        if not bare(rest) or NUMBERED.match(rest) or heard.head in GLUED:
            return True
        if command.numbered:
            return False
        is_short = len(bare(rest)) <= LONGEST_REST or topic.name == own
        return is_short and bool(BEHIND.match(rest) or NAME.fullmatch(bare(rest)))

    def find(self, turn: Turn, allowed: Container[str]) -> Found | None:
        """Who answers a line, among the topics allowed; None where nobody understands it."""
        for text in _readings(turn):
            found = self._command(turn, text) or self._sentence(turn, text)
            if found is not None and found[2].name in allowed:
                return found
        return None

    def likeliest(self, turn: Turn) -> list[str]:
        """Examples of the three topics that sound nearest; for a secretary, what only they can do."""
        if turn.speaker.is_secretary:
            return list(LIKELIEST_FOR_SECRETARIES)
        named = []
        for word in SPELLING.nearest(turn.text, 3):
            found = self._commands.get(word)
            example = EXAMPLES.get(found[1].name, "") if found else ""
            if found and found[0].role is Role.MEMBER and example and example not in named:
                named.append(example)
        return [*named, *(one for one in LIKELIEST if one not in named)][:3]

    def _command(self, turn: Turn, text: str) -> Found | None:
        found = self._named(turn, text)
        return (found[0].handler, found[1], found[2]) if found else None

    def _named(self, turn: Turn, text: str) -> tuple[Command, Heard, Topic] | None:
        whole = self._commands.get(bare(text))
        if whole and _allowed(turn, whole[0]):
            return whole[0], Heard(text, bare(text)), whole[1]
        plain = _unpolite(text)
        decided = DECIDED.match(plain)
        if decided and turn.speaker.is_secretary and _decides(turn, decided[2]):
            plain = text = f"{DECISIONS[decided[1]]} {plain[decided.end(1) :].strip()}"
        for word in self._by_length:
            line = text if text.startswith(word) else plain  # 记录表 is no 表 said politely
            if not line.startswith(word):
                continue
            command, topic = self._commands[word]
            if command.takes_rest and _allowed(turn, command):
                return command, Heard(text, word, line[len(word) :].strip()), topic
        return None

    def _sentence(self, turn: Turn, text: str) -> Found | None:
        for reads, handler, topic in self._readers:
            if reads(turn, text):
                return handler, Heard(text), topic
        return None


def spelled_out(text: str) -> str:
    """Quxiao → 取消: the letters of known words, exactly."""
    return SPELLING.spell_out(text)


def _readings(turn: Turn) -> Iterator[str]:
    """The line as it stands with the speaker's own name and branch taken for 我, then respelled."""
    member = turn.speaker
    text = turn.text.replace(member.branch.lower(), " ").replace(member.name.lower(), "我").strip()
    text = APART.sub(r"\1\2", text)
    text = SPELLING.spell_out(SPACED_OUT.sub(lambda found: found[0].replace(" ", ""), text))
    text = MISHEARD.sub(lambda found: HEARD[found[0]], VOCATIVE.sub("", text))
    yield text
    respelled = SPELLING.respell(text)
    if respelled != text:
        yield respelled


def _decides(turn: Turn, number: str) -> bool:
    """同意 2 is a purpose while one is left to agree to; any other number is a matter's."""
    return len(number) > 1 or number > "3" or len(turn.speaker.consents) == len(Purpose)


def _allowed(turn: Turn, command: Command) -> bool:
    return command.role is Role.MEMBER or turn.speaker.is_secretary


def _unpolite(text: str) -> str:
    """The line without the greetings before it."""
    before = None
    while before != text:
        before = text
        text = text.lstrip(" ,.。!！~、:;")
        for word in GREETINGS:
            if text.startswith(word) and len(text) > len(word):
                text = text[len(word) :]
                break
    return text

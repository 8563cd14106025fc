"""求助 and 意见: what a member asks of the secretary, followed to an answer (FM-16, ME-6)."""

import re

from handlers.choices import is_no, is_yes, says_nothing
from handlers.notify import tell_secretaries
from handlers.reading.speech import asks, is_colour
from handlers.reading.words import bare, clauses, says_only
from handlers.replies import kind_words
from handlers.topic import Heard, Topic, Undone, Verdict, own_words
from handlers.turn import Ask, Done, Outcome, Say, Turn
from storage.records import Request, RequestKind, State

HELP_SENT = "{sent}（第 {no} 号）。有答复会告诉您；急事请直接打支部电话。不需要了请回复“撤销”。"
SUGGESTION_SENT = "意见{sent}（第 {no} 号），有答复会告诉您。不提了请回复“撤销”。"
SENT, KEPT = "已转给支部书记", "已记下"
WHAT_HELP = "请问遇到了什么困难？直接写给我，我转给支部书记。"
WHAT_SUGGESTION = "请写您的意见或建议，我转给支部书记。"
HOW = "有困难回复“求助 内容”，有意见回复“意见 内容”，都会转给支部书记。"
STATUS = "您提过的事项：\n{lines}"
STATUS_LINE = "第 {no} 号　{kind}　{state}"
SURE = "要把“{words}”转给支部书记吗？是请回复“1”，不是请回复“2”。"
IN_NEED = "{kindly}要把“{words}”转给支部书记吗？是请回复“1”，不是请回复“2”。"
IN_TROUBLE = "听起来您遇到了困难。"
NO_NEED = re.compile("(?:没有?|无|不)(?:什么|啥|得|任何|是)*困难")
NOT_DONE = "好的，没有提交。"
UNDONE = "已撤销第 {no} 号{kind}“{text}”。"
TOO_LATE = "第 {no} 号已经处理，不能撤销。"
ANSWERED = "已答复 {member}（第 {no} 号）。"
TO_MEMBER = "您的{kind}“{text}”有了答复（第 {no} 号）：{answer}"
DEFAULT_ANSWER = {True: "已收到，已处理。", False: "暂时不能办理。"}

KIND_WORDS = {RequestKind.HELP: "求助", RequestKind.SUGGESTION: "意见", RequestKind.DISPUTE: "异议"}
STATES = {State.PENDING: "等待答复", State.WITHDRAWN: "已撤销"}
BEFORE = frozenset(
    "合理化 我要 我 想 要 有 有个 有一个 提 提个 提一个 提一下 提一点 对支部 对支部有个 对支部有 给支部提 我想 我来 想跟支部 反映 我对支部有个 个 一个 一条 条 小 个小 点 一点 给 给组织 给组织提个 给组织提 提一条 提个小 给支部提个 也 也提个 还 还有".split()
)
HELP = re.compile(r"求助")
SUGGESTION = re.compile(r"意见(?:建议)?|建议")
NOT_ABOUT = re.compile(r"没|不|无|上次|上回|之前")
HOW_TO = re.compile(
    r"^(?:怎么|咋|如何|往哪|哪|找谁|有人|有用|是什么|啥|电话|热线|功能|箱|的事|往|能|可以|有什么|要|呢|吗)"
)
ITSELF = re.compile("怎么(?:用|求助|写|发|提)|有人|有用|是什么|什么意思|找谁|电话|热线|功能|[呢吗]")
NOTHING = re.compile("(?:没事|没有|没什么|不用|算|不说|不提|没问题)(?:了|啦)?(?:谢谢)?")
NEED = re.compile(
    "困难|拖欠|欠薪|讨薪|投诉|举报|生病|住院|没钱|工伤|受伤|被打|被骗|骗了|帮帮我|救救|救命|走投无路|吃不上|找不到工作|失业|想找书记|找书记|书记电话|人工"
)
LONGEST_QUOTE = 40
NONE = re.compile(r"(?:倒|也|都|暂时|我)?(?:没|不|无)")
TO_WHOM = re.compile(r"^(?:一下|下|哈|啊|呀|求助)?(?:书记|支书|支部|组织|党组织|您|你)?")
OPENS = re.compile("建议(?:支部|组织|给|把|在|多|增加|减少|活动|以后|改|开|设|建)[^,。]{6,}")
SHORTEST_TOLD = 8
SEPARATORS = tuple(" ,.:;。、!-")
LONGEST_QUESTION = 12

topic = Topic("appeal", "求助 孩子转学的手续不知道找谁办", "意见 活动最好放在周末")


def states_appeal(turn: Turn, text: str) -> bool:
    """Whether a sentence begins by bringing up a suggestion or a need."""
    del turn
    found = SUGGESTION.search(text) or HELP.search(text)
    return bool(found and text[found.end() : found.end() + 1] in SEPARATORS) and says_only(
        text[: found.start()] if found else "?", BEFORE
    )


@topic.is_whole
def is_help(turn: Turn, text: str) -> bool:
    """求助, a pause, and what it is about."""
    del turn
    said = HELP.match(text)
    return bool(said) and text.removeprefix("求助")[:1] in SEPARATORS


@topic.acts(lambda turn, text: bool(HELP.search(text)) and states_appeal(turn, text))
@topic.says("求助")
@topic.mentions("求助")
async def ask_help(turn: Turn, heard: Heard) -> Outcome:
    """求助 …: a request for the secretary."""
    return await _hear(turn, heard, RequestKind.HELP)


@topic.acts(lambda turn, text: bool(SUGGESTION.search(text)) and states_appeal(turn, text))
@topic.says("意见", "提意见", "提个意见", "提建议", "建议", "提个建议")
@topic.mentions("意见", "提个建议", "有个建议", "提一个建议", "提点建议", "小建议", "提建议")
async def suggest(turn: Turn, heard: Heard) -> Outcome:
    """意见 …: a suggestion for the branch."""
    return await _hear(turn, heard, RequestKind.SUGGESTION)


def tells_of_need(turn: Turn, text: str) -> bool:
    """Trouble of the speaker's own or near ones; a secretary without 我 speaks of a member."""
    is_own = not turn.speaker.is_secretary or "我" in text
    is_need = NEED.search(NO_NEED.sub("", text)) and not HELP.search(text)
    return bool(is_need) and is_own


@topic.reads(tells_of_need)
async def in_need(turn: Turn, heard: Heard) -> Outcome:
    """Somebody tells of trouble without the word for it: offered to pass on, never passed on unasked."""
    del heard
    words = turn.said.strip()
    state = {"kind": str(RequestKind.HELP), "sure": words}
    kindly = kind_words(turn.text) or IN_TROUBLE
    return Ask(IN_NEED.format(kindly=kindly, words=words[:LONGEST_QUOTE]), topic.name, state)


@topic.answers
async def content(turn: Turn) -> Outcome | None:
    """The words that were asked for."""
    state = turn.dialog.state if turn.dialog else {}
    kind = RequestKind(state["kind"])
    if "sure" in state:
        if is_yes(turn.text):
            return await _send(turn, kind, state["sure"])
        return Done(NOT_DONE) if is_no(turn.text) else None
    if NOTHING.fullmatch(bare(turn.text)):
        return Done(NOT_DONE)
    if says_nothing(turn.text):
        return _ask_what(kind)
    if len(bare(turn.text)) < 2:  # noqa: PLR2004 - one character says nothing
        return None
    return await _send(turn, kind, turn.said.strip())


@topic.undoes
async def undo(turn: Turn, reference: str) -> Undone:
    """A request that nobody has answered is taken back."""
    mine = await turn.store.requests.of_member(turn.speaker.id)
    found = next((one for one in mine if one.id == int(reference)), None)
    if found is None or found.state is not State.PENDING:
        return Undone(TOO_LATE.format(no=reference), taken_back=False)
    await turn.store.requests.decide(found.id, State.WITHDRAWN, by=None, at=turn.now)
    return Undone(UNDONE.format(no=reference, kind=KIND_WORDS.get(found.kind, ""), text=found.text))


async def _answer(turn: Turn, request: Request, approved: bool, reason: str) -> Verdict:
    del turn
    answer = reason or DEFAULT_ANSWER[approved]
    return Verdict(
        ANSWERED.format(member=request.member, no=request.id),
        TO_MEMBER.format(
            kind=KIND_WORDS[request.kind],
            text=request.text[:LONGEST_QUOTE],
            no=request.id,
            answer=answer,
        ),
    )


for _kind in (RequestKind.HELP, RequestKind.SUGGESTION):
    topic.decides(_kind)(_answer)


async def _hear(turn: Turn, heard: Heard, kind: RequestKind) -> Outcome:
    pattern = HELP if kind is RequestKind.HELP else SUGGESTION
    found = pattern.search(heard.text)
    if found is None:
        return Say(HOW)
    before, after = heard.text[: found.start()], heard.text[found.end() :]
    after = TO_WHOM.sub("", after)
    separated = after[:1] in SEPARATORS
    after = after.strip(" ,.:;。、!")
    told = separated and len(bare(after)) >= SHORTEST_TOLD
    leads_in = all(is_colour(part) or says_only(part, BEFORE) for part in clauses(before))
    if not says_only(before, BEFORE) and not (told and leads_in and not asks(before)):
        return Say(
            NOT_DONE if NOT_ABOUT.search(before) else f"{HOW}\n{await _status(turn)}".strip()
        )
    if NONE.match(after) and not separated:
        return Say(NOT_DONE)
    is_how = ITSELF.match(after) if separated else asks(after) or HOW_TO.match(after)
    if is_how and len(bare(after)) < LONGEST_QUESTION:
        return Say(f"{HOW}\n{await _status(turn)}".strip())
    if says_only(after, ("要提", "要", "提", "想提", "求助", "意见", "建议")) or says_nothing(
        after
    ):
        return _ask_what(kind)
    words = own_words(turn, Heard(heard.text, found[0], after))
    if not separated and not (OPENS.match(heard.text) and not asks(after)):
        return Ask(SURE.format(words=words), topic.name, {"kind": str(kind), "sure": words})
    return await _send(turn, kind, words)


def _ask_what(kind: RequestKind) -> Ask:
    words = WHAT_HELP if kind is RequestKind.HELP else WHAT_SUGGESTION
    return Ask(words, topic.name, {"kind": str(kind)})


async def _send(turn: Turn, kind: RequestKind, words: str) -> Outcome:
    number = await turn.store.requests.open(
        kind, turn.speaker.id, turn.speaker.branch_id, words + turn.proxy_mark, turn.now
    )
    unreached = await tell_secretaries(turn, turn.speaker.branch_id)
    words = HELP_SENT if kind is RequestKind.HELP else SUGGESTION_SENT
    said = words.format(no=number, sent=KEPT if unreached else SENT)
    return Done(f"{said}{unreached}", effect=f"appeal:{number}")


async def _status(turn: Turn) -> str:
    mine = await turn.store.requests.of_member(turn.speaker.id)
    lines = [
        STATUS_LINE.format(
            no=one.id, kind=KIND_WORDS[one.kind], state=STATES.get(one.state, "已答复")
        )
        for one in mine
        if one.kind in KIND_WORDS
    ]
    return STATUS.format(lines="\n".join(lines[-5:])) if lines else ""

"""Thought reports (思想汇报): drafted over as many messages as it takes, handed in with 完成."""

import json
import re
from typing import Any

from handlers.notify import tell_secretaries
from handlers.reading.speech import asks, stance
from handlers.reading.words import bare, clauses, says_only
from handlers.topic import Heard, Topic, Undone, Verdict, own_words
from handlers.turn import Ask, Done, Kind, Outcome, Say, Turn
from handlers.words import count_words, full_day, state_words
from scheduler.periods import in_full, period_of
from storage.records import EntryKind, Report, Request, RequestKind, State

BEGIN = "请写思想汇报，可以分几条发，也可以发图片或语音。写完回复“完成”；看草稿回复“预览”；不交了回复“取消”。"
KEPT = "收到，草稿共 {words} 字{extras}。\n思想汇报可以接着发；写完回复“完成”，看草稿回复“预览”。"
EXTRAS = "、附件 {count} 个"
PREVIEW = "草稿（{words} 字{extras}）：\n{text}\n\n交上去回复“完成”，去掉最后一段回复“上一步”。"
HANDED, NOTED = "已交给支部书记", "已记下"
HANDED_IN = "思想汇报{sent}：{period}，共 {words} 字{extras}（第 {no} 号）。\n记实档案第 {ledger} 条；交错了请回复“撤销”。"
NOTHING = "还没有内容。请先写思想汇报，再回复“完成”。"
NOT_KEPT = "思想汇报里只收文字、图片、语音和文件，这条没有收下。"
REMOVED = "已去掉最后一段，草稿还有 {words} 字{extras}。"
TOO_LONG = "这一段太长，草稿最多 {limit} 字，没有收下。请先回复“完成”交上已写的部分。"
TOO_MANY = "附件最多 {limit} 个，这个没有收下。请回复“完成”交上已有的。"
HOW = "思想汇报：回复“思想汇报”后直接写，分几条发都可以，写完回复“完成”。字数和频次请按支部要求。"
LAST = "您上次交的思想汇报：{day}，{words} 字，{state}。"
NONE_YET = "您还没有交过思想汇报。"
CAPTION = "思想汇报（{period}，{words} 字）"
ENTRY = "提交思想汇报（{period}，{words} 字）"
READ = "已审阅 {member} 的思想汇报。"
RETURNED = "已退回 {member} 的思想汇报。"
TO_MEMBER = {
    True: "您{period}的思想汇报书记已审阅（第 {no} 号）。",
    False: "您{period}的思想汇报被退回（第 {no} 号），请修改后再交：{reason}",
}
UNDONE = "已撤销这份思想汇报，不再请书记审阅。"
TOO_LATE = "书记已经处理这份思想汇报，不能撤销。"
ATTACHMENT = {Kind.IMAGE: "图片", Kind.VOICE: "语音", Kind.FILE: "文件"}

FINISH = frozenset(
    {"完成", "写完了", "完成了", "提交", "交", "发送完毕", "完毕", "写完", "结束", "就这些", "好了"}
)
SHOW = frozenset({"预览", "看草稿", "草稿", "看看"})
BACK = frozenset({"上一步", "删掉上一条", "去掉最后一段"})
MOST_ATTACHMENTS = 30
MOST_WORDS = 20_000
SEPARATORS = tuple(" ,.:;。、!-】])")
LONGEST_QUESTION = 16
SHORTEST_CONTENT = 12
QUESTION_START = re.compile(
    r"^(?:怎么|咋|如何|什么|啥|多少|多久|几|哪|要(?:写|不|手|几|交|多)|写(?:多少|什么|啥|几)|交(?:了|给|到|几|什么)|有没有|能不能|可以|是不是|还没|没|不|明天|过|等|已|书记看|想)"
)
NO_CONTENT = re.compile("范文|模板|大全|点击|下载|格式要求")
PERIOD = re.compile(
    "(?:[0-9]{4}年)?(?:[0-9]{1,2}|[一二三四五六七八九十]{1,2})(?:月份?|季度)|[上下]半年"
)
BEFORE = frozenset(
    "一季度 二季度 三季度 四季度 我的 我 我来 来 交 写 要 要写 要交 这是 这是我 三季度的 二季度的 一季度的 四季度的 本季度的 这个季度的 上交 提交 一份 份 个 我要 季度 本季度 敬爱的 敬爱的党组织 尊敬的 下面 下面是 以下是 下面是我的 以下是我的 这个季度 这季度的 上季度的 上个季度的 近期的 最近的 今年的 上半年的 下半年的 年度 第一季度 第二季度 第三季度 第四季度 补交 把 发 发一下 给您 给您发 给您交".split()
)

topic = Topic("report", "思想汇报")


@topic.is_whole
def is_report(turn: Turn, text: str) -> bool:
    """思想汇报, a pause, and the report."""
    del turn
    return text.startswith("思想汇报") and text.removeprefix("思想汇报")[:1] in SEPARATORS


@topic.says("思想汇报", "交思想汇报", "写思想汇报", "我要写思想汇报", "我来交思想汇报")
@topic.mentions("思想汇报")
async def begin(turn: Turn, heard: Heard) -> Outcome:
    """Open a draft, with the text that came along; questions about reports open none."""
    before, _, after = heard.text.partition("思想汇报")
    separated = after[:1] in SEPARATORS
    after = after.strip(" ,.:;。、!-】])")
    longest = LONGEST_QUESTION if separated else LONGEST_QUESTION * 2
    is_question = (QUESTION_START.match(after) or asks(after)) and len(bare(after)) <= longest
    if is_question or not all(says_only(part, BEFORE) for part in clauses(before)):
        return Say(f"{HOW}\n{await _last(turn)}")
    if NO_CONTENT.search(after):
        return Say(f"{HOW}\n{await _last(turn)}")
    if says_only(PERIOD.sub("", after), BEFORE) or (not separated and not _is_content(after)):
        return Ask(BEGIN, topic.name, {"parts": [], "media": []})
    return _keep(
        turn, {"parts": [], "media": []}, own_words(turn, Heard(heard.text, "思想汇报", after))
    )


@topic.answers
async def write(turn: Turn) -> Outcome | None:
    """Everything is part of the report, but the few words that steer it."""
    state = turn.dialog.state if turn.dialog else {}
    text = bare(turn.text)
    if turn.kind in ATTACHMENT:
        if len(state["media"]) >= MOST_ATTACHMENTS:
            return Say(TOO_MANY.format(limit=MOST_ATTACHMENTS))
        media = [*state["media"], [str(turn.kind), await turn.keep()]]
        return _ask(state["parts"], media)
    if turn.kind is not Kind.TEXT:
        return Say(NOT_KEPT)
    if text in FINISH:
        return await _hand_in(turn, state)
    if text in SHOW:
        return _preview(state)
    if text in BACK:
        parts = state["parts"][:-1]
        words = REMOVED.format(words=_words(parts), extras=_extras(state["media"]))
        return Ask(words, topic.name, {"parts": parts, "media": state["media"]})
    return _keep(turn, state, turn.said.strip())


@topic.undoes
async def undo(turn: Turn, reference: str) -> Undone:
    """A report that nobody has read is taken back."""
    number, no = map(int, reference.split("/"))
    request = await turn.store.requests.about(RequestKind.REPORT, number)
    if request is None or request.state is not State.PENDING:
        return Undone(TOO_LATE, taken_back=False)
    await turn.store.reports.settle(number, State.WITHDRAWN)
    await turn.store.requests.decide(request.id, State.WITHDRAWN, by=None, at=turn.now)
    await turn.store.ledger.append(
        request.branch_id,
        request.member_id,
        EntryKind.CORRECTION,
        turn.today,
        f"撤销第 {no} 条：提交思想汇报",
        by=turn.by.id,
        at=turn.now,
        corrects=no,
    )
    return Undone(UNDONE)


@topic.decides(RequestKind.REPORT)
async def decide(turn: Turn, request: Request, approved: bool, reason: str) -> Verdict:
    """The secretary has read it, or sends it back with what to change."""
    state = State.APPROVED if approved else State.RETURNED
    report = await turn.store.reports.get(request.subject_id or 0)
    await turn.store.reports.settle(report.id, state)
    words = READ if approved else RETURNED
    return Verdict(
        words.format(member=request.member),
        TO_MEMBER[approved].format(period=in_full(report.period), no=request.id, reason=reason),
    )


def _keep(turn: Turn, state: dict[str, Any], part: str) -> Outcome:
    parts = [*state["parts"], part]
    if _words(parts) > MOST_WORDS:
        return Say(TOO_LONG.format(limit=MOST_WORDS))
    del turn
    return _ask(parts, state["media"])


def _ask(parts: list[str], media: list[Any]) -> Ask:
    words = KEPT.format(words=_words(parts), extras=_extras(media))
    return Ask(words, topic.name, {"parts": parts, "media": media})


def _preview(state: dict[str, Any]) -> Ask:
    words = PREVIEW.format(
        words=_words(state["parts"]),
        extras=_extras(state["media"]),
        text="\n".join(state["parts"]) or "（还没有文字）",
    )
    return Ask(words, topic.name, dict(state))


def _words(parts: list[str]) -> int:
    return sum(map(count_words, parts))


def _extras(media: list[Any]) -> str:
    return EXTRAS.format(count=len(media)) if media else ""


async def _hand_in(turn: Turn, state: dict[str, Any]) -> Outcome:
    if not state["parts"] and not state["media"]:
        return Ask(NOTHING, topic.name, dict(state))
    member, words, period = (
        turn.speaker,
        _words(state["parts"]),
        period_of("quarter", turn.today).name,
    )
    spoken = in_full(period)
    number = await turn.store.reports.submit(
        member.id,
        member.branch_id,
        period=period,
        text="\n".join(state["parts"]),
        words=words,
        attachments=json.dumps(state["media"]),
        at=turn.now,
    )
    caption = CAPTION.format(period=spoken, words=words) + turn.proxy_mark
    request = await turn.store.requests.open(
        RequestKind.REPORT, member.id, member.branch_id, caption, turn.now, subject_id=number
    )
    no = await turn.store.ledger.append(
        member.branch_id,
        member.id,
        EntryKind.REPORT,
        turn.today,
        ENTRY.format(period=spoken, words=words) + turn.proxy_mark,
        by=turn.by.id,
        at=turn.now,
    )
    unreached = await tell_secretaries(turn, member.branch_id)
    extras = _extras(state["media"])
    sent = NOTED if unreached else HANDED
    said = HANDED_IN.format(
        period=spoken, words=words, extras=extras, no=request, ledger=no, sent=sent
    )
    return Done(f"{said}{unreached}", effect=f"report:{number}/{no}")


def _is_content(words: str) -> bool:
    """Whether words that follow without a pause are the report itself."""
    return len(bare(words)) >= SHORTEST_CONTENT and stance(words) is None


async def _last(turn: Turn) -> str:
    found = await turn.store.reports.of_member(turn.speaker.id)
    return _summary(turn, found[0]) if found else NONE_YET


def _summary(turn: Turn, found: Report) -> str:
    handed_in = full_day(turn.local(found.submitted_at).date())
    return LAST.format(
        day=handed_in, words=found.words, state=state_words(RequestKind.REPORT, found.state)
    )

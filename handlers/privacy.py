"""Notice, consent per purpose, withdrawal, and a look at everything kept (个人信息保护法 14–17, 44–47)."""

from collections.abc import AsyncIterator

from handlers.attachments import counted, of_proof, of_report, used
from handlers.cases import as_recorded
from handlers.consent import NOTICE_VERSION, agreed_purposes, named_purposes, notice, purpose_words
from handlers.documents.own_data import own_data
from handlers.notify import give
from handlers.proven import held
from handlers.reading.words import bare
from handlers.topic import Heard, Topic
from handlers.trail import noted
from handlers.turn import Done, Outcome, Say, Turn
from handlers.words import contact, full_day, months, state_words, yuan
from storage.records import Purpose, RequestKind

GRANTED = "谢谢，已记下您的同意：{purposes}。\n刚才要办的事请再发一次；不知道怎么用请回复“帮助”。"
WHICH = "您已经同意使用。要增加同意的内容，请回复例如“同意 所在地”；对别的事情的意见请写全，例如“意见 内容”。"
ALREADY = "您已经同意过了：{purposes}。"
NEEDS_FIRST = "不同意第 1 项“组织生活”就无法使用登记功能。如同意，请回复“同意”或“同意 1”。"
NOT_SENT = "本人已撤回同意"
WITHDRAWN_ALL = "已撤回全部同意。从现在起不再登记您的任何新内容，也不会提醒您；支部依照党内规定已形成的记录仍由支部保管。\n您的签到、党费等请改为直接联系支部书记。想恢复使用请回复“同意”。"
WITHDRAWN = "已撤回同意：{purposes}。其余不受影响；想恢复请回复“同意 {purposes}”。"
NOT_GIVEN = "您还没有同意过，没有可撤回的内容。"
HOW_TO_WITHDRAW = (
    "撤回同意请直接回复“撤回同意”；只撤回所在地请回复“撤回同意 所在地”。现在没有改动。"
)
BESIDES = "您发来的原话和答复另外加密保存，只用来核对，需要时请联系支部书记。"
DATA = "这里保存的您的信息：\n{lines}\n{besides}\n\n同样的内容做成了文件“{file}”发给您。有不对的请回复“有误 序号 原因”或联系支部书记；停用请回复“撤回同意”。"
SAFE = "您的信息加密保存，您和本支部书记看得到；系统管理员受托维护，导出会留下记录；不保存坐标。回复“我的数据”可查看全部，回复“撤回同意”可停用。"

NOT_DELETED = "按党内规定，已经形成的记录由支部保管，不能由您或我删除。写错的可以“撤销”，有误的回复“有误 序号 原因”；以后不想再登记请回复“撤回同意”。其他要求请联系支部书记。"

topic = Topic("privacy", "我的数据", "撤回同意")


@topic.says("同意", "我同意", "全部同意")
async def agree(turn: Turn, heard: Heard) -> Outcome:
    """Keep the consents named (Article 14); the necessary one must be among those in force."""
    member, purposes = turn.speaker, agreed_purposes(heard.text)
    if not purposes:
        return Say(WHICH if member.consents else notice(turn, member.name))
    if Purpose.RECORDS not in {*purposes, *member.consents}:
        return Say(NEEDS_FIRST)
    new = [one for one in purposes if one not in member.consents]
    if not new:
        return Say(ALREADY.format(purposes=purpose_words(member.consents)))
    asked = await held(turn, f"同意{purpose_words(new)}")
    if asked is not None:
        return asked
    await turn.store.members.grant(member, new, NOTICE_VERSION, turn.now)
    await _audit(turn, "consent", new)
    return Done(GRANTED.format(purposes=purpose_words(new)))


@topic.says("不同意", rest=False)
async def disagree(turn: Turn, heard: Heard) -> Outcome:
    """不同意 may be meant for anything; what ends a consent is said in full."""
    del turn, heard
    return Say(HOW_TO_WITHDRAW)


@topic.says("撤回同意", "取消同意", "撤销同意")
@topic.mentions("撤回同意", "不同意你们")
async def withdraw(turn: Turn, heard: Heard) -> Outcome:
    """End consents, as easily as they were given (Article 15)."""
    if "?" in heard.text or "怎么" in heard.text or "吗" in heard.text:
        return Say(HOW_TO_WITHDRAW)
    member, named = turn.speaker, named_purposes(bare(heard.rest))
    if bare(heard.rest) and not named:
        return Say(HOW_TO_WITHDRAW)
    if not member.consents:
        return Say(NOT_GIVEN)
    asked = await held(turn, heard.head or "撤回同意")
    if asked is not None:
        return asked
    ending = named if named and Purpose.RECORDS not in named else list(Purpose)
    await turn.store.members.withdraw(member, ending, turn.now)
    await _audit(turn, "withdraw_consent", ending)
    if Purpose.RECORDS in ending:
        await turn.store.outbox.drop(turn.account.scope, turn.account.user, NOT_SENT)
        await turn.store.media.drop(member.id, NOT_SENT)
        return Done(WITHDRAWN_ALL)
    return Done(WITHDRAWN.format(purposes=purpose_words(ending)))


@topic.says("我的数据", "我的信息", "查看我的数据", "你们存了我什么", rest=False)
@topic.mentions("我的数据", "哪些信息", "存了我")
async def data(turn: Turn, heard: Heard) -> Outcome:
    """Everything kept about the speaker (Article 45)."""
    del heard
    asked = await held(turn, "我的数据")
    if asked is not None:
        return asked
    lines = [line async for line in _everything(turn)]
    await _audit(turn, "read_own_data", [])
    file = own_data(turn.speaker.name, turn.today, lines, BESIDES)
    await give(turn, file)
    return Say(DATA.format(lines="\n".join(lines), besides=BESIDES, file=file[0]))


@topic.says("删除我的数据", "删除我的信息", "注销", "删除数据", rest=False)
async def not_deleted(turn: Turn, heard: Heard) -> Outcome:
    """What can and cannot be erased (Article 47: not what the law or the Party's rules keep)."""
    del turn, heard
    return Say(NOT_DELETED)


@topic.says("隐私", "信息安全", rest=False)
@topic.mentions("泄露", "泄漏", "隐私")
async def safe(turn: Turn, heard: Heard) -> Outcome:
    """How the data is kept."""
    del turn, heard
    return Say(SAFE)


async def _everything(turn: Turn) -> AsyncIterator[str]:
    member, store = turn.speaker, turn.store
    yield f"基本信息：{member.name}，{member.branch}，{member.category}{'，' + member.position if member.position else ''}；手机号和出生日期加密保存"
    yield f"同意的用途：{purpose_words(member.consents) or '无'}"
    for stint in await store.stints.of_member(member.id):
        back = f"，{full_day(stint.back_on)}返回" if stint.back_on else "，在外"
        place = _place(stint.province, stint.city, stint.district)
        told = "，".join(filter(None, (stint.reason, stint.workplace, stint.contact)))
        yield f"外出：{full_day(stint.left_on)}起，{place}{back}{'（' + told + '）' if told else ''}"
    for topic_name, words in await store.activities.words_of(member.id):
        yield f"“{topic_name}”时写的：{words}"
    for row in await store.places.of_member(member.id):
        yield f"所在地：{full_day(row['reported_on'])} {_place(row['province'], row['city'], row['district'])}"
    proofs = await store.dues.proofs(member.id)
    for one in await store.dues.of_member(member.id):
        proof = of_proof(proofs.get(one.request_id, ""))
        yield f"党费：{months([one.month])} {yuan(one.fen)} 元，{state_words(RequestKind.DUES, one.state)}{counted(proof)}"
    reports = await store.reports.of_member(member.id)
    for report in reports:
        submitted = full_day(turn.local(report.submitted_at).date())
        yield f"思想汇报：{submitted}，{report.words} 字，{state_words(RequestKind.REPORT, report.state)}{counted(of_report(report))}\n{report.text}"
    unused = await store.media.count_of(member.id) - used(proofs.values(), reports)
    if unused > 0:
        yield f"没有交上的附件：{unused} 个"
    for row in await store.contacts.of_member(member.id):
        own = f"：{row['note']}" if row["note"] and row["by_member_id"] == member.id else ""
        yield f"{contact(row)}{own}"
    for filed in await store.requests.of_member(member.id):
        request = await as_recorded(turn, filed)
        yield f"事项第 {request.id} 号：{request.text}，{state_words(request.kind, request.state)}"
    for entry in await store.ledger.of_member(member.id):
        yield f"记实档案第 {entry.no} 条：{full_day(entry.occurred_on)} {entry.text}"


def _place(province: str, city: str, district: str | None) -> str:
    """上海市浦东新区: where province and city are one, it is said once."""
    return f"{province}{city if city != province else ''}{district or ''}"


async def _audit(turn: Turn, action: str, purposes: list[Purpose]) -> None:
    target = f"member:{turn.speaker.id}" + "".join(f" {one}" for one in purposes)
    await noted(turn, action, target)

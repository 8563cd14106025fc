"""Strangers: who this bot is, and how a member proves who they are; invitations by the secretary."""

import hashlib
import re
import secrets
from datetime import timedelta

from handlers.consent import NOTICE_VERSION, agreed_purposes, notice, purpose_words
from handlers.notify import tell_secretaries
from handlers.proven import held
from handlers.reading.normal import normalise, readable
from handlers.topic import Heard, Role, Topic
from handlers.trail import noted
from handlers.turn import Ask, Done, Outcome, Say, Turn
from handlers.words import moment
from storage.audit import by_member
from storage.records import Member, Purpose

WHO = """您好，我是{organisation}的流动党员联系助手“双联”，帮党员签到、交思想汇报、登记党费，和支部保持联系。
我还不认识您。请回复“绑定 手机号后四位 姓名”，例如：绑定 1234 张三；或回复“绑定 邀请码”，邀请码请向支部书记要。
您的信息加密保存，您和本支部书记看得到；您同意之前不登记任何内容。"""
ALOUD = "我还不认识您。请在单聊里跟我说一句话，我告诉您怎么绑定。"
HOW = "请这样写：绑定 手机号后四位 姓名，例如：绑定 1234 张三；或：绑定 邀请码。"
NOT_FOUND = "没有对上，或这位同志已绑定别的账号。请核对手机号后四位和姓名，或向支部书记要邀请码。"
TOO_OFTEN = "今天核对不成功的次数太多，请明天再试，或联系支部书记要邀请码。"
WRONG_CODE = "邀请码不对或已过期，请向支部书记再要一个。"
BOUND = "绑定成功，欢迎您，{name}同志（{branch}）。已记下您的同意：{purposes}。\n现在可以直接说，例如“签到”“党费 10月 20元”；不知道怎么用请回复“帮助”。"
NEEDS_FIRST = "要使用请至少同意第 1 项：回复“同意”或“同意 1”。不想用可以不理会，不会登记任何内容。"
TAKEN = "这位同志已绑定别的账号。换了账号请向支部书记要邀请码重新绑定。"
INVITED = "{name}的邀请码：{code}，{until}前有效，用一次。请本人发给我：绑定 {code}"
NAMES_WANTED = "请写上姓名，例如：邀请码 李大山。"
NO_SUCH = "支部里没有找到“{name}”，请核对姓名。"
NAMESAKES = "支部里有 {count} 位“{name}”，请联系管理员。"
BOUND_ALREADY = "您已经绑定，是{name}同志（{branch}）。回复“帮助”看看能做什么。"
TOLD = "有一位党员刚刚绑定了账号。如不是本人，请尽快联系管理员。"

_NAME = r"[^\W\d_](?:[^\W\d_]|[·. ]){1,29}"
BY_PHONE = re.compile(rf"绑定\D{{0,10}}?(\d{{4}}|\d{{11}})[ ,，:：、]{{0,3}}({_NAME})$")
BY_NAME = re.compile(rf"绑定 ?[:：,，]? ?({_NAME}?) ?[,，]? ?(\d{{4}}|\d{{11}})$")
BY_CODE = re.compile(r"(?:绑定|邀请码)[ :,]*(\d{8})$")
MOST_TRIES = 5
MOST_FOR_NAME, MOST_CODES = 10, 50  # a day, whoever tries
VALID = timedelta(days=7)

topic = Topic("binding", "绑定 1234 张三")


async def meet(turn: Turn) -> Outcome:
    """Everything that somebody unknown may say."""
    dialog = turn.dialog
    while dialog is not None and dialog.topic != topic.name:
        dialog = dialog.paused
    state = dialog.state if dialog else {}
    if turn.text.startswith(("绑定", "邀请码")):
        return await _identify(turn, state)
    if "member" in state:
        return await _accept(turn, state)
    who = WHO.format(organisation=turn.house.organisation)
    return Ask(who, topic.name, state, aloud=ALOUD) if state else Say(who, aloud=ALOUD)


@topic.says("邀请码", "邀请", role=Role.SECRETARY)
async def invite(turn: Turn, heard: Heard) -> Outcome:
    """A code that lets a member of the branch bind an account."""
    name = heard.rest.strip()
    if not name:
        return Say(NAMES_WANTED)
    people = await turn.store.members.of_branch(turn.speaker.branch_id)
    found = [one for one in people if normalise(one.name) == name]
    if len(found) != 1:
        words = NAMESAKES if found else NO_SUCH
        return Say(words.format(name=name[:15], count=len(found)))
    asked = await held(turn, f"为{name}要邀请码")
    if asked is not None:
        return asked
    code = f"{secrets.randbelow(10**8):08d}"
    until = turn.now + VALID
    await turn.store.members.invite(found[0].id, code, until)
    target = f"member:{found[0].id}"
    await noted(turn, "invite", target)
    return Done(INVITED.format(name=name, code=code, until=moment(turn, until)))


@topic.says("绑定")
async def bound_already(turn: Turn, heard: Heard) -> Outcome:
    """A known member says 绑定."""
    del heard
    return Say(BOUND_ALREADY.format(name=turn.speaker.name, branch=turn.speaker.branch))


async def _identify(turn: Turn, state: dict[str, object]) -> Outcome:
    tries = _tries_today(turn, state)
    if tries >= MOST_TRIES:
        return Ask(TOO_OFTEN, topic.name, state)
    code = BY_CODE.search(turn.text)
    given = [one for one in map(_named, (readable(turn.said), turn.text)) if one]
    if await _is_tried_out(turn, given[0][0] if given and not code else ""):
        return Ask(TOO_OFTEN, topic.name, state)
    if code:
        member = await turn.store.members.invited(code[1], turn.now)
        if member is not None:
            return _ask_consent(turn, member, tries, code[1])
        return await _refused(turn, WRONG_CODE, tries, "")
    if not given:
        return Ask(HOW, topic.name, state)
    for name, digits in dict.fromkeys(given):
        found = await turn.store.members.by_binding(name, digits[-4:])
        if len(found) == 1 and not await _is_taken(turn, found[0]):
            return _ask_consent(turn, found[0], tries)
    return await _refused(turn, NOT_FOUND, tries, given[0][0])


def _named(text: str) -> tuple[str, str] | None:
    """The name and the digits of 绑定 1234 张三, in either order."""
    found = BY_PHONE.search(text)
    if found:
        return found[2].strip(), found[1]
    turned = BY_NAME.search(text)
    return (turned[1].strip(), turned[2]) if turned else None


async def _is_taken(turn: Turn, member: Member) -> bool:
    return await turn.store.members.has_account(member.id, turn.account.scope)


async def _is_tried_out(turn: Turn, name: str) -> bool:
    """Whether too many numbers were tried today for one name, or too many codes, by whoever it was."""
    return await turn.store.tries.of(_tried(turn, name)) >= (MOST_FOR_NAME if name else MOST_CODES)


def _tried(turn: Turn, name: str) -> str:
    whose = f"{turn.account.scope}|{name}|{turn.today}"
    return f"bind:{hashlib.sha256(whose.encode()).hexdigest()[:32]}"


async def _refused(turn: Turn, words: str, tries: int, name: str) -> Outcome:
    """Counted and kept in the trail: whoever tries numbers is seen."""
    await turn.store.tries.add(_tried(turn, name))
    await turn.store.audit.append(
        turn.now, f"account:{turn.account.user}"[:50], "bind_refused", turn.account.scope[:100]
    )
    return Ask(words, topic.name, _counted(turn, tries + 1))


def _ask_consent(turn: Turn, member: Member, tries: int, code: str = "") -> Outcome:
    state = {"member": member.id, "code": code, **_counted(turn, tries)}
    return Ask(notice(turn, member.name), topic.name, state)


async def _accept(turn: Turn, state: dict[str, object]) -> Outcome:
    """Bound with 同意, and only then."""
    purposes = agreed_purposes(turn.text)
    if Purpose.RECORDS not in purposes:
        return Ask(NEEDS_FIRST, topic.name, state)
    member = await turn.store.members.get(int(str(state["member"])))
    code = str(state["code"])
    if code and await turn.store.members.invited(code, turn.now) != member:
        return Done(WRONG_CODE)
    if not code and await _is_taken(turn, member):
        return Done(TAKEN)
    asked = await held(turn, f"绑定{member.name}")
    if asked is not None:
        return asked
    await turn.store.members.bind(turn.account, member.id, turn.now)
    await turn.store.members.use_invitations(member.id)
    await turn.store.members.grant(member, purposes, NOTICE_VERSION, turn.now)
    actor, target = by_member(member.id), f"member:{member.id}"
    await turn.store.audit.append(turn.now, actor, "bind", target)
    await turn.store.audit.append(turn.now, actor, "consent", target)
    await tell_secretaries(turn, member.branch_id, TOLD)
    words = purpose_words(purposes)
    return Done(BOUND.format(name=member.name, branch=member.branch, purposes=words))


def _tries_today(turn: Turn, state: dict[str, object]) -> int:
    return int(str(state["tries"])) if state.get("day") == turn.today.isoformat() else 0


def _counted(turn: Turn, tries: int) -> dict[str, object]:
    return {"tries": tries, "day": turn.today.isoformat()}

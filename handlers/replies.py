"""Short replies to what somebody was last told, where no topic understands the line; nothing is recorded."""

from datetime import timedelta

from handlers import matters
from handlers.ahead import announced, expected_ahead
from handlers.matters import Matter
from handlers.naming import Named, named_in
from handlers.reading import contact, reply
from handlers.reading.normal import normalise
from handlers.reading.reply import News
from handlers.turn import Outcome, Say, Turn
from handlers.wellbeing import TOPIC
from scheduler.activities import is_expected, open_now
from scheduler.asking import is_greeting
from scheduler.invitations import TO_MEMBERS
from scheduler.policy import Proof, Who
from storage.database import Row
from storage.duties import DIGEST
from storage.records import Activity, Presence

RECENT = timedelta(days=14)
FRESH = timedelta(days=3)
UNCLEAR = "没有听明白，没有登记。{wanted}\n回复“帮助”可看全部功能。"
GLAD = "知道您都好，就放心了。想让支部记下来，请回复“近况 内容”；要支部帮忙请回复“求助 内容”。"
OF_MEMBER = "没有登记。联系过了请回复“联系 {name} 近况”；名册有变动请告诉管理员，与{name}有关的待办请回复“免办 序号 原因”。"
OF_DECEASED = "没有登记。名册请管理员更新；与{name}有关的待办请回复“免办 序号 原因”。"
WHO_IS_MEANT = "您说的是哪一位？请写上姓名，例如：联系 张三 近况很好。现在没有登记。"
KIND_WORDS = {News.DEATH: "请节哀，多保重。", News.ILLNESS: "请多保重，早日康复。"}
TO_FAMILY = {
    News.DEATH: "请节哀，也请代支部慰问家属。",
    News.ILLNESS: "请转达支部的问候，祝早日康复。",
}
NEED_LEAVE = "活动来不了请回复“请假 原因”。"
NEED_HELP = "要支部帮忙请回复“求助 内容”。"
GO_AHEAD = "好的，您先忙，方便的时候再回答。"
RECEIVED = "谢谢您。"
TICK = "1"


async def to_nod(turn: Turn) -> str | None:
    """收到: a kind word, and what is still wanted; None where nothing was told."""
    if _is_asked(turn):
        return RECEIVED
    found = await _told_lately(turn)
    return await found[0].nods(turn) if found else None


async def to_line(turn: Turn) -> Outcome | None:
    """The answer to a line that is no act, by what the speaker was last told."""
    if _is_asked(turn) and reply.is_busy(turn.text):
        return Say(GO_AHEAD)
    is_filling = turn.dialog is not None and bool(turn.dialog.prompt)
    if is_filling or not reply.is_short(turn.text):
        return None
    words = await _words(turn)
    return Say(words) if words else None


def kind_words(text: str) -> str:
    """A decent sentence for bad news; "" for any other line."""
    news = reply.bad_news(text)
    return KIND_WORDS[news] if news else ""


async def _words(turn: Turn) -> str | None:
    news = reply.bad_news(turn.text)
    if news:
        return await _kindly(turn, news)
    if turn.speaker.is_secretary:
        said = await _of_member(turn)
        if said:
            return said
    elif turn.text == TICK:  # as other programs want it; a secretary's is a number of some list
        return await to_nod(turn)
    if reply.WELL.search(turn.text) and not contact.is_question(turn.text):
        return GLAD
    told = await _told_lately(turn)
    for matter in await _with_others(turn, told):
        words = await matter.answers(turn)
        if words:
            return words
    return await _of_newest(turn, told[0]) if told else None


async def _of_newest(turn: Turn, matter: Matter) -> str | None:
    """A line that is about nothing told: an apology, a question, or words for which the bot has none."""
    if reply.SORRY.search(turn.text):
        return await matter.nods(turn)
    if turn.speaker.is_secretary:
        return None
    if reply.is_question(turn.text):
        return matters.to_branch(turn)
    return await _still_wanted(turn, matter)


async def _still_wanted(turn: Turn, matter: Matter) -> str | None:
    """Whoever was told of something just now most likely speaks of that."""
    latest = await turn.store.notices.told(turn.speaker.id, 1)
    is_fresh = latest[0]["planned_at"] >= turn.now - FRESH
    wanted = await matter.wanted(turn) if is_fresh else ""
    return UNCLEAR.format(wanted=wanted) if wanted else None


def _is_asked(turn: Turn) -> bool:
    """Whether the questions about how somebody is wait for an answer."""
    return turn.dialog is not None and turn.dialog.topic == TOPIC and bool(turn.dialog.prompt)


async def _kindly(turn: Turn, news: News) -> str:
    others = await _others(turn) if turn.speaker.is_secretary else []
    if others:
        rest = OF_DECEASED if news is News.DEATH else OF_MEMBER
        return TO_FAMILY[news] + rest.format(name=others[0].name)
    if turn.speaker.is_secretary and reply.OF_SOMEBODY.search(turn.text):
        return f"{TO_FAMILY[news]}{WHO_IS_MEANT}"
    is_invited = bool(announced(turn, await expected_ahead(turn)))
    return KIND_WORDS[news] + (NEED_LEAVE if is_invited else "") + NEED_HELP


async def _of_member(turn: Turn) -> str:
    """A secretary speaks of somebody without saying what to record."""
    others = await _others(turn)
    if others:
        return OF_MEMBER.format(name=others[0].name)
    return WHO_IS_MEANT if reply.OF_SOMEBODY.search(turn.text) else ""


async def _others(turn: Turn) -> list[Named]:
    """The others of the branch whom a line names."""
    people = await turn.store.members.of_branch(turn.speaker.branch_id)
    others = [one for one in people if one.id != turn.speaker.id]
    return named_in(normalise(turn.said), others)


async def _told_lately(turn: Turn) -> list[Matter]:
    """What the speaker was told of lately, newest first; each matter once."""
    found: dict[str, Matter] = {}
    for row in await turn.store.notices.told(turn.speaker.id):
        matter = await _told(turn, row) if row["planned_at"] >= turn.now - RECENT else None
        if matter:
            found.setdefault(matter.name, matter)
    return list(found.values())


async def _with_others(turn: Turn, told: list[Matter]) -> list[Matter]:
    """A fresh absence, what was told of, and the activity open or ahead even where no notice of it went out."""
    missed = await _missed(turn)
    absence = [matters.of_absence(missed)] if missed else []
    around = await turn.store.activities.around(turn.speaker.branch_id, turn.now)
    begun = [one for one in open_now(around, turn.now) if is_expected(turn.speaker, one)]
    ahead_of_us = announced(turn, await expected_ahead(turn))
    following = [matters.of_activity(one) for one in [*begun, *ahead_of_us][:1]]
    return (
        absence
        + told
        + [one for one in following if one.name not in {other.name for other in told}]
    )


async def _told(turn: Turn, row: Row) -> Matter | None:
    if row["rule"] in TO_MEMBERS:
        one = await _as_it_stands(turn, row["subject_id"])
        return matters.of_activity(one) if one.ends_at > turn.now else None
    if row["who"] != Who.MEMBER or row["rule"] == DIGEST:
        return matters.OWING
    rules = turn.house.rules.of_branch(turn.speaker.branch).policy.rules
    for rule in rules:
        if rule.name == row["rule"] and is_greeting(rule):
            return matters.GREETED
        if rule.name == row["rule"] and rule.proof is Proof.DUES:
            return await matters.of_dues(turn, row)
        if rule.name == row["rule"] and rule.proof is Proof.REPORT:
            return matters.of_report(row)
    return None


async def _as_it_stands(turn: Turn, activity_id: int) -> Activity:
    """The activity, or the one that it was moved to."""
    found = await turn.store.activities.get(activity_id)
    if not found.cancelled:
        return found
    moved = [one for one in await expected_ahead(turn) if one.moved_from == found.starts_at]
    return moved[0] if moved else found


async def _missed(turn: Turn) -> Activity | None:
    """The latest activity of these days that the speaker is on record as absent from."""
    around = await turn.store.activities.around(turn.speaker.branch_id, turn.now)
    for one in reversed([found for found in around if found.ends_at < turn.now]):
        took = await turn.store.activities.attendance_of(one.id, turn.speaker.id)
        if took is not None and took.state is Presence.ABSENT:
            return one
    return None

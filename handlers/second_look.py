"""What is read back before a duty is settled by hand: its title, whose, for when, and what usually proves it."""

from handlers.agenda import Item, keeping, names_of, when
from handlers.naming import named_in
from handlers.reading.normal import normalise
from handlers.reading.words import bare
from handlers.turn import Turn
from scheduler.policy import Proof

LOOK = "第 {no} 件是“{title}”（{when}）{names}。{proof}{all}{verb}请回复“确认”，不{verb}回复“取消”{one}。"
PROOF = "一般由{record}证明，现在还没有。{first}确实办了而没有记录的，才这样办结。"
RECORD_FIRST = "请先登记：{settle}。"
HOW_MANY = "，共 {count} 位"
ONE = "；只办一位请写：{verb} {no} 姓名 说明"
NOT_ABOUT = "第 {no} 件是“{title}”（{when}）{names}，没有{who}，没有办理。请回复“待办”核对序号。"
VERBS = {"met": "办结", "excused": "免办"}
RECORDS = {
    Proof.ACTIVITY_HELD: "活动记录",
    Proof.ACTIVITY_PLANNED: "活动安排",
    Proof.CATEGORY_HELD: "活动的类别",
    Proof.PLAN_FILED: "全年活动计划",
    Proof.FORM_FILED: "报送的记录表",
    Proof.LEAVES_DECIDED: "请假的批复",
    Proof.CONTACT: "联系记录",
    Proof.TALK_AFTER_ABSENCES: "谈话记录",
    Proof.DUES: "党费登记",
    Proof.BOOKS_CLOSED: "关账登记",
    Proof.REPORT: "思想汇报",
    Proof.EDUCATION_DAYS: "学习记录",
    Proof.EDUCATION_HOURS: "学习记录",
    Proof.MEMBER_CONFIRMED_FULL: "名册上的转正",
    Proof.STINT_SETTLED: "返回登记",
}


def look(turn: Turn, asked: Item) -> str:
    """The question before anything is settled: numbers change, and the list may be an old one."""
    record = RECORDS.get(Proof(asked["proof"])) if asked["verdict"] == "met" else None
    first = RECORD_FIRST.format(settle=asked["settle"]) if asked["settle"] else ""
    count, verb = len(asked["names"]), VERBS[asked["verdict"]]
    names = names_of(asked["names"])
    return LOOK.format(
        no=asked["no"],
        title=asked["title"],
        when=when(turn, asked),
        names=names + (HOW_MANY.format(count=count) if count > 1 else ""),
        proof=PROOF.format(record=record, first=first) if record else "",
        all="全部" if count > 1 else "",
        verb=verb,
        one=ONE.format(verb=verb, no=asked["no"]) if count > 1 else "",
    )


def narrowed(asked: Item) -> Item:
    """办结 3 张三 已谈话: only what is owed of the people named first."""
    if len(asked["names"]) != len(asked["subjects"]):
        return asked
    note, chosen = asked["note"], []
    while (place := _first_named(note, asked["names"])) is not None:
        chosen.append(place)
        note = note[len(asked["names"][place]) :].lstrip(" 、,，和与同志")
    if not chosen:
        return asked
    return {**keeping(asked, chosen), "note": note}


async def about_another(turn: Turn, asked: Item) -> str:
    """Why nothing is done where somebody is named first whom it is not about; '' where nobody is."""
    note = normalise(asked["note"])
    people = await turn.store.members.of_branch(turn.speaker.branch_id)
    named = next((one for one in named_in(note, people) if one.start == 0), None)
    if named is None or named.name in asked["names"]:
        return ""
    if not asked["members"] and bare(note[named.end :]):  # a branch's own: somebody who did it
        return ""
    return NOT_ABOUT.format(
        no=asked["no"],
        title=asked["title"],
        when=when(turn, asked),
        names=names_of(asked["names"]),
        who=named.name,
    )


def _first_named(note: str, names: list[str]) -> int | None:
    fitting = [place for place, name in enumerate(names) if name and note.startswith(name)]
    return max(fitting, key=lambda place: len(names[place]), default=None)

"""The agenda: what a branch owes as numbered lines, and as the JSON by which a number finds its duty again."""

from datetime import date
from typing import Any

from handlers.owed import Late, Owed
from handlers.turn import Turn
from handlers.words import near_day, period, title
from scheduler.listing import listed
from scheduler.occurrences import settle_in
from scheduler.periods import NAME as PERIOD
from scheduler.policy import Owes, Proof, Who
from storage.records import RequestKind

OPEN = "要办的事共 {count} 件：\n{lines}"
NOTHING_OWED = "本支部现在没有到期要办的事。"
LINE = "{no}. {late}{title}（{due}）{names}。{how}"
LATE = "【逾期】"
BY_DAY = "{day}前"
TODAY = "今天截止"
WHEN = "{period}，{due}"
NAMES = "：{names}"
AND_MORE = "等 {count} 位"
HOW = "办理：{settle}"
BY_HAND = "办理：办结 {no} 说明"
BY_THEMSELVES = "由本人办理"
HOW_TO_SETTLE = "办完回复“办结 序号 说明”，确实不用办的回复“免办 序号 原因”。"
MORE = "还有 {count} 件，回复“更多”。"
NO_MORE = "没有更多了。"
BELOW = "下级逾期：\n{lines}"
BELOW_LINE = "{branch}：{count} 件（{titles}）"
LINES_A_PAGE = 12
NAMES_SHOWN = 4
TITLES_SHOWN = 3

Item = dict[str, Any]


def numbered_items(turn: Turn, owed: list[Owed], taken: set[int]) -> list[Item]:
    """Numbers from 1, without those that 通过 and 退回 know."""
    items: list[Item] = []
    number = 0
    for one in owed:
        number += 1
        while number in taken:
            number += 1
        member = one.names[0] if one.names else ""
        settle = settle_in(one.rule, one.period, turn.today).replace("{member}", member)
        own = {rung.who for rung in one.rule.rungs} == {Who.MEMBER}
        items.append(
            {
                "no": number,
                "rule": one.rule.name,
                "period": one.period,
                "due": one.due.isoformat(),
                "subjects": list(one.subjects),
                "names": list(one.names),
                "members": list(one.members),
                "title": title(turn, one.rule, one.period),
                "proof": str(one.rule.proof),
                "settle": "" if own else settle,
                "own": own and one.rule.owes is Owes.MEMBER,
            }
        )
    return items


async def without_cases(turn: Turn, owed: list[Owed]) -> list[Owed]:
    """A case that waits is listed with its evidence; it is not a second thing to do."""
    pending = await turn.store.requests.pending(turn.speaker.branch_id, RequestKind.CASE)
    about = {one.member_id for one in pending}
    kept = []
    for one in owed:
        if one.rule.proof is not Proof.CASE:
            kept.append(one)
            continue
        left = [place for place, number in enumerate(one.subjects) if number not in about]
        if left:
            subjects = tuple(one.subjects[place] for place in left)
            names = tuple(one.names[place] for place in left)
            members = tuple(one.members[place] for place in left)
            kept.append(Owed(one.rule, one.period, one.due, subjects, names, members))
    return kept


def page(turn: Turn, items: list[Item], first: int) -> tuple[str, int]:
    """A dozen lines from `first` on with what to say about them, and how many are shown by then."""
    if not items:
        return NOTHING_OWED, 0
    shown = items[first : first + LINES_A_PAGE]
    if not shown:
        return NO_MORE, first
    lines = "\n".join(_line(turn, one) for one in shown)
    upto = first + len(shown)
    left = len(items) - upto
    whole = OPEN.format(count=len(items), lines=lines) if first == 0 else lines
    return f"{whole}\n\n{MORE.format(count=left) if left else HOW_TO_SETTLE}", upto


def _line(turn: Turn, item: Item) -> str:
    due = date.fromisoformat(item["due"])
    is_late = due < turn.today
    how = BY_HAND.format(no=item["no"])
    if item["own"]:
        how = BY_THEMSELVES
    elif item["settle"]:
        how = HOW.format(settle=item["settle"])
    return LINE.format(
        no=item["no"],
        late=LATE if is_late else "",
        title=item["title"],
        due=_by(turn, due),
        names=names_of(item["names"]),
        how=how,
    )


def when(turn: Turn, item: Item) -> str:
    """'2026年第四季度，12月31日前'; what counts from an event has its day alone."""
    by = _by(turn, date.fromisoformat(item["due"]))
    named = PERIOD.fullmatch(item["period"])
    return WHEN.format(period=period(item["period"]), due=by) if named else by


def _by(turn: Turn, due: date) -> str:
    return TODAY if due == turn.today else BY_DAY.format(day=near_day(due, turn.today))


def names_of(names: list[str]) -> str:
    """'：张三、李四等 7 位', or nothing."""
    return NAMES.format(names=listed(names, NAMES_SHOWN, AND_MORE)) if names else ""


def below(late: list[Late]) -> list[str]:
    """The exceptions of the branches below: counts, and what they are about."""
    lines = [
        BELOW_LINE.format(
            branch=one.branch, count=one.count, titles="、".join(one.titles[:TITLES_SHOWN])
        )
        for one in late
    ]
    return [BELOW.format(lines="\n".join(lines))] if lines else []


def keeping(asked: Item, places: list[int]) -> Item:
    """The same of some of its subjects only."""
    lists = {name: asked[name] for name in ("subjects", "names", "members") if asked.get(name)}
    return {**asked, **{name: [some[place] for place in places] for name, some in lists.items()}}

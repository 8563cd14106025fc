"""Where a member is now: province, city, district and a date (FM-5). Coordinates never come this far."""

import re
from dataclasses import asdict

from handlers.choices import chosen, is_no, is_yes, numbered
from handlers.reading.dates import find_dates
from handlers.reading.places import FoundPlace, Place, describe, find_place, read_label
from handlers.reading.speech import (
    CONDITION,
    HEARSAY,
    LATER,
    QUESTION,
    WISH,
    Stance,
    about_others,
    stance,
)
from handlers.reading.words import bare, says_only, without
from handlers.topic import Heard, Topic, Undone
from handlers.turn import Ask, Done, Outcome, Say, Turn
from handlers.words import day
from storage.records import EntryKind, Purpose

RECORDED = (
    "已登记您现在的所在地：{place}（{day}）。\n只记到区县，记实档案第 {no} 条；不对请回复“撤销”。"
)
WHICH = "请问是哪一个？请回复序号：\n{choices}"
SURE = "要把您现在的所在地登记为 {place} 吗？是请回复“1”，不是请回复“2”。"
WHERE = "请告诉我您现在在哪里，例如：我到苏州工业园区了，或：位置 江苏省苏州市。"
PAGE = "\n也可以打开这个页面按一下：{page}"
NOT_FOUND = "没有看出是哪个省、市、区县，没有登记。请写全一些，例如：位置 江苏省苏州市昆山市。"
NO_LABEL = (
    "收到您发来的位置，但没有带地名，没有登记（坐标不会保存）。请直接写，例如：我到苏州工业园区了。"
)
SAME = "您今天已经登记过所在地：{place}，不用重复登记。"
NO_CONSENT = "您还没有同意登记所在地。愿意的话请回复“同意 所在地”，然后再发一次。"
NOT_DONE = {
    Stance.NEGATION: "好的，没有登记所在地。",
    Stance.FUTURE: "祝一路平安。到了以后再告诉我，例如：我到苏州了。出发前要报备请回复“外出”。",
    Stance.WISH: "好的，现在没有登记。确定外出后，出发前请回复“外出”报备。",
    Stance.OTHERS: "这里只登记您本人的所在地，没有登记。",
}
HOW = "您可以随时说：我到苏州工业园区了。只登记到区县，不保存坐标。"
NOT_RECORDED = "好的，没有登记。"
ENTRY = "报告所在地：{place}"
UNDONE = "已撤销所在地 {place}。"
STANDS = "现在登记的是：{place}。"
NONE_STANDS = "现在没有登记的所在地。"

WORDS = frozenset(
    "上周 上周就 上周末 前天 前几天 上个月 额 变了 位置变了 给您报备个位置 报备个位置 摆摊 跑单 卸货 一支部 一支部的 支部的 base 停 车停 驻点 搁 喺 而家 哩 这哈儿 阿拉 跟组织说一声 给组织报告一声 报告一声 向支部报备 向组织报备 报备 报备一下 说一声 过冬 报告下位置 报告位置 报下位置 人 在 到 到了 来到 抵达 到达 已到 已到达 已抵达 平安到达 已平安到达 已经 已 现在 目前 现 刚 刚刚 刚到 今天 昨天 住 住在 搬到 搬家到 搬来 换到 落脚 位置 位置是 我的位置"
    " 所在地 所在地是 当前位置 地址 坐标 定位 这边 这里 这儿 那边 了 来 上班 工作 打工 务工 做工 干活 上学 读书 实习 出差 做事 生活 是 于 平安 安全 已安全 顺利 放心 请放心"
    " 换地方了 换了地方 换地方 目前在 现在在 我现在 人已经 更新 一下位置 更新位置 我已经 了哈 那里 市区 市里 城里 正在 都好 一切都好 支部 和支部 落脚了 安顿 安顿好了 在这 这 居住 居住在 至 搬家至 搬至 变更 位置变更 新地址 新地址在 地址变更 报位置 是在 在的 这块 这一块 送外卖 跑外卖 开店 陪读 带孙子 带孩子 带娃 照顾孙子 做保姆 跑车 开出租 当保安 养老 随军 随军到 随迁 随迁到 换工地了 这回 这次 换了 目前居住 现居 现居住 现住 常住 暂住 落户 到这边 过来 过来了 到位 人呢 这会儿 眼下 如今 刚搬 已搬 已搬家 搬家 新 入住 进厂 厂里 学校 单位 公司".split()
)
LONGEST = 60
VERB = re.compile(r"[在到住搬换居搁喺停]|base|抵达|位置|所在地|地址|定位|坐标|落脚")
FINER = re.compile(
    r"^[\u4e00-\u9fff0-9a-z]{2,12}(?:路|街道|街|大道|巷|弄|镇|乡|村|社区|小区|园|工业区|产业园|科技园|大厦|广场|厂|公司|工地|学校|大学|车站|号|期|栋|楼)"
)
LEAVING = re.compile(
    r"我?(?:人)?(?:已经?|现在)?(?:不|没)在[^,。，]{1,12}了?|从[^,。，]{1,12}(?=搬|换|到|来)|离开了?[^,。，]{1,12}"
)
ARRIVAL = re.compile(r"到|搬|来")
NOW = re.compile(r"[搁喺]|现在|目前|人在|现居|我到|已到|到了|来到|搬到|我在|俺在|^在|^到")
PASSING = re.compile(
    r"[过的等见有时候路转玩逛游趟吃躺坐睡店摊馆铺面粉酒茶]|[车铁]站|朋友|亲戚|银行|大学"
)
LONGEST_DOING = 8
SOMETHING_ELSE = re.compile(
    "(?:公司|单位|学校|厂|厂里|总部|老家|家|工地|户口|房子|孩子)(?:都|也|就|还)?(?:在|搬|迁)"
)
SELF = re.compile(r"我|本人|俺|咱")
PAUSE = re.compile(r"[,，。;；!！~、:：]|(?<=[\u4e00-\u9fff]) (?=[\u4e00-\u9fff])")
COMPANION = re.compile(
    r"(?:和|跟|同|陪|随|带着?)(?:我)?(?:老伴|老婆|老公|爱人|妻子|丈夫|媳妇|女儿|闺女|儿子|孩子|孙子|孙女|外孙|家人|同学|工友|老乡|同事|朋友|父母|妹妹|弟弟|姐姐|哥哥)(?:们)?(?:一块儿?|一起|一道)?(?:住|生活)?"
)

topic = Topic("place", "我到苏州工业园区了")


def names_place(turn: Turn, text: str) -> bool:
    """Whether a sentence speaks of being somewhere."""
    del turn
    return len(text) <= LONGEST and find_place(text) is not None


@topic.is_whole
def is_place(turn: Turn, text: str) -> bool:
    """A line that says where its speaker is, and nothing else."""
    found = find_place(text)
    return found is not None and _is_plain(turn, text, found)


@topic.says("位置", "我的位置", "所在地", "定位", "报位置")
@topic.reads(names_place)
async def by_words(turn: Turn, heard: Heard) -> Outcome:
    """Record the place a sentence states, ask when it is unclear, and leave all else alone."""
    found = find_place(heard.text)
    if found is None:
        question = stance(heard.text)
        if says_only(heard.text, WORDS | {"报", "发"}):
            return Ask(WHERE + _page(turn), topic.name, {"where": True})
        return Say(HOW if question else NOT_FOUND)
    stated = stated_place(turn, heard.text)
    if stated is None:
        return _not_an_act(heard.text, found)
    return await _settle(turn, stated.candidates, "words")


async def by_message(turn: Turn) -> Outcome:
    """A location message: its label is read, its coordinates were dropped by the channel."""
    found = read_label(turn.text)
    if found is None:
        return Ask(NO_LABEL, topic.name, {"where": True})
    return await _settle(turn, found.candidates, "label")


@topic.answers
async def which(turn: Turn) -> Outcome | None:
    """A number from the list, yes, or the place itself."""
    state = turn.dialog.state if turn.dialog else {}
    if state.get("where"):
        found = find_place(turn.text) or read_label(turn.text)
        plain = found and says_only(without(turn.text, [(found.start, found.end)]), WORDS)
        return await _settle(turn, found.candidates, "words") if found and plain else None
    places = [Place(**one) for one in state["places"]]
    if len(places) == 1:
        if is_yes(turn.text):
            return await _record(turn, places[0], state["source"])
        return Done(NOT_RECORDED) if is_no(turn.text) else None
    number = chosen(turn.text, len(places))
    if number is not None:
        return await _record(turn, places[number], state["source"])
    named = find_place(turn.text)
    fitting = [one for one in places if named and one in named.candidates]
    parent = bare(turn.text).removesuffix("那个").removesuffix("的")
    named_parent = [one for one in places if parent and parent in describe(one)]
    best = fitting if len(fitting) == 1 else named_parent
    return await _record(turn, best[0], state["source"]) if len(best) == 1 else None


@topic.undoes
async def undo(turn: Turn, reference: str) -> Undone:
    """Take the report back; the ledger gains a correction."""
    number, no = map(int, reference.split("/"))
    mine = await turn.store.places.of_member(turn.speaker.id)
    found = next(row for row in mine if row["id"] == number)
    place = describe(_place(found))
    await turn.store.places.withdraw(number, turn.now)
    await turn.store.ledger.append(
        found["branch_id"],
        turn.speaker.id,
        EntryKind.CORRECTION,
        turn.today,
        f"撤销第 {no} 条：报告所在地",
        by=turn.by.id,
        at=turn.now,
        corrects=no,
    )
    now = next((row for row in mine if row["id"] != number), None)
    rest = STANDS.format(place=describe(_place(now))) if now else NONE_STANDS
    return Undone(f"{UNDONE.format(place=place)}{rest}")


def _page(turn: Turn) -> str:
    """Where a platform offers it: the page with one button."""
    page = turn.house.place_pages.get(turn.channel)
    return PAGE.format(page=page) if page else ""


def stated_place(turn: Turn, text: str) -> FoundPlace | None:
    """The place where a sentence plainly says the speaker is, or None."""
    if "?" in text or HEARSAY.search(text) or CONDITION.search(text):
        return None
    whole = find_place(text)
    if whole is not None and _is_plain(turn, text, whole):
        return whole
    parts = [part for part in PAUSE.split(text) if part.strip()]
    stated, others_before = [], False
    for part in parts:
        found = find_place(part)
        if found is None or LEAVING.fullmatch(part.strip()):
            others_before = others_before or about_others(part)
            if not (says_only(part, WORDS) or _is_colour(part)):
                return None
        elif _is_plain(turn, part, found) and (not others_before or SELF.search(part)):
            stated.append(found)
        else:
            return None
    return stated[0] if len(stated) == 1 else None


def _is_plain(turn: Turn, clause: str, found: FoundPlace) -> bool:
    """Whether a clause says that the speaker is at this place, and nothing else."""
    before = SELF.sub("", COMPANION.sub("", clause[: found.start])).strip()
    if about_others(before) or SOMETHING_ELSE.search(before):
        return False
    spans, days = [(found.start, found.end)], find_dates(clause, turn.today)
    if any(one.day < turn.today for one in days) and not ARRIVAL.search(clause):
        return False
    spans += [(one.start, one.end) for one in days if one.day <= turn.today]
    finer = FINER.match(clause[found.end :])
    if finer:
        spans.append((found.end, found.end + finer.end()))
    left = LEAVING.search(clause[: found.start])
    if left:
        spans.append(left.span())
    rest = COMPANION.sub("", without(clause, spans))
    if not VERB.search(clause):
        return False
    return says_only(rest, WORDS) or _busy_there(turn, clause, found)


def _busy_there(turn: Turn, clause: str, found: FoundPlace) -> bool:
    """现在在 a place, doing something short: the doing is colour, the place is stated."""
    del turn
    before, after = clause[: found.start], bare(clause[found.end :])
    return (
        bool(NOW.search(before))
        and says_only(before, WORDS)
        and len(after) <= LONGEST_DOING
        and _is_colour(after)
        and not PASSING.search(after)
    )


def _is_colour(clause: str) -> bool:
    """Whether a clause beside the place leaves it standing; family and the like may be named."""
    doubts = (QUESTION, HEARSAY, CONDITION, LATER, WISH)
    denies = re.search(r"不是|没到|还没|别|误|错|骗|玩笑|测试|取消", clause)
    return not denies and not any(pattern.search(clause) for pattern in doubts)


def _not_an_act(text: str, found: FoundPlace) -> Outcome:
    reason = stance(text)
    if reason in NOT_DONE:
        return Say(NOT_DONE[reason])
    if reason is not None or len(found.candidates) > 1:
        return Say(HOW)
    place = found.candidates[0]
    state = {"places": [asdict(place)], "source": "words"}
    return Ask(SURE.format(place=describe(place)), topic.name, state)


async def _settle(turn: Turn, places: tuple[Place, ...], source: str) -> Outcome:
    if len(places) == 1:
        return await _record(turn, places[0], source)
    choices = numbered([describe(place) for place in places])
    state = {"places": [asdict(place) for place in places], "source": source}
    return Ask(WHICH.format(choices=choices), topic.name, state)


async def _record(turn: Turn, place: Place, source: str) -> Outcome:
    member = turn.speaker
    if not member.agrees(Purpose.PLACE) and (
        turn.actor is None or await turn.store.members.was_asked(member.id)
    ):
        return Done(NO_CONSENT)
    before = await turn.store.places.of_member(member.id)
    if before and before[0]["reported_on"] == turn.today and _place(before[0]) == place:
        return Done(SAME.format(place=describe(place)))
    number = await turn.store.places.report(
        member.id,
        member.branch_id,
        province=place.province,
        city=place.city or place.province,
        district=place.district,
        code=place.code,
        source=source,
        on=turn.today,
        at=turn.now,
    )
    no = await turn.store.ledger.append(
        member.branch_id,
        member.id,
        EntryKind.PLACE,
        turn.today,
        ENTRY.format(place=describe(place)) + turn.proxy_mark,
        by=turn.by.id,
        at=turn.now,
    )
    answer = RECORDED.format(place=describe(place), day=day(turn.today), no=no)
    return Done(answer, effect=f"place:{number}/{no}")


def _place(row: dict[str, str]) -> Place:
    return Place(row["province"], row["city"], row["district"] or "", row["code"] or "")

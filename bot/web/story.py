"""What the sample people said in half a year, as scenes on a calendar that ends today. Pure."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from bot.web.people import MEMBER, OFFICER, PEOPLE, SECOND, SECRETARY, Person, of_branch
from scheduler.calendar import Calendar, day_in_words, months_later

OPENS = time(8, 50)
STARTS, ENDS = time(9), time(11)
DAY = 5
MONTHS = 6
MONTHS_TOLD = 9
PLANNED_AHEAD = 3
ANNOUNCED = timedelta(days=7)
DAY_LONG = timedelta(days=1)
REMINDS = time(9, 1)
FORM_FILED = timedelta(days=2, hours=7)
IMAGE = "[图片]"
GROUP = ""

Line = tuple[str, str]
Told = Iterator[tuple[date, time, tuple[Line, ...]]]


@dataclass(frozen=True, slots=True)
class Planned:
    """One activity of the year plan, held by both branches."""

    on: date
    topic: str
    categories: str
    place: str
    mode: str
    code: str


@dataclass(frozen=True, slots=True)
class Scene:
    """Lines (user id, words) said at one moment; a name in braces stands for what only the records know."""

    at: datetime
    lines: tuple[Line, ...]


TOPICS = (
    ("学习党章总纲", "学习教育", "一楼会议室", "现场+线上", "2046"),
    ("清扫江滨步道", "为民服务", "江滨步道东口", "现场", "7315"),
    ("重温入党誓词", "学习教育、党课", "一楼会议室", "现场+线上", "5582"),
    ("参观水利陈列馆", "学习教育", "陈列馆正门", "现场+线上", "1907"),
    ("助学金怎么用，大家议一议", "民主议事", "一楼会议室", "现场+线上", "6634"),
    ("党课：在外也是先锋", "党课", "一楼会议室", "现场+线上", "3371"),
    ("主题党日：学习与交流", "学习教育", "一楼会议室", "现场+线上", "4271"),
    ("组织生活会", "组织生活会", "一楼会议室", "现场+线上", "8058"),
    ("民主评议党员", "民主评议", "一楼会议室", "现场", "1126"),
    ("新年第一课", "学习教育", "一楼会议室", "现场+线上", "9460"),
)
STUDY = (
    "学了总纲，身在外地也要记得自己是党员",
    "",
    "对着镜头重温誓词，想起刚入党那天",
    "看了直播讲解，老一辈治水不容易",
    "同意先补贴路费，名单要公示",
    "在外面多帮工友，就是当先锋",
)
GOING = {
    MEMBER: ("外出", "打工", "今天", "江苏省苏州市虎丘区", "某电子厂", "跳过", "跳过", "1"),
    "zhengshi": ("外出", "工作", "今天", "广东省深圳市南山区", "某软件公司", "跳过", "跳过", "1"),
}
REPORT = (
    "思想汇报",
    "这个季度我在苏州一家电子厂做设备维护，班组里有两名党员，平时互相提醒。",
    "前阵子连着加班，组织生活参加得不够及时，以后提前和班长调班。",
    "下一步想把厂里的几位同乡组织起来，每月一起学习一次。",
    "完成",
)
SECOND_REPORT = (
    "思想汇报",
    "本季度主要精力放在带新同事上，也坚持听了支部的两次线上课。",
    "感到理论学习还不够系统，打算每周读一篇，做好笔记。",
    "完成",
)
HERE = (OFFICER, "wangwu", "zhaoliu", "sunqi", "wujiu", "qianduoduo", "wangxiaoman", SECRETARY)
AWAY = (MEMBER, "zhengshi")
MISSED = {(0, "sunqi"), (1, "wujiu"), (3, OFFICER), (4, "wujiu"), (5, "wangwu")}
LATE_PAYERS = ("wangwu", "zhaoliu", "zhouba")

COUNTS = "{day}活动：应到 {expected} 人，现场 {present} 人，线上 {remote} 人，请假 {leave} 人。谢谢大家。"
INVITATION = "活动通知：{day} 09:00，{place}，{mode}。签到、请假请在应用里回复，不用在群里接龙。"
PAY = "请在月底前登记本月交费，不清楚怎么写请在应用里回复“帮助”。目前已登记 {paid} 人。"


def month_before(today: date, count: int, day: int = DAY) -> date:
    """A day of the month that lies `count` months before today's; after it when negative."""
    months = today.year * 12 + today.month - 1 - count
    return date(months // 12, months % 12 + 1, day)


def year_plan(today: date) -> list[Planned]:
    """Six activities on the 5th of the months before, one today, one soon, and one a month after it."""
    days = [month_before(today, count) for count in range(MONTHS, 0, -1)]
    soon = announced_next(today)
    days += [today, *(months_later(soon, count) for count in range(PLANNED_AHEAD))]
    return [Planned(day, *topic) for day, topic in zip(days, TOPICS, strict=True)]


def announced_next(today: date) -> date:
    """The day of the next activity, chosen so that its notice goes out this morning or soon after."""
    calendar, day = Calendar(), today + ANNOUNCED
    while calendar.last_workday_on_or_before(day - ANNOUNCED, today - ANNOUNCED) < today:
        day += DAY_LONG
    return day


def mornings(today: date, zone: ZoneInfo) -> list[datetime]:
    """When the bot reminded people in the week before: at its beginning, on Monday and yesterday."""
    yesterday = today - DAY_LONG
    days = {today - ANNOUNCED, yesterday - yesterday.weekday() * DAY_LONG, yesterday}
    return [datetime.combine(day, REMINDS, zone) for day in sorted(days)]


def scenes(today: date, zone: ZoneInfo) -> list[Scene]:
    """Everything that was said before today's activity, in order."""
    told = [*_monthly(today), *_once(today), *_lately(today)]
    found = [Scene(datetime.combine(on, at, zone), lines) for on, at, lines in told if lines]
    return sorted(found, key=lambda scene: scene.at)


def _monthly(today: date) -> Told:
    """What comes back every month: the notice, the activity and its dues."""
    for place, planned in enumerate(year_plan(today)[:MONTHS]):
        on = planned.on
        yield on - timedelta(days=3), time(18), ((GROUP, _invitation(planned)),)
        yield from _activity(place, planned)
        yield on, time(11, 40), ((GROUP, COUNTS),)
        yield from _dues(on, last=place == MONTHS - 1)


def _activity(place: int, planned: Planned) -> Told:
    """Who came, in a changing order; some with the code on the wall, some from afar, one late."""
    here = [user for user in HERE if (place, user) not in MISSED]
    early, punctual = here[place % 3 :: 2], here[(place + 1) % 2 :: 3]
    far = () if planned.mode == "现场" else AWAY[: 1 + place % 2]
    on = planned.on
    yield on, time(8, 51), tuple((user, "签到") for user in early)
    yield on, time(8, 55), tuple((one.user, "签到") for one in of_branch(SECOND)[place % 2 :])
    rest = [user for user in here if user not in early]
    by_code = f"签到 {planned.code}"
    yield on, time(8, 57), tuple((user, by_code) for user in rest if user in punctual)
    yield on, time(9), tuple((user, "签到") for user in rest if user not in punctual)
    yield on, time(9, 2), ((SECRETARY, "代录 李大山 签到"),) if place % 3 else ()
    yield on, time(9, 4), tuple((user, f"远程签到 {STUDY[place]}") for user in far)
    yield on, time(9, 16), (("zhouba", "签到"),) if place % 4 else ()


def _dues(on: date, *, last: bool) -> Told:
    """Declared on the 6th, confirmed on the 8th; in the last month some have not paid yet."""
    late = {*AWAY, *LATE_PAYERS} if last else set()
    paid = [one for one in PEOPLE if one.user and one.yuan and one.user not in late]
    evening, for_old_li = time(20, 10), f"代录 李大山 {paid_line(on, PEOPLE[3])}"
    yield on + timedelta(days=1), evening, tuple((one.user, paid_line(on, one)) for one in paid)
    yield on + timedelta(days=1), time(20, 12), (("sunqi", IMAGE), (SECRETARY, for_old_li))
    yield on + timedelta(days=3), time(19, 30), ((SECRETARY, "全部通过 党费"),)
    yield on.replace(day=20), time(10), () if last else ((GROUP, PAY),)


def _once(today: date) -> Told:
    """What happened once: going away, a thought report, a leave, a suggestion."""
    for user, before in ((MEMBER, 8), ("zhengshi", 4)):
        yield month_before(today, before, 1), time(19), tuple((user, said) for said in GOING[user])
    yield month_before(today, 8, 3), time(19, 20), ((MEMBER, "我到苏州市虎丘区了"),)
    yield month_before(today, 4, 3), time(8, 30), (("zhengshi", "我到深圳市南山区了"),)
    suggested = month_before(today, 5, 14)
    yield suggested, time(12, 30), ((OFFICER, "意见 活动最好提前一周通知"),)
    yield suggested, time(13), ((SECRETARY, "通过 {suggestion} 好的，尽量提前一周"),)
    written = month_before(today, 3, 26)
    yield written, time(21), tuple((MEMBER, part) for part in REPORT)
    yield written + timedelta(days=1), time(9, 10), ((SECRETARY, "通过 {report}"),)
    yield written + timedelta(days=1), time(12, 5), ((MEMBER, "确认 {entry}"),)
    yield month_before(today, 2, 4), time(20, 15), (("wujiu", "请假 孩子发烧"),)
    yield month_before(today, 2, 4), time(20, 40), ((SECRETARY, "通过 {leave}"),)


def _lately(today: date) -> Told:
    """What waits for the secretary this morning, and who is there already."""
    last = month_before(today, 1)
    late = [one for one in PEOPLE if one.user in LATE_PAYERS]
    yield (
        today - timedelta(days=3),
        time(19, 45),
        tuple((one.user, paid_line(last, one)) for one in late),
    )
    yield (
        today - timedelta(days=2),
        time(20, 30),
        tuple(("zhaoliu", part) for part in SECOND_REPORT),
    )
    yield today - timedelta(days=1), time(12, 15), (("zhengshi", "求助 想问孩子转学的手续"),)
    yield today - timedelta(days=1), time(21, 5), (("wujiu", "请假 要陪老人去医院"),)
    yield today, time(8, 36), ((OFFICER, "签到"), (SECRETARY, "签到"), ("weisan", "签到"))
    yield today, time(8, 44), (("qianduoduo", "签到"), ("wangxiaoman", "签到 4271"))


def paid_line(on: date, person: Person) -> str:
    """What somebody says who paid this month's dues."""
    return f"党费 {on.month}月 {person.yuan}元"


def _invitation(planned: Planned) -> str:
    day = day_in_words(planned.on)
    return INVITATION.format(day=day, place=planned.place, mode=planned.mode)

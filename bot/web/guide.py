"""两分钟看懂: eight steps for a newcomer, each ticked off by what is on record, with what to do next. Pure."""

import re
from dataclasses import dataclass

from bot.web.looks import DINGTALK

NOTICE = "收到活动通知"
WAIT_FOR_NOTICE = "把时钟拨到通知发出的那天早上。"
LEAVE = "请假"
ASK_FOR_LEAVE = "在党员手机上发出这句话，也可以点通知卡片上的按钮。"
LEAVE_LINE = "请假 {day} 孩子发烧"
CHECK_IN = "签到"
GO_THERE = "把时钟拨到下次活动开始前 10 分钟。"
SAY_HERE = "签到已经开放，在党员手机上发出“签到”；请了假又来的，请假自动取消。"
CHECK_IN_LINE = "签到"
FROM_AFAR = "签到已经开放，张三在外地，远程签到并写一句体会；请了假又来的，请假自动取消。"
FROM_AFAR_LINE = "远程签到 学习很有收获"
ELSEWHERE = "换到钉钉"
SAY_ELSEWHERE = "同一个人在钉钉上说一句：记录是同一份。手机右上角随时可以换。"
ELSEWHERE_LINE = "我的记录"
FORM = "记录表"
GO_TO_THE_END = "把时钟拨到活动结束以后。"
ASK_FOR_FORM = "在书记手机上要一份填好的记录表（Word 文件）。"
FORM_LINE = "记录表"
TELL_CONTENT = "写一句活动内容，会填进记录表。"
CONTENT_LINE = "学习了党章总纲，在外党员线上交流了体会"
SAY_FILED = "打印、签字、报出以后，告诉它一声。"
FILED_LINE = "已上报"
REMINDER = "季度联系提醒"
WAIT_FOR_REMINDER = "把时钟拨到提醒书记联系在外党员的那天。"
CONTACT = "联系"
SAY_CONTACT = "打过电话以后，在书记手机上说一句。"
CONTACT_LINE = "联系 张三 通了，在苏州上班，身体都好"
SETTLED = "办结"
SHOW_WHAT_IS_OWED = "在书记手机上看看还有什么要办；联系过的已经不在里面。"
AGENDA_LINE = "待办"
SAY_SETTLED = "挑一件办完的，回复“办结 序号 说明”。"
SETTLED_LINE = "办结 {no} 已在支部会上完成"
SAY_SURE = "它要再问一次才办结；回复“确认”。"
SURE_LINE = "确认"
ASKS_TO_BE_SURE = "办结请回复“确认”"
SETTLES = re.compile("办结 ([0-9]+) 说明")


@dataclass(frozen=True, slots=True)
class Step:
    """One line of the list. `hint` says what its button does: `to` moves the clock, else a line is filled in.

    `look` is the app to which the phone changes before.
    """

    title: str
    done: bool
    hint: str
    to: str = ""
    phone: str = ""
    text: str = ""
    look: str = ""


@dataclass(frozen=True, slots=True)
class OnRecord:
    """What has happened since the demo began, where it stands now, and what the secretary read last.

    `coming` is the day of the next activity, as people say it; `over`: one waits for its form.
    """

    invited: bool = False
    on_leave: bool = False
    checked_in: bool = False
    elsewhere: bool = False
    filed: bool = False
    reminded: bool = False
    in_touch: bool = False
    settled: bool = False
    coming: str = ""
    can_check_in: bool = False
    from_afar: bool = False
    over: bool = False
    has_form: bool = False
    asks_content: bool = False
    read: str = ""


def steps(found: OnRecord) -> list[Step]:
    """The whole list, in the order of a quarter."""
    return [
        Step(NOTICE, found.invited, WAIT_FOR_NOTICE, to="invitation"),
        _leave(found),
        _check_in(found),
        _elsewhere(found),
        _form(found),
        Step(REMINDER, found.reminded, WAIT_FOR_REMINDER, to="contact"),
        Step(CONTACT, found.in_touch, SAY_CONTACT, phone="secretary", text=CONTACT_LINE),
        _settling(found),
    ]


def _leave(found: OnRecord) -> Step:
    line = LEAVE_LINE.format(day=found.coming) if found.coming else LEAVE
    return Step(LEAVE, found.on_leave, ASK_FOR_LEAVE, phone="member", text=line)


def _check_in(found: OnRecord) -> Step:
    if found.can_check_in and found.from_afar:
        return Step(CHECK_IN, found.checked_in, FROM_AFAR, phone="member", text=FROM_AFAR_LINE)
    if found.can_check_in:
        return Step(CHECK_IN, found.checked_in, SAY_HERE, phone="member", text=CHECK_IN_LINE)
    return Step(CHECK_IN, found.checked_in, GO_THERE, to="activity")


def _elsewhere(found: OnRecord) -> Step:
    line, hint = ELSEWHERE_LINE, SAY_ELSEWHERE
    return Step(ELSEWHERE, found.elsewhere, hint, phone="member", text=line, look=DINGTALK)


def _form(found: OnRecord) -> Step:
    if found.asks_content:
        return Step(FORM, found.filed, TELL_CONTENT, phone="secretary", text=CONTENT_LINE)
    if not found.over:
        return Step(FORM, found.filed, GO_TO_THE_END, to="closed")
    if not found.has_form:
        return Step(FORM, found.filed, ASK_FOR_FORM, phone="secretary", text=FORM_LINE)
    return Step(FORM, found.filed, SAY_FILED, phone="secretary", text=FILED_LINE)


def _settling(found: OnRecord) -> Step:
    if ASKS_TO_BE_SURE in found.read:
        return Step(SETTLED, found.settled, SAY_SURE, phone="secretary", text=SURE_LINE)
    numbers = SETTLES.findall(found.read)
    if not numbers:
        return Step(SETTLED, found.settled, SHOW_WHAT_IS_OWED, phone="secretary", text=AGENDA_LINE)
    line = SETTLED_LINE.format(no=numbers[0])
    return Step(SETTLED, found.settled, SAY_SETTLED, phone="secretary", text=line)

"""`shuanglian check`: configuration, database, calendar, policy, what failed; and what to do."""

import re
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime

from bot.app import open_database
from bot.channels.dingtalk import CARDS_PATH, EVENTS_PATH, PAGE_PATH
from bot.quotas import Quota, quotas
from bot.settings import Settings
from scheduler.calendar import unpublished_years
from scheduler.occurrences import Occurrence, coming
from scheduler.policy import At
from scheduler.rules import Rules
from storage import schema
from storage.database import Database, DatabaseError, NotPrepared, Row
from storage.encryption import Unreadable
from storage.inbox import Inbox
from storage.letters import State
from storage.outbox import Outbox
from storage.usage import Usage

HORIZON_DAYS = 90
SETTINGS, CHANNELS, CALLBACK, DATABASE, KEYS, CALENDAR, RULES_USED, SENDING, SOON = (
    "配置",
    "渠道",
    "回调地址",
    "数据库",
    "密钥",
    "日历",
    "制度",
    "发送",
    f"今后 {HORIZON_DAYS} 天",
)
IDENTITY = "{name}，时区 {timezone}"
NO_APP = "没有配置任何应用，请在 [wecom.名称] 或 [dingtalk.名称] 一节填写"
FORMAT_GOOD = "格式正确"
BAD_CORP_ID = "corp_id 一般以 ww 开头，请从企业微信后台“我的企业”复制"
NOT_FILLED = "secret 还没有填，请从企业微信后台该应用的页面复制"
SCHEMA_GOOD = "结构是最新的"
DING_NOT_FILLED = "client_secret 还没有填，请从钉钉开发者后台该应用的“凭证与基础信息”复制"
NOT_CONNECTED = "连不上（{error}），请检查 database.url"
KEYS_GOOD = "能打开已有的数据"
KEYS_BAD = "privacy.keys 打不开已有的数据，请把旧密钥也列上"
NOT_HANDLED = "{received_at} 的消息 {message_id} 处理失败：{error}"
HOLIDAYS_KNOWN = "已公布的放假安排够用"
HOLIDAYS_UNKNOWN = "{years} 年的放假安排还没有公布，相关日期为暂定"
POLICY = "{name}，共 {count} 条"
OTHER_DAY = (
    "{name}，共 {count} 条；活动日是每月 {day} 日，文件写的是 {named} 日，本单位另定的不用改"
)
COMING = "{count} 项到期\n{lines}"
OCCURRENCE = "  {due} {clause} {title}{branch}{provisional}"
BRANCH = "（{name}）"
PROVISIONAL = "（暂定）"
SECRET = re.compile(r"[\x21-\x7e]{6,}")
NOT_SENT = "{created_at} 发给 {to} 的消息 {id} 没有发出：{error}；改好后重发 shuanglian messages resend {id}，不用再发 shuanglian messages drop {id}"
MORE_DEAD = "共有 {amount} 条消息没有发出，这里只列最近的；全部见 shuanglian export messages"
HELD_UP = "消息 {id} 等着再发：{error}"
QUOTA = "本月已调用接口 {calls}/{monthly_calls} 次，收发消息 {pushes}/{monthly_pushes} 条"
QUOTA_LOW = "{used}，已用 {percent}%，用完后当月收发不了消息，请到钉钉管理后台购买或减少提醒"
QUOTA_OVER = "{used}；平台说额度已经用完，请到钉钉管理后台购买，或等到下月"
NO_PUBLIC_URL = "HTTP 方式要有对外的网址，请填 server.public_url，并在钉钉后台填写回调地址"
NO_CORP_ID = "格式正确；建议填上 corp_id，用来核对消息是本单位的"
STREAM = "格式正确；Stream 方式，不需要公网地址"
BAD_CLIENT_ID = (
    "client_id 一般以 ding 开头，后面是字母和数字，请从钉钉开发者后台“凭证与基础信息”复制"
)
CLIENT_ID = re.compile(r"[0-9A-Za-z]{6,64}")
CORP_ID = re.compile(r"(?:ww|wx|wl)[0-9A-Za-z]{4,30}")


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing looked at: its name, whether it holds, and the words for the operator."""

    name: str
    good: bool
    text: str


async def findings(settings: Settings, rules: Rules, now: datetime) -> AsyncIterator[Finding]:
    """Everything worth knowing before `serve`."""
    today = rules.local(now).date()
    own = settings.organisation
    identity = IDENTITY.format(name=own.name, timezone=own.timezone)
    yield Finding(SETTINGS, good=True, text=identity)
    for finding in _channels(settings):
        yield finding
    database = open_database(settings)
    try:
        async for finding in _database(database, settings, now):
            yield finding
    finally:
        await database.close()
    yield _calendar(rules, today)
    yield _policy(rules)
    yield _coming(rules, today)


def _calendar(rules: Rules, today: date) -> Finding:
    years = unpublished_years(today, rules.calendar)
    unknown = HOLIDAYS_UNKNOWN.format(years="、".join(map(str, years)))
    return Finding(CALENDAR, good=True, text=unknown if years else HOLIDAYS_KNOWN)


def _policy(rules: Rules) -> Finding:
    policy = rules.policy
    named, day = policy.activity_days, policy.activity_day
    words = OTHER_DAY if named and day not in named else POLICY
    text = words.format(
        name=policy.name, count=len(policy.rules), day=day, named="、".join(map(str, named))
    )
    return Finding(RULES_USED, good=True, text=text)


def _coming(rules: Rules, today: date) -> Finding:
    found = [(one, "") for one in coming(rules.policy, rules.calendar, today, HORIZON_DAYS)]
    for name, day in rules.named_days.items():
        own = replace(rules.policy, activity_day=day)
        found += [
            (one, BRANCH.format(name=name))
            for one in coming(own, rules.calendar, today, HORIZON_DAYS)
            if _is_on_activity_day(one, rules) and day != rules.activity_day
        ]
    lines = "\n".join(
        OCCURRENCE.format(
            due=one.due,
            clause=one.clause,
            title=one.title,
            branch=branch,
            provisional=PROVISIONAL if _is_provisional(one, rules) else "",
        )
        for one, branch in sorted(found, key=lambda pair: pair[0].due)
    )
    text = COMING.format(count=len(found), lines=lines)
    return Finding(SOON, good=True, text=text)


def _is_provisional(found: Occurrence, rules: Rules) -> bool:
    """Whether a notice still to come may move the day."""
    return _is_on_activity_day(found, rules) and rules.calendar.provisional(found.due.year)


def _is_on_activity_day(found: Occurrence, rules: Rules) -> bool:
    return rules.policy.rule(found.rule).due.at is At.ACTIVITY_DAY


def _channels(settings: Settings) -> list[Finding]:
    if not settings.wecom and not settings.dingtalk:
        return [Finding(CHANNELS, good=False, text=NO_APP)]
    found = [one for name in settings.dingtalk for one in _robot(settings, name)]
    for name, app in settings.wecom.items():
        good = bool(CORP_ID.fullmatch(app.corp_id))
        text = FORMAT_GOOD if good else BAD_CORP_ID
        if not SECRET.fullmatch(app.secret.get_secret_value()):
            good, text = False, NOT_FILLED
        found.append(Finding(f"wecom.{name}", good, text))
        if settings.server.public_url:
            address = f"{settings.server.public_url}/wecom/{name}"
            found.append(Finding(CALLBACK, good=True, text=address))
    return found


def _robot(settings: Settings, name: str) -> list[Finding]:
    """One robot's credentials by their looks, and its addresses."""
    section, public = settings.dingtalk[name], settings.server.public_url
    if not SECRET.fullmatch(section.client_secret.get_secret_value()):
        return [Finding(f"dingtalk.{name}", good=False, text=DING_NOT_FILLED)]
    is_http = section.mode == "http"
    text = (FORMAT_GOOD if section.corp_id else NO_CORP_ID) if is_http else STREAM
    good = not is_http or public is not None
    if not CLIENT_ID.fullmatch(section.client_id):
        good, text = False, BAD_CLIENT_ID
    elif not good:
        text = NO_PUBLIC_URL
    found = [Finding(f"dingtalk.{name}", good=good, text=text)]
    paths = {
        "": is_http,
        CARDS_PATH: is_http and section.card_template is not None,
        EVENTS_PATH: section.event_token is not None,
        PAGE_PATH: section.corp_id is not None and section.agent_id is not None,
    }
    if public is not None:
        addresses = [
            f"{public}/dingtalk/{name}{path}" for path, is_served in paths.items() if is_served
        ]
        found += [Finding(CALLBACK, good=True, text=address) for address in addresses]
    return found


def _quota(found: Quota) -> Finding:
    used = QUOTA.format(
        calls=found.calls,
        monthly_calls=found.monthly_calls,
        pushes=found.pushes,
        monthly_pushes=found.monthly_pushes,
    )
    if found.is_over:
        used = QUOTA_OVER.format(used=used)
    elif found.is_low:
        used = QUOTA_LOW.format(used=used, percent=found.percent)
    return Finding(found.channel, good=not found.is_low, text=used)


async def _database(
    database: Database, settings: Settings, now: datetime
) -> AsyncIterator[Finding]:
    try:
        await schema.require_current(database)
    except schema.OldSchema as error:
        yield Finding(DATABASE, good=False, text=str(error))
        return
    except (DatabaseError, OSError) as error:
        text = NOT_CONNECTED.format(error=type(error).__name__)
        yield Finding(DATABASE, good=False, text=text)
        return
    yield Finding(DATABASE, good=True, text=SCHEMA_GOOD)
    try:
        async with database.reading() as unit:
            failures = await Inbox(unit).failures()
            dead, held_up = await Outbox(unit).dead(), await Outbox(unit).held_up()
            amount = (await Outbox(unit).states()).get(State.FAILED, 0)
            used = await Usage(unit).of(now)
    except (Unreadable, NotPrepared):
        yield Finding(KEYS, good=False, text=KEYS_BAD)
        return
    yield Finding(KEYS, good=True, text=KEYS_GOOD)
    for one in failures:
        yield Finding(str(one["channel"]), good=False, text=NOT_HANDLED.format(**one))
    for finding in (*map(_quota, quotas(settings, used)), *_outbox(dead, held_up, amount)):
        yield finding


def _outbox(dead: Sequence[Row], held_up: Sequence[Row], amount: int) -> list[Finding]:
    """The newest dead letters, and what holds the others up; each reason once."""
    found = [
        Finding(one["channel"], good=False, text=NOT_SENT.format(**one, to=one["recipient"]))
        for one in dead
    ]
    if amount > len(dead):
        found.append(Finding(SENDING, good=False, text=MORE_DEAD.format(amount=amount)))
    reasons = {(one["channel"], one["error"]): one for one in held_up}
    found += [
        Finding(one["channel"], good=False, text=HELD_UP.format(**one)) for one in reasons.values()
    ]
    return found

"""`shuanglian roster import` and `plan import`: all or nothing, and what came of it."""

from collections.abc import Awaitable, Callable
from contextlib import suppress
from datetime import datetime
from pathlib import Path

import click

from bot.app import Clock
from bot.channels.dingtalk import scope_of as dingtalk_scope
from bot.channels.wecom import scope_of as wecom_scope
from bot.settings import Settings
from bot.terminal import fail, opened, run, settings_of
from handlers.documents.roster import Accounts, Summary
from storage.audit import OPERATOR
from storage.records import Account
from storage.store import Store

UNUSED = "没有用到的列：{columns}"
REFUSED = "有 {count} 处问题，一行也没有写入，请改正后重新导入"
EMPTY = "表里一行也没有填，请填好第一页再导入。"
COUNTS = "{verb}新增 {added} 条，{verb}变更 {changed} 条，未变 {same} 条。"
DONE, WOULD_DO = "已", "将"
NOTE = "提醒：{note}"
ADDED = "新增：{names}"
CHANGED = "变更：{names}"
SEVERAL_CORPS = "wecom：配置了几个企业，名册里的企业微信账号无法区分，请分开配置导入"
SEVERAL_ROBOTS = "dingtalk：几个机器人的 corp_id 不同或没有填，名册里的钉钉账号无法区分，请都填上同一个 corp_id，或分开配置导入"
LONGEST_TARGET = 100

Take = Callable[[Store, Settings, datetime], Awaitable[Summary]]


class NotTaken(Exception):
    """An import that must leave nothing behind."""


def take_over(config: Path, take: Take, target: str, *, dry_run: bool) -> None:
    """Write what `take` reads, unless a row is bad or it is only tried; then say what was done."""
    settings = settings_of(config)

    async def taken() -> Summary:
        async with opened(settings) as database:
            summary = Summary()
            with suppress(NotTaken):
                async with database.unit() as unit:
                    store, now = Store(unit), Clock().now()
                    summary = await take(store, settings, now)
                    if summary.problems or dry_run:
                        raise NotTaken
                    await store.audit.append(now, OPERATOR, "import", target[:LONGEST_TARGET])
                    await store.finish()
            return summary

    _report(run(taken()), dry_run=dry_run)


def accounts_of(settings: Settings) -> Accounts:
    """What an account column's ids are as accounts; several corps need an unambiguous roster."""
    corps = {app.corp_id for app in settings.wecom.values()}
    if len(corps) > 1:
        fail(SEVERAL_CORPS)
    robots = {dingtalk_scope(one.corp_id, one.client_id) for one in settings.dingtalk.values()}
    if len(robots) > 1:
        fail(SEVERAL_ROBOTS)
    found: dict[str, Callable[[str], Account]] = {}
    if corps:
        scope = wecom_scope(next(iter(corps)))
        found["企业微信账号"] = lambda user: Account(scope, user.lower())
    if robots:
        robots_scope = next(iter(robots))
        found["钉钉账号"] = lambda user: Account(robots_scope, user)
    return found


def _report(summary: Summary, *, dry_run: bool) -> None:
    if summary.unknown:
        click.echo(UNUSED.format(columns="、".join(summary.unknown)))
    if summary.problems:
        for problem in summary.problems:
            click.echo(problem, err=True)
        fail(REFUSED.format(count=len(summary.problems)), code=1)
    if not (summary.added or summary.changed or summary.same):
        click.echo(EMPTY)
    added, changed = len(summary.added), len(summary.changed)
    verb = WOULD_DO if dry_run else DONE
    click.echo(COUNTS.format(verb=verb, added=added, changed=changed, same=summary.same))
    for note in summary.notes:
        click.echo(NOTE.format(note=note))
    for words, names in ((ADDED, summary.added), (CHANGED, summary.changed)):
        if names:
            click.echo(words.format(names="、".join(names)))

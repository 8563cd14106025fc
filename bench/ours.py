"""This bot as it is served: settings, composition root, every promise kept."""

import asyncio
import base64
import os
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

from bench.roster import BRANCHES, LASTS, PEOPLE, PLACE, STARTED_AGO, TOPIC
from bench.wire import AES_KEY, CLIENT, CORP, SECRET, TOKEN
from bot import settings
from bot.app import Clock, open_database, serve
from bot.rules import load_rules
from storage import tables
from storage.records import Account, Purpose
from storage.store import Store

CONFIG = """
[organisation]
name = "中共某某学院委员会"
[privacy]
keys = ["{key}"]
[wecom.main]
corp_id = "{corp}"
agent_id = 1000002
secret = "bench"
token = "{token}"
aes_key = "{aes_key}"
[dingtalk.main]
client_id = "{client}"
client_secret = "{secret}"
robot_code = "{client}"
mode = "http"
"""
SCOPES = {"wecom": f"wecom:{CORP}", "dingtalk": f"dingtalk:{CLIENT}"}


def configured(folder: Path, port: int) -> settings.Settings:
    """The folder's settings; the database lies beside them."""
    given = {
        "SHUANGLIAN_DATABASE__URL": f"sqlite+aiosqlite:///{folder / 'shuanglian.db'}",
        "SHUANGLIAN_SERVER__PORT": str(port),
    }
    return settings.load(folder / "shuanglian.toml", given)


async def seed(folder: Path, scope: str) -> None:
    """Members bound on one platform who agreed to everything, and one activity open now in each branch."""
    key = base64.b64encode(os.urandom(32)).decode()
    wecom = {"corp": CORP, "token": TOKEN, "aes_key": AES_KEY}
    text = CONFIG.format(key=key, client=CLIENT, secret=SECRET, **wecom)
    (folder / "shuanglian.toml").write_text(text, "utf-8")
    from storage.migrate import upgrade  # noqa: PLC0415 - not loaded by what is measured

    database, now = open_database(configured(folder, 0)), datetime.now(UTC)
    await upgrade(database)
    async with database.unit() as unit:
        store, branches = Store(unit), {}
        for number in range(1, BRANCHES + 1):
            branches[number] = await store.organisations.ensure(f"第{number}党支部")
            await add_activity(store, branches[number], now)
        for number, userid, name, branch in PEOPLE:
            phone = f"139{number:08d}"
            account = Account(scope, userid)
            await add_member(store, branches[branch], phone, name, account, now)
        await store.finish()
    await database.close()


async def add_activity(store: Store, branch_id: int, now: datetime) -> None:
    starts = now - timedelta(seconds=STARTED_AGO)
    await store.activities.plan(
        branch_id=branch_id,
        topic=TOPIC,
        starts_at=starts,
        ends_at=starts + timedelta(seconds=LASTS),
        place=PLACE,
        categories="学习教育",
        mode="现场+线上",
        audience="全体党员",
        code="4271",
        cancelled_at=None,
        form_filed_at=None,
    )


async def add_member(  # noqa: PLR0917
    store: Store, branch_id: int, phone: str, name: str, account: Account, now: datetime
) -> None:
    """Written past `bind` and `grant`, which read before they write, for 5,000 in two seconds."""
    number = await store.members.add(
        branch_id=branch_id, name=name, phone=phone, category="正式党员", at=now
    )
    bound = {"scope": account.scope, "user": account.user, "member_id": number}
    store.unit.add(tables.accounts, **bound, bound_at=now)
    for purpose in Purpose:
        consent = {"id": await store.unit.next_id(tables.consents), "member_id": number}
        consent |= {"purpose": str(purpose), "notice": "bench", "granted_at": now}
        store.unit.add(tables.consents, **consent, withdrawn_at=None)


if __name__ == "__main__":
    if sys.argv[1] == "seed":
        asyncio.run(seed(Path(sys.argv[2]), SCOPES[sys.argv[3]]))
    else:
        served = configured(Path(sys.argv[2]), int(sys.argv[3]))
        rules = load_rules(served, Path(sys.argv[2]))
        asyncio.run(serve(served, rules, Clock(), lambda _port: None))

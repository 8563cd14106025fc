"""DingTalk as an operator sees it: the configuration, `check`, the roster's column, the month's quotas."""

import json
from base64 import b64encode
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from bot import cli
from bot.quotas import quotas
from bot.settings import BadSettings, Settings, load
from storage.usage import Counted
from tests.bot.fake_dingtalk import CLIENT, ROBOT, SECRET, FakeRobot
from tests.bot.fake_wecom import Running

KEY = b64encode(b"k" * 32).decode()
SHORT = f"""
[organisation]
name = "某支部"
[server]
public_url = "https://bot.example.edu.cn"
[database]
url = "sqlite+aiosqlite:///{{folder}}/s.db"
[privacy]
keys = ["{KEY}"]
[dingtalk.main]
client_id = "{CLIENT}"
client_secret = "{SECRET.replace(" ", "")}"
robot_code = "{ROBOT}"
"""
ROSTER = "姓名,手机,党支部,钉钉账号\n张三,13900001234,第一党支部,Manager807\n"
Run = Callable[..., Result]


def read(folder: Path, more: str = "") -> Settings:
    """The settings of the short file with more lines in the robot's section."""
    file = folder / "shuanglian.toml"
    file.write_text(SHORT.replace("{folder}", str(folder)) + more, "utf-8")
    return load(file, {})


@pytest.fixture
def run(tmp_path: Path) -> Run:
    """Runs `shuanglian …` with DingTalk alone configured."""
    read(tmp_path)

    def command(*words: str) -> Result:
        return CliRunner().invoke(cli.main, [*words, "--config", str(tmp_path / "shuanglian.toml")])

    assert command("migrate").exit_code == 0
    return command


WRONG = [
    ('mode = "push"', "应为 'http' 或 'stream'"),
    ('event_token = "a b"', "dingtalk.main.event_token"),
    ('event_aes_key = "short"', "dingtalk.main.event_aes_key"),
    ("monthly_calls = 0", "dingtalk.main.monthly_calls"),
    ('event_token = "abc"', "要一起填"),
    ('card_template = "t"', "dingtalk.main.card_secret"),
    ("agent_id = 7", "dingtalk.main.corp_id"),
    ('page_hash = "md5"', "dingtalk.main.page_hash"),
    ('api_base = "ftp://x"', "dingtalk.main.api_base"),
    ('colour = "red"', "dingtalk.main.colour"),
    (
        '[dingtalk.other]\nclient_id = "dingclient"\nclient_secret = "x"\nrobot_code = "y"',
        "几节写了同一个应用",
    ),
    ('[[group]]\nname = "群"\nchannel = "dingtalk.main"', "请填一项"),
    (
        '[[group]]\nname = "群"\nchannel = "dingtalk.main"\nwebhook = "https://a/b"\nconversation = "c"',
        "请填一项",
    ),
    ('[[group]]\nname = "群"\nchannel = "dingtalk.other"\nconversation = "c"', "没有名为"),
]


@pytest.mark.parametrize(("line", "named"), WRONG)
def test_what_is_wrong_is_named(tmp_path: Path, line: str, named: str) -> None:
    """By its key, and without the secret."""
    with pytest.raises(BadSettings) as caught:
        read(tmp_path, line)
    assert named in str(caught.value)
    assert SECRET.replace(" ", "") not in str(caught.value)


def test_a_wecom_group_needs_its_webhook(tmp_path: Path) -> None:
    """A conversation is DingTalk's."""
    more = (
        '[wecom.main]\ncorp_id = "ww1"\nagent_id = 1\nsecret = "s"\ntoken = "t"\naes_key = "'
        + "a" * 43
    )
    with pytest.raises(BadSettings) as caught:
        read(
            tmp_path, f'{more}"\n[[group]]\nname = "群"\nchannel = "wecom.main"\nconversation = "c"'
        )
    assert "group.0.webhook" in str(caught.value)


CHECKS = [
    ("", ("/dingtalk/main", "建议填上 corp_id")),
    ('corp_id = "dingcorp"\nagent_id = 7', ("/dingtalk/main/place", "格式正确")),
    ('event_token = "abc"\nevent_aes_key = "' + "a" * 43 + '"', ("/dingtalk/main/events",)),
    ('mode = "stream"', ("Stream 方式", "本月已调用接口 0/5000 次，收发消息 0/3000 条")),
]


@pytest.mark.parametrize(("more", "told"), CHECKS)
def test_check_says_what_to_enter_where(
    run: Run, tmp_path: Path, more: str, told: tuple[str, ...]
) -> None:
    """Addresses for the platform's console, and how much of the month is used."""
    read(tmp_path, more)
    found = run("check")
    assert found.exit_code == 0, found.output
    for words in told:
        assert words in found.output


def test_a_secret_that_was_not_filled_in_is_named(run: Run, tmp_path: Path) -> None:
    """Before anything is tried with it."""
    file = tmp_path / "shuanglian.toml"
    text = file.read_text("utf-8").replace(f'"{SECRET.replace(" ", "")}"', '"…"')
    file.write_text(text, "utf-8")
    found = run("check")
    assert found.exit_code == 1
    assert "client_secret 还没有填" in found.output


def test_the_rosters_accounts_keep_their_case(run: Run, tmp_path: Path) -> None:
    """User ids of this platform are case-sensitive."""
    (tmp_path / "roster.csv").write_text(ROSTER, "utf-8")
    assert run("roster", "import", str(tmp_path / "roster.csv")).exit_code == 0
    found = json.loads(run("export", "members").stdout)
    assert found[0]["accounts"] == "dingtalk:Manager807"


def test_a_roster_for_several_corps_is_refused(run: Run, tmp_path: Path) -> None:
    """Nobody can tell whose account it is."""
    more = '[dingtalk.other]\nclient_id = "ding2"\nclient_secret = "x"\nrobot_code = "y"\n'
    read(tmp_path, more)
    (tmp_path / "roster.csv").write_text(ROSTER, "utf-8")
    found = run("roster", "import", str(tmp_path / "roster.csv"))
    assert found.exit_code == 2
    assert "corp_id" in found.stderr


USED: list[tuple[dict[Counted, int], int, bool]] = [
    ({}, 0, False),
    ({Counted.CALLS: 3999, Counted.PUSHES: 100}, 79, False),
    ({Counted.CALLS: 4000}, 80, True),
    ({Counted.PUSHES: 2700}, 90, True),
    ({Counted.EXHAUSTED: 1}, 0, True),
    ({Counted.EXHAUSTED: 5, Counted.PUSHES: 5}, 0, True),
    ({Counted.EXHAUSTED: 5, Counted.PUSHES: 6}, 0, False),
]


@pytest.mark.parametrize(("used", "percent", "low"), USED)
def test_a_quota_is_low_before_it_is_over(
    tmp_path: Path, used: dict[Counted, int], percent: int, low: bool
) -> None:
    """By the scarcer of the two, or by the platform's own word."""
    found = quotas(read(tmp_path), {"dingtalk.main": used})[0]
    assert (found.percent, found.is_low) == (percent, low)


def test_the_robots_of_one_corp_share_their_quota(tmp_path: Path) -> None:
    """The platform counts by organisation."""
    other = '[dingtalk.other]\nclient_id = "ding2"\nclient_secret = "x"\nrobot_code = "y"\n'
    settings = read(tmp_path, f'corp_id = "dingcorp"\n{other}corp_id = "dingcorp"\n')
    used = {f"dingtalk.{name}": {Counted.PUSHES: 1300} for name in ("main", "other")}
    assert [(one.pushes, one.is_low) for one in quotas(settings, used)] == [(2600, True)] * 2


async def test_check_and_metrics_show_the_month(ding_bot: Running, tmp_path: Path) -> None:
    """What was counted while it ran."""
    await FakeRobot(ding_bot.wecom.port).says("somebody", "你好")
    await ding_bot.app.tick_once()
    shown = (await ding_bot.wecom.send("GET", "/metrics")).body.decode()
    assert 'shuanglian_quota_used{channel="dingtalk.main",quota="pushes"} 1.0' in shown
    assert 'shuanglian_quota{channel="dingtalk.main",quota="calls"} 5000.0' in shown


def test_a_used_up_month_fails_the_check(run: Run, tmp_path: Path) -> None:
    """With what to do about it."""
    import asyncio  # noqa: PLC0415 - only here

    from bot.app import Clock, open_database  # noqa: PLC0415
    from storage.usage import Usage  # noqa: PLC0415

    async def use() -> None:
        database = open_database(read(tmp_path))
        async with database.unit() as unit:
            await Usage(unit).add("dingtalk.main", Counted.CALLS, Clock().now(), 4500)
            await Usage(unit).add("dingtalk.main", Counted.CALLS, Clock().now())
        await database.close()

    asyncio.run(use())
    found = run("check")
    assert found.exit_code == 1
    assert "4501/5000" in found.output
    assert "已用 90%" in found.output

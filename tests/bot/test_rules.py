"""What a configuration makes of policy and calendar, and what the command says of them."""

from collections.abc import Callable
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from bot import cli
from bot.checks import _coming
from scheduler.policy_files import load_policy, reader
from tests.fakes import RULES

SETTINGS = """
[organisation]
name = "某学院委员会"
{organisation}
[database]
url = "sqlite+aiosqlite:///{folder}/test.db"
[privacy]
keys = ["a2tra2tra2tra2tra2tra2tra2tra2tra2tra2tra2s="]
[wecom.main]
corp_id = "ww1234567890"
agent_id = 1000002
secret = "s3cret"
token = "QDG6eK"
aes_key = "jWmYm7qr5nMoAUwZRjGtBxmz3KA1tkAj3ykkR6q2B2C"
"""
OVERLAY = """
[[day]]
date = 2099-01-09
kind = "workday"
name = "元旦调休"
source = "通知"
"""
Run = Callable[[str, str], Result]


@pytest.fixture
def run(tmp_path: Path) -> Run:
    """Runs a command with these lines in the section of the organisation."""

    def command(word: str, organisation: str) -> Result:
        config = tmp_path / "shuanglian.toml"
        config.write_text(SETTINGS.format(folder=tmp_path, organisation=organisation), "utf-8")
        return CliRunner().invoke(cli.main, [word, "--config", str(config)])

    return command


ADDRESS = '[server]\npublic_url = "https://bot.example.edu.cn/"'
CALLBACK = "✓ 回调地址：https://bot.example.edu.cn/wecom/main\n"


@pytest.mark.parametrize(("address", "told"), [(ADDRESS, True), ("", False)])
def test_check_prints_the_callback_address(run: Run, address: str, told: bool) -> None:
    """What the operator copies into the platform's page, once the public address is known."""
    assert (CALLBACK in run("check", address).output) is told


SAID = [
    ("", ("制度：通用，共 20 条", "今后 90 天：", " AD-1 开展")),
    ('policy = ["university", "jiangsu"]', ("制度：通用、高校、江苏，共 29 条", " AD-1 开展12月主题党日")),
    ('policy = "chizhou"\nactivity_day = 10', ("制度：通用、池州，共 23 条\n",)),
    ('policy = "chizhou"', ("制度：通用、池州，共 23 条\n",)),
    ('policy = "chizhou"\nactivity_day = 7', ("活动日是每月 7 日，文件写的是 5、10 日",)),
    ('policy = ["chizhou", "own.toml"]', ("制度：通用、池州、own.toml，共 23 条；活动日是每月 28 日",)),
]  # fmt: skip


@pytest.mark.parametrize(("organisation", "told"), SAID)
def test_check_prints_the_policy_and_what_comes(
    run: Run, tmp_path: Path, organisation: str, told: tuple[str, ...]
) -> None:
    """Names, how many rules, a day other than the document's, and the coming due days."""
    (tmp_path / "own.toml").write_text("activity_day = 28\n", "utf-8")
    output = run("check", organisation).output
    for words in told:
        assert words in output


WRONG = [
    ('policy = "chizou"', "organisation.policy：chizou：没有这个制度"),
    ('policy = ["chizhou", "bad.toml"]', "organisation.policy：bad.toml：rule.contact.grase：不认识的键"),
    ('calendar = "gone.toml"', "organisation.calendar：gone.toml：没有这个文件"),
    ('calendar = "bad.toml"', "organisation.calendar：bad.toml：不认识的“rule”"),
    ('calendar = "gone.toml"\npolicy = "chizou"', "gone.toml：没有这个文件；organisation.policy：chizou"),
    ('calendar = ""', "organisation.calendar：不能为空"),
    ('calendar = "empty.toml"', "organisation.calendar：empty.toml：文件里一天也没有写"),
    ("policy = 3", "organisation.policy：应为制度的名字或文件"),
    ("calendar = 5", "organisation.calendar：应为文字"),
]  # fmt: skip


@pytest.mark.parametrize("word", ["check", "serve"])
@pytest.mark.parametrize(("organisation", "told"), WRONG)
def test_a_bad_policy_or_calendar_is_exit_2(
    run: Run, tmp_path: Path, word: str, organisation: str, told: str
) -> None:
    """One line that names key, file and entry, before anything is opened."""
    (tmp_path / "bad.toml").write_text("[rule.contact]\ngrase = 3\n", "utf-8")
    (tmp_path / "empty.toml").write_text("# nothing yet\n", "utf-8")
    result = run(word, organisation)
    assert result.exit_code == 2
    assert told in result.stderr
    assert len(result.stderr.strip().splitlines()) == 1


def test_what_windows_puts_before_a_text_is_no_mistake(run: Run, tmp_path: Path) -> None:
    """Policy, calendar and configuration are read with a byte order mark too."""
    (tmp_path / "own.toml").write_text("activity_day = 28\n", "utf-8-sig")
    (tmp_path / "calendar.toml").write_text(OVERLAY, "utf-8-sig")
    result = run("check", 'policy = "own.toml"\ncalendar = "calendar.toml"')
    assert "写法不对" not in result.output
    assert "制度：" in result.output


def test_the_calendar_lies_beside_the_configuration(run: Run, tmp_path: Path) -> None:
    """A good one is taken without a word."""
    (tmp_path / "calendar.toml").write_text(OVERLAY, "utf-8")
    assert "日历：" in run("check", 'calendar = "calendar.toml"').output


def test_days_a_notice_may_still_move_are_marked() -> None:
    """Activity days of a year without a notice are provisional; the end of a month is not."""
    policy = load_policy("base", reader(Path("/nowhere")))
    text = _coming(replace(RULES, policy=policy), date(2098, 12, 1)).text
    assert "2098-12-05 AD-1 开展12月党员活动日（暂定）\n" in text
    assert "2098-12-31 AD-6 12月活动要有集中学习\n" in text


def test_a_branch_s_own_activity_day_is_listed() -> None:
    """Beside the organisation's, with the branch; only what falls on the activity day."""
    rules = replace(RULES, named_days={"第一党支部": 10, "第二党支部": 5})
    text = _coming(rules, date(2026, 11, 1)).text
    assert "2026-11-05 AD-1 开展11月党员活动日\n" in text
    assert "2026-11-10 AD-1 开展11月党员活动日（第一党支部）\n" in text
    assert "第二党支部" not in text
    assert "交纳11月党费（" not in text

"""Settings: the contract's example, every way to get a key wrong, the environment, and what stays secret."""

import re
from base64 import b64encode
from pathlib import Path
from typing import Any

import pytest

from bot.settings import BadSettings, Settings, load

KEY, OLDER_KEY = (b64encode(letter * 32).decode() for letter in (b"k", b"o"))
AES_KEY = "jWmYm7qr5nMoAUwZRjGtBxmz3KA1tkAj3ykkR6q2B2C"
EXAMPLE = f"""
[organisation]
name = "中共某某学院委员会"
timezone = "Asia/Shanghai"
policy = "chizhou"              # a shipped preset, a path to a policy file, or a list of them, later ones winning
activity_day = 5                # day of the month, for branches that set none

[[branch]]                      # optional, per branch
name = "第一党支部"
activity_day = 10

[server]
host = "127.0.0.1"
port = 8080
public_url = "https://bot.example.edu.cn"

[database]
url = "sqlite+aiosqlite:///shuanglian.db"   # or postgresql+asyncpg://…

[privacy]
keys = ["{KEY}"]   # newest first; older ones still decrypt

[wecom.main]                    # any number of named apps
corp_id = "ww0123456789abcdef"
agent_id = 1000002
secret = "wecom-secret"
token = "QDG6eK"
aes_key = "{AES_KEY}"
api_base = "https://qyapi.weixin.qq.com"    # government or private editions differ

[dingtalk.main]
client_id = "ding0123456789"
client_secret = "dingtalk-secret"
robot_code = "ding0123456789"
mode = "http"                   # or "stream"
api_base = "https://api.dingtalk.com"
oapi_base = "https://oapi.dingtalk.com"

[[group]]                       # where announcements go
name = "流动党员群"
channel = "wecom.main"
webhook = "https://qyapi.weixin.qq.com/cgi-bin/webhook/send?key=webhook-secret"
branches = ["第一党支部"]
"""
SHORTEST = f"""
[organisation]
name = "某支部"
[privacy]
keys = ["{KEY}"]
"""
SECRETS = (KEY, AES_KEY, "QDG6eK", "wecom-secret", "dingtalk-secret", "webhook-secret", "hunter2")


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """Where the configuration lies."""
    return tmp_path / "shuanglian.toml"


def read(file: Path, text: str, environment: dict[str, str] | None = None) -> Settings:
    """The settings of this text and this environment."""
    file.write_text(text, "utf-8")
    return load(file, environment or {})


def complaint(file: Path, text: str, environment: dict[str, str] | None = None) -> str:
    """What is said of bad settings: one line without any secret."""
    with pytest.raises(BadSettings) as caught:
        read(file, text, environment)
    told = str(caught.value)
    assert "\n" not in told
    assert not any(secret in told for secret in SECRETS)
    return told


def changed(key: str, value: str) -> str:
    """The example with `section.key` set to this TOML value, or without it."""
    section, _, name = key.rpartition(".")
    lines = EXAMPLE.splitlines()
    start = (
        next(n for n, line in enumerate(lines) if line.lstrip("[").startswith(f"{section}]")) + 1
    )
    end = next((n for n in range(start, len(lines)) if lines[n].startswith("[")), len(lines))
    inside = [line for line in lines[start:end] if not line.startswith(f"{name} =")]
    added = [f"{name} = {value}"] if value else []
    return "\n".join([*lines[:start], *added, *inside, *lines[end:], ""])


def test_the_contracts_example_loads(file: Path) -> None:
    """Every key of the page that users rely on means what it says there."""
    found = read(file, EXAMPLE)
    assert found.organisation.name == "中共某某学院委员会"
    assert (found.zone.key, found.organisation.policy) == ("Asia/Shanghai", "chizhou")
    assert (found.organisation.activity_day, found.branch[0].activity_day) == (5, 10)
    assert (found.server.host, found.server.port) == ("127.0.0.1", 8080)
    assert found.server.public_url == "https://bot.example.edu.cn"
    assert found.database.url == "sqlite+aiosqlite:///shuanglian.db"
    assert found.privacy.keys[0].get_secret_value() == KEY
    wecom, dingtalk = found.wecom["main"], found.dingtalk["main"]
    assert (wecom.corp_id, wecom.agent_id) == ("ww0123456789abcdef", 1000002)
    assert wecom.aes_key.get_secret_value() == AES_KEY
    assert (dingtalk.mode, dingtalk.api_base) == ("http", "https://api.dingtalk.com")
    assert (found.group[0].channel, found.group[0].branches) == ("wecom.main", ["第一党支部"])


def test_the_shortest_file_loads(file: Path) -> None:
    """A name and a key are all that has no default."""
    found = read(file, SHORTEST)
    assert (found.server.host, found.server.port) == ("127.0.0.1", 8080)
    assert (found.wecom, found.group, found.organisation.activity_day) == ({}, [], 5)


def test_a_policy_may_be_a_list(file: Path) -> None:
    """Later ones win, so their order is kept."""
    found = read(file, changed("organisation.policy", '["jiangsu", "own.toml"]'))
    assert found.organisation.policy == ["jiangsu", "own.toml"]


def test_settings_do_not_change(file: Path) -> None:
    """They are read once, and frozen."""
    found = read(file, EXAMPLE)
    with pytest.raises(ValueError, match="frozen"):
        found.server.port = 9  # type: ignore[misc]


WRONG = [
    ("organisation.name", ""),
    ("organisation.name", '""'),
    ("organisation.name", "5"),
    ("organisation.timezone", '"Mars/Olympus"'),
    ("organisation.timezone", '"Asia"'),
    ("organisation.timezone", '""'),
    ("organisation.timezone", '"../../etc/passwd"'),
    ("organisation.timezone", '"Asia/Shang\\u0000hai"'),
    ("organisation.policy", "5"),
    ("organisation.policy", "[5]"),
    ("organisation.activity_day", "0"),
    ("organisation.activity_day", "32"),
    ("organisation.activity_day", '"fifth"'),
    ("organisation.activity_day", "5.5"),
    ("organisation.activityday", "5"),
    ("server.host", "1"),
    ("server.port", "-1"),
    ("server.port", "65536"),
    ("server.port", '"http"'),
    ("server.prot", "80"),
    ("server.public_url", '"bot.example.edu.cn"'),
    ("server.public_url", '"ftp://bot.example.edu.cn"'),
    ("server.public_url", '"https://"'),
    ("server.public_url", '"https://[::1"'),
    ("server.public_url", '"https://example.edu.cn:99999"'),
    ("database.url", '"mysql://bot:hunter2@db/bot"'),
    ("database.url", '"postgresql+asyncpg://bot:hunter2/x@db/bot"'),
    ("database.url", '"postgresql+asyncpg://bot@db:hunter2/bot"'),
    ("privacy.keys", ""),
    ("privacy.keys", "[]"),
    ("privacy.keys", '["hunter2"]'),
    ("privacy.keys", '["aHVudGVyMg=="]'),
    ("wecom.main.corp_id", '""'),
    ("wecom.main.agent_id", ""),
    ("wecom.main.agent_id", '"hunter2"'),
    ("wecom.main.secret", '""'),
    ("wecom.main.secret", "12345678"),
    ("wecom.main.token", '"hunter2-hunter2"'),
    ("wecom.main.token", f'"{"a" * 33}"'),
    ("wecom.main.token", '""'),
    ("wecom.main.aes_key", f'"{AES_KEY[:-1]}"'),
    ("wecom.main.aes_key", f'"{AES_KEY}="'),
    ("wecom.main.aes_key", f'"{AES_KEY[:-1]}!"'),
    ("wecom.main.aes_key", f'"{AES_KEY}\\n"'),
    ("wecom.main.api_base", '"qyapi.weixin.qq.com"'),
    ("dingtalk.main.client_secret", ""),
    ("dingtalk.main.mode", '"websocket"'),
    ("group.name", ""),
    ("group.webhook", '"hunter2"'),
    ("group.channel", '"wecom.mian"'),
    ("branch.name", ""),
    ("branch.activity_day", "40"),
]


@pytest.mark.parametrize(("key", "value"), WRONG)
def test_a_wrong_value_is_named(file: Path, key: str, value: str) -> None:
    """Whatever is wrong with a key, the message names the key and not the value."""
    told = complaint(file, changed(key, value))
    assert re.search(key.replace("group.", "group.0.").replace("branch.", "branch.0."), told)
    assert told.count("；") <= 1


@pytest.mark.parametrize("text", ["[servr]\nport = 1\n", "servr = 1\n", "[[servr]]\na = 1\n"])
def test_an_unknown_section_is_named(file: Path, text: str) -> None:
    """A misspelt section is not passed over."""
    assert "servr：不认识的键" in complaint(file, text + EXAMPLE)


@pytest.mark.parametrize("section", ["organisation", "privacy"])
def test_a_missing_section_is_named(file: Path, section: str) -> None:
    """What has no default must be there."""
    text = re.sub(rf"(?ms)^\[{section}\].*?^(?=\[)", "", EXAMPLE)
    assert complaint(file, text) == f"{section}：缺少这一项，请补上"


def test_a_section_of_the_wrong_shape_is_named(file: Path) -> None:
    """A table for a list, an app without its name."""
    told = complaint(
        file, EXAMPLE.replace("[[branch]]", "[branch]").replace("[wecom.main]", "[wecom]")
    )
    assert "branch：应为列表" in told
    assert "wecom.corp_id：应为一节配置" in told


def test_everything_wrong_is_said_at_once(file: Path) -> None:
    """File and environment together: nobody mends one key only to hear of the next."""
    text = EXAMPLE.replace("port = 8080", "port = 99999").replace(
        "activity_day = 10", "activity_day = 0"
    )
    told = complaint(
        file,
        text.replace(AES_KEY, "short").replace(KEY, "short"),
        {
            "SHUANGLIAN_SERVR__PORT": "1",
            "SHUANGLIAN_DEBUG": "1",
            "SHUANGLIAN_SERVER__HOTS": "x",
            "SHUANGLIAN_WECOM__MAIN__TOKEN_FILE": "/nowhere/token",
        },
    )
    for key in (
        "SHUANGLIAN_SERVR__PORT",
        "SHUANGLIAN_DEBUG",
        "SHUANGLIAN_WECOM__MAIN__TOKEN_FILE",
        "server.hots",
        "server.port",
        "branch.0.activity_day",
        "privacy.keys.0",
        "wecom.main.aes_key",
    ):
        assert key in told


def test_every_lost_group_is_named(file: Path) -> None:
    """Groups whose channel is not configured, each by its place."""
    group = '[[group]]\nname = "群"\nchannel = "{}"\nwebhook = "https://example.com/?key=webhook-secret"\n'
    told = complaint(file, EXAMPLE + group.format("wecom.gone") + group.format("sms.main"))
    assert "group.1.channel：没有名为 wecom.gone 的应用" in told
    assert "group.2.channel：没有名为 sms.main 的应用" in told


@pytest.mark.parametrize("text", ["[server", f'x = "{KEY}', "[a]\n[a]", "port = hunter2"])
def test_a_file_that_is_not_toml_is_named(file: Path, text: str) -> None:
    """With the place, without its content."""
    told = complaint(file, text)
    assert str(file) in told
    assert re.search("at line|at end", told)


def test_a_file_that_cannot_be_read_is_named(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Missing, a directory, not UTF-8, or forbidden."""
    with pytest.raises(BadSettings, match=f"{file}.*--config"):
        load(file, {})
    with pytest.raises(BadSettings, match=str(file.parent)):
        load(file.parent, {})
    file.write_bytes(b"\xff\xfe")
    with pytest.raises(BadSettings, match=str(file)):
        load(file, {})

    def forbidden(*_args: Any, **_named: Any) -> None:
        raise PermissionError(13, "Permission denied", str(file))

    monkeypatch.setattr(Path, "open", forbidden)
    with pytest.raises(BadSettings, match=str(file)):
        load(file, {})


# --- Environment ------------------------------------------------------------------------------


def test_the_environment_wins(file: Path) -> None:
    """Over the file, key by key, in any case; what it does not name stays."""
    found = read(
        file,
        EXAMPLE,
        {
            "SHUANGLIAN_SERVER__PORT": "9000",
            "shuanglian_organisation__name": "123",
            "SHUANGLIAN_DATABASE__URL": "postgresql+asyncpg://bot:hunter2@db/bot",
            "SHUANGLIAN_WECOM__MAIN__TOKEN": "123456",
            "HOME": "/",
            "XSHUANGLIAN_SERVER__PORT": "1",
        },
    )
    assert (found.server.port, found.server.host) == (9000, "127.0.0.1")
    assert found.organisation.name == "123"
    assert found.database.url.endswith("@db/bot")
    assert found.wecom["main"].token.get_secret_value() == "123456"
    assert found.wecom["main"].agent_id == 1000002


def test_a_whole_app_may_come_from_the_environment(file: Path) -> None:
    """Named by the variable, beside those of the file."""
    app = {"CORP_ID": "ww2", "AGENT_ID": "7", "SECRET": "5", "TOKEN": "6", "AES_KEY": "1" * 43}
    variables = {f"SHUANGLIAN_WECOM__SECOND__{key}": value for key, value in app.items()}
    found = read(file, EXAMPLE, variables)
    assert sorted(found.wecom) == ["main", "second"]
    second = found.wecom["second"]
    assert (second.agent_id, second.secret.get_secret_value()) == (7, "5")


def test_half_an_app_from_the_environment_is_an_error(file: Path) -> None:
    """The keys that lack are named."""
    told = complaint(file, EXAMPLE, {"SHUANGLIAN_WECOM__SECOND__CORP_ID": "ww2"})
    for key in ("agent_id", "secret", "token", "aes_key"):
        assert f"wecom.second.{key}：缺少" in told


@pytest.mark.parametrize(
    "value", [f'["{KEY}", "{OLDER_KEY}"]', f"{KEY}\n{OLDER_KEY}\n", f"  {KEY} {OLDER_KEY}"]
)
def test_keys_may_come_from_variable_or_file(file: Path, value: str) -> None:
    """As a JSON list or one a line, in their order."""
    secret = file.with_name("keys")
    secret.write_text(value, "utf-8")
    for variables in (
        {"SHUANGLIAN_PRIVACY__KEYS": value},
        {"SHUANGLIAN_PRIVACY__KEYS_FILE": str(secret)},
    ):
        found = read(file, "[organisation]\nname = '某支部'\n", variables)
        assert [key.get_secret_value() for key in found.privacy.keys] == [KEY, OLDER_KEY]


def test_lists_come_as_json(file: Path) -> None:
    """Groups, branches and policies."""
    group = '[{"name": "群", "channel": "wecom.main", "webhook": "https://example.com/?key=1"}]'
    found = read(
        file,
        EXAMPLE,
        {
            "SHUANGLIAN_GROUP": group,
            "SHUANGLIAN_BRANCH": '[{"name": "第二党支部"}]',
            "SHUANGLIAN_ORGANISATION__POLICY": '["jiangsu", "own.toml"]',
        },
    )
    assert [one.name for one in found.group] == ["群"]
    assert [one.name for one in found.branch] == ["第二党支部"]
    assert found.organisation.policy == ["jiangsu", "own.toml"]


@pytest.mark.parametrize("name", ["GROUP", "SERVER", "WECOM"])
def test_a_section_that_is_no_json_is_an_error(file: Path, name: str) -> None:
    """The section is named, its content is not."""
    told = complaint(file, EXAMPLE, {f"SHUANGLIAN_{name}": '{"a": hunter2'})
    assert name.lower() in told
    assert "JSON" in told


def test_a_secret_may_lie_in_a_file(file: Path) -> None:
    """Without the newline that editors put at its end."""
    secret = file.with_name("secret")
    secret.write_text("from-a-file\n", "utf-8")
    found = read(file, EXAMPLE, {"SHUANGLIAN_WECOM__MAIN__SECRET_FILE": str(secret)})
    assert found.wecom["main"].secret.get_secret_value() == "from-a-file"


@pytest.mark.parametrize("content", [None, b"\xff\xfe", b""])
def test_a_secret_file_that_is_no_good_is_named(file: Path, content: bytes | None) -> None:
    """Missing, not text, or empty."""
    secret = file.with_name("secret")
    if content is not None:
        secret.write_bytes(content)
    told = complaint(file, EXAMPLE, {"SHUANGLIAN_WECOM__MAIN__SECRET_FILE": str(secret)})
    assert "SECRET_FILE" in told or "wecom.main.secret：不能为空" in told


@pytest.mark.parametrize("order", [1, -1])
def test_variable_and_file_together_are_an_error(file: Path, order: int) -> None:
    """Which of the two would win is nobody's guess."""
    secret = file.with_name("secret")
    secret.write_text("from-a-file", "utf-8")
    pair = [
        ("SHUANGLIAN_WECOM__MAIN__SECRET_FILE", str(secret)),
        ("SHUANGLIAN_WECOM__MAIN__SECRET", "hunter2"),
    ]
    assert "SHUANGLIAN_WECOM__MAIN__SECRET" in complaint(file, EXAMPLE, dict(pair[::order]))


@pytest.mark.parametrize(
    "name",
    [
        "SHUANGLIAN_PORT",
        "SHUANGLIAN_",
        "SHUANGLIAN_SERVR__PORT",
        "SHUANGLIAN_SERVER__PROT",
        "SHUANGLIAN_SERVER_PORT",
        "SHUANGLIAN_SERVER__PORT__X",
        "SHUANGLIAN_SERVER__",
        "SHUANGLIAN_WECOM_FILE",
        "SHUANGLIAN_WECOM__MAIN__TOKN",
        "shuanglian_servr__port",
    ],
)
def test_an_unknown_variable_is_an_error(file: Path, name: str) -> None:
    """A typo in the environment is not passed over."""
    told = complaint(file, EXAMPLE, {name: "hunter2"})
    plain = name.upper().removeprefix("SHUANGLIAN_").lower().replace("__", ".")
    assert name in told or plain in told or "server.port" in told


# --- Secrets and hosts ------------------------------------------------------------------------


def test_secrets_do_not_show(file: Path) -> None:
    """Neither in what is printed nor in what is logged of the settings or a part of them."""
    text = EXAMPLE.replace(
        "sqlite+aiosqlite:///shuanglian.db", "postgresql+asyncpg://bot:hunter2@db/bot"
    )
    found = read(file, text)
    parts = [found, found.database, found.privacy, found.wecom, found.dingtalk, *found.group]
    for part in parts:
        for shown in (repr(part), str(part), f"{part}"):
            assert not any(secret in shown for secret in SECRETS)


def test_hosts_beyond_this_machine_are_named(file: Path) -> None:
    """A rehearsal with a false clock must not reach anybody real, by any key."""
    assert read(file, SHORTEST).hosts_beyond_loopback() == []
    assert read(file, EXAMPLE).hosts_beyond_loopback() == [
        "wecom.main.api_base",
        "dingtalk.main.api_base",
        "dingtalk.main.oapi_base",
        "group.0.webhook",
    ]


@pytest.mark.parametrize("host", ["127.0.0.1:8080", "localhost", "LOCALHOST:1", "[::1]:9"])
def test_this_machine_is_not_beyond(file: Path, host: str) -> None:
    """Loopback in its usual spellings."""
    text = re.sub(r"https://[^/\"]+(?=[/\"])", f"http://{host}", EXAMPLE)
    assert read(file, text).hosts_beyond_loopback() == []


@pytest.mark.parametrize(
    "host", ["127.0.0.1.example.com", "example.com", "127.0.0.1@example.com", "localhost.example"]
)
def test_what_only_looks_like_this_machine_is_beyond(file: Path, host: str) -> None:
    """The host counts, not how the address begins."""
    found = read(file, changed("wecom.main.api_base", f'"http://{host}"'))
    assert "wecom.main.api_base" in found.hosts_beyond_loopback()


def test_groups_of_one_name_do_not_hide_each_other(file: Path) -> None:
    """A second group called the same, on this machine, does not cover the first."""
    twin = '[[group]]\nname = "流动党员群"\nchannel = "wecom.main"\nwebhook = "http://127.0.0.1/"\n'
    assert "group.0.webhook" in read(file, EXAMPLE + twin).hosts_beyond_loopback()

"""Frozen settings from one TOML file, the environment and secret files; every bad key reported at once."""

import os
import tomllib
from collections import Counter
from collections.abc import Collection, Mapping
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import Annotated, Any, Literal
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    ValidationError,
)
from pydantic_settings import (
    BaseSettings,
    NoDecode,
    PydanticBaseSettingsSource,
    SettingsError,
    TomlConfigSettingsSource,
)

from bot.environment import Environment, variables_of
from bot.values import (
    AesKey,
    DatabaseUrl,
    Day,
    EventToken,
    Name,
    Policy,
    PrivacyKeys,
    Secret,
    Token,
    Url,
    Zone,
)

LONGEST_NAME = 30
LOOPBACK = ("127.0.0.1", "localhost", "::1")
MESSAGES = {
    "missing": "缺少这一项，请补上",
    "extra_forbidden": "不认识的键，请删去或改正拼写",
    "int_parsing": "应为整数",
    "int_type": "应为整数",
    "int_from_float": "应为整数",
    "string_type": "应为文字",
    "model_type": "应为一节配置",
    "dict_type": "应为一节配置",
    "list_type": "应为列表",
    "less_than_equal": "数值过大",
    "greater_than_equal": "数值过小",
    "too_short": "不能为空",
    "string_too_short": "不能为空",
    "literal_error": "不是可选的值，应为 {expected}",
}


class BadSettings(Exception):
    """The configuration cannot be used; the message names every bad key."""


class Section(BaseModel):
    """A frozen section without unknown keys."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Organisation(Section):
    """Who runs the bot, and where its days begin."""

    name: Name
    timezone: Zone = "Asia/Shanghai"
    policy: Policy = "base"
    activity_day: Day = 5
    calendar: Name | None = None


class Branch(Section):
    """What differs in one branch."""

    name: Name
    activity_day: Day | None = None


class Server(Section):
    """Where the bot listens, and its address from outside."""

    host: str = "127.0.0.1"
    port: Annotated[int, Field(ge=0, le=65535)] = 8080
    public_url: Url | None = None


class DatabaseSection(Section):
    """SQLite by default. The address may hold a password."""

    url: DatabaseUrl = "sqlite+aiosqlite:///shuanglian.db"


class Privacy(Section):
    """Keys for sensitive columns, newest first."""

    keys: Annotated[PrivacyKeys, NoDecode]


class WecomSection(Section):
    """One WeChat Work app."""

    corp_id: Name
    agent_id: int
    secret: Secret
    token: Token
    aes_key: AesKey
    api_base: Url = "https://qyapi.weixin.qq.com"


class DingtalkSection(Section):
    """One DingTalk robot."""

    client_id: Name
    client_secret: Secret
    robot_code: Name
    mode: Literal["http", "stream"] = "http"
    api_base: Url = "https://api.dingtalk.com"
    oapi_base: Url = "https://oapi.dingtalk.com"
    corp_id: Name | None = None
    agent_id: int | None = None
    card_template: Name | None = None
    card_secret: Secret | None = None
    event_token: EventToken | None = None
    event_aes_key: AesKey | None = None
    page_hash: Literal["sha256", "sha1"] = "sha256"
    monthly_calls: Annotated[int, Field(ge=1)] = 5000
    monthly_pushes: Annotated[int, Field(ge=1)] = 3000


class Group(Section):
    """Where announcements go. The webhook's address is its secret."""

    name: Name
    channel: Name
    webhook: Annotated[Url | None, Field(repr=False)] = None
    secret: Secret | None = None
    conversation: Name | None = None
    branches: list[Name] = []


class Settings(BaseSettings):
    """The whole configuration."""

    model_config = ConfigDict(frozen=True, extra="forbid")  # type: ignore[assignment]

    organisation: Organisation
    branch: list[Branch] = []
    server: Server = Server()
    database: DatabaseSection = DatabaseSection()
    privacy: Privacy
    wecom: dict[str, WecomSection] = {}
    dingtalk: dict[str, DingtalkSection] = {}
    group: list[Group] = []

    @property
    def zone(self) -> ZoneInfo:
        """The organisation's zone."""
        return ZoneInfo(self.organisation.timezone)

    def hosts_beyond_loopback(self) -> list[str]:
        """The platform hosts configured that are not this machine's own."""
        bases = {f"wecom.{name}.api_base": app.api_base for name, app in self.wecom.items()}
        for name, robot in self.dingtalk.items():
            bases[f"dingtalk.{name}.api_base"] = robot.api_base
            bases[f"dingtalk.{name}.oapi_base"] = robot.oapi_base
        for place, group in enumerate(self.group):
            if group.webhook:
                bases[f"group.{place}.webhook"] = group.webhook
        return [key for key, url in bases.items() if urlsplit(url).hostname not in LOOPBACK]


class _File(TomlConfigSettingsSource):
    """The file, with or without the mark that Windows puts at the start of a text."""

    def _read_file(self, file_path: Path | Traversable) -> dict[str, Any]:
        return tomllib.loads(file_path.read_text(encoding="utf-8-sig"))


def load(path: Path, environment: Mapping[str, str] = os.environ) -> Settings:
    """Read the file and the environment. Raises BadSettings."""
    if not path.is_file():
        raise BadSettings(
            f"找不到配置文件 {path}，请用 --config 指明，或照 docs/operator.md 写一份"
        )
    variables, problems = variables_of(environment, Settings.model_fields)

    class Loaded(Settings):
        @classmethod
        def settings_customise_sources(
            cls, settings_cls: type[BaseSettings], *_args: Any, **_sources: Any
        ) -> tuple[PydanticBaseSettingsSource, ...]:
            return (
                Environment(settings_cls, variables),
                _File(settings_cls, toml_file=path),
            )

    try:
        settings: Settings | None = Loaded()  # type: ignore[call-arg]
    except ValidationError as error:
        settings, problems = None, problems + [_problem(found) for found in error.errors()]
    except SettingsError as error:
        raise BadSettings(f"环境变量应为 JSON：{_first_line(error)}") from None
    except (ValueError, OSError) as error:
        raise BadSettings(f"{path} 读不出来：{_first_line(error)}") from None
    if settings is not None:
        problems += _at_odds(settings)
    if settings is None or problems:
        raise BadSettings("；".join(problems))
    return settings


def _problem(error: Any) -> str:
    key = ".".join(str(part) for part in error["loc"])
    message = MESSAGES.get(error["type"])
    if message is None and error["type"] == "value_error":
        message = str(error["ctx"]["error"])
    if message is not None:
        expected = str(error.get("ctx", {}).get("expected", "")).replace(" or ", " 或 ")
        message = message.replace("{expected}", expected)
    return f"{key}：{message or error['msg']}"


def _first_line(error: Exception) -> str:
    return str(error).splitlines()[0]


def _at_odds(settings: Settings) -> list[str]:
    """What is wrong between sections."""
    channels = {f"wecom.{name}" for name in settings.wecom}
    channels |= {f"dingtalk.{name}" for name in settings.dingtalk}
    found = [
        problem
        for place, group in enumerate(settings.group)
        if (problem := _group_problem(place, group, channels))
    ]
    found += [
        f"{name}：名称太长，最多 {LONGEST_NAME} 个字符"
        for name in channels
        if len(name.partition(".")[2]) > LONGEST_NAME
    ]
    for name, robot in settings.dingtalk.items():
        found += _robot_problems(f"dingtalk.{name}", robot, settings.server.public_url)
    clients = Counter(robot.client_id for robot in settings.dingtalk.values())
    found += [
        f"dingtalk.{name}.client_id：几节写了同一个应用，只留一节"
        for name, robot in settings.dingtalk.items()
        if clients[robot.client_id] > 1
    ]
    return found


def _robot_problems(key: str, robot: DingtalkSection, public_url: str | None) -> list[str]:
    """What was begun and would not work: half of a feature is a mistake, not a wish."""
    found = []
    if (robot.event_token is None) != (robot.event_aes_key is None):
        found.append(f"{key}：event_token 和 event_aes_key 要一起填")
    if robot.card_template is not None and robot.mode == "http":
        if robot.card_secret is None:
            found.append(f"{key}.card_secret：http 方式用卡片要填这一项")
        if public_url is None:
            found.append(f"{key}.card_template：http 方式用卡片要有 server.public_url")
    if robot.agent_id is not None and robot.corp_id is None:
        found.append(f"{key}.corp_id：填了 agent_id（报所在地的页面）就要填这一项")
    return found


def _group_problem(place: int, group: Group, channels: Collection[str]) -> str:
    """Why a group cannot be reached; "" if it can."""
    if group.channel not in channels:
        return f"group.{place}.channel：没有名为 {group.channel} 的应用"
    if group.channel.startswith("wecom."):
        return "" if group.webhook else f"group.{place}.webhook：缺少这一项，请补上"
    if (group.webhook is None) == (group.conversation is None):
        return f"group.{place}：webhook（自定义机器人）和 conversation（本应用的机器人）请填一项"
    return ""

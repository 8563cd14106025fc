"""Frozen settings from one TOML file, the environment and secret files; every bad key reported at once."""

import os
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Literal
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, SecretStr, ValidationError
from pydantic_settings import (
    BaseSettings,
    EnvSettingsSource,
    PydanticBaseSettingsSource,
    TomlConfigSettingsSource,
)

from storage.encryption import BadKey, read_key

PREFIX = "SHUANGLIAN_"
FILE_SUFFIX = "_FILE"
LOOPBACK = ("127.0.0.1", "localhost", "::1")
MESSAGES = {
    "missing": "缺少这一项，请补上",
    "extra_forbidden": "不认识的键，请删去或改正拼写",
    "int_parsing": "应为整数",
    "int_type": "应为整数",
    "string_type": "应为文字",
    "model_type": "应为一节配置",
    "dict_type": "应为一节配置",
    "list_type": "应为列表",
    "less_than_equal": "数值过大",
    "greater_than_equal": "数值过小",
    "too_short": "不能为空",
    "string_too_short": "不能为空",
    "literal_error": "不是可选的值",
}


class BadSettings(Exception):
    """The configuration cannot be used; the message names every bad key."""


def _zone(name: str) -> str:
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError):
        raise ValueError("没有这个时区，例如 Asia/Shanghai") from None
    return name


def _url(address: str) -> str:
    parts = urlsplit(address)
    if parts.scheme not in {"http", "https"} or not parts.hostname:
        raise ValueError("应为 http:// 或 https:// 开头的网址")
    return address.rstrip("/")


def _database(address: str) -> str:
    if not address.startswith(("sqlite+aiosqlite:///", "postgresql+asyncpg://")):
        raise ValueError("应以 sqlite+aiosqlite:/// 或 postgresql+asyncpg:// 开头")
    return address


def _aes_key(key: SecretStr) -> SecretStr:
    if not re.fullmatch(r"[A-Za-z0-9]{43}", key.get_secret_value()):
        raise ValueError("EncodingAESKey 应为 43 位字母和数字，请从企业微信后台重新复制")
    return key


def _token(token: SecretStr) -> SecretStr:
    if not re.fullmatch(r"[A-Za-z0-9]{1,32}", token.get_secret_value()):
        raise ValueError("Token 应为 1 至 32 位字母和数字，请从企业微信后台重新复制")
    return token


def _privacy_key(key: SecretStr) -> SecretStr:
    try:
        read_key(key.get_secret_value())
    except BadKey as error:
        raise ValueError(str(error)) from None
    return key


Name = Annotated[str, Field(min_length=1)]
Secret = Annotated[SecretStr, Field(min_length=1)]
Url = Annotated[str, AfterValidator(_url)]
Day = Annotated[int, Field(ge=1, le=31)]


class Section(BaseModel):
    """A frozen section without unknown keys."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Organisation(Section):
    """Who runs the bot, and where its days begin."""

    name: Name
    timezone: Annotated[str, AfterValidator(_zone)] = "Asia/Shanghai"
    policy: str | list[str] = "base"
    activity_day: Day = 5


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
    """SQLite by default."""

    url: Annotated[str, AfterValidator(_database)] = "sqlite+aiosqlite:///shuanglian.db"


class Privacy(Section):
    """Keys for sensitive columns, newest first."""

    keys: Annotated[list[Annotated[SecretStr, AfterValidator(_privacy_key)]], Field(min_length=1)]


class WecomSection(Section):
    """One WeChat Work app."""

    corp_id: Name
    agent_id: int
    secret: Secret
    token: Annotated[SecretStr, AfterValidator(_token)]
    aes_key: Annotated[SecretStr, AfterValidator(_aes_key)]
    api_base: Url = "https://qyapi.weixin.qq.com"


class DingtalkSection(Section):
    """One DingTalk robot."""

    client_id: Name
    client_secret: Secret
    robot_code: Name
    mode: Literal["http", "stream"] = "http"
    api_base: Url = "https://api.dingtalk.com"
    oapi_base: Url = "https://oapi.dingtalk.com"


class Group(Section):
    """Where announcements go."""

    name: Name
    channel: Name
    webhook: Url
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
        bases |= {f"group.{one.name}.webhook": one.webhook for one in self.group}
        return [key for key, url in bases.items() if urlsplit(url).hostname not in LOOPBACK]


def load(path: Path, environment: Mapping[str, str] = os.environ) -> Settings:
    """Read the file and the environment. Raises BadSettings."""
    if not path.is_file():
        raise BadSettings(
            f"找不到配置文件 {path}，请用 --config 指明，或照 docs/operator.md 写一份"
        )
    variables = _variables(environment)

    class Loaded(Settings):
        @classmethod
        def settings_customise_sources(
            cls, settings_cls: type[BaseSettings], *_args: Any, **_sources: Any
        ) -> tuple[PydanticBaseSettingsSource, ...]:
            return (
                _Environment(settings_cls, variables),
                TomlConfigSettingsSource(settings_cls, toml_file=path),
            )

    try:
        settings = Loaded()  # type: ignore[call-arg]
    except ValidationError as error:
        raise BadSettings("；".join(_problem(found) for found in error.errors())) from None
    except ValueError as error:
        raise BadSettings(f"{path} 读不出来：{_first_line(error)}") from None
    _check_groups(settings)
    return settings


class _Environment(EnvSettingsSource):
    """SHUANGLIAN_SECTION__KEY from variables that were read before."""

    def __init__(self, settings_cls: type[BaseSettings], variables: Mapping[str, str]) -> None:
        self._variables = variables
        super().__init__(settings_cls, env_prefix=PREFIX, env_nested_delimiter="__")

    def _load_env_vars(self) -> Mapping[str, str | None]:
        return {name.lower(): value for name, value in self._variables.items()}


def _variables(environment: Mapping[str, str]) -> dict[str, str]:
    """Ours among the environment, with the contents of …_FILE. Raises BadSettings."""
    found: dict[str, str] = {}
    known = {f"{PREFIX}{name}".upper() for name in Settings.model_fields}
    for name, value in environment.items():
        upper = name.upper()
        if not upper.startswith(PREFIX):
            continue
        if upper.split("__")[0] not in known:
            raise BadSettings(f"环境变量 {name}：不认识的键，请删去或改正拼写")
        if not upper.endswith(FILE_SUFFIX):
            found[upper] = value
            continue
        try:
            found[upper.removesuffix(FILE_SUFFIX)] = Path(value).read_text("utf-8").strip()
        except (OSError, UnicodeDecodeError):
            raise BadSettings(f"环境变量 {name} 指的文件 {value} 读不出来") from None
    return found


def _problem(error: Any) -> str:
    key = ".".join(str(part) for part in error["loc"])
    message = MESSAGES.get(error["type"])
    if message is None and error["type"] == "value_error":
        message = str(error["ctx"]["error"])
    return f"{key}：{message or error['msg']}"


def _first_line(error: ValueError) -> str:
    return str(error).splitlines()[0]


def _check_groups(settings: Settings) -> None:
    channels = {f"wecom.{name}" for name in settings.wecom}
    channels |= {f"dingtalk.{name}" for name in settings.dingtalk}
    for place, group in enumerate(settings.group):
        if group.channel not in channels:
            raise BadSettings(f"group.{place}.channel：没有名为 {group.channel} 的应用")

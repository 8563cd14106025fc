"""What a setting may be: checked values, and what is said of a bad one."""

import json
import re
from typing import Annotated, Any
from urllib.parse import SplitResult, urlsplit
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import AfterValidator, BeforeValidator, Field, SecretStr

from storage.encryption import BadKey, read_key


def _zone(name: str) -> str:
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise ValueError("没有这个时区，例如 Asia/Shanghai") from None
    return name


def _parts(address: str) -> SplitResult:
    """The parts of an address, its port readable; the error shows none of them."""
    try:
        parts = urlsplit(address)
        _ = parts.port
    except ValueError:
        raise ValueError("网址写法不对，请检查主机名和端口，密码里的特殊字符要写成 %XX") from None
    return parts


def _url(address: str) -> str:
    parts = _parts(address)
    if parts.scheme not in {"http", "https"} or not parts.hostname:
        raise ValueError("应为 http:// 或 https:// 开头的网址")
    return address.rstrip("/")


def _database(address: str) -> str:
    if not address.startswith(("sqlite+aiosqlite:///", "postgresql+asyncpg://")):
        raise ValueError("应以 sqlite+aiosqlite:/// 或 postgresql+asyncpg:// 开头")
    _parts(address)
    return address


def _policy(names: Any) -> Any:
    """One name or a list of them; anything else is one problem, not one for each form."""
    listed = names if isinstance(names, list) else [names]
    if not all(isinstance(one, str) and one for one in listed):
        raise ValueError('应为制度的名字或文件，例如 "chizhou"，或者它们的列表')
    return names


def _aes_key(key: SecretStr) -> SecretStr:
    if not re.fullmatch(r"[A-Za-z0-9]{43}", key.get_secret_value()):
        raise ValueError("应为 43 位字母和数字，请从平台后台重新复制")
    return key


def _token(token: SecretStr) -> SecretStr:
    if not re.fullmatch(r"[A-Za-z0-9]{1,32}", token.get_secret_value()):
        raise ValueError("Token 应为 1 至 32 位字母和数字，请从企业微信后台重新复制")
    return token


def _event_token(token: SecretStr) -> SecretStr:
    if not re.fullmatch(r"[A-Za-z0-9]{3,63}", token.get_secret_value()):
        raise ValueError("应为 3 至 63 位字母和数字，请从钉钉后台“事件订阅”重新复制")
    return token


def _privacy_key(key: SecretStr) -> SecretStr:
    try:
        read_key(key.get_secret_value())
    except BadKey as error:
        raise ValueError(str(error)) from None
    return key


def _listed(keys: Any) -> Any:
    """A secret file or variable holds a JSON list, or one key a line."""
    if not isinstance(keys, str):
        return keys
    try:
        return json.loads(keys)
    except ValueError:
        return keys.split()


Name = Annotated[str, Field(min_length=1)]
Secret = Annotated[SecretStr, Field(min_length=1)]
Url = Annotated[str, AfterValidator(_url)]
Day = Annotated[int, Field(ge=1, le=31)]
Zone = Annotated[str, AfterValidator(_zone)]
DatabaseUrl = Annotated[str, AfterValidator(_database), Field(repr=False)]
Policy = Annotated[str | list[str], BeforeValidator(_policy)]
Token = Annotated[SecretStr, AfterValidator(_token)]
EventToken = Annotated[SecretStr, AfterValidator(_event_token)]
AesKey = Annotated[SecretStr, AfterValidator(_aes_key)]
PrivacyKeys = Annotated[
    list[Annotated[SecretStr, AfterValidator(_privacy_key)]],
    BeforeValidator(_listed),
    Field(min_length=1),
]

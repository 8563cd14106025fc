"""Settings from the environment: SHUANGLIAN_SECTION__KEY, and …_FILE for what lies in a file."""

from collections.abc import Iterable, Mapping
from pathlib import Path

from pydantic_settings import BaseSettings, EnvSettingsSource

PREFIX = "SHUANGLIAN_"
FILE_SUFFIX = "_FILE"


class Environment(EnvSettingsSource):
    """SHUANGLIAN_SECTION__KEY from variables that were read before."""

    def __init__(self, settings_cls: type[BaseSettings], variables: Mapping[str, str]) -> None:
        self._variables = variables
        super().__init__(settings_cls, env_prefix=PREFIX, env_nested_delimiter="__")

    def _load_env_vars(self) -> Mapping[str, str | None]:
        return {name.lower(): value for name, value in self._variables.items()}


def variables_of(
    environment: Mapping[str, str], sections: Iterable[str]
) -> tuple[dict[str, str], list[str]]:
    """Ours among the environment, with the contents of …_FILE; and what is wrong with them."""
    found: dict[str, str] = {}
    problems = []
    known = {f"{PREFIX}{name}".upper() for name in sections}
    for name, value in environment.items():
        upper = name.upper()
        if not upper.startswith(PREFIX):
            continue
        key = upper.removesuffix(FILE_SUFFIX)
        if upper.split("__")[0] not in known:
            problems.append(f"环境变量 {name}：不认识的键，请删去或改正拼写")
        elif key in found:
            problems.append(f"环境变量 {key} 和 {key}{FILE_SUFFIX} 只能用一个")
        elif key == upper:
            found[key] = value
        else:
            try:
                found[key] = Path(value).read_text("utf-8").strip()
            except (OSError, ValueError):
                problems.append(f"环境变量 {name} 指的文件 {value} 读不出来")
    return found, problems

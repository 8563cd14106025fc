"""Policy files read, laid over each other value by value, and proved. Pure but for the reader."""

import re
import tomllib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from scheduler import policy_values as values
from scheduler.calendar import Calendar
from scheduler.policy import ActivityRules, BadPolicy, Manners, Policy, Rule
from scheduler.policy_proofs import problems_of

Read = Callable[[str], str]

BASE = "base"
SHIPPED = Path(__file__).parent / "policies"
RULE_NAME = re.compile(r"[a-z][a-z0-9_]{0,39}")

NOT_FOUND = "{file}：没有这个制度，也没有这个文件；自带的有 {shipped}"
UNREADABLE = "{file}：文件读不出来"
NO_TOML = "{file}：写法不对：{reason}"
PROBLEM = "{file}：{key}：{problem}"
UNKNOWN = "不认识的键"
NO_SECTION = "应为一节"
BAD_NAME = "制度名应为小写字母、数字和下划线，最多 40 个"
LACKING = "缺少 {keys}（前面的文件里没有叫这个名字的制度）"
NO_RULES = "没有任何制度"


@dataclass(slots=True)
class _Merged:
    """What the files say so far, with the file that spoke last of each rule."""

    top: dict[str, Any] = field(default_factory=dict)
    names: list[str] = field(default_factory=list)
    sections: dict[str, dict[str, Any]] = field(
        default_factory=lambda: {"manners": {}, "activities": {}}
    )
    rules: dict[str, dict[str, Any]] = field(default_factory=dict)
    files: dict[str, str] = field(default_factory=dict)
    problems: list[str] = field(default_factory=list)

    def bad(self, file: str, key: str, problem: object) -> None:
        self.problems.append(PROBLEM.format(file=file, key=key, problem=problem))

    def take(
        self, file: str, key: str, given: Any, readers: Mapping[str, values.Reader]
    ) -> dict[str, Any]:
        """The values of one section that can be read; the others become problems."""
        if not isinstance(given, dict):
            self.bad(file, key, NO_SECTION)
            return {}
        found = {}
        for name, value in given.items():
            where = f"{key}.{name}" if key else name
            if name not in readers:
                self.bad(file, where, UNKNOWN)
                continue
            try:
                found[name] = readers[name](value)
            except values.BadValue as error:
                self.bad(file, where, error)
        return found


def shipped() -> list[str]:
    """The names of the policies that come with the program."""
    return sorted(file.stem for file in SHIPPED.glob("*.toml"))


def reader(folder: Path) -> Read:
    """Reads a shipped policy by its name, anything else as a file, relative to `folder`."""

    def read(name: str) -> str:
        file = SHIPPED / f"{name}.toml" if name in shipped() else folder / name
        return file.read_text("utf-8-sig")

    return read


def load_policy(names: str | Sequence[str], read: Read, calendar: Calendar | None = None) -> Policy:
    """The named policies over base, later ones winning rule by rule and value by value.

    `calendar` is the one the due days are proved with. Raises BadPolicy with every problem at once.
    """
    given = [names] if isinstance(names, str) else list(names)
    merged = _Merged()
    for file in dict.fromkeys([BASE, *given]):
        _lay_over(merged, file, read)
    rules = [
        Rule(name=name, **{key: value for key, value in found.items() if key != "off"})
        for name, found in merged.rules.items()
        if _is_complete(merged, name, found) and not found.get("off")
    ]
    for rule in rules:
        for problem in problems_of(rule, calendar or Calendar()):
            merged.bad(merged.files[rule.name], f"rule.{rule.name}", problem)
    if not rules:
        merged.bad(given[-1] if given else BASE, "rule", NO_RULES)
    if merged.problems:
        raise BadPolicy(merged.problems)
    return Policy(
        **{**merged.top, "name": "、".join(merged.names)},
        rules=tuple(rules),
        manners=Manners(**merged.sections["manners"]),
        activities=ActivityRules(**merged.sections["activities"]),
    )


def _lay_over(merged: _Merged, file: str, read: Read) -> None:
    document = _document(merged, file, read)
    for name, section in merged.sections.items():
        readers = getattr(values, f"{name.upper()}_KEYS")
        section.update(merged.take(file, name, document.pop(name, {}), readers))
    rules = document.pop("rule", {})
    top = merged.take(file, "", document, values.POLICY_KEYS)
    merged.names.append(top.get("name", file))
    merged.top.update(top)
    if not isinstance(rules, dict):
        merged.bad(file, "rule", NO_SECTION)
        return
    for name, given in rules.items():
        if not RULE_NAME.fullmatch(name):
            merged.bad(file, f"rule.{name}", BAD_NAME)
            continue
        found = merged.take(file, f"rule.{name}", given, values.RULE_KEYS)
        merged.rules.setdefault(name, {}).update(found)
        merged.files[name] = file


def _document(merged: _Merged, file: str, read: Read) -> dict[str, Any]:
    try:
        return tomllib.loads(read(file))
    except (FileNotFoundError, LookupError):
        merged.problems.append(NOT_FOUND.format(file=file, shipped="、".join(shipped())))
    except tomllib.TOMLDecodeError as error:
        merged.problems.append(NO_TOML.format(file=file, reason=error))
    except (OSError, ValueError):
        merged.problems.append(UNREADABLE.format(file=file))
    return {}


def _is_complete(merged: _Merged, name: str, found: dict[str, Any]) -> bool:
    lacking = [key for key in values.REQUIRED if key not in found]
    file = merged.files[name]
    told = any(problem.startswith(f"{file}：rule.{name}.") for problem in merged.problems)
    if lacking and not told:
        merged.bad(file, f"rule.{name}", LACKING.format(keys="、".join(lacking)))
    return not lacking

"""The policy and the calendar that a configuration names, read and proved."""

from dataclasses import replace
from pathlib import Path

from bot.settings import BadSettings, Settings
from scheduler.calendar import Calendar
from scheduler.overlay import BadOverlay, read_overlay
from scheduler.policy import DEFAULT_ACTIVITY_DAY, BadPolicy, Policy
from scheduler.policy_files import load_policy, reader
from scheduler.rules import Rules

POLICY = "organisation.policy：{problem}"
CALENDAR = "organisation.calendar：{file}：{problem}"
NOT_FOUND = "没有这个文件"
UNREADABLE = "文件读不出来"


def load_rules(settings: Settings, folder: Path) -> Rules:
    """Files are looked for in `folder`, where the configuration lies. Raises BadSettings."""
    problems: list[str] = []
    calendar = _calendar(settings.organisation.calendar, folder, problems)
    policy = None
    try:
        policy = load_policy(settings.organisation.policy, reader(folder), calendar)
    except BadPolicy as error:
        problems += [POLICY.format(problem=problem) for problem in error.problems]
    if policy is None or problems:
        raise BadSettings("；".join(problems))
    days = {one.name: one.activity_day for one in settings.branch if one.activity_day is not None}
    fixed_day = _activity_day(settings, policy)
    policy = replace(policy, activity_day=fixed_day)
    return Rules(policy, calendar, settings.zone, fixed_day, named_days=days)


def _calendar(file: str | None, folder: Path, problems: list[str]) -> Calendar:
    if file is None:
        return Calendar()
    try:
        return Calendar(read_overlay((folder / file).read_text("utf-8-sig")))
    except BadOverlay as error:
        problems += [CALENDAR.format(file=file, problem=problem) for problem in error.problems]
    except FileNotFoundError:
        problems.append(CALENDAR.format(file=file, problem=NOT_FOUND))
    except (OSError, ValueError):
        problems.append(CALENDAR.format(file=file, problem=UNREADABLE))
    return Calendar()


def _activity_day(settings: Settings, policy: Policy) -> int:
    """What the configuration says itself, else the policy, else the fifth."""
    if "activity_day" in settings.organisation.model_fields_set:
        return settings.organisation.activity_day
    return policy.activity_day or DEFAULT_ACTIVITY_DAY

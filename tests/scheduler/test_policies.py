"""The shipped policies: each loads, proves, names its sources; together, and with a file of one's own."""

import re
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path

import pytest

from scheduler.calendar import Calendar
from scheduler.occurrences import (
    coming,
    due_in,
    form_due,
    rung_day,
    span_after,
)
from scheduler.periods import period_named
from scheduler.policy import BadPolicy, Event, Owes, Policy, Proof, Who
from scheduler.policy_files import load_policy, reader, shipped
from scheduler.policy_proofs import SAMPLE

CALENDAR = Calendar()
YEAR = [date(2026, 1, 1) + timedelta(number) for number in range(365)]
REQUIRED = {
    "base": {"AD-1", "AD-2", "AD-6", "AD-8", "AD-10", "AD-11", "AD-12", "AD-13", "AD-14", "AD-15",
             "FM-2", "FM-6", "FM-7", "FM-9", "FM-11", "FM-12", "FM-15"},
    "jiangsu": {"MR-1", "MR-6", "LP-4"},
    "cumt": {"FM-3", "FM-10"},
    "university": {"ME-1", "ME-2", "ME-3", "ME-4", "ME-5", "ME-7", "ME-9"},
    "hubei": {"FM-13", "FM-14", "ME-3", "SP-1", "SP-2", "SP-3", "SP-4", "SP-5",
              "JC-2", "JC-3", "JC-4", "JC-5", "JC-6", "RA-1", "RA-2"},
    "chizhou": {"AD-7", "AD-9"},
}  # fmt: skip


def load(*names: str, **files: str) -> Policy:
    """Shipped policies with files that exist for this test only."""
    return load_policy([*names, *files], reading(files))


def reading(files: Mapping[str, str]) -> Callable[[str], str]:
    """Reads these files, and the shipped ones."""
    ours = reader(Path("/nowhere"))
    return lambda name: files[name] if name in files else ours(name)


@pytest.mark.parametrize("name", shipped())
def test_each_shipped_policy_proves(name: str) -> None:
    """Alone: base and its own clauses, with sources, reasons and plain titles."""
    policy = load(name)
    assert REQUIRED["base"] | REQUIRED[name] <= {rule.clause for rule in policy.rules}
    for rule in policy.rules:
        assert re.search(r"[《〕]", rule.source), rule.name
        assert rule.why.endswith("。"), rule.name
        assert len(rule.title) <= 26, rule.name


def test_every_policy_is_required_something() -> None:
    """A new policy says here which clauses it brings."""
    assert sorted(REQUIRED) == shipped()


def test_the_numbers_of_the_documents() -> None:
    """What the five documents fix in numbers stands in the policies."""
    chizhou, hubei, university = load("chizhou"), load("hubei"), load("university")
    plan, talk, case = (chizhou.rule(name) for name in ("year_plan", "absent_talk", "absent_case"))
    assert (plan.count, plan.due.month, plan.due.day) == (12, 3, 25)
    assert (talk.count, case.count, talk.event) == (3, 6, Event.ABSENCE)
    assert form_due(chizhou, date(2026, 10, 30)) == date(2026, 11, 2)
    assert form_due(load("chizhou", own="[rule.record_form]\noff = true\n"), YEAR[0]) is None
    assert (chizhou.activity_day, chizhou.activity_days) == (5, (5, 10))
    assert hubei.rule("education").count == 6
    assert hubei.rule("group").count == 3
    assert university.rule("hours").count == 32
    assert chizhou.proved_by(Proof.PLAN_FILED) == plan
    assert hubei.proved_by(Proof.PLAN_FILED) is None


def test_the_rungs_of_the_quarterly_contact() -> None:
    """The secretary four times, the committee the day after, the member never."""
    rule, quarter = load("base").rule("contact"), period_named("2026-Q4")
    due = due_in(rule, quarter, CALENDAR, 5)
    assert due == date(2026, 12, 31)
    assert [(rung.who, rung_day(rung, quarter, due)) for rung in rule.rungs] == [
        (Who.SECRETARY, date(2026, 11, 15)),
        (Who.SECRETARY, date(2026, 12, 17)),
        (Who.SECRETARY, date(2026, 12, 28)),
        (Who.SECRETARY, date(2026, 12, 31)),
        (Who.COMMITTEE, date(2027, 1, 1)),
    ]


DUES = [
    ("activity", "2026-10", 5, date(2026, 10, 8)),
    ("activity", "2026-02", 31, date(2026, 2, 28)),
    ("content", "2024-02", 5, date(2024, 2, 29)),
    ("year_plan", "2026", 5, date(2026, 3, 25)),
    ("exchange", "2026-H1", 5, date(2026, 6, 30)),
]


@pytest.mark.parametrize(("name", "period", "fixed", "due"), DUES)
def test_due_days(name: str, period: str, fixed: int, due: date) -> None:
    """The activity day, the end of the period, a day of the year."""
    rule = load("chizhou").rule(name)
    assert due_in(rule, period_named(period), CALENDAR, fixed) == due


def test_a_day_of_a_period_is_counted_from_its_first_month() -> None:
    """The second month of every quarter; a day it does not have is its last."""
    rule = load("base", own='[rule.contact]\ndue = "02-31"\nrungs = []\n').rule("contact")
    ends = [due_in(rule, period_named(f"2026-Q{one}"), CALENDAR, 5) for one in (1, 2, 4)]
    assert ends == [date(2026, 2, 28), date(2026, 5, 31), date(2026, 11, 30)]


def test_an_event_has_a_span() -> None:
    """From the event to the due day, named by the event."""
    rule = load("base").rule("record_form")
    span = span_after(rule, date(2026, 11, 5))
    assert (span.name, span.first, span.last) == (
        "2026-11-05",
        date(2026, 11, 5),
        date(2026, 11, 8),
    )


def test_later_policies_win_value_by_value() -> None:
    """Rule by rule and value by value; what they do not name stays."""
    one, other = load("university", "jiangsu"), load("jiangsu", "university")
    assert {rule.name for rule in one.rules} == {rule.name for rule in other.rules}
    assert "江苏" in one.rule("activity").source
    assert "高校" in other.rule("activity").source
    assert one.rule("activity").title == other.rule("activity").title == "开展{period}主题党日"
    assert one.name == "通用、高校、江苏"


def test_a_file_of_ones_own_overrides_single_values(tmp_path: Path) -> None:
    """By its path; the rest of the rule stays, a rule may be off, a new one may be added."""
    (tmp_path / "own.toml").write_text(
        """
name = "本单位"
activity_day = 12
[manners]
member_per_month = 4
[activities]
announce_days = 3
form_title = "主题党日记录表"
[rule.contact]
grace = 3
[rule.census]
off = true
[rule.visit]
clause = "ME-5"
title = "走访老党员"
owes = "branch"
period = "year"
due = "10-25"
grace = 5
proof = "settled"
rungs = [{ who = "secretary", of = "due", days = -3, text = "{branch}：{due}前走访老党员。" }]
source = "本单位《年度安排》第三条"
why = "每年重阳节前走访。"
""",
        "utf-8",
    )
    base, policy = load("base"), load_policy(["base", "own.toml"], reader(tmp_path))
    assert policy.rule("contact") == replace(base.rule("contact"), grace=3)
    assert {rule.name for rule in base.rules} - {rule.name for rule in policy.rules} == {"census"}
    assert policy.rule("visit").owes is Owes.BRANCH
    assert policy.rule("visit").rungs[0].text.format_map(SAMPLE).startswith("第一党支部")
    assert (policy.activity_day, policy.manners.member_per_month) == (12, 4)
    assert (policy.manners.digest_hour, policy.activities.announce_days) == (9, 3)
    assert policy.activities.form_title == "主题党日记录表"


def test_one_name_needs_no_list() -> None:
    """A single name, a list of it, and the same with base before it are one policy."""
    ours = reader(Path("/nowhere"))
    assert load_policy("jiangsu", ours) == load("jiangsu") == load("base", "jiangsu")
    assert load_policy([], ours) == load("base")


def test_what_comes() -> None:
    """Ninety days of due days by day, each with clause and title, the first and the last day included."""
    policy = replace(load("chizhou"), activity_day=5)
    found = coming(policy, CALENDAR, date(2026, 9, 30))
    assert found == sorted(found, key=lambda one: one.due)
    assert found[0].due == date(2026, 9, 30)
    assert found[-1].due <= date(2026, 12, 29)
    months = [one.due for one in found if one.clause == "AD-1"]
    assert months == [date(2026, 10, 8), date(2026, 11, 5), date(2026, 12, 5)]
    assert [one.title for one in found if one.clause == "FM-6"] == ["与外出党员联系"]
    assert {policy.rule(one.rule).period for one in found} <= {"month", "quarter", "half", "year"}
    assert coming(policy, CALENDAR, date(2026, 11, 6), days=0) == []


NEW = """
[rule.visit]
clause = "ME-5"
title = "走访"
owes = "branch"
period = "year"
due = "10-25"
grace = 5
proof = "settled"
rungs = []
source = "本单位"
why = "每年一次。"
"""
BROKEN = [
    ("[rule.contact]\ngrase = 3\n", "own：rule.contact.grase：不认识的键"),
    ("[rule.contact]\ngrace = -1\n", "own：rule.contact.grace：应为 0 到 400 的整数"),
    ("[rule.contact]\ngrace = true\n", "own：rule.contact.grace：应为 0 到 400 的整数"),
    ('[rule.contact]\nsource = " "\n', "own：rule.contact.source：应为文字"),
    ("[rule.contact]\ntitle = 5\n", "own：rule.contact.title：应为文字"),
    (f'[rule.contact]\nwhy = "{"长" * 201}"\n', "own：rule.contact.why：太长"),
    ('[rule.contact]\nclause = "FM6"\n', "own：rule.contact.clause：应为条款编号"),
    ('[rule.contact]\nowes = "stints"\n', "own：rule.contact.owes：应为 branch、member、stint"),
    ('[rule.contact]\nperiod = "week"\n', "own：rule.contact.period：应为 month、quarter"),
    ('[rule.contact]\nproof = "talk"\n', "own：rule.contact.proof：应为 activity_held"),
    ('[rule.contact]\nalso = ["report", "rumour"]\n', "own：rule.contact.also：应为 report、place"),
    ("[rule.contact]\nalso = [5]\n", "own：rule.contact.also：应为文字的列表"),
    ("[rule.contact]\noff = 1\n", "own：rule.contact.off：应为 true 或 false"),
    ('[rule.contact]\ndue = "13-01"\n', "own：rule.contact.due：应为 "),
    ('[rule.contact]\ndue = "later"\n', "own：rule.contact.due：应为 "),
    ("[rule.contact]\ndue = [1]\n", "own：rule.contact.due：应为 "),
    ("[rule.contact]\ndue = 3\n", "own：rule.contact：period 是 event 时 due 应为天数"),
    ('[rule.contact]\ndue = "activity_day"\n', 'own：rule.contact：due = "activity_day" 只用于每月'),
    ('[rule.contact]\ndue = "04-01"\nrungs = []\n', "own：rule.contact：2026-Q1 的到期日 2026-04-01 不在"),
    ('[rule.contact]\nevent = "left"\n', "own：rule.contact：period 不是 event"),
    ('[rule.contact]\nowes = "branch"\n', "own：rule.contact：proof 是 contact 时 owes 应为 stint"),
    ("[rule.content]\ncategories = []\n", "own：rule.content：proof 是 category_held 时要写明"),
    ('[rule.contact]\nrungs = [{ who = "secretary", days = 15 }]\n', "own：rule.contact：第 1 级提醒（2026-04-15）不在"),
    ('[rule.contact]\nrungs = [{ who = "secretary", of = "start", days = -1 }]\n', "own：rule.contact：第 1 级提醒（2025-12-31）"),
    ('[rule.returned]\nrungs = [{ who = "secretary", of = "start", days = -1 }]\n', "own：rule.returned：第 1 级提醒"),
    ("[rule.contact]\nrungs = [{ days = 1 }]\n", "own：rule.contact.rungs：第 1 个：who：缺少"),
    ('[rule.contact]\nrungs = [{ who = "boss" }]\n', "own：rule.contact.rungs：第 1 个：who：应为 member"),
    ('[rule.contact]\nrungs = [{ who = "member", at = 1 }]\n', "own：rule.contact.rungs：第 1 个：at：不认识"),
    ("[rule.contact]\nrungs = 5\n", "own：rule.contact.rungs：应为列表"),
    ('[rule.contact]\nsettle = "联系 {name}"\n', "own：rule.contact：文字“联系 {name}”里的 {name} 不能用"),
    ('[rule.contact]\nsettle = "联系 {member.__class__}"\n', "里的 {member.__class__} 不能用"),
    ('[rule.contact]\nsettle = "联系 {"\n', "own：rule.contact：文字“联系 {”里的花括号不成对"),
    ("[rule.contact]\nsettle = 5\n", "own：rule.contact.settle：应为文字"),
    ("[rule.contct]\ngrace = 3\n", "own：rule.contct：缺少 clause、title"),
    ("[rule.contct]\noff = true\n", "own：rule.contct：缺少 clause、title"),
    ("[rule.Contact]\ngrace = 3\n", "own：rule.Contact：制度名应为"),
    (NEW.replace('"year"', '"event"').replace('"10-25"', "5"), "own：rule.visit：period 是 event 时要写明 event"),
    ("rule = 5\n", "own：rule：应为一节"),
    ("[rule]\ncontact = 5\n", "own：rule.contact：应为一节"),
    ("rules = 5\n", "own：rules：不认识的键"),
    ("name = 5\n", "own：name：应为文字"),
    ("activity_day = 32\n", "own：activity_day：应为 1 到 31"),
    ("activity_days = [0]\n", "own：activity_days：应为 1 到 31"),
    ("activity_days = 5\n", "own：activity_days：应为 1 到 31"),
    ("manners = 5\n", "own：manners：应为一节"),
    ("[manners]\nquiet_from = 24\n", "own：manners.quiet_from：应为 0 到 23"),
    ("[manners]\nmember_per_week = 1\n", "own：manners.member_per_week：不认识的键"),
    ("[activities]\nremind_days = 0\n", "own：activities.remind_days：应为 1 到 31"),
    ('[activities]\nform_title = ""\n', "own：activities.form_title：应为文字，不能为空"),
    ('[activities]\nform_title = "党日/活动"\n', "own：activities.form_title：要用作文件名，不能有 /"),
    (f'[activities]\nform_title = "{"表" * 41}"\n', "own：activities.form_title：太长，最多 40 字"),
    ("[rule\n", "own：写法不对"),
]  # fmt: skip


@pytest.mark.parametrize(("text", "told"), BROKEN)
def test_a_broken_file_is_named_with_its_key(text: str, told: str) -> None:
    """One line that names the file, the key and what was expected; nothing else is complained of."""
    with pytest.raises(BadPolicy) as caught:
        load("chizhou", own=text)
    [problem] = caught.value.problems
    assert told in problem
    assert "\n" not in problem


def test_every_problem_is_said_at_once() -> None:
    """Two files and four keys."""
    with pytest.raises(BadPolicy) as caught:
        load(
            "nowhere",
            one="[rule.contact]\ngrace = -1\nclause = 5\n",
            other='[rule.dues]\nsettle = "{"\n[manners]\nhaste = 1\n',
        )
    assert len(caught.value.problems) == 5
    assert str(caught.value).startswith(
        "nowhere：没有这个制度，也没有这个文件；自带的有 base、chizhou"
    )


def test_a_file_that_cannot_be_read(tmp_path: Path) -> None:
    """A directory, and a file that is no text."""
    (tmp_path / "binary.toml").write_bytes(b"\xff\xfe")
    with pytest.raises(BadPolicy) as caught:
        load_policy([".", "binary.toml"], reader(tmp_path))
    assert caught.value.problems == [".：文件读不出来", "binary.toml：文件读不出来"]


def test_a_rule_that_is_not_there() -> None:
    """Asking for a rule another policy has is an error, not a guess."""
    with pytest.raises(LookupError, match="year_plan"):
        load("base").rule("year_plan")


def test_a_policy_without_rules_is_none() -> None:
    """Everything switched off would be silence that nobody meant."""
    off = "".join(f"[rule.{rule.name}]\noff = true\n" for rule in load("base").rules)
    with pytest.raises(BadPolicy, match="没有任何制度"):
        load("base", own=off)

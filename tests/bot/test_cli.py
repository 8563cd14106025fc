"""The command as an operator uses it: settings, schema, roster, plan, exports, verification."""

import csv
import io
import json
import sqlite3
from collections.abc import Callable
from pathlib import Path
from typing import Any
from zipfile import ZIP_DEFLATED, ZipFile

import pytest
from click.testing import CliRunner, Result
from openpyxl import Workbook, load_workbook

from bot import cli
from handlers.documents import sheets
from handlers.documents.sheets import LARGEST_UNPACKED

SETTINGS = """
[organisation]
name = "中共某某学院委员会"

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
ROSTER = """姓名,手机,党支部,上级党组织,职务,企业微信账号,出生日期,外出日期,外出地,外出事由,备注
张三,13900001234,第一党支部,中共某某学院委员会,,ZhangSan,1968-05-12,2026-03-01,江苏省苏州市,打工,=cmd|calc
李红梅,139-0000-1235,第一党支部,中共某某学院委员会,书记,lihongmei,1970/1/2,,,,
王芳,+8613900001236,第二党支部,中共某某学院委员会,书记,wangfang,1950年3月4日,,,,
"""
PLAN = """党支部,日期,开始,结束,主题,地点,类别,方式,参加范围
中共某某学院委员会,2030-10-12,09:00,11:00,重温入党誓词,一楼会议室,学习教育、民主议事,现场+线上,全体党员
第一党支部,2030-11-05,9点,,主题党日,,学习教育,,
"""
Run = Callable[..., Result]


@pytest.fixture
def run(tmp_path: Path) -> Run:
    """Runs `shuanglian …` with a configuration in an empty folder."""
    config = tmp_path / "shuanglian.toml"
    config.write_text(SETTINGS.format(folder=tmp_path), "utf-8")

    def command(*words: str) -> Result:
        return CliRunner().invoke(cli.main, [*words, "--config", str(config)])

    return command


@pytest.fixture
def ready(run: Run, tmp_path: Path) -> Run:
    """The same with a migrated database and the roster taken over."""
    assert run("migrate").exit_code == 0
    _write(tmp_path / "roster.csv", ROSTER)
    assert run("roster", "import", str(tmp_path / "roster.csv")).exit_code == 0
    return run


def _write(path: Path, text: str, encoding: str = "utf-8") -> str:
    path.write_text(text, encoding)
    return str(path)


def _exported(run: Run, kind: str) -> list[dict[str, Any]]:
    result = run("export", kind)
    assert result.exit_code == 0, result.output
    return list(json.loads(result.stdout))


def test_check_says_what_to_do(run: Run) -> None:
    """Before migrate the database is named with the command that mends it; afterwards all holds."""
    before = run("check")
    assert before.exit_code == 1
    assert "shuanglian migrate" in before.output
    assert run("migrate").exit_code == 0
    after = run("check")
    assert after.exit_code == 0, after.output
    assert "结构是最新的" in after.output


def test_a_lost_key_is_named(ready: Run, tmp_path: Path) -> None:
    """With another privacy key the data cannot be opened, and that is said without a traceback."""
    config = tmp_path / "shuanglian.toml"
    config.write_text(config.read_text("utf-8").replace("a2tra2t", "b2tra2t", 1), "utf-8")
    for command in (("check",), ("export", "members"), ("verify",)):
        result = ready(*command)
        assert result.exit_code != 0
        assert "旧密钥" in result.output


def test_bad_settings_name_the_key_in_one_line(run: Run, tmp_path: Path) -> None:
    """Exit 2 and one line on stderr that names every bad key."""
    config = tmp_path / "shuanglian.toml"
    config.write_text(config.read_text("utf-8").replace("agent_id", "agentid"), "utf-8")
    result = run("check")
    assert result.exit_code == 2
    assert len(result.stderr.strip().splitlines()) == 1
    assert "wecom.main.agentid" in result.stderr
    assert "wecom.main.agent_id" in result.stderr


def test_a_missing_configuration_is_named(tmp_path: Path) -> None:
    """The file that is not there is named."""
    result = CliRunner().invoke(cli.main, ["check", "--config", str(tmp_path / "no.toml")])
    assert result.exit_code == 2
    assert "no.toml" in result.stderr


def test_commands_refuse_an_old_schema(run: Run) -> None:
    """Everything that needs the schema says that `migrate` comes first."""
    for command in (("export", "members"), ("verify",), ("serve",)):
        result = run(*command)
        assert result.exit_code == 2
        assert "shuanglian migrate" in result.stderr


def test_the_roster_is_taken_over_once(ready: Run, tmp_path: Path) -> None:
    """Members, branches, accounts and stints come in; the same file again changes nothing."""
    members = _exported(ready, "members")
    assert [(one["name"], one["branch"], one["accounts"]) for one in members] == [
        ("张三", "第一党支部", "wecom:zhangsan"),
        ("李红梅", "第一党支部", "wecom:lihongmei"),
        ("王芳", "第二党支部", "wecom:wangfang"),
    ]
    [stint] = _exported(ready, "stints")
    assert (stint["member"], stint["left_on"], stint["province"], stint["city"]) == (
        "张三",
        "2026-03-01",
        "江苏省",
        "苏州市",
    )
    again = ready("roster", "import", str(tmp_path / "roster.csv"))
    assert "未变 3 条" in again.output
    assert len(_exported(ready, "stints")) == 1


def test_a_changed_roster_changes_what_it_says(ready: Run, tmp_path: Path) -> None:
    """Matched by phone: a new name, branch and position are taken; columns left out stay."""
    changed = "手机,姓名,支部,职务\n13900001234,张三丰,第二党支部,副书记\n"
    result = ready("roster", "import", _write(tmp_path / "b.csv", changed))
    assert "已变更 1 条" in result.output
    found = next(one for one in _exported(ready, "members") if one["id"] == 1)
    assert (found["name"], found["branch"], found["position"]) == ("张三丰", "第二党支部", "副书记")
    assert found["accounts"] == "wecom:zhangsan"


def test_a_dry_run_writes_nothing(run: Run, tmp_path: Path) -> None:
    """What would happen is told, and nothing happens."""
    run("migrate")
    result = run("roster", "import", _write(tmp_path / "r.csv", ROSTER), "--dry-run")
    assert "将新增 3 条" in result.output
    assert _exported(run, "members") == []


def test_a_bad_roster_names_every_row_and_writes_none(ready: Run, tmp_path: Path) -> None:
    """All or nothing: each bad cell with its row, column and reason; exit 1."""
    bad = (
        "姓名,手机,党支部,出生日期,党员类别,性别,外出日期,外出地\n"
        "赵六,13900009999,第一党支部,,,,,\n"
        ",1390000,,1968-13-01,群众,未知,昨天,月球\n"
        "钱七,13900009999,第一党支部,,,,,\n"
        "孙八,13900009998,第一党支部,,,,2026-03-01,朝阳区\n"
    )
    result = ready("roster", "import", _write(tmp_path / "bad.csv", bad))
    assert result.exit_code == 1
    for words in (
        "第 3 行“姓名”",
        "第 3 行“手机”",
        "第 3 行“党支部”",
        "第 3 行“出生日期”",
        "第 3 行“党员类别”",
        "第 3 行“性别”",
        "第 3 行“外出日期”",
        "第 3 行“外出地”",
        "第 5 行“外出地”：有几个地方",
    ):
        assert words in result.stderr, words
    assert len(_exported(ready, "members")) == 3
    doubled = "姓名,手机,党支部\n赵六,13900009999,第一\n钱七,13900009999,第一\n"
    result = ready("roster", "import", _write(tmp_path / "double.csv", doubled))
    assert "第 3 行“手机”：与第 2 行相同" in result.stderr


def test_an_account_is_not_taken_from_somebody(ready: Run, tmp_path: Path) -> None:
    """An account that speaks for one member cannot be given to another by a roster."""
    theft = "姓名,手机,党支部,企业微信账号\n赵六,13900009999,第一党支部,zhangsan\n"
    result = ready("roster", "import", _write(tmp_path / "theft.csv", theft))
    assert result.exit_code == 1
    assert "已是 张三 的账号" in result.stderr


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030"])
def test_csv_is_read_in_both_encodings(run: Run, tmp_path: Path, encoding: str) -> None:
    """UTF-8 with or without a mark, and what Chinese spreadsheets save."""
    run("migrate")
    result = run("roster", "import", _write(tmp_path / "r.csv", ROSTER, encoding))
    assert "已新增 3 条" in result.output


def test_xlsx_with_numbers_and_dates_is_read(run: Run, tmp_path: Path) -> None:
    """Phones kept as numbers and days kept as dates come in right; unknown columns are told."""
    book = Workbook()
    sheet = book.active
    assert sheet is not None
    sheet.append(["手机号", "姓名", "党支部", "出生日期", "身份证号"])
    sheet.append([13900001234, "张三", "第一党支部", "1968-05-12", "x"])
    sheet.append([13900001235.0, "李四", "第一党支部", None, None])
    sheet.append([None, None, None, None, None])
    book.save(tmp_path / "r.xlsx")
    run("migrate")
    result = run("roster", "import", str(tmp_path / "r.xlsx"))
    assert "已新增 2 条" in result.output
    assert "没有用到的列：身份证号" in result.output


@pytest.mark.parametrize(
    ("name", "data", "words"),
    [
        ("a.txt", b"x", "应为 .xlsx 或 .csv"),
        ("a.xlsx", b"not a workbook", "不是有效的 .xlsx"),
        ("a.csv", b"", "文件是空的"),
        ("a.csv", b"\xff\xfe\xff", "编码"),
        ("a.csv", "甲,乙\n1,2\n".encode(), "第 1 行应为列名"),
        ("a.csv", "姓名,姓名,手机,党支部\n".encode(), "不止一次"),
        ("a.csv", "姓名,手机\n张三,13900001234\n".encode(), "缺少“党支部”列"),
        ("a.csv", "姓名,手机,党支部\n张三\n".encode(), "第 2 行“手机”：应为 11 位手机号"),
        ("a.csv", f'姓名,手机,党支部\n"{"张" * 140_000}'.encode(), "某一格太长"),
        ("a.csv", "姓名,手机,党支部,上级党组织\n张三,13900001234,甲,甲\n".encode(), "自己的上级"),
        (
            "a.csv",
            "姓名,手机,党支部,上级党组织\n张三,13900001234,甲,乙\n李四,13900001235,乙,甲\n".encode(),
            "第 3 行“上级党组织”",
        ),
        (
            "a.csv",
            "姓名,手机,党支部,外出日期\n张三,13900001234,甲,9999-12-31\n".encode(),
            "第 2 行“外出日期”：日期不合理",
        ),
    ],
)
def test_files_that_are_no_roster_are_named(
    run: Run, tmp_path: Path, name: str, data: bytes, words: str
) -> None:
    """Each gets one clear line, and exit 1."""
    run("migrate")
    (tmp_path / name).write_bytes(data)
    result = run("roster", "import", str(tmp_path / name))
    assert result.exit_code == 1
    assert words in result.stderr


@pytest.mark.parametrize("kind", ["roster", "plan"])
def test_a_template_can_be_filled_in_and_is_explained(run: Run, tmp_path: Path, kind: str) -> None:
    """It has the columns, an explanation of each, is never overwritten, and imports as empty."""
    run("migrate")
    path = tmp_path / "t.xlsx"
    assert run(kind, "template", str(path)).exit_code == 0
    book = load_workbook(path)
    assert book.sheetnames == ["填写", "填写说明"]
    heading = [cell.value for cell in book["填写"][1]]
    assert heading == [row[0].value for row in book["填写说明"].iter_rows(min_row=2)]
    assert run(kind, "template", str(path)).exit_code == 1
    assert "新增 0 条" in run(kind, "import", str(path)).output


def test_a_small_file_that_unpacks_to_much_is_refused(run: Run, tmp_path: Path) -> None:
    """The size that counts is what a workbook unpacks to."""
    run("migrate")
    with ZipFile(tmp_path / "bomb.xlsx", "w", ZIP_DEFLATED) as bomb:
        bomb.writestr("xl/worksheets/sheet1.xml", b" " * (LARGEST_UNPACKED + 1))
    result = run("roster", "import", str(tmp_path / "bomb.xlsx"))
    assert result.exit_code == 1
    assert "展开后太大" in result.stderr


def test_an_export_takes_its_format_from_the_file(ready: Run, tmp_path: Path) -> None:
    """A .csv is a .csv, readable by its owner alone."""
    path = tmp_path / "members.csv"
    assert ready("export", "members", "--output", str(path)).exit_code == 0
    assert path.read_bytes().startswith(b"\xef\xbb\xbfid,name,branch")
    assert path.stat().st_mode & 0o077 == 0


def test_a_key_that_opens_nothing_stops_the_start(ready: Run, tmp_path: Path) -> None:
    """`serve` says it before anybody is answered with silence."""
    config = tmp_path / "shuanglian.toml"
    config.write_text(config.read_text("utf-8").replace("a2tra2tr", "b2tra2tr"), "utf-8")
    result = ready("serve")
    assert result.exit_code == 2
    assert "privacy.keys" in result.stderr


def test_a_roster_that_sends_somebody_away_enters_it_in_the_ledger(ready: Run) -> None:
    """The stint of a filled 外出日期 stands on record like any other."""
    entries = [row["text"] for row in _exported(ready, "ledger") if row["member"] == "张三"]
    assert entries == ["外出：2026年3月1日去江苏省苏州市（名册登记）"]


def test_the_plan_reaches_every_branch(ready: Run, tmp_path: Path) -> None:
    """An upper organisation stands for its branches; the same plan again changes nothing."""
    path = _write(tmp_path / "plan.csv", PLAN, "gb18030")
    assert "已新增 3 条" in ready("plan", "import", path).output
    activities = _exported(ready, "activities")
    assert [(one["branch"], one["starts_at"], one["state"]) for one in activities] == [
        ("第一党支部", "2030-10-12T09:00:00+08:00", "planned"),
        ("第二党支部", "2030-10-12T09:00:00+08:00", "planned"),
        ("第一党支部", "2030-11-05T09:00:00+08:00", "planned"),
    ]
    assert activities[0]["form_due"] == "2030-10-15"
    assert activities[0]["expected"] == 2
    assert len(activities[0]["code"]) == 4
    assert "未变 3 条" in ready("plan", "import", path).output
    moved = PLAN.replace("一楼会议室", "二楼会议室")
    assert "已变更 2 条" in ready("plan", "import", _write(tmp_path / "p.csv", moved)).output


def test_a_bad_plan_names_every_row(ready: Run, tmp_path: Path) -> None:
    """Unknown branches, days, times and ways are named; nothing is written."""
    bad = (
        "党支部,日期,开始,结束,主题,方式\n"
        "第九党支部,2030-02-30,25:00,,,电话\n"
        "第一党支部,2030-01-05,10:00,09:00,主题党日,现场\n"
        "第一党支部,2030-01-06,10:00,11:00,一,现场\n"
        "第一党支部,2030-01-06,10:00,12:00,二,现场\n"
    )
    result = ready("plan", "import", _write(tmp_path / "bad.csv", bad))
    assert result.exit_code == 1
    for column in ("党支部", "日期", "开始", "主题", "方式"):
        assert f"第 2 行“{column}”" in result.stderr, column
    assert "第 3 行“结束”：应晚于开始" in result.stderr
    assert "第 5 行“日期”：与第 4 行同一支部、同一时间" in result.stderr
    assert _exported(ready, "activities") == []


@pytest.mark.parametrize("kind", cli.EXPORT_COLUMNS)
@pytest.mark.parametrize("form", ["json", "csv", "xlsx"])
def test_every_kind_exports_in_every_format(
    ready: Run, tmp_path: Path, kind: str, form: str
) -> None:
    """All kinds are there, with the contract's keys, in a file."""
    path = tmp_path / f"out.{form}"
    result = ready("export", kind, "--format", form, "--output", str(path))
    assert result.exit_code == 0, result.output
    columns = list(cli.EXPORT_COLUMNS[kind])
    if form == "json":
        assert all(list(row) == columns for row in json.loads(path.read_text("utf-8")))
    elif form == "csv":
        assert next(csv.reader(io.StringIO(path.read_text("utf-8-sig")))) == columns
    else:
        assert [cell.value for cell in load_workbook(path).worksheets[0][1]] == columns


def test_formulas_are_defused() -> None:
    """What looks like a formula is text in both kinds of spreadsheet, and itself in JSON."""
    rows = [{"text": "=cmd|' /C calc'!A0"}, {"text": "+1"}, {"text": "@x"}, {"text": "-2"}]
    lines = list(csv.reader(io.StringIO(sheets.write_csv(rows, ["text"]).decode("utf-8-sig"))))
    assert [line[0] for line in lines[1:]] == ["'=cmd|' /C calc'!A0", "'+1", "'@x", "'-2"]
    book = load_workbook(io.BytesIO(sheets.write_xlsx(rows, ["text"])))
    cells = [row[0] for row in book.worksheets[0].iter_rows(min_row=2)]
    assert [cell.data_type for cell in cells] == ["s"] * 4
    assert cells[0].value == "=cmd|' /C calc'!A0"
    assert json.loads(sheets.write_json(rows, ["text"]))[0] == rows[0]


def test_verify_finds_what_was_changed(ready: Run, tmp_path: Path) -> None:
    """An untouched trail holds; a changed line is named, exit 1."""
    assert ready("verify").exit_code == 0
    with sqlite3.connect(tmp_path / "test.db") as database:
        database.execute("UPDATE audit SET object = 'roster:other.csv' WHERE no = 1")
    database.close()
    result = ready("verify")
    assert result.exit_code == 1
    assert "audit 第 1 条" in result.stderr


def test_a_rehearsal_clock_is_refused_beyond_loopback(ready: Run) -> None:
    """`--clock` with a real platform host, and a clock that is no time, are refused."""
    result = ready("serve", "--clock", "2026-10-12T09:00:00+08:00")
    assert result.exit_code == 2
    assert "wecom.main.api_base" in result.stderr
    assert "ISO 8601" in ready("serve", "--clock", "tomorrow").stderr


def test_usage_errors_exit_2(run: Run) -> None:
    """Unknown kinds and commands are bad usage."""
    assert run("export", "everything").exit_code == 2
    assert CliRunner().invoke(cli.main, ["fly"]).exit_code == 2


USAGE = [
    (["dutis"], "没有“dutis”这个命令，是不是“duties”"),
    (["duties", "--foo"], "没有“--foo”这个选项"),
    (["duties", "--on"], "--on 后面要写内容"),
    (["export", "everything"], "KIND：写得不对，应为 members、stints"),
    (["export"], "缺少 KIND"),
    (["tick"], "缺少 --at"),
    (["demo", "--port", "x"], "--port：写得不对，应为0到65535的整数"),
    (["verify", "now"], "多写了内容"),
]


@pytest.mark.parametrize(("words", "told"), USAGE)
def test_bad_usage_is_one_line(words: list[str], told: str) -> None:
    """What is wrong, in Chinese, and where the usage is shown."""
    result = CliRunner().invoke(cli.main, words)
    assert result.exit_code == 2
    assert told in result.stderr
    assert len(result.stderr.strip().splitlines()) == 1


def test_a_time_names_its_option(ready: Run) -> None:
    """`tick --at` is not told about `--clock`."""
    result = ready("tick", "--at", "明天")
    assert result.exit_code == 2
    assert "--at：“明天”不是 ISO 8601 时间，应写成例如 2026-10-12T09:00" in result.stderr


def test_duties_are_listed_with_the_next_reminder(ready: Run) -> None:
    """Clause, due day, subject, and who is reminded when; another branch's are left out."""
    lines = ready("duties", "--on", "2026-12-01", "--branch", "第一党支部").output.splitlines()
    assert "2026-12-31 FM-6 与外出党员联系　第一党支部 张三　2026-12-17 提醒书记" in lines
    assert lines == sorted(lines)
    everything = ready("duties", "--on", "2026-12-01").output
    assert "第二党支部" in everything
    assert "第二党支部" not in "".join(lines)
    late = ready("duties", "--on", "2027-01-10", "--branch", "第一党支部").output
    assert (
        "2026-12-31 FM-6 与外出党员联系　第一党支部 张三（逾期）　2027-01-11 每周汇总提醒书记"
        in late
    )
    over = ready("duties", "--on", "2027-03-01", "--branch", "第一党支部").output
    assert "2026-12-31 FM-6" not in over


@pytest.mark.parametrize(
    ("words", "told"),
    [(("--branch", "第九党支部"), "第九党支部"), (("--on", "12月1日"), "--on：“12月1日”不是日期")],
)
def test_duties_of_nobody_are_bad_usage(ready: Run, words: tuple[str, ...], told: str) -> None:
    """An unknown branch, or no date, is exit 2 with its name."""
    result = ready("duties", *words)
    assert result.exit_code == 2
    assert told in result.stderr


def test_notices_are_exported_after_a_tick(ready: Run) -> None:
    """What a tick told stands in the export with its recipient."""
    assert ready("tick", "--at", "2026-12-17T09:30:00+08:00").exit_code == 0
    told = [row for row in _exported(ready, "notices") if row["clause"] == "FM-6"]
    assert {(row["subject"], row["recipient"], row["state"]) for row in told} == {
        ("张三", "李红梅", "planned")
    }
    assert {"clause", "branch", "subject", "period", "due", "state", "settled_by"} <= _exported(
        ready, "duties"
    )[0].keys()


def test_dead_letters_are_sent_anew_or_put_away(ready: Run, tmp_path: Path) -> None:
    """All that are named or none; `check` lists them no more, and the audit trail knows who and which."""
    assert ready("tick", "--at", "2026-12-17T09:30:00+08:00").exit_code == 0
    with sqlite3.connect(tmp_path / "test.db") as database:
        numbers = [str(row[0]) for row in database.execute("SELECT id FROM outbox LIMIT 2")]
        database.execute("UPDATE outbox SET state = 'failed', attempts = 16, error = '60020'")
    first, second = numbers
    listed = ready("check").output
    assert f"shuanglian messages resend {first}" in listed
    refused = ready("messages", "resend", first, "9999")
    assert (refused.exit_code, "消息 9999 不在没有发出的消息里" in refused.stderr) == (1, True)
    assert f"shuanglian messages resend {first}" in ready("check").output
    assert "已重新排队 1 条" in ready("messages", "resend", first).output
    assert "已放弃 1 条" in ready("messages", "drop", second).output
    listed = ready("check").output
    assert f"resend {first}" not in listed
    assert f"resend {second}" not in listed
    rows = {str(row["id"]): row for row in _exported(ready, "messages")}
    assert [rows[one]["state"] for one in numbers] == ["pending", "dropped"]
    assert (rows[first]["attempts"], rows[first]["error"]) == (0, None)
    assert {"resend", "drop"} <= {row["action"] for row in _exported(ready, "audit")}
    assert "缺少 ID" in ready("messages", "drop").stderr

"""Tables in and out of files: .xlsx and .csv, UTF-8 and GB18030, with nothing that could run."""

import csv
import io
import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time
from itertools import islice, zip_longest
from pathlib import Path
from typing import Any
from zipfile import ZipFile

CONTROL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f]")
FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r")
ENCODINGS = ("utf-8-sig", "gb18030")
LARGEST_FILE = 20 * 1024 * 1024
LARGEST_UNPACKED = 200 * 1024 * 1024
MOST_ROWS = 50_000


class UnreadableSheet(ValueError):
    """The file is not a table we can read; the message says why and what to do."""


@dataclass(frozen=True, slots=True)
class Line:
    """One row of a sheet: its number in the file (the heading is 1) and its cells by column."""

    number: int
    cells: dict[str, str]


@dataclass(frozen=True, slots=True)
class Sheet:
    """A table that was read: the known columns it has, those left aside, and its lines."""

    columns: tuple[str, ...]
    unknown: tuple[str, ...]
    lines: list[Line]


def read_sheet(path: Path, columns: Sequence[str], aliases: Mapping[str, str]) -> Sheet:
    """Read a file with these columns in any order. Raises UnreadableSheet."""
    if not path.is_file():
        raise UnreadableSheet(f"找不到文件 {path}")
    if path.stat().st_size > LARGEST_FILE:
        raise UnreadableSheet(f"文件 {path} 太大，请分成几份导入")
    if path.suffix.lower() not in READERS:
        raise UnreadableSheet(f"文件 {path} 应为 .xlsx 或 .csv")
    rows = READERS[path.suffix.lower()](path)
    return _sheet(rows, columns, aliases)


def write_csv(rows: Sequence[Mapping[str, Any]], columns: Sequence[str]) -> bytes:
    """UTF-8 with a mark, so that spreadsheets open it right; formulas are defused."""
    out = io.StringIO(newline="")
    writer = csv.writer(out)
    writer.writerow(columns)
    for row in rows:
        writer.writerow([_defused(_text(row.get(name))) for name in columns])
    return out.getvalue().encode("utf-8-sig")


def write_json(rows: Sequence[Mapping[str, Any]], columns: Sequence[str]) -> bytes:
    """One array of flat objects."""
    flat = [{name: _plain(row.get(name)) for name in columns} for row in rows]
    return (json.dumps(flat, ensure_ascii=False, indent=1) + "\n").encode()


def write_xlsx(rows: Sequence[Mapping[str, Any]], columns: Sequence[str]) -> bytes:
    """A workbook whose text cells are text, whatever they begin with."""
    from openpyxl import Workbook  # noqa: PLC0415 - a quarter second that serving does not need

    book = Workbook(write_only=True)
    sheet = book.create_sheet("数据")
    sheet.append(list(columns))
    for row in rows:
        sheet.append([_cell(sheet, row.get(name)) for name in columns])
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def template(columns: Mapping[str, str], example: Mapping[str, str]) -> bytes:
    """An empty workbook: the columns, an example, and what each column wants on a second sheet."""
    from openpyxl import Workbook  # noqa: PLC0415 - as above
    from openpyxl.styles import Font  # noqa: PLC0415

    book = Workbook()
    sheet, help_sheet = book.create_sheet("填写", 0), book.create_sheet("填写说明")
    book.remove(book.worksheets[1])
    sheet.append(list(columns))
    help_sheet.append(["列", "怎么填", "例子"])
    for name, words in columns.items():
        help_sheet.append([name, words, example.get(name, "")])
    for found in (*sheet[1], *help_sheet[1]):
        found.font = Font(bold=True)
    for place in range(1, len(columns) + 1):
        letter = sheet.cell(1, place).column_letter
        sheet.column_dimensions[letter].width = 16
        for row in range(2, 502):
            sheet.cell(row, place).number_format = "@"
    for letter, width in (("A", 18), ("B", 60), ("C", 24)):
        help_sheet.column_dimensions[letter].width = width
    sheet.freeze_panes = "A2"
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


WRITERS = {"csv": write_csv, "json": write_json, "xlsx": write_xlsx}


def _sheet(
    rows: Sequence[Sequence[str]], columns: Sequence[str], aliases: Mapping[str, str]
) -> Sheet:
    if not rows:
        raise UnreadableSheet("文件是空的")
    heading = [aliases.get(name, name) for name in map(_squeezed, rows[0])]
    known = [name for name in heading if name in columns]
    if not known:
        raise UnreadableSheet("第 1 行应为列名，例如：" + "、".join(columns[:4]))
    doubled = {name for name in known if known.count(name) > 1}
    if doubled:
        raise UnreadableSheet(f"列“{'、'.join(sorted(doubled))}”出现了不止一次")
    lines = [
        Line(
            number,
            {
                name: value
                for name, value in zip_longest(heading, row, fillvalue="")
                if name in known
            },
        )
        for number, row in enumerate(rows[1:], 2)
        if any(row)
    ]
    if len(lines) > MOST_ROWS:
        raise UnreadableSheet(f"超过 {MOST_ROWS} 行，请分成几份导入")
    unknown = tuple(name for name in heading if name and name not in columns)
    return Sheet(tuple(known), unknown, lines)


def _read_csv(path: Path) -> list[list[str]]:
    data = path.read_bytes()
    for encoding in ENCODINGS:
        try:
            text = data.decode(encoding)
        except UnicodeDecodeError:
            continue
        try:
            return [
                [value.strip() for value in row]
                for row in csv.reader(io.StringIO(text, newline=""))
            ]
        except csv.Error:
            raise UnreadableSheet(
                "引号没有成对或某一格太长，请用表格软件另存为“CSV UTF-8”"
            ) from None
    raise UnreadableSheet("文字编码不是 UTF-8 或 GB18030，请另存为“CSV UTF-8”")


def _unpacked(path: Path) -> int:
    """How many bytes a workbook holds; a small file may hold a great many."""
    with ZipFile(path) as packed:
        return sum(one.file_size for one in packed.infolist())


def _rows(path: Path) -> list[list[str]]:
    from openpyxl import load_workbook  # noqa: PLC0415 - as above

    book = load_workbook(path, read_only=True, data_only=True)
    sheet = book.worksheets[0]
    sheet.reset_dimensions()
    found = islice(sheet.iter_rows(values_only=True), MOST_ROWS + 2)
    rows = [[_text(value) for value in row] for row in found]
    book.close()
    return rows


def _read_xlsx(path: Path) -> list[list[str]]:
    try:
        unpacked = _unpacked(path)
        rows = [] if unpacked > LARGEST_UNPACKED else _rows(path)
    except Exception:  # noqa: BLE001 - a damaged workbook raises whatever its reader meets
        raise UnreadableSheet("不是有效的 .xlsx 文件，请用表格软件另存一次") from None
    if unpacked > LARGEST_UNPACKED:
        raise UnreadableSheet(f"文件 {path} 展开后太大，请分成几份导入")
    if len(rows) > MOST_ROWS + 1:
        raise UnreadableSheet(f"超过 {MOST_ROWS} 行，请删去空行或分成几份导入")
    return rows


READERS = {".csv": _read_csv, ".xlsx": _read_xlsx}


def _text(value: object) -> str:
    """A cell as people see it."""
    if value is None:
        return ""
    if isinstance(value, datetime):
        return f"{value:%Y-%m-%d}" if value.time() == time() else value.isoformat()
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, time):
        return f"{value:%H:%M}"
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return str(value).strip()


def _plain(value: object) -> object:
    return value.isoformat() if isinstance(value, datetime | date) else value


def _defused(text: str) -> str:
    """Text that no spreadsheet takes for a formula."""
    return f"'{text}" if text.startswith(FORMULA_STARTS) else text


def _cell(sheet: Any, value: object) -> Any:
    if value is None or (isinstance(value, int) and not isinstance(value, bool)):
        return value
    from openpyxl.cell import WriteOnlyCell  # noqa: PLC0415 - as above

    text = value.isoformat() if isinstance(value, datetime) else _text(value)
    found = WriteOnlyCell(sheet, value=CONTROL.sub("", text))
    found.data_type = "s"
    return found


def _squeezed(text: str) -> str:
    return "".join(text.split()).replace("*", "")

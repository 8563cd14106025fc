"""党日活动记录表 as a Word document (AD-8; annex of the Chizhou opinion)."""

from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING

from handlers.documents.paper import blank, clean, head, saved
from handlers.words import full_day

if TYPE_CHECKING:
    from docx.document import Document
    from docx.table import Table, _Cell

ISSUER = "党组织（盖章）：{organisation}{branch}\t　　年　　月　　日"
TOPIC, TIME, PLACE, PEOPLE, CONTENT = (
    "活动主题",
    "活动时间",
    "活动地点",
    "参加党员\n情　　况",
    "活\n动\n内\n容",
)
COUNTS = "应参加党员 {expected} 人，实际参加党员 {taken_part} 人（附签名）。"
SHARES = (
    "其中：现场 {present} 人，远程 {remote} 人；请假 {leave} 人，{undecided}未参加 {absent} 人。"
)
UNDECIDED_COUNT = "请假待批 {count} 人，"
ATTENDEES = "参加：{names}"
ON_LEAVE = "请假：{names}"
UNDECIDED = "请假待批：{names}"
MODE = "活动形式：{mode}　　内容类别：{categories}"
PEOPLE_IN_CHARGE = "主持人：＿＿＿＿＿＿　　记录人：{recorder}"
NOTE = "说明：此表一式两份，党支部留存一份，报上级党组织一份{within}。"
WITHIN = "，于每次活动日后{days}日内报送"
SIGNATURES = "附：参加党员签名"
NAME, SIGNATURE = "姓名", "签名"

WIDTHS = (2.6, 6.0, 2.6, 4.8)  # centimetres, together the width between the margins
ROWS = ((0, 1.2), (1, 1.2), (2, 3.0), (3, 10.0))  # row, least height in centimetres
SIGNATURE_PAIRS = 3


@dataclass(frozen=True, slots=True)
class RecordForm:
    """What the form says; the day and the host are written by hand. `present` are those on the spot, without the remote ones; no reasons for leave."""

    title: str
    organisation: str
    branch: str
    topic: str
    held_on: date
    due: date | None
    time: str
    place: str
    mode: str
    categories: tuple[str, ...]
    expected: int
    present: int
    remote: int
    leave: int
    absent: int
    recorder: str
    attendees: tuple[str, ...]
    on_leave: tuple[str, ...] = ()
    undecided: tuple[str, ...] = ()
    content: str = ""


def record_form(form: RecordForm) -> bytes:
    """The filled form as .docx: the table of the annex, and a sheet for signatures behind it."""
    # Built here, not from a .docx template: less of it, and nothing in it that could run.
    document = blank(form.title)
    _heading(document, form)
    _fill(_grid(document), form)
    _note(document, form)
    if form.attendees:
        _signatures(document, form.attendees)
    return saved(document)


def _heading(document: "Document", form: RecordForm) -> None:
    from docx.enum.text import WD_TAB_ALIGNMENT  # noqa: PLC0415
    from docx.shared import Cm, Pt  # noqa: PLC0415

    head(document, form.title)
    line = document.add_paragraph()
    line.paragraph_format.space_before = Pt(12)
    line.paragraph_format.tab_stops.add_tab_stop(Cm(sum(WIDTHS)), WD_TAB_ALIGNMENT.RIGHT)
    issuer = ISSUER.format(organisation=form.organisation, branch=form.branch)
    line.add_run(clean(issuer))


def _grid(document: "Document") -> "Table":
    """Four rows of label and value; only time and place share one."""
    from docx.enum.table import WD_TABLE_ALIGNMENT  # noqa: PLC0415
    from docx.shared import Cm  # noqa: PLC0415

    table: Table = document.add_table(rows=len(ROWS), cols=len(WIDTHS), style="Table Grid")
    table.alignment, table.autofit = WD_TABLE_ALIGNMENT.CENTER, False
    for number, height in ROWS:
        row = table.rows[number]
        row.height = Cm(height)
        for cell, width in zip(row.cells, WIDTHS, strict=True):
            cell.width = Cm(width)
    for number in (0, 2, 3):
        table.cell(number, 1).merge(table.cell(number, 3))
    return table


def _fill(table: "Table", form: RecordForm) -> None:
    for row, column, label in (
        (0, 0, TOPIC),
        (1, 0, TIME),
        (1, 2, PLACE),
        (2, 0, PEOPLE),
        (3, 0, CONTENT),
    ):
        _write(table.cell(row, column), [label], centred=True)
    _write(table.cell(0, 1), [form.topic])
    _write(table.cell(1, 1), [f"{full_day(form.held_on)} {form.time}".strip()])
    _write(table.cell(1, 3), [form.place])
    _write(table.cell(2, 1), _people(form))
    _write(table.cell(3, 1), _content(form))


def _people(form: RecordForm) -> list[str]:
    counts = COUNTS.format(expected=form.expected, taken_part=form.present + form.remote)
    waiting = len(form.undecided)
    shares = SHARES.format(
        present=form.present,
        remote=form.remote,
        leave=form.leave,
        undecided=UNDECIDED_COUNT.format(count=waiting) if waiting else "",
        absent=form.absent,
    )
    named = (
        (ATTENDEES, form.attendees),
        (ON_LEAVE, form.on_leave),
        (UNDECIDED, form.undecided),
    )
    return [
        counts,
        shares,
        *(line.format(names="、".join(names)) for line, names in named if names),
    ]


def _content(form: RecordForm) -> list[str]:
    mode = MODE.format(mode=form.mode, categories="、".join(form.categories))
    charge = PEOPLE_IN_CHARGE.format(recorder=form.recorder)
    return [mode, *form.content.splitlines(), charge]


def _write(cell: "_Cell", lines: list[str], *, centred: bool = False) -> None:
    from docx.enum.table import WD_CELL_VERTICAL_ALIGNMENT  # noqa: PLC0415
    from docx.enum.text import WD_ALIGN_PARAGRAPH  # noqa: PLC0415

    paragraphs = [cell.paragraphs[0], *(cell.add_paragraph() for _ in lines[1:])]
    for paragraph, line in zip(paragraphs, lines, strict=True):
        paragraph.add_run(clean(line))
        if centred:
            paragraph.alignment = WD_ALIGN_PARAGRAPH.CENTER
    if centred or len(lines) == 1:
        cell.vertical_alignment = WD_CELL_VERTICAL_ALIGNMENT.CENTER


def _note(document: "Document", form: RecordForm) -> None:
    from docx.shared import Pt  # noqa: PLC0415

    within = WITHIN.format(days=(form.due - form.held_on).days) if form.due else ""
    note = document.add_paragraph().add_run(NOTE.format(within=within))
    note.font.size = Pt(10.5)


def _signatures(document: "Document", names: tuple[str, ...]) -> None:
    from docx.shared import Cm  # noqa: PLC0415

    document.add_paragraph(SIGNATURES).paragraph_format.page_break_before = True
    rows = -(-len(names) // SIGNATURE_PAIRS)
    table = document.add_table(rows=rows + 1, cols=2 * SIGNATURE_PAIRS, style="Table Grid")
    cells = table._cells  # noqa: SLF001 - `rows[n].cells` reads the whole table for every row
    for column in range(0, 2 * SIGNATURE_PAIRS, 2):
        cells[column].text, cells[column + 1].text = NAME, SIGNATURE
    for place, name in enumerate(names):
        cells[2 * (SIGNATURE_PAIRS + place)].text = clean(name)
    for row in table.rows:
        row.height = Cm(0.9)

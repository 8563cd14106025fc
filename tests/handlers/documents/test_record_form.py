"""The record form of an activity day, written and read back."""

import io
import subprocess
import sys
from dataclasses import replace
from datetime import date

import docx
import pytest
from docx.document import Document

from handlers.documents.record_form import RecordForm, record_form

FORM = RecordForm(
    title="池州市党日活动记录表",
    organisation="中共某某学院委员会",
    branch="第一党支部",
    topic="重温入党誓词",
    held_on=date(2026, 11, 5),
    due=date(2026, 11, 8),
    time="09:00–11:00",
    place="一楼会议室",
    mode="现场+线上",
    categories=("学习教育", "民主议事"),
    expected=6,
    present=3,
    remote=1,
    leave=1,
    absent=1,
    recorder="王芳",
    attendees=("张三", "李四", "王五", "赵六"),
    on_leave=("钱七",),
    content="学习党章。\n讨论下月计划。",
)


def read(form: RecordForm) -> Document:
    """The document a form becomes."""
    return docx.Document(io.BytesIO(record_form(form)))


def test_the_fields_stand_in_the_order_of_the_annex() -> None:
    """Issuer and date, then topic, time and place, members, content, and the note."""
    document = read(FORM)
    heading, issuer, note, behind = [paragraph.text for paragraph in document.paragraphs]
    assert heading == "池州市党日活动记录表"
    assert issuer == "党组织（盖章）：中共某某学院委员会第一党支部\t　　年　　月　　日"
    assert note == "说明：此表一式两份，党支部留存一份，报上级党组织一份，于每次活动日后3日内报送。"
    assert behind == "附：参加党员签名"
    rows = [[cell.text for cell in row.cells] for row in document.tables[0].rows]
    assert rows[0] == ["活动主题", *["重温入党誓词"] * 3]
    assert rows[1] == ["活动时间", "2026年11月5日 09:00–11:00", "活动地点", "一楼会议室"]
    assert [row[0].replace("\n", "") for row in rows[2:]] == ["参加党员情　　况", "活动内容"]
    assert rows[2][1].splitlines() == [
        "应参加党员 6 人，实际参加党员 4 人（附签名）。",
        "其中：现场 3 人，远程 1 人；请假 1 人，未参加 1 人。",
        "参加：张三、李四、王五、赵六",
        "请假：钱七",
    ]
    assert rows[3][1].splitlines() == [
        "活动形式：现场+线上　　内容类别：学习教育、民主议事",
        "学习党章。",
        "讨论下月计划。",
        "主持人：＿＿＿＿＿＿　　记录人：王芳",
    ]


def test_what_looks_like_markup_stays_text() -> None:
    """Angle brackets, ampersands, template braces and control characters harm nothing."""
    odd = "A&B <b>粗</b> {{ 7*7 }} {%x%} \"'"
    document = read(
        replace(FORM, topic=odd, content=f"{odd}\x0b\x00\nok", attendees=(odd,), branch=odd)
    )
    cells = document.tables[0]
    assert cells.cell(0, 1).text == odd
    assert odd in cells.cell(3, 1).text
    assert odd in cells.cell(2, 1).text
    assert document.tables[1].cell(1, 0).text == odd


def test_sixty_names_are_all_there() -> None:
    """In the table and on the sheet for signatures, each once and in their order."""
    names = tuple(f"党员{number:02d}" for number in range(60))
    document = read(replace(FORM, attendees=names, present=60, expected=60))
    assert f"参加：{'、'.join(names)}" in document.tables[0].cell(2, 1).text
    sheet = [cell.text for row in document.tables[1].rows for cell in row.cells]
    assert sheet[:6] == ["姓名", "签名"] * 3
    assert tuple(sheet[6::2]) == names
    assert set(sheet[7::2]) == {""}


DUE = [
    (date(2026, 11, 10), "报上级党组织一份，于每次活动日后5日内报送。"),
    (None, "报上级党组织一份。"),
]


@pytest.mark.parametrize(("due", "told"), DUE)
def test_the_note_says_by_when_it_is_filed(due: date | None, told: str) -> None:
    """As the policy has it, which may ask for none."""
    assert read(replace(FORM, due=due)).paragraphs[2].text.endswith(told)


def test_an_empty_form_can_be_filled_by_hand() -> None:
    """Without people or content there is room for them, and no sheet for signatures."""
    document = read(replace(FORM, attendees=(), on_leave=(), content="", title="党日活动记录表"))
    assert document.paragraphs[0].text == "党日活动记录表"
    assert len(document.tables) == 1
    assert "请假：" not in document.tables[0].cell(2, 1).text
    assert document.core_properties.author == ""


def test_nothing_is_loaded_before_the_first_form() -> None:
    """A process that hands out no form does without the library."""
    code = "import sys, handlers.documents.record_form; raise SystemExit('docx' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0

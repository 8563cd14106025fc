"""我的数据: everything kept about one member, as a Word document (个人信息保护法 第45条)."""

from collections.abc import Sequence
from datetime import date

from handlers.documents.paper import blank, clean, head, saved
from handlers.words import full_day

TITLE = "我的数据"
FILE = "我的数据-{day:%Y%m%d}.docx"
LEAD = "{name}，截至{day}"
LEAST_SPACE = 6  # points between two items


def own_data(name: str, day: date, items: Sequence[str], note: str) -> tuple[str, bytes]:
    """The file's name and content; each item is a paragraph, its label in front of the first colon."""
    from docx.shared import Pt  # noqa: PLC0415 - slow to load, and seldom needed

    document = blank(TITLE)
    head(document, TITLE)
    for text in (LEAD.format(name=name, day=full_day(day)), *items, note):
        label, colon, rest = clean(text).partition("：")
        paragraph = document.add_paragraph()
        paragraph.paragraph_format.space_before = Pt(LEAST_SPACE)
        paragraph.add_run(label + colon).bold = bool(colon)
        paragraph.add_run(rest)
    return FILE.format(day=day), saved(document)

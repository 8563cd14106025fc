"""A file's ending by its content."""

import io
import zipfile

import pytest
from docx import Document
from openpyxl import Workbook

from bot.endings import ending_of


def archive(name: str) -> bytes:
    """A zip with one file in it."""
    found = io.BytesIO()
    with zipfile.ZipFile(found, "w") as made:
        made.writestr(name, "x")
    return found.getvalue()


def office(kind: str) -> bytes:
    """A real .docx or .xlsx."""
    found = io.BytesIO()
    made = Document() if kind == "docx" else Workbook()
    made.save(found)
    return found.getvalue()


CASES = [
    (b"\xff\xd8\xff\xe0\x00\x10JFIF", "", "jpg"),
    (b"\xff\xd8\xff\xe0\x00\x10JFIF", "png", "jpg"),
    (b"\x89PNG\r\n\x1a\n\x00", "", "png"),
    (b"GIF89a", "", "gif"),
    (b"RIFF\x00\x00\x00\x00WEBPVP8 ", "", "webp"),
    (b"#!AMR\n", "", "amr"),
    (b"\x00\x00\x00\x20ftypisom", "", "mp4"),
    (b"\x00\x00\x00\x18ftypheic", "", "heic"),
    (b"%PDF-1.7", "", "pdf"),
    (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "xls", "xls"),
    (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "exe", "doc"),
    (office("docx"), "", "docx"),
    (office("xlsx"), "docx", "xlsx"),
    (archive("photo.jpg"), "", "zip"),
    ("学习体会".encode(), "txt", "txt"),
    (b"?", "", "bin"),
    (b"", "", "bin"),
]


@pytest.mark.parametrize(("content", "said", "ending"), CASES)
def test_content_tells(content: bytes, said: str, ending: str) -> None:
    """Its first bytes, whatever its name says; the name where they do not tell."""
    assert ending_of(content, said) == ending

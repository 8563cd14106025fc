"""Pure: the ending of a file's name, by the first bytes of its content."""

# What begins like this, at this place, is this.
BEGINNINGS: tuple[tuple[int, bytes, str], ...] = (
    (0, b"\xff\xd8\xff", "jpg"),
    (0, b"\x89PNG\r\n\x1a\n", "png"),
    (0, b"GIF8", "gif"),
    (0, b"BM", "bmp"),
    (8, b"WEBP", "webp"),
    (0, b"#!AMR", "amr"),
    (0, b"OggS", "ogg"),
    (0, b"ID3", "mp3"),
    (8, b"WAVE", "wav"),
    (4, b"ftyphei", "heic"),
    (4, b"ftypmif1", "heic"),
    (4, b"ftyp", "mp4"),
    (0, b"%PDF-", "pdf"),
    (0, b"Rar!", "rar"),
    (0, b"7z\xbc\xaf\x27\x1c", "7z"),
)
ZIP, OLE = b"PK\x03\x04", b"\xd0\xcf\x11\xe0"
# New office files are archives, known by a part; old ones are all of one form, and only their name tells.
PARTS = ((b"word/document.xml", "docx"), (b"xl/workbook.xml", "xlsx"), (b"ppt/pres", "pptx"))
OLD_OFFICE = frozenset({"doc", "xls", "ppt", "wps", "et", "dps"})
UNKNOWN = "bin"


def ending_of(content: bytes, said: str = "") -> str:
    """'jpg'; where the content does not tell, what was `said` of it."""
    for place, beginning, ending in BEGINNINGS:
        if content.startswith(beginning, place):
            return ending
    if content.startswith(ZIP):
        return next((ending for part, ending in PARTS if part in content), "zip")
    if content.startswith(OLE):
        return said if said in OLD_OFFICE else "doc"
    return said or UNKNOWN

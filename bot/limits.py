"""Pure: the platforms' limits on what fits in one message."""

import re

PASSIVE_BYTES = 2048
MORE = "（未完，回复“更多”看下一页）"
BREAK = re.compile(r"(?<=\n)|(?<=[。；！？])")


def pages(text: str, limit: int = PASSIVE_BYTES) -> list[str]:
    """The text in parts of at most `limit` bytes of UTF-8, broken at lines or sentences where possible."""
    if len(text.encode()) <= limit:
        return [text]
    room = limit - len(f"\n{MORE}".encode())
    parts, current = [], ""
    for piece in _pieces(text, room):
        if current and len((current + piece).encode()) > room:
            parts.append(current)
            current = ""
        current += piece
    parts.append(current)
    return [f"{part.rstrip()}\n{MORE}" for part in parts[:-1]] + [parts[-1]]


def _pieces(text: str, room: int) -> list[str]:
    pieces = []
    for sentence in BREAK.split(text):
        rest = sentence
        while len(rest.encode()) > room:
            head = rest.encode()[:room].decode(errors="ignore")
            pieces.append(head)
            rest = rest[len(head) :]
        pieces.append(rest)
    return pieces

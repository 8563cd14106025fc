"""Pure: the platforms' limits, on what fits in one message and on how many in what time."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

PASSIVE_BYTES = 2048
TEXT_BYTES = 2048
WEBHOOK_MARKDOWN_BYTES = 4096
MORE = "（未完，回复“更多”看下一页）"
PART = "（{number}/{total}）\n"
WIDEST_PART = len(PART.format(number=100, total=100).encode())
BREAK = re.compile(r"(?<=\n)|(?<=[。；！？])")


@dataclass(frozen=True, slots=True)
class Limit:
    """At most so many messages in any stretch of this length."""

    count: int
    window: timedelta


MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)
# Facts section 4. Over the first two WeChat Work drops silently; over the others it answers 45009.
WECOM_MEMBER = (Limit(30, MINUTE), Limit(1000, HOUR))
GROUP_ROBOT = (Limit(20, MINUTE),)  # of WeChat Work and of DingTalk alike
WECOM_APP = (Limit(10_000, MINUTE), Limit(150_000, HOUR))


def free_at(
    limits: Iterable[Limit], sent: Iterable[tuple[datetime, int]], now: datetime, weight: int = 1
) -> datetime | None:
    """When `weight` more messages fit after what was sent (moment, messages); None is at once."""
    sent = sorted(sent)
    waits = [_free_at(limit, sent, now, min(weight, limit.count)) for limit in limits]
    return max((wait for wait in waits if wait is not None), default=None)


def free_in_all(
    limits: Sequence[Limit], sent: Sequence[tuple[datetime, int]], now: datetime
) -> datetime | None:
    """The same for single messages in the order of time, without a look at each."""
    waits = [
        sent[-limit.count][0] + limit.window
        for limit in limits
        if len(sent) >= limit.count and sent[-limit.count][0] + limit.window > now
    ]
    return max(waits, default=None)


def parts_in(size: int, limit: int = TEXT_BYTES) -> int:
    """At most how many messages a text of so many bytes becomes: breaks may leave parts half empty."""
    return 1 if size <= limit else 2 * size // (limit - WIDEST_PART) + 1


def pages(text: str, limit: int = PASSIVE_BYTES) -> list[str]:
    """The text in parts of at most `limit` bytes of UTF-8, broken at lines or sentences where possible."""
    if len(text.encode()) <= limit:
        return [text]
    parts = _cut(text, limit - len(f"\n{MORE}".encode()))
    return [f"{part.rstrip()}\n{MORE}" for part in parts[:-1]] + [parts[-1]]


def numbered(text: str, limit: int = TEXT_BYTES) -> list[str]:
    """The same with （1/3） before each part, for messages that are sent one after the other."""
    if len(text.encode()) <= limit:
        return [text]
    parts = _cut(text, limit - WIDEST_PART)
    return [
        PART.format(number=number, total=len(parts)) + part.strip("\n")
        for number, part in enumerate(parts, 1)
    ]


def _free_at(
    limit: Limit, sent: Sequence[tuple[datetime, int]], now: datetime, weight: int
) -> datetime | None:
    counting = [(at, each) for at, each in sent if at + limit.window > now]
    over = sum(each for _at, each in counting) + weight - limit.count
    wait = None
    for at, each in counting:
        if over <= 0:
            break
        over -= each
        wait = at + limit.window
    return wait


def _cut(text: str, room: int) -> list[str]:
    parts, current = [], ""
    for piece in _pieces(text, room):
        if current and len((current + piece).encode()) > room:
            parts.append(current)
            current = ""
        current += piece
    return [*parts, current]


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

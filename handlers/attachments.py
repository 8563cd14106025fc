"""What members sent with their dues and reports: how many there are, and handed to the secretary who asks."""

import json
from collections.abc import Collection, Iterable, Sequence

from handlers.notify import give
from handlers.trail import noted
from handlers.turn import Turn
from handlers.words import months, period
from storage.media import Medium, State
from storage.records import Report, Request

ALL = "附件 {count} 个，随后发给您。"
SOME = "附件 {count} 个：{parts}。"
PARTS = {
    State.KEPT: "{count} 个随后发给您",
    State.PENDING: "{count} 个正在保存，请过一会儿再看",
    State.LOST: "{count} 个没有保存下来",
}
COUNT = "，附件 {count} 个"
DUES, REPORT = "{months}党费", "{period}思想汇报"

PICTURES = frozenset({"jpg", "png", "gif", "bmp", "webp", "heic"})
LONGEST_ID = 9

Reference = int | None  # None is a platform's own id, of before anything was kept: that is lost


def of_proof(proof: str) -> list[Reference]:
    """What a declaration of dues refers to."""
    is_ours = proof.isdecimal() and len(proof) <= LONGEST_ID
    return [int(proof) if is_ours else None] if proof else []


def of_report(report: Report) -> list[Reference]:
    """What a thought report refers to, in the order it was sent."""
    found = json.loads(report.attachments or "[]")
    return [number if isinstance(number, int) else None for _kind, number in found]


def counted(found: Collection[Reference]) -> str:
    """'，附件 2 个', or nothing."""
    return COUNT.format(count=len(found)) if found else ""


def used(proofs: Iterable[str], reports: Iterable[Report]) -> int:
    """How many pictures and files these refer to."""
    found = {one for proof in proofs for one in of_proof(proof)}
    found |= {one for report in reports for one in of_report(report)}
    return len(found - {None})


async def of_dues(turn: Turn, request: Request) -> str:
    """The proof of a declaration, handed to whoever asks; "" where there is none."""
    proofs = await turn.store.dues.proofs(request.member_id)
    said = [one.month for one in await turn.store.dues.of_request(request.id)]
    title = DUES.format(months=months(said))
    return await _handed(turn, request, title, of_proof(proofs.get(request.id, "")))


async def with_report(turn: Turn, request: Request, report: Report) -> str:
    """What came with a thought report, handed to whoever asks; "" where nothing did."""
    title = REPORT.format(period=period(report.period))
    return await _handed(turn, request, title, of_report(report))


async def _handed(turn: Turn, request: Request, title: str, found: Sequence[Reference]) -> str:
    """Queue what is kept, note that, and say how many there are and what is not there."""
    numbers = [one for one in found if one is not None]
    known = await turn.store.media.look(numbers) if numbers else {}
    states = []
    for place, number in enumerate(found, 1):
        one = known.get(number or 0)
        is_theirs = one is not None and one.member_id == request.member_id
        states.append(one.state if one is not None and is_theirs else State.LOST)
        if one is not None and states[-1] is State.KEPT:
            await _send(turn, one, f"{request.member}-{title}-{place}.{one.ending}")
    if State.KEPT in states:
        await noted(turn, "read_attachments", f"{request.kind}:{request.id}")
    return _words(states)


async def _send(turn: Turn, one: Medium, name: str) -> None:
    """To whoever speaks, after their answer; a picture as a picture where the platform can."""
    kind = "image" if one.ending in PICTURES else "file"
    await give(turn, (name, b""), kind=kind, media_id=one.id)


def _words(states: Sequence[State]) -> str:
    """One sentence; "" where there is nothing to speak of."""
    if not states:
        return ""
    if set(states) == {State.KEPT}:
        return ALL.format(count=len(states))
    parts = [
        words.format(count=states.count(state)) for state, words in PARTS.items() if state in states
    ]
    return SOME.format(count=len(states), parts="、".join(parts))

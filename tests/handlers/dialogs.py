"""Conversations are lists of (who, says, gets); `gets` are words that the answer must hold."""

from tests.fakes import Rehearsal

ZHANG, LI = "张三", "李红梅"
Line = tuple[str, str, str]


async def hold(talk: Rehearsal, lines: list[Line]) -> None:
    """Say every line; each answer must hold all the words wanted, separated by ` … `."""
    for who, says, gets in lines:
        answer = await talk.says(who, says)
        for words in gets.split(" … "):
            assert words in answer, f"{who} says {says!r}, wanted {words!r}, got {answer!r}"

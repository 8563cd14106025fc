"""Which member of the branch a line names: the longest name that fits, and everybody who has it."""

from dataclasses import dataclass

from handlers.reading.normal import normalise
from storage.records import Member


@dataclass(frozen=True, slots=True)
class Named:
    """People of one name, and where the name stands in the normalised line."""

    name: str
    start: int
    end: int
    people: tuple[Member, ...]


def named_in(text: str, people: list[Member]) -> list[Named]:
    """Every name of the branch in a line, in the order they stand; each once."""
    by_name: dict[str, list[Member]] = {}
    for one in people:
        by_name.setdefault(normalise(one.name), []).append(one)
    found: list[Named] = []
    taken = [False] * len(text)
    for name in sorted(by_name, key=len, reverse=True):
        start = text.find(name)
        if start >= 0 and not any(taken[start : start + len(name)]):
            taken[start : start + len(name)] = [True] * len(name)
            end = start + len(name)
            found.append(Named(by_name[name][0].name, start, end, tuple(by_name[name])))
    return sorted(found, key=lambda one: one.start)

"""How a topic is declared: the words it answers to, its dialog step, what it can undo and decide."""

import re
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from enum import Enum, auto

from handlers.reading.normal import normalise, readable
from handlers.turn import Outcome, Turn
from storage.records import Request, RequestKind

PAUSE = re.compile(
    r"^[\s,，.。:：;；、!！~—-]+"
)  # between a command and what a member wrote after it


class Role(Enum):
    """Who a command is for; to others it does not exist."""

    MEMBER = auto()
    SECRETARY = auto()


@dataclass(frozen=True, slots=True)
class Heard:
    """What was recognised: the normalised text, the command words found, and what follows them."""

    text: str
    head: str = ""
    rest: str = ""


@dataclass(frozen=True, slots=True)
class Undone:
    """What a topic says of taking its effect back, and whether it did."""

    text: str
    taken_back: bool = True


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a topic did with a secretary's decision: the words for the secretary and the member."""

    to_secretary: str
    to_member: str


Handler = Callable[[Turn, Heard], Awaitable[Outcome]]
Step = Callable[[Turn], Awaitable[Outcome | None]]
Undo = Callable[[Turn, str], Awaitable[Undone]]
Decide = Callable[[Turn, Request, bool, str], Awaitable[Verdict]]
Sentence = Callable[[Turn, str], bool]


@dataclass(frozen=True, slots=True)
class Command:
    """A handler with the words that lead to it."""

    words: tuple[str, ...]
    handler: Handler
    role: Role
    takes_rest: bool
    numbered: bool = False

    def heard_in(self, turn: Turn, text: str) -> bool:
        """Whether one of the words stands anywhere in a sentence."""
        del turn
        return any(word in text for word in self.words)


class Topic:
    """One subject of conversation; a file each."""

    def __init__(self, name: str, *examples: str) -> None:
        self.name = name
        self.examples = examples
        self.commands: list[Command] = []
        self.keywords: list[Command] = []
        self.plain_acts: list[tuple[Sentence, Handler]] = []
        self.sentences: list[tuple[Sentence, Handler]] = []
        self.whole_acts: list[Sentence] = []
        self.step: Step | None = None
        self.undo: Undo | None = None
        self.decisions: dict[RequestKind, Decide] = {}

    def says(
        self, *words: str, role: Role = Role.MEMBER, rest: bool = True, numbered: bool = False
    ) -> Callable[[Handler], Handler]:
        """A line that is these words, or begins with them and goes on (`rest`), always with a number (`numbered`)."""

        def declare(handler: Handler) -> Handler:
            self.commands.append(Command(words, handler, role, rest, numbered))
            return handler

        return declare

    def mentions(self, *words: str) -> Callable[[Handler], Handler]:
        """A sentence with one of these words anywhere in it."""

        def declare(handler: Handler) -> Handler:
            self.keywords.append(Command(words, handler, Role.MEMBER, takes_rest=True))
            return handler

        return declare

    def acts(self, sentence: Sentence) -> Callable[[Handler], Handler]:
        """A sentence with a clause that is plainly this act, whatever else it mentions."""

        def declare(handler: Handler) -> Handler:
            self.plain_acts.append((sentence, handler))
            return handler

        return declare

    def is_whole(self, sentence: Sentence) -> Sentence:
        """A line that is this act and nothing else: heard as one even where free words were asked for."""
        self.whole_acts.append(sentence)
        return sentence

    def reads(self, sentence: Sentence) -> Callable[[Handler], Handler]:
        """A sentence that this reader recognises."""

        def declare(handler: Handler) -> Handler:
            self.sentences.append((sentence, handler))
            return handler

        return declare

    def answers(self, step: Step) -> Step:
        """The next line of this topic's open dialog; None lets the line be heard as a new one."""
        self.step = step
        return step

    def undoes(self, undo: Undo) -> Undo:
        """Takes back the effect with this reference."""
        self.undo = undo
        return undo

    def decides(self, kind: RequestKind) -> Callable[[Decide], Decide]:
        """Carries out a secretary's 通过 (True) or 退回 (False) on requests of a kind."""

        def declare(decide: Decide) -> Decide:
            self.decisions[kind] = decide
            return decide

        return declare


def own_words(turn: Turn, heard: Heard) -> str:
    """What a member wrote after the command, as they wrote it."""
    said = readable(turn.said)
    end = _end_of(said, heard.head)
    rest = said[end:] if end is not None else heard.rest
    return PAUSE.sub("", rest).strip()


def _end_of(said: str, head: str) -> int | None:
    """Where the command's characters end in the written text; other spacing and width do not matter."""
    wanted = [char for char in head if not char.isspace()]
    at = 0
    for place, char in enumerate(said):
        plain = normalise(char)
        if not wanted[at:]:
            return place
        if plain == wanted[at]:
            at += 1
        elif plain and at:
            at = 0
    return len(said) if at == len(wanted) else None


def as_written(said: str, words: str) -> str:
    """Normalised words as they stand in what was written; other spacing and width do not matter."""
    wanted = [char for char in words if not char.isspace()]
    written = readable(said)
    plain = [(place, normalise(char)) for place, char in enumerate(written)]
    known = [(place, char) for place, char in plain if char]
    for first in range(len(known) - len(wanted) + 1):
        found = known[first : first + len(wanted)]
        if found and [char for _, char in found] == wanted:
            return written[found[0][0] : found[-1][0] + 1]
    return words

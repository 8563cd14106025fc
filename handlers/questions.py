"""An open question: kept in full, and shown again with what it is about and how to answer it. Pure."""

import re

SHORTENED = "{question}（回复“继续”可看全部）"
LONGEST = 120
OPTION = re.compile(r"[0-9]+\. ")
SENTENCE = re.compile("[^。？！]+[。？！]?[”）]*")
YES_OR_NO = re.compile("回复“(?:1|确认)”.*不.*回复“(?:2|取消)”")


def question_in(text: str) -> str:
    """The question at the end of an answer: its last line, and with options the line before them."""
    lines = text.strip().splitlines()
    first = len(lines) - 1
    while first > 0 and OPTION.match(lines[first]):
        first -= 1
    return "\n".join(lines[first:])


def is_long(question: str) -> bool:
    """Whether it is shortened where it is shown again."""
    return len(question) > LONGEST


def shown(question: str) -> str:
    """In full if it is short, else its first and its last sentences, never cut in the middle."""
    if not is_long(question):
        return question
    first, *last = SENTENCE.findall(question.splitlines()[0])
    kept = ""
    while (last and len(last[-1]) + len(kept) <= LONGEST - len(first)) or (last and not kept):
        kept = f"{last.pop()}{kept}"
    return SHORTENED.format(question=f"{first}{'…' if last else ''}{kept}")


def is_yes_or_no(question: str) -> bool:
    """Whether it asks to confirm one act, which a later yes could be given to by mistake."""
    return bool(YES_OR_NO.search(question))

"""Filling a form: ask what is missing, one question at a time; skip, go back, leave. Pure."""

from collections.abc import Callable
from dataclasses import MISSING, Field, dataclass, field, fields
from typing import Any, TypeVar

from handlers.turn import Ask, Turn

BACK = frozenset({"上一步", "返回上一步", "上一个", "后退"})
SKIP = frozenset(
    "跳过 略过 不填 没有 无 暂无 不发了 不知道 不清楚 还没定 没定 不确定 待定 说不准 还不知道 还不清楚 不晓得".split()
)
FIRST_ALREADY = "已经是第一项了。"
OWN_WORDS = "这一项请直接写出来。"
NOT_OPTIONAL = "这一项需要填写。"


@dataclass(frozen=True, slots=True)
class Problem:
    """Why an answer cannot be used; said back before the question is asked again."""

    text: str


Value = str | int | list[str] | dict[str, str]
Reader = Callable[[Turn], Value | Problem | None]
Filled = TypeVar("Filled", bound="Form")


@dataclass(frozen=True)
class Form:
    """A frozen dataclass whose fields carry the question and the reader (see `question`)."""


def question(ask: str, read: Reader, *, optional: bool = False) -> Any:
    """Declare one field: what is asked, and what reads the answer (None: not understood)."""
    metadata = {"ask": ask, "read": read, "optional": optional}
    return field(default=None, metadata=metadata) if optional else field(metadata=metadata)


def start(
    form: type[Form], topic: str, answers: dict[str, Value], lead: str = "", *, whole: bool = False
) -> Ask | None:
    """The first missing question, or None when everything needed (`whole`: everything) is there."""
    missing = [found for found in fields(form) if found.name not in answers]
    required = [found for found in missing if whole or not found.metadata["optional"]]
    if not required:
        return None
    return _ask(missing[0], topic, {"answers": answers}, lead)


def step(form: type[Form], topic: str, turn: Turn) -> Ask | dict[str, Value] | None:
    """The next question, or all answers when the form is full; None when the line is no answer."""
    state = turn.dialog.state if turn.dialog else {}
    answers: dict[str, Value] = dict(state["answers"])
    current = next(found for found in fields(form) if found.name not in answers)
    if turn.text in BACK:
        return _back(form, topic, answers)
    if turn.text in SKIP:
        if not current.metadata["optional"]:
            return _ask(current, topic, {"answers": answers}, NOT_OPTIONAL)
        return _next(form, topic, {**answers, current.name: ""})
    value = current.metadata["read"](turn)
    if value is None:
        return None
    if isinstance(value, Problem):
        return _ask(current, topic, {"answers": answers}, value.text)
    return _next(form, topic, {**answers, current.name: value})


def filled(form: type[Filled], answers: dict[str, Any]) -> Filled:
    """The form with its answers; skipped ones keep their default."""
    known = {found.name: found for found in fields(form)}
    given = {
        name: value
        for name, value in answers.items()
        if name in known and not (value == "" and known[name].default is not MISSING)
    }
    return form(**given)


def _next(form: type[Form], topic: str, answers: dict[str, Value]) -> Ask | dict[str, Value]:
    for found in fields(form):
        if found.name not in answers:
            return _ask(found, topic, {"answers": answers}, "")
    return answers


def _back(form: type[Form], topic: str, answers: dict[str, Value]) -> Ask:
    names = [found.name for found in fields(form) if found.name in answers]
    lead = "" if names else FIRST_ALREADY
    kept = {name: value for name, value in answers.items() if not names or name != names[-1]}
    current = next(found for found in fields(form) if found.name not in kept)
    return _ask(current, topic, {"answers": kept}, lead)


def _ask(found: Field[Any], topic: str, state: dict[str, Any], lead: str) -> Ask:
    text = f"{lead}\n{found.metadata['ask']}" if lead else str(found.metadata["ask"])
    return Ask(text, topic, state)

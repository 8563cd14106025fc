"""How an outcome moves the dialog on: opened, paused, taken up again, closed, paged. Pure."""

from dataclasses import replace
from datetime import timedelta

from bot.limits import MORE
from handlers import is_draft
from handlers.control import CANCELLED
from handlers.office import BEHIND, begun, in_office, is_lost, signed, topics
from handlers.turn import Ask, Done, Kind, Outcome, Say, Turn
from storage.records import Dialog

STILL_OPEN = "（刚才的还没填完：{prompt}）"
PAGES = "pages"
MORE_WORDS = frozenset({"更多", "继续", "下一页"})
LONGEST_PROMPT = 80
REMINDED_FOR = timedelta(minutes=10)


def effect_of(turn: Turn, outcome: Outcome) -> str | None:
    """What 撤销 would take back, and for which branch a secretary did it."""
    return signed(outcome.effect, turn.member) if isinstance(outcome, Done | Ask) else None


def next_dialog(turn: Turn, outcome: Outcome, topic: str) -> Dialog | None:
    """The dialog after this turn, without those of an office that was lost meanwhile."""
    return in_office(_moved(turn, outcome, topic), turn.member)


def _moved(turn: Turn, outcome: Outcome, topic: str) -> Dialog | None:
    """One topic's question pauses another's; its end takes it up again."""
    dialog = turn.dialog if turn.dialog is None or turn.dialog.topic != PAGES else None
    if isinstance(outcome, Ask):
        return _opened(turn, dialog, outcome)
    if isinstance(outcome, Done) and dialog is not None and dialog.topic == topic:
        return _kept(dialog.paused) if outcome.text == CANCELLED else dialog.paused
    return dialog


def _kept(dialog: Dialog | None) -> Dialog | None:
    """What 取消 leaves of the questions behind the one cancelled: what was written, nothing else."""
    while dialog is not None and not is_draft(dialog.topic):
        dialog = dialog.paused
    return dialog


def with_reminder(turn: Turn, text: str, moved: Dialog | None, topic: str) -> str:
    """The answer, with the question that still waits when another topic answered."""
    if moved is None or not moved.prompt or not text or topic == PAGES:
        return text
    if turn.now - moved.updated_at > REMINDED_FOR:
        return text
    kept = moved == turn.dialog and topic != moved.topic and turn.kind is Kind.TEXT
    resumed = turn.dialog is not None and moved == turn.dialog.paused
    return f"{text}\n\n{STILL_OPEN.format(prompt=moved.prompt)}" if kept or resumed else text


def put_behind(turn: Turn, moved: Dialog | None, topic: str) -> Dialog | None:
    """A secretary's question that is not the one last asked: a mere 确认 may be meant for another."""
    if moved is None or topic == moved.topic or moved.topic not in topics or not moved.prompt:
        return moved
    return replace(moved, state={**moved.state, BEHIND: True}) if turn.kind is Kind.TEXT else moved


def with_pages(turn: Turn, dialog: Dialog | None, more: list[str]) -> Dialog | None:
    """Keep the rest of a long answer with the dialog, or as one of its own."""
    if not more:
        if dialog is not None and PAGES in dialog.state:
            kept = {name: value for name, value in dialog.state.items() if name != PAGES}
            return replace(dialog, state=kept)
        return dialog
    if dialog is None:
        return begun(Dialog(PAGES, {PAGES: more}, "", turn.now), turn.member, {PAGES})
    return replace(dialog, state={**dialog.state, PAGES: more})


def next_page(turn: Turn) -> tuple[Outcome, str] | None:
    """更多: the next part of a long answer."""
    waiting = turn.dialog.state.get(PAGES) if turn.dialog else None
    if not waiting or turn.text not in MORE_WORDS or is_lost(turn.dialog, turn.member):
        return None
    return Say("\n".join(page.removesuffix(MORE).rstrip() for page in waiting)), PAGES


def _opened(turn: Turn, dialog: Dialog | None, asked: Ask) -> Dialog | None:
    quiet = bool(asked.state.get("quiet"))
    others = _without(dialog, asked.topic)
    if quiet and others is not None:
        return others
    prompt = "" if quiet else _shortened(asked.text.splitlines()[-1])
    state = {name: value for name, value in asked.state.items() if name != BEHIND}
    return begun(Dialog(asked.topic, state, prompt, turn.now, others), turn.member)


def _without(dialog: Dialog | None, topic: str) -> Dialog | None:
    """What waits, without an earlier question of this topic and without what asked nothing."""
    if dialog is None:
        return None
    rest = _without(dialog.paused, topic)
    return rest if dialog.topic == topic or not dialog.prompt else replace(dialog, paused=rest)


def _shortened(prompt: str) -> str:
    return prompt if len(prompt) <= LONGEST_PROMPT else f"{prompt[: LONGEST_PROMPT - 1]}…"

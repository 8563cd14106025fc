"""How an outcome moves the dialog on: opened, paused, taken up again, closed, paged. Pure."""

from dataclasses import replace
from datetime import timedelta

from bot.limits import MORE
from handlers import is_draft, leave, matter
from handlers.control import ACTED, CANCELLED
from handlers.control import topic as control
from handlers.office import BEHIND, begun, in_office, is_lost, signed, topics
from handlers.questions import is_yes_or_no, question_in, shown
from handlers.turn import Ask, Done, Kind, Outcome, Say, Turn
from storage.records import Dialog

STILL_OPEN = "（刚才的{matter}还没填完：{prompt}）"
NOT_ASKED_AGAIN = "（刚才请您确认的没有办，要办请再说一次。）"
PAGES = "pages"
MORE_WORDS = frozenset({"更多", "继续", "下一页"})
REMINDED_FOR = timedelta(minutes=10)


def effect_of(turn: Turn, outcome: Outcome) -> str | None:
    """What 撤销 would take back, and for which branch a secretary did it."""
    return signed(outcome.effect, turn.member) if isinstance(outcome, Done | Ask) else None


def next_dialog(turn: Turn, outcome: Outcome, topic: str) -> Dialog | None:
    """The dialog after this turn, without those of an office that was lost meanwhile."""
    moved = _moved(turn, outcome, topic)
    if topic == control.name:
        moved = _marked(moved, acted=False)
    elif isinstance(outcome, Done | Ask) and outcome.effect:
        moved = _marked(moved, acted=True)
    return in_office(moved, turn.member)


def _moved(turn: Turn, outcome: Outcome, topic: str) -> Dialog | None:
    """One topic's question pauses another's; its end takes it up again."""
    dialog = turn.dialog if turn.dialog is None or turn.dialog.topic != PAGES else None
    if isinstance(outcome, Ask):
        return _opened(turn, dialog, outcome)
    if isinstance(outcome, Done) and dialog is not None and dialog.topic == topic:
        is_left = outcome.text.startswith(CANCELLED)
        dialog = _kept(dialog.paused) if is_left else dialog.paused
    return _still_asked(dialog, outcome)


def _still_asked(dialog: Dialog | None, outcome: Outcome) -> Dialog | None:
    """What waits, without what was answered another way, and after an act without a mere yes or no."""
    if dialog is None or isinstance(outcome, Say):
        return dialog
    rest = _still_asked(dialog.paused, outcome)
    settled = outcome.settles if isinstance(outcome, Done) else None
    if dialog.topic == leave.topic.name and dialog.state.get("id") == settled:
        return rest
    if outcome.effect and dialog.topic not in topics and is_yes_or_no(dialog.prompt):
        return rest
    return replace(dialog, paused=rest)


def _marked(dialog: Dialog | None, *, acted: bool) -> Dialog | None:
    """Every open question, with whether something was recorded since it was asked."""
    if dialog is None:
        return None
    kept = {name: value for name, value in dialog.state.items() if name != ACTED}
    state = {**kept, ACTED: True} if acted else kept
    return replace(dialog, state=state, paused=_marked(dialog.paused, acted=acted))


def _kept(dialog: Dialog | None) -> Dialog | None:
    """What 取消 leaves of the questions behind the one cancelled: what was written, nothing else."""
    while dialog is not None and not is_draft(dialog.topic):
        dialog = dialog.paused
    return dialog


def with_reminder(turn: Turn, text: str, moved: Dialog | None, topic: str) -> str:
    """The answer, with the question that still waits when another topic answered."""
    if not text or topic == PAGES:
        return text
    if _is_dropped(turn, moved, topic):
        return f"{text}\n\n{NOT_ASKED_AGAIN}"
    if moved is None or not moved.prompt:
        return text
    if turn.now - moved.updated_at > REMINDED_FOR:
        return text
    kept = _is_same(turn.dialog, moved) and topic != moved.topic and turn.kind is Kind.TEXT
    resumed = turn.dialog is not None and _is_same(turn.dialog.paused, moved)
    if not kept and not resumed:
        return text
    words = STILL_OPEN.format(matter=matter(moved.topic), prompt=shown(moved.prompt))
    return f"{text}\n\n{words}"


def _is_same(before: Dialog | None, now: Dialog) -> bool:
    """Whether it is the question asked then, whatever was marked on it since."""
    asked_at = (now.topic, now.prompt, now.updated_at)
    return before is not None and (before.topic, before.prompt, before.updated_at) == asked_at


def _is_dropped(turn: Turn, moved: Dialog | None, topic: str) -> bool:
    """Whether this turn's act ended another topic's yes or no that was being asked."""
    before = turn.dialog
    if before is None or before.topic in {topic, *topics} or not is_yes_or_no(before.prompt):
        return False
    waiting = moved
    while waiting is not None and not _is_same(before, waiting):
        waiting = waiting.paused
    return waiting is None and topic != control.name


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
    others = _still_asked(_without(dialog, asked.topic), asked)
    if quiet and others is not None:
        return others
    prompt = "" if quiet else question_in(asked.text)
    state = {name: value for name, value in asked.state.items() if name not in {ACTED, BEHIND}}
    return begun(Dialog(asked.topic, state, prompt, turn.now, others), turn.member)


def _without(dialog: Dialog | None, topic: str) -> Dialog | None:
    """What waits, without an earlier question of this topic and without what asked nothing."""
    if dialog is None:
        return None
    rest = _without(dialog.paused, topic)
    return rest if dialog.topic == topic or not dialog.prompt else replace(dialog, paused=rest)

"""What the speaker did, in the audit trail (RA-5)."""

from handlers.turn import Turn
from storage.audit import by_member


async def noted(turn: Turn, action: str, target: str) -> None:
    """One line more; `target` names a kind and an id such as `activity:17`, never content."""
    await turn.store.audit.append(turn.now, by_member(turn.speaker.id), action, target)

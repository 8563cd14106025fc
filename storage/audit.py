"""The audit trail (RA-5): who did what to which object, chained; never content."""

from datetime import datetime

from storage import tables
from storage.chain import AUDIT, Heads

OPERATOR = "operator"


def by_member(member_id: int) -> str:
    """How a member is named in the trail."""
    return f"member:{member_id}"


class Audit:
    """Append only."""

    def __init__(self, heads: Heads) -> None:
        self._heads = heads

    async def append(self, at: datetime, actor: str, action: str, target: str) -> int:
        """Add one line; `target` names a kind and an id such as `dues:17`."""
        return await self._heads.extend(
            AUDIT, tables.audit, at=at, actor=actor, action=action, object=target
        )

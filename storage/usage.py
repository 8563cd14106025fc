"""What the platforms count by the month: calls of ours to them, and pushes both ways."""

from datetime import datetime
from enum import StrEnum
from zoneinfo import ZoneInfo

from sqlalchemy import update

from storage import tables
from storage.database import Unit

table = tables.usage
ZONE = ZoneInfo("Asia/Shanghai")  # the platform's month, wherever the organisation is


class Counted(StrEnum):
    """The two quotas of a DingTalk organisation (facts section 4.10), and the sign that one is used up."""

    CALLS = "calls"
    PUSHES = "pushes"
    EXHAUSTED = "exhausted"


class Usage:
    """One row a channel, month and quota."""

    def __init__(self, unit: Unit) -> None:
        self._unit = unit

    async def add(self, channel: str, kind: Counted, at: datetime, amount: int = 1) -> None:
        """Count what was used."""
        key = {"channel": channel, "month": month_of(at), "kind": str(kind)}
        await self._unit.flush()
        where = [table.c[name] == value for name, value in key.items()]
        more = update(table).where(*where).values(amount=table.c.amount + amount)
        done = await self._unit.connection.execute(more)
        if not done.rowcount:
            self._unit.add(table, **key, amount=amount)

    async def exhaust(self, channel: str, at: datetime) -> None:
        """The platform says that it is over; kept is the push with which it said so, for later ones may come through."""
        pushes = (await self.of(at)).get(channel, {}).get(Counted.PUSHES, 0)
        known = (await self.of(at)).get(channel, {}).get(Counted.EXHAUSTED, 0)
        await self.add(channel, Counted.EXHAUSTED, at, pushes - known)

    async def of(self, at: datetime) -> dict[str, dict[Counted, int]]:
        """What each channel used in a moment's month."""
        found: dict[str, dict[Counted, int]] = {}
        for row in await self._unit.select(table, table.c.month == month_of(at)):
            found.setdefault(row["channel"], {})[Counted(row["kind"])] = row["amount"]
        return found


def month_of(at: datetime) -> str:
    """'2026-11', as the platform counts."""
    return at.astimezone(ZONE).strftime("%Y-%m")

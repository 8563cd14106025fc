"""Exceptions go one rung up: whose secretary hears what a branch has not done. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from scheduler.envelopes import Envelopes
from scheduler.notices import Due
from scheduler.policy import Owes
from storage.notices import NOBODY


@dataclass(frozen=True)
class CommitteeEnvelopes(Envelopes):
    """The same for exceptions, which go one rung up."""

    above: Mapping[int, int | None] = field(default_factory=dict)

    def office_of(self, due: Due) -> int:
        """The committee that owes it, or the one above the branch that does."""
        return committee_of(due, self.above)


def committee_of(due: Due, above: Mapping[int, int | None]) -> int:
    """Whose secretary hears of an exception."""
    branch_id = due.found.branch_id
    return branch_id if due.asked.rule.owes is Owes.COMMITTEE else above.get(branch_id) or NOBODY

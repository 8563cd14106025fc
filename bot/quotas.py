"""What each DingTalk robot used of the month's quotas, so that somebody sees it before it is over."""

from collections import Counter, defaultdict
from collections.abc import Mapping
from dataclasses import dataclass

from bot.channels.dingtalk import scope_of
from bot.settings import Settings
from storage.usage import Counted

LOW_PERCENT = 80


@dataclass(frozen=True, slots=True)
class Quota:
    """One channel's month; the platform counts by organisation, so this is what we used of it."""

    channel: str
    calls: int
    monthly_calls: int
    pushes: int
    monthly_pushes: int
    is_over: bool

    @property
    def percent(self) -> int:
        """How much of the scarcer of the two is used."""
        return max(100 * self.calls // self.monthly_calls, 100 * self.pushes // self.monthly_pushes)

    @property
    def is_low(self) -> bool:
        """Time to do something about it."""
        return self.is_over or self.percent >= LOW_PERCENT


def _together(
    settings: Settings, used: Mapping[str, Mapping[Counted, int]]
) -> dict[str, Counter[Counted]]:
    """The robots of one corp share its quotas."""
    found: dict[str, Counter[Counted]] = defaultdict(Counter)
    for name, section in settings.dingtalk.items():
        own = used.get(f"dingtalk.{name}", {})
        found[scope_of(section.corp_id, section.client_id)].update(own)
    return found


def quotas(settings: Settings, used: Mapping[str, Mapping[Counted, int]]) -> list[Quota]:
    """Every robot's month."""
    found, together = [], _together(settings, used)
    for name, section in settings.dingtalk.items():
        own = together[scope_of(section.corp_id, section.client_id)]
        calls, pushes = own.get(Counted.CALLS, 0), own.get(Counted.PUSHES, 0)
        found.append(
            Quota(
                channel=f"dingtalk.{name}",
                calls=calls,
                monthly_calls=section.monthly_calls,
                pushes=pushes,
                monthly_pushes=section.monthly_pushes,
                is_over=Counted.EXHAUSTED in own and pushes <= own[Counted.EXHAUSTED],
            )
        )
    return found

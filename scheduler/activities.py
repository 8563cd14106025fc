"""What an activity is at a moment: planned, open for check-in, over; and who is expected. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from storage.records import MEMBERSHIP, OTHER_AUDIENCE, Activity, Member

OPENS_BEFORE = timedelta(minutes=60)
LATE_AFTER = timedelta(minutes=10)
CLOSES_AFTER = timedelta(minutes=30)
USUAL_LENGTH = timedelta(hours=2)  # where no end is given
MAY_BE_ADDED_DAYS = 3  # so long after an activity, what happened at it


@dataclass(frozen=True, slots=True)
class Window:
    """When members may check in: from an hour before the start to half an hour after the end."""

    opens_at: datetime
    closes_at: datetime

    def holds(self, now: datetime) -> bool:
        """Whether the window is open."""
        return self.opens_at <= now <= self.closes_at


def window(activity: Activity) -> Window:
    """The check-in window of an activity."""
    return Window(activity.starts_at - OPENS_BEFORE, activity.ends_at + CLOSES_AFTER)


def open_now(activities: Sequence[Activity], now: datetime) -> list[Activity]:
    """Those that members may check in to."""
    return [found for found in activities if not found.cancelled and window(found).holds(now)]


def just_closed(
    activities: Sequence[Activity], now: datetime, within: timedelta
) -> Activity | None:
    """The one whose window closed last and not longer ago than `within`, for those who come too late."""
    closed = [
        found
        for found in activities
        if not found.cancelled and now - within < window(found).closes_at < now
    ]
    return max(closed, key=lambda found: found.ends_at, default=None)


def minutes_late(activity: Activity, now: datetime) -> int:
    """Whole minutes after the start, counted only beyond ten minutes' grace."""
    late = now - activity.starts_at
    return int(late.total_seconds() // 60) if late > LATE_AFTER else 0


def state_of(starts_at: datetime, ends_at: datetime, *, cancelled: bool, now: datetime) -> str:
    """planned, open (check-in possible), ended or cancelled."""
    if cancelled:
        return "cancelled"
    if now < starts_at - OPENS_BEFORE:
        return "planned"
    return "open" if now <= ends_at + CLOSES_AFTER else "ended"


def named(found: Activity, when: str) -> str:
    """'“主题党日”（10月5日 09:00，一楼会议室）', with the time as it is given."""
    where = f"，{found.place}" if found.place else ""
    return f"“{found.topic}”（{when}{where}）"


def is_expected(member: Member, activity: Activity) -> bool:
    """Members always (AD-3); applicants and candidates when the audience names them."""
    return expects(activity.audience, member.category)


def expects(audience: str, category: str) -> bool:
    """Whether an activity for this audience expects people of this category."""
    if category in MEMBERSHIP:
        return True
    return any(word in audience and category == found for word, found in OTHER_AUDIENCE.items())

"""One thing on a phone's screen, and what a tap on its buttons says."""

from dataclasses import dataclass
from datetime import datetime

from bot.web.phone import Tap


@dataclass(frozen=True, slots=True)
class Bubble:
    """`side`: mine, theirs, notice (unprompted), again or hint; `look` is the app that it stands in.

    `ref` finds a card's taps or a file's content again; `buttons` are the words on a card's buttons.
    """

    phone: str
    side: str
    kind: str
    text: str
    at: datetime
    title: str = ""
    buttons: tuple[str, ...] = ()
    ref: str = ""
    look: str = "wecom"


@dataclass(frozen=True, slots=True)
class Arrived:
    """A bubble that a platform took for a phone; a tap is an event on one platform, typed words on the other."""

    bubble: Bubble
    taps: tuple[Tap | str, ...] = ()

"""What the others do while the demo's clock moves: they answer invitations, come, and pay. Pure."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from bot.web.people import FIRST, MEMBER, PEOPLE, SECOND, SECRETARY, of_branch
from bot.web.story import AWAY, HERE, Line, Scene, paid_line
from scheduler.calendar import day_in_words

ANSWERED = timedelta(days=5, hours=-3, minutes=-20)
ASKED_LEAVE = timedelta(days=4, hours=-11)
PAID = timedelta(days=1, hours=11, minutes=10)
LEAVE_TAKER = "wujiu"
LEAVE = "请假 {day} 要陪老人去医院"
STUDY = "听了同志们的发言，在外面也要带好头"
PAYERS = ("zhoujianguo", "sunqi", "zhengshi")
UNSURE = ("sunqi", "zhouba")
COMING, AFAR = "参加 {day}", "线上 {day}"


@dataclass(frozen=True, slots=True)
class Gathering:
    """An activity as the people of its branch see it."""

    branch: str
    number: int
    starts_at: datetime
    is_remote: bool
    code: str


def scenes_of(gathering: Gathering, zone: ZoneInfo) -> list[Scene]:
    """What is said about one activity, before it, at it and after it; the visitor's phones say nothing."""
    local = gathering.starts_at.astimezone(zone)
    day = day_in_words(local)
    told = [*_before(gathering, day), *_there(gathering), *_after(gathering, zone)]
    return [Scene(gathering.starts_at + at, lines) for at, lines in told if lines]


def _before(gathering: Gathering, day: str) -> Iterator[tuple[timedelta, tuple[Line, ...]]]:
    """Most of those who come say so; who cannot asks for leave."""
    if gathering.branch != FIRST:
        return
    coming = [user for user in _here(gathering) if user not in UNSURE]
    yield -ANSWERED, tuple((user, COMING.format(day=day)) for user in coming)
    if gathering.is_remote:
        yield -ANSWERED, tuple((user, AFAR.format(day=day)) for user in _away())
    yield -ASKED_LEAVE, ((LEAVE_TAKER, LEAVE.format(day=day)),)


def _there(gathering: Gathering) -> Iterator[tuple[timedelta, tuple[Line, ...]]]:
    minute = timedelta(minutes=1)
    here = _here(gathering)
    early, by_code = here[::2], here[1::4]
    rest = [user for user in here if user not in {*early, *by_code}]
    yield -9 * minute, tuple((user, "签到") for user in early)
    yield -3 * minute, tuple((user, f"签到 {gathering.code}") for user in by_code)
    yield timedelta(), tuple((user, "签到") for user in rest)
    if gathering.branch == FIRST and gathering.is_remote:
        yield 4 * minute, tuple((user, f"远程签到 {STUDY}") for user in _away())
    if gathering.branch == FIRST:
        yield 16 * minute, (("zhouba", "签到"),)


def _after(gathering: Gathering, zone: ZoneInfo) -> Iterator[tuple[timedelta, tuple[Line, ...]]]:
    on = gathering.starts_at.astimezone(zone).date()
    people = [one for one in PEOPLE if one.user in PAYERS]
    if gathering.branch == FIRST:
        yield PAID, tuple((one.user, paid_line(on, one)) for one in people)


def _here(gathering: Gathering) -> list[str]:
    """Who comes in person; somebody stays away without a word every other time."""
    if gathering.branch == SECOND:
        return [person.user for person in of_branch(SECOND)]
    missing = {LEAVE_TAKER, UNSURE[0]} if gathering.number % 2 else {LEAVE_TAKER}
    return [user for user in HERE if user not in {*missing, *_ours()}]


def _away() -> list[str]:
    return [user for user in AWAY if user not in _ours()]


def _ours() -> set[str]:
    """Whose phones the visitor holds."""
    return {MEMBER, SECRETARY}

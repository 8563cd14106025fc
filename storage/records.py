"""The nouns of the product as frozen values; pure."""

import re
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import Any

# A title that was, or that only serves: 原书记、前任支部副书记、曾任书记；书记员、书记助理.
NO_OFFICE = re.compile(
    "(?:原|前|曾|离任|卸任|名誉)(?:任|为|的|本|党|总|第?[一二三四五六七八九十0-9]+|支部|支委|党委|委员会)*(?:第一|常务|副)*书记"
    "|退休(?:副|老)?书记|老书记"
    "|书记(?:员|助理|秘书)"
)


class Category(StrEnum):
    """党员类别, as the roster spells it."""

    FULL = "正式党员"
    PROBATIONARY = "预备党员"
    CANDIDATE = "发展对象"
    APPLICANT = "入党积极分子"


# Who is expected at every activity (AD-3), and who when the audience names them.
MEMBERSHIP = (Category.FULL, Category.PROBATIONARY)
OTHER_AUDIENCE = {"积极分子": Category.APPLICANT, "发展对象": Category.CANDIDATE}


class Purpose(StrEnum):
    """What a member agrees to, each on its own (个人信息保护法 第14、23、29条)."""

    RECORDS = "records"
    PLACE = "place"
    SHARING = "sharing"


class State(StrEnum):
    """Where something that waits for a decision stands."""

    PENDING = "pending"
    CONFIRMED = "confirmed"
    APPROVED = "approved"
    REFUSED = "refused"
    RETURNED = "returned"
    WITHDRAWN = "withdrawn"
    ANSWERED = "answered"


class Presence(StrEnum):
    """How somebody took part in an activity."""

    PRESENT = "present"
    REMOTE = "remote"
    ELSEWHERE = "elsewhere"
    LEAVE = "leave"
    ABSENT = "absent"


TOOK_PART = (Presence.PRESENT, Presence.REMOTE, Presence.ELSEWHERE)


class RequestKind(StrEnum):
    """What waits for a secretary."""

    DUES = "dues"
    REPORT = "report"
    LEAVE = "leave"
    HELP = "help"
    SUGGESTION = "suggestion"
    DISPUTE = "dispute"
    STINT = "stint"
    CASE = "case"


class NoticeState(StrEnum):
    """What became of a notice; whether its message arrived is the outbox's to say."""

    PLANNED = "planned"
    ANSWERED = "answered"
    UNSENT = "unsent"


class ContactKind(StrEnum):
    """A contact keeps in touch (FM-6); a talk is about something that must improve (AD-9)."""

    CONTACT = "contact"
    TALK = "talk"


class Outcome(StrEnum):
    """How an attempt to reach somebody ended."""

    SPOKE = "通了"
    MET = "见面"
    WROTE = "留言"
    ANSWERED = "本人答复"
    FAMILY = "家属"
    MISSED = "没接"

    @property
    def reached(self) -> bool:
        """Whether the member was reached in person: only that counts for the quarter."""
        return self in {Outcome.SPOKE, Outcome.MET, Outcome.ANSWERED}


class EntryKind(StrEnum):
    """The kinds of the ledger (MR-1), with correction and place beside them."""

    ACTIVITY = "activity"
    DUES = "dues"
    REPORT = "report"
    LEAVE = "leave"
    PLACE = "place"
    STINT = "stint"
    CORRECTION = "correction"


@dataclass(frozen=True, slots=True)
class Account:
    """Who a platform says is speaking: the corp's scope and the user id, folded to lower case."""

    scope: str
    user: str


@dataclass(frozen=True, slots=True)
class Member:
    """A member as a turn needs them; phone and birth date stay sealed in their table."""

    id: int
    name: str
    branch_id: int
    branch: str
    category: str
    position: str
    consents: frozenset[str] = frozenset()

    @property
    def is_secretary(self) -> bool:
        """Receives the branch's matters and decides on them."""
        return is_secretarys(self.position)

    def agrees(self, purpose: Purpose) -> bool:
        """Whether a consent for the purpose is in force."""
        return purpose in self.consents


@dataclass(frozen=True, slots=True)
class Dialog:
    """An open conversation step: the topic that waits for the next line and what it knows."""

    topic: str
    state: dict[str, Any]
    prompt: str
    updated_at: datetime
    paused: "Dialog | None" = None


@dataclass(frozen=True, slots=True)
class Activity:
    """One activity of one branch (AD-1). Times are UTC."""

    id: int
    branch_id: int
    topic: str
    starts_at: datetime
    ends_at: datetime
    place: str
    categories: str
    mode: str
    audience: str
    code: str
    cancelled: bool
    moved_from: datetime | None = None
    closed: bool = False
    form_filed: bool = False
    cause: str = ""  # why it was moved or called off (AD-2)

    @property
    def is_remote(self) -> bool:
        """Whether floating members may take part from afar (AD-4)."""
        return "线上" in self.mode

    @property
    def is_online_only(self) -> bool:
        """Whether there is no meeting to come to."""
        return self.mode == "线上"


@dataclass(frozen=True, slots=True)
class Attendance:
    """How one member took part in one activity."""

    activity_id: int
    member_id: int
    state: Presence
    at: datetime
    late_minutes: int
    ledger_no: int


@dataclass(frozen=True, slots=True)
class Leave:
    """A leave asked from one activity (AD-10)."""

    id: int
    activity_id: int
    member_id: int
    reason: str
    state: State


@dataclass(frozen=True, slots=True)
class Dues:
    """One month of dues, declared by the member and confirmed by the branch; money in 分."""

    id: int
    member_id: int
    month: str
    fen: int
    state: State
    request_id: int
    ledger_no: int | None


@dataclass(frozen=True, slots=True)
class Report:
    """One thought report."""

    id: int
    member_id: int
    period: str
    words: int
    state: State
    submitted_at: datetime
    text: str
    attachments: str


@dataclass(frozen=True, slots=True)
class Request:
    """Something that waits for a secretary's decision or answer."""

    id: int
    kind: RequestKind
    member_id: int
    member: str
    branch_id: int
    subject_id: int | None
    text: str
    state: State
    created_at: datetime


@dataclass(frozen=True, slots=True)
class Entry:
    """One ledger entry with what the member said of it: pending, confirmed or disputed (MR-3)."""

    branch_id: int
    no: int
    member_id: int
    kind: EntryKind
    occurred_on: date
    text: str
    corrects: int | None
    state: str


@dataclass(frozen=True, slots=True)
class Stint:
    """One period away (外出)."""

    id: int
    member_id: int
    reason: str
    left_on: date
    province: str
    city: str
    district: str
    expected_back: date | None
    back_on: date | None
    workplace: str
    contact: str


@dataclass(frozen=True, slots=True)
class Contact:
    """One attempt to keep in touch with a member."""

    member_id: int
    kind: ContactKind
    on: date
    outcome: Outcome
    topics: tuple[str, ...] = ()
    next_on: date | None = None


def is_secretarys(position: str) -> bool:
    """Whether a position on the roster is a secretary's or a deputy's now: 书记, 支部副书记, not 原书记."""
    return "书记" in NO_OFFICE.sub("", position)

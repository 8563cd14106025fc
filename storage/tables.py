"""The tables. A column marked sealed holds ciphertext; a unique key that carries a promise says which."""

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Date,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    UniqueConstraint,
    literal_column,
    text,
)

from storage.columns import Instant, number, reference, sealed

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "fk": "fk_%(table_name)s_%(column_0_name)s_%(referred_table_name)s",
        "pk": "pk_%(table_name)s",
    }
)


organisations = Table(
    "organisations",
    metadata,
    number(),
    Column("name", String(100), nullable=False, unique=True),
    Column("parent_id", Integer, ForeignKey("organisations.id"), nullable=True),
)

members = Table(
    "members",
    metadata,
    number(),
    reference("branch_id", "organisations.id"),
    Column("name", String(50), nullable=False),
    Column("sex", String(10), nullable=False, default=""),
    sealed("born_on"),
    sealed("phone"),
    Column("phone_index", LargeBinary(16), nullable=False, unique=True),
    Column("binding_index", LargeBinary(16), nullable=False, index=True),
    Column("category", String(20), nullable=False),
    Column("position", String(50), nullable=False, default=""),
    Column("joined_on", Date, nullable=True),
    Column("full_on", Date, nullable=True),
    sealed("note"),
    Column("created_at", Instant, nullable=False),
    Column("updated_at", Instant, nullable=False),
    # Since when in this branch: nobody owes it what was due before.
    Column("branch_since", Instant, nullable=False),
    Index("ix_members_branch_id_name", "branch_id", "name"),
)

accounts = Table(
    "accounts",
    metadata,
    # A platform account speaks for one member only: nobody sees another's records.
    Column("scope", String(100), primary_key=True),
    Column("user", String(100), primary_key=True),
    reference("member_id", "members.id"),
    Column("bound_at", Instant, nullable=False),
    # Of somebody with several accounts the one last used is written to; kept only where it changes that.
    Column("used_at", Instant, nullable=True),
    UniqueConstraint("member_id", "scope"),
)

invitations = Table(
    "invitations",
    metadata,
    Column("code_index", LargeBinary(16), primary_key=True),
    Column("member_id", Integer, ForeignKey("members.id"), nullable=False, index=True),
    Column("expires_at", Instant, nullable=False),
)

consents = Table(
    "consents",
    metadata,
    number(),
    Column("member_id", Integer, ForeignKey("members.id"), nullable=False, index=True),
    Column("purpose", String(20), nullable=False),
    Column("notice", String(20), nullable=False),
    Column("granted_at", Instant, nullable=False),
    Column("withdrawn_at", Instant, nullable=True),
    # One consent a purpose is in force at a time; earlier ones stay as history.
    Index(
        "uq_consents_in_force",
        "member_id",
        "purpose",
        unique=True,
        sqlite_where=text("withdrawn_at IS NULL"),
        postgresql_where=text("withdrawn_at IS NULL"),
    ),
)

stints = Table(
    "stints",
    metadata,
    number(),
    Column("member_id", Integer, ForeignKey("members.id"), nullable=False, index=True),
    reference("branch_id", "organisations.id"),
    sealed("reason"),
    Column("left_on", Date, nullable=False),
    Column("province", String(50), nullable=False, default=""),
    Column("city", String(50), nullable=False, default=""),
    sealed("district"),
    sealed("workplace"),
    sealed("contact"),
    Column("expected_back", Date, nullable=True),
    Column("back_on", Date, nullable=True),
    Column("certificate", String(50), nullable=False, default=""),
    Column("host_branch", String(100), nullable=False, default=""),
    Column("pledged_at", Instant, nullable=True),
    Column("opened_at", Instant, nullable=False),
    Column("withdrawn_at", Instant, nullable=True),
    # A member is away once at a time.
    Index(
        "uq_stints_open",
        "member_id",
        unique=True,
        sqlite_where=text("back_on IS NULL AND withdrawn_at IS NULL"),
        postgresql_where=text("back_on IS NULL AND withdrawn_at IS NULL"),
    ),
)

places = Table(
    "places",
    metadata,
    number(),
    Column("member_id", Integer, ForeignKey("members.id"), nullable=False, index=True),
    reference("branch_id", "organisations.id"),
    Column("province", String(50), nullable=False),
    Column("city", String(50), nullable=False),
    sealed("district"),
    sealed("code"),
    Column("source", String(20), nullable=False),
    Column("reported_on", Date, nullable=False),
    Column("reported_at", Instant, nullable=False),
    Column("withdrawn_at", Instant, nullable=True),
)

activities = Table(
    "activities",
    metadata,
    number(),
    reference("branch_id", "organisations.id"),
    Column("topic", String(200), nullable=False),
    Column("starts_at", Instant, nullable=False),
    Column("ends_at", Instant, nullable=False),
    Column("place", String(200), nullable=False),
    Column("categories", String(200), nullable=False),
    Column("mode", String(20), nullable=False),
    Column("audience", String(200), nullable=False),
    Column("code", String(8), nullable=False),
    Column("cancelled_at", Instant, nullable=True),
    # Where it stood before it was moved (AD-2), and why; a cancelled one has its cause here too.
    Column("moved_from", Instant, nullable=True),
    Column("cause", String(200), nullable=False, default="", server_default=""),
    # Its length, which counts as hours of study for who took part (ME-1).
    Column("minutes", Integer, nullable=False, default=0, server_default="0"),
    sealed("content"),
    Column("created_at", Instant, nullable=True),
    Column("closed_at", Instant, nullable=True),
    Column("form_filed_at", Instant, nullable=True),
    # A plan imported again finds its activity and changes nothing.
    UniqueConstraint("branch_id", "starts_at"),
    Index("ix_activities_starts_at", "starts_at"),
)

responses = Table(
    "responses",
    metadata,
    # What somebody answered to an invitation; a leave is in its own table. The last answer stands.
    Column("activity_id", Integer, ForeignKey("activities.id"), primary_key=True),
    Column("member_id", Integer, ForeignKey("members.id"), primary_key=True),
    Column("answer", String(20), nullable=False),
    Column("answered_at", Instant, nullable=False),
)

attendance = Table(
    "attendance",
    metadata,
    # One member, one activity, one state: a second check-in changes nothing.
    Column("activity_id", Integer, ForeignKey("activities.id"), primary_key=True),
    Column("member_id", Integer, ForeignKey("members.id"), primary_key=True),
    Column("state", String(20), nullable=False),
    Column("at", Instant, nullable=False),
    # Nobody where the closing of the activity found them absent.
    Column("by_member_id", Integer, ForeignKey("members.id"), nullable=True),
    Column("late_minutes", Integer, nullable=False, default=0),
    Column("ledger_no", Integer, nullable=False),
    sealed("reason"),
    Index("ix_attendance_member_id", "member_id"),
)

leaves = Table(
    "leaves",
    metadata,
    number(),
    reference("activity_id", "activities.id"),
    reference("member_id", "members.id"),
    sealed("reason"),
    Column("state", String(20), nullable=False),
    Column("asked_at", Instant, nullable=False),
    Index("ix_leaves_member_id_activity_id", "member_id", "activity_id"),
)
# Written out, not bound: SQLite uses a partial index only where the query says the same.
leave_stands = leaves.c.state.in_([literal_column("'pending'"), literal_column("'approved'")])
# One leave is open or granted for a member and an activity.
Index(
    "uq_leaves_standing",
    leaves.c.activity_id,
    leaves.c.member_id,
    unique=True,
    sqlite_where=leave_stands,
    postgresql_where=leave_stands,
)

reports = Table(
    "reports",
    metadata,
    number(),
    Column("member_id", Integer, ForeignKey("members.id"), nullable=False, index=True),
    reference("branch_id", "organisations.id"),
    Column("period", String(10), nullable=False),
    Column("words", Integer, nullable=False),
    Column("state", String(20), nullable=False),
    Column("submitted_at", Instant, nullable=False),
    sealed("text"),
    sealed("attachments"),
)

dues = Table(
    "dues",
    metadata,
    number(),
    Column("member_id", Integer, ForeignKey("members.id"), nullable=False, index=True),
    reference("branch_id", "organisations.id"),
    Column("month", String(7), nullable=False),
    Column("fen", Integer, nullable=False),
    Column("state", String(20), nullable=False),
    Column("request_id", Integer, nullable=False, index=True),
    Column("ledger_no", Integer, nullable=True),
    Column("declared_at", Instant, nullable=False),
    sealed("proof"),
)
dues_stand = dues.c.state.in_([literal_column("'pending'"), literal_column("'confirmed'")])
# A month is paid once: a second declaration is answered, not recorded.
Index(
    "uq_dues_standing",
    dues.c.member_id,
    dues.c.month,
    unique=True,
    sqlite_where=dues_stand,
    postgresql_where=dues_stand,
)

closings = Table(
    "closings",
    metadata,
    # A branch has entered all it knows of a month's dues; only then is anybody reminded of them.
    Column("branch_id", Integer, ForeignKey("organisations.id"), primary_key=True),
    Column("month", String(7), primary_key=True),
    Column("by_member_id", Integer, ForeignKey("members.id"), nullable=False),
    Column("closed_at", Instant, nullable=False),
)

contacts = Table(
    "contacts",
    metadata,
    number(),
    reference("member_id", "members.id"),
    reference("branch_id", "organisations.id"),
    reference("by_member_id", "members.id"),
    Column("kind", String(10), nullable=False),
    Column("on", Date, nullable=False),
    Column("outcome", String(20), nullable=False),
    # Whether the member was reached: only then does it count for the quarter (FM-6).
    Column("reached", Boolean, nullable=False),
    Column("topics", String(100), nullable=False, default=""),
    sealed("note"),
    Column("next_on", Date, nullable=True),
    Column("recorded_at", Instant, nullable=False),
    Column("withdrawn_at", Instant, nullable=True),
    Index("ix_contacts_member_id_on", "member_id", "on"),
    Index("ix_contacts_branch_id_on", "branch_id", "on"),
)

settlements = Table(
    "settlements",
    metadata,
    number(),
    Column("rule", String(40), nullable=False),
    reference("branch_id", "organisations.id"),
    Column("subject_id", Integer, nullable=False),
    Column("period", String(20), nullable=False),
    Column("state", String(10), nullable=False),
    sealed("note"),
    reference("by_member_id", "members.id"),
    Column("settled_at", Instant, nullable=False),
    Column("withdrawn_at", Instant, nullable=True),
    # A duty is settled by hand once.
    Index(
        "uq_settlements_standing",
        "rule",
        "period",
        "subject_id",
        unique=True,
        sqlite_where=text("withdrawn_at IS NULL"),
        postgresql_where=text("withdrawn_at IS NULL"),
    ),
)

requests = Table(
    "requests",
    metadata,
    number(),
    Column("kind", String(20), nullable=False),
    reference("member_id", "members.id"),
    reference("branch_id", "organisations.id"),
    Column("subject_id", Integer, nullable=True),
    sealed("text"),
    sealed("answer"),
    Column("state", String(20), nullable=False),
    Column("created_at", Instant, nullable=False),
    Column("decided_at", Instant, nullable=True),
    Column("decided_by", Integer, ForeignKey("members.id"), nullable=True),
    Index("ix_requests_branch_id_state", "branch_id", "state"),
    Index("ix_requests_kind_subject_id", "kind", "subject_id"),
    Index("ix_requests_member_id", "member_id"),
)

chains = Table(
    "chains",
    metadata,
    # The head of every chain: a missing tail shows, and two writers cannot fork it. `mac` is made
    # with the chains' key, so that a shortened chain cannot be given a head that fits.
    Column("name", String(50), primary_key=True),
    Column("no", Integer, nullable=False),
    Column("hash", String(64), nullable=False),
    Column("mac", String(64), nullable=False),
)

ledger = Table(
    "ledger",
    metadata,
    Column("branch_id", Integer, ForeignKey("organisations.id"), primary_key=True),
    Column("no", Integer, primary_key=True, autoincrement=False),
    reference("member_id", "members.id"),
    reference("by_member_id", "members.id"),
    Column("kind", String(20), nullable=False),
    Column("occurred_on", Date, nullable=False),
    sealed("text"),
    Column("corrects", Integer, nullable=True),
    Column("recorded_at", Instant, nullable=False),
    Column("hash", String(64), nullable=False),
    Index("ix_ledger_member_id", "member_id"),
)

ledger_marks = Table(
    "ledger_marks",
    metadata,
    # What the member said of an entry (MR-3); the entry itself never changes.
    Column("branch_id", Integer, ForeignKey("organisations.id"), primary_key=True),
    Column("no", Integer, primary_key=True, autoincrement=False),
    Column("entry_no", Integer, nullable=False),
    reference("member_id", "members.id"),
    Column("state", String(20), nullable=False),
    sealed("reason"),
    Column("marked_at", Instant, nullable=False),
    Column("hash", String(64), nullable=False),
    Index("ix_ledger_marks_member_id", "member_id"),
)

audit = Table(
    "audit",
    metadata,
    Column("no", Integer, primary_key=True, autoincrement=False),
    Column("at", Instant, nullable=False),
    Column("actor", String(50), nullable=False),
    Column("action", String(50), nullable=False),
    Column("object", String(100), nullable=False),
    Column("hash", String(64), nullable=False),
)

inbox = Table(
    "inbox",
    metadata,
    # One message, one effect: a digest of (channel, app, sender, message id), kept for good.
    Column("key", LargeBinary(32), primary_key=True),
    Column("channel", String(50), nullable=False),
    Column("sender", String(100), nullable=False),
    Column("message_id", String(100), nullable=False),
    Column("kind", String(20), nullable=False),
    Column("received_at", Instant, nullable=False),
    sealed("text"),
    sealed("answer"),
    Column("effect", String(200), nullable=True),
    Column("state", String(10), nullable=False),
    Column("error", String(200), nullable=True),
    Index(
        "ix_inbox_effects",
        "channel",
        "sender",
        "received_at",
        sqlite_where=text("effect IS NOT NULL"),
        postgresql_where=text("effect IS NOT NULL"),
    ),
    Index(
        "ix_inbox_failed",
        "received_at",
        sqlite_where=text("state = 'failed'"),
        postgresql_where=text("state = 'failed'"),
    ),
)

dialogs = Table(
    "dialogs",
    metadata,
    # One open dialog a conversation; it survives a restart.
    Column("channel", String(50), primary_key=True),
    Column("sender", String(100), primary_key=True),
    Column("topic", String(50), nullable=False),
    sealed("state"),
    Column("updated_at", Instant, nullable=False),
)

outbox = Table(
    "outbox",
    metadata,
    number(),
    # An account's scope and its user; or "group" and the group's name.
    Column("channel", String(50), nullable=False),
    Column("recipient", String(200), nullable=False),
    Column("kind", String(10), nullable=False, default="text", server_default="text"),
    sealed("text"),
    sealed("extra"),
    Column("state", String(20), nullable=False),
    Column("attempts", Integer, nullable=False, default=0),
    Column("created_at", Instant, nullable=False),
    Column("next_at", Instant, nullable=True),
    # What nobody asked for, a notice of the calendar, is not worth sending after this, nor at night.
    Column("expires_at", Instant, nullable=True),
    # Whoever holds the lease may send; a dead one's lease runs out.
    Column("leased_until", Instant, nullable=True),
    Column("sent_at", Instant, nullable=True),
    Column("platform_id", String(100), nullable=True),
    Column("error", String(200), nullable=True),
    Index("ix_outbox_state_next_at", "state", "next_at"),
    # The platforms' limits per recipient are counted over what was sent.
    Index("ix_outbox_channel_recipient_sent_at", "channel", "recipient", "sent_at"),
)

notices = Table(
    "notices",
    metadata,
    number(),
    Column("rule", String(40), nullable=False),
    Column("clause", String(20), nullable=False),
    reference("branch_id", "organisations.id"),
    Column("subject_id", Integer, nullable=False),
    Column("member_id", Integer, ForeignKey("members.id"), nullable=True),
    Column("period", String(20), nullable=False),
    Column("who", String(10), nullable=False),
    Column("rung", Integer, nullable=False),
    # A member; 0 is a group, or nobody who could be told.
    Column("recipient_id", Integer, nullable=False),
    Column("due_on", Date, nullable=True),
    Column("planned_at", Instant, nullable=False),
    Column("message_id", Integer, nullable=True),
    Column("state", String(12), nullable=False),
    Column("reason", String(40), nullable=False, default=""),
    # One reminder, once: however often a tick runs, in however many processes, whatever the clock does.
    UniqueConstraint("rule", "subject_id", "period", "who", "rung", "recipient_id"),
    Index("ix_notices_recipient_id_planned_at", "recipient_id", "planned_at"),
    Index("ix_notices_message_id", "message_id"),
)

tokens = Table(
    "tokens",
    metadata,
    # The platforms' access tokens, shared by all processes.
    Column("name", String(100), primary_key=True),
    sealed("value"),
    Column("expires_at", Instant, nullable=False),
)

usage = Table(
    "usage",
    metadata,
    # What the platforms count and stop at (DingTalk, by calendar month): calls of ours, pushes of theirs.
    Column("channel", String(50), primary_key=True),
    Column("month", String(7), primary_key=True),
    Column("kind", String(10), primary_key=True),
    Column("amount", Integer, nullable=False),
)

media = Table(
    "media",
    metadata,
    number(),
    # The app that heard it: the platform's code means something there only.
    Column("channel", String(50), nullable=False),
    Column("member_id", Integer, ForeignKey("members.id"), nullable=False, index=True),
    Column("kind", String(10), nullable=False),
    Column("ending", String(5), nullable=False, default=""),
    Column("state", String(10), nullable=False),
    Column("attempts", Integer, nullable=False, default=0),
    Column("created_at", Instant, nullable=False),
    # When to try, or, where somebody is trying, when that is taken to have failed.
    Column("next_at", Instant, nullable=False),
    Column("error", String(200), nullable=True),
    sealed("code"),
    sealed("content"),  # last, so that the rest is read without it
    Index(
        "ix_media_pending",
        "next_at",
        sqlite_where=text("state = 'pending'"),
        postgresql_where=text("state = 'pending'"),
    ),
)

tries = Table(
    "tries",
    metadata,
    # What may be tried only so often a day: codes, names to bind to.
    Column("name", String(50), primary_key=True),
    Column("amount", Integer, nullable=False),
)

counters = Table(
    "counters",
    metadata,
    # Rows are numbered before they are sealed; the number is part of what binds them.
    Column("name", String(50), primary_key=True),
    Column("value", BigInteger, nullable=False),
)

secrets = Table(
    "secrets",
    metadata,
    # Keys for blind indexes and chains, wrapped by the privacy keys, so those can rotate; and how
    # many chains there are, so that none can vanish whole.
    Column("purpose", String(20), primary_key=True),
    sealed("value"),
)

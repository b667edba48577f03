"""The tables. Leases are seconds of the database's clock; every other instant comes from outside, aware, in UTC."""

from __future__ import annotations

from sqlalchemy import (
    JSON,
    Boolean,
    Column,
    Date,
    Double,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    PrimaryKeyConstraint,
    String,
    Table,
    Text,
    UniqueConstraint,
    text,
)

from service.ledger.columns import Key, error_columns, metadata, rows_where
from service.ledger.types import Instant

instance = Table(
    "instance",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("instance_id", String, nullable=False),
    Column("secret_digest", String, nullable=False),
    Column("demo", Boolean, nullable=False),
    Column("created_at", Instant, nullable=False),
    Column("restore_generation", Integer, nullable=False, default=0),
    Column("restored_at", Instant),
    Column("paused_at", Instant),
    Column("pause_reason", Text),
    Column("head_position", Key, nullable=False, default=0),
    Column("head_hash", String, nullable=False, default=""),
)

beats = Table(
    "beats",
    metadata,
    Column("name", String, primary_key=True),
    Column("at", Instant, nullable=False),
    Column("detail", Text),
)

deliveries = Table(
    "deliveries",
    metadata,
    Column("id", Key, primary_key=True, autoincrement=True),
    Column("hook", String, nullable=False),
    Column("key", String, nullable=False),
    Column("body_digest", String, nullable=False),
    Column("received_at", Instant, nullable=False),
    Column("headers", JSON, nullable=False),
    Column("body", LargeBinary),
    Column("state", String, nullable=False, default="new"),
    Column("repeats", Integer, nullable=False, default=0),
    Column("due_at", Instant, nullable=False),
    Column("lease_until", Double),
    Column("fence", Integer, nullable=False, default=0),
    Column("attempts", Integer, nullable=False, default=0),
    Column("deaths", Integer, nullable=False, default=0),
    Column("outcome", Text),
    *error_columns(),
    UniqueConstraint("hook", "key", "body_digest"),
)
Index(
    "ix_deliveries_due", deliveries.c.due_at, sqlite_where=text("state = 'new'"), postgresql_where=text("state = 'new'")
)
Index(
    "ix_deliveries_dead",
    deliveries.c.hook,
    sqlite_where=text("state = 'dead'"),
    postgresql_where=text("state = 'dead'"),
)

refusals = Table(
    "refusals",
    metadata,
    Column("hook", String, nullable=False),
    Column("minute", Instant, nullable=False),
    Column("reason", String, nullable=False),
    Column("count", Integer, nullable=False),
    PrimaryKeyConstraint("hook", "minute", "reason"),
)

postmortems = Table(
    "postmortems",
    metadata,
    Column("id", Key, primary_key=True, autoincrement=True),
    Column("source", String, nullable=False),
    Column("source_id", String, nullable=False),
    Column("status", String, nullable=False),
    Column("revision", Key),
    Column("document_digest", String, nullable=False, default=""),
    Column("delivery_id", Key, nullable=False, default=0),
    Column("title", Text, nullable=False),
    Column("severity", String),
    Column("visibility", String, nullable=False),
    Column("url", Text),
    Column("facts", JSON, nullable=False),
    Column("finalized_at", Instant),
    Column("merged_into", String),
    Column("created_at", Instant, nullable=False),
    Column("updated_at", Instant, nullable=False),
    UniqueConstraint("source", "source_id"),
)

revisions = Table(
    "revisions",
    metadata,
    Column("id", Key, primary_key=True, autoincrement=True),
    Column("postmortem_id", ForeignKey("postmortems.id"), nullable=False, index=True),
    Column("delivery_id", Key, nullable=False),
    Column("revision", Key),
    Column("status", String, nullable=False),
    Column("digest", String, nullable=False),
    Column("at", Instant, nullable=False),
    Column("outcome", String, nullable=False),
)

issues = Table(
    "issues",
    metadata,
    Column("id", Key, primary_key=True, autoincrement=True),
    Column("tracker", String, nullable=False),
    Column("target", String, nullable=False),
    Column("place", String, nullable=False),
    Column("ref", String, nullable=False),
    Column("key", String, nullable=False),
    Column("url", Text, nullable=False),
    Column("marker", String),
    Column("origin", String, nullable=False),
    Column("duplicate_of", ForeignKey("issues.id")),
    Column("title", Text, nullable=False, default=""),
    Column("status", String, nullable=False, default=""),
    Column("category", String, nullable=False),
    Column("written_digest", String),
    Column("assignee", JSON),
    Column("due_on", Date),
    Column("priority", String),
    Column("labels", JSON),
    Column("comments", Integer),
    Column("our_comments", Integer, nullable=False, default=0),
    Column("tracker_at", Instant),
    Column("read_at", Instant),
    Column("read_due_at", Instant),
    Column("missing_since", Instant),
    Column("gone_at", Instant),
    Column("created_at", Instant, nullable=False),
    UniqueConstraint("tracker", "ref"),
    Index("ix_issues_read_due_at", "read_due_at"),
    Index("ix_issues_marker", "marker"),
)

issue_refs = Table(
    "issue_refs",
    metadata,
    Column("id", Key, primary_key=True, autoincrement=True),
    Column("issue_id", ForeignKey("issues.id"), nullable=False, index=True),
    Column("ref", String, nullable=False),
    Column("key", String, nullable=False),
    Column("url", Text, nullable=False),
    Column("until", Instant, nullable=False),
)

action_items = Table(
    "action_items",
    metadata,
    Column("id", Key, primary_key=True, autoincrement=True),
    Column("postmortem_id", ForeignKey("postmortems.id"), nullable=False, index=True),
    Column("position", Integer, nullable=False),
    Column("source_item_id", String),
    Column("identity", String, nullable=False),
    Column("marker", String, unique=True),
    Column("title", Text, nullable=False),
    Column("facts", JSON, nullable=False),
    Column("facts_digest", String, nullable=False),
    Column("stated", JSON),
    Column("earlier_titles", JSON),
    Column("written_facts_digest", String),
    Column("changes", JSON, nullable=False),
    Column("comment_ref", String),
    Column("kind", String, nullable=False),
    Column("priority", String),
    Column("team", String),
    Column("owner_person", String),
    Column("promised_due_on", Date),
    Column("first_due_on", Date),
    Column("due_moves", Integer, nullable=False, default=0),
    Column("assignee_read", Boolean, nullable=False, default=False),
    Column("assigned", Boolean, nullable=False, default=False),
    Column("assignee_person", String),
    Column("current_due_on", Date),
    Column("state", String, nullable=False),
    Column("state_before", String),
    Column("attention_code", String),
    Column("attention", Text),
    Column("candidates", JSON),
    Column("doubt", Text),
    Column("same_as", ForeignKey("action_items.id")),
    Column("route", String),
    Column("target", String),
    Column("issue_url", Text),
    Column("issue_id", ForeignKey("issues.id"), index=True),
    Column("moved_from", ForeignKey("issues.id")),
    Column("released_at", Instant),
    Column("created_at", Instant, nullable=False),
    Column("opened_at", Instant),
    Column("closed_at", Instant),
    Column("last_movement_at", Instant, nullable=False),
    Column("snoozed_until", Date),
    Column("snooze_reason", Text),
    Column("stated_done", Boolean, nullable=False, default=False),
    Column("noted_state", String, nullable=False, default="pending"),
    Column("noted_at", Instant),
    Column("status_number", Integer, nullable=False, default=0),
    Column("told_number", Integer, nullable=False, default=0),
    UniqueConstraint("postmortem_id", "identity"),
    Index("ix_action_items_state", "state"),
)
Index("ix_action_items_unnoted", action_items.c.id, **rows_where("state <> noted_state"))

parents = Table(
    "parents",
    metadata,
    Column("id", Key, primary_key=True, autoincrement=True),
    Column("tracker", String, nullable=False),
    Column("place", String, nullable=False),
    Column("identity", String, nullable=False),
    Column("route", String, nullable=False),
    Column("postmortem_id", ForeignKey("postmortems.id"), index=True),
    Column("marker", String),
    Column("issue_id", ForeignKey("issues.id"), index=True),
    Column("created_at", Instant, nullable=False),
    UniqueConstraint("tracker", "place", "identity"),
)

targets = Table(
    "targets",
    metadata,
    Column("name", String, primary_key=True),
    Column("kind", String, nullable=False),
    Column("paused_at", Instant),
    Column("pause_reason", Text),
    Column("failures", Integer, nullable=False, default=0),
    Column("open_until", Double),
    Column("next_slot", Double),
    Column("visibility", String),
    Column("visibility_at", Instant),
    Column("visibility_place", String),
    Column("described", JSON),
    Column("last_success_at", Instant),
    Column("failing_since", Instant),
    *error_columns(),
)

sends = Table(
    "sends",
    metadata,
    Column("id", Key, primary_key=True, autoincrement=True),
    Column("target", String, nullable=False),
    Column("at", Double, nullable=False),
    Column("message", Key),
    Index("ix_sends_target_at", "target", "at"),
)

outbox = Table(
    "outbox",
    metadata,
    Column("id", Key, primary_key=True, autoincrement=True),
    Column("kind", String, nullable=False),
    Column("subject", Key, nullable=False),
    Column("target", String, nullable=False),
    Column("state", String, nullable=False, default="due"),
    Column("created_at", Instant, nullable=False),
    Column("due_at", Instant, nullable=False),
    Column("again", Boolean, nullable=False, default=False),
    Column("lease_until", Double),
    Column("fence", Integer, nullable=False, default=0),
    Column("attempts", Integer, nullable=False, default=0),
    Column("deaths", Integer, nullable=False, default=0),
    Column("sent_at", Instant),
    Column("sent_tracker", String),
    Column("sent_place", String),
    Column("probed", Boolean, nullable=False, default=False),
    Column("done_at", Instant),
    Column("outcome", Text),
    *error_columns(),
)
_in_flight = rows_where("state in ('due', 'dead')")
Index("uq_outbox_in_flight", outbox.c.kind, outbox.c.subject, outbox.c.target, unique=True, **_in_flight)
Index("ix_outbox_due", outbox.c.target, outbox.c.due_at, **rows_where("state = 'due'"))
Index("ix_outbox_kind_subject", outbox.c.kind, outbox.c.subject)
Index("ix_outbox_target_created", outbox.c.target, outbox.c.created_at)

cursors = Table(
    "cursors",
    metadata,
    Column("tracker", String, nullable=False),
    Column("feed", String, nullable=False),
    Column("cursor", Text),
    Column("next_at", Instant, nullable=False),
    Column("lease_until", Double),
    Column("ok_at", Instant),
    Column("failing_since", Instant),
    *error_columns(),
    PrimaryKeyConstraint("tracker", "feed"),
)

stalls = Table(
    "stalls",
    metadata,
    Column("id", Key, primary_key=True, autoincrement=True),
    Column("item_id", ForeignKey("action_items.id"), nullable=False, index=True),
    Column("condition", String, nullable=False),
    Column("began_on", Date, nullable=False),
    Column("ended_on", Date),
    Column("entered_on", Date, nullable=False),
    Column("policy", String, nullable=False),
    Column("policy_version", String, nullable=False),
    Column("policy_snapshot", JSON, nullable=False),
)
# An item meets a condition once at a time: a second spell that lasts would tell the same people the same again.
Index("uq_stalls_lasting", stalls.c.item_id, stalls.c.condition, unique=True, **rows_where("ended_on is null"))

notices = Table(
    "notices",
    metadata,
    Column("id", Key, primary_key=True, autoincrement=True),
    Column("person", String, nullable=False),
    Column("working_day", Date, nullable=False),
    Column("channel", String, nullable=False),
    Column("message_id", String, nullable=False, unique=True),
    Column("created_at", Instant, nullable=False),
    Column("sent_at", Instant),
    Column("outcome", String),
    UniqueConstraint("person", "working_day"),
)

stall_steps = Table(
    "stall_steps",
    metadata,
    Column("stall_id", ForeignKey("stalls.id"), nullable=False),
    Column("step", String, nullable=False),
    Column("person", String, nullable=False),
    Column("role", String, nullable=False),
    Column("fired_at", Instant, nullable=False),
    Column("notice_id", ForeignKey("notices.id"), nullable=False, index=True),
    PrimaryKeyConstraint("stall_id", "step", "person"),
)

decisions = Table(
    "decisions",
    metadata,
    Column("id", Key, primary_key=True, autoincrement=True),
    Column("at", Instant, nullable=False),
    Column("actor", String, nullable=False),
    Column("role", String, nullable=False),
    Column("action", String, nullable=False),
    Column("subject", String, nullable=False),
    Column("reason", Text, nullable=False),
    Column("data", JSON, nullable=False),
)

payloads = Table(
    "payloads",
    metadata,
    Column("digest", String, primary_key=True),
    Column("body", LargeBinary),
    Column("erased_at", Instant),
)

journal = Table(
    "journal",
    metadata,
    Column("id", Key, primary_key=True, autoincrement=True),
    Column("at", Instant, nullable=False),
    Column("actor_kind", String, nullable=False),
    Column("actor", String, nullable=False),
    Column("event", String, nullable=False),
    Column("subject_kind", String, nullable=False),
    Column("subject", String, nullable=False),
    Column("payload_digest", String),
    Column("position", Key, unique=True),
    Column("previous_hash", String),
    Column("hash", String),
    Index("ix_journal_subject", "subject_kind", "subject"),
)
Index("ix_journal_unsealed", journal.c.id, **rows_where("position is null"))

"""What the ledger hands out: frozen copies of rows. Nothing here is tied to a connection."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from datetime import date, datetime
from typing import Any, TypeVar

from sqlalchemy import Row

from connectors.spi import Account, Category, Visibility
from service.domain.facts import Change, ItemFacts, PostmortemFacts, State
from service.ledger import codec

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Delivery:
    id: int
    hook: str
    key: str
    body_digest: str
    received_at: datetime
    headers: Mapping[str, str]
    body: bytes | None
    state: str
    repeats: int
    fence: int
    attempts: int
    deaths: int
    outcome: str | None
    error_code: str | None
    error: str | None
    cure: str | None


@dataclass(frozen=True, slots=True)
class Postmortem:
    id: int
    source: str
    source_id: str
    status: str
    revision: int | None
    document_digest: str
    delivery_id: int
    facts: PostmortemFacts
    finalized_at: datetime | None
    created_at: datetime
    updated_at: datetime


@dataclass(frozen=True, slots=True)
class Item:
    """`stated_done`: the postmortem itself says that it is done. `noted_state`: the state whose news was last handed
    on, at `noted_at`, as news number `status_number`; the source was told of news number `told_number`.
    """

    id: int
    postmortem_id: int
    position: int
    source_item_id: str | None
    identity: str
    marker: str | None
    title: str
    facts: ItemFacts
    facts_digest: str
    stated: ItemFacts | None
    earlier_titles: tuple[str, ...]
    written_facts_digest: str | None
    changes: tuple[Change, ...]
    comment_ref: str | None
    priority: str | None
    team: str | None
    owner_person: str | None
    promised_due_on: date | None
    first_due_on: date | None
    due_moves: int
    assignee_read: bool
    assigned: bool
    assignee_person: str | None
    current_due_on: date | None
    state: State
    state_before: State | None
    attention_code: str | None
    attention: str | None
    candidates: tuple[int, ...]
    doubt: str | None
    same_as: int | None
    route: str | None
    target: str | None
    issue_url: str | None
    issue_id: int | None
    moved_from: int | None
    released_at: datetime | None
    created_at: datetime
    opened_at: datetime | None
    closed_at: datetime | None
    last_movement_at: datetime
    snoozed_until: date | None
    snooze_reason: str | None
    stated_done: bool
    noted_state: State
    noted_at: datetime | None
    status_number: int
    told_number: int

    @property
    def said(self) -> ItemFacts:
        """The facts as the document states them, without what a person corrected."""
        return self.stated or self.facts

    @property
    def is_dismissed(self) -> bool:
        """Whether a person said that it is no promise: declined, and not by an issue."""
        state = self.state_before if self.state is State.WITHDRAWN else self.state
        return state is State.DECLINED and self.issue_id is None


@dataclass(frozen=True, slots=True)
class Issue:
    id: int
    tracker: str
    target: str
    place: str
    ref: str
    key: str
    url: str
    marker: str | None
    origin: str
    duplicate_of: int | None
    title: str
    status: str
    category: Category
    written_digest: str | None
    assignee: Account | None
    due_on: date | None
    comments: int | None
    our_comments: int
    tracker_at: datetime | None
    read_at: datetime | None
    read_due_at: datetime | None
    missing_since: datetime | None
    gone_at: datetime | None
    created_at: datetime


@dataclass(frozen=True, slots=True)
class Parent:
    """The issue that others of a place stand under. `identity` says which: a postmortem's own, or a named address;
    `route`: by which it was asked for first.
    """

    id: int
    tracker: str
    place: str
    identity: str
    route: str
    postmortem_id: int | None
    marker: str | None
    issue_id: int | None


@dataclass(frozen=True, slots=True)
class Message:
    id: int
    kind: str
    subject: int
    target: str
    state: str
    created_at: datetime
    due_at: datetime
    lease_until: float | None
    fence: int
    attempts: int
    deaths: int
    sent_at: datetime | None
    sent_tracker: str | None
    sent_place: str | None
    probed: bool
    outcome: str | None
    error_code: str | None
    error: str | None
    cure: str | None


@dataclass(frozen=True, slots=True)
class Target:
    name: str
    kind: str
    paused_at: datetime | None
    pause_reason: str | None
    failures: int
    open_until: float | None
    next_slot: float | None
    visibility: Visibility | None
    visibility_at: datetime | None
    visibility_place: str | None
    described: Mapping[str, Any] | None
    last_success_at: datetime | None
    failing_since: datetime | None
    error_code: str | None
    error: str | None
    cure: str | None


@dataclass(frozen=True, slots=True)
class Instance:
    instance_id: str
    secret_digest: str
    demo: bool
    created_at: datetime
    restore_generation: int
    restored_at: datetime | None
    paused_at: datetime | None
    pause_reason: str | None


@dataclass(frozen=True, slots=True)
class CursorRow:
    tracker: str
    feed: str
    cursor: str | None
    next_at: datetime
    lease_until: float | None
    ok_at: datetime | None
    failing_since: datetime | None
    error_code: str | None
    error: str | None
    cure: str | None


@dataclass(frozen=True, slots=True)
class NoticeRow:
    id: int
    person: str
    working_day: date
    channel: str
    message_id: str
    created_at: datetime
    sent_at: datetime | None
    outcome: str | None


@dataclass(frozen=True, slots=True)
class EventRow:
    """Something that happened, for listeners; `key` is what they know it by."""

    id: int
    key: str
    type: str
    postmortem_id: int
    item_id: int | None
    at: datetime
    data: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class StallRow:
    """One spell of stalling, with the policy as it was when the spell began."""

    id: int
    item_id: int
    condition: str
    began_on: date
    entered_on: date
    ended_on: date | None
    policy_version: str
    policy_snapshot: dict[str, Any]


@dataclass(frozen=True, slots=True)
class StepRow:
    """A step that fired for a stall and a person."""

    stall_id: int
    step: str
    person: str
    fired_at: datetime


@dataclass(frozen=True, slots=True)
class NoticeLine:
    """A step that a notice carries, with its stall."""

    stall_id: int
    step: str
    item_id: int
    role: str
    condition: str
    began_on: date
    ended_on: date | None
    policy_snapshot: dict[str, Any]


@dataclass(frozen=True, slots=True)
class CredentialRow:
    """What a tracker last said of our token, at `read_at`. `expires_at` None: it does not say, or never."""

    tracker: str
    account: str
    expires_at: datetime | None
    asked_at: datetime
    read_at: datetime | None


@dataclass(frozen=True, slots=True)
class OperatorNotice:
    """A mail to an operator: which `trouble` it is of, `about` which part, and on which `occasion` of it."""

    id: int
    trouble: str
    about: str
    occasion: str
    address: str
    message_id: str
    created_at: datetime
    sent_at: datetime | None
    outcome: str | None


_CONVERT: dict[tuple[str, str], Any] = {
    ("Postmortem", "facts"): codec.postmortem_from_json,
    ("Item", "facts"): codec.item_from_json,
    ("Item", "changes"): codec.changes_from_json,
    ("Item", "stated"): lambda stored: codec.item_from_json(stored) if stored else None,
    ("Item", "earlier_titles"): lambda stored: tuple(stored or ()),
    ("Item", "state"): State,
    ("Item", "noted_state"): State,
    ("Item", "state_before"): lambda stored: State(stored) if stored else None,
    ("Item", "candidates"): lambda stored: tuple(stored or ()),
    ("Issue", "category"): Category,
    ("Issue", "assignee"): codec.account_from_json,
    ("Target", "visibility"): lambda stored: Visibility(stored) if stored else None,
}


_COLUMNS: dict[str, tuple[tuple[str, Any], ...]] = {
    cls.__name__: tuple((field.name, _CONVERT.get((cls.__name__, field.name))) for field in fields(cls))
    for cls in (
        *(Delivery, Postmortem, Item, Issue, Parent, Message, Target, Instance, CursorRow),
        *(NoticeRow, StallRow, StepRow, NoticeLine, EventRow, CredentialRow, OperatorNotice),
    )
}


def read_row(cls: type[T], row: Row[Any]) -> T:
    """A frozen copy of one row, by column name."""
    mapping = row._mapping
    values = {
        name: mapping[name] if convert is None else convert(mapping[name]) for name, convert in _COLUMNS[cls.__name__]
    }
    return cls(**values)

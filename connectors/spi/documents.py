"""What passes between the house and a source: postmortems in, and how their items are doing back."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from connectors.spi.types import Category, Rate, Visibility


@dataclass(frozen=True, slots=True)
class FetchById:
    """A delivery that carries only ids; `Source.fetch` gets each document."""

    source_ids: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class OwnerText:
    """Who owns a promise, as the document says it: an e-mail address or a name."""

    email: str | None = None
    name: str | None = None


@dataclass(frozen=True, slots=True)
class DocumentItem:
    """One action item as a document states it. Absent is None, never a guess. `declined`: it will not be done."""

    title: str
    id: str | None = None
    description: str = ""
    kind: str = "other"
    priority: str | None = None
    owner: OwnerText | None = None
    team: str | None = None
    due_on: date | None = None
    success_metric: str = ""
    validation_plan: str = ""
    verify_after_days: int | None = None
    resources: str = ""
    addresses: tuple[str, ...] = ()
    milestones: tuple[Mapping[str, Any], ...] = ()
    done: bool = False
    declined: bool = False
    issue_url: str | None = None
    labels: tuple[str, ...] = ()
    doubtful: str | None = None


@dataclass(frozen=True, slots=True)
class PostmortemDocument:
    """A postmortem as a source states it, in the words of the standard document (docs: the published JSON Schema).

    `status` is draft, final, reopened or deleted; `action_items` None means: read them out of `body_markdown`;
    `visibility` None means: the source's configured default. `issue_url` is the incident's own issue in a tracker, if
    it has one. `raw` is kept for evidence and never interpreted.
    """

    id: str
    title: str
    status: str
    revision: int | None = None
    merged_into: str | None = None
    summary: str = ""
    impact: str = ""
    url: str | None = None
    incident_type: str = ""
    severity: str | None = None
    visibility: Visibility | None = None
    services: tuple[str, ...] = ()
    teams: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()
    objectives: tuple[str, ...] = ()
    timeline: Mapping[str, datetime] = field(default_factory=dict)
    finalized_at: datetime | None = None
    risk: Mapping[str, str] = field(default_factory=dict)
    contributing_factors: tuple[Mapping[str, str], ...] = ()
    body_markdown: str = ""
    issue_url: str | None = None
    action_items: tuple[DocumentItem, ...] | None = None
    raw: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class SourceCapabilities:
    """What a source can do. `fetches`: it gets a document by its id; `lists`: `finalized_since` has a list to ask;
    `tells`: `tell` reaches the tool; `signs`: its deliveries are signed. `call_seconds`: total deadline of one call;
    `sweep_seconds`: how often the list is asked.
    `lists_changes`: the list holds whatever changed since the cursor, drafts and what is gone too, and all is fetched.
    `rates`: the vendor's limits on telling.
    """

    fetches: bool = False
    lists: bool = False
    tells: bool = False
    signs: bool = True
    call_seconds: float = 25.0
    sweep_seconds: float = 86400.0
    lists_changes: bool = False
    rates: tuple[Rate, ...] = ()


@dataclass(frozen=True, slots=True)
class ItemStatus:
    """How an action item is doing, for the tool that it came from. `source_item_id` is the tool's own id of it (None:
    the tool gave none); `state` is ours (open, doing, done, verified, declined, withdrawn); `key` keeps a repetition
    recognizable: it is the same whenever the same status is told again.
    """

    key: str
    source_id: str
    source_item_id: str | None
    title: str
    state: str
    category: Category
    at: datetime
    issue_key: str | None = None
    issue_url: str | None = None


@dataclass(frozen=True, slots=True)
class Finalized:
    """One page of a source's own list of finalized postmortems, for the sweep that finds what no webhook told.

    `cursor` is opaque to us; it is what the next page, or the next sweep, begins with.
    """

    source_ids: tuple[str, ...]
    cursor: str
    more: bool = False

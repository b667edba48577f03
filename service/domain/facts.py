"""What is known, as frozen values: facts go into the deciders, decisions come out. The words are those of the house."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from datetime import date, datetime
from enum import StrEnum
from typing import Any

from connectors.spi import OwnerText, Visibility


class State(StrEnum):
    """An action item's state."""

    PENDING = "pending"
    HELD = "held"
    OPEN = "open"
    DOING = "doing"
    DONE = "done"
    VERIFIED = "verified"
    DECLINED = "declined"
    WITHDRAWN = "withdrawn"

    @property
    def is_open(self) -> bool:
        """Whether someone still has to act on the promise itself."""
        return self in OPEN_STATES


OPEN_STATES = frozenset({State.PENDING, State.HELD, State.OPEN, State.DOING})


class Role(StrEnum):
    VIEWER = "viewer"
    OPERATOR = "operator"
    ADMIN = "admin"


@dataclass(frozen=True, slots=True)
class Actor:
    """Who changed something: `kind` is person, service or tracker; `name` is how the journal shows them."""

    kind: str
    name: str
    role: Role = Role.VIEWER


SERVICE = Actor("service", "afteraction", Role.ADMIN)


@dataclass(frozen=True, slots=True)
class ItemFacts:
    """What a postmortem promises in one action item. All text is as the postmortem has it, not yet redacted."""

    title: str
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
    milestones: tuple[Mapping[str, Any], ...] = ()
    labels: tuple[str, ...] = ()
    factors: tuple[str, ...] = ()

    def digest(self) -> str:
        """Changes when, and only when, a fact of the promise changes."""
        text = json.dumps(asdict(self), sort_keys=True, default=str, ensure_ascii=True)
        return hashlib.sha256(text.encode()).hexdigest()


@dataclass(frozen=True, slots=True)
class PostmortemFacts:
    """What is said of the incident wherever one of its action items is shown."""

    source: str
    source_id: str
    title: str
    status: str
    summary: str = ""
    impact: str = ""
    severity: str | None = None
    visibility: Visibility = Visibility.INTERNAL
    url: str | None = None
    services: tuple[str, ...] = ()
    teams: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()
    timeline: Mapping[str, datetime] = field(default_factory=dict)
    finalized_at: datetime | None = None
    issue_url: str | None = None


@dataclass(frozen=True, slots=True)
class Change:
    """One difference between what was promised when the issue was made and what is promised now."""

    at: datetime
    field: str
    old: str
    new: str

"""What the operator decides, as frozen values. Read by `config.loading`; nothing here opens or checks anything."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any

PRIORITIES = ("p0", "p1", "p2", "p3", "p4")
KINDS = ("prevent", "detect", "mitigate", "process", "other")
MODES = ("observe", "hold", "live")
CONDITIONS = ("overdue", "due_soon", "idle", "unassigned", "not_started")
RECIPIENTS = ("owner", "lead", "manager")
OWN_PARENT = "postmortem"
EVENTS = ("item.status_changed", "issue.opened", "postmortem.absorbed")


@dataclass(frozen=True, slots=True)
class ServiceConfig:
    """What concerns the service as a whole.

    `base_url`: where people reach our pages. `go_live_on`: postmortems finalized before it create and mail nothing
    until a person releases them. `weekend` (Monday is 0) and `working_hours` say when people are mailed.
    `keep_bodies_days`: how long the bytes of deliveries are kept.
    `creates_per_postmortem` and `creates_per_hour`: the brake; more are held and told.
    """

    base_url: str = "http://127.0.0.1:8000"
    go_live_on: date | None = None
    creates_per_postmortem: int = 20
    creates_per_hour: int = 100
    operators: tuple[str, ...] = ()
    trusted_proxy_header: str | None = None
    demo: bool = False
    call_seconds: float = 25.0
    lease_seconds: float = 40.0
    poll_seconds: float = 60.0
    sweep_seconds: float = 3600.0
    escalate_seconds: float = 60.0
    keep_bodies_days: int = 90
    weekend: tuple[int, ...] = (5, 6)
    working_hours: tuple[int, int] = (8, 18)


@dataclass(frozen=True, slots=True)
class RedactionConfig:
    """What is taken out of everything that leaves, besides credentials. `patterns`: regular expressions by the word
    that stands in their place; each is bounded, see `config.patterns`.
    """

    mail_addresses: bool = False
    ip_addresses: bool = False
    names: tuple[str, ...] = ()
    patterns: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class SourceConfig:
    """A configured source. `settings` is the connector's own frozen settings object."""

    name: str
    vendor: str
    settings: Any
    visibility: str = "internal"


@dataclass(frozen=True, slots=True)
class TrackerConfig:
    """A configured tracker (one site). `quiet_seconds` and `rates` override the vendor's own where set."""

    name: str
    vendor: str
    settings: Any
    quiet_seconds: float | None = None


@dataclass(frozen=True, slots=True)
class TargetConfig:
    """One place where issues go. `rates`: (count, seconds) pairs on creation, in addition to the vendor's."""

    name: str
    tracker: str
    place: str
    mode: str = "hold"
    issue_type: str | None = None
    constants: Mapping[str, Any] = field(default_factory=dict)
    labels: tuple[str, ...] = ()
    rates: tuple[tuple[int, float], ...] = ()


@dataclass(frozen=True, slots=True)
class ChannelConfig:
    name: str
    vendor: str
    settings: Any


@dataclass(frozen=True, slots=True)
class ListenerConfig:
    """Who is told of which events, program to program, and of which postmortems by their visibility."""

    name: str
    vendor: str
    settings: Any
    events: tuple[str, ...] = EVENTS
    visibility: tuple[str, ...] = ("public", "internal")


@dataclass(frozen=True, slots=True)
class RouteConfig:
    """Which items go to which target. An empty condition matches everything; the first matching route wins.

    A `default` route has no conditions and is tried last. `visibility` names what may pass: private passes only
    where it is named. `allow_public` lets internal items into a public or unknown place. `readers` are people whose
    mails may name a private item by more than its key.

    What every issue gets: `fields`, vendor field values with placeholders (`config.templates`), over the constants;
    `issue_type` over the target's; `confidential` (None: where the postmortem is private and the tracker can);
    `link_back`, a web link to the postmortem beside the text. `parent`: "postmortem" for one issue of each postmortem
    that its issues stand under, made as `parent_type` with `parent_fields`; or the address of an issue that is there.
    """

    name: str
    target: str
    teams: tuple[str, ...] = ()
    services: tuple[str, ...] = ()
    severities: tuple[str, ...] = ()
    kinds: tuple[str, ...] = ()
    priorities: tuple[str, ...] = ()
    visibility: tuple[str, ...] = ()
    sources: tuple[str, ...] = ()
    default: bool = False
    allow_public: bool = False
    constants: Mapping[str, Any] = field(default_factory=dict)
    labels: tuple[str, ...] = ()
    readers: tuple[str, ...] = ()
    issue_type: str | None = None
    fields: Mapping[str, Any] = field(default_factory=dict)
    parent: str | None = None
    parent_type: str | None = None
    parent_fields: Mapping[str, Any] = field(default_factory=dict)
    link_back: bool = False
    confidential: bool | None = None


@dataclass(frozen=True, slots=True)
class PersonConfig:
    """A person, under an id that never changes. `accounts` maps a tracker's name to the account id there.

    `aliases` are other names and e-mail addresses that postmortems use for them. `left` people are never told.
    """

    id: str
    name: str
    email: str
    zone: str = "UTC"
    manager: str | None = None
    aliases: tuple[str, ...] = ()
    accounts: Mapping[str, str] = field(default_factory=dict)
    left: bool = False


@dataclass(frozen=True, slots=True)
class TeamConfig:
    """A team, under an id that never changes. `aliases`: other names that postmortems and services use for it."""

    id: str
    name: str
    lead: str | None = None
    members: tuple[str, ...] = ()
    services: tuple[str, ...] = ()
    aliases: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class StepConfig:
    """One step: `after_working_days` after the condition began (negative: before the due date), tell whom.

    `priorities` empty means all. `name` is identity: a step fires once per stall and person.
    """

    name: str
    condition: str
    after_working_days: int
    tell: str
    priorities: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class PolicyConfig:
    """An escalation policy. `due_working_days` gives a due date by priority where the postmortem gave none.

    `idle_working_days`: without movement for so long is idle. `not_started_working_days`: still to do for so long.
    """

    name: str
    version: str
    steps: tuple[StepConfig, ...]
    due_working_days: Mapping[str, int] = field(default_factory=dict)
    idle_working_days: int = 10
    not_started_working_days: int = 10
    unassigned_working_days: int = 2
    teams: tuple[str, ...] = ()
    severities: tuple[str, ...] = ()
    default: bool = False
    channel: str | None = None


@dataclass(frozen=True, slots=True)
class Config:
    """The whole of `afteraction.toml` and what it includes. `digest` changes when anything in it does."""

    service: ServiceConfig
    sources: Mapping[str, SourceConfig]
    trackers: Mapping[str, TrackerConfig]
    targets: Mapping[str, TargetConfig]
    channels: Mapping[str, ChannelConfig]
    routes: tuple[RouteConfig, ...]
    people: Mapping[str, PersonConfig]
    teams: Mapping[str, TeamConfig]
    policies: tuple[PolicyConfig, ...]
    digest: str = ""
    listeners: Mapping[str, ListenerConfig] = field(default_factory=dict)
    redaction: RedactionConfig = field(default_factory=RedactionConfig)

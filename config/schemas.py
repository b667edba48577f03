"""The sections of `afteraction.toml` as marshmallow schemas. What refers to another section is checked elsewhere."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from marshmallow import RAISE, Schema

from config import fields as take
from config.model import CONDITIONS, EVENTS, KINDS, MODES, PRIORITIES, RECIPIENTS
from config.patterns import Patterns
from config.templates import OF_ITEMS, OF_POSTMORTEMS

VISIBILITIES = ("public", "internal", "private")
_YEARS = 2600


class Strict(Schema):
    class Meta:
        unknown = RAISE


class ServiceSchema(Strict):
    base_url = take.web_address()
    go_live_on = take.day()
    creates_per_postmortem = take.whole(1, 100_000)
    creates_per_hour = take.whole(1, 1_000_000)
    operators = take.Many(take.operator())
    trusted_proxy_header = take.header()
    demo = take.flag()
    call_seconds = take.duration("25.0")
    lease_seconds = take.duration("40.0")
    poll_seconds = take.duration("60.0")
    sweep_seconds = take.duration("3600.0")
    escalate_seconds = take.duration("60.0")
    keep_bodies_days = take.whole(1, 3650)
    weekend = take.Many(take.weekday())
    working_hours = take.hours()


class RedactionSchema(Strict):
    mail_addresses = take.flag()
    ip_addresses = take.flag()
    names = take.Many(take.text("the name of a customer", '"Acme Corporation"'))
    patterns = Patterns()


class SourceSchema(Strict):
    """Only the keys that are ours; the rest of the table belongs to the connector."""

    type = take.text("the name of a connector", '"standard"', required=True)
    visibility = take.choice(VISIBILITIES, "unknown_visibility")


class TrackerSchema(Strict):
    """Only the keys that are ours; the rest of the table belongs to the connector."""

    type = take.text("the name of a connector", '"jira"', required=True)
    quiet_seconds = take.duration("60.0")


class ChannelSchema(Strict):
    """Only the keys that are ours; the rest of the table belongs to the connector."""

    type = take.text("the name of a connector", '"smtp"', required=True)


class ListenerSchema(Strict):
    """Only the keys that are ours; the rest of the table belongs to the connector."""

    type = take.text("the name of a connector", '"webhook"', required=True)
    events = take.Many(take.choice(EVENTS, "unknown_event"))
    visibility = take.Many(take.choice(VISIBILITIES, "unknown_visibility"))


class TargetSchema(Strict):
    tracker = take.text("the name of a tracker", '"jira"', required=True)
    place = take.text("where in the tracker issues go (a project key, owner/repository)", '"PAY"', required=True)
    mode = take.choice(MODES, "unknown_mode")
    issue_type = take.text("the name of an issue type", '"Task"')
    constants = take.constants()
    labels = take.Many(take.text("a label", '"postmortem"'))
    rates = take.rates()


class RouteSchema(Strict):
    name = take.text("a name", '"payments"')
    target = take.text("the name of a target", '"payments"', required=True)
    teams = take.Many(take.text("the id of a team", '"payments"'))
    services = take.Many(take.text("the name of a service", '"checkout"'))
    severities = take.Many(take.text("a severity", '"sev1"'))
    kinds = take.Many(take.choice(KINDS, "unknown_kind"))
    priorities = take.Many(take.choice(PRIORITIES, "unknown_priority"))
    visibility = take.Many(take.choice(VISIBILITIES, "unknown_visibility"))
    sources = take.Many(take.text("the name of a source", '"postmortems"'))
    default = take.flag()
    allow_public = take.flag()
    constants = take.constants()
    labels = take.Many(take.text("a label", '"postmortem"'))
    readers = take.Many(take.text("the id of a person", '"ada"'))
    issue_type = take.text("the name of an issue type", '"Task"')
    fields = take.Templates(OF_ITEMS)  # type: ignore[assignment]  # taken off the class by marshmallow
    parent = take.parent()
    parent_type = take.text("the name of an issue type", '"Epic"')
    parent_fields = take.Templates(OF_POSTMORTEMS)
    link_back = take.flag()
    confidential = take.flag()


class PersonSchema(Strict):
    id = take.text("an id that never changes", '"ada"', required=True)
    name = take.text("the person's name", '"Ada Lovelace"', required=True)
    email = take.email(required=True)
    zone = take.zone()
    manager = take.text("the id of a person", '"grace"')
    aliases = take.Many(take.text("another name or address of the person", '"ada.l"'))
    accounts = take.words_by_name("a table of tracker names and account ids", '{ jira = "5b10ac8d82e05b22cc7d4ef5" }')
    left = take.flag()


class TeamSchema(Strict):
    id = take.text("an id that never changes", '"payments"', required=True)
    name = take.text("the team's name", '"Payments"', required=True)
    lead = take.text("the id of a person", '"ada"')
    members = take.Many(take.text("the id of a person", '"ada"'))
    services = take.Many(take.text("the name of a service", '"checkout"'))
    aliases = take.Many(take.text("another name of the team", '"Payments Team"'))


class StepSchema(Strict):
    name = take.text("a name that no other step of the policy has", '"lead-after-5"', required=True)
    condition = take.choice(CONDITIONS, "unknown_condition", required=True)
    after_working_days = take.whole(-_YEARS, _YEARS, required=True)
    tell = take.choice(RECIPIENTS, "unknown_recipient", required=True)
    priorities = take.Many(take.choice(PRIORITIES, "unknown_priority"))


class DueSchema(Strict):
    """Working days by priority."""

    p0 = take.whole(0, _YEARS)
    p1 = take.whole(0, _YEARS)
    p2 = take.whole(0, _YEARS)
    p3 = take.whole(0, _YEARS)
    p4 = take.whole(0, _YEARS)


class PolicySchema(Strict):
    """Without `steps` and `due_working_days`, which are tables of their own."""

    name = take.text("a name", '"standard"', required=True)
    version = take.text("a version", '"2026-01"')
    idle_working_days = take.whole(1, _YEARS)
    not_started_working_days = take.whole(1, _YEARS)
    unassigned_working_days = take.whole(0, _YEARS)
    teams = take.Many(take.text("the id of a team", '"payments"'))
    severities = take.Many(take.text("a severity", '"sev1"'))
    default = take.flag()
    channel = take.text("the name of a channel", '"mail"')


@dataclass(frozen=True, slots=True)
class Shape:
    """A schema, the words that stand for one value of a list (`team = "x"` for `teams = ["x"]`), and the keys of
    the same table that something else reads.
    """

    schema: Schema
    singular: Mapping[str, str] = field(default_factory=dict)
    beside: tuple[str, ...] = ()

    @property
    def known(self) -> list[str]:
        return [*self.schema.fields, *self.beside]


_ONE = {
    "team": "teams",
    "service": "services",
    "severity": "severities",
    "kind": "kinds",
    "priority": "priorities",
    "source": "sources",
    "label": "labels",
    "alias": "aliases",
    "member": "members",
    "operator": "operators",
    "reader": "readers",
}


def _shape(schema: Schema, *beside: str) -> Shape:
    return Shape(schema, {one: many for one, many in _ONE.items() if many in schema.fields}, beside)


SERVICE = _shape(ServiceSchema())
REDACTION = _shape(RedactionSchema(), "names_file")
SOURCE = _shape(SourceSchema())
TRACKER = _shape(TrackerSchema())
CHANNEL = _shape(ChannelSchema())
LISTENER = _shape(ListenerSchema())
TARGET = _shape(TargetSchema())
ROUTE = _shape(RouteSchema())
PERSON = _shape(PersonSchema())
TEAM = _shape(TeamSchema())
STEP = _shape(StepSchema())
DUE = _shape(DueSchema())
POLICY = _shape(PolicySchema(), "steps", "due_working_days")

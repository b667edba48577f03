"""What the sources that are incident tools share: the keys of their tables, and what is said of an item."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from marshmallow import fields, validate

from connectors.fields import SecretName, SecretNames, SettingsSchema, WebAddress
from connectors.http import Reach
from connectors.spi import (
    Category,
    Finding,
    ItemStatus,
    PostmortemDocument,
    Rejected,
    Secret,
    Visibility,
)

Words = Mapping[str, frozenset[str]]
PRIORITIES = ("p0", "p1", "p2", "p3", "p4")


@dataclass(frozen=True, slots=True)
class ToolSettings:
    """An incident tool as a source. All words are the tool's own and compared without regard to case.

    `final_when` and `deleted_when`: by field, the words that make a postmortem final, or take its promises back;
    `visibilities`: the tool's words for ours, `public` and none have the source's default; `priorities`: its words for
    our p0..p4; `told_as`: its word for each category of an item's status; `item_kinds`: which of its items are
    promises (empty: all); `service_fields`, `team_fields`: its custom fields that name services and teams.
    """

    api_url: str
    token: Secret
    secrets: tuple[Secret, ...] = ()
    proxy: str | None = None
    ca_bundle: str | None = None
    call_seconds: float = 25.0
    tolerance_seconds: float = 300.0
    final_when: Words = field(default_factory=dict)
    deleted_when: Words = field(default_factory=dict)
    visibilities: Mapping[str, Visibility] = field(default_factory=dict)
    priorities: Mapping[str, str] = field(default_factory=dict)
    told_as: Mapping[Category, str] = field(default_factory=dict)
    item_kinds: frozenset[str] = frozenset()
    service_fields: frozenset[str] = frozenset()
    team_fields: frozenset[str] = frozenset()

    @property
    def reach(self) -> Reach:
        return Reach(self.api_url, self.call_seconds, self.proxy, self.ca_bundle)

    def is_final(self, name: str, word: str) -> bool:
        return word.casefold() in self.final_when.get(name, ())

    def is_deleted(self, name: str, word: str) -> bool:
        return word.casefold() in self.deleted_when.get(name, ())

    def visibility(self, word: str) -> Visibility | None:
        """None: the source's default. A word that nobody has explained may well mean that few may see it."""
        folded = word.casefold()
        return self.visibilities.get(folded, None if folded in ("", "public") else Visibility.PRIVATE)

    def priority(self, word: str) -> str | None:
        folded = word.casefold()
        return self.priorities.get(folded) or (folded if folded in PRIORITIES else None)


def words(**named: Collection[str]) -> Words:
    return {name: frozenset(word.casefold() for word in given) for name, given in named.items()}


def read_tool(defaults: ToolSettings, table: Mapping[str, Any]) -> ToolSettings:
    """The vendor's defaults with what the table says instead; a list given for a field replaces that field's words.

    Raises marshmallow.ValidationError with every fault at once.
    """
    data = dict(_schema(defaults).load(table))
    given = {
        "token": data.pop("token_env"),
        "secrets": data.pop("webhook_secret_env", ()),
        "final_when": {**defaults.final_when, **words(**data.pop("final_when", {}))},
        "deleted_when": {**defaults.deleted_when, **words(**data.pop("deleted_when", {}))},
        "visibilities": {**defaults.visibilities, **_folded(data.pop("visibilities", {}), Visibility)},
        "priorities": {**defaults.priorities, **_folded(data.pop("priorities", {}), str)},
        "told_as": {**defaults.told_as, **{Category(k): str(v) for k, v in data.pop("told_as", {}).items()}},
    }
    for name in ("item_kinds", "service_fields", "team_fields"):
        if name in data:
            given[name] = frozenset(word.casefold() for word in data.pop(name))
    return replace(defaults, **data, **given)


def _folded(table: Mapping[str, Any], made: Any) -> dict[str, Any]:
    return {word.casefold(): made(value) for word, value in table.items()}


def _schema(defaults: ToolSettings) -> SettingsSchema:
    texts = fields.List(fields.String(validate=validate.Length(min=1)))
    known: dict[str, fields.Field[Any]] = {
        "api_url": WebAddress(),
        "token_env": SecretName(required=True),
        "webhook_secret_env": SecretNames(),
        "proxy": fields.String(),
        "ca_bundle": fields.String(),
        "call_seconds": fields.Float(validate=validate.Range(min=0.1, max=60)),
        "tolerance_seconds": fields.Float(validate=validate.Range(min=1, max=7 * 86400)),
        "final_when": _table(defaults.final_when, texts),
        "deleted_when": _table(defaults.deleted_when, texts),
        "visibilities": fields.Dict(
            keys=fields.String(), values=fields.String(validate=validate.OneOf(("public", "internal", "private")))
        ),
        "priorities": fields.Dict(keys=fields.String(), values=fields.String(validate=validate.OneOf(PRIORITIES))),
        "told_as": _table([category.value for category in Category], fields.String(validate=validate.Length(min=1))),
    }
    for name in ("item_kinds", "service_fields", "team_fields"):
        if getattr(defaults, name):
            known[name] = texts
    made: type[SettingsSchema] = SettingsSchema.from_dict(known)  # type: ignore[assignment]
    return made()


def _table(names: Collection[str], values: fields.Field[Any]) -> fields.Dict:
    return fields.Dict(keys=fields.String(validate=validate.OneOf(sorted(names))), values=values)


def hex_secret_findings(vendor: str, name: str, secrets: Collection[Secret]) -> list[Finding]:
    """Configured secrets that are set nowhere. One of several is enough to let deliveries in, and still a fault."""
    findings = []
    for secret in secrets:
        try:
            secret.reveal()
        except LookupError as error:
            findings.append(Finding(f"{vendor}.secret_missing", f"{name}: {error.args[0]}", f"Set {secret.name}."))
    return findings


def deleted(identity: str, title: str) -> PostmortemDocument:
    """What a source says of a postmortem that is no more."""
    return PostmortemDocument(id=identity, title=title or identity, status="deleted")


def item_told(vendor: str, name: str, status: ItemStatus) -> str:
    """The tool's own id of the item. Raises Rejected where it has none."""
    if not status.source_item_id:
        sentence = f"{name} cannot be told of {status.title!r}, because it has no item of its own for it."
        cure = "Nothing to do: the promise stands in the document's text alone."
        raise Rejected(f"{vendor}.no_item", sentence, cure)
    return status.source_item_id

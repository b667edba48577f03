"""Tables of which a part belongs to a connector: sources, trackers, channels, listeners, and a target's extra keys."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from config import schemas
from config.entries import Entry, Loaded
from config.faults import Fault, listed, nearest, show
from config.reading import read_settings, read_table, unknown_key
from config.schemas import Shape
from config.secrets import SecretLookup, unset
from connectors.spi import Connector, Role

_SHAPES: Mapping[str, tuple[Shape, str]] = {
    "sources": (schemas.SOURCE, "source"),
    "trackers": (schemas.TRACKER, "tracker"),
    "channels": (schemas.CHANNEL, "channel"),
    "listeners": (schemas.LISTENER, "listener"),
}


@dataclass(frozen=True, slots=True)
class Vendors:
    """The connectors by vendor word, and how a secret that they name is looked up (None: it is not)."""

    connectors: Mapping[str, Connector]
    look_up: SecretLookup | None

    def table(
        self, section: str, entry: Entry, table: Mapping[str, Any], hidden: frozenset[str]
    ) -> tuple[Loaded, list[Fault]]:
        """A source, tracker, channel or listener; `settings` in its data is the connector's own object."""
        shape, role_name = _SHAPES[section]
        ours = {key: value for key, value in table.items() if key in shape.schema.fields}
        loaded, faults = read_table(entry, shape, ours)
        vendor = loaded.text("type")
        if vendor is None:
            return loaded, faults
        role = self._role(vendor, role_name)
        if role is None:
            return loaded, [*faults, self._unknown(entry, vendor, role_name)]
        theirs = {key: value for key, value in table.items() if key != "type"}
        settings, refused = read_settings(entry, role.settings, theirs, shape.known)
        refused = [fault for fault in refused if not _covered(entry, fault, hidden)]
        loaded.data["settings"] = settings
        if self.look_up is not None:
            refused.extend(unset(entry, settings, self.look_up))
        return loaded, [*faults, *refused]

    def target(
        self, entry: Entry, table: Mapping[str, Any], hidden: frozenset[str], types: Mapping[str, str | None]
    ) -> tuple[Loaded, list[Fault]]:
        """A target. Keys that only its tracker knows join its constants, which every creation takes along."""
        known = {*schemas.TARGET.schema.fields, *schemas.TARGET.singular}
        loaded, faults = read_table(entry, schemas.TARGET, {key: table[key] for key in table if key in known})
        rest = {key: value for key, value in table.items() if key not in known}
        role = self._role(types.get(loaded.text("tracker") or "") or "", "tracker")
        if role is None:
            # Only the tracker's connector could say whether it knows the rest, and that fault is told already.
            return loaded, faults
        if role.target_settings is None:
            faults.extend(unknown_key(entry, key, schemas.TARGET.known) for key in rest)
            return loaded, faults
        settings, refused = read_settings(entry, role.target_settings, rest, schemas.TARGET.known)
        refused = [fault for fault in refused if not _covered(entry, fault, hidden)]
        if settings:
            loaded.data["constants"] = {**settings, **loaded.data.get("constants", {})}
        return loaded, [*faults, *refused]

    def _role(self, vendor: str, name: str) -> Role[Any] | None:
        connector = self.connectors.get(vendor)
        role: Role[Any] | None = getattr(connector, name) if connector else None
        return role

    def _unknown(self, entry: Entry, vendor: str, role_name: str) -> Fault:
        able = sorted(word for word, connector in self.connectors.items() if getattr(connector, role_name))
        wanted = f"the type of a {role_name} ({listed(able, none='none is installed')})"
        near = nearest(vendor, able)
        if vendor in self.connectors:
            cure = f"{self.connectors[vendor].title} cannot be a {role_name}; write one of those that can."
        elif near:
            cure = f"Write {show(near)} if that is what you mean, or install the connector that offers {show(vendor)}."
        else:
            cure = f"Install the connector that offers {show(vendor)}, or write one of those that are there."
        return entry.fault("unknown_connector", "type", vendor, wanted, cure)


def _covered(entry: Entry, fault: Fault, hidden: frozenset[str]) -> bool:
    """Whether it only repeats that a secret was written out, which is then missing under its `_env` key."""
    return fault.code == "missing" and fault.key in {
        entry.path(f"{key}{end}") for key in hidden for end in ("", "_env")
    }

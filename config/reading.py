"""Reads one table by its schema, and turns what marshmallow refuses into faults that name key, value and cure."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from marshmallow import ValidationError

from config.entries import Entry, Loaded
from config.faults import Fault, listed, nearest, show
from config.fields import Refusal
from config.schemas import Shape
from connectors.spi import SettingsCheck

_MISSING = "Missing data for required field."
# marshmallow's own words, and those of the connectors here, which list the keys that they know.
_UNKNOWN = re.compile(r"Unknown (?:field|key)(?:: use one of (.+), or remove it)?\.?$")
_WHOLE = "_schema"


def read_table(entry: Entry, shape: Shape, table: Mapping[str, Any]) -> tuple[Loaded, list[Fault]]:
    """What holds of the table, and a fault for each key that does not. `table` is the entry's, perhaps less."""
    renamed, written, faults = _plural(entry, shape, table)
    loaded = Loaded(entry, {}, written)
    try:
        loaded.data = dict(shape.schema.load(renamed))
    except ValidationError as error:
        loaded.data = dict(error.valid_data) if isinstance(error.valid_data, dict) else {}
        for key, messages in error.messages_dict.items():
            faults.extend(_key_faults(loaded, shape, str(key), messages))
    return loaded, faults


def _plural(entry: Entry, shape: Shape, table: Mapping[str, Any]) -> tuple[dict[str, Any], dict[str, str], list[Fault]]:
    renamed: dict[str, Any] = {}
    written: dict[str, str] = {}
    faults = []
    for key, value in table.items():
        name = shape.singular.get(key, key)
        if name != key and name in table:
            cure = f"Keep {name} and write all of its values as a list."
            fault = Fault(
                entry.file, entry.path(key), f"given beside {name}", "given once", cure, "duplicate", entry.line
            )
            faults.append(fault)
            continue
        renamed[name], written[name] = value, key
    return renamed, written, faults


def _key_faults(loaded: Loaded, shape: Shape, key: str, messages: Any) -> Iterator[Fault]:
    field = shape.schema.fields.get(key)
    wanted: Refusal | None = getattr(field, "refusal", None)
    entry = loaded.entry
    if field is None or wanted is None:
        yield unknown_key(entry, key, shape.known)
        return
    for path, message, found in flat(messages, loaded.written.get(key, key), entry.table.get(loaded.leaf(key))):
        refusal = message if isinstance(message, Refusal) else wanted
        if message == _MISSING:
            cure = f"Write {key} = {wanted.example} here, for instance."
            yield entry.fault("missing", path, "", refusal.accepted, cure)
        else:
            in_quotes = refusal.code == "not_text" and not isinstance(found, str)
            accepted = f"{refusal.accepted}, in quotes" if in_quotes else refusal.accepted
            yield entry.fault(refusal.code, path, found, accepted, _cure(entry, refusal, path, found, field.required))


def _cure(entry: Entry, refusal: Refusal, path: str, found: Any, required: bool) -> str:
    near = nearest(found, refusal.options()) if refusal.options and isinstance(found, str) else None
    leaf = path.split("[", maxsplit=1)[0]
    if near:
        return f"Write {show(near)} if that is what you mean."
    if not entry.key:
        example = refusal.example.strip('"')
        return f"Write {example} in the column {leaf}, for instance."
    return f"Write {leaf} = {refusal.example}, for instance{'.' if required else ', or take the key out.'}"


def unknown_key(entry: Entry, key: str, known: list[str]) -> Fault:
    near = nearest(key, known)
    cure = f"Write {near} if that is what you mean, or take the key out." if near else "Take the key out."
    shown = key if key.isprintable() and len(key) <= 60 else show(key)
    return entry.fault("unknown_key", shown, "", listed(known, most=20), cure)


def flat(messages: Any, path: str, value: Any) -> Iterator[tuple[str, Any, Any]]:
    """Every message of a nested marshmallow error: its path, itself, and the value there."""
    if isinstance(messages, Mapping):
        for key, part in messages.items():
            if key == _WHOLE:
                yield from flat(part, path, value)
            elif isinstance(key, int):
                inner = value[key] if isinstance(value, list) and key < len(value) else None
                yield from flat(part, f"{path}[{key}]", inner)
            else:
                inner = value.get(key) if isinstance(value, Mapping) else None
                yield from flat(part, f"{path}.{key}" if path else str(key), inner)
    elif isinstance(messages, list):
        for message in messages:
            yield from flat(message, path, value)
    else:
        yield path, messages, value


def read_settings(
    entry: Entry, check: SettingsCheck, table: Mapping[str, Any], ours: Sequence[str] = ()
) -> tuple[Any, list[Fault]]:
    """The connector's own settings, and a fault for each key that it refuses.

    `ours` are keys that we read as well: a connector may, but need not, know them.
    """
    try:
        return check(dict(table)), []
    except ValidationError as error:
        refused = list(flat(error.messages, "", table))
        foreign = {path for path, message, _ in refused if path in ours and _UNKNOWN.match(str(message))}
        if foreign:
            return read_settings(entry, check, {key: table[key] for key in table if key not in foreign}, ours)
        return None, [_setting_fault(entry, ours, *one) for one in refused]


def _setting_fault(entry: Entry, ours: Sequence[str], path: str, told: Any, found: Any) -> Fault:
    message = str(told)
    unknown = _UNKNOWN.match(message)
    if unknown and unknown[1]:
        return unknown_key(entry, path, [*ours, *unknown[1].split(", ")])
    if unknown:
        near = nearest(path, ours)
        cure = f"Write {near} if that is what you mean." if near else "Take the key out, or correct its spelling."
        return entry.fault("unknown_setting", path, "", "", cure)
    if message == _MISSING:
        cure = f"Write {path} below [{entry.key}]; the connector's README says what it is."
        return entry.fault("missing", path, "", "set for this connector", cure)
    said, _, cure = message.strip().rstrip(".").partition(": ")
    cure = f"{cure[:1].upper()}{cure[1:]}." if cure else "Correct it as the connector's README says."
    quoted = show(found) if found is not None else "not as it must be"
    return Fault(
        entry.file, entry.path(path), quoted, f"{said[:1].lower()}{said[1:]}", cure, "connector_refused", entry.line
    )

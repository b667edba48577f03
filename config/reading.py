"""Reads one table by its schema, and turns what marshmallow refuses into faults that name key, value and cure."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from marshmallow import Schema, ValidationError

from config.entries import Entry, Loaded
from config.faults import Fault, listed, nearest, show
from config.fields import Refusal
from config.schemas import Shape

_MISSING = "Missing data for required field."
_UNKNOWN = "Unknown field."
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
    if wanted is None:
        yield unknown_key(entry, key, [*shape.known])
        return
    for path, message, found in flat(messages, loaded.written.get(key, key), entry.table.get(loaded.leaf(key))):
        refusal = message if isinstance(message, Refusal) else wanted
        if message == _MISSING:
            cure = f"Write {key} = {wanted.example} here, for instance."
            yield entry.fault("missing", path, "", refusal.accepted, cure)
        else:
            yield entry.fault(refusal.code, path, found, refusal.accepted, _cure(refusal, path, found))


def _cure(refusal: Refusal, path: str, found: Any) -> str:
    near = nearest(found, refusal.options()) if refusal.options and isinstance(found, str) else None
    leaf = path.split("[", maxsplit=1)[0]
    if near:
        return f"Write {show(near)} if that is what you mean."
    return f"Write {leaf} = {refusal.example}, for instance, or take the key out."


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
    entry: Entry, check: Callable[[Mapping[str, Any]], Any], table: Mapping[str, Any], ours: Sequence[str]
) -> tuple[Any, list[Fault]]:
    """The connector's own settings, and a fault for each key that it refuses. `ours` are keys that we read there."""
    try:
        return check(dict(table)), []
    except ValidationError as error:
        faults = []
        for path, message, found in flat(error.messages, "", table):
            faults.append(_setting_fault(entry, check, ours, path, str(message), found))
        return None, faults


def _setting_fault(entry: Entry, check: Any, ours: Sequence[str], path: str, message: str, found: Any) -> Fault:
    schema = getattr(check, "__self__", None)
    known = [*ours, *schema.fields] if isinstance(schema, Schema) else []
    if message == _UNKNOWN and known:
        return unknown_key(entry, path, known)
    if message == _UNKNOWN:
        return entry.fault("unknown_setting", path, "", "", "Take the key out, or correct its spelling.")
    if message == _MISSING:
        cure = f"Write {path} below [{entry.key}]; the connector's README says what it is."
        return entry.fault("missing", path, "", "set for this connector", cure)
    quoted = show(found) if found is not None else "not as it must be"
    said = message.strip().rstrip(".")
    cure = f"Correct {path or 'the table'}; the connector's README says what it takes."
    return Fault(entry.file, entry.path(path), quoted, said, cure, "connector_refused", entry.line)

"""Keeps secrets out of the file, and finds those that it names but nobody has set."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import fields, is_dataclass
from typing import Any

from config.entries import Entry
from config.faults import Fault
from connectors.spi import Secret

SecretLookup = Callable[[Secret], object]

_SECRET = re.compile(
    r"(?i)(^|[_-])(token|password|passwd|passphrase|secret|api[_-]?key|private[_-]?key|signing[_-]?key|credentials?)s?$"
)
_NAMES = re.compile(r"(?i)[_-]envs?$")
_VARIABLE = re.compile(r"[A-Z][A-Z0-9_]*")
_PASSWORD_IN_URL = re.compile(r"://[^/@\s:]*:[^/@\s]+@")
_HIDDEN = "a secret written out (not shown)"
_REPLACE = "and replace that secret, for a file has held it"


def written_out(entry: Entry) -> Iterator[tuple[str, Fault]]:
    """A fault for each secret that stands in the table itself, with the top key of the table that holds it."""
    for top, value in entry.table.items():
        for path, leaf, text in _texts(top, top, value):
            fault = _fault(entry, path, leaf, text)
            if fault:
                yield top, fault


def _texts(path: str, leaf: str, value: Any) -> Iterator[tuple[str, str, str]]:
    if isinstance(value, str):
        yield path, leaf, value
    elif isinstance(value, Mapping):
        for name, part in value.items():
            yield from _texts(f"{path}.{name}", name, part)
    elif isinstance(value, list):
        for index, part in enumerate(value):
            yield from _texts(f"{path}[{index}]", leaf, part)


def _fault(entry: Entry, path: str, leaf: str, text: str) -> Fault | None:
    if not text.strip():
        return None
    if _NAMES.search(leaf):
        return None if _VARIABLE.fullmatch(text) else _named_badly(entry, path)
    if _SECRET.search(leaf):
        return _literal(entry, path, leaf)
    if _PASSWORD_IN_URL.search(text):
        cure = f"Take the password out of the address {_REPLACE}."
        return _hidden(entry, path, "an address without a password", cure)
    return None


def _literal(entry: Entry, path: str, leaf: str) -> Fault:
    variable = re.sub(r"[^A-Z0-9]+", "_", f"{entry.name}_{leaf}".upper()).strip("_")
    cure = f'Put it into the environment, write {leaf}_env = "{variable}" in its place, {_REPLACE}.'
    return _hidden(entry, path, f"in the environment, and its variable's name under {leaf}_env", cure)


def _hidden(entry: Entry, path: str, accepted: str, cure: str) -> Fault:
    return Fault(entry.file, entry.path(path), _HIDDEN, accepted, cure, "secret_in_file", entry.line)


def _named_badly(entry: Entry, path: str) -> Fault:
    cure = f"Write the variable's name there; if it was the secret itself, put it into the environment {_REPLACE}."
    accepted = "the name of an environment variable (capitals, digits and underscores)"
    return Fault(
        entry.file, entry.path(path), "something else (not shown)", accepted, cure, "not_a_variable", entry.line
    )


def unset(entry: Entry, settings: Any, look_up: SecretLookup) -> Iterator[Fault]:
    """A fault for each secret of the connector's settings that cannot be had."""
    keys = {value: key for key, value in entry.table.items() if isinstance(value, str)}
    for secret in _secrets(settings):
        cure = f"Set {secret.name}, or set {secret.name}_FILE to the path of a file that holds it."
        try:
            look_up(secret)
        except LookupError as error:
            if f"{secret.name}_FILE" not in str(error):
                cure = str(error)
        except UnicodeDecodeError:
            cure = f"Save the file that {secret.name}_FILE names as UTF-8."
        else:
            continue
        yield Fault(
            entry.file, entry.path(keys.get(secret.name, "")), secret.name, "set", cure, "secret_unset", entry.line
        )


def _secrets(settings: Any) -> Iterator[Secret]:
    if isinstance(settings, Secret):
        yield settings
    elif is_dataclass(settings):
        for field in fields(settings):
            yield from _secrets(getattr(settings, field.name))
    elif isinstance(settings, Mapping):
        for value in settings.values():
            yield from _secrets(value)
    elif isinstance(settings, (list, tuple)):
        for value in settings:
            yield from _secrets(value)

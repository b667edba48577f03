"""What is wrong in a configuration, said so that it can be cured: one sentence a fault, the cure beside it."""

from __future__ import annotations

import difflib
import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, time
from typing import Any

_LONGEST = 60
_USERINFO = re.compile(r"://[^/@\s]*@")

_SENTENCES: Mapping[str, str] = {
    "unknown_key": "{where}: {key} is not a known key; known here are {accepted}.",
    "unknown_setting": "{where}: {key} is not a setting of this connector.",
    "missing": "{where}: {key} is missing; it must be {accepted}.",
    "connector_refused": "{where}: {key} is {found}, which the connector refuses: {accepted}.",
    "secret_unset": "{where}: {key} needs the secret {found}, which cannot be read.",
    "not_toml": "{where} is not valid TOML: {found}.",
    "not_utf8": "{where} is not UTF-8 text: {found}.",
    "not_csv": "{where} cannot be read as CSV: {found}.",
    "unreadable": "{where} cannot be read: {found}.",
    "file_missing": "{where} does not exist.",
    "row_length": "{where}: the row has {found}, but must have {accepted}.",
}
_OTHERWISE = "{where}: {key} is {found}, but must be {accepted}."


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing that is wrong, where, and what cures it. `key` is a dotted path as in `routes[2].target`.

    `str(fault)` is one sentence for people; `code` is the machine's word; `line` is None where no line can be told.
    No field ever holds a secret.
    """

    file: str
    key: str
    found: str
    accepted: str
    cure: str
    code: str
    line: int | None = None

    def __str__(self) -> str:
        where = self.file if self.line is None else f"{self.file}:{self.line}"
        sentence = _SENTENCES.get(self.code, _OTHERWISE)
        return sentence.format(where=where, key=self.key, found=self.found, accepted=self.accepted)


class ConfigError(Exception):
    """The configuration cannot be used; `faults` has every reason, in the order of the files."""

    def __init__(self, faults: tuple[Fault, ...]) -> None:
        super().__init__("\n".join(f"{fault}\n  {fault.cure}" for fault in faults))
        self.faults = faults


def show(value: Any) -> str:
    """A value as a fault quotes it: short, on one line, without credentials in a URL."""
    if isinstance(value, str):
        text = _USERINFO.sub("://…@", value)
        return json.dumps(text if len(text) <= _LONGEST else text[: _LONGEST - 1] + "…", ensure_ascii=False)
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, (date, time)):
        return value.isoformat()
    if isinstance(value, Mapping):
        return "a table"
    if isinstance(value, (list, tuple)):
        text = f"[{', '.join(map(show, value))}]"
        return text if len(text) <= _LONGEST else "a list"
    if isinstance(value, int) and abs(value) >= 10**_LONGEST:
        return "a number of more than 60 digits"
    return str(value)


def nearest(word: str, known: Iterable[str]) -> str | None:
    """The known word that was probably meant, whatever its case."""
    by_lower = {name.lower(): name for name in known}
    close = difflib.get_close_matches(word.lower()[:_LONGEST], by_lower, n=1, cutoff=0.6)
    return by_lower[close[0]] if close else None


def listed(known: Iterable[str], *, most: int = 12, none: str = "none is configured") -> str:
    """Known words as a sentence lists them; a long list is cut and says so."""
    names = list(known)
    if not names:
        return none
    more = f" and {len(names) - most} more" if len(names) > most else ""
    return ", ".join(names[:most]) + more

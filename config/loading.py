"""Reads and validates the whole configuration: a frozen `Config`, or every fault at once."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from config import schemas
from config.building import build
from config.entries import Entry, Loaded
from config.faults import ConfigError, Fault, show
from config.files import Gathered, gather
from config.locating import Lines
from config.model import Config
from config.reading import read_table
from config.references import Book, reference_faults
from config.schemas import Shape
from config.secrets import SecretLookup, written_out
from config.vendors import Vendors
from connectors.spi import Connector

__all__ = ["ConfigError", "Fault", "load"]

_SHAPES: Mapping[str, Shape] = {
    "service": schemas.SERVICE,
    "redaction": schemas.REDACTION,
    "sources": schemas.SOURCE,
    "trackers": schemas.TRACKER,
    "targets": schemas.TARGET,
    "channels": schemas.CHANNEL,
    "listeners": schemas.LISTENER,
    "routes": schemas.ROUTE,
    "people": schemas.PERSON,
    "teams": schemas.TEAM,
    "policies": schemas.POLICY,
}


def load(path: Path, connectors: Mapping[str, Connector], *, secret_lookup: SecretLookup | None = None) -> Config:
    """The configuration at `path` with all that it includes. Raises ConfigError with every fault.

    `connectors` by vendor word check their own tables. With `secret_lookup` (`Secret.reveal`, for instance, which
    raises LookupError) a secret that is named but set nowhere is a fault too; what it returns is not looked at.
    """
    gathered = gather(path)
    loading = _Loading(gathered, Vendors(connectors, secret_lookup))
    for section in _SHAPES:
        loading.section(section)
    book = Book(loading.tables, loading.steps, frozenset(gathered.partial))
    faults = [*loading.faults, *reference_faults(book)]
    if faults:
        raise ConfigError(_in_order(_located(faults, gathered.texts), gathered.files))
    return build(loading.tables, loading.steps, gathered.digest)


def _located(faults: Sequence[Fault], texts: Mapping[str, str]) -> list[Fault]:
    lines = {fault.file: Lines(texts[fault.file]) for fault in faults if fault.file in texts}
    return [
        replace(fault, line=lines[fault.file].of(fault.key)) if fault.line is None and fault.file in lines else fault
        for fault in faults
    ]


def _in_order(faults: Sequence[Fault], files: Sequence[str]) -> tuple[Fault, ...]:
    """Each fault once, as somebody meets them who goes through the files from the top."""
    sections = list(_SHAPES)

    def place(fault: Fault) -> tuple[int, int, int, int]:
        section, number = re.match(r"(\w*)(?:\[(\d+)\])?", fault.key).groups()  # type: ignore[union-attr]
        at = sections.index(section) if section in sections else -1
        return files.index(fault.file), fault.line or 0, at, int(number or 0)

    return tuple(sorted(dict.fromkeys(faults), key=place))


class _Loading:
    def __init__(self, gathered: Gathered, vendors: Vendors) -> None:
        self.tables: dict[str, list[Loaded]] = {}
        self.steps: list[list[Loaded]] = []
        self.faults: list[Fault] = list(gathered.faults)
        self._gathered = gathered
        self._vendors = vendors

    def section(self, name: str) -> None:
        self.tables[name] = [self._table(name, entry) for entry in self._gathered.sections[name]]

    def _table(self, section: str, entry: Entry) -> Loaded:
        literal = list(written_out(entry))
        self.faults.extend(fault for _, fault in literal)
        hidden = frozenset(key for key, _ in literal)
        table = {key: value for key, value in entry.table.items() if key not in hidden}
        if section == "policies":
            return self._policy(entry, table)
        if section == "targets":
            tracker_types = {loaded.name: loaded.text("type") for loaded in self.tables["trackers"]}
            return self._take(*self._vendors.target(entry, table, hidden, tracker_types))
        if section in {"sources", "trackers", "channels", "listeners"}:
            return self._take(*self._vendors.table(section, entry, table, hidden))
        return self._take(*read_table(entry, _SHAPES[section], table))

    def _take(self, loaded: Loaded, faults: Sequence[Fault]) -> Loaded:
        self.faults.extend(faults)
        return loaded

    def _policy(self, entry: Entry, table: dict[str, Any]) -> Loaded:
        steps, due = table.pop("steps", []), table.pop("due_working_days", {})
        loaded = self._take(*read_table(entry, schemas.POLICY, table))
        if isinstance(due, dict):
            nested = Entry(entry.file, entry.path("due_working_days"), due)
            loaded.data["due_working_days"] = self._take(*read_table(nested, schemas.DUE, due)).data
        else:
            cure = "Write due_working_days = { p0 = 7, p1 = 15 }, for instance."
            self.faults.append(entry.fault("not_a_table", "due_working_days", due, "a table of priorities", cure))
        self.steps.append(self._steps(entry, steps))
        if steps == []:
            cure = "Write [[policies.steps]] with name, condition, after_working_days and tell below it."
            self.faults.append(entry.fault("missing", "steps", "", "a list of one step or more", cure))
        return loaded

    def _steps(self, entry: Entry, steps: Any) -> list[Loaded]:
        taken = []
        for index, step in enumerate(steps if isinstance(steps, list) else [steps]):
            nested = Entry(entry.file, entry.path(f"steps[{index}]"), step if isinstance(step, dict) else {})
            if isinstance(step, dict):
                taken.append(self._take(*read_table(nested, schemas.STEP, step)))
            else:
                cure = "Write [[policies.steps]] with two brackets before each step."
                self.faults.append(Fault(entry.file, nested.key, show(step), "a table of one step", cure, "not_a_list"))
        return taken

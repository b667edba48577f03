"""Trackers as naive as a script that files issues: each is the same connector without its recipe.

It creates, and where it does not know what became of that it creates again: it neither looks for an issue of its own
nor knows one by its marker.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from connectors import registry
from connectors.spi import Changes, Connector, Finding, Reading


class NaiveTracker:
    def __init__(self, tracker: Any) -> None:
        self._tracker = tracker

    def __getattr__(self, name: str) -> Any:
        return getattr(self._tracker, name)

    def find(self, *_: Any) -> Sequence[Reading]:
        return ()

    def changes(self, *asked: Any) -> Changes:
        found: Changes = self._tracker.changes(*asked)
        return replace(found, readings=tuple(replace(each, markers=()) for each in found.readings))


def naive(connector: Connector) -> Connector:
    role = connector.tracker
    if role is None:
        return connector
    return replace(connector, tracker=replace(role, make=lambda *given: NaiveTracker(role.make(*given))))


def load_naive() -> tuple[Mapping[str, Connector], Sequence[Finding]]:
    connectors, findings = registry.load_connectors()
    return {name: naive(each) for name, each in connectors.items()}, findings

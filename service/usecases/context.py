"""What every use case is given: the decided configuration, the ledger, the connectors, and the time."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from config.model import Config
from connectors.spi import Capabilities, Channel, ConnectorError, Finding, Listener, Place, Rate, Source, Tracker
from service.domain.people import Roster
from service.domain.placement import Placed
from service.domain.wishes import place_of
from service.domain.workdays import Calendar
from service.ledger import Ledger, Limit
from service.redaction import CREDENTIALS, Redactor

# How the names of outbox targets begin that are no place in a tracker.
CHANNEL = "channel:"
TRACKER = "tracker:"
SOURCE = "source:"
LISTENER = "listener:"


@dataclass(frozen=True)
class Context:
    """The parts that use cases work with. `now` is called once per operation; `secret` is the instance secret;
    `faults` are connectors that did not load.
    """

    config: Config
    ledger: Ledger
    now: Callable[[], datetime]
    secret: bytes
    trackers: Mapping[str, Tracker]
    sources: Mapping[str, Source]
    channels: Mapping[str, Channel]
    browse_urls: Mapping[str, str]
    roster: Roster
    calendar: Calendar = field(default_factory=Calendar)
    listeners: Mapping[str, Listener] = field(default_factory=dict)
    faults: Sequence[Finding] = ()
    redactor: Redactor = CREDENTIALS

    @property
    def base_url(self) -> str:
        return self.config.service.base_url.rstrip("/")

    def tracker_of(self, target: str) -> Tracker | None:
        configured = self.config.targets.get(target)
        return self.trackers.get(configured.tracker) if configured else None

    def lease_seconds(self, target: str) -> float:
        """How long one message of a target is held: longer than a call to it can take."""
        return max(self.config.service.lease_seconds, 1.25 * self.call_seconds(target) + 1)

    def call_seconds(self, target: str) -> float:
        listener = self.listeners.get(target.removeprefix(LISTENER))
        if listener is not None:
            return listener.call_seconds
        able = self.tracker_of(target) or self.trackers.get(target.removeprefix(TRACKER))
        able_or_source = able or self.sources.get(target.removeprefix(SOURCE))
        return able_or_source.capabilities.call_seconds if able_or_source else self.config.service.call_seconds

    def limits(self, target: str) -> list[Limit]:
        """How fast a target may be written to: what the operator says of it, and what its vendor says of our account,
        which all targets of one tracker share.
        """
        configured = self.config.targets.get(target)
        if configured is not None:
            own = Limit(target, tuple(Rate(count, seconds) for count, seconds in configured.rates))
            shared = Limit(TRACKER + configured.tracker, tuple(self.capabilities(configured.tracker).rates))
            return [limit for limit in (own, shared) if limit.rates]
        name = target.removeprefix(SOURCE) if target.startswith(SOURCE) else target.removeprefix(TRACKER)
        one: Source | Tracker | None = self.sources.get(name) if target.startswith(SOURCE) else self.trackers.get(name)
        return [Limit(target, tuple(one.capabilities.rates))] if one and one.capabilities.rates else []

    def capabilities(self, tracker: str) -> Capabilities:
        return self.trackers[tracker].capabilities

    def quiet(self, tracker: str) -> timedelta:
        """How long after an unknown answer a probe may be trusted."""
        configured = self.config.trackers[tracker].quiet_seconds
        return timedelta(seconds=self.capabilities(tracker).quiet_seconds if configured is None else configured)

    def place(self, placed: Placed) -> Place:
        """The place of a target with everything a creation by that route needs."""
        return place_of(placed.target, placed.route)

    def item_url(self, item_id: int) -> str:
        return f"{self.base_url}/items/{item_id}"


def said(error: ConnectorError) -> tuple[str, str, str]:
    """An error as the ledger keeps it: machine word, sentence, cure."""
    return error.code, error.sentence, error.cure

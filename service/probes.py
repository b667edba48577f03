"""Is it alive, can it take work, and the figures for Prometheus."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, Protocol, runtime_checkable

from flask import Blueprint, Response, jsonify, request
from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.exposition import CONTENT_TYPE_PLAIN_0_0_4
from prometheus_client.registry import Collector

from connectors.spi import Finding
from service.doors import Door, Refused
from service.ledger import queries
from service.usecases.durations import span
from service.usecases.survey import CLOCK_LATE, Surveyed, survey
from service.usecases.sync_health import SyncState


@runtime_checkable
class _KnowsDatabase(Protocol):
    def database_findings(self) -> Sequence[Finding]: ...


@runtime_checkable
class _KnowsBell(Protocol):
    def bell_ok(self) -> bool: ...


def probes(components: Surveyed, bind_host: str = "127.0.0.1") -> Blueprint:
    """`/healthz` and `/readyz`, open to everybody; `/metrics`, which names targets, stands behind the door."""
    blueprint = Blueprint("probes", __name__)
    door = Door(components.config.service, bind_host)
    registry = CollectorRegistry()
    registry.register(_Ledger(components))

    @blueprint.get("/healthz")
    def healthz() -> Response:
        return jsonify(status="alive")

    @blueprint.get("/readyz")
    def readyz() -> tuple[Response, int]:
        missing, notes = readiness(components)
        shown = {"ready": not missing, "missing": [_shown(f) for f in missing], "notes": [_shown(f) for f in notes]}
        return jsonify(shown), 503 if missing else 200

    @blueprint.get("/metrics")
    def metrics() -> Response:
        answer = door.admit(request)
        if isinstance(answer, Refused):
            return _refusal(answer)
        return Response(generate_latest(registry), content_type=CONTENT_TYPE_PLAIN_0_0_4)

    @blueprint.after_request
    def fresh(response: Response) -> Response:
        response.headers["Cache-Control"] = "no-store"
        response.headers["X-Content-Type-Options"] = "nosniff"
        return response

    return blueprint


def readiness(components: Surveyed) -> tuple[list[Finding], list[Finding]]:
    """What keeps the service from taking work, and what only slows it down; both empty when all is well."""
    if not queries.answers(components.ledger):
        return [Finding("ledger.unreachable", "The database does not answer.", "Check DATABASE_URL.")], []
    missing = list(components.database_findings()) if isinstance(components, _KnowsDatabase) else []
    if any(finding.code.startswith("ledger.") for finding in missing):
        return missing, []
    with components.ledger.read() as uow:
        beat = uow.instance.last_beat("clock")
    now = components.now()
    if beat is None or now - beat > CLOCK_LATE:
        since = f"has not beaten for {span(now - beat)}" if beat else "has never run on this ledger"
        missing.append(Finding("clock.silent", f"The clock {since}.", "Start it with afteraction clock."))
    notes = []
    if isinstance(components, _KnowsBell) and not components.bell_ok():
        notes.append(Finding("redis.silent", "Redis does not answer: work is found later, never lost.", "Start Redis."))
    return missing, notes


def _shown(finding: Finding) -> dict[str, str]:
    return {"code": finding.code, "sentence": finding.sentence, "cure": finding.cure}


def _refusal(refused: Refused) -> Response:
    response = jsonify(code=refused.code, sentence=refused.sentence, cure=refused.cure)
    response.status_code = refused.status
    if refused.challenge:
        response.headers["WWW-Authenticate"] = 'Basic realm="Afteraction", charset="UTF-8"'
    return response


class _Ledger(Collector):
    """Asks the ledger at every scrape, so that any process can be scraped and all say the same."""

    def __init__(self, components: Surveyed) -> None:
        self._components = components

    def describe(self) -> list[Any]:
        return []

    def collect(self) -> Iterator[GaugeMetricFamily]:
        seen = survey(self._components)
        figures = seen.figures
        states: Sequence[tuple[str, ...]] = [(state,) for state in figures.by_state]
        yield _family("items", "Action items by state.", ["state"], states, figures.by_state.values())
        for name, words, value in (
            ("items_overdue", "Open action items past their first due date.", figures.overdue),
            ("items_stalled", "Open action items that meet a condition of their policy.", figures.stalled),
            ("items_ownerless", "Open action items without a known owner.", figures.ownerless),
            ("promises_due", f"Items first due in the last {queries.WINDOW_DAYS} days.", figures.due),
            ("promises_kept", "Of these, done on their first due date or before.", figures.kept),
            ("dead_letters", "Deliveries and messages that a person must look at.", seen.dead_letters),
            ("items_held", "Items that wait for a person's decision.", seen.figures.by_state["held"]),
            ("workers", "Workers that have beaten lately.", seen.beats.workers),
        ):
            yield GaugeMetricFamily(f"afteraction_{name}", words, value=value)
        if seen.beats.clock is not None:
            age = (seen.at - seen.beats.clock).total_seconds()
            yield GaugeMetricFamily("afteraction_clock_age_seconds", "Since the clock's last beat.", value=age)
        tokens = [(token.tracker,) for token in seen.tokens]
        left = [(token.expires_at - seen.at).total_seconds() for token in seen.tokens]
        yield _family("token_seconds_left", "Until our token of a tracker ends.", ["tracker"], tokens, left)
        lines = seen.health
        names = [(line.kind, line.name) for line in lines]
        labels = ["kind", "name"]
        yield _family("queue", "Messages or deliveries due now.", labels, names, [line.waiting for line in lines])
        yield _family("queue_dead", "Dead letters.", labels, names, [line.dead for line in lines])
        lags = [line.lag.total_seconds() if line.lag else 0.0 for line in lines]
        yield _family("lag_seconds", "How long the first of the queue has waited.", labels, names, lags)
        by_state = [(line.kind, line.name, state.value) for line in lines for state in SyncState]
        on = [1.0 if line.state is state else 0.0 for line in lines for state in SyncState]
        yield _family("sync_state", "1 for the state that a connection is in.", ["kind", "name", "state"], by_state, on)
        reasons = [(refusal.hook, refusal.reason) for refusal in seen.refusals]
        counts = [refusal.count for refusal in seen.refusals]
        yield _family("refusals_last_day", "Refused at the door.", ["hook", "reason"], reasons, counts)


def _family(
    name: str, words: str, labels: Sequence[str], rows: Sequence[Sequence[str]], values: Any
) -> GaugeMetricFamily:
    family = GaugeMetricFamily(f"afteraction_{name}", words, labels=labels)
    for row, value in zip(rows, values, strict=True):
        family.add_metric(row, value)
    return family

"""Looks at a place before its first write, and again before what is known of it grows old."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta

from connectors.spi import AccessDenied, ConnectorError, PlaceDescription, Visibility
from service.domain.wishes import as_described, obstacle, places_of
from service.ledger import Target
from service.usecases.context import Context

VISIBILITY_AGE = timedelta(minutes=10)
VISIBILITY_SOON = timedelta(minutes=8)
# What stands in the way of every creation is mended by people, who then try it at once.
OBSTACLE_AGE = timedelta(seconds=10)


def look_at_place(context: Context, target: Target) -> None:
    """Reads who may see a place, and what the routes that lead there lack of what it asks for."""
    configured = context.config.targets.get(target.name)
    if configured is None:
        return
    now = context.now()
    # What was read of the place that the target was configured with before says nothing of this one.
    same = target.visibility_place == configured.place
    age = now - target.visibility_at if target.visibility_at is not None and same else None
    places = places_of(context.config, configured)
    if age is not None and age < _lasts(target, places):
        return
    try:
        tracker = context.trackers[configured.tracker]
        described = {key: tracker.describe(place) for key, place in places.items()}
        seen = _visibility(next(iter(described.values())))
    except ConnectorError:
        if age is None or age >= VISIBILITY_AGE:
            raise
        return
    kept = {key: as_described(places[key], each) for key, each in described.items()}
    _note(context, target, (configured.place, seen, kept), now, same=same)


def _lasts(target: Target, places: Mapping[str, object]) -> timedelta:
    """How long what is known may be gone by: not at all where the routes fill the place in another way by now."""
    known = target.described or {}
    if not places.keys() <= known.keys():
        return timedelta()
    return OBSTACLE_AGE if any(obstacle(known[key]) for key in places) else VISIBILITY_SOON


def _note(
    context: Context,
    target: Target,
    found: tuple[str, Visibility, Mapping[str, object]],
    now: datetime,
    *,
    same: bool,
) -> None:
    place, seen, described = found
    with context.ledger.begin() as uow:
        if same and target.visibility not in (None, seen):
            old = target.visibility or Visibility.UNKNOWN
            data = {"was": old.value, "is": seen.value}
            uow.journal.append("target.visibility_changed", ("target", target.name), now, data)
        uow.targets.saw(target.name, seen, place, now, described=described)
        uow.commit()


def _visibility(described: PlaceDescription) -> Visibility:
    """Raises AccessDenied where the place was not shown to us: that is a fault of the target and heals with it, whereas
    a place that is shown and does not say who may see it keeps items back until a person decides.
    """
    if described.visibility is Visibility.UNKNOWN and described.findings:
        found = described.findings[0]
        raise AccessDenied(found.code, found.sentence, found.cure)
    return described.visibility

"""A tracker moved to another site: every issue is pointed at where it is now. Nothing is created or written there."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from urllib.parse import urlsplit

from connectors.spi import Feed, Missing, Reading, Tracker
from service.domain.facts import Actor
from service.ledger import Issue, UnitOfWork
from service.usecases.context import Context
from service.usecases.place import target_at
from service.usecases.steer import UnknownSubject


@dataclass(frozen=True, slots=True)
class Relinked:
    """An issue that was found again, and by what: its marker, its key or the map."""

    key: str
    new_key: str
    how: str


@dataclass(frozen=True, slots=True)
class Missed:
    """An issue that was not found, and why; it stays as it was."""

    key: str
    url: str
    why: str


@dataclass(frozen=True, slots=True)
class Report:
    relinked: tuple[Relinked, ...]
    missed: tuple[Missed, ...]


@dataclass(frozen=True, slots=True)
class Move:
    """From which tracker to which, by the names of the configuration. `names`: a new key or address by an old key."""

    old: str
    new: str
    names: Mapping[str, str]


def relink(context: Context, move: Move, actor: Actor, reason: str) -> Report:
    """Finds each issue by its marker, else by its key, else by the map, and points the ledger at it. May be run again.

    Raises UnknownSubject where a tracker is not known, and what the tracker raises where it does not answer.
    """
    tracker = context.trackers.get(move.new)
    if tracker is None:
        raise UnknownSubject(f"There is no tracker {move.new}: configure the new site first, under a name of its own.")
    with context.ledger.read() as uow:
        issues = uow.issues.of_tracker(move.old)
    if not issues:
        raise UnknownSubject(f"The ledger knows no issue in a tracker named {move.old}: see afteraction status.")
    found, missed = _find_all(context, move, tracker, issues)
    now = context.now()
    with context.ledger.begin() as uow:
        done, taken = _commit(context, uow, move, found, now)
        data = f"{move.old} to {move.new}, {len(done)} found, {len(missed) + len(taken)} missed: {reason}"
        uow.journal.decide(actor, "relink", ("tracker", move.old), data, now)
        uow.commit()
    return Report(tuple(done), (*missed, *taken))


def _find_all(
    context: Context, move: Move, tracker: Tracker, issues: Sequence[Issue]
) -> tuple[list[tuple[Issue, Reading, str]], list[Missed]]:
    marked = _by_marker(context, move.new, tracker)
    found, missed = [], []
    for issue in issues:
        if issue.marker and issue.marker in marked:
            found.append((issue, marked[issue.marker], "marker"))
            continue
        for how, url in _addresses(context, move, issue):
            reading = _look_up(tracker, url)
            if reading is not None and (not reading.markers or issue.marker in reading.markers):
                found.append((issue, reading, how))
                break
        else:
            missed.append(Missed(issue.key, issue.url, "Neither marker nor key leads to it: name it in the map."))
    return found, missed


def _by_marker(context: Context, name: str, tracker: Tracker) -> dict[str, Reading]:
    """Every issue of ours on the new site, by marker; the oldest where one was copied."""
    places = sorted({target.place for target in context.config.targets.values() if target.tracker == name})
    readings = [reading for feed in tracker.feeds(places) for reading in _all_of(context, tracker, feed)]
    readings.sort(key=lambda reading: reading.created_at or reading.updated_at, reverse=True)
    return {marker: reading for reading in readings for marker in reading.markers}


def _all_of(context: Context, tracker: Tracker, feed: Feed) -> Iterator[Reading]:
    cursor: str | None = None
    while True:
        page = tracker.changes(feed, cursor, context.now())
        yield from page.readings
        if not page.more or page.cursor == cursor:
            return
        cursor = page.cursor


def _addresses(context: Context, move: Move, issue: Issue) -> Iterator[tuple[str, str]]:
    """Where the issue may be on the new site: its old path under the new address, then what the map says."""
    base = context.browse_urls[move.new].rstrip("/")
    old_base = context.browse_urls.get(move.old, "").rstrip("/")
    path = issue.url.removeprefix(old_base) if old_base and issue.url.startswith(old_base + "/") else None
    path = urlsplit(issue.url).path if path is None else path
    yield "key", base + path
    named = move.names.get(issue.key)
    if named:
        yield "map", named if "://" in named else base + path.replace(issue.key, named)


def _look_up(tracker: Tracker, url: str) -> Reading | None:
    try:
        return tracker.look_up(url)
    except Missing:
        return None


def _commit(
    context: Context, uow: UnitOfWork, move: Move, found: Sequence[tuple[Issue, Reading, str]], now: datetime
) -> tuple[list[Relinked], list[Missed]]:
    items = uow.items.lock_all(item.id for item in uow.items.of_issues([issue.id for issue, _, _ in found]))
    moving = {issue.id for issue, _, _ in found}
    others = uow.issues.by_refs(move.new, [reading.issue.ref for _, reading, _ in found], lock=True)
    done: list[Relinked] = []
    missed: list[Missed] = []
    used: set[str] = set()
    free = []
    for issue, reading, how in found:
        ref = reading.issue.ref
        other = others.get(ref)
        if ref in used or (other is not None and other.ref == ref and other.id not in moving):
            why = f"{reading.issue.key} stands for another issue of the ledger already: look at both."
            missed.append(Missed(issue.key, issue.url, why))
            continue
        used.add(ref)
        free.append((issue, reading, how))
    # Ids of the two sites may be the same for different issues: all are set free before the first is taken.
    for issue, _, _ in free:
        uow.issues.leave_tracker(issue, now)
    for issue, reading, how in free:
        target = target_at(context, move.new, reading.issue.place, issue.target)
        uow.issues.enter_tracker(issue, move.new, reading.issue, target, now)
        done.append(Relinked(issue.key, reading.issue.key, how))
    by_issue = {issue.id: reading for issue, reading, _ in free}
    for item in items:
        if item.issue_id in by_issue:
            # A comment has a new id there as well; it is looked for by its marker.
            uow.items.update(item.id, comment_ref=None)
            data = {"from": item.issue_id, "to": by_issue[item.issue_id].issue.key}
            uow.journal.append("issue.relinked", ("item", item.id), now, data)
    return done, missed

"""Asks each tracker what is true, decides purely, and commits what is newer."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Iterable, Sequence
from datetime import datetime, timedelta

from connectors.spi import ConnectorError, Reading, Sweep, Tracker
from service.domain.facts import Actor, State
from service.domain.following import Seen, judge, next_state
from service.ledger import Issue, Item, UnitOfWork
from service.usecases.context import TRACKER, Context, said
from service.usecases.effects.open_issue import link

READ_BATCH = 100
AGAIN_AFTER = timedelta(seconds=1)
RETRY_AFTER = timedelta(seconds=15)
FREEZE_SHARE = 0.05
FREEZE_AT_LEAST = 3
SWEEP_FEED = "sweep"


def reconcile_due(context: Context, go_on: Callable[[], bool]) -> int:
    """Reads what webhooks made due, then every feed and sweep whose time has come. Returns the readings applied."""
    applied = 0
    for name, tracker in context.trackers.items():
        while go_on() and (read := _read_due(context, name, tracker)) is not None:
            applied += read
        for feed in tracker.feeds(_places(context, name)):
            if go_on():
                applied += poll(context, name, feed.name, context.now())
        if go_on():
            applied += sweep(context, name, context.now())
    return applied


def _places(context: Context, tracker: str) -> list[str]:
    configured = {t.place for t in context.config.targets.values() if t.tracker == tracker}
    with context.ledger.read() as uow:
        return sorted(configured | set(uow.issues.places(tracker)))


def _read_due(context: Context, name: str, tracker: Tracker) -> int | None:
    """One batch of issues that are due for a read; None when there is none. A failed batch is due again later."""
    now = context.now()
    with context.ledger.begin() as uow:
        issues = uow.issues.take_due(name, now, min(READ_BATCH, tracker.capabilities.reads_per_call))
        if not issues:
            return None
        # Out of the others' way while we ask; whatever becomes due from now on is an earlier instant than this.
        lease = timedelta(seconds=context.lease_seconds(TRACKER + name))
        for issue in issues:
            uow.issues.update(issue.id, read_due_at=now + lease)
        uow.commit()
    try:
        found = tracker.read([issue.ref for issue in issues])
    except ConnectorError as error:
        _note_failure(context, name, error, [issue.id for issue in issues])
        return None
    with context.ledger.begin() as uow:
        # Items are locked before issues, here as everywhere; what became due meanwhile stays due.
        frozen = _in_doubt(uow, issues, found.gone)
        applied = _apply_sweep(context, uow, name, _without(found, issues, frozen), now)
        uow.issues.reset_due([issue.id for issue in issues], now + lease, None)
        _freeze(uow, frozen, now)
        uow.commit()
    return applied


def poll(context: Context, name: str, feed_name: str, now: datetime) -> int:
    """Reads one feed's changes since its cursor, page by page. One call when nothing changed."""
    tracker = context.trackers[name]
    feed = next(feed for feed in tracker.feeds(_places(context, name)) if feed.name == feed_name)
    with context.ledger.begin() as uow:
        uow.cursors.ensure(name, feed.name, now)
        lease = (uow.clock(), context.lease_seconds(TRACKER + name))
        row = uow.cursors.claim(name, feed.name, now, lease)
        uow.commit()
    if row is None:
        return 0
    every = timedelta(seconds=context.config.service.poll_seconds)
    asked_at = context.now()
    try:
        page = tracker.changes(feed, row.cursor, asked_at)
    except ConnectorError as error:
        with context.ledger.begin() as uow:
            uow.cursors.fail(row, said(error), now, now + _pause(error))
            uow.commit()
        return 0
    with context.ledger.begin() as uow:
        applied = apply_readings(context, uow, name, page.readings, asked_at, by_ref=False)
        uow.cursors.advance(row, page.cursor, context.now(), asked_at if page.more else asked_at + every)
        uow.commit()
    return applied


def _pause(error: ConnectorError) -> timedelta:
    return max(RETRY_AFTER, timedelta(seconds=error.retry_after or 0))


def sweep(context: Context, name: str, now: datetime) -> int:
    """Reads every known issue of a tracker by ref: finds what a label search misses, and what is gone."""
    tracker = context.trackers[name]
    every = timedelta(seconds=context.config.service.sweep_seconds)
    with context.ledger.begin() as uow:
        uow.cursors.ensure(name, SWEEP_FEED, now)
        lease = (uow.clock(), 10 * context.lease_seconds(TRACKER + name))
        row = uow.cursors.claim(name, SWEEP_FEED, now, lease)
        issues = uow.issues.present(name) if row is not None else []
        uow.commit()
    if row is None:
        return 0
    size = tracker.capabilities.reads_per_call
    found: list[tuple[datetime, Sweep]] = []
    try:
        for start in range(0, len(issues), size):
            asked_at = context.now()
            found.append((asked_at, tracker.read([issue.ref for issue in issues[start : start + size]])))
    except ConnectorError as error:
        with context.ledger.begin() as uow:
            uow.cursors.fail(row, said(error), now, now + _pause(error))
            uow.commit()
        return 0
    return _commit_sweep(context, name, found, issues, every)


def _commit_sweep(
    context: Context,
    name: str,
    found: Sequence[tuple[datetime, Sweep]],
    issues: Sequence[Issue],
    every: timedelta,
) -> int:
    gone = {ref for _, part in found for ref in part.gone}
    applied, now = 0, context.now()
    with context.ledger.begin() as uow:
        frozen = _in_doubt(uow, issues, gone)
        for asked_at, part in found:
            applied += _apply_sweep(context, uow, name, _without(part, issues, frozen), asked_at)
        _freeze(uow, frozen, now)
        row = uow.cursors.get(name, SWEEP_FEED)
        assert row is not None
        uow.cursors.advance(row, None, now, now + every)
        uow.commit()
    return applied


def _in_doubt(uow: UnitOfWork, issues: Sequence[Issue], gone: Collection[str]) -> set[str]:
    """Targets that lost so much at once that the tracker, or our permission, is the likelier cause."""
    lost = Counter(issue.target for issue in issues if issue.ref in gone)
    return {
        target
        for target, count in lost.items()
        if count >= FREEZE_AT_LEAST and count > FREEZE_SHARE * uow.issues.count_present(target)
    }


def _freeze(uow: UnitOfWork, frozen: Collection[str], now: datetime) -> None:
    for target in sorted(frozen):
        reason = "More than 5 % of its issues vanished at once: look at the tracker, then resume the target."
        uow.targets.ensure(target, "tracker")
        uow.targets.pause(target, reason, now)
        uow.journal.append("target.frozen", ("target", target), now, {"why": reason})


def _without(found: Sweep, issues: Sequence[Issue], frozen: Collection[str]) -> Sweep:
    """What was found, but for what is missing from frozen targets."""
    doubted = {issue.ref for issue in issues if issue.target in frozen}
    return Sweep(found.readings, tuple(ref for ref in found.gone if ref not in doubted), found.moved)


def _note_failure(context: Context, name: str, error: ConnectorError, due: Sequence[int]) -> None:
    now = context.now()
    with context.ledger.begin() as uow:
        uow.issues.make_due(due, now + _pause(error))
        uow.cursors.ensure(name, SWEEP_FEED, now)
        row = uow.cursors.get(name, SWEEP_FEED)
        assert row is not None
        uow.cursors.fail(row, said(error), now, max(row.next_at, now + _pause(error)))
        uow.commit()


def _apply_sweep(context: Context, uow: UnitOfWork, name: str, found: Sweep, asked_at: datetime) -> int:
    now = context.now()
    known = uow.issues.by_refs(name, [*found.gone, *found.moved])
    for old, ref in found.moved.items():
        issue = known.get(old)
        if issue is not None and issue.ref != ref.ref:
            uow.issues.replace_ref(issue, ref, now)
            for item in uow.items.of_issues([issue.id]):
                uow.journal.append("issue.moved", ("item", item.id), now, {"from": issue.key, "to": ref.key})
    for old in found.gone:
        issue = known.get(old)
        if issue is not None and issue.gone_at is None:
            _note_gone(uow, issue, now)
    return apply_readings(context, uow, name, found.readings, asked_at, by_ref=True)


def _note_gone(uow: UnitOfWork, issue: Issue, now: datetime) -> None:
    """A deleted issue is told and its item held; it is never made again by itself."""
    items = uow.items.of_issues([issue.id], lock=True)
    uow.issues.update(issue.id, gone_at=now, read_due_at=None)
    for item in items:
        sentence = f"Its issue {issue.key} is gone from the tracker: release it to make a new one, or settle it."
        if item.state.is_open:
            uow.items.hold(item.id, "issue_gone", sentence)
        uow.journal.append("issue.gone", ("item", item.id), now, {"key": issue.key, "url": issue.url})


def apply_readings(
    context: Context,
    uow: UnitOfWork,
    name: str,
    readings: Iterable[Reading],
    asked_at: datetime,
    *,
    by_ref: bool,
) -> int:
    """Commits the readings that are newer than what the ledger has; links and unlinks by marker. Returns how many."""
    readings = list(readings)
    known = uow.issues.by_refs(name, [reading.issue.ref for reading in readings])
    items: dict[int, list[Item]] = {}
    for item in uow.items.of_issues([issue.id for issue in known.values()], lock=True):
        items.setdefault(item.issue_id or 0, []).append(item)
    strangers = [reading for reading in readings if reading.issue.ref not in known and reading.ours is not False]
    by_marker = uow.items.by_markers(marker for reading in strangers for marker in reading.markers)
    now, applied = context.now(), 0
    locked = uow.issues.by_refs(name, [reading.issue.ref for reading in readings], lock=True)
    for reading in readings:
        issue = locked.get(reading.issue.ref)
        if issue is not None:
            applied += _apply(context, uow, issue, items.get(issue.id, []), (reading, asked_at, now), by_ref=by_ref)
    for reading in strangers:
        owner = next((by_marker[marker] for marker in reading.markers if marker in by_marker), None)
        if owner is not None and owner.target is not None:
            link(context, uow, owner.id, reading, owner.target, now)
    return applied


def _apply(
    context: Context,
    uow: UnitOfWork,
    issue: Issue,
    items: Sequence[Item],
    read: tuple[Reading, datetime, datetime],
    *,
    by_ref: bool,
) -> int:
    reading, asked_at, now = read
    seen = Seen(
        status=issue.status,
        category=issue.category,
        assignee_id=issue.assignee.id if issue.assignee else None,
        due_on=issue.due_on,
        title=issue.title,
        comments=issue.comments,
        tracker_at=issue.tracker_at,
        read_at=issue.read_at,
    )
    verdict = judge(seen, reading, asked_at, by_ref=by_ref, our_comments=issue.our_comments)
    if verdict.again:
        uow.issues.make_due([issue.id], now + AGAIN_AFTER)
    if not verdict.apply:
        return 0
    uow.issues.apply(issue, reading, now)
    if (reading.issue.key, reading.issue.url) != (issue.key, issue.url):
        uow.issues.update(issue.id, key=reading.issue.key, url=reading.issue.url, place=reading.issue.place)
    for item in items:
        _follow(context, uow, item, issue, (reading, now), moved=verdict.moved)
    return 1


def _follow(
    context: Context, uow: UnitOfWork, item: Item, issue: Issue, read: tuple[Reading, datetime], *, moved: bool
) -> None:
    reading, now = read
    holder = context.roster.holder(issue.tracker, reading.assignee)
    gone_before = item.state is State.HELD and item.attention_code == "issue_gone"
    state = next_state(State.OPEN if gone_before else item.state, reading.category)
    if item.state is State.HELD and not gone_before:
        state = item.state
    values: dict[str, object] = {
        "state": state.value,
        "assignee_read": True,
        "assigned": reading.assignee is not None,
        "assignee_person": holder.id if holder else None,
        "current_due_on": reading.due_on,
    }
    if state is not State.WITHDRAWN:
        values["closed_at"] = None if state.is_open else (item.closed_at or now)
    if moved:
        values["last_movement_at"] = now
    if gone_before:
        values |= {"attention_code": None, "attention": None}
    uow.items.update(item.id, **values)
    changed = _differences(item, issue, reading, state)
    if changed:
        actor = Actor("tracker", issue.tracker)
        uow.journal.append("issue.read", ("item", item.id), now, changed, actor)


def _differences(item: Item, issue: Issue, reading: Reading, state: State) -> dict[str, object]:
    before = {
        "state": item.state.value,
        "status": issue.status,
        "assignee": issue.assignee.name if issue.assignee else None,
        "due": issue.due_on,
        "title": issue.title,
    }
    after = {
        "state": state.value,
        "status": reading.status,
        "assignee": reading.assignee.name if reading.assignee else None,
        "due": reading.due_on,
        "title": reading.title,
    }
    return {name: [before[name], after[name]] for name in before if before[name] != after[name]}

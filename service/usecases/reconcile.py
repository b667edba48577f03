"""Asks each tracker what is true, one worker at a time for each tracker, and commits what is newer."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime, timedelta

from connectors.spi import ConnectorError, Feed, Reading, Sweep
from service.ledger import CursorRow, Issue, UnitOfWork
from service.usecases.apply_readings import Answer, apply_found, possibly_moved
from service.usecases.context import TRACKER, Context, said
from service.usecases.survivors import Survivors, find_survivors, is_duplicate
from service.usecases.vanished import settle_vanished

READ_BATCH = 100
FIRST_REST = timedelta(seconds=15)
LONGEST_REST = timedelta(minutes=5)
SWEEP_FEED = "sweep"
SECONDS_AN_ISSUE = 2.0
FAULTS_OF_ALL = frozenset({"unreachable", "unauthorized", "token_missing", "rate_limited"})


class _TurnLost(Exception):
    """Somebody else reads the tracker by now, or its feeds were rewound: what we hold is not to be committed."""


def reconcile_due(context: Context, go_on: Callable[[], bool]) -> int:
    """Reads what webhooks made due, then every feed and sweep whose time has come. Returns the readings applied."""
    return sum(_read_tracker(context, name, go_on) for name in context.trackers if go_on())


def _read_tracker(context: Context, name: str, go_on: Callable[[], bool]) -> int:
    """Does what is due of one tracker. Only one worker at a time has the turn at it, so that a tracker which does not
    answer never holds more; after a failure it is left alone for a while, the longer it lasts the longer.
    """
    turn = _take_turn(context, name)
    if turn is None:
        return 0
    try:
        # While the tracker fails, feeds and sweep go first: issues that cannot be read must not keep them waiting.
        duties = (_read_due, _read_feeds) if turn.row.failing_since is None else (_read_feeds, _read_due)
        for duty in duties:
            duty(turn, go_on)
    except ConnectorError as error:
        turn.error = error
    except _TurnLost:
        pass
    finally:
        turn.end()
    return turn.applied


def _take_turn(context: Context, name: str) -> _Turn | None:
    with context.ledger.read() as uow:
        places = uow.issues.places(name)
    configured = {target.place for target in context.config.targets.values() if target.tracker == name}
    places = sorted(configured.union(places))
    feeds = {feed.name: feed for feed in context.trackers[name].feeds(places)}
    now = context.now()
    with context.ledger.begin() as uow:
        row = uow.cursors.take_turn(name, now, (uow.clock(), context.lease_seconds(TRACKER + name)))
        if row is not None:
            for feed in (*feeds, SWEEP_FEED):
                uow.cursors.ensure(name, feed, now)
        uow.commit()
    return None if row is None else _Turn(context, name, (feeds, places), row)


class _Turn:
    """The one turn at reading a tracker. `where`: its feeds, and every place that is read.

    `applied`: readings committed so far. `error`: why it ended early. `answered`: the tracker has answered in it.
    `in_doubt`: an issue that was read by itself is not there, which a sweep decides.
    """

    def __init__(
        self, context: Context, name: str, where: tuple[dict[str, Feed], Sequence[str]], row: CursorRow
    ) -> None:
        self.context = context
        self.name = name
        self.tracker = context.trackers[name]
        self.feeds, self.places = where
        self.row = row
        self.lease_seconds = context.lease_seconds(TRACKER + name)
        self.batch = min(READ_BATCH, self.tracker.capabilities.reads_per_call)
        self.applied = 0
        self.error: ConnectorError | None = None
        self.answered = False
        self.in_doubt = False

    @contextmanager
    def commits(self, to_read: int = 0) -> Iterator[UnitOfWork]:
        """A unit of work that is committed at its end, and gives the turn its whole lease again: one for reading so
        many issues, if that is more. Raises _TurnLost.
        """
        with self.context.ledger.begin() as uow:
            kept = uow.cursors.keep_turn(self.row, (uow.clock(), self.lasts(to_read)))
            if kept is None:
                raise _TurnLost
            yield uow
            uow.commit()
        self.row = kept

    def lasts(self, to_read: int) -> float:
        """How many seconds reading so many issues may take: each that is absent may be asked for by itself."""
        return max(self.lease_seconds, SECONDS_AN_ISSUE * to_read)

    def read(self, issues: Sequence[Issue]) -> tuple[Answer, Mapping[str, datetime]]:
        """These issues by ref, and the survivors of those that are duplicates by now; without those of places that
        refuse us, which are returned with the instant when each may be asked again. Raises _TurnLost.
        """
        asked_at = self.context.now()
        with self.context.ledger.read() as uow:
            refused = uow.cursors.refusals(self.name)
        put_off = {place: row.next_at for place, row in refused.items() if row.next_at > asked_at}
        groups: dict[str | None, list[Issue]] = {}
        for issue in issues:
            if issue.place not in put_off:
                # What refused the last time is asked by itself: should it do so again, the others are not asked twice.
                groups.setdefault(issue.place if issue.place in refused else None, []).append(issue)
        found = Sweep(())
        for group in groups.values():
            found = _together(found, self._read(group, refused, put_off))
        admitted = {place for place in groups if place is not None} - put_off.keys()
        if admitted:
            with self.commits() as uow:
                uow.cursors.readmit(self.name, admitted)
        self.answered = self.answered or any(issue.place not in put_off for issue in issues)
        found, survivors = self.with_survivors(self.without_others(found))
        return Answer(found, asked_at, True, survivors), put_off

    def _read(self, issues: Sequence[Issue], refused: Mapping[str, CursorRow], put_off: dict[str, datetime]) -> Sweep:
        """Reads issues together; where that fails for the sake of one place, place by place."""
        if self.lasts(len(issues)) > self.lease_seconds:
            # Another worker would else begin the same while we read, lose it in its turn, and nobody would ever end.
            with self.commits(len(issues)):
                pass
        try:
            return self.tracker.read([issue.ref for issue in issues])
        except ConnectorError as error:
            if len(self.places) == 1 or concerns_all(error):
                raise
            by_place: dict[str, list[Issue]] = {}
            for issue in issues:
                by_place.setdefault(issue.place, []).append(issue)
            found = Sweep(())
            if len(by_place) == 1:
                put_off.update(self.refuse(issues[0].place, error, refused))
            else:
                for each in by_place.values():
                    with self.commits(len(each)):
                        pass
                    found = _together(found, self._read(each, refused, put_off))
            return found

    def refuse(self, place: str, error: ConnectorError, refused: Mapping[str, CursorRow]) -> dict[str, datetime]:
        """Notes that a place refuses us, and until when it is left alone."""
        now = self.context.now()
        since = refused[place].failing_since if place in refused else None
        until = now + rest_after(error, since, now)
        with self.commits() as uow:
            uow.cursors.refuse(self.name, place, said(error), now, until)
        return {place: until}

    def with_survivors(self, found: Sweep) -> tuple[Sweep, Survivors]:
        """With the survivors of duplicates. Where one stands in a place that refuses us, nothing is said of its
        duplicates for now: neither that they are closed, nor that nobody knows of which they are duplicates.
        """
        try:
            return found, find_survivors(self.context, self.name, found.readings)
        except ConnectorError as error:
            if len(self.places) == 1 or concerns_all(error):
                raise
        kept = replace(found, readings=tuple(each for each in found.readings if not is_duplicate(each)))
        return kept, {}

    def without_others(self, found: Sweep) -> Sweep:
        """A ref that stands for an issue with another marker by now is not ours: trackers give a freed id again, and a
        tracker that moved to another site has other issues under the same ids.
        """
        asked_for = {now.ref: asked for asked, now in found.moved.items()}
        marked = {each.issue.ref: each.markers for each in found.readings if each.markers}
        with self.context.ledger.read() as uow:
            known = uow.issues.by_refs(self.name, [*marked, *(asked_for[ref] for ref in marked if ref in asked_for)])
        others = {
            ref
            for ref, markers in marked.items()
            for issue in (known.get(ref), known.get(asked_for.get(ref, ref)))
            if issue is not None and issue.marker not in (None, *markers)
        }
        if not others:
            return found
        kept = tuple(each for each in found.readings if each.issue.ref not in others)
        moved = {asked: now for asked, now in found.moved.items() if now.ref not in others}
        return replace(
            found, readings=kept, gone=(*found.gone, *sorted(asked_for.get(ref, ref) for ref in others)), moved=moved
        )

    def begin(self, feed: str) -> CursorRow | None:
        """The feed's cursor if it is due still. Should we die over it, or the database fail, it waits a little."""
        now = self.context.now()
        with self.commits() as uow:
            return uow.cursors.begin(self.name, feed, now, now + FIRST_REST)

    def fail(self, row: CursorRow, error: ConnectorError) -> None:
        """Lets a feed rest for as long as it has failed; where the failure is the whole tracker's, for as long as that
        has: one that answers others meanwhile is asked again soon.
        """
        now = self.context.now()
        failing_since = row.failing_since
        if concerns_all(error):
            failing_since = None if self.answered else self.row.failing_since
        with self.commits() as uow:
            uow.cursors.fail(row, said(error), now, now + rest_after(error, failing_since, now))

    def end(self) -> None:
        """Gives the turn back, whatever happened in it."""
        now = self.context.now()
        with self.context.ledger.begin() as uow:
            if self.error is not None:
                row = replace(self.row, failing_since=None) if self.answered else self.row
                rest = rest_after(self.error, row.failing_since, now)
                uow.cursors.fail(row, said(self.error), now, now + rest)
            elif self.answered:
                uow.cursors.advance(self.row, None, now, now)
            else:
                uow.cursors.end_turn(self.row)
            uow.commit()


def concerns_all(error: ConnectorError) -> bool:
    """Whether a failure is the whole tracker's, whichever place was asked: then no other need be tried."""
    return error.retry_after is not None or error.code.rpartition(".")[2] in FAULTS_OF_ALL


def _together(one: Sweep, other: Sweep) -> Sweep:
    return Sweep((*one.readings, *other.readings), (*one.gone, *other.gone), {**one.moved, **other.moved})


def rest_after(error: ConnectorError, since: datetime | None, now: datetime) -> timedelta:
    """How long to ask no more: as long as it has failed already, within bounds, which doubles it each time; and never
    less than the tracker itself asks for.
    """
    lasted = now - since if since is not None else FIRST_REST
    return max(FIRST_REST, min(lasted, LONGEST_REST), timedelta(seconds=error.retry_after or 0))


def _read_due(turn: _Turn, go_on: Callable[[], bool]) -> None:
    """Reads the issues that are due for it, batch by batch. A failed batch is due again later."""
    while go_on() and (issues := _take_due(turn)):
        try:
            answer, put_off = turn.read([issue for issue, _ in issues])
        except ConnectorError as error:
            now = turn.context.now()
            with turn.commits() as uow:
                rest = rest_after(error, turn.row.failing_since, now)
                uow.issues.make_due([issue.id for issue, _ in issues], now + rest)
            raise
        _commit_due(turn, issues, answer, put_off)


def _take_due(turn: _Turn) -> list[tuple[Issue, datetime]]:
    """Due issues, each with the instant until which it is out of the others' way while we ask: whatever becomes due
    from now on is an earlier one.
    """
    now = turn.context.now()
    with turn.commits() as uow:
        issues = uow.issues.take_due(turn.name, now, turn.batch)
        until = now + timedelta(seconds=turn.lasts(len(issues)))
        for issue in issues:
            uow.issues.update(issue.id, read_due_at=until)
    return [(issue, until) for issue in issues]


def _commit_due(
    turn: _Turn, issues: Sequence[tuple[Issue, datetime]], answer: Answer, put_off: Mapping[str, datetime]
) -> None:
    absent = {issue.id for issue, _ in issues if issue.ref in answer.found.gone}
    with turn.commits() as uow:
        turn.applied += apply_found(turn.context, uow, turn.name, answer)
        asked = [(issue, until) for issue, until in issues if issue.place not in put_off]
        for until in {until for _, until in asked}:
            uow.issues.reset_due([issue.id for issue, _ in asked], until, None)
        # How many are gone at once can be seen only over all of them: the sweep decides, now.
        if any(issue.id in absent and issue.missing_since is None and issue.gone_at is None for issue, _ in issues):
            uow.cursors.make_due(turn.name, SWEEP_FEED, turn.context.now())
            turn.in_doubt = True
    # By itself, for nothing else may be locked before them all.
    for place, again in put_off.items():
        with turn.commits() as uow:
            for until in {until for _, until in issues}:
                uow.issues.reset_due([issue.id for issue, _ in issues if issue.place == place], until, again)


def _read_feeds(turn: _Turn, go_on: Callable[[], bool]) -> None:
    """Reads every feed that is due, and sweeps if it is time, what waits longest first."""
    for feed in _due(turn, [*turn.feeds, SWEEP_FEED]):
        if go_on() and feed == SWEEP_FEED:
            _sweep(turn)
        elif go_on():
            _poll(turn, turn.feeds[feed])


def _due(turn: _Turn, feeds: Sequence[str]) -> list[str]:
    with turn.context.ledger.read() as uow:
        return uow.cursors.due(turn.name, feeds, turn.context.now())


def _poll(turn: _Turn, feed: Feed) -> None:
    """Reads one page of a feed's changes since its cursor. One call when nothing changed."""
    row = turn.begin(feed.name)
    if row is None:
        return
    every = timedelta(seconds=turn.context.config.service.poll_seconds)
    asked_at = turn.context.now()
    try:
        page = turn.tracker.changes(feed, row.cursor, asked_at)
        ours = turn.without_others(Sweep(page.readings))
        found, survivors = turn.with_survivors(_with_moved(turn, ours.readings))
        answer = Answer(found, asked_at, False, survivors)
    except ConnectorError as error:
        turn.fail(row, error)
        if len(turn.feeds) == 1 or concerns_all(error):
            raise
        return
    with turn.commits() as uow:
        turn.applied += apply_found(turn.context, uow, turn.name, answer)
        uow.cursors.advance(row, page.cursor, turn.context.now(), asked_at if page.more else asked_at + every)
        if ours.gone:
            uow.cursors.make_due(turn.name, SWEEP_FEED, turn.context.now())
    turn.answered = True


def _with_moved(turn: _Turn, readings: Sequence[Reading]) -> Sweep:
    """Asks by ref for issues that seem to have moved here. Taken for second ones, they would be closed; so where the
    place that they were in refuses us, they are left out until it says what became of them.
    """
    with turn.context.ledger.read() as uow:
        known = possibly_moved(uow, turn.name, readings)
    if not known:
        return Sweep(tuple(readings))
    try:
        found = turn.without_others(turn.tracker.read(list(known)))
    except ConnectorError as error:
        if len(turn.places) == 1 or concerns_all(error):
            raise
        arrived = {ref.ref for ref in known.values()}
        return Sweep(tuple(each for each in readings if each.issue.ref not in arrived))
    # One that is gone where it was, and has its marker here, is here.
    moved = {**{ref: known[ref] for ref in found.gone}, **found.moved}
    return Sweep((*found.readings, *readings), (), moved)


def _sweep(turn: _Turn) -> None:
    """Reads every known issue of a tracker by ref: finds what a label search misses, and what is gone.

    Each batch is committed by itself, and between two the turn does what cannot wait for the end of a long sweep.
    """
    row = turn.begin(SWEEP_FEED)
    if row is None:
        return
    turn.in_doubt = False
    with turn.context.ledger.read() as uow:
        issues = uow.issues.present(turn.name)
    vanished: list[str] = []
    for start in range(0, len(issues), turn.batch):
        if start:
            _read_due(turn, lambda: True)
            for feed in _due(turn, list(turn.feeds)):
                _poll(turn, turn.feeds[feed])
        try:
            batch = issues[start : start + turn.batch]
            answer, put_off = turn.read(batch)
        except ConnectorError as error:
            turn.fail(row, error)
            raise
        with turn.commits() as uow:
            turn.applied += apply_found(turn.context, uow, turn.name, answer)
        for place, again in put_off.items():
            with turn.commits() as uow:
                uow.issues.make_due([issue.id for issue in batch if issue.place == place], again)
        vanished += answer.found.gone
    now = turn.context.now()
    every = timedelta(seconds=0 if turn.in_doubt else turn.context.config.service.sweep_seconds)
    with turn.commits() as uow:
        settle_vanished(uow, turn.name, vanished, now)
        uow.cursors.readmit(turn.name, uow.cursors.refusals(turn.name).keys() - {issue.place for issue in issues})
        uow.cursors.advance(row, None, now, now + every)

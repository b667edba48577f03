"""How the sync with each source, target and channel stands, in one word and one sentence, with the cure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum

from config.model import Config, TargetConfig
from service.ledger import CursorRow, Instance, Target
from service.ledger.cursors import REFUSED
from service.ledger.queries import HookLine, QueueLine, SourceNotes
from service.usecases.durations import span

LATE_AFTER = timedelta(minutes=2)
MISSED_DAYS = 30
CHANNEL, TRACKER, SOURCE, LISTENER = "channel:", "tracker:", "source:", "listener:"


class SyncState(StrEnum):
    IN_STEP = "in step"
    LATE = "late"
    FAILING = "failing"
    PAUSED = "paused"
    OBSERVING = "observing"
    HELD = "held"


@dataclass(frozen=True, slots=True)
class SyncFacts:
    """What the ledger says of everything that comes in and goes out."""

    instance: Instance | None
    targets: Mapping[str, Target]
    queues: Mapping[str, QueueLine]
    hooks: Mapping[str, HookLine]
    cursors: Sequence[CursorRow]
    held: Mapping[str, int] = field(default_factory=dict)
    notes: Mapping[str, SourceNotes] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Trouble:
    """Why it is not in step, since when, and what to do."""

    state: SyncState
    sentence: str
    cure: str
    since: datetime | None = None
    code: str = ""


@dataclass(frozen=True, slots=True)
class Health:
    """One source, target, channel or listener (a tracker where it has a queue of its own); `kind` says which.

    `last_success`: what last worked of reading, writing or receiving. `waiting`: messages (for a source: deliveries,
    and what it is to be told) due now; `lag`: how long the first of them has waited. `missed`: postmortems of a source
    in the last 30 days that our own look found and no delivery announced.
    """

    kind: str
    name: str
    vendor: str
    trouble: Trouble | None
    last_success: datetime | None = None
    lag: timedelta | None = None
    waiting: int = 0
    later: int = 0
    dead: int = 0
    mode: str | None = None
    missed: int = 0

    @property
    def state(self) -> SyncState:
        return self.trouble.state if self.trouble else SyncState.IN_STEP

    @property
    def untouched(self) -> bool:
        """Whether nothing has come or gone yet, so that to call it in step would claim too much."""
        return self.trouble is None and self.last_success is None and self.waiting == 0


def assess(config: Config, facts: SyncFacts, now: datetime) -> tuple[Health, ...]:
    """Everything configured, sources first, in the order of the configuration."""
    sources = [_source(config, name, facts, now) for name in config.sources]
    targets = [_target(config, target, facts, now) for target in config.targets.values()]
    channels = [
        _outgoing("channel", (each.name, each.vendor), CHANNEL + each.name, facts, now)
        for each in config.channels.values()
    ]
    listeners = [
        _outgoing("listener", (each.name, each.vendor), LISTENER + each.name, facts, now)
        for each in config.listeners.values()
    ]
    trackers = [
        _outgoing("tracker", (each.name, each.vendor), TRACKER + each.name, facts, now)
        for each in config.trackers.values()
        if TRACKER + each.name in facts.targets
    ]
    busy = (line for line in trackers if line.trouble or line.waiting or line.dead)
    return (*sources, *busy, *targets, *channels, *listeners)


def _source(config: Config, name: str, facts: SyncFacts, now: datetime) -> Health:
    line = facts.hooks.get(name)
    reads = [cursor for cursor in facts.cursors if cursor.tracker == name]
    notes = facts.notes.get(name) or SourceNotes()
    told = facts.queues.get(SOURCE + name) or _nothing(name)
    trouble = _unread(line, now) or _reading(reads, now) or _silent(line, notes, now)
    if trouble is None and SOURCE + name in facts.targets:
        trouble = _sending(facts, SOURCE + name, name, now)
    heard = [line.last_at] if line else []
    return Health(
        kind="source",
        name=name,
        vendor=config.sources[name].vendor,
        trouble=trouble,
        last_success=max([*heard, *(read.ok_at for read in reads if read.ok_at)], default=None),
        lag=now - line.oldest if line and line.oldest else None,
        waiting=(line.waiting if line else 0) + told.waiting,
        later=told.later,
        dead=(line.dead if line else 0) + told.dead,
        missed=notes.missed,
    )


def _unread(line: HookLine | None, now: datetime) -> Trouble | None:
    if line is None:
        return None
    if line.last_state == "dead":
        return Trouble(
            SyncState.FAILING,
            line.last_error or "Its last delivery could not be read.",
            line.last_cure or "Look at it with afteraction dead-letters list.",
            line.last_at,
            "delivery.dead",
        )
    if line.oldest and now - line.oldest > LATE_AFTER:
        if line.failing:
            return Trouble(SyncState.FAILING, line.failing[0], line.failing[1], line.oldest, "delivery.failing")
        sentence = f"{line.waiting} deliveries wait to be read, the first for {span(now - line.oldest)}."
        return Trouble(SyncState.LATE, sentence, "Look whether a worker runs: afteraction worker.", line.oldest)
    return None


def _silent(line: HookLine | None, notes: SourceNotes, now: datetime) -> Trouble | None:
    if line is None or notes.silent_at is None:
        return None
    sentence = f"Nothing was announced for {span(now - line.last_at)}, which is longer than it was ever silent."
    if notes.missed:
        many = "1 postmortem" if notes.missed == 1 else f"{notes.missed} postmortems"
        sentence += f" Our own look found {many} meanwhile."
    cure = "Look at the sender whether it has switched its webhook off, and send a test delivery."
    return Trouble(SyncState.LATE, sentence, cure, notes.silent_at, "source.silent")


def _target(config: Config, target: TargetConfig, facts: SyncFacts, now: datetime) -> Health:
    row, queue = facts.targets.get(target.name), facts.queues.get(target.name) or _nothing(target.name)
    reads = _feeds_of(config, target, facts.cursors)
    trouble = (
        _paused(facts.instance, row, target.name)
        or _failing(row)
        or _reading(reads, now)
        or _waiting(queue, now)
        or _by_mode(target, facts.held.get(target.name, 0))
    )
    return Health(
        kind="target",
        name=target.name,
        vendor=config.trackers[target.tracker].vendor,
        mode=target.mode,
        trouble=trouble,
        last_success=_latest(row, reads),
        lag=now - queue.oldest if queue.oldest else None,
        waiting=queue.waiting,
        later=queue.later,
        dead=queue.dead,
    )


def _outgoing(kind: str, named: tuple[str, str], address: str, facts: SyncFacts, now: datetime) -> Health:
    """What only goes out: a channel, a listener, or what goes to a tracker as a whole and to none of its targets, which
    is looking up issues that are to be adopted. `named`: its name and its vendor.
    """
    row, queue = facts.targets.get(address), facts.queues.get(address) or _nothing(address)
    return Health(
        kind=kind,
        name=named[0],
        vendor=named[1],
        trouble=_sending(facts, address, named[0], now),
        last_success=_latest(row, ()),
        lag=now - queue.oldest if queue.oldest else None,
        waiting=queue.waiting,
        later=queue.later,
        dead=queue.dead,
    )


def _sending(facts: SyncFacts, address: str, name: str, now: datetime) -> Trouble | None:
    row, queue = facts.targets.get(address), facts.queues.get(address) or _nothing(address)
    return _paused(facts.instance, row, name) or _failing(row) or _waiting(queue, now)


def _feeds_of(config: Config, target: TargetConfig, cursors: Sequence[CursorRow]) -> list[CursorRow]:
    """The feeds by which a target is read: its place's own, and those of the whole tracker."""
    places = {other.place for other in config.targets.values()} - {target.place}
    others = places | {REFUSED + place for place in places}
    return [cursor for cursor in cursors if cursor.tracker == target.tracker and cursor.feed not in others]


def _paused(instance: Instance | None, row: Target | None, name: str) -> Trouble | None:
    if instance is not None and instance.paused_at is not None:
        sentence = f"Everything that leaves is paused: {instance.pause_reason or 'no reason was given'}"
        return Trouble(SyncState.PAUSED, _stop(sentence), "afteraction resume", instance.paused_at, "paused.all")
    if row is not None and row.paused_at is not None:
        sentence = f"Paused: {row.pause_reason or 'no reason was given'}"
        return Trouble(SyncState.PAUSED, _stop(sentence), f"afteraction resume {name}", row.paused_at, "paused")
    return None


def _failing(row: Target | None) -> Trouble | None:
    if row is None or row.failing_since is None:
        return None
    sentence = row.error or "The last call failed and gave no reason."
    return Trouble(SyncState.FAILING, sentence, row.cure or "", row.failing_since, row.error_code or "")


def _reading(reads: Sequence[CursorRow], now: datetime) -> Trouble | None:
    failing = next((read for read in reads if read.failing_since is not None), None)
    if failing is not None:
        sentence = failing.error or "Reading it failed and gave no reason."
        return Trouble(SyncState.FAILING, sentence, failing.cure or "", failing.failing_since, failing.error_code or "")
    late = next((read for read in reads if now - read.next_at > LATE_AFTER), None)
    if late is not None:
        last = f"Last read {span(now - late.ok_at)} ago" if late.ok_at else "Never read yet"
        sentence = f"{last}; it was due {span(now - late.next_at)} ago."
        return Trouble(SyncState.LATE, sentence, "Look whether clock and worker run.", late.next_at)
    return None


def _waiting(queue: QueueLine, now: datetime) -> Trouble | None:
    if queue.oldest is None or now - queue.oldest <= LATE_AFTER:
        return None
    many = "1 message waits" if queue.waiting == 1 else f"{queue.waiting} messages wait"
    sentence = f"{many} to leave, the first for {span(now - queue.oldest)}."
    return Trouble(SyncState.LATE, sentence, "Look whether a worker runs: afteraction worker.", queue.oldest)


def _by_mode(target: TargetConfig, held: int) -> Trouble | None:
    if target.mode == "observe":
        sentence = "Only observes: nothing is written there."
        return Trouble(SyncState.OBSERVING, sentence, f'Set mode = "hold" or "live" for target {target.name}.')
    if target.mode == "hold" and held:
        many = "1 new issue waits" if held == 1 else f"{held} new issues wait"
        return Trouble(SyncState.HELD, f"{many} for a person to release them.", "afteraction held list")
    return None


def _latest(row: Target | None, reads: Sequence[CursorRow]) -> datetime | None:
    written = [row.last_success_at] if row and row.last_success_at else []
    return max([*written, *(read.ok_at for read in reads if read.ok_at)], default=None)


def missed_sentence(count: int) -> str:
    many = "1 postmortem was" if count == 1 else f"{count} postmortems were"
    those = "it" if count == 1 else "them"
    return f"{many} found by our own look in the last {MISSED_DAYS} days: no delivery had announced {those}."


def _nothing(target: str) -> QueueLine:
    return QueueLine(target, waiting=0, later=0, retrying=0, dead=0, oldest=None)


def _stop(sentence: str) -> str:
    return sentence if sentence.endswith((".", "!", "?")) else sentence + "."

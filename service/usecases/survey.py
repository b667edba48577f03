"""Looks at the whole: whether promises are kept, whether the sync is healthy, and what needs a person."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Protocol

from config.model import Config
from connectors.spi import Finding
from service.ledger import Instance, Ledger, UnitOfWork, queries
from service.usecases.credentials import TokenLine, token_lines
from service.usecases.durations import days, span
from service.usecases.sync_health import MISSED_DAYS, Health, SyncFacts, SyncState, Trouble, assess

CLOCK_LATE = timedelta(seconds=15)
FEW = 5
KEPT, MOSTLY_KEPT = 0.9, 0.7


class Surveyed(Protocol):
    """What a survey needs of the wired parts. `faults`: connectors that did not load."""

    @property
    def config(self) -> Config: ...
    @property
    def ledger(self) -> Ledger: ...
    @property
    def now(self) -> Callable[[], datetime]: ...
    @property
    def faults(self) -> Sequence[Finding]: ...


@dataclass(frozen=True, slots=True)
class Survey:
    """What the overview, `afteraction status` and the metrics show. Days are days in UTC."""

    at: datetime
    instance: Instance | None
    tally: queries.Tally
    dead_letters: int
    health: tuple[Health, ...]
    beats: queries.Beats
    refusals: tuple[queries.Refusal, ...]
    faults: tuple[Finding, ...]
    tokens: tuple[TokenLine, ...] = ()

    @property
    def figures(self) -> queries.Figures:
        return self.tally.figures

    @property
    def needs(self) -> int:
        """How much waits for a person's decision; promises without a known owner are counted apart."""
        return self.dead_letters + self.figures.by_state["held"] + self.figures.flagged

    @property
    def today(self) -> date:
        return self.at.date()

    @property
    def clock_ok(self) -> bool:
        return self.beats.clock is not None and self.at - self.beats.clock <= CLOCK_LATE

    @property
    def empty(self) -> bool:
        return self.figures.postmortems == 0

    def in_state(self, state: SyncState) -> tuple[Health, ...]:
        return tuple(line for line in self.health if line.state is state)


def survey(parts: Surveyed) -> Survey:
    """One consistent look at the ledger."""
    with parts.ledger.read() as uow:
        return survey_in(parts, uow, parts.now())


def survey_in(parts: Surveyed, uow: UnitOfWork, now: datetime) -> Survey:
    """The same within a transaction that the caller has open."""
    connection = uow.connection
    facts = SyncFacts(
        instance=uow.instance.get(),
        targets={target.name: target for target in uow.targets.all()},
        queues=queries.queues(connection, now),
        hooks=queries.hooks(connection),
        cursors=uow.cursors.all(),
        held=queries.held_by_target(connection),
        notes=queries.source_notes(connection, now - timedelta(days=MISSED_DAYS)),
    )
    return Survey(
        at=now,
        instance=facts.instance,
        tally=queries.tally(connection, now.date()),
        dead_letters=sum(queue.dead for queue in facts.queues.values())
        + sum(hook.dead for hook in facts.hooks.values()),
        health=assess(parts.config, facts, now),
        beats=queries.beats(connection, now),
        refusals=tuple(queries.refusals(connection, now - timedelta(days=1))),
        faults=tuple(parts.faults),
        tokens=token_lines(parts.config, uow.credentials.all(), now),
    )


def promise_verdict(figures: queries.Figures) -> str:
    """In one sentence, whether promises are kept. Under `FEW` promises due no judgement is passed."""
    if figures.items == 0:
        return "Nothing has been promised yet."
    if figures.due == 0:
        return f"Nothing was due in the last {queries.WINDOW_DAYS} days, so there is nothing to judge yet."
    counted = f"{figures.kept} of {figures.due} due in the last {queries.WINDOW_DAYS} days were done on time."
    if figures.due < FEW:
        return f"Too few promises to judge: {counted}"
    rate = figures.kept / figures.due
    if rate >= KEPT:
        return f"Promises are kept: {counted}"
    return f"Promises are mostly kept: {counted}" if rate >= MOSTLY_KEPT else f"Promises are slipping: {counted}"


def overdue_sentence(figures: queries.Figures, today: date) -> str:
    """What is overdue and stalled now, and how long the oldest has been."""
    if figures.unfinished == 0:
        return "No action is open." if figures.items else ""
    if figures.overdue == 0:
        return f"None of {figures.unfinished} open actions is overdue; {_are(figures.stalled)} stalled."
    oldest = f", the oldest by {days((today - figures.oldest_due_on).days)}" if figures.oldest_due_on else ""
    return f"{_are(figures.overdue)} overdue{oldest}; {_are(figures.stalled)} stalled."


def _are(count: int) -> str:
    return {0: "none is", 1: "1 is"}.get(count, f"{count} are")


@dataclass(frozen=True, slots=True)
class SyncVerdict:
    """The worst of the sync in one sentence, with its cure; `more` counts further troubles."""

    state: SyncState
    sentence: str
    cure: str = ""
    more: int = 0


def sync_verdict(seen: Survey) -> SyncVerdict:
    """What matters most: no clock, then what did not load, then what fails, is late, is paused."""
    troubles = [*_of_the_house(seen), *_of_connections(seen)]
    if troubles:
        worst = troubles[0]
        return SyncVerdict(worst.state, worst.sentence, worst.cure, len(troubles) - 1)
    held = seen.in_state(SyncState.HELD)
    if held:
        trouble = held[0].trouble
        assert trouble is not None
        return SyncVerdict(trouble.state, f"{_title(held[0])}: {trouble.sentence}", trouble.cure, len(held) - 1)
    latest = max((line.last_success for line in seen.health if line.last_success), default=None)
    checked = f", checked {span(seen.at - latest)} ago" if latest else ""
    observing = len(seen.in_state(SyncState.OBSERVING))
    but = f"; {observing} only observe{'s' if observing == 1 else ''}" if observing else ""
    return SyncVerdict(SyncState.IN_STEP, f"Everything is in step{checked}{but}.")


def _of_the_house(seen: Survey) -> list[SyncVerdict]:
    found = []
    if not seen.clock_ok:
        beat = seen.beats.clock
        since = f"has not beaten for {span(seen.at - beat)}" if beat else "has never run on this ledger"
        sentence = f"The clock {since}: nothing is read, sent or escalated."
        found.append(SyncVerdict(SyncState.FAILING, sentence, "Start it with afteraction clock."))
    elif seen.beats.workers == 0:
        sentence = "No worker has beaten lately: what is due waits."
        found.append(SyncVerdict(SyncState.FAILING, sentence, "Start one with afteraction worker."))
    found += [SyncVerdict(SyncState.FAILING, fault.sentence, fault.cure) for fault in seen.faults]
    return found


def _of_connections(seen: Survey) -> list[SyncVerdict]:
    order = (SyncState.FAILING, SyncState.LATE, SyncState.PAUSED)
    lines = [line for state in order for line in seen.in_state(state)]
    found = [(line, line.trouble) for line in lines if line.trouble]
    return [
        SyncVerdict(trouble.state, f"{_title(line)} {_verb(trouble, seen.at)}: {trouble.sentence}", trouble.cure)
        for line, trouble in found
    ]


def _title(line: Health) -> str:
    return f"{line.kind.capitalize()} {line.name}"


def _verb(trouble: Trouble, now: datetime) -> str:
    words = {SyncState.FAILING: "has failed", SyncState.LATE: "is late", SyncState.PAUSED: "is paused"}
    return f"{words[trouble.state]} for {span(now - trouble.since)}" if trouble.since else words[trouble.state]

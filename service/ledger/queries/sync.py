"""Whether the sync is healthy: queues, hooks, beats and refusals."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Connection, func, select, text
from sqlalchemy.exc import SQLAlchemyError

from service.ledger.instance import WORKER_ALIVE
from service.ledger.tables import action_items, deliveries, journal, outbox
from service.ledger.tables import beats as beat_rows
from service.ledger.tables import refusals as refusal_rows
from service.ledger.unit_of_work import Ledger

CLOCK = "clock"

# Written out, not bound: only then does the database see that a partial index covers the question.
_IN_FLIGHT = text("outbox.state in ('due', 'dead')")
_NEW = text("deliveries.state = 'new'")
DEAD_DELIVERY = text("deliveries.state = 'dead'")


@dataclass(frozen=True, slots=True)
class QueueLine:
    """One target's outbox. `waiting`: due now; `later`: due at a later instant; `oldest`: since when the first waits.

    `retrying`: of both, tried at least once.
    """

    target: str
    waiting: int
    later: int
    retrying: int
    dead: int
    oldest: datetime | None


@dataclass(frozen=True, slots=True)
class HookLine:
    """What came in under one hook's name. `waiting`: stored and not yet read; `failing`: why one of those could not be
    read when it was tried, and the cure.
    """

    hook: str
    last_at: datetime
    last_state: str
    last_error: str | None
    last_cure: str | None
    waiting: int
    oldest: datetime | None
    dead: int
    failing: tuple[str, str] | None = None


@dataclass(frozen=True, slots=True)
class Beats:
    """Who is alive: the clock's last beat, and how many workers have beaten lately."""

    clock: datetime | None
    workers: int
    worker: datetime | None


@dataclass(frozen=True, slots=True)
class Refusal:
    hook: str
    reason: str
    count: int
    last_at: datetime


def queues(connection: Connection, now: datetime) -> dict[str, QueueLine]:
    o = outbox.c
    due = o.state == "due"
    rows = connection.execute(
        select(
            o.target,
            func.count().filter(due, o.due_at <= now).label("waiting"),
            func.count().filter(due, o.due_at > now).label("later"),
            func.count().filter(due, o.attempts > 0).label("retrying"),
            func.count().filter(o.state == "dead").label("dead"),
            func.min(o.due_at).filter(due, o.due_at <= now).label("oldest"),
        )
        .where(_IN_FLIGHT)
        .group_by(o.target)
    )
    return {row.target: QueueLine(**row._mapping) for row in rows}


def hooks(connection: Connection) -> dict[str, HookLine]:
    d = deliveries.c
    newest = select(func.max(d.id)).group_by(d.hook)
    last = connection.execute(
        select(d.hook, d.received_at, d.state, d.error, d.cure).where(d.id.in_(newest)).order_by(d.hook)
    ).all()
    waiting = connection.execute(
        select(d.hook, func.count().label("n"), func.min(d.received_at).label("oldest")).where(_NEW).group_by(d.hook)
    )
    dead = connection.execute(select(d.hook, func.count().label("n")).where(DEAD_DELIVERY).group_by(d.hook))
    tried = connection.execute(select(d.hook, d.error, d.cure).where(_NEW, d.error.is_not(None)).order_by(d.id.desc()))
    failing = {row.hook: (row.error, row.cure or "") for row in tried}
    queue = {row.hook: (row.n, row.oldest) for row in waiting}
    letters = {row.hook: row.n for row in dead}
    return {
        row.hook: HookLine(
            row.hook,
            row.received_at,
            row.state,
            row.error,
            row.cure,
            *queue.get(row.hook, (0, None)),
            letters.get(row.hook, 0),
            failing.get(row.hook),
        )
        for row in last
    }


def beats(connection: Connection, now: datetime) -> Beats:
    b = beat_rows.c
    worker = b.name.like("worker:%")
    row = connection.execute(
        select(
            func.max(b.at).filter(b.name == CLOCK).label("clock"),
            func.count().filter(worker, b.at > now - WORKER_ALIVE).label("workers"),
            func.max(b.at).filter(worker).label("worker"),
        )
    ).one()
    return Beats(**row._mapping)


@dataclass(frozen=True, slots=True)
class SourceNotes:
    """What was noted of a source: postmortems that nobody announced, and since when its silence is told."""

    missed: int = 0
    silent_at: datetime | None = None


def source_notes(connection: Connection, since: datetime) -> dict[str, SourceNotes]:
    """`since`: from when on what was missed is counted."""
    j = journal.c
    of_sources = j.subject_kind == "source"
    rows = connection.execute(
        select(
            j.subject,
            func.count().filter(j.event == "postmortem.missed", j.at >= since).label("missed"),
            func.max(j.at).filter(j.event == "source.silent").label("silent"),
            func.max(j.at).filter(j.event == "source.heard").label("heard"),
        )
        .where(of_sources, j.event.in_(("postmortem.missed", "source.silent", "source.heard")))
        .group_by(j.subject)
    )
    return {row.subject: SourceNotes(int(row.missed), _unless_heard(row.silent, row.heard)) for row in rows}


def _unless_heard(silent: datetime | None, heard: datetime | None) -> datetime | None:
    return None if silent is not None and heard is not None and heard >= silent else silent


def refusals(connection: Connection, since: datetime) -> list[Refusal]:
    r = refusal_rows.c
    rows = connection.execute(
        select(r.hook, r.reason, func.sum(r.count).label("times"), func.max(r.minute).label("last_at"))
        .where(r.minute >= since - timedelta(minutes=1))
        .group_by(r.hook, r.reason)
        .order_by(func.sum(r.count).desc(), r.hook, r.reason)
    )
    return [Refusal(row.hook, row.reason, int(row.times), row.last_at) for row in rows]


def held_by_target(connection: Connection) -> dict[str, int]:
    """How many items each target's mode holds back."""
    a = action_items.c
    rows = connection.execute(
        select(a.target, func.count().label("n"))
        .where(a.state == "held", a.target.is_not(None), a.attention_code == "hold")
        .group_by(a.target)
    )
    return {row.target: row.n for row in rows}


def answers(ledger: Ledger) -> bool:
    """Whether the database answers a question at all."""
    try:
        with ledger.read() as uow:
            return bool(uow.connection.execute(text("select 1")).scalar_one() == 1)
    except SQLAlchemyError:
        return False

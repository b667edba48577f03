"""Asks each source that has a list what it finalized, and fetches what no delivery announced.

Senders switch an endpoint off after failures, and nobody notices: so each list is asked daily, and again whenever we
were away, and a source that falls silent is told.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from datetime import datetime, timedelta

from connectors.spi import ConnectorError, Finalized, Source
from service.ledger import CursorRow, UnitOfWork
from service.ledger.cursors import LISTED
from service.ledger.inbox import Rhythm, swept_key
from service.usecases.context import Context, said
from service.usecases.deliveries import FIRST_LOOK, ask_for
from service.usecases.operators import SOURCE_SILENT, tell_operators
from service.usecases.reconcile import rest_after

SWEPT = "source.swept"
SILENT, HEARD = "source.silent", "source.heard"
# Senders give an endpoint up after days, some after three failures; a restart takes seconds.
AWAY = timedelta(minutes=10)
# Below five deliveries no gap says anything, and no team has an incident every fortnight for certain.
FEW, QUIET_FLOOR = 5, timedelta(days=14)
SPEND_SECONDS = 20.0
# How often what is final is looked at again, for how long, and how many at most in one sweep.
LOOK_AGAIN, FOLLOWED, MOST_AGAIN = timedelta(days=7), timedelta(days=90), 100


def sweep_sources(context: Context) -> int:
    """Asks every list that is due; returns how many postmortems are to be fetched."""
    ends = time.monotonic() + SPEND_SECONDS
    found = 0
    for name, source in context.sources.items():
        more = source.capabilities.lists
        while more and time.monotonic() < ends:
            asked, more = _ask(context, name, source)
            found += asked
    return found


def came_back(uow: UnitOfWork, name: str, now: datetime) -> bool:
    """Whether a process that beats now was away for longer than a restart takes; then every list is asked now."""
    last = uow.instance.last_beat(name)
    away = last is not None and now - last > AWAY
    if away:
        uow.cursors.make_lists_due(now)
        data = {"process": name, "since": last}
        uow.journal.append("instance.was_away", ("instance", name), now, data)
    return away


def _ask(context: Context, name: str, source: Source) -> tuple[int, bool]:
    """One page: how many of it are to be fetched, and whether there is more to ask for now."""
    turn = _turn(context, name, source)
    if turn is None:
        return 0, False
    asked_at = context.now()
    try:
        page = source.finalized_since(turn.cursor)
    except ConnectorError as error:
        with context.ledger.begin() as uow:
            now = context.now()
            uow.cursors.fail(turn, said(error), now, now + rest_after(error, turn.failing_since, now))
            uow.commit()
        return 0, False
    if page is None:
        return 0, False
    every = timedelta(seconds=source.capabilities.sweep_seconds)
    with context.ledger.begin() as uow:
        wanted = _wanted(uow, name, source, page)
        wanted += [] if page.more else _long_unseen(uow, name, source, asked_at)
        _ask_for(uow, name, wanted, asked_at)
        if not page.more and uow.journal.latest(("source", name), [SWEPT]) is None:
            uow.journal.append(SWEPT, ("source", name), asked_at)
        # Lost to another worker, or rewound meanwhile: then what this page held is asked for again.
        if uow.cursors.advance(turn, page.cursor, asked_at, asked_at if page.more else asked_at + every):
            uow.commit()
    return len(wanted), page.more


def _turn(context: Context, name: str, source: Source) -> CursorRow | None:
    with context.ledger.begin() as uow:
        lease = (uow.clock(), 1.25 * source.capabilities.call_seconds + 5)
        turn = uow.cursors.take_turn(name, context.now(), lease, LISTED)
        uow.commit()
    return turn


def _wanted(uow: UnitOfWork, name: str, source: Source, page: Finalized) -> list[str]:
    """What is not yet here as final, and of a list of changes all; but for what is asked for already."""
    new = []
    for source_id in dict.fromkeys(page.source_ids):
        known = uow.postmortems.find(name, source_id)
        here = known is not None and known.status == "final" and not source.capabilities.lists_changes
        if not here and not uow.inbox.asks_for(name, source_id):
            new.append(source_id)
    return new


def _long_unseen(uow: UnitOfWork, name: str, source: Source, now: datetime) -> list[str]:
    """What is final here and was not looked at lately: a list says what became final, and not what was then changed or
    taken back without a webhook that reached us.
    """
    if not source.capabilities.fetches or source.capabilities.lists_changes:
        return []
    found = uow.postmortems.unseen(name, seen_before=now - LOOK_AGAIN, final_since=now - FOLLOWED, most=MOST_AGAIN)
    return [source_id for source_id in found if not uow.inbox.asks_for(name, source_id, ("new", "dead"))]


def _ask_for(uow: UnitOfWork, name: str, source_ids: Sequence[str], now: datetime) -> None:
    first = uow.journal.latest(("source", name), [SWEPT]) is None
    for source_id in source_ids:
        headers = {FIRST_LOOK: "1"} if first else {}
        ask_for(uow, (name, source_id), swept_key(source_id, now.isoformat()), now, headers)


def watch_silence(context: Context) -> int:
    """Notes, once a spell, each source that is silent for longer than it ever was; returns how many are."""
    now = context.now()
    count = 0
    with context.ledger.begin() as uow:
        for name, source in context.sources.items():
            if source.hook is None:
                continue
            rhythm, subject = uow.inbox.rhythm(name), ("source", name)
            noted = uow.journal.latest(subject, [SILENT, HEARD]) == SILENT
            silent = rhythm is not None and is_silent(rhythm, now)
            count += silent
            if silent and not noted and rhythm is not None:
                data = {"last_at": rhythm.last_at, "longest_days": rhythm.longest.days}
                uow.journal.append(SILENT, subject, now, data)
            if silent and rhythm is not None:
                tell_operators(context, uow, (SOURCE_SILENT, name, rhythm.last_at.isoformat()), now)
            if noted and not silent:
                uow.journal.append(HEARD, subject, now)
        uow.commit()
    return count


def is_silent(rhythm: Rhythm, now: datetime) -> bool:
    """Longer than it ever was, never less than a fortnight, and only where enough was heard to have a rhythm."""
    return rhythm.count >= FEW and now - rhythm.last_at > max(rhythm.longest, QUIET_FLOOR)

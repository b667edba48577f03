"""Reads stored deliveries: a source's become revisions, a tracker's make their issues due for a read."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta

from connectors.spi import (
    ConnectorError,
    FetchById,
    Ignored,
    PostmortemDocument,
    Source,
    Touched,
    Tracker,
    Unavailable,
    Unreadable,
)
from service.domain.facts import PostmortemFacts
from service.ledger import Delivery, UnitOfWork
from service.ledger.inbox import SPLIT, SWEPT
from service.usecases.absorb import absorb
from service.usecases.context import Context, said
from service.usecases.understand import Understood, understand

LEAST_LEASE_SECONDS = 60.0
KEEP_TRYING = timedelta(days=7)
FETCH_AGAIN = 3
MISSED = "postmortem.missed"
# A header of ours on what the first look at a source's list found.
FIRST_LOOK = "x-afteraction-first-look"
NOTHING = "The source has no postmortem under this id, and neither have we."


def absorb_due(context: Context, go_on: Callable[[], bool]) -> int:
    """Reads due deliveries until none is left or `go_on` says stop. Returns how many were looked at."""
    done = 0
    while go_on():
        delivery = _claim(context)
        if delivery is None:
            return done
        done += 1
        if delivery.state == "new":
            _read(context, delivery)
    return done


def _claim(context: Context) -> Delivery | None:
    with context.ledger.begin() as uow:
        delivery = uow.inbox.claim(context.now(), uow.clock(), _lease_seconds(context))
        uow.commit()
    return delivery


def _lease_seconds(context: Context) -> float:
    """Longer than any source may take: whoever holds a delivery for longer is taken to have died of it."""
    asked = (source.capabilities for source in context.sources.values())
    slowest = max((each.call_seconds for each in asked if each.fetches or each.lists), default=0.0)
    return max(LEAST_LEASE_SECONDS, 1.25 * FETCH_AGAIN * slowest)


def _read(context: Context, delivery: Delivery) -> None:
    try:
        tracker = context.trackers.get(delivery.hook)
        source = context.sources.get(delivery.hook)
        if tracker is not None:
            _note_touched(context, delivery, tracker)
        elif source is not None:
            _take_in(context, delivery, source)
        else:
            sentence = f"Nothing named {delivery.hook} is configured any more."
            raise Unreadable("inbox.unknown_hook", sentence, "Configure it again, then retry this delivery.")
    except ConnectorError as error:
        _fail(context, delivery, error)


def _fail(context: Context, delivery: Delivery, error: ConnectorError) -> None:
    now = context.now()
    wait = timedelta(seconds=max(min(600.0, 2.0 ** min(delivery.attempts, 10)), error.retry_after or 0.0))
    hopeless = isinstance(error, Unreadable) or now - delivery.received_at > KEEP_TRYING
    with context.ledger.begin() as uow:
        uow.inbox.fail(delivery, said(error), None if hopeless else now + wait)
        data = {"code": error.code, "why": error.sentence}
        uow.journal.append("delivery.failed", ("delivery", delivery.id), now, data)
        uow.commit()


def _note_touched(context: Context, delivery: Delivery, tracker: Tracker) -> None:
    touched = tracker.touched(delivery.headers, delivery.body or b"")
    now = context.now()
    with context.ledger.begin() as uow:
        if isinstance(touched, Touched):
            known = uow.issues.by_refs(delivery.hook, touched.refs)
            uow.issues.make_due([issue.id for issue in known.values()], now)
            outcome = f"{len(known)} issues are due for a read."
            uow.inbox.finish(delivery, "done" if known else "ignored", outcome)
        else:
            uow.inbox.finish(delivery, "ignored", touched.reason)
        uow.commit()


def _take_in(context: Context, delivery: Delivery, source: Source) -> None:
    asked = asked_for(delivery)
    parsed = source.parse(delivery.headers, delivery.body or b"") if asked is None else FetchById((asked,))
    if isinstance(parsed, Ignored):
        with context.ledger.begin() as uow:
            uow.inbox.finish(delivery, "ignored", parsed.reason)
            uow.commit()
    elif isinstance(parsed, PostmortemDocument):
        _commit(context, delivery, _understand(context, delivery, parsed))
    elif len(parsed.source_ids) == 1:
        _fetch(context, delivery, source, parsed.source_ids[0])
    else:
        _split(context, delivery, parsed.source_ids)


def asked_for(delivery: Delivery) -> str | None:
    """The id in a delivery of our own making, which asks for one postmortem; None: a sender's."""
    if not delivery.key.startswith((SWEPT, SPLIT)):
        return None
    try:
        return str(json.loads(delivery.body or b"")["source_id"])
    except (ValueError, KeyError, TypeError):
        return None


def ask_for(
    uow: UnitOfWork, asked: tuple[str, str], key: str, now: datetime, headers: Mapping[str, str] | None = None
) -> bool:
    """Puts a delivery of our own making into the inbox, so that what we found is as safe as what was sent. `asked`: the
    source's name, and the postmortem's id there.
    """
    source, source_id = asked
    return uow.inbox.store(source, key, headers or {}, json.dumps({"source_id": source_id}).encode(), now)


def _split(context: Context, delivery: Delivery, source_ids: tuple[str, ...]) -> None:
    """Each id becomes a delivery of its own, which is fetched, tried again and given up by itself."""
    now = context.now()
    with context.ledger.begin() as uow:
        for source_id in dict.fromkeys(source_ids):
            ask_for(uow, (delivery.hook, source_id), f"{SPLIT}{delivery.id}:{source_id}", now)
        if uow.inbox.finish(delivery, "done", f"It names {len(set(source_ids))} documents, each of which is fetched."):
            uow.commit()


def _fetch(context: Context, delivery: Delivery, source: Source, source_id: str) -> None:
    for _ in range(FETCH_AGAIN):
        with context.ledger.read() as uow:
            seen = uow.postmortems.latest_revision()
        if _commit(context, delivery, _understand(context, delivery, source.fetch(source_id)), seen):
            return
    sentence = f"{source_id} changed each of the {FETCH_AGAIN} times that it was fetched."
    raise Unavailable("inbox.changing", sentence, "Nothing to do: it is fetched again later.")


def _understand(context: Context, delivery: Delivery, document: PostmortemDocument) -> Understood:
    return understand(delivery.hook, document, context.config.sources[delivery.hook].visibility)


def _commit(context: Context, delivery: Delivery, understood: Understood, seen: int | None = None) -> bool:
    """False if a revision of the postmortem came while its document was being fetched: what we hold may be older.

    `seen`: the latest revision of all that the ledger had before the fetch.
    """
    now = context.now()
    with context.ledger.begin() as uow:
        facts = understood.facts
        # A deletion with a number is kept all the same: the revisions before it may come after it.
        unnumbered = seen is not None or understood.revision is None
        known = uow.postmortems.find(facts.source, facts.source_id)
        if facts.status == "deleted" and unnumbered and known is None:
            uow.inbox.finish(delivery, "ignored", NOTHING)
            uow.commit()
            return True
        # Locked before it is compared: whoever is about to commit a newer revision has the lock until then.
        if seen is not None and uow.postmortems.revised_since(uow.postmortems.lock(facts, now), seen):
            return False
        absorbed = absorb(context, uow, understood, delivery.id, now, fetched=seen is not None)
        uow.journal.append("delivery.absorbed", ("delivery", delivery.id), now, {"outcome": absorbed.outcome})
        if absorbed.outcome == "applied":
            _note_missed(context, uow, delivery, facts, now)
        # Under a stale fence another worker has taken this delivery: what it makes of it is the same.
        if uow.inbox.finish(delivery, "done", absorbed.sentence):
            uow.commit()
    return True


def _note_missed(context: Context, uow: UnitOfWork, delivery: Delivery, facts: PostmortemFacts, now: datetime) -> None:
    """What our own look found, though its tool should have announced it. The first look finds what was there before."""
    source, subject = context.sources[delivery.hook], ("source", delivery.hook)
    if not delivery.key.startswith(SWEPT) or source.hook is None or delivery.headers.get(FIRST_LOOK):
        return
    uow.journal.append(MISSED, subject, now, {"postmortem": facts.source_id, "status": facts.status})

"""Reads stored deliveries: a source's become revisions, a tracker's make their issues due for a read."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

from connectors.spi import (
    ConnectorError,
    Ignored,
    PostmortemDocument,
    Source,
    Touched,
    Tracker,
    Unavailable,
    Unreadable,
)
from service.ledger import Delivery
from service.usecases.absorb import absorb
from service.usecases.context import Context, said
from service.usecases.understand import Understood, understand

LEASE_SECONDS = 60.0
KEEP_TRYING = timedelta(days=7)
FETCH_AGAIN = 3


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
        delivery = uow.inbox.claim(context.now(), uow.clock(), LEASE_SECONDS)
        uow.commit()
    return delivery


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
    hopeless = error.permanent or now - delivery.received_at > KEEP_TRYING
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
    parsed = source.parse(delivery.headers, delivery.body or b"")
    if isinstance(parsed, Ignored):
        with context.ledger.begin() as uow:
            uow.inbox.finish(delivery, "ignored", parsed.reason)
            uow.commit()
        return
    if isinstance(parsed, PostmortemDocument):
        _commit(context, delivery, _understand(context, delivery, parsed))
    else:
        for source_id in parsed.source_ids:
            # Only with the last of them is the delivery done: a process that dies before it fetches them all again.
            _fetch(context, delivery, source, source_id, last=source_id == parsed.source_ids[-1])


def _fetch(context: Context, delivery: Delivery, source: Source, source_id: str, *, last: bool) -> None:
    for _ in range(FETCH_AGAIN):
        with context.ledger.read() as uow:
            seen = uow.postmortems.latest_revision()
        if _commit(context, delivery, _understand(context, delivery, source.fetch(source_id)), seen, last=last):
            return
    sentence = f"{source_id} changed each of the {FETCH_AGAIN} times that it was fetched."
    raise Unavailable("inbox.changing", sentence, "Nothing to do: it is fetched again later.")


def _understand(context: Context, delivery: Delivery, document: PostmortemDocument) -> Understood:
    return understand(delivery.hook, document, context.config.sources[delivery.hook].visibility)


def _commit(
    context: Context, delivery: Delivery, understood: Understood, seen: int | None = None, *, last: bool = True
) -> bool:
    """False if a revision of the postmortem came while its document was being fetched: what we hold may be older.

    `seen`: the latest revision of all that the ledger had before the fetch; `last`: the delivery is done with it.
    """
    now = context.now()
    with context.ledger.begin() as uow:
        # Locked before it is compared: whoever is about to commit a newer revision has the lock until then.
        if seen is not None and uow.postmortems.revised_since(uow.postmortems.lock(understood.facts, now), seen):
            return False
        absorbed = absorb(context, uow, understood, delivery.id, now)
        uow.journal.append("delivery.absorbed", ("delivery", delivery.id), now, {"outcome": absorbed.outcome})
        # Under a stale fence another worker has taken this delivery: what it makes of it is the same.
        if not last or uow.inbox.finish(delivery, "done", absorbed.sentence):
            uow.commit()
    return True

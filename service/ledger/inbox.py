"""Deliveries: stored once with their bytes before the answer, read afterwards by whichever worker claims them."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from itertools import pairwise

from sqlalchemy import Connection, and_, func, or_, select, update

from service.ledger.rows import Delivery, read_row
from service.ledger.sql import adds_row, insert_into
from service.ledger.tables import deliveries, refusals

MAX_DEATHS = 3
# How the keys of what no sender sent begin: handed in by a person, found by our own look, split off from another.
HANDED_IN, SWEPT, SPLIT = "ingest:", "sweep:", "split:"
_NOT_SENT = (HANDED_IN, SWEPT, SPLIT)


@dataclass(frozen=True, slots=True)
class Rhythm:
    """How often a hook was heard: deliveries, the last, and the longest gap between two of their days."""

    count: int
    last_at: datetime
    longest: timedelta


class Inbox:
    """The inbox within one transaction."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def store(self, hook: str, key: str, headers: Mapping[str, str], body: bytes, now: datetime) -> bool:
        """Stores a delivery; True if it is new. The same key with another body is kept beside the first."""
        digest = hashlib.sha256(body).hexdigest()
        values = {
            "hook": hook,
            "key": key,
            "body_digest": digest,
            "received_at": now,
            "headers": dict(headers),
            "body": body,
            "due_at": now,
        }
        if adds_row(self._connection, deliveries, **values):
            return True
        # A repeated dead letter runs again: the sender's "redeliver" button is somebody's wish to see it work.
        self._connection.execute(
            update(deliveries)
            .where(deliveries.c.hook == hook, deliveries.c.key == key, deliveries.c.body_digest == digest)
            .values(repeats=deliveries.c.repeats + 1)
        )
        self._connection.execute(
            update(deliveries)
            .where(
                deliveries.c.hook == hook,
                deliveries.c.key == key,
                deliveries.c.body_digest == digest,
                deliveries.c.state == "dead",
            )
            .values(state="new", due_at=now, attempts=0, deaths=0, lease_until=None)
        )
        return False

    def refuse(self, hook: str, reason: str, now: datetime) -> None:
        """Counts a refused request by hook and minute; its content is never kept."""
        minute = now.replace(second=0, microsecond=0)
        self._connection.execute(
            insert_into(self._connection, refusals)
            .values(hook=hook, minute=minute, reason=reason, count=1)
            .on_conflict_do_update(index_elements=["hook", "minute", "reason"], set_={"count": refusals.c.count + 1})
        )

    def claim(self, now: datetime, clock: float, lease_seconds: float) -> Delivery | None:
        """The oldest due delivery, leased; its attempt is counted. None when nothing is due."""
        free = or_(deliveries.c.lease_until.is_(None), deliveries.c.lease_until < clock)
        row = self._connection.execute(
            select(deliveries)
            .where(deliveries.c.state == "new", deliveries.c.due_at <= now, free)
            .order_by(deliveries.c.due_at, deliveries.c.id)
            .limit(1)
            .with_for_update(skip_locked=True)
        ).first()
        if row is None:
            return None
        died = row.lease_until is not None
        values = {
            "lease_until": clock + lease_seconds,
            "fence": row.fence + 1,
            "attempts": row.attempts + 1,
            "deaths": row.deaths + (1 if died else 0),
        }
        if values["deaths"] >= MAX_DEATHS:
            values |= {
                "state": "dead",
                "lease_until": None,
                "error_code": "inbox.quarantined",
                "error": f"The process that read this delivery died {MAX_DEATHS} times.",
                "cure": "Look at its body with dead-letters show; retry it once the cause is mended.",
            }
        self._connection.execute(update(deliveries).where(deliveries.c.id == row.id).values(**values))
        return self.get(row.id)

    def get(self, delivery_id: int) -> Delivery | None:
        row = self._connection.execute(select(deliveries).where(deliveries.c.id == delivery_id)).first()
        return read_row(Delivery, row) if row else None

    def finish(self, delivery: Delivery, state: str, outcome: str) -> bool:
        """Ends a claimed delivery as done or ignored; False if another process has taken it meanwhile."""
        values = {"state": state, "outcome": outcome, "lease_until": None}
        return self._settle(delivery, **values, error_code=None, error=None, cure=None, deaths=0)

    def fail(self, delivery: Delivery, error: tuple[str, str, str], again_at: datetime | None) -> bool:
        """Due again at an instant, or (None) a dead letter. `error`: machine word, sentence, cure."""
        code, sentence, cure = error
        values = {"error_code": code, "error": sentence, "cure": cure, "lease_until": None, "deaths": 0}
        if again_at is None:
            return self._settle(delivery, **values, state="dead")
        return self._settle(delivery, **values, due_at=again_at)

    def _settle(self, delivery: Delivery, **values: object) -> bool:
        done = self._connection.execute(
            update(deliveries)
            .where(and_(deliveries.c.id == delivery.id, deliveries.c.fence == delivery.fence))
            .values(**values)
        )
        return done.rowcount == 1

    def revive(self, delivery_id: int, now: datetime) -> bool:
        """A dead letter is due again, by a person's decision."""
        done = self._connection.execute(
            update(deliveries)
            .where(deliveries.c.id == delivery_id, deliveries.c.state == "dead")
            .values(state="new", due_at=now, attempts=0, deaths=0, lease_until=None)
        )
        return done.rowcount == 1

    def discard(self, delivery_id: int) -> bool:
        done = self._connection.execute(
            update(deliveries)
            .where(deliveries.c.id == delivery_id, deliveries.c.state == "dead")
            .values(state="discarded")
        )
        return done.rowcount == 1

    def dead(self) -> list[Delivery]:
        rows = self._connection.execute(
            select(deliveries).where(deliveries.c.state == "dead").order_by(deliveries.c.id)
        )
        return [read_row(Delivery, row) for row in rows]

    def erase_bodies(self, before: datetime) -> int:
        """Forgets the bytes of settled deliveries received before an instant; their keys stay."""
        done = self._connection.execute(
            update(deliveries)
            .where(deliveries.c.received_at < before, deliveries.c.state.in_(("done", "ignored", "discarded")))
            .where(deliveries.c.body.is_not(None))
            .values(body=None)
        )
        return done.rowcount

    def anything_due(self, now: datetime, clock: float) -> bool:
        free = or_(deliveries.c.lease_until.is_(None), deliveries.c.lease_until < clock)
        found = select(deliveries.c.id).where(deliveries.c.state == "new", deliveries.c.due_at <= now, free).limit(1)
        return self._connection.execute(found).first() is not None

    def rhythm(self, hook: str) -> Rhythm | None:
        """How often its sender was heard; None if never."""
        of_sender = [deliveries.c.hook == hook, *(deliveries.c.key.not_like(f"{each}%") for each in _NOT_SENT)]
        seen = select(func.count().label("n"), func.max(deliveries.c.received_at).label("last")).where(*of_sender)
        row = self._connection.execute(seen).one()
        if not row.n:
            return None
        day = func.date(deliveries.c.received_at)
        found = self._connection.execute(select(day.label("day")).where(*of_sender).distinct().order_by(day))
        days = [date.fromisoformat(str(each.day)) for each in found]
        longest = max((later - earlier for earlier, later in pairwise(days)), default=timedelta())
        return Rhythm(int(row.n), row.last, longest)

    def asks_for(self, hook: str, source_id: str, states: Sequence[str] = ("new",)) -> bool:
        """Whether a look of ours has asked for it and is in one of these states: as it is, not yet read."""
        found = select(deliveries.c.id).where(
            deliveries.c.hook == hook, deliveries.c.state.in_(states), deliveries.c.key.startswith(SWEPT)
        )
        mine = deliveries.c.key.startswith(swept_key(source_id, ""), autoescape=True)
        return self._connection.execute(found.where(mine).limit(1)).first() is not None

    def waiting(self) -> int:
        count = select(func.count()).select_from(deliveries).where(deliveries.c.state == "new")
        return int(self._connection.execute(count).scalar_one())


def swept_key(source_id: str, stamp: str) -> str:
    """The key of the delivery by which a look of ours asks for a postmortem."""
    return f"{SWEPT}{source_id} at {stamp}"

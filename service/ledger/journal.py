"""Append-only facts. Writers never wait for each other; the sealer chains what was committed, within seconds."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Collection, Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, insert, select, update

from service.domain.facts import SERVICE, Actor
from service.ledger.sql import adds_row
from service.ledger.tables import decisions, instance, journal, payloads

SEAL_BATCH = 500
VERIFY_BATCH = 1000

_ADD = insert(journal)


class Journal:
    """The journal within one transaction."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def append(
        self,
        event: str,
        subject: tuple[str, object],
        now: datetime,
        data: Mapping[str, Any] | None = None,
        actor: Actor = SERVICE,
    ) -> None:
        """Adds a fact about `subject`, a pair of kind and id. `data` is kept as an erasable payload, by digest."""
        digest = self.keep(json.dumps(data, sort_keys=True, default=str).encode()) if data else None
        row = {"at": now, "actor_kind": actor.kind, "actor": actor.name, "event": event, "payload_digest": digest}
        self._connection.execute(_ADD, {**row, "subject_kind": subject[0], "subject": str(subject[1])})

    def keep(self, body: bytes) -> str:
        """Keeps a payload once, by its digest."""
        digest = hashlib.sha256(body).hexdigest()
        adds_row(self._connection, payloads, digest=digest, body=body)
        return digest

    def decide(self, actor: Actor, action: str, subject: tuple[str, object], reason: str, now: datetime) -> None:
        """Records a person's decision, with its journal entry."""
        name = f"{subject[0]}:{subject[1]}"
        self._connection.execute(
            insert(decisions).values(
                at=now, actor=actor.name, role=actor.role.value, action=action, subject=name, reason=reason, data={}
            )
        )
        self.append(f"decision.{action}", subject, now, {"reason": reason}, actor)

    def history(self, subject_kind: str, subject: object) -> list[Row[Any]]:
        """All facts about a subject, oldest first, each with its payload where that was not erased."""
        return list(
            self._connection.execute(
                select(journal, payloads.c.body)
                .outerjoin(payloads, payloads.c.digest == journal.c.payload_digest)
                .where(journal.c.subject_kind == subject_kind, journal.c.subject == str(subject))
                .order_by(journal.c.id)
            )
        )

    def latest(self, subject: tuple[str, object], events: Collection[str]) -> str | None:
        """Which of these events happened to a subject last; None if none of them did."""
        found = select(journal.c.event).where(
            journal.c.subject_kind == subject[0], journal.c.subject == str(subject[1]), journal.c.event.in_(events)
        )
        return self._connection.execute(found.order_by(journal.c.id.desc()).limit(1)).scalar()

    def seal(self) -> tuple[int, str]:
        """Gives committed rows their position and chains each to the one before; returns the head."""
        head = self._connection.execute(select(instance.c.head_position, instance.c.head_hash).with_for_update()).one()
        position, previous = int(head.head_position), str(head.head_hash)
        rows = self._connection.execute(
            select(journal).where(journal.c.position.is_(None)).order_by(journal.c.id).limit(SEAL_BATCH)
        ).all()
        for row in rows:
            position += 1
            digest = row_hash(row, position, previous)
            self._connection.execute(
                update(journal)
                .where(journal.c.id == row.id)
                .values(position=position, previous_hash=previous, hash=digest)
            )
            previous = digest
        if rows:
            self._connection.execute(update(instance).values(head_position=position, head_hash=previous))
        return position, previous

    def unsealed(self) -> bool:
        found = select(journal.c.id).where(journal.c.position.is_(None)).limit(1)
        return self._connection.execute(found).first() is not None

    def head(self) -> tuple[int, str]:
        """The position and hash of the last sealed fact; 0 and nothing before the first."""
        found = self._connection.execute(select(instance.c.head_position, instance.c.head_hash)).first()
        return (int(found.head_position), str(found.head_hash)) if found else (0, "")

    def broken_at(self) -> int | None:
        """The first position that does not hold: its fact or its payload was changed, it does not follow from the one
        before, or it is not what the head says. None when the journal is consistent in itself; only a head that was
        kept elsewhere can say more.
        """
        position, previous = 0, ""
        # In portions: a journal does not fit into memory.
        sealed = (
            select(journal, payloads.c.body)
            .outerjoin(payloads, payloads.c.digest == journal.c.payload_digest)
            .where(journal.c.position.is_not(None))
            .order_by(journal.c.position)
            .execution_options(yield_per=VERIFY_BATCH)
        )
        with self._connection.execute(sealed) as rows:
            for position, row in enumerate(rows, start=1):
                follows = (row.position, row.previous_hash) == (position, previous)
                if not follows or row.hash != row_hash(row, position, previous) or not _holds(row):
                    return position
                previous = row.hash
        at, ends = self.head()
        if at != position:
            return min(at, position) + 1
        return None if ends == previous else position


def _holds(row: Row[Any]) -> bool:
    """Whether a payload is what was kept. One that was erased, as it may be, leaves its digest."""
    return row.body is None or hashlib.sha256(row.body).hexdigest() == row.payload_digest


def row_hash(row: Row[Any], position: int, previous: str) -> str:
    """SHA-256 over a row's facts, its position and the hash before it."""
    parts = [
        position,
        previous,
        row.at.isoformat(),
        row.actor_kind,
        row.actor,
        row.event,
        row.subject_kind,
        row.subject,
        row.payload_digest,
    ]
    return hashlib.sha256(json.dumps(parts).encode()).hexdigest()

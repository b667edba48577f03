"""Which ledger this is, whether it may send, and who is alive."""

from __future__ import annotations

import secrets
from datetime import datetime, timedelta

from sqlalchemy import Connection, bindparam, delete, func, or_, select, update

from service.ledger.rows import Instance, read_row
from service.ledger.sql import adds_row, insert_into
from service.ledger.tables import beats, instance

WORKER_ALIVE = timedelta(seconds=45)

_ONE = select(instance)
_WORKERS = select(func.count()).where(beats.c.name.like("worker:%"), beats.c.at > bindparam("since"))


class InstanceStore:
    """The instance's one row, and the heartbeats, within one transaction."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def get(self) -> Instance | None:
        row = self._connection.execute(_ONE).first()
        return read_row(Instance, row) if row else None

    def take_turn(self) -> None:
        """Waits until no other transaction has the turn, and keeps it to the end: for what must not overlap itself."""
        self._connection.execute(select(instance.c.id).with_for_update(key_share=True))

    def create(self, secret_digest: str, demo: bool, now: datetime) -> Instance:
        """The first start of a ledger gives it an id that it keeps over every restore."""
        self._connection.execute(
            insert_into(self._connection, instance)
            .values(id=1, instance_id=secrets.token_hex(8), secret_digest=secret_digest, demo=demo, created_at=now)
            .on_conflict_do_nothing()
        )
        found = self.get()
        assert found is not None
        return found

    def pause(self, reason: str | None, now: datetime | None) -> None:
        """Stops (or, with None, starts) everything that leaves."""
        self._connection.execute(update(instance).values(paused_at=now, pause_reason=reason))

    def restored(self, now: datetime) -> int:
        """Opens a new restore generation: every creation probes first from now on. Returns its number."""
        self._connection.execute(
            update(instance).values(
                restore_generation=instance.c.restore_generation + 1,
                restored_at=now,
                paused_at=now,
                pause_reason="This ledger was restored from a backup or copied: look at it, then resume.",
            )
        )
        return int(self._connection.execute(select(instance.c.restore_generation)).scalar_one())

    def beat(self, name: str, now: datetime, detail: str = "") -> None:
        self._connection.execute(
            insert_into(self._connection, beats)
            .values(name=name, at=now, detail=detail)
            .on_conflict_do_update(index_elements=["name"], set_={"at": now, "detail": detail})
        )

    def forget_beat(self, name: str) -> None:
        self._connection.execute(delete(beats).where(beats.c.name == name))

    def last_beat(self, name: str) -> datetime | None:
        return self._connection.execute(select(beats.c.at).where(beats.c.name == name)).scalar()

    def beat_is_due(self, name: str, every: timedelta, now: datetime) -> bool:
        """Whether a periodic duty is due; claims nothing."""
        last = self.last_beat(name)
        # A beat that is further ahead than the next one could be comes from a clock that was set back since.
        return last is None or not now - every < last <= now + every

    def due_beat(self, name: str, every: timedelta, now: datetime) -> bool:
        """Whether a periodic duty is due; claims it by moving its beat, so only one of several processes does it."""
        passed = or_(beats.c.at <= now - every, beats.c.at > now + every)
        moved = self._connection.execute(update(beats).where(beats.c.name == name, passed).values(at=now))
        if moved.rowcount:
            return True
        return adds_row(self._connection, beats, name=name, at=now)

    def workers_alive(self, now: datetime) -> int:
        return int(self._connection.execute(_WORKERS, {"since": now - WORKER_ALIVE}).scalar_one())

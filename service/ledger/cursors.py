"""Where each tracker's feed was last read, and which duty of ours is next."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import Connection, or_, select, update

from service.ledger.rows import CursorRow, read_row
from service.ledger.sql import insert_into
from service.ledger.tables import cursors


class Cursors:
    """Feed cursors within one transaction."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def ensure(self, tracker: str, feed: str, now: datetime) -> None:
        self._connection.execute(
            insert_into(self._connection, cursors)
            .values(tracker=tracker, feed=feed, next_at=now)
            .on_conflict_do_nothing()
        )

    def claim(self, tracker: str, feed: str, now: datetime, lease: tuple[float, float]) -> CursorRow | None:
        """The cursor if it is due and nobody reads that feed now. `lease`: the database's clock, and seconds."""
        clock, seconds = lease
        done = self._connection.execute(
            update(cursors)
            .where(cursors.c.tracker == tracker, cursors.c.feed == feed, cursors.c.next_at <= now)
            .where(or_(cursors.c.lease_until.is_(None), cursors.c.lease_until < clock))
            .values(lease_until=clock + seconds, next_at=now + timedelta(seconds=seconds))
        )
        return self.get(tracker, feed) if done.rowcount else None

    def get(self, tracker: str, feed: str) -> CursorRow | None:
        row = self._connection.execute(
            select(cursors).where(cursors.c.tracker == tracker, cursors.c.feed == feed)
        ).first()
        return read_row(CursorRow, row) if row else None

    def advance(self, row: CursorRow, cursor: str | None, now: datetime, next_at: datetime) -> None:
        """A page was applied."""
        self._set(
            row,
            cursor=cursor,
            ok_at=now,
            next_at=next_at,
            lease_until=None,
            failing_since=None,
            error_code=None,
            error=None,
            cure=None,
        )

    def fail(self, row: CursorRow, error: tuple[str, str, str], now: datetime, next_at: datetime) -> None:
        code, sentence, cure = error
        self._set(
            row,
            next_at=next_at,
            lease_until=None,
            failing_since=row.failing_since or now,
            error_code=code,
            error=sentence,
            cure=cure,
        )

    def _set(self, row: CursorRow, **values: object) -> None:
        self._connection.execute(
            update(cursors).where(cursors.c.tracker == row.tracker, cursors.c.feed == row.feed).values(**values)
        )

    def rewind(self, now: datetime) -> None:
        """Every feed is read from the beginning again, now."""
        self._connection.execute(update(cursors).values(cursor=None, lease_until=None, next_at=now))

    def anything_due(self, now: datetime) -> bool:
        found = select(cursors.c.feed).where(cursors.c.next_at <= now).limit(1)
        return self._connection.execute(found).first() is not None

    def any(self) -> bool:
        return self._connection.execute(select(cursors.c.feed).limit(1)).first() is not None

    def all(self) -> list[CursorRow]:
        return [read_row(CursorRow, row) for row in self._connection.execute(select(cursors).order_by(cursors.c.feed))]

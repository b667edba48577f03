"""Where each tracker's feed was last read, which duty of ours is next, and who reads a tracker now."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from datetime import datetime

from sqlalchemy import Connection, delete, or_, select, update

from service.ledger.rows import CursorRow, read_row
from service.ledger.sql import insert_into
from service.ledger.tables import cursors

# No feed: the row that carries the one turn at reading a tracker, and until when the tracker is left alone.
READING = "reading"
# A source's own list of postmortems; the row's `tracker` is the source's name, and no tracker has the same.
LISTED = "postmortems"
# How the rows are named by which a place is left alone that refuses to be read; its name follows.
REFUSED = "refused:"


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

    def take_turn(
        self, tracker: str, now: datetime, lease: tuple[float, float], feed: str = READING
    ) -> CursorRow | None:
        """The turn at reading a tracker, unless somebody has it or the tracker is to be left alone; or that at a
        source's list. `lease`: the database's clock, and seconds.
        """
        clock, seconds = lease
        self.ensure(tracker, feed, now)
        done = self._connection.execute(
            update(cursors)
            .where(cursors.c.tracker == tracker, cursors.c.feed == feed, cursors.c.next_at <= now)
            .where(or_(cursors.c.lease_until.is_(None), cursors.c.lease_until < clock))
            .values(lease_until=clock + seconds)
        )
        return self.get(tracker, feed) if done.rowcount else None

    def keep_turn(self, turn: CursorRow, lease: tuple[float, float]) -> CursorRow | None:
        """The turn with a new lease; None if it is ours no longer."""
        kept = self._set(turn, lease_until=sum(lease))
        return self.get(turn.tracker, turn.feed) if kept else None

    def end_turn(self, turn: CursorRow) -> None:
        self._set(turn, lease_until=None)

    def busy(self, now: datetime, clock: float) -> set[str]:
        """Trackers that somebody reads now, or that are to be left alone."""
        found = select(cursors.c.tracker).where(
            cursors.c.feed == READING, or_(cursors.c.lease_until >= clock, cursors.c.next_at > now)
        )
        return {row.tracker for row in self._connection.execute(found)}

    def begin(self, tracker: str, feed: str, now: datetime, again_at: datetime) -> CursorRow | None:
        """The cursor if it is due; it is due again at that instant, should nothing come of this reading."""
        done = self._connection.execute(
            update(cursors)
            .where(cursors.c.tracker == tracker, cursors.c.feed == feed, cursors.c.next_at <= now)
            .values(next_at=again_at)
        )
        return self.get(tracker, feed) if done.rowcount else None

    def get(self, tracker: str, feed: str) -> CursorRow | None:
        row = self._connection.execute(
            select(cursors).where(cursors.c.tracker == tracker, cursors.c.feed == feed)
        ).first()
        return read_row(CursorRow, row) if row else None

    def advance(self, row: CursorRow, cursor: str | None, now: datetime, next_at: datetime) -> bool:
        """A page was applied; False if the turn is ours no longer."""
        return self._set(
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

    def _set(self, row: CursorRow, **values: object) -> bool:
        """Writes to a row whose lease is still the one we know; False if another has it, or a rewind took it."""
        done = self._connection.execute(
            update(cursors)
            .where(cursors.c.tracker == row.tracker, cursors.c.feed == row.feed)
            .where(cursors.c.lease_until == row.lease_until)
            .values(**values)
        )
        return done.rowcount == 1

    def refusals(self, tracker: str) -> dict[str, CursorRow]:
        """The places of a tracker that refused the last time they were asked for issues, each with the instant until
        which it is left alone.
        """
        rows = self._connection.execute(
            select(cursors).where(cursors.c.tracker == tracker, cursors.c.feed.startswith(REFUSED))
        )
        return {row.feed.removeprefix(REFUSED): read_row(CursorRow, row) for row in rows}

    def refuse(self, tracker: str, place: str, error: tuple[str, str, str], now: datetime, next_at: datetime) -> None:
        """A place refuses us; the others of its tracker are read on."""
        self.ensure(tracker, REFUSED + place, now)
        row = self.get(tracker, REFUSED + place)
        assert row is not None
        self.fail(row, error, now, next_at)

    def readmit(self, tracker: str, places: Collection[str]) -> None:
        """These places answer again, or nothing of ours is there by now."""
        names = [REFUSED + place for place in places]
        self._connection.execute(delete(cursors).where(cursors.c.tracker == tracker, cursors.c.feed.in_(names)))

    def make_due(self, tracker: str, feed: str, now: datetime) -> None:
        """Makes a feed due now, if it is not due already."""
        self._connection.execute(
            update(cursors)
            .where(cursors.c.tracker == tracker, cursors.c.feed == feed, cursors.c.next_at > now)
            .values(next_at=now)
        )

    def rewind(self, now: datetime) -> None:
        """Every feed is read from the beginning again, now; what a reading in flight brings is not taken."""
        self._connection.execute(update(cursors).values(cursor=None, lease_until=None, next_at=now))

    def due(self, tracker: str, feeds: Iterable[str], now: datetime) -> list[str]:
        """Which of these feeds are due, the longest waiting first."""
        rows = self._connection.execute(
            select(cursors.c.feed)
            .where(cursors.c.tracker == tracker, cursors.c.feed.in_(list(feeds)), cursors.c.next_at <= now)
            .order_by(cursors.c.next_at, cursors.c.feed)
        )
        return [row.feed for row in rows]

    def anything_due(self, now: datetime, but: Collection[str] = ()) -> bool:
        """Whether a tracker's feed is due, but for those of some trackers."""
        due = select(cursors.c.feed).where(cursors.c.feed.not_in((READING, LISTED)), cursors.c.next_at <= now)
        due = due.where(~cursors.c.feed.startswith(REFUSED))
        found = self._connection.execute(due.where(cursors.c.tracker.not_in(list(but))).limit(1))
        return found.first() is not None

    def any(self) -> bool:
        """Whether any tracker was ever read."""
        found = select(cursors.c.feed).where(cursors.c.feed != LISTED).limit(1)
        return self._connection.execute(found).first() is not None

    def make_lists_due(self, now: datetime) -> None:
        """Every source's list is asked now."""
        self._connection.execute(
            update(cursors).where(cursors.c.feed == LISTED, cursors.c.next_at > now).values(next_at=now)
        )

    def all(self) -> list[CursorRow]:
        """Every feed, and the readings of single issues of a tracker where they fail."""
        shown = or_(cursors.c.feed != READING, cursors.c.failing_since.is_not(None))
        rows = self._connection.execute(select(cursors).where(shown).order_by(cursors.c.feed))
        return [read_row(CursorRow, row) for row in rows]

"""What a wrong clock put off beyond any wait that a rule gives: it would stand until that clock's time has come."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import Connection, Delete, Update, delete, update

from service.ledger.tables import cursors, deliveries, issues, outbox, sends, targets

_DUE = (deliveries.c.due_at, outbox.c.due_at, issues.c.read_due_at, cursors.c.next_at)
# These are by the database's clock.
_UNTIL = (
    *(deliveries.c.lease_until, outbox.c.lease_until, cursors.c.lease_until),
    *(targets.c.open_until, targets.c.next_slot),
)


# No rule puts the instant of a sending ahead of now; the clocks of two machines may differ by so much.
_SKEW = timedelta(hours=1)
# When such a request really left is not known: looked for from well before, and not before every index must know it.
_LOOK_BACK = timedelta(days=7)
_QUIET = timedelta(hours=1)


def pull_forward(connection: Connection, now: datetime, clock: float, longest: timedelta) -> int:
    """Makes due now, or free, whatever is to wait longer than `longest`; returns how many rows that were. To look early
    is harmless: whether something may be done is decided when it is claimed.
    """
    latest = clock + longest.total_seconds()
    late: list[Update | Delete] = [
        update(each.table).where(each > now + longest).values({each.name: now}) for each in _DUE
    ]
    late += [update(each.table).where(each > latest).values({each.name: None}) for each in _UNTIL]
    late += [
        update(outbox).where(outbox.c.sent_at > now + _SKEW).values(sent_at=now - _LOOK_BACK, due_at=now + _QUIET),
        delete(sends).where(sends.c.at > latest),
    ]
    return sum(connection.execute(statement).rowcount for statement in late)

"""What needs a person: items that are held or flagged, dead letters, and promises that nobody known owns."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, func, select, text

from service.ledger.queries.conditions import i
from service.ledger.queries.figures import WaitingLine
from service.ledger.queries.lists import ItemLine, lines_where
from service.ledger.queries.story import about_an_item
from service.ledger.queries.sync import DEAD_DELIVERY
from service.ledger.tables import deliveries, outbox

_DEAD_MESSAGE = text("outbox.state in ('due', 'dead') and outbox.state = 'dead'")
GROUP_SIZE = 20


@dataclass(frozen=True, slots=True)
class HeldGroup:
    """Items that wait for the same reason: the first `GROUP_SIZE` of `count`."""

    code: str
    held: bool
    count: int
    items: tuple[ItemLine, ...]


@dataclass(frozen=True, slots=True)
class Letter:
    """A dead letter. `kind`: `delivery` for what came in, else the outbox message's kind."""

    box: str
    id: int
    kind: str
    where: str
    subject: int | None
    at: datetime
    attempts: int
    code: str | None
    sentence: str | None
    cure: str | None
    about: str | None = None


def held_groups(connection: Connection, waiting: Iterable[WaitingLine]) -> list[HeldGroup]:
    """Each reason of a tally with its first items."""
    return [HeldGroup(line.code, line.held, line.count, _items_of(connection, line)) for line in waiting]


def _items_of(connection: Connection, line: WaitingLine) -> tuple[ItemLine, ...]:
    of_state = i.state == "held" if line.held else i.state != "held"
    of_code = i.attention_code == line.code if line.code else i.attention_code.is_(None)
    return tuple(lines_where(connection, [of_state, of_code], limit=GROUP_SIZE))


def count_dead_letters(connection: Connection) -> int:
    messages = select(func.count()).select_from(outbox).where(_DEAD_MESSAGE)
    letters = select(func.count()).select_from(deliveries).where(DEAD_DELIVERY)
    return int(connection.execute(messages).scalar_one()) + int(connection.execute(letters).scalar_one())


def count_held(connection: Connection) -> int:
    return int(connection.execute(select(func.count()).where(i.state == "held")).scalar_one())


def dead_letters(connection: Connection) -> list[Letter]:
    """What came in and could not be read, then what must go out and was refused; oldest first."""
    return _dead_deliveries(connection) + _dead_messages(connection)


def _dead_deliveries(connection: Connection) -> list[Letter]:
    d = deliveries.c
    rows = connection.execute(
        select(d.id, d.hook, d.received_at, d.attempts, d.error_code, d.error, d.cure)
        .where(DEAD_DELIVERY)
        .order_by(d.id)
    )
    return [Letter("delivery", r.id, "delivery", r.hook, None, r.received_at, r.attempts, *_fault(r)) for r in rows]


def _dead_messages(connection: Connection) -> list[Letter]:
    o = outbox.c
    title = select(i.title).where(i.id == o.subject, about_an_item()).scalar_subquery()
    rows = connection.execute(
        select(
            *(o.id, o.kind, o.target, o.subject, o.created_at, o.attempts, o.error_code, o.error, o.cure),
            title.label("title"),
        )
        .where(_DEAD_MESSAGE)
        .order_by(o.id)
    )
    return [
        Letter(
            "message",
            r.id,
            r.kind,
            r.target,
            r.subject,
            r.created_at,
            r.attempts,
            r.error_code,
            r.error,
            r.cure,
            r.title,
        )
        for r in rows
    ]


def _fault(row: Any) -> tuple[str | None, str | None, str | None]:
    return row.error_code, row.error, row.cure

"""What needs a person: items that are held or flagged, dead letters, and promises that nobody known owns."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, func, select, text

from service.ledger.queries import conditions as when
from service.ledger.queries.conditions import i
from service.ledger.queries.lists import ItemLine, lines_where
from service.ledger.queries.story import about_an_item
from service.ledger.tables import deliveries, outbox

_DEAD_MESSAGE = text("outbox.state in ('due', 'dead') and outbox.state = 'dead'")
GROUP_SIZE = 20


@dataclass(frozen=True, slots=True)
class Needs:
    """How many there are of each. `held`: no issue is made before a person decided; `flagged`: the rest."""

    held: int
    flagged: int
    dead_letters: int
    ownerless: int

    @property
    def total(self) -> int:
        return self.held + self.flagged + self.dead_letters


@dataclass(frozen=True, slots=True)
class HeldGroup:
    """Items that wait for the same reason: the first `GROUP_SIZE` of `count`."""

    code: str
    held: bool
    count: int
    items: tuple[ItemLine, ...] = ()


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


def needs(connection: Connection) -> Needs:
    row = connection.execute(
        select(
            func.count().filter(i.state == "held").label("held"),
            func.count().filter(i.state != "held", i.attention_code.is_not(None)).label("flagged"),
            func.count().filter(when.ownerless).label("ownerless"),
        )
    ).one()
    messages = connection.execute(select(func.count()).select_from(outbox).where(_DEAD_MESSAGE)).scalar_one()
    dead = select(func.count()).select_from(deliveries).where(deliveries.c.state == "dead")
    return Needs(dead_letters=messages + connection.execute(dead).scalar_one(), **row._mapping)


def attention_counts(connection: Connection) -> list[HeldGroup]:
    """By machine word, held ones first, the largest group first; without their items."""
    held = i.state == "held"
    rows = connection.execute(
        select(i.attention_code, held.label("held"), func.count().label("n"))
        .where(held | i.attention_code.is_not(None))
        .group_by(i.attention_code, held)
        .order_by(held.desc(), func.count().desc(), i.attention_code)
    )
    return [HeldGroup(row.attention_code or "", bool(row.held), row.n) for row in rows]


def held_groups(connection: Connection) -> list[HeldGroup]:
    """The same, each with its first items."""
    return [replace(group, items=_items_of(connection, group)) for group in attention_counts(connection)]


def _items_of(connection: Connection, group: HeldGroup) -> tuple[ItemLine, ...]:
    of_state = i.state == "held" if group.held else i.state != "held"
    of_code = i.attention_code == group.code if group.code else i.attention_code.is_(None)
    return tuple(lines_where(connection, [of_state, of_code], limit=GROUP_SIZE))


def dead_letters(connection: Connection) -> list[Letter]:
    """What came in and could not be read, then what must go out and was refused; oldest first."""
    return _dead_deliveries(connection) + _dead_messages(connection)


def _dead_deliveries(connection: Connection) -> list[Letter]:
    d = deliveries.c
    rows = connection.execute(
        select(d.id, d.hook, d.received_at, d.attempts, d.error_code, d.error, d.cure)
        .where(d.state == "dead")
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

"""The conditions that figures and lists share, so that a figure always counts what its list shows."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Date, and_, case, func, or_, select
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.functions import FunctionElement

from service.domain.facts import OPEN_STATES, State
from service.ledger.tables import action_items, stalls

WINDOW_DAYS = 90

i = action_items.c

# What somebody still has to act on, and what counts as kept once it is closed.
unfinished = i.state.in_(sorted(state.value for state in OPEN_STATES))
finished = i.state.in_([State.DONE.value, State.VERIFIED.value])
dropped = i.state.in_([State.DECLINED.value, State.WITHDRAWN.value])

# Who holds it now: whom the tracker says, and before the first reading the promised owner. Null: nobody we know.
holder = case((i.assignee_read, i.assignee_person), else_=i.owner_person)
ownerless = and_(unfinished, holder.is_(None))


def stalling(*conditions: str) -> ColumnElement[bool]:
    """Whether the item has a stall that lasts, of one of these conditions (none named: of any but due soon)."""
    wanted = stalls.c.condition.in_(conditions) if conditions else stalls.c.condition != "due_soon"
    return i.id.in_(select(stalls.c.item_id).where(stalls.c.ended_on.is_(None), wanted))


def overdue(today: date) -> ColumnElement[bool]:
    """Past its first due date and unfinished; without a date, if policy says so (its stall does)."""
    past = func.coalesce(i.first_due_on, i.current_due_on) < today
    return and_(unfinished, or_(past, stalling("overdue")))


def replanned(today: date) -> ColumnElement[bool]:
    """Overdue by its first date, yet given a later one that is still ahead."""
    now_due = func.coalesce(i.current_due_on, i.promised_due_on)
    return and_(unfinished, i.first_due_on < today, now_due >= today)


def due_in_window(today: date) -> ColumnElement[bool]:
    """First due within the last `WINDOW_DAYS` days, today not yet included."""
    return and_(i.first_due_on >= today - timedelta(days=WINDOW_DAYS), i.first_due_on < today)


class utc_day(FunctionElement[date]):  # noqa: N801 - reads as the SQL function that it is
    """The day of an instant in UTC, whatever zone the database's session has."""

    name = "utc_day"
    type = Date()
    inherit_cache = True


@compiles(utc_day)
def _utc_day(element: utc_day, compiler: SQLCompiler, **options: Any) -> str:
    inner = compiler.process(element.clauses, **options)
    return f"date({inner})" if compiler.dialect.name == "sqlite" else f"date(timezone('UTC', {inner}))"


def kept() -> ColumnElement[bool]:
    """Closed as done on its first due date or before (days in UTC)."""
    return and_(finished, i.closed_at.is_not(None), utc_day(i.closed_at) <= i.first_due_on)

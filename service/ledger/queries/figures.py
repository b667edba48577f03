"""The figures of the overview, each counted by the same condition as the list it links to."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from sqlalchemy import Connection, and_, func, not_, select

from service.domain.facts import State
from service.ledger.queries import conditions as when
from service.ledger.queries.conditions import WINDOW_DAYS, i
from service.ledger.tables import action_items, postmortems


@dataclass(frozen=True, slots=True)
class Figures:
    """Counts of action items at one instant. `due` is the denominator of `kept`: first due in the window, open ones
    included, `dropped` ones (declined or withdrawn) counted apart. `dated` of `items` had a due date when accepted.
    """

    items: int
    postmortems: int
    unfinished: int
    by_state: dict[str, int]
    overdue: int
    replanned: int
    oldest_due_on: date | None
    stalled: int
    snoozed: int
    ownerless: int
    due: int
    kept: int
    still_open: int
    moved: int
    dropped: int
    dated: int

    @property
    def late(self) -> int:
        """Due in the window and closed as done after the date."""
        return self.due - self.kept - self.still_open


@dataclass(frozen=True, slots=True)
class TeamLine:
    team: str | None
    unfinished: int
    overdue: int
    stalled: int
    due: int
    kept: int


@dataclass(frozen=True, slots=True)
class MonthLine:
    """Promises by the month in which they first fell due; `month` is `YYYY-MM`."""

    month: str
    due: int
    kept: int


def figures(connection: Connection, today: date) -> Figures:
    """All counts, in one pass over the action items."""
    total = func.count
    counted = and_(when.due_in_window(today), not_(when.dropped))
    row = connection.execute(
        select(
            total().label("items"),
            *(total().filter(i.state == state.value).label(f"state_{state.value}") for state in State),
            total().filter(when.unfinished).label("unfinished"),
            total().filter(when.overdue(today)).label("overdue"),
            total().filter(when.replanned(today)).label("replanned"),
            func.min(i.first_due_on).filter(when.unfinished).label("oldest_due_on"),
            total().filter(when.unfinished, when.stalling()).label("stalled"),
            total().filter(when.unfinished, i.snoozed_until >= today).label("snoozed"),
            total().filter(when.ownerless).label("ownerless"),
            total().filter(counted).label("due"),
            total().filter(counted, when.kept()).label("kept"),
            total().filter(counted, when.unfinished).label("still_open"),
            total().filter(counted, i.due_moves > 0).label("moved"),
            total().filter(when.due_in_window(today), when.dropped).label("dropped"),
            total().filter(i.first_due_on.is_not(None)).label("dated"),
        ).select_from(action_items)
    ).one()
    values = dict(row._mapping)
    by_state = {state.value: values.pop(f"state_{state.value}") for state in State}
    oldest = values.pop("oldest_due_on")
    return Figures(
        postmortems=connection.execute(select(func.count()).select_from(postmortems)).scalar_one(),
        by_state=by_state,
        oldest_due_on=oldest if oldest is not None and oldest < today else None,
        **values,
    )


def teams(connection: Connection, today: date) -> list[TeamLine]:
    """The same figures a team, the one with most that is overdue first."""
    counted = and_(when.due_in_window(today), not_(when.dropped))
    late = func.count().filter(when.overdue(today))
    rows = connection.execute(
        select(
            i.team,
            func.count().filter(when.unfinished).label("unfinished"),
            late.label("overdue"),
            func.count().filter(when.unfinished, when.stalling()).label("stalled"),
            func.count().filter(counted).label("due"),
            func.count().filter(counted, when.kept()).label("kept"),
        )
        .group_by(i.team)
        .order_by(late.desc(), i.team)
    )
    lines = [TeamLine(**row._mapping) for row in rows]
    return [line for line in lines if line.unfinished or line.due]


def months(connection: Connection, today: date) -> list[MonthLine]:
    """The window's promises by month, oldest first."""
    rows = connection.execute(
        select(i.first_due_on, func.count().label("due"), func.count().filter(when.kept()).label("kept"))
        .where(when.due_in_window(today), not_(when.dropped))
        .group_by(i.first_due_on)
    )
    found: dict[str, tuple[int, int]] = {}
    for row in rows:
        month = f"{row.first_due_on:%Y-%m}"
        due, kept = found.get(month, (0, 0))
        found[month] = (due + row.due, kept + row.kept)
    return [MonthLine(month, *found[month]) for month in sorted(found)]


__all__ = ["WINDOW_DAYS", "Figures", "MonthLine", "TeamLine", "figures", "months", "teams"]

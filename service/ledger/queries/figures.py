"""The figures of the overview, each counted by the same condition as the list it links to, all in one pass."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import ColumnElement, Connection, and_, case, extract, func, not_, select

from service.domain.facts import State
from service.ledger.queries import conditions as when
from service.ledger.queries.conditions import i
from service.ledger.tables import action_items, postmortems


@dataclass(frozen=True, slots=True)
class Figures:
    """Counts of action items at one instant. `due` is the denominator of `kept`: first due in the window, open ones
    included, `dropped` ones (declined or withdrawn) counted apart. `dated` of `items` had a due date when accepted.
    """

    items: int
    postmortems: int
    unfinished: int
    by_state: Mapping[str, int]
    overdue: int
    replanned: int
    oldest_due_on: date | None
    stalled: int
    snoozed: int
    ownerless: int
    flagged: int
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


@dataclass(frozen=True, slots=True)
class WaitingLine:
    """How many items wait for a person for the same reason. `held`: no issue is made before that person decided."""

    code: str
    held: bool
    count: int


@dataclass(frozen=True, slots=True)
class Tally:
    """Everything that is counted of action items. `teams`: most overdue first; `months`: oldest first; `waiting`:
    held first, then the largest.
    """

    figures: Figures
    teams: tuple[TeamLine, ...]
    months: tuple[MonthLine, ...]
    waiting: tuple[WaitingLine, ...]


def _counts(today: date) -> dict[str, ColumnElement[bool]]:
    due = and_(when.due_in_window(today), not_(when.dropped))
    return {
        "unfinished": when.unfinished,
        "overdue": when.overdue(today),
        "replanned": when.replanned(today),
        "stalled": and_(when.unfinished, when.stalling()),
        "snoozed": and_(when.unfinished, i.snoozed_until >= today),
        "ownerless": when.ownerless,
        "due": due,
        "kept": and_(due, when.kept()),
        "still_open": and_(due, when.unfinished),
        "moved": and_(due, i.due_moves > 0),
        "dropped": and_(when.due_in_window(today), when.dropped),
        "dated": i.first_due_on.is_not(None),
    }


def tally(connection: Connection, today: date) -> Tally:
    """Counts once over all items, by team, state, reason and month; the rest is adding up a few hundred rows."""
    month = case((when.due_in_window(today), 100 * extract("year", i.first_due_on) + extract("month", i.first_due_on)))
    keys = (i.team, i.state, i.attention_code, month.label("month"))
    rows = connection.execute(
        select(
            *keys,
            func.count().label("items"),
            func.min(i.first_due_on).label("first_due_on"),
            *(func.count().filter(condition).label(name) for name, condition in _counts(today).items()),
        )
        .select_from(action_items)
        .group_by(i.team, i.state, i.attention_code, month)
    )
    groups = [dict(row._mapping) for row in rows]
    number = connection.execute(select(func.count()).select_from(postmortems)).scalar_one()
    return Tally(_figures(groups, number, today), _teams(groups), _months(groups), _waiting(groups))


def figures(connection: Connection, today: date) -> Figures:
    return tally(connection, today).figures


Group = Mapping[str, Any]


def _figures(groups: Iterable[Group], number: int, today: date) -> Figures:
    found = list(groups)
    unfinished = [group["first_due_on"] for group in found if group["unfinished"] and group["first_due_on"]]
    oldest = min(unfinished, default=today)
    names = ("items", *_counts(today))
    return Figures(
        **{name: sum(group[name] for group in found) for name in names},
        postmortems=number,
        by_state={state.value: _sum(found, "items", state=state.value) for state in State},
        oldest_due_on=oldest if oldest < today else None,
        flagged=sum(g["items"] for g in found if g["attention_code"] is not None and g["state"] != State.HELD.value),
    )


def _teams(groups: Iterable[Group]) -> tuple[TeamLine, ...]:
    found = list(groups)
    names = ("unfinished", "overdue", "stalled", "due", "kept")
    lines = [
        TeamLine(team, **{name: _sum(found, name, team=team) for name in names})
        for team in {group["team"] for group in found}
    ]
    told = [line for line in lines if line.unfinished or line.due]
    return tuple(sorted(told, key=lambda line: (-line.overdue, line.team is None, line.team or "")))


def _months(groups: Iterable[Group]) -> tuple[MonthLine, ...]:
    found = [group for group in groups if group["due"]]
    months = sorted({int(group["month"]) for group in found})
    return tuple(
        MonthLine(
            f"{month // 100}-{month % 100:02}",
            sum(group["due"] for group in found if int(group["month"]) == month),
            sum(group["kept"] for group in found if int(group["month"]) == month),
        )
        for month in months
    )


def _waiting(groups: Iterable[Group]) -> tuple[WaitingLine, ...]:
    found: dict[tuple[bool, str], int] = {}
    for group in groups:
        held, code = group["state"] == State.HELD.value, group["attention_code"] or ""
        if held or code:
            found[held, code] = found.get((held, code), 0) + group["items"]
    lines = [WaitingLine(code, held, count) for (held, code), count in found.items()]
    return tuple(sorted(lines, key=lambda line: (not line.held, -line.count, line.code)))


def _sum(groups: Iterable[Group], name: str, **wanted: str | None) -> int:
    return sum(group[name] for group in groups if all(group[key] == value for key, value in wanted.items()))

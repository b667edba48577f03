"""Lists of action items and postmortems, filtered by words and paged."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, FromClause, and_, case, func, not_, or_, select

from service.domain.facts import State
from service.ledger.queries import conditions as when
from service.ledger.queries.conditions import i
from service.ledger.tables import action_items, issues, postmortems, stalls

PAGE_SIZE = 50
MOST_STALLS = 4  # conditions that one item can meet at once, due soon aside
NOBODY = "nobody"
UNFINISHED = "unfinished"


@dataclass(frozen=True, slots=True)
class ItemFilter:
    """Which action items are meant. None, False and the empty text leave that part open.

    `state` is a state or `unfinished`; `owner` a person's id or `nobody`; `promise` counts by the first due date in
    the window: `due`, `kept`, `broken` (late or still open), `moved`, `dropped`. `without_private`: for a reader who
    may not read those; it is no word of a URL.
    """

    state: str | None = None
    team: str | None = None
    priority: str | None = None
    severity: str | None = None
    source: str | None = None
    target: str | None = None
    owner: str | None = None
    overdue: bool = False
    stalled: bool = False
    replanned: bool = False
    snoozed: bool = False
    promise: str | None = None
    attention: str | None = None
    q: str = ""
    without_private: bool = False


@dataclass(frozen=True, slots=True)
class ItemLine:
    """One action item as a list shows it. `owner_text` and `assignee_name` are words for whom the directory lacks."""

    id: int
    title: str
    state: State
    attention_code: str | None
    attention: str | None
    kind: str
    priority: str | None
    team: str | None
    owner_person: str | None
    assignee_person: str | None
    assignee_read: bool
    owner_text: str | None
    assignee_name: str | None
    first_due_on: date | None
    promised_due_on: date | None
    current_due_on: date | None
    due_moves: int
    created_at: datetime
    released_at: datetime | None
    closed_at: datetime | None
    snoozed_until: date | None
    target: str | None
    issue_key: str | None
    issue_url: str | None
    postmortem_id: int
    postmortem_title: str
    source: str
    source_id: str
    severity: str | None
    visibility: str
    stalls: tuple[tuple[str, date], ...] = ()

    @property
    def due_on(self) -> date | None:
        """The date in force: the tracker's, else the promised one."""
        return self.current_due_on or self.promised_due_on


@dataclass(frozen=True, slots=True)
class PostmortemLine:
    id: int
    source: str
    source_id: str
    status: str
    title: str
    severity: str | None
    visibility: str
    finalized_at: datetime | None
    updated_at: datetime
    items: int
    unfinished: int
    overdue: int
    held: int


@dataclass(frozen=True, slots=True)
class Choices:
    """What the ledger knows, for the filters to offer."""

    teams: tuple[str, ...]
    priorities: tuple[str, ...]
    severities: tuple[str, ...]
    sources: tuple[str, ...]
    targets: tuple[str, ...]
    owners: tuple[str, ...]


def _joined() -> FromClause:
    joined = action_items.join(postmortems, postmortems.c.id == i.postmortem_id)
    return joined.outerjoin(issues, issues.c.id == i.issue_id)


def _where(wanted: ItemFilter, today: date) -> list[ColumnElement[bool]]:
    promises = {
        "due": and_(when.due_in_window(today), not_(when.dropped)),
        "kept": and_(when.due_in_window(today), when.kept()),
        "broken": and_(when.due_in_window(today), not_(when.dropped), not_(when.kept())),
        "moved": and_(when.due_in_window(today), not_(when.dropped), i.due_moves > 0),
        "dropped": and_(when.due_in_window(today), when.dropped),
    }
    flags = (
        (wanted.overdue, when.overdue(today)),
        (wanted.stalled, and_(when.unfinished, when.stalling())),
        (wanted.replanned, when.replanned(today)),
        (wanted.snoozed, and_(when.unfinished, i.snoozed_until >= today)),
        (wanted.promise in promises, promises.get(wanted.promise or "", when.unfinished)),
        (wanted.state == UNFINISHED, when.unfinished),
        (wanted.owner == NOBODY, when.holder.is_(None)),
        (wanted.without_private, postmortems.c.visibility != "private"),
    )
    return [condition for chosen, condition in flags if chosen] + _equalities(wanted) + _search(wanted.q)


def _equalities(wanted: ItemFilter) -> list[ColumnElement[bool]]:
    pairs: Sequence[tuple[Any, str | None]] = (
        (i.state, None if wanted.state == UNFINISHED else wanted.state),
        (i.team, wanted.team),
        (i.priority, wanted.priority),
        (i.target, wanted.target),
        (i.attention_code, wanted.attention),
        (postmortems.c.severity, wanted.severity),
        (postmortems.c.source, wanted.source),
        (when.holder, None if wanted.owner == NOBODY else wanted.owner),
    )
    return [column == value for column, value in pairs if value]


def _search(words: str) -> list[ColumnElement[bool]]:
    columns = (i.title, postmortems.c.title, postmortems.c.source_id, issues.c.key)
    return [or_(*(column.icontains(word, autoescape=True) for column in columns)) for word in words.split()]


_COLUMNS = (
    *(i.id, i.title, i.state, i.attention_code, i.attention, i.kind, i.priority, i.team, i.owner_person),
    *(
        i.assignee_person,
        i.assignee_read,
        i.first_due_on,
        i.promised_due_on,
        i.current_due_on,
        i.due_moves,
        i.created_at,
    ),
    *(i.released_at, i.closed_at, i.snoozed_until, i.target, i.postmortem_id),
    i.facts["owner"].label("owner_text"),
    issues.c.assignee.label("assignee_name"),
    issues.c.key.label("issue_key"),
    func.coalesce(issues.c.url, i.issue_url).label("issue_url"),
    postmortems.c.title.label("postmortem_title"),
    *(postmortems.c.source, postmortems.c.source_id, postmortems.c.severity, postmortems.c.visibility),
)


def name_of(stored: Any) -> str | None:
    """The words by which a stored owner or account is called."""
    if not isinstance(stored, dict):
        return None
    return stored.get("name") or stored.get("email") or stored.get("id") or None


def _line(stored: Mapping[Any, Any]) -> ItemLine:
    values = dict(stored)
    values["state"] = State(values["state"])
    values["owner_text"] = name_of(values["owner_text"])
    values["assignee_name"] = name_of(values["assignee_name"])
    return ItemLine(**values)


def lines_where(
    connection: Connection,
    conditions: Iterable[ColumnElement[bool]],
    *,
    limit: int = PAGE_SIZE,
    offset: int = 0,
    order: Sequence[Any] = (),
) -> list[ItemLine]:
    """Lines by any conditions, with the stalls that last."""
    due = func.coalesce(i.current_due_on, i.promised_due_on, i.first_due_on)
    usual = (case((when.unfinished, 0), else_=1), due.is_(None), due, i.id)
    rows = connection.execute(
        select(*_COLUMNS)
        .select_from(_joined())
        .where(*conditions)
        .order_by(*(order or usual))
        .limit(limit)
        .offset(offset)
    )
    lines = [_line(row) for row in rows.mappings()]
    lasting = _lasting_stalls(connection, [line.id for line in lines])
    return [replace(line, stalls=lasting.get(line.id, ())) for line in lines]


def _lasting_stalls(connection: Connection, item_ids: Sequence[int]) -> dict[int, tuple[tuple[str, date], ...]]:
    found: dict[int, tuple[tuple[str, date], ...]] = {}
    rows = connection.execute(
        select(stalls.c.item_id, stalls.c.condition, stalls.c.began_on)
        .where(stalls.c.item_id.in_(item_ids), stalls.c.ended_on.is_(None))
        .order_by(stalls.c.began_on, stalls.c.id)
    )
    for row in rows:
        found[row.item_id] = (*found.get(row.item_id, ()), (row.condition, row.began_on))
    return found


def list_items(connection: Connection, wanted: ItemFilter, today: date, *, page: int = 1) -> list[ItemLine]:
    """One page: what is unfinished first, by the date in force, undated last."""
    return lines_where(connection, _where(wanted, today), offset=(max(page, 1) - 1) * PAGE_SIZE)


def count_items(connection: Connection, wanted: ItemFilter, today: date) -> int:
    query = select(func.count()).select_from(_joined()).where(*_where(wanted, today))
    return int(connection.execute(query).scalar_one())


def newest_stalls(connection: Connection, limit: int = 8) -> list[ItemLine]:
    """The items whose stall began last."""
    t = stalls.c
    rows = connection.execute(
        select(t.item_id)
        .join(action_items, i.id == t.item_id)
        .where(when.unfinished, t.ended_on.is_(None), t.condition != "due_soon")
        .order_by(t.began_on.desc(), t.id.desc())
        .limit(limit * MOST_STALLS)
    )
    ids = list(dict.fromkeys(row.item_id for row in rows))[:limit]
    by_id = {line.id: line for line in lines_where(connection, [i.id.in_(ids)], limit=limit)}
    return [by_id[item_id] for item_id in ids]


def list_postmortems(connection: Connection, today: date, *, page: int = 1) -> list[PostmortemLine]:
    """One page, the newest first, each with how its promises stand."""
    p = postmortems.c
    rows = connection.execute(
        select(
            *(p.id, p.source, p.source_id, p.status, p.title, p.severity, p.visibility, p.finalized_at, p.updated_at),
            func.count(i.id).label("items"),
            func.count(i.id).filter(when.unfinished).label("unfinished"),
            func.count(i.id).filter(when.overdue(today)).label("overdue"),
            func.count(i.id).filter(i.state == State.HELD.value).label("held"),
        )
        .select_from(postmortems.outerjoin(action_items, i.postmortem_id == p.id))
        .group_by(p.id)
        .order_by(func.coalesce(p.finalized_at, p.updated_at).desc(), p.id.desc())
        .limit(PAGE_SIZE)
        .offset((max(page, 1) - 1) * PAGE_SIZE)
    )
    return [PostmortemLine(**row._mapping) for row in rows]


def count_postmortems(connection: Connection) -> int:
    return int(connection.execute(select(func.count()).select_from(postmortems)).scalar_one())


def choices(connection: Connection) -> Choices:
    def distinct(column: Any) -> tuple[str, ...]:
        rows = connection.execute(select(column).where(column.is_not(None)).distinct().order_by(column))
        return tuple(row[0] for row in rows)

    return Choices(
        teams=distinct(i.team),
        priorities=distinct(i.priority),
        severities=distinct(postmortems.c.severity),
        sources=distinct(postmortems.c.source),
        targets=distinct(i.target),
        owners=distinct(when.holder),
    )

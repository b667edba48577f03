"""Everything the ledger knows of one action item, and of one postmortem."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, and_, not_, or_, select

from service.domain.facts import State
from service.ledger.queries.conditions import i
from service.ledger.queries.lists import ItemLine, lines_where, name_of
from service.ledger.rows import Item, Postmortem, read_row
from service.ledger.tables import (
    action_items,
    issue_refs,
    issues,
    journal,
    notices,
    outbox,
    payloads,
    postmortems,
    revisions,
    stall_steps,
    stalls,
)

_about_issue = outbox.c.kind == "close_duplicate"
_about_parent = outbox.c.kind == "open_parent"
_about_notice = outbox.c.target.startswith("channel:")


@dataclass(frozen=True, slots=True)
class Entry:
    """One fact of the journal. `data` is None where there was none or it was erased; `position` once it is sealed."""

    at: datetime
    actor_kind: str
    actor: str
    event: str
    subject_kind: str
    subject: str
    data: dict[str, Any] | None
    position: int | None
    digest: str | None


@dataclass(frozen=True, slots=True)
class IssueView:
    """The issue as last read. `earlier`: the keys by which the tracker knew it before."""

    id: int
    tracker: str
    target: str
    key: str
    url: str
    origin: str
    title: str
    status: str
    category: str
    assignee: str | None
    due_on: date | None
    marker: str | None
    read_at: datetime | None
    gone_at: datetime | None
    created_at: datetime
    duplicate_of: int | None = None
    earlier: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class MessageEntry:
    id: int
    kind: str
    target: str
    state: str
    created_at: datetime
    due_at: datetime
    done_at: datetime | None
    attempts: int
    outcome: str | None
    error_code: str | None
    error: str | None
    cure: str | None


@dataclass(frozen=True, slots=True)
class StepEntry:
    """A step that fired, and the notice that carried it."""

    step: str
    person: str
    role: str
    fired_at: datetime
    notice_id: int
    channel: str
    sent_at: datetime | None
    outcome: str | None
    message_id: str


@dataclass(frozen=True, slots=True)
class StallEntry:
    id: int
    condition: str
    began_on: date
    ended_on: date | None
    policy: str
    policy_version: str
    steps: tuple[StepEntry, ...] = ()


@dataclass(frozen=True, slots=True)
class ItemStory:
    """One action item from its sentence in the postmortem to now. The decisions of people stand in the journal.

    `candidates`: what a held item may be; `others`: every action of its postmortem that it may be merged into.
    """

    item: Item
    line: ItemLine
    postmortem: Postmortem
    issue: IssueView | None
    journal: tuple[Entry, ...]
    messages: tuple[MessageEntry, ...]
    stalls: tuple[StallEntry, ...]
    candidates: tuple[ItemLine, ...] = ()
    duplicates: tuple[IssueView, ...] = ()
    others: tuple[ItemLine, ...] = ()


@dataclass(frozen=True, slots=True)
class RevisionEntry:
    at: datetime
    revision: int | None
    status: str
    outcome: str


@dataclass(frozen=True, slots=True)
class PostmortemStory:
    postmortem: Postmortem
    items: tuple[ItemLine, ...]
    revisions: tuple[RevisionEntry, ...]
    journal: tuple[Entry, ...] = field(default=())


def about_an_item() -> ColumnElement[bool]:
    """Whether an outbox message's subject is an action item, and not an issue, a parent or a notice."""
    return not_(or_(_about_issue, _about_parent, _about_notice))


def item_story(connection: Connection, item_id: int) -> ItemStory | None:
    row = connection.execute(select(action_items).where(i.id == item_id)).first()
    if row is None:
        return None
    item = read_row(Item, row)
    postmortem = connection.execute(select(postmortems).where(postmortems.c.id == item.postmortem_id)).one()
    subjects = [("item", item.id)] + ([("issue", item.issue_id)] if item.issue_id else [])
    return ItemStory(
        item=item,
        line=lines_where(connection, [i.id == item_id], limit=1)[0],
        postmortem=read_row(Postmortem, postmortem),
        issue=next(iter(_issues(connection, issues.c.id == item.issue_id)), None) if item.issue_id else None,
        journal=_journal(connection, subjects),
        messages=_messages(connection, item),
        stalls=_stalls(connection, item_id),
        candidates=tuple(lines_where(connection, [i.id.in_(item.candidates)])) if item.candidates else (),
        others=_others(connection, item) if item.state is State.HELD else (),
        duplicates=_issues(connection, issues.c.duplicate_of == item.issue_id) if item.issue_id else (),
    )


def postmortem_story(connection: Connection, postmortem_id: int) -> PostmortemStory | None:
    row = connection.execute(select(postmortems).where(postmortems.c.id == postmortem_id)).first()
    if row is None:
        return None
    r = revisions.c
    said = connection.execute(
        select(r.at, r.revision, r.status, r.outcome).where(r.postmortem_id == postmortem_id).order_by(r.id)
    )
    items = lines_where(connection, [i.postmortem_id == postmortem_id], limit=1000, order=(i.position, i.id))
    return PostmortemStory(
        postmortem=read_row(Postmortem, row),
        items=tuple(items),
        revisions=tuple(RevisionEntry(**entry._mapping) for entry in said),
        journal=_journal(connection, [("postmortem", postmortem_id)]),
    )


def _others(connection: Connection, item: Item) -> tuple[ItemLine, ...]:
    """In the postmortem's order; not those of which nobody has said yet which action they are."""
    decided = or_(i.attention_code.is_(None), i.attention_code != "ambiguous")
    of_it = [i.postmortem_id == item.postmortem_id, i.id != item.id, i.same_as.is_(None), decided]
    return tuple(lines_where(connection, of_it, limit=500, order=(i.position, i.id)))


def _issues(connection: Connection, which: Any) -> tuple[IssueView, ...]:
    rows = connection.execute(select(issues).where(which).order_by(issues.c.id)).all()
    earlier = _earlier_keys(connection, [row.id for row in rows])
    return tuple(
        IssueView(
            **{name: getattr(row, name) for name in _ISSUE_COLUMNS},
            assignee=name_of(row.assignee),
            earlier=earlier.get(row.id, ()),
        )
        for row in rows
    )


_ISSUE_COLUMNS = (
    *("id", "tracker", "target", "key", "url", "origin", "title", "status", "category", "due_on", "marker"),
    *("read_at", "gone_at", "created_at", "duplicate_of"),
)


def _earlier_keys(connection: Connection, issue_ids: Sequence[int]) -> dict[int, tuple[str, ...]]:
    found: dict[int, tuple[str, ...]] = {}
    rows = connection.execute(
        select(issue_refs.c.issue_id, issue_refs.c.key)
        .where(issue_refs.c.issue_id.in_(issue_ids))
        .order_by(issue_refs.c.id)
    )
    for row in rows:
        found[row.issue_id] = (*found.get(row.issue_id, ()), row.key)
    return found


def _journal(connection: Connection, subjects: Iterable[tuple[str, int]]) -> tuple[Entry, ...]:
    j = journal.c
    about = [and_(j.subject_kind == kind, j.subject == str(number)) for kind, number in subjects]
    rows = connection.execute(
        select(journal, payloads.c.body)
        .outerjoin(payloads, payloads.c.digest == j.payload_digest)
        .where(or_(*about))
        .order_by(j.at, j.id)
    )
    return tuple(
        Entry(
            row.at,
            row.actor_kind,
            row.actor,
            row.event,
            row.subject_kind,
            row.subject,
            _data(row),
            row.position,
            row.payload_digest,
        )
        for row in rows
    )


def _data(row: Row[Any]) -> dict[str, Any] | None:
    if row.body is None:
        return None
    try:
        data = json.loads(row.body)
    except ValueError:
        return {"bytes": len(row.body)}
    return data if isinstance(data, dict) else {"value": data}


def _messages(connection: Connection, item: Item) -> tuple[MessageEntry, ...]:
    o = outbox.c
    mine = and_(o.subject == item.id, about_an_item())
    carried = (
        select(stall_steps.c.notice_id)
        .join(stalls, stalls.c.id == stall_steps.c.stall_id)
        .where(stalls.c.item_id == item.id)
    )
    about = [mine, and_(o.kind == "send_notice", o.subject.in_(carried))]
    if item.issue_id:
        about.append(and_(_about_issue, o.subject == item.issue_id))
    names = MessageEntry.__dataclass_fields__
    rows = connection.execute(select(*(o[name] for name in names)).where(or_(*about)).order_by(o.id))
    return tuple(MessageEntry(**row._mapping) for row in rows)


def _stalls(connection: Connection, item_id: int) -> tuple[StallEntry, ...]:
    s, t, n = stalls.c, stall_steps.c, notices.c
    fired: dict[int, tuple[StepEntry, ...]] = {}
    rows = connection.execute(
        select(
            *(t.stall_id, t.step, t.person, t.role, t.fired_at, t.notice_id),
            *(n.channel, n.sent_at, n.outcome, n.message_id),
        )
        .join(stalls, s.id == t.stall_id)
        .join(notices, n.id == t.notice_id)
        .where(s.item_id == item_id)
        .order_by(t.fired_at, t.step)
    )
    for row in rows:
        values = dict(row._mapping)
        stall_id = values.pop("stall_id")
        fired[stall_id] = (*fired.get(stall_id, ()), StepEntry(**values))
    begun = connection.execute(
        select(s.id, s.condition, s.began_on, s.ended_on, s.policy, s.policy_version)
        .where(s.item_id == item_id)
        .order_by(s.began_on, s.id)
    )
    return tuple(StallEntry(**row._mapping, steps=fired.get(row.id, ())) for row in begun)

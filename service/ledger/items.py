"""Action items."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from datetime import datetime

from sqlalchemy import Connection, bindparam, func, insert, null, select, update

from service.domain.facts import Change, ItemFacts, State
from service.domain.revising import earlier_texts
from service.ledger import codec
from service.ledger.rows import Item, read_row
from service.ledger.tables import action_items, outbox, postmortems

_ONE = select(action_items).where(action_items.c.id == bindparam("which"))
_LOCKED = _ONE.with_for_update(key_share=True)
_CHANGE = update(action_items).where(action_items.c.id == bindparam("which"))
_CLEAR_REFUSAL = _CHANGE.where(action_items.c.state != State.HELD.value, action_items.c.attention_code.like("%.%"))
_ADD = insert(action_items).returning(*action_items.c)


def _fact_columns(facts: ItemFacts) -> dict[str, object]:
    return {
        "title": facts.title,
        "facts": codec.item_to_json(facts),
        "facts_digest": facts.digest(),
        "kind": facts.kind,
        "priority": facts.priority,
        "promised_due_on": facts.due_on,
    }


def _stated_column(facts: ItemFacts, stated: ItemFacts) -> object:
    """What the document states, kept only where a person corrected it."""
    return codec.item_to_json(stated) if stated.digest() != facts.digest() else null()


class Items:
    """Action items within one transaction."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def add(self, postmortem_id: int, facts: ItemFacts, now: datetime, **values: object) -> Item:
        """A new item. `values` are columns: position, identity, state, team, owner_person, …"""
        defaults: dict[str, object] = {"changes": [], "last_movement_at": now, "created_at": now}
        stated = {**_fact_columns(facts), "postmortem_id": postmortem_id, "first_due_on": facts.due_on}
        return read_row(Item, self._connection.execute(_ADD, {**defaults, **stated, **values}).one())

    def get(self, item_id: int) -> Item:
        return read_row(Item, self._connection.execute(_ONE, {"which": item_id}).one())

    def lock(self, item_id: int) -> Item:
        """The item, locked until the transaction ends. Items are locked before issues, issues before messages.

        Their keys never change, so whoever refers to an item (a stall that begins) need not wait for the lock.
        """
        return read_row(Item, self._connection.execute(_LOCKED, {"which": item_id}).one())

    def lock_all(self, item_ids: Iterable[int]) -> list[Item]:
        """Several items, locked in the order of their ids: who needs more than one must not lock them in turn."""
        query = select(action_items).where(action_items.c.id.in_(list(item_ids))).order_by(action_items.c.id)
        return [read_row(Item, row) for row in self._connection.execute(query.with_for_update(key_share=True))]

    def find(self, item_id: int) -> Item | None:
        row = self._connection.execute(select(action_items).where(action_items.c.id == item_id)).first()
        return read_row(Item, row) if row else None

    def of_postmortem(self, postmortem_id: int, *, lock: bool = False) -> list[Item]:
        # Always locked in the order of their ids, or two who lock the same items could wait for each other.
        query = select(action_items).where(action_items.c.postmortem_id == postmortem_id).order_by(action_items.c.id)
        rows = self._connection.execute(query.with_for_update(key_share=True) if lock else query)
        return sorted((read_row(Item, row) for row in rows), key=lambda item: item.position)

    def count_asked_for(self, postmortem_id: int, kind: str, most: int) -> int:
        """How many of a postmortem's items have an issue, or a message of that kind on its way; counts no further than
        `most`, so that a document of thousands of items costs no more than one of twenty.
        """
        on_its_way = (
            select(outbox.c.id)
            .where(outbox.c.kind == kind, outbox.c.subject == action_items.c.id, outbox.c.state.in_(("due", "dead")))
            .exists()
        )
        some = (
            select(action_items.c.id)
            .where(action_items.c.postmortem_id == postmortem_id)
            .where(action_items.c.issue_id.is_not(None) | ((action_items.c.state == State.PENDING.value) & on_its_way))
            .limit(most)
        )
        return int(self._connection.execute(select(func.count()).select_from(some.subquery())).scalar_one())

    def of_issues(self, issue_ids: Iterable[int], *, lock: bool = False) -> list[Item]:
        query = select(action_items).where(action_items.c.issue_id.in_(list(issue_ids))).order_by(action_items.c.id)
        rows = self._connection.execute(query.with_for_update(key_share=True) if lock else query)
        return [read_row(Item, row) for row in rows]

    def by_markers(self, markers: Iterable[str]) -> dict[str, Item]:
        rows = self._connection.execute(select(action_items).where(action_items.c.marker.in_(list(markers))))
        return {row.marker: read_row(Item, row) for row in rows}

    def in_states(self, states: Iterable[State]) -> list[Item]:
        rows = self._connection.execute(
            select(action_items)
            .where(action_items.c.state.in_([state.value for state in states]))
            .order_by(action_items.c.id)
        )
        return [read_row(Item, row) for row in rows]

    def that_may_stall(self) -> list[Item]:
        """Items that stand in a tracker and are not done."""
        return self.in_states((State.OPEN, State.DOING))

    def awaiting_release(self, since: datetime | None) -> list[Item]:
        """Held items, and unfinished ones that stay silent because their postmortem was not final `since` then."""
        wanted = (action_items.c.state == State.HELD.value) | (action_items.c.attention_code == "backlog")
        if since is not None:
            finalized_at = postmortems.c.finalized_at
            old = select(postmortems.c.id).where(finalized_at.is_(None) | (finalized_at < since))
            unfinished = action_items.c.state.in_([State.PENDING.value, State.OPEN.value, State.DOING.value])
            silent = action_items.c.released_at.is_(None) & action_items.c.postmortem_id.in_(old)
            wanted |= unfinished & silent
        rows = self._connection.execute(select(action_items).where(wanted).order_by(action_items.c.id))
        return [read_row(Item, row) for row in rows]

    def needing_attention(self) -> list[Item]:
        rows = self._connection.execute(
            select(action_items).where(action_items.c.attention_code.is_not(None)).order_by(action_items.c.id)
        )
        return [read_row(Item, row) for row in rows]

    def update(self, item_id: int, **values: object) -> None:
        self._connection.execute(_CHANGE, {"which": item_id, **values})

    def restate(
        self, item: Item, facts: ItemFacts, stated: ItemFacts, changes: tuple[Change, ...], **values: object
    ) -> None:
        """Takes over what a newer revision promises, with what changed since the issue was made. `stated`: what the
        document says; `facts`: the same with what a person corrected.
        """
        moved = facts.due_on != item.promised_due_on
        columns: dict[str, object] = {
            **_fact_columns(facts),
            "stated": _stated_column(facts, stated),
            "earlier_titles": list(earlier_texts(item.earlier_titles, item.said.title, stated.title)),
            "changes": codec.changes_to_json(changes),
            "due_moves": item.due_moves + (1 if moved and item.promised_due_on is not None else 0),
            "first_due_on": item.first_due_on or facts.due_on,
        }
        self.update(item.id, **columns, **values)

    def correct(self, item: Item, facts: ItemFacts, **values: object) -> None:
        """Puts a person's facts in place of what the document states; nothing of it has left yet."""
        columns = {**_fact_columns(facts), "stated": _stated_column(facts, item.said), "first_due_on": facts.due_on}
        self.update(item.id, **columns, **values)

    def hold(self, item_id: int, code: str, sentence: str) -> None:
        self.update(item_id, state=State.HELD.value, attention_code=code, attention=sentence)

    def note_refusal(self, item_id: int, code: str, sentence: str) -> None:
        """Asks a person to look at what a tracker refused; what an item is held for stands above it."""
        self._connection.execute(
            update(action_items)
            .where(action_items.c.id == item_id, action_items.c.state != State.HELD.value)
            .values(attention_code=code, attention=sentence)
        )

    def clear_refusal(self, item_id: int) -> None:
        """Takes back what `note_refusal` wrote: only connectors' words have a dot."""
        self._connection.execute(_CLEAR_REFUSAL, {"which": item_id, "attention_code": None, "attention": None})

    def flag(self, item_id: int, code: str | None, sentence: str | None, over: Collection[str] = ()) -> None:
        """Says (or, with None, no longer says) what a person should know of an item in a tracker. Only where nothing
        else is said of it by now but one of `over`, whatever the caller read before.
        """
        said = action_items.c.attention_code
        self._connection.execute(
            update(action_items)
            .where(action_items.c.id == item_id, action_items.c.state.in_([State.OPEN.value, State.DOING.value]))
            .where(said.is_(None) | said.in_(sorted(over)))
            .values(attention_code=code, attention=sentence)
        )

    def count_by_state(self) -> dict[str, int]:
        rows = self._connection.execute(select(action_items.c.state, func.count()).group_by(action_items.c.state))
        return {state: int(count) for state, count in rows}

    def touch(self, item_ids: Iterable[int], now: datetime) -> None:
        """Notes that a person moved these items forward."""
        self._connection.execute(
            update(action_items).where(action_items.c.id.in_(list(item_ids))).values(last_movement_at=now)
        )

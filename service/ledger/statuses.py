"""News of items: which states changed since somebody was last told, and of which news the source was told."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime

from sqlalchemy import Connection, bindparam, select, text, update

from service.ledger.rows import Item, read_row
from service.ledger.tables import action_items

# Written out as the index has it: only then is the index used, which holds nothing but what waits.
_NEWS = text("action_items.state <> action_items.noted_state")
_ANY = select(action_items.c.id).where(_NEWS).limit(1)
_SOME = (
    select(action_items)
    .where(_NEWS)
    .order_by(action_items.c.id)
    .limit(bindparam("most"))
    .with_for_update(key_share=True, skip_locked=True)
)
_NOTE = (
    update(action_items)
    .where(action_items.c.id.in_(bindparam("which", expanding=True)))
    .values(noted_state=action_items.c.state, noted_at=bindparam("at"), status_number=action_items.c.status_number + 1)
)
_TOLD = (
    update(action_items)
    .where(action_items.c.id == bindparam("which"), action_items.c.told_number < bindparam("number"))
    .values(told_number=bindparam("number"))
)


class Statuses:
    """News of items within one transaction."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def waiting(self) -> bool:
        """Whether a state changed that nobody has handed on."""
        return self._connection.execute(_ANY).first() is not None

    def take(self, most: int) -> list[Item]:
        """Items whose state is news, locked; those that another transaction holds come another time."""
        return [read_row(Item, row) for row in self._connection.execute(_SOME, {"most": most})]

    def note(self, item_ids: Collection[int], now: datetime) -> None:
        """The states that these items have now are handed on."""
        self._connection.execute(_NOTE, {"which": list(item_ids), "at": now})

    def told(self, item_id: int, number: int) -> None:
        """The source was told of this news; what is older is told with it."""
        self._connection.execute(_TOLD, {"which": item_id, "number": number})

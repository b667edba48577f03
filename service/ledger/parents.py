"""Parents: the issues that others stand under, each made or found once for a place."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Connection, and_, bindparam, or_, select, update

from service.ledger.rows import Parent, read_row
from service.ledger.sql import adds_row
from service.ledger.tables import issues, parents

_ONE = select(parents).where(parents.c.id == bindparam("which"))
# A place may have been renamed, and its tracker may have moved to another site: then its issue knows where it is.
_NAMED = (
    select(parents)
    .outerjoin(issues, issues.c.id == parents.c.issue_id)
    .where(parents.c.identity == bindparam("who"))
    .where(
        or_(
            and_(parents.c.tracker == bindparam("at"), parents.c.place == bindparam("where")),
            and_(issues.c.tracker == bindparam("at"), issues.c.place == bindparam("where")),
        )
    )
    .order_by(parents.c.id)
    .limit(1)
)


class Parents:
    """Parents within one transaction."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def ensure(self, named: tuple[str, str, str], route: str, now: datetime, **values: object) -> Parent:
        """The parent of that tracker, place and identity, noted if it was not known. As long as it has no issue, it
        goes by the route that asked for it last. `values`: postmortem_id, marker.
        """
        tracker, place, identity = named
        found = {"tracker": tracker, "place": place, "identity": identity}
        known = self._named(tracker, place, identity)
        if known is None:
            adds_row(self._connection, parents, **found, route=route, created_at=now, **values)
        elif known.issue_id is None and known.route != route:
            self._connection.execute(update(parents).where(parents.c.id == known.id).values(route=route))
        else:
            return known
        known = self._named(tracker, place, identity)
        assert known is not None
        return known

    def lock(self, parent_id: int) -> Parent:
        return read_row(Parent, self._connection.execute(_ONE.with_for_update(), {"which": parent_id}).one())

    def set_issue(self, parent_id: int, issue_id: int) -> None:
        self._connection.execute(update(parents).where(parents.c.id == parent_id).values(issue_id=issue_id))

    def _named(self, tracker: str, place: str, identity: str) -> Parent | None:
        named = {"at": tracker, "where": place, "who": identity}
        row = self._connection.execute(_NAMED, named).first()
        return read_row(Parent, row) if row else None

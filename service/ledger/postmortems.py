"""Postmortems and their revisions."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from sqlalchemy import Connection, bindparam, func, insert, select, update

from service.domain.facts import PostmortemFacts
from service.ledger import codec
from service.ledger.rows import Postmortem, read_row
from service.ledger.sql import insert_into
from service.ledger.tables import postmortems, revisions

_ONE = select(postmortems).where(postmortems.c.id == bindparam("which"))


class Postmortems:
    """Postmortems within one transaction."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def lock(self, facts: PostmortemFacts, now: datetime) -> Postmortem:
        """The postmortem's row, made if it is new, and locked until the transaction ends, on both databases."""
        self._connection.execute(
            insert_into(self._connection, postmortems)
            .values(
                source=facts.source,
                source_id=facts.source_id,
                status="new",
                title=facts.title,
                visibility=facts.visibility.value,
                facts=codec.postmortem_to_json(facts),
                created_at=now,
                updated_at=now,
            )
            .on_conflict_do_nothing()
        )
        # Its key never changes: whoever refers to it (a parent that is noted) holds an item's lock and must not wait.
        row = self._connection.execute(
            select(postmortems)
            .where(postmortems.c.source == facts.source, postmortems.c.source_id == facts.source_id)
            .with_for_update(key_share=True)
        ).one()
        return read_row(Postmortem, row)

    def get(self, postmortem_id: int) -> Postmortem:
        return read_row(Postmortem, self._connection.execute(_ONE, {"which": postmortem_id}).one())

    def sources(self) -> set[str]:
        """Every source the ledger has a postmortem of."""
        return {row.source for row in self._connection.execute(select(postmortems.c.source).distinct())}

    def many(self, postmortem_ids: Iterable[int]) -> dict[int, Postmortem]:
        wanted = sorted(postmortem_ids)
        if not wanted:
            return {}
        rows = self._connection.execute(select(postmortems).where(postmortems.c.id.between(wanted[0], wanted[-1])))
        return {row.id: read_row(Postmortem, row) for row in rows}

    def find(self, source: str, source_id: str) -> Postmortem | None:
        row = self._connection.execute(
            select(postmortems).where(postmortems.c.source == source, postmortems.c.source_id == source_id)
        ).first()
        return read_row(Postmortem, row) if row else None

    def unseen(self, source: str, *, seen_before: datetime, final_since: datetime, most: int) -> list[str]:
        """The ids of those that became final since then and had no revision lately, the longest unseen first."""
        seen = select(func.max(revisions.c.at)).where(revisions.c.postmortem_id == postmortems.c.id).scalar_subquery()
        rows = self._connection.execute(
            select(postmortems.c.source_id)
            .where(
                postmortems.c.source == source,
                postmortems.c.status == "final",
                func.coalesce(postmortems.c.finalized_at, postmortems.c.created_at) >= final_since,
                seen < seen_before,
            )
            .order_by(seen, postmortems.c.id)
            .limit(most)
        )
        return [row.source_id for row in rows]

    def save(self, postmortem: Postmortem, facts: PostmortemFacts, now: datetime, **values: object) -> None:
        """Takes over what a newer revision says. `values`: revision, document_digest, delivery_id, merged_into."""
        self._connection.execute(
            update(postmortems)
            .where(postmortems.c.id == postmortem.id)
            .values(
                status=facts.status,
                title=facts.title,
                severity=facts.severity,
                visibility=facts.visibility.value,
                url=facts.url,
                facts=codec.postmortem_to_json(facts),
                finalized_at=facts.finalized_at,
                updated_at=now,
                **values,
            )
        )

    def latest_revision(self) -> int:
        """The number under which the latest revision of any postmortem was noted; 0 before the first."""
        return int(self._connection.execute(select(func.coalesce(func.max(revisions.c.id), 0))).scalar_one())

    def revised_since(self, postmortem: Postmortem, seen: int) -> bool:
        """Whether a revision of it was noted after the one of that number."""
        found = select(revisions.c.id).where(revisions.c.postmortem_id == postmortem.id, revisions.c.id > seen)
        return self._connection.execute(found.limit(1)).first() is not None

    def record_revision(
        self, postmortem: Postmortem, delivery_id: int, said: tuple[int | None, str, str], outcome: str, now: datetime
    ) -> None:
        """Notes a revision that arrived. `said`: its number, status and document digest."""
        revision, status, digest = said
        self._connection.execute(
            insert(revisions).values(
                postmortem_id=postmortem.id,
                delivery_id=delivery_id,
                revision=revision,
                status=status,
                digest=digest,
                outcome=outcome,
                at=now,
            )
        )

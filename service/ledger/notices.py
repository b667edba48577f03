"""Stalls, the steps that fired for them, and the notices that carried the steps."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime
from typing import Any

from sqlalchemy import Connection, Select, and_, delete, insert, select, update

from service.ledger.rows import NoticeLine, NoticeRow, StallRow, StepRow, read_row
from service.ledger.sql import adds_row
from service.ledger.tables import notices, stall_steps, stalls

_DROPPED = and_(notices.c.outcome.is_not(None), notices.c.sent_at.is_(None))


class Notices:
    """Stalls and notices within one transaction."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def stalls_of(self, ended_after: date) -> list[StallRow]:
        """Stalls that last, and those that ended no earlier than a day (they may return)."""
        rows = self._connection.execute(
            select(stalls)
            .where((stalls.c.ended_on.is_(None)) | (stalls.c.ended_on >= ended_after))
            .order_by(stalls.c.id)
        )
        return [read_row(StallRow, row) for row in rows]

    def steps_of(self, stall_ids: Iterable[int]) -> list[StepRow]:
        wanted = sorted(stall_ids)
        if not wanted:
            return []
        # A range, not a list: thousands of lasting stalls would be more parameters than a statement takes.
        found = self._connection.execute(
            select(stall_steps).where(stall_steps.c.stall_id.between(wanted[0], wanted[-1]))
        )
        keep = set(wanted)
        return [read_row(StepRow, row) for row in found if row.stall_id in keep]

    def begin_stall(self, **values: object) -> int:
        done = self._connection.execute(insert(stalls).values(**values))
        assert done.inserted_primary_key is not None
        return int(done.inserted_primary_key[0])

    def end_stall(self, stall_id: int, on: date | None) -> None:
        """Ends a stall, or (None) takes its end back."""
        self._connection.execute(update(stalls).where(stalls.c.id == stall_id).values(ended_on=on))

    def days_told(self, since: date) -> set[tuple[str, date]]:
        """(person, working day) of every notice since a day, but for those that were dropped before they were sent."""
        rows = self._connection.execute(
            select(notices.c.person, notices.c.working_day).where(notices.c.working_day >= since, ~_DROPPED)
        )
        return {(row.person, row.working_day) for row in rows}

    def add(self, **values: object) -> NoticeRow | None:
        """A notice to (person, working day); None if that person has one for that day already.

        One that was dropped before it was sent is taken up again, with its Message-ID.
        """
        if not adds_row(self._connection, notices, **values) and not self._take_up(**values):
            return None
        row = self._connection.execute(
            select(notices).where(notices.c.person == values["person"], notices.c.working_day == values["working_day"])
        ).one()
        return read_row(NoticeRow, row)

    def _take_up(self, **values: object) -> bool:
        done = self._connection.execute(
            update(notices)
            .where(notices.c.person == values["person"], notices.c.working_day == values["working_day"], _DROPPED)
            .values(channel=values["channel"], created_at=values["created_at"], outcome=None)
        )
        return done.rowcount == 1

    def forget_steps(self, steps: Iterable[tuple[int, str]], person: str) -> None:
        """Takes back that steps, given as (stall, step), fired for a person: they may fire again."""
        for stall_id, step in steps:
            self._connection.execute(
                delete(stall_steps).where(
                    stall_steps.c.stall_id == stall_id, stall_steps.c.step == step, stall_steps.c.person == person
                )
            )

    def add_step(self, **values: object) -> bool:
        """Notes that a step fired; False if it had fired for that stall and person."""
        return adds_row(self._connection, stall_steps, **values)

    def get(self, notice_id: int) -> NoticeRow:
        row = self._connection.execute(select(notices).where(notices.c.id == notice_id)).one()
        return read_row(NoticeRow, row)

    def lines(self, notice_id: int) -> list[NoticeLine]:
        """The steps a notice carries, each with its stall."""
        wanted: Select[Any] = (
            select(
                stall_steps.c.stall_id,
                stall_steps.c.step,
                stall_steps.c.role,
                stalls.c.item_id,
                stalls.c.condition,
                stalls.c.began_on,
                stalls.c.ended_on,
                stalls.c.policy_snapshot,
            )
            .join(stalls, stalls.c.id == stall_steps.c.stall_id)
            .where(stall_steps.c.notice_id == notice_id)
            .order_by(stall_steps.c.stall_id)
        )
        return [read_row(NoticeLine, row) for row in self._connection.execute(wanted)]

    def settle(self, notice_id: int, outcome: str, sent_at: datetime | None) -> None:
        """`sent_at` None: it was dropped, and certainly nothing of it was sent."""
        self._connection.execute(
            update(notices).where(notices.c.id == notice_id).values(outcome=outcome, sent_at=sent_at)
        )

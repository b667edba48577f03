"""When trackers' tokens end, as they last said, and what operators were told."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ColumnElement, Connection, select, update

from service.ledger.operator_tables import credentials, operator_notices
from service.ledger.rows import CredentialRow, OperatorNotice, read_row
from service.ledger.sql import adds_row, insert_into


class Credentials:
    """What trackers said of our tokens, within one transaction."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def all(self) -> list[CredentialRow]:
        rows = self._connection.execute(select(credentials).order_by(credentials.c.tracker))
        return [read_row(CredentialRow, row) for row in rows]

    def get(self, tracker: str) -> CredentialRow | None:
        row = self._connection.execute(select(credentials).where(credentials.c.tracker == tracker)).first()
        return read_row(CredentialRow, row) if row else None

    def keep(self, tracker: str, account: str, expires_at: datetime | None, now: datetime) -> None:
        self._put(tracker, account=account, expires_at=expires_at, asked_at=now, read_at=now)

    def ask_failed(self, tracker: str, now: datetime) -> None:
        """Nothing new is known, and what was stays."""
        self._put(tracker, asked_at=now)

    def _put(self, tracker: str, **values: object) -> None:
        self._connection.execute(
            insert_into(self._connection, credentials)
            .values(tracker=tracker, **{"account": "", **values})
            .on_conflict_do_update(index_elements=["tracker"], set_=values)
        )


class OperatorNotices:
    """Notices to operators within one transaction. Each is of one trouble, told to one address once an occasion."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def add(self, **values: object) -> OperatorNotice | None:
        """None if that address was told of that occasion, or is about to be."""
        if not adds_row(self._connection, operator_notices, **values):
            return None
        return self._one(operator_notices.c.message_id == values["message_id"])

    def get(self, notice_id: int) -> OperatorNotice:
        return self._one(operator_notices.c.id == notice_id)

    def settle(self, notice_id: int, outcome: str, sent_at: datetime | None) -> None:
        wanted = update(operator_notices).where(operator_notices.c.id == notice_id)
        self._connection.execute(wanted.values(outcome=outcome, sent_at=sent_at))

    def _one(self, wanted: ColumnElement[bool]) -> OperatorNotice:
        return read_row(OperatorNotice, self._connection.execute(select(operator_notices).where(wanted)).one())

"""The outbox: what must become true outside. A message names it; its content is decided at the claim."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, and_, bindparam, case, delete, func, insert, or_, select, update

from service.ledger.rows import Message, read_row
from service.ledger.tables import instance, outbox, targets

MAX_DEATHS = 3
# A tracker and a place in it; what goes to neither is looked for nowhere.
SentTo = tuple[str | None, str | None]
NOWHERE: SentTo = (None, None)

_ONE = select(outbox).where(outbox.c.id == bindparam("which"))
# Locked: a wish that another transaction is about to commit would else be overwritten by `done` and lost.
_ASKED_AGAIN = select(outbox.c.again).where(outbox.c.id == bindparam("which")).with_for_update()
_CHANGE = update(outbox).where(outbox.c.id == bindparam("which"))
_FENCED = _CHANGE.where(outbox.c.fence == bindparam("ours"), outbox.c.state == "due")
_LASTS = and_(
    outbox.c.id == bindparam("which"),
    outbox.c.fence == bindparam("ours"),
    outbox.c.state == "due",
    outbox.c.lease_until >= bindparam("lasting"),
)
_LASTING = select(outbox.c.id).where(_LASTS)
_INTEND = update(outbox).where(_LASTS)
# Whether it was asked for again is read by the very statement that ends it: a wish that another transaction is about
# to commit would else be overwritten by `done` and lost.
_FINISH = _FENCED.values(
    state=case((outbox.c.again, "due"), else_="done"),
    done_at=case((outbox.c.again, outbox.c.done_at), else_=bindparam("at")),
    due_at=case((outbox.c.again, bindparam("at")), else_=outbox.c.due_at),
    attempts=case((outbox.c.again, 0), else_=outbox.c.attempts),
    again=False,
    outcome=bindparam("came_of"),
    lease_until=None,
    deaths=0,
    sent_at=None,
    probed=False,
    error_code=None,
    error=None,
    cure=None,
)
_UNCHANGED = outbox.c.sent_at.is_not_distinct_from(bindparam("seen", type_=outbox.c.sent_at.type))
_NOT_THERE = _FENCED.values(
    sent_at=case((_UNCHANGED, None), else_=outbox.c.sent_at),
    probed=_UNCHANGED,
    due_at=bindparam("at"),
    lease_until=None,
    deaths=0,
)
_DUE = and_(
    outbox.c.state == "due",
    outbox.c.due_at <= bindparam("now"),
    or_(outbox.c.lease_until.is_(None), outbox.c.lease_until < bindparam("clock")),
)
_FIRST_DUE = (
    select(outbox)
    .where(outbox.c.target == bindparam("which"), _DUE)
    .order_by(outbox.c.due_at, outbox.c.id)
    .limit(1)
    .with_for_update(skip_locked=True)
)
# Asked for before every claim: one look into the index for each target, however many messages wait.
_OLDEST = (
    select(outbox.c.due_at)
    .where(outbox.c.target == targets.c.name, _DUE)
    .order_by(outbox.c.due_at)
    .limit(1)
    .scalar_subquery()
)
_QUEUES = (
    select(targets.c.name, _OLDEST.label("oldest"))
    .where(targets.c.paused_at.is_(None), ~select(instance.c.id).where(instance.c.paused_at.is_not(None)).exists())
    .where(or_(targets.c.open_until.is_(None), targets.c.open_until <= bindparam("clock")))
    .where(or_(targets.c.next_slot.is_(None), targets.c.next_slot <= bindparam("clock")))
)
_SAME = and_(
    outbox.c.kind == bindparam("what"), outbox.c.subject == bindparam("whose"), outbox.c.target == bindparam("where")
)
_ASK_AGAIN = update(outbox).where(_SAME, outbox.c.state == "due")
_RAISE = update(outbox).where(_SAME, outbox.c.state == "dead")
_GIVEN_UP = (
    select(outbox.c.sent_at, outbox.c.sent_tracker, outbox.c.sent_place)
    .where(_SAME, outbox.c.state == "discarded", outbox.c.sent_at.is_not(None))
    .order_by(outbox.c.sent_at.desc())
    .limit(1)
)
_ADD = insert(outbox)
_IN_DOUBT_ELSEWHERE = (
    select(outbox.c.id)
    .where(outbox.c.kind == bindparam("what"), outbox.c.subject == bindparam("whose"))
    .where(outbox.c.target != bindparam("where"), outbox.c.state == "due", outbox.c.sent_at.is_not(None))
    .limit(1)
)


@dataclass(frozen=True, slots=True)
class Queue:
    """The due messages of one target: since when the oldest waits."""

    target: str
    oldest: datetime


class Outbox:
    """The outbox within one transaction."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def put(self, kind: str, subject: int, target: str, now: datetime, due_at: datetime | None = None) -> bool:
        """Asks for something to become true. While such a message is in flight, it coalesces into it and runs once
        more afterwards, so an old state can never land after a new one. True if a message was added.
        """
        same = {"what": kind, "whose": subject, "where": target}
        if self._connection.execute(_ASK_AGAIN, {**same, "again": True}).rowcount:
            return False
        # What was refused before is worth another try now that a fact has changed.
        afresh = {"state": "due", "due_at": due_at or now, "attempts": 0, "deaths": 0, "lease_until": None}
        if self._connection.execute(_RAISE, {**same, **afresh}).rowcount:
            return False
        # A request that was given up while nobody knew its answer may have been carried out: it is looked for first.
        given_up = self._connection.execute(_GIVEN_UP, same).mappings().first()
        sent = dict(given_up) if given_up else {"sent_at": None, "sent_tracker": None, "sent_place": None}
        new = {"kind": kind, "subject": subject, "target": target, "state": "due", **sent}
        self._connection.execute(_ADD, {**new, "created_at": now, "due_at": due_at or now})
        return True

    def queues(self, now: datetime, clock: float) -> list[Queue]:
        """Targets that may be written to now and have due messages, the longest waiting first."""
        rows = self._connection.execute(_QUEUES, {"now": now, "clock": clock})
        found = [Queue(row.name, row.oldest) for row in rows if row.oldest is not None]
        return sorted(found, key=lambda queue: queue.oldest)

    def claim(self, target: str, now: datetime, clock: float, lease_seconds: float) -> Message | None:
        """The target's oldest due message, leased under a new fence and its attempt counted; None if there is none.

        A message whose process died `MAX_DEATHS` times is quarantined instead, as a dead letter.
        """
        while (row := self._first_due(target, now, clock)) is not None:
            deaths = row.deaths + (1 if row.lease_until is not None else 0)
            if deaths < MAX_DEATHS:
                values: dict[str, Any] = {"lease_until": clock + lease_seconds, "deaths": deaths}
                values |= {"fence": row.fence + 1, "attempts": row.attempts + 1}
                self._set(row.id, **values, again=False)
                return replace(read_row(Message, row), **values)
            self._set(
                row.id,
                state="dead",
                deaths=deaths,
                lease_until=None,
                error_code="outbox.quarantined",
                error=f"The process that carried this out died {MAX_DEATHS} times.",
                cure="Look at the log of the workers, then retry it with dead-letters retry.",
            )
        return None

    def _first_due(self, target: str, now: datetime, clock: float) -> Row[Any] | None:
        return self._connection.execute(_FIRST_DUE, {"which": target, "now": now, "clock": clock}).first()

    def get(self, message_id: int) -> Message | None:
        row = self._connection.execute(_ONE, {"which": message_id}).first()
        return read_row(Message, row) if row else None

    def still_ours(self, message: Message, lasting: float) -> bool:
        """Whether the lease lasts to that moment of the database's clock, under our fence."""
        named = {"which": message.id, "ours": message.fence, "lasting": lasting}
        return self._connection.execute(_LASTING, named).first() is not None

    def intend(self, message: Message, lasting: float, now: datetime, sent_to: SentTo = NOWHERE) -> bool:
        """Writes ahead that the request is about to leave, and for which tracker and place; only while the message is
        `still_ours`.
        """
        named = {"which": message.id, "ours": message.fence, "lasting": lasting}
        return self._connection.execute(_INTEND, {**named, **_sent(now, sent_to)}).rowcount == 1

    def doubt(self, message: Message, now: datetime, sent_to: SentTo = NOWHERE) -> None:
        """A request under a fence that is stale by now may still have been carried out: whoever holds the message
        must look again before it sends, whatever a probe said meanwhile.
        """
        self._connection.execute(
            update(outbox)
            .where(outbox.c.id == message.id, outbox.c.state != "done", outbox.c.fence != message.fence)
            .values(**_sent(now, sent_to))
        )

    def not_there(self, message: Message, now: datetime) -> bool:
        """A probe found that the request was never carried out: it may be sent, at once. Where another request came
        into doubt while the probe was under way, that stands: it is looked for in its turn.
        """
        named = {"which": message.id, "ours": message.fence, "seen": message.sent_at, "at": now}
        return self._connection.execute(_NOT_THERE, named).rowcount == 1

    def finish(self, message: Message, outcome: str, now: datetime) -> bool:
        """Done, or due again at once if it was asked for meanwhile. False under a stale fence."""
        named = {"which": message.id, "ours": message.fence, "at": now, "came_of": outcome}
        return self._connection.execute(_FINISH, named).rowcount == 1

    def postpone(
        self,
        message: Message,
        due_at: datetime,
        error: tuple[str, str, str] | None = None,
        *,
        counted: bool = True,
        unknown: bool = True,
    ) -> bool:
        """Due again later. `counted` False: the attempt was not the message's own failing. `unknown` False: what was
        intended was certainly not carried out, so no probe is needed.
        """
        values: dict[str, object] = {"due_at": due_at, "lease_until": None, "deaths": 0}
        if not unknown:
            values["sent_at"] = None
        if error is not None:
            values |= {"error_code": error[0], "error": error[1], "cure": error[2]}
        if not counted:
            values["attempts"] = max(0, message.attempts - 1)
        return self._fenced(message, **values)

    def bury(self, message: Message, error: tuple[str, str, str], now: datetime, *, unknown: bool) -> bool:
        """A dead letter: a person must look at it. False if it is not: another process has it, or it was asked for
        once more meanwhile, and what is wanted now may not be refused. `unknown`: an earlier attempt is in doubt.
        """
        code, sentence, cure = error
        values: dict[str, object] = {"lease_until": None, "error_code": code, "error": sentence, "cure": cure}
        values |= {"deaths": 0} if unknown else {"deaths": 0, "sent_at": None}
        if self._connection.execute(_ASKED_AGAIN, {"which": message.id}).scalar():
            self._fenced(message, **values, again=False, due_at=now)
            return False
        return self._fenced(message, **values, state="dead")

    def revive(self, message_id: int, now: datetime) -> bool:
        done = self._connection.execute(
            update(outbox)
            .where(outbox.c.id == message_id, outbox.c.state == "dead")
            .values(state="due", due_at=now, attempts=0, deaths=0, lease_until=None)
        )
        return done.rowcount == 1

    def discard(self, message_id: int, now: datetime) -> bool:
        done = self._connection.execute(
            update(outbox)
            .where(outbox.c.id == message_id, outbox.c.state == "dead")
            .values(state="discarded", done_at=now, outcome="discarded by a person")
        )
        return done.rowcount == 1

    def dead(self) -> list[Message]:
        rows = self._connection.execute(select(outbox).where(outbox.c.state == "dead").order_by(outbox.c.id))
        return [read_row(Message, row) for row in rows]

    def in_flight(self, kind: str, subject: int) -> Message | None:
        """The message of that kind about a subject that is not ended, if any."""
        row = self._connection.execute(
            select(outbox).where(
                outbox.c.kind == kind, outbox.c.subject == subject, outbox.c.state.in_(("due", "dead"))
            )
        ).first()
        return read_row(Message, row) if row else None

    def is_given_up(self, kind: str, subject: int) -> bool:
        """Whether a person discarded the last message of that kind about a subject."""
        last = (
            select(outbox.c.state)
            .where(outbox.c.kind == kind, outbox.c.subject == subject)
            .order_by(outbox.c.id.desc())
            .limit(1)
        )
        return self._connection.execute(last).scalar() == "discarded"

    def in_doubt_elsewhere(self, message: Message) -> bool:
        """Whether the same is being made true at another target, and nobody knows whether it is already."""
        named = {"what": message.kind, "whose": message.subject, "where": message.target}
        return self._connection.execute(_IN_DOUBT_ELSEWHERE, named).first() is not None

    def created_since(self, kind: str, target: str, since: datetime) -> int:
        count = select(func.count()).where(
            outbox.c.kind == kind, outbox.c.target == target, outbox.c.created_at > since
        )
        return int(self._connection.execute(count).scalar_one())

    def hold_back(self, kind: str) -> int:
        """Turns every due message of a kind into a dead letter that a person may retry; returns how many."""
        done = self._connection.execute(
            update(outbox)
            .where(outbox.c.kind == kind, outbox.c.state == "due")
            .values(
                state="dead",
                lease_until=None,
                fence=outbox.c.fence + 1,
                error_code="restored",
                error="This was due before the ledger was restored and may have been sent already.",
                cure="Retry it with dead-letters retry if it is still wanted, else discard it.",
            )
        )
        return done.rowcount

    def forget_ended(self, before: datetime) -> int:
        """Removes messages that ended before an instant; the journal has what they did. One that was given up in doubt
        is kept: what is asked for later looks first for what it may have made.
        """
        ended = or_(outbox.c.state == "done", and_(outbox.c.state == "discarded", outbox.c.sent_at.is_(None)))
        done = self._connection.execute(delete(outbox).where(ended, outbox.c.done_at < before))
        return done.rowcount

    def _fenced(self, message: Message, **values: object) -> bool:
        return self._connection.execute(_FENCED, {"which": message.id, "ours": message.fence, **values}).rowcount == 1

    def _set(self, message_id: int, **values: object) -> None:
        self._connection.execute(_CHANGE, {"which": message_id, **values})


def _sent(now: datetime, sent_to: SentTo) -> dict[str, Any]:
    return {"sent_at": now, "sent_tracker": sent_to[0], "sent_place": sent_to[1], "probed": False}

"""The inbox: what was taken in is stored once, read by one process at a time, and never lost."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import select

from service.ledger import Delivery, Ledger, UnitOfWork
from service.ledger.tables import refusals
from tests.ledger.at import NOW, SECOND

ERROR = ("document.unreadable", "The document cannot be read.", "Look at it.")
LEASE = 10.0


def store(uow: UnitOfWork, key: str = "k1", body: bytes = b'{"a": 1}', at: datetime = NOW) -> bool:
    return uow.inbox.store("incidents", key, {"content-type": "application/json"}, body, at)


def claimed(uow: UnitOfWork, clock: float = 0.0) -> Delivery:
    delivery = uow.inbox.claim(NOW, clock, LEASE)
    assert delivery is not None
    return delivery


def row(uow: UnitOfWork, delivery: Delivery) -> Delivery:
    found = uow.inbox.get(delivery.id)
    assert found is not None
    return found


def test_a_delivery_is_kept_with_its_bytes_and_headers(ledger: Ledger) -> None:
    with ledger.begin() as uow:
        assert store(uow, body=b"\x00\xff not json")
        delivery = claimed(uow)
        assert (delivery.body, delivery.headers["content-type"]) == (b"\x00\xff not json", "application/json")
        assert delivery.received_at == NOW


def test_a_repeated_delivery_is_counted_and_not_done_again(ledger: Ledger) -> None:
    with ledger.begin() as uow:
        store(uow)
        delivery = claimed(uow)
        uow.inbox.finish(delivery, "done", "Absorbed.")
        assert not store(uow)
        assert not store(uow)
        assert (row(uow, delivery).repeats, row(uow, delivery).state) == (2, "done")
        assert uow.inbox.claim(NOW, 0.0, LEASE) is None


def test_the_same_key_with_another_body_is_kept_beside_the_first(ledger: Ledger) -> None:
    with ledger.begin() as uow:
        assert store(uow)
        assert store(uow, body=b'{"a": 2}')
        assert {claimed(uow).body, claimed(uow).body} == {b'{"a": 1}', b'{"a": 2}'}


def test_a_dead_letter_that_is_delivered_again_runs_again(ledger: Ledger) -> None:
    with ledger.begin() as uow:
        store(uow)
        delivery = claimed(uow)
        uow.inbox.fail(delivery, ERROR, None)
        assert [dead.error for dead in uow.inbox.dead()] == [ERROR[1]]
        assert uow.inbox.claim(NOW, 0.0, LEASE) is None
        assert not store(uow)
        again = claimed(uow)
        assert (again.id, again.attempts) == (delivery.id, 1)


def test_a_failure_that_may_pass_is_due_again_later(ledger: Ledger) -> None:
    with ledger.begin() as uow:
        store(uow)
        delivery = claimed(uow)
        uow.inbox.fail(delivery, ERROR, NOW + 30 * SECOND)
        assert uow.inbox.claim(NOW, 0.0, LEASE) is None
        later = uow.inbox.claim(NOW + 30 * SECOND, 0.0, LEASE)
        assert later is not None
        assert (later.id, later.deaths) == (delivery.id, 0)


def test_a_process_that_lost_its_lease_settles_nothing(ledger: Ledger) -> None:
    with ledger.begin() as uow:
        store(uow)
        stale = claimed(uow, clock=0.0)
        holder = claimed(uow, clock=LEASE + 1)
        assert not uow.inbox.finish(stale, "done", "Late.")
        assert not uow.inbox.fail(stale, ERROR, None)
        assert row(uow, holder) == holder
        assert uow.inbox.finish(holder, "done", "Absorbed.")


def test_a_delivery_whose_process_died_three_times_is_quarantined(ledger: Ledger) -> None:
    with ledger.begin() as uow:
        store(uow)
        for death in range(4):
            last = uow.inbox.claim(NOW, death * (LEASE + 1), LEASE)
        assert last is not None
        assert (last.state, last.error_code) == ("dead", "inbox.quarantined")
        assert uow.inbox.claim(NOW, 99.0, LEASE) is None


def test_a_person_may_retry_or_discard_a_dead_letter(ledger: Ledger) -> None:
    with ledger.begin() as uow:
        for key in ("k1", "k2"):
            store(uow, key)
            uow.inbox.fail(claimed(uow), ERROR, None)
        first, second = uow.inbox.dead()
        assert uow.inbox.revive(first.id, NOW)
        assert uow.inbox.discard(second.id)
        assert claimed(uow).id == first.id
        assert uow.inbox.dead() == []


def test_refusals_are_counted_by_hook_minute_and_reason_without_their_content(ledger: Ledger) -> None:
    with ledger.begin() as uow:
        for seconds in (0, 20, 59):
            uow.inbox.refuse("incidents", "signature", NOW + seconds * SECOND)
        uow.inbox.refuse("incidents", "signature", NOW + 60 * SECOND)
        uow.inbox.refuse("incidents", "too large", NOW)
        found = uow.connection.execute(select(refusals).order_by(refusals.c.minute, refusals.c.reason)).all()
        assert [(each.minute, each.reason, each.count) for each in found] == [
            (NOW, "signature", 3),
            (NOW, "too large", 1),
            (NOW + 60 * SECOND, "signature", 1),
        ]
        assert uow.inbox.waiting() == 0


def test_bodies_are_forgotten_when_settled_and_old_and_their_keys_still_recognise_a_repetition(ledger: Ledger) -> None:
    with ledger.begin() as uow:
        for key in ("old", "waiting"):
            store(uow, key, at=NOW - timedelta(days=30))
        store(uow, "new")
        old = claimed(uow)
        uow.inbox.finish(old, "done", "Absorbed.")
        assert uow.inbox.erase_bodies(NOW - timedelta(days=7)) == 1
        assert row(uow, old).body is None
        assert not store(uow, "old")
        assert {claimed(uow).key, claimed(uow).key} == {"waiting", "new"}

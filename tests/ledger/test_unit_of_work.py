"""Uncommitted work vanishes, on each database."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from service.ledger import Ledger

NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)


class Interruption(Exception):
    """Something that ends a use case half-way."""


def test_what_was_not_committed_is_gone(ledger: Ledger) -> None:
    with ledger.begin() as uow:
        uow.inbox.store("hook", "key", {}, b"{}", NOW)
    with ledger.read() as uow:
        assert uow.inbox.waiting() == 0


def test_an_error_takes_everything_back(ledger: Ledger) -> None:
    with pytest.raises(Interruption), ledger.begin() as uow:
        uow.inbox.store("hook", "key", {}, b"{}", NOW)
        raise Interruption
    with ledger.read() as uow:
        assert uow.inbox.waiting() == 0


def test_what_was_committed_stays_although_an_error_follows(ledger: Ledger) -> None:
    with pytest.raises(Interruption), ledger.begin() as uow:
        uow.inbox.store("hook", "key", {}, b"{}", NOW)
        uow.commit()
        raise Interruption
    with ledger.read() as uow:
        assert uow.inbox.waiting() == 1


def test_reading_cannot_commit_and_does_not_wait_for_a_writer(ledger: Ledger) -> None:
    with ledger.begin() as writing:
        writing.inbox.store("hook", "key", {}, b"{}", NOW)
        with ledger.read() as reading:
            assert reading.inbox.waiting() == 0
        writing.commit()
    with ledger.read() as reading:
        reading.inbox.store("hook", "other", {}, b"{}", NOW)
    with ledger.read() as reading:
        assert reading.inbox.waiting() == 1


def test_a_reading_sees_one_state_although_somebody_writes_meanwhile(ledger: Ledger) -> None:
    with ledger.read() as reading:
        before = reading.inbox.waiting()
        with ledger.begin() as writing:
            writing.inbox.store("hook", "key", {}, b"{}", NOW)
            writing.commit()
        assert reading.inbox.waiting() == before

"""Deliveries that arrive together are stored together, and each is answered for itself."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime

import pytest
from sqlalchemy.exc import DataError, OperationalError, SQLAlchemyError

from service.intake.letterbox import Arrival, Letterbox
from service.ledger import Ledger, UnitOfWork
from service.ledger.inbox import Inbox

NOW = datetime(2026, 11, 23, 9, 30, tzinfo=UTC)
MANY = 40


def arrival(key: str, body: bytes = b"{}") -> Arrival:
    return Arrival("incidents", key, {"webhook-id": key}, body, NOW)


def stored(ledger: Ledger) -> int:
    with ledger.read() as uow:
        return uow.inbox.waiting()


def store_all(letterbox: Letterbox, arrivals: list[Arrival]) -> list[bool | Exception]:
    """What each of them was answered, all of them sent at once by threads of their own."""
    together = threading.Barrier(len(arrivals))

    def go(each: Arrival) -> bool | Exception:
        together.wait(10)
        try:
            return letterbox.store(each)
        except (SQLAlchemyError, KeyError) as error:
            return error

    with ThreadPoolExecutor(len(arrivals)) as threads:
        return list(threads.map(go, arrivals))


def test_a_delivery_is_new_once(ledger: Ledger) -> None:
    letterbox = Letterbox(ledger)
    assert letterbox.store(arrival("m1")) is True
    assert letterbox.store(arrival("m1")) is False
    assert letterbox.store(arrival("m1", b"[]")) is True


def test_all_that_arrive_at_once_are_stored(ledger: Ledger) -> None:
    answers = store_all(Letterbox(ledger), [arrival(f"m{number}") for number in range(MANY)])
    assert answers == [True] * MANY
    assert stored(ledger) == MANY


def test_of_copies_that_arrive_at_once_one_is_new(ledger: Ledger) -> None:
    answers = store_all(Letterbox(ledger), [arrival("same")] * MANY)
    assert sorted(map(bool, answers)) == [False] * (MANY - 1) + [True]
    assert stored(ledger) == 1


def test_those_that_wait_share_a_transaction(ledger: Ledger, monkeypatch: pytest.MonkeyPatch) -> None:
    letterbox, commits = Letterbox(ledger), []
    commit = UnitOfWork.commit

    def count(uow: UnitOfWork) -> None:
        threading.Event().wait(0.02)  # a slow disk
        commits.append(1)
        commit(uow)

    monkeypatch.setattr(UnitOfWork, "commit", count)
    assert store_all(letterbox, [arrival(f"m{number}") for number in range(MANY)]) == [True] * MANY
    assert len(commits) < MANY


def test_one_that_cannot_be_stored_takes_no_other_with_it(ledger: Ledger, monkeypatch: pytest.MonkeyPatch) -> None:
    store = Inbox.store

    def picky(inbox: Inbox, hook: str, key: str, *rest: object) -> bool:
        if key == "bad":
            raise DataError("insert", {}, ValueError("no"))
        return store(inbox, hook, key, *rest)  # type: ignore[arg-type]

    monkeypatch.setattr(Inbox, "store", picky)
    answers = store_all(Letterbox(ledger), [arrival("bad"), *(arrival(f"m{number}") for number in range(MANY))])
    assert isinstance(answers[0], DataError)
    assert answers[1:] == [True] * MANY
    assert stored(ledger) == MANY


def test_everybody_hears_that_the_database_is_away(ledger: Ledger, monkeypatch: pytest.MonkeyPatch) -> None:
    letterbox, tries = Letterbox(ledger), []

    def away(*_: object) -> bool:
        tries.append(1)
        raise OperationalError("insert", {}, ValueError("the disk is full"))

    with monkeypatch.context() as broken:
        broken.setattr(Inbox, "store", away)
        answers = store_all(letterbox, [arrival(f"m{number}") for number in range(MANY)])
    assert all(isinstance(answer, OperationalError) for answer in answers)
    assert len(tries) <= MANY
    assert letterbox.store(arrival("later")) is True


def test_who_stops_half_way_takes_no_other_along(ledger: Ledger, monkeypatch: pytest.MonkeyPatch) -> None:
    letterbox, commit, lock, chance = Letterbox(ledger), UnitOfWork.commit, threading.Lock(), iter(range(MANY))

    def stop_sometimes(uow: UnitOfWork) -> None:
        threading.Event().wait(0.01)  # long enough for others to queue up
        with lock:
            stopped = next(chance, 1) in (1, 3)
        if stopped:
            raise KeyError("stopped")
        commit(uow)

    monkeypatch.setattr(UnitOfWork, "commit", stop_sometimes)
    answers = store_all(letterbox, [arrival(f"m{number}") for number in range(MANY)])
    assert [answer for answer in answers if isinstance(answer, KeyError)]
    assert answers.count(True) == MANY - sum(isinstance(answer, KeyError) for answer in answers)
    assert stored(ledger) == answers.count(True)

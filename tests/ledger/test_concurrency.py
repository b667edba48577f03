"""Many threads of several processes at once: everything is done, and everything once."""

from __future__ import annotations

from collections import Counter
from concurrent.futures import ThreadPoolExecutor, wait
from datetime import timedelta

from connectors.spi import Rate
from service.ledger import Ledger, Limit, UnitOfWork
from tests.ledger.at import NOW, at_once, opened

THREADS = 8
PROCESSES = 2
MESSAGES = 200


def claim_message(uow: UnitOfWork) -> int | None:
    """As dispatch does: the target's row first, then the message, then its slot."""
    clock = uow.clock()
    uow.targets.lock("pay")
    limits = [Limit("pay", (Rate(100_000, 1),))]
    assert uow.targets.opens("pay", limits, clock) <= clock
    message = uow.outbox.claim("pay", NOW, clock, 60.0)
    if message is not None:
        uow.targets.take_slot("pay", limits, message.id, (clock, clock + 60.0))
    return message.id if message else None


def claim_message_alone(uow: UnitOfWork) -> int | None:
    message = uow.outbox.claim("pay", NOW, uow.clock(), 60.0)
    return message.id if message else None


def claim_delivery(uow: UnitOfWork) -> int | None:
    delivery = uow.inbox.claim(NOW, uow.clock(), 60.0)
    return delivery.id if delivery else None


def claimed_by_all(url: str, claim) -> Counter[int]:
    """What eight threads of two processes claim until none finds anything, and how often each was claimed."""
    with opened(url, PROCESSES) as ledgers:

        def run(number: int) -> list[int]:
            mine: list[int] = []
            while True:
                with ledgers[number % PROCESSES].begin() as uow:
                    found = claim(uow)
                    uow.commit()
                if found is None:
                    return mine
                mine.append(found)

        return Counter(one for mine in at_once(THREADS, run) for one in mine)


def fill(ledger: Ledger) -> None:
    with ledger.begin() as uow:
        uow.targets.ensure("pay", "target")
        for number in range(MESSAGES):
            uow.outbox.put("open_issue", number, "pay", NOW)
            uow.inbox.store("incidents", f"k{number}", {}, b"{}", NOW)
        uow.commit()


def test_every_message_is_claimed_once(ledger: Ledger, database_url: str) -> None:
    fill(ledger)
    claims = claimed_by_all(database_url, claim_message)
    assert (len(claims), set(claims.values())) == (MESSAGES, {1})


def test_every_message_is_claimed_once_also_without_its_targets_lock(ledger: Ledger, database_url: str) -> None:
    fill(ledger)
    claims = claimed_by_all(database_url, claim_message_alone)
    assert (len(claims), set(claims.values())) == (MESSAGES, {1})


def test_every_delivery_is_claimed_once(ledger: Ledger, database_url: str) -> None:
    fill(ledger)
    claims = claimed_by_all(database_url, claim_delivery)
    assert (len(claims), set(claims.values())) == (MESSAGES, {1})


def test_a_wish_that_is_committed_while_the_message_is_settled_is_not_lost(database_url: str) -> None:
    with opened(database_url, PROCESSES) as (asking, settling):
        with settling.begin() as uow:
            uow.targets.ensure("pay", "target")
            uow.outbox.put("update_issue", 1, "pay", NOW)
            message = uow.outbox.claim("pay", NOW, uow.clock(), 60.0)
            uow.commit()
        assert message is not None

        def settle() -> None:
            with settling.begin() as uow:
                uow.outbox.finish(message, "Written.", NOW)
                uow.commit()

        with asking.begin() as uow, ThreadPoolExecutor(1) as pool:
            uow.outbox.put("update_issue", 1, "pay", NOW)
            settled = pool.submit(settle)
            assert not wait([settled], timeout=0.5).done
            uow.commit()
            settled.result(30)
        with asking.begin() as uow:
            assert uow.outbox.claim("pay", NOW, uow.clock(), 60.0) is not None


def test_targets_of_one_account_are_never_written_to_faster_than_it_allows_by_all_together(database_url: str) -> None:
    limits = [Limit("tracker:github", (Rate(7, 3600),))]
    with opened(database_url, PROCESSES) as ledgers:
        with ledgers[0].begin() as uow:
            for number in range(THREADS):
                uow.targets.ensure(f"repo-{number}", "target")
            uow.commit()

        def take(number: int) -> int:
            taken = 0
            for attempt in range(5):
                with ledgers[number % PROCESSES].begin() as uow:
                    clock = uow.clock()
                    uow.targets.lock(f"repo-{number}")
                    if uow.targets.opens(f"repo-{number}", limits, clock) <= clock:
                        message = 100 * number + attempt
                        uow.targets.take_slot(f"repo-{number}", limits, message, (clock, clock + 40))
                        taken += 1
                    uow.commit()
            return taken

        assert sum(at_once(THREADS, take)) == 7


def test_the_same_delivery_at_many_doors_is_stored_once(database_url: str) -> None:
    with opened(database_url, PROCESSES) as ledgers:

        def store(number: int) -> bool:
            with ledgers[number % PROCESSES].begin() as uow:
                new = uow.inbox.store("incidents", "one", {}, b"{}", NOW)
                uow.commit()
            return new

        assert Counter(at_once(THREADS, store)) == {True: 1, False: THREADS - 1}


def test_refusals_at_many_doors_are_all_counted(database_url: str) -> None:
    with opened(database_url, PROCESSES) as ledgers:

        def refuse(number: int) -> None:
            with ledgers[number % PROCESSES].begin() as uow:
                uow.inbox.refuse("incidents", "signature", NOW)
                uow.commit()

        at_once(THREADS, refuse)
        with ledgers[0].read() as uow:
            assert uow.connection.exec_driver_sql("select count from refusals").scalar() == THREADS


def test_a_duty_that_is_due_is_done_by_one_of_two_clocks(database_url: str) -> None:
    with opened(database_url, PROCESSES) as ledgers:

        def due(number: int, minutes: int) -> bool:
            with ledgers[number].begin() as uow:
                mine = uow.instance.due_beat("duty:escalate", timedelta(minutes=5), NOW + timedelta(minutes=minutes))
                uow.commit()
            return mine

        assert sorted(at_once(PROCESSES, lambda number: due(number, 0))) == [False, True]
        assert sorted(at_once(PROCESSES, lambda number: due(number, 4))) == [False, False]
        assert sorted(at_once(PROCESSES, lambda number: due(number, 5))) == [False, True]

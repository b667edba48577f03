"""The journal: facts in one chain, in which nothing can be changed, added or left out without being found."""

from __future__ import annotations

from datetime import datetime

import pytest
from sqlalchemy import delete, select, update

from service.domain.facts import Actor, Role
from service.ledger import Ledger, UnitOfWork
from service.ledger import journal as kept
from service.ledger.journal import SEAL_BATCH
from service.ledger.tables import decisions, instance, journal, payloads
from tests.ledger.at import NOW, at_once, opened

OLA = Actor("person", "ola", Role.OPERATOR)


def write(ledger: Ledger, count: int, name: str = "item.opened", at: datetime = NOW) -> None:
    with ledger.begin() as uow:
        uow.instance.create("digest", False, NOW)
        for number in range(count):
            uow.journal.append(name, ("item", number), at, {"number": number, "name": name})
        uow.commit()


def seal(ledger: Ledger) -> tuple[int, str]:
    with ledger.begin() as uow:
        head = uow.journal.seal()
        uow.commit()
    return head


def seal_all(ledger: Ledger) -> None:
    while True:
        with ledger.read() as uow:
            if not uow.journal.unsealed():
                return
        seal(ledger)


def broken_at(ledger: Ledger) -> int | None:
    with ledger.read() as uow:
        return uow.journal.broken_at()


def change(uow: UnitOfWork, position: int, **values: object) -> None:
    uow.connection.execute(update(journal).where(journal.c.position == position).values(**values))


def test_sealed_facts_stand_in_one_chain(ledger: Ledger) -> None:
    write(ledger, 5)
    position, head = seal(ledger)
    assert (position, broken_at(ledger)) == (5, None)
    assert len(head) == 64
    assert seal(ledger) == (position, head)


def test_sealing_goes_on_where_it_ended(ledger: Ledger) -> None:
    write(ledger, SEAL_BATCH + 3)
    assert seal(ledger)[0] == SEAL_BATCH
    write(ledger, 2)
    seal_all(ledger)
    assert seal(ledger)[0] == SEAL_BATCH + 5
    assert broken_at(ledger) is None


CHANGES: dict[str, dict[str, object]] = {
    "actor": {"actor": "somebody else"},
    "event": {"event": "item.closed"},
    "subject": {"subject": "99"},
    "instant": {"at": NOW.replace(year=2025)},
    "payload": {"payload_digest": "0" * 64},
}


@pytest.mark.parametrize("name", sorted(CHANGES))
def test_a_changed_fact_is_found_where_it_stands(ledger: Ledger, name: str) -> None:
    write(ledger, 5)
    seal(ledger)
    with ledger.begin() as uow:
        change(uow, 3, **CHANGES[name])
        uow.commit()
    assert broken_at(ledger) == 3


def test_a_fact_that_was_taken_out_is_found(ledger: Ledger) -> None:
    write(ledger, 5)
    seal(ledger)
    with ledger.begin() as uow:
        uow.connection.execute(delete(journal).where(journal.c.position == 2))
        uow.commit()
    assert broken_at(ledger) == 2


def test_facts_that_changed_places_are_found(ledger: Ledger) -> None:
    write(ledger, 5)
    seal(ledger)
    with ledger.begin() as uow:
        for old, new in ((2, 90), (3, 2), (90, 3)):
            uow.connection.execute(update(journal).where(journal.c.position == old).values(position=new))
        uow.commit()
    assert broken_at(ledger) == 2


def test_a_changed_payload_is_found_where_it_was_stated(ledger: Ledger) -> None:
    write(ledger, 5)
    seal(ledger)
    with ledger.begin() as uow:
        (third, *_) = uow.journal.history("item", 2)
        its_own = payloads.c.digest == third.payload_digest
        uow.connection.execute(update(payloads).where(its_own).values(body=b'{"number": 77}'))
        uow.commit()
    assert broken_at(ledger) == 3


@pytest.mark.parametrize("left", [0, 3])
def test_an_end_that_was_cut_off_is_found(ledger: Ledger, left: int) -> None:
    write(ledger, 5)
    seal(ledger)
    with ledger.begin() as uow:
        uow.connection.execute(delete(journal).where(journal.c.position > left))
        uow.commit()
    assert broken_at(ledger) == left + 1


@pytest.mark.parametrize(("values", "found"), [({"head_position": 3}, 4), ({"head_hash": "0" * 64}, 5)])
def test_a_head_that_is_not_the_chains_end_is_found(ledger: Ledger, values: dict[str, object], found: int) -> None:
    write(ledger, 5)
    seal(ledger)
    with ledger.begin() as uow:
        uow.connection.execute(update(instance).values(**values))
        uow.commit()
    assert broken_at(ledger) == found


def test_a_chain_of_another_hash_that_was_written_beside_it_is_found(ledger: Ledger) -> None:
    write(ledger, 5)
    seal(ledger)
    with ledger.begin() as uow:
        change(uow, 4, previous_hash="0" * 64)
        uow.commit()
    assert broken_at(ledger) == 4


def test_facts_that_are_not_sealed_yet_break_nothing(ledger: Ledger) -> None:
    write(ledger, 2)
    assert broken_at(ledger) is None
    seal(ledger)
    write(ledger, 2)
    assert broken_at(ledger) is None


def test_more_facts_than_are_read_at_once_are_all_looked_at(ledger: Ledger, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(kept, "VERIFY_BATCH", 3)
    write(ledger, 10)
    seal(ledger)
    assert broken_at(ledger) is None
    with ledger.begin() as uow:
        change(uow, 8, actor="somebody else")
        uow.commit()
    assert broken_at(ledger) == 8


def test_the_chain_holds_although_a_payload_was_erased(ledger: Ledger) -> None:
    write(ledger, 2)
    seal(ledger)
    with ledger.begin() as uow:
        (first, *_) = uow.journal.history("item", 0)
        assert b'"number": 0' in first.body
        uow.connection.execute(delete(payloads).where(payloads.c.digest == first.payload_digest))
        uow.commit()
    with ledger.read() as uow:
        (erased,) = uow.journal.history("item", 0)
        (kept,) = uow.journal.history("item", 1)
    assert erased.body is None
    assert kept.body is not None
    assert broken_at(ledger) is None


def test_the_same_payload_is_kept_once(ledger: Ledger) -> None:
    with ledger.begin() as uow:
        assert uow.journal.keep(b"the same") == uow.journal.keep(b"the same")
        assert len(uow.connection.execute(select(payloads)).all()) == 1


def test_a_decision_has_an_actor_a_role_a_reason_and_a_fact(ledger: Ledger) -> None:
    with ledger.begin() as uow:
        uow.journal.decide(OLA, "snooze", ("item", 7), "Vendor delivers in May.", NOW)
        (decision,) = uow.connection.execute(select(decisions)).all()
        (fact,) = uow.journal.history("item", 7)
    assert (decision.actor, decision.role, decision.subject) == ("ola", "operator", "item:7")
    assert decision.reason == "Vendor delivers in May."
    assert (fact.event, fact.actor_kind, fact.actor) == ("decision.snooze", "person", "ola")
    assert b"Vendor delivers in May." in fact.body


def test_two_sealers_beside_a_writer_make_one_chain(database_url: str) -> None:
    with opened(database_url, 3) as ledgers:
        write(ledgers[0], 10)

        def run(number: int) -> None:
            for turn in range(10):
                if number == 0:
                    write(ledgers[0], 5, f"turn.{turn}")
                else:
                    seal(ledgers[number])

        at_once(3, run)
        seal_all(ledgers[0])
        assert seal(ledgers[0])[0] == 60
        assert broken_at(ledgers[0]) is None

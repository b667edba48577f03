"""Which ledger this is, who is alive, what a restore changes, and what a person was told when."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta, timezone

import pytest
from sqlalchemy import update
from sqlalchemy.exc import StatementError

from connectors.spi import Visibility
from service.domain.facts import ItemFacts, PostmortemFacts, State
from service.ledger import Ledger, UnitOfWork
from service.ledger.instance import WORKER_ALIVE
from service.ledger.tables import beats
from tests.ledger.at import NOW, SECOND

MONDAY = date(2026, 3, 2)


def stall(uow: UnitOfWork) -> int:
    facts = PostmortemFacts("incidents", "INC-1", "Queue full", "final", visibility=Visibility.INTERNAL)
    postmortem = uow.postmortems.lock(facts, NOW)
    item = uow.items.add(postmortem.id, ItemFacts("Alert on queue depth"), NOW, position=0, identity="a", state="open")
    return uow.notices.begin_stall(
        item_id=item.id,
        condition="overdue",
        began_on=MONDAY,
        entered_on=MONDAY,
        policy="usual",
        policy_version="1",
        policy_snapshot={"name": "usual"},
    )


def notice(uow: UnitOfWork, person: str = "dana", day: date = MONDAY) -> int | None:
    found = uow.notices.add(
        person=person, working_day=day, channel="mail", message_id=f"<{person}.{day}>", created_at=NOW
    )
    return found.id if found else None


def test_the_first_start_names_the_ledger_and_later_ones_find_the_name(ledger: Ledger) -> None:
    with ledger.begin() as uow:
        first = uow.instance.create("digest", True, NOW)
        again = uow.instance.create("another", False, NOW + SECOND)
        assert again == first
        assert (first.demo, first.secret_digest, first.created_at) == (True, "digest", NOW)


def test_a_restored_ledger_starts_paused_in_a_new_generation(ledger: Ledger) -> None:
    with ledger.begin() as uow:
        uow.instance.create("digest", False, NOW)
        assert [uow.instance.restored(NOW), uow.instance.restored(NOW + SECOND)] == [1, 2]
        found = uow.instance.get()
        assert found is not None
        assert (found.paused_at, found.restored_at) == (NOW + SECOND, NOW + SECOND)
        assert found.pause_reason


def test_a_worker_is_alive_while_it_beats(ledger: Ledger) -> None:
    with ledger.begin() as uow:
        uow.instance.beat("worker:a:1", NOW)
        uow.instance.beat("worker:a:1", NOW + SECOND)
        uow.instance.beat("worker:b:2", NOW)
        uow.instance.beat("clock", NOW)
        assert uow.instance.workers_alive(NOW + SECOND) == 2
        assert uow.instance.workers_alive(NOW + WORKER_ALIVE) == 1
        uow.instance.forget_beat("worker:a:1")
        assert uow.instance.workers_alive(NOW + SECOND) == 1


def test_an_instant_comes_back_aware_and_in_utc_from_whatever_zone_it_was(ledger: Ledger) -> None:
    east = timezone(timedelta(hours=5, minutes=45))
    with ledger.begin() as uow:
        uow.instance.beat("clock", NOW.astimezone(east))
        found = uow.instance.last_beat("clock")
        assert found == NOW
        assert found is not None
        assert found.tzinfo == UTC


def test_a_naive_instant_is_refused(ledger: Ledger) -> None:
    with ledger.begin() as uow, pytest.raises(StatementError, match="naive instant"):
        uow.connection.execute(update(beats).values(at=datetime(2026, 3, 2)))  # noqa: DTZ001 - the fault itself


def test_the_databases_clock_goes_forward_within_a_transaction(ledger: Ledger) -> None:
    with ledger.begin() as uow:
        first, second = uow.clock(), uow.clock()
    assert 0 <= second - first < 5
    assert abs(datetime.now(UTC).timestamp() - second) < 60


def test_a_person_has_one_notice_a_working_day(ledger: Ledger) -> None:
    with ledger.begin() as uow:
        assert notice(uow)
        assert notice(uow) is None
        assert notice(uow, day=date(2026, 3, 3))
        assert notice(uow, person="ruth")
        assert uow.notices.days_told(date(2026, 3, 3)) == {("dana", date(2026, 3, 3))}


def test_a_step_fires_once_for_a_stall_and_a_person(ledger: Ledger) -> None:
    with ledger.begin() as uow:
        step = {"stall_id": stall(uow), "step": "owner", "role": "owner", "fired_at": NOW, "notice_id": notice(uow)}
        assert uow.notices.add_step(**step, person="dana")
        assert not uow.notices.add_step(**step, person="dana")
        assert uow.notices.add_step(**step, person="ruth")
        assert {(each.step, each.person) for each in uow.notices.steps_of([step["stall_id"]])} == {
            ("owner", "dana"),
            ("owner", "ruth"),
        }


def test_a_notice_lists_its_steps_with_their_stalls(ledger: Ledger) -> None:
    with ledger.begin() as uow:
        notice_id = notice(uow)
        assert notice_id
        stall_id = stall(uow)
        uow.notices.add_step(
            stall_id=stall_id, step="owner", person="dana", role="owner", fired_at=NOW, notice_id=notice_id
        )
        (line,) = uow.notices.lines(notice_id)
        assert (line.role, line.condition, line.began_on, line.policy_snapshot) == (
            "owner",
            "overdue",
            MONDAY,
            {"name": "usual"},
        )


def test_a_stall_that_ended_is_remembered_as_long_as_it_may_come_back(ledger: Ledger) -> None:
    with ledger.begin() as uow:
        stall_id = stall(uow)
        for ended, since, found in ((None, 9, True), (5, 4, True), (5, 5, True), (5, 6, False), (None, 6, True)):
            uow.notices.end_stall(stall_id, date(2026, 3, ended) if ended else None)
            stalls = uow.notices.stalls_of(date(2026, 3, since))
            assert [each.id for each in stalls] == ([stall_id] if found else [])


def test_a_state_comes_back_as_the_word_that_it_is(ledger: Ledger) -> None:
    with ledger.begin() as uow:
        stall(uow)
        (item,) = uow.items.that_may_stall()
        assert item.state is State.OPEN

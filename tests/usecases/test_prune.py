"""What is forgotten in time, and what a clock that was ahead must not put off for ever."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import update

from service.domain.facts import State
from service.ledger.ahead import pull_forward
from service.ledger.tables import deliveries, outbox, targets
from service.usecases.prune import prune
from tests.support.house import House
from tests.usecases.surroundings import Outside, items_of, messages, postmortem, shown, take

DAY = timedelta(days=1)


def let_try(house: House) -> None:
    """The target's own pause after a refusal is by the database's clock, and over."""
    with house.ledger.begin() as uow:
        uow.targets.close_circuit("pay")
        uow.commit()


def test_a_message_that_a_clock_far_ahead_put_off_is_sent_once_that_clock_is_right(
    house: House, outside: Outside
) -> None:
    house.pass_time(days=400)
    outside.fault("rate_limited", path="^/issue$", methods=["POST"], next=1)
    take(house, postmortem())
    house.pass_time(days=-400)
    house.work()
    assert shown(house) == []
    prune(house.components)
    let_try(house)
    house.work()
    assert len(shown(house)) == 1


@pytest.mark.parametrize("hours", [3, 10_000])
def test_a_request_that_left_by_a_clock_that_was_ahead_is_looked_for_and_not_made_twice(
    house: House, outside: Outside, hours: int
) -> None:
    house.pass_time(hours=hours)
    outside.fault("reset_after", path="^/issue$", methods=["POST"], next=1)
    take(house, postmortem())
    house.pass_time(hours=-hours)
    prune(house.components)
    house.pass_time(hours=2)
    house.work()
    assert len(shown(house)) == 1
    assert items_of(house)[0].state is State.OPEN


def test_trackers_are_read_again_once_a_clock_far_ahead_is_right(house: House) -> None:
    take(house, postmortem())
    house.pass_time(days=400)
    house.reconcile()
    house.pass_time(days=-400)
    with house.ledger.read() as uow:
        assert not uow.cursors.anything_due(house.components.now())
    prune(house.components)
    with house.ledger.read() as uow:
        assert uow.cursors.anything_due(house.components.now())


def test_what_is_put_off_by_a_rule_waits_on(house: House, outside: Outside) -> None:
    outside.fault("error_before", path="^/issue$", methods=["POST"], status=503, next=1)
    take(house, postmortem())
    house.reconcile()
    (before,) = messages(house)
    with house.ledger.begin() as uow:
        cursors = uow.cursors.all()
        uow.connection.execute(update(outbox).values(due_at=before.due_at + DAY))
        uow.commit()
    prune(house.components)
    (after,) = messages(house)
    assert after.due_at == before.due_at + DAY
    with house.ledger.read() as uow:
        assert uow.cursors.all() == cursors


@pytest.mark.parametrize("ahead", [DAY, 3 * DAY])
def test_only_what_waits_longer_than_the_longest_wait_is_made_due(house: House, ahead: timedelta) -> None:
    house.submit(postmortem())
    now = house.components.now()
    with house.ledger.begin() as uow:
        clock = uow.clock()
        uow.targets.ensure("pay", "tracker")
        uow.connection.execute(update(deliveries).values(due_at=now + ahead, lease_until=clock + ahead.total_seconds()))
        uow.connection.execute(update(targets).values(next_slot=clock + ahead.total_seconds()))
        pulled = pull_forward(uow.connection, now, clock, 2 * DAY)
        free = uow.inbox.anything_due(now, clock)
        uow.commit()
    assert (pulled, free) == ((3, True) if ahead > 2 * DAY else (0, False))

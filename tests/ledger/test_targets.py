"""Targets: never faster than allowed, away while they fail, still while they are paused."""

from __future__ import annotations

import itertools
from collections.abc import Sequence

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from connectors.spi import Rate, Visibility
from service.ledger import Ledger, Limit, UnitOfWork
from service.ledger.targets import FIRST_PAUSE_SECONDS, LONGEST_PAUSE_SECONDS, OPEN_AFTER, circuit_pause
from tests.ledger.at import NOW

MESSAGES = itertools.count(1)
ERROR = ("tracker.away", "The tracker does not answer.", "Wait.")


def waiting(uow: UnitOfWork, name: str = "pay") -> None:
    uow.targets.ensure(name, "target")
    uow.outbox.put("open_issue", 1, name, NOW)


def names(uow: UnitOfWork, later: float = 0.0) -> list[str]:
    """The targets that may be written to now, or so many seconds later by the database's clock."""
    return [queue.target for queue in uow.outbox.queues(NOW, uow.clock() + later)]


def fail(uow: UnitOfWork, times: int, *, fault: bool = False) -> None:
    for _ in range(times):
        uow.targets.failed("pay", ERROR, NOW, fault=fault)


def limited(rates: Sequence[Rate], name: str = "pay") -> list[Limit]:
    return [Limit(name, tuple(rates))] if rates else []


def take(uow: UnitOfWork, rates: Sequence[Rate], clock: float, *, seconds: float = 0.0) -> bool:
    """Takes a slot if there is one, for a request whose answer comes so many seconds later."""
    limits = limited(rates)
    if uow.targets.opens("pay", limits, clock) > clock:
        return False
    message = next(MESSAGES)
    uow.targets.take_slot("pay", limits, message, (clock, clock + 40))
    uow.targets.landed("pay", limits, message, clock + seconds)
    return True


# Quarters of a second add up without rounding: the edge of a window is meant to be hit.
GAPS = st.lists(st.integers(0, 20).map(lambda quarters: quarters / 4), min_size=1, max_size=40)
RATES = st.lists(st.builds(Rate, st.integers(1, 5), st.integers(1, 12).map(float)), min_size=1, max_size=3)


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(gaps=GAPS, rates=RATES)
def test_no_sliding_window_ever_holds_more_than_the_rate_allows(
    ledger: Ledger, gaps: list[float], rates: list[Rate]
) -> None:
    with ledger.begin() as uow:
        uow.targets.ensure("pay", "target")
        clocks = list(itertools.accumulate(gaps, initial=1000.0))
        taken = [clock for clock in clocks if take(uow, rates, clock)]
        for rate, start in itertools.product(rates, taken):
            assert len([each for each in taken if start <= each < start + rate.seconds]) <= rate.count


@settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(rates=RATES)
def test_a_slot_is_free_as_soon_as_every_rate_allows_it(ledger: Ledger, rates: list[Rate]) -> None:
    with ledger.begin() as uow:
        uow.targets.ensure("pay", "target")
        clock = 1000.0
        for _ in range(12):
            assert take(uow, rates, clock)
            target = uow.targets.get("pay")
            assert target is not None
            assert target.next_slot is not None
            clock = max(clock, target.next_slot)


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(gaps=GAPS, rates=RATES, late=st.lists(st.integers(0, 24).map(lambda each: each / 4), min_size=41, max_size=41))
def test_a_request_that_travels_long_still_counts_where_it_arrives(
    ledger: Ledger, gaps: list[float], rates: list[Rate], late: list[float]
) -> None:
    with ledger.begin() as uow:
        uow.targets.ensure("pay", "target")
        clock, arrived = 1000.0, []
        for gap, seconds in zip(gaps, late, strict=False):
            if take(uow, rates, clock, seconds=seconds):
                arrived.append(clock + seconds)
            clock = max(clock + gap, max(arrived, default=0.0))
        for rate, start in itertools.product(rates, arrived):
            assert len([each for each in arrived if start <= each < start + rate.seconds]) <= rate.count


def test_a_request_on_its_way_holds_its_slot_until_it_has_landed_or_was_not_sent(ledger: Ledger) -> None:
    once = limited([Rate(1, 10)])
    with ledger.begin() as uow:
        uow.targets.ensure("pay", "target")
        uow.targets.take_slot("pay", once, 1, (1000.0, 1040.0))
        assert uow.targets.opens("pay", once, 1012.0) > 1012.0
        uow.targets.landed("pay", once, 1, 1012.0)
        assert uow.targets.opens("pay", once, 1013.0) == 1022.0
        uow.targets.take_slot("pay", once, 2, (1022.0, 1062.0))
        uow.targets.give_back("pay", once, 2, 1023.0)
        assert uow.targets.opens("pay", once, 1023.0) <= 1023.0


def test_targets_of_one_account_share_what_the_vendor_allows_it(ledger: Ledger) -> None:
    account = limited([Rate(1, 10)], "tracker:github")
    with ledger.begin() as uow:
        uow.targets.ensure("pay", "target")
        uow.targets.ensure("api", "target")
        uow.targets.take_slot("pay", account, 1, (1000.0, 1000.0))
        assert uow.targets.opens("api", account, 1005.0) == 1010.0
        assert uow.targets.opens("api", limited([Rate(1, 10)], "api"), 1005.0) <= 1005.0


def test_a_target_without_a_rate_is_never_slowed(ledger: Ledger) -> None:
    with ledger.begin() as uow:
        uow.targets.ensure("pay", "target")
        assert all(take(uow, [], 1000.0) for _ in range(50))


def test_a_full_target_is_left_out_until_its_next_slot_and_delays_no_other(ledger: Ledger) -> None:
    with ledger.begin() as uow:
        waiting(uow)
        waiting(uow, "api")
        clock = uow.clock()
        assert take(uow, [Rate(1, 60)], clock)
        assert [queue.target for queue in uow.outbox.queues(NOW, clock)] == ["api"]
        assert {queue.target for queue in uow.outbox.queues(NOW, clock + 60)} == {"api", "pay"}


def test_the_target_whose_oldest_message_waits_longest_comes_first(ledger: Ledger) -> None:
    with ledger.begin() as uow:
        waiting(uow)
        uow.targets.ensure("api", "target")
        uow.outbox.put("open_issue", 1, "api", NOW, NOW.replace(hour=8))
        assert names(uow) == ["api", "pay"]


def test_a_target_is_away_after_a_pattern_of_failures_and_not_before(ledger: Ledger) -> None:
    with ledger.begin() as uow:
        waiting(uow)
        fail(uow, OPEN_AFTER - 1)
        assert names(uow) == ["pay"]
        fail(uow, 1)
        assert names(uow) == []
        assert names(uow, FIRST_PAUSE_SECONDS + 1) == ["pay"]


def test_a_target_that_comes_back_is_tried_by_one_call_at_a_time_until_it_succeeds(ledger: Ledger) -> None:
    with ledger.begin() as uow:
        waiting(uow)
        fail(uow, OPEN_AFTER)
        target = uow.targets.lock("pay")
        assert target is not None
        assert uow.targets.trials_only(target)
        uow.targets.succeeded("pay", NOW)
        healed = uow.targets.get("pay")
        assert healed is not None
        assert not uow.targets.trials_only(healed)
        assert (healed.open_until, healed.failures, healed.error_code) == (None, 0, None)
        assert names(uow) == ["pay"]


def test_a_fault_of_the_target_opens_the_circuit_at_once(ledger: Ledger) -> None:
    with ledger.begin() as uow:
        waiting(uow)
        fail(uow, 1, fault=True)
        assert names(uow) == []


def test_a_longer_absence_stands(ledger: Ledger) -> None:
    with ledger.begin() as uow:
        waiting(uow)
        uow.targets.stay_away("pay", 600)
        uow.targets.stay_away("pay", 5)
        assert names(uow, 300) == []


def test_failing_has_a_beginning_and_a_sentence(ledger: Ledger) -> None:
    with ledger.begin() as uow:
        waiting(uow)
        fail(uow, 1)
        uow.targets.failed("pay", ERROR, NOW.replace(hour=10), fault=False)
        target = uow.targets.get("pay")
        assert target is not None
        assert (target.failing_since, target.error_code, target.error, target.cure) == (NOW, *ERROR)


def test_the_absences_grow_and_end(ledger: Ledger) -> None:
    pauses = [circuit_pause(failures) for failures in range(30)]
    assert pauses[:OPEN_AFTER] == [None] * OPEN_AFTER
    known = [pause for pause in pauses if pause is not None]
    assert known == sorted(known)
    assert (known[0], known[-1]) == (FIRST_PAUSE_SECONDS, LONGEST_PAUSE_SECONDS)


@pytest.mark.parametrize("whole", [False, True], ids=["one target", "everything"])
def test_what_is_paused_sends_nothing_until_it_is_resumed(ledger: Ledger, whole: bool) -> None:
    with ledger.begin() as uow:
        uow.instance.create("digest", False, NOW)
        waiting(uow)
        for reason, paused_at, sends in (("Migration.", NOW, []), (None, None, ["pay"])):
            if whole:
                uow.instance.pause(reason, paused_at)
            else:
                uow.targets.pause("pay", reason, paused_at)
            assert names(uow) == sends


def test_calls_under_way_are_counted_until_their_lease_ends(ledger: Ledger) -> None:
    with ledger.begin() as uow:
        waiting(uow)
        uow.outbox.put("open_issue", 2, "pay", NOW)
        uow.outbox.claim("pay", NOW, 100.0, 10.0)
        assert uow.targets.in_flight("pay", 105.0) == 1
        assert uow.targets.in_flight("pay", 111.0) == 0


def test_what_was_seen_of_a_place_is_kept_with_its_instant(ledger: Ledger) -> None:
    with ledger.begin() as uow:
        uow.targets.ensure("pay", "target")
        uow.targets.saw("pay", Visibility.PUBLIC, "PAY", NOW)
        target = uow.targets.get("pay")
        assert target is not None
        found = (target.visibility, target.visibility_place, target.visibility_at)
        assert found == (Visibility.PUBLIC, "PAY", NOW)

"""The outbox: one message in flight, claimed by one process at a time, settled by whoever still holds it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
from sqlalchemy.exc import StatementError

from service.ledger import Ledger, Message, UnitOfWork
from tests.ledger.at import NOW, SECOND

ERROR = ("tracker.refused", "The tracker refuses.", "Ask it why.")
LEASE = 10.0


def put(uow: UnitOfWork, subject: int = 1, target: str = "pay", kind: str = "open_issue") -> bool:
    uow.targets.ensure(target, "target")
    return uow.outbox.put(kind, subject, target, NOW)


def claimed(uow: UnitOfWork, clock: float = 0.0, target: str = "pay") -> Message:
    message = uow.outbox.claim(target, NOW, clock, LEASE)
    assert message is not None
    return message


def row(uow: UnitOfWork, message: Message) -> Message:
    found = uow.outbox.get(message.id)
    assert found is not None
    return found


def test_what_is_asked_for_twice_is_done_once(ledger: Ledger) -> None:
    with ledger.begin() as uow:
        assert [put(uow), put(uow)] == [True, False]
        message = claimed(uow)
        assert uow.outbox.claim("pay", NOW, 0.0, LEASE) is None
        uow.outbox.finish(message, "Made.", NOW)
        assert row(uow, message).state == "done"
        assert uow.outbox.claim("pay", NOW, 0.0, LEASE) is None


def test_another_kind_subject_or_target_is_another_message(ledger: Ledger) -> None:
    with ledger.begin() as uow:
        assert [put(uow), put(uow, subject=2), put(uow, target="api"), put(uow, kind="update_issue")] == [True] * 4


def test_what_is_asked_for_while_it_is_carried_out_runs_once_more_and_never_beside_it(ledger: Ledger) -> None:
    with ledger.begin() as uow:
        put(uow)
        message = claimed(uow)
        assert not put(uow)
        assert not put(uow)
        assert uow.outbox.claim("pay", NOW, 1.0, LEASE) is None
        uow.outbox.finish(message, "Made.", NOW)
        again = claimed(uow)
        assert (again.id, again.attempts) == (message.id, 1)
        uow.outbox.finish(again, "Made again.", NOW)
        assert row(uow, again).state == "done"


def test_done_is_not_the_end_what_is_asked_for_later_is_a_new_message(ledger: Ledger) -> None:
    with ledger.begin() as uow:
        put(uow)
        uow.outbox.finish(claimed(uow), "Made.", NOW)
        assert put(uow)


def test_the_message_that_is_due_longest_is_claimed_first_and_none_before_it_is_due(ledger: Ledger) -> None:
    with ledger.begin() as uow:
        uow.targets.ensure("pay", "target")
        for subject, seconds in ((1, 30), (2, -20), (3, -10)):
            uow.outbox.put("open_issue", subject, "pay", NOW, NOW + seconds * SECOND)
        assert [claimed(uow).subject, claimed(uow).subject] == [2, 3]
        assert uow.outbox.claim("pay", NOW, 0.0, LEASE) is None


def test_a_lease_that_ran_out_is_taken_over_under_a_new_fence(ledger: Ledger) -> None:
    with ledger.begin() as uow:
        put(uow)
        first = claimed(uow, clock=0.0)
        assert uow.outbox.claim("pay", NOW, LEASE - 0.1, LEASE) is None
        second = claimed(uow, clock=LEASE + 0.1)
        assert (second.id, second.fence, second.attempts) == (first.id, first.fence + 1, 2)


def test_the_attempt_is_counted_when_it_begins(ledger: Ledger) -> None:
    with ledger.begin() as uow:
        put(uow)
        assert claimed(uow).attempts == 1


def test_what_was_intended_before_the_process_died_is_known_to_the_next(ledger: Ledger) -> None:
    with ledger.begin() as uow:
        put(uow)
        first = claimed(uow, clock=0.0)
        assert first.sent_at is None
        assert uow.outbox.intend(first, LEASE, NOW)
        assert claimed(uow, clock=LEASE + 1).sent_at == NOW


def test_a_probe_that_found_nothing_lets_it_be_sent_at_once(ledger: Ledger) -> None:
    with ledger.begin() as uow:
        put(uow)
        uow.outbox.intend(claimed(uow), LEASE, NOW)
        uow.outbox.not_there(claimed(uow, clock=LEASE + 1), NOW)
        again = claimed(uow, clock=LEASE + 1)
        assert again.sent_at is None
        assert again.probed


def test_a_probe_says_nothing_of_a_request_that_came_into_doubt_while_it_was_under_way(ledger: Ledger) -> None:
    with ledger.begin() as uow:
        put(uow)
        first = claimed(uow)
        uow.outbox.intend(first, LEASE, NOW)
        probing = claimed(uow, clock=LEASE + 1)
        uow.outbox.doubt(first, NOW + SECOND)
        assert uow.outbox.not_there(probing, NOW)
        again = claimed(uow, clock=LEASE + 1)
        assert (again.sent_at, again.probed) == (NOW + SECOND, False)


SETTLING: dict[str, Callable[[UnitOfWork, Message], bool]] = {
    "finish": lambda uow, message: uow.outbox.finish(message, "Late.", NOW),
    "postpone": lambda uow, message: uow.outbox.postpone(message, NOW + SECOND, ERROR),
    "bury": lambda uow, message: uow.outbox.bury(message, ERROR, NOW, unknown=False),
    "intend": lambda uow, message: uow.outbox.intend(message, LEASE, NOW),
    "not_there": lambda uow, message: uow.outbox.not_there(message, NOW),
}


@pytest.mark.parametrize("way", sorted(SETTLING))
def test_a_process_that_lost_its_lease_settles_nothing(ledger: Ledger, way: str) -> None:
    with ledger.begin() as uow:
        put(uow)
        stale = claimed(uow, clock=0.0)
        holder = claimed(uow, clock=LEASE + 1)
        assert not SETTLING[way](uow, stale)
        assert row(uow, holder) == holder
        assert uow.outbox.finish(holder, "Made.", NOW)


@pytest.mark.parametrize("way", sorted(SETTLING))
def test_a_message_that_is_done_is_not_settled_again(ledger: Ledger, way: str) -> None:
    with ledger.begin() as uow:
        put(uow)
        message = claimed(uow)
        uow.outbox.finish(message, "Made.", NOW)
        done = row(uow, message)
        assert not SETTLING[way](uow, message)
        assert row(uow, message) == done


def test_a_lease_is_ours_only_while_a_whole_call_fits_into_it(ledger: Ledger) -> None:
    with ledger.begin() as uow:
        put(uow)
        stale = claimed(uow, clock=0.0)
        assert uow.outbox.still_ours(stale, 4.0 + 5.0)
        assert not uow.outbox.still_ours(stale, 6.0 + 5.0)
        holder = claimed(uow, clock=LEASE + 1)
        assert not uow.outbox.still_ours(stale, LEASE + 2)
        assert uow.outbox.still_ours(holder, LEASE + 2)


def test_a_message_whose_process_died_three_times_is_quarantined(ledger: Ledger) -> None:
    with ledger.begin() as uow:
        put(uow)
        message = claimed(uow, clock=0.0)
        for death in (1, 2):
            assert claimed(uow, clock=death * (LEASE + 1)).deaths == death
        assert uow.outbox.claim("pay", NOW, 3 * (LEASE + 1), LEASE) is None
        (dead,) = uow.outbox.dead()
        assert (dead.id, dead.error_code) == (message.id, "outbox.quarantined")
        assert dead.cure


def test_a_failure_that_was_settled_is_no_death(ledger: Ledger) -> None:
    with ledger.begin() as uow:
        put(uow)
        for _ in range(5):
            uow.outbox.postpone(claimed(uow), NOW, ERROR)
        last = claimed(uow)
        assert (last.deaths, last.attempts, last.error_code) == (0, 6, ERROR[0])


def test_an_attempt_that_was_not_the_messages_fault_is_not_counted(ledger: Ledger) -> None:
    with ledger.begin() as uow:
        put(uow)
        for _ in range(5):
            uow.outbox.postpone(claimed(uow), NOW, ERROR, counted=False)
        assert claimed(uow).attempts == 1


def test_what_was_certainly_not_carried_out_needs_no_probe(ledger: Ledger) -> None:
    with ledger.begin() as uow:
        put(uow)
        for unknown, probed_for in ((True, NOW), (False, None)):
            message = claimed(uow)
            uow.outbox.intend(message, LEASE, NOW)
            uow.outbox.postpone(message, NOW, ERROR, unknown=unknown)
            assert row(uow, message).sent_at == probed_for


def test_a_dead_letter_waits_for_a_person_and_runs_again_at_their_word(ledger: Ledger) -> None:
    with ledger.begin() as uow:
        put(uow)
        message = claimed(uow)
        uow.outbox.bury(message, ERROR, NOW, unknown=False)
        assert uow.outbox.claim("pay", NOW, 99.0, LEASE) is None
        assert uow.outbox.revive(message.id, NOW)
        assert not uow.outbox.revive(message.id, NOW)
        assert claimed(uow).attempts == 1


def test_a_dead_letter_is_tried_again_when_a_fact_has_changed(ledger: Ledger) -> None:
    with ledger.begin() as uow:
        put(uow)
        message = claimed(uow)
        uow.outbox.bury(message, ERROR, NOW, unknown=False)
        assert not put(uow)
        assert claimed(uow).id == message.id


def test_a_dead_letter_that_was_discarded_never_runs(ledger: Ledger) -> None:
    with ledger.begin() as uow:
        put(uow)
        message = claimed(uow)
        uow.outbox.bury(message, ERROR, NOW, unknown=False)
        assert uow.outbox.discard(message.id, NOW)
        assert not uow.outbox.revive(message.id, NOW)
        assert uow.outbox.claim("pay", NOW, 99.0, LEASE) is None


def test_after_a_restore_what_was_due_waits_and_who_carried_it_out_is_fenced_off(ledger: Ledger) -> None:
    with ledger.begin() as uow:
        put(uow, kind="send_notice")
        message = claimed(uow)
        assert uow.outbox.hold_back("send_notice") == 1
        assert not uow.outbox.finish(message, "Sent.", NOW)
        assert [dead.error_code for dead in uow.outbox.dead()] == ["restored"]


@pytest.mark.parametrize("shift", [timedelta(0), timedelta(hours=3)])
def test_a_naive_instant_is_refused(ledger: Ledger, shift: timedelta) -> None:
    with ledger.begin() as uow, pytest.raises(StatementError, match="naive instant"):
        uow.outbox.put("open_issue", 1, "pay", (NOW + shift).replace(tzinfo=None))

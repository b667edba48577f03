"""Reading goes wrong in every way, and neither holds up another tracker nor believes what is unlikely."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError, OperationalError

from connectors.spi import Changes, Feed, Sweep, Unavailable
from service.domain.facts import State
from service.ledger import CursorRow, Target
from service.ledger.cursors import Cursors
from service.usecases.reconcile import reconcile_due
from service.usecases.steer import restored, resume
from service.usecases.survey import survey
from service.usecases.sync_health import SyncState
from tests.support.house import ROUTES, House
from tests.support.waiting import until
from tests.usecases.surroundings import (
    SOMEBODY,
    OpenHouse,
    Outside,
    between,
    events,
    item,
    items_of,
    ledger_issues,
    postmortem,
    shown,
    take,
)
from workers.clock import due_kinds

TWO_REPOSITORIES = '[targets.web]\ntracker = "github"\nplace = "acme/checkout-web"\nmode = "live"\n' + ROUTES


def look(house: House, **delta: float) -> None:
    house.pass_time(**(delta or {"seconds": 61}))
    house.reconcile()


def target(house: House, name: str) -> Target:
    with house.ledger.read() as uow:
        found = uow.targets.get(name)
    assert found is not None
    return found


def cursor(house: House, tracker: str, feed: str) -> CursorRow:
    with house.ledger.read() as uow:
        found = uow.cursors.get(tracker, feed)
    assert found is not None
    return found


def make_due(house: House, *numbers: int) -> None:
    """As a webhook does for these of the ledger's issues, by their place in the order in which they were made."""
    known = ledger_issues(house)
    with house.ledger.begin() as uow:
        uow.issues.make_due([known[number].id for number in numbers], house.components.now())
        uow.commit()


def delete(house: House, outside: Outside, *numbers: int) -> None:
    keys = [ledger_issues(house)[number].key for number in numbers]
    for issue in shown(house):
        if issue.get("key") in keys:
            outside.person(issue, delete=True)


def fails(house: House, patched: pytest.MonkeyPatch, after: Callable[[], None] = lambda: None) -> list[datetime]:
    """Lets every question to Jira fail from now on. Returns when it was asked, as the list grows."""
    asked: list[datetime] = []

    def fail(*_: object) -> None:
        asked.append(house.components.now())
        after()
        raise Unavailable("jira.unavailable", "Jira does not answer.", "Wait for it.")

    for name in ("changes", "read"):
        patched.setattr(type(house.components.trackers["jira"]), name, fail)
    return asked


def small_batches(house: House, patched: pytest.MonkeyPatch) -> None:
    tracker = house.components.trackers["jira"]
    patched.setattr(tracker, "capabilities", replace(tracker.capabilities, reads_per_call=1))


def test_a_tracker_that_does_not_answer_holds_one_worker_and_no_other_tracker(
    opened: OpenHouse, monkeypatch: pytest.MonkeyPatch
) -> None:
    house = opened(routes=TWO_REPOSITORIES)
    reached, let_go, asked = threading.Event(), threading.Event(), list[str]()

    def hang(_tracker: object, *what: Any) -> None:
        asked.append("github")
        reached.set()
        let_go.wait(5)
        raise Unavailable("github.unavailable", "GitHub does not answer.", "Wait for it.")

    for name in ("changes", "read"):
        monkeypatch.setattr(type(house.components.trackers["github"]), name, hang)
    with ThreadPoolExecutor(1) as pool:
        first = pool.submit(reconcile_due, house.components, lambda: True)
        assert reached.wait(10)
        house.pass_time(seconds=61)
        house.reconcile()
        assert asked == ["github"]
        assert cursor(house, "jira", "site").ok_at is not None
        let_go.set()
        first.result(30)


def test_a_tracker_that_failed_late_is_left_alone_from_then_on_and_rings_for_nobody(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    take(house, postmortem())
    look(house)
    asked = fails(house, monkeypatch, lambda: house.pass_time(seconds=50))
    look(house)
    make_due(house, 0)
    house.reconcile()
    assert len(asked) == 1
    assert "reconcile" not in due_kinds(house.components)
    house.pass_time(seconds=16)
    assert "reconcile" in due_kinds(house.components)


def test_the_longer_a_tracker_fails_the_longer_it_is_left_alone(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    look(house)
    asked = fails(house, monkeypatch)
    look(house)
    for _ in range(70):
        look(house, seconds=15)
    pauses = [round((later - earlier).total_seconds()) for earlier, later in pairwise(asked)]
    # The looks themselves take time on a busy machine: each pause is as long as it should be or a little longer.
    assert all(later >= earlier - 5 for earlier, later in pairwise(pauses))
    assert 15 <= pauses[0] < 30
    assert 300 <= pauses[-1] < 330


def test_a_feed_that_was_not_reached_is_asked_again_soon_as_long_as_its_tracker_answers_for_another(
    opened: OpenHouse, monkeypatch: pytest.MonkeyPatch
) -> None:
    house = opened(routes=TWO_REPOSITORIES)
    look(house)
    asked: list[datetime] = []
    changes = type(house.components.trackers["github"]).changes

    def cut(tracker: Any, feed: Feed, *rest: Any) -> Changes:
        if feed.name == "acme/payments":
            return changes(tracker, feed, *rest)
        asked.append(house.components.now())
        raise Unavailable("github.unreachable", "The connection broke.", "Wait for it.")

    monkeypatch.setattr(type(house.components.trackers["github"]), "changes", cut)
    for _ in range(60):
        look(house, seconds=16)
    assert max(later - earlier for earlier, later in pairwise(asked)) < timedelta(seconds=120)


def test_one_repository_that_cannot_be_read_keeps_no_other_from_being_read(opened: OpenHouse, outside: Outside) -> None:
    house = opened(routes=TWO_REPOSITORIES)
    look(house)
    outside.fault("error_before", tracker="github", path="acme/checkout-web", status=503)
    for _ in range(8):
        look(house, seconds=30)
    assert cursor(house, "github", "acme/checkout-web").failing_since is not None
    read = cursor(house, "github", "acme/payments").ok_at
    assert read is not None
    assert house.components.now() - read < timedelta(seconds=100)


def test_issues_that_were_deleted_on_purpose_are_gone_once_the_target_is_resumed(
    house: House, outside: Outside
) -> None:
    take(house, postmortem(items=[f"Item {n}" for n in range(10)]))
    delete(house, outside, 0, 1, 2)
    for _ in range(2):
        look(house, hours=2)
        assert "3 of 10" in (target(house, "pay").pause_reason or "")
        assert {each.state for each in items_of(house)} == {State.OPEN}
    assert events(house, ("target", "pay")).count("target.frozen") == 1
    resume(house.components, "pay", SOMEBODY, "they were duplicates")
    look(house, hours=2)
    assert target(house, "pay").paused_at is None
    assert [each.attention_code for each in items_of(house)].count("issue_gone") == 3


def test_what_is_shown_again_after_a_freeze_is_no_longer_missing(
    house: House, outside: Outside, monkeypatch: pytest.MonkeyPatch
) -> None:
    take(house, postmortem(items=[f"Item {n}" for n in range(10)]))
    look(house, hours=2)
    with monkeypatch.context() as patched:
        patched.setattr(type(house.components.trackers["jira"]), "read", lambda _, refs: Sweep((), tuple(refs)))
        look(house, hours=2)
    assert target(house, "pay").paused_at is not None
    resume(house.components, "pay", SOMEBODY, "our account may see the project again")
    look(house, hours=2)
    delete(house, outside, 0, 1, 2)
    look(house, hours=2)
    assert target(house, "pay").paused_at is not None
    assert {each.state for each in items_of(house)} == {State.OPEN}


@pytest.mark.parametrize(("count", "deleted", "frozen"), [(4, 2, True), (4, 1, False), (1, 1, False)])
def test_also_in_a_small_target_two_that_vanish_at_once_are_doubted_and_one_is_not(
    house: House, outside: Outside, count: int, deleted: int, frozen: bool
) -> None:
    take(house, postmortem(items=[f"Item {n}" for n in range(count)]))
    delete(house, outside, *range(deleted))
    look(house, hours=2)
    assert (target(house, "pay").paused_at is not None) is frozen
    gone = [each.attention_code for each in items_of(house)].count("issue_gone")
    assert gone == (0 if frozen else deleted)


def test_webhooks_that_tell_of_deleted_issues_one_by_one_cannot_pass_the_freeze(house: House, outside: Outside) -> None:
    take(house, postmortem(items=[f"Item {n}" for n in range(10)]))
    look(house, hours=2)
    delete(house, outside, 0, 1, 2, 3)
    for number in range(4):
        make_due(house, number)
        house.reconcile()
    assert target(house, "pay").paused_at is not None
    assert {each.state for each in items_of(house)} == {State.OPEN}


def test_an_issue_that_a_webhook_makes_due_does_not_wait_for_the_end_of_a_sweep(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    take(house, postmortem(items=["One", "Two", "Three"]))
    look(house, hours=2)
    small_batches(house, monkeypatch)
    tracker, asked = type(house.components.trackers["jira"]), list[str]()
    read = tracker.read

    def note(self: Any, refs: list[str]) -> Sweep:
        asked.extend(refs)
        return read(self, refs)

    monkeypatch.setattr(tracker, "read", note)
    with between(monkeypatch, tracker, "read", lambda: make_due(house, 2)):
        look(house, hours=2)
    first, second, third = (issue.ref for issue in ledger_issues(house))
    assert asked == [first, third, second, third]


def test_a_reading_and_a_revision_that_lock_the_same_items_never_wait_for_each_other(
    house: House, outside: Outside
) -> None:
    take(house, postmortem(items=["One", "Two", "Three"]))
    look(house, hours=2)
    delete(house, outside, 2)
    make_due(house, 0, 1, 2)
    first, _, last = (each.id for each in items_of(house))

    def somebody_waits() -> bool:
        if house.ledger.engine.dialect.name == "sqlite":
            return True
        with house.ledger.engine.connect() as connection:
            waiting = text("select count(*) from pg_locks where not granted")
            return bool(connection.execute(waiting).scalar_one())

    with ThreadPoolExecutor(1) as pool:
        with house.ledger.begin() as revision:
            revision.items.lock(first)
            reading = pool.submit(house.reconcile)
            until(somebody_waits, 10, "the reading waits for the first item")
            revision.items.lock(last)
            revision.commit()
        reading.result(30)
    assert item(house, "Three").attention_code == "issue_gone"


def test_a_database_that_fails_once_leaves_nothing_stuck(
    house: House, outside: Outside, monkeypatch: pytest.MonkeyPatch
) -> None:
    take(house, postmortem())
    look(house)
    outside.person(shown(house)[0], status="Done")
    with monkeypatch.context() as patched:
        patched.setattr(Cursors, "advance", _deadlock)
        with pytest.raises(DBAPIError):
            look(house)
    look(house, seconds=16)
    assert items_of(house)[0].state is State.DONE


def _deadlock(*_: object) -> None:
    raise OperationalError("update cursors", {}, Exception("deadlock detected"))


def test_a_poll_in_flight_does_not_undo_that_the_ledger_was_restored(
    house: House, outside: Outside, monkeypatch: pytest.MonkeyPatch
) -> None:
    take(house, postmortem())
    look(house)
    outside.person(shown(house)[0], status="Done")
    house.pass_time(seconds=61)
    tracker = type(house.components.trackers["jira"])

    def restore() -> None:
        restored(house.components, SOMEBODY, "from a backup")

    with between(monkeypatch, tracker, "changes", restore):
        house.reconcile()
    again = cursor(house, "jira", "site")
    assert again.cursor is None
    assert again.next_at <= house.components.now()
    house.reconcile()
    assert items_of(house)[0].state is State.DONE


def test_a_refused_token_is_one_fault_of_the_tracker_with_its_cure_and_heals_by_itself(
    house: House, outside: Outside
) -> None:
    take(house, postmortem())
    look(house)
    outside.fault("error_before", status=401)
    make_due(house, 0)
    look(house)
    look(house, hours=2)
    faults = [line.trouble for line in survey(house.components).health if line.trouble is not None]
    assert len(faults) == 1
    assert (faults[0].state, faults[0].code) == (SyncState.FAILING, "jira.unauthorized")
    assert faults[0].sentence
    assert faults[0].cure
    outside.mend()
    outside.person(shown(house)[0], status="Done")
    for _ in range(2):
        look(house, minutes=6)
    assert items_of(house)[0].state is State.DONE
    assert [line.trouble for line in survey(house.components).health if line.trouble is not None] == []


def test_a_worker_that_reads_many_issues_one_by_one_is_not_overtaken_by_another(
    house: House, outside: Outside, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A whole batch may be absent, as archived ones are: then each is asked for by itself, and that takes its time."""
    take(house, postmortem(items=["One", "Two", "Three"]))
    monkeypatch.setattr("service.usecases.reconcile.SECONDS_AN_ISSUE", 50.0)
    taken: list[CursorRow | None] = []

    def another_worker_looks(later: float) -> None:
        with house.ledger.begin() as uow:
            taken.append(uow.cursors.take_turn("jira", house.components.now(), (uow.clock() + later, 40.0)))

    tracker = type(house.components.trackers["jira"])
    with between(monkeypatch, tracker, "read", lambda: (another_worker_looks(120), another_worker_looks(180))):
        house.pass_time(hours=2)
        house.reconcile()
    assert [found is None for found in taken] == [True, False]

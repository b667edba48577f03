"""Exactly one issue, whatever becomes of the request and of its answer."""

from __future__ import annotations

import pytest
from sqlalchemy import update

from service.domain.identity import marker
from service.ledger.tables import outbox
from service.usecases import dispatch
from service.usecases.deliveries import absorb_due
from service.usecases.steer import retry
from tests.support.house import House
from tests.support.waiting import until
from tests.usecases.surroundings import (
    SOMEBODY,
    OpenHouse,
    Outside,
    between,
    dead_letters,
    events,
    items_of,
    ledger_issues,
    messages,
    persist,
    postmortem,
    shown,
    take,
)

BOTH = pytest.mark.parametrize("services", [[], ["api"]], ids=["jira", "github"])
CREATION = {"jira": "^/issue$", "github": "/issues$"}


def tracker_of(services: list[str]) -> str:
    return "github" if services else "jira"


@BOTH
@pytest.mark.parametrize(
    "fault",
    [
        {"kind": "reset_before"},
        {"kind": "reset_after"},
        {"kind": "timeout_before", "seconds": 2.5},
        {"kind": "timeout_after", "seconds": 2.5},
        {"kind": "error_before", "status": 503},
        {"kind": "error_after", "status": 502},
        {"kind": "error_after", "status": 500},
        {"kind": "trickle", "seconds": 3},
    ],
    ids=lambda fault: f"{fault['kind']}-{fault.get('status', '')}",
)
@pytest.mark.complaint("duplicates are left for people to clean up")
def test_one_issue_after_any_fault(
    opened: OpenHouse, outside: Outside, services: list[str], fault: dict[str, object]
) -> None:
    house = opened(call=1, lease=4)
    tracker = tracker_of(services)
    outside.fault(**{**fault, "tracker": tracker, "methods": ["POST"], "path": CREATION[tracker], "next": 1})
    take(house, postmortem(services=services))
    persist(house, 4)
    assert len(shown(house, deleted=True)) == 1
    assert {message.state for message in messages(house)} == {"done"}
    assert items_of(house)[0].issue_id is not None


@BOTH
def test_one_issue_after_a_fault_at_every_second_attempt(house: House, outside: Outside, services: list[str]) -> None:
    outside.sandbox.world.faults.reseed(7)
    tracker = tracker_of(services)
    for kind in ("reset_before", "reset_after", "error_after"):
        outside.fault(kind, tracker, methods=["POST"], path=CREATION[tracker], probability=0.3)
    take(house, postmortem(services=services, items=[f"Item {n}" for n in range(8)]))
    for _ in range(40):
        persist(house, 1, minutes=2)
        with house.ledger.begin() as uow:
            for target in uow.targets.all():
                uow.targets.close_circuit(target.name)
            uow.commit()
    assert sorted(issue["title"] for issue in shown(house)) == [f"Item {n}" for n in range(8)]


@pytest.mark.complaint("an index that lags makes issues look deleted")
def test_an_index_that_lags_shorter_than_the_quiet_period_makes_no_second_issue(
    opened: OpenHouse, outside: Outside
) -> None:
    house = opened(quiet=1)
    outside.lag("jira", 0.5)
    outside.fault("reset_after", path="^/issue$", next=1)
    take(house, postmortem())
    until(lambda: (house.work(), items_of(house)[0].issue_id)[1], 15, "the issue was found")
    assert len(shown(house)) == 1


def test_the_probe_waits_for_the_quiet_period(opened: OpenHouse, outside: Outside) -> None:
    house = opened(quiet=120)
    outside.fault("reset_after", path="^/issue$", next=1)
    take(house, postmortem())
    outside.forget_calls()
    house.pass_time(seconds=110)
    house.work()
    assert outside.calls() == 0
    house.pass_time(seconds=20)
    house.work()
    assert (outside.creates(), len(ledger_issues(house))) == (0, 1)


def blind(house: House, monkeypatch: pytest.MonkeyPatch, tracker: str) -> None:
    """The next probe sees nothing yet, as with an index that lags longer than the quiet period."""
    kind = type(house.components.trackers[tracker])
    monkeypatch.setattr(kind, "find", lambda *_: ())


@BOTH
@pytest.mark.complaint("duplicates are left for people to clean up")
def test_an_index_that_lags_longer_heals_and_the_later_issue_is_closed_as_a_duplicate(
    house: House, outside: Outside, monkeypatch: pytest.MonkeyPatch, services: list[str]
) -> None:
    tracker = tracker_of(services)
    with monkeypatch.context() as patched:
        blind(house, patched, tracker)
        outside.fault("reset_after", tracker, methods=["POST"], path=CREATION[tracker], next=1)
        take(house, postmortem(services=services))
        persist(house, 3)
        assert len(shown(house)) == 2
    house.pass_time(minutes=2)
    house.reconcile()
    persist(house, 2)
    kept, closed = _kept_and_closed(house)
    assert _number(kept) < _number(closed)
    assert {each.id: each.key for each in ledger_issues(house)}[items_of(house)[0].issue_id or 0] == kept["key"]
    assert any(str(kept["url"]) in comment["body"] for comment in closed["comments"])
    assert kept["comments"] == []
    assert "issue.duplicate_closed" in events(house, ("item", 1))
    house.pass_time(hours=2)
    house.reconcile()
    persist(house, 2)
    assert len(shown(house)) == 2
    assert items_of(house)[0].state.value == "open"


def _number(issue: dict[str, object]) -> int:
    return int("".join(filter(str.isdigit, str(issue["key"]))))


def _kept_and_closed(house: House) -> tuple[dict[str, object], dict[str, object]]:
    found = shown(house)
    closed = [issue for issue in found if issue["status"] in ("Done", "closed", "Won't Do")]
    kept = [issue for issue in found if issue not in closed]
    assert (len(kept), len(closed)) == (1, 1)
    return kept[0], closed[0]


def test_a_success_under_a_stale_fence_is_a_second_issue_and_is_closed(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    def another_worker_takes_over() -> None:
        with house.ledger.begin() as uow:
            uow.connection.execute(update(outbox).values(lease_until=1.0))
            uow.commit()
        with monkeypatch.context() as patched:
            blind(house, patched, "jira")
            house.pass_time(seconds=5)
            for _ in range(3):
                dispatch.dispatch_one(house.components)

    house.submit(postmortem())
    with between(monkeypatch, type(house.components.trackers["jira"]), "create", another_worker_takes_over):
        house.work()
    persist(house, 2)
    kept, closed = _kept_and_closed(house)
    assert _number(kept) < _number(closed)
    assert {each.id: each.key for each in ledger_issues(house)}[items_of(house)[0].issue_id or 0] == kept["key"]
    assert "duplicate" in closed["comments"][0]["body"].lower()
    assert "issue.second" in events(house, ("item", 1))


def test_nothing_is_sent_once_the_lease_is_another_workers(house: House, outside: Outside) -> None:
    take(house, postmortem("INC-0", items=["So that the place is known"]))
    house.submit(postmortem())
    absorb_due(house.components, lambda: True)
    claimed = dispatch.claim(house.components)
    assert claimed is not None
    message, _ = claimed
    with house.ledger.begin() as uow:
        uow.connection.execute(update(outbox).values(fence=message.fence + 1))
        uow.commit()
    assert dispatch._prepare(house.components, message) is None
    assert outside.creates() == 1


def test_nothing_is_sent_when_the_lease_is_too_short_for_a_whole_call(house: House, outside: Outside) -> None:
    take(house, postmortem("INC-0", items=["So that the place is known"]))
    house.submit(postmortem())
    absorb_due(house.components, lambda: True)
    claimed = dispatch.claim(house.components)
    assert claimed is not None
    message, _ = claimed
    with house.ledger.begin() as uow:
        uow.connection.execute(update(outbox).values(lease_until=uow.clock() + 2))
        uow.commit()
    assert dispatch._prepare(house.components, message) is None
    assert outside.creates() == 1
    persist(house, 1)
    assert len(shown(house)) == 2


def test_a_message_that_lost_its_process_three_times_is_a_dead_letter_and_may_be_retried(house: House) -> None:
    house.submit(postmortem())
    absorb_due(house.components, lambda: True)
    for _ in range(3):
        assert dispatch.claim(house.components) is not None
        with house.ledger.begin() as uow:
            uow.connection.execute(update(outbox).values(lease_until=1.0))
            uow.commit()
    house.work()
    (letter,) = dead_letters(house)
    assert (letter.error_code, shown(house)) == ("outbox.quarantined", [])
    assert "died 3 times" in (letter.error or "")
    assert "dead-letters retry" in (letter.cure or "")
    retry(house.components, f"m{letter.id}", SOMEBODY, "mended")
    house.work()
    assert len(shown(house)) == 1


def test_several_requests_for_the_same_thing_are_carried_out_together(house: House, outside: Outside) -> None:
    take(house, postmortem(revision=1, items=[{"id": "A", "title": "One"}]))
    outside.forget_calls()
    for number in range(2, 7):
        house.submit(postmortem(revision=number, items=[{"id": "A", "title": f"Version {number}"}]))
    absorb_due(house.components, lambda: True)
    house.work()
    assert [issue["title"] for issue in shown(house)] == ["Version 6"]
    assert outside.routes("jira")["PUT /issue/{key}"] <= 2
    assert outside.routes("jira")["POST /issue/{key}/comment"] == 1


def test_a_comment_whose_answer_was_lost_is_found_instead_of_written_twice(house: House, outside: Outside) -> None:
    take(house, postmortem(revision=1, items=["One", "Two"]))
    outside.fault("reset_after", methods=["POST"], path="comment", next=1)
    take(house, postmortem(revision=2, items=["Two"]))
    persist(house)
    told = next(issue for issue in shown(house) if issue["title"] == "One")
    assert len(told["comments"]) == 1


def test_the_same_promise_has_the_same_marker_in_another_ledger(house: House) -> None:
    take(house, postmortem(items=[{"id": "A", "title": "One"}]))
    secret = b"instance secret of the tests"
    assert items_of(house)[0].marker == marker(secret, "jira", "incidents", "INC-1", "id:A")


@BOTH
@pytest.mark.complaint("an old closed issue is taken for the open one")
def test_a_persons_clone_is_neither_adopted_nor_closed(house: House, outside: Outside, services: list[str]) -> None:
    tracker = tracker_of(services)
    outside.fault("reset_after", tracker, methods=["POST"], path=CREATION[tracker], next=1)
    take(house, postmortem(services=services))
    (ours,) = shown(house)
    outside.clone(ours)
    persist(house, 2)
    house.pass_time(hours=2)
    house.reconcile()
    persist(house, 2)
    assert [issue.key for issue in ledger_issues(house)] == [ours["key"]]
    assert len(shown(house)) == 2
    assert {issue["status"] for issue in shown(house)} in ({"To Do"}, {"open"})
    assert all(issue["comments"] == [] for issue in shown(house))


@BOTH
def test_a_clone_alone_is_not_taken_for_the_issue_that_was_never_made(
    house: House, outside: Outside, services: list[str]
) -> None:
    take(house, postmortem("INC-0", services=services, items=["Other"]))
    outside.clone(shown(house)[0])
    take(house, postmortem(services=services))
    assert len(shown(house)) == 3
    assert len(ledger_issues(house)) == 2


@pytest.mark.complaint("an old closed issue is taken for the open one")
@BOTH
def test_of_two_issues_with_the_same_words_each_promise_knows_its_own(
    house: House, outside: Outside, services: list[str]
) -> None:
    tracker = tracker_of(services)
    stated = {"id": "A", "title": "Test the backups", "success_metric": "They restore."}
    take(house, postmortem("INC-1", services=services, items=[stated]))
    (old,) = shown(house)
    closing = {"state": "closed", "state_reason": "completed"} if services else {"status": "Done"}
    outside.person(old, **closing)
    house.pass_time(seconds=61)
    house.reconcile()
    outside.fault("reset_after", tracker, methods=["POST"], path=CREATION[tracker], next=1)
    take(house, postmortem("INC-2", revision=1, services=services, items=[stated]))
    persist(house, 2)
    take(house, postmortem("INC-2", revision=2, services=services, items=[{**stated, "success_metric": "Weekly."}]))
    house.pass_time(hours=2)
    house.reconcile()
    first, second = sorted(shown(house), key=_number)
    assert (first["key"], first["comments"], len(second["comments"])) == (old["key"], [], 1)
    assert [each.state.value for each in items_of(house)] == ["done", "open"]

"""What a tracker says is taken over as it is: nothing older, nothing doubled, nothing guessed."""

from __future__ import annotations

from dataclasses import replace

import pytest

from service.domain.facts import State
from service.usecases.settle import settle_dismissed
from service.usecases.steer import pause, resume
from tests.support.house import House
from tests.usecases.surroundings import (
    SOMEBODY,
    Outside,
    between,
    events,
    item,
    items_of,
    ledger_issues,
    let_go,
    persist,
    postmortem,
    shown,
    take,
)

BOTH = pytest.mark.parametrize("services", [[], ["api"]], ids=["jira", "github"])


def look(house: House, **delta: float) -> None:
    """One cycle, an hour's sweep included where so much time passes."""
    house.pass_time(**(delta or {"seconds": 61}))
    house.reconcile()


def look_twice(house: House) -> None:
    look(house)
    house.pass_time(seconds=2)
    house.reconcile()


def close(outside: Outside, issue: dict[str, object], *, declined: bool = False) -> None:
    if issue["tracker"] == "jira":
        outside.person(issue, status="Won't Do" if declined else "Done")
    else:
        outside.person(issue, state="closed", state_reason="not_planned" if declined else "completed")


@BOTH
@pytest.mark.parametrize("declined", [False, True], ids=["done", "declined"])
@pytest.mark.complaint("what was closed as not planned counts as delivered")
def test_what_a_person_does_to_an_issue_becomes_its_items_state(
    house: House, outside: Outside, services: list[str], declined: bool
) -> None:
    take(house, postmortem(services=services))
    look_twice(house)
    close(outside, shown(house)[0], declined=declined)
    look_twice(house)
    (found,) = items_of(house)
    assert found.state is (State.DECLINED if declined else State.DONE)
    assert found.closed_at is not None


@BOTH
@pytest.mark.complaint("what is opened again stays closed on the other side")
def test_an_issue_that_is_opened_again_opens_its_item_again(
    house: House, outside: Outside, services: list[str]
) -> None:
    take(house, postmortem(services=services))
    look_twice(house)
    close(outside, shown(house)[0])
    look_twice(house)
    outside.person(shown(house)[0], **({"state": "open"} if services else {"status": "To Do"}))
    look_twice(house)
    (found,) = items_of(house)
    assert (found.state, found.closed_at) == (State.OPEN, None)


@pytest.mark.complaint("a closed issue is made again for ever")
@BOTH
@pytest.mark.parametrize("declined", [False, True], ids=["done", "declined"])
def test_a_promise_whose_issue_was_closed_gets_no_other_however_often_it_is_stated_again(
    house: House, outside: Outside, services: list[str], declined: bool
) -> None:
    take(house, postmortem(revision=1, services=services))
    look_twice(house)
    close(outside, shown(house)[0], declined=declined)
    look_twice(house)
    for revision, status in ((2, "reopened"), (3, "final"), (4, "final")):
        house.pass_time(days=30)
        take(house, postmortem(revision=revision, status=status, services=services, summary=f"Version {revision}."))
        look_twice(house)
    assert outside.creates() == 1
    assert items_of(house)[0].state is (State.DECLINED if declined else State.DONE)


def test_assignee_and_date_of_the_tracker_become_the_current_ones_and_what_was_promised_stays(
    house: House, outside: Outside
) -> None:
    take(house, postmortem(items=[{"title": "One", "due_on": "2026-12-01", "owner": {"name": "Dana Okafor"}}]))
    outside.person(shown(house)[0], assignee="712020:mateo-silva", due="2027-02-01")
    look_twice(house)
    found = item(house, "One")
    assert (str(found.promised_due_on), str(found.current_due_on)) == ("2026-12-01", "2027-02-01")
    assert (found.owner_person, found.assignee_person) == ("dana", "mateo")


@BOTH
def test_a_change_between_our_read_and_our_commit_is_not_lost(
    house: House, outside: Outside, services: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    take(house, postmortem(services=services))
    look_twice(house)
    (issue,) = shown(house)
    tracker = type(house.components.trackers["github" if services else "jira"])
    outside.person(issue, comment="looking at it")
    house.pass_time(seconds=61)
    with between(monkeypatch, tracker, "changes", lambda: close(outside, issue)):
        house.reconcile()
    look_twice(house)
    assert items_of(house)[0].state is State.DONE


@BOTH
def test_a_stale_reading_never_overwrites_a_newer_state(
    house: House, outside: Outside, services: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    take(house, postmortem(services=services))
    look_twice(house)
    (issue,) = shown(house)
    name = "github" if services else "jira"
    tracker = house.components.trackers[name]
    (known,) = ledger_issues(house)
    stale = tracker.read([known.ref])
    outside.next_second(issue)
    close(outside, issue)
    look_twice(house)
    assert items_of(house)[0].state is State.DONE
    with monkeypatch.context() as patched:
        patched.setattr(type(tracker), "read", lambda *_: stale)
        with house.ledger.begin() as uow:
            uow.issues.make_due([known.id], house.components.now())
            uow.commit()
        house.reconcile()
        assert items_of(house)[0].state is State.DONE
    look_twice(house)
    assert items_of(house)[0].state is State.DONE


def test_two_changes_within_one_second_of_github_both_arrive(house: House, outside: Outside) -> None:
    take(house, postmortem(services=["api"]))
    look_twice(house)
    (issue,) = shown(house)
    world = outside.sandbox.world
    outside.person(issue, assignees=["msilva"])
    look(house)
    seen = world.github.by_id(int(issue["id"]))
    assert seen is not None
    close(outside, issue)
    later = world.github.by_id(int(issue["id"]))
    assert later is not None
    world.github._keep(replace(later, updated=seen.updated))
    look_twice(house)
    assert items_of(house)[0].state is State.DONE


@pytest.mark.complaint("an index that lags makes issues look deleted")
def test_more_than_a_twentieth_gone_at_once_freezes_the_target_and_deletes_nothing(
    house: House, outside: Outside
) -> None:
    take(house, postmortem(items=[f"Item {n}" for n in range(20)]))
    take(house, postmortem("INC-2", services=["api"], items=["Elsewhere"]))
    look(house, hours=2)
    for issue in shown(house)[:4]:
        outside.person(issue, delete=True)
    look(house, hours=2)
    with house.ledger.read() as uow:
        frozen, other = uow.targets.get("pay"), uow.targets.get("api")
    assert frozen is not None
    assert other is not None
    assert (frozen.paused_at is not None, other.paused_at) == (True, None)
    assert "More than 5 %" in (frozen.pause_reason or "")
    assert {each.state for each in items_of(house)} == {State.OPEN}
    assert "target.frozen" in events(house, ("target", "pay"))


@BOTH
def test_webhooks_of_vanished_issues_freeze_the_target_as_well(
    house: House, outside: Outside, services: list[str]
) -> None:
    take(house, postmortem(services=services, items=[f"Item {n}" for n in range(20)]))
    look(house, hours=2)
    for issue in [issue for issue in shown(house) if issue["scope"] in ("PAY", "acme/payments")][:4]:
        outside.person(issue, delete=True)
    with house.ledger.begin() as uow:
        uow.issues.make_due([issue.id for issue in ledger_issues(house)], house.components.now())
        uow.commit()
    house.reconcile()
    assert {each.state for each in items_of(house)} == {State.OPEN}
    with house.ledger.read() as uow:
        frozen = uow.targets.get("api" if services else "pay")
    assert frozen is not None
    assert frozen.paused_at is not None


@BOTH
def test_a_vanished_issue_is_told_and_held_and_never_made_again_by_itself(
    house: House, outside: Outside, services: list[str]
) -> None:
    take(house, postmortem(revision=1, services=services, items=["One", "Two"]))
    look(house, hours=2)
    outside.person(shown(house)[0], delete=True)
    outside.forget_calls()
    look(house, hours=2)
    take(house, postmortem(revision=2, services=services, items=["One", "Two"], summary="Reviewed."))
    persist(house, 2)
    found = item(house, "One")
    assert (found.state, found.attention_code) == (State.HELD, "issue_gone")
    assert "is gone from the tracker" in (found.attention or "")
    assert outside.creates() == 0
    let_go(house, items=(found.id,))
    persist(house, 2)
    assert outside.creates() == 1
    assert item(house, "One").state is State.OPEN
    assert len(shown(house)) == 2


def test_the_item_of_a_vanished_issue_may_be_dismissed(house: House, outside: Outside) -> None:
    take(house, postmortem(items=["One", "Two"]))
    look(house, hours=2)
    outside.person(shown(house)[0], delete=True)
    look(house, hours=2)
    settle_dismissed(house.components, item(house, "One").id, SOMEBODY, "was deleted on purpose")
    look(house, hours=2)
    assert item(house, "One").state is State.DECLINED


@pytest.mark.complaint("an issue that is moved changes all its names at once")
def test_a_moved_jira_issue_keeps_its_item(house: House, outside: Outside) -> None:
    take(house, postmortem())
    look_twice(house)
    (before,) = ledger_issues(house)
    outside.person(shown(house)[0], move="PLAT")
    look(house, hours=2)
    look_twice(house)
    (after,) = ledger_issues(house)
    assert (before.key.split("-")[0], after.key.split("-")[0]) == ("PAY", "PLAT")
    assert after.url.endswith(after.key)
    moved = next(issue for issue in shown(house) if issue["key"] == after.key)
    outside.person(moved, status="Shipped")
    look(house, hours=2)
    assert items_of(house)[0].state is State.DONE


@pytest.mark.complaint("a transferred issue stays behind")
def test_a_transferred_github_issue_keeps_its_item(house: House, outside: Outside) -> None:
    take(house, postmortem(services=["api"]))
    look_twice(house)
    outside.person(shown(house)[0], transfer="acme/checkout-web")
    look(house, hours=2)
    (known,) = ledger_issues(house)
    assert known.key.startswith("acme/checkout-web#")
    live = next(issue for issue in shown(house) if issue["scope"] == "acme/checkout-web")
    close(outside, live)
    look(house, hours=2)
    assert items_of(house)[0].state is State.DONE
    assert outside.creates() == 1


def movement(house: House, title: str = "One") -> object:
    return item(house, title).last_movement_at


@BOTH
def test_our_own_comment_is_no_movement_but_a_persons_is(house: House, outside: Outside, services: list[str]) -> None:
    stated = {"id": "A", "title": "One"}
    take(house, postmortem(revision=1, services=services, items=[stated]))
    look_twice(house)
    first = movement(house)
    take(house, postmortem(revision=2, services=services, items=[{**stated, "success_metric": "No page at night."}]))
    (issue,) = shown(house)
    assert len(issue["comments"]) == 1
    look_twice(house)
    assert movement(house) == first
    outside.next_second(issue)
    outside.person(issue, comment="I am on it.")
    look_twice(house)
    assert movement(house) != first


@BOTH
def test_a_persons_new_status_or_assignee_is_movement_and_a_new_label_is_not(
    house: House, outside: Outside, services: list[str]
) -> None:
    take(house, postmortem(services=services, items=["One"]))
    look_twice(house)
    first = movement(house)
    (issue,) = shown(house)
    outside.next_second(issue)
    outside.person(issue, labels=[*issue["labels"], "backlog"])
    look_twice(house)
    assert movement(house) == first
    outside.next_second(issue)
    outside.person(issue, **({"assignees": ["msilva"]} if services else {"assignee": "712020:mateo-silva"}))
    look_twice(house)
    assert movement(house) != first


@pytest.mark.complaint("what is changed elsewhere never arrives")
def test_an_issue_whose_label_was_removed_is_still_followed_by_the_sweep(house: House, outside: Outside) -> None:
    take(house, postmortem())
    look_twice(house)
    (issue,) = shown(house)
    outside.person(issue, labels=[], status="Done")
    look(house, hours=2)
    assert items_of(house)[0].state is State.DONE


def test_a_withdrawn_item_stays_withdrawn_whatever_becomes_of_its_issue(house: House, outside: Outside) -> None:
    take(house, postmortem(revision=1, items=["One", "Two"]))
    take(house, postmortem(revision=2, items=["Two"]))
    look_twice(house)
    close(outside, next(issue for issue in shown(house) if issue["title"] == "One"))
    look_twice(house)
    assert item(house, "One").state is State.WITHDRAWN


def test_a_failing_tracker_is_noted_and_read_again_later(house: House, outside: Outside) -> None:
    take(house, postmortem())
    look_twice(house)
    outside.fault("error_before", status=503)
    look(house)
    with house.ledger.read() as uow:
        cursor = uow.cursors.get("jira", "site")
    assert cursor is not None
    assert (cursor.error_code, cursor.failing_since is not None) == ("jira.server_error", True)
    outside.mend()
    close(outside, shown(house)[0])
    look_twice(house)
    assert items_of(house)[0].state is State.DONE


@pytest.mark.complaint("a removed search stops everything")
def test_a_search_that_the_vendor_took_away_is_told_and_neither_loses_nor_doubles_an_issue(
    house: House, outside: Outside
) -> None:
    take(house, postmortem("INC-0", items=["Before"]))
    look_twice(house)
    outside.fault("error_before", status=410, path="search")
    outside.fault("reset_after", path="^/issue$", next=1)
    take(house, postmortem(items=["One"]))
    for _ in range(3):
        persist(house, 1, minutes=2)
        look(house, hours=2)
    assert sorted(issue["title"] for issue in shown(house)) == ["Before", "One"]
    assert (item(house, "Before").state, item(house, "One").state) == (State.OPEN, State.PENDING)
    with house.ledger.read() as uow:
        cursor, target = uow.cursors.get("jira", "site"), uow.targets.get("pay")
    assert cursor is not None
    assert target is not None
    assert (cursor.error_code, target.error_code) == ("jira.endpoint_removed", "jira.endpoint_removed")
    assert "newer Afteraction" in (target.cure or "")
    outside.mend()
    for _ in range(3):
        persist(house, 1, minutes=2)
        look(house, hours=2)
    assert {each.state for each in items_of(house)} == {State.OPEN}
    assert len(shown(house)) == 2


def test_a_paused_target_is_still_read(house: House, outside: Outside) -> None:
    take(house, postmortem())
    pause(house.components, "pay", SOMEBODY, "maintenance")
    close(outside, shown(house)[0])
    look_twice(house)
    assert items_of(house)[0].state is State.DONE
    resume(house.components, "pay", SOMEBODY, "done")

"""A person moves an issue, or the configuration moves a target: who may see the new place is asked anew."""

from __future__ import annotations

from dataclasses import replace

import pytest

from connectors.spi import Category, Sweep
from service.domain.facts import State
from service.usecases.steer import pause, resume
from tests.support.house import ROUTES, House
from tests.usecases.surroundings import (
    SOMEBODY,
    OpenHouse,
    Outside,
    item,
    items_of,
    ledger_issues,
    messages,
    postmortem,
    shown,
    take,
)

STATUS = '[targets.status]\ntracker = "github"\nplace = "acme/status-page"\nmode = "live"\n' + ROUTES
WEB = '[targets.web]\ntracker = "github"\nplace = "Acme/Checkout-Web"\nmode = "live"\n' + ROUTES
PLATFORM = '[targets.plat]\ntracker = "jira"\nplace = "PLAT"\nmode = "live"\n' + ROUTES
STATED = {"id": "A", "title": "Rotate the key", "success_metric": "Nobody is paged."}
LATER = {**STATED, "success_metric": "No quokka is paged."}


def made(house: House, services: list[str]) -> None:
    take(house, postmortem(revision=1, services=services, items=[STATED]))
    house.pass_time(seconds=61)
    house.reconcile()


def revised(house: House, services: list[str]) -> None:
    take(house, postmortem(revision=2, services=services, items=[LATER]))


def transfer(house: House, outside: Outside, to: str) -> None:
    outside.person(shown(house)[0], transfer=to)
    house.pass_time(hours=2)
    house.reconcile()


@pytest.mark.parametrize("routes", [STATUS, ROUTES], ids=["to another target", "to where nobody configured one"])
def test_an_issue_that_was_moved_to_where_everybody_sees_it_is_not_told_of_changes(
    opened: OpenHouse, outside: Outside, routes: str
) -> None:
    house = opened(routes=routes)
    made(house, ["api"])
    transfer(house, outside, "acme/status-page")
    revised(house, ["api"])
    assert ledger_issues(house)[0].target == ("status" if routes == STATUS else "tracker:github")
    assert outside.said("quokka") == []
    assert item(house, "Rotate the key").attention_code is not None


def test_a_change_that_waited_while_its_issue_was_moved_is_not_told_there_either(
    opened: OpenHouse, outside: Outside
) -> None:
    house = opened(routes=STATUS)
    made(house, ["api"])
    pause(house.components, "api", SOMEBODY, "maintenance")
    revised(house, ["api"])
    transfer(house, outside, "acme/status-page")
    resume(house.components, "api", SOMEBODY, "done")
    house.work()
    assert outside.said("quokka") == []
    assert {each.state for each in messages(house)} == {"done"}


@pytest.mark.parametrize(
    ("services", "routes", "move", "name"),
    [(["api"], WEB, {"transfer": "acme/checkout-web"}, "web"), ([], PLATFORM, {"move": "PLAT"}, "plat")],
    ids=["github", "jira"],
)
def test_an_issue_that_was_moved_to_another_target_is_told_of_changes_as_that_targets(
    opened: OpenHouse, outside: Outside, services: list[str], routes: str, move: dict[str, str], name: str
) -> None:
    house = opened(routes=routes)
    made(house, services)
    outside.person(shown(house)[0], **move)
    house.pass_time(hours=2)
    house.reconcile()
    revised(house, services)
    assert [each.target for each in messages(house) if each.kind == "update_issue"] == [name]
    assert outside.said("quokka") != []
    assert len(ledger_issues(house)) == 1
    assert len([each for each in messages(house) if each.kind == "close_duplicate"]) == 0


@pytest.mark.complaint("a transferred issue stays behind")
def test_a_change_that_finds_its_issue_moved_is_told_once_the_issue_was_read_where_it_is(
    opened: OpenHouse, outside: Outside
) -> None:
    house = opened(routes=WEB)
    made(house, ["api"])
    outside.person(shown(house)[0], transfer="acme/checkout-web")
    revised(house, ["api"])
    assert not [each for each in outside.said("quokka") if "checkout-web" in each]
    for _ in range(3):
        house.pass_time(seconds=61)
        house.reconcile()
        house.work()
    assert "checkout-web" in outside.said("quokka")[-1]
    assert {each.state for each in messages(house)} == {"done"}


def test_what_was_known_of_a_targets_old_place_says_nothing_of_its_new_one(opened: OpenHouse, outside: Outside) -> None:
    house = opened()
    take(house, postmortem(services=["api"]))
    assert items_of(house)[0].state is State.OPEN
    outside.forget_calls()
    moved = opened(repository="acme/status-page")
    take(moved, postmortem("INC-2", services=["api"], items=["Secret"]))
    assert item(moved, "Secret").state is State.HELD
    assert outside.creates() == 0


def test_an_issue_stays_where_it_is_when_its_target_is_given_another_place(opened: OpenHouse, outside: Outside) -> None:
    house = opened(
        repository="acme/status-page", routes=ROUTES.replace('target = "api"', 'target = "api"\nallow_public = true')
    )
    made(house, ["api"])
    assert items_of(house)[0].state is State.OPEN
    moved = opened(repository="acme/payments")
    revised(moved, ["api"])
    assert outside.said("quokka") == []
    assert ledger_issues(moved)[0].target == "tracker:github"


def test_an_issue_that_seems_to_have_moved_to_one_with_another_marker_is_not_that_one(
    house: House, outside: Outside, monkeypatch: pytest.MonkeyPatch
) -> None:
    made(house, ["api"])
    (issue,) = ledger_issues(house)
    tracker = house.components.trackers["github"]
    (own,) = tracker.read([issue.ref]).readings
    other = replace(own.issue, ref="I_other:acme/payments#1")
    closed = replace(own, issue=other, category=Category.DONE, markers=("another",), updated_at=house.components.now())
    monkeypatch.setattr(type(tracker), "read", lambda _self, _refs: Sweep((closed,), (), {issue.ref: other}))
    house.pass_time(hours=2)
    house.reconcile()
    (found,) = items_of(house)
    assert (found.state, found.attention_code, ledger_issues(house)[0].ref) == (State.HELD, "issue_gone", issue.ref)


@pytest.mark.parametrize("visibility", ["internal", "private"])
def test_a_change_that_finds_its_jira_issue_moved_where_nobody_configured_a_target_is_not_told_there(
    opened: OpenHouse, outside: Outside, visibility: str
) -> None:
    """Jira leads a write to wherever the issue is by now: who may see it there has not been looked at."""
    secret = '[[routes]]\nname = "secret"\nvisibility = ["private"]\ntarget = "pay"\n'
    house = opened(routes=secret + ROUTES)
    take(house, postmortem(revision=1, visibility=visibility, items=[STATED]))
    outside.person(shown(house)[0], move="PLAT")
    take(house, postmortem(revision=2, visibility=visibility, items=[LATER]))
    for _ in range(3):
        house.pass_time(seconds=61)
        house.reconcile()
        house.work()
    assert outside.said("quokka") == []
    assert item(house, "Rotate the key").attention_code == "privacy"


def test_a_link_that_waited_while_its_issue_was_moved_is_not_put_there(opened: OpenHouse, outside: Outside) -> None:
    linked = '[[routes]]\nname = "default"\ntarget = "pay"\ndefault = true\nlink_back = true\n'
    house = opened(routes=linked)
    outside.fault("error_before", status=503, methods=["POST"], path="/remotelink$", next=1)
    take(house, postmortem(title="The quokka was seen", items=[STATED]))
    outside.person(shown(house)[0], move="PLAT")
    before = len(outside.said("The quokka was seen"))
    for _ in range(3):
        house.pass_time(minutes=11)
        house.work()
        house.reconcile()
    assert len(outside.said("The quokka was seen")) == before
    assert {each.state for each in messages(house)} == {"done"}


def test_what_would_be_told_to_an_issue_that_is_gone_is_not_told_to_the_one_with_its_number(
    house: House, outside: Outside, monkeypatch: pytest.MonkeyPatch
) -> None:
    made(house, ["api"])
    tracker = type(house.components.trackers["github"])
    monkeypatch.setattr(tracker, "read", lambda _self, refs: Sweep((), tuple(refs)))
    outside.forget_calls()
    revised(house, ["api"])
    assert outside.changing_calls() == []
    assert {each.state for each in messages(house)} == {"done"}
    house.reconcile()
    assert item(house, "Rotate the key").attention_code == "issue_gone"


@pytest.mark.parametrize("kind", ["close_duplicate", "reopen_issue"])
def test_an_issue_whose_number_another_promise_has_by_now_is_neither_closed_nor_opened_in_its_place(
    house: House, outside: Outside, kind: str
) -> None:
    """The repository was made anew under its name, and another issue of ours has the number there."""
    take(house, postmortem(services=["api"], items=["One", "Two"]))
    one, two = ledger_issues(house)
    if kind == "reopen_issue":
        outside.person(next(each for each in shown(house) if each["key"] == two.key), state="closed")
    before = {each["key"]: each["status"] for each in shown(house)}
    with house.ledger.begin() as uow:
        named = {"ref": two.ref.replace(two.ref.partition(":")[0], "I_before"), "key": two.key}
        uow.issues.update(one.id, **named, duplicate_of=two.id if kind == "close_duplicate" else None)
        subject = one.id if kind == "close_duplicate" else item(house, "One").id
        uow.outbox.put(kind, subject, one.target, house.components.now())
        uow.commit()
    house.work()
    assert {each["key"]: each["status"] for each in shown(house)} == before
    assert [each["comments"] for each in shown(house)] == [[], []]

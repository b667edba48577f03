"""What an earlier attempt left in doubt stays in doubt, and no old decision passes for a new one."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from sqlalchemy import update

from connectors.spi import AccessDenied, ConnectorError, Rejected
from service.domain.facts import State
from service.ledger.tables import outbox
from service.usecases import dispatch
from service.usecases.deliveries import absorb_due
from service.usecases.dispatch import claim, dispatch_due
from service.usecases.steer import pause, resume, retry
from tests.support.house import House
from tests.usecases.surroundings import (
    SOMEBODY,
    OpenHouse,
    Outside,
    between,
    dead_letters,
    item,
    items_of,
    ledger_issues,
    messages,
    persist,
    postmortem,
    shown,
    take,
)

PRIVATE_ROUTES = """
[[routes]]
name = "secret"
visibility = ["private"]
target = "api"

[[routes]]
name = "{default}"
target = "pay"
default = true
"""


def _always() -> bool:
    return True


def lose_an_answer(house: House, outside: Outside, **values: Any) -> None:
    """The issue is made and its answer lost; the message is left in doubt."""
    outside.fault("reset_after", methods=["POST"], path="^/issue$", next=1)
    house.submit(postmortem(**values))
    absorb_due(house.components, _always)
    assert dispatch.dispatch_one(house.components)
    assert messages(house)[0].sent_at is not None


@pytest.mark.parametrize(
    "fault",
    [
        {"kind": "rate_limited", "retry_after": 1},
        {"kind": "error_before", "status": 503},
        {"kind": "error_before", "status": 401},
        {"kind": "error_before", "status": 400},
        {"kind": "reset_before"},
    ],
    ids=lambda fault: f"{fault['kind']}-{fault.get('status', '')}",
)
def test_a_probe_that_fails_clears_no_doubt(house: House, outside: Outside, fault: dict[str, Any]) -> None:
    lose_an_answer(house, outside)
    outside.fault(**fault, path="search/jql", next=1)
    house.pass_time(seconds=5)
    house.work()
    for letter in dead_letters(house):
        retry(house.components, f"m{letter.id}", SOMEBODY, "the probe is allowed again")
    resume(house.components, "pay", SOMEBODY, "it answers again")
    persist(house, seconds=90)
    assert outside.creates() == 1
    assert [each.state for each in items_of(house)] == [State.OPEN]


def test_a_failed_look_at_the_place_clears_no_doubt(house: House, outside: Outside) -> None:
    lose_an_answer(house, outside)
    outside.fault("error_before", status=503, path="^/project/", next=1)
    house.pass_time(minutes=11)
    persist(house, seconds=90)
    assert outside.creates() == 1
    assert [each.state for each in items_of(house)] == [State.OPEN]


def test_an_issue_in_doubt_is_found_although_its_route_was_renamed(opened: OpenHouse, outside: Outside) -> None:
    house = opened(routes=PRIVATE_ROUTES.format(default="first"))
    lose_an_answer(house, outside)
    house = opened(routes=PRIVATE_ROUTES.format(default="second"))
    house.pass_time(seconds=5)
    persist(house)
    assert outside.creates() == 1
    assert [each.state for each in items_of(house)] == [State.OPEN]


def test_an_old_message_carries_no_private_text_to_the_old_target(opened: OpenHouse, outside: Outside) -> None:
    house = opened(routes=PRIVATE_ROUTES.format(default="first"))
    take(house, postmortem("INC-0", items=["First of all"]))
    pause(house.components, "pay", SOMEBODY, "moving")
    stated = {"id": "A", "title": "Close the hole"}
    take(house, postmortem(revision=1, items=[stated, {"id": "B", "title": "Stay"}]))
    take(house, postmortem(revision=2, items=[{"id": "B", "title": "Stay"}]))
    take(house, postmortem(revision=3, visibility="private", items=[stated, {"id": "B", "title": "Stay"}]))
    resume(house.components, "pay", SOMEBODY, "moved")
    persist(house)
    assert [issue["tracker"] for issue in shown(house) if issue["title"] == "Close the hole"] == ["github"]
    assert not [entry for entry in outside.said("Close the hole") if "/jira/" in entry]


def test_two_targets_never_get_an_issue_for_one_item(opened: OpenHouse, outside: Outside) -> None:
    house = opened(routes=PRIVATE_ROUTES.format(default="first"))
    lose_an_answer(house, outside, revision=1, items=[{"id": "A", "title": "Once only"}])
    pause(house.components, "pay", SOMEBODY, "not now")
    take(house, postmortem(revision=2, items=[]))
    take(house, postmortem(revision=3, visibility="private", items=[{"id": "A", "title": "Once only"}]))
    assert outside.creates() == 1
    resume(house.components, "pay", SOMEBODY, "go on")
    house.pass_time(seconds=5)
    persist(house)
    assert outside.creates() == 1
    assert item(house, "Once only").issue_id is not None


def test_what_is_deleted_while_its_issue_is_looked_up_stays_withdrawn(
    house: House, outside: Outside, monkeypatch: pytest.MonkeyPatch
) -> None:
    take(house, postmortem("INC-0", items=["Somebody's own issue"]))
    (mine,) = shown(house)
    stated = {"id": "A", "title": "Adopt it", "issue_url": mine["url"]}
    house.submit(postmortem(revision=1, items=[stated]))
    absorb_due(house.components, _always)

    def delete() -> None:
        house.submit(postmortem(revision=2, status="deleted", items=[stated]))
        absorb_due(house.components, _always)

    with between(monkeypatch, house.components.trackers["jira"], "look_up", delete):
        house.work()
    persist(house)
    assert item(house, "Adopt it").state is State.WITHDRAWN
    assert item(house, "Adopt it").issue_id is None


def test_a_pause_stops_what_was_claimed_already(
    house: House, outside: Outside, monkeypatch: pytest.MonkeyPatch
) -> None:
    house.submit(postmortem())
    absorb_due(house.components, _always)

    def stop() -> None:
        pause(house.components, "pay", SOMEBODY, "stop")

    with between(monkeypatch, dispatch, "look_at_place", stop):
        dispatch_due(house.components, _always)
    assert outside.creates() == 0
    resume(house.components, "pay", SOMEBODY, "go on")
    house.work()
    assert outside.creates() == 1


def test_a_comment_of_ours_that_a_person_deleted_is_written_anew(house: House, outside: Outside) -> None:
    stated = {"id": "A", "title": "Alert"}
    take(house, postmortem(revision=1, items=[stated]))
    take(house, postmortem(revision=2, items=[{**stated, "success_metric": "within a minute"}]))
    (issue,) = shown(house)
    jira = outside.sandbox.world.jira
    found = jira.find(issue["key"])
    assert found is not None
    jira._keep(replace(found, comments=()))
    take(house, postmortem(revision=3, items=[{**stated, "success_metric": "within an hour"}]))
    persist(house)
    (issue,) = shown(house)
    assert ["within an hour" in comment["body"] for comment in issue["comments"]] == [True]


@pytest.mark.parametrize("refusal", [AccessDenied, Rejected])
def test_a_comment_that_only_another_account_may_edit_is_written_anew_once(
    house: House, outside: Outside, monkeypatch: pytest.MonkeyPatch, refusal: type[ConnectorError]
) -> None:
    """The account was replaced: what it wrote once is its own in many trackers."""
    stated = {"id": "A", "title": "Alert"}
    take(house, postmortem(revision=1, items=[stated]))
    take(house, postmortem(revision=2, items=[{**stated, "success_metric": "within a minute"}]))
    kind = type(house.components.trackers["jira"])
    real, foreign = kind.comment, item(house, "Alert").comment_ref
    assert foreign is not None

    def comment(ours: Any, ref: str, marker: str, text: str, comment_ref: str | None) -> str:
        if comment_ref == foreign:
            raise refusal("jira.forbidden", "Our account may not edit it.", "Give it the permission.")
        return real(ours, ref, marker, text, comment_ref)

    monkeypatch.setattr(kind, "comment", comment)
    for revision, metric in ((3, "within an hour"), (4, "within a day")):
        take(house, postmortem(revision=revision, items=[{**stated, "success_metric": metric}]))
        persist(house, rounds=2)
    (issue,) = shown(house)
    assert ["within a day" in comment["body"] for comment in issue["comments"]] == [False, True]
    assert {each.state for each in messages(house)} == {"done"}


def test_a_correction_that_comes_while_the_tracker_refuses_is_tried_at_once(
    house: House, outside: Outside, monkeypatch: pytest.MonkeyPatch
) -> None:
    stated = {"id": "A", "title": "Alert"}
    outside.fault("error_before", status=400, methods=["POST"], path="^/issue$", next=1)
    house.submit(postmortem(revision=1, items=[stated]))
    absorb_due(house.components, _always)
    claimed = claim(house.components)
    assert claimed is not None
    message, _ = claimed
    with house.ledger.begin() as uow:
        uow.outbox.put("open_issue", message.subject, message.target, house.components.now())
        assert not uow.outbox.bury(message, ("x", "Refused.", "Mend it."), house.components.now(), unknown=False)
        uow.commit()
    outside.mend()
    persist(house)
    assert dead_letters(house) == []
    assert outside.creates() == 1


def test_what_was_refused_once_is_off_the_list_when_it_works(house: House, outside: Outside) -> None:
    outside.fault("error_before", status=400, methods=["POST"], path="^/issue$", next=1)
    take(house, postmortem())
    (letter,) = dead_letters(house)
    (refused,) = items_of(house)
    assert refused.attention_code is not None
    retry(house.components, f"m{letter.id}", SOMEBODY, "mended")
    persist(house)
    (made,) = items_of(house)
    assert (made.state, made.attention_code) == (State.OPEN, None)


def test_old_text_that_lands_late_is_followed_by_the_new(
    house: House, outside: Outside, monkeypatch: pytest.MonkeyPatch
) -> None:
    stated = {"id": "A", "title": "Alert"}
    take(house, postmortem(revision=1, items=[stated]))
    house.submit(postmortem(revision=2, items=[{**stated, "title": "Alert within an hour"}]))
    absorb_due(house.components, _always)

    def overtake() -> None:
        # The lease runs out while the first worker is stopped before its send: another one writes what is newer.
        take(house, postmortem(revision=3, items=[{**stated, "title": "Alert within a minute"}]))

    looking: Any = house.components.trackers["jira"]
    with between(monkeypatch, looking._reading, "issue", overtake):
        house.work()
    persist(house)
    assert [issue["title"] for issue in shown(house)] == ["Alert within a minute"]


def test_a_lost_answer_under_a_stale_fence_is_looked_for_before_the_next_send(
    house: House, outside: Outside, monkeypatch: pytest.MonkeyPatch
) -> None:
    kind = type(house.components.trackers["jira"])
    real, calls = kind.create, []

    def another_worker_probes_too_soon_and_is_told_to_wait() -> None:
        with house.ledger.begin() as uow:
            uow.connection.execute(update(outbox).values(lease_until=1.0))
            uow.commit()
        house.pass_time(seconds=5)
        outside.fault("rate_limited", methods=["POST"], path="^/issue$", next=1, retry_after=1)
        assert dispatch.dispatch_one(house.components)
        assert dispatch.dispatch_one(house.components)
        assert messages(house)[0].sent_at is None

    def create(*arguments: Any) -> Any:
        calls.append(arguments)
        if len(calls) == 1:
            another_worker_probes_too_soon_and_is_told_to_wait()
            outside.fault("reset_after", methods=["POST"], path="^/issue$", next=1)
        return real(*arguments)

    monkeypatch.setattr(kind, "create", create)
    house.submit(postmortem())
    absorb_due(house.components, _always)
    assert dispatch.dispatch_one(house.components)
    resume(house.components, "pay", SOMEBODY, "it answers again")
    persist(house, seconds=90)
    assert len(shown(house)) == 1
    assert [each.state for each in items_of(house)] == [State.OPEN]


def test_a_refusal_that_came_after_the_issue_was_stored_makes_no_second_one_when_it_is_tried_again(
    house: House, outside: Outside, monkeypatch: pytest.MonkeyPatch
) -> None:
    kind = type(house.components.trackers["jira"])
    real = kind.create

    def create(*arguments: Any) -> Any:
        real(*arguments)
        error = Rejected("jira.broke_off", "Jira broke it off.", "See its log.")
        error.unknown = True
        raise error

    monkeypatch.setattr(kind, "create", create)
    take(house, postmortem())
    (letter,) = dead_letters(house)
    monkeypatch.setattr(kind, "create", real)
    retry(house.components, f"m{letter.id}", SOMEBODY, "mended")
    persist(house)
    assert outside.creates() == 1
    assert [each.state for each in items_of(house)] == [State.OPEN]


def lose_at_github(house: House, outside: Outside) -> None:
    outside.fault("reset_after", tracker="github", methods=["POST"], path="/issues$", next=1)
    house.submit(postmortem(services=["api"]))
    absorb_due(house.components, _always)
    assert dispatch.dispatch_one(house.components)
    assert messages(house)[0].sent_at is not None


def test_an_issue_in_doubt_is_looked_for_in_the_place_to_which_it_was_sent(opened: OpenHouse, outside: Outside) -> None:
    lose_at_github(opened(repository="acme/payments"), outside)
    house = opened(repository="acme/checkout-web")
    house.pass_time(seconds=5)
    persist(house)
    (made,) = shown(house)
    assert [each.state for each in items_of(house)] == [State.OPEN]
    (known,) = ledger_issues(house)
    assert (known.place, known.target) == ("acme/payments", "tracker:github")
    assert known.key == made["key"]


def test_what_was_given_up_in_doubt_is_looked_for_in_its_place_when_it_is_asked_for_again(
    opened: OpenHouse, outside: Outside
) -> None:
    house = opened(repository="acme/payments")
    lose_at_github(house, outside)
    (lost,) = messages(house)
    with house.ledger.begin() as uow:
        uow.outbox.bury(lost, ("x", "y", "z"), house.components.now(), unknown=True)
        assert uow.outbox.discard(lost.id, house.components.now())
        uow.commit()
    house = opened(repository="acme/checkout-web")
    with house.ledger.begin() as uow:
        assert uow.outbox.put(lost.kind, lost.subject, lost.target, house.components.now())
        uow.commit()
    house.pass_time(seconds=5)
    persist(house)
    assert [(each["tracker"], each["deleted"]) for each in shown(house)] == [("github", False)]
    assert outside.creates() == 1

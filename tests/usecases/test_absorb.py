"""What a delivery of a postmortem makes true: one issue a promise, whatever comes how often in which order."""

from __future__ import annotations

import itertools
from datetime import UTC, datetime

import pytest
from sqlalchemy import event

from service.domain.facts import State
from service.usecases.deliveries import absorb_due
from tests.support.house import House
from tests.usecases.surroundings import (
    OpenHouse,
    Outside,
    between,
    events,
    item,
    items_of,
    ledger_issues,
    let_go,
    messages,
    persist,
    postmortem,
    shown,
    take,
)


def test_a_final_postmortem_makes_one_issue_a_promise_at_the_target_of_its_route(house: House) -> None:
    take(house, postmortem("INC-1", items=["Add an alert", "Write a runbook"]))
    take(house, postmortem("INC-2", services=["api"], items=["Limit the queue"]))
    found = {issue["title"]: issue["scope"] for issue in shown(house)}
    assert found == {"Add an alert": "PAY", "Write a runbook": "PAY", "Limit the queue": "acme/payments"}
    assert {each.state for each in items_of(house)} == {State.OPEN}


def test_a_draft_creates_nothing_and_finalizing_it_creates(house: House, outside: Outside) -> None:
    take(house, postmortem(status="draft", revision=1))
    assert (outside.changing_calls(), items_of(house)) == ([], [])
    take(house, postmortem(status="final", revision=2))
    assert len(shown(house)) == 1


@pytest.mark.complaint("a closed issue is made again for ever")
def test_a_reopened_postmortem_keeps_its_issues_and_makes_no_more(house: House) -> None:
    take(house, postmortem(revision=1, items=["Add an alert"]))
    take(house, postmortem(revision=2, status="reopened", items=["Add an alert", "Another"]))
    assert [issue["title"] for issue in shown(house)] == ["Add an alert"]


@pytest.mark.complaint("the incident tool says the same twice, each time in another shape")
def test_a_redelivery_changes_nothing(house: House, outside: Outside) -> None:
    for key in ("a", "b", "c"):
        take(house, postmortem(revision=1), key=key)
    assert outside.creates() == 1
    assert len(items_of(house)) == 1
    assert "postmortem.same" in events(house, ("postmortem", 1))


@pytest.mark.parametrize("order", list(itertools.permutations((1, 2, 3))), ids=str)
def test_revisions_end_alike_in_whatever_order_they_come(house: House, order: tuple[int, ...]) -> None:
    texts = {1: "one cause", 2: "two causes", 3: "three causes"}
    for number in order:
        stated = {"id": "A", "title": "Add an alert", "description": f"For {texts[number]}."}
        take(house, postmortem(revision=number, items=[stated]))
    persist(house, 2)
    (issue,) = shown(house)
    assert "three causes" in issue["body"]
    assert item(house, "Add an alert").facts.description == "For three causes."


@pytest.mark.parametrize("order", list(itertools.permutations((1, 2, 3))), ids=str)
def test_what_was_deleted_stays_so_whatever_earlier_revision_comes_after_it(
    house: House, outside: Outside, order: tuple[int, ...]
) -> None:
    for number in order:
        take(house, postmortem(revision=number, status="deleted" if number == 3 else "final"))
    assert not [each for each in items_of(house) if each.state is not State.WITHDRAWN]
    assert outside.creates() == (0 if order[0] == 3 else 1)


def test_a_delivery_without_a_revision_goes_by_its_arrival(house: House) -> None:
    take(house, postmortem(items=[{"id": "A", "title": "Add an alert"}]))
    take(house, postmortem(items=[{"id": "A", "title": "Add two alerts"}]))
    assert [issue["title"] for issue in shown(house)] == ["Add two alerts"]


@pytest.mark.parametrize("services", [[], ["api"]], ids=["jira", "github"])
def test_a_revision_rewrites_untouched_text_and_edits_one_comment_in_place(house: House, services: list[str]) -> None:
    for number, title in enumerate(("Add an alert", "Add two alerts", "Add three alerts"), start=1):
        stated = {"id": "A", "title": title, "description": f"Version {number}."}
        take(house, postmortem(revision=number, services=services, items=[stated]))
    (issue,) = shown(house)
    assert issue["title"] == "Add three alerts"
    assert "Version 3." in issue["body"]
    (comment,) = issue["comments"]
    assert "Add two alerts" in comment["body"]
    assert "Add three alerts" in comment["body"]


@pytest.mark.parametrize("services", [[], ["api"]], ids=["jira", "github"])
@pytest.mark.parametrize("field", ["title", "body"])
def test_text_that_a_person_changed_is_never_written_again(
    house: House, outside: Outside, services: list[str], field: str
) -> None:
    take(house, postmortem(revision=1, services=services, items=[{"id": "A", "title": "Add an alert"}]))
    (issue,) = shown(house)
    name = {"title": "title", "body": "body"} if services else {"title": "summary", "body": "description"}
    outside.person(issue, **{name[field]: "The team's own words"})
    for number in (2, 3):
        stated = {"id": "A", "title": f"Add {number} alerts"}
        take(house, postmortem(revision=number, services=services, items=[stated]))
    (issue,) = shown(house)
    assert issue[field] == "The team's own words"
    assert "Add 3 alerts" in issue["comments"][0]["body"]


@pytest.mark.parametrize("services", [[], ["api"]], ids=["jira", "github"])
def test_a_rewrite_whose_answer_was_lost_is_not_taken_for_a_persons_words(
    house: House, outside: Outside, services: list[str]
) -> None:
    take(house, postmortem(revision=1, services=services, items=[{"id": "A", "title": "Add an alert"}]))
    tracker, method = ("github", "PATCH") if services else ("jira", "PUT")
    outside.fault("reset_after", tracker, methods=[method], next=1)
    take(house, postmortem(revision=2, services=services, items=[{"id": "A", "title": "Add two alerts"}]))
    take(house, postmortem(revision=3, services=services, items=[{"id": "A", "title": "Add three alerts"}]))
    persist(house)
    take(house, postmortem(revision=4, services=services, items=[{"id": "A", "title": "Add four alerts"}]))
    (issue,) = shown(house)
    assert issue["title"] == "Add four alerts"
    assert len(issue["comments"]) == 1


@pytest.mark.parametrize("services", [[], ["api"]], ids=["jira", "github"])
def test_words_that_a_person_wrote_while_the_answer_was_lost_stay(
    house: House, outside: Outside, services: list[str]
) -> None:
    tracker = "github" if services else "jira"
    outside.fault("reset_after", tracker, methods=["POST"], path="issues?$", next=1)
    take(house, postmortem(revision=1, services=services, items=[{"id": "A", "title": "Add an alert"}]))
    (issue,) = shown(house)
    if services:
        outside.backdate(issue, seconds=5)  # GitHub's instants are whole seconds, and no person is that quick
    outside.person(issue, **({"title": "Their words"} if services else {"summary": "Their words"}))
    persist(house)
    take(house, postmortem(revision=2, services=services, items=[{"id": "A", "title": "Add two alerts"}]))
    (issue,) = shown(house)
    assert issue["title"] == "Their words"


@pytest.mark.complaint("the assignee flaps with every update")
def test_the_trackers_own_fields_are_never_written_again(house: House, outside: Outside) -> None:
    stated = {"id": "A", "title": "Add an alert", "priority": "p2", "due_on": "2026-12-01"}
    take(house, postmortem(revision=1, items=[stated]))
    (issue,) = shown(house)
    theirs = {"assignee": "712020:mateo-silva", "due": "2027-01-15", "labels": ["quarter-one"]}
    outside.person(issue, **theirs, status="In Progress")
    take(house, postmortem(revision=2, items=[{**stated, "priority": "p0", "due_on": "2026-11-01"}]))
    (issue,) = shown(house)
    kept = (issue["assignees"], issue["due"], issue["labels"], issue["status"])
    assert kept == (["712020:mateo-silva"], "2027-01-15", ["quarter-one"], "In Progress")


def test_the_issue_of_a_withdrawn_item_is_told_and_stays_open(house: House) -> None:
    take(house, postmortem(revision=1, items=[{"id": "A", "title": "One"}, {"id": "B", "title": "Two"}]))
    take(house, postmortem(revision=2, items=[{"id": "A", "title": "One"}]))
    issue = next(issue for issue in shown(house) if issue["title"] == "Two")
    assert "no longer contains" in issue["comments"][0]["body"]
    assert issue["status"] == "To Do"
    assert item(house, "Two").state is State.WITHDRAWN


def test_an_item_that_comes_back_gets_its_own_issue_back(house: House, outside: Outside) -> None:
    both = [{"id": "A", "title": "One"}, {"id": "B", "title": "Two"}]
    for revision, stated in ((1, both), (2, both[:1]), (3, both)):
        take(house, postmortem(revision=revision, items=stated))
    assert outside.creates() == 2
    assert item(house, "Two").state is State.OPEN
    issue = next(issue for issue in shown(house) if issue["title"] == "Two")
    assert len(issue["comments"]) == 1
    assert "no longer contains" not in issue["comments"][0]["body"]


def test_an_item_withdrawn_before_its_issue_was_made_gets_one_when_it_comes_back(
    house: House, outside: Outside
) -> None:
    outside.fault("error_before", "jira", status=401)
    both = [{"id": "A", "title": "One"}, {"id": "B", "title": "Two"}]
    for revision, stated in ((1, both), (2, both[:1]), (3, both)):
        take(house, postmortem(revision=revision, items=stated))
    outside.mend()
    _close_circuits(house)
    persist(house, 3, minutes=2)
    assert sorted(issue["title"] for issue in shown(house)) == ["One", "Two"]


def _close_circuits(house: House) -> None:
    with house.ledger.begin() as uow:
        for target in uow.targets.all():
            uow.targets.close_circuit(target.name)
        uow.commit()


def test_an_item_that_is_done_when_first_seen_makes_no_issue(house: House, outside: Outside) -> None:
    take(house, postmortem(items=[{"id": "A", "title": "One", "done": True}]))
    assert outside.changing_calls() == []
    assert item(house, "One").state is State.DONE


def test_what_was_done_when_the_postmortem_became_final_was_done_on_that_day(house: House) -> None:
    done = {"id": "A", "title": "One", "done": True}
    take(house, {**postmortem(revision=1, items=[done]), "finalized_at": "2026-01-05T12:00:00Z"})
    take(house, postmortem(revision=2, items=[done, {"id": "B", "title": "Two", "done": True}]))
    first, later = items_of(house)
    assert first.closed_at == datetime(2026, 1, 5, 12, tzinfo=UTC)
    assert later.closed_at is not None
    assert later.closed_at >= later.created_at


def test_an_item_that_becomes_done_before_its_issue_is_made_makes_none(opened: OpenHouse, outside: Outside) -> None:
    house = opened(mode="hold")
    take(house, postmortem(revision=1, items=[{"id": "A", "title": "One"}]))
    take(house, postmortem(revision=2, items=[{"id": "A", "title": "One", "done": True}]))
    assert item(house, "One").state is State.DONE
    assert let_go(house) == []
    house.work()
    assert outside.changing_calls() == []


def test_an_item_that_turns_out_undone_gets_its_issue_after_all(house: House) -> None:
    take(house, postmortem(revision=1, items=[{"id": "A", "title": "One", "done": True}]))
    take(house, postmortem(revision=2, items=[{"id": "A", "title": "One", "done": False}]))
    assert [issue["title"] for issue in shown(house)] == ["One"]


def test_done_in_the_document_does_not_close_an_issue(house: House) -> None:
    take(house, postmortem(revision=1, items=[{"id": "A", "title": "One"}]))
    take(house, postmortem(revision=2, items=[{"id": "A", "title": "One", "done": True}]))
    assert shown(house)[0]["status"] == "To Do"
    assert item(house, "One").state is State.OPEN


def test_an_item_withdrawn_during_an_outage_makes_no_issue(house: House, outside: Outside) -> None:
    outside.fault("error_before", "jira", status=503)
    take(house, postmortem(revision=1, items=[{"id": "A", "title": "One"}, {"id": "B", "title": "Two"}]))
    take(house, postmortem(revision=2, items=[{"id": "B", "title": "Two"}]))
    outside.mend()
    _close_circuits(house)
    persist(house)
    assert [issue["title"] for issue in shown(house)] == ["Two"]


@pytest.mark.parametrize("end", [{"status": "deleted"}, {"merged_into": "INC-9"}], ids=["deleted", "merged"])
def test_a_deleted_or_merged_postmortem_withdraws_its_items_and_tells_their_issues(
    house: House, end: dict[str, str]
) -> None:
    take(house, postmortem(revision=1, items=["One", "Two"]))
    take(house, postmortem(revision=2, **{"items": ["One", "Two"], **end}))
    assert {each.state for each in items_of(house)} == {State.WITHDRAWN}
    assert all(len(issue["comments"]) == 1 for issue in shown(house))


def test_a_deleted_postmortem_that_is_finalized_again_keeps_its_issues(house: House, outside: Outside) -> None:
    for revision, status in ((1, "final"), (2, "deleted"), (3, "final")):
        take(house, postmortem(revision=revision, status=status, items=["One", "Two"]))
    assert outside.creates() == 2
    assert {each.state for each in items_of(house)} == {State.OPEN}


def test_what_was_deleted_without_a_number_comes_back_under_the_number_that_it_had(
    house: House, outside: Outside
) -> None:
    final, gone = postmortem(revision=3, items=["One", "Two"]), postmortem(status="deleted", items=[])
    for key, document in (("a", final), ("b", gone), ("c", final)):
        take(house, document, key=key)
    assert outside.creates() == 2
    assert {each.state for each in items_of(house)} == {State.OPEN}
    take(house, postmortem(revision=2, items=["Old"]), key="d")
    assert {each.title for each in items_of(house)} == {"One", "Two"}


def test_a_change_of_configuration_or_template_alone_edits_nothing(
    opened: OpenHouse, outside: Outside, monkeypatch: pytest.MonkeyPatch
) -> None:
    take(opened(), postmortem(revision=1))
    monkeypatch.setattr("service.usecases.effects.open_issue.issue_body", lambda *_: "Another template.")
    changed = opened(service='go_live_on = "2020-01-01"')
    outside.forget_calls()
    take(changed, postmortem(revision=1), key="again")
    take(changed, postmortem(revision=2))
    persist(changed, 2)
    assert outside.changing_calls() == []


@pytest.mark.complaint("the same promise in two reviews makes two issues")
def test_two_postmortems_with_the_same_words_are_two_promises(house: House) -> None:
    take(house, postmortem("INC-1", items=["One"]))
    take(house, postmortem("INC-2", items=["One"]))
    assert len(shown(house)) == 2


def test_twins_in_one_document_are_two_promises_and_stay_two(house: House, outside: Outside) -> None:
    take(house, postmortem(revision=1, items=["Test backups", "Test backups"]))
    take(house, postmortem(revision=2, items=["Test backups", "Test backups"], summary="Reviewed."))
    assert outside.creates() == 2


def test_the_cost_of_an_item_does_not_grow_with_their_number(house: House) -> None:
    def statements(number: int, document: dict[str, object]) -> int:
        counted: list[str] = []
        engine = house.ledger.engine
        event.listen(engine, "before_cursor_execute", lambda *given: counted.append(given[2]))
        house.submit(document, key=f"{number}")
        absorb_due(house.components, lambda: True)
        return len(counted)

    few, many = 30, 150
    # The listeners stay: each further one counts into a list of its own.
    small = statements(few, postmortem("INC-1", items=[f"Item {n}" for n in range(few)]))
    large = statements(many, postmortem("INC-2", items=[f"Item {n}" for n in range(many)]))
    assert large / many < 1.2 * small / few
    house.work()
    assert len(shown(house)) == 40  # the brake holds what is beyond twenty of each


def test_what_changes_while_the_issue_is_being_made_is_told_afterwards(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    def meanwhile() -> None:
        house.submit(postmortem(revision=2, items=[{"id": "A", "title": "Add two alerts"}]))
        absorb_due(house.components, lambda: True)

    house.submit(postmortem(revision=1, items=[{"id": "A", "title": "Add an alert"}]))
    with between(monkeypatch, type(house.components.trackers["jira"]), "create", meanwhile):
        house.work()
    assert [issue["title"] for issue in shown(house)] == ["Add two alerts"]
    assert {message.state for message in messages(house)} == {"done"}
    assert len(ledger_issues(house)) == 1

"""A person closes our issue as a duplicate of another: the promise goes on there, and is not declined."""

from __future__ import annotations

from typing import Any

import pytest

from service.domain.facts import State
from tests.support.house import House
from tests.usecases.surroundings import (
    Outside,
    events,
    item,
    items_of,
    ledger_issues,
    let_go,
    postmortem,
    shown,
    take,
)

DANA = "712020:dana-okafor"


def made_by_a_person(outside: Outside, title: str) -> dict[str, Any]:
    site = outside.sandbox.world.jira
    made = site.create(DANA, "PAY", {"issue_type": "Task", "summary": title})
    return {"tracker": "jira", "key": made.key}


def linked(outside: Outside, duplicate: dict[str, Any], original: dict[str, Any]) -> None:
    site = outside.sandbox.world.jira
    one, other = site.find(duplicate["key"]), site.find(original["key"])
    assert one is not None
    assert other is not None
    for issue, end, side in ((one, other, "outwardIssue"), (other, one, "inwardIssue")):
        entry = {"id": f"{one.id}{other.id}", "type": "Duplicate", "issue": end.id, "side": side}
        site.edit(issue.id, DANA, {"links": (*issue.links, entry)})


def closed_as_duplicate(outside: Outside, duplicate: dict[str, Any], original: dict[str, Any]) -> None:
    linked(outside, duplicate, original)
    outside.person(duplicate, status="Done", resolution="Duplicate")


def later(house: House) -> None:
    """After the next sweep: an issue that is not ours has no label to be found by."""
    house.pass_time(hours=2)
    house.reconcile()


@pytest.fixture
def ours(house: House) -> dict[str, Any]:
    take(house, postmortem())
    later(house)
    return shown(house)[0]


@pytest.mark.complaint("what is changed elsewhere never arrives")
def test_the_item_goes_to_the_issue_that_survives_and_takes_its_state_from_there(
    house: House, outside: Outside, ours: dict[str, Any]
) -> None:
    other = made_by_a_person(outside, "Alert on the depth of queues")
    closed_as_duplicate(outside, ours, other)
    later(house)
    (found,) = items_of(house)
    carrying = next(issue for issue in ledger_issues(house) if issue.id == found.issue_id)
    assert (found.state, carrying.key, carrying.origin) == (State.OPEN, other["key"], "adopted")
    assert "issue.survivor" in events(house, ("item", found.id))
    outside.person(other, status="Done", resolution="Done")
    later(house)
    assert items_of(house)[0].state is State.DONE


def test_nothing_is_written_to_either_issue_and_none_is_made(
    house: House, outside: Outside, ours: dict[str, Any]
) -> None:
    other = made_by_a_person(outside, "Alert on the depth of queues")
    closed_as_duplicate(outside, ours, other)
    outside.forget_calls()
    for _ in range(3):
        later(house)
        house.work()
    assert outside.changing_calls() == []
    assert len(shown(house)) == 2


def test_a_chain_of_duplicates_is_followed_to_its_end(house: House, outside: Outside, ours: dict[str, Any]) -> None:
    second, third = made_by_a_person(outside, "Second"), made_by_a_person(outside, "Third")
    closed_as_duplicate(outside, second, third)
    closed_as_duplicate(outside, ours, second)
    later(house)
    (found,) = items_of(house)
    assert next(issue.key for issue in ledger_issues(house) if issue.id == found.issue_id) == third["key"]


def test_several_items_may_end_on_one_issue(house: House, outside: Outside) -> None:
    take(house, postmortem(items=["Add an alert", "Alert on queues"]))
    later(house)
    first, second = shown(house)
    closed_as_duplicate(outside, second, first)
    later(house)
    assert {each.issue_id for each in items_of(house)} == {items_of(house)[0].issue_id}
    outside.person(first, status="Done", resolution="Done")
    later(house)
    assert {each.state for each in items_of(house)} == {State.DONE}


def test_a_revision_comments_on_the_issue_that_survives(house: House, outside: Outside) -> None:
    stated = {"id": "A", "title": "Rotate the key", "success_metric": "Nobody is paged."}
    take(house, postmortem(revision=1, items=[stated]))
    later(house)
    other = made_by_a_person(outside, "Rotate")
    closed_as_duplicate(outside, shown(house)[0], other)
    later(house)
    take(house, postmortem(revision=2, items=[{**stated, "success_metric": "No quokka is paged."}]))
    survivor = next(issue for issue in shown(house) if issue["key"] == other["key"])
    assert len(survivor["comments"]) == 1
    assert "quokka" in str(survivor["comments"][0])
    assert survivor["title"] == "Rotate"


def test_an_issue_that_is_only_linked_as_a_duplicate_is_worked_on_still(
    house: House, outside: Outside, ours: dict[str, Any]
) -> None:
    linked(outside, ours, made_by_a_person(outside, "Alert on the depth of queues"))
    later(house)
    assert len(ledger_issues(house)) == 1
    assert items_of(house)[0].state is State.OPEN


def test_two_that_are_duplicates_of_each_other_wait_for_a_person(
    house: House, outside: Outside, ours: dict[str, Any]
) -> None:
    other = made_by_a_person(outside, "Alert on the depth of queues")
    closed_as_duplicate(outside, other, ours)
    closed_as_duplicate(outside, ours, other)
    later(house)
    found = item(house, "Add an alert on queue depth")
    assert (found.state, found.attention_code) == (State.HELD, "duplicate_unknown")
    outside.person(ours, status="In Progress")
    later(house)
    assert item(house, "Add an alert on queue depth").state is State.DOING


def test_a_survivor_that_nobody_shows_us_waits_for_a_person(
    house: House, outside: Outside, ours: dict[str, Any]
) -> None:
    other = made_by_a_person(outside, "Alert on the depth of queues")
    closed_as_duplicate(outside, ours, other)
    outside.person(other, delete=True)
    later(house)
    assert items_of(house)[0].attention_code == "duplicate_unknown"


def test_a_person_may_have_another_issue_made_where_the_survivor_is_not_known(
    house: House, outside: Outside, ours: dict[str, Any]
) -> None:
    outside.person(ours, status="Done", resolution="Duplicate")
    later(house)
    assert items_of(house)[0].attention_code == "duplicate_unknown"
    let_go(house)
    house.work()
    assert items_of(house)[0].state is State.OPEN
    assert len(shown(house)) == 2

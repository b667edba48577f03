"""What it costs to stay in step: counted in requests that the trackers saw."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pytest
from sqlalchemy import insert

from connectors.sandbox.github.shapes import node_id
from connectors.spi import text_digest
from service.domain.facts import ItemFacts
from service.domain.identity import marker
from service.ledger import Ledger, codec
from service.ledger.tables import action_items, issues, postmortems
from tests.support.house import House
from tests.usecases.surroundings import Outside, items_of

LINKED = 1000
SECRET = b"instance secret of the tests"


def link_many(house: House, outside: Outside, tracker: str, count: int = LINKED) -> None:
    """As many issues of ours at the tracker, each known to the ledger; made without a request."""
    now = house.components.now()
    target, place = ("pay", "PAY") if tracker == "jira" else ("api", "acme/payments")
    with house.ledger.begin() as uow:
        head = {"source": "incidents", "source_id": "INC-1", "status": "final", "title": "T", "visibility": "internal"}
        stated = {"facts": {"source": "incidents", "source_id": "INC-1", "title": "T", "status": "final"}}
        stated["facts"]["visibility"] = "internal"
        uow.connection.execute(insert(postmortems).values(id=1, **head, **stated, created_at=now, updated_at=now))
        for number in range(1, count + 1):
            token = marker(SECRET, tracker, "incidents", "INC-1", f"id:{number}")
            ref, key = _made(outside, tracker, number, token)
            common = {"created_at": now, "marker": token}
            row = {"tracker": tracker, "target": target, "place": place, "ref": ref, "key": key, "url": "http://x/1"}
            row |= {"origin": "made", "category": "todo", "written_digest": text_digest(f"Item {number}", "")}
            uow.connection.execute(insert(issues).values(id=number, **row, **common))
            facts = ItemFacts(f"Item {number}")
            item = {"postmortem_id": 1, "position": number, "identity": f"id:{number}", "title": facts.title}
            item |= {"facts": codec.item_to_json(facts), "facts_digest": facts.digest(), "changes": [], "kind": "other"}
            item |= {"state": "open", "target": target, "issue_id": number, "last_movement_at": now}
            uow.connection.execute(insert(action_items).values(id=number, **item, **common))
        uow.commit()


def _made(outside: Outside, tracker: str, number: int, token: str) -> tuple[str, str]:
    world, age = outside.sandbox.world, 7_200_000 - number * 1000  # a second apart, as if people had made them
    if tracker == "jira":
        labels = ("afteraction", f"pm-{token}")
        values = {"issue_type": "Task", "summary": f"Item {number}", "labels": labels}
        issue = world.jira.create("712020:afteraction", "PAY", values)
        aged = replace(issue, created=issue.created - age, updated=issue.updated - age)
        world.jira._keep(aged)
        return str(issue.id), issue.key
    repo = world.github.repo("acme/payments")
    assert repo is not None
    body = f"<!-- pm:{token} -->"
    values = {"title": f"Item {number}", "body": body, "labels": ("afteraction",)}
    made = world.github.create(repo.id, "afteraction-bot", values)
    aged_hub = replace(made, created=made.created - age, updated=made.updated - age)
    world.github._keep(aged_hub)
    return f"{node_id('I', made.id)}:acme/payments#{made.number}", f"acme/payments#{made.number}"


def warm_up(house: House) -> None:
    """Reads until nothing is left, so that what follows is an ordinary cycle."""
    for _ in range(30):
        house.reconcile()
    house.pass_time(seconds=61)
    house.reconcile()
    house.pass_time(seconds=61)


def change(outside: Outside, tracker: str, count: int) -> None:
    world = outside.sandbox.world
    for number in range(count):
        if tracker == "jira":
            world.jira.edit(world.jira.everything()[number].id, "712020:dana-okafor", {"due": "2027-01-01"})
        else:
            found = [issue for issue in world.github.everything() if not issue.pull_request]
            edited = world.github.edit(found[number].id, "dana-okafor", {"assignees": ("dana-okafor",)})
            world.github._keep(replace(edited, updated=edited.updated - (count - number) * 1000))


@pytest.mark.parametrize("tracker", ["jira", "github"])
def test_a_cycle_costs_one_call_and_a_hundred_changes_at_most_a_page_more(
    house: House, outside: Outside, tracker: str
) -> None:
    link_many(house, outside, tracker)
    outside.sandbox.world.courier.dropping = True
    warm_up(house)
    outside.forget_calls()
    house.reconcile()
    assert outside.calls(tracker) <= 1, outside.routes(tracker)

    change(outside, tracker, 100)
    house.pass_time(seconds=61)
    outside.forget_calls()
    while house.reconcile():
        pass
    assert outside.calls(tracker) <= 2, outside.routes(tracker)
    moved = [each for each in items_of(house) if each.current_due_on or each.assigned]
    assert len(moved) == 100

    house.pass_time(seconds=3700)
    outside.forget_calls()
    house.reconcile()
    sweeping = {"jira": "POST /issue/bulkfetch", "github": "POST /github/api/graphql"}[tracker]
    routes = outside.routes(tracker)
    assert routes.pop(sweeping) == 10
    assert sum(routes.values()) <= 1, routes


@pytest.mark.parametrize("tracker", ["jira", "github"])
@pytest.mark.complaint(
    "what is changed elsewhere never arrives",
    "webhooks that were switched off stop everything while pages look green",
    "a webhook that was missed is never sent again",
)
def test_without_any_webhook_the_ledger_converges_within_one_cycle(
    house: House, outside: Outside, tracker: str
) -> None:
    link_many(house, outside, tracker, 60)
    outside.sandbox.world.courier.dropping = True
    warm_up(house)
    world = outside.sandbox.world
    closing = {"state": "closed", "state_reason": "completed"}
    for issue in house.issues():
        if not issue.get("pull_request"):
            outside.person(issue, **({"status": "Done"} if tracker == "jira" else closing))
    assert world.courier.counts["sent"] == 0
    house.pass_time(seconds=61)
    house.reconcile()
    assert {each.state.value for each in items_of(house)} == {"done"}


def test_issues_of_one_place_are_swept_together(ledger: Ledger) -> None:
    now = datetime.now(UTC)
    common = {"tracker": "gitlab", "target": "lab", "url": "http://x/1", "origin": "made", "category": "todo"}
    with ledger.begin() as uow:
        for number in range(1, 7):
            row = {"id": number, "place": f"acme/{number % 2}", "ref": f"{number % 2}#{number}", "key": f"#{number}"}
            uow.connection.execute(insert(issues).values(**common, **row, marker=f"m{number}", created_at=now))
        uow.commit()
    with ledger.read() as uow:
        assert [issue.id for issue in uow.issues.present("gitlab")] == [2, 4, 6, 1, 3, 5]

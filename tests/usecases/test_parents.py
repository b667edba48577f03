"""One issue for each postmortem that its issues stand under, made exactly once; and a link back beside each issue."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import update

from service.domain.facts import State
from service.ledger.tables import outbox
from service.usecases import dispatch
from service.usecases.deliveries import absorb_due
from service.usecases.escalate import escalate
from service.usecases.steer import discard, retry
from tests.support.house import House
from tests.usecases.surroundings import (
    SOMEBODY,
    OpenHouse,
    Outside,
    between,
    dead_letters,
    items_of,
    ledger_issues,
    messages,
    persist,
    postmortem,
    shown,
    take,
)

ROUTES = """
[[routes]]
name = "api"
services = ["api"]
target = "api"
parent = "postmortem"
{more}

[[routes]]
name = "default"
target = "pay"
default = true
parent = "postmortem"
parent_type = "Epic"
{more}
"""
BOTH = pytest.mark.parametrize("services", [[], ["api"]], ids=["jira", "github"])
CREATION = {"jira": "^/issue$", "github": "/issues$"}
PARENT = "Postmortem: Card payments were refused"


@pytest.fixture
def house(opened: OpenHouse) -> House:
    return opened(routes=ROUTES.format(more=""))


def named(house: House, title: str) -> list[dict[str, Any]]:
    return [issue for issue in shown(house) if issue["title"] == title]


def parents(house: House, outside: Outside) -> dict[str, str | None]:
    """Under which title each issue stands."""
    world = outside.sandbox.world
    titles = {(each["tracker"], each["id"]): each["title"] for each in shown(house, deleted=True)}
    found: dict[str, str | None] = {}
    for each in shown(house):
        if each["tracker"] == "jira":
            issue = world.jira.find(each["key"])
            above = str(issue.parent) if issue and issue.parent else None
        else:
            above = each["parent"]
        found[each["title"]] = titles[(each["tracker"], above)] if above else None
    return found


@BOTH
def test_the_issues_of_a_postmortem_stand_under_one_issue_of_its_own(
    house: House, outside: Outside, services: list[str]
) -> None:
    take(house, postmortem(services=services, items=["One", "Two", "Three"]))
    persist(house, 3, seconds=2)
    assert parents(house, outside) == {PARENT: None, "One": PARENT, "Two": PARENT, "Three": PARENT}
    take(house, postmortem("INC-2", title="Logins failed", services=services, items=["Four"]))
    persist(house, 3, seconds=2)
    assert parents(house, outside)["Four"] == "Postmortem: Logins failed"
    assert {message.state for message in messages(house)} == {"done"}


@BOTH
def test_each_child_costs_one_call_more(house: House, outside: Outside, services: list[str]) -> None:
    take(house, postmortem(services=services, items=["One"]))
    persist(house, 3, seconds=2)
    outside.forget_calls()
    take(house, postmortem(services=services, items=["One", *[f"Item {n}" for n in range(5)]]))
    persist(house, 3, seconds=2)
    assert outside.calls() == 5 * 2


@BOTH
@pytest.mark.parametrize(
    "fault",
    [{"kind": "reset_before"}, {"kind": "reset_after"}, {"kind": "error_after", "status": 502}],
    ids=lambda fault: str(fault["kind"]),
)
def test_one_parent_after_any_fault(house: House, outside: Outside, services: list[str], fault: dict[str, Any]) -> None:
    tracker = "github" if services else "jira"
    house.submit(postmortem(services=services, items=["One"]))
    absorb_due(house.components, lambda: True)
    assert dispatch.dispatch_one(house.components)
    assert [issue["title"] for issue in shown(house)] == ["One"]
    outside.fault(**{**fault, "tracker": tracker, "methods": ["POST"], "path": CREATION[tracker], "next": 1})
    persist(house, 6, seconds=30)
    assert parents(house, outside) == {PARENT: None, "One": PARENT}
    assert len(shown(house, deleted=True)) == 2
    assert {message.state for message in messages(house)} == {"done"}


class Killed(BaseException):
    """What ends a process between two steps."""


STEPS: list[Callable[[Any], tuple[Any, str]]] = [
    lambda tracker: (tracker, "create"),
    lambda tracker: (tracker, "put_under"),
    lambda _: (dispatch, "_prepare"),
    lambda _: (dispatch, "look_at_place"),
]


@BOTH
@pytest.mark.parametrize("when", ["before", "after"])
@pytest.mark.parametrize("step", STEPS, ids=["create", "put_under", "prepare", "look"])
def test_one_parent_with_every_child_under_it_wherever_a_worker_dies(
    house: House,
    outside: Outside,
    services: list[str],
    step: Callable[[Any], tuple[Any, str]],
    when: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Each call of the step in turn is the one in which the worker dies, once; then another goes on."""
    owner, name = step(type(house.components.trackers["github" if services else "jira"]))
    real = getattr(owner, name)
    house.submit(postmortem(services=services, items=["One", "Two"]))
    absorb_due(house.components, lambda: True)
    calls: list[int] = []

    def dying(*args: Any) -> Any:
        calls.append(len(calls))
        dies = len(calls) % 2 == 1 and len(calls) < 12
        if dies and when == "before":
            raise Killed
        result = real(*args)
        if dies:
            raise Killed
        return result

    monkeypatch.setattr(owner, name, dying)
    for _ in range(40):
        try:
            house.work()
        except Killed:
            with house.ledger.begin() as uow:
                uow.connection.execute(update(outbox).where(outbox.c.lease_until.is_not(None)).values(lease_until=1.0))
                uow.connection.execute(update(outbox).values(deaths=0))
                uow.commit()
        house.pass_time(seconds=5)
    assert len(calls) > 2
    assert parents(house, outside) == {PARENT: None, "One": PARENT, "Two": PARENT}
    assert len(shown(house, deleted=True)) == 3
    assert {message.state for message in messages(house)} == {"done"}


@BOTH
def test_a_second_parent_that_came_to_light_is_closed_as_a_duplicate(
    house: House, outside: Outside, services: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    tracker = type(house.components.trackers["github" if services else "jira"])
    real = tracker.create
    made: list[str] = []

    def create(self: Any, place: Any, draft: Any) -> Any:
        result = real(self, place, draft)
        made.append(draft.title)
        if made == ["One", PARENT]:
            another_worker_takes_over()
        return result

    def another_worker_takes_over() -> None:
        with house.ledger.begin() as uow:
            uow.connection.execute(update(outbox).values(lease_until=1.0))
            uow.commit()
        with monkeypatch.context() as patched:
            patched.setattr(tracker, "find", lambda *_: ())
            house.pass_time(seconds=5)
            for _ in range(4):
                dispatch.dispatch_one(house.components)

    monkeypatch.setattr(tracker, "create", create)
    house.submit(postmortem(services=services, items=["One"]))
    persist(house, 6, seconds=5)
    assert made == ["One", PARENT, PARENT]
    assert len(named(house, PARENT)) == 2
    closed = [issue for issue in named(house, PARENT) if issue["status"] in ("Done", "closed", "Won't Do")]
    assert len(closed) == 1
    assert parents(house, outside)["One"] == PARENT


@BOTH
def test_a_parent_is_no_action_and_is_never_escalated(house: House, outside: Outside, services: list[str]) -> None:
    take(house, postmortem(services=services, items=[{"title": "One", "owner": {"name": "Dana Okafor"}}]))
    persist(house, 3, seconds=2)
    house.reconcile()
    assert [each.title for each in items_of(house)] == ["One"]
    for _ in range(6):
        house.pass_time(days=20)
        house.reconcile()
        escalate(house.components)
        house.work()
    mails = house.mails()
    assert mails
    assert not [mail for mail in mails if PARENT in str(mail)]
    assert {each.origin for each in ledger_issues(house)} == {"made", "parent"}


@BOTH
@pytest.mark.parametrize("fate", ["closed", "deleted"])
def test_a_parent_that_is_closed_or_deleted_stops_no_child(
    house: House, outside: Outside, services: list[str], fate: str
) -> None:
    take(house, postmortem(services=services, items=["One"]))
    persist(house, 3, seconds=2)
    (parent,) = named(house, PARENT)
    outside.next_second(parent)
    done = {"status": "Done"} if parent["tracker"] == "jira" else {"state": "closed"}
    outside.person(parent, **(done if fate == "closed" else {"delete": True}))
    take(house, postmortem(services=services, items=["One", "Two"]))
    persist(house, 3, seconds=2)
    assert len(named(house, "Two")) == 1
    assert parents(house, outside)["Two"] == (PARENT if fate == "closed" else None)
    house.pass_time(hours=2)
    house.reconcile()
    take(house, postmortem(services=services, items=["One", "Two", "Three"]))
    persist(house, 3, seconds=2)
    assert len(named(house, "Three")) == 1
    assert (dead_letters(house), len(named(house, PARENT))) == ([], 1 if fate == "closed" else 0)
    assert {each.state for each in items_of(house)} == {State.OPEN}


def test_a_parent_of_a_type_that_the_place_does_not_have_is_told_before_it_is_sent(
    opened: OpenHouse, outside: Outside
) -> None:
    house = opened(routes=ROUTES.format(more="").replace('"Epic"', '"Saga"'))
    take(house, postmortem(items=["One"]))
    persist(house, 2, seconds=2)
    (letter,) = dead_letters(house)
    assert (letter.kind, letter.error_code) == ("open_parent", "jira.issuetype_missing")
    assert [each["title"] for each in shown(house)] == ["One"]
    assert outside.creates() == 1
    mended = opened(routes=ROUTES.format(more=""))
    retry(mended.components, f"m{letter.id}", SOMEBODY, "the type is named")
    persist(mended, 4, seconds=30)
    assert parents(mended, outside) == {PARENT: None, "One": PARENT}


def test_a_parent_that_a_person_gave_up_is_not_asked_for_again(opened: OpenHouse, outside: Outside) -> None:
    house = opened(routes=ROUTES.format(more="").replace('"Epic"', '"Saga"'))
    take(house, postmortem(items=["One"]))
    persist(house, 2, seconds=2)
    discard(house.components, f"m{dead_letters(house)[0].id}", SOMEBODY, "no parent then")
    persist(house, 4, seconds=70)
    assert (dead_letters(house), outside.creates()) == ([], 1)
    assert {message.state for message in messages(house)} == {"done", "discarded"}


@BOTH
def test_a_parent_that_the_route_names_is_found_and_never_written(
    opened: OpenHouse, outside: Outside, services: list[str]
) -> None:
    house = opened()
    take(house, postmortem("INC-0", title="Whatever", services=services, items=["The roadmap"]))
    (roadmap,) = named(house, "The roadmap")
    if not services:
        world = outside.sandbox.world
        key = world.jira.create("712020:dana-okafor", "PAY", {"issue_type": "Epic", "summary": "Quarter"}).key
        roadmap = next(each for each in shown(house) if each["key"] == key)
    routes = ROUTES.format(more="").replace('parent_type = "Epic"', "")
    house = opened(routes=routes.replace('parent = "postmortem"', f'parent = "{roadmap["url"]}"'))
    take(house, postmortem(services=services, items=["One", "Two"]))
    persist(house, 3, seconds=2)
    assert {parents(house, outside)[title] for title in ("One", "Two")} == {roadmap["title"]}
    (after,) = [each for each in shown(house) if each["key"] == roadmap["key"]]
    assert (after["title"], after["body"], after["comments"]) == (roadmap["title"], roadmap["body"], [])
    assert {message.state for message in messages(house)} == {"done"}


def test_a_named_parent_that_is_no_issue_is_a_dead_letter_and_stops_no_child(
    opened: OpenHouse, outside: Outside
) -> None:
    routes = ROUTES.format(more="").replace('parent_type = "Epic"', "")
    address = f"{outside.sandbox.url}/jira/browse/PAY-99999"
    house = opened(routes=routes.replace('parent = "postmortem"', f'parent = "{address}"'))
    take(house, postmortem(items=["One"]))
    persist(house, 2, seconds=2)
    assert [each["title"] for each in shown(house)] == ["One"]
    assert [letter.kind for letter in dead_letters(house)] == ["open_parent"]


LINKED = '[[routes]]\nname = "default"\ntarget = "pay"\ndefault = true\nlink_back = true\n'
URL = "https://incidents.acme.example/INC-1/postmortem"


def links(house: House, outside: Outside, title: str) -> list[dict[str, Any]]:
    """The web links beside an issue."""
    issue = outside.sandbox.world.jira.find(named(house, title)[0]["key"])
    assert issue is not None
    return [each["object"] for each in issue.remote_links]


def test_each_issue_gets_one_link_to_its_postmortem_by_one_call(opened: OpenHouse, outside: Outside) -> None:
    house = opened(routes=LINKED)
    take(house, postmortem(items=["Before"]))
    outside.forget_calls()
    take(house, postmortem("INC-2", items=["One"], url=URL))
    assert outside.calls() == 2
    assert links(house, outside, "One") == [{"url": URL, "title": PARENT}]


@pytest.mark.parametrize("kind", ["reset_before", "reset_after", "error_after"])
def test_there_is_one_link_whatever_became_of_the_answer(opened: OpenHouse, outside: Outside, kind: str) -> None:
    house = opened(routes=LINKED)
    outside.fault(kind, methods=["POST"], path="remotelink", next=1)
    take(house, postmortem(items=["One"]))
    persist(house, 4, seconds=30)
    assert len(links(house, outside, "One")) == 1
    assert {message.state for message in messages(house)} == {"done"}


def test_the_incidents_own_issue_is_linked_where_it_is_in_the_same_tracker(opened: OpenHouse, outside: Outside) -> None:
    house = opened(routes=LINKED)
    own = f"{outside.sandbox.url}/jira/browse/OPS-7"
    take(house, postmortem(items=["One"], url=URL, issue_url=own))
    take(house, postmortem("INC-2", items=["Two"], url=URL, issue_url="https://elsewhere.example/browse/OPS-7"))
    outside.fault("reset_after", methods=["POST"], path="remotelink", next=2)
    take(house, postmortem("INC-3", items=["Three"], url=URL, issue_url=own))
    persist(house, 4, seconds=30)
    both = [{"url": URL, "title": PARENT}, {"url": own, "title": "Incident: OPS-7"}]
    assert links(house, outside, "One") == both
    assert links(house, outside, "Two") == both[:1]
    assert links(house, outside, "Three") == both


def test_no_link_and_no_parent_is_made_for_what_may_not_be_told(
    opened: OpenHouse, outside: Outside, monkeypatch: pytest.MonkeyPatch
) -> None:
    house = opened(routes=ROUTES.format(more=""))
    take(house, postmortem("INC-0", services=["api"], items=["First"]))
    persist(house, 3, seconds=2)
    house.submit(postmortem("INC-2", title="Zanzibar", services=["api"], items=["Secret"]))
    absorb_due(house.components, lambda: True)

    def turned_public() -> None:
        outside.repo("acme/payments", visibility="public")
        house.pass_time(minutes=11)

    with between(monkeypatch, type(house.components.trackers["github"]), "create", turned_public):
        house.work()
    persist(house, 3, seconds=2)
    assert named(house, "Postmortem: Zanzibar") == []


def test_a_tracker_without_parents_holds_what_wants_one(opened: OpenHouse, outside: Outside) -> None:
    house = opened(routes=ROUTES.format(more="link_back = true"))
    take(house, postmortem(services=["api"], items=["One"]))
    (held,) = items_of(house)
    assert (held.state, held.attention_code) == (State.HELD, "unsupported")
    assert "link_back" in (held.attention or "")
    assert outside.creates() == 0
    assert [fault.code for fault in house.components.faults] == ["unsupported"]

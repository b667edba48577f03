"""What a route wants, in GitLab and in Redmine: confidential issues, a parent, required fields by their ids."""

from __future__ import annotations

import pytest

from service.domain.facts import State
from tests.support.house import House
from tests.usecases.surroundings import (
    OpenHouse,
    Outside,
    dead_letters,
    items_of,
    ledger_issues,
    messages,
    persist,
    postmortem,
    take,
)

TRACKERS = """
[trackers.gitlab]
type = "gitlab"
api_url = "{url}/gitlab"
token_env = "TEST_GITLAB_TOKEN"
quiet_seconds = 0.1
rates = []

[trackers.redmine]
type = "redmine"
api_url = "{url}/redmine"
token_env = "TEST_REDMINE_KEY"
quiet_seconds = 0.1

[targets.lab]
tracker = "gitlab"
place = "{project}"
mode = "live"

[targets.mine]
tracker = "redmine"
place = "platform"
mode = "live"
constants = {{ custom_fields = {{ 1 = "none" }} }}
"""
ROUTES = """
[[routes]]
name = "closed"
visibility = ["private"]
target = "{target}"
{more}

[[routes]]
name = "default"
target = "{target}"
default = true
{more}
"""
SEVERITY = 'fields = { custom_fields = { 2 = "{severity|low}" } }'


@pytest.fixture
def at(opened: OpenHouse, outside: Outside, monkeypatch: pytest.MonkeyPatch) -> OpenHouse:
    """A house whose routes lead to one target, with more said in each."""
    monkeypatch.setenv("TEST_GITLAB_TOKEN", "sandbox-gitlab-token")
    monkeypatch.setenv("TEST_REDMINE_KEY", "sandbox-redmine-key")

    def enter(target: str, more: str = "", project: str = "acme/payments") -> House:
        extra = TRACKERS.format(url=outside.sandbox.url, project=project)
        routes = ROUTES.replace("{target}", target).replace("{more}", more)
        return opened(extra=extra, routes=routes)

    return enter


def in_gitlab(outside: Outside) -> dict[str, bool]:
    return {each.title: each.confidential for each in outside.sandbox.world.gitlab.everything()}


def in_redmine(outside: Outside) -> dict[str, bool]:
    return {each.subject: each.private for each in outside.sandbox.world.redmine.everything()}


def test_a_private_postmortems_issues_are_confidential_and_no_others(at: OpenHouse, outside: Outside) -> None:
    house = at("lab")
    take(house, postmortem("INC-1", visibility="private", items=["Closed"]))
    take(house, postmortem("INC-2", items=["Open"]))
    assert in_gitlab(outside) == {"Closed": True, "Open": False}


@pytest.mark.parametrize(("said", "becomes"), [("true", True), ("false", False)])
def test_a_route_may_say_otherwise(at: OpenHouse, outside: Outside, said: str, becomes: bool) -> None:
    house = at("lab", f"confidential = {said}")
    take(house, postmortem("INC-1", visibility="private", items=["Closed"]))
    take(house, postmortem("INC-2", items=["Open"]))
    assert set(in_gitlab(outside).values()) == {becomes}


def test_being_confidential_opens_no_public_place_to_a_private_postmortem(at: OpenHouse, outside: Outside) -> None:
    house = at("lab", "confidential = true", "acme/status-page")
    take(house, postmortem(visibility="private", items=["Closed"]))
    assert [each.attention_code for each in items_of(house)] == ["privacy"]
    assert in_gitlab(outside) == {}


@pytest.mark.parametrize("wish", ['parent = "postmortem"', "link_back = true"])
def test_what_gitlab_cannot_do_is_held_and_never_done_by_half(at: OpenHouse, outside: Outside, wish: str) -> None:
    house = at("lab", wish)
    take(house, postmortem(items=["One"]))
    (held,) = items_of(house)
    assert (held.state, held.attention_code) == (State.HELD, "unsupported")
    assert "the tracker gitlab has no" in (held.attention or "")
    assert in_gitlab(outside) == {}


def test_redmine_keeps_a_private_postmortem_private_and_puts_its_issues_under_one_that_is_private_too(
    at: OpenHouse, outside: Outside
) -> None:
    parent = 'parent = "postmortem"\nparent_fields = { custom_fields = { 2 = "high" } }'
    house = at("mine", f"{SEVERITY}\n{parent}")
    take(house, postmortem(visibility="private", severity="medium", items=["One", "Two"]))
    persist(house, 4, seconds=5)
    assert {each.state for each in messages(house)} == {"done"}
    assert set(in_redmine(outside).values()) == {True}
    issues = {each.subject: each for each in outside.sandbox.world.redmine.everything()}
    above = issues.pop("Postmortem: Card payments were refused")
    assert {each.parent for each in issues.values()} == {above.id}
    assert [each.custom["2"] for each in issues.values()] == ["medium", "medium"]
    assert above.custom["2"] == "high"


def test_a_field_by_its_id_stands_beside_the_targets_own(at: OpenHouse, outside: Outside) -> None:
    house = at("mine", SEVERITY)
    take(house, postmortem(severity="medium", items=["One"]))
    (issue,) = outside.sandbox.world.redmine.everything()
    assert issue.custom == {"1": "none", "2": "medium"}


def test_a_required_field_that_nobody_fills_is_found_before_anything_is_made(at: OpenHouse, outside: Outside) -> None:
    for more, code in (("", "place_refuses"), (SEVERITY.replace("|low", ""), "field_missing")):
        house = at("mine", more)
        take(house, postmortem(f"INC-{code}", items=["One"]))
        assert items_of(house)[-1].attention_code == code
        assert "Severity" in (items_of(house)[-1].attention or "")
    assert (in_redmine(outside), dead_letters(house), ledger_issues(house)) == ({}, [], [])

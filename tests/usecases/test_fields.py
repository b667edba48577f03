"""What a route gives each issue: fields with placeholders, found wanting before the first creation."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from connectors.spi import Finding, Place, PlaceDescription
from service.domain.facts import State
from tests.support.house import House
from tests.usecases.surroundings import (
    OpenHouse,
    Outside,
    dead_letters,
    items_of,
    let_go,
    persist,
    postmortem,
    shown,
    take,
)

ROUTES = """
[targets.sec]
tracker = "jira"
place = "SEC"
mode = "live"

[[routes]]
name = "default"
target = "sec"
default = true
{more}
[routes.fields]
{fields}
"""
RISK = "customfield_10050"


def routed(fields: str, more: str = "") -> str:
    return ROUTES.replace("{more}", more).replace("{fields}", fields)


def kept(house: House, outside: Outside, name: str) -> list[Any]:
    """What each issue has in a field, as the tracker keeps it."""
    found = [outside.sandbox.world.jira.find(key) for key in sorted(each["key"] for each in shown(house))]
    return [issue.custom.get(name) for issue in found if issue]


def risk_of(house: House, outside: Outside) -> list[str]:
    return [each["value"] for each in kept(house, outside, RISK)]


def test_a_placeholder_gives_each_issue_its_own_option(opened: OpenHouse, outside: Outside) -> None:
    house = opened(routes=routed(f'{RISK} = {{ value = "{{severity}}" }}'))
    take(house, postmortem(severity="Data"))
    take(house, postmortem("INC-2", severity="Compliance"))
    assert risk_of(house, outside) == ["Data", "Compliance"]


def test_what_nobody_says_is_held_with_the_field_and_the_cure_and_nothing_is_sent(
    opened: OpenHouse, outside: Outside
) -> None:
    house = opened(routes=routed(f'{RISK} = {{ value = "{{severity}}" }}'))
    take(house, postmortem())
    (held,) = items_of(house)
    assert (held.state, held.attention_code) == (State.HELD, "field_missing")
    assert "Risk class (customfield_10050)" in (held.attention or "")
    assert "default" in (held.attention or "")
    assert (outside.creates(), dead_letters(house)) == (0, [])


def test_a_default_stands_in_for_what_nobody_says(opened: OpenHouse, outside: Outside) -> None:
    house = opened(routes=routed(f'{RISK} = {{ value = "{{severity|Operational}}" }}'))
    take(house, postmortem())
    assert risk_of(house, outside) == ["Operational"]


def test_an_option_that_the_place_does_not_have_is_held_and_heals_with_its_postmortem(
    opened: OpenHouse, outside: Outside
) -> None:
    house = opened(routes=routed(f'{RISK} = {{ value = "{{severity}}" }}'))
    stated = [{"id": "A", "title": "One"}]
    take(house, postmortem(severity="sev1", revision=1, items=stated))
    (held,) = items_of(house)
    assert (held.state, held.attention_code) == (State.HELD, "option_unknown")
    assert "no option sev1" in (held.attention or "")
    assert "Operational, Compliance, Data" in (held.attention or "")
    assert outside.creates() == 0
    take(house, postmortem(severity="Data", revision=2, items=stated))
    persist(house, 2)
    assert risk_of(house, outside) == ["Data"]


def test_a_field_that_is_on_no_screen_is_found_before_the_first_creation(opened: OpenHouse, outside: Outside) -> None:
    house = opened(routes=routed(f'{RISK} = {{ value = "Data" }}\ncustomfield_777 = "{{title}}"'))
    take(house, postmortem())
    (held,) = items_of(house)
    assert held.attention_code == "place_refuses"
    assert "customfield_777" in (held.attention or "")
    assert outside.creates() == 0


def test_an_issue_type_that_the_place_does_not_have_is_found_before_the_first_creation(
    opened: OpenHouse, outside: Outside
) -> None:
    house = opened(routes=routed(f'{RISK} = {{ value = "Data" }}', 'issue_type = "Saga"'))
    take(house, postmortem())
    (held,) = items_of(house)
    assert held.attention_code == "place_refuses"
    assert "has no issue type Saga" in (held.attention or "")
    assert outside.creates() == 0


def test_what_was_mended_in_the_tracker_is_seen_within_seconds(opened: OpenHouse, monkeypatch: Any) -> None:
    house = opened(routes=routed(f'{RISK} = {{ value = "Data" }}'))
    tracker = type(house.components.trackers["jira"])
    real = tracker.describe

    def wanting(self: Any, place: Place) -> PlaceDescription:
        wants = Finding("jira.field_required", "It wants an owner.", "Name one.")
        return replace(real(self, place), obstacles=(wants,))

    with monkeypatch.context() as patched:
        patched.setattr(tracker, "describe", wanting)
        take(house, postmortem())
    assert items_of(house)[0].attention == "It wants an owner. Name one."
    house.pass_time(seconds=11)
    let_go(house)
    house.work()
    assert len(shown(house)) == 1


def test_the_place_is_described_once_for_many_issues(opened: OpenHouse, outside: Outside) -> None:
    house = opened(routes=routed(f'{RISK} = {{ value = "{{severity}}" }}'))
    take(house, postmortem(severity="Data", items=[f"Item {n}" for n in range(9)]))
    routes = outside.routes("jira")
    assert routes["POST /issue"] == 9
    assert sum(count for route, count in routes.items() if "createmeta" in route) == 2


@pytest.mark.parametrize(
    "hostile",
    ['Data"}, "priority": {"name": "Highest', "{{title}}", "{kind}", "Data\nlabels: boom", "\u2028Data"],
)
def test_what_a_postmortem_says_stays_the_value_of_its_field(opened: OpenHouse, outside: Outside, hostile: str) -> None:
    house = opened(routes=routed(f'{RISK} = {{ value = "{{severity}}" }}'))
    take(house, postmortem(severity=hostile))
    assert outside.creates() == 0 or risk_of(house, outside) == ["Data"]
    assert all(each.attention_code in (None, "option_unknown") for each in items_of(house))


def test_a_credential_in_a_field_is_redacted_and_a_name_in_it_is_no_mention(
    opened: OpenHouse, outside: Outside
) -> None:
    secret = "ghp_" + "a1B2c3D4" * 4 + "e5F6"
    house = opened(routes=routed(f'{RISK} = {{ value = "Data" }}\ncustomfield_10051 = "{{title}} on {{service|it}}"'))
    take(house, postmortem(items=[{"title": f"Rotate {secret} of [~dana] and @mateo"}]))
    assert outside.said(secret) == []
    (said,) = kept(house, outside, "customfield_10051")
    assert said == "Rotate [redacted: github token] of [\u200b~dana] and @\u200bmateo on it"

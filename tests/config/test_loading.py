"""What a good configuration means."""

from __future__ import annotations

import time
from dataclasses import fields
from datetime import date
from pathlib import Path

import pytest

from config import model, schemas
from config.loading import load
from config.model import StepConfig
from connectors.spi import Secret
from tests.config.conftest import Write
from tests.config.stand_in import Settings, connectors

PEOPLE = (
    "id,name,email,zone,manager,aliases,left,account:jira\n"
    'bob,"Bob, Jr.",bob@example.com,Asia/Tokyo,ada,bobby; b.jr ,,77\n'
    "\n"
    "eve,Eve,eve@example.com,,,,yes,\n"
)


def test_what_is_not_written_keeps_the_models_default(write: Write) -> None:
    config = load(write(), connectors())
    assert config.service.creates_per_hour == 100
    assert config.targets["web"].mode == "hold"
    assert config.people["grace"].zone == "UTC"


def test_values_arrive_as_the_model_has_them(write: Write) -> None:
    config = load(write(), connectors())
    assert config.service.go_live_on == date(2026, 3, 1)
    assert config.service.base_url == "https://promises.example.com"
    assert config.targets["pay"].rates == ((80, 60.0),)
    assert config.trackers["jira"].vendor == "jira"
    assert config.trackers["jira"].quiet_seconds == 30.0
    assert config.sources["postmortems"].visibility == "private"
    assert config.policies[0].steps[1] == StepConfig("reminder", "due_soon", -2, "owner", ("p0", "p1"))


def test_one_value_stands_for_a_list_of_one(write: Write) -> None:
    route = load(write(), connectors()).routes[0]
    assert (route.teams, route.priorities, route.kinds) == (("payments",), ("p0",), ("prevent", "detect"))


def test_a_date_in_quotes_is_a_date(write: Write) -> None:
    path = write(("go_live_on = 2026-03-01", 'go_live_on = "2026-03-02"'))
    assert load(path, connectors()).service.go_live_on == date(2026, 3, 2)


def test_settings_are_the_connectors_own_object_with_its_secrets_unread(write: Write) -> None:
    settings = load(write(), connectors()).trackers["jira"].settings
    assert isinstance(settings, Settings)
    assert isinstance(settings.token, Secret)
    assert repr(settings.token) == "Secret(JIRA_TOKEN)"


def test_a_targets_extra_keys_join_its_constants_and_dates_there_are_text(write: Write) -> None:
    assert load(write(), connectors()).targets["pay"].constants == {
        "components": ["api"],
        "customfield_1": "2026-03-01",
    }


def test_operators_are_names_as_the_proxy_gives_them_with_or_without_a_role(write: Write) -> None:
    path = write(('operators = ["ada", ', 'operators = ["Ada:Admin", '))
    assert load(path, connectors()).service.operators == ("Ada:Admin", "ops@example.com")


def test_a_route_without_a_name_goes_by_its_place_and_never_shares_a_name(write: Write) -> None:
    path = write(
        ("include = []", 'include = ["more.toml"]'),
        files={
            "more.toml": '[[routes]]\nname = "first"\ntarget = "web"\n[[routes]]\ntarget = "web"\nteam = "payments"\n'
        },
    )
    assert [route.name for route in load(path, connectors()).routes] == [
        "payments",
        "routes[1]",
        "first",
        "routes[1] in more.toml",
    ]


def test_included_files_and_people_csvs_are_found_relative_to_the_file_that_names_them(write: Write) -> None:
    path = write(
        ("include = []", 'include = ["org/*.toml"]'),
        files={
            "org/a.toml": 'include = ["deep/b.toml"]\npeople_csv = "people.csv"\n',
            "org/deep/b.toml": '[[people]]\nid = "deep"\nname = "Deep"\nemail = "deep@example.com"\nmanager = "bob"\n',
            "org/people.csv": "\ufeff" + PEOPLE,
        },
    )
    people = load(path, connectors()).people
    assert sorted(people) == ["ada", "bob", "deep", "eve", "grace"]


def test_a_csv_row_is_a_person_like_any_other(write: Write) -> None:
    path = write(("include = []", 'people_csv = ["people.csv"]'), files={"people.csv": PEOPLE})
    people = load(path, connectors()).people
    bob, eve = people["bob"], people["eve"]
    assert (bob.name, bob.zone, bob.manager) == ("Bob, Jr.", "Asia/Tokyo", "ada")
    assert (bob.aliases, bob.accounts, bob.left) == (("bobby", "b.jr"), {"jira": "77"}, False)
    assert (eve.zone, eve.accounts, eve.left) == ("UTC", {}, True)


def test_a_file_that_two_patterns_match_is_read_once(write: Write) -> None:
    person = '[[people]]\nid = "bob"\nname = "Bob"\nemail = "bob@example.com"\n'
    path = write(("include = []", 'include = ["org/*.toml", "org/a.toml"]'), files={"org/a.toml": person})
    assert "bob" in load(path, connectors()).people


def test_the_digest_changes_with_every_file_and_with_nothing_else(write: Write) -> None:
    change = ("include = []", 'people_csv = ["people.csv"]')
    first = load(write(change, files={"people.csv": PEOPLE}), connectors()).digest
    assert load(write(change, files={"people.csv": PEOPLE}), connectors()).digest == first
    assert load(write(change, files={"people.csv": PEOPLE.replace("77", "78")}), connectors()).digest != first
    assert load(write(), connectors()).digest != first


def test_a_policys_version_follows_its_content_unless_it_is_given(write: Write) -> None:
    first = load(write(), connectors()).policies[0].version
    assert load(write(("[service]", "[service]\ndemo = true")), connectors()).policies[0].version == first
    assert load(write(("p0 = 7", "p0 = 8")), connectors()).policies[0].version != first
    given = write(('channel = "mail"', 'channel = "mail"\nversion = "2026-01"'))
    assert load(given, connectors()).policies[0].version == "2026-01"


def test_without_a_policy_the_standard_one_applies(tmp_path: Path) -> None:
    path = tmp_path / "afteraction.toml"
    path.write_text("")
    (policy,) = load(path, {}).policies
    assert policy.default
    assert policy.version
    assert dict(policy.due_working_days) == {"p0": 7, "p1": 15, "p2": 30, "p3": 60, "p4": 90}
    assert [(step.condition, step.after_working_days, step.tell, step.priorities) for step in policy.steps] == [
        ("due_soon", -2, "owner", ()),
        ("overdue", 0, "owner", ()),
        ("overdue", 5, "lead", ()),
        ("overdue", 10, "manager", ("p0", "p1")),
        ("idle", 0, "owner", ()),
        ("unassigned", 0, "lead", ()),
        ("unassigned", 5, "manager", ("p0", "p1")),
    ]


def test_300_people_and_100_routes_load_in_well_under_a_second(write: Write) -> None:
    people = "id,name,email,zone,manager\n" + "".join(
        f"p{n},Person {n},p{n}@example.com,Europe/Berlin,p{n // 10 + 1}\n" for n in range(2, 302)
    )
    people += "p1,Person 1,p1@example.com,,\n"
    routes = "".join(f'[[routes]]\nname = "r{n}"\ntarget = "web"\nservices = ["s{n}", "t{n}"]\n' for n in range(100))
    path = write(
        ("include = []", 'include = ["routes.toml"]\npeople_csv = "people.csv"'),
        files={"routes.toml": routes, "people.csv": people},
    )
    began = time.perf_counter()
    config = load(path, connectors())
    took = time.perf_counter() - began
    assert (len(config.people), len(config.routes)) == (303, 102)
    assert took < 1.0


def test_weekend_and_working_hours_are_written_as_people_say_them(write: Write) -> None:
    path = write(("[service]", '[service]\nweekend = ["friday", "Saturday"]\nworking_hours = [9, 17]'))
    service = load(path, connectors()).service
    assert (service.weekend, service.working_hours) == ((4, 5), (9, 17))


@pytest.mark.parametrize(
    ("shape", "model", "set_elsewhere"),
    [
        (schemas.SERVICE, model.ServiceConfig, set()),
        (schemas.SOURCE, model.SourceConfig, {"name", "vendor", "settings"}),
        (schemas.TRACKER, model.TrackerConfig, {"name", "vendor", "settings"}),
        (schemas.CHANNEL, model.ChannelConfig, {"name", "vendor", "settings"}),
        (schemas.TARGET, model.TargetConfig, {"name"}),
        (schemas.ROUTE, model.RouteConfig, set()),
        (schemas.PERSON, model.PersonConfig, set()),
        (schemas.TEAM, model.TeamConfig, set()),
        (schemas.STEP, model.StepConfig, set()),
        (schemas.POLICY, model.PolicyConfig, set()),
    ],
)
def test_whatever_the_model_holds_can_be_written_in_the_file(
    shape: schemas.Shape, model: type, set_elsewhere: set[str]
) -> None:
    assert set(shape.known) - {"type"} == {field.name for field in fields(model)} - set_elsewhere

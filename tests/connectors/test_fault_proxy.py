"""The proxy that a connector's author puts before a real server does what its faults are called, and the recipe and
its naive twin show what becomes of it.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from urllib.parse import urlsplit

import pytest
import requests

from connectors.conformance import recipe
from connectors.conformance.fault_proxy import Fault, FaultProxy, fault_proxy
from connectors.conformance.recipe import create_naively, create_once
from connectors.jira import CONNECTOR
from connectors.sandbox.running import Sandbox
from connectors.spi import IssueDraft, Place, Rejected, Tracker
from tests.connectors.servers import JIRA_USER

LOGIN = {"PRIVATE-TOKEN": "sandbox-gitlab-token"}
DRAFT = IssueDraft("Add a limit", "It fell over.", "abc123")
PAY = Place("PAY")


@pytest.fixture
def proxy(sandbox: Sandbox) -> Iterator[FaultProxy]:
    with fault_proxy(urlsplit(sandbox.url).port or 0) as standing:
        yield standing


@pytest.fixture
def jira(proxy: FaultProxy) -> Tracker:
    assert CONNECTOR.tracker is not None
    table = {"api_url": f"{proxy.url}/jira", "user": JIRA_USER, "token_env": "JIRA_TOKEN", "quiet_seconds": 0}
    return CONNECTOR.tracker.make("jira-main", CONNECTOR.tracker.settings(table))


def ask(proxy: FaultProxy) -> requests.Response:
    return requests.get(f"{proxy.url}/gitlab/api/v4/user", headers=LOGIN, timeout=5)


def create(proxy: FaultProxy) -> requests.Response:
    url = f"{proxy.url}/gitlab/api/v4/projects/acme%2Fpayments/issues"
    return requests.post(url, json={"title": "A"}, headers=LOGIN, timeout=5)


def made(sandbox: Sandbox) -> int:
    return len(sandbox.world.gitlab.everything())


def test_what_is_asked_and_answered_passes_unchanged_and_is_counted(proxy, sandbox):
    assert ask(proxy).json()["username"] == "afteraction-bot"
    assert create(proxy).status_code == 201
    sandbox.world.redmine.create(1, 4, {"subject": "A"})
    change = {"json": {"issue": {"subject": "B"}}, "headers": {"X-Redmine-API-Key": "sandbox-redmine-key"}}
    empty = requests.put(f"{proxy.url}/redmine/issues/1.json", timeout=5, **change)
    assert (empty.status_code, empty.content) == (204, b"")
    assert (made(sandbox), proxy.switch.requests) == (1, 3)


@pytest.mark.parametrize(
    ("kind", "stored"),
    [("reset_before", 0), ("reset_after", 1), ("timeout_after", 1), ("trickle", 1)],
)
def test_answer_that_is_lost_is_lost_before_or_after_the_server_did_it(proxy, sandbox, kind, stored):
    proxy.switch.once.append(Fault(kind, seconds=0.1))
    assert ask(proxy).status_code == 200, "what only reads is spared"
    with pytest.raises(requests.RequestException):
        create(proxy)
    assert made(sandbox) == stored
    assert create(proxy).status_code == 201, "and the fault strikes once"


@pytest.mark.parametrize(("kind", "status", "stored"), [("error_before", 503, 0), ("error_after", 502, 1)])
def test_error_is_answered_before_or_after_the_server_did_it(proxy, sandbox, kind, status, stored):
    proxy.switch.once.append(Fault(kind, status))
    assert create(proxy).status_code == status
    assert made(sandbox) == stored


def test_rate_limit_says_when_to_come_back_in_either_form(proxy, sandbox):
    proxy.switch.once += [Fault("rate_limited", retry_after=7), Fault("rate_limited", retry_after=7, form="date")]
    plain, dated = create(proxy), create(proxy)
    assert (plain.status_code, plain.headers["Retry-After"], dated.status_code) == (429, "7", 429)
    at = parsedate_to_datetime(dated.headers["Retry-After"])
    assert abs(at - datetime.now(UTC) - timedelta(seconds=7)) < timedelta(seconds=3)
    assert made(sandbox) == 0


def test_refusal_lasts_until_it_is_healed(proxy):
    proxy.switch.always = Fault("refused", 401)
    assert [ask(proxy).status_code, create(proxy).status_code] == [401, 401]
    proxy.switch.heal()
    assert ask(proxy).status_code == 200


def test_by_chance_each_way_strikes_its_share_and_the_rest_passes(proxy):
    proxy.switch.shares = [(0.3, Fault("error_before", 502)), (0.3, Fault("rate_limited", retry_after=0))]
    seen = [ask(proxy).status_code for _ in range(60)]
    assert {each: 8 < seen.count(each) < 35 for each in (200, 429, 502)} == {200: True, 429: True, 502: True}


def test_recipe_makes_one_issue_where_its_naive_twin_makes_two(proxy, sandbox, jira):
    for create_it, number in ((create_once, 1), (create_naively, 2)):
        sandbox.world.jira.clear()
        proxy.switch.once.append(Fault("reset_after"))
        create_it(jira, PAY, DRAFT)
        assert len(sandbox.world.jira.everything()) == number


def test_recipe_gives_up_at_once_what_is_refused_for_good(sandbox, jira):
    wrong = Place("PAY", constants={"customfield_1": 1})
    for create_it in (create_once, create_naively):
        with pytest.raises(Rejected):
            create_it(jira, wrong, DRAFT)
    assert sandbox.world.jira.everything() == []


def test_recipe_says_when_nothing_came_of_it(proxy, jira, monkeypatch):
    monkeypatch.setattr(recipe, "ATTEMPTS", 2)
    proxy.switch.always = Fault("refused", 503)
    for create_it in (create_once, create_naively):
        with pytest.raises(AssertionError, match="was not made in 2 attempts"):
            create_it(jira, PAY, DRAFT)

"""GitHub Enterprise Server: its addresses, its limits that are off, and what an older version lacks."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import responses

from connectors.github.settings import RATES, read_settings
from connectors.sandbox.options import SandboxOptions
from connectors.sandbox.running import Sandbox
from connectors.spi import AccessDenied, Category, Place, Rejected
from tests.connectors_github.calls import PAYMENTS, act, calls, draft, enterprise, followed, issue, tracker

TOKEN = {"token_env": "GITHUB_TOKEN"}


@pytest.fixture
def sandbox(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Sandbox]:
    """A server of the version that the test names."""
    version: str = getattr(request, "param", "3.19.2")
    seed: dict[str, Any] = {
        "github": {
            "users": [{"login": "bot", "token": "sandbox-github-token"}, {"login": "ann"}],
            "repositories": [{"full_name": "acme/payments"}],
            "issue_types": {"acme": ["Task"]},
            "enterprise_version": version,
        }
    }
    path = tmp_path / "seed.json"
    path.write_text(json.dumps(seed), encoding="utf-8")
    with Sandbox(SandboxOptions(port=0, smtp_port=None, seed_file=path)) as running:
        yield running


OLD = pytest.mark.parametrize("sandbox", ["3.16.4"], indirect=True)
NEXT = pytest.mark.parametrize("sandbox", ["3.20.0"], indirect=True)


def test_limits_are_githubs_own_and_off_elsewhere_unless_configured():
    assert read_settings(TOKEN).rates == RATES
    assert [(each.count, each.seconds) for each in RATES] == [(1, 1.0), (80, 60.0), (500, 3600.0)]
    assert read_settings({**TOKEN, "api_url": "https://api.acme.ghe.com"}).rates == RATES
    assert read_settings({**TOKEN, "api_url": "https://git.acme.example/api/v3"}).rates == ()
    own = read_settings({**TOKEN, "api_url": "https://git.acme.example/api/v3", "rates": [[9, 60]]})
    assert [(each.count, each.seconds) for each in own.rates] == [(9, 60.0)]


def test_addresses_for_people_follow_the_api():
    for api, browse in (
        ("https://api.github.com", "https://github.com"),
        ("https://api.acme.ghe.com", "https://acme.ghe.com"),
        ("https://git.acme.example/api/v3", "https://git.acme.example"),
    ):
        assert read_settings({**TOKEN, "api_url": api}).browse_url == browse


def test_enterprise_server_is_asked_at_its_own_addresses(sandbox):
    github = enterprise(sandbox)
    made = github.create(PAYMENTS, draft()).issue
    assert made.url == f"{sandbox.url}/ghes/acme/payments/issues/1"
    assert github.look_up(made.url) is not None
    assert [each.issue for each in github.read([made.ref]).readings] == [made]
    assert [each.issue for each in followed(github, None)[0]] == [made]
    assert github.describe(PAYMENTS).rates == ()
    assert set(calls(sandbox)) >= {"POST /ghes/api/graphql", "GET /meta"}


def test_version_is_asked_once_and_not_for_a_plain_creation(sandbox):
    github = enterprise(sandbox)
    github.create(PAYMENTS, draft())
    assert calls(sandbox) == {"POST /issues": 1}
    for _ in range(2):
        github.create(Place("acme/payments", "Task"), draft())
    assert calls(sandbox)["GET /meta"] == 1


@OLD
def test_what_an_old_server_lacks_is_refused_and_never_approximated(sandbox):
    github = enterprise(sandbox)
    parent, child = (github.create(PAYMENTS, draft(marker)).issue for marker in ("p", "c"))
    sandbox.world.stats.clear()
    for ask in (
        lambda: github.put_under(child.ref, parent.ref),
        lambda: github.create(Place("acme/payments", "Task"), draft()),
        lambda: github.create(PAYMENTS, draft(issue_type="Task")),
        lambda: github.create(PAYMENTS, draft(parent=parent.ref)),
    ):
        with pytest.raises(Rejected) as refusal:
            ask()
        assert refusal.value.code == "github.too_old"
        assert "3.16" in refusal.value.sentence
    assert calls(sandbox) == {"GET /meta": 1}
    assert [each.code for each in github.describe(Place("acme/payments", "Task")).findings] == ["github.too_old"]


@OLD
def test_old_server_is_read_without_what_it_does_not_know(sandbox):
    github = enterprise(sandbox)
    ref = github.create(PAYMENTS, draft()).issue.ref
    github.transition(ref, Category.DECLINED)
    (reading,) = github.read([ref]).readings
    assert (reading.status, reading.duplicate_of) == ("closed (not planned)", None)


@OLD
def test_second_issue_on_an_old_server_is_closed_as_not_planned_and_says_why(sandbox):
    github = enterprise(sandbox)
    kept, copy = (github.create(PAYMENTS, draft(marker)).issue for marker in ("m1", "m2"))
    github.close_as_duplicate(copy.ref, kept, "The same as acme/payments#1.")
    closed = issue(sandbox, copy.key)
    assert (closed["state_reason"], len(closed["comments"])) == ("not_planned", 1)


def test_current_server_has_duplicates_and_types_and_no_sub_issues(sandbox):
    github = enterprise(sandbox)
    kept, copy = (github.create(Place("acme/payments", "Task"), draft(marker)).issue for marker in ("m1", "m2"))
    github.close_as_duplicate(copy.ref, kept, "The same.")
    assert github.read([copy.ref]).readings[0].duplicate_of == kept.ref
    described = github.describe(Place("acme/payments", "Task"))
    assert (described.findings, described.issue_types) == ((), ())
    with pytest.raises(Rejected):
        github.put_under(copy.ref, kept.ref)


@NEXT
def test_server_that_has_sub_issues_is_given_them(sandbox):
    github = enterprise(sandbox)
    parent, child = (github.create(PAYMENTS, draft(marker)).issue for marker in ("p", "c"))
    github.put_under(child.ref, parent.ref)
    assert issue(sandbox, child.key)["parent"] == issue(sandbox, parent.key)["id"]


def test_renamed_repository_of_an_enterprise_server_is_followed_there(sandbox):
    act(sandbox, "repos/acme/payments", full_name="acme/billing")
    assert enterprise(sandbox).create(PAYMENTS, draft()).issue.url == f"{sandbox.url}/ghes/acme/billing/issues/1"


@pytest.mark.parametrize("told", [{"json": ["odd"]}, {"json": {"message": "Not Found"}, "status": 404}])
def test_server_that_does_not_say_its_version_is_taken_for_a_new_one(told):
    base = "https://git.acme.example:443/api/v3"
    with responses.RequestsMock() as mock:
        mock.get(f"{base}/meta", **told)
        mock.get(f"{base}/repos/acme/pay", json={"private": True})
        mock.get(f"{base}/repos/acme/pay/issue-types", status=404)
        described = tracker("https://git.acme.example/api/v3").describe(Place("acme/pay"))
    assert described.findings == ()


def test_version_that_cannot_be_asked_is_not_guessed():
    base = "https://git.acme.example:443/api/v3"
    with responses.RequestsMock() as mock:
        mock.get(f"{base}/meta", status=401)
        with pytest.raises(AccessDenied):
            tracker("https://git.acme.example/api/v3").read(["I_1:acme/pay#1"])

"""A GitHub App: its key, its installations, and tokens that end after an hour."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import jwt
import pytest
import responses
from marshmallow import ValidationError

from connectors.github.settings import read_settings
from connectors.sandbox.options import SandboxOptions
from connectors.sandbox.running import Sandbox
from connectors.spi import AccessDenied, ConnectorError, Credential, OutcomeUnknown, Place, Unavailable
from tests.connectors_github.calls import (
    PAYMENTS,
    START,
    act,
    calls,
    cloud,
    control,
    draft,
    enterprise,
    followed,
    tracker,
)
from tests.support.keys import key_pair

APP = {"app_id": 4711, "private_key_env": "GITHUB_APP_KEY"}
OTHER = Place("umbrella/lab")


@pytest.fixture(scope="module")
def keys() -> tuple[str, str]:
    """A private key and its public one."""
    return key_pair()


@pytest.fixture
def sandbox(keys: tuple[str, str], tmp_path: Path) -> Iterator[Sandbox]:
    with app_sandbox(keys, tmp_path) as running:
        yield running


@pytest.fixture(autouse=True)
def key(keys: tuple[str, str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GITHUB_APP_KEY", keys[0])


def app_sandbox(keys: tuple[str, str], folder: Path) -> Sandbox:
    """A world in which two organisations have installed the app, and a third has not."""
    app = {"id": 4711, "slug": "keeper", "public_key": keys[1], "accounts": ["acme", "umbrella"]}
    names = ("acme/payments", "acme/checkout-web", "umbrella/lab", "stranger/closed")
    seed = {
        "github": {
            "users": [{"login": "dana-okafor", "token": "dana"}],
            "repositories": [{"full_name": name} for name in names],
            "apps": [app],
        }
    }
    path = folder / "seed.json"
    path.write_text(json.dumps(seed), encoding="utf-8")
    return Sandbox(SandboxOptions(port=0, smtp_port=None, seed_file=path))


def test_app_finds_its_installation_by_the_repository_and_creates_by_one_call(sandbox):
    github = cloud(sandbox, **APP)
    github.create(PAYMENTS, draft())
    once = {"GET /installation": 1, "POST /app/installations/{installation}/access_tokens": 1}
    assert calls(sandbox) == {**once, "POST /issues": 1}
    sandbox.world.stats.clear()
    github.create(Place("acme/checkout-web"), draft("m2"))
    assert calls(sandbox) == {"POST /issues": 1}


def test_issues_of_an_app_are_known_as_ours_and_found_by_their_marker(sandbox):
    github = cloud(sandbox, **APP)
    made = github.create(PAYMENTS, draft()).issue
    (listed,) = followed(github, None)[0]
    assert (listed.issue, listed.ours) == (made, True)
    assert github.read([made.ref]).readings[0].ours is True
    assert [each.issue for each in github.find(PAYMENTS, "m1", START)] == [made]


def test_each_organisation_is_reached_with_the_token_of_its_own_installation(sandbox):
    github = cloud(sandbox, **APP)
    refs = [github.create(place, draft()).issue.ref for place in (PAYMENTS, OTHER)]
    sandbox.world.stats.clear()
    assert len(github.read(refs).readings) == 2
    assert calls(sandbox)["POST /github/api/graphql"] == 2


def test_app_on_an_enterprise_server_asks_for_the_version_with_an_installations_token(sandbox):
    github = enterprise(sandbox, **APP)
    sweep = github.read(["I_nothing:acme/payments#1"])
    assert sweep.gone == ("I_nothing:acme/payments#1",)
    made = github.create(PAYMENTS, draft()).issue
    assert github.read([made.ref]).readings[0].ours is True


def test_configured_installation_is_not_looked_for(sandbox):
    found = cloud(sandbox, **APP, installation_id=40_000_000)
    found.create(PAYMENTS, draft())
    assert "GET /installation" not in calls(sandbox)
    with pytest.raises(AccessDenied) as refusal:
        cloud(sandbox, **APP, installation_id=99).create(PAYMENTS, draft())
    assert refusal.value.code == "github.not_installed"


def test_repository_without_the_app_is_a_fault_of_the_target_with_its_cure(sandbox):
    with pytest.raises(AccessDenied) as refusal:
        cloud(sandbox, **APP).create(Place("stranger/closed"), draft())
    assert refusal.value.code == "github.not_installed"
    assert "Install the app" in refusal.value.cure
    assert [each.code for each in cloud(sandbox, **APP).describe(Place("stranger/closed")).findings] == [
        "github.not_installed"
    ]


def test_token_is_renewed_before_it_ends_and_after_it_was_refused(sandbox, monkeypatch):
    github = cloud(sandbox, **APP)
    github.create(PAYMENTS, draft())
    assert github.describe(PAYMENTS).findings == ()
    now = sandbox.world.github.now() + 56 * 60
    monkeypatch.setattr("connectors.github.app.time.monotonic", lambda: now)
    sandbox.world.stats.clear()
    github.create(PAYMENTS, draft("m2"))
    assert calls(sandbox)["POST /app/installations/{installation}/access_tokens"] == 1


def test_app_that_was_installed_anew_is_found_at_the_next_call(sandbox):
    github = cloud(sandbox, **APP)
    github.create(PAYMENTS, draft())
    app = github._client.app
    assert app is not None
    app._installations["acme"] = 99
    with pytest.raises(AccessDenied) as refusal:
        github.create(PAYMENTS, draft("m2"))
    assert refusal.value.code == "github.not_installed"
    github.create(PAYMENTS, draft("m2"))


def test_refused_token_is_asked_for_anew_at_the_next_call(sandbox):
    github = cloud(sandbox, **APP)
    github.create(PAYMENTS, draft())
    control(sandbox, "faults", kind="error_before", tracker="github", path="/issues$", status=401, next=1)
    with pytest.raises(AccessDenied):
        github.create(PAYMENTS, draft("m2"))
    sandbox.world.stats.clear()
    github.create(PAYMENTS, draft("m2"))
    assert calls(sandbox)["POST /app/installations/{installation}/access_tokens"] == 1


def test_what_fails_before_a_creation_is_no_creation_in_doubt(sandbox):
    control(sandbox, "faults", kind="reset_after", tracker="github", path="access_tokens", next=1)
    with pytest.raises(ConnectorError) as failure:
        cloud(sandbox, **APP).create(PAYMENTS, draft())
    assert isinstance(failure.value, Unavailable)
    assert not isinstance(failure.value, OutcomeUnknown)


def test_app_says_who_it_is_and_that_its_key_does_not_end(sandbox):
    github = cloud(sandbox, **APP)
    assert github.check() == []
    assert github.credential() == Credential("keeper[bot]")
    assert github.describe(PAYMENTS).permissions == ("issues:write", "metadata:read")


def test_app_in_a_renamed_repository_goes_on(sandbox):
    github = cloud(sandbox, **APP)
    act(sandbox, "repos/acme/payments", full_name="acme/billing")
    assert github.create(PAYMENTS, draft()).issue.key == "acme/billing#1"
    assert [each.code for each in github.describe(PAYMENTS).findings] == ["github.renamed"]


def test_app_that_may_not_write_issues_is_told_before_the_first_creation():
    permissions: dict[str, Any] = {"permissions": {"issues": "read"}, "id": 7}
    token = {"token": "ghs_x", "expires_at": "2099-01-01T00:00:00Z"}
    base = "https://api.github.com:443"
    with responses.RequestsMock() as mock:
        mock.get(f"{base}/repos/acme/pay/installation", json=permissions)
        mock.post(f"{base}/app/installations/7/access_tokens", json=token, status=201)
        mock.get(f"{base}/repos/acme/pay", json={"private": True, "full_name": "acme/pay"})
        mock.get(f"{base}/repos/acme/pay/issue-types", json=[])
        described = tracker(**APP).describe(Place("acme/pay"))
    assert [each.code for each in described.findings] == ["github.permission_missing"]


@pytest.mark.parametrize(
    ("text", "code"),
    [("not a key", "github.private_key_unreadable"), ("", "github.token_missing")],
)
def test_key_that_is_none_is_named_with_its_cure(sandbox, monkeypatch, text, code):
    monkeypatch.setenv("GITHUB_APP_KEY", text)
    found = cloud(sandbox, **APP).check()
    assert [each.code for each in found] == [code]
    assert "GITHUB_APP_KEY" in found[0].sentence
    assert calls(sandbox) == {}


def test_key_may_have_its_line_feeds_written_out_and_may_be_replaced_in_its_file(sandbox, keys, tmp_path, monkeypatch):
    monkeypatch.setenv("GITHUB_APP_KEY", keys[0].replace("\n", "\\n"))
    github = cloud(sandbox, **APP)
    assert github.check() == []
    path = tmp_path / "key.pem"
    path.write_text("nothing yet")
    monkeypatch.setenv("GITHUB_APP_KEY_FILE", str(path))
    assert github.check() != []
    path.write_text(keys[0])
    assert github.check() == []


def test_app_that_github_does_not_know_is_refused(sandbox):
    wrong = cloud(sandbox, app_id="9", private_key_env="GITHUB_APP_KEY")
    assert [each.code for each in wrong.check()] == ["github.unauthorized"]
    with pytest.raises(AccessDenied) as refusal:
        wrong.create(PAYMENTS, draft())
    assert refusal.value.code == "github.unauthorized"


@pytest.mark.parametrize("answer", [{}, [], {"token": "x"}, {"token": "x", "expires_at": "soon"}])
def test_answer_without_a_token_is_not_taken_for_one(answer):
    base = "https://api.github.com:443"
    with responses.RequestsMock() as mock:
        mock.get(f"{base}/repos/acme/pay/installation", json={"id": 7})
        mock.post(f"{base}/app/installations/7/access_tokens", json=answer, status=201)
        with pytest.raises(Unavailable):
            tracker(**APP).create(Place("acme/pay"), draft())
    with responses.RequestsMock() as mock:
        mock.get(f"{base}/repos/acme/pay/installation", json={})
        with pytest.raises(Unavailable):
            tracker(**APP).create(Place("acme/pay"), draft())


@pytest.mark.parametrize(
    ("table", "key"),
    [
        ({}, "token_env"),
        ({"token_env": "A", "app_id": 1, "private_key_env": "B"}, "token_env"),
        ({"token_env": "A", "installation_id": 1}, "token_env"),
        ({"app_id": 1}, "private_key_env"),
        ({"private_key_env": "B"}, "app_id"),
        ({"app_id": 1, "private_key_env": "B", "installation_id": 0}, "installation_id"),
    ],
)
def test_there_is_one_way_in_and_it_is_whole(table, key):
    with pytest.raises(ValidationError) as refusal:
        read_settings(table)
    assert list(refusal.value.messages) == [key]


def test_proof_of_an_app_is_short_and_allows_for_a_clock_that_is_behind(sandbox):
    github = cloud(sandbox, **APP)
    assert github._client.app is not None
    claims = jwt.decode(github._client.app.proof(github._client.asked("look")), options={"verify_signature": False})
    now = datetime.now(UTC).timestamp()
    assert claims["iss"] == "4711"
    assert claims["iat"] < now - 30
    assert now < claims["exp"] <= now + 600

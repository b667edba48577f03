"""The stand-in GitHub takes an app's proof as GitHub does, and its installation's token for an hour."""

import json
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from connectors.sandbox.app import create_app, world_of
from connectors.sandbox.running import Sandbox
from connectors.sandbox.seed import parse_seed
from tests.sandbox.client import Client
from tests.sandbox.conftest import options

REPO = "/repos/acme/payments"


@pytest.fixture(scope="module")
def private() -> rsa.RSAPrivateKey:
    return rsa.generate_private_key(public_exponent=65537, key_size=2048)


@pytest.fixture(scope="module")
def seed(private: rsa.RSAPrivateKey) -> dict[str, Any]:
    public = private.public_key().public_bytes(
        serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
    )
    app = {"id": 7, "slug": "keeper", "public_key": public.decode(), "accounts": ["acme"]}
    names = ("acme/payments", "other/lab")
    users = [{"login": "ann", "token": "t", "token_ends": "2026-12-24 12:00:00 UTC"}]
    return {"github": {"users": users, "repositories": [{"full_name": name} for name in names], "apps": [app]}}


@pytest.fixture
def client(seed: dict[str, Any], tmp_path: Path) -> Iterator[Client]:
    path = tmp_path / "seed.json"
    path.write_text(json.dumps(seed), encoding="utf-8")
    with Sandbox(options(seed_file=path)) as sandbox, Client(sandbox.url, github_token="t") as found:
        yield found


def proof(private: rsa.RSAPrivateKey, **changes: Any) -> dict[str, str]:
    now = int(time.time())
    claims = {"iss": "7", "iat": now - 60, "exp": now + 300, **changes}
    return {"Authorization": f"Bearer {jwt.encode(claims, private, algorithm='RS256')}"}


def test_app_is_told_who_it_is_and_where_it_is_installed(client: Client, private: rsa.RSAPrivateKey) -> None:
    assert client.github("GET", "/app", headers=proof(private)).json()["slug"] == "keeper"
    found = client.github("GET", f"{REPO}/installation", headers=proof(private)).json()
    again = client.github("GET", f"/app/installations/{found['id']}", headers=proof(private)).json()
    assert found == again
    assert client.github("GET", "/repos/other/lab/installation", headers=proof(private)).status_code == 404
    assert client.github("GET", "/app/installations/1", headers=proof(private)).status_code == 404


def test_installation_acts_as_the_apps_bot_in_its_own_account_alone(client: Client, private: rsa.RSAPrivateKey) -> None:
    number = client.github("GET", f"{REPO}/installation", headers=proof(private)).json()["id"]
    made = client.github("POST", f"/app/installations/{number}/access_tokens", headers=proof(private))
    assert made.status_code == 201
    bearer = {"Authorization": f"Bearer {made.json()['token']}"}
    issue = client.github("POST", f"{REPO}/issues", {"title": "x"}, headers=bearer)
    assert (issue.json()["user"]["login"], issue.json()["user"]["type"]) == ("keeper[bot]", "Bot")
    assert client.github("GET", "/repos/other/lab", headers=bearer).status_code == 404
    assert client.github("GET", "/user", headers=bearer).status_code == 403
    query = {"query": f'{{ node(id: "{issue.json()["node_id"]}") {{ ... on Issue {{ author {{ login }} }} }} }}'}
    answer = client.github("POST", f"{client.url}/github/api/graphql", query, headers=bearer)
    assert answer.json()["data"]["node"]["author"]["login"] == "keeper"


@pytest.mark.parametrize(
    "changes",
    [{"iss": "8"}, {"exp": 1}, {"exp": int(time.time()) + 3600}, {"iat": int(time.time()) + 900}],
    ids=["another app", "over", "too long", "from the future"],
)
def test_proof_that_is_not_good_is_401(client: Client, private: rsa.RSAPrivateKey, changes: dict[str, Any]) -> None:
    assert client.github("GET", "/app", headers=proof(private, **changes)).status_code == 401


def test_proof_by_another_key_or_none_is_401(client: Client) -> None:
    stranger = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    for headers in (proof(stranger), {"Authorization": "Bearer t"}, {"Authorization": "Basic x"}):
        assert client.github("GET", "/app", headers=headers).status_code == 401


def test_installations_token_ends_after_an_hour(seed: dict[str, Any], private: rsa.RSAPrivateKey) -> None:
    now = [time.time()]
    app = create_app(seed=parse_seed(seed), clock=lambda: now[0])
    web = app.test_client()
    number = web.get(f"/github/api/v3{REPO}/installation", headers=proof(private)).get_json()["id"]
    made = web.post(f"/github/api/v3/app/installations/{number}/access_tokens", headers=proof(private)).get_json()
    bearer = {"Authorization": f"Bearer {made['token']}"}
    assert web.get(f"/github/api/v3{REPO}", headers=bearer).status_code == 200
    now[0] += 3601
    assert web.get(f"/github/api/v3{REPO}", headers=bearer).status_code == 401
    world_of(app).close()


def test_answer_to_a_token_that_ends_says_when(client: Client) -> None:
    answer = client.github("GET", "/user")
    assert answer.headers["GitHub-Authentication-Token-Expiration"] == "2026-12-24 12:00:00 UTC"

"""A token that is replaced in its file is used from the next request on, by the same connector, without a restart."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from connectors.registry import load_connectors
from connectors.sandbox.running import Sandbox
from connectors.spi import AccessDenied, IssueDraft, Place, Source
from tests.cli.stands import BOT, CLOUD, DATA_CENTER, STANDS, Stand
from tests.connectors.trackers.benches import make

SOURCES = ("incidentio", "rootly", "firehydrant", "pagerduty", "grafana", "confluence")
SETTINGS = {CLOUD: {"user": "afteraction@acme.example"}, DATA_CENTER: {"deployment": "data_center"}}


@pytest.fixture
def file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    path = tmp_path / "token"
    monkeypatch.delenv("IT_TOKEN", raising=False)
    monkeypatch.setenv("IT_TOKEN_FILE", str(path))
    return path


def revoke(stand: Stand, sandbox: Sandbox, successor: str) -> None:
    """Our account has another token from now on."""
    world = sandbox.world
    if stand.type == "jira":
        site = world.jira if stand is CLOUD else world.jira_dc
        site.users[BOT] = replace(site.users[BOT], token=successor)
    elif stand.type == "github":
        world.github.users["afteraction-bot"] = replace(world.github.users["afteraction-bot"], token=successor)
    elif stand.type == "gitlab":
        world.gitlab.users[31] = replace(world.gitlab.users[31], token=successor)
    else:
        world.redmine.users[4] = replace(world.redmine.users[4], key=successor)


@pytest.mark.parametrize("stand", STANDS, ids=lambda stand: stand.name)
def test_a_tracker_goes_on_with_the_token_that_took_the_place_of_a_revoked_one(
    stand: Stand, sandbox: Sandbox, file: Path
) -> None:
    file.write_text(f"{stand.token}\n")
    table = {"api_url": f"{sandbox.url}/{stand.path}", "token_env": "IT_TOKEN", **SETTINGS.get(stand, {})}
    tracker, place = make(stand.type, "it", table), Place(stand.place)
    assert tracker.credential().account
    revoke(stand, sandbox, "the-token-after-it")
    for call in (tracker.credential, lambda: tracker.create(place, IssueDraft("Title", "Body", "abcd1234efgh5678"))):
        with pytest.raises(AccessDenied) as refused:
            call()
        assert refused.value.code.endswith(".unauthorized")
        assert "IT_TOKEN" in refused.value.cure
    file.write_text("the-token-after-it\n")
    assert tracker.credential().account
    assert tracker.create(place, IssueDraft("Title", "Body", "abcd1234efgh5678")).issue.key


@pytest.mark.parametrize("vendor", SOURCES)
def test_a_source_goes_on_with_the_token_that_took_the_place_of_a_revoked_one(
    vendor: str, sandbox: Sandbox, file: Path
) -> None:
    role = load_connectors()[0][vendor].source
    assert role is not None
    address = "url" if vendor == "confluence" else "api_url"
    table = {address: f"{sandbox.url}/{vendor}", "token_env": "IT_TOKEN"}
    source: Source = role.make("it", role.settings(table))
    file.write_text("a-token-that-was-revoked\n")
    assert [each.code for each in source.check()] == [f"{vendor}.unauthorized"]
    file.write_text(f"sandbox-{vendor}-token\n")
    assert source.check() == []

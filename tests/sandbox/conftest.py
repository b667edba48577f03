from collections.abc import Iterator
from pathlib import Path

import pytest

from connectors.sandbox.options import SandboxOptions
from connectors.sandbox.running import Sandbox
from tests.sandbox.client import Client


def options(**changes: object) -> SandboxOptions:
    return SandboxOptions(**{"port": 0, "smtp_port": 0, "webhook_delay": 0.0, "webhook_retry_scale": 0.02, **changes})


@pytest.fixture(scope="module")
def shared() -> Iterator[Sandbox]:
    with Sandbox(options()) as sandbox:
        yield sandbox


@pytest.fixture
def client(shared: Sandbox) -> Iterator[Client]:
    """A client of a sandbox that is as new."""
    shared.world.reset(["issues", "mail", "stats", "faults", "kills"])
    shared.world.courier.hooks.clear()
    shared.world.courier.dropping = False
    with Client(shared.url) as found:
        yield found


@pytest.fixture
def seed_file(tmp_path: Path) -> Path:
    """A seed with the traps that the default one spares a visitor."""
    path = tmp_path / "seed.json"
    path.write_text(SEED, encoding="utf-8")
    return path


SEED = """{
  "jira": {
    "utc_offset": "+0130",
    "users": [
      {"account_id": "bot", "name": "Bot", "email": "bot@x.example", "token": "t", "bot": true},
      {"account_id": "ann", "name": "Ann Lee", "email": "ann@x.example"},
      {"account_id": "gone", "name": "Gone Girl", "email": "gone@x.example", "active": false}
    ],
    "projects": [
      {"key": "OPEN", "name": "Open", "assignable": ["ann"], "resolution_required": true},
      {"key": "READ", "name": "Read only", "denied": {"bot": ["CREATE_ISSUES", "TRANSITION_ISSUES"]}},
      {"key": "HIDE", "name": "Hidden", "denied": {"bot": ["BROWSE_PROJECTS"]}}
    ]
  },
  "github": {
    "users": [
      {"login": "bot", "token": "t", "bot": true}, {"login": "ann"}
    ],
    "repositories": [
      {"full_name": "o/pulls", "pull_requests": 2},
      {"full_name": "o/readonly", "visibility": "public", "pushers": []},
      {"full_name": "o/hidden", "hidden_from": ["bot"]},
      {"full_name": "o/archived", "archived": true},
      {"full_name": "o/noissues", "has_issues": false}
    ]
  }
}"""

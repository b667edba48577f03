"""What a drill of one tracker runs against: a stand-in of the sandbox, or Redmine itself behind a proxy that kills."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Protocol

from connectors.sandbox.control import dump
from connectors.sandbox.kills import KillPlan
from connectors.sandbox.running import Sandbox
from connectors.sandbox.seed import DEFAULT_SEED
from tests.support.redmine import BOT_KEY, Redmine

# The lists lag less than the quiet period, as the vendors promise; a call is shorter than a lease.
LAG, QUIET, CALL = 0.5, 2.5, 1.5
APP_ID = 4711


class Counterpart(Protocol):
    """`kills` strikes at the four points around each commit; `secret` is what the tracker's account is known by."""

    place: str
    secret: str
    kills: KillPlan

    def table(self) -> Mapping[str, object]:
        """The tracker's table in `afteraction.toml`; its secret is in the variable TRACKER_SECRET."""
        ...

    def issues(self) -> list[dict[str, Any]]:
        """Every issue that is there, in the shape that the sandbox gives them."""
        ...


@dataclass(frozen=True)
class Kind:
    """One of the sandbox's trackers: `name` is its own there. `table`: what it does not share with the others."""

    name: str
    vendor: str
    path: str
    place: str
    secret: str
    table: Mapping[str, object]


TOKEN = {"token_env": "TRACKER_SECRET"}
APP_OF_OURS = {"app_id": APP_ID, "private_key_env": "TRACKER_SECRET"}
JIRA = Kind("jira", "jira", "jira", "PAY", "sandbox-jira-token", {**TOKEN, "user": "afteraction@acme.example"})
DATA_CENTER = Kind("jira-dc", "jira", "jira-dc", "PAY", "sandbox-jira-token", {**TOKEN, "deployment": "data_center"})
GITHUB = Kind("github", "github", "github/api/v3", "acme/payments", "sandbox-github-token", {**TOKEN, "rates": []})
ENTERPRISE = replace(GITHUB, path="ghes/api/v3")
GITLAB = Kind("gitlab", "gitlab", "gitlab", "acme/payments", "sandbox-gitlab-token", TOKEN)
REDMINE = Kind("redmine", "redmine", "redmine", "payments", "sandbox-redmine-key", TOKEN)


def app(private_key: str) -> Kind:
    return replace(GITHUB, secret=private_key, table={**APP_OF_OURS, "rates": []})


def seed_with_app(folder: Path, public_key: str) -> Path:
    """What the sandbox begins with, and a GitHub App of that key."""
    seed = json.loads(DEFAULT_SEED.read_text(encoding="utf-8"))
    seed["github"]["apps"] = [{"id": APP_ID, "slug": "keeper", "public_key": public_key, "accounts": ["acme"]}]
    path = folder / "seed.json"
    path.write_text(json.dumps(seed), encoding="utf-8")
    return path


class StandIn:
    def __init__(self, sandbox: Sandbox, kind: Kind) -> None:
        self.place, self.secret = kind.place, kind.secret
        self._kind, self._sandbox = kind, sandbox
        world = sandbox.world
        world.reset(["issues", "stats", "faults", "kills"])
        world.faults.set_lag(kind.name, LAG)
        self.kills = world.kills

    def table(self) -> Mapping[str, object]:
        own = {"type": self._kind.vendor, "api_url": f"{self._sandbox.url}/{self._kind.path}"}
        return {"quiet_seconds": QUIET, "call_seconds": CALL, **own, **self._kind.table}

    def issues(self) -> list[dict[str, Any]]:
        return [each for each in dump(self._sandbox.world)[self._kind.name] if not each["deleted"]]


class RealRedmine:
    """A project of its own. Redmine serves one request after another, so each may take longer."""

    def __init__(self, redmine: Redmine, project: str, url: str, kills: KillPlan) -> None:
        self.place, self.secret, self.kills = redmine.make_project(project), BOT_KEY, kills
        self._redmine, self._url = redmine, url

    def table(self) -> Mapping[str, object]:
        patient = {"quiet_seconds": 1.5 * QUIET, "call_seconds": 1.5 * CALL}
        return {"type": "redmine", "api_url": self._url, **TOKEN, **patient}

    def issues(self) -> list[dict[str, Any]]:
        path = f"/issues.json?project_id={self.place}&status_id=*&limit=100"
        return [self._issue(each["id"]) for each in self._redmine.call("GET", path)["issues"]]

    def _issue(self, number: int) -> dict[str, Any]:
        found = self._redmine.call("GET", f"/issues/{number}.json?include=journals")["issue"]
        return {
            "key": f"#{number}",
            "title": found["subject"],
            "body": found["description"],
            "status": found["status"]["name"],
            "labels": [],
            "comments": [{"body": each["notes"]} for each in found["journals"] if each.get("notes")],
        }


def configuration(counterpart: Counterpart, lease: float) -> str:
    """`afteraction.toml` with that tracker alone, of which every postmortem's items are made."""
    table = "\n".join(f"{name} = {json.dumps(value)}" for name, value in counterpart.table().items())
    return f"""
[service]
base_url = "http://127.0.0.1:8000"
call_seconds = {CALL}
lease_seconds = {lease}
poll_seconds = 2
creates_per_hour = 1000

[sources.incidents]
type = "standard"
secret_env = "SOURCE_SECRET"

[trackers.tracker]
{table}

[targets.place]
tracker = "tracker"
place = {json.dumps(counterpart.place)}
mode = "live"

[[routes]]
name = "default"
target = "place"
default = true
"""

"""Trackers, places and a sandbox with the traps that the default one spares a visitor."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from connectors.jira import CONNECTOR
from connectors.jira.tracker import JiraTracker
from connectors.sandbox.options import SandboxOptions
from connectors.sandbox.running import Sandbox
from connectors.spi import IssueDraft, Place
from tests.connectors.servers import JIRA_USER

PAY = Place("PAY")
DRAFT = IssueDraft("Add a limit", "**Why**: it fell over.", "abc123", labels=("post mortem",), priority="p1")
BOT = "712020:afteraction"
REASON = "customfield_10060"

STEP_BY_STEP = [
    {"name": "To Do", "category": "new"},
    {"name": "In Progress", "category": "indeterminate", "after": ["To Do", "Done"]},
    {"name": "In Review", "category": "indeterminate", "after": ["In Progress"]},
    {"name": "Done", "category": "done", "after": ["In Review", "In Progress"]},
    {"name": "Won't Do", "category": "done", "resolution": "Won't Do", "after": ["To Do"]},
]
SEED: Mapping[str, Any] = {
    "users": [
        {"account_id": BOT, "name": "Afteraction", "email": JIRA_USER, "token": "sandbox-jira-token", "bot": True},
        {"account_id": "712020:dana", "name": "Dana Okafor", "email": "dana.okafor@acme.example"},
    ],
    "projects": [
        {"key": "PAY", "name": "Payments", "issue_types": ["Task", "Epic", "Sub-task"]},
        {"key": "STEP", "name": "Step by step", "statuses": STEP_BY_STEP},
        {"key": "ENDLESS", "name": "Without an end", "statuses": [{"name": "Open", "category": "new"}]},
        {
            "key": "WHY",
            "name": "Asks why at the end",
            "resolution_required": True,
            "fields": [{"id": REASON, "name": "Reason"}],
            "statuses": [
                {"name": "Open", "category": "new"},
                {"name": "Closed", "category": "done", "needs": [REASON]},
            ],
        },
        {"key": "OLD", "name": "Archived", "archived": True},
        {"key": "OPEN", "name": "Open to the world", "public": True},
        {
            "key": "RISK",
            "name": "Risks",
            "fields": [
                {"id": "customfield_1", "name": "Class", "kind": "option", "required": True, "options": ["Low", "High"]}
            ],
        },
        {"key": "READ", "name": "Read only", "denied": {BOT: ["CREATE_ISSUES", "TRANSITION_ISSUES"]}},
    ],
}


def sandbox_of(folder: Path, jira: Mapping[str, Any] = SEED) -> Sandbox:
    seed = folder / "seed.json"
    seed.write_text(json.dumps({"jira": jira}), encoding="utf-8")
    return Sandbox(SandboxOptions(port=0, smtp_port=None, seed_file=seed))


def tracker(url: str, **more: Any) -> JiraTracker:
    assert CONNECTOR.tracker is not None
    table = {"api_url": url, "token_env": "JIRA_TOKEN", "overlap_seconds": 0, **more}
    made = CONNECTOR.tracker.make("jira-main", CONNECTOR.tracker.settings(table))
    assert isinstance(made, JiraTracker)
    return made


def cloud(sandbox: Sandbox, **more: Any) -> JiraTracker:
    return tracker(f"{sandbox.url}/jira", user=JIRA_USER, **more)


def data_center(sandbox: Sandbox, **more: Any) -> JiraTracker:
    return tracker(f"{sandbox.url}/jira-dc", deployment="data_center", **more)


def calls(sandbox: Sandbox, name: str = "jira") -> dict[str, int]:
    routes = sandbox.world.stats.report()["requests"].get(name, {"routes": {}})["routes"]
    return {route: sum(outcomes.values()) for route, outcomes in routes.items()}


def act(sandbox: Sandbox, key: str, name: str = "jira", **wanted: Any) -> None:
    """A person does something to an issue."""
    answer = sandbox.app.test_client().post(f"/_sandbox/{name}/issues/{key}", json=wanted)
    assert answer.status_code == 200, answer.text

"""What a tool's own list holds reaches the tracker, from the tool's stand-in over real HTTP, announced or not."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from connectors.sandbox.running import Sandbox
from service.usecases.survey import survey
from service.usecases.sweep_sources import sweep_sources
from tests.support.house import ROUTES, House
from tests.usecases.surroundings import OpenHouse, Outside, items_of, shown

DAYS_AGO = (datetime.now(UTC) - timedelta(days=2)).isoformat(timespec="seconds")
Put = Callable[[Sandbox, Path], None]


def in_pagerduty(sandbox: Sandbox, _: Path) -> None:
    shelves = sandbox.world.sources["pagerduty"]
    shelves.put("incidents", "P1", {"id": "P1", "title": "T", "status": "resolved", "created_at": DAYS_AGO})
    shelves.put("reviews", "P1", {"title": "Checkout down", "status": "completed", "sections": []})
    shelves.put("action_items", "A1", {"id": "A1", "incident_id": "P1", "name": "Add an alert", "status": "incomplete"})


def in_grafana(sandbox: Sandbox, _: Path) -> None:
    task = {"taskID": "T1", "text": "Add an alert", "status": "todo"}
    incident = {"incidentID": "1", "title": "Checkout down", "status": "resolved", "createdTime": DAYS_AGO}
    sandbox.world.sources["grafana"].put("incidents", "1", {**incident, "taskList": {"tasks": [task]}})


def in_confluence(sandbox: Sandbox, _: Path) -> None:
    storage = (
        "<h2>Action items</h2><ac:task-list><ac:task><ac:task-body>Add an alert</ac:task-body></ac:task></ac:task-list>"
    )
    page = {"id": "1", "title": "Checkout down", "status": "current", "labels": ["postmortem-final"]}
    sandbox.world.sources["confluence"].put("pages", "1", {**page, "storage": storage, "version_at": DAYS_AGO})


def in_a_repository(sandbox: Sandbox, _: Path) -> None:
    shelves = sandbox.world.sources["repository"]
    shelves.put(
        "commits", "b" * 40, {"files": {"checkout.md": "# Checkout down\n\n## Action items\n\n- Add an alert\n"}}
    )
    shelves.put("branches", "main", {"sha": "b" * 40})


def in_a_folder(_: Sandbox, folder: Path) -> None:
    (folder / "checkout.md").write_text("# Checkout down\n\n## Action items\n\n- Add an alert\n")


TOOLS: dict[str, tuple[Put, str]] = {
    "pagerduty": (in_pagerduty, 'type = "pagerduty"\napi_url = "{sandbox}/pagerduty"'),
    "grafana": (in_grafana, 'type = "grafana"\napi_url = "{sandbox}/grafana"'),
    "confluence": (in_confluence, 'type = "confluence"\nurl = "{sandbox}/confluence"'),
    "repository": (
        in_a_repository,
        'type = "markdown"\nrepository = "acme/handbook"\napi_url = "{sandbox}/repository"',
    ),
    "folder": (in_a_folder, 'type = "markdown"\ndirectory = "{folder}"'),
}


@pytest.fixture(params=TOOLS)
def tool(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def place(tmp_path: Path) -> Path:
    found = tmp_path / "documents"
    found.mkdir()
    return found


@pytest.fixture
def house(opened: OpenHouse, outside: Outside, place: Path, tool: str, monkeypatch: pytest.MonkeyPatch) -> House:
    monkeypatch.setenv("TOOL_TOKEN", f"sandbox-{tool}-token")
    monkeypatch.setenv("TOOL_HOOK", "a secret")
    outside.sandbox.world.reset(["sources"])
    outside.sandbox.world.sources["repository"].put("commits", "a" * 40, {"files": {}})
    outside.sandbox.world.sources["repository"].put("branches", "main", {"sha": "a" * 40})
    keys = "" if tool == "folder" else '\ntoken_env = "TOOL_TOKEN"\nwebhook_secret_env = "TOOL_HOOK"'
    table = TOOLS[tool][1].replace("{sandbox}", outside.sandbox.url).replace("{folder}", str(place))
    return opened(routes=f"{ROUTES}\n[sources.tool]\n{table}{keys}\n")


def sweep(house: House) -> None:
    sweep_sources(house.components)
    house.work()


def missed(house: House) -> int:
    return next(line.missed for line in survey(house.components).health if line.name == "tool")


def test_what_nobody_announced_becomes_an_issue_once_and_is_counted_where_it_should_have_been_announced(
    house: House, outside: Outside, place: Path, tool: str
) -> None:
    sweep(house)
    assert items_of(house) == []
    TOOLS[tool][0](outside.sandbox, place)
    house.pass_time(days=1, minutes=1)
    sweep(house)
    assert [(item.title, item.state.value) for item in items_of(house)] == [("Add an alert", "open")]
    house.pass_time(days=1, minutes=1)
    sweep(house)
    titles: list[Any] = [issue["title"] if "title" in issue else issue["summary"] for issue in shown(house)]
    assert len(titles) == 1
    assert missed(house) == (0 if tool == "folder" else 1)


def test_what_the_check_says_of_a_tool_that_is_well_is_nothing(house: House) -> None:
    assert list(house.components.sources["tool"].check()) == []

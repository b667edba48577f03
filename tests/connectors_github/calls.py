"""What the tests of the GitHub connector share: trackers of several kinds, and what the stand-in counted."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from typing import Any

from connectors.github import CONNECTOR
from connectors.github.tracker import GithubTracker
from connectors.sandbox.running import Sandbox
from connectors.spi import IssueDraft, Place, Reading

PAYMENTS = Place("acme/payments")
START = datetime(2020, 1, 1, tzinfo=UTC)


def tracker(url: str | None = None, **more: Any) -> GithubTracker:
    assert CONNECTOR.tracker is not None
    way_in = {} if "app_id" in more else {"token_env": "GITHUB_TOKEN"}
    table = {**way_in, **({"api_url": url} if url else {}), **more}
    made = CONNECTOR.tracker.make("github-main", CONNECTOR.tracker.settings(table))
    assert isinstance(made, GithubTracker)
    return made


def cloud(sandbox: Sandbox, **more: Any) -> GithubTracker:
    return tracker(f"{sandbox.url}/github/api/v3", **more)


def enterprise(sandbox: Sandbox, **more: Any) -> GithubTracker:
    return tracker(f"{sandbox.url}/ghes/api/v3", **more)


def draft(marker: str = "m1", **more: Any) -> IssueDraft:
    return IssueDraft(f"Do {marker}", "It **fell over**.", marker, **more)


def calls(sandbox: Sandbox) -> dict[str, int]:
    routes = sandbox.world.stats.report()["requests"].get("github", {"routes": {}})["routes"]
    return {route.replace("/repos/{owner}/{name}", ""): sum(found.values()) for route, found in routes.items()}


def act(sandbox: Sandbox, path: str, **change: Any) -> None:
    answered = sandbox.app.test_client().post(f"/_sandbox/github/{path}", json=change)
    assert answered.status_code < 300, answered.text


def control(sandbox: Sandbox, where: str, /, **change: Any) -> None:
    answered = sandbox.app.test_client().post(f"/_sandbox/{where}", json=change)
    assert answered.status_code < 300, answered.text


def issue(sandbox: Sandbox, key: str) -> dict[str, Any]:
    """An issue as the stand-in has it."""
    found: list[dict[str, Any]] = sandbox.app.test_client().get("/_sandbox/issues.json").get_json()["github"]
    return next(each for each in found if each["key"] == key)


def followed(github: GithubTracker, cursor: str | None, now: datetime | None = None) -> tuple[list[Reading], str]:
    """Every page of the repository's changes, and the cursor after the last."""
    (feed,) = github.feeds([PAYMENTS.name])
    found: list[Reading] = []
    for _ in range(20):
        page = github.changes(feed, cursor, now or datetime.now(UTC))
        found += page.readings
        cursor = page.cursor
        if not page.more:
            return found, cursor
    raise AssertionError("the feed never ends")


def later(minutes: float = 5) -> datetime:
    return datetime.now(UTC) + timedelta(minutes=minutes)


def refs(readings: Iterable[Reading]) -> set[str]:
    return {each.issue.ref for each in readings}

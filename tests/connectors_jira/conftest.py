from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.connectors.conftest import jira, sandbox, secrets
from tests.connectors_jira import published

__all__ = ["jira", "sandbox", "secrets"]


@pytest.fixture(autouse=True)
def _as_published(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Every request to a Jira Cloud is what Atlassian's description allows, where the description is there."""
    about_cloud = "data_center" not in request.module.__name__ and "jira820" not in request.module.__name__
    if not about_cloud or not published.WHEEL.exists():
        yield
        return
    with published.looked_at(monkeypatch) as seen:
        yield
    assert seen.faults == []

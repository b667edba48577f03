"""A test of a contract's suite is green, or skipped as a gap that its counterpart declares: nothing lies between."""

from __future__ import annotations

from collections.abc import Generator

import pytest

from connectors.conformance.asking import TrackerSuite


def undeclared(item: pytest.Item, when: str) -> str | None:
    """What is wrong with a skipped test, if anything. Before it began, a missing system package may skip it too."""
    suite = getattr(item, "cls", None)
    if suite is None or not issubclass(suite, TrackerSuite):
        return None
    name = getattr(item, "originalname", item.name)
    if name in suite.counterpart.gaps or (when == "setup" and item.get_closest_marker("system")):
        return None
    return f"{item.name} was skipped, and {suite.counterpart.title} does not declare it as a gap."


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    report = yield
    if report.skipped and (why := undeclared(item, call.when)):
        report.outcome, report.longrepr = "failed", why
    return report

"""Before each tracker, workers are killed around its commits: each item has its one issue, unless it is a naive one."""

from __future__ import annotations

import itertools
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from connectors.sandbox.options import SandboxOptions
from connectors.sandbox.running import Sandbox
from tests.drill.one_tracker import KILLS_EACH, LATER_KILLS, drill
from tests.drill.run import POINTS
from tests.drill.trackers import (
    DATA_CENTER,
    ENTERPRISE,
    GITHUB,
    GITLAB,
    JIRA,
    REDMINE,
    Counterpart,
    Kind,
    RealRedmine,
    StandIn,
)
from tests.support.kill_proxy import kill_proxy
from tests.support.redmine import Redmine

pytestmark = pytest.mark.drill

NAIVE = [sys.executable, "-m", "tests.drill.naive_worker"]
numbers = itertools.count(1)


@pytest.fixture(scope="module")
def sandbox() -> Iterator[Sandbox]:
    with Sandbox(SandboxOptions(port=0, smtp_port=None, allow_kills=True)) as running:
        yield running


CASES = [
    pytest.param((JIRA, "sqlite"), id="jira-cloud"),
    pytest.param((DATA_CENTER, "sqlite"), id="jira-data-center"),
    pytest.param((GITHUB, "postgresql"), id="github", marks=pytest.mark.system),
    pytest.param((ENTERPRISE, "sqlite"), id="github-enterprise"),
    pytest.param((GITLAB, "postgresql"), id="gitlab", marks=pytest.mark.system),
    pytest.param((REDMINE, "sqlite"), id="redmine"),
    pytest.param((None, "sqlite"), id="redmine-itself", marks=pytest.mark.system),
]


@pytest.fixture(params=CASES)
def case(request: pytest.FixtureRequest) -> tuple[Kind | None, str]:
    """What the sandbox plays, or None for Redmine itself; and the ledger's database."""
    found: tuple[Kind | None, str] = request.param
    return found


@pytest.fixture
def database(case: tuple[Kind | None, str]) -> str:
    return case[1]


@pytest.fixture
def counterpart(case: tuple[Kind | None, str], request: pytest.FixtureRequest) -> Iterator[Counterpart]:
    if case[0] is not None:
        yield StandIn(request.getfixturevalue("sandbox"), case[0])
        return
    redmine: Redmine = request.getfixturevalue("redmine")
    with kill_proxy("redmine", redmine.port) as (url, kills):
        yield RealRedmine(redmine, f"drill-{next(numbers)}", url, kills)


def test_kills_around_each_commit_lose_nothing_and_double_nothing(
    counterpart: Counterpart, database_url: str, tmp_path: Path
) -> None:
    outcome = drill(tmp_path, database_url, counterpart)
    sys.stderr.write(f"{outcome}\n")
    assert not outcome.verdict.faults
    assert outcome.verdict.repeated == 0
    assert sorted(outcome.linked) == sorted(outcome.keys)
    assert outcome.kills == dict.fromkeys(POINTS, KILLS_EACH)
    assert outcome.later == {**dict.fromkeys(POINTS, 0), **LATER_KILLS}


def test_the_same_connector_without_its_recipe_makes_duplicates_in_the_same_drill(
    counterpart: Counterpart, database_url: str, tmp_path: Path
) -> None:
    outcome = drill(tmp_path, database_url, counterpart, worker=NAIVE, revised=False)
    sys.stderr.write(f"{outcome}\n")
    assert not outcome.verdict.lost
    # Every kill behind the commit leaves an issue that a naive connector makes again.
    assert outcome.verdict.repeated >= outcome.kills["on_arrival"] + outcome.kills["after_commit"] > 0

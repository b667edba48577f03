"""What is skipped in a suite, and what is declared, are the same: else it is red."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.house.rooms import ROOT

CONFTEST = "from tests.support.gaps import pytest_runtest_makereport\n"
SUITE = """
import pytest
from connectors.conformance.asking import TrackerSuite
from connectors.conformance.counterpart import TrackerBench

class Bench(TrackerBench):
    title = "Somebody"
    gaps = {gaps}

Bench.__abstractmethods__ = frozenset()

{mark}
class TestSomebody(TrackerSuite):
    counterpart = Bench

    @pytest.fixture
    def bench(self):
        {first}
        return Bench()

    def test_that_holds(self, bench):
        pass

    def test_that_skips(self, bench):
        {then}
"""
SYSTEM, SKIP = "@pytest.mark.system", 'pytest.skip("somehow")'


@pytest.mark.parametrize(
    ("gaps", "mark", "first", "then", "outcome"),
    [
        ({}, "", "pass", "pass", "2 passed"),
        ({"test_that_skips": "it cannot"}, "", "pass", SKIP, "1 passed, 1 skipped"),
        ({}, "", "pass", SKIP, "1 failed, 1 passed"),
        ({}, SYSTEM, "pass", SKIP, "1 failed, 1 passed"),
        ({}, SYSTEM, SKIP, "pass", "2 skipped"),
        ({}, "", SKIP, "pass", "2 errors"),
        ({"test_that_is_gone": "it cannot"}, "", "pass", "pass", "2 errors"),
    ],
    ids=["no gap", "declared", "undeclared", "undeclared there", "not there", "not there unmarked", "of no test"],
)
def test_what_is_skipped_is_declared_and_what_is_declared_is_there(
    tmp_path: Path, gaps: dict[str, str], mark: str, first: str, then: str, outcome: str
) -> None:
    (tmp_path / "conftest.py").write_text(CONFTEST)
    (tmp_path / "test_it.py").write_text(SUITE.format(gaps=gaps, mark=mark, first=first, then=then))
    command = [
        sys.executable,
        "-m",
        "pytest",
        "-q",
        "-p",
        "no:cacheprovider",
        "-p",
        "no:hypothesispytest",
        "-W",
        "ignore",
    ]
    environ = {**os.environ, "PYTHONPATH": str(ROOT)}
    told = subprocess.run(command, cwd=tmp_path, env=environ, capture_output=True, text=True, check=False)
    assert told.stdout.strip().splitlines()[-1].startswith(f"{outcome} in"), told.stdout

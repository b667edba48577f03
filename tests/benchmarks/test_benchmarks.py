"""Each benchmark runs, at a size that says nothing of speed; what it prints can be read."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from benchmarks.__main__ import BENCHMARKS, main
from benchmarks.databases import Databases, databases
from benchmarks.figures import Figure, at_least, at_most, figure, percentile, table
from benchmarks.plan import Plan


@pytest.fixture(scope="module")
def places() -> Iterator[Databases]:
    with databases(with_postgresql=False) as found:
        yield found


@pytest.mark.parametrize("name", BENCHMARKS)
def test_a_benchmark_runs(name: str, places: Databases) -> None:
    figures = list(BENCHMARKS[name](Plan(places, tiny=True)))
    assert figures
    assert all(each.name.startswith(f"{name}: ") and each.how and each.n for each in figures)
    assert BENCHMARKS[name].__doc__


TITLES = ("Jira Cloud", "Jira Data Center", "github.com", "GitHub Enterprise Server", "GitLab", "Redmine")
COSTS = {
    **{f"creation, {title}": 1 for title in TITLES},
    **{f"nothing changed, {title}": 1 for title in TITLES},
    **{f"full sweep, {title}": 1 for title in TITLES},
    **{f"creation and link, {title}": 2 for title in TITLES[:2]},
    **{f"creation under a parent, {title}": 1 for title in (*TITLES[:2], "Redmine")},
    "creation under a parent, github.com": 2,
    **{f"creation, then a parent, {title}": 2 for title in TITLES[:3]},
    "creation, then a parent, Redmine": 4,
    **{f"nothing changed, not answered 304, {title}": 0 for title in TITLES[2:4]},
    "nothing changed in 2 places, github.com": 2,
    "nothing changed in 2 places, not answered 304, github.com": 0,
    "full sweep in 2 places, github.com": 1,
    "nothing changed in 3 places, GitLab": 1,
    "full sweep in 3 places, GitLab": 3,
}


def test_the_calls_to_each_target_are_counted_and_within_their_bars(places: Databases) -> None:
    figures = list(BENCHMARKS["costs"](Plan(places, tiny=True)))
    assert {each.name.removeprefix("costs: "): each.value for each in figures} == COSTS
    assert all(each.holds for each in figures)


def test_the_window_of_each_target_is_measured_by_every_write(places: Databases) -> None:
    figures = list(BENCHMARKS["window"](Plan(places, tiny=True)))
    assert {each.name.removeprefix("window: "): each.n for each in figures} == dict.fromkeys(TITLES, 3)
    assert all(each.least is not None and each.least > 0 for each in figures)


def test_figures_are_written_as_a_table_and_as_json(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def quick(_plan: Plan) -> Iterator[Figure]:
        """Nothing."""
        yield at_least(figure("quick: done", [3.0, 1.0, 2.0], "s", "by hand"), 2.5)

    monkeypatch.setattr("benchmarks.__main__.BENCHMARKS", {"quick": quick})
    file = tmp_path / "figures.json"
    assert main(["quick", "--sqlite-only", "--json", str(file)]) == 1, "a bar does not hold"
    printed = capsys.readouterr().out
    assert "quick: done" in printed
    assert "NO" in printed
    assert "quick: by hand" in printed
    [document] = json.loads(file.read_text())
    assert (document["value"], document["least"], document["most"], document["n"]) == (2.0, 1.0, 3.0, 3)


def test_a_percentile_is_one_of_the_samples() -> None:
    samples = [float(number) for number in range(1, 101)]
    assert percentile(samples, 0.99) == 99.0
    assert percentile(samples, 0.5) == 50.0
    assert percentile([7.0], 0.99) == 7.0


def test_a_bar_on_the_99th_percentile_counts_the_slowest_of_few() -> None:
    assert at_most(figure("few", [1.0, 1.0, 9.0], "ms", ""), 2.0, p99=8.0).holds is False
    assert at_most(figure("many", [1.0] * 99 + [9.0], "ms", ""), 2.0, p99=8.0).holds is True
    assert at_most(figure("slow", [3.0], "ms", ""), 2.0).holds is False


def test_a_table_of_nothing_has_its_heads() -> None:
    assert table([]).startswith("figure")

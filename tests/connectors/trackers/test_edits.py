"""What a person writes at the very moment at which we write: kept wherever the vendor lets it be kept."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from connectors.conformance.asking import DRAFT, create, read
from connectors.spi import Overtaken, Reading
from tests.connectors.trackers.benches import (
    TARGETS,
    EnterpriseBench,
    GithubBench,
    GitlabBench,
    JiraBench,
    JiraDataCenterBench,
    RedmineBench,
    SandboxBench,
)
from tests.support.meanwhile import meanwhile

PutAtBench = Callable[[type[SandboxBench]], SandboxBench]
LOOK, WRITE = ("GET",), ("PUT", "PATCH")
ISSUE = r"/issues?/\d+"
TITLE, BODY = {"title": "Their title"}, {"body": "Their body"}
with_each_target = pytest.mark.parametrize("target", TARGETS, ids=lambda each: each.__name__)
with_each_text = pytest.mark.parametrize("theirs", [TITLE, BODY], ids=["title", "body"])


def written_meanwhile(
    bench: SandboxBench, at: tuple[str, ...], theirs: dict[str, str], ours: tuple[str, str]
) -> tuple[Reading, bool]:
    """A person writes when our request of that method arrives. How the issue reads then, and whether we gave way."""
    made, gave_way = create(bench), False
    with meanwhile(bench.sandbox, at, ISSUE, lambda: bench.writes(made.issue.ref, **theirs)) as seen:
        try:
            bench.tracker.rewrite(made.issue.ref, *ours, DRAFT.marker, [made.text_digest])
        except Overtaken:
            gave_way = True
    assert seen
    return read(bench, made.issue.ref), gave_way


def stands(bench: SandboxBench, found: Reading, theirs: dict[str, str]) -> bool:
    """Whether the issue still says what the person wrote."""
    if "title" in theirs:
        return found.title == theirs["title"]
    before = bench.tracker.text_digest(found.title, "Their body")
    return found.text_digest == before


@with_each_target
@with_each_text
def test_what_is_written_before_our_last_look_stays(
    at_bench: PutAtBench, target: type[SandboxBench], theirs: dict[str, str]
) -> None:
    bench = at_bench(target)
    found, gave_way = written_meanwhile(bench, LOOK, theirs, ("Another title", "Another body"))
    assert (stands(bench, found, theirs), gave_way) == (True, True)


@with_each_target
def test_a_title_that_is_written_while_we_write_the_body_stays(
    at_bench: PutAtBench, target: type[SandboxBench]
) -> None:
    bench = at_bench(target)
    found, _ = written_meanwhile(bench, WRITE, TITLE, (DRAFT.title, "Another body"))
    assert found.title == TITLE["title"]


@with_each_target
def test_a_body_that_is_written_while_we_write_the_title_stays(
    at_bench: PutAtBench, target: type[SandboxBench]
) -> None:
    bench = at_bench(target)
    found, _ = written_meanwhile(bench, WRITE, BODY, ("Another title", DRAFT.body))
    assert stands(bench, found, BODY)


@pytest.mark.parametrize("target", [JiraBench, JiraDataCenterBench, RedmineBench], ids=lambda each: each.__name__)
@with_each_text
def test_what_is_written_between_our_last_look_and_our_write_is_put_back_by_the_history(
    at_bench: PutAtBench, target: type[SandboxBench], theirs: dict[str, str]
) -> None:
    bench = at_bench(target)
    found, gave_way = written_meanwhile(bench, WRITE, theirs, ("Another title", "Another body"))
    assert (stands(bench, found, theirs), gave_way) == (True, True)


@pytest.mark.parametrize("target", [GithubBench, EnterpriseBench, GitlabBench], ids=lambda each: each.__name__)
def test_where_no_history_gives_it_back_the_same_text_written_in_between_is_lost(
    at_bench: PutAtBench, target: type[SandboxBench]
) -> None:
    """The window that docs/limits.md names. Should a vendor offer a condition one day, this fails."""
    bench = at_bench(target)
    found, gave_way = written_meanwhile(bench, WRITE, TITLE, ("Another title", DRAFT.body))
    assert (found.title, gave_way) == ("Another title", False)


@with_each_target
def test_a_text_that_says_what_it_should_is_not_sent_again(at_bench: PutAtBench, target: type[SandboxBench]) -> None:
    bench = at_bench(target)
    made = create(bench)
    with meanwhile(bench.sandbox, ("GET", *WRITE), ISSUE, lambda: None) as seen:
        bench.tracker.rewrite(made.issue.ref, DRAFT.title, DRAFT.body, DRAFT.marker, [made.text_digest])
    assert {each.partition(" ")[0] for each in seen} == {"GET"}

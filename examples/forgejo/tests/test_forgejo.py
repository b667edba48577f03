"""What only Forgejo has, and the suite of every tracker does not ask."""

import json
from collections.abc import Iterator
from dataclasses import replace

import pytest
from bench import ForgejoBench, at_bench

from connectors.conformance.asking import DRAFT, create, read
from connectors.spi import Account, Ignored, Unreadable


@pytest.fixture
def bench(monkeypatch: pytest.MonkeyPatch) -> Iterator[ForgejoBench]:
    with at_bench(monkeypatch) as bench:
        yield bench


def test_repository_that_takes_no_issues_is_told_before_the_first(bench: ForgejoBench) -> None:
    bench.forgejo.settings = {"archived": True, "has_issues": False}
    codes = [each.code for each in bench.tracker.describe(bench.place).findings]
    assert codes == ["forgejo.archived", "forgejo.issues_disabled"]


def test_somebody_who_left_does_not_stand_in_the_way_of_an_issue(bench: ForgejoBench) -> None:
    made = create(bench, replace(DRAFT, assignee=Account("who-left"), labels=("postmortem",)))
    assert made.dropped == ("labels", "assignee")
    assert bench.count() == 1
    stayed = create(bench, replace(DRAFT, assignee=Account("dana")))
    assert read(bench, stayed.issue.ref).assignee == Account("dana", "Dana")


def test_address_of_an_issue_there_makes_no_back_reference(bench: ForgejoBench) -> None:
    made = create(bench, replace(DRAFT, body=f"As in {bench.url}/acme/other/issues/7, in full."))
    (issue,) = bench.forgejo.issues.values()
    assert f"{bench.url}/acme/other/./issues/7," in issue["body"]
    assert read(bench, made.issue.ref).text_digest == made.text_digest


@pytest.mark.parametrize("event", [{"action": "pushed"}, {"issue": {"number": 1}, "is_pull": True}])
def test_webhook_about_something_else_is_ignored(bench: ForgejoBench, event: dict[str, object]) -> None:
    assert isinstance(bench.tracker.touched({}, json.dumps(event).encode()), Ignored)


@pytest.mark.parametrize("body", [b"not json", b'{"issue": {}, "repository": {}}'])
def test_webhook_that_names_no_issue_is_not_understood(bench: ForgejoBench, body: bytes) -> None:
    with pytest.raises(Unreadable):
        bench.tracker.touched({}, body)

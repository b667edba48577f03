"""Whose words an issue says: a person's are never written over, and an upgrade alone writes none of ours."""

from __future__ import annotations

from typing import Any

import pytest

from service.usecases.deliveries import absorb_due
from tests.support.meanwhile import meanwhile
from tests.usecases.everywhere import Standing, standing
from tests.usecases.surroundings import Outside, persist, postmortem, take

__all__ = ["standing"]
THEIRS = {"title": "The team's title", "body": "The team's body"}
CHANGES = (("update_issue", "changes_comment"), ("open_issue", "issue_body"))


def stated(number: int) -> dict[str, Any]:
    return {"id": "A", "title": f"Add {number} alerts", "description": f"Version {number}."}


def test_a_title_and_body_that_a_person_wrote_before_our_update_stay(standing: Standing) -> None:
    take(standing.house, postmortem(revision=1, items=[stated(1)]))
    standing.bench.writes(standing.ref(), **THEIRS)
    before = standing.reading()
    for number in (2, 3):
        take(standing.house, postmortem(revision=number, items=[stated(number)]))
    after = standing.reading()
    assert (after.title, after.text_digest) == (THEIRS["title"], before.text_digest)
    assert standing.comments() == 1


def test_a_title_and_body_that_a_person_writes_while_our_update_is_under_way_stay(standing: Standing) -> None:
    take(standing.house, postmortem(revision=1, items=[stated(1)]))
    standing.house.submit(postmortem(revision=2, items=[stated(2)]))
    absorb_due(standing.house.components, lambda: True)
    ref = standing.ref()
    # The update is decided and claimed; what follows first is its look at the issue.
    looks = r"/issues?/\d+(\.json)?$"
    with meanwhile(standing.bench.sandbox, ("GET",), looks, lambda: standing.bench.writes(ref, **THEIRS)) as seen:
        standing.house.work()
    assert seen
    persist(standing.house, 2)
    assert standing.reading().title == THEIRS["title"]
    take(standing.house, postmortem(revision=3, items=[stated(3)]))
    assert standing.reading().title == THEIRS["title"]
    assert standing.comments() == 1


def test_an_upgrade_with_other_templates_writes_to_no_issue(
    standing: Standing, outside: Outside, monkeypatch: pytest.MonkeyPatch
) -> None:
    for number in (1, 2):
        take(standing.house, postmortem(revision=number, items=[stated(number)]))
    assert standing.comments() == 1
    for module, function in CHANGES:
        monkeypatch.setattr(f"service.usecases.effects.{module}.{function}", lambda *_, **__: "Another template.")
    upgraded = standing.reopened()
    outside.forget_calls()
    take(upgraded, postmortem(revision=2, items=[stated(2)]), key="again")
    take(upgraded, postmortem(revision=3, items=[stated(2)]))
    for seconds in (61, 3700):
        upgraded.pass_time(seconds=seconds)
        while upgraded.reconcile():
            pass
        persist(upgraded, 2)
    assert outside.calls(standing.bench.stand_in) > 0, "it looked"
    assert outside.changing_calls() == []


def test_what_an_upgrade_left_alone_is_written_once_a_fact_changes(
    standing: Standing, monkeypatch: pytest.MonkeyPatch
) -> None:
    take(standing.house, postmortem(revision=1, items=[stated(1)]))
    monkeypatch.setattr("service.usecases.effects.open_issue.issue_body", lambda *_: "Another template.")
    upgraded = standing.reopened()
    take(upgraded, postmortem(revision=2, items=[stated(2)]))
    tracker = standing.bench.tracker
    assert standing.reading().text_digest == tracker.text_digest("Add 2 alerts", "Another template.")

"""What the contract's suite cannot ask of `jira820`, because the key stands in for our ref."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest
import requests

from connectors.conformance.counterpart import TrackerBench
from connectors.conformance.fault_proxy import FaultProxy
from connectors.conformance.tracker import TrackerConformance
from connectors.spi import AccessDenied, Category, IssueDraft, Place, Rejected
from tests.connectors_jira.jira820 import TOKEN, Jira820Bench, jira820
from tests.connectors_jira.made import PAY, tracker

pytestmark = pytest.mark.system

START = datetime(2020, 1, 1, tzinfo=UTC)
DRAFT = IssueDraft("Add a limit", "**Why**: it fell over.", "abc123", ("post mortem",), "p1", date(2026, 12, 1))
__all__ = ["jira820"]


class TestJira820(TrackerConformance):
    counterpart = Jira820Bench

    @pytest.fixture
    def bench(self, jira820: FaultProxy, monkeypatch: pytest.MonkeyPatch) -> TrackerBench:
        monkeypatch.setenv("JIRA_TOKEN", TOKEN)
        return Jira820Bench(jira820)


@pytest.fixture
def dc(jira820):
    return tracker(jira820.url, deployment="data_center")


def test_issue_is_created_with_all_its_fields_and_found_by_its_label(dc):
    made = dc.create(PAY, DRAFT)
    assert made.dropped == ()
    (found,) = dc.find(PAY, "abc123", START)
    assert found.issue == made.issue
    assert (found.title, found.text_digest, found.markers) == ("Add a limit", made.text_digest, ("abc123",))
    assert (found.priority, found.due_on, found.category) == ("High", date(2026, 12, 1), Category.TODO)
    assert found.labels == ("afteraction", "pm-abc123", "post-mortem")
    assert dc.find(PAY, "never", START) == ()
    looked_up = dc.look_up(made.issue.url)
    assert looked_up is not None
    assert looked_up.issue == made.issue


def test_issue_walks_the_workflow_there_and_back_with_its_resolution(dc):
    key = dc.create(PAY, IssueDraft("Walk", "b", "walk")).issue.key
    for to, status in (
        (Category.DOING, "In Progress"),
        (Category.DONE, "Done"),
        (Category.TODO, "Open"),
        (Category.DECLINED, "Done"),
    ):
        assert dc.transition(key, to) == status
        (reading,) = dc.find(PAY, "walk", START)
        assert reading.category is to
    assert reading.status == "Done (Won't Do)"


def test_comment_is_found_by_its_marker_and_edited_in_place(dc):
    key = dc.create(PAY, DRAFT).issue.key
    first = dc.comment(key, "c1", "The date **moved**.", None)
    assert dc.comments_with(key, "c1") == (first,)
    assert dc.comment(key, "c1", "Twice.", first) == first
    assert dc.comments_with(key, "c1") == (first,)


def test_text_is_rewritten_and_the_link_put_beside_it(dc, jira820):
    key = dc.create(PAY, IssueDraft("Old", "b", "text")).issue.key
    made = dc.rewrite(key, "New", "other *text*", "text")
    (reading,) = dc.find(PAY, "text", START)
    assert (reading.title, reading.text_digest) == ("New", made.text_digest)
    for revision in (1, 2):
        dc.link(key, "postmortem:1", f"https://pm.example/?revision={revision}", "The postmortem")
    (link,) = requests.get(f"{jira820.url}/rest/api/2/issue/{key}/remotelink", timeout=5).json()
    assert link["object"]["url"] == "https://pm.example/?revision=2"


def test_duplicate_is_closed_and_linked(dc):
    kept = dc.create(PAY, IssueDraft("Kept", "b", "kept")).issue
    copy = dc.create(PAY, IssueDraft("Copy", "b", "copy")).issue
    dc.close_as_duplicate(copy.key, kept, "The same.")
    (reading,) = dc.find(PAY, "copy", START)
    assert (reading.category, reading.duplicate_of) == (Category.DECLINED, kept.ref)


def test_unknown_project_and_type_are_refused(dc):
    with pytest.raises(Rejected) as refusal:
        dc.create(Place("PAY", "Saga"), DRAFT)
    assert refusal.value.code == "jira.issuetype_refused"
    with pytest.raises(AccessDenied) as denied:
        dc.create(Place("NOPE"), DRAFT)
    assert denied.value.code == "jira.place_missing"

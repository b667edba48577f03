from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import responses

from connectors.sandbox.running import Sandbox
from connectors.spi import Category, IssueDraft, Missing, OutcomeUnknown, Place, Rejected
from tests.connectors_jira.made import DRAFT, PAY, REASON, act, calls, cloud, data_center, sandbox_of, tracker

STEPS = {"done": ["In Progress", "In Review", "Done"]}


@pytest.fixture
def strict(tmp_path: Path) -> Iterator[Sandbox]:
    with sandbox_of(tmp_path) as running:
        yield running


@pytest.mark.parametrize("make", [cloud, data_center])
def test_issue_is_moved_by_the_one_step_that_leads_to_the_category(sandbox, make):
    jira = make(sandbox)
    ref = jira.create(PAY, DRAFT).issue.ref
    for to, status in (
        (Category.DOING, "In Progress"),
        (Category.DONE, "Done"),
        (Category.TODO, "To Do"),
        (Category.DECLINED, "Won't Do"),
    ):
        assert jira.transition(ref, to) == status
        (reading,) = jira.read([ref]).readings
        assert reading.category is to


def test_issue_that_is_there_already_is_left_alone(sandbox, jira):
    ref = jira.create(PAY, DRAFT).issue.ref
    jira.transition(ref, Category.DONE)
    sandbox.world.stats.clear()
    assert jira.transition(ref, Category.DONE) == "Done"
    assert calls(sandbox) == {"GET /issue/{key}": 1}


@pytest.mark.complaint("a step that the workflow does not offer leaves an issue half changed")
def test_way_of_several_steps_is_walked_as_the_settings_say(strict):
    """A state that "does not exist or no transition possible": jiralert#169."""
    place = Place("STEP")
    with pytest.raises(Rejected) as refusal:
        cloud(strict).transition(cloud(strict).create(place, DRAFT).issue.ref, Category.DONE)
    assert refusal.value.code == "jira.no_transition"
    assert "In Progress, Won't Do" in refusal.value.sentence
    assert "transitions" in refusal.value.cure
    jira = cloud(strict, transitions=STEPS)
    for start in ("To Do", "In Progress", "In Review"):
        issue = jira.create(place, DRAFT).issue
        act(strict, issue.key, status=start)
        assert jira.transition(issue.ref, Category.DONE) == "Done"


def test_step_that_leads_further_along_the_way_is_taken(strict):
    jira = cloud(strict, transitions=STEPS)
    issue = jira.create(Place("STEP"), DRAFT).issue
    act(strict, issue.key, status="In Progress")
    strict.world.stats.clear()
    jira.transition(issue.ref, Category.DONE)
    assert calls(strict)["POST /issue/{key}/transitions"] == 1


@pytest.mark.complaint("a step that the workflow does not offer leaves an issue half changed")
def test_way_that_the_workflow_does_not_offer_is_refused_before_anything_moves(strict):
    jira = cloud(strict, transitions={"done": ["Approved", "Released"]})
    issue = jira.create(Place("STEP"), DRAFT).issue
    with pytest.raises(Rejected, match="no step that our account may take"):
        jira.transition(issue.ref, Category.DONE)
    assert jira.read([issue.ref]).readings[0].status == "To Do"


@pytest.mark.complaint("declined work is known by one magic word")
def test_resolution_and_required_fields_of_the_last_step_come_from_the_settings(strict):
    place = Place("WHY")
    bare = cloud(strict)
    ref = bare.create(place, DRAFT).issue.ref
    with pytest.raises(Rejected) as refusal:
        bare.transition(ref, Category.DONE)
    assert refusal.value.code == "jira.transition_field_required"
    assert REASON in refusal.value.sentence + refusal.value.cure
    table = {"fields": {REASON: "Measured"}, "resolution": {"declined": "Cannot Reproduce"}}
    jira = cloud(strict, transitions=table)
    assert jira.transition(ref, Category.DONE) == "Closed"
    assert jira.read([ref]).readings[0].category is Category.DONE
    other = jira.create(place, DRAFT).issue.ref
    assert jira.transition(other, Category.DECLINED) == "Closed"
    (reading,) = jira.read([other]).readings
    assert (reading.category, reading.status) == (Category.DECLINED, "Closed (Cannot Reproduce)")


def test_without_settings_declining_takes_the_resolution_that_means_so(strict):
    jira = cloud(strict)
    ref = jira.create(PAY, DRAFT).issue.ref
    jira.transition(ref, Category.DECLINED)
    assert jira.read([ref]).readings[0].status == "Done (Won't Do)"


def test_project_without_an_end_says_so(strict):
    jira = cloud(strict)
    ref = jira.create(Place("ENDLESS"), DRAFT).issue.ref
    for to in (Category.DONE, Category.DECLINED, Category.DOING):
        with pytest.raises(Rejected, match="no step"):
            jira.transition(ref, to)
    with pytest.raises(Rejected, match="no step"):
        jira.close_as_duplicate(ref, jira.create(PAY, DRAFT).issue, "The same.")


def test_account_that_may_not_move_issues_is_told(strict):
    jira = cloud(strict)
    issue = jira.create(PAY, DRAFT).issue
    act(strict, issue.key, move="READ")
    with pytest.raises(Rejected) as refusal:
        jira.transition(issue.ref, Category.DONE)
    assert refusal.value.code == "jira.no_transition"
    assert "none" in refusal.value.sentence


def test_issue_that_is_gone_cannot_be_moved(jira):
    with pytest.raises(Missing):
        jira.transition("99999", Category.DONE)


def test_duplicate_takes_whatever_end_the_workflow_has(strict):
    jira = cloud(strict, transitions={"declined": ["Won't Do"], "fields": {REASON: "See the other"}})
    kept = jira.create(PAY, DRAFT).issue
    for project, status in (
        ("PAY", "Done (Duplicate)"),
        ("STEP", "Won't Do (Duplicate)"),
        ("WHY", "Closed (Duplicate)"),
    ):
        copy = jira.create(Place(project), DRAFT).issue
        jira.close_as_duplicate(copy.ref, kept, "The same.")
        (reading,) = jira.read([copy.ref]).readings
        assert (reading.category, reading.status) == (Category.DECLINED, status)
        assert reading.duplicate_of == kept.ref


@pytest.mark.complaint(
    "what was closed as not planned counts as delivered",
    "declined work is known by one magic word",
)
def test_status_that_means_declined_counts_without_a_resolution():
    """One magic resolution is not enough: jiralert#142. Declined work never counts as delivered: Sync2Jira#170."""
    body = issue("Rejected", "done")
    with responses.RequestsMock() as mock:
        mock.get("https://j.example/rest/api/2/issue/1", json=body)
        assert tracker("https://j.example").transition("1", Category.DECLINED) == "Rejected"


@pytest.mark.parametrize(
    ("shown", "kind", "code"),
    [
        ([{"fields": {}}], OutcomeUnknown, "jira.strange_answer"),
        ([{"id": "1", "fields": {"status": {}}}], OutcomeUnknown, "jira.strange_answer"),
        (None, OutcomeUnknown, "jira.strange_answer"),
    ],
)
def test_answer_that_is_no_issue_is_not_taken_for_one(shown, kind, code):
    with responses.RequestsMock() as mock:
        mock.get("https://j.example/rest/api/2/issue/1", json=shown[0] if shown else [])
        with pytest.raises(kind) as failure:
            tracker("https://j.example").transition("1", Category.DONE)
    assert failure.value.code == code


@pytest.mark.complaint("a step that the workflow does not offer leaves an issue half changed")
def test_move_that_the_workflow_undoes_is_told():
    step = {"id": "31", "name": "Finish", "to": {"name": "Done", "statusCategory": {"key": "done"}}, "fields": {}}
    base = "https://j.example/rest/api/2/issue/1"
    with responses.RequestsMock() as mock:
        mock.get(base, json=issue("To Do", "new"))
        mock.get(f"{base}/transitions", json={"transitions": [step]})
        sent = mock.post(f"{base}/transitions", status=204)
        with pytest.raises(Rejected) as failure:
            tracker("https://j.example").transition("1", Category.DONE)
    assert failure.value.code == "jira.transition_without_effect"
    assert sent.calls[0].request.body == '{"transition": {"id": "31"}}'


def test_issue_is_never_led_back_along_its_way():
    back = {"id": "11", "name": "Back", "to": {"name": "In Progress", "statusCategory": {"key": "indeterminate"}}}
    base = "https://j.example/rest/api/2/issue/1"
    with responses.RequestsMock() as mock:
        mock.get(base, json=issue("In Review", "indeterminate"))
        mock.get(f"{base}/transitions", json={"transitions": [back]})
        with pytest.raises(Rejected) as failure:
            tracker("https://j.example", transitions=STEPS).transition("1", Category.DONE)
    assert failure.value.code == "jira.no_transition"


def test_transitions_that_cannot_be_read_are_not_taken_for_none():
    base = "https://j.example/rest/api/2/issue/1"
    with responses.RequestsMock() as mock:
        mock.get(base, json=issue("To Do", "new"))
        mock.get(f"{base}/transitions", json={})
        with pytest.raises(OutcomeUnknown):
            tracker("https://j.example").transition("1", Category.DONE)


def issue(status: str, category: str) -> dict[str, Any]:
    shown = {"name": status, "statusCategory": {"key": category}}
    return {"id": "1", "key": "PAY-1", "fields": {"status": shown, "resolution": None}}


def test_creation_takes_the_type_and_fields_of_its_draft_over_the_places(strict):
    jira = cloud(strict)
    place = Place("RISK", "Bug", {"customfield_1": {"value": "Low"}})
    draft = IssueDraft("A", "b", "m", fields={"customfield_1": {"value": "High"}}, issue_type="Story")
    jira.create(place, draft)
    (made,) = strict.world.jira.everything()
    assert made.issue_type == "Story"
    assert made.custom["customfield_1"]["value"] == "High"

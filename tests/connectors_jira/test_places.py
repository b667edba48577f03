from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
import responses

from connectors.sandbox.running import Sandbox
from connectors.spi import Account, Missing, Place, PlaceField, Rejected, Unavailable, Visibility
from tests.connectors_jira.made import DRAFT, PAY, REASON, act, calls, cloud, data_center, sandbox_of, tracker


@pytest.fixture
def strict(tmp_path: Path) -> Iterator[Sandbox]:
    with sandbox_of(tmp_path) as running:
        yield running


both = pytest.mark.parametrize("make", [cloud, data_center])


@both
def test_place_is_described_with_types_fields_and_permissions(strict, make):
    described = make(strict).describe(Place("RISK", constants={"customfield_1": {"value": "Low"}}))
    assert described.findings == ()
    assert described.issue_types == ("Task", "Bug", "Story")
    assert "CREATE_ISSUES" in described.permissions
    fields = {each.id: each for each in described.fields}
    assert fields["customfield_1"] == PlaceField("customfield_1", "Class", True, ("Low", "High"), filled=True)
    assert fields["duedate"] == PlaceField("duedate", "Due date")
    assert fields["priority"].allowed == ("Highest", "High", "Medium", "Low", "Lowest")
    assert fields["summary"].filled


@both
def test_field_that_each_issue_gives_by_itself_counts_as_filled(strict, make):
    later = make(strict).describe(Place("RISK", per_issue={"customfield_1": {"value": "{severity}"}}))
    assert (later.findings, later.obstacles) == ((), ())
    assert {each.id: each for each in later.fields}["customfield_1"].filled
    (unknown,) = make(strict).describe(Place("PAY", per_issue={"customfield_2": "{title}"})).obstacles
    assert unknown.code == "jira.field_unknown"


@both
def test_only_what_refuses_every_creation_is_an_obstacle(strict, make):
    assert [each.code for each in make(strict).describe(Place("RISK")).obstacles] == ["jira.field_required"]
    assert [each.code for each in make(strict).describe(Place("PAY", "Saga")).obstacles] == ["jira.issuetype_missing"]
    endless = make(strict).describe(Place("ENDLESS"))
    assert (len(endless.findings), endless.obstacles) == (1, ())


@both
@pytest.mark.parametrize(
    ("place", "code", "words"),
    [
        (Place("NOPE"), "jira.place_missing", "not visible"),
        (Place("OLD"), "jira.project_archived", "Restore"),
        (Place("PAY", "Saga"), "jira.issuetype_missing", "it has Task, Epic, Sub-task"),
        (Place("RISK"), "jira.field_required", 'customfield_1 = { value = "Low" } (one of Low, High)'),
        (Place("RISK", constants={"customfield_1": {"value": "Odd"}}), "jira.option_unknown", "no option Odd"),
        (Place("PAY", constants={"customfield_2": "x"}), "jira.field_unknown", "create screen"),
        (Place("PAY", constants={"priority": {"name": "Urgent"}}), "jira.option_unknown", "Highest, High"),
    ],
)
@pytest.mark.complaint(
    "required fields are met only when an issue is refused",
    "a field that is not on the screen refuses every issue",
    "a wrong project or issue type shows as a bare failure",
)
def test_what_would_make_a_creation_fail_is_found_before_it(strict, make, place, code, words):
    """Required fields nobody mapped, fields not on the screen, wrong types and projects: getsentry/sentry#52779,
    Netflix/dispatch#421, tenable/integration-jira-cloud#108, and Rootly's and FireHydrant's own lists of errors.
    """
    (finding,) = make(strict).describe(place).findings
    assert finding.code == code
    assert words in finding.sentence + finding.cure


def test_option_is_known_by_any_of_its_members(strict):
    for value in ({"id": "101"}, {"value": "Low"}, {"value": "Low", "id": "101"}):
        assert cloud(strict).describe(Place("RISK", constants={"customfield_1": value})).findings == ()
    wrong = Place("RISK", constants={"customfield_1": [{"value": "Low", "id": "102"}, {"value": "High"}]})
    assert [each.code for each in cloud(strict).describe(wrong).findings] == ["jira.option_unknown"]


@both
def test_archived_project_refuses_its_issues_and_keeps_them(strict, make):
    jira = make(strict)
    with pytest.raises(Rejected, match="archived"):
        jira.create(Place("OLD"), DRAFT)


@pytest.mark.complaint("a step that the workflow does not offer leaves an issue half changed")
def test_issue_that_could_not_be_finished_is_found_before_its_time(strict):
    for project, code in (("STEP", "jira.no_transition"), ("WHY", "jira.transition_field_required")):
        jira, place = cloud(strict), Place(project)
        assert jira.describe(place).findings == ()
        jira.create(place, DRAFT)
        (finding,) = jira.describe(place).findings
        assert finding.code == code
        assert "transitions" in finding.cure


@both
def test_workflow_without_an_end_is_found_before_there_is_an_issue(strict, make):
    (finding,) = make(strict).describe(Place("ENDLESS")).findings
    assert finding.code == "jira.no_transition"
    assert "no status of Task in ENDLESS is an end (there are Open)" in finding.sentence


def test_settings_for_the_workflow_make_the_finding_go_away(strict):
    place = Place("STEP")
    cloud(strict).create(place, DRAFT)
    assert [each.code for each in cloud(strict).describe(place).findings] == ["jira.no_transition"]
    right, wrong = {"done": ["In Progress", "Done"]}, {"done": ["Approved", "Done"]}
    assert cloud(strict, transitions=right).describe(place).findings == ()
    assert [each.code for each in cloud(strict, transitions=wrong).describe(place).findings] == ["jira.no_transition"]
    cloud(strict).create(Place("WHY"), DRAFT)
    filled = {"fields": {REASON: "Measured"}}
    assert cloud(strict, transitions=filled).describe(Place("WHY")).findings == ()


def test_rehearsal_of_the_end_moves_nothing(strict):
    jira = cloud(strict)
    ref = jira.create(PAY, DRAFT).issue.ref
    jira.describe(PAY)
    assert jira.read([ref]).readings[0].status == "To Do"
    assert "POST /issue/{key}/transitions" not in calls(strict)


@both
def test_lacking_permissions_are_each_named(strict, make):
    described = make(strict).describe(Place("READ"))
    assert [each.code for each in described.findings] == ["jira.permission_missing"] * 2
    assert "CREATE_ISSUES" in described.findings[0].sentence
    assert described.visibility is Visibility.INTERNAL


@both
def test_public_project_is_known_as_one(strict, make):
    assert make(strict).describe(Place("OPEN")).visibility is Visibility.PUBLIC
    assert make(strict).describe(PAY).visibility is Visibility.INTERNAL


@responses.activate
def test_behind_atlassians_gateway_the_site_itself_is_asked_what_the_public_sees():
    gateway, site = "https://api.atlassian.com/ex/jira/11-22", "https://acme.atlassian.net"
    base = f"{gateway}/rest/api/2"
    seen = responses.get(f"{site}/rest/api/2/project/PAY", json={})
    responses.get(f"{base}/project/PAY", json={"key": "PAY"})
    responses.get(f"{base}/mypermissions", json={"permissions": {}})
    responses.get(f"{base}/issue/createmeta/PAY/issuetypes", json={"issueTypes": [], "total": 0})
    jira = tracker(gateway, user="bot@acme.example", browse_url=site)
    assert jira.describe(PAY).visibility is Visibility.PUBLIC
    assert "Authorization" not in seen.calls[0].request.headers
    made = responses.post(f"{base}/issue", json={"id": "1", "key": "PAY-1"}, status=201)
    assert jira.create(PAY, DRAFT).issue.url == f"{site}/browse/PAY-1"
    assert made.calls[0].request.headers["Authorization"].startswith("Basic ")


@pytest.mark.parametrize("path", ["/mypermissions", "/search", "/statuses"])
def test_what_a_creation_does_not_need_is_a_finding_while_jira_does_not_tell_it(strict, path):
    if path == "/search":
        cloud(strict).create(PAY, DRAFT)
    strict.world.faults.add({"tracker": "jira", "kind": "error_before", "status": 503, "path": path})
    described = cloud(strict).describe(PAY)
    assert [each.code for each in described.findings] == ["jira.server_error"]
    assert (described.visibility, described.obstacles) == (Visibility.INTERNAL, ())
    assert {"summary", "duedate"} <= {each.id for each in described.fields}


@pytest.mark.parametrize("path", ["/project/PAY$", "/issuetypes$", "/issuetypes/"])
def test_place_is_not_described_while_jira_does_not_tell_what_a_creation_needs(strict, path):
    strict.world.faults.add({"tracker": "jira", "kind": "error_before", "status": 503, "path": path})
    with pytest.raises(Unavailable):
        cloud(strict).describe(PAY)


def test_jira_that_asks_for_fewer_requests_is_not_asked_further(strict):
    strict.world.faults.add({"tracker": "jira", "kind": "rate_limited", "retry_after": 7, "path": "/mypermissions"})
    with pytest.raises(Unavailable) as failure:
        cloud(strict).describe(PAY)
    assert failure.value.retry_after == 7


@both
@pytest.mark.complaint("an archived issue counts as absent and is made again")
def test_archived_issue_is_neither_gone_nor_searched_and_is_said_to_be_archived(strict, make):
    """An archived issue that counted as absent was made again: Sync2Jira's get_existing_jira_issue."""
    jira, name = make(strict), "jira" if make is cloud else "jira-dc"
    issue = jira.create(PAY, DRAFT).issue
    act(strict, issue.key, name, archive=True)
    sweep = jira.read([issue.ref])
    assert sweep.gone == ()
    assert sweep.readings[0].status == "To Do (archived)"
    with pytest.raises(Rejected, match="archived"):
        jira.rewrite(issue.ref, "New", "text", "abc123")


@both
@pytest.mark.complaint("an issue that is moved changes all its names at once")
def test_moved_issue_keeps_its_ref_and_shows_its_new_key(strict, make):
    """A move changes key, project, type and status in one event."""
    jira, name = make(strict), "jira" if make is cloud else "jira-dc"
    issue = jira.create(PAY, DRAFT).issue
    act(strict, issue.key, name, move="STEP")
    sweep = jira.read([issue.ref])
    assert (sweep.gone, sweep.moved) == ((), {})
    (reading,) = sweep.readings
    assert (reading.issue.ref, reading.issue.key, reading.issue.place) == (issue.ref, "STEP-1", "STEP")
    found = jira.look_up(issue.url)
    assert found is not None
    assert found.issue.key == "STEP-1"


@both
def test_deleted_issue_is_gone_and_no_other_is_shown_in_its_place(strict, make):
    jira, name = make(strict), "jira" if make is cloud else "jira-dc"
    kept, lost = (jira.create(PAY, DRAFT).issue for _ in range(2))
    act(strict, lost.key, name, delete=True)
    sweep = jira.read([kept.ref, lost.ref])
    assert [each.issue.ref for each in sweep.readings] == [kept.ref]
    assert sweep.gone == (lost.ref,)
    with pytest.raises(Missing):
        jira.comment(lost.ref, "m", "text", None)


@both
def test_whoever_may_not_be_assigned_in_the_project_is_told_by_name(strict, make):
    jira = make(strict)
    site, key = (strict.world.jira, "712020:dana") if make is cloud else (strict.world.jira_dc, "dana.okafor")
    accounts = [Account(key, "Dana Okafor"), Account("dana", "Somebody whose name begins likewise")]
    assert [each.sentence.count("whose name begins") for each in jira.unassignable(PAY, accounts)] == [1]
    site.projects["PAY"] = replace(site.projects["PAY"], assignable=())
    shut_out, _ = jira.unassignable(PAY, accounts)
    assert shut_out.code == "jira.assignee_unknown"
    assert "no issue in PAY can be assigned to Dana Okafor" in shut_out.sentence

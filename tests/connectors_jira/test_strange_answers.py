"""What no stand-in answers: successes that are not what Jira documents, and refusals in odd shapes."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest
import responses

from connectors.jira.tracker import JiraTracker
from connectors.spi import (
    AccessDenied,
    Account,
    Category,
    ConnectorError,
    IssueRef,
    OutcomeUnknown,
    Place,
    Rejected,
    Unavailable,
)
from tests.connectors.servers import hang, took_less_than, wire
from tests.connectors_jira.made import DRAFT, PAY, tracker

SITE = "https://j.example"
BASE = f"{SITE}/rest/api/2"
START = datetime(2020, 1, 1, tzinfo=UTC)
Ask = Callable[[JiraTracker], Any]


@responses.activate
@pytest.mark.parametrize(
    ("method", "path", "body", "ask", "kind"),
    [
        ("POST", "search/jql", {"issues": None}, lambda jira: jira.find(PAY, "m", START), Unavailable),
        ("POST", "search/jql", [], lambda jira: jira.find(PAY, "m", START), Unavailable),
        ("GET", "user/assignable/search", {}, lambda jira: jira.unassignable(PAY, [Account("a")]), Unavailable),
        ("POST", "issue/bulkfetch", {"issues": [{"id": "1"}]}, lambda jira: jira.read(["1"]), Unavailable),
        ("GET", "issue/1/comment", {"total": 1}, lambda jira: jira.comments_with("1", "c"), Unavailable),
        ("POST", "issue/1/comment", {}, lambda jira: jira.comment("1", "c", "text", None), OutcomeUnknown),
        ("GET", "issue/1", {"id": "1"}, lambda jira: jira.transition("1", Category.DONE), OutcomeUnknown),
    ],
)
def test_success_that_says_nothing_is_not_taken_for_an_answer(method, path, body, ask, kind):
    responses.get(f"{BASE}/myself", json={"accountId": "a"})
    responses.add(method, f"{BASE}/{path}", json=body)
    with pytest.raises(ConnectorError) as failure:
        ask(tracker(SITE))
    assert (type(failure.value), failure.value.code) == (kind, "jira.strange_answer")


@responses.activate
def test_edit_that_meets_another_is_tried_again():
    responses.get(f"{BASE}/issue/1", json={"id": "1", "key": "PAY-1", "fields": {"summary": "A", "description": "a"}})
    responses.put(f"{BASE}/issue/1", json={"errorMessages": ["The issue was updated meanwhile."]}, status=409)
    with pytest.raises(Unavailable) as failure:
        tracker(SITE).rewrite("1", "B", "b", "m")
    assert failure.value.code == "jira.conflict"


@responses.activate
def test_creation_that_broke_off_inside_of_jira_may_have_happened_and_is_a_persons_to_try_again():
    said = "We can't create this issue for you right now, it could be due to unsupported content."
    responses.post(f"{BASE}/issue", json={"errorMessages": [said], "errors": {}}, status=400)
    with pytest.raises(Rejected) as failure:
        tracker(SITE).create(PAY, DRAFT)
    assert (failure.value.code, failure.value.permanent, failure.value.unknown) == ("jira.broke_off", True, True)


@responses.activate
@pytest.mark.parametrize("cursor", ['{"at": "soon"}', "[]", "no cursor", '{"at": 5, "until": "x"}'])
def test_cursor_that_cannot_be_read_begins_anew(cursor):
    responses.get(f"{BASE}/myself", json={"accountId": "a"})
    asked = responses.post(f"{BASE}/search/jql", json={"issues": [], "isLast": True})
    jira = tracker(SITE)
    jira.changes(jira.feeds(["PAY"])[0], cursor, datetime.now(UTC))
    assert b"updated >= 0 " in asked.calls[0].request.body.encode()


@responses.activate
@pytest.mark.parametrize("body", ['{"errors": 7}', '{"errorMessages": 7}', "[7]", "null", "{"])
def test_refusal_in_an_odd_shape_is_still_a_refusal(body):
    responses.post(f"{BASE}/issue", body=body, status=400, content_type="application/json")
    with pytest.raises(Rejected) as failure:
        tracker(SITE).create(PAY, DRAFT)
    assert failure.value.code == "jira.rejected"


@responses.activate
def test_field_without_an_answer_of_its_own_is_named_all_the_same():
    responses.post(f"{BASE}/issue", json={"errors": {"customfield_9": "Odd value."}}, status=400)
    with pytest.raises(Rejected) as failure:
        tracker(SITE).create(PAY, DRAFT)
    assert failure.value.code == "jira.field_refused"
    assert "customfield_9" in failure.value.cure


@responses.activate
def test_issue_that_was_moved_is_read_where_it_is_now():
    shown = {"name": "To Do", "statusCategory": {"key": "new"}}
    fields = {"summary": "A", "status": shown, "updated": "2026-11-23T10:00:00.000+0000"}
    responses.get(f"{BASE}/myself", json={"accountId": "a"})
    responses.post(f"{BASE}/issue/bulkfetch", json={"issues": []})
    responses.get(f"{BASE}/issue/1", json={"id": "2", "key": "NEW-1", "fields": fields})
    sweep = tracker(SITE).read(["1"])
    assert (sweep.gone, sweep.moved["1"].ref, sweep.moved["1"].place) == ((), "2", "NEW")


@responses.activate
def test_issue_that_nobody_asked_for_is_not_taken_for_one_of_ours():
    responses.get(f"{BASE}/myself", json={"accountId": "a"})
    shown = {"name": "To Do", "statusCategory": {"key": "new"}}
    fields = {"summary": "A", "status": shown, "updated": "2026-11-23T10:00:00.000+0000"}
    found = [{"id": number, "key": f"PAY-{number}", "fields": fields} for number in ("1", "2")]
    responses.post(f"{BASE}/issue/bulkfetch", json={"issues": found})
    assert [each.issue.ref for each in tracker(SITE).read(["1"]).readings] == ["1"]


@responses.activate
def test_duplicate_is_closed_where_linking_is_switched_off():
    done = {"name": "Done", "statusCategory": {"key": "done"}}
    fields = {"status": done, "resolution": None, "issuelinks": []}
    responses.get(f"{BASE}/issue/1", json={"id": "1", "key": "PAY-1", "fields": fields})
    responses.get(f"{BASE}/issue/1/comment", json={"comments": [], "total": 0})
    link = responses.post(f"{BASE}/issueLink", status=404, json={"errorMessages": ["Issue linking is disabled."]})
    said = responses.post(f"{BASE}/issue/1/comment", json={"id": "5"}, status=201)
    tracker(SITE).close_as_duplicate("1", IssueRef("2", "PAY-2", "", "PAY"), "The same as PAY-2.")
    assert (link.call_count, said.call_count) == (1, 1)


def test_site_that_hangs_while_the_public_is_asked_for_is_not_waited_for():
    with wire(hang) as server, took_less_than(5), pytest.raises(Unavailable) as failure:
        tracker(server.url, call_seconds=1.5).describe(PAY)
    assert failure.value.code == "jira.unreachable"


@responses.activate
def test_comments_are_paged_to_their_end():
    page = [{"id": str(number), "body": "by a person"} for number in range(100)]
    ours = {"id": "500", "body": "Changed.\n\n~pm:c1~"}
    responses.get(f"{BASE}/issue/1/comment", json={"comments": page, "total": 101})
    responses.get(f"{BASE}/issue/1/comment", json={"comments": [ours], "total": 101})
    assert tracker(SITE).comments_with("1", "c1") == ("500",)
    assert "startAt=100" in str(responses.calls[1].request.url)


@responses.activate
def test_plain_constant_is_left_to_jira_to_judge():
    field = {"fieldId": "customfield_9", "name": "Team", "required": True, "allowedValues": [{"id": "1"}, {"id": "2"}]}
    metas = [field, {"fieldId": "description"}, {"fieldId": "labels"}]
    held = {name: {"havePermission": name != "TRANSITION_ISSUES"} for name in ("BROWSE_PROJECTS", "CREATE_ISSUES")}
    responses.get(f"{BASE}/project/PAY", json={"key": "PAY"})
    responses.get(f"{BASE}/mypermissions", json={"permissions": held})
    types = f"{BASE}/issue/createmeta/PAY/issuetypes"
    responses.get(types, json={"issueTypes": [{"id": "1", "name": "Task"}], "total": 1})
    responses.get(f"{types}/1", json={"fields": metas[:2], "total": 3})
    responses.get(f"{types}/1", json={"fields": metas[2:], "total": 3})
    described = tracker(SITE).describe(Place("PAY", constants={"customfield_9": "1"}))
    assert {each.code for each in described.findings} == {"jira.permission_missing"}
    assert len(described.fields) == 3


@responses.activate
def test_place_that_we_may_not_see_tells_why():
    responses.get(f"{BASE}/project/PAY", status=403, json={"errorMessages": ["No."]})
    (finding,) = tracker(SITE).describe(PAY).findings
    assert finding.code == "jira.forbidden"
    with pytest.raises(AccessDenied):
        responses.post(f"{BASE}/issue", status=403)
        tracker(SITE).create(PAY, DRAFT)

"""What becomes of an answer that no stand-in gives, and what is sent when a text is too long or hostile."""

from __future__ import annotations

import contextlib
import json
from datetime import UTC, datetime
from typing import Any

import pytest
import responses

from connectors.spi import (
    AccessDenied,
    Account,
    Category,
    ConnectorError,
    IssueDraft,
    IssueRef,
    Missing,
    OutcomeUnknown,
    Place,
    Rejected,
    Unavailable,
)
from tests.connectors.servers import Wire, answer, hang, reset, took_less_than, trickle, wire
from tests.connectors_github.test_tracker import ISSUE, tracker

NOW = datetime(2026, 11, 1, tzinfo=UTC)
ONE = "I_1:acme/pay#1"
LIMIT = b'{"message": "You have exceeded a secondary rate limit. Please wait a few minutes before you try again."}'
ABUSE = b'{"message": "You have triggered an abuse detection mechanism. Please wait a few minutes."}'
QUICK = b'{"message": "Validation Failed", "errors": [{"message": "was submitted too quickly"}]}'
LONG = b'{"message": "Validation Failed", "errors": [{"message": "body is too long (maximum is 65536 characters)"}]}'


@pytest.mark.parametrize(
    ("talk", "kind", "wait"),
    [
        (reset, OutcomeUnknown, None),
        (hang, OutcomeUnknown, None),
        (trickle(b"HTTP/1.1 201 Created\r\nContent-Length: 31\r\n\r\n"), OutcomeUnknown, None),
        (answer("500 Oops", b"<html>"), OutcomeUnknown, None),
        (answer("502 Bad Gateway", b"<html>"), OutcomeUnknown, None),
        (answer("503 Busy"), OutcomeUnknown, None),
        (answer("201 Created", b"<html>"), OutcomeUnknown, None),
        (answer("201 Created", b"[]"), OutcomeUnknown, None),
        (answer("429 Slow", b"{}", "Retry-After: 7"), Unavailable, 7.0),
        (answer("403 No", LIMIT), Unavailable, 60.0),
        (answer("403 No", LIMIT, "Retry-After: 30"), Unavailable, 30.0),
        (answer("403 No", ABUSE), Unavailable, 60.0),
        (answer("422 No", QUICK), Unavailable, 60.0),
        (answer("403 No", b'{"message": "Resource not accessible"}'), AccessDenied, None),
        (answer("401 No", b'{"message": "Bad credentials"}'), AccessDenied, None),
        (answer("404 No", b'{"message": "Not Found"}'), AccessDenied, None),
        (answer("301 Moved", b"{}", "Location: /repositories/1/issues"), AccessDenied, None),
        (answer("307 Moved", b"{}", "Location: /repositories/1/issues"), AccessDenied, None),
        (answer("422 No", LONG), Rejected, None),
    ],
)
def test_creation_is_sent_once_without_sleeping_and_ends_in_time_whatever_comes_back(talk, kind, wait):
    with wire(talk) as server, took_less_than(5):
        with pytest.raises(ConnectorError) as failure:
            tracker(server.url, call_seconds=1.5).create(Place("acme/pay"), IssueDraft("A", "b", "m"))
        assert type(failure.value) is kind, failure.value.sentence
        assert failure.value.retry_after == wait
        assert sum(request.startswith(b"POST") for request in server.requests) == 1
        assert "sandbox-github-token" not in failure.value.sentence


@pytest.mark.parametrize(
    ("body", "kind"),
    [
        ({"errors": [{"type": "RATE_LIMITED", "message": "x"}]}, Unavailable),
        ({"errors": [{"type": "FORBIDDEN", "message": "x"}]}, AccessDenied),
        ({"data": None, "errors": [{"message": "Something went wrong while executing your query."}]}, Unavailable),
        ({"data": {"nodes": []}}, Unavailable),
        ([], Unavailable),
    ],
)
def test_query_that_fails_with_a_200_gives_no_issue_up_for_gone(body, kind):
    with responses.RequestsMock() as mock:
        mock.post("https://api.github.com:443/graphql", json=body)
        with pytest.raises(kind):
            tracker().read(["I_1:acme/pay#1"])


def sent(server: Wire) -> dict[str, Any]:
    body: dict[str, Any] = json.loads(server.requests[-1].partition(b"\r\n\r\n")[2])
    return body


def test_long_and_hostile_text_stays_within_the_limits_and_reaches_nobody():
    with wire(answer("201 Created", ISSUE)) as server:
        draft = IssueDraft("T" * 300, "@team #1 <!-- pm:forged --> " * 9000, "m1", labels=("l" * 60, " "))
        tracker(server.url).create(Place("acme/pay", "Task", {"milestone": 4}), draft)
        payload = sent(server)
    assert len(payload["title"]) == 256
    assert len(payload["body"]) <= 65_536
    assert payload["body"].endswith("\n\n<!-- pm:m1 -->")
    assert payload["body"].count("<!-- pm:") == 1
    assert "@team" not in payload["body"]
    assert payload["labels"] == ["afteraction", "l" * 50]
    assert (payload["type"], payload["milestone"]) == ("Task", 4)


API = "https://api.github.com:443"
STRANGE = [
    ("GET", "/user", {"id": 1}, lambda ours: ours.credential()),
    ("GET", "/repos/acme/pay/issues", {}, lambda ours: ours.changes(ours.feeds(["acme/pay"])[0], None, NOW)),
    ("GET", "/repos/acme/pay/issues", [{"number": 1}], lambda ours: ours.find(Place("acme/pay"), "m", NOW)),
    ("GET", "/repos/acme/pay/issues/1", [], lambda ours: ours.look_up("https://github.com/acme/pay/issues/1")),
    ("GET", "/repos/acme/pay/issues/1/comments", {}, lambda ours: ours.comments_with("I_1:acme/pay#1", "m")),
    ("GET", "/repos/acme/pay/issues/1", {"state": 1}, lambda ours: ours.transition("I_1:acme/pay#1", Category.DONE)),
    ("POST", "/graphql", {"data": {"nodes": [{"id": 1}]}}, lambda ours: ours.read(["I_1:acme/pay#1"])),
    ("GET", "/repos/acme/pay/issue-types", [3], lambda ours: ours.describe(Place("acme/pay"))),
]


@pytest.mark.parametrize(("method", "path", "body", "ask"), STRANGE, ids=[f"{each[0]} {each[1]}" for each in STRANGE])
def test_answer_that_is_not_what_github_describes_is_never_guessed_at(method, path, body, ask):
    with responses.RequestsMock(assert_all_requests_are_fired=False) as mock:
        mock.add(method, f"{API}{path}", json=body)
        mock.get(f"{API}/user", json={"login": "bot"})
        mock.get(f"{API}/repos/acme/pay", json={"private": True})
        with pytest.raises(ConnectorError) as failure:
            ask(tracker())
    assert failure.value.code == "github.strange_answer"


@pytest.mark.parametrize(
    ("method", "path", "body", "ask"),
    [
        ("POST", "/repos/acme/pay/issues/1/comments", {}, lambda ours: ours.comment("I_1:acme/pay#1", "m", "x", None)),
        ("PATCH", "/repos/acme/pay/issues/1", {}, lambda ours: ours.rewrite("I_1:acme/pay#1", "t", "b", "m")),
        ("POST", "/graphql", {"data": {}, "errors": [{"message": "Oops"}]}, lambda ours: ours.put_under(ONE, ONE)),
        ("POST", "/graphql", [], lambda ours: ours.put_under(ONE, ONE)),
    ],
)
def test_change_whose_answer_cannot_be_read_may_have_happened(method, path, body, ask):
    with responses.RequestsMock() as mock:
        mock.add(method, f"{API}{path}", json=body)
        with pytest.raises(OutcomeUnknown):
            ask(tracker())


@pytest.mark.complaint("one unknown person stops the whole creation")
def test_assignee_who_left_a_moment_ago_does_not_stand_in_the_way():
    refusal = {"message": "Validation Failed", "errors": [{"field": "assignees", "code": "invalid"}]}
    with responses.RequestsMock() as mock:
        mock.get(f"{API}/repos/acme/pay/assignees/dana", status=204)
        mock.post(f"{API}/repos/acme/pay/issues", status=422, json=refusal)
        made = mock.post(f"{API}/repos/acme/pay/issues", status=201, json=json.loads(ISSUE))
        created = tracker().create(Place("acme/pay"), IssueDraft("A", "b", "m", assignee=Account("dana")))
    assert "assignee" in created.dropped
    assert "assignees" not in made.calls[0].request.body


def test_parent_that_is_set_too_quickly_is_set_later():
    errors = [{"type": "UNPROCESSABLE", "message": "was submitted too quickly"}]
    with responses.RequestsMock() as mock:
        mock.post(f"{API}/graphql", json={"data": {"addSubIssue": None}, "errors": errors})
        with pytest.raises(Unavailable) as failure:
            tracker().put_under(ONE, ONE)
    assert failure.value.retry_after == 60.0


@pytest.mark.parametrize(
    "pages", [{}, {"issues": None}, {"issues": {"nodes": [{}], "pageInfo": {"hasNextPage": False}}}]
)
def test_strange_page_of_a_crowded_second_moves_no_cursor(pages):
    crowded = json.dumps({"since": "2026-01-01T00:00:00Z", "after": ""})
    with responses.RequestsMock(assert_all_requests_are_fired=False) as mock:
        mock.get(f"{API}/user", json={"login": "bot"})
        mock.post(f"{API}/graphql", json={"data": {"repository": pages}})
        ours = tracker()
        with pytest.raises(Unavailable):
            ours.changes(ours.feeds(["acme/pay"])[0], crowded, NOW)


def test_strange_look_ahead_is_no_proof_that_nothing_was_made():
    with responses.RequestsMock() as mock:
        mock.get(f"{API}/user", json={"login": "bot"})
        mock.get(f"{API}/repos/acme/pay/issues", json=[])
        mock.post(f"{API}/graphql", json={"data": {"repository": {"issues": {}}}})
        with pytest.raises(Unavailable):
            tracker().find(Place("acme/pay"), "m", NOW)


def test_look_ahead_that_github_cut_short_is_no_proof_that_nothing_was_made():
    newest = {"issues": {"nodes": [{"number": 1}]}, "pullRequests": {"nodes": []}}
    errors = [{"type": "NOT_FOUND", "message": "none"}, {"message": "Something went wrong while executing your query."}]
    with responses.RequestsMock() as mock:
        mock.get(f"{API}/user", json={"login": "bot"})
        mock.get(f"{API}/repos/acme/pay/issues", json=[])
        mock.post(f"{API}/graphql", json={"data": {"repository": newest}})
        mock.post(f"{API}/graphql", json={"data": {"repository": {"a2": None, "a3": None}}, "errors": errors})
        with pytest.raises(Unavailable) as failure:
            tracker().find(Place("acme/pay"), "m", NOW)
    assert failure.value.code == "github.graphql_failed"


@pytest.mark.parametrize(("body", "gone"), [("Somebody else's", True), ("b\n\n<!-- pm:m -->", False)])
def test_issue_of_a_repository_that_was_made_anew_is_not_ours_for_its_number(body, gone):
    """Without a redirect another id is another issue, unless it carries a marker: then it was imported there."""
    none = {"data": {"nodes": [None]}, "errors": [{"type": "NOT_FOUND", "message": "none"}]}
    with responses.RequestsMock() as mock:
        mock.get(f"{API}/user", json={"login": "bot"})
        mock.post(f"{API}/graphql", json=none)
        mock.get(f"{API}/repos/acme/pay/issues/1", json=json.loads(ISSUE) | {"node_id": "I_other", "body": body})
        sweep = tracker().read([ONE])
    assert (sweep.gone, bool(sweep.readings), bool(sweep.moved)) == ((ONE,) if gone else (), not gone, not gone)


@pytest.mark.parametrize(("body", "ours"), [("Somebody else's", False), ("b\n\n<!-- pm:m -->", True)])
def test_issue_of_a_repository_that_was_made_anew_is_never_moved_for_its_number(body, ours):
    other = json.loads(ISSUE) | {"node_id": "I_other", "body": body}
    with responses.RequestsMock(assert_all_requests_are_fired=False) as mock:
        mock.get(f"{API}/repos/acme/pay/issues/1", json=other)
        closing = {**other, "state": "closed", "state_reason": "completed"}
        patched = mock.patch(f"{API}/repos/acme/pay/issues/1", json=closing)
        with contextlib.nullcontext() if ours else pytest.raises(Missing):
            tracker().transition(ONE, Category.DONE)
    assert patched.call_count == ours


def test_issue_is_found_among_however_many_of_ours_were_made_since():
    issue = json.loads(ISSUE)
    ours = [issue | {"number": number, "node_id": f"I_{number}", "body": ""} for number in range(2150, 0, -1)]
    ours[-1]["body"] = "b\n\n<!-- pm:deep -->"

    def listed(request):
        start = 100 * (int(request.params["page"]) - 1)
        return 200, {}, json.dumps(ours[start : start + 100])

    with responses.RequestsMock() as mock:
        mock.get(f"{API}/user", json={"login": "bot"})
        mock.add_callback("GET", f"{API}/repos/acme/pay/issues", listed)
        (found,) = tracker().find(Place("acme/pay"), "deep", datetime(2020, 1, 1, tzinfo=UTC))
    assert found.issue.key.endswith("#1")


@pytest.mark.parametrize("cursor", ["", "[]", "no json", "7"])
def test_cursor_that_cannot_be_read_begins_anew(cursor):
    with responses.RequestsMock() as mock:
        listed = mock.get(f"{API}/repos/acme/pay/issues", json=[])
        mock.get(f"{API}/user", json={"login": "bot"})
        ours = tracker()
        assert ours.changes(ours.feeds(["acme/pay"])[0], cursor, NOW).readings == ()
    assert "since=2000-01-01" in listed.calls[0].request.url


def test_places_fault_that_will_pass_is_not_told_as_a_finding():
    with responses.RequestsMock() as mock:
        mock.get(f"{API}/user", status=503)
        assert [each.code for each in tracker().check()] == ["github.server_error"]
    with responses.RequestsMock() as mock:
        mock.get(f"{API}/repos/acme/pay", status=503)
        with pytest.raises(Unavailable):
            tracker().describe(Place("acme/pay"))


def test_survivor_that_cannot_be_read_closes_nothing():
    with responses.RequestsMock() as mock:
        mock.get(f"{API}/repos/acme/pay/issues/1/comments", json=[])
        mock.post(f"{API}/repos/acme/pay/issues/1/comments", json={"id": 5})
        mock.get(f"{API}/repos/acme/pay/issues/2", json={})
        with pytest.raises(Unavailable):
            tracker().close_as_duplicate(ONE, IssueRef("I_2:acme/pay#2", "acme/pay#2", "", "acme/pay"), "x")


def test_state_that_does_not_change_when_it_is_asked_to_is_told():
    with responses.RequestsMock() as mock:
        mock.get(f"{API}/repos/acme/pay/issues/1", json=json.loads(ISSUE))
        mock.patch(f"{API}/repos/acme/pay/issues/1", json=json.loads(ISSUE))
        with pytest.raises(Rejected) as refusal:
            tracker().transition(ONE, Category.DONE)
    assert refusal.value.code == "github.no_transition"


def test_get_that_is_put_off_with_a_202_is_not_asked_for_ever():
    with responses.RequestsMock() as mock:
        mock.get(f"{API}/repos/acme/pay/issues/1", status=202)
        with pytest.raises(Unavailable):
            tracker().look_up("https://github.com/acme/pay/issues/1")

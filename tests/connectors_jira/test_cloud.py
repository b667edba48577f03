from __future__ import annotations

import json
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
import responses

from connectors.jira import CONNECTOR
from connectors.jira.tracker import JiraTracker
from connectors.sandbox.running import Sandbox
from connectors.spi import (
    AccessDenied,
    Account,
    Category,
    ConnectorError,
    IssueDraft,
    Missing,
    OutcomeUnknown,
    Place,
    Rejected,
    Unavailable,
    Visibility,
)
from tests.connectors.servers import JIRA_USER, Wire, answer, hang, reset, took_less_than, trickle, until, wire

PAY = Place("PAY")
DRAFT = IssueDraft("Add a limit", "**Why**: it fell over.", "abc123", labels=("post mortem",), priority="p1")
START = datetime(2020, 1, 1, tzinfo=UTC)


def tracker(url: str, **more: Any) -> JiraTracker:
    assert CONNECTOR.tracker is not None
    table = {"api_url": url, "user": JIRA_USER, "token_env": "JIRA_TOKEN", **more}
    made = CONNECTOR.tracker.make("jira-main", CONNECTOR.tracker.settings(table))
    assert isinstance(made, JiraTracker)
    return made


def calls(sandbox: Sandbox) -> dict[str, int]:
    routes = sandbox.world.stats.report()["requests"].get("jira", {"routes": {}})["routes"]
    return {route: sum(outcomes.values()) for route, outcomes in routes.items()}


def test_making_a_tracker_asks_nothing(sandbox, jira):
    assert jira.capabilities.quiet_seconds == 120
    assert jira.capabilities.rates == ()
    assert jira.capabilities.due_dates
    assert calls(sandbox) == {}


def test_creation_is_one_request_and_carries_everything(sandbox, jira):
    draft = IssueDraft(
        "Add\na limit", "# Why\n\n[~dana] {code}", "abc123", ("post mortem",), "p1", date(2026, 12, 1),
        Account("712020:dana-okafor"),
    )  # fmt: skip
    made = jira.create(PAY, draft)
    assert calls(sandbox) == {"POST /issue": 1}
    assert made.dropped == ()
    assert made.issue.key == "PAY-1"
    assert made.issue.url == f"{sandbox.url}/jira/browse/PAY-1"
    (reading,) = jira.read([made.issue.ref]).readings
    assert reading.title == "Add a limit"
    assert reading.text_digest == made.text_digest
    assert reading.labels == ("afteraction", "pm-abc123", "post-mortem")
    assert reading.markers == ("abc123",)
    assert (reading.priority, reading.due_on) == ("High", date(2026, 12, 1))
    assert reading.assignee is not None
    assert reading.assignee.id == "712020:dana-okafor"
    assert (reading.category, reading.status, reading.ours, reading.comments) == (Category.TODO, "To Do", True, 0)


def test_constants_of_the_place_go_into_the_issue(sandbox, jira):
    place = Place("SEC", "Risk", {"customfield_10050": {"value": "Data"}, "labels": ["audit"]})
    made = jira.create(place, IssueDraft("A", "b", "m1"))
    assert "audit" in jira.read([made.issue.ref]).readings[0].labels


@pytest.mark.parametrize(
    ("place", "draft", "dropped"),
    [
        (PAY, IssueDraft("A", "b", "m", assignee=Account("nobody")), ("assignee",)),
        (Place("SEC", constants={"customfield_10050": {"value": "Data"}}), DRAFT, ("priority",)),
    ],
)
@pytest.mark.complaint(
    "one unknown person stops the whole creation",
    "who may be assigned is asked in the wrong place",
)
def test_what_an_issue_can_do_without_never_stops_its_creation(sandbox, jira, place, draft, dropped):
    """One person who is missing stopped every ticket: Netflix/dispatch#2715; getsentry/sentry#24171."""
    assert jira.create(place, draft).dropped == dropped
    assert calls(sandbox) == {"POST /issue": 2}
    until(lambda: len(jira.find(place, draft.marker, START)) == 1)


@pytest.mark.parametrize(
    ("place", "kind", "code", "words"),
    [
        (Place("SEC"), Rejected, "jira.field_required", "customfield_10050"),
        (Place("PAY", constants={"customfield_1": 1}), Rejected, "jira.field_unknown", "create screen"),
        (Place("PAY", "Saga"), Rejected, "jira.issuetype_refused", "issue type"),
        (Place("NOPE"), AccessDenied, "jira.place_missing", "place"),
    ],
)
@pytest.mark.complaint(
    "a field that is not on the screen refuses every issue",
    "a wrong project or issue type shows as a bare failure",
)
def test_refusal_names_the_field_and_the_cure(jira, place, kind, code, words):
    """ "Field cannot be set. It is not on the appropriate screen, or unknown", for years: tenable's #108 to #316."""
    with pytest.raises(kind) as refusal:
        jira.create(place, IssueDraft("A", "b", "m"))
    assert refusal.value.code == code
    assert words in refusal.value.sentence + refusal.value.cure


@pytest.mark.complaint("an index that lags makes issues look deleted")
def test_issue_is_found_by_its_marker_even_before_the_index_shows_it(sandbox, jira):
    """A fifth of the issues created were missed, and made again: port-labs/ocean#2765; teemtee/tmt#4604."""
    made = jira.create(PAY, DRAFT)
    until(lambda: len(jira.find(PAY, "abc123", START)) == 1)
    sandbox.world.faults.set_lag("jira", 600.0)
    late = jira.create(PAY, IssueDraft("Late", "b", "late"))
    assert [each.issue for each in jira.find(PAY, "late", datetime.now(UTC))] == [late.issue]
    assert [each.issue for each in jira.find(PAY, "abc123", START)] == [made.issue]
    assert jira.find(PAY, "never", START) == ()


@pytest.mark.complaint("a removed search stops everything")
def test_unchanged_site_costs_one_call_and_a_changed_one_a_page(sandbox, jira):
    """By the search that is to stay: the old one answers 410, and hourly jobs died of it, pycontribs/jira#2367."""
    for number in range(12):
        jira.create(Place("PAY" if number % 2 else "PLAT"), IssueDraft(f"Item {number}", "b", f"m{number}"))
    (feed,) = jira.feeds(["PAY", "PLAT", "PAY"])
    assert feed.places == ("PAY", "PLAT")
    first = jira.changes(feed, None, datetime.now(UTC))
    assert len(first.readings) == 12
    assert not first.more
    sandbox.world.stats.clear()
    again = jira.changes(feed, first.cursor, datetime.now(UTC) + timedelta(seconds=5))
    assert calls(sandbox) == {"POST /search/jql": 1}
    assert json.loads(again.cursor)["at"] >= json.loads(first.cursor)["at"]


@pytest.mark.complaint("an index that lags makes issues look deleted")
def test_cursor_stays_behind_by_the_overlap_so_that_what_the_index_shows_late_is_seen(sandbox):
    late = tracker(f"{sandbox.url}/jira", overlap_seconds=600)
    (feed,) = late.feeds(["PAY"])
    now = datetime.now(UTC)
    cursor = late.changes(feed, None, now).cursor
    assert json.loads(cursor)["at"] <= int((now - timedelta(seconds=599)).timestamp() * 1000)
    late.create(PAY, DRAFT)
    until(lambda: len(late.changes(feed, cursor, datetime.now(UTC)).readings) == 1)


def test_more_than_a_page_is_continued_by_its_cursor(sandbox, jira):
    for number in range(130):
        jira.create(PAY, IssueDraft(f"Item {number}", "b", f"m{number}"))
    (feed,) = jira.feeds(["PAY"])
    now = datetime.now(UTC)
    first = jira.changes(feed, None, now)
    assert (len(first.readings), first.more) == (100, True)
    second = jira.changes(feed, first.cursor, now)
    assert (len(second.readings), second.more) == (30, False)
    assert len({each.issue.ref for each in (*first.readings, *second.readings)}) == 130
    expired = json.dumps({**json.loads(first.cursor), "token": "expired"})
    assert len(jira.changes(feed, expired, now).readings) == 100


def test_project_that_is_gone_does_not_stop_the_site(jira):
    jira.create(PAY, DRAFT)
    (feed,) = jira.feeds(["PAY", "GONE"])
    until(lambda: len(jira.changes(feed, None, datetime.now(UTC)).readings) == 1)


@pytest.mark.complaint("an index that lags makes issues look deleted")
def test_sweep_reads_a_hundred_a_call_and_confirms_what_is_absent(sandbox, jira):
    refs = [jira.create(PAY, IssueDraft(f"Item {number}", "b", f"m{number}")).issue.ref for number in range(101)]
    jira.read(refs[:1])
    sandbox.world.stats.clear()
    sweep = jira.read([*refs, "99999"])
    assert len(sweep.readings) == 101
    assert sweep.gone == ("99999",)
    assert calls(sandbox) == {"POST /issue/bulkfetch": 2, "GET /issue/{key}": 1}


def test_categories_follow_status_category_and_resolution(sandbox, jira):
    ref = jira.create(PAY, DRAFT).issue.ref
    for status, category in (
        ("In Review", Category.DOING),
        ("Done", Category.DONE),
        ("Won't Do", Category.DECLINED),
        ("To Do", Category.TODO),
    ):
        sandbox.app.test_client().post("/_sandbox/jira/issues/PAY-1", json={"status": status})
        (reading,) = jira.read([ref]).readings
        assert (reading.category, reading.status.startswith(status)) == (category, True)


def test_address_that_a_person_wrote_leads_to_the_issue_or_not_to_us(sandbox, jira):
    made = jira.create(PAY, DRAFT)
    for url in (made.issue.url, f"{sandbox.url}/jira/boards/1?selectedIssue=PAY-1", made.issue.url + "?x=1"):
        found = jira.look_up(url)
        assert found is not None
        assert found.issue == made.issue
    assert jira.look_up("https://elsewhere.example/browse/PAY-1") is None
    assert jira.look_up(f"{sandbox.url}/jira/dashboard") is None
    with pytest.raises(Missing):
        jira.look_up(f"{sandbox.url}/jira/browse/PAY-77")


def test_rewriting_sets_the_text_and_keeps_the_marker(jira):
    ref = jira.create(PAY, DRAFT).issue.ref
    made = jira.rewrite(ref, "New title", "new *body*", "abc123")
    assert made.issue.ref == ref
    (reading,) = jira.read([ref]).readings
    assert (reading.title, reading.text_digest, reading.markers) == ("New title", made.text_digest, ("abc123",))
    with pytest.raises(Missing):
        jira.rewrite("99999", "x", "y", "z")


def test_comment_is_found_again_by_its_marker_and_edited_in_place(jira):
    ref = jira.create(PAY, DRAFT).issue.ref
    first = jira.comment(ref, "change-1", "The due date **moved**.", None)
    jira.comment(ref, "change-2", "Another.", None)
    assert jira.comments_with(ref, "change-1") == (first,)
    assert jira.comments_with(ref, "change") == ()
    assert jira.comment(ref, "change-1", "The due date moved twice.", first) == first
    assert jira.comments_with(ref, "change-1") == (first,)
    assert jira.read([ref]).readings[0].comments == 2


def test_duplicate_is_closed_linked_and_told_once_however_often_it_is_asked(jira):
    kept = jira.create(PAY, DRAFT).issue
    copy = jira.create(PAY, DRAFT).issue
    for _ in range(3):
        jira.close_as_duplicate(copy.ref, kept, "This is the same as PAY-1.")
    (reading,) = jira.read([copy.ref]).readings
    assert (reading.category, reading.duplicate_of, reading.comments) == (Category.DECLINED, kept.ref, 1)
    assert jira.read([kept.ref]).readings[0].category is Category.TODO


def test_place_is_described_with_its_visibility_and_every_fault(jira):
    assert jira.describe(PAY).visibility is Visibility.INTERNAL
    assert jira.describe(PAY).findings == ()
    for place, code in (
        (Place("SEC"), "jira.field_required"),
        (Place("PAY", constants={"customfield_9": 1}), "jira.field_unknown"),
        (Place("PAY", "Saga"), "jira.issuetype_missing"),
        (Place("NOPE"), "jira.place_missing"),
    ):
        (finding,) = jira.describe(place).findings
        assert finding.code == code
        assert finding.cure
    assert jira.describe(Place("NOPE")).visibility is Visibility.UNKNOWN


def test_connection_is_checked_and_a_wrong_token_named(jira, sandbox, monkeypatch):
    assert jira.check() == []
    monkeypatch.setenv("JIRA_TOKEN", "wrong")
    (finding,) = jira.check()
    assert finding.code == "jira.unauthorized"
    assert "JIRA_TOKEN" in finding.cure
    monkeypatch.delenv("JIRA_TOKEN")
    (finding,) = jira.check()
    assert finding.code == "jira.token_missing"


@responses.activate
@pytest.mark.parametrize(
    ("status", "visibility"), [(200, Visibility.PUBLIC), (404, Visibility.INTERNAL), (302, Visibility.UNKNOWN)]
)
def test_what_an_anonymous_visitor_may_browse_is_public(status, visibility):
    described = _described_to_the_public_with(status)
    assert described.visibility is visibility
    assert "jira.permission_missing" in {each.code for each in described.findings}


@responses.activate
@pytest.mark.parametrize("status", [429, 500, 503])
def test_no_answer_about_the_public_is_not_taken_for_one(status):
    with pytest.raises(Unavailable):
        _described_to_the_public_with(status)


def _described_to_the_public_with(status):
    def project(request: Any) -> tuple[int, dict[str, str], str]:
        return (200 if request.headers.get("Authorization") else status), {}, "{}"

    base = "https://acme.atlassian.example/rest/api/2"
    responses.add_callback("GET", f"{base}/project/PAY", project)
    responses.get(f"{base}/mypermissions", json={"permissions": {}})
    responses.get(f"{base}/issue/createmeta/PAY/issuetypes", json={"issueTypes": [], "total": 0})
    return tracker("https://acme.atlassian.example").describe(PAY)


def test_clock_and_deployment_are_looked_at():
    body = {"serverTime": "2020-01-01T00:00:00.000+0000", "deploymentType": "Server"}
    with responses.RequestsMock() as mock:
        mock.get("https://j.example/rest/api/2/myself", json={"accountId": "a"})
        mock.get("https://j.example/rest/api/2/serverInfo", json=body)
        found = tracker("https://j.example").check()
    assert [each.code for each in found] == ["jira.wrong_deployment", "jira.clock_skew"]


CREATED = b'{"id": "10001", "key": "PAY-1"}'


@pytest.mark.parametrize(
    ("talk", "kind"),
    [
        (reset, OutcomeUnknown),
        (hang, OutcomeUnknown),
        (trickle(b"HTTP/1.1 201 Created\r\nContent-Length: 31\r\n\r\n"), OutcomeUnknown),
        (answer("502 Bad Gateway", b"<html>"), OutcomeUnknown),
        (answer("503 Busy", b"{}", "Retry-After: 1"), OutcomeUnknown),
        (answer("201 Created", b"<html>login</html>"), OutcomeUnknown),
        (answer("201 Created", b"{}"), OutcomeUnknown),
        (answer("429 Slow", b"{}", "Retry-After: 120"), Unavailable),
        (answer("401 No", b"{}"), AccessDenied),
        (answer("403 No", b'{"errorMessages": ["no"]}'), AccessDenied),
        (answer("302 Moved", b"", "Location: http://127.0.0.1:1/login"), AccessDenied),
        (answer("400 Bad", b'{"errorMessages": ["text too long"], "errors": {}}'), Rejected),
        (answer("400 Bad", b'{"errors": [1]}'), Rejected),
        (answer("400 Bad", b"[]"), Rejected),
    ],
)
def test_creation_is_sent_once_and_ends_in_time_whatever_comes_back(talk, kind):
    with wire(talk) as server, took_less_than(5):
        with pytest.raises(ConnectorError) as failure:
            tracker(server.url, call_seconds=1.5).create(PAY, IssueDraft("A", "b", "m"))
        assert type(failure.value) is kind, failure.value.sentence
        assert len(server.requests) == 1
        assert "sandbox-jira-token" not in failure.value.sentence


def sent(server: Wire) -> dict[str, Any]:
    body: dict[str, Any] = json.loads(server.requests[0].partition(b"\r\n\r\n")[2])
    return body


def test_long_and_hostile_text_stays_within_the_limits_of_jira():
    with wire(answer("201 Created", CREATED)) as server:
        draft = IssueDraft("T" * 300 + "\nx", "{code} [~x] " * 9000, "m" * 20, labels=("a b", ""))
        tracker(server.url).create(PAY, draft)
        fields = sent(server)["fields"]
    assert len(fields["summary"]) == 255
    assert len(fields["description"]) <= 32_767
    assert fields["labels"] == ["afteraction", "pm-" + "m" * 20, "a-b"]
    assert sent(server)["properties"] == [{"key": "afteraction", "value": {"marker": "m" * 20}}]


def test_marker_cannot_break_out_of_the_query(sandbox, jira):
    assert jira.find(Place('PAY" OR project = "SEC'), 'x" OR labels = "afteraction', START) == ()

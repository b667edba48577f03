from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
import responses

from connectors.github import CONNECTOR
from connectors.github.tracker import GithubTracker
from connectors.sandbox.running import Sandbox
from connectors.spi import (
    Account,
    Category,
    Credential,
    IssueDraft,
    Missing,
    Place,
    Rate,
    Rejected,
    Unavailable,
    Visibility,
)

PAYMENTS = Place("acme/payments")
DRAFT = IssueDraft("Add a limit", "**Why**: @dana saw it fall over in #12.", "abc123", labels=("post mortem",))
START = datetime(2020, 1, 1, tzinfo=UTC)


def tracker(url: str | None = None, **more: Any) -> GithubTracker:
    assert CONNECTOR.tracker is not None
    table = {"token_env": "GITHUB_TOKEN", **({"api_url": url} if url else {}), **more}
    made = CONNECTOR.tracker.make("github-main", CONNECTOR.tracker.settings(table))
    assert isinstance(made, GithubTracker)
    return made


def calls(sandbox: Sandbox) -> dict[str, int]:
    routes = sandbox.world.stats.report()["requests"].get("github", {"routes": {}})["routes"]
    return {route.replace("/repos/{owner}/{name}", ""): sum(found.values()) for route, found in routes.items()}


def act(sandbox: Sandbox, path: str, **change: Any) -> None:
    answered = sandbox.app.test_client().post(f"/_sandbox/github/{path}", json=change)
    assert answered.status_code < 300, answered.text


def test_making_a_tracker_asks_nothing_and_tells_the_vendors_limits(sandbox, github):
    assert calls(sandbox) == {}
    assert github.capabilities.rates == ()
    assert tracker().capabilities.rates == (Rate(1, 1.0), Rate(80, 60.0), Rate(500, 3600.0))
    assert tracker().capabilities.quiet_seconds == 60
    assert not github.capabilities.due_dates


def test_creation_is_one_request_and_carries_everything(sandbox, github):
    made = github.create(PAYMENTS, DRAFT)
    assert calls(sandbox) == {"POST /issues": 1}
    assert made.dropped == ()
    assert made.issue.key == "acme/payments#1"
    assert made.issue.url == f"{sandbox.url}/github/acme/payments/issues/1"
    (reading,) = github.read([made.issue.ref]).readings
    assert reading.issue == made.issue
    assert (reading.title, reading.text_digest) == ("Add a limit", made.text_digest)
    assert reading.labels == ("afteraction", "post mortem")
    assert reading.markers == ("abc123",)
    assert (reading.category, reading.status, reading.ours, reading.comments) == (Category.TODO, "open", True, 0)


@pytest.mark.complaint("one unknown person stops the whole creation")
def test_assignee_is_asked_about_once_and_an_unknown_one_never_stops_the_creation(sandbox, github):
    known = github.create(PAYMENTS, IssueDraft("A", "b", "m1", assignee=Account("dana-okafor")))
    unknown = [github.create(PAYMENTS, IssueDraft("A", "b", "m2", assignee=Account("nobody"))) for _ in range(2)]
    assert known.dropped == ()
    assert [each.dropped for each in unknown] == [("assignee",), ("assignee",)]
    assert calls(sandbox) == {"POST /issues": 3, "GET /assignees/{login}": 2}
    reading = github.read([known.issue.ref]).readings[0]
    assert reading.assignee == Account("dana-okafor")


def test_what_github_drops_silently_is_named():
    issue = {"node_id": "I_1", "number": 1, "repository_url": "https://api.github.com/repos/acme/pay", "labels": []}
    with responses.RequestsMock() as mock:
        mock.get("https://api.github.com:443/repos/acme/pay/assignees/dana", status=204)
        mock.post("https://api.github.com:443/repos/acme/pay/issues", json=issue | {"assignees": []}, status=201)
        made = tracker().create(Place("acme/pay"), IssueDraft("A", "b", "m", ("x",), assignee=Account("dana")))
    assert made.dropped == ("assignee", "labels afteraction, x")
    assert made.issue.url == "https://github.com/acme/pay/issues/1"


def test_issue_is_found_by_its_marker_and_never_by_a_search(sandbox, github):
    made = [github.create(PAYMENTS, DRAFT) for _ in range(2)]
    github.create(PAYMENTS, IssueDraft("Other", "b", "other"))
    found = github.find(PAYMENTS, "abc123", datetime.now(UTC) - timedelta(minutes=1))
    assert [each.issue for each in found] == [each.issue for each in made]
    assert github.find(PAYMENTS, "never", START) == ()
    assert github.find(PAYMENTS, "abc123", datetime.now(UTC) + timedelta(hours=1)) == ()


def test_unchanged_repository_costs_one_call_that_github_does_not_count(sandbox, github):
    for number in range(5):
        github.create(PAYMENTS, IssueDraft(f"Item {number}", "b", f"m{number}"))
    (feed,) = github.feeds(["acme/payments", "acme/payments"])
    first = github.changes(feed, None, datetime.now(UTC))
    assert (len(first.readings), first.more) == (5, False)
    sandbox.world.stats.clear()
    for _ in range(3):
        again = github.changes(feed, first.cursor, datetime.now(UTC))
        assert (again.readings, again.cursor, again.more) == ((), first.cursor, False)
    routes = sandbox.world.stats.report()["requests"]["github"]["routes"]
    assert routes == {"GET /repos/{owner}/{name}/issues": {"304": 3}}


def test_changed_issue_is_told_at_once_by_an_address_that_stays_the_same(sandbox, github):
    made = github.create(PAYMENTS, DRAFT)
    (feed,) = github.feeds(["acme/payments"])
    cursor = github.changes(feed, None, datetime.now(UTC)).cursor
    act(sandbox, "issues/acme/payments/1", state="closed", state_reason="not_planned")
    changed = github.changes(feed, cursor, datetime.now(UTC))
    assert [each.issue for each in changed.readings] == [made.issue]
    assert changed.readings[0].category is Category.DECLINED
    assert json.loads(changed.cursor)["since"] == json.loads(cursor)["since"]
    assert github.changes(feed, changed.cursor, datetime.now(UTC)).readings == ()


def test_pull_requests_are_not_issues():
    issue = json.loads(ISSUE)
    pull = issue | {"pull_request": {"url": "x"}, "number": 2}
    with responses.RequestsMock() as mock:
        mock.get("https://api.github.com:443/user", json={"login": "bot"})
        mock.get("https://api.github.com:443/repos/acme/pay/issues", json=[pull, issue])
        ours = tracker()
        assert len(ours.changes(ours.feeds(["acme/pay"])[0], None, START).readings) == 1


def test_sweep_reads_a_hundred_a_call_and_one_request_decides_each_absent_one(sandbox, github):
    refs = [github.create(PAYMENTS, IssueDraft(f"Item {number}", "b", f"m{number}")).issue.ref for number in range(101)]
    github.read(refs[:1])
    act(sandbox, "issues/acme/payments/2", delete=True)
    sandbox.world.stats.clear()
    sweep = github.read([*refs, "I_nothing:acme/payments#900", "not one of ours"])
    assert len(sweep.readings) == 100
    assert sweep.gone == (refs[1], "I_nothing:acme/payments#900", "not one of ours")
    assert calls(sandbox) == {"POST /github/api/graphql": 2, "GET /issues/{number}": 2}


def test_transferred_issue_is_followed_to_where_it_is_now(sandbox, github):
    ref = github.create(PAYMENTS, DRAFT).issue.ref
    act(sandbox, "issues/acme/payments/1", transfer="acme/checkout-web")
    for asked in (ref, "I_unknown:acme/payments#1"):
        sweep = github.read([asked])
        assert sweep.gone == ()
        assert sweep.moved[asked].place == "acme/checkout-web"
        assert sweep.readings[0].issue == sweep.moved[asked]


def test_address_of_a_redirect_to_another_host_is_not_followed():
    elsewhere = {"Location": "https://evil.example/repos/a/b/issues/1"}
    with responses.RequestsMock() as mock:
        mock.get("https://api.github.com:443/repos/acme/pay/issues/1", status=301, headers=elsewhere)
        with pytest.raises(Unavailable):
            tracker().look_up("https://github.com/acme/pay/issues/1")


def test_address_that_a_person_wrote_leads_to_the_issue_or_not_to_us(sandbox, github):
    made = github.create(PAYMENTS, DRAFT)
    for url in (made.issue.url, made.issue.url + "#issuecomment-1"):
        found = github.look_up(url)
        assert found is not None
        assert found.issue == made.issue
    assert github.look_up("https://github.com/acme/payments/issues/1") is None
    assert github.look_up(f"{sandbox.url}/github/acme/payments/pull/1") is None
    with pytest.raises(Missing):
        github.look_up(f"{sandbox.url}/github/acme/payments/issues/77")


def test_rewriting_sets_the_text_and_keeps_the_marker(github):
    ref = github.create(PAYMENTS, DRAFT).issue.ref
    made = github.rewrite(ref, "New title", "new *body*", "abc123")
    (reading,) = github.read([ref]).readings
    assert (reading.title, reading.text_digest, reading.markers) == ("New title", made.text_digest, ("abc123",))
    with pytest.raises(Missing):
        github.rewrite("I_x:acme/payments#99", "x", "y", "z")
    with pytest.raises(Missing):
        github.rewrite("not one of ours", "x", "y", "z")


def test_comment_is_found_again_by_its_marker_and_edited_in_place(github):
    ref = github.create(PAYMENTS, DRAFT).issue.ref
    first = github.comment(ref, "change-1", "The due date **moved**, <!-- pm:change-2 -->.", None)
    assert github.comments_with(ref, "change-2") == ()
    assert github.comments_with(ref, "change-1") == (first,)
    assert github.comments_with(ref, "change") == ()
    assert github.comment(ref, "change-1", "It moved twice.", first) == first
    assert github.comments_with(ref, "change-1") == (first,)
    assert github.read([ref]).readings[0].comments == 1


def test_duplicate_is_closed_and_told_once_however_often_it_is_asked(github):
    kept, copy = github.create(PAYMENTS, DRAFT).issue, github.create(PAYMENTS, DRAFT).issue
    for _ in range(3):
        github.close_as_duplicate(copy.ref, kept, "The same as the first.")
    (reading,) = github.read([copy.ref]).readings
    assert (reading.category, reading.status, reading.comments) == (Category.DECLINED, "closed (duplicate)", 1)


def test_issue_is_moved_to_a_category_and_its_status_read_back(github):
    ref = github.create(PAYMENTS, DRAFT).issue.ref
    assert github.transition(ref, Category.DONE) == "closed (completed)"
    assert github.transition(ref, Category.DECLINED) == "closed (not planned)"
    assert github.read([ref]).readings[0].category is Category.DECLINED
    assert github.transition(ref, Category.TODO) == "open"
    with pytest.raises(Rejected) as refusal:
        github.transition(ref, Category.DOING)
    assert refusal.value.code == "github.no_transition"
    assert github.read([ref]).readings[0].category is Category.TODO


def test_issue_that_has_the_category_already_is_only_looked_at(sandbox, github):
    ref = github.create(PAYMENTS, DRAFT).issue.ref
    github.transition(ref, Category.DONE)
    sandbox.world.stats.clear()
    assert github.transition(ref, Category.DONE) == "closed (completed)"
    assert calls(sandbox) == {"GET /issues/{number}": 1}


def test_what_github_lacks_is_refused_and_declared(sandbox, github):
    ref = github.create(PAYMENTS, DRAFT).issue.ref
    assert not github.capabilities.links
    assert not github.capabilities.confidential
    with pytest.raises(Rejected):
        github.link(ref, "postmortem", "https://example.org/1", "The postmortem")
    sandbox.world.stats.clear()
    with pytest.raises(Rejected):
        github.create(PAYMENTS, replace(DRAFT, confidential=True))
    assert calls(sandbox) == {}


@pytest.mark.parametrize(
    ("told", "ends"),
    [
        ("2026-12-24 12:00:00 UTC", datetime(2026, 12, 24, 12, tzinfo=UTC)),
        ("2026-12-24 12:00:00 +0100", datetime(2026, 12, 24, 11, tzinfo=UTC)),
        ("never", None),
        (None, None),
    ],
)
def test_end_of_the_token_is_told(told, ends):
    headers = {"GitHub-Authentication-Token-Expiration": told} if told else {}
    with responses.RequestsMock() as mock:
        mock.get("https://api.github.com:443/user", json={"login": "bot"}, headers=headers)
        assert tracker().credential() == Credential("bot", ends)


@pytest.mark.parametrize(
    ("state", "reason", "category", "status"),
    [
        ("open", None, Category.TODO, "open"),
        ("open", "reopened", Category.TODO, "open"),
        ("closed", None, Category.DONE, "closed"),
        ("closed", "completed", Category.DONE, "closed (completed)"),
        ("closed", "not_planned", Category.DECLINED, "closed (not planned)"),
        ("closed", "something_new", Category.DONE, "closed (something new)"),
    ],
)
@pytest.mark.complaint("what was closed as not planned counts as delivered")
def test_categories_follow_state_and_reason(state, reason, category, status):
    issue = json.loads(ISSUE) | {
        "state": state,
        "state_reason": reason,
        "milestone": {"due_on": "2026-12-24T08:00:00Z"},
    }
    with responses.RequestsMock() as mock:
        mock.get("https://api.github.com:443/user", json={"login": "Bot"})
        mock.get("https://api.github.com:443/repos/acme/pay/issues/1", json=issue)
        found = tracker().look_up("https://github.com/acme/pay/issues/1")
    assert found is not None
    assert (found.category, found.status, found.due_on) == (category, status, date(2026, 12, 24))
    assert found.ours


def test_token_of_an_app_has_no_user_and_works_all_the_same():
    with responses.RequestsMock() as mock:
        mock.get(
            "https://api.github.com:443/user", status=403, json={"message": "Resource not accessible by integration"}
        )
        mock.get("https://api.github.com:443/repos/acme/pay/issues/1", json=json.loads(ISSUE))
        ours = tracker()
        found = ours.look_up("https://github.com/acme/pay/issues/1")
        assert ours.check() == []
    assert found is not None
    assert found.ours is None


@pytest.mark.parametrize(
    ("repo", "visibility", "codes"),
    [
        ({"visibility": "public"}, Visibility.PUBLIC, []),
        ({"visibility": "private"}, Visibility.INTERNAL, []),
        ({"visibility": "internal"}, Visibility.INTERNAL, []),
        ({"private": True}, Visibility.INTERNAL, []),
        ({"private": False}, Visibility.PUBLIC, []),
        ({}, Visibility.UNKNOWN, []),
        ({"visibility": "new"}, Visibility.UNKNOWN, []),
        ({"private": True, "has_issues": False}, Visibility.INTERNAL, ["github.issues_disabled"]),
        ({"private": True, "archived": True}, Visibility.INTERNAL, ["github.archived"]),
        ({"private": True, "permissions": {"pull": True}}, Visibility.INTERNAL, ["github.permission_missing"]),
        ({"private": True, "permissions": {"triage": True}}, Visibility.INTERNAL, []),
    ],
)
def test_place_is_described_with_its_visibility_and_every_fault(repo, visibility, codes):
    with responses.RequestsMock() as mock:
        mock.get("https://api.github.com:443/repos/acme/pay", json=repo)
        mock.get("https://api.github.com:443/repos/acme/pay/issue-types", status=404)
        described = tracker().describe(Place("acme/pay"))
    assert described.visibility is visibility
    assert [each.code for each in described.findings] == codes


def test_connection_is_checked_and_a_wrong_token_named(github, monkeypatch):
    assert github.check() == []
    assert github.describe(Place("acme/nope")).findings[0].code == "github.place_missing"
    monkeypatch.setenv("GITHUB_TOKEN", "wrong")
    assert [each.code for each in github.check()] == ["github.unauthorized"]
    monkeypatch.delenv("GITHUB_TOKEN")
    assert [each.code for each in github.check()] == ["github.token_missing"]


def test_clock_is_looked_at():
    with responses.RequestsMock() as mock:
        date_header = {"Date": "Wed, 01 Jan 2020 00:00:00 GMT"}
        mock.get("https://api.github.com:443/user", json={"login": "bot"}, headers=date_header)
        assert [each.code for each in tracker().check()] == ["github.clock_skew"]


ISSUE = json.dumps(
    {
        "node_id": "I_1",
        "number": 1,
        "title": "t",
        "body": "b\r\n\r\n<!-- pm:m1 -->",
        "state": "open",
        "user": {"login": "bot[bot]"},
        "labels": [],
        "assignees": [],
        "repository_url": "https://api.github.com/repos/acme/pay",
        "created_at": "2026-11-01T00:00:00Z",
        "updated_at": "2026-11-02T00:00:00Z",
    }
).encode()

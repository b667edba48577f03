from __future__ import annotations

import hashlib
import hmac
import json
from datetime import UTC, datetime
from typing import Any

import pytest

from connectors.github import hooks as github
from connectors.github.settings import read_settings as read_github
from connectors.github.tracker import GithubTracker
from connectors.jira import hooks as jira
from connectors.jira.settings import read_settings as read_jira
from connectors.jira.tracker import JiraTracker
from connectors.sandbox.courier import Hook as SandboxHook
from connectors.spi import Ignored, NotAuthentic, Secret, Touched, Unreadable
from tests.connectors.servers import answer, until, wire

NOW = datetime(2026, 11, 23, tzinfo=UTC)
SECRET = "It's a Secret to Everybody"
HOOKS = {
    "jira": (jira.JiraHook("jira-main", [Secret("HOOK_SECRET")]), "x-hub-signature", "x-atlassian-webhook-identifier"),
    "github": (github.GithubHook("gh", [Secret("HOOK_SECRET")]), "x-hub-signature-256", "x-github-delivery"),
}
ISSUE = {"node_id": "I_1", "number": 7, "title": "t"}
REPO = {"full_name": "acme/pay"}


def digest(body: bytes, secret: str = SECRET) -> str:
    return "sha256=" + hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()


@pytest.mark.parametrize("vendor", HOOKS)
def test_delivery_is_named_by_what_stays_the_same_over_its_repetitions(vendor):
    hook, signature, key = HOOKS[vendor]
    assert hook.authenticate({signature: digest(b"{}"), key: "d-1"}, b"{}", NOW) == "d-1"
    assert hook.authenticate({signature: digest(b"{}")}, b"{}", NOW).startswith("sha256:")


@pytest.mark.parametrize("vendor", HOOKS)
@pytest.mark.parametrize("header", ["", "sha256=", "sha1=aa", digest(b"{}", "other"), digest(b"{} "), "sha256=\udcff"])
def test_delivery_that_is_not_signed_so_is_not_authentic(vendor, header):
    hook, signature, _ = HOOKS[vendor]
    with pytest.raises(NotAuthentic):
        hook.authenticate({signature: header}, b"{}", NOW)


@pytest.mark.parametrize("vendor", HOOKS)
def test_delivery_is_refused_while_no_secret_is_set(vendor, monkeypatch):
    monkeypatch.delenv("HOOK_SECRET")
    hook, signature, _ = HOOKS[vendor]
    with pytest.raises(NotAuthentic, match="HOOK_SECRET"):
        hook.authenticate({signature: digest(b"{}", "")}, b"{}", NOW)


def test_tracker_without_a_webhook_secret_has_no_door():
    assert GithubTracker("gh", read_github({"token_env": "T"})).hook is None
    assert JiraTracker("j", read_jira({"token_env": "T", "api_url": "https://j.example"})).hook is None


def told(vendor: str, event: Any, name: str = "issues") -> Touched | Ignored:
    body = json.dumps(event).encode()
    return jira.touched({}, body) if vendor == "jira" else github.touched({"x-github-event": name}, body)


@pytest.mark.parametrize(
    ("vendor", "event", "refs"),
    [
        ("jira", {"webhookEvent": "jira:issue_updated", "issue": {"id": "10001", "key": "PAY-1"}}, ("10001",)),
        ("jira", {"webhookEvent": "jira:issue_deleted", "issue": {"id": 10001}}, ("10001",)),
        ("jira", {"webhookEvent": "comment_created", "issue": {"id": "10001"}, "comment": {}}, ("10001",)),
        (
            "jira",
            {
                "webhookEvent": "comment_created",
                "comment": {"self": "https://j.example/rest/api/2/issue/10001/comment/7"},
            },
            ("10001",),
        ),
        ("github", {"action": "closed", "issue": ISSUE, "repository": REPO}, ("I_1:acme/pay#7",)),
        (
            "github",
            {
                "action": "transferred",
                "issue": ISSUE,
                "repository": REPO,
                "changes": {"new_issue": {"node_id": "I_2", "number": 1}, "new_repository": {"full_name": "acme/web"}},
            },
            ("I_1:acme/pay#7", "I_2:acme/web#1"),
        ),
        (
            "github",
            {"action": "edited", "issue": ISSUE, "repository": REPO, "changes": {"title": {}}},
            ("I_1:acme/pay#7",),
        ),
    ],
)
def test_webhook_says_which_issues_are_due_for_a_read(vendor, event, refs):
    found = told(vendor, event)
    assert isinstance(found, Touched)
    assert found.refs == refs
    assert found.event


@pytest.mark.parametrize(
    ("vendor", "event", "name"),
    [
        ("jira", {"webhookEvent": "issuelink_created"}, ""),
        ("jira", {"webhookEvent": "sprint_started"}, ""),
        ("github", {"zen": "x"}, "ping"),
        ("github", {}, "push"),
        ("github", {}, ""),
        ("github", {"issue": {**ISSUE, "pull_request": {"url": "x"}}, "repository": REPO}, "issue_comment"),
    ],
)
def test_what_is_not_for_us_is_passed_over_with_a_reason(vendor, event, name):
    found = told(vendor, event, name)
    assert isinstance(found, Ignored)
    assert found.reason


@pytest.mark.parametrize("vendor", HOOKS)
@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"\xff",
        b"[]",
        b"{}",
        b"[" * 100_000,
        b'{"webhookEvent": 7, "issue": 7}',
        b'{"webhookEvent": "jira:issue_updated", "issue": {}}',
        b'{"webhookEvent": "jira:issue_updated", "issue": {"id": "x; DROP"}}',
        b'{"webhookEvent": "jira:issue_updated", "issue": [], "repository": "x"}',
    ],
)
def test_webhook_that_cannot_be_understood_is_unreadable(vendor, body):
    with pytest.raises(Unreadable) as refusal:
        if vendor == "jira":
            jira.touched({}, body)
        else:
            github.touched({"x-github-event": "issues"}, body)
    assert refusal.value.cure


@pytest.mark.parametrize("vendor", HOOKS)
def test_webhook_that_the_stand_in_sends_is_authentic_and_about_the_issue(vendor, request, sandbox):
    from connectors.spi import IssueDraft, Place

    tracker = request.getfixturevalue(vendor)
    place = Place("PAY" if vendor == "jira" else "acme/payments")
    with wire(answer("202 Accepted")) as door:
        sandbox.world.courier.hooks[vendor] = SandboxHook(f"{door.url}/hooks/x", SECRET)
        made = tracker.create(place, IssueDraft("A", "b", "m"))
        until(lambda: bool(door.requests))
    head, _, body = door.requests[0].partition(b"\r\n\r\n")
    lines = (line.decode().partition(": ") for line in head.split(b"\r\n")[1:])
    headers = {name.lower(): value for name, _, value in lines}
    assert HOOKS[vendor][0].authenticate(headers, body, NOW)
    found = tracker.touched(headers, body)
    assert isinstance(found, Touched)
    assert found.refs == (made.issue.ref,)

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from marshmallow import ValidationError

from connectors.gitlab import hooks
from connectors.gitlab.mapping import reading_of
from connectors.gitlab.settings import read_settings
from connectors.sandbox.courier import GITLAB_HOOK, gitlab_signature
from connectors.sandbox.courier import Hook as SandboxHook
from connectors.spi import (
    AccessDenied,
    Account,
    Category,
    Ignored,
    IssueDraft,
    Missing,
    NotAuthentic,
    Place,
    Rejected,
    Secret,
    Touched,
    Unreadable,
    Visibility,
)
from tests.connectors.servers import answer, until, wire

PAYMENTS = Place("acme/payments")
DRAFT = IssueDraft("Add a limit", "It fell over.", "abc123", labels=("post, mortem",))
NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
SIGNING = "whsec_" + base64.b64encode(b"k" * 32).decode()


def act(sandbox, where: str, **change: Any) -> None:
    answered = sandbox.app.test_client().post(f"/_sandbox/gitlab/{where}", json=change)
    assert answered.status_code < 300, answered.text


def calls(sandbox) -> dict[str, int]:
    routes = sandbox.world.stats.report()["requests"].get("gitlab", {"routes": {}})["routes"]
    return {route: sum(found.values()) for route, found in routes.items()}


def test_creation_is_one_request_and_carries_everything(sandbox, gitlab):
    draft = IssueDraft("A", "b", "m1", ("x",), due_on=date(2026, 12, 1), assignee=Account("32"), confidential=True)
    made = gitlab.create(PAYMENTS, draft)
    assert calls(sandbox) == {"POST /projects/{project}/issues": 1}
    assert (made.dropped, made.issue.key, made.issue.place) == ((), "acme/payments#1", "acme/payments")
    (reading,) = gitlab.read([made.issue.ref]).readings
    assert (reading.issue, reading.text_digest) == (made.issue, made.text_digest)
    assert (reading.assignee, reading.due_on) == (Account("32", "Dana Okafor"), date(2026, 12, 1))
    assert sandbox.world.gitlab.everything()[0].confidential
    assert reading.labels == ("afteraction", "x")


def test_what_gitlab_leaves_out_without_a_word_is_named(sandbox, gitlab):
    act(sandbox, "projects/acme/payments", roles={"afteraction-bot": 10})
    made = gitlab.create(PAYMENTS, IssueDraft("A", "b", "m", ("x",), due_on=date(2026, 12, 1), assignee=Account("32")))
    assert made.dropped == ("assignee", "due date", "labels afteraction, x")
    (finding,) = gitlab.describe(PAYMENTS).findings
    assert finding.code == "gitlab.permission_missing"


def test_type_that_gitlab_does_not_know_is_an_obstacle_and_a_lesser_role_is_none(sandbox, gitlab):
    act(sandbox, "projects/acme/payments", roles={"afteraction-bot": 10})
    described = gitlab.describe(Place(PAYMENTS.name, "Saga"))
    assert [each.code for each in described.obstacles] == ["gitlab.issue_type_unknown"]
    assert {each.code for each in described.findings} == {"gitlab.issue_type_unknown", "gitlab.permission_missing"}


@pytest.mark.complaint("one unknown person stops the whole creation")
def test_unknown_assignee_never_stops_the_creation(gitlab):
    for account in ("9999", "dana.okafor"):
        assert gitlab.create(PAYMENTS, IssueDraft("A", "b", "m", assignee=Account(account))).dropped == ("assignee",)


def test_text_that_would_run_actions_does_nothing_anywhere(sandbox, gitlab):
    made = gitlab.create(PAYMENTS, IssueDraft("/close", "/close\n\n/label ~x", "m"))
    gitlab.rewrite(made.issue.ref, "/close", "~~~\n/close\n~~~", "m")
    note = gitlab.comment(made.issue.ref, "c", "/close", None)
    gitlab.comment(made.issue.ref, "c", "a\n/confidential", note)
    (issue,) = sandbox.world.gitlab.everything()
    assert (issue.state, issue.confidential, issue.labels) == ("opened", False, ("afteraction",))


def test_nothing_changed_is_one_request_for_all_projects_and_a_sweep_one_a_hundred(sandbox, gitlab):
    refs = [gitlab.create(PAYMENTS, IssueDraft(f"Item {n}", "b", f"m{n}")).issue.ref for n in range(130)]
    refs.append(gitlab.create(Place("acme/infra/network"), DRAFT).issue.ref)
    (feed,) = gitlab.feeds(["acme/payments", "acme/infra/network"])
    cursor, seen, more = None, set(), True
    while more:
        page = gitlab.changes(feed, cursor, NOW)
        cursor, more = page.cursor, page.more
        seen |= {each.issue.ref for each in page.readings}
    assert seen == set(refs)
    sandbox.world.stats.clear()
    gitlab.changes(feed, cursor, NOW)
    assert calls(sandbox) == {"GET /issues": 1}
    sandbox.world.stats.clear()
    assert len(gitlab.read(refs).readings) == 131
    assert calls(sandbox) == {"GET /projects/{project}/issues": 3}


def test_page_that_changed_in_one_instant_is_passed_by_its_number(sandbox, gitlab):
    for number in range(205):
        issue = sandbox.world.gitlab.create(41, 31, {"title": str(number), "labels": ("afteraction",)})
        sandbox.world.gitlab._remember(type(issue)(**{**vars(issue), "updated": 1_790_000_000_000}), lag=0.0)
    (feed,) = gitlab.feeds(["acme/payments"])
    cursor, seen, more, asked = None, set(), True, 0
    while more:
        page = gitlab.changes(feed, cursor, NOW)
        cursor, more, asked = page.cursor, page.more, asked + 1
        seen |= {each.issue.ref for each in page.readings}
        assert asked < 9
    assert len(seen) == 205


@pytest.mark.complaint("a transferred issue stays behind")
def test_moved_issue_is_followed_to_where_it_is_now(sandbox, gitlab):
    made = gitlab.create(PAYMENTS, DRAFT)
    act(sandbox, "issues/acme/payments/1", move="acme/infra/network")
    sweep = gitlab.read([made.issue.ref])
    assert sweep.moved[made.issue.ref].key == "acme/infra/network#1"
    assert [each.category for each in sweep.readings] == [Category.TODO]
    found = gitlab.look_up(made.issue.url)
    assert found is not None
    assert found.issue.key == "acme/infra/network#1"
    (feed,) = gitlab.feeds(["acme/payments"])
    assert [each.issue.key for each in gitlab.changes(feed, None, NOW).readings] == ["acme/infra/network#1"]


def test_issue_that_moved_out_of_our_sight_is_gone(sandbox, gitlab):
    made = gitlab.create(PAYMENTS, DRAFT)
    act(sandbox, "issues/acme/payments/1", move="acme/infra/network")
    act(sandbox, "projects/acme/infra/network", hidden_from=["afteraction-bot"])
    assert gitlab.read([made.issue.ref]).gone == (made.issue.ref,)


def test_project_that_is_gone_takes_its_issues_along_in_one_request(sandbox, gitlab):
    refs = [gitlab.create(PAYMENTS, DRAFT).issue.ref for _ in range(3)]
    act(sandbox, "projects/acme/payments", hidden_from=["afteraction-bot"])
    sandbox.world.stats.clear()
    assert gitlab.read([*refs, "strange"]).gone == ("strange", *refs)
    assert calls(sandbox) == {"GET /projects/{project}/issues": 1}


def test_renamed_project_is_a_fault_of_the_target_with_its_cure(sandbox, gitlab):
    made = gitlab.create(PAYMENTS, DRAFT)
    act(sandbox, "projects/acme/payments", path="acme/billing")
    with pytest.raises(AccessDenied) as refusal:
        gitlab.create(PAYMENTS, DRAFT)
    assert refusal.value.code == "gitlab.moved"
    assert gitlab.describe(PAYMENTS).findings[0].code == "gitlab.moved"
    assert gitlab.read([made.issue.ref]).readings[0].issue.key == "acme/billing#1"


def test_place_says_who_sees_it_and_what_would_fail(sandbox, gitlab):
    assert gitlab.describe(PAYMENTS).visibility is Visibility.INTERNAL
    assert gitlab.describe(Place("acme/status-page")).visibility is Visibility.PUBLIC
    assert gitlab.describe(Place("acme/none")).findings[0].code == "gitlab.place_missing"
    act(sandbox, "projects/acme/payments", archived=True, issues_enabled=False)
    codes = [each.code for each in gitlab.describe(Place("acme/payments", "Saga")).findings]
    assert codes == ["gitlab.issues_disabled", "gitlab.archived", "gitlab.issue_type_unknown"]


def test_token_says_whose_it_is_when_it_ends_and_what_it_may(sandbox, gitlab):
    credential = gitlab.credential()
    assert (credential.account, credential.expires_at) == ("afteraction-bot", datetime(2036, 6, 30, tzinfo=UTC))
    assert gitlab.check() == []
    users = sandbox.world.gitlab.users
    users[31] = type(users[31])(**{**vars(users[31]), "scopes": ("read_api",)})
    assert [each.code for each in gitlab.check()] == ["gitlab.scope_missing"]
    with pytest.raises(AccessDenied):
        gitlab.create(PAYMENTS, DRAFT)


def test_members_are_asked_for_at_once_and_others_alone_where_the_project_is_open_to_them(sandbox, gitlab):
    people = [Account(str(number)) for number in (32, 33, 34)]
    assert gitlab.unassignable(PAYMENTS, people) == []
    assert calls(sandbox) == {"GET /projects/{project}/members/all": 1}
    act(sandbox, "projects/acme/payments", roles={"dana.okafor": 0})
    (finding,) = gitlab.unassignable(PAYMENTS, people)
    assert (finding.code, "assigned to 32," in finding.sentence) == ("gitlab.assignee_unknown", True)
    act(sandbox, "projects/acme/payments", visibility="public")
    assert gitlab.unassignable(PAYMENTS, people) == []
    (nobody,) = gitlab.unassignable(PAYMENTS, [*people, Account("999")])
    assert "assigned to 999," in nobody.sentence


def test_somebody_named_by_a_word_is_told_to_be_named_by_their_number(sandbox, gitlab):
    (finding,) = gitlab.unassignable(PAYMENTS, [Account("dana.okafor", "Dana Okafor")])
    assert "'dana.okafor' is no account of GitLab" in finding.sentence
    assert calls(sandbox) == {}


def test_duplicate_is_linked_told_once_and_never_undone(sandbox, gitlab):
    kept, later = gitlab.create(PAYMENTS, DRAFT), gitlab.create(PAYMENTS, DRAFT)
    for _ in range(2):
        gitlab.close_as_duplicate(later.issue.ref, kept.issue, "It repeats #1.")
    (reading,) = gitlab.read([later.issue.ref]).readings
    assert (reading.duplicate_of, reading.category, reading.comments) == (kept.issue.ref, Category.DECLINED, 1)


def test_status_that_no_label_tells_is_refused(sandbox, gitlab, monkeypatch):
    ref = gitlab.create(PAYMENTS, DRAFT).issue.ref
    gitlab._writing._settings = read_settings({"token_env": "GITLAB_TOKEN", "doing_labels": [], "declined_labels": []})
    for to in (Category.DOING, Category.DECLINED):
        with pytest.raises(Rejected) as refusal:
            gitlab.transition(ref, to)
        assert refusal.value.cure
    for bad in ("7#99", "odd"):
        with pytest.raises(Missing):
            gitlab.transition(bad, Category.DONE)


def test_account_without_a_role_is_told_that_the_status_stayed(sandbox, gitlab):
    ref = gitlab.create(PAYMENTS, DRAFT).issue.ref
    act(sandbox, "projects/acme/payments", roles={"afteraction-bot": 10})
    with pytest.raises(Rejected) as refusal:
        gitlab.transition(ref, Category.DOING)
    assert refusal.value.code == "gitlab.not_moved"


def test_probe_finds_what_the_search_passes_over(sandbox, gitlab, monkeypatch):
    made = gitlab.create(PAYMENTS, DRAFT)
    monkeypatch.setattr("connectors.sandbox.gitlab.api._Filters.search", "nothing", raising=False)
    issue = sandbox.world.gitlab.everything()[0]
    shown = reading_of(gitlab._reading._settings, {**_shape(sandbox, issue)}, 31)
    assert shown.markers == ("abc123",)
    client = type(gitlab._client)
    real = client.get_list
    monkeypatch.setattr(
        client,
        "get_list",
        lambda ours, asked, path, params: [] if "search" in params else real(ours, asked, path, params),
    )
    assert [each.issue for each in gitlab.find(PAYMENTS, "abc123", datetime.now(UTC))] == [made.issue]
    assert gitlab.find(PAYMENTS, "abc123", datetime.now(UTC) + timedelta(hours=1)) == ()


def _shape(sandbox, issue) -> dict[str, Any]:
    from connectors.sandbox.gitlab.shapes import Shapes

    return Shapes(sandbox.world.gitlab, sandbox.url).issue(issue)


# Webhooks


def hook(*secrets: str) -> hooks.GitlabHook:
    return hooks.GitlabHook("gitlab-main", [Secret(f"UNSET_{n}", text) for n, text in enumerate(secrets)])


def test_plain_secret_is_compared_and_each_of_two_is_good():
    for secret in ("new", "old"):
        headers = {"x-gitlab-token": secret, "idempotency-key": "k1", "x-gitlab-webhook-uuid": GITLAB_HOOK}
        assert hook("new", "old").authenticate(headers, b"{}", NOW) == "k1"
    for headers in ({}, {"x-gitlab-token": ""}, {"x-gitlab-token": "nêw"}, {"x-gitlab-token": "new "}):
        with pytest.raises(NotAuthentic):
            hook("new", "old").authenticate(headers, b"{}", NOW)


def test_signing_token_proves_body_and_instant():
    body, at = b'{"a": 1}', int(NOW.timestamp())
    headers = {k.lower(): v for k, v in gitlab_signature("id-1", SandboxHook("", SIGNING), body, at).items()}
    signed = hmac.new(b"k" * 32, b"id-1.%d." % at + body, hashlib.sha256).digest()
    assert headers["webhook-signature"] == f"v1,{base64.b64encode(signed).decode()}"
    for known in ([SIGNING], ["plain", SIGNING]):
        assert hook(*known).authenticate(headers, body, NOW) == "id-1"
        with pytest.raises(NotAuthentic):
            hook(*known).authenticate(headers, body + b" ", NOW)
        with pytest.raises(NotAuthentic):
            hook(*known).authenticate(headers, body, NOW + timedelta(minutes=6))
    with pytest.raises(NotAuthentic):
        hook(SIGNING).authenticate({"x-gitlab-token": SIGNING}, body, NOW)


def test_delivery_is_never_known_by_the_webhooks_own_id():
    headers = {"x-gitlab-token": "s", "x-gitlab-webhook-uuid": GITLAB_HOOK, "x-gitlab-event-uuid": "e1"}
    keys = {hook("s").authenticate(headers, body, NOW) for body in (b"1", b"2")}
    assert len(keys) == 2
    assert hook("s").authenticate(headers, b"1", NOW) in keys


@pytest.mark.parametrize("secret", ["plain secret", SIGNING])
def test_webhook_that_the_stand_in_sends_is_authentic_and_about_the_issue(sandbox, gitlab, secret):
    with wire(answer("202 Accepted")) as door:
        sandbox.world.courier.hooks["gitlab"] = SandboxHook(f"{door.url}/hooks/x", secret)
        made = gitlab.create(PAYMENTS, DRAFT)
        act(sandbox, "issues/acme/payments/1", comment="Hello")
        until(lambda: len(door.requests) >= 1)
    head, _, body = door.requests[0].partition(b"\r\n\r\n")
    lines = (line.decode().partition(": ") for line in head.split(b"\r\n")[1:])
    headers = {name.lower(): value for name, _, value in lines}
    assert hook(secret).authenticate(headers, body, datetime.now(UTC)) == headers["idempotency-key"]
    found = gitlab.touched(headers, body)
    assert isinstance(found, Touched)
    assert found.refs == (made.issue.ref,)


ISSUE = {"id": 7, "iid": 3, "project_id": 41}


@pytest.mark.parametrize(
    ("event", "refs"),
    [
        ({"object_kind": "issue", "object_attributes": {**ISSUE, "action": "close"}}, ("41#3",)),
        ({"object_kind": "work_item", "object_attributes": ISSUE}, ("41#3",)),
        ({"object_kind": "note", "object_attributes": {"noteable_type": "Issue"}, "issue": ISSUE}, ("41#3",)),
        ({"object_kind": "issue", "object_attributes": {"iid": 3}, "project": {"id": 41}}, ("41#3",)),
    ],
)
def test_webhook_says_which_issue_is_due_for_a_read(event, refs):
    found = hooks.touched({}, json.dumps(event).encode())
    assert isinstance(found, Touched)
    assert found.refs == refs


@pytest.mark.parametrize(
    "event",
    [{"object_kind": "push"}, {"object_kind": "note", "object_attributes": {"noteable_type": "MergeRequest"}}],
)
def test_what_is_not_for_us_is_passed_over_with_a_reason(event):
    found = hooks.touched({}, json.dumps(event).encode())
    assert isinstance(found, Ignored)
    assert found.reason


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"\xff",
        b"[]",
        b"{}",
        b"[" * 100_000,
        b'{"object_kind": 7}',
        b'{"object_kind": "issue"}',
        b'{"object_kind": "issue", "object_attributes": {"iid": "x", "project_id": 1}}',
    ],
)
def test_webhook_that_cannot_be_understood_is_unreadable(body):
    with pytest.raises(Unreadable):
        hooks.touched({}, body)


# Settings


def test_gitlab_needs_a_token_alone():
    settings = read_settings({"token_env": "GITLAB_TOKEN"})
    assert (settings.api_url, settings.browse_url, settings.rates) == ("https://gitlab.com", "https://gitlab.com", ())
    assert read_settings({"token_env": "T", "api_url": "https://git.acme.example/api/v4"}).browse_url.endswith(
        "example"
    )


def test_all_faults_of_the_settings_come_at_once():
    with pytest.raises(ValidationError) as refusal:
        read_settings({"api_url": "x", "doing_labels": ["a,b"], "rates": [[0, 1]], "colour": "red"})
    assert set(refusal.value.messages) == {"api_url", "token_env", "doing_labels", "rates", "colour"}

"""GitLab where its answers leave something open: who may be assigned, what was left out, how far a look-up goes."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
import responses

from connectors.gitlab import CONNECTOR
from connectors.spi import (
    AccessDenied,
    Account,
    Category,
    IssueDraft,
    Missing,
    Place,
    Rejected,
    Tracker,
    Unavailable,
    Visibility,
)

LAB = "https://lab.example"
API = f"{LAB}/api/v4"
PAY = Place("pay")
START = datetime(2020, 1, 1, tzinfo=UTC)
NOW = "2026-11-23T10:00:00Z"
ISSUE: dict[str, Any] = {
    "id": 70,
    "iid": 7,
    "project_id": 41,
    "title": "A",
    "state": "opened",
    "created_at": NOW,
    "updated_at": NOW,
    "references": {"full": "pay#7"},
}


def tracker(**more: Any) -> Tracker:
    assert CONNECTOR.tracker is not None
    table = {"api_url": LAB, "token_env": "GITLAB_TOKEN", **more}
    return CONNECTOR.tracker.make("lab", CONNECTOR.tracker.settings(table))


def known(token: dict[str, Any] | None = None, status: int = 200, **headers: str) -> None:
    responses.get(f"{API}/user", json={"id": 1, "username": "bot"}, headers=headers)
    responses.get(f"{API}/personal_access_tokens/self", json=token or {}, status=status)


@responses.activate
def test_clock_that_is_off_is_found():
    known(Date="Mon, 23 Nov 2020 10:00:00 GMT")
    assert [each.code for each in tracker().check()] == ["gitlab.clock_skew"]


@responses.activate
def test_webhook_secret_that_is_set_nowhere_or_is_no_signing_token_is_found(monkeypatch):
    known()
    lab = tracker(webhook_secret_env=["LAB_HOOK"])
    assert [each.code for each in lab.check()] == ["gitlab.secret_missing"]
    monkeypatch.setenv("LAB_HOOK", "whsec_short")
    (finding,) = lab.check()
    assert "whsec_short" not in finding.sentence + finding.cure
    monkeypatch.setenv("LAB_HOOK", "a plain secret")
    assert lab.check() == []


@responses.activate
@pytest.mark.parametrize("status", [403, 404])
def test_token_of_an_application_tells_no_end_and_is_no_fault(status):
    known(status=status)
    assert tracker().check() == []
    assert tracker().credential().expires_at is None


@responses.activate
def test_token_that_ended_between_two_questions_is_a_fault():
    known(status=401)
    assert [each.code for each in tracker().check()] == ["gitlab.unauthorized"]
    with pytest.raises(AccessDenied):
        tracker().credential()


@responses.activate
@pytest.mark.parametrize(("user", "token"), [({}, {}), ([], {}), ({"username": "bot"}, {"expires_at": "soon"})])
def test_credential_that_cannot_be_read_is_not_made_up(user, token):
    responses.get(f"{API}/user", json=user)
    responses.get(f"{API}/personal_access_tokens/self", json=token)
    with pytest.raises(Unavailable) as failure:
        tracker().credential()
    assert failure.value.code == "gitlab.strange_answer"


@responses.activate
@pytest.mark.parametrize(
    ("project", "visibility"),
    [
        ({"visibility": "public", "issues_access_level": "private"}, Visibility.INTERNAL),
        ({"visibility": "public", "issues_access_level": "enabled"}, Visibility.PUBLIC),
        ({"visibility": "odd"}, Visibility.UNKNOWN),
        ([], Visibility.UNKNOWN),
    ],
)
def test_place_is_as_open_as_its_issues_are(project, visibility):
    responses.get(f"{API}/projects/pay", json=project)
    assert tracker().describe(PAY).visibility is visibility


@responses.activate
def test_in_an_open_project_an_active_person_who_is_no_member_may_be_assigned():
    responses.get(f"{API}/projects/pay/members/all", json=[{"id": 5, "state": "active"}])
    responses.get(f"{API}/projects/pay", json={"visibility": "internal"})
    responses.get(f"{API}/users/6", json={"id": 6, "state": "active"})
    responses.get(f"{API}/users/7", json={"id": 7, "state": "blocked"})
    responses.get(f"{API}/users/8", status=404)
    accounts = [Account(each) for each in ("5", "6", "7", "8", "dana")]
    found = tracker().unassignable(PAY, accounts)
    assert {each.code for each in found} == {"gitlab.assignee_unknown"}
    assert [any(f"{who}" in each.sentence for each in found) for who in ("to 7,", "to 8,", "'dana'")] == [True] * 3
    assert len(found) == 3


@responses.activate
@pytest.mark.parametrize(
    "project", [{"visibility": "private"}, {"visibility": "public", "issues_access_level": "private"}]
)
def test_in_a_closed_project_only_members_may_be_assigned(project):
    responses.get(f"{API}/projects/pay/members/all", json=[])
    responses.get(f"{API}/projects/pay", json=project)
    assert len(tracker().unassignable(PAY, [Account("6")])) == 1


@responses.activate
@pytest.mark.parametrize(("members", "project"), [({}, {}), ([], [])])
def test_people_who_cannot_be_read_are_not_taken_for_strangers(members, project):
    responses.get(f"{API}/projects/pay/members/all", json=members)
    responses.get(f"{API}/projects/pay", json=project)
    with pytest.raises(Unavailable):
        tracker().unassignable(PAY, [Account("6")])


@responses.activate
def test_what_gitlab_left_out_of_a_confidential_issue_is_named():
    asked = responses.post(f"{API}/projects/pay/issues", json={**ISSUE, "labels": [{"name": "afteraction"}]})
    draft = IssueDraft("A", "b", "m", due_on=date(2026, 12, 1), confidential=True, issue_type="Test case")
    assert tracker().create(PAY, draft).dropped == ("due date", "confidentiality")
    assert b'"issue_type": "test_case"' in asked.calls[0].request.body


@responses.activate
def test_issue_without_its_full_name_is_named_by_its_address():
    named = {**ISSUE, "references": None, "web_url": f"{LAB}/acme/pay/-/issues/7", "labels": ["afteraction"]}
    responses.post(f"{API}/projects/pay/issues", json=named)
    assert tracker().create(PAY, IssueDraft("A", "b", "m")).issue.key == "acme/pay#7"


@responses.activate
def test_marker_is_looked_for_on_every_page_of_what_we_made():
    known()
    url = f"{API}/projects/pay/issues"
    others = [{**ISSUE, "iid": 100 + n, "description": "x"} for n in range(100)]
    responses.get(url, json=[])
    responses.get(url, json=others)
    responses.get(url, json=[{**ISSUE, "description": "b\n\n<!-- pm:m1 -->"}])
    (found,) = tracker().find(PAY, "m1", START)
    assert found.issue.key == "pay#7"


@responses.activate
def test_look_up_by_marker_that_cannot_see_every_page_is_no_proof_that_nothing_was_made():
    known()
    responses.get(f"{API}/projects/pay/issues", json=[{**ISSUE, "iid": 100 + n} for n in range(100)])
    with pytest.raises(Unavailable) as failure:
        tracker().find(PAY, "m1", START)
    assert failure.value.code == "gitlab.too_many"
    assert len(responses.calls) < 60


@responses.activate
def test_issue_that_was_moved_is_found_by_its_marker_where_it_is_now():
    known()
    text = {"description": "b\n\n<!-- pm:m1 -->"}
    left = {**ISSUE, **text, "state": "closed", "moved_to_id": 80}
    responses.get(f"{API}/projects/pay/issues", json=[left])
    responses.post(f"{LAB}/api/graphql", json={"data": {"issue": {"iid": "3", "projectId": 42}}})
    there = {**ISSUE, **text, "iid": 3, "project_id": 42, "references": {"full": "web#3"}}
    responses.get(f"{API}/projects/42/issues/3", json=there)
    (found,) = tracker().find(PAY, "m1", START)
    assert (found.issue.key, found.category) == ("web#3", Category.TODO)


@responses.activate
def test_our_comment_is_found_beyond_a_hundred_of_others():
    notes = f"{API}/projects/41/issues/7/notes"
    responses.get(notes, json=[{"id": n, "body": "x", "system": n % 2 == 0} for n in range(100)])
    responses.get(notes, json=[{"id": 500, "body": "y\n\n<!-- pm:c1 -->"}])
    assert tracker().comments_with("41#7", "c1") == ("500",)


@responses.activate
def test_issue_that_was_closed_as_a_duplicate_is_not_called_done():
    known()
    links = {"closed_as_duplicate_of": f"{API}/projects/41/issues/5"}
    responses.get(f"{API}/projects/41/issues/7", json={**ISSUE, "state": "closed", "_links": links})
    with pytest.raises(Rejected) as refusal:
        tracker().transition("41#7", Category.DONE)
    assert (refusal.value.code, "closed (duplicate)" in refusal.value.sentence) == ("gitlab.unsupported", True)


def test_address_of_an_issue_that_moved_out_of_our_sight_is_told(sandbox, gitlab):
    made = gitlab.create(Place("acme/payments"), IssueDraft("A", "b", "m"))
    client = sandbox.app.test_client()
    client.post("/_sandbox/gitlab/issues/acme/payments/1", json={"move": "acme/infra/network"})
    client.post("/_sandbox/gitlab/projects/acme/infra/network", json={"hidden_from": ["afteraction-bot"]})
    with pytest.raises(Missing) as failure:
        gitlab.look_up(made.issue.url)
    assert "is gone or not visible to us" in failure.value.sentence


def test_allowed_rate_of_the_settings_is_told():
    (rate,) = tracker(rates=[[5, 60]]).capabilities.rates
    assert (rate.count, timedelta(seconds=rate.seconds)) == (5, timedelta(minutes=1))

"""What no stand-in of GitLab and Redmine answers: successes that are not what the vendor documents, refusals in odd
shapes, and cursors that are none.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest
import responses

from connectors.github import CONNECTOR as GITHUB
from connectors.gitlab import CONNECTOR as GITLAB
from connectors.jira import CONNECTOR as JIRA
from connectors.redmine import CONNECTOR as REDMINE
from connectors.spi import (
    AccessDenied,
    Category,
    Connector,
    ConnectorError,
    IssueDraft,
    IssueRef,
    OutcomeUnknown,
    Place,
    Rejected,
    Tracker,
    Unavailable,
    Visibility,
)

LAB, MINE = "https://lab.example", "https://mine.example"
API = f"{LAB}/api/v4"
DRAFT = IssueDraft("Add a limit", "It fell over.", "abc123")
PAY = Place("pay")
START = datetime(2020, 1, 1, tzinfo=UTC)
REF = "7@20261123T100000Z"
NOW = "2026-11-23T10:00:00Z"
REDMINE_ISSUE: dict[str, Any] = {
    "id": 7,
    "project": {"id": 1},
    "status": {"id": 1, "name": "New", "is_closed": False},
    "subject": "A",
    "created_on": NOW,
    "updated_on": NOW,
}
GITLAB_ISSUE: dict[str, Any] = {
    "id": 70,
    "iid": 7,
    "project_id": 41,
    "title": "A",
    "state": "opened",
    "created_at": NOW,
    "updated_at": NOW,
    "references": {"full": "pay#7"},
}
Ask = Callable[[Tracker], Any]


@pytest.fixture
def gitlab() -> Tracker:
    assert GITLAB.tracker is not None
    return GITLAB.tracker.make("lab", GITLAB.tracker.settings({"api_url": LAB, "token_env": "GITLAB_TOKEN"}))


@pytest.fixture
def redmine() -> Tracker:
    assert REDMINE.tracker is not None
    return REDMINE.tracker.make("mine", REDMINE.tracker.settings({"api_url": MINE, "token_env": "REDMINE_TOKEN"}))


def changes(tracker: Tracker, cursor: str | None = None) -> Any:
    return tracker.changes(tracker.feeds(["pay"])[0], cursor, datetime.now(UTC))


def gitlabs_own() -> None:
    responses.get(f"{API}/user", json={"id": 1, "username": "bot"})


def redmines_own() -> None:
    responses.get(f"{MINE}/users/current.json", json={"user": {"id": 1, "login": "bot"}})
    responses.get(f"{MINE}/projects/1.json", json={"project": {"id": 1, "identifier": "pay"}})


@responses.activate
@pytest.mark.parametrize(
    ("method", "path", "body", "ask", "kind"),
    [
        ("GET", "issues", {}, changes, Unavailable),
        ("GET", "issues", [7], changes, Unavailable),
        ("GET", "issues", [{"moved_to_id": 9}], changes, Unavailable),
        ("GET", "issues", [{**GITLAB_ISSUE, "updated_at": "soon"}], changes, Unavailable),
        ("GET", "projects/pay/issues", [{"iid": 7}], lambda lab: lab.find(PAY, "m", START), Unavailable),
        ("GET", "projects/41/issues", [{"iid": 7}], lambda lab: lab.read(["41#7"]), Unavailable),
        (
            "GET",
            "projects/41/issues",
            [{**GITLAB_ISSUE, "moved_to_id": "x"}],
            lambda lab: lab.read(["41#7"]),
            Unavailable,
        ),
        ("GET", "projects/41/issues/7", [], lambda lab: lab.transition("41#7", Category.DONE), OutcomeUnknown),
        ("GET", "projects/41/issues/7/notes", [7], lambda lab: lab.comments_with("41#7", "c"), Unavailable),
        (
            "GET",
            "projects/pay%2Fx/issues/7",
            {"iid": 7},
            lambda lab: lab.look_up(f"{LAB}/pay/x/-/issues/7"),
            Unavailable,
        ),
        ("POST", "projects/pay/issues", [], lambda lab: lab.create(PAY, DRAFT), OutcomeUnknown),
        (
            "POST",
            "projects/pay/issues",
            {**GITLAB_ISSUE, "labels": 7},
            lambda lab: lab.create(PAY, DRAFT),
            OutcomeUnknown,
        ),
        ("POST", "projects/41/issues/7/notes", {}, lambda lab: lab.comment("41#7", "c", "t", None), OutcomeUnknown),
    ],
)
def test_success_of_gitlab_that_says_nothing_is_not_taken_for_an_answer(gitlab, method, path, body, ask, kind):
    gitlabs_own()
    responses.add(method, f"{API}/{path}", json=body)
    with pytest.raises(ConnectorError) as failure:
        ask(gitlab)
    assert (type(failure.value), failure.value.code) == (kind, "gitlab.strange_answer")


@responses.activate
@pytest.mark.parametrize("body", [{}, {"data": None}, {"data": {"issue": {"iid": "x"}}}])
def test_where_an_issue_moved_to_is_never_made_up(gitlab, body):
    gitlabs_own()
    responses.get(f"{API}/projects/41/issues", json=[{**GITLAB_ISSUE, "moved_to_id": 9}])
    responses.post(f"{LAB}/api/graphql", json=body)
    with pytest.raises(Unavailable) as failure:
        gitlab.read(["41#7"])
    assert failure.value.code == "gitlab.strange_answer"


@responses.activate
def test_issue_that_moved_in_a_circle_is_not_followed_for_ever(gitlab):
    gitlabs_own()
    moved = {**GITLAB_ISSUE, "moved_to_id": 70}
    responses.get(f"{API}/projects/41/issues", json=[moved])
    responses.post(f"{LAB}/api/graphql", json={"data": {"issue": {"iid": "7", "projectId": 41}}})
    assert gitlab.read(["41#7"]).gone == ("41#7",)


@responses.activate
def test_what_the_stand_in_of_a_proxy_says_is_not_understood(gitlab, redmine):
    responses.get(f"{API}/projects/41/issues/7/notes", body="<html>", status=200)
    responses.get(f"{MINE}/issues/7.json", body="<html>", status=200)
    for ask in (lambda: gitlab.comments_with("41#7", "c"), lambda: redmine.comments_with(REF, "c")):
        with pytest.raises(Unavailable) as failure:
            ask()
        assert failure.value.code.endswith(".strange_answer")


@responses.activate
@pytest.mark.parametrize(
    ("said", "words"),
    [
        ({"message": {"title": ["is too long", "is odd"], "base": "no"}}, "title is too long, is odd; base no"),
        ({"error": "title is missing"}, "title is missing"),
        ([7], "[7]"),
        ({"message": 7}, "(400)"),
    ],
)
def test_refusal_of_gitlab_in_any_shape_is_a_refusal_in_its_words(gitlab, said, words):
    responses.post(f"{API}/projects/pay/issues", json=said, status=400)
    with pytest.raises(Rejected) as failure:
        gitlab.create(PAY, DRAFT)
    assert words in failure.value.sentence


@responses.activate
@pytest.mark.parametrize(
    ("method", "path", "body", "ask", "kind"),
    [
        ("GET", "issues.json", [], changes, Unavailable),
        ("GET", "issues.json", {"issues": [7]}, changes, Unavailable),
        ("GET", "issues.json", {"issues": [7]}, lambda mine: mine.read([REF]), Unavailable),
        ("GET", "issues.json", {"issues": [{"id": 7}]}, lambda mine: mine.read([REF]), Unavailable),
        ("GET", "issues/7.json", {"issue": {"id": 7}}, lambda mine: mine.comments_with(REF, "c"), Unavailable),
        (
            "GET",
            "issues/7.json",
            {"issue": {**REDMINE_ISSUE, "subject": 7}},
            lambda mine: mine.look_up(f"{MINE}/issues/7"),
            Unavailable,
        ),
        (
            "GET",
            "issues/7.json",
            {"issue": {**REDMINE_ISSUE, "status": {}}},
            lambda mine: mine.transition(REF, Category.DONE),
            Unavailable,
        ),
        ("POST", "issues.json", {}, lambda mine: mine.create(PAY, DRAFT), OutcomeUnknown),
        ("POST", "issues.json", {"issue": {"id": 7}}, lambda mine: mine.create(PAY, DRAFT), OutcomeUnknown),
    ],
)
def test_success_of_redmine_that_says_nothing_is_not_taken_for_an_answer(redmine, method, path, body, ask, kind):
    redmines_own()
    responses.add(method, f"{MINE}/{path}", json=body)
    with pytest.raises(ConnectorError) as failure:
        ask(redmine)
    assert (type(failure.value), failure.value.code) == (kind, "redmine.strange_answer")


@responses.activate
def test_account_that_redmine_does_not_tell_is_not_made_up(redmine):
    responses.get(f"{MINE}/users/current.json", json={"user": {"login": "bot"}})
    responses.get(f"{MINE}/issues.json", json={"issues": []})
    with pytest.raises(Unavailable) as failure:
        changes(redmine)
    assert failure.value.code == "redmine.strange_answer"


@responses.activate
@pytest.mark.parametrize(
    ("body", "words"),
    [
        ('{"errors": ["Subject is odd", "Tracker is gone"]}', "Subject is odd; Tracker is gone"),
        ('{"errors": "Odd"}', "Odd"),
        ("{}", "does not say why"),
        ("<html>", "does not say why"),
    ],
)
def test_refusal_of_redmine_in_any_shape_is_a_refusal_in_its_words(redmine, body, words):
    responses.post(f"{MINE}/issues.json", body=body, status=422, content_type="application/json")
    with pytest.raises(Rejected) as failure:
        redmine.create(PAY, DRAFT)
    assert words in failure.value.sentence


@responses.activate
def test_change_that_met_another_is_tried_again(redmine):
    redmines_own()
    responses.get(f"{MINE}/issues/7.json", json={"issue": REDMINE_ISSUE})
    responses.put(f"{MINE}/issues/7.json", json={"errors": []}, status=422)
    with pytest.raises(Unavailable) as failure:
        redmine.rewrite(REF, "B", "b", "m")
    assert failure.value.code == "redmine.stale"


@responses.activate
@pytest.mark.parametrize("cursor", ['{"seen": "soon"}', "[]", "no cursor", '{"page": "x"}', '{"offset": []}'])
def test_cursor_that_cannot_be_read_begins_anew(gitlab, redmine, cursor):
    gitlabs_own()
    redmines_own()
    lab = responses.get(f"{API}/issues", json=[])
    mine = responses.get(f"{MINE}/issues.json", json={"issues": []})
    for tracker, asked in ((gitlab, lab), (redmine, mine)):
        assert changes(tracker, cursor).more is False
        assert "2000-01-01" in asked.calls[0].request.url


@responses.activate
def test_secret_that_is_set_nowhere_is_named(gitlab, redmine, monkeypatch):
    for tracker, name in ((gitlab, "GITLAB_TOKEN"), (redmine, "REDMINE_TOKEN")):
        monkeypatch.delenv(name)
        with pytest.raises(AccessDenied) as failure:
            tracker.create(PAY, DRAFT)
        assert failure.value.code.endswith(".token_missing")
        assert name in failure.value.sentence
        assert [each.code for each in tracker.check()] == [failure.value.code]
    assert len(responses.calls) == 0


@responses.activate
def test_place_of_a_redmine_that_cannot_be_asked_without_a_key_is_not_taken_for_closed(redmine):
    redmines_own()
    project = {"id": 1, "identifier": "pay", "is_public": True, "trackers": [], "enabled_modules": []}
    responses.get(f"{MINE}/projects/pay.json", json={"project": project})
    responses.get(f"{MINE}/projects/pay.json", body=ConnectionResetError("reset"))
    with pytest.raises(Unavailable):
        redmine.describe(PAY)


@responses.activate
def test_administrator_of_redmine_may_everything(redmine):
    responses.get(f"{MINE}/users/current.json", json={"user": {"id": 1, "login": "root", "admin": True}})
    project = {"id": 1, "identifier": "pay", "is_public": False, "trackers": [{"name": "Bug"}]}
    responses.get(f"{MINE}/projects/pay.json", json={"project": project})
    responses.post(f"{MINE}/issues.json", json={"errors": ["Subject cannot be blank", "Due date is odd"]}, status=422)
    responses.get(f"{MINE}/issues.json", json={"issues": []})
    described = redmine.describe(PAY)
    assert (described.visibility, described.findings) == (Visibility.INTERNAL, ())
    assert "set_issues_private" in described.permissions


@responses.activate
@pytest.mark.parametrize("status", [403, 404])
def test_role_that_redmine_does_not_show_lacks_nothing_that_is_known(redmine, status):
    user = {"id": 1, "login": "bot", "memberships": [{"project": {"id": 1}, "roles": [{"id": 3}]}]}
    responses.get(f"{MINE}/users/current.json", json={"user": user})
    responses.get(f"{MINE}/projects/pay.json", json={"project": {"id": 1, "is_public": False, "trackers": []}})
    responses.get(f"{MINE}/roles/3.json", status=status)
    responses.post(f"{MINE}/issues.json", json={"errors": ["Subject cannot be blank", "Due date is odd"]}, status=422)
    responses.get(f"{MINE}/issues.json", json={"issues": []})
    assert redmine.describe(PAY).findings == ()
    with pytest.raises(Rejected) as failure:
        redmine.create(PAY, IssueDraft("A", "b", "m", confidential=True))
    assert failure.value.code == "redmine.not_private"


@responses.activate
def test_duplicate_whose_survivor_is_hidden_is_closed_by_its_status_alone(redmine):
    redmines_own()
    closed = {"id": 5, "name": "Closed", "is_closed": True}
    relation = {"relation_type": "duplicates", "issue_id": 7, "issue_to_id": 8}
    issue = {**REDMINE_ISSUE, "status": closed, "relations": [{"relation_type": "blocks"}, relation]}
    responses.get(f"{MINE}/issues.json", json={"issues": [issue]})
    responses.get(f"{MINE}/issues/8.json", status=403)
    (reading,) = redmine.read([REF]).readings
    assert (reading.category, reading.duplicate_of) == (Category.DONE, None)


@responses.activate
def test_duplicate_that_gitlab_cannot_link_is_closed_all_the_same(gitlab):
    gitlabs_own()
    path = f"{API}/projects/41/issues/7"
    responses.get(f"{path}/notes", json=[])
    responses.post(f"{path}/notes", json={"id": 1})
    responses.post(f"{path}/notes", json={"message": "no"}, status=400)
    responses.get(path, json=GITLAB_ISSUE)
    closing = responses.put(path, json={**GITLAB_ISSUE, "state": "closed"})
    gitlab.close_as_duplicate("41#7", IssueRef("41#5", "pay#5", f"{LAB}/pay/-/issues/5", "pay"), "The same.")
    assert json.loads(closing.calls[0].request.body) == {"state_event": "close"}


GITHUB_ISSUE: dict[str, Any] = {
    "node_id": "I_7",
    "number": 7,
    "repository_url": "https://api.github.com/repos/acme/pay",
    "state": "open",
    "created_at": NOW,
    "updated_at": NOW,
}
JIRA_FIELDS = {"status": {"name": "Open", "statusCategory": {"key": "new"}}, "updated": NOW, "created": NOW}
USER = {"id": 1, "login": "bot"}
LOOKED_UP: list[tuple[Connector, dict[str, str], str, Callable[[str], dict[str, Any]]]] = [
    (
        JIRA,
        {"api_url": LAB, "token_env": "JIRA_TOKEN"},
        f"{LAB}/browse/PAY-7",
        lambda odd: {
            f"{LAB}/rest/api/2/issue/PAY-7": {"id": "7", "key": "PAY-7", "fields": {**JIRA_FIELDS, "summary": odd}},
            f"{LAB}/rest/api/2/myself": {"accountId": "bot"},
        },
    ),
    (
        GITHUB,
        {"token_env": "GITHUB_TOKEN"},
        "https://github.com/acme/pay/issues/7",
        lambda odd: {
            "https://api.github.com:443/repos/acme/pay/issues/7": {**GITHUB_ISSUE, "title": odd},
            "https://api.github.com:443/user": USER,
        },
    ),
    (
        GITLAB,
        {"api_url": LAB, "token_env": "GITLAB_TOKEN"},
        f"{LAB}/acme/pay/-/issues/7",
        lambda odd: {f"{API}/projects/acme%2Fpay/issues/7": {**GITLAB_ISSUE, "title": odd}, f"{API}/user": USER},
    ),
    (
        REDMINE,
        {"api_url": MINE, "token_env": "REDMINE_TOKEN"},
        f"{MINE}/issues/7",
        lambda odd: {
            f"{MINE}/issues/7.json": {"issue": {**REDMINE_ISSUE, "subject": odd}},
            f"{MINE}/users/current.json": {"user": USER},
            f"{MINE}/projects/1.json": {"project": {"id": 1, "identifier": "pay"}},
        },
    ),
]


@responses.activate
@pytest.mark.parametrize(("connector", "table", "url", "answers"), LOOKED_UP, ids=[each[2] for each in LOOKED_UP])
@pytest.mark.parametrize("odd", ["a\ud83d", "a\x00"])
def test_title_that_no_database_keeps_is_read_as_one_that_it_does(connector, table, url, answers, odd):
    for address, body in answers(odd).items():
        responses.get(address, json=body)
    reading = connector.tracker.make("one", connector.tracker.settings(table)).look_up(url)
    assert reading.title in ("a?", "a")

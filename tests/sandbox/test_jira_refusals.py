"""What the stand-in Jira refuses that a connector might ask, and what it lists for whoever configures one."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from connectors.sandbox.running import Sandbox
from tests.sandbox.client import Client
from tests.sandbox.conftest import options

BASE = {"project": {"key": "PAY"}, "issuetype": {"name": "Task"}, "summary": "Do it"}
KINDS = [
    {"id": "customfield_1", "name": "Cost", "kind": "number"},
    {"id": "customfield_2", "name": "Review", "kind": "date"},
    {"id": "customfield_3", "name": "Notes", "kind": "textarea"},
]
FIELDED = {
    "jira": {
        "users": [
            {"account_id": "bot", "name": "Bot", "email": "afteraction@acme.example", "token": "sandbox-jira-token"}
        ],
        "projects": [{"key": "PAY", "name": "Payments", "fields": KINDS}],
    }
}


@pytest.fixture
def fielded(tmp_path: Path) -> Iterator[Client]:
    """A Jira with a custom field of each kind."""
    seed = tmp_path / "seed.json"
    seed.write_text(json.dumps(FIELDED), encoding="utf-8")
    with Sandbox(options(seed_file=seed, smtp_port=None)) as sandbox, Client(sandbox.url) as client:
        yield client


def refusal(client: Client, method: str, path: str, body: Any, **more: Any) -> str:
    answer = client.jira(method, path, body, **more)
    assert 400 <= answer.status_code < 500, answer.text
    return answer.text


@pytest.mark.parametrize(
    ("field", "value", "words"),
    [
        ("summary", 7, "must be a string"),
        ("labels", "a", "data was not an array"),
        ("labels", ["x" * 256], "exceeds the limit of 255 characters"),
        ("description", "x" * 32_768, "exceeds the allowed limit"),
        ("assignee", {"name": "dana"}, "GDPR strict mode"),
        ("parent", {"key": "PAY-99"}, "Could not find issue"),
    ],
)
def test_value_of_the_wrong_shape_is_refused_at_its_field(client: Client, field: str, value: Any, words: str) -> None:
    answer = client.jira("POST", "/issue", {"fields": {**BASE, field: value}})
    assert answer.status_code == 400
    assert words in answer.json()["errors"][field]


def test_nothing_is_a_value_for_what_may_be_empty(client: Client) -> None:
    key = client.new_jira(description="Why", duedate="2026-12-01", assignee={"id": "712020:mateo-silva"})
    nothing = dict.fromkeys(("description", "duedate", "assignee", "priority", "parent"))
    assert client.jira("PUT", f"/issue/{key}", {"fields": nothing}).status_code == 204
    fields = client.jira("GET", f"/issue/{key}").json()["fields"]
    assert [fields[name] for name in ("description", "duedate", "assignee")] == [None, None, None]


@pytest.mark.parametrize(
    ("given", "shown"),
    [
        ({"customfield_1": 2.5}, 2.5),
        ({"customfield_2": "2026-12-01"}, "2026-12-01"),
        ({"customfield_3": "plain"}, "plain"),
        ({"customfield_3": None}, None),
        ({"customfield_1": "2"}, "must be a number"),
        ({"customfield_1": True}, "must be a number"),
        ({"customfield_2": "soon"}, "Enter a date"),
        ({"customfield_3": 7}, "must be a string"),
    ],
)
def test_custom_field_takes_its_own_kind_of_value(fielded: Client, given: dict[str, Any], shown: Any) -> None:
    answer = fielded.jira("POST", "/issue", {"fields": {**BASE, **given}})
    (name,) = given
    if answer.status_code == 400:
        assert shown in answer.json()["errors"][name]
    else:
        assert fielded.jira("GET", f"/issue/{answer.json()['key']}").json()["fields"][name] == shown


def test_text_of_a_custom_field_is_a_document_in_version_3(fielded: Client) -> None:
    key = fielded.new_jira(customfield_3="plain")
    shown = fielded.jira("GET", f"/issue/{key}", version=3).json()["fields"]["customfield_3"]
    assert (shown["type"], shown["content"][0]["content"][0]["text"]) == ("doc", "plain")


def test_operations_set_add_and_remove_and_say_comments(client: Client) -> None:
    key = client.new_jira(labels=["a", "b"])
    update = {
        "summary": [{"set": "Another"}],
        "duedate": [{"set": "2026-12-01"}],
        "labels": [{"add": "c"}, {"remove": "a"}],
        "comment": [{"add": {"body": "Seen"}}, {"edit": {}}],
    }
    assert client.jira("PUT", f"/issue/{key}", {"update": update}).status_code == 204
    (issue,) = client.issues("jira")
    assert (issue["title"], issue["due"], sorted(issue["labels"])) == ("Another", "2026-12-01", ["b", "c"])
    assert [each["body"] for each in issue["comments"]] == ["Seen"]
    assert "does not support the operation 'add'" in refusal(
        client, "PUT", f"/issue/{key}", {"update": {"summary": [{"add": "x"}]}}
    )
    assert client.jira("PUT", f"/issue/{key}", {"update": {"summary": "no list"}}).status_code == 204


def test_transition_refuses_what_is_not_on_its_screen_and_a_resolution_that_there_is_not(client: Client) -> None:
    key = client.new_jira()
    for body, words in (
        ({"transition": {"id": "99"}}, "is not valid for this issue"),
        ({"transition": {"id": "21"}, "fields": {"resolution": {"name": "Done"}}}, "cannot be set"),
        ({"transition": {"id": "41"}, "fields": {"resolution": {"name": "Tired"}}}, "resolution selected is invalid"),
        ({"transition": {"id": "41"}, "fields": {"summary": "x"}}, "cannot be set"),
    ):
        assert words in refusal(client, "POST", f"/issue/{key}/transitions", body)
    assert client.issues("jira")[0]["status"] == "To Do"


def test_comments_are_shown_either_way_round_and_refused_where_they_are_none(client: Client) -> None:
    key = client.new_jira()
    for text in ("One", "Two"):
        client.jira("POST", f"/issue/{key}/comment", {"body": text})
    path = f"/issue/{key}/comment"
    newest = client.jira("GET", path, params={"orderBy": "-created"}).json()["comments"]
    assert [each["body"] for each in newest] == ["Two", "One"]
    assert "must be a string" in refusal(client, "POST", path, {"body": {"type": "doc"}})


def test_history_of_an_issue_is_paged(client: Client) -> None:
    key = client.new_jira()
    client.jira("PUT", f"/issue/{key}", {"fields": {"summary": "Another"}})
    page = client.jira("GET", f"/issue/{key}/changelog").json()
    assert (page["isLast"], page["values"][0]["items"][0]["toString"]) == (True, "Another")


def test_property_is_written_read_and_missed(client: Client) -> None:
    key = client.new_jira()
    path = f"/issue/{key}/properties/afteraction"
    assert client.jira("GET", path).status_code == 404
    assert client.jira("PUT", path, {"marker": "m"}).status_code == 201
    assert client.jira("PUT", path, {"marker": "n"}).status_code == 200
    assert client.jira("GET", path).json() == {"key": "afteraction", "value": {"marker": "n"}}
    assert "must be JSON" in refusal(client, "PUT", path, None, data="{")


def test_properties_of_an_edit_are_set_beside_the_others_and_bad_ones_refused(client: Client) -> None:
    key = client.new_jira()
    for name in ("a", "b"):
        body = {"fields": {}, "properties": [{"key": name, "value": 1}]}
        assert client.jira("PUT", f"/issue/{key}", body).status_code == 204
    shown = client.jira("GET", f"/issue/{key}", params={"properties": "a,b"}).json()["properties"]
    assert shown == {"a": 1, "b": 1}
    for bad, words in (({"key": "a"}, "a key and a value"), ({"key": "k" * 256, "value": 1}, "too long")):
        assert words in refusal(client, "PUT", f"/issue/{key}", {"properties": [bad]})


def test_links_need_an_address_a_title_and_two_issues(client: Client) -> None:
    key = client.new_jira()
    assert "'title' is required" in refusal(client, "POST", f"/issue/{key}/remotelink", {"object": {"url": "x"}})
    link = {"type": {"name": "Duplicate"}, "inwardIssue": {"key": key}, "outwardIssue": {"key": "PAY-99"}}
    assert "does not exist" in refusal(client, "POST", "/issueLink", link)
    other = client.new_jira("Another")
    for _ in range(2):
        client.jira("POST", "/issueLink", {**link, "outwardIssue": {"key": other}})
    assert len(client.jira("GET", f"/issue/{key}").json()["fields"]["issuelinks"]) == 1
    client.control("POST", f"/jira/issues/{other}", {"delete": True})
    assert client.jira("GET", f"/issue/{key}").json()["fields"]["issuelinks"][0]["id"]


def test_what_is_there_to_choose_from_is_listed(client: Client) -> None:
    assert [each["name"] for each in client.jira("GET", "/priority").json()][0:1] == ["Highest"]
    assert "Won't Do" in [each["name"] for each in client.jira("GET", "/resolution").json()]
    assert {each["key"] for each in client.jira("GET", "/statuscategory").json()} >= {"new", "indeterminate", "done"}
    found = client.jira("GET", "/project/search", params={"query": "pay"}).json()
    assert ([each["key"] for each in found["values"]], found["isLast"]) == (["PAY"], True)
    found = client.jira("GET", "/project/search", params={"keys": "plat", "maxResults": 1}).json()
    assert [each["key"] for each in found["values"]] == ["PLAT"]


def test_people_are_found_by_their_account_and_asked_about_for_an_issue(client: Client) -> None:
    key = client.new_jira()
    dana = client.jira("GET", "/user", params={"accountId": "712020:dana-okafor"}).json()
    assert dana["displayName"] == "Dana Okafor"
    assert client.jira("GET", "/user", params={"accountId": "nobody"}).status_code == 404
    assert client.jira("GET", "/user/search").status_code == 400
    found = client.jira("GET", "/user/assignable/search", params={"issueKey": key, "query": "mateo"}).json()
    assert [each["accountId"] for each in found] == ["712020:mateo-silva"]
    assert client.jira("GET", "/user/assignable/search").status_code == 400


def test_permissions_are_asked_for_a_place_or_an_issue_by_names_that_there_are(client: Client) -> None:
    key = client.new_jira()
    asked = {"permissions": "EDIT_ISSUES", "issueKey": key}
    assert client.jira("GET", "/mypermissions", params=asked).json()["permissions"]["EDIT_ISSUES"]["havePermission"]
    assert client.jira("GET", "/mypermissions").status_code == 400
    assert client.jira("GET", "/mypermissions", params={"permissions": "FLY"}).status_code == 400
    assert client.jira("GET", "/issue/createmeta/PAY/issuetypes/99").status_code == 404


@pytest.mark.parametrize(
    ("path", "body", "words"),
    [
        ("/search/jql", {"jql": "project = PAY", "reconcileIssues": list(range(51))}, "at most 50"),
        ("/search/jql", {"jql": "project = PAY", "properties": list("abcdef")}, "exceeds the limit of 5"),
        ("/issue/bulkfetch", {"issueIdsOrKeys": []}, "must not be empty"),
        ("/issue/bulkfetch", {"issueIdsOrKeys": ["1"], "startAt": 0}, "startAt"),
        ("/issue/bulkfetch", {"issueIdsOrKeys": ["1"] * 101}, "exceeds the limit of 100"),
        ("/search/approximate-count", {"jql": "nonsense ="}, "JQL"),
    ],
)
def test_search_that_asks_for_too_much_or_nonsense_is_400(client: Client, path: str, body: Any, words: str) -> None:
    assert words in refusal(client, "POST", path, body, version=3)


@pytest.mark.parametrize(
    ("jql", "found"),
    [
        ("project = PAY AND priority = Highest", ["PAY-1"]),
        ("project = PAY AND due is EMPTY", ["PAY-2"]),
        ("project = PAY AND due is not EMPTY", ["PAY-1"]),
        ("project = PAY AND created is EMPTY", []),
        ("project = PAY AND created is not EMPTY", ["PAY-1", "PAY-2"]),
        ("project = PAY AND status not in (Done)", ["PAY-1", "PAY-2"]),
    ],
)
def test_clauses_about_what_may_be_empty_find_what_they_say(client: Client, jql: str, found: list[str]) -> None:
    client.new_jira(priority={"name": "Highest"}, duedate="2026-12-01")
    client.new_jira("Another")
    assert sorted(client.found(jql)) == found
    count = client.jira("POST", "/search/approximate-count", {"jql": jql}, version=3).json()
    assert count == {"count": len(found)}


@pytest.mark.parametrize(
    "jql",
    [
        "= PAY",
        "project is PAY",
        "project = PAY AND created ~ x",
        "due ~ x",
        "summary = x",
        "project = PAY ORDER created",
    ],
)
def test_query_that_jira_cannot_read_is_refused(client: Client, jql: str) -> None:
    refusal(client, "POST", "/search/jql", {"jql": jql}, version=3)


def test_webhook_of_a_comment_names_its_issue(client: Client, shared: Sandbox) -> None:
    from connectors.sandbox.jira.shapes import Shapes

    told = []
    world = shared.world
    before = world.jira.publish
    world.jira.publish = lambda event: told.append(Shapes(world.jira, "http://j/jira", 2).event(event, 1))
    try:
        key = client.new_jira()
        client.jira("POST", f"/issue/{key}/comment", {"body": "Seen"})
    finally:
        world.jira.publish = before
    (comment,) = [each for each in told if "comment" in each]
    assert (comment["issue"]["key"], comment["comment"]["body"]) == (key, "Seen")


def test_what_jira_and_github_hold_survives_a_restart(tmp_path: Path) -> None:
    kept = options(state_dir=tmp_path / "state", smtp_port=None)
    with Sandbox(kept) as sandbox, Client(sandbox.url) as client:
        key, number = client.new_jira(labels=["a"]), client.new_github(labels=["b"])["number"]
        client.github("POST", f"/repos/acme/payments/issues/{number}/comments", {"body": "Seen"})
        iid, redmine = client.new_gitlab()["iid"], client.new_redmine()["id"]
        before = {name: client.issues(name) for name in ("jira", "github", "gitlab", "redmine")}
    with Sandbox(kept) as sandbox, Client(sandbox.url) as client:
        after = {name: client.issues(name) for name in before}
        assert client.new_gitlab("Next")["iid"] == iid + 1
        assert client.new_redmine("Next")["id"] == redmine + 1
    for found in (before, after):
        for issue in (each for issues in found.values() for each in issues):
            issue.pop("url")
    assert (after, after["jira"][0]["key"]) == (before, key)

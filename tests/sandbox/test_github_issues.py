"""The stand-in GitHub refuses and accepts what GitHub does, in its words."""

import base64
import re
from pathlib import Path

import pytest

from connectors.sandbox.running import Sandbox
from tests.sandbox.client import REPO, Client, until
from tests.sandbox.conftest import options


@pytest.mark.parametrize(
    ("body", "sentence"),
    [
        ({}, '"title" wasn\'t supplied'),
        ({"title": "x" * 257}, "title is too long (maximum is 256 characters)"),
        ({"title": "x", "body": "y" * 65_537}, "body is too long (maximum is 65536 characters)"),
        ({"title": "x", "assignees": ["nobody"]}, '"field":"assignees","code":"invalid"'),
        ({"title": "x", "labels": [""]}, '"field":"labels"'),
    ],
)
def test_an_issue_that_github_would_not_take_is_422(client: Client, body: dict[str, object], sentence: str) -> None:
    answer = client.github("POST", f"/repos/{REPO}/issues", body)
    assert answer.status_code == 422
    assert sentence in re.sub(r"\\(?=\")", "", answer.text)
    assert client.issues("github") == []


def test_a_new_issue_comes_back_whole_with_times_in_whole_seconds(client: Client) -> None:
    issue = client.new_github(body="b" * 65_536, labels=["postmortem"], assignees=["msilva"])
    assert (issue["number"], issue["state"], issue["state_reason"]) == (1, "open", None)
    assert [each["name"] for each in issue["labels"]] == ["postmortem"]
    assert issue["assignee"]["login"] == "msilva"
    assert issue["user"]["login"] == "afteraction-bot"
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", issue["updated_at"])
    assert issue["url"] == f"{client.url}/github/api/v3/repos/{REPO}/issues/1"
    assert client.github("GET", issue["url"]).json() == issue | {"closed_by": None}


def test_a_reason_is_heeded_only_when_the_state_changes(client: Client) -> None:
    path = f"/repos/{REPO}/issues/{client.new_github()['number']}"
    assert client.github("PATCH", path, {"state_reason": "not_planned"}).json()["state_reason"] is None
    closed = client.github("PATCH", path, {"state": "closed", "state_reason": "not_planned"}).json()
    assert (closed["state"], closed["state_reason"]) == ("closed", "not_planned")
    assert closed["closed_at"] is not None
    again = client.github("PATCH", path, {"state": "closed", "state_reason": "completed"}).json()
    assert again["state_reason"] == "not_planned"
    opened = client.github("PATCH", path, {"state": "open"}).json()
    assert (opened["state_reason"], opened["closed_at"]) == ("reopened", None)
    assert client.github("PATCH", path, {"state": "gone"}).status_code == 422


def test_the_list_filters_sorts_and_links_its_pages(client: Client) -> None:
    for n in range(5):
        client.new_github(f"Item {n}", labels=["pm"] if n % 2 else ["pm", "even"])
    path = f"/repos/{REPO}/issues"
    client.github("PATCH", f"{path}/1", {"state": "closed"})

    def numbers(**params: object) -> list[int]:
        return [each["number"] for each in client.github("GET", path, params=params).json()]

    assert numbers() == [5, 4, 3, 2]
    assert numbers(state="all", direction="asc") == [1, 2, 3, 4, 5]
    assert numbers(state="all", labels="pm,even", direction="asc") == [1, 3, 5]
    assert numbers(creator="dana-okafor") == []
    assert numbers(state="all", since="2999-01-01T00:00:00Z") == []
    first = client.github("GET", path, params={"state": "all", "per_page": 2})
    assert set(first.links) == {"next", "last"}
    second = client.github("GET", first.links["next"]["url"])
    assert [each["number"] for each in second.json()] == [3, 2]
    assert set(second.links) == {"prev", "next", "last", "first"}


def test_a_304_costs_nothing_of_the_quota(client: Client) -> None:
    client.new_github()
    path = f"/repos/{REPO}/issues"
    first = client.github("GET", path)
    again = client.github("GET", path, headers={"If-None-Match": first.headers["ETag"]})
    assert (again.status_code, again.content) == (304, b"")
    assert again.headers["X-RateLimit-Used"] == first.headers["X-RateLimit-Used"]
    client.new_github()
    changed = client.github("GET", path, headers={"If-None-Match": first.headers["ETag"]})
    assert changed.status_code == 200
    assert client.github("GET", "/rate_limit").json()["resources"]["core"]["limit"] == 5000


def test_comments_are_added_listed_and_edited(client: Client) -> None:
    path = f"/repos/{REPO}/issues/{client.new_github()['number']}/comments"
    made = client.github("POST", path, {"body": "first"})
    assert made.status_code == 201
    edited = client.github("PATCH", f"/repos/{REPO}/issues/comments/{made.json()['id']}", {"body": "second"})
    assert edited.json()["body"] == "second"
    assert [each["body"] for each in client.github("GET", path).json()] == ["second"]
    assert client.github("POST", path, {"body": " "}).status_code == 422
    assert client.github("PATCH", f"/repos/{REPO}/issues/comments/7", {"body": "x"}).status_code == 404


def test_labels_are_made_on_use_or_by_name_but_not_twice(client: Client) -> None:
    number = client.new_github(labels=["postmortem"])["number"]
    names = [each["name"] for each in client.github("GET", f"/repos/{REPO}/labels").json()]
    assert "postmortem" in names
    assert client.github("POST", f"/repos/{REPO}/labels", {"name": "postmortem"}).status_code == 422
    assert client.github("POST", f"/repos/{REPO}/labels", {"name": "p1"}).status_code == 201
    added = client.github("POST", f"/repos/{REPO}/issues/{number}/labels", {"labels": ["p1"]})
    assert [each["name"] for each in added.json()] == ["postmortem", "p1"]


def test_assignees_are_204_or_404(client: Client) -> None:
    assert client.github("GET", f"/repos/{REPO}/assignees/msilva").status_code == 204
    assert client.github("GET", f"/repos/{REPO}/assignees/nobody").status_code == 404


def test_a_wrong_token_is_bad_credentials(client: Client) -> None:
    with Client(client.url, github_token="wrong") as stranger:
        answer = stranger.github("GET", "/user")
    assert (answer.status_code, answer.json()["message"]) == (401, "Bad credentials")
    assert client.session.get(f"{client.url}/github/api/v3/user", timeout=5).status_code == 401


def test_a_transferred_issue_is_301_and_a_deleted_one_410(client: Client) -> None:
    moved, gone = client.new_github("Moves"), client.new_github("Goes")
    client.control("POST", f"/github/issues/{REPO}/{moved['number']}", {"transfer": "acme/status-page"})
    client.control("POST", f"/github/issues/{REPO}/{gone['number']}", {"delete": True})
    answer = client.github("GET", moved["url"], allow_redirects=False)
    assert answer.status_code == 301
    landed = client.github("GET", answer.headers["Location"]).json()
    assert landed["title"] == "Moves"
    assert landed["repository_url"].endswith("acme/status-page")
    assert landed["id"] != moved["id"]
    assert client.github("GET", gone["url"]).status_code == 410
    assert client.github("GET", f"/repos/{REPO}/issues/77").status_code == 404
    assert client.github("GET", f"/repos/{REPO}/issues", params={"state": "all"}).json() == []


def test_a_renamed_repository_sends_readers_on_without_their_query(client: Client) -> None:
    client.new_github()
    client.control("POST", f"/github/repos/{REPO}", {"full_name": "acme/billing"})
    answer = client.github("GET", f"/repos/{REPO}/issues", params={"state": "all"}, allow_redirects=False)
    assert answer.status_code == 301
    assert re.search(r"/repositories/\d+/issues$", answer.headers["Location"])
    assert len(client.github("GET", answer.headers["Location"]).json()) == 1
    write = client.github("POST", f"/repos/{REPO}/issues", {"title": "x"}, allow_redirects=False)
    assert write.status_code == 307
    assert client.github("GET", "/repos/acme/billing").json()["full_name"] == "acme/billing"


def test_what_an_account_may_not_do_is_refused_or_dropped_as_github_does(seed_file: Path) -> None:
    with Sandbox(options(seed_file=seed_file)) as sandbox, Client(sandbox.url, github_token="t") as client:
        assert client.github("GET", "/repos/o/hidden").status_code == 404
        readonly = client.github("GET", "/repos/o/readonly").json()
        assert (readonly["private"], readonly["visibility"]) == (False, "public")
        assert readonly["permissions"]["push"] is False
        issue = client.new_github(repo="o/readonly", labels=["x"], assignees=["ann"])
        assert (issue["labels"], issue["assignees"]) == ([], [])
        assert client.github("POST", "/repos/o/archived/issues", {"title": "x"}).status_code == 403
        assert client.github("POST", "/repos/o/noissues/issues", {"title": "x"}).status_code == 410
        assert client.github("GET", "/repos/o/noissues/issues").status_code == 410
        assert client.new_github(repo="o/pulls")["number"] == 3
        listed = client.github("GET", "/repos/o/pulls/issues").json()
        assert [("pull_request" in each) for each in listed] == [False, True, True]


def test_with_lag_the_list_shows_the_past_while_reads_by_number_show_the_present(client: Client) -> None:
    client.control("POST", "/settings", {"lags": {f"github/{REPO}": 0.4}})
    issue = client.new_github("Here", labels=["pm"])
    path = f"/repos/{REPO}/issues"
    assert client.github("GET", path, params={"state": "all"}).json() == []
    assert client.github("GET", issue["url"]).json()["title"] == "Here"
    until(lambda: client.github("GET", path, params={"state": "all"}).json())


QUERY = """
query Many($ids: [ID!]!) { # by node id
  nodes(ids: $ids) { __typename ...Parts }
}
fragment Parts on Issue {
  id databaseId number title body state stateReason updatedAt url
  assignees(first: 10) { nodes { login } } labels(first: 10) { nodes { name } }
  author { login } comments { totalCount } where: repository { nameWithOwner }
}
"""


def graphql(client: Client, query: str, **variables: object) -> dict[str, object]:
    url = f"{client.url}/github/api/graphql"
    answer = client.github("POST", url, {"query": query, "variables": variables})
    assert answer.status_code == 200
    document: dict[str, object] = answer.json()
    return document


def test_graphql_answers_nodes_with_just_the_members_asked_for(client: Client) -> None:
    issue = client.new_github("Title", body="Body", labels=["pm"], assignees=["msilva"])
    unknown = "I_" + base64.urlsafe_b64encode(b"1").decode().rstrip("=")
    answer = graphql(client, QUERY, ids=[issue["node_id"], unknown])
    assert answer["data"] == {
        "nodes": [
            {
                "__typename": "Issue",
                "id": issue["node_id"],
                "databaseId": issue["id"],
                "number": 1,
                "title": "Title",
                "body": "Body",
                "state": "OPEN",
                "stateReason": None,
                "updatedAt": issue["updated_at"],
                "url": issue["html_url"],
                "assignees": {"nodes": [{"login": "msilva"}]},
                "labels": {"nodes": [{"name": "pm"}]},
                "author": {"login": "afteraction-bot"},
                "comments": {"totalCount": 0},
                "where": {"nameWithOwner": REPO},
            },
            None,
        ]
    }
    assert answer["errors"][0]["type"] == "NOT_FOUND"  # type: ignore[index]
    assert answer["errors"][0]["path"] == ["nodes", 1]  # type: ignore[index]


def test_graphql_refuses_more_than_100_nodes_and_what_it_cannot_read(client: Client) -> None:
    assert "100 node ids" in str(graphql(client, QUERY, ids=["x"] * 101)["errors"])
    assert "Parse error" in str(graphql(client, "query { nodes(")["errors"])
    assert "doesn't exist" in str(graphql(client, "{ weather }")["errors"])
    assert "doesn't exist" in str(graphql(client, "mutation { x }")["errors"])
    assert "Only queries" in str(graphql(client, "subscription { x }")["errors"])


def test_graphql_reads_issues_by_number_under_aliases(client: Client) -> None:
    client.new_github("One")
    fields = "... on Issue { title }"
    query = f"""{{ repository(owner: "acme", name: "payments") {{
        a1: issueOrPullRequest(number: 1) {{ {fields} }} a2: issueOrPullRequest(number: 2) {{ {fields} }} }} }}"""
    answer = graphql(client, query)
    assert answer["data"] == {"repository": {"a1": {"title": "One"}, "a2": None}}

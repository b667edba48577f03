"""Sub-issues, types and duplicates of the stand-in GitHub; GraphQL's pages; and its enterprise server's versions."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from connectors.sandbox.running import Sandbox
from tests.sandbox.client import REPO, Client
from tests.sandbox.conftest import options
from tests.sandbox.test_github_issues import graphql

ISSUES = f"/repos/{REPO}/issues"
ADD = """
mutation($parent: ID!, $child: ID!, $replace: Boolean) {
  addSubIssue(input: {issueId: $parent, subIssueId: $child, replaceParent: $replace}) { subIssue { number } }
}
"""


def test_sub_issue_has_one_parent_unless_it_is_replaced(client: Client) -> None:
    first, second, child = (client.new_github(title) for title in ("First", "Second", "Child"))
    asked = {"sub_issue_id": child["id"]}
    assert client.github("POST", f"{ISSUES}/1/sub_issues", asked).status_code == 201
    assert [each["number"] for each in client.github("GET", f"{ISSUES}/1/sub_issues").json()] == [3]
    assert client.github("GET", f"{ISSUES}/3/parent").json()["id"] == first["id"]
    assert "duplicate sub-issues" in client.github("POST", f"{ISSUES}/1/sub_issues", asked).text
    assert "only have one parent" in client.github("POST", f"{ISSUES}/2/sub_issues", asked).text
    assert client.github("POST", f"{ISSUES}/2/sub_issues", {**asked, "replace_parent": True}).status_code == 201
    assert client.github("GET", f"{ISSUES}/3/parent").json()["id"] == second["id"]
    assert "circular" in client.github("POST", f"{ISSUES}/3/sub_issues", {"sub_issue_id": second["id"]}).text
    assert client.github("POST", f"{ISSUES}/1/sub_issues", {"sub_issue_id": 1}).status_code == 404
    assert client.github("GET", f"{ISSUES}/1/parent").status_code == 404


def test_graphql_adds_a_sub_issue_by_node_id(client: Client) -> None:
    parent, child = (client.new_github(title)["node_id"] for title in ("Parent", "Child"))
    made = graphql(client, ADD, parent=parent, child=child, replace=False)
    assert made == {"data": {"addSubIssue": {"subIssue": {"number": 2}}}}
    again = graphql(client, ADD, parent=parent, child=child, replace=True)
    assert again["errors"][0]["type"] == "UNPROCESSABLE"  # type: ignore[index]
    assert graphql(client, ADD, parent="I_x", child=child)["errors"][0]["type"] == "NOT_FOUND"  # type: ignore[index]
    shown = graphql(client, "query($id: ID!) { node(id: $id) { ... on Issue { parent { id } } } }", id=child)
    assert shown["data"] == {"node": {"parent": {"id": parent}}}


def test_types_are_the_organisations_and_an_unknown_one_is_422(client: Client) -> None:
    assert [each["name"] for each in client.github("GET", f"/repos/{REPO}/issue-types").json()] == [
        "Task",
        "Bug",
        "Feature",
    ]
    assert client.new_github(type="task")["type"]["name"] == "Task"
    assert client.new_github(type={"value": "Bug"})["type"]["name"] == "Bug"
    assert client.github("POST", ISSUES, {"title": "x", "type": "Risk"}).status_code == 422
    assert client.github("PATCH", f"{ISSUES}/1", {"type": "Feature"}).json()["type"]["name"] == "Feature"


TIMELINE = """
query($id: ID!) { node(id: $id) { ... on Issue {
  stateReason plain: stateReason whole: stateReason(enableDuplicate: true)
  timelineItems(last: 1, itemTypes: [MARKED_AS_DUPLICATE_EVENT]) {
    nodes { ... on MarkedAsDuplicateEvent { canonical { ... on Issue { number } } } }
  }
} } }
"""


def test_graphql_says_of_what_an_issue_is_the_duplicate_and_hides_the_reason_unless_asked(client: Client) -> None:
    first, copy = client.new_github("First"), client.new_github("Copy")
    closing = {"state": "closed", "state_reason": "duplicate", "duplicate_issue_id": first["id"]}
    assert client.github("PATCH", f"{ISSUES}/2", closing).json()["state_reason"] == "duplicate"
    node = graphql(client, TIMELINE, id=copy["node_id"])["data"]["node"]  # type: ignore[index]
    assert node == {
        "stateReason": "NOT_PLANNED",
        "plain": "NOT_PLANNED",
        "whole": "DUPLICATE",
        "timelineItems": {"nodes": [{"canonical": {"number": 1}}]},
    }
    client.github("PATCH", f"{ISSUES}/2", {"state": "open"})
    node = graphql(client, TIMELINE, id=copy["node_id"])["data"]["node"]  # type: ignore[index]
    assert node["timelineItems"] == {"nodes": []}


def test_a_person_may_name_the_survivor_of_a_duplicate(client: Client) -> None:
    client.new_github("First")
    client.new_github("Copy")
    client.control("POST", f"/github/issues/{REPO}/2", {"duplicate_of": f"{REPO}#1"})
    first, copy = client.issues("github")
    assert (copy["state_reason"], copy["duplicate_of"]) == ("duplicate", first["id"])
    assert client.control("POST", f"/github/issues/{REPO}/2", {"duplicate_of": "acme/none#1"}).status_code == 400


PAGE = """
query($after: String, $size: Int) { repository(owner: "acme", name: "payments") {
  issues(first: $size, after: $after, filterBy: {since: "2020-01-01T00:00:00Z", labels: ["pm"]},
         orderBy: {field: UPDATED_AT, direction: ASC}) {
    totalCount pageInfo { hasNextPage endCursor } nodes { number }
  }
  pullRequests(last: 1) { nodes { number } }
} }
"""


def test_graphql_pages_by_a_cursor_that_no_change_shifts(client: Client) -> None:
    for number in range(4):
        client.new_github(f"Issue {number}", labels=["pm"])
    client.new_github("Other")

    def page(after: str | None) -> dict[str, object]:
        found = graphql(client, PAGE, after=after, size=2)["data"]["repository"]  # type: ignore[index]
        assert found["pullRequests"] == {"nodes": []}
        document: dict[str, object] = found["issues"]
        return document

    first = page(None)
    assert (first["totalCount"], first["nodes"]) == (4, [{"number": 1}, {"number": 2}])
    client.control("POST", f"/github/issues/{REPO}/1", {"delete": True})
    rest = page(first["pageInfo"]["endCursor"])  # type: ignore[index]
    assert rest["nodes"] == [{"number": 3}, {"number": 4}]
    assert rest["pageInfo"]["hasNextPage"] is False  # type: ignore[index]
    assert "paginate" in str(graphql(client, PAGE, size=0)["errors"])


@pytest.fixture(params=["3.16.9", "3.19.0", "3.20.1"])
def version(request: pytest.FixtureRequest) -> str:
    named: str = request.param
    return named


@pytest.fixture
def server(version: str, tmp_path: Path) -> Iterator[Client]:
    path = tmp_path / "seed.json"
    world = {
        "users": [{"login": "ann", "token": "t"}],
        "repositories": [{"full_name": REPO}],
        "issue_types": {"acme": ["Task"]},
        "enterprise_version": version,
    }
    path.write_text(json.dumps({"github": world}), encoding="utf-8")
    with Sandbox(options(seed_file=path)) as sandbox, Client(sandbox.url, github_token="t") as found:
        yield found


def test_enterprise_server_has_what_its_version_has(server: Client, version: str) -> None:
    def ask(method: str, path: str, body: object = None) -> tuple[int, object]:
        answer = server.github(method, f"{server.url}/ghes/api/v3{path}", body)
        return answer.status_code, answer.json()

    new, newest = version >= "3.17", version >= "3.20"
    _, parent = ask("POST", ISSUES, {"title": "Parent", "type": "Task"})
    assert parent["url"] == f"{server.url}/ghes/api/v3{ISSUES}/1"  # type: ignore[index]
    assert (parent["type"] is not None) == new  # type: ignore[index]
    assert ask("GET", "/meta")[1]["installed_version"] == version  # type: ignore[index]
    assert ask("PATCH", f"{ISSUES}/1", {"state": "closed", "state_reason": "duplicate"})[0] == (200 if new else 422)
    assert ask("GET", f"{ISSUES}/1/sub_issues")[0] == (200 if newest else 404)
    assert ask("GET", f"/repos/{REPO}/issue-types")[0] == (200 if newest else 404)
    query = (
        '{ repository(owner: "acme", name: "payments") { issue(number: 1) { stateReason(enableDuplicate: true) } } }'
    )
    answer = server.github("POST", f"{server.url}/ghes/api/graphql", {"query": query}).json()
    assert ("errors" in answer) == (not new)
    answer = server.github("POST", f"{server.url}/ghes/api/graphql", {"query": ADD, "variables": {}}).json()
    assert ("doesn't exist" in str(answer)) == (not newest)


def test_enterprise_server_counts_no_limit_and_github_does(server: Client) -> None:
    assert "X-RateLimit-Limit" not in server.github("GET", f"{server.url}/ghes/api/v3/user").headers
    assert "X-RateLimit-Limit" in server.github("GET", "/user").headers

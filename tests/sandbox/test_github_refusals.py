"""What the stand-in GitHub refuses that a connector might ask, and what it lists for whoever configures one."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from connectors.sandbox.running import Sandbox
from tests.sandbox.client import REPO, Client
from tests.sandbox.conftest import options
from tests.sandbox.test_github_issues import graphql

ISSUES = f"/repos/{REPO}/issues"


@pytest.fixture
def reader(seed_file: Path) -> Iterator[Client]:
    """Our account may read `o/readonly` and not push to it; one of its issues is somebody else's."""
    with Sandbox(options(seed_file=seed_file, smtp_port=None)) as sandbox:
        hub = sandbox.world.github
        repo = hub.repo("o/readonly")
        assert repo is not None
        hub.comment(hub.create(repo.id, "ann", {"title": "Theirs"}).id, "ann", "Said")
        with Client(sandbox.url, github_token="t") as client:
            yield client


@pytest.mark.parametrize(
    ("body", "words"),
    [
        ({"title": ["x"]}, "is not a string"),
        ({"title": "x", "body": 7}, "is not a string"),
        ({"title": "x", "labels": ["y" * 51]}, "labels"),
        ({"title": "x", "assignees": ["nobody-at-all"]}, "assignees"),
    ],
)
def test_value_of_the_wrong_shape_is_422(client: Client, body: dict[str, Any], words: str) -> None:
    refused = client.github("POST", ISSUES, body)
    assert (refused.status_code, words in refused.text) == (422, True)


def test_number_is_taken_for_a_title(client: Client) -> None:
    assert client.github("POST", ISSUES, {"title": 7}).json()["title"] == "7"


def test_list_is_filtered_by_who_holds_an_issue_and_refuses_an_instant_that_is_none(client: Client) -> None:
    client.new_github("Held", assignees=["msilva"])
    client.new_github("Free")

    def listed(assignee: str) -> list[str]:
        return [each["title"] for each in client.github("GET", ISSUES, params={"assignee": assignee}).json()]

    assert (listed("none"), listed("*"), listed("MSilva")) == (["Free"], ["Held"], ["Held"])
    assert client.github("GET", ISSUES, params={"since": "yesterday"}).status_code == 422


def test_people_are_read_one_by_one_and_listed_where_they_may_be_assigned(client: Client) -> None:
    assert client.github("GET", "/users/msilva").json()["login"] == "msilva"
    assert client.github("GET", "/users/nobody-at-all").status_code == 404
    found = client.github("GET", f"/repos/{REPO}/assignees", params={"per_page": 100}).json()
    assert "msilva" in [each["login"] for each in found]


def test_comment_is_read_by_its_number_and_is_not_of_another_repository(client: Client) -> None:
    client.new_github("Elsewhere", repo="acme/checkout-web")
    client.new_github()
    comment = client.github("POST", f"{ISSUES}/1/comments", {"body": "Seen"}).json()["id"]
    assert client.github("GET", f"{ISSUES}/comments/{comment}").json()["body"] == "Seen"
    assert client.github("GET", f"/repos/acme/checkout-web/issues/comments/{comment}").status_code == 404
    assert client.github("PATCH", f"{ISSUES}/comments/{comment + 99}", {"body": "x"}).status_code == 404


def test_who_may_not_push_changes_nothing_of_others(reader: Client) -> None:
    place = "/repos/o/readonly"
    assert reader.github("PATCH", f"{place}/issues/1", {"title": "Mine"}).status_code == 403
    comment = reader.github("GET", f"{place}/issues/1/comments").json()[0]["id"]
    assert reader.github("PATCH", f"{place}/issues/comments/{comment}", {"body": "Mine"}).status_code == 403
    assert reader.github("POST", f"{place}/issues/1/labels", {"labels": ["a"]}).status_code == 403
    assert reader.github("POST", f"{place}/labels", {"name": "a"}).status_code == 404
    shown = reader.github("GET", f"{place}/issues/1").json()
    assert (shown["title"], shown["labels"]) == ("Theirs", [])


def test_label_without_a_name_or_with_a_long_one_is_422(client: Client) -> None:
    for name in ("", "x" * 51):
        assert client.github("POST", f"/repos/{REPO}/labels", {"name": name}).status_code == 422


def test_graphql_tells_who_asks_and_how_much_is_left(client: Client) -> None:
    shown = graphql(client, "{ viewer { login } rateLimit { remaining } }")
    assert shown == {"data": {"viewer": {"login": "afteraction-bot"}, "rateLimit": {"remaining": 5000}}}


def test_graphql_says_what_it_does_not_know(client: Client) -> None:
    client.new_github()
    query = '{{ repository(owner: "acme", name: "{}") {{ {} }} }}'
    assert "Could not resolve to a Repository" in str(graphql(client, query.format("none", "id"))["errors"])
    assert "doesn't exist here" in str(graphql(client, query.format("payments", "colour"))["errors"])
    for broken in ("{ ...Missing }", "{ viewer { login } §", "{ viewer { login }"):
        assert "errors" in graphql(client, broken)


def test_board_of_a_renamed_repository_is_found_and_a_moved_issue_where_it_is(client: Client) -> None:
    client.new_github()
    client.new_github("Twice")
    client.control("POST", f"/github/issues/{REPO}/2", {"duplicate_of": f"{REPO}#1"})
    client.control("POST", f"/github/issues/{REPO}/1", {"transfer": "acme/checkout-web"})

    def get(path: str) -> Any:
        return client.session.get(f"{client.url}{path}", timeout=5)

    assert get(f"/github/{REPO}/issues/1").url.endswith("/github/acme/checkout-web/issues/1")
    assert "Closed as duplicate" in get(f"/github/{REPO}/issues/2").text
    client.control("POST", f"/github/repos/{REPO}", {"full_name": "acme/billing"})
    board = get(f"/github/{REPO}").text
    assert ("acme/billing" in board, "duplicate" in board) == (True, True)
    for path in ("/github/acme/none", "/github/acme/billing/issues/99", "/jira/browse/PAY-99"):
        assert get(path).status_code == 404

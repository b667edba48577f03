"""The sandbox's own switches say what is wrong with what they are told, and a person's change is one or a refusal."""

from typing import Any

import pytest

from tests.sandbox.client import REPO, Client


@pytest.mark.parametrize(
    ("method", "path", "body", "status", "words"),
    [
        ("POST", "/settings", {"colour": "red"}, 400, "known are lags, rates, webhooks, hooks, seed"),
        ("POST", "/settings", None, 415, "Send a JSON object"),
        ("POST", "/reset", {"what": ["world"]}, 400, "Cannot reset 'world'"),
        ("POST", "/faults", {"kind": "flood", "tracker": "jira"}, 400, "flood"),
        ("DELETE", "/faults/99", None, 404, "There is no rule 99"),
        ("POST", "/jira/issues/PAY-99", {"status": "Done"}, 404, "There is no issue PAY-99."),
        ("POST", f"/github/issues/{REPO}/99", {"state": "closed"}, 404, f"There is no issue {REPO}#99."),
        ("POST", "/github/issues/acme/none/1", {"state": "closed"}, 404, "There is no issue acme/none#1."),
        ("POST", "/github/repos/acme/none", {"archived": True}, 404, "There is no repository acme/none."),
    ],
)
def test_what_makes_no_sense_is_refused_with_a_sentence(
    client: Client, method: str, path: str, body: Any, status: int, words: str
) -> None:
    refused = client.control(method, path, body)
    assert refused.status_code == status
    assert words in refused.json()["error"]


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"colour": "red"}, "Unknown member 'colour'"),
        ({"as": "nobody"}, "There is no account nobody."),
        ({"status": "Gone"}, "PAY has no status 'Gone'"),
        ({"status": "Done", "resolution": "Odd"}, "`resolution` must be one of"),
        ({"assignee": "nobody"}, "There is no account nobody."),
        ({"summary": "two\nlines"}, "A title is one line"),
        ({"due": "soon"}, "A due date is written as 2026-12-31."),
        ({"move": "NONE"}, "There is no project NONE."),
    ],
)
def test_a_persons_change_in_jira_that_makes_no_sense_changes_nothing(
    client: Client, change: dict[str, Any], words: str
) -> None:
    key = client.new_jira()
    before = client.issues("jira")
    refused = client.control("POST", f"/jira/issues/{key}", change)
    assert (refused.status_code, words in refused.json()["error"]) == (400, True)
    assert client.issues("jira") == before


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"colour": "red"}, "Unknown member 'colour'"),
        ({"as": "nobody"}, "There is no account nobody."),
        ({"state": "gone"}, "`state` must be open or closed."),
        ({"state": "closed", "state_reason": "tired"}, "`state_reason` must be one of"),
        ({"title": " "}, "A title is one line"),
        ({"transfer": "acme/none"}, "There is no repository acme/none."),
    ],
)
def test_a_persons_change_in_github_that_makes_no_sense_changes_nothing(
    client: Client, change: dict[str, Any], words: str
) -> None:
    client.new_github()
    before = client.issues("github")
    refused = client.control("POST", f"/github/issues/{REPO}/1", change)
    assert (refused.status_code, words in refused.json()["error"]) == (400, True)
    assert client.issues("github") == before


def test_all_that_a_person_changes_in_jira_is_told(client: Client) -> None:
    key = client.new_jira(labels=["old"])
    change = {"description": "h2. Why", "labels": ["new"], "priority": "High", "summary": "Do it well", "due": ""}
    shown = client.control("POST", f"/jira/issues/{key}", {**change, "comment": "Seen"}).json()
    assert {name: shown[name] for name in ("title", "body", "labels", "priority", "due")} == {
        "title": "Do it well",
        "body": "h2. Why",
        "labels": ["new"],
        "priority": "High",
        "due": None,
    }
    assert [each["body"] for each in shown["comments"]] == ["Seen"]
    assert client.control("POST", f"/jira/issues/{key}", {"description": ""}).json()["description"] is None


def test_rules_are_listed_taken_away_and_cleared(client: Client) -> None:
    for kind in ("error_before", "latency"):
        client.fault(kind)
    first, second = (rule["id"] for rule in client.control("GET", "/faults").json()["rules"])
    assert client.control("DELETE", f"/faults/{first}").status_code == 204
    assert [rule["id"] for rule in client.control("GET", "/faults").json()["rules"]] == [second]
    assert client.control("DELETE", "/faults").status_code == 204
    assert client.control("GET", "/faults").json()["rules"] == []


def test_webhooks_are_told_where_to_go_and_forgotten(client: Client) -> None:
    told = client.control("POST", "/settings", {"hooks": {"jira": {"url": "http://127.0.0.1:1/x", "secret": "s"}}})
    assert told.json()["hooks"] == {"jira": "http://127.0.0.1:1/x"}
    assert "secret" not in told.text
    assert client.control("POST", "/settings", {"hooks": {"jira": None}}).json()["hooks"] == {}


def test_a_repository_is_closed_renamed_and_given_to_fewer(client: Client) -> None:
    change = {"visibility": "public", "archived": True, "pushers": ["msilva"], "hidden_from": ["dana-okafor"]}
    shown = client.control("POST", f"/github/repos/{REPO}", change).json()
    assert {name: shown[name] for name in change} == change
    assert client.github("GET", f"/repos/{REPO}").json()["archived"] is True
    shown = client.control("POST", f"/github/repos/{REPO}", {"pushers": None, "archived": False}).json()
    assert (shown["pushers"], shown["archived"]) == (None, False)

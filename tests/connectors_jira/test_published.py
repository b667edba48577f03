"""What the connector asks of Jira Cloud, held against Atlassian's own description of it."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest
import requests

from connectors.spi import Account, Category, IssueDraft, Place
from tests.connectors_jira import published
from tests.connectors_jira.made import DRAFT, PAY, cloud

pytestmark = pytest.mark.system


@pytest.fixture
def description() -> published.Published:
    return published.description()


def test_every_port_of_the_connector_asks_only_what_is_described(sandbox, description, monkeypatch):
    jira = cloud(sandbox)
    assert description.faults == []
    with published.looked_at(monkeypatch) as seen:
        jira.check()
        jira.credential()
        epic = jira.create(Place("PAY", "Epic"), DRAFT).issue
        jira.create(PAY, IssueDraft("A", "b", "m", ("x",), "p1", date(2026, 12, 1), Account("712020:dana-okafor")))
        made = jira.create(PAY, IssueDraft("B", "b", "n", parent=epic.ref)).issue
        jira.describe(PAY)
        jira.find(PAY, "m", datetime(2020, 1, 1, tzinfo=UTC))
        jira.look_up(made.url)
        jira.read([epic.ref, made.ref])
        jira.changes(jira.feeds(["PAY"])[0], None, datetime.now(UTC))
        jira.rewrite(made.ref, "New", "text", "n")
        comment = jira.comment(made.ref, "c", "text", None)
        jira.comments_with(made.ref, "c")
        jira.comment(made.ref, "c", "other", comment)
        jira.transition(made.ref, Category.DOING)
        jira.transition(made.ref, Category.DONE)
        jira.link(made.ref, "k", "https://pm.example/1", "Postmortem")
        jira.put_under(made.ref, epic.ref)
        jira.close_as_duplicate(made.ref, epic, "The same.")
    assert seen.faults == []
    assert {f"{method} {path.removeprefix('/rest/api/3')}" for method, path in seen.seen} == {
        "GET /myself",
        "GET /serverInfo",
        "GET /project/{projectIdOrKey}",
        "GET /mypermissions",
        "GET /issue/createmeta/{projectIdOrKey}/issuetypes",
        "GET /issue/createmeta/{projectIdOrKey}/issuetypes/{issueTypeId}",
        "POST /search/jql",
        "POST /issue/bulkfetch",
        "POST /issue",
        "GET /issue/{issueIdOrKey}",
        "PUT /issue/{issueIdOrKey}",
        "GET /issue/{issueIdOrKey}/transitions",
        "POST /issue/{issueIdOrKey}/transitions",
        "GET /issue/{issueIdOrKey}/comment",
        "POST /issue/{issueIdOrKey}/comment",
        "PUT /issue/{issueIdOrKey}/comment/{id}",
        "POST /issue/{issueIdOrKey}/remotelink",
        "POST /issueLink",
    }


@pytest.mark.parametrize(
    ("method", "path", "body", "words"),
    [
        ("POST", "search/jql", {"jql": "x = 1", "startAt": 1}, "startAt"),
        ("POST", "issue/1/transitions", {"transition": {"id": 31}}, "31 is not of type 'string'"),
        ("POST", "issue/bulkfetch", {"fields": ["id"]}, "issueIdsOrKeys"),
        ("GET", "search/jql?jql=x&total=1", None, "unknown parameters ['total']"),
        ("POST", "issue/search", {}, "no such operation"),
        ("DELETE", "search/jql", None, "no such operation"),
    ],
)
def test_what_jira_would_refuse_is_seen(description, method, path, body, words):
    request = requests.Request(method, f"https://j.example/rest/api/2/{path}", json=body).prepare()
    description.look_at(request)
    assert any(words in fault for fault in description.faults), description.faults

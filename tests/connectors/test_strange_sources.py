"""What no stand-in of an incident tool answers: successes that are not what the vendor documents."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
import responses

from connectors.spi import (
    Category,
    ConnectorError,
    ItemStatus,
    Missing,
    Source,
    Unavailable,
    Visibility,
)
from tests.connectors.tools import made

TOOL = "https://tool.example"
GRAFANA = f"{TOOL}/api/plugins/grafana-incident-app/resources/api/v1"
TABLES: dict[str, dict[str, Any]] = {
    "confluence": {"url": TOOL, "token_env": "TOOL_TOKEN"},
    "markdown": {"repository": "acme/book", "api_url": TOOL, "token_env": "TOOL_TOKEN", "secret_env": "TOOL_SECRET"},
}
PLAIN = {"api_url": TOOL, "token_env": "TOOL_TOKEN"}
REVIEW = {"incident_review": {"id": "R", "status": "completed"}}
PAGE = {
    "id": "1",
    "status": "current",
    "title": "Checkout is down",
    "version": {"number": 1, "when": "2026-03-09T07:31:00.000Z"},
    "body": {"storage": {"value": "<p>It broke.</p>"}},
    "metadata": {"labels": {"results": [{"name": "postmortem-final"}]}},
}
READ = "/rest/api/content/1/restriction/byOperation/read"


def source(vendor: str, **more: Any) -> Source:
    return made(vendor, {**TABLES.get(vendor, PLAIN), **more})


@pytest.fixture(autouse=True)
def secrets(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TOOL_TOKEN", "token")
    monkeypatch.setenv("TOOL_SECRET", "whsec_" + "QUJD" * 8)


FETCHES = [
    ("incidentio", [("GET", "/v2/incidents/X", {"incident": {}})]),
    ("incidentio", [("GET", "/v2/incidents/X", {"incident": {"id": "X"}}), ("GET", "/v1/postmortem_documents", {})]),
    ("rootly", [("GET", "/v1/incidents/X", {"data": {}})]),
    ("firehydrant", [("GET", "/v1/incidents/X", {})]),
    (
        "firehydrant",
        [
            ("GET", "/v1/incidents/X", {"id": "X", "report_id": "R"}),
            ("GET", "/v1/post_mortems/reports/R", {"id": "R"}),
            ("GET", "/v1/post_mortems/reports/R/reasons", {}),
        ],
    ),
    ("pagerduty", [("GET", "/incidents/X", {"incident": {}})]),
    ("pagerduty", [("GET", "/incidents/X", {"incident": {"id": "X"}}), ("GET", "/incidents/X/review", {})]),
    (
        "pagerduty",
        [
            ("GET", "/incidents/X", {"incident": {"id": "X"}}),
            ("GET", "/incidents/X/review", REVIEW),
            ("GET", "/incidents/X/review/action_items", {"action_items": None}),
        ],
    ),
    ("grafana", [("POST", f"{GRAFANA}/IncidentsService.GetIncident", {"incident": {}})]),
    ("grafana", [("POST", f"{GRAFANA}/IncidentsService.GetIncident", [])]),
    ("confluence", [("GET", "/rest/api/content/X", {})]),
    ("confluence", [("GET", "/rest/api/content/X", PAGE), ("GET", READ, {})]),
]
LISTS = [
    ("incidentio", ("GET", "/v1/postmortem_documents", {"postmortem_documents": None})),
    ("rootly", ("GET", "/v1/incidents", {"data": 7})),
    ("firehydrant", ("GET", "/v1/incidents", {"data": {}})),
    ("pagerduty", ("GET", "/incidents", {})),
    ("grafana", ("POST", f"{GRAFANA}/IncidentsService.QueryIncidents", {"incidents": None})),
    ("confluence", ("GET", "/rest/api/search", {"results": None})),
    ("markdown", ("GET", "/repos/acme/book/commits/main", {"sha": None})),
]


def answering(method: str, path: str, body: Any) -> None:
    responses.add(method, path if path.startswith("https") else TOOL + path, json=body)


@responses.activate
@pytest.mark.parametrize(("vendor", "answers"), FETCHES)
def test_document_that_is_none_is_asked_for_again_and_never_made_up(vendor, answers):
    for answer in answers:
        answering(*answer)
    with pytest.raises(ConnectorError) as failure:
        source(vendor).fetch("X")
    assert (type(failure.value), failure.value.code) == (Unavailable, f"{vendor}.strange_answer")


@responses.activate
@pytest.mark.parametrize(("vendor", "answer"), LISTS)
def test_list_that_is_none_says_nothing_of_what_is_final(vendor, answer):
    answering(*answer)
    with pytest.raises(Unavailable) as failure:
        source(vendor).finalized_since(None)
    assert failure.value.code == f"{vendor}.strange_answer"


@responses.activate
def test_action_items_that_are_none_do_not_empty_a_postmortem():
    postmortem = {"id": "P", "type": "incident_post_mortems", "attributes": {"status": "published"}}
    linked = {"incident_post_mortem": {"data": {"id": "P", "type": "incident_post_mortems"}}}
    incident = {"id": "X", "attributes": {"title": "Down"}, "relationships": linked}
    answering("GET", "/v1/incidents/X", {"data": incident, "included": [postmortem]})
    answering("GET", "/v1/incidents/X/action_items", {})
    with pytest.raises(Unavailable) as failure:
        source("rootly").fetch("X")
    assert failure.value.code == "rootly.strange_answer"


@responses.activate
@pytest.mark.parametrize("name", ["follow-up:F", "document:D"])
def test_id_that_leads_to_no_incident_is_asked_for_again(name):
    from connectors.incidentio.source import DOCUMENT, FOLLOW_UP

    identity = {"follow-up:F": FOLLOW_UP + "F", "document:D": DOCUMENT + "D"}[name]
    answering("GET", "/v3/follow_ups/F", {"follow_up": {"id": "F"}})
    answering("GET", "/v1/postmortem_documents/D", {"postmortem_document": {"id": "D"}})
    with pytest.raises(Unavailable):
        source("incidentio").fetch(identity)


@responses.activate
@pytest.mark.parametrize("vendor", ["incidentio", "rootly", "firehydrant"])
def test_what_the_tool_withdrew_is_not_told_back_to_it(vendor):
    at = datetime(2026, 3, 3, tzinfo=UTC)
    status = ItemStatus("k", "X", "item-1", "Add an alert", "withdrawn", Category.DECLINED, at)
    source(vendor).tell(status)
    assert len(responses.calls) == 0


@responses.activate
def test_incident_that_grafana_says_it_has_no_more_is_missing():
    answering("POST", f"{GRAFANA}/IncidentsService.GetIncident", {"error": "incident not found"})
    with pytest.raises(Missing):
        source("grafana").fetch("X")


@responses.activate
def test_status_of_an_incident_alone_may_make_it_final_without_asking_for_its_review():
    incidents = [{"id": "X", "status": "resolved"}, {"id": "Y", "status": "resolved"}]
    answering("GET", "/incidents", {"incidents": incidents, "more": False})
    page = source("pagerduty", final_when={"incident_status": ["resolved"]}).finalized_since(None)
    assert page is not None
    assert (page.source_ids, len(responses.calls)) == (("X", "Y"), 1)


@responses.activate
def test_assignee_without_a_name_owns_nothing():
    answering("GET", "/incidents/X", {"incident": {"id": "X", "title": "Down", "status": "resolved"}})
    answering("GET", "/incidents/X/review", REVIEW)
    items = [{"id": "1", "name": "Add an alert", "assignee_id": "U"}, {"id": "2", "name": ""}]
    answering("GET", "/incidents/X/review/action_items", {"action_items": items})
    answering("GET", "/users/U", {"user": {"id": "U"}})
    document = source("pagerduty").fetch("X")
    assert document.action_items is not None
    assert [each.title for each in document.action_items] == ["Add an alert"]


@responses.activate
def test_mentioned_person_who_is_gone_leaves_the_page_as_it_is():
    storage = '<ac:link><ri:user ri:userkey="k1" /></ac:link> and <time datetime="2026-04-01" /> <p>It broke.</p>'
    answering("GET", "/rest/api/content/1", {**PAGE, "body": {"storage": {"value": storage}}})
    answering("GET", READ, {"restrictions": {}})
    responses.get(f"{TOOL}/rest/api/user", status=404)
    document = source("confluence").fetch("1")
    assert document.title == "Checkout is down"
    assert document.visibility is not Visibility.PRIVATE


@responses.activate
@pytest.mark.parametrize("body", ["<html>", "[" * 100_000])
def test_page_of_a_proxy_is_not_taken_for_confluences(body):
    responses.get(f"{TOOL}/rest/api/content/1", body=body)
    with pytest.raises(Unavailable) as failure:
        source("confluence").fetch("1")
    assert failure.value.code == "confluence.strange_answer"


@responses.activate
def test_token_of_confluence_that_is_set_nowhere_is_named(monkeypatch):
    monkeypatch.delenv("TOOL_TOKEN")
    with pytest.raises(ConnectorError, match="TOOL_TOKEN"):
        source("confluence").fetch("1")


@responses.activate
@pytest.mark.parametrize(
    "content", [{"encoding": "none", "content": ""}, {"encoding": "base64", "content": "A"}, {"encoding": "base64"}]
)
def test_file_of_a_repository_that_is_not_given_whole_is_asked_for_again(content):
    answering("GET", "/repos/acme/book/contents/a.md", content)
    with pytest.raises(Unavailable) as failure:
        source("markdown").fetch("a.md")
    assert failure.value.code == "markdown.strange_answer"


@responses.activate
def test_what_a_page_of_confluence_stands_under_is_not_guessed():
    table = {"user": "bot@acme.example"}
    page = {**PAGE, "labels": {"results": [{"name": "postmortem-final"}]}}
    answering("GET", "/wiki/api/v2/pages/1", page)
    answering("GET", "/wiki/api/v2/pages/1/ancestors", {"results": None})
    answering("GET", "/api/v2/pages/1", page)
    answering("GET", "/api/v2/pages/1/ancestors", {"results": None})
    with pytest.raises(Unavailable) as failure:
        source("confluence", **table).fetch("1")
    assert failure.value.code == "confluence.strange_answer"

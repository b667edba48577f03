"""PagerDuty as a source, against its stand-in over real HTTP, and at the test bench of the contract."""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Iterator, Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from marshmallow import ValidationError

from connectors.conformance.bench import Delivery, SourceBench
from connectors.conformance.source import SourceConformance, swept
from connectors.pagerduty import CONNECTOR
from connectors.pagerduty.hooks import FOLLOWED, read_event
from connectors.pagerduty.prose import markdown
from connectors.pagerduty.source import PAGE
from connectors.sandbox.options import SandboxOptions
from connectors.sandbox.running import Sandbox
from connectors.spi import FetchById, Ignored, OwnerText, Source, Unreadable
from service.reading import read_markdown
from tests.connectors.tool_bench import CALL_SECONDS, SECRETS, ToolBench

INCIDENT = "PGR0VU2"


def made(sandbox: Sandbox, **table: Any) -> Source:
    assert CONNECTOR.source is not None
    keys = {"api_url": f"{sandbox.url}/pagerduty", "token_env": "PD_TOKEN", "webhook_secret_env": ["PD_NEW", "PD_OLD"]}
    return CONNECTOR.source.make("pager", CONNECTOR.source.settings({**keys, "call_seconds": CALL_SECONDS, **table}))


def incident(identity: str, status: str = "resolved", **members: Any) -> dict[str, Any]:
    begun = datetime.now(UTC) - timedelta(days=3)
    return {
        "id": identity,
        "type": "incident",
        "html_url": f"https://acme.pagerduty.com/incidents/{identity}",
        "status": status,
        "title": "A little bump in the road",
        "incident_type": {"name": "major"},
        "service": {"id": "PF9KMXH", "summary": "API Service", "type": "service_reference"},
        "teams": [{"id": "PFCVPS0", "summary": "Engineering", "type": "team_reference"}],
        "priority": {"id": "PSO75BM", "summary": "P1", "type": "priority_reference"},
        "created_at": begun.isoformat(timespec="seconds"),
        "resolved_at": (begun + timedelta(hours=2)).isoformat(timespec="seconds"),
        **members,
    }


def review(identity: str, status: str = "completed", **members: Any) -> dict[str, Any]:
    return {
        "id": f"R-{identity}",
        "incident_id": identity,
        "title": "Database outage review",
        "status": status,
        "sections": [],
        "generation_status": "idle",
        "completed_at": "2026-03-09T07:31:00Z" if status == "completed" else None,
        **members,
    }


def action_item(identity: str, of: str, **members: Any) -> dict[str, Any]:
    return {
        "id": identity,
        "incident_id": of,
        "name": "Update runbook",
        "description": "Add failover steps to the runbook",
        "status": "incomplete",
        "priority": "high",
        "assignee": None,
        "due_at": "2026-09-30T17:00:00Z",
        "external_url": None,
        **members,
    }


def event(name: str, data: dict[str, Any]) -> bytes:
    return json.dumps({"event": {"id": "e-1", "event_type": name, "data": data}}).encode()


class PagerdutyBench(ToolBench):
    vendor = "pagerduty"
    final_id = INCIDENT

    def __init__(self, sandbox: Sandbox) -> None:
        super().__init__(sandbox)
        self.source = made(sandbox)
        self.shelves.put("incidents", INCIDENT, incident(INCIDENT))
        self.shelves.put("reviews", INCIDENT, review(INCIDENT))

    def signed(self, delivery: Delivery, at: datetime, by: str = "new") -> dict[str, str]:
        digest = hmac.new(SECRETS[by].encode(), delivery.body, hashlib.sha256).hexdigest()
        return {"x-pagerduty-signature": f"v1={digest}", "x-webhook-id": delivery.key}

    def final(self) -> Delivery:
        return Delivery(event("incident.custom_field_values.updated", {"incident": {"id": INCIDENT}}))

    def earlier(self) -> Delivery:
        return Delivery(event("incident.resolved", {"id": INCIDENT, "type": "incident"}), "delivery-0")

    def foreign(self) -> Sequence[Delivery]:
        names = ("incident.triggered", "incident.responder.added", "service.updated", "pagey.ping")
        return [Delivery(event(name, {"id": "P1", "type": "incident"})) for name in names]

    def add_final(self, number: int) -> str:
        return self.add(f"P{number}", "completed")

    def add_draft(self) -> str:
        return self.add("PDRAFT", "in_review")

    def add(self, identity: str, status: str) -> str:
        self.shelves.put("incidents", identity, incident(identity))
        self.shelves.put("reviews", identity, review(identity, status))
        return identity


@pytest.fixture(autouse=True)
def tokens(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PD_TOKEN", "sandbox-pagerduty-token")
    monkeypatch.setenv("PD_NEW", SECRETS["new"])
    monkeypatch.setenv("PD_OLD", SECRETS["old"])


@pytest.fixture(scope="module")
def standing() -> Iterator[Sandbox]:
    with Sandbox(SandboxOptions(port=0, smtp_port=None)) as running:
        yield running


@pytest.fixture
def tool(standing: Sandbox) -> PagerdutyBench:
    standing.world.reset(["sources", "faults", "stats"])
    return PagerdutyBench(standing)


class TestContract(SourceConformance):
    @pytest.fixture
    def bench(self, tool: PagerdutyBench) -> SourceBench:
        return tool


def test_a_review_is_read_with_its_items_their_owners_dates_and_issues(tool: PagerdutyBench) -> None:
    tool.shelves.put("users", "PABC123", {"id": "PABC123", "name": "Dana Okafor", "email": "dana@acme.example"})
    item = action_item("A1", INCIDENT, assignee="PABC123", external_url="https://acme.atlassian.net/browse/OPS-1234")
    tool.shelves.put("action_items", "A1", item)
    tool.shelves.put("action_items", "A2", action_item("A2", INCIDENT, name="Test it", status="complete", assignee="X"))
    found = tool.source.fetch(INCIDENT)
    assert (found.title, found.severity, found.services, found.teams, found.incident_type) == (
        "Database outage review",
        "P1",
        ("API Service",),
        ("Engineering",),
        "major",
    )
    assert found.finalized_at == datetime(2026, 3, 9, 7, 31, tzinfo=UTC)
    assert set(found.timeline) == {"started_at", "resolved_at"}
    first, second = found.action_items or ()
    assert (first.id, first.title, first.priority, first.due_on) == ("A1", "Update runbook", "p1", date(2026, 9, 30))
    assert first.owner == OwnerText("dana@acme.example", "Dana Okafor")
    assert first.issue_url == "https://acme.atlassian.net/browse/OPS-1234"
    assert (second.done, second.owner) == (True, None)


def test_items_of_a_review_without_any_are_read_out_of_its_sections(tool: PagerdutyBench) -> None:
    listed = {
        "type": "doc",
        "content": [
            {
                "type": "bulletList",
                "content": [
                    {
                        "type": "listItem",
                        "content": [{"type": "paragraph", "content": [{"type": "text", "text": each}]}],
                    }
                    for each in ("Add an alert on queue depth", "Rehearse the failover")
                ],
            }
        ],
    }
    sections = [
        {"title": "Action items", "priority": 2, "content": json.dumps(listed)},
        {"title": "Summary", "priority": 1, "content": None},
    ]
    tool.shelves.change("reviews", INCIDENT, sections=sections)
    found = tool.source.fetch(INCIDENT)
    assert found.action_items is None
    assert found.body_markdown.index("Summary") < found.body_markdown.index("Action items")
    read = read_markdown(found.body_markdown)
    assert [item.text for item in read.action_items] == ["Add an alert on queue depth", "Rehearse the failover"]


@pytest.mark.parametrize(
    ("status", "expected"),
    [
        ("completed", "final"),
        ("complete", "final"),
        ("COMPLETED", "final"),
        ("started", "draft"),
        ("in_review", "draft"),
    ],
)
def test_the_reviews_status_makes_it_final(tool: PagerdutyBench, status: str, expected: str) -> None:
    tool.shelves.change("reviews", INCIDENT, status=status)
    assert tool.source.fetch(INCIDENT).status == expected


def test_what_is_still_being_generated_is_not_final(tool: PagerdutyBench) -> None:
    tool.shelves.change("reviews", INCIDENT, generation_status="generating")
    assert tool.source.fetch(INCIDENT).status == "draft"


def test_an_incident_without_a_review_has_no_postmortem(tool: PagerdutyBench) -> None:
    tool.shelves.drop("reviews", INCIDENT)
    assert tool.source.fetch(INCIDENT).status == "deleted"


def test_a_custom_field_may_be_what_makes_it_final(standing: Sandbox, tool: PagerdutyBench) -> None:
    source = made(standing, final_when={"review_status": [], "custom_field": ["Postmortem: Published"]})
    assert source.fetch(INCIDENT).status == "draft"
    tool.shelves.put("custom_fields", INCIDENT, {"values": [{"name": "postmortem", "value": "published"}]})
    assert source.fetch(INCIDENT).status == "final"
    page = source.finalized_since(None)
    assert page is not None
    assert page.source_ids == (INCIDENT,)


def test_without_a_review_the_incidents_own_status_may_be_and_its_notes_are_read(
    standing: Sandbox, tool: PagerdutyBench
) -> None:
    source = made(standing, final_when={"incident_status": ["resolved"]})
    tool.shelves.drop("reviews", INCIDENT)
    note = "Action items:\n\n- Add an alert on queue depth"
    tool.shelves.put("notes", "N1", {"id": "N1", "incident_id": INCIDENT, "content": note})
    found = source.fetch(INCIDENT)
    assert (found.status, found.body_markdown) == ("final", note)


def test_a_sweep_goes_through_the_resolved_incidents_of_a_quarter_page_by_page(tool: PagerdutyBench) -> None:
    for number in range(PAGE + 5):
        tool.add_final(number)
    tool.shelves.put("incidents", "POLD", incident("POLD", created_at="2020-01-01T00:00:00+00:00"))
    tool.shelves.put("reviews", "POLD", review("POLD"))
    first = tool.source.finalized_since(None)
    assert first is not None
    assert (len(first.source_ids), first.more) == (PAGE, True)
    second = tool.source.finalized_since(first.cursor)
    assert second is not None
    assert (len(second.source_ids), second.more, second.cursor) == (6, False, "")


@pytest.mark.parametrize("name", sorted(FOLLOWED))
def test_an_event_about_an_incident_or_a_part_of_it_names_the_incident(name: str) -> None:
    whole, part = {"id": "P1", "type": "incident"}, {"id": "T1", "type": "incident_task", "incident": {"id": "P1"}}
    for data in (whole, part):
        assert read_event(json.loads(event(name, data))) == FetchById(("P1",))
    with pytest.raises(Unreadable):
        read_event(json.loads(event(name, {"id": "T1", "type": "incident_task"})))


@given(st.text().filter(lambda name: name.strip() not in ("", *FOLLOWED)))
def test_any_other_event_is_ignored(name: str) -> None:
    assert isinstance(read_event({"event": {"event_type": name, "data": {}}}), Ignored | FetchById)


def test_any_of_several_signatures_opens_the_door(tool: PagerdutyBench) -> None:
    delivery = tool.final()
    good = tool.signed(delivery, datetime.now(UTC))["x-pagerduty-signature"]
    assert tool.source.hook is not None
    for value in (f"v1={'0' * 64},{good}", f"{good}, v2=abc", f"v0=1,{good.upper().replace('V1', 'v1')}"):
        headers = {"x-pagerduty-signature": value}
        assert tool.source.hook.authenticate(headers, delivery.body, datetime.now(UTC)).startswith("sha256:")


def test_a_misspelt_field_of_a_rule_is_refused_with_the_known_ones() -> None:
    assert CONNECTOR.source is not None
    with pytest.raises(ValidationError) as caught:
        CONNECTOR.source.settings({"token_env": "T", "final_when": {"reviews_status": ["completed"]}})
    assert "review_status" in str(caught.value)


def _said(words: str) -> dict[str, Any]:
    return {"type": "paragraph", "content": [{"type": "text", "text": words}]}


def _table(*rows: str) -> dict[str, Any]:
    cells = [{"type": "tableRow", "content": [{"type": "tableCell", "content": [_said(row)]}]} for row in rows]
    return {"type": "table", "content": cells}


def test_the_editors_json_becomes_markdown() -> None:
    def words(text: str, *marks: dict[str, Any]) -> dict[str, Any]:
        return {"type": "text", "text": text, "marks": list(marks)}

    cell = [{"type": "paragraph", "content": [words("a|b")]}]
    content = [
        {"type": "heading", "attrs": {"level": 3}, "content": [words("Why")]},
        {"type": "paragraph", "content": [words("It "), words("broke", {"type": "bold"}), {"type": "hardBreak"}]},
        {"type": "paragraph", "content": [words("See", {"type": "link", "attrs": {"href": "https://a.example/1"}})]},
        {
            "type": "taskList",
            "content": [
                {
                    "type": "taskItem",
                    "attrs": {"checked": done},
                    "content": [{"type": "paragraph", "content": [words("x")]}],
                }
                for done in (True, False)
            ],
        },
        {"type": "codeBlock", "content": [words("kill -9 1")]},
        {"type": "table", "content": [{"type": "tableRow", "content": [{"type": "tableHeader", "content": cell}]}]},
        {"type": "paragraph", "content": [{"type": "mention", "attrs": {"label": "Dana"}}]},
    ]
    found = markdown({"type": "doc", "content": content})
    for part in (
        "### Why",
        "It **broke**",
        "[See](https://a.example/1)",
        "- [x] x\n- [ ] x",
        "```\nkill -9 1\n```",
        "| a\\|b |\n| --- |",
        "@Dana",
    ):
        assert part in found


@given(
    st.recursive(
        st.none() | st.text() | st.integers(),
        lambda inner: (
            st.lists(inner) | st.dictionaries(st.sampled_from(["type", "content", "attrs", "text", "marks"]), inner)
        ),
    )
)
def test_no_content_whatever_breaks_the_reader_of_the_editors_json(content: Any) -> None:
    assert isinstance(markdown(content), str)


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        ("plain words", "plain words"),
        ("[" * 100_000, "[" * 100_000),
        ('{"content": [{"type": "paragraph", "content": [{"type": "text", "text": "a"}]}]}', "a"),
        ({"content": [{"type": "orderedList", "content": [_said("b"), _said("c")]}]}, "1. b\n2. c"),
        ({"content": [{"type": "blockquote", "content": [_said("d"), _said("e")]}]}, "> d\n> \n> e"),
        ({"content": [{"type": "panel", "content": [_said("f")]}]}, "f"),
        ({"content": [_table("a|b", "c")]}, "| a\\|b |\n| --- |\n| c |"),
        (7, ""),
    ],
)
def test_text_that_is_no_json_stays_and_lists_quotes_and_boxes_read_as_such(content: Any, expected: str) -> None:
    assert markdown(content) == expected


def test_text_that_is_nested_without_end_is_read_as_far_as_it_makes_sense() -> None:
    node: dict[str, Any] = _said("deep")
    for _ in range(100):
        node = {"type": "blockquote", "content": [node]}
    assert "deep" not in markdown({"content": [node]})


def test_more_incidents_than_pagerduty_lists_at_once_are_gone_through_from_the_last_one_on(
    standing: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    from connectors.pagerduty import source as module

    standing.world.reset(["sources", "faults", "stats"])
    tool = PagerdutyBench(standing)
    monkeypatch.setattr(module, "MOST_OFFSET", 2 * PAGE)
    begun = datetime.now(UTC) - timedelta(days=3)
    for number in range(3 * PAGE + 5):
        at = (begun + timedelta(seconds=number)).isoformat(timespec="seconds")
        tool.shelves.put("incidents", f"Q{number:03}", incident(f"Q{number:03}", created_at=at))
        tool.shelves.put("reviews", f"Q{number:03}", review(f"Q{number:03}"))
    assert set(swept(tool.source)) >= {f"Q{number:03}" for number in range(3 * PAGE + 5)}


def test_a_list_that_cannot_go_on_ends(standing: Sandbox, monkeypatch: pytest.MonkeyPatch) -> None:
    from connectors.pagerduty import source as module

    standing.world.reset(["sources", "faults", "stats"])
    tool = PagerdutyBench(standing)
    monkeypatch.setattr(module, "MOST_OFFSET", PAGE)
    at = (datetime.now(UTC) - timedelta(days=3)).isoformat(timespec="seconds")
    for number in range(PAGE + 5):
        tool.shelves.put("incidents", f"Q{number:03}", incident(f"Q{number:03}", created_at=at))
    assert len(swept(tool.source)) <= PAGE

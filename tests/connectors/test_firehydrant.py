"""What FireHydrant's words mean: events, milestones, follow-ups, and when a postmortem is final."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any

import pytest

from connectors.conformance.source import NOW, swept
from connectors.sandbox.running import Sandbox
from connectors.spi import FetchById, Ignored, NotAuthentic, OwnerText, PostmortemDocument, Unreadable, Visibility
from service.reading import read_markdown
from tests.connectors.tools import FirehydrantBench, encoded


@pytest.fixture
def bench(tools: Sandbox, monkeypatch: pytest.MonkeyPatch) -> FirehydrantBench:
    return FirehydrantBench(tools, monkeypatch)


def asked(bench: FirehydrantBench, *milestones: str, **values: Any) -> FetchById | Ignored | PostmortemDocument:
    return bench.source.parse({}, bench.event(milestones[-1], *milestones, **values).body)


@pytest.mark.parametrize("milestone", ["retrospective_completed", "postmortem_completed", "closed", "Closed"])
def test_a_final_milestone_is_a_reason_to_look(bench: FirehydrantBench, milestone: str) -> None:
    assert asked(bench, "started", "resolved", milestone) == FetchById(("INC-FINAL",))


def test_an_incident_that_went_back_behind_its_final_milestone_is_looked_at_again(bench: FirehydrantBench) -> None:
    assert asked(bench, "started", "closed", "retrospective_started") == FetchById(("INC-FINAL",))


def test_an_archived_incident_is_looked_at_again(bench: FirehydrantBench) -> None:
    assert asked(bench, "started", discarded_at="2026-03-09 13:34:49 UTC") == FetchById(("INC-FINAL",))


@pytest.mark.parametrize("operation", ["DELETED", "destroyed"])
def test_what_was_deleted_is_deleted_without_asking(bench: FirehydrantBench, operation: str) -> None:
    found = asked(bench, "started", operation=operation)
    assert isinstance(found, PostmortemDocument)
    assert (found.id, found.title, found.status) == ("INC-FINAL", "Checkout down", "deleted")


def test_an_incident_that_was_never_final_is_ignored_with_its_milestone(bench: FirehydrantBench) -> None:
    found = asked(bench, "started", "resolved")
    assert found == Ignored("its milestone is resolved, which makes no postmortem final")


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"event": {"operation": "UPDATED"}},
        {"event": {"operation": "UPDATED", "resource_type": "incident"}, "data": {"incident": {"id": ""}}},
    ],
)
def test_an_event_of_ours_that_names_nothing_is_unreadable(bench: FirehydrantBench, body: Any) -> None:
    with pytest.raises(Unreadable) as caught:
        bench.source.parse({}, encoded(body))
    assert caught.value.cure


def test_the_signature_has_no_prefix(bench: FirehydrantBench) -> None:
    delivery = bench.final()
    assert bench.source.hook is not None
    given = bench.signed(delivery, NOW)["fh-signature"]
    assert bench.source.hook.authenticate({"fh-signature": given.upper()}, delivery.body, NOW).startswith("sha256:")
    with pytest.raises(NotAuthentic):
        bench.source.hook.authenticate({"fh-signature": f"sha256={given}"}, delivery.body, NOW)


def test_an_incident_its_report_and_its_follow_ups_make_one_document(bench: FirehydrantBench) -> None:
    document = bench.source.fetch("INC-FINAL")
    assert (document.title, document.severity, document.services) == ("Incident INC-FINAL", "SEV2", ("checkout",))
    assert document.impact == "4 % of payments failed."
    assert document.finalized_at == datetime(2026, 3, 9, 4, tzinfo=UTC)
    assert document.timeline["resolved_at"] == datetime(2026, 3, 9, 3, tzinfo=UTC)
    assert document.contributing_factors == ({"id": "f1", "text": "No limit on the pool", "category": ""},)
    assert document.body_markdown.startswith("## What happened?\n\nA pool ran dry.")
    assert "went well" not in document.body_markdown
    assert document.visibility is None
    (item,) = document.action_items or ()
    assert (item.id, item.title, item.priority, item.labels) == ("item-1", "Alert on replica lag", "p1", ("database",))
    assert (item.owner, item.due_on) == (OwnerText("dana.okafor@acme.example", "Dana Okafor"), date(2026, 4, 1))
    assert item.issue_url == "https://jira.acme.example/browse/PAY-1"


@pytest.mark.complaint("the incident tool says the same twice, each time in another shape")
def test_webhook_shapes_of_severity_and_instants_are_read_too(bench: FirehydrantBench) -> None:
    milestones = [{"type": "closed", "occurred_at": "2023-07-25 13:34:49 UTC"}]
    severity = {"slug": "SEV2", "description": "Severely impacted.", "type": "unexpected_downtime"}
    bench.put("INC-FINAL", final=True, current_milestone="closed", milestones=milestones, severity=severity)
    document = bench.source.fetch("INC-FINAL")
    assert (document.severity, document.finalized_at) == ("SEV2", datetime(2023, 7, 25, 13, 34, 49, tzinfo=UTC))


def test_a_task_of_the_incident_is_no_promise(bench: FirehydrantBench) -> None:
    bench.put_item("item-2", "INC-FINAL", type="task")
    assert [item.id for item in bench.source.fetch("INC-FINAL").action_items or ()] == ["item-1"]


@pytest.mark.parametrize(("state", "done", "declined"), [("done", True, False), ("cancelled", False, True)])
def test_a_follow_up_that_ended_is_done_or_declined(
    bench: FirehydrantBench, state: str, done: bool, declined: bool
) -> None:
    bench.put_item("item-1", "INC-FINAL", state=state)
    (item,) = bench.source.fetch("INC-FINAL").action_items or ()
    assert (item.done, item.declined) == (done, declined)


def test_without_follow_ups_the_promises_are_read_out_of_the_report(bench: FirehydrantBench) -> None:
    bench.shelves.drop("tickets", "item-1")
    document = bench.source.fetch("INC-FINAL")
    assert document.action_items is None
    assert [item.text for item in read_markdown(document.body_markdown).action_items] == ["Add a limit to the pool"]


def test_an_incident_without_a_report_is_read_all_the_same(bench: FirehydrantBench) -> None:
    bench.put("INC-FINAL", final=True, report_id=None)
    document = bench.source.fetch("INC-FINAL")
    assert (document.status, document.body_markdown, len(document.action_items or ())) == ("final", "", 1)


def test_an_incident_that_went_back_is_reopened(bench: FirehydrantBench) -> None:
    bench.put("INC-FINAL", final=True, current_milestone="retrospective_started")
    document = bench.source.fetch("INC-FINAL")
    assert (document.status, document.finalized_at) == ("reopened", None)


def test_an_archived_incident_is_deleted(bench: FirehydrantBench) -> None:
    bench.put("INC-FINAL", final=True, discarded_at="2026-03-10T00:00:00Z")
    assert bench.source.fetch("INC-FINAL").status == "deleted"
    assert swept(bench.source) == []


@pytest.mark.parametrize("name", ["restricted", "private"])
def test_an_incident_that_says_it_is_private_makes_a_private_postmortem(bench: FirehydrantBench, name: str) -> None:
    bench.put("INC-FINAL", final=True, **{name: True})
    assert bench.source.fetch("INC-FINAL").visibility is Visibility.PRIVATE


def test_another_milestone_can_be_the_final_one(tools: Sandbox, monkeypatch: pytest.MonkeyPatch) -> None:
    rules = {"final_when": {"milestone": ["resolved"]}, "deleted_when": {"milestone": ["duplicate"]}}
    bench = FirehydrantBench(tools, monkeypatch, **rules)
    bench.put("INC-2", final=False)
    bench.put("INC-3", final=False, current_milestone="duplicate")
    assert [bench.source.fetch(each).status for each in ("INC-FINAL", "INC-2", "INC-3")] == [
        "reopened",
        "final",
        "deleted",
    ]
    assert swept(bench.source) == ["INC-2"]
    assert asked(bench, "started", "resolved") == FetchById(("INC-FINAL",))


def test_a_sweep_reads_every_page(bench: FirehydrantBench) -> None:
    wanted = {bench.add_final(number) for number in range(210)}
    page = bench.source.finalized_since(None)
    assert page is not None
    assert page.more
    assert wanted <= set(swept(bench.source))

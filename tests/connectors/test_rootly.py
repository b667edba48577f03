"""What Rootly's words mean: events, retrospectives, action items, and when a postmortem is final."""

from __future__ import annotations

import hashlib
import hmac
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from connectors.conformance.bench import Delivery
from connectors.conformance.source import NOW, document_of, swept
from connectors.sandbox.running import Sandbox
from connectors.spi import FetchById, Ignored, NotAuthentic, OwnerText, PostmortemDocument, Unreadable, Visibility
from service.reading import read_markdown
from tests.connectors.tools import RootlyBench, encoded


@pytest.fixture
def bench(tools: Sandbox, monkeypatch: pytest.MonkeyPatch) -> RootlyBench:
    return RootlyBench(tools, monkeypatch)


def asked(bench: RootlyBench, event: str, data: Any) -> FetchById | Ignored | PostmortemDocument:
    return bench.source.parse({}, bench.raw(event, data).body)


@pytest.mark.parametrize("name", ["created", "updated", "published"])
def test_an_event_of_a_postmortem_names_its_incident(bench: RootlyBench, name: str) -> None:
    assert asked(bench, f"incident_post_mortem.{name}", {"id": "P", "incident_id": "I"}) == FetchById(("I",))


@pytest.mark.parametrize("name", ["updated", "resolved", "cancelled", "mitigated"])
def test_an_event_of_an_incident_with_a_postmortem_is_a_reason_to_look(bench: RootlyBench, name: str) -> None:
    data = {"id": "I", "incident_post_mortem": {"id": "P"}}
    assert asked(bench, f"incident.{name}", data) == FetchById(("I",))
    assert isinstance(asked(bench, f"incident.{name}", {"id": "I", "incident_post_mortem": None}), Ignored)


def test_of_a_deleted_postmortem_the_incident_is_asked_for_it_may_have_another_by_now(bench: RootlyBench) -> None:
    data = {"id": "P", "incident_id": "I", "title": "Sparkling Frost"}
    assert asked(bench, "incident_post_mortem.deleted", data) == FetchById(("I",))


def test_a_deleted_incident_is_deleted_without_asking(bench: RootlyBench) -> None:
    found = asked(bench, "incident.deleted", {"id": "I", "title": "Sparkling Frost"})
    assert isinstance(found, PostmortemDocument)
    assert (found.id, found.title, found.status) == ("I", "Sparkling Frost", "deleted")


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"event": {"type": "incident.updated"}},
        {"event": {"type": "incident_post_mortem.published"}, "data": {"id": "P"}},
        {"event": {"type": "incident_post_mortem.deleted"}, "data": []},
        {"event": {"type": "incident.updated"}, "data": {"incident_post_mortem": {"id": "P"}}},
    ],
)
def test_an_event_of_ours_that_names_nothing_is_unreadable(bench: RootlyBench, body: Any) -> None:
    with pytest.raises(Unreadable) as caught:
        bench.source.parse({}, encoded(body))
    assert caught.value.cure


def test_a_comma_too_many_is_passed_over_and_one_inside_a_text_is_kept(bench: RootlyBench) -> None:
    event = b'{"event": {"id": "e", "type": "incident.deleted",\n },'
    body = event + b' "data": {"id": "I", "title": "a,}b"}}'
    found = bench.source.parse({}, body)
    assert isinstance(found, PostmortemDocument)
    assert found.title == "a,}b"


def test_the_signature_covers_the_time_and_the_body_with_nothing_between(bench: RootlyBench) -> None:
    body, stamp = b'{"event":{"id":"e-1","type":"pulse.created"}}', str(int(NOW.timestamp()))
    assert bench.source.hook is not None
    for between, good in ((b"", True), (b".", False)):
        digest = hmac.new(b"new webhook secret", stamp.encode() + between + body, hashlib.sha256).hexdigest()
        headers = {"x-rootly-signature": f"t={stamp},v1={digest}"}
        if good:
            assert bench.source.hook.authenticate(headers, body, NOW) == "pulse.created:e-1"
        else:
            with pytest.raises(NotAuthentic):
                bench.source.hook.authenticate(headers, body, NOW)


def test_a_body_that_names_no_event_is_its_own_key(bench: RootlyBench) -> None:
    delivery = Delivery(b"no json")
    assert bench.source.hook is not None
    key = bench.source.hook.authenticate(bench.signed(delivery, NOW), delivery.body, NOW)
    assert key == f"sha256:{hashlib.sha256(b'no json').hexdigest()}"


def test_a_shorter_tolerance_can_be_asked_for(tools: Sandbox, monkeypatch: pytest.MonkeyPatch) -> None:
    bench = RootlyBench(tools, monkeypatch, tolerance_seconds=60)
    delivery = bench.final()
    assert bench.source.hook is not None
    with pytest.raises(NotAuthentic) as caught:
        bench.source.hook.authenticate(bench.signed(delivery, NOW - timedelta(seconds=61)), delivery.body, NOW)
    assert caught.value.code == "rootly.timestamp_old"


def test_an_incident_its_postmortem_and_its_follow_ups_make_one_document(bench: RootlyBench) -> None:
    document = bench.source.fetch("INC-FINAL")
    assert (document.title, document.severity, document.services) == ("INC-FINAL: what happened", "SEV1", ("checkout",))
    assert document.url == "https://rootly.com/account/incidents/INC-FINAL/postmortem"
    assert document.finalized_at == datetime(2026, 3, 12, 18, 0, tzinfo=UTC)
    assert document.timeline == {"started_at": datetime(2026, 3, 9, 15, 31, tzinfo=UTC)}
    assert (document.visibility, document.merged_into) == (None, None)
    assert document.action_items is not None
    (item,) = document.action_items
    assert (item.id, item.title, item.priority) == ("item-1", "Alert on replica lag", "p1")
    assert item.owner == OwnerText("dana.okafor@acme.example", "Dana Okafor")
    assert item.due_on == date(2026, 4, 1)


@pytest.mark.parametrize("severity", ["sev1", {"name": "sev1"}, {"slug": "sev1"}, None])
@pytest.mark.complaint("the incident tool says the same twice, each time in another shape")
def test_a_severity_may_be_a_text_or_an_object(bench: RootlyBench, severity: Any) -> None:
    bench.put("INC-FINAL", final=True, severity=severity)
    assert bench.source.fetch("INC-FINAL").severity == ("sev1" if severity else None)


def test_a_task_of_the_incident_is_no_promise_unless_it_is_asked_for(
    tools: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    bench = RootlyBench(tools, monkeypatch)
    bench.put_item("item-2", "INC-FINAL", kind="task", summary="Post an update")
    document = bench.source.fetch("INC-FINAL")
    assert [item.id for item in document.action_items or ()] == ["item-1"]
    both = RootlyBench(tools, monkeypatch, item_kinds=["task", "Follow_up"]).source.fetch("INC-FINAL")
    assert {item.id for item in both.action_items or ()} == {"item-1", "item-2"}


@pytest.mark.parametrize(("state", "done", "declined"), [("done", True, False), ("cancelled", False, True)])
def test_an_action_item_that_ended_is_done_or_declined(
    bench: RootlyBench, state: str, done: bool, declined: bool
) -> None:
    bench.put_item("item-1", "INC-FINAL", status=state)
    (item,) = bench.source.fetch("INC-FINAL").action_items or ()
    assert (item.done, item.declined) == (done, declined)


@pytest.mark.complaint("an issue that the incident tool made is made a second time")
def test_an_issue_that_rootly_made_is_named(bench: RootlyBench) -> None:
    bench.put_item("item-1", "INC-FINAL", jira_issue_url="https://jira.acme.example/browse/PAY-1")
    (item,) = bench.source.fetch("INC-FINAL").action_items or ()
    assert item.issue_url == "https://jira.acme.example/browse/PAY-1"


def test_without_follow_ups_the_promises_are_read_out_of_the_html(bench: RootlyBench) -> None:
    bench.shelves.drop("action_items", "item-1")
    document = bench.source.fetch("INC-FINAL")
    assert document.action_items is None
    assert [item.text for item in read_markdown(document.body_markdown).action_items] == ["Add a limit to the queue"]


def test_more_action_items_than_a_page_holds_are_all_read(bench: RootlyBench) -> None:
    for number in range(230):
        bench.put_item(f"more-{number}", "INC-FINAL")
    assert len(bench.source.fetch("INC-FINAL").action_items or ()) == 231


def test_a_postmortem_that_was_unpublished_is_being_worked_on_again(bench: RootlyBench) -> None:
    bench.shelves.change("post_mortems", "pm-INC-FINAL", status="draft")
    assert document_of(bench, bench.event("incident_post_mortem.updated", "draft")).status == "draft"


def test_a_cancelled_incident_takes_its_promises_back(bench: RootlyBench) -> None:
    bench.put("INC-FINAL", final=True, status="cancelled")
    assert bench.source.fetch("INC-FINAL").status == "deleted"


@pytest.mark.parametrize("kind", ["test", "test_sub", "example", "example_sub"])
def test_an_incident_that_is_only_practice_promises_nothing(bench: RootlyBench, kind: str) -> None:
    bench.put("INC-FINAL", final=True, kind=kind)
    assert bench.source.fetch("INC-FINAL").status == "deleted"
    assert swept(bench.source) == []
    bench.put("INC-FINAL", final=True, kind="backfilled")
    assert bench.source.fetch("INC-FINAL").status == "final"


def test_an_incident_without_its_postmortem_is_deleted(bench: RootlyBench) -> None:
    bench.put("INC-FINAL", final=True, post_mortem=None)
    document = bench.source.fetch("INC-FINAL")
    assert (document.id, document.status) == ("INC-FINAL", "deleted")


def test_a_duplicate_is_merged_into_the_other(bench: RootlyBench) -> None:
    bench.put("INC-FINAL", final=True, duplicate_incident_id="INC-OTHER")
    assert bench.source.fetch("INC-FINAL").merged_into == "INC-OTHER"


def test_a_private_incident_makes_a_private_postmortem(bench: RootlyBench) -> None:
    bench.put("INC-FINAL", final=True, private=True)
    assert bench.source.fetch("INC-FINAL").visibility is Visibility.PRIVATE


def test_the_progress_of_the_process_can_make_it_final_too(tools: Sandbox, monkeypatch: pytest.MonkeyPatch) -> None:
    bench = RootlyBench(tools, monkeypatch, final_when={"progress": ["completed", "skipped"]})
    bench.put("INC-2", final=False, retrospective_progress_status="completed")
    bench.put("INC-3", final=False, retrospective_progress_status="active")
    assert [bench.source.fetch(each).status for each in ("INC-FINAL", "INC-2", "INC-3")] == ["final", "final", "draft"]
    assert swept(bench.source) == ["INC-FINAL", "INC-2"]


def test_a_sweep_reads_every_page(bench: RootlyBench) -> None:
    wanted = {bench.add_final(number) for number in range(210)}
    page = bench.source.finalized_since(None)
    assert page is not None
    assert page.more
    assert wanted <= set(swept(bench.source))

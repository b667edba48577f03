"""What incident.io's words mean: events, documents, follow-ups, and when a postmortem is final."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from connectors.conformance.source import NOW, document_of, status, swept
from connectors.sandbox.running import Sandbox
from connectors.spi import (
    AccessDenied,
    Category,
    FetchById,
    Ignored,
    Missing,
    OwnerText,
    PostmortemDocument,
    Unavailable,
    Unreadable,
    Visibility,
)
from tests.connectors.tools import IncidentioBench, encoded


@pytest.fixture
def bench(tools: Sandbox, monkeypatch: pytest.MonkeyPatch) -> IncidentioBench:
    return IncidentioBench(tools, monkeypatch)


def asked(bench: IncidentioBench, event: str, payload: Any) -> FetchById | Ignored | PostmortemDocument:
    return bench.source.parse({}, bench.event(event, payload).body)


@pytest.mark.parametrize(
    ("event", "payload", "wanted"),
    [
        ("public_incident.postmortem_document_status_updated_v1", {"postmortem_document": {"incident_id": "I"}}, "I"),
        ("private_incident.postmortem_document_status_updated_v1", {"id": "D"}, "postmortem_document:D"),
        ("public_incident.follow_up_created_v2", {"id": "F", "incident_id": "I"}, "I"),
        ("public_incident.follow_up_updated_v1", {"id": "F", "incident_id": "I"}, "I"),
        ("private_incident.follow_up_created_v1", {"id": "F"}, "follow_up:F"),
        ("private_incident.follow_up_updated_v2", {"id": "F"}, "follow_up:F"),
        ("public_incident.action_updated_v1", {"id": "F", "incident_id": "I", "follow_up": True}, "I"),
        ("public_incident.incident_updated_v2", {"id": "I", "postmortem_document_ids": ["D"]}, "I"),
        (
            "public_incident.incident_status_updated_v2",
            {"incident": {"id": "I", "postmortem_document_ids": ["D"]}},
            "I",
        ),
        ("public_incident.incident_updated_v2", {"id": "I", "incident_status": {"category": "merged"}}, "I"),
        ("private_incident.incident_updated_v2", {"id": "I"}, "I"),
        ("public_incident.follow_up_created_v7", {"id": "F", "incident_id": "I"}, "I"),
    ],
)
def test_an_event_names_the_incident_or_what_leads_to_it(
    bench: IncidentioBench, event: str, payload: Any, wanted: str
) -> None:
    assert asked(bench, event, payload) == FetchById((wanted,))


@pytest.mark.parametrize(
    ("event", "payload"),
    [
        ("public_incident.incident_created_v2", {"id": "I"}),
        ("private_incident.incident_created_v2", {"id": "I"}),
        ("public_incident.incident_updated_v2", {"id": "I", "incident_status": {"category": "live"}}),
        ("public_incident.action_created_v1", {"id": "A", "incident_id": "I", "follow_up": False}),
        ("private_incident.action_created_v1", {"id": "A"}),
        ("private_incident.membership_revoked_v1", {"incident_id": "I"}),
        ("public_alert.alert_created_v1", {"id": "X"}),
        ("schedule.updated_v1", "anything"),
    ],
)
def test_what_is_not_about_a_postmortem_is_ignored(bench: IncidentioBench, event: str, payload: Any) -> None:
    assert isinstance(asked(bench, event, payload), Ignored)


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"event_type": ["public_incident.follow_up_created_v2"]},
        {"event_type": "public_incident.follow_up_created_v2"},
        {"event_type": "public_incident.follow_up_created_v2", "public_incident.follow_up_created_v2": {}},
        {"event_type": "private_incident.incident_updated_v2", "private_incident.incident_updated_v2": {"id": None}},
    ],
)
def test_an_event_of_ours_that_names_nothing_is_unreadable(bench: IncidentioBench, body: Any) -> None:
    with pytest.raises(Unreadable) as caught:
        bench.source.parse({}, encoded(body))
    assert caught.value.cure


def test_an_incident_its_document_and_its_follow_ups_make_one_postmortem(bench: IncidentioBench) -> None:
    timestamps = [("Impact started", "2026-03-09T07:31:00Z"), ("Fixed at", "2026-03-09T08:09:00+01:00"), ("Odd", "x")]
    bench.put(
        "INC-FINAL",
        final=True,
        summary="A pool ran dry.",
        incident_type={"name": "Production Outage"},
        external_issue_reference={"provider": "jira", "issue_permalink": "https://acme.example/browse/OPS-7"},
        incident_timestamp_values=[
            {"incident_timestamp": {"name": name}, "value": {"value": at}} for name, at in timestamps
        ],
        custom_field_entries=[
            {
                "custom_field": {"name": "Affected services"},
                "values": [{"value_catalog_entry": {"name": "checkout"}}, {"value_option": {"value": "billing"}}],
            },
            {"custom_field": {"name": "Affected Team"}, "values": [{"value_text": "payments"}]},
            {"custom_field": {"name": "Region"}, "values": [{"value_text": "eu"}]},
        ],
    )
    document = bench.source.fetch("INC-FINAL")
    assert (document.title, document.summary, document.severity) == (
        "INC-FINAL: what happened",
        "A pool ran dry.",
        "Major",
    )
    assert (document.services, document.teams) == (("checkout", "billing"), ("payments",))
    assert document.incident_type == "Production Outage"
    assert document.url == "https://app.incident.io/incidents/INC-FINAL/post-mortem"
    assert document.issue_url == "https://acme.example/browse/OPS-7"
    assert document.timeline == {
        "started_at": datetime(2026, 3, 9, 7, 31, tzinfo=UTC),
        "mitigated_at": datetime(2026, 3, 9, 7, 9, tzinfo=UTC),
    }
    assert document.visibility is None
    assert document.body_markdown.startswith("# INC-FINAL")
    assert document.action_items is not None
    (item,) = document.action_items
    assert (item.id, item.title, item.description) == ("item-1", "Alert on replica lag", "At 30 s.")
    assert (item.kind, item.priority, item.team, item.labels) == ("detect", "p0", "Payments", ("database",))
    assert item.owner == OwnerText("dana.okafor@acme.example", "Dana Okafor")
    assert (item.done, item.declined) == (False, False)


@pytest.mark.parametrize(("state", "done", "declined"), [("completed", True, False), ("not_doing", False, True)])
def test_a_follow_up_that_ended_is_done_or_declined(
    bench: IncidentioBench, state: str, done: bool, declined: bool
) -> None:
    bench.put_item("item-1", "INC-FINAL", status=state)
    document = bench.source.fetch("INC-FINAL")
    assert document.action_items is not None
    assert [(item.done, item.declined) for item in document.action_items] == [(done, declined)]


def test_a_deleted_follow_up_is_not_listed_and_an_old_one_without_a_title_has_its_first_line(
    bench: IncidentioBench,
) -> None:
    bench.put_item("item-1", "INC-FINAL", status="deleted")
    bench.put_item("item-2", "INC-FINAL", title=None, description="Call the fire brigade\nat once")
    document = bench.source.fetch("INC-FINAL")
    assert document.action_items is not None
    assert [item.title for item in document.action_items] == ["Call the fire brigade"]


def test_without_follow_ups_the_promises_are_left_to_the_text(bench: IncidentioBench) -> None:
    bench.shelves.drop("follow_ups", "item-1")
    document = bench.source.fetch("INC-FINAL")
    assert document.action_items is None
    assert "Add monitoring" in document.body_markdown


def test_more_follow_ups_than_a_page_holds_are_all_read(bench: IncidentioBench) -> None:
    for number in range(230):
        bench.put_item(f"more-{number}", "INC-FINAL")
    document = bench.source.fetch("INC-FINAL")
    assert document.action_items is not None
    assert len({item.id for item in document.action_items}) == 231


def test_an_id_of_a_follow_up_or_a_document_leads_to_the_incident(bench: IncidentioBench) -> None:
    assert bench.source.fetch("follow_up:item-1").id == "INC-FINAL"
    assert bench.source.fetch("postmortem_document:doc-INC-FINAL").id == "INC-FINAL"
    with pytest.raises(Missing):
        bench.source.fetch("follow_up:gone")


@pytest.mark.parametrize("word", ["completed", "complete", "Completed"])
def test_each_word_for_complete_is_final(bench: IncidentioBench, word: str) -> None:
    bench.shelves.change("postmortem_documents", "doc-INC-FINAL", status=word)
    assert bench.source.fetch("INC-FINAL").status == "final"


@pytest.mark.parametrize("word", ["in_progress", "in_review", "review", "created", "not_started", "a new word"])
def test_a_document_that_went_back_is_being_worked_on_again(bench: IncidentioBench, word: str) -> None:
    bench.shelves.change("postmortem_documents", "doc-INC-FINAL", status=word)
    assert document_of(bench, bench.status_update(word, "complete")).status == "draft"


@pytest.mark.parametrize("category", ["merged", "declined", "canceled", "cancelled"])
def test_an_incident_that_was_merged_away_or_declined_takes_its_promises_back(
    bench: IncidentioBench, category: str
) -> None:
    bench.put("INC-FINAL", final=True, incident_status={"category": category})
    assert bench.source.fetch("INC-FINAL").status == "deleted"


@pytest.mark.parametrize("mode", ["test", "tutorial"])
def test_an_incident_that_is_only_practice_promises_nothing_unless_told_otherwise(
    tools: Sandbox, monkeypatch: pytest.MonkeyPatch, mode: str
) -> None:
    bench = IncidentioBench(tools, monkeypatch)
    bench.put("INC-FINAL", final=True, mode=mode)
    assert bench.source.fetch("INC-FINAL").status == "deleted"
    bench.put("INC-FINAL", final=True, mode="retrospective")
    assert bench.source.fetch("INC-FINAL").status == "final"
    bench = IncidentioBench(tools, monkeypatch, deleted_when={"incident_mode": []})
    bench.put("INC-FINAL", final=True, mode=mode)
    assert bench.source.fetch("INC-FINAL").status == "final"


def test_where_its_status_makes_an_incident_final_whatever_status_it_gets_is_looked_at(
    tools: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    bench = IncidentioBench(tools, monkeypatch, final_when={"incident_category": ["closed"]})
    back = {"incident": {"id": "I", "incident_status": {"category": "live"}, "postmortem_document_ids": []}}
    assert asked(bench, "public_incident.incident_status_updated_v2", back) == FetchById(("I",))


def test_when_every_follow_up_was_deleted_the_text_is_not_taken_in_their_place(bench: IncidentioBench) -> None:
    bench.put_item("item-1", "INC-FINAL", status="deleted")
    assert bench.source.fetch("INC-FINAL").action_items == ()


def test_an_incident_whose_document_was_deleted_is_deleted(bench: IncidentioBench) -> None:
    bench.shelves.drop("postmortem_documents", "doc-INC-FINAL")
    assert bench.source.fetch("INC-FINAL").status == "deleted"


def test_a_final_document_stands_before_a_newer_one_that_is_not(bench: IncidentioBench) -> None:
    newer = {"id": "doc-2", "incident_id": "INC-FINAL", "status": "in_progress", "created_at": "2027", "type": "in_app"}
    bench.shelves.put("postmortem_documents", "doc-2", newer)
    assert bench.source.fetch("INC-FINAL").status == "final"


def test_what_is_final_can_be_said_otherwise(tools: Sandbox, monkeypatch: pytest.MonkeyPatch) -> None:
    rules = {"document_status": ["in_review"], "incident_category": ["Closed"]}
    bench = IncidentioBench(tools, monkeypatch, final_when=rules)
    bench.shelves.change("postmortem_documents", "doc-INC-FINAL", status="in_review")
    assert bench.source.fetch("INC-FINAL").status == "final"
    bench.put("INC-2", final=True, incident_status={"category": "live"})
    assert bench.source.fetch("INC-2").status == "draft"
    bench.put("INC-3", final=False)
    bench.shelves.drop("postmortem_documents", "doc-INC-3")
    assert bench.source.fetch("INC-3").status == "final"
    assert set(swept(bench.source)) == {"INC-FINAL", "INC-3"}


def test_a_private_incident_is_private_and_a_table_may_say_more(
    tools: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    bench = IncidentioBench(tools, monkeypatch, visibilities={"Public": "internal"})
    assert bench.source.fetch("INC-FINAL").visibility is Visibility.INTERNAL
    bench.put("INC-FINAL", final=True, visibility="private")
    assert bench.source.fetch("INC-FINAL").visibility is Visibility.PRIVATE
    bench.put("INC-FINAL", final=True, visibility="a new word")
    assert bench.source.fetch("INC-FINAL").visibility is Visibility.PRIVATE, "it may well mean that"
    bench.put("INC-FINAL", final=True, visibility=None)
    assert bench.source.fetch("INC-FINAL").visibility is None


def test_a_document_that_lives_elsewhere_has_no_text_and_its_follow_ups_are_read(bench: IncidentioBench) -> None:
    bench.shelves.change("postmortem_documents", "doc-INC-FINAL", type="external")
    document = bench.source.fetch("INC-FINAL")
    assert (document.status, document.body_markdown) == ("final", "")
    assert document.action_items


def test_a_text_that_cannot_be_had_now_fails_the_fetch_instead_of_emptying_the_postmortem(
    bench: IncidentioBench,
) -> None:
    bench.shelves.drop("follow_ups", "item-1")
    bench.sandbox.world.faults.add(
        {"kind": "error_before", "tracker": "incidentio", "status": 503, "path": "/content$"}
    )
    with pytest.raises(Unavailable):
        bench.source.fetch("INC-FINAL")


def test_an_answer_that_is_not_as_documented_is_asked_for_again(bench: IncidentioBench) -> None:
    bench.shelves.put("incidents", "INC-ODD", {"id": None})
    with pytest.raises(Unavailable) as caught:
        bench.source.fetch("INC-ODD")
    assert caught.value.code == "incidentio.strange_answer"


def test_telling_empties_nothing(bench: IncidentioBench) -> None:
    before = bench.shelves.get("follow_ups", "item-1")
    bench.source.tell(status(bench, Category.DONE))
    assert before is not None
    assert bench.shelves.get("follow_ups", "item-1") == {**before, "status": "completed"}


def test_a_deleted_follow_up_cannot_be_told(bench: IncidentioBench) -> None:
    bench.put_item("item-1", "INC-FINAL", status="deleted")
    with pytest.raises(Missing):
        bench.source.tell(status(bench, Category.DONE))


def test_words_for_telling_can_be_said_otherwise(tools: Sandbox, monkeypatch: pytest.MonkeyPatch) -> None:
    bench = IncidentioBench(tools, monkeypatch, told_as={"declined": "completed"})
    bench.source.tell(status(bench, Category.DECLINED))
    assert bench.said_of("item-1") == "completed"


def test_a_missing_token_or_secret_is_named_with_its_cure(
    bench: IncidentioBench, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("TOOL_TOKEN")
    monkeypatch.delenv("TOOL_OLD")
    with pytest.raises(AccessDenied) as caught:
        bench.source.fetch("INC-FINAL")
    assert "TOOL_TOKEN" in caught.value.sentence
    assert [(each.code, each.cure) for each in bench.source.check()] == [
        ("incidentio.secret_missing", "Set TOOL_OLD."),
        ("incidentio.token_missing", "The secret TOOL_TOKEN is not set: set TOOL_TOKEN or TOOL_TOKEN_FILE."),
    ]


def test_while_one_secret_is_not_set_yet_the_other_opens_the_door(
    bench: IncidentioBench, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("TOOL_NEW")
    assert bench.source.hook is not None
    delivery = bench.final()
    assert bench.source.hook.authenticate(bench.signed(delivery, NOW, "old"), delivery.body, NOW) == "delivery-1"

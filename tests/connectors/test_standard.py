from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from copy import deepcopy
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from connectors import standard
from connectors.payloads import MAX_DEPTH
from connectors.signatures import StandardHook
from connectors.spi import DocumentItem, Missing, OwnerText, PostmortemDocument, Unreadable, Visibility
from connectors.standard import CONNECTOR
from connectors.standard.document import read_document
from tests.connectors.test_signatures import KEY, NOW, headers_for

SCHEMA = json.loads((Path(standard.__file__).parent / "postmortem-v1.json").read_text(encoding="utf-8"))
VALIDATOR = Draft202012Validator(SCHEMA, format_checker=Draft202012Validator.FORMAT_CHECKER)

FULL: dict[str, Any] = {
    "id": "INC-2041",
    "revision": 3,
    "status": "final",
    "merged_into": None,
    "title": "Checkout refused cards for 38 minutes",
    "summary": "A connection pool ran dry.",
    "impact": "4 % of payments failed.",
    "url": "https://wiki.acme.example/inc-2041",
    "issue_url": "https://acme.atlassian.example/browse/OPS-7",
    "incident_type": "outage",
    "severity": "sev1",
    "visibility": "private",
    "services": ["checkout"],
    "teams": ["payments"],
    "tags": ["database"],
    "objectives": ["availability"],
    "timeline": {"started_at": "2026-03-09T07:31:00Z", "detected_at": None, "resolved_at": "2026-03-09T09:09:00+01:00"},
    "finalized_at": "2026-03-12T10:00:00.250+01:00",
    "risk": {"likelihood": "medium", "severity": "high"},
    "contributing_factors": [{"id": "f1", "text": "No limit on the pool", "category": "capacity"}],
    "body_markdown": "# What happened",
    "action_items": [
        {
            "id": "a1",
            "title": "Alert on pool saturation",
            "description": "At 80 %.",
            "kind": "detect",
            "priority": "p1",
            "owner": {"email": "dana.okafor@acme.example"},
            "team": "payments",
            "due_on": "2026-03-31",
            "success_metric": "Told within 5 minutes",
            "validation_plan": "Game day",
            "verify_after_days": 30,
            "resources": "2 days",
            "addresses": ["f1"],
            "milestones": [{"title": "Threshold chosen", "due_on": "2026-03-20", "done": True}],
            "done": False,
            "issue_url": "https://jira.acme.example/browse/PAY-1",
            "labels": ["pool"],
            "unknown_member": {"kept": True},
        },
        {"title": "Write the runbook", "owner": {"name": "Mateo"}},
    ],
    "sender_says": "anything",
}

Change = Callable[[dict[str, Any]], object]


def put(path: str, value: Any) -> Change:
    """`action_items.0.title` set to the value."""

    def change(document: dict[str, Any]) -> None:
        *parents, last = path.split(".")
        target: Any = document
        for part in parents:
            target = target[int(part)] if part.isdigit() else target[part]
        target[int(last) if last.isdigit() else last] = value

    return change


GOOD: list[tuple[str, Change]] = [
    ("everything", lambda document: None),
    (
        "only what is required",
        lambda document: [document.pop(name) for name in set(document) - {"id", "title", "status"}],
    ),
    *((f"{name} is null", put(name, None)) for name in sorted(set(FULL) - {"id", "title", "status", "sender_says"})),
    *((f"status {word}", put("status", word)) for word in ("draft", "final", "reopened", "deleted")),
    *((f"visibility {word}", put("visibility", word)) for word in ("public", "internal", "private")),
    *(
        (f"kind {word}", put("action_items.0.kind", word))
        for word in ("prevent", "detect", "mitigate", "process", "other")
    ),
    *((f"priority {word}", put("action_items.0.priority", word)) for word in ("p0", "p1", "p2", "p3", "p4")),
    *(
        (f"item's {name} is null", put(f"action_items.0.{name}", None))
        for name in FULL["action_items"][0]
        if name != "title"
    ),
    ("no items", put("action_items", [])),
    ("empty address", put("url", "")),
    ("whole number with a point", put("revision", 3.0)),
    ("instant in small letters", put("finalized_at", "2026-03-12t10:00:00z")),
    ("leap day", put("action_items.0.due_on", "2028-02-29")),
    ("unknown members everywhere", put("timeline.closed_at", "whenever")),
    ("text in other scripts", put("title", "決済が止まった 💳")),
]

# What is wrong, the path that the sentence must name, and what it must say there.
BAD: list[tuple[Change, str]] = [
    (lambda document: document.pop("id"), "id is required"),
    (lambda document: document.pop("title"), "title is required"),
    (lambda document: document.pop("status"), "status is required"),
    (put("id", None), "id must not be null"),
    (put("id", 7), "id must be a text"),
    (put("id", "  "), "id must not be empty"),
    (put("id", "x" * 257), "id must have at most 256 characters"),
    (put("title", ""), "title must not be empty"),
    (put("title", ["a"]), "title must be a text"),
    (put("status", "Final"), "status must be one of draft, final, reopened, deleted"),
    (put("status", {}), "status must be one of draft"),
    (put("revision", -1), "revision must be a whole number"),
    (put("revision", 1.5), "revision must be a whole number"),
    (put("revision", "3"), "revision must be a whole number"),
    (put("revision", True), "revision must be a whole number"),
    (put("merged_into", 3), "merged_into must be a text"),
    (put("summary", 3), "summary must be a text"),
    (put("impact", []), "impact must be a text"),
    (put("url", "wiki/inc"), "url must be an address"),
    (put("url", "javascript:alert(1)"), "url must be an address"),
    (put("incident_type", False), "incident_type must be a text"),
    (put("severity", 1), "severity must be a text"),
    (put("visibility", "secret"), "visibility must be one of public, internal, private"),
    (put("services", "checkout"), "services must be a list"),
    (put("services", [1]), "services[0] must be a text"),
    (put("services", [None]), "services[0] must not be null"),
    (put("teams", {}), "teams must be a list"),
    (put("tags", 1), "tags must be a list"),
    (put("objectives", "x"), "objectives must be a list"),
    (put("timeline", []), "timeline must be an object"),
    (put("timeline.started_at", "2026-03-09 07:31"), "timeline.started_at must be an instant"),
    (put("timeline.started_at", "2026-03-09T07:31:00"), "timeline.started_at must be an instant with an offset"),
    (put("timeline.started_at", 1773041460), "timeline.started_at must be an instant"),
    (put("timeline.resolved_at", "2026-02-30T07:31:00Z"), "timeline.resolved_at must be an instant"),
    (put("timeline.resolved_at", "2026-02-03T25:31:00Z"), "timeline.resolved_at must be an instant"),
    (put("finalized_at", "yesterday"), "finalized_at must be an instant"),
    (put("risk", "high"), "risk must be an object"),
    (put("risk.likelihood", "certain"), "risk.likelihood must be one of low, medium, high"),
    (put("contributing_factors", {}), "contributing_factors must be a list"),
    (put("contributing_factors.0", "x"), "contributing_factors[0] must be an object"),
    (put("contributing_factors.0", {"id": "f"}), "contributing_factors[0].text is required"),
    (put("contributing_factors.0.text", " "), "contributing_factors[0].text must not be empty"),
    (put("body_markdown", {}), "body_markdown must be a text"),
    (put("action_items", {}), "action_items must be a list"),
    (put("action_items", "none"), "action_items must be a list"),
    (put("action_items.1", None), "action_items[1] must not be null"),
    (put("action_items.1", []), "action_items[1] must be an object"),
    (put("action_items.1", {"id": "x"}), "action_items[1].title is required"),
    (put("action_items.0.id", 1), "action_items[0].id must be a text"),
    (put("action_items.0.kind", "fix"), "action_items[0].kind must be one of prevent"),
    (put("action_items.0.priority", "P1"), "action_items[0].priority must be one of p0"),
    (put("action_items.0.owner", "dana"), "action_items[0].owner must be an object"),
    (put("action_items.0.owner", {}), "action_items[0].owner must have an email or a name"),
    (put("action_items.0.owner", {"email": None}), "action_items[0].owner must have an email or a name"),
    (put("action_items.0.owner", {"email": "dana"}), "action_items[0].owner.email must be an e-mail address"),
    (put("action_items.0.due_on", "31.03.2026"), "action_items[0].due_on must be a day"),
    (put("action_items.0.due_on", "2026-02-30"), "action_items[0].due_on must be a day"),
    (put("action_items.0.due_on", "20260331"), "action_items[0].due_on must be a day"),
    (put("action_items.0.verify_after_days", -3), "action_items[0].verify_after_days must be a whole number"),
    (put("action_items.0.addresses", "f1"), "action_items[0].addresses must be a list"),
    (put("action_items.0.milestones", [{}]), "action_items[0].milestones[0].title is required"),
    (put("action_items.0.milestones", [{"title": "x", "done": "no"}]), "milestones[0].done must be true or false"),
    (put("action_items.0.done", "true"), "action_items[0].done must be true or false"),
    (put("action_items.0.done", 1), "action_items[0].done must be true or false"),
    (put("action_items.0.issue_url", "PAY-1"), "action_items[0].issue_url must be an address"),
    (put("action_items.0.labels", [{}]), "action_items[0].labels[0] must be a text"),
]


def changed(change: Change) -> dict[str, Any]:
    document = deepcopy(FULL)
    change(document)
    return document


def read(document: Any) -> PostmortemDocument:
    return read_document(json.dumps(document).encode())


def sentence(body: bytes) -> tuple[str, str]:
    with pytest.raises(Unreadable) as refusal:
        read_document(body)
    assert refusal.value.cure
    assert refusal.value.sentence.endswith(".")
    return refusal.value.code, refusal.value.sentence


@pytest.mark.parametrize("change", [each[1] for each in GOOD], ids=[each[0] for each in GOOD])
def test_good_document_is_taken_by_parser_and_schema_alike(change):
    document = changed(change)
    assert list(VALIDATOR.iter_errors(document)) == []
    assert read(document).raw == document


@pytest.mark.parametrize(("change", "words"), BAD, ids=[each[1][:60] for each in BAD])
def test_bad_document_is_refused_by_parser_and_schema_alike_with_the_path(change, words):
    document = changed(change)
    assert not VALIDATOR.is_valid(document)
    code, text = sentence(json.dumps(document).encode())
    assert code == "standard.invalid"
    assert words in text


def test_schema_is_itself_one_and_knows_every_member_that_the_parser_knows():
    Draft202012Validator.check_schema(SCHEMA)
    assert set(SCHEMA["properties"]) == set(FULL) - {"sender_says"}
    assert set(SCHEMA["$defs"]["item"]["properties"]) == set(FULL["action_items"][0]) - {"unknown_member"}


def test_every_member_reaches_the_document():
    document = read(FULL)
    assert (document.id, document.revision, document.status, document.severity) == ("INC-2041", 3, "final", "sev1")
    assert document.visibility is Visibility.PRIVATE
    assert document.timeline["started_at"] == datetime(2026, 3, 9, 7, 31, tzinfo=UTC)
    assert document.timeline["resolved_at"] == datetime(2026, 3, 9, 8, 9, tzinfo=UTC)
    assert "detected_at" not in document.timeline
    assert document.contributing_factors == ({"id": "f1", "text": "No limit on the pool", "category": "capacity"},)
    assert document.action_items is not None
    first, second = document.action_items
    assert (first.owner, first.due_on, first.kind) == (
        OwnerText("dana.okafor@acme.example"),
        date(2026, 3, 31),
        "detect",
    )
    assert first.milestones == ({"title": "Threshold chosen", "due_on": date(2026, 3, 20), "done": True},)
    assert second == DocumentItem(title="Write the runbook", owner=OwnerText(name="Mateo"))
    assert document.raw["sender_says"] == "anything"


def test_items_that_are_absent_are_not_the_same_as_none():
    assert read({"id": "a", "title": "t", "status": "final"}).action_items is None
    assert read({"id": "a", "title": "t", "status": "final", "action_items": []}).action_items == ()


def test_every_fault_is_named_at_once():
    _, text = sentence(b'{"status": "x", "services": 1, "action_items": [{"id": "a"}, {"id": "a", "title": "t"}]}')
    for words in (
        "id is required",
        "title is required",
        "status must be",
        "services must be",
        "action_items[0].title is required",
        "action_items[1].id repeats that of action_items[0]",
    ):
        assert words in text


def test_faults_without_number_are_counted_and_not_all_shown():
    _, text = sentence(json.dumps({"action_items": [{}] * 500}).encode())
    assert "and 483 more" in text
    assert len(text) < 2000


@pytest.mark.parametrize(
    ("body", "code"),
    [
        (b"", "standard.not_json"),
        (b"{", "standard.not_json"),
        (b"{} {}", "standard.not_json"),
        (b"null", "standard.not_object"),
        (b"[]", "standard.not_object"),
        (b'"x"', "standard.not_object"),
        (b"\xff\xfe{}", "standard.not_utf8"),
        (b'{"id": "\xc3"}', "standard.not_utf8"),
        (b"\xef\xbb\xbf{}", "standard.not_json"),
        (b'{"revision": NaN}', "standard.not_json"),
        (b'{"revision": -Infinity}', "standard.not_json"),
        (b'{"revision": 1e999, "id": "a", "title": "t", "status": "final"}', "standard.invalid"),
        (b'{"a":' * (MAX_DEPTH + 1) + b"1" + b"}" * (MAX_DEPTH + 1), "standard.too_deep"),
        (b'{"a":' + b"[" * 200_000, "standard.too_deep"),
        (b'{"a":' + b"[" * 200_000 + b"]" * 200_000 + b"}", "standard.too_deep"),
        (b'{"revision": ' + b"9" * 10_000 + b"}", "standard.not_json"),
    ],
)
def test_body_that_is_no_document_is_unreadable_and_never_a_crash(body, code):
    assert sentence(body)[0] == code


def test_document_as_deep_as_allowed_is_taken():
    deep = '{"id":"a","title":"t","status":"final","x":' + "[" * (MAX_DEPTH - 1) + "]" * (MAX_DEPTH - 1) + "}"
    assert read_document(deep.encode()).id == "a"


def test_what_no_database_keeps_is_taken_out():
    document = read_document(b'{"id": "a", "title": "t\\u0000 \\ud800", "status": "final", "x\\u0000": ["\\udfff"]}')
    assert document.title == "t ?"
    json.dumps(document.raw, ensure_ascii=False).encode("utf-8")
    assert "\x00" not in str(document.raw)


JSON: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.floats(allow_nan=False) | st.integers(-9, 9) | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(sorted(FULL)), inner, max_size=3),
    max_leaves=8,
)


@given(st.dictionaries(st.sampled_from(sorted(FULL)), JSON, max_size=6))
def test_parser_and_schema_never_disagree(changes: Mapping[str, Any]):
    document = {"id": "a", "title": "t", "status": "final", **changes}
    try:
        read(document)
    except Unreadable:
        assert not VALIDATOR.is_valid(document), document
    else:
        assert VALIDATOR.is_valid(document), list(VALIDATOR.iter_errors(document))


def test_source_takes_signed_deliveries_and_names_them_by_their_id(monkeypatch):
    assert CONNECTOR.source is not None
    monkeypatch.setenv("HOOK_SECRET", KEY)
    source = CONNECTOR.source.make("tools", CONNECTOR.source.settings({"secret_env": ["HOOK_SECRET"]}))
    body = json.dumps(FULL).encode()
    assert source.hook is not None
    assert source.hook.authenticate(headers_for(body, identity="msg_7"), body, NOW) == "msg_7"
    parsed = source.parse({}, body)
    assert isinstance(parsed, PostmortemDocument)
    assert source.check() == []
    assert source.finalized_since(None) is None
    with pytest.raises(Missing):
        source.fetch("INC-2041")


def test_source_without_a_secret_has_no_door():
    assert CONNECTOR.source is not None
    assert CONNECTOR.source.make("tools", CONNECTOR.source.settings({})).hook is None
    assert isinstance(CONNECTOR.source.make("tools", CONNECTOR.source.settings({"secret_env": "S"})).hook, StandardHook)

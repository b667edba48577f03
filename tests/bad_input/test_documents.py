"""What is authentic and cannot be read: stored, answered with 202, and a dead letter with sentence and cure."""

from __future__ import annotations

import json

import pytest

from tests.bad_input.posting import client_of, document, items, post, stored, vendor_headers
from tests.support.house import House
from tests.usecases.surroundings import dead_deliveries, shown

SCHEMA_CURE = "Correct the document at the sender and send it again"
FRONT_CURE = "Correct it between the lines of ---"
DEEP = b'{"id": "x", "a": ' + b"[" * 100 + b"]" * 100 + b"}"
BOTTOMLESS = b"[" * 200_000
TWIN = {"id": "A", "title": "One"}
MANY = [{"title": "Add an alert"}] * 1001


def markdown(front: str, body: str = "# T\n\n## Action items\n\n- [ ] Do it\n") -> bytes:
    return f"---\n{front}\n---\n{body}".encode()


# (name, hook, body, what the sentence says, what the cure says)
UNREADABLE = [
    ("empty body", "incidents", b"", "is not JSON", SCHEMA_CURE),
    ("blank body", "incidents", b"  \n", "is not JSON", SCHEMA_CURE),
    ("not JSON", "incidents", b"{'id': 1}", "is not JSON (line 1, column 2)", SCHEMA_CURE),
    ("cut short", "incidents", b'{"id": "INC-1", "title"', "is not JSON", SCHEMA_CURE),
    ("two documents", "incidents", document() + document(), "is not JSON", SCHEMA_CURE),
    ("NaN", "incidents", b'{"revision": NaN}', "is not JSON", SCHEMA_CURE),
    ("a number of 10,000 digits", "incidents", b'{"revision": ' + b"9" * 10_000 + b"}", "is not JSON", SCHEMA_CURE),
    ("a byte order mark", "incidents", b"\xef\xbb\xbf" + document(), "is not JSON", SCHEMA_CURE),
    ("UTF-16", "incidents", '{"id": "x"}'.encode("utf-16"), "is not UTF-8 (byte 0)", SCHEMA_CURE),
    ("Latin-1", "incidents", '{"id": "ü"}'.encode("latin-1"), "is not UTF-8 (byte 8)", SCHEMA_CURE),
    ("a list", "incidents", b"[]", "is not a JSON object", SCHEMA_CURE),
    ("null", "incidents", b"null", "is not a JSON object", SCHEMA_CURE),
    ("a text", "incidents", b'"final"', "is not a JSON object", SCHEMA_CURE),
    ("too deep", "incidents", DEEP, "more than 64 levels deep", SCHEMA_CURE),
    ("bottomless", "incidents", BOTTOMLESS, "more than 64 levels deep", SCHEMA_CURE),
    ("no id", "incidents", b'{"title": "T", "status": "final"}', "id is required", SCHEMA_CURE),
    ("no title", "incidents", b'{"id": "I", "status": "final"}', "title is required", SCHEMA_CURE),
    ("no status", "incidents", b'{"id": "I", "title": "T"}', "status is required", SCHEMA_CURE),
    ("an empty id", "incidents", document(id=""), "id must not be empty", SCHEMA_CURE),
    ("a blank id", "incidents", document(id="  "), "id must not be empty", SCHEMA_CURE),
    ("an id of 257 characters", "incidents", document(id="x" * 257), "id must have at most 256", SCHEMA_CURE),
    ("a number as id", "incidents", document(id=7), "id must be a text", SCHEMA_CURE),
    ("null as id", "incidents", document(id=None), "id must not be null", SCHEMA_CURE),
    ("an id of NUL alone", "incidents", document(id="\0"), "id must not be empty", SCHEMA_CURE),
    ("an unknown status", "incidents", document(status="published"), "status must be one of draft, final", SCHEMA_CURE),
    ("a status in capitals", "incidents", document(status="FINAL"), "status must be one of", SCHEMA_CURE),
    ("an unknown visibility", "incidents", document(visibility="secret"), "visibility must be one of", SCHEMA_CURE),
    ("a misspelt visibility", "incidents", document(visiblity="private"), "visiblity may be meant as", SCHEMA_CURE),
    ("a visibility in capitals", "incidents", document(Visibility="private"), "may be meant as", SCHEMA_CURE),
    ("a negative revision", "incidents", document(revision=-1), "revision must be a whole number", SCHEMA_CURE),
    ("half a revision", "incidents", document(revision=1.5), "revision must be a whole number", SCHEMA_CURE),
    ("true as revision", "incidents", document(revision=True), "revision must be a whole number", SCHEMA_CURE),
    ("text as revision", "incidents", document(revision="3"), "revision must be a whole number", SCHEMA_CURE),
    ("services as text", "incidents", document(services="api"), "services must be a list", SCHEMA_CURE),
    ("numbers as services", "incidents", document(services=[1]), "services[0] must be a text", SCHEMA_CURE),
    ("no address", "incidents", document(url="javascript:alert(1)"), "url must be an address", SCHEMA_CURE),
    ("timeline as list", "incidents", document(timeline=[]), "timeline must be an object", SCHEMA_CURE),
    ("a naive instant", "incidents", document(finalized_at="2026-03-01T10:00:00"), "an instant with an offset", ""),
    ("a day as instant", "incidents", document(finalized_at="2026-03-01"), "an instant with an offset", ""),
    ("a 30th of February", "incidents", document(finalized_at="2026-02-30T10:00:00Z"), "an instant", ""),
    ("items as object", "incidents", document(action_items={}), "action_items must be a list", SCHEMA_CURE),
    ("a text as item", "incidents", items("Do it"), "action_items[0] must be an object", SCHEMA_CURE),
    ("null as item", "incidents", items(None), "action_items[0] must not be null", SCHEMA_CURE),
    ("an item without title", "incidents", items({"id": "A"}), "action_items[0].title is required", SCHEMA_CURE),
    ("a blank title", "incidents", items({"title": " "}), "action_items[0].title must not be empty", SCHEMA_CURE),
    ("an unknown kind", "incidents", items({"title": "T", "kind": "fix"}), ".kind must be one of prevent", SCHEMA_CURE),
    ("an unknown priority", "incidents", items({"title": "T", "priority": "high"}), "one of p0, p1", SCHEMA_CURE),
    ("due some time", "incidents", items({"title": "T", "due_on": "soon"}), ".due_on must be a day", SCHEMA_CURE),
    ("due at an hour", "incidents", items({"title": "T", "due_on": "2026-03-01T10:00:00Z"}), "must be a day", ""),
    ("done as text", "incidents", items({"title": "T", "done": "yes"}), ".done must be true or false", SCHEMA_CURE),
    ("an owner without name", "incidents", items({"title": "T", "owner": {}}), "an email or a name", SCHEMA_CURE),
    ("owner as text", "incidents", items({"title": "T", "owner": "dana"}), ".owner must be an object", SCHEMA_CURE),
    ("no e-mail address", "incidents", items({"title": "T", "owner": {"email": "d"}}), "an e-mail address", ""),
    ("a file as issue", "incidents", items({"title": "T", "issue_url": "file:///etc/passwd"}), "an address", ""),
    ("the same id twice", "incidents", items(TWIN, TWIN), "action_items[1].id repeats that of", SCHEMA_CURE),
    ("more items than a postmortem has", "incidents", items(*MANY), "states 1001 action items", "Split it"),
    ("a list as visibility", "notes", markdown("id: x\nvisibility: [private]"), "not one word", FRONT_CURE),
    ("labels as text", "incidents", items({"title": "T", "labels": "a"}), ".labels must be a list", SCHEMA_CURE),
    ("an odd milestone", "incidents", items({"title": "T", "milestones": [{}]}), ".title is required", SCHEMA_CURE),
    ("Markdown without id", "notes", b"# Outage\n", "has no id", "Write `id: …` into its front matter"),
    ("empty Markdown", "notes", b"", "has no id", "front matter"),
    ("Markdown in Latin-1", "notes", "---\nid: ü\n---\n".encode("latin-1"), "is not UTF-8", "Save it as UTF-8"),
    ("broken front matter", "notes", markdown("id: [1"), "cannot be read as YAML", FRONT_CURE),
    ("an alias", "notes", markdown("id: &a x\ntitle: *a"), "cannot be read as YAML", FRONT_CURE),
    ("misspelt visibility", "notes", markdown("id: x\nvisibility: privat"), "visibility 'privat'", FRONT_CURE),
    ("a revision in words", "notes", markdown("id: x\nrevision: two"), "revision 'two'", FRONT_CURE),
    ("a naive finalized_at", "notes", markdown("id: x\nfinalized_at: 2026-01-01"), "with an offset", FRONT_CURE),
    ("an id of 300 characters", "notes", markdown("id: " + "x" * 300), "has no id", "front matter"),
]


@pytest.mark.parametrize(
    ("hook", "body", "sentence", "cure"), [case[1:] for case in UNREADABLE], ids=[case[0] for case in UNREADABLE]
)
def test_an_unreadable_delivery_is_kept_and_says_what_to_do(
    house: House, hook: str, body: bytes, sentence: str, cure: str
) -> None:
    answer = post(client_of(house), body, hook=hook)
    assert (answer.status_code, answer.text) == (202, "Stored.\n")
    house.work()
    (kept,) = stored(house)
    assert (kept.body, kept.state, kept.attempts) == (body, "dead", 1)
    assert sentence in (kept.error or "")
    assert (kept.error or "").endswith(".")
    assert cure in (kept.cure or "")
    assert len(kept.error or "") < 3000
    assert shown(house) == []


@pytest.mark.parametrize(
    ("tracker", "event", "body", "sentence"),
    [
        ("jira", {}, b"<html>", "is not JSON"),
        ("jira", {}, b"[]", "names no event"),
        ("jira", {}, b'{"webhookEvent": 5}', "names no event"),
        ("jira", {}, b'{"webhookEvent": "jira:issue_updated"}', "names no issue"),
        ("jira", {}, b'{"webhookEvent": "jira:issue_updated", "issue": {"id": "x"}}', "names no issue"),
        ("jira", {}, BOTTOMLESS, "is not JSON"),
        ("github", {"X_GitHub_Event": "issues"}, b"payload=%7B%7D", "is not JSON"),
        ("github", {"X_GitHub_Event": "issues"}, b"{}", "names no issue"),
        ("github", {"X_GitHub_Event": "issues"}, b'{"issue": {"number": "x"}, "repository": null}', "names no issue"),
        ("github", {"X_GitHub_Event": "issues"}, b'{"issue": []}', "names no issue"),
    ],
)
def test_an_unreadable_webhook_of_a_tracker_is_kept_and_says_why(
    house: House, tracker: str, event: dict[str, str], body: bytes, sentence: str
) -> None:
    headers = vendor_headers(tracker, body, **event)
    assert client_of(house).post(f"/hooks/{tracker}", data=body, headers=headers).status_code == 202
    house.work()
    (kept,) = dead_deliveries(house)
    assert sentence in (kept.error or "")
    assert kept.cure


ODD_BUT_READ = [
    ("NULs in every text", document(title="A\0B", action_items=[{"title": "Do\0 it"}]), "Do it"),
    ("a lone surrogate", document(action_items=[{"title": "x"}]).replace(b'"x"', b'"Do \\ud800 it"'), "Do ? it"),
    ("a title of a million letters", items({"title": "Do it " + "x" * 1_000_000}), "Do it "),
    ("unknown members", document(color="red", action_items=[{"title": "Do it", "mood": 7}]), "Do it"),
    (
        "null wherever it may be",
        document(url=None, timeline=None, action_items=[{"title": "Do it", "id": None}]),
        "Do it",
    ),
    ("a title in five scripts", items({"title": "Do it 仕事 работа עבודה عمل 🚒"}), "Do it 仕事"),
    ("a due date in the year 9999", items({"title": "Do it", "due_on": "9999-12-31"}), "Do it"),
    ("a due date in the year 1", items({"title": "Do it", "due_on": "0001-01-01"}), "Do it"),
    ("a revision of milliseconds", document(revision=1_790_000_000_000, action_items=[{"title": "Do it"}]), "Do it"),
    ("a revision beyond any column", document(revision=10**30, action_items=[{"title": "Do it"}]), "Do it"),
    ("the first instant", document(finalized_at="0001-01-01T00:00:00+14:00", action_items=[{"title": "Do it"}]), ""),
    ("the last instant", document(finalized_at="9999-12-31T23:59:59-12:00", action_items=[{"title": "Do it"}]), ""),
    ("verified after a great while", items({"title": "Do it", "verify_after_days": 10**18}), "Do it"),
    ("markup in the title", items({"title": "Do <script>alert(1)</script> it {code}"}), "Do <script>"),
]


@pytest.mark.parametrize(("body", "title"), [case[1:] for case in ODD_BUT_READ], ids=[case[0] for case in ODD_BUT_READ])
def test_odd_input_is_read_or_refused_in_words_and_stops_nothing(house: House, body: bytes, title: str) -> None:
    client = client_of(house)
    assert post(client, body).status_code == 202
    house.work()
    for kept in stored(house):
        assert kept.state == "done" or (kept.error and kept.cure), kept
        assert kept.error_code != "inbox.quarantined"
    house.pass_time(days=400)
    house.escalate()
    house.pass_time(days=-400)
    assert post(client, document(id="INC-2", action_items=[{"title": "The next"}])).status_code == 202
    house.work()
    titles = [issue["title"] for issue in shown(house)]
    assert "The next" in titles
    if stored(house)[0].state == "done" and title:
        assert any(each.startswith(title) for each in titles), titles


def test_all_faults_of_a_document_are_told_at_once_but_not_a_thousand(house: House) -> None:
    post(client_of(house), items(*({"title": 1} for _ in range(1000))))
    house.work()
    (kept,) = dead_deliveries(house)
    assert "action_items[19].title" in (kept.error or "")
    assert "and 980 more" in (kept.error or "")


def test_a_dead_delivery_that_is_delivered_again_after_mending_runs_again(house: House) -> None:
    client = client_of(house)
    bad, good = items({"id": "A"}), items({"id": "A", "title": "Do it"})
    post(client, bad, key="one")
    house.work()
    post(client, good, key="one")
    house.work()
    assert [issue["title"] for issue in shown(house)] == ["Do it"]
    assert [kept.state for kept in stored(house)] == ["dead", "done"]
    assert json.loads(stored(house)[0].body or b"")["id"] == "INC-1"


def test_a_redelivery_of_the_very_same_bytes_is_read_again(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    client, body = client_of(house), items({"id": "A", "title": "Do it"})
    source = type(house.components.sources["incidents"])
    with monkeypatch.context() as patched:
        from connectors.spi import Unreadable

        def broken(*_: object) -> None:
            raise Unreadable("standard.broken", "A fault of ours.", "Wait for the next version.")

        patched.setattr(source, "parse", broken)
        post(client, body, key="one")
        house.work()
        assert len(dead_deliveries(house)) == 1
    assert post(client, body, key="one").text == "Stored before.\n"
    house.work()
    assert [issue["title"] for issue in shown(house)] == ["Do it"]
    (kept,) = stored(house)
    assert (kept.state, kept.repeats, kept.error) == ("done", 1, None)


def test_a_sloppy_front_matter_never_makes_something_private_public(house: House) -> None:
    padding = "notes: " + "x" * 30_000
    body = markdown(f"visibility: private\n{padding}")
    post(client_of(house), body, hook="notes", x_afteraction_id="outage")
    house.work()
    assert shown(house) == []

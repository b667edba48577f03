"""A person decides on the page: with a name, a role, a reason, and a form that only our own page can have sent."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from service.domain.facts import State
from service.ledger import Item, Ledger
from service.ledger.queries import item_story
from tests.pages.filled import NOW, Parts, config, web
from tests.pages.reading import read

AMBIGUOUS, HELD, PRIVATE = 8, 6, 9
OURS = {"Origin": "http://localhost"}


def item(ledger: Ledger, number: int) -> Item:
    with ledger.read() as uow:
        return uow.items.get(number)


def story(ledger: Ledger, number: int) -> list[tuple[str, str, str]]:
    """Every decision in the journal: who, what, why."""
    with ledger.read() as uow:
        found = item_story(uow.connection, number)
    assert found
    decided = [entry for entry in found.journal if entry.event.startswith("decision.")]
    return [(each.actor, each.event.partition(".")[2], str((each.data or {})["reason"])) for each in decided]


def form_of(client: FlaskClient, number: int, **request: Any) -> dict[str, str]:
    """What a browser would send if nothing was changed: loads the page, and with it the token and the cookie."""
    page = read(client.get(f"/items/{number}", **request).text)
    return {
        str(field["name"]): str(field.get("value") or "")
        for field in page.attributes("input")
        if field.get("name") in ("token", "owner", "due_on", "reason")
    }


def send(client: FlaskClient, number: int, decision: str, reason: str = "as agreed", **more: Any) -> TestResponse:
    headers = more.pop("headers", OURS)
    request = {name: more.pop(name) for name in ("auth", "environ_base") if name in more}
    form = {**form_of(client, number, **request), "decision": decision, "reason": reason, **more}
    return client.post(f"/items/{number}/decisions", data=form, headers=headers, **request)


def test_a_held_item_is_released_with_name_and_reason(client: FlaskClient, parts: Parts) -> None:
    answer = send(client, HELD, "release", "meant so")
    # The target's mode is hold, which a person's release overrides.
    assert (answer.status_code, answer.headers["Location"]) == (303, f"/items/{HELD}?decided=release")
    assert item(parts.ledger, HELD).state is State.PENDING
    assert story(parts.ledger, HELD) == [("local", "release", "meant so")]
    assert "Released, with your reason." in read(client.get(answer.headers["Location"]).text).text


def test_an_ambiguous_item_is_merged_into_the_one_it_is(client: FlaskClient, parts: Parts) -> None:
    assert send(client, AMBIGUOUS, "merge", "re-worded", other="4").status_code == 303
    merged = item(parts.ledger, AMBIGUOUS)
    assert (merged.state, merged.same_as) == (State.WITHDRAWN, 4)
    assert item(parts.ledger, 4).title == "Limit the sessions that one tenant may have"
    page = read(client.get(f"/items/{AMBIGUOUS}").text)
    assert "A person said that this is the same as item 4" in page.text


def test_an_item_is_dismissed_and_the_reason_is_kept(client: FlaskClient, parts: Parts) -> None:
    send(client, AMBIGUOUS, "dismiss", "a remark")
    assert item(parts.ledger, AMBIGUOUS).state is State.DECLINED
    assert ("local", "dismiss", "a remark") in story(parts.ledger, AMBIGUOUS)


def test_an_item_is_corrected_and_the_page_still_says_what_the_document_has(client: FlaskClient, parts: Parts) -> None:
    corrected = {"title": "Limit sessions a tenant", "owner": "ben@example.org", "due_on": "2027-01-15"}
    answer = send(client, AMBIGUOUS, "correct", **corrected, priority="p1", team="payments")
    assert answer.headers["Location"].endswith("decided=correct")
    found = item(parts.ledger, AMBIGUOUS)
    assert (found.title, found.owner_person, found.priority, found.team) == (
        "Limit sessions a tenant",
        "ben",
        "p1",
        "payments",
    )
    assert str(found.promised_due_on) == "2027-01-15"
    text = read(client.get(f"/items/{AMBIGUOUS}").text).text
    assert "Action, as the document has it Limit the sessions that one tenant may have" in text


def test_a_correction_and_the_decision_go_in_one_form(client: FlaskClient, parts: Parts) -> None:
    send(client, HELD, "release", priority="p0", title="Move it")
    assert (item(parts.ledger, HELD).priority, item(parts.ledger, HELD).state) == ("p0", State.PENDING)
    assert [what for _, what, _ in story(parts.ledger, HELD)] == ["correct", "release"]


@pytest.mark.parametrize(
    ("decision", "values", "sentence"),
    [
        ("release", {"reason": "  "}, "Give a reason"),
        ("merge", {}, "does not fit it"),
        ("correct", {}, "Nothing was changed"),
        ("correct", {"due_on": "tomorrow"}, "is no date"),
        ("correct", {"priority": "high"}, "is no priority"),
        ("correct", {"title": "\n"}, "without words"),
        ("correct", {"team": "nobody's"}, "There is no team"),
    ],
)
def test_what_cannot_be_done_is_said_beside_what_was_entered(
    client: FlaskClient, parts: Parts, decision: str, values: dict[str, str], sentence: str
) -> None:
    before = item(parts.ledger, HELD)
    answer = send(client, HELD, decision, **{"owner": "somebody", **values} if "reason" in values else values)
    assert answer.status_code == 422
    page = read(answer.text)
    assert sentence in page.text
    if "reason" in values:
        assert any(each.get("value") == "somebody" for each in page.attributes("input"))
    assert item(parts.ledger, HELD) == before


def test_merging_asks_into_what(client: FlaskClient) -> None:
    assert "Say which action" in send(client, AMBIGUOUS, "merge", other="").text
    assert "no other action of the same postmortem" in read(send(client, AMBIGUOUS, "merge", other="1").text).text


def test_the_list_of_what_needs_a_person_decides_too(client: FlaskClient, parts: Parts) -> None:
    page = read(client.get("/attention").text)
    forms = [str(each["action"]) for each in page.attributes("form")]
    assert {f"/items/{number}/decisions" for number in (HELD, AMBIGUOUS)} <= set(forms)
    answer = send(client, HELD, "release", back="attention")
    assert answer.headers["Location"] == "/attention?decided=release"
    assert "Released, with your reason." in read(client.get(answer.headers["Location"]).text).text


@pytest.mark.parametrize(
    ("headers", "code"),
    [
        ({}, "form.origin"),
        ({"Origin": "null"}, "form.origin"),
        ({"Origin": "https://evil.example"}, "form.origin"),
        ({"Origin": "http://localhost.evil.example"}, "form.origin"),
        ({"Origin": "http://[::1"}, "form.origin"),
        ({**OURS, "Sec-Fetch-Site": "cross-site"}, "form.origin"),
        ({**OURS, "Sec-Fetch-Site": "same-site"}, "form.origin"),
    ],
)
def test_a_form_of_another_site_decides_nothing(
    client: FlaskClient, parts: Parts, headers: dict[str, str], code: str
) -> None:
    answer = send(client, HELD, "release", headers=headers)
    assert (answer.status_code, code in answer.text) == (403, True)
    assert item(parts.ledger, HELD).state is State.HELD


@pytest.mark.parametrize("token", ["", "x", "1.2", "99999999999.deadbeef", "…", "1." + "0" * 64])
def test_a_form_with_another_token_decides_nothing(client: FlaskClient, parts: Parts, token: str) -> None:
    answer = send(client, HELD, "release", token=token)
    assert (answer.status_code, "form.token" in answer.text) == (403, True)
    assert item(parts.ledger, HELD).state is State.HELD


def test_a_token_is_for_the_browser_that_loaded_it(client: FlaskClient, parts: Parts) -> None:
    form = form_of(client, HELD)
    stranger = web(parts).test_client()
    data = {**form, "decision": "release", "reason": "x"}
    assert stranger.post(f"/items/{HELD}/decisions", data=data, headers=OURS).status_code == 403
    cookie = client.get_cookie("afteraction_form")
    assert cookie is not None
    assert (cookie.http_only, cookie.same_site) == (True, "Strict")


def test_a_token_is_for_the_person_who_loaded_it(filled: Ledger, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AFTERACTION_OPERATOR_PASSWORD", "correct horse")
    client = web(Parts(filled)).test_client()
    form = form_of(client, HELD, auth=("ada", "correct horse"))
    data = {**form, "decision": "release", "reason": "x"}
    address = f"/items/{HELD}/decisions"
    assert client.post(address, data=data, headers=OURS, auth=("ben", "correct horse")).status_code == 403
    assert client.post(address, data=data, headers=OURS).status_code == 401
    assert client.post(address, data=data, headers=OURS, auth=("ada", "correct horse")).status_code == 303
    assert story(filled, HELD) == [("ada", "release", "x")]


def test_a_token_ends_after_half_a_day(filled: Ledger) -> None:
    at = [NOW]
    client = web(Parts(filled, now=lambda: at[0])).test_client()
    form = {**form_of(client, HELD), "decision": "release", "reason": "x"}
    at[0] = NOW + timedelta(hours=12, seconds=1)
    answer = client.post(f"/items/{HELD}/decisions", data=form, headers=OURS)
    assert (answer.status_code, "form.old" in answer.text) == (403, True)


def test_an_address_behind_a_proxy_is_ours_by_base_url(filled: Ledger) -> None:
    client = web(Parts(filled, config(base_url="https://promises.example.org"))).test_client()
    assert send(client, HELD, "release", headers={"Origin": "https://promises.example.org"}).status_code == 303


def viewer(ledger: Ledger) -> FlaskClient:
    service = config(trusted_proxy_header="X-User", operators=("ada",))
    client = web(Parts(ledger, service)).test_client()
    client.environ_base["HTTP_X_USER"] = "zoe"
    return client


def test_a_viewer_sees_why_it_waits_and_cannot_decide(filled: Ledger) -> None:
    client = viewer(filled)
    page = read(client.get(f"/items/{HELD}").text)
    assert "Held: New issues, held by their target" in page.text
    assert page.attributes("form") == []
    answer = client.post(f"/items/{HELD}/decisions", data={"decision": "release"}, headers=OURS)
    assert answer.status_code == 403
    assert item(filled, HELD).state is State.HELD


PRIVATE_WORDS = ("invoices", "Check the tenant")


@pytest.mark.parametrize("address", ["/", "/items", "/items?state=unfinished", "/postmortems", "/attention"])
def test_no_list_shows_a_viewer_the_words_of_a_private_postmortem(filled: Ledger, address: str) -> None:
    text = viewer(filled).get(address).text
    assert not any(word in text for word in PRIVATE_WORDS)
    assert any(word in web(Parts(filled)).test_client().get("/items").text for word in PRIVATE_WORDS)


@pytest.mark.parametrize("address", [f"/items/{PRIVATE}", "/postmortems/3"])
def test_a_private_page_is_for_operators(filled: Ledger, address: str) -> None:
    answer = viewer(filled).get(address)
    assert (answer.status_code, "door.private" in answer.text) == (403, True)
    assert not any(word in answer.text for word in PRIVATE_WORDS)
    assert web(Parts(filled)).test_client().get(address).status_code == 200


def test_a_viewer_cannot_find_out_private_words_by_searching(filled: Ledger) -> None:
    assert "1 action" in read(web(Parts(filled)).test_client().get("/items?q=invoice+route").text).text
    assert "Private action" not in viewer(filled).get("/items?q=invoice+route").text


def test_what_is_taken_out_before_anything_leaves_is_named_to_who_reads_it(filled: Ledger) -> None:
    from tests.pages.filled import add_item

    token = "ghp_" + "aB3dE5fG7hJ9kL1mN3pQ5rS7tU9vW1xY3zA5"
    with filled.begin() as uow:
        secret = add_item(uow, 1, f"Revoke {token}", identity="text:secret")
        uow.commit()
    text = read(web(Parts(filled)).test_client().get(f"/items/{secret.id}").text).text
    assert token in text
    assert "Taken out of whatever leaves" in text

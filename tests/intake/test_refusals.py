"""What the door refuses: with the right status, one sentence, a count, and nothing stored."""

from __future__ import annotations

import base64
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from tests.bad_input.posting import client_of, document, post, refusals, stored, vendor_headers
from tests.support.house import KEY, House, signed

Send = Callable[[FlaskClient], TestResponse]
BODY = document()
OTHER = base64.b64encode(b"another secret of 24 byte").decode()
OLD = base64.b64encode(b"the secret before, 24 byt").decode()


def at(minutes: float, **values: str) -> Send:
    def send(client: FlaskClient) -> TestResponse:
        made = signed("k", BODY, datetime.now(UTC) + timedelta(minutes=minutes), **values)
        return client.post("/hooks/incidents", data=BODY, headers=made)

    return send


def without(*names: str) -> Send:
    def send(client: FlaskClient) -> TestResponse:
        made = signed("k", BODY, datetime.now(UTC))
        return client.post("/hooks/incidents", data=BODY, headers={n: v for n, v in made.items() if n not in names})

    return send


def given(**headers: str) -> Send:
    return lambda client: post(client, BODY, key="k", **headers)


def changed(client: FlaskClient) -> TestResponse:
    made = signed("k", BODY, datetime.now(UTC))
    return client.post("/hooks/incidents", data=BODY.replace(b"INC-1", b"INC-2"), headers=made)


def crossed(client: FlaskClient) -> TestResponse:
    """Signed for another id than the one it gives."""
    made = signed("one", BODY, datetime.now(UTC)) | {"webhook-id": "two"}
    return client.post("/hooks/incidents", data=BODY, headers=made)


def tracker(name: str, **headers: str) -> Send:
    return lambda client: client.post(f"/hooks/{name}", data=b"{}", headers=headers)


def tampered(client: FlaskClient) -> TestResponse:
    return client.post("/hooks/jira", data=b'{"a": 1}', headers=vendor_headers("jira", b"{}"))


NOT_AUTHENTIC: list[tuple[str, Send, str, str]] = [
    ("no headers", without("webhook-id", "webhook-timestamp", "webhook-signature"), "is missing", "signature_missing"),
    ("no signature", without("webhook-signature"), "is missing", "signature_missing"),
    ("no timestamp", without("webhook-timestamp"), "is missing", "signature_missing"),
    ("no id", without("webhook-id"), "is missing", "signature_missing"),
    ("another secret", at(0, secret=OTHER), "No signature fits", "signature_wrong"),
    ("a secret rotated out", at(0, secret=OLD), "No signature fits", "signature_wrong"),
    ("a changed body", changed, "No signature fits", "signature_wrong"),
    ("another id", crossed, "No signature fits", "signature_wrong"),
    ("six minutes old", at(-6), "more than 300 s away", "timestamp_old"),
    ("six minutes ahead", at(6), "more than 300 s away", "timestamp_old"),
    ("a year old", at(-525_600), "more than 300 s away", "timestamp_old"),
    ("1e9 as time", given(webhook_timestamp="1e9"), "not whole seconds", "timestamp_malformed"),
    ("words as time", given(webhook_timestamp="now"), "not whole seconds", "timestamp_malformed"),
    ("a negative time", given(webhook_timestamp="-1"), "not whole seconds", "timestamp_malformed"),
    ("Arabic digits", given(webhook_timestamp="١٢٣"), "not whole seconds", "timestamp_malformed"),
    ("a time of 40 digits", given(webhook_timestamp="9" * 40), "not whole seconds", "timestamp_malformed"),
    ("an id of 300 characters", given(webhook_id="x" * 300), "malformed", "id_malformed"),
    ("an id with a blank", given(webhook_id="a b"), "malformed", "id_malformed"),
    ("no version", given(webhook_signature="abc"), "No signature fits", "signature_wrong"),
    ("version 2 alone", given(webhook_signature="v2," + KEY), "No signature fits", "signature_wrong"),
    ("no base64", given(webhook_signature="v1,%%%"), "No signature fits", "signature_wrong"),
    ("an empty signature", given(webhook_signature="v1,"), "No signature fits", "signature_wrong"),
    ("a short signature", given(webhook_signature="v1,YQ=="), "No signature fits", "signature_wrong"),
    ("beyond ASCII", given(webhook_signature="v1,ünï"), "No signature fits", "signature_wrong"),
    ("10,000 signatures", given(webhook_signature="v1,YQ== " * 10_000), "No signature fits", "signature_wrong"),
    ("Jira without signature", tracker("jira"), "signature header is missing", "signature_missing"),
    ("Jira with SHA-1", tracker("jira", X_Hub_Signature="sha1=ab"), "header is missing", "signature_missing"),
    ("Jira, no hex", tracker("jira", X_Hub_Signature="sha256=xyz"), "does not fit", "signature_wrong"),
    ("Jira, another body", tampered, "does not fit", "signature_wrong"),
    ("GitHub without", tracker("github"), "signature header is missing", "signature_missing"),
    ("GitHub, umlauts", tracker("github", X_Hub_Signature_256="sha256=ü"), "does not fit", "signature_wrong"),
]


@pytest.mark.parametrize(
    ("send", "sentence", "reason"), [case[1:] for case in NOT_AUTHENTIC], ids=[case[0] for case in NOT_AUTHENTIC]
)
def test_what_is_not_authentic_is_refused_and_counted_and_never_stored(
    house: House, send: Send, sentence: str, reason: str
) -> None:
    answer = send(client_of(house))
    assert answer.status_code == 401
    assert sentence in answer.text
    assert answer.content_type == "text/plain; charset=utf-8"
    ((_, counted),) = refusals(house)
    assert counted.endswith(reason)
    assert stored(house) == []
    assert KEY not in answer.text


def test_a_hook_without_its_secret_takes_nothing(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("TEST_INCIDENTS_SECRET")
    answer = post(client_of(house), BODY)
    assert (answer.status_code, stored(house)) == (401, [])


def test_while_a_secret_is_rotated_both_are_taken(
    opened: Callable[..., House], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TEST_NEW_SECRET", f"whsec_{OTHER}")
    both = 'secret_env = ["TEST_INCIDENTS_SECRET", "TEST_NEW_SECRET"]'
    house = opened(service=f'\n[sources.rotating]\ntype = "standard"\n{both}')
    client = client_of(house)
    for secret in (KEY, OTHER):
        made = signed(secret[:4], BODY, datetime.now(UTC), secret=secret)
        assert client.post("/hooks/rotating", data=BODY, headers=made).status_code == 202
    monkeypatch.delenv("TEST_INCIDENTS_SECRET")
    made = signed("late", BODY, datetime.now(UTC), secret=KEY)
    assert client.post("/hooks/rotating", data=BODY, headers=made).status_code == 401


@pytest.mark.parametrize("name", ["nothing", "mail", "pay", "..%2Fincidents", "incidents%00", "INCIDENTS", "x" * 2000])
def test_an_unknown_hook_is_not_found_and_not_counted_by_its_name(house: House, name: str) -> None:
    answer = client_of(house).post(f"/hooks/{name}", data=BODY, headers=signed("k", BODY, datetime.now(UTC)))
    assert answer.status_code == 404
    assert set(refusals(house)) <= {("unknown", "unknown")}
    assert stored(house) == []


def test_refusals_are_counted_by_hook_and_minute(house: House) -> None:
    client = client_of(house)
    for _ in range(5):
        at(0, secret=OTHER)(client)
    house.pass_time(minutes=2)
    tracker("jira")(client)
    assert sorted(refusals(house).values()) == [1, 5]


@pytest.mark.parametrize("method", ["GET", "HEAD", "PUT", "DELETE", "PATCH"])
def test_every_method_but_post_is_not_allowed(house: House, method: str) -> None:
    answer = client_of(house).open("/hooks/incidents", method=method)
    assert answer.status_code == 405
    assert stored(house) == []

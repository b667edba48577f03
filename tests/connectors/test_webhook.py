"""An outgoing webhook's settings, signature and body."""

from __future__ import annotations

import base64
from datetime import UTC, datetime, timedelta

import pytest
from marshmallow import ValidationError

from connectors.addresses import networks
from connectors.signatures import check_standard, sign_standard
from connectors.spi import AccessDenied, Event, Missing, OutcomeUnknown, Secret, Unavailable
from connectors.webhook.listener import WebhookListener
from connectors.webhook.settings import WebhookSettings, read_settings
from tests.connectors.servers import Talk, answer, hang, say, trickle, wire
from tests.support.house import KEY
from tests.support.subscriber import Subscriber, subscribing

AT = datetime(2026, 3, 3, 12, tzinfo=UTC)
EVENT = Event("evt_1", "issue.opened", AT, AT + timedelta(minutes=5), {"title": "Ä <b>", "list": ("a", "b")})
GOOD = {"url": "https://hooks.example.com/x", "secret_env": "OUT_SECRET"}


def listener(subscriber: Subscriber, *secrets: str, seconds: float = 5) -> WebhookListener:
    held = tuple(Secret(f"OUT_{n}", secret) for n, secret in enumerate(secrets or (f"whsec_{KEY}",)))
    return WebhookListener("wh", WebhookSettings(f"{subscriber.url}/x", held, networks(["127.0.0.0/8"]), None, seconds))


def test_the_specifications_own_vector_is_signed_alike() -> None:
    # From the reference libraries of Standard Webhooks.
    secret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
    at = datetime.fromtimestamp(1614265330, UTC)
    headers = sign_standard("msg_p5jXN8AQM9LWM0D4loKWxJek", at, b'{"test": 2432232314}', [secret])
    assert headers["webhook-signature"] == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="
    assert headers["webhook-timestamp"] == "1614265330"


@pytest.mark.parametrize("known", [0, 1])
def test_a_receiver_that_knows_either_secret_accepts(known: int) -> None:
    secrets = [f"whsec_{base64.b64encode(bytes([n]) * 32).decode()}" for n in range(2)]
    headers = sign_standard("evt_1", AT, b"{}", secrets)
    assert check_standard("t", headers, b"{}", AT, [secrets[known]]) == "evt_1"


def test_the_body_is_the_event_and_the_timestamp_that_of_the_try() -> None:
    with subscribing() as subscriber:
        assert listener(subscriber).send(EVENT).status == "204"
    (taken,) = subscriber.taken
    assert taken.document == {
        "type": "issue.opened", "timestamp": "2026-03-03T12:00:00Z", "data": {"title": "Ä <b>", "list": ["a", "b"]},
    }  # fmt: skip
    assert taken.is_signed_with(KEY)
    assert int(taken.headers["webhook-timestamp"]) == int((AT + timedelta(minutes=5)).timestamp())
    assert taken.headers["content-type"] == "application/json"
    assert taken.headers["user-agent"].startswith("Afteraction/")


@pytest.mark.parametrize("status", [400, 401, 404, 422, 500, 502])
def test_what_is_not_taken_is_tried_again_whoever_is_to_blame(status: int) -> None:
    with subscribing() as subscriber:
        subscriber.answer(status)
        with pytest.raises(Unavailable) as refused:
            listener(subscriber).send(EVENT)
    assert refused.value.code == f"webhook.http_{status}"


def test_gone_is_for_good() -> None:
    with subscribing() as subscriber:
        subscriber.answer(410)
        with pytest.raises(Missing, match="the subscriber is gone"):
            listener(subscriber).send(EVENT)


def test_silence_ends_with_the_deadline_and_leaves_doubt() -> None:
    with wire(hang) as server, pytest.raises(OutcomeUnknown):
        listener(Subscriber(server.url), seconds=0.4).send(EVENT)


@pytest.mark.parametrize(
    "talk",
    [
        answer("200 OK", b"x" * 1_000_000),
        trickle(b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n\r\n"),
        say(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\ncut"),
    ],
    ids=["a large page", "a page without an end", "a page that is cut off"],
)
def test_an_event_was_taken_when_the_status_says_so_whatever_page_comes_with_it(talk: Talk) -> None:
    with wire(talk) as server:
        assert listener(Subscriber(server.url), seconds=1).send(EVENT).status == "200"


def test_a_secret_that_is_set_nowhere_is_passed_over_while_another_is_there() -> None:
    with subscribing() as subscriber:
        settings = WebhookSettings(
            subscriber.url, (Secret("NOT_SET_ANYWHERE"), Secret("OUT", f"whsec_{KEY}")), networks(["127.0.0.0/8"])
        )
        WebhookListener("wh", settings).send(EVENT)
    assert subscriber.taken[0].is_signed_with(KEY)


def test_check_names_a_secret_that_is_too_short() -> None:
    found = WebhookListener("wh", WebhookSettings("https://x.example", (Secret("OUT", "whsec_c2hvcnQ="),))).check()
    assert [finding.code for finding in found] == ["webhook.secret_invalid"]


def test_settings_are_read() -> None:
    found = read_settings({**GOOD, "secret_env": ["A", "B"], "allow_networks": ["10.0.0.0/8", "fd00::/8"]})
    assert [secret.name for secret in found.secrets] == ["A", "B"]
    assert [str(network) for network in found.allow_networks] == ["10.0.0.0/8", "fd00::/8"]


@pytest.mark.parametrize(
    ("change", "key", "says"),
    [
        ({"url": "http://hooks.example.com"}, "url", "not https"),
        ({"url": "https://a:b@hooks.example.com"}, "url", "credentials"),
        ({"url": "https://hooks.example.com:25"}, "url", "port 25"),
        ({"url": "hooks"}, "url", "no http or https address"),
        ({"url": "https://bücher.example"}, "url", "ASCII"),
        ({"allow_networks": ["10.0.0.1/8"]}, "allow_networks", "Not a network"),
        ({"allow_networks": [7]}, "allow_networks", "Not a network"),
        ({"call_seconds": 60}, "call_seconds", "Must be"),
        ({"secret": "x"}, "secret", "Unknown key"),
    ],
)
def test_a_bad_setting_is_refused_by_name(change: dict[str, object], key: str, says: str) -> None:
    with pytest.raises(ValidationError) as refused:
        read_settings({**GOOD, **change})
    assert says in str(refused.value.messages_dict[key])


def test_without_any_secret_nothing_is_sent_and_the_missing_one_is_named() -> None:
    with subscribing() as subscriber:
        unset = WebhookSettings(f"{subscriber.url}/x", (Secret("OUT_UNSET"),), networks(["127.0.0.0/8"]), None, 5)
        with pytest.raises(AccessDenied) as failure:
            WebhookListener("wh", unset).send(EVENT)
        assert (failure.value.code, "OUT_UNSET" in failure.value.cure) == ("webhook.secret_missing", True)
        with pytest.raises(AccessDenied) as failure:
            listener(subscriber, "whsec_short").send(EVENT)
        assert failure.value.code == "webhook.secret_invalid"
        assert "short" not in failure.value.sentence.replace("too short", "")
        assert subscriber.taken == []


def test_a_redirect_is_told_with_what_to_write_instead() -> None:
    with subscribing() as subscriber:
        subscriber.answer(302)
        with pytest.raises(Unavailable) as failure:
            listener(subscriber).send(EVENT)
    assert "Redirects are not followed" in failure.value.cure

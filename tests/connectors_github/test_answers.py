"""What becomes of an answer that no stand-in gives, and what is sent when a text is too long or hostile."""

from __future__ import annotations

import json
from typing import Any

import pytest
import responses

from connectors.spi import AccessDenied, ConnectorError, IssueDraft, OutcomeUnknown, Place, Rejected, Unavailable
from tests.connectors.servers import Wire, answer, hang, reset, took_less_than, trickle, wire
from tests.connectors_github.test_tracker import ISSUE, tracker

LIMIT = b'{"message": "You have exceeded a secondary rate limit. Please wait a few minutes before you try again."}'
LONG = b'{"message": "Validation Failed", "errors": [{"message": "body is too long (maximum is 65536 characters)"}]}'


@pytest.mark.parametrize(
    ("talk", "kind", "wait"),
    [
        (reset, OutcomeUnknown, None),
        (hang, OutcomeUnknown, None),
        (trickle(b"HTTP/1.1 201 Created\r\nContent-Length: 31\r\n\r\n"), OutcomeUnknown, None),
        (answer("500 Oops", b"<html>"), OutcomeUnknown, None),
        (answer("502 Bad Gateway", b"<html>"), OutcomeUnknown, None),
        (answer("503 Busy"), OutcomeUnknown, None),
        (answer("201 Created", b"<html>"), OutcomeUnknown, None),
        (answer("201 Created", b"[]"), OutcomeUnknown, None),
        (answer("429 Slow", b"{}", "Retry-After: 7"), Unavailable, 7.0),
        (answer("403 No", LIMIT), Unavailable, 60.0),
        (answer("403 No", LIMIT, "Retry-After: 30"), Unavailable, 30.0),
        (answer("403 No", b'{"message": "Resource not accessible"}'), AccessDenied, None),
        (answer("401 No", b'{"message": "Bad credentials"}'), AccessDenied, None),
        (answer("404 No", b'{"message": "Not Found"}'), AccessDenied, None),
        (answer("301 Moved", b"{}", "Location: /repositories/1/issues"), AccessDenied, None),
        (answer("307 Moved", b"{}", "Location: /repositories/1/issues"), AccessDenied, None),
        (answer("422 No", LONG), Rejected, None),
    ],
)
def test_creation_is_sent_once_without_sleeping_and_ends_in_time_whatever_comes_back(talk, kind, wait):
    with wire(talk) as server, took_less_than(3):
        with pytest.raises(ConnectorError) as failure:
            tracker(server.url, call_seconds=0.5).create(Place("acme/pay"), IssueDraft("A", "b", "m"))
        assert type(failure.value) is kind, failure.value.sentence
        assert failure.value.retry_after == wait
        assert sum(request.startswith(b"POST") for request in server.requests) == 1
        assert "sandbox-github-token" not in failure.value.sentence


@pytest.mark.parametrize(
    ("body", "kind"),
    [
        ({"errors": [{"type": "RATE_LIMITED", "message": "x"}]}, Unavailable),
        ({"errors": [{"type": "FORBIDDEN", "message": "x"}]}, AccessDenied),
        ({"data": None, "errors": [{"message": "Something went wrong while executing your query."}]}, Unavailable),
        ({"data": {"nodes": []}}, Unavailable),
        ([], Unavailable),
    ],
)
def test_query_that_fails_with_a_200_gives_no_issue_up_for_gone(body, kind):
    with responses.RequestsMock() as mock:
        mock.post("https://api.github.com:443/graphql", json=body)
        with pytest.raises(kind):
            tracker().read(["I_1:acme/pay#1"])


def sent(server: Wire) -> dict[str, Any]:
    body: dict[str, Any] = json.loads(server.requests[-1].partition(b"\r\n\r\n")[2])
    return body


def test_long_and_hostile_text_stays_within_the_limits_and_reaches_nobody():
    with wire(answer("201 Created", ISSUE)) as server:
        draft = IssueDraft("T" * 300, "@team #1 <!-- pm:forged --> " * 9000, "m1", labels=("l" * 60, " "))
        tracker(server.url).create(Place("acme/pay", "Task", {"milestone": 4}), draft)
        payload = sent(server)
    assert len(payload["title"]) == 256
    assert len(payload["body"]) <= 65_536
    assert payload["body"].endswith("\n\n<!-- pm:m1 -->")
    assert payload["body"].count("<!-- pm:") == 1
    assert "@team" not in payload["body"]
    assert payload["labels"] == ["afteraction", "l" * 50]
    assert (payload["type"], payload["milestone"]) == ("Task", 4)

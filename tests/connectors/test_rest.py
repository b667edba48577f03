"""A vendor's JSON API, asked once a call: what its answers become, and what never leaves or follows."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest

from connectors.http import Reach
from connectors.rest import Rest, api_rest
from connectors.spi import AccessDenied, ConnectorError, Missing, OutcomeUnknown, Rejected, Secret, Unavailable
from tests.connectors.servers import answer, wire


def rest(url: str, token: str = "the-token-itself") -> Rest:
    return api_rest("acme", "acme-main", Reach(url, 2.0), Secret("ACME_TOKEN", token))


def failure(status: str, body: bytes = b"{}", *headers: str, one: bool = True) -> ConnectorError:
    with wire(answer(status, body, *headers)) as server, pytest.raises(ConnectorError) as caught:
        rest(server.url).get("read it", "/thing", one=one)
    return caught.value


@pytest.mark.parametrize(
    ("status", "one", "kind"),
    [
        ("401 Unauthorized", True, AccessDenied),
        ("403 Forbidden", True, AccessDenied),
        ("404 Not Found", True, Missing),
        ("410 Gone", True, Missing),
        ("404 Not Found", False, AccessDenied),
        ("301 Moved Permanently", False, AccessDenied),
        ("422 Unprocessable Entity", True, Rejected),
        ("429 Too Many Requests", True, Unavailable),
        ("500 Internal Server Error", True, Unavailable),
    ],
)
def test_each_status_is_the_error_that_decides_what_happens_next(
    status: str, one: bool, kind: type[ConnectorError]
) -> None:
    error = failure(status, one=one)
    assert type(error) is kind
    assert error.sentence.startswith("acme-main: could not read it, because ")
    assert error.cure
    assert "tracker" not in error.sentence + error.cure


def test_a_lost_answer_to_a_change_is_asked_for_again_because_setting_is_harmless() -> None:
    with wire(answer("502 Bad Gateway")) as server, pytest.raises(Unavailable):
        rest(server.url).put("set it", "/thing", {"status": "done"})


def test_a_lost_answer_to_what_must_not_be_done_twice_leaves_the_outcome_unknown() -> None:
    with wire(answer("502 Bad Gateway")) as server, pytest.raises(OutcomeUnknown):
        rest(server.url).change("make it", "/things", {"name": "a"}, one=False)
    with wire(answer("201 Created", b"not json")) as server, pytest.raises(OutcomeUnknown):
        rest(server.url).change("make it", "/things", {"name": "a"}, one=False)


@pytest.mark.parametrize(
    "body",
    [
        b'{"errors": [{"title": "Status is not included in the list"}]}',
        b'{"errors": [{"code": "x", "message": "Status is not included in the list"}]}',
        b'{"errors": ["Status is not included in the list"]}',
        b'{"detail": "Status is not included in the list", "messages": []}',
        b'{"message": "Status is not included in the list"}',
        b'{"error": "Status is not included in the list"}',
    ],
)
def test_the_vendors_own_words_are_quoted_wherever_it_puts_them(body: bytes) -> None:
    assert "Status is not included in the list" in failure("422 Unprocessable Entity", body).sentence


@pytest.mark.parametrize("body", [b"<html>", b"", b"[[[", b'"x"', b'{"errors": {}}'])
def test_an_error_in_no_shape_at_all_is_still_an_error(body: bytes) -> None:
    assert isinstance(failure("422 Unprocessable Entity", body), Rejected)


def test_our_token_is_never_repeated() -> None:
    error = failure("422 Unprocessable Entity", b'{"message": "bad token the-token-itself"}')
    assert "the-token-itself" not in error.sentence


def test_a_success_that_is_no_json_is_not_understood() -> None:
    error = failure("200 OK", b"<html>please sign in</html>")
    assert (type(error), error.code) == (Unavailable, "acme.strange_answer")


def test_what_no_database_keeps_is_taken_out_of_an_answer() -> None:
    with wire(answer("200 OK", b'{"title": "a\\u0000b\\ud800"}')) as server:
        assert rest(server.url).get("read it", "/thing").data == {"title": "ab?"}


def test_a_redirect_is_not_followed() -> None:
    with wire(answer("200 OK")) as other:
        error = failure("302 Found", b"", f"Location: {other.url}/elsewhere", one=False)
        assert other.requests == []
    assert error.code == "acme.moved"


def test_the_request_says_who_we_are_and_what_we_take() -> None:
    with wire(answer("200 OK")) as server:
        rest(server.url).put("set it", "/thing", {"status": "done"})
    head, _, body = server.requests[0].partition(b"\r\n\r\n")
    assert b"Authorization: Bearer the-token-itself" in head
    assert b"User-Agent: Afteraction/" in head
    assert b"Accept: application/json" in head
    assert body == b'{"status": "done"}'


@pytest.mark.parametrize(("minutes", "found"), [(0, []), (10, ["acme.clock_skew"]), (-10, ["acme.clock_skew"])])
def test_a_clock_that_is_wrong_is_found_by_the_check(minutes: int, found: list[str]) -> None:
    theirs = format_datetime(datetime.now(UTC) + timedelta(minutes=minutes), usegmt=True)
    with wire(answer("200 OK", b"{}", f"Date: {theirs}")) as server:
        findings = rest(server.url).findings("read who we are", "/me")
    assert [finding.code for finding in findings] == found


def test_a_token_that_is_set_nowhere_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("ACME_TOKEN", raising=False)
    with wire(answer("200 OK")) as server:
        (finding,) = rest(server.url, token="").findings("read who we are", "/me")
        assert server.requests == []
    assert finding.code == "acme.token_missing"
    assert "ACME_TOKEN" in finding.sentence

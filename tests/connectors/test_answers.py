from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from connectors.answers import Asked, clock_finding, failed, no_secret, not_understood, quoted, refused, retry_after
from connectors.http import CallFailed
from connectors.spi import AccessDenied, Missing, Moved, OutcomeUnknown, Rejected, Secret, Unavailable

TOKEN = Secret("SOME_TOKEN", "s3cr3t-value")
READ = Asked("jira", "jira-main", "ask what changed", secret=TOKEN)
CREATE = Asked("jira", "jira-main", "create an issue in PAY", mutating=True, secret=TOKEN)
EDIT = Asked("jira", "jira-main", "rewrite the issue 7", mutating=True, about_issue=True, secret=TOKEN)

TABLE = [
    (CREATE, 400, {}, "", Rejected, "jira.rejected"),
    (CREATE, 401, {}, "", AccessDenied, "jira.unauthorized"),
    (CREATE, 403, {}, "", AccessDenied, "jira.forbidden"),
    (CREATE, 403, {"Retry-After": "60"}, "", Unavailable, "jira.rate_limited"),
    (CREATE, 403, {"X-RateLimit-Remaining": "0"}, "", Unavailable, "jira.rate_limited"),
    (CREATE, 403, {}, "You have exceeded a secondary rate limit.", Unavailable, "jira.rate_limited"),
    (EDIT, 403, {}, "Unable to create comment because issue is locked.", Rejected, "jira.locked"),
    (CREATE, 404, {}, "", AccessDenied, "jira.place_missing"),
    (CREATE, 410, {}, "", AccessDenied, "jira.place_missing"),
    (EDIT, 404, {}, "", Missing, "jira.missing"),
    (EDIT, 410, {}, "", Missing, "jira.missing"),
    (EDIT, 451, {}, "", Missing, "jira.missing"),
    (EDIT, 301, {}, "", Moved, "jira.moved"),
    (CREATE, 307, {}, "", AccessDenied, "jira.moved"),
    (CREATE, 408, {}, "", OutcomeUnknown, "jira.server_error"),
    (CREATE, 413, {}, "", Rejected, "jira.rejected"),
    (CREATE, 422, {}, "title is too long", Rejected, "jira.rejected"),
    (CREATE, 429, {}, "", Unavailable, "jira.rate_limited"),
    (CREATE, 500, {}, "", OutcomeUnknown, "jira.server_error"),
    (CREATE, 502, {}, "", OutcomeUnknown, "jira.server_error"),
    (CREATE, 503, {}, "", OutcomeUnknown, "jira.server_error"),
    (READ, 503, {}, "", Unavailable, "jira.server_error"),
    (READ, 429, {}, "", Unavailable, "jira.rate_limited"),
    (READ, 400, {}, "", Rejected, "jira.rejected"),
]


@pytest.mark.parametrize(("asked", "status", "headers", "detail", "kind", "code"), TABLE)
def test_status_becomes_one_sentence_with_a_word_and_a_cure(asked, status, headers, detail, kind, code):
    error = refused(asked, status, headers, detail)
    assert type(error) is kind
    assert error.code == code
    assert error.sentence.startswith(f"jira-main: could not {asked.what}, because ")
    assert error.sentence.endswith(".")
    assert error.cure.endswith(".")
    assert "\n" not in error.sentence


@pytest.mark.parametrize(
    ("asked", "sent", "kind"),
    [
        (CREATE, True, OutcomeUnknown),
        (CREATE, False, Unavailable),
        (READ, True, Unavailable),
        (READ, False, Unavailable),
    ],
)
def test_only_a_change_that_left_us_has_an_unknown_outcome(asked, sent, kind):
    assert type(failed(asked, CallFailed("the connection broke", sent=sent))) is kind


@pytest.mark.parametrize(("asked", "kind"), [(CREATE, OutcomeUnknown), (READ, Unavailable)])
def test_success_that_cannot_be_read_counts_as_unknown_for_a_change(asked, kind):
    assert type(not_understood(asked)) is kind


def test_secret_that_is_not_set_is_a_fault_of_the_target_that_names_it():
    error = no_secret(CREATE, LookupError("The secret SOME_TOKEN is not set: set SOME_TOKEN or SOME_TOKEN_FILE."))
    assert isinstance(error, AccessDenied)
    assert error.code == "jira.token_missing"
    assert "SOME_TOKEN" in error.cure


def test_neither_our_token_nor_a_password_in_an_address_is_ever_repeated():
    error = refused(CREATE, 401, {}, "bad token s3cr3t-value via http://user:pass@proxy:1/\x00\n next")
    assert "s3cr3t" not in error.sentence
    assert "pass@" not in error.sentence
    assert "SOME_TOKEN" in error.cure
    assert len(quoted("x" * 1000)) == 240


NOW = datetime(2026, 11, 23, 12, 0, 0, tzinfo=UTC)
DATE = {"Date": "Mon, 23 Nov 2026 12:00:00 GMT"}


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({"retry-after": "8"}, 8.0),
        ({"retry-after": "Mon, 23 Nov 2026 12:02:00 GMT", "date": DATE["Date"]}, 120.0),
        ({"retry-after": "Mon, 23 Nov 2026 11:00:00 GMT", "date": DATE["Date"]}, 0.0),
        ({"retry-after": "99999999999"}, 86400.0),
        ({"retry-after": "soon"}, None),
        ({"retry-after": "-5"}, None),
        ({"retry-after": "٣"}, None),
        (
            {"x-ratelimit-reset": str(int(NOW.timestamp()) + 30), "x-ratelimit-remaining": "0", "date": DATE["Date"]},
            30.0,
        ),
        ({"x-ratelimit-reset": "2026-11-23T12:00:45Z", "date": DATE["Date"]}, 45.0),
        ({"x-ratelimit-reset": str(int(NOW.timestamp()) + 30), "x-ratelimit-remaining": "12"}, None),
        ({"x-ratelimit-reset": "9" * 30}, None),
        ({}, None),
    ],
)
def test_wait_is_read_from_seconds_a_date_or_the_reset(headers, seconds):
    assert retry_after(headers) == seconds


def test_rate_limit_without_a_wait_asks_for_a_minute():
    assert refused(CREATE, 429, {}).retry_after == 60.0
    assert refused(CREATE, 429, {"Retry-After": "7"}).retry_after == 7.0


@pytest.mark.parametrize(("seconds", "word"), [(90, "ahead of"), (-90, "behind")])
def test_clock_that_is_off_by_more_than_a_minute_is_a_finding(seconds, word):
    found = clock_finding("jira", "jira-main", NOW, NOW + timedelta(seconds=seconds))
    assert found is not None
    assert found.code == "jira.clock_skew"
    assert word in found.sentence


def test_clock_within_a_minute_is_none():
    assert clock_finding("jira", "jira-main", NOW, NOW + timedelta(seconds=59)) is None
    assert clock_finding("jira", "jira-main", None, NOW) is None

"""GitHub's limits, in each of the forms in which it says them. https://docs.github.com/en/rest/using-the-rest-api/rate-limits-for-the-rest-api"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest
import responses

from connectors.spi import Unavailable
from tests.connectors_github.calls import PAYMENTS, calls, control, draft, followed, tracker

SECONDARY = {"message": "You have exceeded a secondary rate limit. Please wait a few minutes before you try again."}
PRIMARY = {"message": "API rate limit exceeded for user ID 1."}


@pytest.mark.parametrize("status", [403, 429])
@pytest.mark.parametrize(("told", "wait"), [("seconds", 17.0), ("none", 60.0)])
def test_secondary_limit_is_waited_for_as_long_as_it_says_and_nothing_is_made(sandbox, github, status, told, wait):
    control(
        sandbox,
        "faults",
        kind="rate_limited",
        tracker="github",
        status=status,
        retry_after=17,
        retry_after_format=told,
        next=1,
    )
    with pytest.raises(Unavailable) as refusal:
        github.create(PAYMENTS, draft())
    assert (refusal.value.code, refusal.value.retry_after) == ("github.rate_limited", wait)
    assert calls(sandbox) == {"POST /issues": 1}
    assert github.create(PAYMENTS, draft()).issue.key == "acme/payments#1"


def test_secondary_limit_may_name_the_instant():
    at = datetime.now(UTC).replace(microsecond=0)
    headers = {
        "Date": format_datetime(at, usegmt=True),
        "Retry-After": format_datetime(at + timedelta(seconds=90), usegmt=True),
    }
    assert _wait(403, SECONDARY, headers) == 90.0


@pytest.mark.parametrize("status", [403, 429])
def test_primary_limit_is_waited_for_until_it_is_reset(status):
    at = datetime.now(UTC).replace(microsecond=0)
    reset = {"X-RateLimit-Remaining": "0", "X-RateLimit-Reset": str(int(at.timestamp()) + 1234)}
    assert _wait(status, PRIMARY, {"Date": format_datetime(at, usegmt=True), **reset}) == 1234.0


def test_limit_of_the_list_loses_no_cursor(sandbox, github):
    made = github.create(PAYMENTS, draft()).issue
    _, cursor = followed(github, None)
    control(sandbox, "faults", kind="rate_limited", tracker="github", next=1, retry_after=3)
    with pytest.raises(Unavailable):
        followed(github, cursor)
    github.comment(made.ref, "c", "moved", None)
    assert [each.issue for each in followed(github, cursor)[0]] == [made]


@pytest.mark.parametrize(
    "error",
    [
        {"type": "RATE_LIMITED", "message": "API rate limit exceeded for user ID 1."},
        {"message": "You have exceeded a secondary rate limit. Please wait a few minutes before you try again."},
    ],
)
def test_limit_of_graphql_comes_with_a_200_and_is_a_limit_all_the_same(error):
    at = datetime.now(UTC).replace(microsecond=0)
    reset = {"X-RateLimit-Remaining": "0", "X-RateLimit-Reset": str(int(at.timestamp()) + 40)}
    with responses.RequestsMock() as mock:
        mock.post(
            "https://api.github.com:443/graphql",
            json={"errors": [error]},
            headers={"Date": format_datetime(at, usegmt=True), **reset},
        )
        with pytest.raises(Unavailable) as refusal:
            tracker().read(["I_1:acme/pay#1"])
    assert (refusal.value.code, refusal.value.retry_after) == ("github.rate_limited", 40.0)


def _wait(status: int, body: object, headers: dict[str, str]) -> float | None:
    with responses.RequestsMock() as mock:
        mock.post("https://api.github.com:443/repos/acme/payments/issues", json=body, status=status, headers=headers)
        with pytest.raises(Unavailable) as refusal:
            tracker().create(PAYMENTS, draft())
    return refusal.value.retry_after

"""Each fault does what it says: before the commit nothing is stored, after it everything is."""

import time
from email.utils import parsedate_to_datetime

import pytest
import requests

from tests.sandbox.client import REPO, Client

CREATE = {"fields": {"project": {"key": "PAY"}, "issuetype": {"name": "Task"}, "summary": "Do it"}}
ISSUES = f"/repos/{REPO}/issues"


@pytest.mark.parametrize(("kind", "stored"), [("error_before", 0), ("error_after", 1)])
@pytest.mark.parametrize("status", [500, 502, 503])
def test_a_5xx_before_the_commit_stores_nothing_and_after_it_all(
    client: Client, kind: str, stored: int, status: int
) -> None:
    client.fault(kind, status=status, next=1, methods=["POST"])
    assert client.jira("POST", "/issue", CREATE).status_code == status
    assert len(client.issues("jira")) == stored
    assert client.jira("POST", "/issue", CREATE).status_code == 201


@pytest.mark.parametrize(
    ("kind", "stored"), [("timeout_before", 0), ("timeout_after", 1), ("reset_before", 0), ("reset_after", 1)]
)
@pytest.mark.parametrize("tracker", ["jira", "github"])
def test_a_lost_answer_is_a_lost_connection_for_the_client(
    client: Client, kind: str, stored: int, tracker: str
) -> None:
    client.fault(kind, tracker, seconds=0.05, next=1, path="issues?$")
    with pytest.raises(requests.ConnectionError) as caught:
        _ = (
            client.jira("POST", "/issue", CREATE)
            if tracker == "jira"
            else client.github("POST", ISSUES, {"title": "x"})
        )
    assert ("reset" in str(caught.value).lower()) == kind.startswith("reset")
    assert len(client.issues(tracker)) == stored


def test_a_time_out_holds_the_answer_back_as_long_as_it_says(client: Client) -> None:
    client.fault("timeout_after", seconds=3)
    with pytest.raises(requests.ReadTimeout):
        client.jira("POST", "/issue", CREATE, timeout=0.2)
    assert len(client.issues("jira")) == 1


def test_a_trickling_answer_passes_every_read_time_out_and_still_takes_its_time(client: Client) -> None:
    client.fault("trickle", seconds=0.6, next=1)
    start = time.monotonic()
    answer = client.jira("POST", "/issue", CREATE, timeout=0.3)
    assert answer.status_code == 201
    assert time.monotonic() - start >= 0.5
    assert answer.json()["key"] == "PAY-1"


def test_latency_delays_and_lets_other_rules_apply(client: Client) -> None:
    client.fault("latency", seconds=0.2)
    client.fault("error_before", status=500, next=1)
    start = time.monotonic()
    assert client.jira("GET", "/myself").status_code == 500
    assert time.monotonic() - start >= 0.2


@pytest.mark.parametrize("seconds", [600, -600])
def test_a_skewed_clock_shows_in_what_the_server_says_of_the_time(client: Client, seconds: int) -> None:
    client.fault("clock_skew", seconds=seconds, next=1)
    told, after = (parsedate_to_datetime(client.jira("GET", "/myself").headers["Date"]) for _ in range(2))
    assert abs((told - after).total_seconds() - seconds) <= 2


@pytest.mark.parametrize("tracker", ["jira", "github"])
def test_a_rate_limit_says_when_in_seconds_or_as_a_date(client: Client, tracker: str) -> None:
    def ask() -> requests.Response:
        return client.jira("GET", "/myself") if tracker == "jira" else client.github("GET", "/user")

    client.fault("rate_limited", tracker, retry_after=7, next=1)
    limited = ask()
    assert (limited.status_code, limited.headers["Retry-After"]) == (429, "7")
    client.fault("rate_limited", tracker, retry_after=90, retry_after_format="date", status=403, next=1)
    limited = ask()
    assert limited.status_code == 403
    assert 80 < parsedate_to_datetime(limited.headers["Retry-After"]).timestamp() - time.time() <= 91
    client.fault("rate_limited", tracker, retry_after_format="none", next=1)
    assert "Retry-After" not in ask().headers
    assert ask().status_code == 200


def test_a_401_can_be_switched_on_for_a_revoked_token(client: Client) -> None:
    client.fault("error_before", "github", status=401)
    answer = client.github("GET", "/user")
    assert (answer.status_code, answer.json()["message"]) == (401, "Bad credentials")


def test_a_rule_hits_only_its_scope_method_and_path(client: Client) -> None:
    client.fault("error_before", scope="PLAT", methods=["POST"], path="^/issue$")
    number = client.jira("POST", "/issue", CREATE).json()["id"]
    plat = {"fields": {**CREATE["fields"], "project": {"key": "PLAT"}}}
    assert client.jira("POST", "/issue", plat).status_code == 503
    client.fault("error_before", scope="PAY", methods=["GET"])
    assert client.jira("GET", "/issue/PAY-1").status_code == 503
    assert client.jira("GET", f"/issue/{number}").status_code == 503
    assert client.jira("GET", "/project/PLAT").status_code == 200


def test_chance_is_seeded_so_that_a_run_can_be_repeated(client: Client) -> None:
    def run() -> list[int]:
        client.control("DELETE", "/faults")
        client.control("POST", "/settings", {"seed": 11})
        client.fault("error_before", probability=0.4)
        return [client.jira("GET", "/myself").status_code for _ in range(30)]

    first = run()
    assert set(first) == {200, 503}
    assert run() == first


def test_beyond_the_allowed_rate_creates_are_refused_and_counted(client: Client) -> None:
    client.control("POST", "/settings", {"rates": {f"github/{REPO}": {"creates": 2, "seconds": 60}}})
    statuses = [client.github("POST", ISSUES, {"title": str(n)}).status_code for n in range(4)]
    assert statuses == [201, 201, 429, 429]
    assert client.github("POST", "/repos/acme/status-page/issues", {"title": "x"}).status_code == 201
    (rate,) = client.control("GET", "/faults").json()["rates"].values()
    assert (rate["violations"], rate["max_seen"]) == (2, 4)
    client.control("POST", "/settings", {"rates": {f"github/{REPO}": None}})
    assert client.github("POST", ISSUES, {"title": "x"}).status_code == 201


def test_the_window_of_an_allowed_rate_slides(client: Client) -> None:
    client.control("POST", "/settings", {"rates": {"jira": {"creates": 1, "seconds": 0.3}}})
    assert client.jira("POST", "/issue", CREATE).status_code == 201
    limited = client.jira("POST", "/issue", CREATE)
    assert (limited.status_code, limited.headers["Retry-After"]) == (429, "1")
    deadline = time.monotonic() + 3
    while client.jira("POST", "/issue", CREATE).status_code != 201:
        assert time.monotonic() < deadline


@pytest.mark.parametrize(
    ("rule", "sentence"),
    [
        ({"kind": "explode", "tracker": "jira"}, "`kind` must be one of"),
        ({"kind": "trickle", "tracker": "bugzilla"}, "`tracker` must be one of"),
        ({"kind": "mail_451", "tracker": "jira"}, "`kind` must be one of"),
        ({"kind": "trickle", "tracker": "jira", "chance": 1}, "Unknown member 'chance'"),
        ({"kind": "trickle", "tracker": "jira", "probability": 2}, "between 0 and 1"),
        ({"kind": "trickle", "tracker": "jira", "path": "("}, "no regular expression"),
        ({"kind": "rate_limited", "tracker": "jira", "retry_after_format": "iso"}, "seconds, date, none"),
    ],
)
def test_a_rule_that_makes_no_sense_is_refused_with_a_sentence(
    client: Client, rule: dict[str, object], sentence: str
) -> None:
    answer = client.control("POST", "/faults", rule)
    assert answer.status_code == 400
    assert sentence in answer.json()["error"]


def test_stats_count_by_route_and_outcome_and_time_the_creates(client: Client) -> None:
    start = time.time()
    client.new_jira()
    client.jira("GET", "/issue/PAY-1")
    client.jira("GET", "/issue/PAY-2")
    client.fault("error_after", next=1)
    client.jira("POST", "/issue", CREATE)
    client.fault("error_before", next=1)
    client.jira("POST", "/issue", CREATE)
    client.new_github()
    stats = client.control("GET", "/stats.json").json()
    jira = stats["requests"]["jira"]
    assert jira["total"] == 5
    assert jira["routes"]["GET /issue/{key}"] == {"200": 1, "404": 1}
    assert jira["routes"]["POST /issue"] == {"201": 1, "error_after": 1, "503": 1}
    assert stats["requests"]["github"]["routes"] == {"POST /repos/{owner}/{name}/issues": {"201": 1}}
    assert stats["faults"] == {"jira error_after": 1, "jira error_before": 1}
    assert [(each["scope"], each["stored"]) for each in stats["creates"]] == [
        ("PAY", True),
        ("PAY", True),
        ("PAY", False),
        (REPO, True),
    ]
    assert all(start <= each["at"] <= time.time() for each in stats["creates"])
    assert stats["max_creates_per_minute"] == {"jira": 2, "jira/PAY": 2, "github": 1, f"github/{REPO}": 1}
    client.control("POST", "/reset", {"what": ["stats"]})
    assert client.control("GET", "/stats.json").json()["requests"] == {}
    assert len(client.issues("jira")) == 2

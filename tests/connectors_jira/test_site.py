from __future__ import annotations

from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest
import responses

from connectors.spi import AccessDenied, IssueBusy, OutcomeUnknown, Unavailable
from tests.connectors_jira.made import DRAFT, PAY, cloud, tracker

BASE = "https://j.example/rest/api/2"


def test_account_is_told_and_no_end_of_its_token_because_cloud_knows_none(sandbox):
    told = cloud(sandbox).credential()
    assert (told.account, told.expires_at) == ("afteraction@acme.example", None)


@responses.activate
def test_account_that_cannot_be_read_is_not_made_up():
    responses.get(f"{BASE}/myself", json=[])
    with pytest.raises(Unavailable):
        tracker("https://j.example").credential()


def test_webhook_secret_that_is_set_nowhere_is_found(sandbox, monkeypatch):
    jira = cloud(sandbox, webhook_secret_env=["HOOK_SECRET", "NEXT_SECRET"])
    monkeypatch.delenv("NEXT_SECRET", raising=False)
    (finding,) = jira.check()
    assert finding.code == "jira.webhook_secret_missing"
    assert "NEXT_SECRET" in finding.sentence
    assert "set NEXT_SECRET" in finding.cure


@responses.activate
def test_clock_is_compared_with_the_answers_own_date_where_the_site_says_no_time():
    late = format_datetime(datetime.now(UTC) + timedelta(minutes=10), usegmt=True)
    responses.get(f"{BASE}/myself", json={"accountId": "a"})
    responses.get(f"{BASE}/serverInfo", json={"deploymentType": "Cloud"}, headers={"Date": late})
    (finding,) = tracker("https://j.example").check()
    assert finding.code == "jira.clock_skew"
    assert "behind" in finding.sentence


@responses.activate
def test_strange_server_information_is_no_fault_of_ours():
    responses.get(f"{BASE}/myself", json={"accountId": "a"})
    responses.get(f"{BASE}/serverInfo", json=["?"])
    assert tracker("https://j.example").check() == []


@responses.activate
def test_token_that_counts_as_nobody_is_not_taken_for_an_empty_site():
    failed = {"X-Seraph-LoginReason": "AUTHENTICATED_FAILED"}
    responses.post(f"{BASE}/search/jql", json={"issues": [], "isLast": True}, headers=failed)
    jira = tracker("https://j.example")
    with pytest.raises(AccessDenied) as refusal:
        jira.changes(jira.feeds(["PAY"])[0], None, datetime.now(UTC))
    assert refusal.value.code == "jira.unauthorized"


@responses.activate
def test_refused_token_at_the_sites_own_address_may_be_one_with_scopes():
    responses.get(f"{BASE}/myself", status=401)
    (finding,) = tracker("https://j.example").check()
    assert "https://api.atlassian.com/ex/jira/<cloudId>" in finding.cure
    gateway = "https://api.atlassian.com/ex/jira/11-22"
    responses.get(f"{gateway}/rest/api/2/myself", status=401)
    (finding,) = tracker(gateway, browse_url="https://acme.atlassian.net").check()
    assert "cloudId" not in finding.cure


@responses.activate
@pytest.mark.parametrize("wait", ["7", "date", None])
def test_rate_limit_is_waited_out_to_the_second_in_both_forms_and_its_reason_told(wait):
    at = format_datetime(datetime.now(UTC) + timedelta(seconds=7), usegmt=True)
    headers = {"RateLimit-Reason": "jira-per-issue-on-write", "Date": format_datetime(datetime.now(UTC), usegmt=True)}
    headers |= {"Retry-After": at if wait == "date" else wait} if wait else {}
    responses.post(f"{BASE}/issue", status=429, headers=headers)
    with pytest.raises(Unavailable, match="jira-per-issue-on-write") as failure:
        tracker("https://j.example").create(PAY, DRAFT)
    assert failure.value.code == "jira.rate_limited"
    assert failure.value.retry_after == (7.0 if wait else 60.0)


@responses.activate
@pytest.mark.parametrize("reason", ["jira-per-issue-on-write", "jira-burst-based"])
def test_limit_of_one_issue_is_told_from_that_of_the_whole_site(reason):
    headers = {"RateLimit-Reason": reason, "Retry-After": "7"}
    responses.post(f"{BASE}/issue/10001/comment", status=429, headers=headers)
    with pytest.raises(Unavailable) as failure:
        tracker("https://j.example").comment("10001", "c", "text", None)
    assert isinstance(failure.value, IssueBusy) == (reason == "jira-per-issue-on-write")
    assert failure.value.retry_after == 7.0


@responses.activate
def test_creation_that_ended_as_a_login_page_is_in_doubt():
    responses.post(f"{BASE}/issue", body="<html>", status=200, content_type="text/html")
    with pytest.raises(OutcomeUnknown):
        tracker("https://j.example").create(PAY, DRAFT)

"""Creation over the stand-ins while they fail: one request each, in time, and a probe that tells what happened."""

from __future__ import annotations

import logging
from datetime import UTC, datetime
from typing import Any

import pytest

from connectors import github as github_connector
from connectors import gitlab as gitlab_connector
from connectors import jira as jira_connector
from connectors import redmine as redmine_connector
from connectors.sandbox.running import Sandbox
from connectors.spi import ConnectorError, IssueDraft, OutcomeUnknown, Place, Tracker, Unavailable
from tests.connectors.servers import JIRA_USER, answer, took_less_than, wire

PLACES = {
    "jira": Place("PAY"),
    "github": Place("acme/payments"),
    "gitlab": Place("acme/payments"),
    "redmine": Place("payments"),
}
CONNECTORS = {
    "jira": jira_connector,
    "github": github_connector,
    "gitlab": gitlab_connector,
    "redmine": redmine_connector,
}
PATHS = {"jira": "/jira", "github": "/github/api/v3", "gitlab": "/gitlab", "redmine": "/redmine"}
DRAFT = IssueDraft("Add a limit", "Because the private part of it fell over.", "m1")


def make(vendor: str, url: str, **more: Any) -> Tracker:
    connector = CONNECTORS[vendor].CONNECTOR
    own = {"token_env": f"{vendor.upper()}_TOKEN", **({"user": JIRA_USER} if vendor == "jira" else {})}
    assert connector.tracker is not None
    return connector.tracker.make(vendor, connector.tracker.settings({"api_url": url, **own, **more}))


def address(sandbox: Sandbox, vendor: str) -> str:
    return f"{sandbox.url}{PATHS[vendor]}"


@pytest.mark.parametrize("vendor", PLACES)
@pytest.mark.parametrize(
    ("fault", "kind", "made"),
    [
        ({"kind": "rate_limited", "retry_after": 3}, Unavailable, 0),
        ({"kind": "rate_limited", "retry_after": 3, "retry_after_format": "date"}, Unavailable, 0),
        ({"kind": "error_before", "status": 502}, OutcomeUnknown, 0),
        ({"kind": "error_after", "status": 503}, OutcomeUnknown, 1),
        ({"kind": "timeout_before", "seconds": 5}, OutcomeUnknown, 0),
        ({"kind": "timeout_after", "seconds": 5}, OutcomeUnknown, 1),
        ({"kind": "reset_before"}, OutcomeUnknown, 0),
        ({"kind": "reset_after"}, OutcomeUnknown, 1),
        ({"kind": "trickle", "seconds": 5}, OutcomeUnknown, 1),
    ],
    ids=lambda value: value["kind"] if isinstance(value, dict) else None,
)
def test_answer_that_is_lost_is_never_asked_for_twice_and_the_probe_tells_what_happened(
    sandbox, vendor, fault, kind, made
):
    tracker = make(vendor, address(sandbox, vendor))
    hasty = make(vendor, address(sandbox, vendor), call_seconds=1.0)
    sandbox.world.faults.add({"tracker": vendor, "methods": ["POST"], "next": 1, **fault})
    sandbox.world.stats.clear()
    with took_less_than(3), pytest.raises(ConnectorError) as failure:
        hasty.create(PLACES[vendor], DRAFT)
    assert type(failure.value) is kind
    if kind is Unavailable:
        assert failure.value.retry_after is not None
        assert 1.0 <= failure.value.retry_after <= 4.0
    assert sandbox.world.stats.report()["requests"][vendor]["total"] == 1
    assert len(tracker.find(PLACES[vendor], "m1", datetime.now(UTC))) == made


@pytest.mark.parametrize("vendor", PLACES)
def test_request_tells_who_we_are_and_debug_logs_tell_no_text(vendor, caplog):
    caplog.set_level(logging.DEBUG)
    body = b'{"id": "1", "key": "PAY-1", "node_id": "I_1", "number": 1, "repository_url": "x/repos/acme/payments",'
    body += b'"iid": 1, "project_id": 4, "references": {"full": "acme/payments#1"},'
    body += b'"issue": {"id": 1, "created_on": "2026-11-23T10:00:00Z"}}'
    with wire(answer("201 Created", body)) as server:
        make(vendor, server.url).create(PLACES[vendor], DRAFT)
    assert b"User-Agent: Afteraction/" in server.requests[0]
    assert b"private part" in server.requests[0]
    assert "private part" not in caplog.text
    assert f"sandbox-{vendor}-token" not in caplog.text

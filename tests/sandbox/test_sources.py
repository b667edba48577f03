"""The stand-ins of sources: what they hold, how they sign, and that faults strike them too."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from pathlib import Path

import pytest
import requests

from connectors.sandbox.running import Sandbox
from tests.sandbox.client import until
from tests.sandbox.conftest import options
from tests.sandbox.receiver import Delivery, Receiver

SECRET = base64.b64encode(b"a secret of twenty-four b").decode()


@pytest.fixture
def sandbox(shared: Sandbox) -> Sandbox:
    shared.world.reset(["sources", "faults", "stats"])
    shared.world.courier.hooks.clear()
    return shared


def call(sandbox: Sandbox, method: str, path: str, **values: object) -> requests.Response:
    headers = {"Authorization": f"Bearer sandbox-{path.split('/')[1]}-token"}
    return requests.request(method, sandbox.url + path, headers=headers, timeout=5, **values)  # type: ignore[arg-type]


def announced(sandbox: Sandbox, source: str, event: dict[str, object]) -> Delivery:
    with Receiver() as receiver:
        settings = {"hooks": {source: {"url": receiver.url, "secret": SECRET}}}
        assert requests.post(f"{sandbox.url}/_sandbox/settings", json=settings, timeout=5).ok
        sent = requests.post(f"{sandbox.url}/_sandbox/sources/{source}/announce", json=event, timeout=5)
        assert sent.status_code == 202
        return until(lambda: receiver.deliveries)[0]


def test_what_is_put_is_held_and_shown_by_the_vendors_api(sandbox: Sandbox) -> None:
    control = f"{sandbox.url}/_sandbox/sources/incidentio"
    assert requests.put(f"{control}/incidents/I", json={"id": "I", "name": "Down"}, timeout=5).status_code == 204
    assert call(sandbox, "GET", "/incidentio/v2/incidents/I").json() == {"incident": {"id": "I", "name": "Down"}}
    assert requests.get(control, timeout=5).json() == {"incidents": {"I": {"id": "I", "name": "Down"}}}
    assert requests.delete(f"{control}/incidents/I", timeout=5).status_code == 204
    assert call(sandbox, "GET", "/incidentio/v2/incidents/I").status_code == 404


@pytest.mark.parametrize(
    "path", ["/incidentio/v1/identity", "/rootly/v1/users/me", "/firehydrant/v1/current_user"], ids=lambda p: p[1:8]
)
def test_only_the_token_opens_an_api(sandbox: Sandbox, path: str) -> None:
    assert call(sandbox, "GET", path).ok
    for headers in ({}, {"Authorization": "Bearer wrong"}):
        assert requests.get(sandbox.url + path, headers=headers, timeout=5).status_code == 401


def test_a_fault_strikes_one_vendor_by_its_path_and_is_counted(sandbox: Sandbox) -> None:
    rule = {"kind": "rate_limited", "tracker": "rootly", "path": "^/v1/users", "retry_after": 7}
    assert requests.post(f"{sandbox.url}/_sandbox/faults", json=rule, timeout=5).status_code == 201
    limited = call(sandbox, "GET", "/rootly/v1/users/me")
    assert (limited.status_code, limited.headers["Retry-After"]) == (429, "7")
    assert call(sandbox, "GET", "/rootly/v1/incidents").ok
    assert call(sandbox, "GET", "/firehydrant/v1/current_user").ok
    assert sandbox.world.stats.report()["faults"] == {"rootly rate_limited": 1}


def test_incidentio_signs_as_standard_webhooks(sandbox: Sandbox) -> None:
    found = announced(sandbox, "incidentio", {"event_type": "é"})
    signed = f"{found.headers['webhook-id']}.{found.headers['webhook-timestamp']}.".encode() + found.raw
    digest = hmac.new(base64.b64decode(SECRET), signed, hashlib.sha256).digest()
    assert found.headers["webhook-signature"] == f"v1,{base64.b64encode(digest).decode()}"
    assert json.loads(found.raw) == {"event_type": "é"}


def test_rootly_signs_the_time_and_the_body(sandbox: Sandbox) -> None:
    found = announced(sandbox, "rootly", {"event": {"id": "e"}})
    stamp, _, digest = found.headers["X-Rootly-Signature"].partition(",v1=")
    expected = hmac.new(SECRET.encode(), stamp.removeprefix("t=").encode() + found.raw, hashlib.sha256)
    assert digest == expected.hexdigest()


def test_firehydrant_signs_the_body_alone(sandbox: Sandbox) -> None:
    found = announced(sandbox, "firehydrant", {"event": {}})
    assert found.headers["fh-signature"] == hmac.new(SECRET.encode(), found.raw, hashlib.sha256).hexdigest()


def test_an_update_that_states_less_than_the_whole_follow_up_empties_the_rest(sandbox: Sandbox) -> None:
    known = {"id": "F", "title": "T", "status": "outstanding", "labels": ["a"], "assignee": {"id": "U"}}
    sandbox.world.sources["incidentio"].put("follow_ups", "F", known)
    path = "/incidentio/v3/follow_ups/F"
    assert call(sandbox, "PUT", path, json={"status": "completed"}).status_code == 422
    changed = call(sandbox, "PUT", path, json={"status": "completed", "title": "T"}).json()["follow_up"]
    assert (changed["status"], changed["labels"], changed["assignee"]) == ("completed", [], None)


@pytest.mark.parametrize(
    ("path", "kind", "payload"),
    [
        (
            "/rootly/v1/action_items/X",
            "action_items",
            {"data": {"type": "incident_action_items", "attributes": {"status": "odd"}}},
        ),
        ("/firehydrant/v1/ticketing/tickets/X", "tickets", {"state": "odd"}),
    ],
)
def test_a_word_that_the_vendor_does_not_know_is_refused(
    sandbox: Sandbox, path: str, kind: str, payload: object
) -> None:
    sandbox.world.sources[path.split("/")[1]].put(kind, "X", {"id": "X", "status": "open", "state": "open"})
    method = "PUT" if "rootly" in path else "PATCH"
    assert call(sandbox, method, path, json=payload).status_code == 422


def test_what_a_source_holds_survives_a_restart_and_a_reset_forgets_it(tmp_path: Path) -> None:
    with Sandbox(options(state_dir=tmp_path)) as first:
        first.world.sources["rootly"].put("incidents", "I", {"id": "I"})
        first.world.sources["rootly"].put("incidents", "J", {"id": "J"})
        first.world.sources["rootly"].drop("incidents", "J")
    with Sandbox(options(state_dir=tmp_path)) as second:
        assert second.world.sources["rootly"].dump() == {"incidents": {"I": {"id": "I"}}}
        requests.post(f"{second.url}/_sandbox/reset", json={"what": ["sources"]}, timeout=5)
        assert second.world.sources["rootly"].dump() == {}


def test_an_unknown_source_is_named_with_those_that_are_known(sandbox: Sandbox) -> None:
    answer = requests.get(f"{sandbox.url}/_sandbox/sources/nobody", timeout=5)
    assert answer.status_code == 404
    assert "rootly" in answer.json()["error"]

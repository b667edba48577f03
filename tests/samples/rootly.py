"""Rootly: webhooks as its documentation shows them, one of them with the comma that makes it no JSON."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Mapping
from datetime import datetime

from connectors.sandbox.running import Sandbox
from tests.samples.frame import DRAFT, IGNORED, Sample, content

NAME = "Rootly"
TABLE = """
[sources.rootly]
type = "rootly"
api_url = "{sandbox}/rootly"
token_env = "TEST_ROOTLY_TOKEN"
webhook_secret_env = "TEST_ROOTLY_HOOK"
"""
SECRETS = {"TEST_ROOTLY_TOKEN": "sandbox-rootly-token", "TEST_ROOTLY_HOOK": "rootly-hook-secret"}


def sign(body: bytes, at: datetime) -> Mapping[str, str]:
    stamp = str(int(at.timestamp()))
    digest = hmac.new(b"rootly-hook-secret", stamp.encode() + body, hashlib.sha256).hexdigest()
    return {"x-rootly-signature": f"t={stamp},v1={digest}"}


def holds(sandbox: Sandbox) -> None:
    """The incident that the postmortem's sample is about, from the incident's sample."""
    shelves = sandbox.world.sources["rootly"]
    incident = content("rootly-incident.created.json")["data"]
    postmortem = content("rootly-incident_post_mortem.created.json")["data"]
    shelves.put("incidents", incident["id"], {**incident, "post_mortem": postmortem["id"]})
    shelves.put("post_mortems", postmortem["id"], postmortem)
    for item in incident["action_items"]:
        shelves.put("action_items", item["id"], item)


SAMPLES = (
    Sample("rootly-incident.created.json", NAME, "incident.created", IGNORED, hook="rootly", sign=sign),
    Sample(
        "rootly-incident_post_mortem.created.json",
        NAME,
        "incident_post_mortem.created",
        DRAFT,
        hook="rootly",
        sign=sign,
        prepare=holds,
    ),
    Sample(
        "rootly-incident_post_mortem.created.raw-as-documented.txt",
        NAME,
        "incident_post_mortem.created, as documented (with a comma too many)",
        DRAFT,
        hook="rootly",
        sign=sign,
        prepare=holds,
    ),
)

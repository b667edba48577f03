"""FireHydrant: webhooks as its documentation shows them."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Mapping
from datetime import datetime

from tests.samples.frame import IGNORED, Sample

NAME = "FireHydrant"
TABLE = """
[sources.firehydrant]
type = "firehydrant"
api_url = "{sandbox}/firehydrant"
token_env = "TEST_FIREHYDRANT_TOKEN"
webhook_secret_env = "TEST_FIREHYDRANT_HOOK"
"""
SECRETS = {"TEST_FIREHYDRANT_TOKEN": "sandbox-firehydrant-token", "TEST_FIREHYDRANT_HOOK": "firehydrant-hook-secret"}


def sign(body: bytes, _: datetime) -> Mapping[str, str]:
    return {"fh-signature": hmac.new(b"firehydrant-hook-secret", body, hashlib.sha256).hexdigest()}


def webhook(event: str, becomes: str) -> Sample:
    return Sample(f"firehydrant-{event}.json", NAME, event, becomes, hook="firehydrant", sign=sign)


SAMPLES = (webhook("incident.updated", IGNORED), webhook("signals_alerts.created", IGNORED))

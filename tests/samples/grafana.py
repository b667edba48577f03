"""Grafana Incident: the body that its own client is tested with; and OnCall's, which is no incident."""

from __future__ import annotations

import base64
import hashlib
import hmac
from collections.abc import Mapping
from datetime import datetime

from tests.samples.frame import IGNORED, Sample

NAME = "Grafana"
TABLE = """
[sources.grafana]
type = "grafana"
api_url = "{sandbox}/grafana"
token_env = "TEST_GRAFANA_TOKEN"
webhook_secret_env = "TEST_GRAFANA_HOOK"
"""
SECRETS = {"TEST_GRAFANA_TOKEN": "sandbox-grafana-token", "TEST_GRAFANA_HOOK": "grafana-hook-secret"}


def sign(body: bytes, at: datetime) -> Mapping[str, str]:
    second = int(at.timestamp())
    signed = base64.b64encode(hashlib.sha256(body).digest()) + f":{second}:v1".encode()
    return {"gi-signature": f"t={second},v1={hmac.new(b'grafana-hook-secret', signed, hashlib.sha256).hexdigest()}"}


def _ignored(file: str, event: str) -> Sample:
    return Sample(file, NAME, event, IGNORED, hook="grafana", sign=sign)


SAMPLES = (
    _ignored("grafana-incident.updated.role.json", "grafana.incident.updated.role"),
    _ignored("grafana-incident.updated.role.raw-signed-bytes.txt", "grafana.incident.updated.role, its very bytes"),
    _ignored("grafana-oncall-alertgroup.resolve.json", "OnCall: an alert group is resolved"),
)

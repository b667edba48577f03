"""Jira and GitHub: webhooks about issues. Such a webhook is only a reason to read the issue again."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Callable, Mapping
from datetime import datetime

from tests.samples.frame import DUE, FOLDER, IGNORED, Sample, content


def _hex(secret: bytes, body: bytes) -> str:
    return f"sha256={hmac.new(secret, body, hashlib.sha256).hexdigest()}"


def sign_jira(body: bytes, _: datetime) -> Mapping[str, str]:
    return {"x-hub-signature": _hex(b"jira-hook-secret", body), "x-atlassian-webhook-identifier": "delivery-1"}


def sign_github(event: str) -> Callable[[bytes, datetime], Mapping[str, str]]:
    def sign(body: bytes, _: datetime) -> Mapping[str, str]:
        signature = _hex(b"github-hook-secret", body)
        return {"x-hub-signature-256": signature, "x-github-event": event, "x-github-delivery": "delivery-1"}

    return sign


def _jira(file: str) -> Sample:
    event = str(content(file)["webhookEvent"])
    becomes = IGNORED if event.startswith("issuelink_") else DUE
    name = file.removeprefix("jira-webhook-").removesuffix(".json")
    return Sample(file, "Jira", f"{event} ({name})", becomes, hook="jira", sign=sign_jira)


def _github(file: str) -> Sample:
    name = file.removeprefix("github-").removesuffix(".json")
    event = name.partition(".")[0]
    pull_request = (content(file).get("issue") or {}).get("pull_request")
    becomes = IGNORED if event == "ping" or pull_request else DUE
    return Sample(file, "GitHub", name, becomes, hook="github", sign=sign_github(event))


def samples() -> tuple[Sample, ...]:
    jira = [_jira(path.name) for path in sorted(FOLDER.glob("jira-webhook-*.json"))]
    return (*jira, *(_github(path.name) for path in sorted(FOLDER.glob("github-*.json"))))

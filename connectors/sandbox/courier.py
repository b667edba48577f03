"""Sends the stand-ins' webhooks, signed as each vendor signs them, from its own threads and after the commit."""

from __future__ import annotations

import base64
import hashlib
import heapq
import hmac
import itertools
import json
import threading
import time
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import requests

# Atlassian waits 5 to 15 minutes between its five retries; scaled down, so that a demo shows them.
JIRA_RETRY_DELAYS = (1.0, 2.0, 4.0, 8.0, 16.0)
JIRA_RETRIED = frozenset({408, 409, 425, 429})
TIME_OUT = 10.0
SENDERS = 3
GITLAB_HOOK = "6a7e0c5e-7f43-4c3b-9d55-0d1f5a0b7c11"


@dataclass(frozen=True)
class Hook:
    """Where a tracker's webhooks go. An empty secret leaves them unsigned, as at both vendors."""

    url: str
    secret: str = field(default="", repr=False)


@dataclass(frozen=True)
class Parcel:
    tracker: str
    body: Callable[[], Mapping[str, Any]]
    headers: Mapping[str, str]
    raw: bytes = b""
    attempt: int = 0
    sign: Callable[[str, int], dict[str, str]] | None = None


class Courier:
    """Holds parcels until they are due and hands them to a few threads, so that one hanging receiver stops no other."""

    def __init__(self, delay: float = 0.05, retry_scale: float = 1.0) -> None:
        self.delay, self.retry_scale = delay, retry_scale
        self.dropping = False
        self.hooks: dict[str, Hook] = {}
        self.counts = {"sent": 0, "failed": 0, "dropped": 0}
        self._due: list[tuple[float, int, Parcel]] = []
        self._order = itertools.count()
        self._changed = threading.Condition()
        self._stopped = False
        self._threads: list[threading.Thread] = []

    def jira(self, body: Callable[[], Mapping[str, Any]], tracker: str = "jira") -> None:
        """The identifier stays the same over all attempts; receivers recognise repeats by it."""
        self._accept(Parcel(tracker, body, {"X-Atlassian-Webhook-Identifier": str(uuid.uuid4())}))

    def github(self, event: str, body: Callable[[], Mapping[str, Any]]) -> None:
        headers = {"X-GitHub-Event": event, "X-GitHub-Delivery": str(uuid.uuid4()), "X-GitHub-Hook-ID": "1"}
        self._accept(Parcel("github", body, {**headers, "User-Agent": "GitHub-Hookshot/sandbox"}))

    def gitlab(self, event: str, body: Callable[[], Mapping[str, Any]]) -> None:
        """`X-Gitlab-Webhook-UUID` names the webhook and stays the same for all that it sends."""
        headers = {"X-Gitlab-Event": event, "X-Gitlab-Event-UUID": str(uuid.uuid4()), "User-Agent": "GitLab/sandbox"}
        headers |= {"X-Gitlab-Webhook-UUID": GITLAB_HOOK, "Idempotency-Key": str(uuid.uuid4())}
        self._accept(Parcel("gitlab", body, headers))

    def source(self, vendor: str, raw: bytes, sign: Callable[[str, int], dict[str, str]]) -> None:
        """`sign` gives the headers for a secret and the Unix second of the attempt."""
        self._accept(Parcel(vendor, dict, {}, raw, sign=sign))

    def stop(self) -> None:
        with self._changed:
            self._stopped = True
            self._changed.notify_all()
        for thread in self._threads:
            thread.join(timeout=1.0)

    def _accept(self, parcel: Parcel) -> None:
        if parcel.tracker not in self.hooks:
            return
        if self.dropping:
            self._count("dropped")
            return
        self._later(parcel, self.delay)

    def _later(self, parcel: Parcel, seconds: float) -> None:
        with self._changed:
            heapq.heappush(self._due, (time.monotonic() + seconds, next(self._order), parcel))
            if not self._threads:
                self._threads = [threading.Thread(target=self._work, daemon=True) for _ in range(SENDERS)]
                for thread in self._threads:
                    thread.start()
            self._changed.notify()

    def _work(self) -> None:
        with requests.Session() as session:
            # Loopback traffic must not take a detour over a proxy that the environment names.
            session.trust_env = False
            while (parcel := self._next()) is not None:
                self._send(session, parcel)

    def _next(self) -> Parcel | None:
        with self._changed:
            while not self._stopped:
                wait = self._due[0][0] - time.monotonic() if self._due else None
                if wait is not None and wait <= 0:
                    return heapq.heappop(self._due)[2]
                self._changed.wait(wait)
        return None

    def _send(self, session: requests.Session, parcel: Parcel) -> None:
        hook = self.hooks.get(parcel.tracker)
        if hook is None or self.dropping:
            self._count("dropped")
            return
        if not parcel.raw:
            raw = json.dumps(parcel.body(), separators=(",", ":"), ensure_ascii=False).encode()
            parcel = replace(parcel, raw=raw)
        headers = {"Content-Type": "application/json", **parcel.headers, **_signed(parcel, hook)}
        if parcel.tracker == "jira":
            headers |= {"X-Atlassian-Webhook-Flow": "Primary"}
            headers |= {"X-Atlassian-Webhook-Retry": str(parcel.attempt)} if parcel.attempt else {}
        try:
            status = session.post(hook.url, data=parcel.raw, headers=headers, timeout=TIME_OUT).status_code
        except requests.RequestException:
            status = 0
        if 200 <= status < 300:
            self._count("sent")
            return
        again = parcel.tracker == "jira" and (status == 0 or status >= 500 or status in JIRA_RETRIED)
        if again and parcel.attempt < len(JIRA_RETRY_DELAYS):
            delay = JIRA_RETRY_DELAYS[parcel.attempt] * self.retry_scale
            self._later(replace(parcel, attempt=parcel.attempt + 1), delay)
        else:
            self._count("failed")

    def _count(self, name: str) -> None:
        with self._changed:
            self.counts[name] += 1


def _signed(parcel: Parcel, hook: Hook) -> dict[str, str]:
    if parcel.sign is not None:
        return parcel.sign(hook.secret, int(time.time()))
    if parcel.tracker == "gitlab":
        return gitlab_signature(parcel.headers["Idempotency-Key"], hook, parcel.raw, int(time.time()))
    return signature(parcel.tracker, hook, parcel.raw)


def signature(tracker: str, hook: Hook, raw: bytes) -> dict[str, str]:
    """Jira uses SHA-256 under the name X-Hub-Signature, which at GitHub is the old SHA-1 and is left out here."""
    if not hook.secret:
        return {}
    digest = hmac.new(hook.secret.encode(), raw, hashlib.sha256).hexdigest()
    name = "X-Hub-Signature" if tracker.startswith("jira") else "X-Hub-Signature-256"
    return {name: f"sha256={digest}"}


def gitlab_signature(key: str, hook: Hook, raw: bytes, at: int) -> dict[str, str]:
    """The plain secret, or a signature where the secret is a signing token (Standard Webhooks)."""
    if not hook.secret.startswith("whsec_"):
        return {"X-Gitlab-Token": hook.secret} if hook.secret else {}
    secret = base64.b64decode(hook.secret.removeprefix("whsec_"))
    digest = hmac.new(secret, f"{key}.{at}.".encode() + raw, hashlib.sha256).digest()
    signed = f"v1,{base64.b64encode(digest).decode()}"
    return {"webhook-id": key, "webhook-timestamp": str(at), "webhook-signature": signed}

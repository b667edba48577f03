"""Events out, signed as Standard Webhooks: one request each, to an address that is checked where it is connected to.

https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

import requests

from connectors.answers import retry_after
from connectors.guarded import check_address, guarded_session
from connectors.http import CallFailed
from connectors.signatures import sign_standard, standard_secret_findings
from connectors.spi import (
    AccessDenied,
    ConnectorError,
    Event,
    Finding,
    Missing,
    OutcomeUnknown,
    Receipt,
    Unavailable,
)
from connectors.webhook.settings import WebhookSettings

_AGAIN = "It is sent again for three days; look at the subscriber if this lasts."


class WebhookListener:
    """One subscriber."""

    def __init__(self, name: str, settings: WebhookSettings) -> None:
        self.name = name
        self.call_seconds = settings.call_seconds
        self._settings = settings

    def check(self) -> Sequence[Finding]:
        """What is wrong with secrets and address; nothing is sent, for a subscriber would take it for an event."""
        return standard_secret_findings("webhook", self.name, self._settings.secrets)

    def send(self, event: Event) -> Receipt:
        settings = self._settings
        body = json.dumps(_document(event), ensure_ascii=False, separators=(",", ":")).encode("utf-8", "replace")
        headers = {"content-type": "application/json", **self._signed(event, body)}
        check_address(settings.url, settings.allow_networks)
        with guarded_session(settings.call_seconds, settings.allow_networks, settings.ca_bundle) as session:
            try:
                answer = session.post(settings.url, data=body, headers=headers, allow_redirects=False)
            except CallFailed as error:
                kind = OutcomeUnknown if error.sent else Unavailable
                raise kind("webhook.unreachable", f"{self.name}: {error.reason}.", _AGAIN) from error
            except requests.RequestException as error:
                cure = "Correct the url of the listener."
                raise AccessDenied("webhook.address", f"{self.name}: its address cannot be used.", cure) from error
        if 200 <= answer.status_code < 300:
            return Receipt(str(answer.status_code))
        raise self._refused(answer)

    def _signed(self, event: Event, body: bytes) -> dict[str, str]:
        """Signatures by every secret that is set: while one is replaced, the other may not be there."""
        found, missing = [], ""
        for secret in self._settings.secrets:
            try:
                found.append(secret.reveal())
            except LookupError as error:
                missing = str(error.args[0])
        if not found:
            raise AccessDenied("webhook.secret_missing", f"{self.name}: nothing signs it.", missing)
        try:
            return sign_standard(event.id, event.sent_at, body, found)
        except ValueError as error:
            cure = "Make a new one of 24 to 64 random bytes, base64 after whsec_, and give it to the subscriber too."
            raise AccessDenied("webhook.secret_invalid", f"{self.name}: {error}", cure) from error

    def _refused(self, answer: requests.Response) -> ConnectorError:
        status = answer.status_code
        code, sentence = f"webhook.http_{status}", f"{self.name} answered {status}."
        if status == 410:
            cure = f"It wants no more events: take it out of the configuration, or afteraction resume {self.name}."
            return Missing(code, f"{self.name} answered 410: the subscriber is gone.", cure)
        if 300 <= status < 400:
            cure = "Redirects are not followed: write the address that it leads to, if you trust it."
            return Unavailable(code, f"{self.name} answered {status}, a redirect.", cure)
        return Unavailable(code, sentence, _AGAIN, retry_after=self._pause(answer))

    def _pause(self, answer: requests.Response) -> float | None:
        throttled = answer.status_code in (429, 502, 503, 504)
        headers = {name.lower(): value for name, value in answer.headers.items()}
        return retry_after(headers) if throttled else None


def _document(event: Event) -> dict[str, Any]:
    return {"type": event.type, "timestamp": event.at.isoformat().replace("+00:00", "Z"), "data": event.data}

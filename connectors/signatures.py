"""Proof of who sent a webhook. Whatever a stranger puts into a header ends in NotAuthentic, never in another error."""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import re
from collections.abc import Mapping, Sequence
from datetime import datetime

from connectors.spi import Finding, NotAuthentic, Secret

TOLERANCE_SECONDS = 300
# The specification's size of a secret; what is shorter than 128 bits is refused outright.
KEY_BYTES = range(24, 65)
_LEAST_KEY_BYTES = 16
_TIMESTAMP = re.compile(r"[0-9]{1,12}")
_ID = re.compile(r"[\x21-\x7e]{1,256}")
_TOKENS = 32


def revealed(vendor: str, name: str, secrets: Sequence[Secret]) -> list[str]:
    """The secrets that are set; while one is rotated, the other may not be there yet."""
    found = []
    for secret in secrets:
        try:
            found.append(secret.reveal())
        except LookupError:
            continue
    if not found:
        names = " or ".join(secret.name for secret in secrets) or "a webhook secret"
        raise NotAuthentic(f"{vendor}.secret_missing", f"{name}: {names} is not set.", f"Set {names}.")
    return found


def body_key(body: bytes) -> str:
    """A delivery's key where the sender gives none: the same body is the same delivery."""
    return f"sha256:{hashlib.sha256(body).hexdigest()}"


def check_hex(vendor: str, header: str, body: bytes, secrets: Sequence[str], prefix: str = "sha256=") -> None:
    """`sha256=<hex>` of the raw body by any of the secrets, as GitHub and Jira send it."""
    given = header.strip()
    if not given.startswith(prefix):
        raise NotAuthentic(f"{vendor}.signature_missing", "The signature header is missing.", _cure("its secret"))
    digest = given[len(prefix) :].lower().encode("utf-8", "surrogateescape")
    good = False
    for secret in secrets:
        expected = hmac.new(secret.encode(), body, hashlib.sha256).hexdigest().encode()
        good |= hmac.compare_digest(expected, digest)
    if not good:
        raise NotAuthentic(f"{vendor}.signature_wrong", "The signature does not fit the body.", _cure("its secret"))


def standard_key(secret: str) -> bytes:
    """The key in a `whsec_` secret, padded or not. Raises ValueError, which names no part of the secret."""
    text = secret.strip().removeprefix("whsec_").rstrip("=")
    try:
        key = base64.b64decode(text + "=" * (-len(text) % 4), validate=True)
    except (binascii.Error, ValueError):
        raise ValueError("The secret is not base64.") from None
    if not _LEAST_KEY_BYTES <= len(key) <= KEY_BYTES[-1]:
        raise ValueError(f"The secret has {len(key)} bytes; it needs 24 to 64.")
    return key


def standard_secret_findings(vendor: str, name: str, secrets: Sequence[Secret]) -> list[Finding]:
    """What is wrong with configured Standard Webhooks secrets, each with its cure."""
    cure = "Make a new one of 24 to 64 random bytes, base64 after whsec_, and give it to the sender too."
    findings = []
    for secret in secrets:
        try:
            key = standard_key(secret.reveal())
        except LookupError as error:
            findings.append(Finding(f"{vendor}.secret_missing", f"{name}: {error.args[0]}", f"Set {secret.name}."))
            continue
        except ValueError as error:
            findings.append(Finding(f"{vendor}.secret_invalid", f"{name}: {secret.name}: {error}", cure))
            continue
        if len(key) not in KEY_BYTES:
            sentence = f"{name}: {secret.name} has only {len(key)} bytes; the specification asks for 24 to 64."
            findings.append(Finding(f"{vendor}.secret_short", sentence, cure))
    return findings


def check_standard(
    vendor: str,
    headers: Mapping[str, str],
    body: bytes,
    now: datetime,
    secrets: Sequence[str],
    tolerance: float = TOLERANCE_SECONDS,
) -> str:
    """The delivery's id, if Standard Webhooks 1.0.0 holds for it; `headers` keys are lower case.

    Ours because the official library answers some malformed headers with an uncaught error, takes timestamps such as
    `1e9`, and cannot sign what is not UTF-8. https://github.com/standard-webhooks/standard-webhooks/blob/main/spec
    """
    identity, timestamp, signatures = _standard_headers(vendor, headers)
    if not _ID.fullmatch(identity):
        raise NotAuthentic(f"{vendor}.id_malformed", "The webhook-id header is malformed.", _cure("its headers"))
    if not _TIMESTAMP.fullmatch(timestamp):
        raise NotAuthentic(f"{vendor}.timestamp_malformed", "The timestamp is not whole seconds.", _cure("its headers"))
    if abs(now.timestamp() - int(timestamp)) > tolerance:
        sentence = f"The timestamp is more than {tolerance:.0f} s away from our clock."
        raise NotAuthentic(f"{vendor}.timestamp_old", sentence, "Let both machines keep their time by NTP.")
    signed = f"{identity}.{timestamp}.".encode("ascii") + body
    expected = [hmac.new(key, signed, hashlib.sha256).digest() for key in _keys(vendor, secrets)]
    good = False
    for given in _v1(signatures):
        for digest in expected:
            good |= hmac.compare_digest(digest, given)
    if not good:
        raise NotAuthentic(f"{vendor}.signature_wrong", "No signature fits the body.", _cure("the secret"))
    return identity


def sign_standard(identity: str, at: datetime, body: bytes, secrets: Sequence[str]) -> dict[str, str]:
    """The headers that prove a body of ours, with one signature for each secret: while one is rotated the receiver
    may know either. Raises ValueError where a secret cannot be used.
    """
    stamp = str(int(at.timestamp()))
    signed = f"{identity}.{stamp}.".encode("ascii") + body
    digests = [hmac.new(standard_key(secret), signed, hashlib.sha256).digest() for secret in secrets]
    signatures = " ".join(f"v1,{base64.b64encode(digest).decode('ascii')}" for digest in digests)
    return {"webhook-id": identity, "webhook-timestamp": stamp, "webhook-signature": signatures}


def _standard_headers(vendor: str, headers: Mapping[str, str]) -> tuple[str, str, str]:
    """Svix sends the same three under its own name; names are never mixed."""
    for prefix in ("webhook", "svix"):
        values = [headers.get(f"{prefix}-{part}", "") for part in ("id", "timestamp", "signature")]
        if all(values):
            return values[0], values[1], values[2]
    sentence = "One of webhook-id, webhook-timestamp and webhook-signature is missing."
    raise NotAuthentic(f"{vendor}.signature_missing", sentence, "Let the sender sign as Standard Webhooks describes.")


def _keys(vendor: str, secrets: Sequence[str]) -> list[bytes]:
    keys = []
    for secret in secrets:
        try:
            keys.append(standard_key(secret))
        except ValueError:
            continue
    if not keys:
        sentence = "No configured webhook secret can be used."
        raise NotAuthentic(
            f"{vendor}.secret_invalid", sentence, "Run check --online, which says what is wrong with it."
        )
    return keys


def _v1(header: str) -> list[bytes]:
    """The digests among the header's space-separated tokens; other versions and what cannot be read are passed over."""
    digests = []
    for token in header.split(" ")[:_TOKENS]:
        version, _, text = token.partition(",")
        if version != "v1":
            continue
        try:
            digests.append(base64.b64decode(text, validate=True))
        except (binascii.Error, ValueError):
            continue
    return [digest for digest in digests if len(digest) == hashlib.sha256().digest_size]


def _cure(what: str) -> str:
    return f"Check that the sender and this configuration agree on {what}."


class StandardHook:
    """The door's view of a sender that signs as Standard Webhooks describes."""

    def __init__(self, vendor: str, name: str, secrets: Sequence[Secret], tolerance: float = TOLERANCE_SECONDS) -> None:
        self._vendor = vendor
        self._name = name
        self._secrets = tuple(secrets)
        self._tolerance = tolerance

    def authenticate(self, headers: Mapping[str, str], body: bytes, now: datetime) -> str:
        secrets = revealed(self._vendor, self._name, self._secrets)
        return check_standard(self._vendor, headers, body, now, secrets, self._tolerance)

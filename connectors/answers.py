"""What a vendor's failure means to us: one translation of broken calls and HTTP statuses into the SPI's error tree."""

from __future__ import annotations

import contextlib
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Any

from connectors.http import CallFailed
from connectors.spi import (
    AccessDenied,
    Account,
    ConnectorError,
    Finding,
    Missing,
    Moved,
    OutcomeUnknown,
    Overtaken,
    Rejected,
    Secret,
    Unavailable,
    text_digest,
)

SKEW_SECONDS = 60.0
_CLOCKS_DIFFER = timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class Asked:
    """What a call was for, in the words of its error: "jira-main: could not create an issue in PAY, because …"."""

    vendor: str
    tracker: str
    what: str
    mutating: bool = False
    about_issue: bool = False
    secret: Secret | None = None
    whom: str = "the tracker"

    def sentence(self, because: str) -> str:
        return f"{self.tracker}: could not {self.what}, because {because}."


def failed(asked: Asked, error: CallFailed) -> ConnectorError:
    """Nothing came back. A change whose request left us may have happened."""
    sentence = asked.sentence(error.reason)
    if error.sent and asked.mutating:
        cure = "Nothing to do: it is looked for before it is asked again."
        return OutcomeUnknown(f"{asked.vendor}.no_answer", sentence, cure)
    cure = f"It is tried again; if this lasts, check {asked.whom}'s address, its proxy and whether it is up."
    return Unavailable(f"{asked.vendor}.unreachable", sentence, cure)


def refused(asked: Asked, status: int, headers: Mapping[str, str], detail: str = "") -> ConnectorError:
    """The vendor answered with a status that is not success; `detail` is its own text, quoted cleaned and short."""
    headers = {name.lower(): value for name, value in headers.items()}
    said = f" ({quoted(detail, asked.secret)})" if detail.strip() else ""
    if status == 429 or (status == 403 and _is_rate_limit(headers, detail)) or (status == 422 and _is_haste(detail)):
        cure = f"Nothing to do: it is tried again when {asked.whom} allows it."
        sentence = asked.sentence(f"{asked.whom} asks for fewer requests")
        return Unavailable(f"{asked.vendor}.rate_limited", sentence, cure, retry_after=retry_after(headers) or 60.0)
    if status == 401:
        name = asked.secret.name if asked.secret else "its secret"
        sentence = asked.sentence(f"{asked.whom} does not accept our token{said}")
        return AccessDenied(f"{asked.vendor}.unauthorized", sentence, f"Put a valid token into {name}.")
    if status == 403 and asked.about_issue and "locked" in detail.lower():
        cure = "Unlock the issue in the tracker, or discard this."
        return Rejected(f"{asked.vendor}.locked", asked.sentence("the issue is locked"), cure)
    if status == 403:
        cure = "Give the token's account the permissions that the connector's README lists."
        return AccessDenied(f"{asked.vendor}.forbidden", asked.sentence(f"our account may not{said}"), cure)
    if 300 <= status < 400 and asked.about_issue:
        cure = "Nothing to do: it is read again where it is now."
        return Moved(f"{asked.vendor}.moved", asked.sentence("it has moved to another place"), cure)
    if 300 <= status < 400:
        cure = "Put the new address or name into the configuration: redirects are never followed."
        return AccessDenied(f"{asked.vendor}.moved", asked.sentence("it has moved to another address"), cure)
    if status in (404, 410, 451) and asked.about_issue:
        cure = f"Look in {asked.whom} whether it was deleted, moved or hidden from our account."
        return Missing(f"{asked.vendor}.missing", asked.sentence("it is gone or not visible to us"), cure)
    if status in (404, 410, 451):
        cure = "Check the place's name, and that our account may see it."
        sentence = asked.sentence(f"the place is not there or not visible to us{said}")
        return AccessDenied(f"{asked.vendor}.place_missing", sentence, cure)
    if status >= 500 or status == 408:
        return _broken(asked, status, headers)
    cure = f"Change what the sentence names, in the configuration or in {asked.whom}, and retry."
    return Rejected(
        f"{asked.vendor}.rejected", asked.sentence(f"{asked.whom} refuses it{said or f' ({status})'}"), cure
    )


def _broken(asked: Asked, status: int, headers: Mapping[str, str]) -> ConnectorError:
    sentence = asked.sentence(f"{asked.whom} failed with status {status}")
    if asked.mutating:
        cure = "Nothing to do: it is looked for before it is asked again."
        return OutcomeUnknown(f"{asked.vendor}.server_error", sentence, cure, retry_after=retry_after(headers))
    cure = f"It is tried again; if this lasts, see {asked.whom}'s own status page."
    return Unavailable(f"{asked.vendor}.server_error", sentence, cure, retry_after=retry_after(headers))


def no_secret(asked: Asked, error: LookupError) -> AccessDenied:
    name = asked.secret.name if asked.secret else "the secret"
    sentence = asked.sentence(f"the secret {name} cannot be read")
    return AccessDenied(f"{asked.vendor}.token_missing", sentence, str(error.args[0]) if error.args else f"Set {name}.")


def not_understood(asked: Asked) -> ConnectorError:
    """A success whose body is not what the vendor documents: a change has happened, but we do not know as what."""
    sentence = asked.sentence(f"the answer cannot be read as {asked.whom}'s documentation describes it")
    cure = f"Check that the configured address is {asked.whom}'s API and not a login page or a proxy."
    kind = OutcomeUnknown if asked.mutating else Unavailable
    return kind(f"{asked.vendor}.strange_answer", sentence, cure)


@contextlib.contextmanager
def understood(asked: Asked) -> Iterator[None]:
    """What is read of an answer inside may have another shape than the vendor's documentation gives it."""
    try:
        yield
    except (AttributeError, KeyError, TypeError, ValueError):
        raise not_understood(asked) from None


def quoted(text: str, secret: Secret | None = None, limit: int = 240) -> str:
    """A vendor's own words on one line, without control characters, our secret or a closing full stop."""
    line = " ".join("".join(c if c.isprintable() else " " for c in text).split())
    if secret is not None:
        with contextlib.suppress(LookupError):
            line = line.replace(secret.reveal(), "…")
    line = re.sub(r"//[^/\s@]+@", "//…@", line)
    return (line[: limit - 1] + "…" if len(line) > limit else line).rstrip(".")


def _is_rate_limit(headers: Mapping[str, str], detail: str) -> bool:
    # GitHub's secondary limit is a 403 with or without Retry-After:
    # https://docs.github.com/en/rest/using-the-rest-api/rate-limits-for-the-rest-api
    # An older Enterprise Server calls it an abuse detection mechanism.
    words = detail.lower()
    told = "retry-after" in headers or headers.get("x-ratelimit-remaining") == "0"
    return told or "rate limit" in words or "abuse detection" in words


def _is_haste(detail: str) -> bool:
    """GitHub's limit on creations by REST and GraphQL, which looks like a fault of the content (cli/cli#4801)."""
    return "submitted too quickly" in detail.lower()


def overtaken(asked: Asked) -> Overtaken:
    """Somebody wrote the text that was to be written over."""
    cure = "Nothing to do: their words stay, and ours stand in our comment."
    return Overtaken(f"{asked.vendor}.overtaken", asked.sentence("its title or body is a person's by now"), cure)


def unlike(text: Mapping[str, str], standing: Mapping[str, Any]) -> dict[str, str]:
    """What of a text is to be written: a title or body that reads alike is left alone."""
    return {
        name: said for name, said in text.items() if text_digest("", said) != text_digest("", standing.get(name) or "")
    }


def retry_after(headers: Mapping[str, str]) -> float | None:
    """Seconds that the vendor asks us to wait: Retry-After as seconds or as a date, else the limit's reset."""
    now = server_time(headers) or datetime.now(UTC)
    value = headers.get("retry-after", "").strip()
    if value.isascii() and value.isdigit():
        return min(float(value), 86400.0)
    at = _http_date(value) if value else _reset(headers)
    return None if at is None else min(max((at - now).total_seconds(), 0.0), 86400.0)


def _reset(headers: Mapping[str, str]) -> datetime | None:
    """GitHub gives Unix seconds, Jira Cloud ISO 8601 (https://jira.atlassian.com/browse/JRACLOUD-69262)."""
    value = headers.get("x-ratelimit-reset", "").strip()
    if headers.get("x-ratelimit-remaining", "0").strip() != "0":
        return None
    try:
        at = datetime.fromtimestamp(float(value), UTC) if value.isdigit() else datetime.fromisoformat(value)
    except (ValueError, OverflowError, OSError):
        return None
    return at if at.tzinfo else at.replace(tzinfo=UTC)


def _http_date(value: str) -> datetime | None:
    try:
        at = parsedate_to_datetime(value)
    except (ValueError, TypeError, OverflowError):
        return None
    return at if at.tzinfo else at.replace(tzinfo=UTC)


def next_since(last: datetime, server_now: datetime | None, overlap: timedelta) -> datetime:
    """Where a tracker that is read by its own clock is asked from next: a little before the last change seen, for a
    replica may be late; and at that change itself once it is long past, or a burst would be read again for ever.
    """
    now = min(server_now, datetime.now(UTC)) if server_now else last
    return last if now - last > overlap + _CLOCKS_DIFFER else last - overlap


def server_time(headers: Mapping[str, str]) -> datetime | None:
    value = next((headers[name] for name in headers if name.lower() == "date"), "")
    return _http_date(value) if value else None


def assignee_finding(vendor: str, tracker: str, place: str, account: Account) -> Finding:
    """For somebody to whom no issue of the place can be assigned."""
    who = f"{account.name} ({account.id})" if account.name else account.id
    why = "who is unknown, switched off or not let in there"
    sentence = f"{tracker}: no issue in {place} can be assigned to {who}, {why}."
    cure = f"Correct {tracker} under that person's accounts, or let them in; until then their issues have no assignee."
    return Finding(f"{vendor}.assignee_unknown", sentence, cure)


def clock_finding(vendor: str, tracker: str, server_now: datetime | None, now: datetime) -> Finding | None:
    """Signed webhooks are refused when their instant lies minutes away from our clock, and what changed is asked for by
    instants that mix the two clocks.
    """
    skew = (now - server_now).total_seconds() if server_now else 0.0
    if abs(skew) <= SKEW_SECONDS:
        return None
    ahead = "ahead of" if skew > 0 else "behind"
    sentence = (
        f"{tracker}: this machine's clock is {abs(skew):.0f} s {ahead} the other side's, so signed webhooks may be"
        " refused and changes passed over."
    )
    return Finding(f"{vendor}.clock_skew", sentence, "Let both machines keep their time by NTP; ours first.")

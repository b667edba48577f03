"""GitHub's own words about what went wrong, from REST and from GraphQL, which fails with a 200."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from connectors.answers import Asked, not_understood, quoted, refused
from connectors.spi import ConnectorError, OutcomeUnknown, Unavailable

# What a mutation's error says by its type, as the status that REST would have answered with.
_NOT_FOUND = "NOT_FOUND"
_STATUSES = {_NOT_FOUND: 404, "UNPROCESSABLE": 422, "FORBIDDEN": 403, "INSUFFICIENT_SCOPES": 403}


def said(text: str) -> str:
    """The message, and what it says about each field."""
    try:
        data = json.loads(text)
    except ValueError:
        return ""
    if not isinstance(data, dict):
        return ""
    errors = data.get("errors") if isinstance(data.get("errors"), list) else []
    parts = [
        str(each.get("message") or f"{each.get('field')} is {each.get('code')}")
        for each in errors or ()
        if isinstance(each, dict)
    ]
    return ": ".join([str(data.get("message", "")), *([", ".join(parts)] if parts else [])])


def cut_short(answer: Mapping[str, Any]) -> bool:
    """Whether something is missing in a query's answer for another reason than that it does not exist."""
    return any(each.get("type") != _NOT_FOUND for each in _errors(answer))


def _errors(answer: Any) -> list[Mapping[str, Any]]:
    errors = answer.get("errors") if isinstance(answer, dict) else None
    return [each for each in errors if isinstance(each, dict)] if isinstance(errors, list) else []


def query_failed(asked: Asked, headers: Mapping[str, str], answer: Any) -> ConnectorError:
    # What is merely not found comes beside what the query failed of.
    first = next(iter(sorted(_errors(answer), key=lambda each: each.get("type") == _NOT_FOUND)), None)
    if first is None:
        return not_understood(asked)
    message = str(first.get("message", ""))
    if first.get("type") == "RATE_LIMITED" or "rate limit" in message.lower():
        return refused(asked, 429, headers)
    status = _STATUSES.get(str(first.get("type")))
    if status == 403 or (status is not None and asked.mutating):
        return refused(asked, status, {}, message)
    if asked.mutating:
        cure = "Nothing to do: it is looked for before it is asked again."
        sentence = asked.sentence(f"GitHub says: {quoted(message, asked.secret)}")
        return OutcomeUnknown("github.graphql_failed", sentence, cure)
    # GitHub ends a query after ten seconds with an error and a 200.
    cure = "It is tried again; if this lasts, see githubstatus.com."
    return Unavailable("github.graphql_failed", asked.sentence("GitHub could not answer the query"), cure)

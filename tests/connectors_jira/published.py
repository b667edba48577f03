"""Atlassian's own description of Jira Cloud's API, and whether a request of ours is what it allows.

It describes version 3 alone. Version 2 has the same paths and members, and differs in what a rich text is: a string.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlsplit
from zipfile import ZipFile

import pytest
import requests
from openapi_core import Config, OpenAPI
from openapi_core.contrib.requests import RequestsOpenAPIRequest
from openapi_core.exceptions import OpenAPIError

from connectors.http import DeadlineAdapter
from tests.support.system import missing

WHEEL = Path(__file__).parents[2] / ".cache/contracts/jira_as-2.1.0-py3-none-any.whl"
SPEC = "jira_as/specs/jira-platform-swagger-v3.json"
SITE = "https://your-domain.atlassian.net"


class Published:
    """`faults` are what was wrong with the requests that were seen, `seen` the operations."""

    def __init__(self, document: dict[str, Any], api: OpenAPI) -> None:
        self._document, self._api = document, api
        self._looked_at: set[Any] = set()
        self.faults: list[str] = []
        self.seen: set[tuple[str, str]] = set()

    def look_at(self, request: requests.PreparedRequest) -> None:
        parts = urlsplit(str(request.url))
        path = re.sub(r"^(/jira)?/rest/api/[23]/", "/rest/api/3/", parts.path)
        theirs = request.copy()
        theirs.url = f"{SITE}{path}?{parts.query}"
        theirs.headers["Authorization"] = "Basic eDp5"
        template = self._template(path)
        name = f"{request.method} {path}"
        if template is None or str(request.method).lower() not in self._document["paths"][template]:
            self.faults.append(f"{name}: there is no such operation")
            return
        operation = self._document["paths"][template][str(request.method).lower()]
        self.seen.add((str(request.method), template))
        shape = (template, str(request.method), tuple(parse_qsl(parts.query)), _shape(request.body))
        if shape in self._looked_at:
            return
        self._looked_at.add(shape)
        known = {each["name"] for each in operation.get("parameters", ()) if each["in"] == "query"}
        unknown = {key for key, _ in parse_qsl(parts.query)} - known
        if unknown:
            self.faults.append(f"{name}: unknown parameters {sorted(unknown)}")
        try:
            self._api.validate_request(RequestsOpenAPIRequest(theirs))
        except OpenAPIError as error:
            self.faults.append(f"{name}: {error} {error.__cause__ or ''}")

    def _template(self, path: str) -> str | None:
        """The described path with the fewest placeholders that fits."""
        fitting = [each for each in self._document["paths"] if re.fullmatch(re.sub(r"\{[^}]+\}", "[^/]+", each), path)]
        return min(fitting, key=lambda each: each.count("{"), default=None)


def _shape(body: bytes | str | None) -> str:
    """A body with its texts and numbers taken out: a hundred alike are looked at once."""
    text = body if isinstance(body, str) else (body or b"").decode()
    return re.sub(r'"(?:[^"\\]|\\.)*"(?!:)|\d+', "…", text)


@cache
def _loaded() -> tuple[dict[str, Any], OpenAPI]:
    with ZipFile(WHEEL) as wheel:
        document = json.loads(wheel.read(SPEC))
    # With its own check the document is refused: it has an empty string among the values of an enumeration.
    return document, OpenAPI.from_dict(document, config=Config(spec_validator_cls=None))


def description() -> Published:
    if not WHEEL.exists():
        missing("Atlassian's description of Jira's API", "run make specs.")
    return Published(*_loaded())


@contextmanager
def looked_at(monkeypatch: pytest.MonkeyPatch) -> Iterator[Published]:
    """Everything that is sent to a Jira Cloud within, held against the description; nothing where it is not there."""
    published, sent = Published(*_loaded()), []
    send = DeadlineAdapter.send

    def watched(self: DeadlineAdapter, request: requests.PreparedRequest, *rest: Any, **more: Any) -> Any:
        if re.match(r"(/jira)?/rest/api/", urlsplit(str(request.url)).path):
            sent.append(request.copy())  # looked at later: a call's deadline is not for us to spend
        return send(self, request, *rest, **more)

    monkeypatch.setattr(DeadlineAdapter, "send", watched)
    yield published
    for request in sent:
        published.look_at(request)

"""Stands before both trackers: counts what comes in, and lets it go wrong as the fault switch and the kill plan say.

A fault "after the commit" runs the request to its end and then loses the answer; one "before" never runs it.
"""

from __future__ import annotations

import json
import re
import socket
import struct
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from email.utils import formatdate
from http import HTTPStatus
from typing import Any

from werkzeug.wrappers import Response

from connectors.sandbox.answers import CLOCK_SHIFT
from connectors.sandbox.faults import HTTP_KINDS, Call, FaultSwitch, Rule
from connectors.sandbox.kills import KillPlan
from connectors.sandbox.sources import ALL
from connectors.sandbox.stats import Create, Stats

Environ = dict[str, Any]
StartResponse = Callable[..., Any]
Application = Callable[[Environ, StartResponse], Iterable[bytes]]

JIRA = re.compile(r"^/jira/rest/api/(?:2|3|latest)(/.*)$")
JIRA_DC = re.compile(r"^/jira-dc/rest/(?:api/(?:2|latest)|pat/latest)(/.*)$")
GITHUB = re.compile(r"^/(?:github|ghes)/api(?:/v3)?(/.*)$")
REDMINE = re.compile(r"^/redmine(/.*\.json)$")
GITLAB = re.compile(r"^/gitlab/api(?:/v4)?(/.*)$")
SOURCES = {each.name: re.compile(rf"^/{each.name}(/.*)$") for each in ALL}
APIS = {"jira": JIRA, "jira-dc": JIRA_DC, "github": GITHUB, "gitlab": GITLAB, "redmine": REDMINE, **SOURCES}
JIRA_KEY = re.compile(r"^/issue/([A-Za-z][A-Za-z0-9_]*)-\d+(?:/|$)")
GITLAB_PROJECT = re.compile(r"^/projects/(.+?)(?:/issues(?:/.*)?)?$")
GITHUB_REPO = re.compile(r"^/repos/([^/]+/[^/]+)")
READING_POSTS = frozenset({"/search/jql", "/search", "/search/approximate-count", "/issue/bulkfetch", "/graphql"})
CREATE_PATHS = {
    "jira": re.compile(r"^/issue$"),
    "jira-dc": re.compile(r"^/issue$"),
    "github": re.compile(r"^/(?:repos/[^/]+/[^/]+|repositories/\d+)/issues$"),
    "gitlab": re.compile(r"^/projects/.+/issues$"),
    "redmine": re.compile(r"^/issues\.json$"),
}
LATE = frozenset({"latency"})
SKEWED = frozenset({"clock_skew"})
FINAL = frozenset(HTTP_KINDS) - LATE - SKEWED
LOSE_CONNECTION = "sandbox.lose_connection"
TRICKLE = "sandbox.trickle"
AFTER_ANSWER = "sandbox.after_answer"


@dataclass
class Passage:
    """One request on its way through the gate."""

    call: Call
    arrived: float
    creating: bool
    route: str = ""
    outcome: str = ""
    status: int = 0
    headers: list[tuple[str, str]] = field(default_factory=list)


class Gate:
    """WSGI middleware. The socket-level faults need the sandbox's own server, which obeys the marks in `environ`."""

    def __init__(self, inner: Application, faults: FaultSwitch, stats: Stats, kills: KillPlan) -> None:
        self._inner, self._faults, self._stats, self._kills = inner, faults, stats, kills
        self.scope_of_id: Callable[[str, int], str | None] = lambda _tracker, _number: None
        self.route_of: Callable[[Environ], str] = lambda environ: environ["PATH_INFO"]
        self.clock: Callable[[], float] = time.time

    def __call__(self, environ: Environ, start_response: StartResponse) -> Iterable[bytes]:
        place = _place(environ["PATH_INFO"])
        if place is None:
            return self._inner(environ, start_response)
        method, (tracker, path) = environ["REQUEST_METHOD"], place
        call = Call(tracker, method, path, self._scope(tracker, method, path, environ))
        creating = method == "POST" and tracker in CREATE_PATHS and CREATE_PATHS[tracker].match(path) is not None
        passage = Passage(call, self.clock(), creating)
        mutating = method != "GET" and path not in READING_POSTS
        doom = self._kills.choose(call, environ) if mutating else None
        if doom is not None and doom.strike("before_request"):
            environ[LOSE_CONNECTION] = "close"
            return self._done(environ, passage, "killed_before_request")
        if doom is not None:
            doom.strike("on_arrival")
        body = self._run(environ, passage, start_response, spared=doom is not None)
        if doom is not None and doom.strike("after_commit"):
            environ[LOSE_CONNECTION] = "close"
        elif doom is not None:
            environ[AFTER_ANSWER] = lambda: doom.strike("after_answer")
        return body

    def _run(
        self, environ: Environ, passage: Passage, start_response: StartResponse, *, spared: bool
    ) -> Iterable[bytes]:
        """`spared` requests suffer no fault: a client that is killed "after the commit" must have had one."""
        skewed = self._faults.strike(passage.call, SKEWED)
        if skewed is not None:
            environ[CLOCK_SHIFT] = skewed.seconds
        late = None if spared else self._faults.strike(passage.call, LATE)
        if late is not None:
            self._stats.fault(passage.call.tracker, late.kind)
            time.sleep(late.seconds)
        rule = None if spared else self._faults.strike(passage.call, FINAL)
        if rule is not None:
            self._stats.fault(passage.call.tracker, rule.kind)
        if rule is not None and not _stores(rule):
            return self._refuse(environ, passage, rule, start_response)
        if passage.creating and (wait := self._faults.admit(passage.call.tracker, passage.call.scope)) is not None:
            limited = Rule("rate_limited", passage.call.tracker, retry_after=max(1, round(wait + 0.5)))
            return self._refuse(environ, passage, limited, start_response)
        return self._pass(environ, passage, rule, start_response)

    def _pass(
        self, environ: Environ, passage: Passage, rule: Rule | None, start_response: StartResponse
    ) -> Iterable[bytes]:
        """Run the request, so that its change is stored, and then lose or spoil the answer as the rule says."""

        def remember(status: str, headers: list[tuple[str, str]], _exc_info: Any = None) -> Callable[[bytes], Any]:
            passage.status, passage.headers = int(status[:3]), headers
            return _discard

        result = self._inner(environ, remember)
        body = list(result)
        getattr(result, "close", lambda: None)()
        if rule is None or rule.kind == "trickle":
            if rule is not None:
                environ[TRICKLE] = rule.seconds
            self._done(environ, passage, str(passage.status))
            start_response(_line(passage.status), passage.headers)
            return body
        if rule.kind == "error_after":
            self._done(environ, passage, rule.kind)
            return _error(rule, passage.call)(environ, start_response)
        return self._lose(environ, passage, rule)

    def _refuse(self, environ: Environ, passage: Passage, rule: Rule, start_response: StartResponse) -> Iterable[bytes]:
        if rule.kind in {"timeout_before", "reset_before"}:
            return self._lose(environ, passage, rule)
        response = _limited(rule, passage.call) if rule.kind == "rate_limited" else _error(rule, passage.call)
        self._done(environ, passage, str(response.status_code))
        return response(environ, start_response)

    def _lose(self, environ: Environ, passage: Passage, rule: Rule) -> Iterable[bytes]:
        self._done(environ, passage, rule.kind)
        if rule.kind.startswith("timeout"):
            time.sleep(rule.seconds)
        environ[LOSE_CONNECTION] = "reset" if rule.kind.startswith("reset") else "close"
        return []

    def _done(self, environ: Environ, passage: Passage, outcome: str) -> Iterable[bytes]:
        call = passage.call
        self._stats.request(call.tracker, call.method, self.route_of(environ), outcome)
        if passage.creating:
            stored = passage.status == HTTPStatus.CREATED
            self._stats.create(Create(call.tracker, call.scope, passage.arrived, outcome, stored))
        return []

    def _scope(self, tracker: str, method: str, path: str, environ: Environ) -> str | None:
        if tracker not in CREATE_PATHS:
            return None
        if tracker == "redmine":
            return _redmine_project(environ) if method == "POST" and path == "/issues.json" else None
        if tracker == "gitlab":
            place = GITLAB_PROJECT.match(path)
            name = place[1] if place else ""
            return self.scope_of_id("gitlab", int(name)) if name.isdigit() else name or None
        if tracker == "github":
            found = GITHUB_REPO.match(path)
            numbered = re.match(r"^/repositories/(\d+)", path)
            return self.scope_of_id(tracker, int(numbered[1])) if numbered else found[1] if found else None
        if method == "POST" and path == "/issue":
            return _project_in(environ)
        found = JIRA_KEY.match(path)
        if found:
            return found[1].upper()
        numbered = re.match(r"^/issue/(\d+)(?:/|$)", path)
        return self.scope_of_id(tracker, int(numbered[1])) if numbered else None


def _place(path: str) -> tuple[str, str] | None:
    """Whose API a path belongs to, and the path without its prefix; None: no stand-in's."""
    for name, pattern in APIS.items():
        if found := pattern.match(path):
            return name, found[1]
    return None


def _discard(_: bytes) -> None:
    """The write callable of WSGI, which nothing here uses."""


def cut(connection: socket.socket, how: str) -> None:
    """Close a connection without an answer: `reset` as RST, `close` as FIN."""
    if how == "reset":
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    else:
        connection.shutdown(socket.SHUT_RDWR)
    connection.close()


def _stores(rule: Rule) -> bool:
    return rule.kind.endswith("_after") or rule.kind == "trickle"


def _project_in(environ: Environ) -> str | None:
    """The project of a Jira create, from its body, which is put back for the application."""
    try:
        document = json.loads(environ["wsgi.input"].getvalue())
        return str(document["fields"]["project"]["key"]).upper()
    except (ValueError, KeyError, TypeError, AttributeError):
        return None


def _redmine_project(environ: Environ) -> str | None:
    """The project of a Redmine create, as its body names it."""
    try:
        return str(json.loads(environ["wsgi.input"].getvalue())["issue"]["project_id"])
    except (ValueError, KeyError, TypeError, AttributeError):
        return None


def _line(status: int) -> str:
    return f"{status} {HTTPStatus(status).phrase}"


def _limited(rule: Rule, call: Call) -> Response:
    """Jira answers 429; GitHub's secondary limit answers 403 or 429, and may leave Retry-After out."""
    status = rule.status or 429
    headers = {}
    if rule.retry_after_format == "seconds":
        headers["Retry-After"] = str(rule.retry_after)
    elif rule.retry_after_format == "date":
        headers["Retry-After"] = formatdate(time.time() + rule.retry_after, usegmt=True)
    if call.tracker.startswith("jira"):
        headers |= {"RateLimit-Reason": "jira-burst-based"} if call.tracker == "jira" else {}
        body: dict[str, Any] = {"errorMessages": ["Rate limit exceeded."], "errors": {}}
    elif call.tracker == "gitlab":
        body = {"message": "429 Too Many Requests"}
    elif call.tracker == "redmine":
        body = {"errors": ["Retry later"]}
    else:
        message = "You have exceeded a secondary rate limit. Please wait a few minutes before you try again."
        body = {"message": message, "documentation_url": "https://docs.github.com/rest", "status": str(status)}
    return Response(json.dumps(body), status, headers, mimetype="application/json")


def _error(rule: Rule, call: Call) -> Response:
    status = rule.status or 503
    if call.tracker == "github":
        words = "Bad credentials" if status == HTTPStatus.UNAUTHORIZED else HTTPStatus(status).phrase
        body = json.dumps({"message": words, "documentation_url": "https://docs.github.com/rest"})
        return Response(body, status, mimetype="application/json")
    if call.tracker == "redmine":
        return Response("", status, mimetype="application/json")
    if call.tracker == "gitlab":
        return Response(json.dumps({"message": _line(status)}), status, mimetype="application/json")
    if status == HTTPStatus.UNAUTHORIZED:
        return Response("Client must be authenticated to access this resource.", status, mimetype="text/plain")
    body = json.dumps({"errorMessages": [HTTPStatus(status).phrase], "errors": {}})
    return Response(body, status, mimetype="application/json")

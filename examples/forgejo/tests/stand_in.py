"""A Forgejo of a few lines, with state: the part of its API that the connector uses, and what it makes of texts."""

from __future__ import annotations

import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any

from flask import Flask, Response, abort, jsonify, request
from werkzeug.serving import make_server

BOT, PERSON = "token-of-the-bot", "token-of-a-person"
LOGINS = {BOT: "afteraction", PERSON: "dana"}
REPO = "acme/payments"
BASE = f"/api/v1/repos/{REPO}"
# What Forgejo acts on when it stands free in a text: a mention, an issue, a pull request.
_FREE = re.compile(r"(?:^|[\s(\[])(@[\w-]+|(?:[\w.-]+/[\w.-]+)?[#!]\d+)(?=$|[\s)\].,:;?!])", re.MULTILINE)


class Forgejo:
    """One private repository, and the views of it."""

    def __init__(self) -> None:
        self.issues: dict[int, dict[str, Any]] = {}
        self.comments: dict[int, dict[str, Any]] = {}
        self.settings = {"archived": False, "has_issues": True}
        self._given = 0
        self._lock = threading.Lock()

    def app(self) -> Flask:
        app = Flask("forgejo")
        app.before_request(self._admit)
        one = f"{BASE}/issues/<int:number>"
        for method, rule, view in (
            ("GET", "/api/v1/user", self.me),
            ("GET", BASE, self.repository),
            ("GET", f"{BASE}/assignees", self.assignees),
            ("GET", f"{BASE}/issues", self.listed),
            ("POST", f"{BASE}/issues", self.create),
            ("GET", one, self.shown),
            ("PATCH", one, self.edit),
            ("DELETE", one, self.delete),
            ("GET", f"{one}/comments", self.comments_of),
            ("POST", f"{one}/comments", self.comment),
            ("PATCH", f"{BASE}/issues/comments/<int:comment>", self.edit_comment),
        ):
            app.add_url_rule(rule, view_func=view, methods=[method])
        return app

    def effects(self, number: int) -> list[str]:
        """Whom the texts of an issue pinged, and what they referred to."""
        own = [self.issues[number]["title"], self.issues[number]["body"]]
        return [found for text in [*own, *(each["body"] for each in self._of(number))] for found in _FREE.findall(text)]

    def _admit(self) -> None:
        if _token() not in LOGINS:
            abort(401)
        if (request.view_args or {}).get("number", 0) not in {0, *self.issues}:
            abort(404)

    def _number(self) -> int:
        with self._lock:
            self._given += 1
            return self._given

    def _of(self, number: int) -> list[dict[str, Any]]:
        return [each for each in list(self.comments.values()) if each["issue"] == number]

    def _shown(self, number: int) -> dict[str, Any]:
        return {**self.issues[number], "comments": len(self._of(number))}

    def me(self) -> Response:
        return jsonify(_user(LOGINS[_token()]))

    def repository(self) -> Response:
        return jsonify(full_name=REPO, private=True, internal=False, **self.settings)

    def assignees(self) -> Response:
        return jsonify([_user(login) for login in LOGINS.values()])

    def listed(self) -> Response:
        since = datetime.fromisoformat(request.args["since"])
        every = [self._shown(number) for number in sorted(self.issues, reverse=True)]
        state = request.args.get("state", "open")
        every = [each for each in every if state in ("all", each["state"])]
        found = [each for each in every if datetime.fromisoformat(each["updated_at"]) >= since]
        page, limit = int(request.args["page"]), min(int(request.args["limit"]), 5)
        answer = jsonify(found[(page - 1) * limit : page * limit])
        if page * limit < len(found):
            answer.headers["Link"] = f'<{request.base_url}?page={page + 1}>; rel="next"'
        return answer

    def create(self) -> tuple[Response, int]:
        wanted = request.get_json()
        assignees = wanted.get("assignees", [])
        if not 0 < len(wanted["title"]) <= 255 or not set(assignees) <= set(LOGINS.values()):
            return jsonify(message="the title, or an assignee"), 422
        number, at = self._number(), _now()
        self.issues[number] = {
            "number": number,
            "title": wanted["title"],
            "body": wanted.get("body", ""),
            "state": "open",
            "user": _user(LOGINS[_token()]),
            "assignees": [_user(login) for login in assignees],
            "assignee": _user(assignees[0]) if assignees else None,
            "labels": [],
            "due_date": wanted.get("due_date"),
            "created_at": at,
            "updated_at": at,
        }
        return jsonify(self._shown(number)), 201

    def shown(self, number: int) -> Response:
        return jsonify(self._shown(number))

    def edit(self, number: int) -> tuple[Response, int]:
        self.issues[number] |= {**request.get_json(), "updated_at": _now()}
        return jsonify(self._shown(number)), 201

    def delete(self, number: int) -> tuple[str, int]:
        del self.issues[number]
        return "", 204

    def comments_of(self, number: int) -> Response:
        return jsonify(self._of(number))

    def comment(self, number: int) -> tuple[Response, int]:
        made = {"id": self._number(), "issue": number, "body": request.get_json()["body"]}
        self.comments[made["id"]] = made
        self.issues[number]["updated_at"] = _now()
        return jsonify(made), 201

    def edit_comment(self, comment: int) -> Response:
        if comment not in self.comments:
            abort(404)
        self.comments[comment]["body"] = request.get_json()["body"]
        return jsonify(self.comments[comment])


def _token() -> str:
    return request.headers.get("Authorization", "").removeprefix("token ")


def _user(login: str) -> dict[str, Any]:
    return {"login": login, "full_name": login.capitalize()}


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds")


@contextmanager
def standing(forgejo: Forgejo) -> Iterator[int]:
    """Serves it on a free port of this machine, and tells which."""
    server = make_server("127.0.0.1", 0, forgejo.app(), threaded=True)
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    try:
        yield server.server_port
    finally:
        server.shutdown()
        thread.join()

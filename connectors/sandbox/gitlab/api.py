"""The stand-in GitLab's REST API under /gitlab/api/v4, and the one GraphQL query that finds an issue by its id."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any

from flask import Blueprint, Response, g, request

from connectors.sandbox.answers import Refusal, answer, json_object, number
from connectors.sandbox.gitlab.model import Issue, Note, Project
from connectors.sandbox.gitlab.shapes import API, PREFIX, Shapes
from connectors.sandbox.gitlab.site import GitlabSite
from connectors.sandbox.seed import GitlabUser

TITLE_LIMIT, BODY_LIMIT = 255, 1_048_576
PLANNER = 15
TYPES = ("issue", "incident", "task", "test_case")


def problem(status: int, message: Any) -> Refusal:
    return Refusal(status, {"message": message})


@dataclass(frozen=True)
class Visit:
    """One authenticated request."""

    site: GitlabSite
    user: GitlabUser
    shapes: Shapes

    def body(self) -> dict[str, Any]:
        return json_object(Refusal(400, {"error": "malformed request"}))

    def project(self, name: str) -> Project:
        """Raises 404 for what the user may not see; a renamed project redirects reading and refuses writing."""
        project = self.site.project(name)
        if project is None and (moved := self.site.renamed(name)):
            if request.method != "GET":
                raise problem(405, "Non GET methods are not allowed for moved projects")
            rest = request.path.partition(f"/projects/{name}")[2]
            raise Refusal(301, {"message": "301 Moved Permanently"}, {"Location": f"{API}/projects/{moved.id}{rest}"})
        if project is None or not self.site.sees(self.user, project):
            raise problem(404, "404 Project Not Found")
        return project

    def issue(self, project: Project, iid: int) -> Issue:
        issue = self.site.issue(project.id, iid)
        if issue is None or not project.issues_enabled or not self.may_see(issue):
            raise problem(404, "404 Not found")
        return issue

    def may_see(self, issue: Issue) -> bool:
        project = self.site.project(issue.project)
        assert project is not None
        if not self.site.sees(self.user, project):
            return False
        mine = self.user.id in (issue.author, *issue.assignees)
        return not issue.confidential or mine or self.site.level(self.user, project) >= PLANNER

    def writable(self, project: Project) -> Project:
        if project.archived or not project.issues_enabled:
            raise problem(403, "403 Forbidden")
        return project


def visit() -> Visit:
    found: Visit = g.gitlab_visit
    return found


def blueprint(site: GitlabSite) -> Blueprint:
    api = Blueprint("gitlab_api", __name__)

    @api.before_request
    def _authenticate() -> None:
        given = request.headers.get("PRIVATE-TOKEN") or request.headers.get("Authorization", "").removeprefix("Bearer ")
        user = next((each for each in site.users.values() if each.token and each.token == given.strip()), None)
        if user is None:
            raise problem(401, "401 Unauthorized")
        if request.method != "GET" and "api" not in user.scopes and not request.path.endswith("/graphql"):
            body = {"error": "insufficient_scope", "error_description": "The request requires higher privileges"}
            raise Refusal(403, body)
        g.gitlab_visit = Visit(site, user, Shapes(site, request.host_url.rstrip("/")))

    @api.errorhandler(Refusal)
    def _refused(refusal: Refusal) -> Response:
        return answer(refusal.body, refusal.status, refusal.headers)

    api.add_url_rule(f"{API}/user", view_func=user)
    api.add_url_rule(f"{API}/personal_access_tokens/self", view_func=token)
    api.add_url_rule(f"{API}/users/<int:number>", view_func=read_user)
    api.add_url_rule(f"{API}/issues", view_func=all_issues)
    api.add_url_rule(f"{PREFIX}/api/graphql", view_func=graphql, methods=["POST"])
    for rule, method, view in (
        ("", "GET", read_project),
        ("/members/all", "GET", list_members),
        ("/issues", "GET", list_issues),
        ("/issues", "POST", create),
        ("/issues/<int:iid>", "GET", read),
        ("/issues/<int:iid>", "PUT", edit),
        ("/issues/<int:iid>/notes", "GET", list_notes),
        ("/issues/<int:iid>/notes", "POST", add_note),
        ("/issues/<int:iid>/notes/<int:note_id>", "PUT", edit_note),
    ):
        # A path in an address is one part there (acme%2Fpay), which werkzeug has unquoted by now.
        api.add_url_rule(f"{API}/projects/<path:project>{rule}", view.__name__, _with_project(view), methods=[method])
    return api


def _with_project(view: Callable[..., Response]) -> Callable[..., Response]:
    def wrapped(project: str, **rest: Any) -> Response:
        return view(visit().project(project), **rest)

    return wrapped


def user() -> Response:
    return answer(visit().shapes.person(visit().user))


def read_user(number: int) -> Response:
    now = visit()
    if number not in now.site.users:
        raise problem(404, "404 User Not Found")
    return answer(now.shapes.user(number))


def list_members(project: Project) -> Response:
    now, wanted = visit(), request.args.getlist("user_ids[]")
    found = [
        {**now.shapes.person(each), "access_level": level, "membership_state": "active"}
        for each in now.site.users.values()
        if (level := now.site.level(each, project)) and now.site.sees(each, project)
    ]
    return _paged([each for each in found if not wanted or str(each["id"]) in wanted])


def token() -> Response:
    now = visit().user
    scopes = list(now.scopes)
    about = {"id": now.id, "name": "Afteraction", "revoked": False, "scopes": scopes, "user_id": now.id}
    return answer({**about, "active": True, "expires_at": now.token_expires_at})


def graphql() -> Response:
    """`issue(id:)` alone."""
    now = visit()
    body = now.body()
    found = re.fullmatch(r"gid://gitlab/Issue/(\d+)", str((body.get("variables") or {}).get("id", "")))
    if "issue(id: $id)" not in str(body.get("query", "")) or found is None:
        return answer({"errors": [{"message": "The sandbox knows issue(id: $id) alone."}]})
    issue = now.site.by_id(int(found[1]))
    if issue is None or issue.deleted or not now.may_see(issue):
        return answer({"data": {"issue": None}})
    return answer({"data": {"issue": {"iid": str(issue.iid), "projectId": issue.project}}})


def read_project(project: Project) -> Response:
    return answer(visit().shapes.project(project, visit().user))


def all_issues() -> Response:
    mine = request.args.get("scope", "created_by_me") == "created_by_me"
    return _page([each for each in visit().site.listed() if not mine or each.author == visit().user.id])


def list_issues(project: Project) -> Response:
    if not project.issues_enabled:
        raise problem(403, "403 Forbidden")
    return _page([each for each in visit().site.listed() if each.project == project.id])


def _page(issues: list[Issue]) -> Response:
    now = visit()
    asked = _Filters()
    found = [each for each in issues if asked.passes(each) and now.may_see(each)]
    by = "updated" if request.args.get("order_by") == "updated_at" else "created"
    found.sort(key=lambda each: (getattr(each, by), each.id), reverse=request.args.get("sort", "desc") == "desc")
    return _paged([now.shapes.issue(each) for each in found])


def _paged(items: list[Any]) -> Response:
    size, page = max(1, number("per_page", 20, 100)), max(1, number("page", 1, 10**6))
    shown = items[(page - 1) * size : page * size]
    following = str(page + 1) if page * size < len(items) else ""
    return answer(shown, 200, {"X-Page": str(page), "X-Per-Page": str(size), "X-Next-Page": following})


class _Filters:
    """The query of a list."""

    def __init__(self) -> None:
        asked = request.args
        self.state = asked.get("state", "all")
        self.labels = {each for each in asked.get("labels", "").split(",") if each}
        self.search, self.within = asked.get("search", "").lower(), asked.get("in", "title,description").split(",")
        self.iids = {int(each) for each in asked.getlist("iids[]") if each.isdigit()}
        self.author = asked.get("author_id")
        self.bounds = {name: _ms(name) for name in ("created_after", "updated_after")}

    def passes(self, issue: Issue) -> bool:
        texts = " ".join(getattr(issue, name) for name in self.within if name in ("title", "description")).lower()
        return (
            self.state in ("all", issue.state)
            and set(issue.labels) >= self.labels
            and self.search in texts
            and (not self.iids or issue.iid in self.iids)
            and (self.author is None or str(issue.author) == self.author)
            and all(at is None or getattr(issue, name.partition("_")[0]) >= at for name, at in self.bounds.items())
        )


def _ms(name: str) -> int | None:
    text = request.args.get(name)
    if text is None:
        return None
    try:
        at = datetime.fromisoformat(text)
    except ValueError as error:
        raise Refusal(400, {"error": f"{name} is invalid"}) from error
    return int((at if at.tzinfo else at.replace(tzinfo=UTC)).timestamp() * 1000)


def create(project: Project) -> Response:
    now = visit()
    body = now.body()
    if not str(body.get("title") or "").strip():
        raise Refusal(400, {"error": "title is missing"})
    values = _values(now.writable(project), body, ())
    return answer(now.shapes.issue(now.site.create(project.id, now.user.id, values)), 201)


def _values(project: Project, body: dict[str, Any], labels: tuple[str, ...]) -> dict[str, Any]:
    """What a create or edit sets. Without a role labels, dates and assignees are left out without a word."""
    now = visit()
    values: dict[str, Any] = {}
    for name, limit in (("title", TITLE_LIMIT), ("description", BODY_LIMIT)):
        if body.get(name) is not None:
            values[name] = _text(name, body[name], limit)
    if body.get("state_event"):
        values["state"] = {"close": "closed", "reopen": "opened"}.get(str(body["state_event"]))
        if values["state"] is None:
            raise Refusal(400, {"error": "state_event does not have a valid value"})
    if "confidential" in body:
        values["confidential"] = bool(body["confidential"])
    if body.get("issue_type"):
        if body["issue_type"] not in TYPES:
            raise Refusal(400, {"error": "issue_type does not have a valid value"})
        values["issue_type"] = body["issue_type"]
    if now.site.level(now.user, project) < PLANNER:
        return values
    if any(name in body for name in ("labels", "add_labels", "remove_labels")):
        kept = _names(body["labels"]) if "labels" in body else labels
        gone = _names(body.get("remove_labels"))
        added = (*(each for each in kept if each not in gone), *_names(body.get("add_labels")))
        values["labels"] = tuple(dict.fromkeys(added))
    if "due_date" in body:
        values["due"] = _day(body["due_date"])
    if "assignee_ids" in body:
        users = (now.site.users.get(each) for each in body["assignee_ids"] or ())
        known = [each.id for each in users if each is not None and now.site.sees(each, project)]
        values["assignees"] = tuple(known[:1])  # more than one needs a licence
    return values


def _text(name: str, value: Any, limit: int) -> str:
    text = str(value)
    if len(text) > limit:
        raise problem(400, {name: [f"is too long (maximum is {limit} characters)"]})
    return text


def _names(given: Any) -> tuple[str, ...]:
    parts = given.split(",") if isinstance(given, str) else list(given or ())
    return tuple(str(each).strip() for each in parts if str(each).strip())


def _day(text: Any) -> str | None:
    if not text:
        return None
    try:
        return date.fromisoformat(str(text)).isoformat()
    except ValueError as error:
        raise Refusal(400, {"error": "due_date is invalid"}) from error


def read(project: Project, iid: int) -> Response:
    return answer(visit().shapes.issue(visit().issue(project, iid)))


def edit(project: Project, iid: int) -> Response:
    now = visit()
    issue = now.issue(now.writable(project), iid)
    if issue.author != now.user.id and now.site.level(now.user, project) < PLANNER:
        raise problem(403, "403 Forbidden")
    values = _values(project, now.body(), issue.labels)
    return answer(now.shapes.issue(now.site.edit(issue.id, now.user.id, values)))


def list_notes(project: Project, iid: int) -> Response:
    now = visit()
    issue = now.issue(project, iid)
    only = request.args.get("activity_filter", "all_notes") == "only_comments"
    notes = [each for each in issue.notes if not (only and each.system)]
    if request.args.get("sort", "desc") == "desc":
        notes.reverse()
    return _paged([now.shapes.note(each, issue) for each in notes])


def add_note(project: Project, iid: int) -> Response:
    now = visit()
    issue = now.issue(now.writable(project), iid)
    text = _text("note", now.body().get("body") or "", BODY_LIMIT)
    if not text.strip():
        raise Refusal(400, {"error": "body is missing"})
    note = now.site.note(issue.id, now.user.id, text)
    if note is None:
        return answer({"commands_changes": {}, "summary": ["Applied the command."]}, 202)
    return answer(now.shapes.note(note, issue), 201)


def edit_note(project: Project, iid: int, note_id: int) -> Response:
    now = visit()
    issue = now.issue(now.writable(project), iid)
    found: Note | None = next((each for each in issue.notes if each.id == note_id), None)
    if found is None:
        raise problem(404, "404 Note Not Found")
    if found.author != now.user.id:
        raise problem(403, "403 Forbidden")
    text = _text("note", now.body().get("body") or "", BODY_LIMIT)
    return answer(now.shapes.note(now.site.edit_note(issue.id, note_id, now.user.id, text), issue))

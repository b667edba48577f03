"""The stand-in Redmine's REST API under /redmine, as 5.0 answers. https://www.redmine.org/projects/redmine/wiki/Rest_api"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any

from flask import Blueprint, Response, g, request

from connectors.sandbox.answers import Refusal, answer, json_object, number
from connectors.sandbox.redmine.model import PRIORITIES, STATUSES, TRACKERS, Issue, is_closed, name_of
from connectors.sandbox.redmine.site import RedmineSite
from connectors.sandbox.seed import RedmineProject, RedmineUser

PREFIX = "/redmine"
SUBJECT_LIMIT = 255
MANAGER, REPORTER = 3, 5


def refused(*errors: str) -> Refusal:
    return Refusal(422, {"errors": list(errors)})


def instant(ms: int) -> str:
    return f"{datetime.fromtimestamp(ms // 1000, tz=UTC):%Y-%m-%dT%H:%M:%SZ}"


@dataclass(frozen=True)
class Visit:
    """One request; `user` None: nobody, or a key that Redmine does not know, which is the same to it."""

    site: RedmineSite
    user: RedmineUser | None

    def someone(self) -> RedmineUser:
        if self.user is None:
            raise Refusal(401, None)
        return self.user

    def project(self, name: str | int) -> RedmineProject:
        project = self.site.project(name)
        if project is None:
            raise Refusal(404, None)
        if not self.sees(project):
            raise Refusal(401 if self.user is None else 403, None)
        return project

    def sees(self, project: RedmineProject) -> bool:
        if self.user is None:
            return project.is_public
        return self.user.login not in project.hidden_from

    def may(self, permission: str, project: int) -> bool:
        place = self.site.projects[project]
        return self.user is not None and self.sees(place) and permission in self.site.permissions(self.user, place)

    def issue(self, issue_id: int) -> Issue:
        issue = self.site.issue(issue_id)
        if issue is None:
            raise Refusal(404, None)
        if not self.shows(issue):
            raise Refusal(401 if self.user is None else 403, None)
        return issue

    def shows(self, issue: Issue) -> bool:
        return self.sees(self.site.projects[issue.project]) and not (issue.private and self.user is None)


def visit() -> Visit:
    found: Visit = g.redmine_visit
    return found


def blueprint(site: RedmineSite) -> Blueprint:
    api = Blueprint("redmine_api", __name__, url_prefix=PREFIX)

    @api.before_request
    def _enter() -> None:
        key = request.headers.get("X-Redmine-API-Key", "")
        user = next((each for each in site.users.values() if each.key and each.key == key), None)
        g.redmine_visit = Visit(site, user)

    @api.errorhandler(Refusal)
    def _refused(refusal: Refusal) -> Response:
        return answer(refusal.body, refusal.status, refusal.headers)

    for rule, method, view in (
        ("/users/current.json", "GET", me),
        ("/roles/<int:role>.json", "GET", role_of),
        ("/trackers.json", "GET", trackers),
        ("/enumerations/issue_priorities.json", "GET", priorities),
        ("/projects/<name>.json", "GET", read_project),
        ("/issues.json", "GET", list_issues),
        ("/issues.json", "POST", create),
        ("/issues/<int:issue_id>.json", "GET", read),
        ("/issues/<int:issue_id>.json", "PUT", edit),
        ("/issues/<int:issue_id>/relations.json", "POST", relate),
        ("/journals/<int:note_id>.json", "PUT", edit_note),
    ):
        api.add_url_rule(rule, view.__name__, view, methods=[method])
    return api


def me() -> Response:
    now = visit()
    user = now.someone()
    about: dict[str, Any] = {"id": user.id, "login": user.login, "admin": False, "firstname": user.name}
    if "memberships" in request.args.get("include", ""):
        places = [each for each in now.site.projects.values() if now.sees(each)]
        about["memberships"] = [
            {"id": each.id, "project": {"id": each.id, "name": each.name}, "roles": [{"id": each.id, "name": "Role"}]}
            for each in places
        ]
    return answer({"user": about})


def role_of(role: int) -> Response:
    """Each project of the sandbox has a role of its own, of the project's number."""
    now = visit()
    user, project = now.someone(), now.project(role)
    permissions = sorted(now.site.permissions(user, project))
    return answer({"role": {"id": role, "name": "Role", "permissions": permissions}})


def trackers() -> Response:
    return answer({"trackers": [{"id": number, "name": name} for number, name in TRACKERS]})


def priorities() -> Response:
    return answer({"issue_priorities": [{"id": number, "name": name} for number, name in PRIORITIES]})


def read_project(name: str) -> Response:
    project = visit().project(name)
    about: dict[str, Any] = {"id": project.id, "name": project.name, "identifier": project.identifier}
    about |= {"status": project.status, "is_public": project.is_public}
    if "trackers" in request.args.get("include", ""):
        modules = [{"id": 1, "name": "issue_tracking"}] if project.issues_enabled else []
        fields = [{"id": each.id, "name": each.name} for each in visit().site.seed.fields]
        listed = [{"id": number, "name": word} for number, word in TRACKERS]
        about |= {"trackers": listed, "enabled_modules": modules, "issue_custom_fields": fields}
    return answer({"project": about})


def shape(issue: Issue, *, includes: str = "") -> dict[str, Any]:
    now = visit()
    site = now.site
    document: dict[str, Any] = {
        "id": issue.id,
        "project": {"id": issue.project, "name": site.projects[issue.project].name},
        "tracker": {"id": issue.tracker, "name": name_of(TRACKERS, issue.tracker)},
        "status": _status(issue.status),
        "priority": {"id": issue.priority, "name": name_of(PRIORITIES, issue.priority)},
        "author": {"id": issue.author, "name": site.users[issue.author].name},
        "subject": issue.subject,
        "description": issue.description.replace("\n", "\r\n"),
        "due_date": issue.due,
        "is_private": issue.private,
        "custom_fields": [
            {"id": each.id, "name": each.name, "value": issue.custom.get(str(each.id))} for each in site.seed.fields
        ],
        "created_on": instant(issue.created),
        "updated_on": instant(issue.updated),
    }
    if issue.assigned:
        document["assigned_to"] = {"id": issue.assigned, "name": site.users[issue.assigned].name}
    if issue.parent:
        document["parent"] = {"id": issue.parent}
    if "relations" in includes:
        document["relations"] = [_relation(issue)] if issue.duplicates else []
    if "journals" in includes:
        document["journals"] = [
            {
                "id": note.id,
                "user": {"id": note.author},
                "notes": note.notes,
                "created_on": instant(note.created),
                "details": [dict(each) for each in note.details],
            }
            for note in issue.notes
        ]
    if "allowed_statuses" in includes:
        every = now.may("edit_issues", issue.project)
        document["allowed_statuses"] = [_status(each[0]) for each in STATUSES if every or each[0] == issue.status]
    return document


def _status(status: int) -> dict[str, Any]:
    return {"id": status, "name": name_of(STATUSES, status), "is_closed": is_closed(status)}


def _relation(issue: Issue) -> dict[str, Any]:
    return {"id": issue.row, "issue_id": issue.id, "issue_to_id": issue.duplicates, "relation_type": "duplicates"}


def list_issues() -> Response:
    """A key that is not known lists what nobody sees: nothing, with 200."""
    now, asked = visit(), request.args
    found = [each for each in now.site.listed() if now.shows(each) and _asked_for(each)]
    name, _, way = asked.get("sort", "id:desc").split(",")[0].partition(":")
    by = {"updated_on": "updated", "created_on": "created"}.get(name, "id")
    found.sort(key=lambda each: (getattr(each, by), each.id), reverse=way == "desc")
    limit, offset = min(max(number("limit", 25, 10**6), 1), 100), number("offset", 0, 10**9)
    page = [shape(each, includes=asked.get("include", "")) for each in found[offset : offset + limit]]
    return answer({"issues": page, "total_count": len(found), "offset": offset, "limit": limit})


def _asked_for(issue: Issue) -> bool:
    now, asked = visit(), request.args
    ids, wanted = asked.get("issue_id"), asked.get("project_id")
    project = now.site.project(wanted) if wanted else None
    custom = [(name.removeprefix("cf_"), value) for name, value in asked.items() if name.startswith("cf_")]
    return (
        (asked.get("status_id") == "*" or not is_closed(issue.status))
        and (ids is None or str(issue.id) in ids.split(","))
        and (wanted is None or (project is not None and project.id == issue.project))
        and (asked.get("author_id") != "me" or (now.user is not None and issue.author == now.user.id))
        and asked.get("description", "~").removeprefix("~").lower() in issue.description.lower()
        and issue.updated >= _since(asked.get("updated_on"))
        and all(issue.custom.get(name) == value for name, value in custom)
    )


def _since(text: str | None) -> int:
    if text is None:
        return 0
    try:
        # To the second: what is stored finer passes from the second before.
        return int(datetime.fromisoformat(text.removeprefix(">=")).timestamp() * 1000) - 999
    except ValueError as error:
        raise refused("Updated is invalid") from error


def create() -> Response:
    now = visit()
    user = now.someone()
    body = _body()
    project = now.site.project(str(body.get("project_id", "")))
    if project is None or not now.sees(project):
        raise refused("Project cannot be blank")
    if project.status != 1 or not now.may("add_issues", project.id):
        raise Refusal(403, None)
    values = _values(project, user, body, {})
    values.setdefault("subject", "")
    _validate(project, values, body)
    return answer({"issue": shape(now.site.create(project.id, user.id, values))}, 201)


def _body() -> dict[str, Any]:
    found = json_object(Refusal(400, None)).get("issue")
    if not isinstance(found, dict):
        raise Refusal(400, None)
    return found


def _values(
    project: RedmineProject, user: RedmineUser, body: Mapping[str, Any], before: Mapping[str, str]
) -> dict[str, Any]:
    granted = visit().site.permissions(user, project)
    values: dict[str, Any] = {}
    names = {"subject": "subject", "tracker_id": "tracker", "status_id": "status", "priority_id": "priority"}
    for name, ours in {**names, "assigned_to_id": "assigned", "parent_issue_id": "parent"}.items():
        if body.get(name) is not None:
            values[ours] = body[name]
    if "description" in body:
        values["description"] = str(body["description"] or "").replace("\r\n", "\n")
    if body.get("due_date"):
        values["due"] = body["due_date"]
    if "is_private" in body and granted & {"set_issues_private", "set_own_issues_private"}:
        values["private"] = bool(body["is_private"])
    if body.get("custom_fields"):
        values["custom"] = {**before, **{str(each["id"]): str(each["value"]) for each in body["custom_fields"]}}
    if "manage_subtasks" not in granted:
        values.pop("parent", None)
    return values


def _validate(project: RedmineProject, values: dict[str, Any], body: Mapping[str, Any]) -> None:
    """All that is wrong at once, in English, as Redmine's own validation says it."""
    site = visit().site
    errors = _custom_errors(project, values.get("custom", {}))
    if not str(values.get("subject", "-")).strip():
        errors.append("Subject cannot be blank")
    if len(str(values.get("subject", ""))) > SUBJECT_LIMIT:
        errors.append(f"Subject is too long (maximum is {SUBJECT_LIMIT} characters)")
    if "due" in values and not _is_day(values["due"]):
        errors.append("Due date is not a valid date")
    elif "due" in values and "start_date" not in body and values["due"] < datetime.now(UTC).date().isoformat():
        errors.append("Due date must be greater than start date")
    for name, known, word in (("tracker", TRACKERS, "Tracker"), ("priority", PRIORITIES, "Priority")):
        if name in values and values[name] not in {each[0] for each in known}:
            errors.append(f"{word} cannot be blank")
    if "assigned" in values and (values["assigned"] not in site.users or site.users[values["assigned"]].outsider):
        errors.append("Assignee is invalid")
    if "parent" in values and site.issue(int(values["parent"])) is None:
        errors.append("Parent task is invalid")
    if errors:
        raise refused(*errors)


def _custom_errors(project: RedmineProject, given: Mapping[str, str]) -> list[str]:
    errors = []
    for each in visit().site.seed.fields:
        value = given.get(str(each.id), "")
        if each.required_in == project.identifier and not value:
            errors.append(f"{each.name} cannot be blank")
        elif value and each.options and value not in each.options:
            errors.append(f"{each.name} is not included in the list")
    return errors


def _is_day(text: Any) -> bool:
    try:
        return re.fullmatch(r"\d{4}-\d\d-\d\d", str(text)) is not None and bool(date.fromisoformat(str(text)))
    except ValueError:
        return False


def read(issue_id: int) -> Response:
    return answer({"issue": shape(visit().issue(issue_id), includes=request.args.get("include", ""))})


def edit(issue_id: int) -> Response:
    """204, whether anything was changed or not: what a role forbids is passed over."""
    now = visit()
    user, issue, body = now.someone(), now.issue(issue_id), _body()
    project = now.site.projects[issue.project]
    own = issue.author == user.id and now.may("edit_own_issues", issue.project)
    if now.may("edit_issues", issue.project) or own:
        values = _values(project, user, body, issue.custom)
        _validate(project, {"custom": issue.custom, **values}, {**body, "start_date": None})
        if "status" in values and values["status"] not in {each[0] for each in STATUSES}:
            values.pop("status")
        now.site.edit(issue.row, values, user.id)
    if body.get("notes") and now.may("add_issue_notes", issue.project):
        now.site.note(issue.row, user.id, str(body["notes"]))
    return answer(None, 204)


def relate(issue_id: int) -> Response:
    now = visit()
    user, issue = now.someone(), now.issue(issue_id)
    found = json_object(Refusal(400, None)).get("relation") or {}
    other = now.site.issue(int(found.get("issue_to_id", 0)))
    if other is None or other.row == issue.row or issue.duplicates or found.get("relation_type") != "duplicates":
        raise refused("Related issue is invalid")
    issue = now.site.edit(issue.row, {"duplicates": other.id}, user.id)
    return answer({"relation": _relation(issue)}, 201)


def edit_note(note_id: int) -> Response:
    now = visit()
    user, found = now.someone(), now.site.find_note(note_id)
    if found is None:
        raise Refusal(404, None)
    issue, note = found
    own = note.author == user.id and now.may("edit_own_issue_notes", issue.project)
    if not own and not now.may("edit_issue_notes", issue.project):
        raise Refusal(403, None)
    text = json_object(Refusal(400, None)).get("journal", {}).get("notes", "")
    now.site.edit_note(issue, note_id, str(text))
    return answer(None, 204)

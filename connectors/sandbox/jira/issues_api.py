"""Issues of the stand-in Jira over REST: create, read, edit, transition, comment, link."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any

from flask import Blueprint, Response, request

from connectors.sandbox.answers import answer
from connectors.sandbox.jira import changes
from connectors.sandbox.jira.door import NO_ISSUE, Visit, page_of, problem, visit
from connectors.sandbox.jira.fields import NOT_ON_SCREEN, Fields, read_markup
from connectors.sandbox.jira.model import LINK_TYPES, RESOLUTIONS, Comment, Issue, Markup
from connectors.sandbox.seed import Project, Status


def register(api: Blueprint) -> None:
    for rule, method, view in RULES:
        api.add_url_rule(rule, f"{view.__name__}", view, methods=[method])


def create() -> Response:
    now = visit()
    body = now.body()
    fields = body.get("fields") or {}
    project = _project(now, fields.get("project"))
    issue_type = _type(now, project, fields.get("issuetype"))
    draft = Fields(now.site, project, now.version).read(body, issue_type=issue_type)
    if draft.refused:
        raise problem(400, *draft.messages, **draft.errors)
    values = {"priority": "Medium" if "priority" in project.screen else None, **draft.values, "issue_type": issue_type}
    values["properties"] = _properties(body.get("properties")) if now.site.cloud else {}
    issue = now.site.create(now.user.account_id, project.key, values)
    return answer(now.shapes.reference(issue), 201)


def _project(now: Visit, given: Any) -> Project:
    wanted = given if isinstance(given, Mapping) else {}
    project = now.site.find_project(str(wanted.get("id") or wanted.get("key") or ""))
    if project is None or not now.site.may(now.user.account_id, "BROWSE_PROJECTS", project):
        raise problem(400, project="Specify a valid project ID or key")
    return now.project(project.key, "CREATE_ISSUES")


def _type(now: Visit, project: Project, given: Any) -> str:
    wanted = given if isinstance(given, Mapping) else {}
    for name in project.issue_types:
        if wanted.get("name") == name or wanted.get("id") == now.shapes.issue_type(name)["id"]:
            return name
    raise problem(400, issuetype="Specify a valid issue type")


def _properties(given: Any) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for each in given or []:
        if not isinstance(each, Mapping) or not each.get("key") or "value" not in each:
            raise problem(400, "Each property needs a key and a value.")
        if len(str(each["key"])) > 255 or len(json.dumps(each["value"])) > 32_768:
            raise problem(400, "The property key or value is too long.")
        found[str(each["key"])] = each["value"]
    return found


def read(key: str) -> Response:
    now = visit()
    issue = now.issue(key)
    names = [name for name in request.args.get("fields", "*all").split(",") if name]
    properties = [name for name in request.args.get("properties", "").split(",") if name]
    document = now.shapes.issue(issue, names, properties)
    if "changelog" in request.args.get("expand", ""):
        document["changelog"] = page_of([now.shapes.change(each) for each in reversed(issue.history)], "histories")
    return answer(document)


def edit(key: str) -> Response:
    now = visit()
    issue = now.issue(key, "EDIT_ISSUES")
    body = now.body()
    draft = Fields(now.site, now.site.projects[issue.project], now.version).read(body, issue)
    if draft.refused:
        raise problem(400, *draft.messages, **draft.errors)
    if "properties" in body:
        draft.values["properties"] = {**issue.properties, **_properties(body["properties"])}
    changes.apply(now.site, issue, now.user.account_id, draft.values)
    _comment_from(now, issue, body)
    return answer(None, 204)


def _comment_from(now: Visit, issue: Issue, body: Mapping[str, Any]) -> None:
    for operation in (body.get("update") or {}).get("comment", []):
        if "add" in operation:
            now.site.comment(issue.id, now.user.account_id, _markup(now, operation["add"]))


def delete(key: str) -> Response:
    now = visit()
    now.site.delete(now.issue(key, "DELETE_ISSUES").id, now.user.account_id)
    return answer(None, 204)


def assign(key: str) -> Response:
    now = visit()
    issue = now.issue(key, "ASSIGN_ISSUES")
    body = now.body()
    named = now.site.named(str(body.get("name", "")))
    account = body.get("accountId") if now.site.cloud else named.account_id if named else body.get("name")
    account = None if account == "-1" else account
    if account is not None and not now.site.assignable(account, now.site.projects[issue.project]):
        raise problem(400, assignee=f"User '{account}' cannot be assigned issues.")
    changes.apply(now.site, issue, now.user.account_id, {"assignee": account})
    return answer(None, 204)


def transitions(key: str) -> Response:
    now = visit()
    issue = now.issue(key)
    project = now.site.projects[issue.project]
    if not now.site.may(now.user.account_id, "TRANSITION_ISSUES", project):
        return answer({"expand": "transitions", "transitions": []})
    found = []
    for number, status in enumerate(project.statuses):
        if status.after is not None and issue.status not in status.after:
            continue
        shape = now.shapes.transition(number, status)
        if "transitions.fields" in request.args.get("expand", ""):
            shape["fields"] = _screen(now, project, status)
        found.append(shape)
    return answer({"expand": "transitions", "transitions": found})


def _screen(now: Visit, project: Project, status: Status) -> dict[str, Any]:
    """What the screen of the step to a status shows: the resolution at the end, and what the status needs."""
    screen: dict[str, Any] = {}
    if status.category == "done":
        values = [now.shapes.resolution(name) for name in RESOLUTIONS]
        field = {"required": project.resolution_required, "name": "Resolution", "key": "resolution"}
        schema = {"type": "resolution", "system": "resolution"}
        screen["resolution"] = {**field, "schema": schema, "operations": ["set"], "allowedValues": values}
    for custom in project.fields:
        if custom.id in status.needs:
            shape = now.shapes.custom_field(custom)
            field = {"required": True, "name": custom.name, "key": custom.id, "hasDefaultValue": False}
            screen[custom.id] = {**field, "schema": shape["schema"], "operations": ["set"]}
    return screen


def transition(key: str) -> Response:
    now = visit()
    issue = now.issue(key, "TRANSITION_ISSUES")
    project = now.site.projects[issue.project]
    body = now.body()
    wanted = str((body.get("transition") or {}).get("id", ""))
    status = next((each for n, each in enumerate(project.statuses) if wanted == str(11 + 10 * n)), None)
    if status is None or (status.after is not None and issue.status not in status.after):
        raise problem(400, f"Transition id '{wanted}' is not valid for this issue.")
    fields = dict(body.get("fields") or {})
    resolution = _resolution(now, fields.pop("resolution", None))
    if status.category == "done" and project.resolution_required and not (resolution or status.resolution):
        raise problem(400, resolution="Resolution is required.")
    others = [name for name in fields if name not in status.needs]
    if (resolution and status.category != "done") or others:
        raise problem(400, **{name: NOT_ON_SCREEN.format(name) for name in others or ["resolution"]})
    draft = Fields(now.site, project, now.version).read({"fields": fields}, issue)
    missing = [each.name for each in project.fields if each.id in status.needs and draft.custom.get(each.id) is None]
    if draft.refused or missing:
        raise problem(400, *draft.messages, *(f"{name} is required." for name in missing), **draft.errors)
    issue = changes.apply(now.site, issue, now.user.account_id, draft.values)
    moved = changes.transition(now.site, issue, now.user.account_id, status, resolution)
    _comment_from(now, moved, body)
    return answer(None, 204)


def _resolution(now: Visit, given: Any) -> str | None:
    if given is None:
        return None
    wanted = given if isinstance(given, Mapping) else {}
    for name in RESOLUTIONS:
        shape = now.shapes.resolution(name) or {}
        if wanted.get("name") == name or wanted.get("id") == shape["id"]:
            return name
    raise problem(400, resolution="The resolution selected is invalid.")


def comments(key: str) -> Response:
    now = visit()
    issue = now.issue(key)
    found = sorted(issue.comments, key=lambda comment: comment.created)
    if request.args.get("orderBy", "").startswith("-"):
        found.reverse()
    return answer(page_of([now.shapes.comment(issue, each) for each in found], "comments"))


def _markup(now: Visit, given: Any) -> Markup:
    value = given.get("body") if isinstance(given, Mapping) else None
    try:
        markup = read_markup(value, now.version)
    except ValueError as error:
        raise problem(400, comment=str(error)) from error
    if markup is None:
        raise problem(400, comment="Comment body can not be empty!")
    return markup


def add_comment(key: str) -> Response:
    now = visit()
    issue = now.issue(key, "ADD_COMMENTS")
    comment = now.site.comment(issue.id, now.user.account_id, _markup(now, now.body()))
    return answer(now.shapes.comment(issue, comment), 201)


def _comment(issue: Issue, comment_id: int) -> Comment:
    comment = next((each for each in issue.comments if each.id == comment_id), None)
    if comment is None:
        raise problem(404, f"Can not find a comment for the id: {comment_id}.")
    return comment


def read_comment(key: str, comment_id: int) -> Response:
    now = visit()
    issue = now.issue(key)
    return answer(now.shapes.comment(issue, _comment(issue, comment_id)))


def edit_comment(key: str, comment_id: int) -> Response:
    now = visit()
    issue = now.issue(key)
    own = _comment(issue, comment_id).author == now.user.account_id
    now.issue(key, "EDIT_OWN_COMMENTS" if own else "EDIT_ALL_COMMENTS")
    comment = now.site.edit_comment(issue.id, comment_id, now.user.account_id, _markup(now, now.body()))
    return answer(now.shapes.comment(issue, comment))


def changelog(key: str) -> Response:
    now = visit()
    issue = now.issue(key)
    page = page_of([now.shapes.change(each) for each in issue.history], "values", default=100)
    return answer({**page, "isLast": page["startAt"] + len(page["values"]) >= page["total"]})


def read_property(key: str, name: str) -> Response:
    issue = visit().issue(key)
    if name not in issue.properties:
        raise problem(404, f"The property {name} does not exist.")
    return answer({"key": name, "value": issue.properties[name]})


def write_property(key: str, name: str) -> Response:
    now = visit()
    issue = now.issue(key, "EDIT_ISSUES")
    try:
        value = json.loads(request.get_data())
    except ValueError as error:
        raise problem(400, "The value of a property must be JSON.") from error
    changes.apply(now.site, issue, now.user.account_id, {"properties": {**issue.properties, name: value}})
    return answer(None, 200 if name in issue.properties else 201)


def remote_links(key: str) -> Response:
    now = visit()
    issue = now.issue(key)
    wanted = request.args.get("globalId")
    own = f"{now.shapes.rest}/issue/{issue.key}/remotelink"
    found = [{**each, "self": f"{own}/{each['id']}"} for each in issue.remote_links]
    return answer([each for each in found if wanted is None or each.get("globalId") == wanted])


def set_remote_link(key: str) -> Response:
    """With a globalId that the issue has, the link is replaced whole: what the request leaves out is lost."""
    now = visit()
    issue = now.issue(key, "LINK_ISSUES")
    body = now.body()
    target = body.get("object") or {}
    missing = {name: f"'{name}' is required." for name in ("url", "title") if not target.get(name)}
    if missing:
        raise problem(400, **missing)
    with now.site.lock:
        issue = now.site.find(str(issue.id)) or issue
        same = [each for each in issue.remote_links if body.get("globalId") and each["globalId"] == body["globalId"]]
        number = same[0]["id"] if same else issue.id * 100 + len(issue.remote_links)
        stored = {name: body.get(name) for name in ("globalId", "application", "relationship", "object")}
        others = tuple(each for each in issue.remote_links if each["id"] != number)
        now.site.edit(issue.id, now.user.account_id, {"remote_links": (*others, {"id": number, **stored})})
    own = f"{now.shapes.rest}/issue/{issue.key}/remotelink/{number}"
    return answer({"id": number, "self": own}, 200 if same else 201)


def link() -> Response:
    now = visit()
    body = now.body()
    wanted = body.get("type") or {}
    names = [each[0] for each in LINK_TYPES]
    known = {now.shapes.link_type(name)["id"]: name for name in names}
    name = wanted.get("name") if wanted.get("name") in names else known.get(str(wanted.get("id")))
    if name is None:
        raise problem(404, f"No issue link type with name '{wanted.get('name')}' found.")
    ends = {}
    for side in ("inwardIssue", "outwardIssue"):
        given = body.get(side) or {}
        found = now.site.find(str(given.get("id") or given.get("key") or ""))
        if found is None or not now.sees(found):
            raise problem(404, NO_ISSUE)
        ends[side] = now.issue(str(found.id), "LINK_ISSUES")
    inward, outward = ends["inwardIssue"], ends["outwardIssue"]
    identity = str(inward.id * 10_000 + len(inward.links))
    # The issue given as inward shows the other one as its outwardIssue, and the other way round.
    for issue, other, side in ((inward, outward, "outwardIssue"), (outward, inward, "inwardIssue")):
        _link(now, issue, {"id": identity, "type": name, "issue": other.id, "side": side})
    return answer(None, 201)


def _link(now: Visit, issue: Issue, entry: dict[str, Any]) -> None:
    with now.site.lock:
        current = now.site.find(str(issue.id)) or issue
        same = {(each["type"], each["issue"], each["side"]) for each in current.links}
        if (entry["type"], entry["issue"], entry["side"]) not in same:
            now.site.edit(issue.id, now.user.account_id, {"links": (*current.links, entry)})


RULES: tuple[tuple[str, str, Callable[..., Response]], ...] = (
    ("/issue", "POST", create),
    ("/issue/<key>", "GET", read),
    ("/issue/<key>", "PUT", edit),
    ("/issue/<key>", "DELETE", delete),
    ("/issue/<key>/assignee", "PUT", assign),
    ("/issue/<key>/transitions", "GET", transitions),
    ("/issue/<key>/transitions", "POST", transition),
    ("/issue/<key>/comment", "GET", comments),
    ("/issue/<key>/comment", "POST", add_comment),
    ("/issue/<key>/comment/<int:comment_id>", "GET", read_comment),
    ("/issue/<key>/comment/<int:comment_id>", "PUT", edit_comment),
    ("/issue/<key>/changelog", "GET", changelog),
    ("/issue/<key>/properties/<name>", "GET", read_property),
    ("/issue/<key>/properties/<name>", "PUT", write_property),
    ("/issue/<key>/remotelink", "GET", remote_links),
    ("/issue/<key>/remotelink", "POST", set_remote_link),
    ("/issueLink", "POST", link),
)
